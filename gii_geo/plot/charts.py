"""Charts: scores by kind, two rankings side by side, and the radii at which places merge."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.cluster.hierarchy import dendrogram

from gii_geo.plot.sheet import (
    ACCENT,
    INK,
    KIND_COLOURS,
    MUTED,
    OTHER,
    RULE,
    finish_figure,
    halo,
    start_figure,
)
from gii_geo.tables import KINDS, PLURAL

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_RANK_TICKS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_ROW_INCHES = 0.26
_FAR = 4


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
        Regions with rank, name and patent_share, publication_share, deal_share (0 to 1), ordered
        by rank.
    title : str
        What the figure shows.
    source : str
        Where the data is from, and its credits; printed below.
    first : int, default 20
        How many regions, above 0.
    score_weights : mapping of str to float, optional
        Weight of each kind in the score; one by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, in percent.

    Examples
    --------
    >>> shares = {"patent_share": [0.1], "publication_share": [0.02], "deal_share": [0.03]}
    >>> regions = pd.DataFrame({"rank": [1], "name": ["Basel"], **shares})
    >>> figure = plot_scores(regions, title="Scores", source="made up")
    >>> [bar.get_width().item() for bar in figure.axes[0].patches]
    [10.0, 2.0, 3.0]
    """
    weights = dict.fromkeys(KINDS, 1.0) | dict(score_weights or {})
    drawn = regions.head(first)
    figure, axes = start_figure(9, 1.6 + _ROW_INCHES * len(drawn))
    rows, left = np.arange(len(drawn)), np.zeros(len(drawn))
    for kind in KINDS:
        width = 100 * weights[kind] * drawn[f"{kind}_share"].fillna(0).to_numpy(np.float64)
        axes.barh(rows, width, 0.72, left=left, color=KIND_COLOURS[kind], label=_tell_kind(kind))
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
    names = [f"{row.name}   {row.rank}" for row in drawn.itertuples(index=False)]
    axes.set_yticks(rows, names)
    axes.set(ylim=(len(drawn) - 0.4, -0.6), xlim=(0, 1.08 * max(left.max(initial=0), 1e-9)))
    axes.set_xlabel("Score: weighted sum of the shares of the world, %", fontsize=9, color=INK)
    axes.grid(axis="x", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.legend(loc="lower right", frameon=False, fontsize=9)
    return finish_figure(figure, title=title, source=source)


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
    for theirs, ours, name in drawn[["reference_rank", "rank", "reference_name"]].to_numpy():
        axes.annotate(
            name, (theirs, ours), (4, 3), textcoords="offset points", fontsize=7, color=INK
        )
    ticks = [tick for tick in _RANK_TICKS if tick <= last]
    axes.set(xscale="log", yscale="log", xlim=(0.8, last), ylim=(last, 0.8))
    axes.set(xlabel=f"Rank, {reference}", ylabel="Rank, gii-geo")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks(ticks, [f"{tick}" for tick in ticks])
        axis.set_ticks([], minor=True)
    axes.set_aspect("equal")
    axes.grid(color=RULE, linewidth=0.4)
    axes.set_axisbelow(True)
    note = _tell_unmatched(matches, first)
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

    The lines lead from order to order among the matched regions, so that they tell a change of
    order from one of coverage; the ranks are written beside them.

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
        The figure; lines that rise are blue, lines that fall are red.

    Examples
    --------
    >>> matches = pd.DataFrame(
    ...     {"reference_rank": [1, 2], "reference_name": ["Basel", "Paris"],
    ...      "rank": [2, 1], "name": ["Basel", "Paris"]}
    ... )
    >>> figure = plot_slopes(matches, title="Ranks", reference="2024", source="-", here="2025")
    >>> [line.get_ydata().tolist() for line in figure.axes[0].lines]
    [[1.0, 2.0], [2.0, 1.0]]
    """
    drawn = _matched(matches, first)
    figure, axes = start_figure(9, 1.6 + _ROW_INCHES * len(drawn))
    left = drawn["reference_rank"].rank(method="first").tolist()
    right = drawn["rank"].rank(method="first").tolist()
    text: dict[str, Any] = {"va": "center", "fontsize": 8.5, "color": INK}
    for row, (start, end) in enumerate(zip(left, right, strict=True)):
        region = drawn.iloc[row]
        colour = ACCENT if end < start else OTHER if end > start else RULE
        axes.plot([0, 1], [start, end], color=colour, linewidth=1.6, marker="o", markersize=3)
        theirs = f"{region['reference_name']}   {region['reference_rank']}"
        axes.text(-0.03, start, theirs, ha="right", **text)
        axes.text(1.03, end, f"{region['rank']}   {region['name']}", ha="left", **text)
    for x, side, name in ((-0.03, "right", reference), (1.03, "left", here)):
        axes.text(x, -0.1, name, ha=side, **text | {"weight": "bold"})
    axes.set(xlim=(-1.1, 2.1), ylim=(len(drawn) + 0.8, -0.8))
    axes.set_axis_off()
    note = _tell_unmatched(matches, first)
    return finish_figure(figure, title=title, source=f"{note}\n{source}")


def plot_merge_tree(
    linkage: npt.NDArray[np.float64],
    names: Sequence[str],
    *,
    title: str,
    source: str,
    radius_km: float | None = None,
    last_km: float | None = None,
) -> "Figure":
    """Draw at which radius places become one cluster.

    Parameters
    ----------
    linkage : numpy.ndarray of float64, shape (n - 1, 4)
        From `MergeTree.linkage`: which two groups merge, at which radius in km, how many places
        they are then.
    names : sequence of str
        Of the n places, in the order they had there.
    title : str
        What the figure shows.
    source : str
        Where the data is from, and its credits; printed below.
    radius_km : float, optional
        The radius of the run: what is joined up to it is blue.
    last_km : float, optional
        The last radius shown; by default the one at which all are one, but at most four times
        `radius_km`.

    Returns
    -------
    matplotlib.figure.Figure
        The tree, from single places on the left to what they become on the right.

    Examples
    --------
    >>> linkage = np.array([[0, 1, 13.0, 2], [2, 3, 21.0, 3]])
    >>> figure = plot_merge_tree(
    ...     linkage, ["Shenzhen", "Hong Kong", "Guangzhou"], title="Radii", source="made up"
    ... )
    >>> figure.axes[0].get_xlabel()
    'Radius at which they become one cluster, km'
    """
    end_km = 1.05 * linkage[-1, 2]
    if radius_km is not None:
        end_km = max(min(end_km, _FAR * radius_km), 1.25 * radius_km)
    if last_km is not None:
        end_km = last_km
    tree = dendrogram(linkage, no_plot=True, distance_sort="ascending")
    figure, axes = start_figure(9, 1.8 + 1.15 * _ROW_INCHES * len(names))
    for reach, rows in zip(tree["dcoord"], tree["icoord"], strict=True):
        joined = radius_km is not None and reach[1] <= radius_km
        axes.plot(reach, rows, color=ACCENT if joined else MUTED, linewidth=1.8)
        axes.annotate(
            f"{reach[1]:.1f}",
            (reach[1], (rows[1] + rows[2]) / 2),
            (3, 1),
            textcoords="offset points",
            va="bottom",
            fontsize=8,
            color=INK,
            path_effects=halo("white"),
            annotation_clip=True,
        )
    if radius_km is not None:
        axes.axvline(radius_km, color=OTHER, linestyle=":", linewidth=1.4)
        axes.annotate(
            f"radius of the run, {radius_km:g} km",
            (radius_km, 0),
            (4, 2),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            va="bottom",
            fontsize=8.5,
            color=OTHER,
        )
    # scipy puts the leaves at 5, 15, 25, ...
    axes.set_yticks(5 + 10 * np.arange(len(names)), [names[leaf] for leaf in tree["leaves"]])
    axes.set(xlim=(0, end_km), ylim=(10 * len(names) + 6, 0))
    axes.set_xlabel("Radius at which they become one cluster, km", fontsize=9, color=INK)
    axes.grid(axis="x", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    return finish_figure(figure, title=title, source=source)


def _tell_kind(kind: str) -> str:
    """Call a kind as a legend does."""
    return PLURAL[kind].capitalize()


def _matched(matches: pd.DataFrame, first: int) -> pd.DataFrame:
    """Take the matched regions down to a rank of the reference."""
    return matches[matches["rank"].notna() & (matches["reference_rank"] <= first)]


def _tell_unmatched(matches: pd.DataFrame, first: int) -> str:
    """Say how many regions of the reference are drawn, and how many are not found here."""
    asked = matches[matches["reference_rank"] <= first]
    missing = int(asked["rank"].isna().sum())
    return f"{len(asked) - missing} of {len(asked)} regions of the reference, {missing} not found."
