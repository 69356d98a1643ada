"""What docstrings and pages name in backticks is there, where they say."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "gii_geo"
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
PAGES = [
    *("README.md", "CONTRIBUTING.md"),
    *(path.relative_to(ROOT).as_posix() for path in sorted(ROOT.glob("data/**/*.md"))),
]
DOTTED = re.compile(r"(?<!`)`([A-Za-z_]+(?:\.[A-Za-z_]+)+)`(?!`)")
PATH = re.compile(
    r"\b(?:gii_geo|scripts|tests|notebooks|data)/[\w/.-]*\w\.(?:py|csv|parquet|md|png|json)"
)
ELSEWHERE = ("scipy.", "pandas.", "numpy.", "sklearn.")
FILE = re.compile(r"\.(py|csv|parquet|json|html|toml)$")


def name_members(path: Path) -> set[str]:
    """List what a module defines or hands on, and the members of its classes."""
    members = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom):
            members |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.AnnAssign):
            members.add(ast.unparse(node.target))
        elif isinstance(node, ast.Assign):
            members |= {ast.unparse(target) for target in node.targets}
        elif isinstance(node, ast.FunctionDef):
            members.add(node.name)
        elif isinstance(node, ast.ClassDef):
            parts = [one for one in node.body if isinstance(one, ast.FunctionDef | ast.AnnAssign)]
            names = [
                ast.unparse(one.target) if isinstance(one, ast.AnnAssign) else one.name
                for one in parts
            ]
            members |= {node.name, *(f"{node.name}.{name}" for name in names)}
    return members


MEMBERS = {name: name_members(path) for name, path in MODULES.items()}
MEMBERS["result"] |= {  # a result is an answer
    name.replace("Answer.", "Result.") for name in MEMBERS["answer"] if name.startswith("Answer.")
}
MEMBERS["compare"] |= MEMBERS["compare.comparison"]


def is_there(reference: str) -> bool:
    """Tell whether a reference such as name.name_regions or Settings.pick leads somewhere."""
    reference = reference.removeprefix("gii_geo.")
    if any(reference in members for members in MEMBERS.values()):
        return True
    parts = reference.split(".")
    for cut in range(1, len(parts) + 1):
        module, member = ".".join(parts[:cut]), ".".join(parts[cut:])
        found = [name for name in MODULES if f".{name}".endswith(f".{module}")]
        if any(not member or member in MEMBERS[name] for name in found):
            return True
    return False


def test_a_reference_that_leads_nowhere_is_told() -> None:
    assert is_there("name.name_regions")
    assert is_there("regions.name")
    assert is_there("Settings.replace")
    assert not is_there("count.name_regions")
    assert not is_there("Settings.no_such_setting")


@pytest.mark.parametrize("name", sorted(MODULES))
def test_what_a_docstring_names_is_there(name: str) -> None:
    text = MODULES[name].read_text(encoding="utf-8")
    named = [one for one in DOTTED.findall(text) if not one.startswith(ELSEWHERE)]
    assert [one for one in named if not FILE.search(one) and not is_there(one)] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_path_on_a_page_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert [path for path in PATH.findall(text) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("what_can_be_wrong*.md")))
def test_every_test_that_a_page_names_is_there(page: Path) -> None:
    files = (ROOT / "tests").glob("test_*.py")
    there = set(re.findall(r"def (test_\w+)", "\n".join(path.read_text("utf-8") for path in files)))
    named = re.findall(r"\b(test_\w+)`", page.read_text(encoding="utf-8"))
    assert named
    assert [test for test in named if test not in there] == []


def test_every_module_in_the_table_of_rooms_is_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = text[text.index("| floor |") : text.index("## Words")]
    named = {word.rstrip("/") for word in re.findall(r"`([a-z_]+/?)`", table)}
    parts = {part for name in MODULES for part in name.split(".")}
    assert len(named) > 40
    assert named - {"scripts", "notebooks"} <= parts
