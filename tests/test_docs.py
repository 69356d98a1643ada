"""The site: its examples are run, its commands parsed, its pages built and looked through."""

import doctest
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import FunctionType
from typing import Any

import matplotlib.pyplot as plt
import pytest
import typer
from test_public import list_public

import gii_geo
from gii_geo import World, cli, pipeline
from gii_geo.records import intake

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(path.name for path in DOCS.glob("*.md"))
TOLD = [page for page in PAGES if "```pycon" in (DOCS / page).read_text("utf-8")]
COMMANDS = sorted(
    {
        (page, command)
        for page in PAGES
        for command in re.findall(
            r"^\$ (gii-geo .*)$|\| `(gii-geo .*?)` \|",
            (DOCS / page).read_text("utf-8"),
            re.MULTILINE,
        )
        for command in command
        if command and "…" not in command
    }
)
OUTSIDE = re.compile(
    r"""<(?:script|link|img|iframe|source)[^>]*\s(?:src|href)=["'](?:https?:)?//[^"']*["']"""
)
"""What a page fetches from elsewhere; links that are only followed are none of it."""


def keep_examples(text: str) -> str:
    """Blank out all lines of a page but its examples, which so keep their numbers."""
    kept, inside = [], False
    for line in text.splitlines():
        fence = line.startswith("```")
        kept.append(line if inside and not fence else "")
        inside = line == "```pycon" or (inside and not fence)
    return "\n".join(kept)


def test_only_examples_are_kept_and_an_example_can_fail() -> None:
    page = "1\n```pycon\n>>> 1 + 1\n3\n```\n>>> no example"
    assert keep_examples(page).split("\n") == ["", "", ">>> 1 + 1", "3", "", ""]
    assert run_examples("page", page) == 1


def run_examples(name: str, page: str) -> int:
    """Run a page's examples and count those that fail."""
    parsed = doctest.DocTestParser().get_doctest(keep_examples(page), {}, name, name, 0)
    assert parsed.examples
    options = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL
    return doctest.DocTestRunner(optionflags=options).run(parsed).failed


@pytest.fixture
def _read_once(demo_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the built-in world as it was read before."""

    def read(addresses: object, **how: Any) -> World:
        is_demo = isinstance(addresses, Path) and addresses == gii_geo.demo_path()
        return demo_world if is_demo else read_world(addresses, **how)

    read_world = intake.read_world
    for module in (intake, pipeline):
        monkeypatch.setattr(module, "read_world", read)


@pytest.mark.usefixtures("_read_once")
@pytest.mark.parametrize("page", TOLD)
def test_what_a_page_tells_is_what_its_examples_give(
    page: str, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = run_examples(page, (DOCS / page).read_text("utf-8"))
    assert failed == 0, capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.usefixtures("_read_once")
def test_the_gallery_draws_what_it_shows_the_code_of() -> None:
    page = (DOCS / "gallery.md").read_text("utf-8")
    names: dict[str, Any] = {}
    drawn = 0
    plt.close("all")  # what other tests of this process left open
    for code in re.findall(r"^```\{code-cell\} python\n(.*?)^```", page, re.MULTILINE | re.DOTALL):
        exec(code, names)  # noqa: S102  # our own page
        for number in plt.get_fignums():
            plt.figure(number).canvas.draw()
            drawn += 1
        plt.close("all")
    assert drawn == len(re.findall(r"\bplot\.plot_", page)) >= 8


@pytest.mark.parametrize(("page", "command"), COMMANDS)
def test_every_option_of_a_command_on_a_page_is_one(page: str, command: str) -> None:
    known = typer.main.get_command(cli.app)
    _, name, *words = shlex.split(command, comments=True)
    options = {word for parameter in known.commands[name].params for word in parameter.opts}
    asked = [word for word in words if word.startswith("--")]
    assert [word for word in asked if word not in options] == [], page


def test_every_module_of_a_room_is_named_where_it_lives() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    rows = re.findall(r"^\| (.+) \| .+ \| (.+) \|$", text, re.MULTILINE)
    named = {floor.strip("`/"): set(re.findall(r"`(\w+)/?`", cell)) for floor, cell in rows}
    for room in ("records", "regions", "trust", "inside"):
        there = {path.stem for path in (ROOT / "gii_geo" / room).iterdir()}
        assert named[room] == there - {"__init__", "__pycache__"}, room
    ground = {path.stem for path in (ROOT / "gii_geo").glob("*.py")} - {"__init__"}
    assert ground - set().union(*named.values()) == set()
    assert named["the ground"] <= ground


def test_every_test_that_a_page_names_is_there() -> None:
    there = {
        (path.name, name)
        for path in (ROOT / "tests").glob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
    }
    files, names = {file for file, _ in there}, {name for _, name in there}
    named = [
        (page, *found)
        for page in PAGES
        for found in re.findall(
            r"`(test_\w+\.py)?(?:::)?(test_\w+)?`", (DOCS / page).read_text("utf-8")
        )
        if any(found)
    ]
    assert len(named) > 100
    missing = [
        (page, file, name)
        for page, file, name in named
        if (file and file not in files)
        or (name and name not in names)
        or (file and name and (file, name) not in there)
    ]
    assert missing == []


def test_every_public_name_has_its_place_in_the_reference() -> None:
    text = (DOCS / "api.rst").read_text("utf-8")
    there = {f"gii_geo.{name}" for name in re.findall(r"^   ([\w.]+)$", text, re.MULTILINE)}
    found = [eval(name, {"gii_geo": gii_geo}) for name in sorted(there)]  # noqa: S307  # our page
    public = list_public()
    assert len(public) > 40
    missing = [one for one in public if one not in found]
    assert [one.__qualname__ for one in missing if isinstance(one, type | FunctionType)] == []


def test_what_comes_from_elsewhere_is_told_from_a_link() -> None:
    fetched = '<script src="https://cdn.example/a.js"></script><img alt="" src="//b.example/b.png">'
    assert len(OUTSIDE.findall(fetched)) == 2
    assert OUTSIDE.findall('<a href="https://c.example">c</a><img src="d.png">') == []


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site as `make docs` does, but with the notebooks as they are stored."""
    built = tmp_path_factory.mktemp("site")
    words = ["-m", "sphinx", "-q", "-n", "-W", "--keep-going", "-b", "html", DOCS, built]
    done = subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "GII_GEO_NOTEBOOKS": "stored"},
    )
    assert done.returncode == 0, done.stderr
    return built


@pytest.mark.slow
def test_the_site_is_whole_and_needs_neither_the_net_nor_this_machine(site: Path) -> None:
    pages = {
        path.relative_to(site).as_posix(): path.read_text("utf-8") for path in site.rglob("*.html")
    }
    assert {"index.html", "gallery.html", "notebooks/01_first_map.html"} <= set(pages)
    assert pages["gallery.html"].count("plot_") >= 8
    for name, text in pages.items():
        assert OUTSIDE.findall(text) == [], name
        for place in (str(ROOT), str(Path.home()) + "/", sys.prefix):
            assert place not in text, name
    assert "<math" in pages["method.html"]
    assert "--radius-km" in pages["command_line.html"]
    for name in gii_geo.__all__:
        assert name == "__version__" or f"api/gii_geo.{name}.html" in pages
