"""What the radius does: when places become one cluster, and what each radius gives."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.cluster.hierarchy import dendrogram

from gii_geo.plot.sheet import (
    ACCENT,
    INK,
    MUTED,
    OTHER,
    RULE,
    check_drawn,
    finish_figure,
    halo,
    shorten,
    start_figure,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW_INCHES = 0.26
_STRIP_INCHES = 1.7
_MERGER: Final = 4
_DENSE: Final = (
    "Dotted up to a dot: the place's core radius, from which on enough activity lies within the "
    "radius around it for a cluster."
)


def plot_merge_tree(  # noqa: PLR0913  # one argument a choice
    linkage: npt.NDArray[np.float64],
    names: Sequence[str],
    *,
    title: str,
    source: str,
    radius_km: float | None = None,
    last_km: float | None = None,
    core_radius_km: Sequence[float] | None = None,
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
        The last radius shown; by default a little beyond the one at which all are one.
    core_radius_km : sequence of float, optional
        The radius from which on each place is dense by itself, `MergeTree.core_radius_km` at
        `MergeTree.locate`: up to there its line is thin, for there is no cluster yet.

    Returns
    -------
    matplotlib.figure.Figure
        The tree, from single places on the left to what they become on the right.

    Raises
    ------
    TypeError
        If the linkage is none.
    ValueError
        If it is empty, or not of as many places as there are names.

    Examples
    --------
    >>> linkage = np.array([[0, 1, 13.0, 2], [2, 3, 21.0, 3]])
    >>> figure = plot_merge_tree(
    ...     linkage, ["Shenzhen", "Hong Kong", "Guangzhou"], title="Radii", source="made up"
    ... )
    >>> figure.axes[0].get_xlabel()
    'Radius at which they become one cluster, km'
    """
    if not isinstance(linkage, np.ndarray) or linkage.shape[1:] != (_MERGER,):
        msg = "Invalid linkage. Must be that of a MergeTree, an array of four numbers a merger."
        raise TypeError(msg)
    if not len(linkage) or len(names) != len(linkage) + 1 or not np.isfinite(linkage).all():
        msg = (
            f"Invalid linkage of {len(linkage)} mergers. Must be finite and of {len(names)} places."
        )
        raise ValueError(msg)
    if core_radius_km is not None and len(core_radius_km) != len(names):
        msg = f"Invalid core_radius_km of {len(core_radius_km)} places. Must be of {len(names)}."
        raise ValueError(msg)
    end_km = 1.05 * linkage[-1, 2] or 1.0
    if radius_km is not None:
        end_km = max(end_km, 1.25 * radius_km)
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
        _mark_radius(axes, radius_km, told=True)
    leaves = 5 + 10 * np.arange(len(names))  # where scipy puts them
    axes.set_yticks(leaves, [shorten(names[leaf]) for leaf in tree["leaves"]])
    if core_radius_km is not None:
        dense = [core_radius_km[leaf] for leaf in tree["leaves"]]
        axes.hlines(leaves, 0, dense, color="white", linewidth=3, zorder=2.5)
        axes.hlines(leaves, 0, dense, color=MUTED, linewidth=0.8, linestyle=":", zorder=2.6)
        axes.plot(dense, leaves, "o", color=INK, markersize=3.5, zorder=3)
        source = f"{_DENSE}\n{source}"
    axes.set(xlim=(0, end_km), ylim=(10 * len(names) + 6, 0))
    axes.set_xlabel("Radius at which they become one cluster, km", fontsize=9, color=INK)
    axes.grid(axis="x", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    return finish_figure(figure, title=title, source=source)


def plot_radii(
    by_radius: pd.DataFrame,
    *,
    title: str,
    source: str,
    radius_km: float | None = None,
    labels: Mapping[str, str] | None = None,
) -> "Figure":
    """Draw what every radius gives, one strip below the other.

    Parameters
    ----------
    by_radius : pandas.DataFrame
        Numbers by radius in km, which is the index, ascending; a strip a column.
    title : str
        What the figure shows.
    source : str
        Where the data is from, and its credits; printed below.
    radius_km : float, optional
        The radius of the run, which is marked.
    labels : mapping of str to str, optional
        What is written above the strip of a column, by its name; else the name.

    Returns
    -------
    matplotlib.figure.Figure
        The figure; every strip begins at 0.

    Raises
    ------
    ValueError
        If there is no row or no column.

    Examples
    --------
    >>> table = pd.DataFrame({"clusters": [9, 7]}, index=[10, 15])
    >>> figure = plot_radii(table, title="Clusters", source="made up", radius_km=15)
    >>> [axes.get_title(loc="left") for axes in figure.axes]
    ['clusters']
    """
    check_drawn(by_radius, name="by_radius")
    if by_radius.empty:
        msg = "Invalid by_radius without a number. Must have a row and a column."
        raise ValueError(msg)
    types = {"its index": by_radius.index.dtype, **by_radius.dtypes}
    for name, dtype in types.items():
        if not pd.api.types.is_numeric_dtype(dtype):
            msg = f"Invalid by_radius. Must have numbers by radius; found {dtype} in {name}."
            raise TypeError(msg)
    strips = len(by_radius.columns)
    figure, axes = start_figure(9, 1.4 + _STRIP_INCHES * strips, rows=strips)
    for axis, name in zip(axes, by_radius, strict=True):
        axis.plot(by_radius.index, by_radius[name], color=ACCENT, linewidth=1.8)
        axis.set_title((labels or {}).get(str(name), str(name)), loc="left", fontsize=9, color=INK)
        axis.set_ylim(bottom=0)
        axis.grid(color=RULE, linewidth=0.6)
        if radius_km is not None:
            _mark_radius(axis, radius_km, told=axis is axes[-1])
    axes[-1].set_xlabel("Radius, km", fontsize=9, color=INK)
    return finish_figure(figure, title=title, source=source)


def _mark_radius(axes: "Axes", radius_km: float, *, told: bool) -> None:
    """Draw a line at the radius of the run, and say what it is."""
    axes.axvline(radius_km, color=OTHER, linestyle=":", linewidth=1.4)
    if told:
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
