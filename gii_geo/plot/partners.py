"""Who works with whom, drawn: a matrix of the first regions."""

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from gii_geo.plot.sheet import (
    INK,
    MUTED,
    RULE,
    check_drawn,
    finish_figure,
    shorten,
    start_figure,
    tell_notice,
)
from gii_geo.ranges import show_value
from gii_geo.tables import InputError, list_kinds, order_kinds

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_CELL_INCHES: Final = 0.34
_MOST_RATIO: Final = 8.0
"""Where the colours end: so many times what chance would give, or so many times less."""
_COLOURS: Final = "PuOr_r"
_LARGEST: Final = 0.92
_TICKS: Final = (1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8)
_PAIRS: Final = ("region_a", "region_b", "kind", "records", "expected")


def plot_collaboration(
    collaboration: pd.DataFrame,
    regions: pd.DataFrame,
    *,
    title: str,
    source: str,
    kind: str | None = None,
    first: int = 20,
) -> "Figure":
    """Draw which of the first regions work with each other, and whether more than by chance.

    Parameters
    ----------
    collaboration : pandas.DataFrame
        `Result.collaboration`: region_a, region_b, kind, records and expected.
    regions : pandas.DataFrame
        `Result.regions`: region_id, rank and name, in the order of ranks.
    title : str
        What the figure shows.
    source : str
        Where the data is from, and its credits; printed below.
    kind : str, optional
        Whose records; by default those of all kinds.
    first : int, default 20
        So many regions are drawn.

    Returns
    -------
    matplotlib.figure.Figure
        A square for each pair that shares records: its area is the number of records, its colour
        how many times as many they are as chance would give (orange is more, violet less).

    Examples
    --------
    >>> regions = pd.DataFrame({"region_id": ["R1", "R2"], "rank": [1, 2], "name": ["Bern", "Ulm"]})
    >>> pair = {"region_a": ["R1"], "region_b": ["R2"], "kind": ["patent"], "records": [4]}
    >>> shared = pd.DataFrame(pair | {"expected": [2.0]})
    >>> figure = plot_collaboration(shared, regions, title="Partners", source="made up")
    >>> len(figure.axes[0].collections[0].get_paths())
    2
    """
    check_drawn(regions, "region_id", "rank", "name", first=first)
    check_drawn(collaboration, *_PAIRS, name="collaboration")
    known = order_kinds({*list_kinds(regions), *collaboration["kind"].unique()})
    if kind is not None and kind not in known:
        msg = (
            f"Invalid kind {show_value(kind)}. Must be one of these: {', '.join(known) or 'none'}."
        )
        raise InputError(msg)
    drawn = regions.head(first)
    figure, axes = start_figure(4.2 + _CELL_INCHES * len(drawn), 2.6 + _CELL_INCHES * len(drawn))
    from matplotlib.collections import PatchCollection  # noqa: PLC0415  # optional
    from matplotlib.colors import LogNorm  # noqa: PLC0415
    from matplotlib.patches import Rectangle  # noqa: PLC0415

    place = {region_id: row for row, region_id in enumerate(drawn["region_id"])}
    own = collaboration if kind is None else collaboration[collaboration["kind"] == kind]
    own = own[own["region_a"].isin(place) & own["region_b"].isin(place)]
    sums = own.groupby(["region_a", "region_b"])[["records", "expected"]].sum().reset_index()
    side = _LARGEST * np.sqrt(sums["records"] / max(sums["records"].max(), 1)).to_numpy()
    ratio = (sums["records"] / sums["expected"]).to_numpy()
    squares, colours = [], []
    for a, b, width, times in zip(
        sums["region_a"].map(place), sums["region_b"].map(place), side, ratio, strict=True
    ):
        for x, y in ((a, b), (b, a)):
            squares.append(Rectangle((x - width / 2, y - width / 2), width, width))
            colours.append(times)
    marks = PatchCollection(
        squares, cmap=_COLOURS, norm=LogNorm(1 / _MOST_RATIO, _MOST_RATIO), edgecolor=MUTED
    )
    marks.set_array(np.array(colours, dtype=float))
    marks.set_linewidth(0.4)
    axes.add_collection(marks)
    names = [f"{shorten(str(row.name))}   {row.rank}" for row in drawn.itertuples(index=False)]
    rows = np.arange(len(drawn))
    axes.set_yticks(rows, names, fontsize=8)
    axes.set_xticks(rows, [str(rank) for rank in drawn["rank"]], fontsize=8)
    axes.xaxis.tick_top()
    axes.set(xlim=(-0.6, len(drawn) - 0.4), ylim=(len(drawn) - 0.4, -0.6), aspect="equal")
    axes.grid(color=RULE, linewidth=0.5)
    axes.set_axisbelow(True)
    if len(sums):
        bar = figure.colorbar(marks, ax=axes, shrink=0.5, pad=0.02, ticks=list(_TICKS))
        bar.ax.set_yticklabels([f"{tick:g} ×" for tick in _TICKS], fontsize=8, color=INK)
        bar.ax.minorticks_off()
        bar.outline.set_visible(False)
        most = int(sums["records"].max())
        bar.set_label(
            f"Records shared over those by chance (the largest square is {most:,} records)",
            fontsize=8,
            color=INK,
        )
    else:
        axes.text(0.5, 0.5, "No shared records", transform=axes.transAxes, ha="center", color=MUTED)
    return finish_figure(figure, title=title, source=tell_notice(regions, source))
