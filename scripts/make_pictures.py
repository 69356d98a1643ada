"""Draw the README's pictures from a run on the built-in world: data/pictures/*.png.

Needs matplotlib, and for the page playwright and a Chromium:

    python scripts/make_pictures.py
"""

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
from playwright.sync_api import sync_playwright

import gii_geo
from gii_geo.demo import DEMO_CREDIT, DEMO_NOTICE
from gii_geo.explorer import write_page
from gii_geo.plot import plot_merge_tree, plot_region
from gii_geo.sweep import sweep_radii

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FOLDER = Path(__file__).parents[1] / "data" / "pictures"
SOURCE = f"{DEMO_NOTICE}\n{DEMO_CREDIT}"
DOTS_PER_INCH = 110
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
    named = result.regions["name"].str.contains("Shenzhen")
    return {
        "pearl_river_delta": plot_region(
            result.regions,
            result.locations,
            region_id=result.regions.loc[named, "region_id"].iloc[0],
            source=f"{SOURCE} Land: Natural Earth.",
            bridges=tree.joins("Shenzhen", "Hong Kong", "Guangzhou", gazetteer=DELTA),
        ),
        "merge_tree": plot_merge_tree(
            tree.linkage(*DELTA, gazetteer=DELTA),
            list(DELTA),
            title="At which radius do the cities of the Pearl River delta become one cluster?",
            source=SOURCE,
            radius_km=result.settings.radius_km,
        ),
    }


def show_page(result: gii_geo.Result, picture: Path) -> None:
    """Write the page with its slider of radii, open it in Chromium and take a picture of it."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "explorer.html"
        write_page(result, path, radii=sweep_radii(result))
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
    show_page(result, FOLDER / "explorer.png")
    for path in sorted(FOLDER.glob("*.png")):
        print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
