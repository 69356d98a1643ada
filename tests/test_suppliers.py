"""Suppliers' files are read once: what was read is kept, faults and all, until the files change."""

import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import gii_geo
from gii_geo import Settings
from gii_geo.records import suppliers
from gii_geo.tables import InputError

ROUNDS = """company_permalink,company_country_code,company_state_code,company_region,company_city,\
funding_round_type,funded_at,raised_amount_usd
/company/waywire,USA,NY,New York,New York,series-a,2012-06-30,1750000
/company/vigo,CHE,,Basel,Basel,angel,2013-01-03,
/company/vigor,CHE,,Basel,Basel,angel,2013-02-03,
/company/nowhere,,,,,other,,
/company/torn,USA
"""


@pytest.fixture
def deals(tmp_path: Path) -> Path:
    path = tmp_path / "rounds.csv"
    path.write_text(ROUNDS, encoding="utf-8")
    return path


def run(deals: Path, cache: Path | None, told: list[str]) -> gii_geo.Result:
    return gii_geo.find_regions(
        {"deal": deals},
        Settings(min_addresses=2),
        source="crunchbase",
        cache=cache,
        progress=told.append,
    )


def refuse_to_read(*_: object, **__: object) -> Any:
    msg = "read again"
    raise AssertionError(msg)


def test_what_was_read_is_not_read_again_and_gives_the_same(
    deals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = run(deals, None, [])
    first = run(deals, tmp_path / "cache", [])
    (kept,) = (tmp_path / "cache").iterdir()
    os.utime(kept, (0, 0))
    monkeypatch.setattr(suppliers, "find_reader", lambda _: refuse_to_read)
    told: list[str] = []
    again = run(deals, tmp_path / "cache", told)
    assert "crunchbase: as read before" in told
    assert kept.stat().st_mtime > 0  # marked as still of use
    assert len(plain.regions) == 1
    for result in (first, again):
        for name in ("regions", "locations", "rejects", "economies"):
            pd.testing.assert_frame_equal(
                pd.DataFrame(getattr(result, name)), pd.DataFrame(getattr(plain, name))
            )
        assert result.accounts.to_dict() == plain.accounts.to_dict()
        assert result.provenance == plain.provenance
    assert set(again.rejects["file"]) == {str(deals)}


def test_files_that_changed_are_read_again(deals: Path, tmp_path: Path) -> None:
    run(deals, tmp_path / "cache", [])
    deals.write_text(ROUNDS + ROUNDS.splitlines()[2] + "\n", encoding="utf-8")
    assert run(deals, tmp_path / "cache", []).regions["deals"].tolist() == [3.0]
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_a_file_that_is_gone_is_missed_whatever_is_kept(deals: Path, tmp_path: Path) -> None:
    run(deals, tmp_path / "cache", [])
    with pytest.raises(InputError, match=r"Invalid file .*gone\.csv\. Must exist"):
        run([deals, tmp_path / "gone.csv"], tmp_path / "cache", [])  # type: ignore[arg-type]


def test_a_cache_that_cannot_be_one_is_refused_before_anything_is_read(deals: Path) -> None:
    told: list[str] = []
    with pytest.raises(InputError, match=r"Invalid cache .*rounds\.csv\. Must be a folder"):
        run(deals, deals, told)
    assert told == []


def test_what_was_cut_short_is_read_anew(deals: Path, tmp_path: Path) -> None:
    first = run(deals, tmp_path / "ca[c]he", [])
    (kept,) = (tmp_path / "ca[c]he").iterdir()
    kept.write_bytes(b"")
    again = run(deals, tmp_path / "ca[c]he", [])
    assert again.regions["deals"].tolist() == first.regions["deals"].tolist()
    assert kept.stat().st_size > 0


def test_a_reading_that_fails_keeps_nothing(
    deals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "not.csv").write_text("<html></html>", encoding="utf-8")
    with pytest.raises(InputError):
        run(tmp_path / "not.csv", tmp_path / "cache", [])

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        with pytest.raises(OSError, match="No space left"):
            run(deals, tmp_path / "cache", [])
    assert list((tmp_path / "cache").iterdir()) == []
