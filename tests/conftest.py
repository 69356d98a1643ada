"""Fixtures that several test files share."""

import contextlib
import importlib.util
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pandas as pd
import pytest
from reference_result import replace_regions

import gii_geo
from gii_geo.tables import KINDS, RECORD_UNITS, region_columns

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
GII_GEO = Path(sys.executable).with_name("gii-geo")

WriteTable = Callable[[str, str], Path]


class Said(NamedTuple):
    """What a command in this process ended with and printed."""

    exit_code: int
    stdout: str
    stderr: str


RunCli = Callable[..., Said]


class Ran(NamedTuple):
    """A run of the installed command that is over, and the folder it wrote."""

    done: subprocess.CompletedProcess[str]
    out: Path


DRAWS = int(os.environ.get("GII_GEO_DRAWS", "1"))
"""How much is drawn where tests draw: more than one in long runs."""

LONG_RUN = pytest.mark.skipif(
    DRAWS == 1,
    reason="takes long, and runs with GII_GEO_DRAWS=2: CI has a limit",
)
"""Marks what is left to long runs."""


def load_file(path: Path) -> ModuleType:
    """Import a file that lies in no package, such as a script."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look for it
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real data beside the project; elsewhere than in CI the test may be skipped."""
    if not SHARED_DATA.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI must have the real data in {SHARED_DATA}")
        pytest.skip("the real data does not lie beside the project")
    return SHARED_DATA


@pytest.fixture(scope="session")
def real_files(shared_data: Path) -> dict[str, Any]:
    """Give the real files of the three kinds, and their columns, as a run takes them."""
    names = {
        "patent": "patents_uspto2013.parquet",
        "publication": "publications_paperlists.parquet",
        "deal": "deals_city_2005_2014.parquet",
    }
    return {
        "addresses": {kind: shared_data / name for kind, name in names.items()},
        "columns": {"count": "n", "economy": "country"},
    }


@pytest.fixture(scope="session")
def real_world(real_files: dict[str, Any]) -> gii_geo.World:
    """Read the real files; nobody may change their world, and what it was asked it keeps."""
    return gii_geo.read_world(**real_files)


@pytest.fixture
def write_table(tmp_path: Path) -> WriteTable:
    """Write a SELECT's rows to a file; the ending tells the format."""

    def write(name: str, select: str) -> Path:
        path = tmp_path / name
        duckdb.connect().execute(f"COPY ({select}) TO '{path}'")
        return path

    return write


@pytest.fixture
def run_cli(monkeypatch: pytest.MonkeyPatch) -> RunCli:
    """Run the command line in this process on the given words."""
    from gii_geo import cli  # noqa: PLC0415  # tests of the lower modules do without

    def run(*words: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["gii-geo", *map(str, words)])
        out, told = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(told):
            try:
                cli.main()
                code = 0
            except SystemExit as end:
                code = int(end.code or 0)
        return Said(code, out.getvalue(), told.getvalue())

    return run


@pytest.fixture(scope="session")
def demo_run(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Run the installed command once on the built-in world."""
    out = tmp_path_factory.mktemp("demo") / "out"
    words = [GII_GEO, "run", "--demo", "--out", out]
    return Ran(subprocess.run(words, capture_output=True, text=True, check=False), out)


@pytest.fixture(scope="session")
def demo_out(demo_result: gii_geo.Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the regions of the built-in world once, with all their files."""
    out = tmp_path_factory.mktemp("demo_written") / "out"
    demo_result.write(out)
    return out


@pytest.fixture(scope="session")
def small_world() -> pd.DataFrame:
    """Make up 2,200 addresses in four regions, two of them of two economies.

    Basel and Mulhouse (CH, FR), Singapore and Johor Bahru (SG, MY), New York, and Taveuni in Fiji,
    which lies on both sides of the antimeridian; 100 addresses lie alone. Records have one to eight
    addresses, many of them in several regions, and every number is the same on every machine. With
    60 addresses within 15 km there are four regions.
    """
    rng = np.random.default_rng(11)
    spots = [
        *((7.59, 47.56, "CH"), (7.34, 47.75, "FR"), (103.82, 1.35, "SG"), (103.74, 1.49, "MY")),
        *((-73.98, 40.75, "US"), (179.96, -16.8, "FJ"), (-179.97, -16.8, "FJ")),
    ]
    lon, lat, economy = (np.repeat(column, 300) for column in zip(*spots, strict=True))
    alone = rng.uniform([-170, -60], [170, 70], (100, 2))
    lon = np.r_[lon + rng.integers(-60, 61, len(lon)) / 1000, alone[:, 0].round(3)]
    lat = np.r_[lat + rng.integers(-60, 61, len(lat)) / 1000, alone[:, 1].round(3)]
    return pd.DataFrame(
        {
            "kind": rng.choice(["patent", "publication", "deal"], len(lon)),
            "record_id": [f"r{number}" for number in rng.integers(0, 1000, len(lon))],
            "lon": ((lon + 180) % 360 - 180).round(3),
            "lat": lat.round(3),
            "economy": [*economy, *[None] * 100],
            "year": rng.integers(2010, 2020, len(lon)),
        }
    )


@pytest.fixture(scope="session")
def small_read(small_world: pd.DataFrame) -> gii_geo.World:
    """Read the small world; nobody may change it, and what it was asked it keeps."""
    return gii_geo.read_world(small_world)


@pytest.fixture(scope="session")
def small_folder(small_read: gii_geo.World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the small world once, for the command line to take in place of addresses."""
    folder = tmp_path_factory.mktemp("small_world") / "world"
    small_read.write(folder)
    return folder


@pytest.fixture(scope="session")
def small_result(small_read: gii_geo.World) -> gii_geo.Result:
    """Find the four regions of the small world."""
    return gii_geo.find_regions(small_read, gii_geo.Settings(min_addresses=60))


@pytest.fixture(scope="session")
def four_kinds(small_result: gii_geo.Result) -> gii_geo.Result:
    """Give the four regions trademarks: 0.4, 0.3, 0.2, 0.1 of the world's, 40, 30, 20, 10 of them.

    The ranks stay. On each location there are two addresses of two trademarks.
    """
    share = np.array([0.4, 0.3, 0.2, 0.1])
    regions = small_result.regions.assign(trademark_share=share, trademarks=100 * share)
    regions["score"] += share
    locations = small_result.location_table.assign(
        trademark_addresses=2, trademark_weight=2 * RECORD_UNITS
    )
    names = [*region_columns((*KINDS, "trademark")), "geometry"]
    result = replace_regions(small_result, regions[names])
    result.__dict__["location_table"] = locations  # else made anew, from the world of three kinds
    return result
