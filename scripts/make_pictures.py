"""Draw the README's pictures from runs on the packaged worlds: data/pictures/*.png.

Needs matplotlib, and for the page playwright and a Chromium:

    python scripts/make_pictures.py
"""

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
from playwright.sync_api import sync_playwright

import gii_geo
from gii_geo.demo import SAMPLE_MIN_SHARE
from gii_geo.explorer import write_page
from gii_geo.plot import plot_merge_tree, plot_region
from gii_geo.plot.sheet import ACCENT, INK, finish_figure
from gii_geo.sweep import sweep_radii

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FOLDER = Path(__file__).parents[1] / "data" / "pictures"
DOTS_PER_INCH = 110
SIX = ("Seoul", "Tokyo", "Basel", "Los Angeles", "Paris", "Istanbul")
"""Regions whose two outlines are shown beside each other."""
PAGE_PIXELS = {"width": 1400, "height": 900}
DELTA = {
    "Shenzhen": (114.06, 22.55),
    "Hong Kong": (114.17, 22.28),
    "Guangzhou": (113.26, 23.12),
    "Dongguan": (113.75, 23.02),
    "Foshan": (113.12, 23.02),
    "Zhongshan": (113.38, 22.52),
    "Jiangmen": (113.08, 22.58),
    "Zhuhai": (113.57, 22.27),
    "Macao": (113.54, 22.19),
    "Zhaoqing": (112.46, 23.05),
    "Huizhou": (114.42, 23.11),
}
"""Cities around the mouth of the Pearl River: longitude and latitude in degrees."""


def draw_figures(result: gii_geo.Result) -> dict[str, "Figure"]:
    """Draw the Pearl River delta from close by, and at which radius its cities merge."""
    tree = result.merge_tree()
    spots = [tree.locate(city, gazetteer=DELTA)[1] for city in DELTA]
    named = result.regions["name"].str.contains("Shenzhen")
    return {
        "outlines_for_maps": draw_outlines(result),
        "pearl_river_delta": plot_region(
            result.regions_map,
            result.locations,
            region_id=result.regions.loc[named, "region_id"].iloc[0],
            source=result.credit,
            bridges=tree.joins("Shenzhen", "Hong Kong", "Guangzhou", gazetteer=DELTA),
        ),
        "merge_tree": plot_merge_tree(
            tree.linkage(*DELTA, gazetteer=DELTA),
            list(DELTA),
            title="At which radius do the cities of the Pearl River delta become one cluster?",
            source=result.credit,
            radius_km=result.settings.radius_km,
            core_radius_km=tree.core_radius_km.iloc[spots].to_list(),
        ),
    }


def draw_outlines(result: gii_geo.Result) -> "Figure":
    """Draw six regions with the exact outline above and the one for maps below."""
    figure, axes = plt.subplots(2, 6, figsize=(15, 6.2), layout="constrained")
    exact, broad = result.regions, result.regions_map
    for column, name in enumerate(SIX):
        row = exact.index[exact["name"].str.startswith(name)][0]
        dots = result.members(exact.loc[row, "region_id"])
        centre = exact.geometry[row].representative_point()
        plane = f"+proj=laea +lon_0={centre.x} +lat_0={centre.y} +datum=WGS84 +units=km"
        both = pd.concat([exact.loc[[row]], broad.loc[[row]]]).to_crs(plane)
        west, south, east, north = both.total_bounds
        for place, axis in enumerate(axes[:, column]):
            both.iloc[[place]].plot(ax=axis, color=ACCENT, alpha=0.35, edgecolor=ACCENT)
            dots.to_crs(plane).plot(
                ax=axis, color=INK, markersize=40 * dots["activity"] / dots["activity"].max() + 0.2
            )
            axis.set(
                xlim=(west, east),
                ylim=(south, north),
                xticks=[],
                yticks=[],
                ylabel="",
                aspect="equal",
            )
            area = both.iloc[[place]].area.iloc[0]
            axis.set_xlabel(f"{area:,.0f} km²", fontsize=9)
        axes[0, column].set_title(name, fontsize=10)
    axes[0, 0].set_ylabel("exact: every location")
    axes[1, 0].set_ylabel("for maps")
    title = "Six regions, with every location and as maps draw them"
    return finish_figure(figure, title=title, source=result.credit)


def show_page(result: gii_geo.Result, picture: Path) -> None:
    """Write the page with its slider of radii, open it in Chromium and take a picture of it."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "explorer.html"
        write_page(result, path, radii=sweep_radii(result, for_maps=True))
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport=PAGE_PIXELS, color_scheme="light")
        page.goto(path.as_uri())
        page.wait_for_selector("#ranking tbody tr")
        page.wait_for_timeout(500)
        page.screenshot(path=picture)
        browser.close()


def main() -> None:
    """Draw the pictures."""
    mpl.use("Agg")
    FOLDER.mkdir(parents=True, exist_ok=True)
    result = gii_geo.find_regions(gii_geo.demo_path())
    for name, figure in draw_figures(result).items():
        # Without the version of matplotlib in it, the same picture is the same bytes.
        figure.savefig(FOLDER / f"{name}.png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    # What is a finding is shown as one: the page is the real sample's.
    sample = gii_geo.find_regions(
        gii_geo.sample_path(), gii_geo.Settings(min_share=SAMPLE_MIN_SHARE)
    )
    show_page(sample, FOLDER / "explorer.png")
    for path in sorted(FOLDER.glob("*.png")):
        print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
