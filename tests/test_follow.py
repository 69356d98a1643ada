"""Ids that stay: splits, merges, births and deaths by hand, and 1 % of a world's rows less."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import gii_geo
from conftest import LONG_RUN
from gii_geo.regions.follow import Followed, Previous, follow_regions, read_previous
from gii_geo.tables import InputError


def remember(last: str, **spans: tuple[float, float]) -> Previous:
    """Make a run before: outlines along the equator, from one longitude to the other, by rank."""
    shapes = [shapely.box(west, -1, east, 1) for west, east in spans.values()]
    names = [f"Old {region_id}" for region_id in spans]
    regions = gpd.GeoDataFrame(
        {"region_id": list(spans), "name": names}, geometry=shapes, crs="EPSG:4326"
    )
    return Previous(regions, last)


def follow(
    places: dict[str, list[tuple[float, float]]],
    previous: Previous | None = None,
    outside: list[tuple[float, float]] | None = None,
) -> Followed:
    """Follow regions of (lon, activity) on the equator, by name, ranked as they come."""
    names = list(places)
    rows = [(lon, act, number) for number, name in enumerate(names) for lon, act in places[name]]
    rows += [(lon, act, pd.NA) for lon, act in outside or []]
    locations = pd.DataFrame(rows, columns=["lon", "activity", "region"]).assign(lat=0.0)
    locations = locations.astype({"lon": float, "activity": float, "region": "Int64"})
    regions = pd.DataFrame({"rank": range(1, len(names) + 1), "name": names})
    return follow_regions(regions, locations, previous)


def events_of(followed: Followed) -> list[tuple[str, ...]]:
    table = followed.events[["event", "region_id", "previous_region_id"]].fillna("")
    return [tuple(row) for row in table.to_numpy().tolist()]


def test_the_first_run_gives_ids_by_rank() -> None:
    regions = pd.DataFrame({"rank": [3, 1, 1], "name": ["Third", "One", "Other one"]})
    locations = pd.DataFrame({"lon": [1.0, 2.0, 3.0], "lat": 0.0, "region": [0, 1, 2]})
    followed = follow_regions(regions, locations.assign(activity=1.0))
    assert followed.region_ids.to_dict() == {0: "R0003", 1: "R0001", 2: "R0002"}
    assert followed.last_region_id == "R0003"
    assert followed.events["event"].tolist() == ["birth"] * 3


def test_a_region_keeps_its_id_when_ranks_and_coordinates_change() -> None:
    previous = remember("R0002", R0001=(0, 1), R0002=(2, 3))
    followed = follow({"East": [(2.51, 9)], "West": [(0.49, 1)]}, previous)
    assert followed.region_ids.tolist() == ["R0002", "R0001"]
    assert followed.events["name"].tolist() == ["West", "East"]
    assert followed.events["previous_name"].tolist() == ["Old R0001", "Old R0002"]
    assert followed.events["activity"].tolist() == [1.0, 9.0]
    assert followed.last_region_id == "R0002"


def test_the_larger_part_of_a_split_keeps_the_id() -> None:
    previous = remember("R0001", R0001=(0, 3))
    followed = follow({"Small": [(0.5, 2)], "Large": [(2.5, 3)]}, previous)
    assert followed.region_ids.tolist() == ["R0002", "R0001"]
    assert events_of(followed) == [("kept", "R0001", "R0001"), ("split", "R0002", "R0001")]
    assert followed.events["previous_share"].tolist() == [0.6, 0.4]
    assert followed.events["region_share"].tolist() == [1.0, 1.0]


def test_a_merged_region_keeps_the_id_of_its_larger_part() -> None:
    previous = remember("R0007", R0003=(0, 1), R0007=(2, 3))
    followed = follow({"Both": [(0.5, 2), (2.5, 3), (5, 5)]}, previous)
    assert followed.region_ids.tolist() == ["R0007"]
    assert events_of(followed) == [("kept", "R0007", "R0007"), ("merge", "R0007", "R0003")]
    merge = followed.events.iloc[1]
    assert (merge["name"], merge["previous_name"]) == ("Both", "Old R0003")
    assert (merge["activity"], merge["region_share"], merge["previous_share"]) == (2, 0.2, 1)


def test_a_region_on_new_land_is_born_and_one_without_activity_dies() -> None:
    followed = follow({"New": [(9, 1)]}, remember("R0001", R0001=(0, 1)))
    assert events_of(followed) == [("birth", "R0002", ""), ("death", "", "R0001")]
    birth, death = followed.events.itertuples()
    assert birth.name == "New"
    assert followed.events.dtypes.astype(str).tolist() == ["str"] * 5 + ["float64"] * 3
    assert death.previous_name == "Old R0001"


def test_a_region_whose_addresses_are_no_longer_dense_dies() -> None:
    previous = remember("R0002", R0001=(0, 1), R0002=(2, 3))
    places = {"West": [(0.5, 5), (2.1, 1)]}
    followed = follow(places, previous, outside=[(2.5, 4)])
    assert events_of(followed) == [("kept", "R0001", "R0001"), ("death", "", "R0002")]


def test_an_id_is_never_given_again_even_after_a_death() -> None:
    first = follow({"A": [(0.5, 2)], "B": [(2.5, 1)]})
    assert first.last_region_id == "R0002"
    # B dies; its number is the highest one.
    second = follow({"A": [(0.5, 2)]}, remember(first.last_region_id, R0001=(0, 1), R0002=(2, 3)))
    assert events_of(second) == [("kept", "R0001", "R0001"), ("death", "", "R0002")]
    # C is born; neither B's number nor that of a region still there is free.
    third = follow(
        {"C": [(2.5, 3)], "A": [(0.5, 2)]}, remember(second.last_region_id, R0001=(0, 1))
    )
    assert third.region_ids.tolist() == ["R0003", "R0001"]
    assert third.last_region_id == "R0003"


def test_new_ids_go_by_rank_past_four_digits() -> None:
    followed = follow({"A": [(0.5, 2)], "B": [(2.5, 1)]}, remember("R9999", R0001=(8, 9)))
    assert followed.region_ids.tolist() == ["R10000", "R10001"]
    followed = follow({"A": [(0.5, 2)], "B": [(2.5, 1)]}, remember("R9998", R0001=(8, 9)))
    assert followed.events["region_id"].tolist()[:2] == ["R9999", "R10000"]


def test_every_region_of_either_run_is_in_one_event() -> None:
    rng = np.random.default_rng(4)
    spans = {f"R{k:04d}": (3.0 * k, 3.0 * k + 2.0) for k in range(1, 21)}
    places = {
        f"N{k}": [(lon, w) for lon, w in zip(rng.normal(3 * k, 2, 9), rng.random(9), strict=True)]
        for k in range(15)
    }
    followed = follow(places, remember("R0020", **spans), outside=[(31.0, 9.0)])
    new = followed.events[followed.events["event"].isin(["kept", "split", "birth"])]
    old = followed.events[followed.events["event"].isin(["kept", "merge", "death"])]
    assert sorted(new["region_id"]) == sorted(followed.region_ids)
    assert sorted(old["previous_region_id"]) == sorted(spans)
    assert followed.region_ids.is_unique
    assert set(followed.events["event"]) == {"kept", "split", "merge", "birth", "death"}


def test_the_order_of_the_locations_changes_nothing() -> None:
    rng = np.random.default_rng(6)
    spans = {f"R{k:04d}": (3.0 * k, 3.0 * k + 2.0) for k in range(1, 9)}
    places = {f"N{k}": [tuple(row) for row in rng.uniform(0, 27, (9, 2))] for k in range(9)}
    followed = follow(places, remember("R0008", **spans))
    turned = follow({name: rows[::-1] for name, rows in places.items()}, remember("R0008", **spans))
    pd.testing.assert_frame_equal(turned.events, followed.events, check_exact=True)


def write_run(folder: Path, region_ids: list[str], last: str | None) -> Path:
    previous = remember("", **{f"x{k}": (k, k + 1) for k in range(len(region_ids))})
    previous.regions.assign(region_id=region_ids).to_parquet(folder / "regions.parquet")
    run = {} if last is None else {"last_region_id": last}
    (folder / "run.json").write_text(json.dumps(run), encoding="utf-8")
    return folder


def test_a_previous_run_is_read_from_its_folder(tmp_path: Path) -> None:
    previous = read_previous(write_run(tmp_path, ["R0002", "R0001"], "R0005"))
    assert previous.last_region_id == "R0005"
    assert previous.regions["region_id"].tolist() == ["R0002", "R0001"]


@pytest.mark.parametrize(
    ("region_ids", "last", "message"),
    [
        (["R0001"], None, "Invalid region id None in .* Must be R and a number"),
        (["one"], "R0001", "Invalid region id one in"),
        (["R0001", "R0001"], "R0001", "Must give each region an id of its own"),
        (["R9999", "R10000"], "R9999", "last_region_id R9999 .* Must be .* found R10000"),
    ],
)
def test_a_previous_run_without_usable_ids_is_refused(
    tmp_path: Path, region_ids: list[str], last: str | None, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read_previous(write_run(tmp_path, region_ids, last))


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Invalid previous run .* Must hold regions.parquet."):
        read_previous(tmp_path)


def test_a_table_without_ranks_is_refused() -> None:
    with pytest.raises(ValueError, match="Invalid regions without rank"):
        follow_regions(pd.DataFrame({"name": ["A"]}), pd.DataFrame())


@LONG_RUN
@pytest.mark.slow
def test_one_row_in_a_hundred_less_keeps_99_ids_in_a_hundred(
    demo_result: gii_geo.Result,
) -> None:
    world = pd.read_parquet(gii_geo.demo_path())
    kept = np.random.default_rng(1).random(len(world)) >= 0.01
    before, after = demo_result, gii_geo.find_regions(world[kept])
    previous = Previous(before.regions, f"R{len(before.regions):04d}")
    number = {region_id: row for row, region_id in enumerate(after.regions["region_id"])}
    locations = after.locations.assign(
        region=after.locations["region_id"].map(number).astype("Int64")
    )
    followed = follow_regions(after.regions, locations, previous)

    # Present in both, told without outlines: more than half of either's activity, at the same
    # coordinates, lies in the other.
    both = before.locations.merge(after.locations, on=["lon", "lat"], suffixes=("_before", ""))
    pairs = both.groupby(["region_id_before", "region_id"])["activity"].sum().reset_index()
    for side in ("region_id_before", "region_id"):
        total = both.groupby(side)["activity"].sum()
        pairs = pairs[pairs["activity"] > 0.5 * pairs[side].map(total)]
    kept_id = followed.region_ids[pairs["region_id"].map(number)].to_numpy()
    assert len(pairs) > 0.9 * len(before.regions)
    assert np.mean(kept_id == pairs["region_id_before"]) >= 0.99


def run_after(followed: Followed, **spans: tuple[float, float]) -> Previous:
    """Make the run before of a next night: what was retired travels on."""
    before = remember(followed.last_region_id, **spans)
    return Previous(before.regions, before.last_region_id, followed.retired)


def test_a_region_that_dips_out_comes_back_under_its_own_id() -> None:
    gone = follow({"West": [(0.5, 1)]}, remember("R0002", R0001=(0, 1), R0002=(2, 3)))
    assert gone.retired["region_id"].tolist() == ["R0002"]
    still = follow({"West": [(0.5, 1)], "New": [(9.5, 1)]}, run_after(gone, R0001=(0, 1)))
    assert still.region_ids.tolist() == ["R0001", "R0003"]
    assert still.retired["region_id"].tolist() == ["R0002"]
    previous = run_after(still, R0001=(0, 1), R0003=(9, 10))
    back = follow({"West": [(0.5, 1)], "East": [(2.5, 1)], "New": [(9.5, 1)]}, previous)
    assert back.region_ids.tolist() == ["R0001", "R0002", "R0003"]
    assert ("return", "R0002", "R0002") in events_of(back)
    assert set(back.events.query("event == 'return'")["previous_name"]) == {"Old R0002"}
    assert back.retired.empty
    assert back.last_region_id == "R0003"


def test_regions_that_a_bad_night_merged_part_under_their_own_ids() -> None:
    both = follow({"Both": [(0.5, 3), (2.5, 2)]}, remember("R0002", R0001=(0, 1), R0002=(2, 3)))
    assert both.region_ids.tolist() == ["R0001"]
    previous = run_after(both, R0001=(0, 3))
    apart = follow({"East": [(2.5, 2)], "West": [(0.5, 3)]}, previous)
    assert apart.region_ids.tolist() == ["R0002", "R0001"]


def test_a_piece_of_land_that_is_still_in_another_region_brings_no_id_back() -> None:
    both = follow({"Both": [(0.5, 9), (2.5, 5)]}, remember("R0002", R0001=(0, 1), R0002=(2, 3)))
    previous = run_after(both, R0001=(0, 3))
    places = {"Both": [(0.5, 9), (2.5, 3)], "Piece": [(2.9, 2)]}
    assert follow(places, previous).region_ids.tolist() == ["R0001", "R0003"]
    places = {"Both": [(0.5, 9), (2.5, 2)], "Piece": [(2.9, 3)]}
    assert follow(places, previous).region_ids.tolist() == ["R0001", "R0002"]


def test_retired_outlines_may_lie_over_each_other() -> None:
    retired = remember("R0005", R0004=(0, 4), R0005=(0, 1)).regions
    previous = Previous(remember("R0001", R0001=(8, 9)).regions, "R0005", retired)
    alone = follow({"Large": [(0.5, 1), (3, 5)]}, previous)
    assert alone.region_ids.tolist() == ["R0004"]
    assert alone.retired["region_id"].tolist() == ["R0001", "R0005"]
    two = follow({"Small": [(0.5, 1)], "Large": [(3, 5)]}, previous)
    assert two.region_ids.tolist() == ["R0005", "R0004"]


@pytest.fixture(scope="module")
def without_york(small_world: pd.DataFrame) -> gii_geo.World:
    """Read the small world without its region at New York."""
    return gii_geo.read_world(small_world[~small_world["lon"].between(-75, -73)])


def test_the_record_of_retired_regions_is_written_and_read(
    small_read: gii_geo.World, without_york: gii_geo.World, tmp_path: Path
) -> None:
    settings = gii_geo.Settings(min_addresses=60)
    whole = gii_geo.find_regions(small_read, settings)
    whole.write(tmp_path / "1")
    for before, after in (("1", "2"), ("2", "3")):  # a night without, and another one
        less = gii_geo.find_regions(without_york, settings, previous=tmp_path / before)
        less.write(tmp_path / after)
        assert len(less.retired) == 1
    again = gii_geo.find_regions(small_read, settings, previous=tmp_path / "3")
    columns = ["region_id", "name", "rank"]
    assert again.regions[columns].equals(whole.regions[columns])
    assert again.events["event"].value_counts().to_dict() == {"kept": 3, "return": 1}
    assert len(again.retired) == 0


def test_ids_of_further_folders_are_given_to_no_other_region(
    small_world: pd.DataFrame,
    small_read: gii_geo.World,
    without_york: gii_geo.World,
    tmp_path: Path,
) -> None:
    settings = gii_geo.Settings(min_addresses=60)
    gii_geo.find_regions(without_york, settings).write(tmp_path / "good")
    rolled_back = gii_geo.find_regions(small_read, settings, previous=tmp_path / "good")
    assert rolled_back.provenance["last_region_id"] == "R0004"
    rolled_back.write(tmp_path / "rolled_back")
    york = small_world["lon"].between(-75, -73)
    moved = small_world.assign(lon=small_world["lon"].mask(york, small_world["lon"] - 20))
    folders = [tmp_path / "good", tmp_path / "rolled_back"]
    other = gii_geo.find_regions(moved, settings, previous=folders)
    assert other.provenance["last_region_id"] == "R0005"
    assert other.retired["region_id"].tolist() == ["R0004"]
    assert other.provenance["options"]["previous"] == [str(folder) for folder in folders]
    same = gii_geo.find_regions(small_read, settings, previous=folders)
    assert set(same.regions["region_id"]) == set(rolled_back.regions["region_id"])
