"""QGIS opens the files as a user would: styled, labelled, nothing lost."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
import pytest
from PIL import Image

import gii_geo
from gii_geo import Settings
from gii_geo.export.geopackage import LAYERS
from gii_geo.result import Result

PYTHON = "/usr/bin/python3"
LOOK = Path(__file__).with_name("qgis_look.py")
BOXES = {"basel": (7.2, 47.4, 7.8, 47.9), "fiji": (179.85, -16.95, -179.85, -16.65)}
EVIL = "<script>alert(1)</script>"
FILES = ["geojson", "fgb", *(f"gpkg {name}" for name in LAYERS)]


@pytest.fixture(scope="module")
def qgis() -> str:
    """Python that has QGIS; elsewhere than in CI the test may be skipped."""
    words = [PYTHON, "-c", "import qgis.core"]
    has_python = Path(PYTHON).exists()
    if not has_python or subprocess.run(words, capture_output=True, check=False).returncode:
        if os.environ.get("CI") == "true":
            pytest.fail("CI must have QGIS: apt-get install qgis python3-qgis")
        pytest.skip("needs QGIS: apt-get install qgis python3-qgis")
    return PYTHON


@pytest.fixture(scope="module")
def result(small_world: pd.DataFrame) -> Result:
    found = gii_geo.find_regions(small_world, Settings(min_addresses=60, min_link_share=0.01))
    regions = found.regions
    regions.loc[regions["name"].str.contains("Basel"), "name"] = EVIL
    found.__dict__["regions"] = regions  # behind the copies that it hands out
    return found


@pytest.fixture(scope="module")
def look(qgis: str, result: Result, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Look at the files with QGIS: what it sees, and the folder of its pictures."""
    folder = tmp_path_factory.mktemp("qgis")
    result.write(folder / "out")
    boxes = [f"{name},{','.join(map(str, box))}" for name, box in BOXES.items()]
    done = subprocess.run(
        [qgis, LOOK, folder / "out", folder, *boxes],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) | {"folder": folder}


@pytest.mark.parametrize("name", FILES)
def test_a_layer_opens_whole_in_degrees_with_valid_geometries(
    name: str, look: Any, result: Result
) -> None:
    seen = look["layers"][name]
    layer = name.removeprefix("gpkg ") if name.startswith("gpkg") else "regions"
    sizes = {
        "regions": len(result.regions),
        "regions_map": len(result.regions),
        "clusters": len(result.clusters),
        "locations": len(result.locations),
        "links": result.links["lon_a"].notna().sum(),
        "collaboration": len(result.collaboration),
    }
    assert seen["valid"]
    assert seen["features"] == sizes[layer]
    assert seen["crs"] == "EPSG:4326"
    assert seen["invalid"] == []


@pytest.mark.parametrize("name", ["geojson", "fgb", "gpkg regions"])
def test_regions_have_their_extent_and_types(name: str, look: Any, result: Result) -> None:
    seen = look["layers"][name]
    np.testing.assert_allclose(seen["extent"], result.regions.total_bounds, atol=1e-6)
    assert seen["extent"][::2] == [-180, 180]
    assert sorted(result.regions["name"]) == seen["names"]
    types = seen["types"]
    whole = "Integer" if name == "geojson" else "Integer64"
    assert {types[column] for column in ("rank", "locations", "addresses")} == {whole}
    assert {types[column] for column in ("score", "patents", "deal_share", "area_km2")} == {"Real"}
    assert types["region_id"] == types["name"] == "String"
    assert types["economies"] == ("StringList" if name == "geojson" else "String")


@pytest.mark.parametrize("layer", ["regions", "regions_map"])
def test_the_geopackage_opens_coloured_by_score_with_names(layer: str, look: Any) -> None:
    seen = look["layers"][f"gpkg {layer}"]
    assert seen["renderer"] == "graduatedSymbol"
    assert seen["attribute"] == "score"
    assert seen["label"] == "name"
    assert len(set(seen["colours"])) == 7
    assert seen["uncoloured"] == []
    assert all(count >= 1 for count in look["labels"].values())


def test_the_other_layers_open_in_their_own_colours(look: Any) -> None:
    colours = [look["layers"][f"gpkg {name}"]["colour"] for name in list(LAYERS)[2:]]
    assert colours == ["#222222", "#5a5a5a", "#c44e28", "#2a5fa5"]


def test_the_layers_say_what_they_hold(look: Any) -> None:
    for name, text in LAYERS.items():
        assert look["layers"][f"gpkg {name}"]["abstract"] == text


def test_a_name_full_of_html_is_shown_and_does_nothing(look: Any) -> None:
    tips = look["layers"]["gpkg regions"]["tips"]
    assert EVIL.replace("<", "&lt;") in tips
    assert not [tip for tip in tips if "<" in tip]


@pytest.mark.parametrize("name", BOXES)
def test_the_picture_shows_a_filled_region_on_both_sides(name: str, look: Any) -> None:
    picture = np.asarray(Image.open(look["folder"] / f"{name}.png").convert("RGB"))
    filled = picture.min(axis=2) < 200
    for half in np.array_split(filled, 2, axis=1):
        assert 0.05 < half.mean() < 0.95


def test_gdal_reads_what_qgis_reads(look: Any) -> None:
    path = look["folder"] / "out" / "regions.gpkg"
    assert [name for name, _ in pyogrio.list_layers(path)] == [*LAYERS, "layer_styles"]
