"""Optional packages: whatever needs one says so in a sentence before it reads anything."""

import ast
import importlib.metadata
import json
import logging
import re
import runpy
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

import gii_geo
from conftest import RunCli
from gii_geo import plot
from gii_geo.extras import BROUGHT, EXTRAS, check_extra
from gii_geo.records.suppliers import GEOCODED, READERS
from gii_geo.regions.cluster import condense_tree, merge_tree
from gii_geo.tables import InputError

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "scripts" / "regenerate_clusters.py"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
DEVELOPMENT = {"bench", "docs", "test"}
"""Extras of whoever works on the project."""

EVERYTHING = "all"
OFFERED = sorted(set(PROJECT["optional-dependencies"]) - DEVELOPMENT - {EVERYTHING})


def name_packages(requirements: list[str]) -> set[str]:
    names = {re.split(r"[^\w-]", requirement)[0] for requirement in requirements}
    return {name.lower().replace("-", "_") for name in names}


def hide(extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in EXTRAS[extra].modules:
        monkeypatch.setitem(sys.modules, module.partition(".")[0], None)


# The list


@pytest.mark.parametrize("extra", OFFERED)
def test_every_extra_is_checked_or_brought_along(extra: str) -> None:
    assert (extra in EXTRAS) != (extra in BROUGHT)
    packages = name_packages(PROJECT["optional-dependencies"][extra])
    if extra in EXTRAS:
        assert {module.partition(".")[0] for module in EXTRAS[extra].modules} == packages
        assert any(door.startswith(f"{extra}: ") for door in DOORS)


def test_no_check_is_for_an_extra_that_is_no_more() -> None:
    assert {*EXTRAS, *BROUGHT} == set(OFFERED)


def test_one_extra_brings_all_others_and_the_readme_says_so() -> None:
    (requirement,) = PROJECT["optional-dependencies"][EVERYTHING]
    assert requirement == f"gii-geo[{','.join(OFFERED)}]"
    assert 'pip install ".[all]"' in (ROOT / "README.md").read_text("utf-8")


def test_whatever_is_imported_comes_with_the_package_or_with_a_checked_extra() -> None:
    found = set()
    for path in (ROOT / "gii_geo").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add((node.module or "").partition(".")[0])
    needed = name_packages(PROJECT["dependencies"])
    asked_by = {"sklearn"}  # only scikit-learn itself asks for its tags
    optional = found - set(sys.stdlib_module_names) - needed - {"gii_geo"} - asked_by
    assert optional == {
        module.partition(".")[0] for one in EXTRAS.values() for module in one.modules
    }


@pytest.mark.parametrize("extra", sorted(EXTRAS))
def test_the_sentence_names_what_is_missing_and_its_extra(
    extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_extra(extra)
    hide(extra, monkeypatch)
    names = " and ".join(module.partition(".")[0] for module in EXTRAS[extra].modules)
    sentence = rf'needs {names}\. Install (it|them) with: pip install "gii-geo\[{extra}\]"\.$'
    for kind in (InputError, ImportError):
        with pytest.raises(kind, match=sentence):
            check_extra(extra)


# The doors


@pytest.fixture
def garbage(tmp_path: Path) -> Path:
    """Write files that no reader can read: whoever reads them says something else."""
    for name in ("a.xml", "a.csv", "people.tif"):
        (tmp_path / name).write_bytes(b"\x00\xff" * 20)
    return tmp_path


def write_job(folder: Path, line: str) -> list[object]:
    text = f'{line}\n[inputs]\npatents = "a.csv"\n'
    (folder / "job.toml").write_text(text, encoding="utf-8")
    return [folder / "job.toml"]


def write_run(folder: Path, **options: object) -> list[object]:
    told = {"columns": {}, "source": "columns", "source_options": {}, "geocode": False}
    told |= {"addresses": {"patent": [str(folder / "a.csv")]}, "radii_km": [], "previous": None}
    told |= {"population": None, **options}
    run = {"options": told, "settings": {}, "inputs": []}
    (folder / "run.json").write_text(json.dumps(run), encoding="utf-8")
    return ["run", "--repeat", folder / "run.json", "--out", folder / "out"]


def read_as(command: str, *words: str) -> Callable[[Path], list[object]]:
    return lambda folder: [command, "--patents", folder / "a.xml", *words, "--out", folder / "out"]


COMMANDS: dict[str, Callable[[Path], list[object]]] = {
    **{
        f"geocode: {command} {source}": read_as(command, "--source", source)
        for source in GEOCODED
        for command in ("run", "read")
    },
    **{f"geocode: {command}": read_as(command, "--geocode") for command in ("run", "read")},
    "spark: read": read_as("read", "--engine", "spark"),
    "geocode: repeat": lambda folder: write_run(folder, geocode=True),
    "geocode: repeat of a source": lambda folder: write_run(folder, source="uspto"),
    "population: run": lambda folder: [
        *read_as("run")(folder),
        *("--population", folder / "people.tif"),
    ],
    "population: repeat": lambda folder: write_run(folder, population=str(folder / "people.tif")),
    "plot: compare": lambda folder: ["compare", folder, "--chart", folder / "ranks.png"],
    "plot: compare with": lambda folder: [
        *("compare", folder, "--with", folder, "--chart", folder / "ranks.png"),
    ],
}

JOBS: dict[str, Callable[[Path], list[object]]] = {
    **{
        f"geocode: job {source}": lambda folder, source=source: write_job(
            folder, f'source = "{source}"'
        )
        for source in GEOCODED
    },
    "geocode: job": lambda folder: write_job(folder, "geocode = true"),
    "geocode: rehearsal": lambda folder: [*write_job(folder, "geocode = true"), "--dry-run"],
    "population: job": lambda folder: write_job(folder, 'population = "people.tif"'),
    "population: rehearsal": lambda folder: [
        *write_job(folder, 'population = "people.tif"'),
        "--dry-run",
    ],
}

TOWN = pd.DataFrame({"city": ["Basel"], "country": ["CH"], "kind": ["patent"]})
MATCH = pd.DataFrame({"reference_rank": [1], "reference_name": ["A"], "rank": [1], "name": ["A"]})
SHARES = pd.DataFrame({"rank": [1], "name": ["A"], "patent_share": [0.1]})
REGION = gpd.GeoDataFrame(
    {"region_id": ["R0001"], "name": ["Basel"], "rank": [1], "score": [0.1]},
    geometry=[box(7.5, 47.5, 7.7, 47.7)],
    crs="EPSG:4326",
)
RANKED = pd.DataFrame(
    {"rank": [1], "name": ["A"], "rank_low": [1], "rank_high": [1], "top_100": ["surely"]}
)
SHARED = pd.DataFrame(
    {"region_a": ["R1"], "region_b": ["R2"], "kind": ["deal"], "records": [1], "expected": [1.0]}
)
TREE = np.array([[0, 1, 13.0, 2]])


def find_condensed_tree() -> Any:
    locations = pd.DataFrame(
        {"lon": [7.6, 7.61], "lat": [47.5, 47.5], "density_weight": np.array([5, 5])}
    )
    return condense_tree(merge_tree(locations, min_weight=5))


def read_delta(folder: Path) -> object:
    (folder / "lake" / "_delta_log").mkdir(parents=True)
    (folder / "lake" / "_delta_log" / f"{0:020d}.json").write_text("{}", encoding="utf-8")
    return gii_geo.read_world(folder / "lake")


CALLS: dict[str, Callable[[Path], object]] = {
    "delta: read_world": read_delta,
    "spark: read_world": lambda folder: gii_geo.read_world(folder / "a.csv", engine="spark"),
    "geocode: geocode_addresses": lambda _: gii_geo.geocode_addresses(TOWN),
    "geocode: find_regions": lambda _: gii_geo.find_regions(TOWN, geocode=True),
    "geocode: read_world": lambda _: gii_geo.read_world(TOWN, geocode=True),
    "geocode: a source": lambda folder: gii_geo.read_world(
        {"patent": folder / "a.xml"}, source="uspto"
    ),
    "population: find_regions": lambda folder: gii_geo.find_regions(
        folder / "a.csv", population=folder / "people.tif"
    ),
    "plot: plot_collaboration": lambda _: plot.plot_collaboration(
        SHARED, RANKED, title="", source=""
    ),
    "plot: plot_rank_sets": lambda _: plot.plot_rank_sets(RANKED, title="", source=""),
    "plot: plot_merge_tree": lambda _: plot.plot_merge_tree(TREE, ["A", "B"], title="", source=""),
    "plot: plot_radii": lambda _: plot.plot_radii(RANKED[["rank"]], title="", source=""),
    "plot: plot_ranks": lambda _: plot.plot_ranks(MATCH, title="", reference="", source=""),
    "plot: plot_region": lambda _: plot.plot_region(
        REGION, REGION.assign(activity=1.0), region_id="R0001", source=""
    ),
    "plot: plot_scores": lambda _: plot.plot_scores(SHARES, title="", source=""),
    "plot: plot_slopes": lambda _: plot.plot_slopes(MATCH, title="", reference="", source=""),
    "plot: plot_world": lambda _: plot.plot_world(REGION, title="", source=""),
    "hdbscan: to_hdbscan": lambda _: find_condensed_tree().to_hdbscan(),
}

DOORS = {**COMMANDS, **JOBS, **CALLS}


def check_said(door: str, text: str) -> None:
    assert f'pip install "gii-geo[{door.partition(":")[0]}]".' in text
    assert "Traceback" not in text


@pytest.mark.parametrize("door", COMMANDS)
def test_a_command_says_so_at_the_door(
    door: str, garbage: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = COMMANDS[door](garbage)
    hide(door.partition(":")[0], monkeypatch)
    said = run_cli(*words)
    assert said.exit_code == 2
    assert len(said.stderr.splitlines()) == 1
    check_said(door, said.stderr)
    assert not (garbage / "out").exists()


@pytest.mark.parametrize("door", JOBS)
def test_the_batch_job_says_so_at_the_door(
    door: str,
    garbage: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, logger="regenerate")
    words = [str(word) for word in JOBS[door](garbage)]
    hide(door.partition(":")[0], monkeypatch)
    assert runpy.run_path(str(SCRIPT))["main"](words) == 2
    check_said(door, caplog.messages[-1])


@pytest.mark.parametrize("door", CALLS)
def test_a_call_from_python_says_so(
    door: str, garbage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hide(door.partition(":")[0], monkeypatch)
    with pytest.raises(ImportError) as caught:
        CALLS[door](garbage)
    check_said(door, str(caught.value))


def test_every_figure_and_every_geocoded_source_has_its_door() -> None:
    figures = {name for name in dir(plot) if name.startswith("plot_")}
    assert figures == {door[len("plot: ") :] for door in CALLS if door.startswith("plot: ")}
    assert set(GEOCODED) < set(READERS)


def test_all_else_needs_no_extra(
    small_world: pd.DataFrame, tmp_path: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    for extra in EXTRAS:
        hide(extra, monkeypatch)
    small_world.to_csv(tmp_path / "a.csv", index=False)
    people = pd.DataFrame({"lon": [7.59], "lat": [47.56], "population": [1e6]})
    people.to_csv(tmp_path / "people.csv", index=False)
    out = tmp_path / "out"
    given = ["--addresses", tmp_path / "a.csv", "--min-addresses", 60, "--out", out]
    assert run_cli("run", *given, "--population", tmp_path / "people.csv").exit_code == 0
    assert run_cli("compare", out).exit_code == 0
    said = run_cli("run", "--source", "patentsview", "--patents", tmp_path / "a.csv")
    assert said.exit_code == 2
    assert "pip install" not in said.stderr


def test_the_installed_package_offers_what_the_project_says() -> None:
    offered = importlib.metadata.metadata("gii-geo").get_all("Provides-Extra") or []
    assert set(OFFERED) <= set(offered)
