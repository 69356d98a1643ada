"""What every figure shares: its colours, the title above it, the source below it."""

import textwrap
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gii_geo.demo import find_notice
from gii_geo.extras import check_extra
from gii_geo.ranges import check_given, show_names
from gii_geo.tables import check_table
from gii_geo.trust.draw import check_whole

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure
    from matplotlib.patheffects import AbstractPathEffect

INK: Final = "#1b2026"
MUTED: Final = "#5b6570"
RULE: Final = "#c9ced3"
ACCENT: Final = "#1f4e8c"
OTHER: Final = "#b54a66"
SEA: Final = "#eef2f5"
LAND: Final = "#dcdfe0"

_DARKEST, _LIGHTEST = 0.0, 0.72
_TITLE_POINTS = 13
_SOURCE_POINTS = 7
_TITLE_LETTERS_PER_INCH = 9
_SOURCE_LETTERS_PER_INCH = 17
_MOST_LETTERS = 40
_MARGIN_INCHES = 0.12


def import_pyplot() -> Any:  # noqa: ANN401
    """Import matplotlib, which only figures need.

    Returns
    -------
    Any
        matplotlib.pyplot.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed; the message names the extra.
    """
    check_extra("plot")
    import matplotlib.pyplot as plt  # noqa: PLC0415  # optional

    return plt


def start_figure(
    width_inches: float, height_inches: float, *, rows: int | None = None
) -> tuple["Figure", Any]:
    """Open a figure with a pair of axes without a box, or with several below each other.

    Parameters
    ----------
    width_inches, height_inches : float
        Size of the whole figure.
    rows : int, optional
        How many pairs of axes that share their x; one by default.

    Returns
    -------
    figure : matplotlib.figure.Figure
        The figure.
    axes : matplotlib.axes.Axes or numpy.ndarray of them, shape (rows,)
        Its axes; an array where rows are asked for.
    """
    figure, grid = import_pyplot().subplots(
        rows or 1,
        figsize=(width_inches, height_inches),
        layout="constrained",
        sharex=True,
        squeeze=False,
    )
    figure.get_layout_engine().set(w_pad=_MARGIN_INCHES, h_pad=_MARGIN_INCHES)
    for axes in grid[:, 0]:
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0, colors=INK, labelsize=9)
    return figure, grid[0, 0] if rows is None else grid[:, 0]


def check_drawn(
    table: "pd.DataFrame", *columns: str, name: str = "regions", first: int = 1
) -> None:
    """Refuse a table that cannot be drawn.

    Parameters
    ----------
    table : pandas.DataFrame
        The table.
    *columns : str
        The columns that it must have; one of them is "geometry" where it is drawn on a map.
    name : str, default "regions"
        What the message calls it.
    first : int, default 1
        How many rows are drawn.

    Raises
    ------
    InputError
        If none are to be drawn.
    MissingExtraError
        If matplotlib is not installed.
    TypeError
        If it is no table, or none with a geometry and its reference system (CRS).
    ValueError
        If it lacks a column.

    Examples
    --------
    >>> import pandas as pd
    >>> check_drawn(pd.DataFrame({"name": ["Basel"]}), "name", "rank")
    Traceback (most recent call last):
    ValueError: Invalid regions without rank. Must have name, rank; found name.
    """
    check_extra("plot")
    check_table(table, {}, name=name)
    check_whole("first", first, least=1)
    has = {*table.columns, "geometry" if getattr(table, "active_geometry_name", None) else None}
    if missing := [column for column in columns if column not in has]:
        msg = (
            f"Invalid {name} without {', '.join(missing)}. Must have {', '.join(columns)}; found "
            f"{show_names(table.columns) or 'none'}."
        )
        raise ValueError(msg)
    if "geometry" in columns and getattr(table, "crs", None) is None:
        msg = (
            f"Invalid {name} without a reference system (CRS). Must be a GeoDataFrame that has one."
        )
        raise TypeError(msg)


def tell_notice(table: "pd.DataFrame", source: str = "") -> str:
    """Put the notice of made-up data that a table carries before its source.

    Parameters
    ----------
    table : pandas.DataFrame
        What is drawn.
    source : str, default ""
        What stands below the figure.

    Returns
    -------
    str
        The source, as it is where there is no notice or it has it already.
    """
    _check_text("source", source)
    notice = find_notice(table)
    return source if notice is None or notice in source else f"{notice} {source}"


def add_credit(source: str, *credits_: str) -> str:
    """Put what a figure itself owes behind its source.

    Parameters
    ----------
    source : str
        What stands below the figure.
    *credits_ : str
        Whom names and land are owed to.

    Returns
    -------
    str
        The source with every credit once.

    Examples
    --------
    >>> add_credit("Own data. Land: us.", "Land: us.", "Names: them.")
    'Own data. Land: us. Names: them.'
    """
    _check_text("source", source)
    lacking = [credit for credit in credits_ if credit not in source]
    return " ".join([source, *lacking])


def finish_figure(figure: "Figure", *, title: str, source: str) -> "Figure":
    """Write the title above and the source below, in lines as long as the figure is wide.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.
    title : str
        What it shows.
    source : str
        Where the data is from, and its credits.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    _check_text("title", title)
    _check_text("source", source)
    title = _wrap(title, _TITLE_LETTERS_PER_INCH * figure.get_figwidth())
    figure.suptitle(title, x=0.01, ha="left", fontsize=_TITLE_POINTS, color=INK)
    source = _wrap(source, _SOURCE_LETTERS_PER_INCH * figure.get_figwidth())
    figure.supxlabel(
        source, x=0.01, ha="left", fontsize=_SOURCE_POINTS, color=MUTED, linespacing=1.4
    )
    from matplotlib.text import Text  # noqa: PLC0415  # optional

    for text in figure.findobj(Text):
        text.set_parse_math(False)  # a name with dollars in it is no formula
    return figure


def _check_text(name: str, text: object) -> None:
    """Refuse what is no text."""
    check_given(name, text, str, must="be a text")


def shorten(name: str) -> str:
    """Cut a name that would push the rest of a figure aside.

    Parameters
    ----------
    name : str
        Any name.

    Returns
    -------
    str
        At most 40 letters of it.

    Examples
    --------
    >>> shorten("Basel"), len(shorten("B" * 99))
    ('Basel', 40)
    """
    return name if len(name) <= _MOST_LETTERS else f"{name[: _MOST_LETTERS - 1]}…"


def score_colours() -> "Colormap":
    """Give the colours of scores: Cividis (Nuñez, Anderton and Renslow 2018), dark is high.

    Returns
    -------
    matplotlib.colors.Colormap
        From the colour of the lowest score to that of the highest.
    """
    from matplotlib import colormaps  # noqa: PLC0415  # optional
    from matplotlib.colors import ListedColormap  # noqa: PLC0415

    return ListedColormap(colormaps["cividis"](np.linspace(_LIGHTEST, _DARKEST, 256)))


def halo(colour: str) -> list["AbstractPathEffect"]:
    """Set a text off from what is below it.

    Parameters
    ----------
    colour : str
        Of the rim around each letter.

    Returns
    -------
    list of matplotlib.patheffects.AbstractPathEffect
        The path effects of the text.
    """
    from matplotlib.patheffects import withStroke  # noqa: PLC0415  # optional

    return [withStroke(linewidth=2.4, foreground=colour, alpha=0.75)]


def _wrap(text: str, letters: float) -> str:
    """Break lines that are longer than so many letters."""
    return "\n".join(
        part for line in text.splitlines() for part in textwrap.wrap(line, int(letters))
    )
