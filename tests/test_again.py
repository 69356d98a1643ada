"""A question asked again is a run from the addresses, for settings drawn over all fields."""

import pickle
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from reference_result import forget

import gii_geo
from conftest import DRAWS, LONG_RUN
from gii_geo import Result, Settings, World
from gii_geo.pick import Picked
from gii_geo.regions.form import DELINEATED

KINDS = ("patent", "publication", "deal")

TABLES = ("clusters", "links", "economies", "cities", "events", "rejects")


def draw(rng: np.random.Generator, least: int) -> dict[str, Any]:
    """Draw a value, or the default, of every field of the settings."""
    low, high = sorted(rng.integers(2010, 2020, 2).tolist())
    choices: dict[str, list[Any]] = {
        "kinds": [None, ("patent",), ("publication", "deal")],
        "years": [{}, {"patent": (low, high)}, dict.fromkeys(KINDS, (low, high))],
        "radius_km": [15.0, float(rng.uniform(3, 60))],
        "min_addresses": [None, int(rng.integers(least, 5 * least))],
        "min_share": [None, float(rng.uniform(0.001, 0.1))],
        "density_weight": [None, "addresses", "balanced"],
        "method": ["dbscan", "dbscan", "hdbscan"],
        "gap_km": [0.0, 5.0, float(rng.uniform(0, 40))],
        "min_link_share": [None, float(rng.uniform(0.01, 0.5))],
        "max_link_km": [100.0, 20_000.0],
        "counting": ["fractional", "full"],
        "share_of": ["all", "placed"],
        "score_weights": [{}, {"deal": 0.5}, {"patent": 0.0, "publication": 2.0}],
        "min_economy_share": [0.01, 0.3],
        "rank_sets": [True, False],
        "top_values": [True, False],
        "confidence": [0.95, float(rng.uniform(0.5, 0.999))],
    }
    assert set(choices) == {field.name for field in fields(Settings)}
    drawn = {name: values[int(rng.integers(len(values)))] for name, values in choices.items()}
    if drawn["min_addresses"] is not None:
        drawn["min_share"] = None
    return drawn


def check_same(one: gii_geo.Result, other: gii_geo.Result) -> None:
    """Hold every table of two results against each other."""
    pd.testing.assert_frame_equal(pd.DataFrame(one.regions), pd.DataFrame(other.regions))
    pd.testing.assert_frame_equal(pd.DataFrame(one.locations), pd.DataFrame(other.locations))
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
    assert one.accounts.to_dict() == other.accounts.to_dict()
    assert one.accounts.is_exact()
    assert one.provenance == other.provenance


def read_all(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_again_is_a_run_from_the_addresses_for_drawn_settings(
    small_world: pd.DataFrame, tmp_path: Path
) -> None:
    rng = np.random.default_rng(40)
    world = gii_geo.read_world(small_world)
    world.write(tmp_path / "world")
    read_back = gii_geo.read_world(tmp_path / "world")
    asked = gii_geo.find_regions(world, Settings(min_addresses=60))
    for number in range(max(5, DRAWS)):
        settings = Settings(**draw(rng, 30))
        # Replaced field by field: a minimum ousts the other one.
        again = asked.ask(settings)
        from_addresses = number % 4 == 0  # reading takes no settings
        fresh = gii_geo.find_regions(small_world if from_addresses else forget(world), settings)
        check_same(again, fresh)
        if number % 8 == 0:
            again.write(tmp_path / "again")
            fresh.write(tmp_path / "fresh")
            gii_geo.find_regions(read_back, settings).write(tmp_path / "read")
            assert read_all(tmp_path / "again") == read_all(tmp_path / "fresh")
            assert read_all(tmp_path / "again") == read_all(tmp_path / "read")


@LONG_RUN
@pytest.mark.slow
def test_again_is_a_run_of_the_built_in_world(demo_world: World) -> None:
    rng = np.random.default_rng(8)
    asked = gii_geo.find_regions(demo_world)
    for _ in range(DRAWS):
        settings = Settings(**draw(rng, 60))
        check_same(asked.ask(settings), gii_geo.find_regions(gii_geo.demo_path(), settings))


@pytest.mark.slow
@pytest.mark.shared_data
def test_again_is_a_run_of_the_real_files(real_world: World) -> None:
    rng = np.random.default_rng(3)
    asked = gii_geo.find_regions(real_world)
    undated = real_world.provenance["undated"]  # refused beside years
    for _ in range(DRAWS):
        drawn = draw(rng, 200)
        years = {kind: span for kind, span in drawn["years"].items() if kind not in undated}
        settings = Settings(**drawn | {"years": years})
        check_same(asked.ask(settings), gii_geo.find_regions(forget(real_world), settings))


def test_only_what_hangs_on_the_change_is_done_anew(small_world: pd.DataFrame) -> None:
    result = gii_geo.find_regions(small_world, Settings(min_addresses=60))
    lighter = result.again(score_weights={"deal": 0.5})
    assert lighter.formed.delineation is result.formed.delineation
    assert lighter.described is result.described
    nearer = result.again(gap_km=1)
    assert nearer.formed.tally is result.formed.tally
    assert nearer.formed.delineation is not result.formed.delineation


def test_a_stage_cannot_read_a_setting_that_it_does_not_hang_on() -> None:
    picked = Settings().pick(*DELINEATED)
    assert picked.radius_km == 15
    with pytest.raises(AttributeError, match="counting was not picked"):
        _ = picked.counting
    assert isinstance(picked, Picked)


def test_every_radius_of_a_sweep_is_a_run_at_that_radius(small_read: World) -> None:
    result = gii_geo.find_regions(small_read, Settings(min_addresses=60, counting="full"))
    swept = gii_geo.sweep_radii(result, radii_km=[8, 40])
    for radius_km, part in swept.groupby("radius_km"):
        settings = result.settings.replace(radius_km=radius_km)
        run = gii_geo.find_regions(forget(small_read), settings).regions
        columns = [name for name in run if name not in ("region_id", "geometry")]
        ordered = part.sort_values(["rank", "name"])[columns].reset_index(drop=True)
        expected = pd.DataFrame(run).sort_values(["rank", "name"])[columns]
        pd.testing.assert_frame_equal(pd.DataFrame(ordered), expected.reset_index(drop=True))


def test_a_result_is_pickled_as_its_question(small_result: Result) -> None:
    told: list[str] = []
    result = gii_geo.find_regions(small_result.world, progress=told.append).again(radius_km=12)
    dumped = pickle.dumps(result)
    assert not pickle.loads(pickle.dumps(result.world))._kept  # noqa: S301
    asked = len(told)
    loaded = pickle.loads(dumped)  # noqa: S301  # our own
    assert loaded.settings == result.settings
    assert loaded.provenance == result.provenance
    for name in ("regions", "clusters", "profiles"):
        pd.testing.assert_frame_equal(getattr(loaded, name), getattr(result, name))
    assert len(told) == asked
