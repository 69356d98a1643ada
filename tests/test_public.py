"""The public face: what people meet is documented in full, and nothing of it is out of reach."""

import importlib
import inspect
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import gii_geo

ROOT = Path(__file__).parents[1]
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["numpydoc_validation"]
FACES = ("plot", "compare", "published", "editions", "export")
"""Modules that are used by name, such as gii_geo.plot.plot_world."""


def list_public() -> list[Any]:
    """List every class and function that people meet."""
    named = [getattr(gii_geo, name) for name in gii_geo.__all__ if name != "__version__"]
    for face in FACES:
        module = importlib.import_module(f"gii_geo.{face}")
        own = [getattr(module, name) for name in dir(module) if not name.startswith("_")]
        named += [one for one in own if getattr(one, "__module__", "").startswith(module.__name__)]
    return [one for one in named if callable(one) and hasattr(one, "__qualname__")]


def is_gated(path: str) -> bool:
    """Tell whether numpydoc validates a file."""
    return not any(re.match(pattern, path) for pattern in CONFIG["exclude_files"])


def test_numpydoc_validates_every_module_of_the_public_face_and_not_the_inner_ones() -> None:
    files = {Path(inspect.getfile(one)).relative_to(ROOT).as_posix() for one in list_public()}
    assert len(files) > 15
    assert [path for path in sorted(files) if not is_gated(path)] == []
    assert not is_gated("gii_geo/regions/cluster/grid.py")
    assert not is_gated("gii_geo/records/screen.py")


def lint(path: str) -> subprocess.CompletedProcess[str]:
    """Validate a file's docstrings as make lint does."""
    words = [Path(sys.executable).with_name("numpydoc"), "lint", path]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_gate_can_fail_and_the_lint_commands_go_through_it(tmp_path: Path) -> None:
    # `python -m numpydoc.hooks.validate_docstrings` did nothing at all, for want of a main.
    (tmp_path / "pyproject.toml").write_text('[tool.numpydoc_validation]\nchecks = ["RT01"]\n')
    (tmp_path / "a.py").write_text('def f() -> int:\n    """Give one."""\n    return 1\n')
    assert lint(str(tmp_path / "a.py")).returncode == 1
    assert lint("gii_geo/result.py").returncode == 0
    for name in ("Makefile", ".pre-commit-config.yaml"):
        assert "numpydoc lint" in (ROOT / name).read_text("utf-8")


@pytest.mark.parametrize("name", gii_geo.__all__)
def test_every_public_name_is_there_and_says_what_it_is(name: str) -> None:
    public = getattr(gii_geo, name)
    assert public.__doc__
    assert name in dir(gii_geo)
