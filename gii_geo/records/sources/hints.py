"""Which of a table's columns a user may have meant, by their names."""

import difflib
import re
import shlex
from collections.abc import Collection, Mapping, Sequence
from typing import Final

_LIKELY: Final = {
    "lon": ("longitude", "lng", "long", "x", "lon_dd", "longitud", "x_coord", "geo_lon"),
    "lat": ("latitude", "y", "lat_dd", "latitud", "y_coord", "geo_lat"),
}

_LONGEST: Final = 60
"""Letters of a name that is worth a hint; a header of 600 is no longitude."""

_LIKELY_OPTIONAL: Final = {
    "record_id": (
        *("id", "patent_id", "publication_id", "paper_id", "deal_id", "doi", "appln_id"),
        *("application_id", "patent_number", "publication_number", "work_id", "eid", "ut"),
        *("lens_id", "pmid", "uuid", "patent_no", "pub_no", "doc_id", "doc_number", "document_id"),
        *("accession_number", "application_number", "family_id", "docdb_family_id", "patnum"),
        *("funding_round_uuid", "funding_round_id", "round_id", "key", "nr"),
    ),
    "economy": (
        *("country", "country_code", "economy_code", "iso2", "ctry_code", "person_ctry_code"),
        *("iso", "iso3", "iso_code", "cc", "nation"),
    ),
    "year": (
        *("publication_year", "pub_year", "filing_year", "application_year", "founded_year"),
        *("grant_year", "priority_year", "appln_filing_year", "py", "date", "publication_date"),
        *("filing_date", "application_date", "grant_date", "priority_date", "announced_on"),
        *("funded_at", "jahr"),
    ),
    "count": (
        *("counts", "n", "addresses", "number", "num", "total", "freq", "frequency"),
        *("n_addresses", "n_inventors", "n_authors", "n_patents", "no_of_rounds"),
    ),
    "group": ("applicant", "applicant_id", "assignee", "assignee_id", "laboratory", "lab"),
    "field": ("technology_field", "subject", "category"),
    "organisation": ("organization", "institution", "company_name"),
}

_BETWEEN: Final = re.compile(r"[\s.-]+")
_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?")


def hint_required(
    own: Sequence[str], missing: Sequence[str], texts: Collection[str], *, is_file: bool = True
) -> str:
    """Say what may stand for the coordinates that a table lacks.

    Parameters
    ----------
    own : sequence of str
        The table's columns.
    missing : sequence of str
        Which of lon and lat it lacks.
    texts : collection of str
        Roles of texts that can be geocoded.
    is_file : bool, default True
        Whether the table is read from a file.

    Returns
    -------
    str
        The end of a sentence, or nothing.

    Examples
    --------
    >>> hint_required(["Longitude", "LAT"], ["lon", "lat"], ["city"])
    '; likely: --column lon=Longitude --column lat=LAT'
    >>> hint_required(["City", "country"], ["lon", "lat"], ["city", "country"])
    '; or geocode them with --geocode --column city=City'
    >>> hint_required(["lon^lat"], ["lon", "lat"], [])
    '; its cells must be parted by commas, semicolons, tabs or bars'
    >>> hint_required(["id", "latlon"], ["lon", "lat"], [])
    '; column latlon looks like both: part it into lon and lat'
    """
    if is_file and len(own) == 1 and len(missing) > 1:
        return "; its cells must be parted by commas, semicolons, tabs or bars"
    if is_file and any(map(_NUMBER.fullmatch, own)):
        return "; its first line must name its columns"
    pairs = [(role, find_likely(role, own)) for role in missing]
    hints = [write_option(role, near) for role, near in pairs if near]
    if len(hints) > len({near for _, near in pairs}):
        return f"; column {pairs[0][1]} looks like both: part it into lon and lat"
    if hints:
        return f"; likely: {' '.join(hints)}"
    said = {name: _fold(name) for name in own}
    if set(texts) & set(said.values()):
        options = [
            f" {write_option(role, name)}"
            for name, role in said.items()
            if role in texts and role not in own
        ]
        return f"; or geocode them with --geocode{''.join(options)}"
    return ""


def hint_mapped(own: Sequence[str], column: str, role: str) -> str:
    """Say which column may have been meant by one that is not there.

    Parameters
    ----------
    own : sequence of str
        The table's columns.
    column : str
        What was named.
    role : str
        For which role.

    Returns
    -------
    str
        The end of a sentence, or nothing.

    Examples
    --------
    >>> hint_mapped(["id", "longitude"], "longitud", "lon")
    '; likely: --column lon=longitude'
    """
    near = difflib.get_close_matches(column, own, n=1)
    near += [find_likely(role, own) or ""] if role in _LIKELY else []
    near += [role] if role in own else []
    likely = next(filter(None, near), "")
    if likely == role:
        mapped = shlex.quote(f"{role}={column}")
        return f"; likely: leave out {mapped}, for there is a column {role}"
    return f"; likely: {write_option(role, likely)}" if likely else ""


def find_optional(own: Collection[str], found: Mapping[str, str]) -> dict[str, str]:
    """Find columns that look like an optional one that is not there.

    Parameters
    ----------
    own : collection of str
        The table's columns.
    found : mapping of str to str
        Role to column, of those there are.

    Returns
    -------
    dict of str to str
        Role to the column that looks like it.

    Examples
    --------
    >>> find_optional(["lon", "lat", "Record ID", "Filing Year"], {"lon": "lon", "lat": "lat"})
    {'record_id': 'Record ID', 'year': 'Filing Year'}
    >>> find_optional(["lon", "lat", "RecordID", "No. of rounds"], {"lon": "lon", "lat": "lat"})
    {'record_id': 'RecordID', 'count': 'No. of rounds'}
    """
    plain = {_squeeze(name): name for name in own if name not in found.values()}
    near = {}
    for role, words in _LIKELY_OPTIONAL.items():
        likely = map(_squeeze, (role, *words))
        names = [plain[word] for word in likely if word in plain]
        if names and role not in found and names[0] != role:
            near[role] = names[0]
    return near


def find_likely(role: str, own: Sequence[str]) -> str | None:
    """Find the column that looks most like a coordinate.

    Parameters
    ----------
    role : {"lon", "lat"}
        Which.
    own : sequence of str
        The table's columns.

    Returns
    -------
    str or None
        None if none looks like it.

    Examples
    --------
    >>> find_likely("lon", ["LAT", "LON"])
    'LON'
    """
    plain = {_fold(name): name for name in own if len(name) <= _LONGEST}
    for word in (role, *_LIKELY[role]):
        if word in plain:
            return plain[word]
    near = [name for name in plain if role in name]
    near += difflib.get_close_matches(_LIKELY[role][0], plain, n=1)
    return plain[near[0]] if near else None


def write_option(role: str, column: str) -> str:
    """Write the option that gives a role its column.

    Parameters
    ----------
    role, column : str
        What they are called.

    Returns
    -------
    str
        As a shell takes it.

    Examples
    --------
    >>> write_option("year", "Filing Year")
    "--column 'year=Filing Year'"
    """
    return f"--column {shlex.quote(f'{role}={column}')}"


def _fold(name: str) -> str:
    """Write a column's name as roles are written."""
    return _BETWEEN.sub("_", name.strip().lower())


def _squeeze(name: str) -> str:
    """Write a column's name without what parts its words: RecordID is record_id."""
    return _fold(name).replace("_", "")
