"""A few seconds of scripts/fuzz.py: every reader reads or refuses; GII_GEO_DRAWS asks for more."""

import os
from pathlib import Path

import pytest

from conftest import load_file

CRASHES = Path(__file__).parent / "crashes"
FILES = int(os.environ.get("GII_GEO_DRAWS", "2"))
SLOW = {"geocoder", "csv to a world"}
"""Seconds for a file, or to begin: only where more draws are asked for."""


FUZZ = load_file(Path(__file__).parents[1] / "scripts" / "fuzz.py")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [name for name in FUZZ.TARGETS if FILES > 2 or name not in SLOW])
def test_a_damaged_file_is_read_or_refused(name: str) -> None:
    files = 50 * FILES if name == "settings" else FILES
    tally = FUZZ.fuzz(name, executions=files, seed=7)
    assert tally.crashes == {}
    assert tally.executions == files


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("crash", sorted(path.name for path in CRASHES.iterdir()))
def test_what_once_crashed_is_refused(crash: str, tmp_path: Path) -> None:
    target = FUZZ.TARGETS[crash.rsplit("-", 1)[0].replace("_", " ")]
    assert FUZZ.try_file(target, (CRASHES / crash).read_bytes(), tmp_path) == "refused"


def test_what_a_reader_must_not_do_is_a_crash(tmp_path: Path) -> None:
    def fail(path: Path) -> None:
        raise KeyError(path.name)

    def tell_long(path: Path) -> None:
        msg = f"Invalid {path}\nand more"
        raise ValueError(msg)

    for read in (fail, tell_long):
        said = FUZZ.try_file(FUZZ.Target(list, read, "a"), b"", tmp_path)
        assert said not in (None, "refused")
