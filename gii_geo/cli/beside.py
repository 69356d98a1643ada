"""What a run is held against: a published ranking or an earlier run."""

from pathlib import Path
from typing import Final

import pandas as pd

from gii_geo import compare as steps
from gii_geo import published as tables
from gii_geo.compare import Comparison
from gii_geo.export import read_run

LAST_COMPLETE_EDITION: Final = "2023"
"""The edition of which most is published where we could read it."""


def hold_beside(
    folder: Path, published: str | None, earlier: Path | None
) -> tuple[Comparison, pd.DataFrame, str]:
    """Read both sides and compare them.

    Parameters
    ----------
    folder : pathlib.Path
        Of the run.
    published : str or None
        An edition, or a CSV file of a published ranking.
    earlier : pathlib.Path or None
        Folder of an earlier run, instead.

    Returns
    -------
    comparison : Comparison
        The regions of both.
    economies : pandas.DataFrame
        Their counts of regions by economy.
    reference : str
        What the other side is called.

    Raises
    ------
    ValueError
        If both are given.
    """
    if published is not None and earlier is not None:
        msg = "Invalid --published beside --with. Must give one of the two."
        raise ValueError(msg)
    regions, locations, run = read_run(folder)
    counts = steps.count_economies(regions)
    if earlier is not None:
        before = read_run(earlier)[0]
        economies = steps.compare_economies(counts, steps.count_economies(before))
        return steps.compare_runs(regions, locations, before), economies, str(earlier)
    source = published or LAST_COMPLETE_EDITION
    comparison = steps.compare_regions(
        regions,
        locations,
        tables.read_published(source),
        radius_km=run["settings"]["radius_km"],
        score_weights=run["settings"]["score_weights"],
    )
    known = tables.read_published_economies(int(source)) if source.isdecimal() else counts.iloc[:0]
    name = f"WIPO {source}" if source.isdecimal() else source
    return comparison, steps.compare_economies(counts, known), name
