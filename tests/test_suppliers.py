"""Suppliers' files are read once: what was read is kept, faults and all, until the files change."""

import functools
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import gii_geo
from gii_geo import Settings
from gii_geo.faults import FaultError
from gii_geo.records import suppliers
from gii_geo.records.engine import Engine
from gii_geo.records.sources.crunchbase import VENTURE_ROUNDS, read_crunchbase
from gii_geo.records.suppliers import READERS, list_options, read_options
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


@functools.wraps(read_crunchbase)
def refuse_to_read(*_: object, **__: object) -> Any:
    msg = "read again"
    raise AssertionError(msg)


def open_deals(deals: Path, cache: Path | None, **options: Any) -> list[tuple[Any, ...]]:
    with Engine() as engine:
        opened = suppliers.open_supplier(
            engine, "crunchbase", deals, tell=lambda _: None, cache=cache, options=options
        )
        rows = opened.table.sort("__row").select("__row", "count", "__problem")
        return rows.collect("pyarrow").rows()


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


def test_what_was_kept_with_other_columns_is_not_taken_for_it(
    deals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(suppliers, "COLUMNS", {"kind": "VARCHAR"})
        open_deals(deals, tmp_path / "cache")
    open_deals(deals, tmp_path / "cache")
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_fields_and_organisations_are_kept_too(deals: Path, tmp_path: Path) -> None:
    text = ROUNDS.replace("_permalink,", "_permalink,company_name,company_category_list,")
    deals.write_text(text.replace("waywire,", "waywire,Way <b>,|Web|News|,").split("/company/v")[0])
    for _ in range(2):
        with Engine() as engine:
            opened = suppliers.open_supplier(
                engine, "crunchbase", deals, tell=lambda _: None, cache=tmp_path / "cache"
            )
            found = opened.table.select("field", "organisation").collect("pyarrow").rows()
        assert found == [("News\x1fWeb", "Way <b>")]


def test_files_that_changed_are_read_again(deals: Path, tmp_path: Path) -> None:
    run(deals, tmp_path / "cache", [])
    deals.write_text(ROUNDS + ROUNDS.splitlines()[2] + "\n", encoding="utf-8")
    assert run(deals, tmp_path / "cache", []).regions["deals"].tolist() == [3.0]
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_another_file_in_the_place_of_one_of_its_size_and_time_is_read(
    deals: Path, tmp_path: Path
) -> None:
    run(deals, tmp_path / "cache", [])
    before = deals.stat()
    other = tmp_path / "other.csv"
    other.write_text(ROUNDS.replace("New York", "Old York"), encoding="utf-8")
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(deals)  # as cp -p and rsync do
    assert deals.stat().st_size == before.st_size
    run(deals, tmp_path / "cache", [])
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_files_of_a_folder_that_the_reader_does_not_look_for_are_told(
    deals: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    deals.rename(folder / "rounds.csv")
    (folder / "notes.xlsx").write_bytes(b"PK")
    world = gii_geo.read_world({"deal": folder}, source="crunchbase")
    told = [note for note in world.provenance["notes"] if "not read" in note]
    assert told == ["in: 1 file is no table by its name and not read: notes.xlsx"]
    assert [file["name"] for file in world.provenance["inputs"]] == ["rounds.csv"]


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


def write_other(path: Path) -> None:
    pd.DataFrame({"lon": [1.0], "lat": [1.0]}).to_parquet(path)


@pytest.mark.parametrize(
    "damage",
    [
        *(lambda path, at=at: flip(path, at) for at in (9, 40, 200, 500, -9)),
        lambda path: path.write_bytes(path.read_bytes()[:-20]),
        lambda path: path.write_bytes(path.read_bytes() + b"PAR1"),
        write_other,
        lambda path: path.write_bytes(b"\x80\x04cos\nsystem\n."),
    ],
    ids=range(9),
)
def test_what_is_kept_and_not_as_it_was_written_is_read_anew_and_said(
    deals: Path, tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    cache, told = tmp_path / "cache", list[str]()
    first = open_deals(deals, cache)
    (kept,) = cache.iterdir()
    damage(kept)
    with Engine() as engine:
        opened = suppliers.open_supplier(engine, "crunchbase", deals, tell=told.append, cache=cache)
        opened.table.collect("pyarrow")
    assert told[0] == f"{kept} is not as it was written, so its input is read anew"
    assert open_deals(deals, cache) == first
    assert [path.name for path in cache.iterdir()] == [kept.name]


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


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
        with pytest.raises(FaultError, match=r"Could not write to .*cache: No space left"):
            run(deals, tmp_path / "cache", [])
    assert list((tmp_path / "cache").iterdir()) == []


TORN = "broken record: it must have 8 cells"


def test_options_reach_the_reader_and_what_they_leave_out_is_a_row_that_says_so(
    deals: Path,
) -> None:
    other = "left out, type other"
    assert open_deals(deals, None) == [
        *((row, 1, None) for row in (1, 2, 3)),
        *((4, 0, other), (5, 1, TORN)),
    ]
    everything = [*((row, 1, None) for row in (1, 2, 3, 4)), (5, 1, TORN)]
    assert open_deals(deals, None, types="all") == everything
    left_out = (1, 0, "left out, type series-a")
    assert open_deals(deals, None, types="Angel, other")[0] == left_out
    assert open_deals(deals, None, types=["angel", "other"])[0] == left_out


def test_what_is_left_out_is_in_the_accounts_and_in_no_denominator(deals: Path) -> None:
    result = run(deals, None, [])
    (account,) = result.accounts.kinds.to_dict("records")
    assert result.accounts.is_exact()
    assert account["rows"] == 5
    assert account["records"] == 3 + 1  # the torn row may have been a deal, the other round is none
    assert result.regions["deal_share"].tolist() == [2 / 4]


def test_what_was_read_with_other_options_is_not_taken_for_it(deals: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    first = open_deals(deals, cache)
    assert open_deals(deals, cache, types="all") != first
    assert len(list(cache.iterdir())) == 2
    assert open_deals(deals, cache, types=sorted(VENTURE_ROUNDS, reverse=True)) == first
    assert open_deals(deals, cache, types=" ALL ") == open_deals(deals, None, types="all")
    assert len(list(cache.iterdir())) == 2  # the same options in another order, and in capitals


@pytest.mark.parametrize(
    ("supplier", "options"),
    [
        ("crunchbase", {"types": VENTURE_ROUNDS}),
        ("openalex", {"types": ("article",)}),
        ("uspto", {"year": "granted", "types": ("utility",)}),
        ("patentsview", {"year": "granted", "types": ("utility",)}),
        ("web_of_science", {"articles_only": True, "science_only": True}),
        ("columns", {}),
    ],
)
def test_the_defaults_are_the_metrics(supplier: str, options: dict[str, Any]) -> None:
    assert list_options(supplier) == options
    read = read_options(supplier, {})
    assert read.keys() == options.keys()
    assert json.loads(json.dumps(read)) == read


def test_every_supplier_has_its_defaults_tested() -> None:
    (mark,) = test_the_defaults_are_the_metrics.pytestmark  # type: ignore[attr-defined]
    assert {supplier for supplier, _ in mark.args[1]} == {*READERS, "columns"}


@pytest.mark.parametrize(
    ("supplier", "name", "text", "value"),
    [
        ("crunchbase", "types", "seed,Series_A", ["seed", "series_a"]),
        ("crunchbase", "types", "seed", ["seed"]),
        ("crunchbase", "types", " b ,, a,b", ["a", "b"]),
        ("crunchbase", "types", ("B", "a"), ["a", "b"]),
        ("crunchbase", "types", "all", "all"),
        ("openalex", "types", ["Article", "ALL"], "all"),
        ("uspto", "year", "Filed", "filed"),
        ("patentsview", "year", "none", None),
        ("patentsview", "year", None, None),
        ("web_of_science", "science_only", "no", False),
        ("web_of_science", "science_only", False, False),
        ("web_of_science", "articles_only", "TRUE", True),
    ],
)
def test_a_text_becomes_what_the_reader_takes(
    supplier: str, name: str, text: object, value: object
) -> None:
    assert read_options(supplier, {name: text})[name] == value


@pytest.mark.parametrize(
    ("supplier", "name", "value", "message"),
    [
        ("crunchbase", "typs", "a", r"typs of crunchbase\. Must be types; did you mean types\?"),
        ("uspto", "years", "a", r"years of uspto\. Must be year, types; did you mean year\?"),
        ("uspto", "source", "a", r"source of uspto\. Must be year, types\."),
        ("columns", "types", "a", r"types of columns\. There must be none\."),
        ("uspto", "year", "gone", r"year='gone' of uspto\. Must be granted or filed\."),
        ("uspto", "year", None, r"year=None of uspto\. Must be granted or filed\."),
        ("patentsview", "year", 2013, r"year=2013 of .*\. Must be granted or filed or none\."),
        ("web_of_science", "science_only", "maybe", r"='maybe' of .*\. Must be yes or no or true"),
        ("web_of_science", "science_only", 1, r"science_only=1 of web_of_science\. Must be yes"),
        ("openalex", "types", "", r"types='' of openalex\. Must be at least one text, or all\."),
        ("openalex", "types", [], r"types=\[\] of openalex\. Must be at least one text, or all\."),
        ("openalex", "types", None, r"types=None of openalex\. Must be texts, or all\."),
        ("openalex", "types", [1], r"types=\[1\] of openalex\. Must be texts, or all\."),
        ("nobody", "types", "a", r"Invalid source nobody\. Must be columns, patentsview"),
    ],
)
def test_an_option_that_cannot_be_is_refused_by_its_name(
    supplier: str, name: str, value: object, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read_options(supplier, {name: value})
