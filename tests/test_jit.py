"""Compiled kernels: kept on disk, announced once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import GII_GEO, LONG_RUN

NOTICE = "Compiling the clustering kernel"

CODE = """
import logging
import numpy as np
logging.basicConfig(level=logging.INFO)
from gii_geo.regions.cluster.distinct import collapse_rows
from gii_geo.regions.cluster.grid import build_grid
collapse_rows(np.zeros((1, 2)), np.ones(1, np.int64))
build_grid(np.zeros((1, 3)), np.ones(1, np.int64))
"""


def run(cache: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        env={**os.environ, "NUMBA_CACHE_DIR": str(cache)},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stderr


def test_compiling_is_announced_once_and_never_again_on_this_machine(tmp_path: Path) -> None:
    assert run(tmp_path).count(NOTICE) == 1
    assert run(tmp_path).count(NOTICE) == 0


def test_without_compiling_the_same_regions_come_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "rows.csv"
    table.write_text("kind,lon,lat,record_id\n" + "deal,8.5,47.4,a\ndeal,8.6,47.4,a\ndeal,9,9,b\n")
    written = []
    for name in ("0", "1"):
        monkeypatch.setenv("NUMBA_DISABLE_JIT", name)
        command = [
            GII_GEO,
            "run",
            "--addresses",
            table,
            "--set",
            "min_share=0.1",
            "--out",
            tmp_path / name,
        ]
        subprocess.run(command, check=True, capture_output=True)
        written.append((tmp_path / name / "regions.geojson").read_bytes())
    assert written[0] == written[1]


@LONG_RUN
def test_a_change_in_any_file_of_the_kernel_compiles_it_anew(tmp_path: Path) -> None:
    run(tmp_path)
    stamps = {path: path.read_bytes() for path in tmp_path.rglob("*.nbi")}
    assert stamps
    assert all(b"grid.py" in content and b"jit.py" in content for content in stamps.values())
