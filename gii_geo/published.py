"""WIPO's published rankings, as far as they were found, and where their cities lie."""

import re
from collections.abc import Mapping
from importlib import resources
from numbers import Integral
from os import PathLike
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from gii_geo import project
from gii_geo.places import read_places
from gii_geo.ranges import show_names, show_value
from gii_geo.tables import PLURAL, InputError

PUBLISHED_CREDIT: Final = (
    "Published rankings: WIPO, Global Innovation Index 2017 to 2025, as far as they were found."
)
"""To be shown wherever the published figures are."""

_Dtype = Literal["Int64", "str", "float64"]

_WIPO: Final = {
    "patent": ("pct_applications", "share_patents_pct"),
    "publication": ("publications", "share_publications_pct"),
    "deal": ("vc_deals", "share_vc_pct"),
}
"""What WIPO's tables call a kind's records and their share in per cent."""

_COLUMNS: Final[Mapping[str, tuple[str, _Dtype]]] = {
    "rank": ("rank", "Int64"),
    "cluster_name": ("name", "str"),
    "economies": ("economies", "str"),
    **{count: (PLURAL[kind], "float64") for kind, (count, _) in _WIPO.items()},
    **{share: (f"{kind}_share", "float64") for kind, (_, share) in _WIPO.items()},
    "total_share_pct": ("score", "float64"),
    "prior_rank": ("previous_rank", "Int64"),
    "source_url": ("source", "str"),
}
"""Column of a file of published clusters to the house's own word for it and its type."""

_NEEDED: Final = ("rank", "cluster_name", "economies")
_PERCENT: Final = [name for column, (name, _) in _COLUMNS.items() if column.endswith("_pct")]
_SHARES: Final = [f"{kind}_share" for kind in _WIPO]
_STATE: Final = re.compile(r"^(?P<city>.+), (?P<state>[A-Z]{2})$")


def list_published() -> pd.DataFrame:
    """List the published editions that come with the package.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``edition``, ascending: ``regions`` found of the 100 printed, ``complete_to``
        (every rank from 1 to this one was found, 0 if not even the first) and ``scores``, the
        regions whose printed score was found.

    Examples
    --------
    >>> list_published().loc[2023].to_dict()
    {'regions': 47, 'complete_to': 35, 'scores': 34}
    """
    table = _read_packaged("published")
    ranks = table.groupby("edition")["rank"]
    return pd.DataFrame(
        {
            "regions": ranks.size(),
            "complete_to": ranks.agg(lambda rank: find_complete(set(rank))),
            "scores": table.groupby("edition")["total_share_pct"].count(),
        }
    )


def read_published(source: int | str | Path) -> pd.DataFrame:
    """Read the published regions of an edition, or of a file like those in ``data/published``.

    Parameters
    ----------
    source : int, str or pathlib.Path
        An edition, 2017 to 2025, or a CSV file with the columns rank, cluster_name (cities joined
        with en dashes), economies (ISO 3166-1 alpha-2, joined with ";") and, where known,
        pct_applications, publications, vc_deals, share_patents_pct, share_publications_pct,
        share_vc_pct, total_share_pct, prior_rank and source_url.

    Returns
    -------
    pandas.DataFrame
        One row a region, by rank: ``rank``, ``name``, ``economies``; ``patents``,
        ``publications``, ``deals`` (records); ``patent_share``, ``publication_share``,
        ``deal_share``, ``score`` (0 to 1, as exact as printed); ``previous_rank``; ``source``.
        What was not found is missing.

    Raises
    ------
    InputError
        If there is no such edition or file, it has no region, a column is missing, a number or an
        economy is none or out of its range, or a region lacks its rank, name or economies.

    Examples
    --------
    >>> read_published(2023)[["rank", "name", "score"]].head(2)
       rank                          name  score
    0     1                Tokyo–Yokohama  0.117
    1     2  Shenzhen–Hong Kong–Guangzhou  0.111
    """
    if isinstance(source, bool) or not isinstance(source, Integral | str | PathLike):
        msg = (
            f"Invalid published ranking {show_value(source)}. Must be an edition, 2017 to 2025, or "
            f"a CSV file; found {type(source).__name__}."
        )
        raise InputError(msg)
    if isinstance(source, Integral) or str(source).isdecimal():
        table = _read_edition(int(str(source)))
    else:
        table = _read_file(Path(source))
    published = pd.DataFrame(index=table.index)
    for column, (name, dtype) in _COLUMNS.items():
        published[name] = _read_column(table, column, dtype, source)
    # A percentage of one decimal is a share of three; the division leaves a tail.
    published[_PERCENT] = (published[_PERCENT] / 100).round(12)
    _check_values(published, source)
    return published.sort_values(["rank", "name"], ignore_index=True)


def read_published_economies(edition: int) -> pd.Series:
    """Read how many of the 100 printed regions each economy had a part in.

    Parameters
    ----------
    edition : int
        An edition, 2017 to 2025.

    Returns
    -------
    pandas.Series of int64
        ``regions``, indexed by ``economy``, largest first; economies whose number was not found
        are not in it, and it is empty for an edition of which none was found.

    Examples
    --------
    >>> read_published_economies(2025).head(3).to_dict()
    {'CN': 24, 'US': 22, 'DE': 7}
    """
    table = _read_packaged("published_economies")
    table = table[table["edition"] == edition]
    counts = table.set_index("economy")["n_clusters_top100"].rename("regions").astype("int64")
    return counts.sort_values(ascending=False, kind="stable")


def find_cities(published: pd.DataFrame) -> pd.DataFrame:
    """Find where the cities of published names lie.

    Of several places of the name within the economies (and the US state, where it is printed)
    the first city of a name is the most populous one, and every further city the one nearest to
    the first. If there is none, "Frankfurt" finds "Frankfurt am Main" and "Macao SAR" "Macao".

    Parameters
    ----------
    published : pandas.DataFrame
        Columns ``name`` and ``economies``, such as `read_published` returns.

    Returns
    -------
    pandas.DataFrame
        One row a city, in the order of the names: ``row`` (row number in `published`, from 0),
        ``place`` (0 for the first city of the name), ``city`` and ``lon``, ``lat`` (degrees,
        missing for a city that is not among the packaged places).

    Examples
    --------
    >>> find_cities(read_published(2023).tail(1)).round(2)
       row  place   city   lon    lat
    0    0      0  Basel  7.57  47.56
    """
    places = read_places()
    by_economy = {str(code): part for code, part in places.groupby("economy")}
    found = []
    names = zip(published["name"], published["economies"], strict=True)
    for row, (name, economies) in enumerate(names):
        codes = [code for code in economies.split(";") if code in by_economy]
        near = pd.concat([by_economy[code] for code in codes]) if codes else places.head(0)
        first: project.FloatArray | None = None
        for place, (city, state) in enumerate(_split_name(name)):
            lon_lat = _find_city(near, city, state, first)
            first = first if place else lon_lat
            found.append((row, place, city, *(lon_lat if lon_lat is not None else (np.nan,) * 2)))
    table = pd.DataFrame(found, columns=["row", "place", "city", "lon", "lat"])
    types = {"row": "int64", "place": "int64", "city": "str", "lon": "float64", "lat": "float64"}
    return table.astype(types)


def _read_packaged(name: str) -> pd.DataFrame:
    """Read a table of the package; "NA" is Namibia."""
    file = resources.files("gii_geo") / "data" / f"{name}.csv"
    with file.open(encoding="utf-8") as text:
        return pd.read_csv(text, keep_default_na=False, na_values=[""])


def _read_edition(edition: int) -> pd.DataFrame:
    """Pick an edition out of the packaged table."""
    table = _read_packaged("published")
    editions = table["edition"].unique().tolist()
    if edition not in editions:
        msg = f"Invalid edition {edition}. Must be {min(editions)} to {max(editions)}, or a file."
        raise InputError(msg)
    return table[table["edition"] == edition]


def _read_file(path: Path) -> pd.DataFrame:
    """Read the user's own file of published clusters."""
    if not path.is_file():
        msg = f"Invalid published ranking {path}. Must be an edition, 2017 to 2025, or a CSV file."
        raise InputError(msg)
    try:
        table = pd.read_csv(path, keep_default_na=False, na_values=[""], encoding="utf-8-sig")
    except ValueError as error:
        msg = f"Invalid published ranking {path}. Must be a CSV file in UTF-8; {error}."
        raise InputError(msg) from error
    if missing := [column for column in _NEEDED if column not in table.columns]:
        found = show_names(table.columns)
        msg = f"Invalid columns of {path}. Must have {', '.join(missing)}; found {found}."
        raise InputError(msg)
    if table.empty:
        msg = f"Invalid published ranking {path}. Must have at least one region; found none."
        raise InputError(msg)
    return table


def _read_column(
    table: pd.DataFrame, column: str, dtype: _Dtype, source: object
) -> "pd.Series[Any]":
    """Take a column as the type it must have; one that need not be there may be missing."""
    values = table[column] if column in table else pd.Series(np.nan, table.index)
    if column in _NEEDED and values.isna().any():
        row = int(values.isna().to_numpy().argmax()) + 1
        msg = f"Invalid {column} of {source}. Must be given for every region; row {row} has none."
        raise InputError(msg)
    try:
        return values.astype(dtype)
    except (TypeError, ValueError) as error:
        msg = f"Invalid {column} of {source}. Must be numbers; {error}."
        raise InputError(msg) from error


def _check_values(published: pd.DataFrame, source: object) -> None:
    """Refuse ranks, numbers and economies that cannot be, before they are held against ours."""
    codes = published["economies"].str.fullmatch(r"[A-Z]{2}(;[A-Z]{2})*")
    for name, wrong, must in (
        ("rank", published["rank"] < 1, "1 or more"),
        ("economies", ~codes, 'codes of ISO 3166-1 alpha-2, joined by ";"'),
        ("numbers", published.select_dtypes("number").lt(0).any(axis=1), "0 or more"),
        ("shares", published[_SHARES].gt(1).any(axis=1), "at most 100 %"),
    ):
        if wrong.any():
            row = int(wrong.to_numpy().argmax()) + 1
            msg = f"Invalid {name} in row {row} of {source}. Must be {must}."
            raise InputError(msg)


def find_complete(ranks: set[int]) -> int:
    """Find the last rank that has all before it.

    Parameters
    ----------
    ranks : set of int
        Ranks that are known.

    Returns
    -------
    int
        0 if the first is not.

    Examples
    --------
    >>> find_complete({1, 2, 4})
    2
    """
    last = 0
    while last + 1 in ranks:
        last += 1
    return last


def _split_name(name: str) -> list[tuple[str, str | None]]:
    """Split a name into cities and US states; one state at the end is every city's."""
    parts = [_STATE.match(part) or part for part in name.split("–")]
    last = parts[-1]
    default = None if isinstance(last, str) else last["state"]
    return [
        (part, default) if isinstance(part, str) else (part["city"], part["state"])
        for part in parts
    ]


def _find_city(
    places: pd.DataFrame, city: str, state: str | None, first: project.FloatArray | None
) -> project.FloatArray | None:
    """Find a city's longitude and latitude among places, the most populous of which go first."""
    within = places if state is None else places[places["state"] == state]
    named = within[within["name"] == city]
    if named.empty:
        starts = [f"{name} ".startswith(f"{city} ") for name in within["name"]]
        ends = [f"{city} ".startswith(f"{name} ") for name in within["name"]]
        named = within[np.logical_or(starts, ends)]
    if named.empty:
        return None
    lon_lat = named[["lon", "lat"]].to_numpy(np.float64)
    if first is None:
        biggest: project.FloatArray = lon_lat[named["population"].to_numpy().argmax()]
        return biggest
    xyz = project.to_geocentric(lon_lat[:, 0], lon_lat[:, 1])
    apart = np.linalg.norm(xyz - project.to_geocentric(first[:1], first[1:]), axis=1)
    nearest: project.FloatArray = lon_lat[apart.argmin()]
    return nearest
