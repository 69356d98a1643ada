"""The files: valid GeoJSON, readable tables, and old files that survive what goes wrong."""

import errno
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import geojson_validator
import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely
from shapely import MultiPolygon, Polygon, box

from gii_geo import Settings, export, paths
from gii_geo.export import parquet
from gii_geo.result import Result
from gii_geo.tables import KINDS, REGIONS, InputError

GEOJSONHINT = Path(sys.prefix) / "npm" / "node_modules" / ".bin" / "geojsonhint"


@pytest.fixture(scope="module")
def result(small_result: Result) -> Result:
    return small_result


@pytest.fixture(scope="module")
def written(result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("small") / "out"
    result.write(out)
    return out


def make_regions(*shapes: Any, **columns: Any) -> gpd.GeoDataFrame:
    """Make regions of these outlines."""
    size = len(shapes)
    plain: dict[str, Any] = {
        "region_id": [f"R{place}" for place in range(1, size + 1)],
        "rank": list(range(1, size + 1)),
        "name": "Somewhere",
        "economies": "CH;FR",
    }
    numbers = {name: 1.0 for name, code in REGIONS.items() if code in "fi" and name not in plain}
    table = pd.DataFrame(plain | numbers | columns, index=range(size))
    return gpd.GeoDataFrame(table[list(REGIONS)], geometry=list(shapes), crs="EPSG:4326")


def write(folder: Path, regions: gpd.GeoDataFrame) -> list[Path]:
    return export.write_files(
        folder, regions=regions, tables={}, run={"exact": True, "accounts": {}}
    )


def read_geojson(folder: Path) -> Any:
    return json.loads((folder / "regions.geojson").read_text(encoding="utf-8"))


# RFC 7946


def find_faults(path: Path) -> tuple[dict[str, Any], dict[str, Any], set[str]]:
    """Ask geojson-validator: faults of structure and geometry, and what else some tools mind."""
    geojson_validator.configure_logging(enabled=False)
    structure = geojson_validator.validate_structure(path, check_crs=True)
    geometry = geojson_validator.validate_geometries(path)
    return structure, geometry["invalid"], set(geometry["problematic"])


def hint(path: Path) -> str:
    """Ask geojsonhint, which says nothing where it finds nothing."""
    if not GEOJSONHINT.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI must have geojsonhint in {GEOJSONHINT}")
        pytest.skip("geojsonhint needs npm; make test installs it")
    done = subprocess.run([GEOJSONHINT, path], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_no_edge_goes_the_long_way_round_the_globe(written: Path) -> None:
    outlines = gpd.read_file(written / "regions.geojson").geometry
    for ring in shapely.get_rings(outlines.explode().to_numpy()):
        assert abs(np.diff(shapely.get_coordinates(ring)[:, 0])).max() < 1


@pytest.mark.parametrize(
    ("world", "name"),
    [(one, "regions") for one in ("small", "demo", "none")]
    + [(one, "regions_map") for one in ("small", "demo")],
)
def test_two_validators_find_no_fault(
    world: str, name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if world == "small":
        folder = request.getfixturevalue("written")
    elif world == "demo":
        folder = request.getfixturevalue("demo_out")
    else:
        folder = tmp_path / "out"
        write(folder, make_regions())
    path = folder / f"{name}.geojson"
    some = json.loads(path.read_text(encoding="utf-8"))
    if len(some["features"]) > 40:  # the slow one of the two gets every eighth
        some["features"] = some["features"][::8]
    (tmp_path / "some.geojson").write_text(json.dumps(some), encoding="utf-8")
    structure, invalid, minded = find_faults(tmp_path / "some.geojson")
    assert structure == invalid == {}
    # An outline leaves out empty land in its midst; 180 degrees is taken for the far side of -180.
    assert minded <= {"holes", "crosses_antimeridian"}
    assert hint(path) == ""


def test_the_validators_can_find_a_fault(tmp_path: Path) -> None:
    clockwise = Polygon([(0, 0), (0, 1), (1, 1), (1, 0)])
    write(tmp_path / "out", make_regions(clockwise))
    assert find_faults(tmp_path / "out" / "regions.geojson")[1] == {"exterior_not_ccw": [0]}
    assert "right-hand rule" in hint(tmp_path / "out" / "regions.geojson")


def test_outlines_stay_valid_and_apart_once_their_coordinates_are_rounded(demo_out: Path) -> None:
    regions = gpd.read_file(demo_out / "regions.geojson")
    assert regions.is_valid.all()
    a, b = shapely.STRtree(regions.geometry).query(regions.geometry, predicate="intersects")
    first, second = (regions.geometry.to_numpy()[side[a < b]] for side in (a, b))
    assert shapely.area(shapely.intersection(first, second)).max(initial=0) < 1e-9


def test_a_feature_has_its_id_box_and_every_column(written: Path, result: Result) -> None:
    read = read_geojson(written)
    assert read["type"] == "FeatureCollection"
    assert "crs" not in read
    for feature, region in zip(read["features"], result.regions.itertuples(), strict=True):
        assert feature["id"] == feature["properties"]["region_id"] == region.region_id
        assert set(feature["properties"]) >= set(REGIONS)
        assert feature["properties"]["economies"] == region.economies.split(";")
        assert feature["properties"]["patents"] == region.patents


def test_coordinates_have_six_decimals_and_no_negative_zero(tmp_path: Path) -> None:
    write(tmp_path, make_regions(box(-1e-9, 0.123456789, 1, 2)))
    text = (tmp_path / "regions.geojson").read_text(encoding="utf-8")
    assert "0.123457" in text
    assert "0.1234567" not in text
    assert "-0.0" not in text


def test_a_box_across_the_antimeridian_has_its_west_east_of_its_east(tmp_path: Path) -> None:
    fiji = MultiPolygon([box(179, -17, 180, -16), box(-180, -18, -179.5, -16.5)])
    write(tmp_path, make_regions(fiji, box(7, 47, 8, 48)))
    read = read_geojson(tmp_path)
    boxes = [feature["bbox"] for feature in read["features"]]
    assert boxes == [[179, -18, -179.5, -16], [7, 47, 8, 48]]
    assert read["bbox"] == [-180, -18, 180, 48]


def test_a_box_round_a_pole_goes_round_the_globe(tmp_path: Path) -> None:
    write(tmp_path, make_regions(box(-180, 89.9, 180, 90)))
    assert read_geojson(tmp_path)["features"][0]["bbox"] == [-180, 89.9, 180, 90]


def test_what_is_missing_is_null_and_no_region_has_no_box(tmp_path: Path) -> None:
    regions = make_regions(box(0, 0, 1, 1), deal_share=[float("nan")], economies=[""])
    write(tmp_path / "one", regions)
    properties = read_geojson(tmp_path / "one")["features"][0]["properties"]
    assert properties["deal_share"] is None
    assert properties["economies"] == []
    write(tmp_path / "none", make_regions())
    assert read_geojson(tmp_path / "none") == {"type": "FeatureCollection", "features": []}


# Tables


def test_the_tables_read_back_as_they_were(written: Path, result: Result) -> None:
    regions = gpd.read_parquet(written / "regions.parquet")
    assert regions.crs == "EPSG:4326"
    pd.testing.assert_frame_equal(pd.DataFrame(regions), pd.DataFrame(result.regions))
    locations = gpd.read_parquet(written / "locations.parquet")
    pd.testing.assert_frame_equal(pd.DataFrame(locations), pd.DataFrame(result.locations))
    assert len(pd.read_parquet(written / "rejects.parquet")) == 0
    ranking = pd.read_csv(written / "ranking.csv")
    assert ranking["name"].tolist() == result.regions["name"].tolist()
    assert ranking["score"].tolist() == result.regions["score"].tolist()


def test_a_fourth_kind_is_in_every_file(four_kinds: Result, tmp_path: Path) -> None:
    four_kinds.write(tmp_path)
    order = ["patents", "publications", "deals", "trademarks"]
    order += ["patent_share", "publication_share", "deal_share", "trademark_share"]
    (first, *_) = read_geojson(tmp_path)["features"]
    read = {
        "ranking.csv": pd.read_csv(tmp_path / "ranking.csv"),
        "regions.parquet": gpd.read_parquet(tmp_path / "regions.parquet"),
        "regions.gpkg": gpd.read_file(tmp_path / "regions.gpkg", layer="regions"),
        "regions.fgb": gpd.read_file(tmp_path / "regions.fgb").sort_values("rank"),
        "regions.geojson": pd.DataFrame([first["properties"]]),
    }
    for name, table in read.items():
        assert [column for column in table.columns if column in order] == order, name
        assert table["trademark_share"].iloc[0] == 0.4, name
    locations = gpd.read_file(tmp_path / "regions.gpkg", layer="locations")
    assert set(locations["trademarks"]) == {2.0}
    assert set(locations["trademark_addresses"]) == {2}
    assert not {"trademark_weight", "deal_weight"} & set(locations.columns)
    assert set(order[:4]) <= set(locations.columns)


def test_run_json_tells_settings_accounts_versions_and_checksums(
    written: Path, result: Result
) -> None:
    run = json.loads((written / "run.json").read_text(encoding="utf-8"))
    assert Settings.from_mapping(run["settings"]) == result.settings.replace(kinds=KINDS)
    assert run["accounts"]["exact"] is True
    assert run["regions"] == len(result.regions)
    assert {"gii-geo", "duckdb"} <= set(run["versions"])
    assert str(Path.home()) not in json.dumps(run)


def test_a_ranking_opens_right_in_a_spreadsheet(tmp_path: Path) -> None:
    names = ["=1+1", "@x", "+x", "Zürich, Basel", 'the "x"']
    write(tmp_path, make_regions(*[box(0, 0, 1, 1)] * 5, name=names))
    content = (tmp_path / "ranking.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbfregion_id,rank,name")
    assert content.count(b"\r\n") == content.count(b"\n") == 6
    read = pd.read_csv(tmp_path / "ranking.csv")["name"].tolist()
    assert read == ["'=1+1", "'@x", "'+x", "Zürich, Basel", 'the "x"']


# Where the files go


@pytest.mark.parametrize("place", ["taken", "taken/below", "taken/deep/below"])
def test_a_file_in_the_way_is_refused_and_kept(place: str, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine", encoding="utf-8")
    with pytest.raises(
        NotADirectoryError, match=r"Invalid output folder .*taken.* Must be a folde"
    ):
        write(tmp_path / place, make_regions())
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
    assert (tmp_path / "taken").read_text(encoding="utf-8") == "mine"


def test_a_folder_that_cannot_be_written_to_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "can_write", lambda _: False)
    with pytest.raises(PermissionError, match=r"Invalid output folder .*new\. Must be writable\."):
        export.check_folder(tmp_path / "new")


@pytest.mark.parametrize("place", [5, None, b"out", ["out"]])
def test_what_is_no_path_is_refused(place: Any) -> None:
    with pytest.raises(TypeError, match=r"Invalid output folder\. Must be a path, .*; found "):
        write(place, make_regions())


def test_an_empty_path_is_not_the_folder_that_one_is_in() -> None:
    with pytest.raises(InputError, match=r"Invalid output folder ''\. Must be a path; \. is the"):
        export.check_folder("")


@pytest.mark.parametrize("name", ["Q4!", "x.zip!", "a\tb", "a\nb", "\u00a0"])
def test_a_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    written = {path.name for path in write(tmp_path / name / "out", make_regions())}
    assert {"regions.gpkg", "regions.fgb"} <= written
    assert {path.name for path in (tmp_path / name / "out").iterdir()} == written
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_name_that_is_no_text_is_refused() -> None:
    with pytest.raises(InputError, match=r"Invalid output folder 'a\\udce9'\. Must have a name in"):
        export.check_folder("a\udce9")


def test_folders_are_made_and_other_files_in_them_are_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "a" / "b c" / "größe"
    files = write(out, make_regions())
    assert files[-1].name == "run.json"
    assert sorted(path.name for path in out.iterdir()) == sorted(path.name for path in files)
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    write(out, make_regions())
    assert (out / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert [path.name for path in out.parent.iterdir()] == ["größe"]


@pytest.mark.parametrize("name", [".", "out/..", "link"])
def test_a_folder_may_be_named_in_any_way(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("home", "home/out", "elsewhere"):
        (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path / "home")
    Path("link").symlink_to(tmp_path / "elsewhere")
    write(Path(name), make_regions())
    assert (Path(name) / "run.json").is_file()
    assert not [path.name for path in tmp_path.rglob(".*")]


def test_a_folder_on_a_disk_of_its_own_gets_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def rename_within(path: Path, target: Path) -> Path:
        if path.parent.parent != Path(target).parent:
            raise OSError(18, "Invalid cross-device link")
        return rename(path, target)

    (tmp_path / "out").mkdir()
    monkeypatch.setattr(Path, "rename", rename_within)
    write(tmp_path / "out", make_regions())
    assert (tmp_path / "out" / "run.json").is_file()
    assert not [path.name for path in tmp_path.rglob(".*")]


# What goes wrong in the middle


def test_a_writer_that_fails_leaves_the_old_files_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    write(out, make_regions(box(0, 0, 1, 1)))
    before = {path.name: path.read_bytes() for path in out.iterdir()}

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export.parquet, "write_parquet", fail)
    with pytest.raises(OSError, match="No space left"):
        write(out, make_regions())
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_disk_that_is_full_only_once_it_is_asked_to_keep_a_file_leaves_the_old_ones(
    reason: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    write(out, make_regions(box(0, 0, 1, 1)))
    before = {path.name: path.read_bytes() for path in out.iterdir()}

    def fail(_: int) -> None:
        raise OSError(reason, os.strerror(reason))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match=os.strerror(reason)):
        write(out, make_regions())
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_names_are_on_the_disk_before_the_next_step_and_before_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, steps = tmp_path / "out", []
    synced, named = os.fsync, Path.replace

    def sync(held: int) -> None:
        path = Path(f"/proc/self/fd/{held}").readlink()
        if path in (out, tmp_path) or path.is_file():
            steps.append("file" if path.is_file() else path.name)
        synced(held)

    def replace(path: Path, target: Path) -> Path:
        if Path(target).parent == out:
            steps.append("mark" if target.name == "run.json" else "name")
        return named(path, target)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(Path, "replace", replace)
    write(out, make_regions())
    assert steps[-1] == tmp_path.name  # an empty folder is replaced whole
    steps.clear()
    write(out, make_regions(box(0, 0, 1, 1)))
    assert [step for step, _ in itertools.groupby(steps)] == [
        *("file", "mark", "out", "name", "out", "mark", "out")
    ]


def test_a_folder_that_may_not_be_read_is_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = os.open

    def refuse(path: Path, flags: int, *rest: int, **more: int) -> int:
        if Path(path) == tmp_path:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return opened(path, flags, *rest, **more)

    monkeypatch.setattr(os, "open", refuse)
    write(tmp_path / "out", make_regions())
    assert (tmp_path / "out" / "run.json").is_file()


def test_a_disk_that_keeps_nothing_is_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: int) -> None:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr(os, "fsync", refuse)
    write(tmp_path / "out", make_regions())
    assert (tmp_path / "out" / "run.json").is_file()


DRIVER = """
import sys, time
import geopandas as gpd
from gii_geo import export

folder, slow_call = sys.argv[1], int(sys.argv[2])
regions = gpd.read_parquet(folder + "/regions.parquet").iloc[:1]
calls, write = [], export.parquet.write_parquet

def write_slowly(table, path):
    calls.append(path)
    write(table, path)
    if len(calls) == slow_call:
        print("now", flush=True)
        time.sleep(60)

export.parquet.write_parquet = write_slowly
tables = {"links": regions, "rejects": regions}
export.write_files(folder, regions=regions, tables=tables, run={})
"""


@pytest.mark.parametrize("slow_call", [1, 3])
def test_a_run_killed_while_it_writes_leaves_the_old_files(
    slow_call: int, written: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(written, out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    words = [sys.executable, "-c", DRIVER, str(out), str(slow_call)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "now\n"
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


# A table of its own


def test_an_empty_table_never_takes_the_place_of_one_with_rows(tmp_path: Path) -> None:
    path = tmp_path / "ranks.csv"
    table = pd.DataFrame({"rank": [1]})
    export.write_csv(table.head(0), path)
    export.write_csv(table, path)
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"Invalid table without a row for .*nothing was written"):
        export.write_csv(table.head(0), path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["ranks.csv"]


# Points


@pytest.mark.parametrize("rows", [0, 1, 5])
def test_points_are_written_as_geopandas_writes_them(
    rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "_ROWS_AT_ONCE", 2)
    table = pd.DataFrame(
        {
            "lon": [7.59, -180.0, 180.0, 0.0, -0.0][:rows],
            "lat": [47.56, 0.1 + 0.2, -90.0, 90.0, 5e-324][:rows],
            "region_id": pd.array(["R0001", None, "R0002", None, None][:rows], dtype="str"),
            "cluster": pd.array([0, None, 1, None, None][:rows], dtype="Int64"),
        }
    )
    table.attrs = {"notes": ["Made up."]}
    points = gpd.points_from_xy(table["lon"], table["lat"], crs="EPSG:4326")
    parquet.write_parquet(gpd.GeoDataFrame(table, geometry=points), tmp_path / "by_geopandas")
    parquet.write_points(table, tmp_path / "points")
    one, other = (pq.read_table(tmp_path / name) for name in ("by_geopandas", "points"))
    assert other.equals(one, check_metadata=True)
