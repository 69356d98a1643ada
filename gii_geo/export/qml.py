"""How QGIS draws the layers: style files in its own XML, QML, down to what differs from default."""

import itertools
import math
from typing import Final

COLOURS: Final = (
    *("200,184,102", "165,156,116", "132,130,121"),
    *("102,105,112", "71,81,108", "30,58,111", "0,34,78"),
)
"""Seven steps of cividis, the highest dark: alike for the colour-blind, ordered also in grey."""

_STYLE: Final = """<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22" styleCategories="Symbology|Labeling|MapTips" labelsEnabled="{labels}">
{body}
</qgis>
"""

_SYMBOL: Final = '<symbol type="{kind}" name="{name}" alpha="1"><layer class="{layer}" enabled="1" \
pass="0" locked="0"><Option type="Map">{options}</Option></layer></symbol>'

_NAMES: Final = """<labeling type="simple"><settings calloutType="simple">
<text-style fieldName="name" isExpression="0" allowHtml="0" fontSize="9" fontSizeUnit="Point" \
fontFamily="Noto Sans" textColor="34,34,34,255" textOpacity="1">
<text-buffer bufferDraw="1" bufferSize="0.8" bufferSizeUnits="MM" bufferColor="255,255,255,255" \
bufferOpacity="0.85"/></text-style>
<placement placement="1" quadOffset="4" priority="5"/>
<rendering drawLabels="1" obstacle="0" displayAll="0"/>
<dd_properties><Option type="Map"><Option name="name" type="QString" value=""/>
<Option name="properties" type="Map"><Option name="Priority" type="Map">
<Option name="active" type="bool" value="true"/>
<Option name="expression" type="QString" value="10 - ln(&quot;rank&quot;)"/>
<Option name="type" type="int" value="3"/></Option></Option>
<Option name="type" type="QString" value="collection"/></Option></dd_properties>
</settings></labeling>"""
"""The names, as plain text, the first ranks before the others where there is no room for all."""

_TIP: Final = """<mapTip>[% replace(replace("name", '&amp;', '&amp;amp;'), '&lt;', '&amp;lt;') %]\
</mapTip>"""
"""A map tip is HTML: what a name has of it must be shown, not done."""


def style_regions(top_score: float) -> str:
    """Style the regions: coloured by score in seven steps, with their names on them.

    Parameters
    ----------
    top_score : float
        The highest score, at least 0; NaN if there is no region.

    Returns
    -------
    str
        The QML.
    """
    limits = score_limits(top_score)
    ranges, symbols = [], []
    for step, (low, high) in enumerate(itertools.pairwise(limits)):
        ranges.append(
            f'<range lower="{low}" upper="{high}" symbol="{step}" label="{low:g} – {high:g}" '
            'render="true"/>'
        )
        fill = {
            "color": f"{COLOURS[step]},200",
            "outline_color": "34,34,34,255",
            "outline_style": "solid",
            "outline_width": "0.2",
            "style": "solid",
        }
        symbols.append(_symbol("fill", "SimpleFill", fill, name=str(step)))
    body = (
        '<renderer-v2 type="graduatedSymbol" attr="score" graduatedMethod="GraduatedColor">'
        f"<ranges>{''.join(ranges)}</ranges>\n<symbols>{''.join(symbols)}</symbols></renderer-v2>"
    )
    return _STYLE.format(labels=1, body=f"{body}\n{_NAMES}\n{_TIP}")


def style_points(colour: str, *, size_mm: float) -> str:
    """Style points as discs.

    Parameters
    ----------
    colour : str
        Red, green, blue and opacity, 0 to 255.
    size_mm : float
        Diameter on the map.

    Returns
    -------
    str
        The QML.
    """
    options = {"name": "circle", "color": colour, "outline_style": "no", "size": str(size_mm)}
    return _style_plainly(_symbol("marker", "SimpleMarker", options))


def style_lines(colour: str, *, width_mm: float) -> str:
    """Style lines.

    Parameters
    ----------
    colour : str
        Red, green, blue and opacity, 0 to 255.
    width_mm : float
        Width on the map.

    Returns
    -------
    str
        The QML.
    """
    options = {"line_color": colour, "line_style": "solid", "line_width": str(width_mm)}
    return _style_plainly(_symbol("line", "SimpleLine", options))


def score_limits(top_score: float) -> list[float]:
    """Choose round limits for the seven colours, each step 1, 2 or 5 times a power of ten.

    Parameters
    ----------
    top_score : float
        The highest score; NaN and 0 stand for none.

    Returns
    -------
    list of float
        Eight limits from 0 up, the last at least `top_score`.

    Examples
    --------
    >>> score_limits(0.17)
    [0.0, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2]
    """
    top = top_score if top_score > 0 else 1.0
    power = math.floor(math.log10(top))
    steps = [float(f"{m}e{e}") for e in range(power - 3, power + 2) for m in (1, 2, 5)]
    last = next(place for place, step in enumerate(steps) if step >= top)
    return [0.0, *steps[last - len(COLOURS) + 1 : last + 1]]


def _symbol(kind: str, layer: str, options: dict[str, str], *, name: str = "0") -> str:
    """Write one symbol."""
    texts = [f'<Option name="{key}" type="QString" value="{options[key]}"/>' for key in options]
    return _SYMBOL.format(kind=kind, layer=layer, name=name, options="".join(texts))


def _style_plainly(symbol: str) -> str:
    """Draw every feature of a layer with one symbol."""
    body = f'<renderer-v2 type="singleSymbol"><symbols>{symbol}</symbols></renderer-v2>'
    return _STYLE.format(labels=0, body=body)
