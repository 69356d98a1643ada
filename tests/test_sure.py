"""How sure the ranks of four towns are, by score and by head, and what is said of it."""

import math
from functools import cache
from statistics import NormalDist
from typing import Any

import pandas as pd
import pytest

import gii_geo
from gii_geo import Result, Settings
from gii_geo.regions.tally import Tally, count_world
from gii_geo.trust import sure
from gii_geo.trust.sure import (
    MOST_REGIONS,
    compare_pair,
    describe_unsure,
    print_rank,
    rank_apart,
    rank_surely,
)

DEALS = (60, 40, 38, 20)
"""Of four towns far from each other, each deal a record of one address."""


@cache
def find() -> Result:
    lon = [degree for degree, many in zip((8, 2, 13, 5), DEALS, strict=True) for _ in range(many)]
    towns = pd.DataFrame({"kind": "deal", "lon": lon, "lat": 47.4})
    return gii_geo.find_regions(towns, Settings(min_addresses=5, score_weights={"deal": 0.25}))


def ask(people: dict[int, float] | None = None, **asked: Any) -> pd.DataFrame:
    """Ask for rank sets; the numbers of the regions are those of the towns, from west to east."""
    result = find()
    heads = None if people is None else pd.Series(people).reindex(result.formed.ranking.index)
    return rank_surely(
        result.world, result.formed, result.settings, people=heads, confidence=0.95, **asked
    )


def list_towns() -> list[int]:
    """List the numbers of the towns in the order of their deals."""
    ranking = find().formed.ranking
    return ranking.sort_values("score", ascending=False).index.tolist()


def spans(sets: pd.DataFrame, towns: list[int]) -> list[list[Any]]:
    return sets.loc[towns, ["rank_low", "rank_high"]].to_numpy().tolist()


def test_towns_are_told_apart_by_score() -> None:
    assert spans(ask(), list_towns()) == [[1, 2], [1, 3], [2, 3], [4, 4]]
    result = find()
    apart = rank_apart(result.formed, result.settings, confidence=0.95, simultaneous=False)
    pd.testing.assert_frame_equal(apart, ask())
    assert set(ask()["top_100"]) == {"surely"}


def test_a_ranking_by_head_divides_scores_and_their_noise_by_the_people() -> None:
    towns = list_towns()
    alike = dict.fromkeys(towns, 1000.0)
    assert spans(ask(alike), towns) == spans(ask(), towns)
    # Deals a head: 0.1, 1, 1 and 20.
    heads = dict(zip(towns, (600.0, 40.0, 38.0, 1.0), strict=True))
    assert spans(ask(heads), towns) == [[4, 4], [2, 3], [2, 3], [1, 1]]


@pytest.mark.parametrize("nobody", [0.0, float("nan")])
def test_a_region_without_people_has_no_rank_by_head(nobody: float) -> None:
    towns = list_towns()
    heads = dict(zip(towns, (600.0, nobody, 38.0, 1.0), strict=True))
    sets = ask(heads)
    assert sorted(sets.index) == sorted([towns[0], towns[2], towns[3]])
    assert spans(sets, [towns[0], towns[2], towns[3]]) == [[3, 3], [2, 2], [1, 1]]


def test_one_town_is_above_another_as_likely_as_a_normal_distribution_tells() -> None:
    a, b = (many / sum(DEALS) for many in DEALS[:2])
    deviation = math.sqrt((a + b - (a - b) ** 2) / sum(DEALS))
    expected = NormalDist().cdf((a - b) / deviation)
    first, second = list_towns()[:2]
    assert compare_pair(find(), first, second) == pytest.approx(expected)
    assert compare_pair(find(), second, first) == pytest.approx(1 - expected)
    assert compare_pair(find(), first, first) == 0.5


def test_of_two_towns_that_cannot_vary_the_one_with_more_is_surely_above() -> None:
    one = pd.DataFrame({"lon": [8.0] * 6 + [2.0] * 3, "lat": 47.4})
    table = pd.concat([one.assign(record_id="a"), one.assign(record_id="b")])
    with pytest.warns(gii_geo.DataWarning):
        result = gii_geo.find_regions({"patent": table}, Settings(min_addresses=3))
    number = result.formed.ranking["score"].idxmax()
    other = result.formed.ranking["score"].idxmin()
    assert compare_pair(result, number, other) == 1
    assert compare_pair(result, other, number) == 0
    assert result.regions[["rank_low", "rank_high"]].to_numpy().tolist() == [[1, 1], [2, 2]]


def test_where_a_kind_is_of_one_record_pairs_are_as_open_as_ranks() -> None:
    patents = pd.DataFrame({"kind": "patent", "lon": [8.0] * 60 + [2.0] * 40, "lat": 47.4})
    deal = pd.DataFrame({"kind": "deal", "lon": [2.0], "lat": 47.4})
    with pytest.warns(gii_geo.DataWarning):
        result = gii_geo.find_regions(pd.concat([patents, deal]), Settings(min_addresses=3))
    assert result.regions[["rank_low", "rank_high"]].to_numpy().tolist() == [[1, 2], [1, 2]]
    assert result.confidence_above("R0001", "R0002") == 0.5
    assert result.again(score_weights={"deal": 0}).confidence_above("R0001", "R0002") > 0.95


@pytest.mark.parametrize(("towns", "told"), [(100, "surely"), (101, "maybe")])
def test_of_one_record_every_rank_of_a_hundred_is_surely_among_them(towns: int, told: str) -> None:
    table = pd.DataFrame({"lon": range(1, towns + 1), "lat": 0.0}).assign(record_id="a")
    settings = Settings(min_addresses=1, rank_sets=False)
    with pytest.warns(gii_geo.DataWarning):
        result = gii_geo.find_regions({"patent": table}, settings)
    sets = rank_surely(result.world, result.formed, result.settings, confidence=0.95)
    assert set(sets["top_100"]) == {told}
    assert sets[["rank_low", "rank_high"]].drop_duplicates().to_numpy().tolist() == [[1, towns]]
    ignored = result.settings.replace(score_weights={"patent": 0.0, "deal": 1.0})
    assert not sure._is_unknowable(result.formed.tally, ignored)


def test_of_too_many_regions_the_sets_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    result = find()
    monkeypatch.setattr(sure, "MOST_REGIONS", 4)
    asked: dict[str, Any] = {"confidence": 0.95, "simultaneous": False}
    assert ask()["rank_low"].notna().all()
    assert rank_apart(result.formed, result.settings, **asked)["rank_low"].notna().all()
    monkeypatch.setattr(sure, "MOST_REGIONS", 3)
    for sets in (ask(), rank_apart(result.formed, result.settings, **asked)):
        assert sets.index.tolist() == result.formed.ranking.index.tolist()
        assert sets.isna().all(axis=None)
    with pytest.raises(ValueError, match="Invalid confidence"):
        rank_surely(result.world, result.formed, result.settings, confidence=0.4)


def count(**kinds: int) -> Tally:
    """Count so many records of each kind."""
    rows = [kind for kind, many in kinds.items() for _ in range(many)]
    return count_world(gii_geo.read_world(pd.DataFrame({"kind": rows, "lon": 8.0, "lat": 47.4})))


def test_what_is_told_of_rank_sets_hangs_on_regions_and_records() -> None:
    tally = count(deal=40)
    independent = "Rank sets take the records of deal as independent (no column group): the"
    (note,) = describe_unsure(tally, MOST_REGIONS)
    assert note.startswith(independent)
    (note,) = describe_unsure(tally, MOST_REGIONS + 1)
    assert note.startswith("The ranks that regions may have are told for up to 1,500 regions; fou")
    assert describe_unsure(tally, 0) == []
    first, second = describe_unsure(count(deal=39), 1)
    assert first == describe_unsure(tally, 1)[0]
    assert "found 39 of deal, must be 40 records" in second
    first, second = describe_unsure(count(patent=41, publication=2, deal=3), 1)
    assert "records of patent, publication and deal as independent" in first
    assert "found 2 of publication, 3 of deal, must" in second


def test_a_rank_is_printed_with_others_only_where_there_are_others() -> None:
    assert print_rank({"rank": 7}) == "7"
    assert print_rank({"rank": 7, "rank_low": pd.NA, "rank_high": pd.NA}) == "7"
    assert print_rank({"rank": 7, "rank_low": 7, "rank_high": 7}) == "7"
    assert print_rank({"rank": 7, "rank_low": 6, "rank_high": 7}) == "7 (6–7)"


def test_the_largest_weight_is_of_a_kind_that_has_records() -> None:
    result = find()
    for weights, largest in (
        ({"deal": 0.5, "patent": 9.0}, 0.5),
        ({"patent": 9.0}, 1.0),
        ({"deal": 0.0, "patent": 1.0}, 1.0),
    ):
        asked = result.settings.replace(score_weights=weights)
        assert sure._find_largest(result.formed, asked) == largest
