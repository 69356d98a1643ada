"""Examples in docstrings, and tests, share one reading and one run of the built-in world."""

import inspect
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from _pytest.doctest import DoctestItem

import gii_geo
from gii_geo import pipeline, windows
from gii_geo.demo import demo_path
from gii_geo.records import intake
from gii_geo.result import Result
from gii_geo.world import World

find_regions = pipeline.find_regions
read_world = intake.read_world
DEFAULTS = {
    name: parameter.default for name, parameter in inspect.signature(read_world).parameters.items()
}


DEAR = {
    *("spark", "browser", "kernel", "site"),
    *("demo_run", "demo_out", "demo_world", "demo_result", "real_world"),
}
"""Fixtures that cost most."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files of dear fixtures: what is left for the end is small.

    A file goes to one worker as a whole. (xdist 3.8 knows no groups beside pytest 9.2.)
    """
    dear = {item.path for item in items if DEAR & set(getattr(item, "fixturenames", ()))}
    items.sort(key=lambda item: item.path not in dear)


@cache
def read_demo() -> World:
    """Read the built-in world once a process."""
    return read_world(demo_path())


def read_shared(addresses: object, **how: Any) -> World:  # noqa: ANN401
    """Give the built-in world as it was read before, if nothing else is asked."""
    asked = {name for name, value in how.items() if value != DEFAULTS[name]} - {"progress"}
    is_demo = isinstance(addresses, Path) and addresses == demo_path()
    return read_demo() if is_demo and not asked else read_world(addresses, **how)


@pytest.fixture(scope="session")
def demo_world() -> World:
    """Give the built-in world; nobody may change it, and what it was asked it keeps."""
    return read_demo()


@cache
def find_demo() -> Result:
    """Find the regions of the built-in world once a process."""
    return find_regions(read_demo())


def find_shared(addresses: object, *settings: Any, **how: Any) -> Result:  # noqa: ANN401
    """Give the regions of the built-in world as they were found before, if nothing is asked."""
    is_demo = isinstance(addresses, Path) and addresses == demo_path()
    if is_demo and not settings and not how:
        return find_demo()
    return pipeline.find_regions(addresses, *settings, **how)


@pytest.fixture(scope="session")
def demo_result() -> Result:
    """Give the regions of the built-in world; nobody may change them."""
    return find_demo()


@pytest.fixture(autouse=True)
def _share_demo(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if isinstance(request.node, DoctestItem):
        for module in (intake, pipeline, windows):
            monkeypatch.setattr(module, "read_world", read_shared)
        monkeypatch.setattr(gii_geo, "find_regions", find_shared)
