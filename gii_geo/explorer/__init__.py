"""Regions to one web page that works from disk: map, ranking, sliders, nothing fetched.

The page is plain HTML, CSS and JavaScript (the files beside this one), without a library. Measured
on the built-in world, against Bokeh 3.9 inlined, which works offline too:

* Size: Bokeh with its widgets and tables is 1.95 MB of script before any data (the core alone 1.27
  MB); the whole page here is 1.75 MB with eight radii and 0.59 MB without, 0.05 MB of it script.
* Keyboard and screen reader: Bokeh draws its table of divisions and its map on a canvas that keys
  do not move; here the ranking is an HTML table and every control is HTML's own.
* Safety: Bokeh's callbacks compile text into code; here a content security policy lets only the
  page's own script run, known by its hash, and nothing be fetched.
"""

import base64
import hashlib
import html
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Final, Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gii_geo.basemap import BASEMAP_CREDIT
from gii_geo.demo import NOTICES
from gii_geo.explorer.contents import collect_contents
from gii_geo.explorer.encode import (
    LAND_DECIMALS,
    choose_decimals,
    encode_columns,
    encode_shapes,
    join_parts,
    write_island,
)
from gii_geo.pick import print_setting
from gii_geo.sweep import Swept, sweep_radii
from gii_geo.tables import (
    CITY_LEVEL,
    INTENSITY,
    RANK_SETS,
    Kind,
    describe_kinds,
    list_kinds,
    region_columns,
)

MOST_WEIGHT: Final = 2
"""Where the sliders of the weights end, unless the run's own weights are higher."""

_SCRIPTS: Final = (
    "world.js",
    "colours.js",
    "details.js",
    "contents.js",
    "ranking.js",
    "map.js",
    "page.js",
)


class Shown(Swept, Protocol):
    """What a page needs of a result, see `result.Result`."""

    @property
    def profiles(self) -> pd.DataFrame:
        """What is in each region."""

    @property
    def collaboration(self) -> pd.DataFrame:
        """Which records regions share."""

    def list_settings(self) -> dict[str, Any]:
        """Give the settings as plain values."""


@dataclass(frozen=True)
class Page:
    """A page that a notebook shows in a frame of its own.

    Attributes
    ----------
    html : str
        The whole page.
    height_px : int
        Height of the frame in pixels.
    """

    html: str
    height_px: int = 760

    def _repr_html_(self) -> str:
        """Show the page in a sandbox: it runs its own script and reaches nothing else."""
        return (
            f'<iframe title="Innovation regions" width="100%" height="{self.height_px}" '
            f'style="border:0" sandbox="allow-scripts" srcdoc="{html.escape(self.html)}"></iframe>'
        )


def write_page(result: Shown, path: Path, *, radii: gpd.GeoDataFrame | None = None) -> None:
    """Write the page of a run.

    Parameters
    ----------
    result : Result
        The run. Where its regions have rank sets, the page shows them at the run's weights.
    path : pathlib.Path
        The file; its name should end in .html.
    radii : geopandas.GeoDataFrame, optional
        From `sweep.sweep_radii`: what the slider of the radius shows beside the run's own radius.
        Without it there is no slider.
    """
    path.write_text(_build_page(result, radii), encoding="utf-8", newline="\n")


def explore(result: Shown, *, radii: gpd.GeoDataFrame | None = None) -> Page:
    """Give the page of a run for a notebook to show.

    Parameters
    ----------
    result : Result
        The run.
    radii : geopandas.GeoDataFrame, optional
        As for `write_page`.

    Returns
    -------
    Page
        Shown by a notebook as the last value of a cell.

    Examples
    --------
    >>> import gii_geo
    >>> page = explore(gii_geo.find_regions(gii_geo.demo_path()))
    >>> len(page.html) < 1_500_000
    True
    """
    return Page(_build_page(result, radii))


def _build_page(result: Shown, radii: gpd.GeoDataFrame | None) -> str:
    """Put template, style, script and data together."""
    files = resources.files(__package__)
    kinds = describe_kinds(list_kinds(result.regions))
    style = (files / "page.css").read_text(encoding="utf-8") + _colour_kinds(kinds)
    scripts = [(files / name).read_text(encoding="utf-8") for name in _SCRIPTS]
    script = '"use strict";\n{\n' + "\n".join(scripts) + "}\n"
    parts = {
        "style": style,
        "script": script,
        "data": write_island(_collect_data(result, radii, kinds)),
        "policy": (
            f"default-src 'none'; base-uri 'none'; form-action 'none'; "
            f"script-src {_hash(script)}; style-src {_hash(style)}"
        ),
    }
    template = (files / "page.html").read_text(encoding="utf-8")
    # One pass: what is put in is not searched for further places.
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], template)


def _colour_kinds(kinds: Sequence[Kind]) -> str:
    """Write the rules that colour the kinds: part of the style sheet, whose hash the policy has."""
    return "".join(
        f".kind-{place} {{ background: light-dark({kind.colour}, {kind.dark_colour}); }}\n"
        for place, kind in enumerate(kinds)
    )


def _hash(text: str) -> str:
    """Name a text as a content security policy does."""
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def _collect_data(
    result: Shown, radii: gpd.GeoDataFrame | None, kinds: Sequence[Kind]
) -> dict[str, Any]:
    """Collect what the page shows."""
    own_km = result.settings.radius_km
    notes = result.provenance["notes"]
    own = _add_known(sweep_radii(result, radii_km=[own_km], for_maps=True), result)
    tables = {own_km: own}
    if radii is not None:
        tables |= {float(km): part for km, part in radii.groupby("radius_km") if km != own_km}
    decimals = choose_decimals(min(tables))
    known = list_kinds(own, known=True)
    weights = {kind.word: result.settings.score_weights.get(kind.word, 1.0) for kind in kinds}
    return {
        "notice": next((notice for notice in NOTICES if notice in notes), ""),
        "notes": [note for note in notes if note not in NOTICES],
        "credits": [*result.provenance["credits"], BASEMAP_CREDIT],
        "settings": _list_settings(result),
        "kinds": [
            {
                "kind": kind.word,
                "plural": kind.plural,
                "title": kind.title,
                "weight": weights[kind.word],
                "known": own.empty or kind.word in known,
            }
            for kind in kinds
        ],
        "most_weight": max(MOST_WEIGHT, *weights.values()),
        "own": sorted(tables).index(own_km),
        "contents": collect_contents(
            own["region_id"].tolist(), result.profiles, result.collaboration, kinds
        ),
        "confidence": result.settings.confidence if result.settings.rank_sets else None,
        "radii": [
            {
                "km": km,
                "summary": _summarise(result, km, tables[km]),
                "columns": _encode_regions(tables[km], decimals),
            }
            for km in sorted(tables)
        ],
        "outline_decimals": decimals,
        "land": json.loads((resources.files(__package__) / "land.json").read_text("utf-8")),
        "land_decimals": LAND_DECIMALS,
    }


def _add_known(own: gpd.GeoDataFrame, result: Shown) -> gpd.GeoDataFrame:
    """Add what only the run's own regions have: the shares of their economies."""
    shares: dict[str, list[list[object]]] = {region_id: [] for region_id in own["region_id"]}
    printed = dict(zip(own["region_id"], own["economies"].str.split(";"), strict=True))
    columns = result.economies[["region_id", "economy", "share"]]
    for region_id, economy, share in columns.itertuples(index=False):
        if economy in printed.get(region_id, []):
            shares[region_id].append([economy, share])
    return own.assign(economy_shares=own["region_id"].map(shares))


def _encode_regions(regions: gpd.GeoDataFrame, decimals: int) -> dict[str, list[Any]]:
    """Write the regions of one radius by column."""
    further = ["cities", "event", "previous_region_id", "economy_shares"]
    named = region_columns(list_kinds(regions))
    known = [*named, *RANK_SETS, CITY_LEVEL, *INTENSITY, *further]
    table = pd.DataFrame(regions[[column for column in known if column in regions]])
    for column in ("economies", "merged"):
        table[column] = [text.split(";") if text else [] for text in regions[column]]
    whole = [join_parts(outline) for outline in regions.geometry]
    centres = shapely.point_on_surface(np.array(whole, dtype=object))
    return encode_columns(table) | {
        "lon": np.round(shapely.get_x(centres), decimals).tolist(),
        "lat": np.round(shapely.get_y(centres), decimals).tolist(),
        "outline": encode_shapes(regions.geometry, decimals=decimals),
    }


def _summarise(result: Shown, radius_km: float, regions: gpd.GeoDataFrame) -> str:
    """Say in a line how many regions a radius gives, what they hold and what made them."""
    settings = result.settings
    one = len(regions) == 1
    minimum = (
        f"{settings.min_addresses:,} addresses"
        if settings.min_addresses is not None
        else f"{100 * (settings.min_share or 0):g} % of the world’s activity"
    )
    return (
        f"{len(regions):,} {'region holds' if one else 'regions hold'} "
        f"{100 * regions['activity'].sum():.1f} % of the activity. "
        f"{'Its core has' if one else 'Their cores have'} at least {minimum} within "
        f"{radius_km:g} km."
    )


def _list_settings(result: Shown) -> list[list[str]]:
    """List settings, files and the version, as texts."""
    rows = [[name, print_setting(value)] for name, value in result.list_settings().items()]
    rows += [["input", str(file["name"])] for file in result.provenance["inputs"]]
    return [*rows, ["gii-geo", str(result.provenance["versions"]["gii-geo"])]]
