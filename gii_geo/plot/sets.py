"""How sure ranks are, drawn: every region's own rank and those that it may have."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gii_geo.plot.sheet import (
    ACCENT,
    INK,
    MUTED,
    OTHER,
    RULE,
    check_drawn,
    finish_figure,
    shorten,
    start_figure,
    tell_notice,
)
from gii_geo.tables import FIRST_HUNDRED
from gii_geo.trust.draw import check_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ROW_INCHES = 0.22
_SETS = ("rank", "name", "rank_low", "rank_high", "top_100")
_COLOURS = {"surely": ACCENT, "maybe": OTHER, "no": MUTED}


def plot_rank_sets(
    regions: pd.DataFrame, *, title: str, source: str, first: int = 1, last: int = 40
) -> "Figure":
    """Draw the ranks that regions may have as bars, as league tables do.

    After Goldstein and Spiegelhalter (1996), figure 2. With ``first=80, last=125`` it shows the
    edge of the first hundred.

    Parameters
    ----------
    regions : pandas.DataFrame
        `Result.regions` or `Result.rank_sets()`: rank, name, rank_low, rank_high and top_100, in
        the order of ranks.
    title : str
        What the figure shows.
    source : str
        Where the data is from, and its credits; printed below.
    first, last : int, default 1 and 40
        The ranks that are drawn.

    Returns
    -------
    matplotlib.figure.Figure
        A row a region: a dot at its rank, a bar over those that it may have, coloured by whether it
        is among the first hundred.

    Raises
    ------
    ValueError
        If the regions do not tell the ranks that they may have.

    Examples
    --------
    >>> sets = {"rank_low": [1, 1], "rank_high": [2, 2], "top_100": ["surely", "surely"]}
    >>> regions = pd.DataFrame({"rank": [1, 2], "name": ["Basel", "Paris"], **sets})
    >>> figure = plot_rank_sets(regions, title="How sure is a rank?", source="made up")
    >>> [bar.get_width().item() for bar in figure.axes[0].patches]
    [1, 1]
    """
    check_drawn(regions, *_SETS)
    if regions["rank_low"].isna().any():
        msg = "Invalid regions without rank_low. Must all tell the ranks that they may have."
        raise ValueError(msg)
    check_whole("first", first, least=1)
    check_whole("last", last, least=1)
    if not 1 <= first <= last:
        msg = f"Invalid ranks {first} to {last}. Must be a first and a last one, in order, from 1."
        raise ValueError(msg)
    drawn = regions[regions["rank"].between(first, last)].head(last - first + 1)
    figure, axes = start_figure(9, 1.8 + _ROW_INCHES * len(drawn))
    rows = np.arange(len(drawn))
    low, high = drawn["rank_low"].to_numpy(), drawn["rank_high"].to_numpy()
    told = drawn["top_100"].to_numpy()
    for word, colour in _COLOURS.items():
        own = told == word
        if own.any():
            bars = axes.barh(
                rows[own], (high - low)[own], 0.4, left=low[own], color=colour, alpha=0.45
            )
            bars.set_label(word)
            ranks = drawn["rank"].to_numpy()[own]
            axes.plot(ranks, rows[own], "o", color=colour, markersize=4, clip_on=False)
    names = [f"{shorten(str(row.name))}   {row.rank}" for row in drawn.itertuples(index=False)]
    axes.set_yticks(rows, names, fontsize=8)
    axes.set(ylim=(len(drawn) - 0.4, -0.6))
    axes.margins(x=0.02)
    axes.set_xlabel("Ranks that other records could give, regions held as they are", color=INK)
    if len(drawn) and low.min() <= FIRST_HUNDRED < high.max():
        edge = FIRST_HUNDRED + 0.5
        axes.axvline(edge, color=MUTED, linewidth=1.2, zorder=0)
        axes.annotate(
            f"end of the first {FIRST_HUNDRED}",
            xy=(edge, 1),
            xycoords=axes.get_xaxis_transform(),
            xytext=(0, 2),
            textcoords="offset points",
            ha="center",
            fontsize=8,
            color=INK,
        )
    axes.grid(axis="x", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    if len(drawn):
        axes.legend(
            title=f"Among the first {FIRST_HUNDRED}?",
            loc="lower left",
            bbox_to_anchor=(0, 1),
            borderaxespad=1.8,  # room for what the line is called
            ncols=3,
            frameon=False,
            fontsize=9,
            alignment="left",
        )
    else:
        axes.text(0.5, 0.5, "No regions", transform=axes.transAxes, ha="center", color=MUTED)
    return finish_figure(figure, title=title, source=tell_notice(regions, source))
