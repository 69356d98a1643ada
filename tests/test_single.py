"""Addresses without record_id, numbered by DuckDB's hashes: held against its joins, and by hand."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

import gii_geo
from gii_geo import sorting
from gii_geo.records import single
from gii_geo.tables import RECORD_UNITS, InputError


def make(rows: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    lon = rng.choice([8.5, -0.1, 139.7, 0.0, np.nan], rows)
    return pd.DataFrame(
        {
            "kind": rng.choice(["patent", "deal"], rows),
            "lon": lon,
            "lat": np.where(lon == 0, 0, rng.choice([47.4, 35.7], rows)),  # 0, 0 is no place
            "year": pd.array(rng.choice([2019, 2021, 2022], rows), "Int64"),
            "count": rng.choice([1, 1, 3], rows),
            "field": rng.choice(["Optics", "Energy", "Optics; Energy", None], rows),
            "organisation": rng.choice(["Acme", "Bolt", "acme", None], rows),
        }
    ).assign(year=lambda table: table["year"].mask(table["year"] == 2022))


def read(table: object) -> dict[str, pd.DataFrame]:
    world = gii_geo.read_world(table)
    return {name: getattr(world, name) for name in ("labels", "groups", "places")}


def assert_same(one: dict[str, pd.DataFrame], other: dict[str, pd.DataFrame]) -> None:
    for name, table in one.items():
        pd.testing.assert_frame_equal(table, other[name], obj=name)


def test_labels_are_those_counted_by_hand() -> None:
    table, world = make(), gii_geo.read_world(make())
    table = table[table["lon"].notna() & (table["lon"] != 0)]
    keys = ["kind", "lon", "lat", "year", "cell"]
    for name in ("field", "organisation"):
        cell = table[name].replace("Optics; Energy", "Energy\x1fOptics")
        by_hand = table.assign(cell=cell).dropna(subset="cell").groupby(keys, dropna=False)
        expected = by_hand["count"].sum().rename("records").reset_index()
        expected = expected.sort_values(keys, ignore_index=True, na_position="first")
        own = world.labels[world.labels["what"] == name].reset_index(drop=True)
        spots = world.locations.loc[own["location"], ["lon", "lat"]].reset_index(drop=True)
        read = own.assign(lon=spots["lon"], lat=spots["lat"])[[*keys, "records"]]
        pd.testing.assert_frame_equal(read, expected, check_dtype=False, check_categorical=False)
        assert (own["weight"] == own["records"] * RECORD_UNITS).all()


def test_joins_on_other_engines_give_the_same() -> None:
    assert_same(read(make()), read(pl.from_pandas(make())))


def test_two_texts_of_one_hash_stay_two(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = read(make())
    asked = []

    def number_all(*args: object, **options: object) -> object:
        asked.append(args)
        return joined(*args, **options)

    joined = single._number_all
    monkeypatch.setattr(single, "_number_all", number_all)
    assert_same(read(make()), expected)
    assert not asked
    monkeypatch.setattr(single, "_HASH", "1 + 0 * hash")
    assert_same(read(make()), expected)
    assert asked


def test_what_was_not_there_when_it_was_listed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = single.list_texts
    monkeypatch.setattr(single, "list_texts", lambda *given: listed(*given)[1:])
    with pytest.raises(InputError, match="not what it was when its places and texts were listed"):
        gii_geo.read_world(make())


@pytest.mark.parametrize("left_out", [[], ["kind"], ["year"], ["count"], ["kind", "year", "count"]])
def test_what_all_rows_share_is_not_asked(left_out: list[str]) -> None:
    table = make().drop(columns=left_out).assign(**({"kind": "deal"} if "kind" in left_out else {}))
    assert_same(read(table), read(pl.from_pandas(table)))


def test_columns_that_one_number_does_not_hold_are_summed_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = make().assign(group=make()["organisation"].str.lower() + " inc")
    expected = read(table)
    summed = []

    def sum_here(rows: object, together: dict[tuple[str, ...], object], *given: object) -> object:
        summed.append([*together])
        return here(rows, together, *given)

    here = single._sum_here
    monkeypatch.setattr(single, "_sum_here", sum_here)
    for most in (2**62, 2_000, 500):
        monkeypatch.setattr(sorting, "_MOST_KEYS", most)
        assert_same(read(table), expected)
    field, organisation, group = "field", "organisation", "group"
    assert summed == [
        [(field, organisation, group)],
        [(field, organisation), (group,)],
        [(field,), (organisation,), (group,)],
    ]
