"""Draw the README's pictures from a run on the built-in world: data/pictures/*.png."""

from pathlib import Path

import matplotlib as mpl

import gii_geo
from gii_geo.demo import DEMO_CREDIT, DEMO_NOTICE
from gii_geo.plot import plot_region, plot_world

FOLDER = Path(__file__).parents[1] / "data" / "pictures"
SOURCE = f"{DEMO_NOTICE}\n{DEMO_CREDIT} Map: Natural Earth."
DOTS_PER_INCH = 110


def main() -> None:
    """Draw the pictures."""
    mpl.use("Agg")
    FOLDER.mkdir(parents=True, exist_ok=True)
    result = gii_geo.find_regions(gii_geo.demo_path())
    title = "Regions of the built-in, made-up world: disc area is the score"
    figures = {"world": plot_world(result.regions, title=title, source=SOURCE)}
    for picture, city in {"pearl_river_delta": "Shenzhen", "basel": "Basel"}.items():
        named = result.regions["name"].str.contains(city)
        figures[picture] = plot_region(
            result.regions,
            result.locations,
            region_id=result.regions.loc[named, "region_id"].iloc[0],
            source=SOURCE,
        )
    for picture, figure in figures.items():
        # Without the version of matplotlib in it, the same picture is the same bytes.
        figure.savefig(FOLDER / f"{picture}.png", dpi=DOTS_PER_INCH, metadata={"Software": None})
        print(FOLDER / f"{picture}.png")


if __name__ == "__main__":
    main()
