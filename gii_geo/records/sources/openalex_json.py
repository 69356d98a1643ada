"""What OpenAlex's works say in JSON -> their addresses, in SQL."""

# ruff: noqa: S608  # what is put in is made here and quoted

import json
from typing import Final

from gii_geo.records.files import quote
from gii_geo.records.sources.label_cells import cell_sql, clean_sql
from gii_geo.records.sources.left_out import RETRACTED
from gii_geo.records.sources.openalex_export import IN_BRACKETS, NO_WORK
from gii_geo.world import LEFT_OUT

NO_KEY: Final = "broken record: no key authorships"
"""The problem of a work that says nothing of its authors: it is in no denominator."""

_WORK: Final = {
    "id": "VARCHAR",
    "publication_year": "BIGINT",
    "publication_date": "DATE",
    "type": "VARCHAR",
    "updated_date": "VARCHAR",
    "is_authors_truncated": "BOOLEAN",
    "is_retracted": "BOOLEAN",
    "authorships": [
        {
            "institutions": [
                {"id": "VARCHAR", "display_name": "VARCHAR", "country_code": "VARCHAR"}
            ],
            "countries": ["VARCHAR"],
            "raw_affiliation_strings": ["VARCHAR"],
            "raw_affiliation_string": "VARCHAR",
            "affiliations": [{"raw_affiliation_string": "VARCHAR", "institution_ids": ["VARCHAR"]}],
        }
    ],
    "primary_topic": {"field": {"display_name": "VARCHAR"}},
    "topics": [{"field": {"display_name": "VARCHAR"}}],
    "concepts": [{"display_name": "VARCHAR", "level": "BIGINT"}],
}
"""What is needed of a work."""

_FIELD: Final = """
    coalesce(work.primary_topic.field.display_name, work.topics[1].field.display_name,
        list_filter(work.concepts, lambda concept: concept.level = 0)[1].display_name)
"""
"""The field of a work, in SQL: its first topic's, else, before there were topics, the concept's."""

_PLACE: Final = f"""
    CASE WHEN len(a.institutions) > 0 THEN list_transform(a.institutions, lambda i: {{
        institution: regexp_extract(i.id, 'I[0-9]+$'),
        organisation: i.display_name,
        economy: upper(i.country_code),
        address: coalesce(
            list_filter(a.affiliations, lambda f: list_contains(f.institution_ids, i.id))[1]
                .raw_affiliation_string,
            CASE WHEN len(a.raw_affiliation_strings) = 1 THEN a.raw_affiliation_strings[1] END,
            CASE WHEN len(a.institutions) = 1 THEN nullif(a.raw_affiliation_string, '') END,
            nullif(regexp_extract(i.display_name, {quote(IN_BRACKETS)}, 1), ''),
            i.display_name)}})
    ELSE list_transform(coalesce(
            nullif(list_filter(a.raw_affiliation_strings, lambda t: t <> ''), []),
            CASE WHEN a.raw_affiliation_string <> '' THEN [a.raw_affiliation_string] END,
            list_filter([f.raw_affiliation_string FOR f IN a.affiliations], lambda t: t <> '')),
        lambda text: {{
        institution: NULL::VARCHAR,
        organisation: NULL::VARCHAR,
        economy: CASE WHEN len(a.countries) = 1 THEN upper(a.countries[1]) END,
        address: text}}) END
"""
"""The addresses of one author, in SQL: one an institution, else one a text (the one of 2022).

Which text is an institution's the works tell since 2024; before, it is plain where there is one.
"""

PARSED: Final = f"""
    WITH parsed AS (
        SELECT row, line, TRY(from_json(line, {quote(json.dumps(_WORK))})) AS work FROM block),
    told AS (
        SELECT row, line, work, nullif(regexp_extract(work.id, 'W[0-9]+$'), '') AS record_id,
            nullif(lower(trim(work.type)), '') AS type FROM parsed),
    judged AS (
        SELECT *, CASE
            WHEN record_id IS NULL AND NOT starts_with(line, '{{') OR work IS NOT NULL
                AND record_id IS NULL THEN '{NO_WORK}: something else in JSON'
            WHEN record_id IS NULL THEN 'broken record: no JSON of a work'
            WHEN work.authorships IS NULL AND NOT json_exists(line, '$.authorships')
                THEN '{NO_KEY}'
            WHEN work.is_retracted THEN '{RETRACTED}'
            WHEN OTHER THEN '{LEFT_OUT}type ' || type END AS problem FROM told),
    listed AS (
        SELECT *, CASE WHEN problem IS NULL THEN
            flatten(list_transform(work.authorships, lambda a: {_PLACE})) END AS places,
            CASE WHEN problem IS NULL THEN {_FIELD} END AS field
        FROM judged),
    placed AS (
        SELECT * EXCLUDE (places, field), {clean_sql("field")} AS field,
            unnest(CASE WHEN len(places) > 0 THEN places ELSE [NULL] END) AS place
        FROM listed),
    owned AS (SELECT *, place.organisation AS owner FROM placed),
    named AS (SELECT * EXCLUDE (owner), {clean_sql("owner")} AS owner FROM owned)
    SELECT row, record_id,
        coalesce(work.publication_year, year(work.publication_date)) AS year,
        place.institution AS institution, place.economy AS economy, place.address AS address,
        {cell_sql("field")} AS field, {cell_sql("owner")} AS organisation,
        coalesce(problem, CASE WHEN place IS NULL THEN 'no affiliation' END) AS problem,
        TRY_CAST(work.updated_date AS TIMESTAMP) AS updated, work.is_authors_truncated AS is_cut
    FROM named
"""
"""Texts of JSON -> addresses, in SQL; what is no JSON gives NULL."""
