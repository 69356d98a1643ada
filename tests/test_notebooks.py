"""The notebooks: run as they are, run on other files once one cell is changed, stored empty."""

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from jupyter_client.manager import KernelManager

from conftest import LONG_RUN, load_file
from gii_geo.accounts import Accounts
from gii_geo.compare import Comparison
from gii_geo.regions.cluster import MergeTree
from gii_geo.result import Result
from gii_geo.trust.stability import Stability

METHODS = {
    **dict.fromkeys(("result", "base", "other"), Result),
    "result.accounts": Accounts,
    "tree": MergeTree,
    "comparison": Comparison,
    "stability": Stability,
}
"""What the variables of the notebooks are."""

FOLDER = Path(__file__).parents[1] / "notebooks"
RUNNER = load_file(FOLDER.parent / "docs" / "extensions" / "notebooks.py")
"""What the site runs them by."""

NOTEBOOKS = sorted(path.stem for path in FOLDER.glob("*.ipynb"))


LONG = {"01", "02", "04", "05", "06"}
"""On the built-in world these are left to long runs: most run on other files in any case."""


def read(name: str) -> nbformat.NotebookNode:
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.fixture(scope="module")
def kernel() -> Iterator[KernelManager]:
    """Start one kernel for all notebooks: each finds it as a new one but for what is imported."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel()
    yield manager
    manager.shutdown_kernel(now=True)


def execute(
    notebook: nbformat.NotebookNode, folder: Path, kernel: KernelManager
) -> nbformat.NotebookNode:
    """Run a notebook in a folder and give it back with its outputs."""
    whole = nbformat.from_dict(notebook)
    RUNNER.run_notebook(whole, kernel, folder)
    return whole


def test_there_are_the_six_of_the_plan() -> None:
    assert NOTEBOOKS == [
        "01_first_map",
        "02_choose_the_radius",
        "03_your_own_data",
        "04_against_the_published_ranking",
        "05_how_sure_is_a_rank",
        "06_strong_in_what_with_whom",
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [pytest.param(one, marks=LONG_RUN) if one[:2] in LONG else one for one in NOTEBOOKS]
)
def test_a_notebook_runs_as_it_is_without_a_warning(
    name: str, tmp_path: Path, kernel: KernelManager
) -> None:
    ran = execute(read(name), tmp_path, kernel)
    outputs = [output for cell in code_cells(ran) for output in cell.outputs]
    assert any("data" in output for output in outputs)
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [pytest.param(one, marks=LONG_RUN) if one[:2] in {"02", "04"} else one for one in NOTEBOOKS],
)
def test_a_notebook_runs_on_other_files_once_its_one_cell_is_changed(
    name: str, small_world: pd.DataFrame, tmp_path: Path, kernel: KernelManager
) -> None:
    table = small_world.rename(columns={"lon": "longitude"})
    table.to_csv(tmp_path / "mine.csv", index=False)
    notebook = read(name)
    cell = next(cell for cell in code_cells(notebook) if "addresses = " in cell.source)
    cell.source += '\naddresses, columns = "mine.csv", {"lon": "longitude"}'
    text = str(execute(notebook, tmp_path, kernel))
    assert "demo_world.parquet" not in text
    assert "Savusavu" in text or name == "02_choose_the_radius"  # the region in Fiji


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_is_stored_without_output_and_asks_one_question(name: str) -> None:
    notebook = read(name)
    for cell in code_cells(notebook):
        assert cell.outputs == []
        assert cell.execution_count is None
    title = notebook.cells[0].source.splitlines()[0]
    assert title.startswith("# ")
    assert title.endswith("?")


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_what_a_notebook_calls_has_an_example_in_its_docstring(name: str) -> None:
    found, methods = set(), []
    for cell in code_cells(read(name)):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("gii_geo"):
                found |= {(node.module, alias.name) for alias in node.names}
            elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "gii_geo":
                found.add(("gii_geo", node.attr))
            elif isinstance(node, ast.Attribute) and ast.unparse(node.value) in METHODS:
                kind = METHODS[ast.unparse(node.value)]
                methods.append(getattr(kind, node.attr, None))
    called = [getattr(importlib.import_module(str(module)), name) for module, name in found]
    called += [method for method in methods if inspect.isfunction(method)]
    assert [thing for thing in called if callable(thing) and ">>>" not in thing.__doc__] == []
