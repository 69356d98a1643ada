"""Charts: scores by kind, and two rankings side by side."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
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
from gii_geo.tables import describe_kinds, list_kinds

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_RANK_TICKS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_ROW_INCHES = 0.26
_LEGEND_COLUMNS = 5
_LEADER = 0.09
"""Width of the lines from ranks to names, in parts of the width of the slopes."""

_LEADER_STYLE = {"arrowstyle": "-", "color": RULE, "linewidth": 0.7, "shrinkA": 0, "shrinkB": 0}
_ROW_GAP = 0.85
"""Least distance of names, in parts of what there is for each."""

_SIDE_POINTS = 470
"""Side of the axes of `plot_ranks`, nearly."""

_WAYS = {-1: (ACCENT, "higher up"), 0: (MUTED, "the same"), 1: (OTHER, "lower down")}
"""Colour and words of a line by whether its rank falls, stays or grows."""

_BESIDE = ((4, 3, "left"), (-4, 3, "right"), (4, -10, "left"), (-4, -10, "right"))
"""Where a name may stand beside its disc: points to the right and up, and how it is aligned."""

_MATCHED: Final = ("reference_rank", "reference_name", "rank")

Box = tuple[float, float, float, float]
"""West, south, east, north."""


def plot_scores(
    regions: pd.DataFrame,
    *,
    title: str,
    source: str,
    first: int = 20,
    score_weights: Mapping[str, float] | None = None,
) -> "Figure":
    """Draw the score of the first regions as bars, stacked by kind.

    Parameters
    ----------
    regions : pandas.DataFrame
        Regions with rank, name and the share of each kind (patent_share and so on, 0 to 1),
        ordered by rank.
    title : str
        What the figure shows.
    source : str
        Where the data is from, and its credits; printed below.
    first : int, default 20
        How many regions.
    score_weights : mapping of str to float, optional
        Weight of each kind in the score, `Settings.score_weights` of the run; one by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, in percent.

    Raises
    ------
    ValueError
        If the regions have a score and the weighted shares do not add up to it.

    Examples
    --------
    >>> shares = {"patent_share": [0.1], "publication_share": [0.02], "deal_share": [0.03]}
    >>> regions = pd.DataFrame({"rank": [1], "name": ["Basel"], **shares})
    >>> figure = plot_scores(regions, title="Scores", source="made up")
    >>> [bar.get_width().item() for bar in figure.axes[0].patches]
    [10.0, 2.0, 3.0]
    """
    check_drawn(regions, "rank", "name", first=first)
    kinds = describe_kinds(list_kinds(regions))
    weights = {kind.word: (score_weights or {}).get(kind.word, 1.0) for kind in kinds}
    drawn = regions.head(first)
    _check_score(drawn, weights)
    figure, axes = start_figure(9, 1.6 + _ROW_INCHES * len(drawn))
    rows, left = np.arange(len(drawn)), np.zeros(len(drawn))
    for kind in kinds:
        share = drawn[f"{kind.word}_share"].fillna(0).to_numpy(np.float64)
        width = 100 * weights[kind.word] * share
        name = kind.title if width.any() else None
        axes.barh(rows, width, 0.72, left=left, color=kind.colour, label=name)
        left += width
    for row, score in zip(rows, left, strict=True):
        axes.annotate(
            f"{score:.2f}",
            (score, row),
            (5, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=MUTED,
        )
    names = [f"{shorten(str(row.name))}   {row.rank}" for row in drawn.itertuples(index=False)]
    axes.set_yticks(rows, names)
    axes.set(ylim=(len(drawn) - 0.4, -0.6), xlim=(0, 1.08 * left.max(initial=0) or 1))
    axes.set_xlabel("Score: weighted sum of the shares of the world, %", fontsize=9, color=INK)
    axes.grid(axis="x", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    if left.any():
        columns = min(len(kinds), _LEGEND_COLUMNS)
        axes.legend(
            loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, frameon=False, fontsize=9
        )
    else:
        axes.text(0.5, 0.5, "No scores", transform=axes.transAxes, ha="center", color=MUTED)
    return finish_figure(figure, title=title, source=tell_notice(regions, source))


def plot_ranks(
    matches: pd.DataFrame, *, title: str, reference: str, source: str, first: int = 100
) -> "Figure":
    """Draw our ranks against a reference's, one disc a matched region, on logarithmic axes.

    Parameters
    ----------
    matches : pandas.DataFrame
        `compare.Comparison.matches`: reference_rank, reference_name, rank.
    title : str
        What the figure shows.
    reference : str
        What the reference is called on its axis, such as "WIPO 2023".
    source : str
        Where the data is from, and its credits; printed below.
    first : int, default 100
        The last rank of the reference that is drawn.

    Returns
    -------
    matplotlib.figure.Figure
        The figure: above the diagonal a region ranks higher up here than in the reference.

    Examples
    --------
    >>> matches = pd.DataFrame(
    ...     {"reference_rank": [1, 2], "reference_name": ["Basel", "Paris"], "rank": [2, 1]}
    ... )
    >>> figure = plot_ranks(matches, title="Ranks", reference="WIPO 2023", source="WIPO")
    >>> figure.axes[0].get_ylabel()
    'Rank, gii-geo'
    """
    drawn = _matched(matches, first)
    figure, axes = start_figure(8, 8.4)
    last = 1.3 * max(drawn[["reference_rank", "rank"]].to_numpy().max(initial=1), 10)
    axes.plot([0.8, last], [0.8, last], color=RULE, linewidth=1, zorder=0)
    axes.scatter(drawn["reference_rank"], drawn["rank"], s=36, c=ACCENT, edgecolor="white")
    ticks = [tick for tick in _RANK_TICKS if tick <= last]
    axes.set(xscale="log", yscale="log", xlim=(0.8, last), ylim=(last, 0.8))
    axes.set(xlabel=f"Rank, {reference}", ylabel="Rank, gii-geo")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks(ticks, [f"{tick}" for tick in ticks])
        axis.set_ticks([], minor=True)
    axes.set_aspect("equal")
    axes.grid(color=RULE, linewidth=0.4)
    axes.set_axisbelow(True)
    _name_discs(axes, drawn, last)
    note = f"{_tell_unmatched(matches, first)} Named where there is room."
    return finish_figure(figure, title=title, source=f"{note}\n{source}")


def plot_slopes(
    matches: pd.DataFrame,
    *,
    title: str,
    reference: str,
    source: str,
    first: int = 30,
    here: str = "gii-geo",
) -> "Figure":
    """Draw a line for each matched region, from its rank in the reference to its rank here.

    Parameters
    ----------
    matches : pandas.DataFrame
        `compare.Comparison.matches`: reference_rank, reference_name, rank, name.
    title : str
        What the figure shows.
    reference : str
        What the reference is called above its side, such as "WIPO 2023".
    source : str
        Where the data is from, and its credits; printed below.
    first : int, default 30
        The last rank of the reference that is drawn.
    here : str, default "gii-geo"
        What the other side is called, such as "radius 20 km".

    Returns
    -------
    matplotlib.figure.Figure
        The figure: both sides are on one logarithmic scale of ranks, as is written below it; a key
        tells how many lines rise (blue), fall (red) or stay. Names that would lie on each other are
        moved apart.

    Examples
    --------
    >>> matches = pd.DataFrame(
    ...     {"reference_rank": [1, 10], "reference_name": ["Basel", "Paris"],
    ...      "rank": [10, 1], "name": ["Basel", "Paris"]}
    ... )
    >>> figure = plot_slopes(matches, title="Ranks", reference="2024", source="-", here="2025")
    >>> [line.get_ydata().tolist() for line in figure.axes[0].lines]
    [[0.0, 1.0], [1.0, 0.0]]
    """
    drawn = _matched(matches, first)
    figure, axes = start_figure(9, 2 + _ROW_INCHES * len(drawn))
    ranks = drawn[["reference_rank", "rank"]].to_numpy(np.float64)
    places = np.log(ranks) / np.log(max(ranks.max(initial=1), 2))
    ways = np.sign(ranks[:, 1] - ranks[:, 0]).astype(int).tolist()
    for (start, end), way in zip(places, ways, strict=True):
        colour = _WAYS[way][0]
        axes.plot([0, 1], [start, end], color=colour, linewidth=1.6, marker="o", markersize=3)
    text: dict[str, Any] = {"va": "center", "fontsize": 8.5, "color": INK, "in_layout": False}
    sides = ((0, -1, "right", reference, "reference_name"), (1, 1, "left", here, "name"))
    for side, away, align, title_above, column in sides:
        x = side + _LEADER * away
        spread = _spread(places[:, side], _ROW_GAP / max(len(drawn), 1))
        axes.text(x, -0.06, title_above, ha=align, **text | {"weight": "bold"})
        for row, y in enumerate(spread):
            name, rank = shorten(drawn[column].iloc[row]), int(ranks[row, side])
            told = f"{rank}   {name}" if side else f"{name}   {rank}"
            axes.text(x, y, told, ha=align, **text)
            end = (x - 0.01 * away, y)
            axes.annotate("", end, (side, places[row, side]), arrowprops=_LEADER_STYLE)
    axes.set(xlim=(-1.25, 2.25), ylim=(1.04, -0.1))
    axes.set_axis_off()
    _draw_key(axes, [(*_WAYS[way], ways.count(way)) for way in _WAYS if way in ways])
    note = f"{_tell_unmatched(matches, first)} Ranks on a logarithmic scale."
    return finish_figure(figure, title=title, source=f"{note}\n{source}")


def _draw_key(axes: "Axes", ways: list[tuple[str, str, int]]) -> None:
    """Say below slopes what their colours mean, and how many there are of each."""
    from matplotlib.lines import Line2D  # noqa: PLC0415  # optional

    lines = [Line2D([], [], color=colour, label=f"{words} ({n})") for colour, words, n in ways]
    style: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.5, 0), "frameon": False}
    if lines:
        axes.legend(handles=lines, ncols=len(lines), fontsize=8.5, **style)


def _check_score(regions: pd.DataFrame, weights: Mapping[str, float]) -> None:
    """Refuse weights that do not make the regions' score."""
    if "score" not in regions:
        return
    made = sum(weight * regions[f"{kind}_share"].fillna(0) for kind, weight in weights.items())
    if not np.allclose(made, regions["score"], rtol=1e-9):
        msg = f"Invalid score_weights {dict(weights)}. Must be the run's, to make its score."
        raise ValueError(msg)


def _spread(places: npt.NDArray[np.float64], gap: float) -> npt.NDArray[np.float64]:
    """Move places from 0 to 1 apart, in their order, until no two are nearer than a gap."""
    order = np.argsort(places, kind="stable")
    spread = places[order]
    for k in range(1, len(spread)):
        spread[k] = max(spread[k], spread[k - 1] + gap)
    for k in range(len(spread) - 1, -1, -1):
        spread[k] = min(spread[k], 1 - gap * (len(spread) - 1 - k))
    moved = np.empty_like(spread)
    moved[order] = spread
    return moved


def _name_discs(axes: "Axes", drawn: pd.DataFrame, last: float) -> None:
    """Write names beside discs, the first ranks first, where no name or disc is in the way."""
    points_per_e = _SIDE_POINTS / np.log(last / 0.8)
    x, y = (
        points_per_e * np.log(drawn[side].to_numpy(float)) for side in ("reference_rank", "rank")
    )
    taken = [(left - 3, low - 3, left + 3, low + 3) for left, low in zip(x, y, strict=True)]
    for row in np.argsort(drawn[["reference_rank", "rank"]].min(axis=1).to_numpy(), kind="stable"):
        name = shorten(drawn["reference_name"].iloc[row])
        for right, up, align in _BESIDE:
            edge = x[row] + right
            west = edge if align == "left" else edge - 4.1 * len(name)
            south = y[row] - up - 7  # ranks grow downwards
            spot = (west, south, west + 4.1 * len(name), south + 8)
            inside = west > 0 and spot[2] < _SIDE_POINTS
            if inside and not any(_overlap(spot, other) for other in taken):
                break
        else:
            continue
        taken.append(spot)
        theirs, ours = drawn[["reference_rank", "rank"]].iloc[row]
        axes.annotate(
            name,
            (theirs, ours),
            (right, up),
            textcoords="offset points",
            ha=align,
            fontsize=7,
            color=INK,
        )


def _overlap(one: Box, other: Box) -> bool:
    """Tell whether two boxes overlap."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _matched(matches: pd.DataFrame, first: int) -> pd.DataFrame:
    """Take the matched regions down to a rank of the reference."""
    check_drawn(matches, *_MATCHED, name="matches", first=first)
    return matches[matches["rank"].notna() & (matches["reference_rank"] <= first)]


def _tell_unmatched(matches: pd.DataFrame, first: int) -> str:
    """Say how many regions of the reference are drawn, and how many are not found here."""
    asked = matches[matches["reference_rank"] <= first]
    missing = int(asked["rank"].isna().sum())
    found = f"{len(asked) - missing} of {len(asked)}"
    found = tell_notice(matches, found)
    return f"{found} regions of the reference down to rank {first}, {missing} not found."
