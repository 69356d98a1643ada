"""How sure a rank is: covariances by hand, rank sets by hand and where ranks are known."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

import gii_geo
from gii_geo.regions.tally import count_world
from gii_geo.trust.covariance import covary_scores, covary_shares
from gii_geo.trust.rank_sets import RankSets, find_rank_sets

FloatArray = npt.NDArray[np.float64]

HERE, THERE, OUTSIDE, NOWHERE = (7.6, 47.6), (8.5, 47.4), (0.5, 50.0), (None, None)
RECORDS = {
    "whole": [HERE],
    "halves": [HERE, THERE],
    "half placed": [HERE, NOWHERE],
    "outside": [OUTSIDE],
    "mostly outside": [THERE, OUTSIDE, OUTSIDE, NOWHERE],
    "lost": [NOWHERE],
}
PARTS = np.array([[1, 0], [0.5, 0.5], [0.5, 0], [0, 0], [0, 0.25], [0, 0]])
"""Of each record in the regions here and there."""
PLACED = np.array([1, 1, 0.5, 1, 0.75, 0])

# The covariance


@pytest.mark.parametrize("counting", ["fractional", "full"])
@pytest.mark.parametrize("share_of", ["all", "placed"])
def test_the_covariance_is_that_of_the_records_one_by_one(counting: str, share_of: str) -> None:
    rows = [("deal", record, *place) for record, spots in RECORDS.items() for place in spots]
    table = pd.DataFrame(rows, columns=["kind", "record_id", "lon", "lat"])
    tally = count_world(gii_geo.read_world(table.astype({"lon": "float64", "lat": "float64"})))
    lon = tally.locations["lon"].to_numpy()
    region = np.select([lon == HERE[0], lon == THERE[0]], [0, 1], -1)
    asked = SimpleNamespace(counting=counting, share_of=share_of)
    found = covary_shares(tally, region, asked)
    full = counting == "full"
    parts, placed = (np.ceil(PARTS), np.ceil(PLACED)) if full else (PARTS, PLACED)
    counted = placed if share_of == "placed" else np.ones(len(RECORDS))
    share = parts.sum(axis=0) / counted.sum()
    apart = parts - np.outer(counted, share)
    assert list(found) == [("deal", "deal")]
    assert found["deal", "deal"] == pytest.approx(apart.T @ apart / counted.sum() ** 2, rel=1e-8)


def test_two_of_four_records_in_a_region_have_the_variance_of_a_coin() -> None:
    rows = [("deal", *(HERE if number < 2 else OUTSIDE)) for number in range(4)]
    tally = count_world(gii_geo.read_world(pd.DataFrame(rows, columns=["kind", "lon", "lat"])))
    region = np.where(tally.locations["lon"] == HERE[0], 0, -1)
    shares = covary_shares(tally, region, SimpleNamespace(counting="fractional", share_of="all"))
    assert shares["deal", "deal"].tolist() == [[0.25 / 4]]
    assert covary_scores(shares, {"deal": 2.0}, regions=1).tolist() == [[0.25]]


# Rank sets by hand


def span(sets: RankSets) -> list[tuple[int, int]]:
    return list(zip(sets.low.tolist(), sets.high.tolist(), strict=True))


@pytest.mark.parametrize("simultaneous", [False, True])
@pytest.mark.parametrize(
    ("score", "variance", "spans", "first"),
    [
        pytest.param([], [], [], [], id="no region"),
        pytest.param([5], [1], [(1, 1)], ["surely"], id="one region"),
        pytest.param([1.7, 0], [0.5] * 2, [(1, 2), (1, 2)], ["maybe"] * 2, id="1.7 deviations"),
        pytest.param([2.3, 0], [0.5] * 2, [(1, 1), (2, 2)], ["surely", "no"], id="2.3 deviations"),
        pytest.param([0, 2.3], [0.5] * 2, [(2, 2), (1, 1)], ["no", "surely"], id="the other way"),
        pytest.param([3, 3, 3], [1] * 3, [(1, 3)] * 3, ["maybe"] * 3, id="ties"),
        pytest.param(
            [3, 3, 1], [0] * 3, [(1, 2)] * 2 + [(3, 3)], ["maybe"] * 2 + ["no"], id="no noise"
        ),
        pytest.param(
            [0, 0, 9], [0, 0, 1], [(2, 3)] * 2 + [(1, 1)], ["no"] * 2 + ["surely"], id="empty"
        ),
    ],
)
def test_rank_sets_by_hand(
    score: list[float],
    variance: list[float],
    spans: list[tuple[int, int]],
    first: list[str],
    simultaneous: bool,  # noqa: FBT001
) -> None:
    covariance = np.diag(np.array(variance, dtype=np.float64))
    sets = find_rank_sets(
        np.array(score, dtype=np.float64), covariance, simultaneous=simultaneous, first=1
    )
    assert span(sets) == spans
    assert sets.first.tolist() == first


def test_scores_that_move_together_are_told_apart_by_their_difference_alone() -> None:
    covariance = np.array([[1.0, 0.995], [0.995, 1.0]])  # the difference has a variance of 0.01
    assert span(find_rank_sets(np.array([1.0, 0.7]), covariance)) == [(1, 1), (2, 2)]
    same = np.ones((2, 2))
    assert span(find_rank_sets(np.array([1.0, 0.7]), same)) == [(1, 1), (2, 2)]
    assert span(find_rank_sets(np.array([1.0, 1.0]), same)) == [(1, 2), (1, 2)]


def make_field(regions: int) -> tuple[FloatArray, FloatArray]:
    """Make scores that crowd towards the end, and a covariance with neighbours."""
    rng = np.random.default_rng(3)
    parts = rng.standard_normal((regions, 3 * regions)) / np.sqrt(3 * regions)
    return np.sort(rng.exponential(4, regions))[::-1].copy(), parts @ parts.T


@pytest.mark.parametrize("simultaneous", [False, True])
def test_neither_the_order_nor_the_unit_of_scores_changes_a_set(
    simultaneous: bool,  # noqa: FBT001
) -> None:
    score, covariance = make_field(30)
    sets = find_rank_sets(score, covariance, simultaneous=simultaneous, first=10)
    order = np.random.default_rng(0).permutation(30)
    moved = find_rank_sets(
        score[order] * 4, covariance[np.ix_(order, order)] * 16, simultaneous=simultaneous, first=10
    )
    for one, other in zip(sets, moved, strict=True):
        assert one[order].tolist() == other.tolist()


def test_sets_hold_the_rank_and_widen_with_what_is_promised() -> None:
    score, covariance = make_field(30)
    rank = np.arange(1, 31)
    marginal, strict, all_at_once = (
        find_rank_sets(score, covariance, **asked)
        for asked in ({}, {"confidence": 0.999}, {"simultaneous": True})
    )
    for wide in (strict, all_at_once):
        assert (wide.low <= marginal.low).all()
        assert (marginal.high <= wide.high).all()
        assert (wide.high - wide.low).sum() > (marginal.high - marginal.low).sum()
    assert (marginal.low <= rank).all()
    assert (rank <= marginal.high).all()


@pytest.mark.parametrize("confidence", [0.4, 1.0, 95, float("nan")])
def test_a_confidence_that_cannot_be_is_refused(confidence: float) -> None:
    with pytest.raises(
        ValueError, match=r"^Invalid confidence .*\. Must be at least 0\.5 and at most"
    ):
        find_rank_sets(np.ones(2), np.eye(2), confidence=confidence)


# The public package of the same sets


def correlate(regions: int, by: float) -> FloatArray:
    """Give scores of variance 1 the same correlation with each other."""
    return np.full((regions, regions), by) + (1 - by) * np.eye(regions)


NOISE = np.array([0.2, 0.5, 1, 1.5, 2, 0.4, 0.8])
PARTED = np.array([0.26, 0.18, 0.17, 0.11, 0.105, 0.1, 0.04, 0.025])
# Ranks from csranks 1.1.1.9000 (github.com/danielwilhelm/R-CS-ranks) in R 4.2.2, 40,000 draws:
# csranks(x, Sigma, simul = FALSE), its L and U, then simul = TRUE; with cstype "lower" and "upper",
# which tell the first two, it gives the ranks of simul = TRUE.
CSRANKS: dict[str, tuple[list[float], FloatArray, str, str, str, str]] = {
    "three apart": ([9, 5, 0], np.eye(3), "1 2 3", "1 2 3", "1 2 3", "1 2 3"),
    "three, two near": ([5, 1.2, 0.4], np.eye(3), "1 2 2", "1 3 3", "1 2 2", "1 3 3"),
    "five in steps of two": (
        [8, 6, 4, 2, 0],
        np.eye(5) / 2,
        "1 1 2 3 4",
        "2 3 4 5 5",
        "1 1 2 3 4",
        "2 3 4 5 5",
    ),
    "five ties": ([2, 2, 2, 2, 2], np.eye(5), "1 1 1 1 1", "5 5 5 5 5", "1 1 1 1 1", "5 5 5 5 5"),
    "ties between two": (
        [9, 4, 4, 4, -1, -7],
        np.eye(6),
        "1 2 2 2 5 6",
        "1 4 4 4 5 6",
        "1 2 2 2 5 6",
        "1 4 4 4 5 6",
    ),
    "correlated": (
        [3, 2.3, 1, -0.4],
        correlate(4, 0.9),
        "1 1 3 4",
        "2 2 3 4",
        "1 1 3 4",
        "2 2 3 4",
    ),
    "opposed": ([5.5, 2.8, 0], correlate(3, -0.45), "1 1 2", "2 3 3", "1 1 2", "2 3 3"),
    "unequal noise": (
        [10, 9, 7, 6, 3, 1.2, 0],
        np.diag(NOISE**2),
        "1 1 2 2 3 5 5",
        "2 4 5 5 7 7 7",
        "1 1 2 1 3 5 5",
        "3 4 5 5 7 7 7",
    ),
    "shares of 900 records": (
        [*PARTED],
        (np.diag(PARTED) - np.outer(PARTED, PARTED)) / 900,
        "1 2 2 4 4 4 7 7",
        "1 3 3 6 6 6 8 8",
        "1 2 2 4 4 4 7 7",
        "1 3 3 6 6 6 8 8",
    ),
    "ten in a row, neighbours alike": (
        [12, 11, 8, 7.4, 7, 5.5, 5.2, 1.6, 0.7, -3.3],
        0.6 ** np.abs(np.subtract.outer(np.arange(10), np.arange(10))),
        "1 1 3 3 3 3 3 8 8 10",
        "2 2 7 7 7 7 7 9 9 10",
        "1 1 3 3 3 3 3 8 8 10",
        "2 2 7 7 7 7 7 9 9 10",
    ),
}


@pytest.mark.parametrize("case", CSRANKS)
def test_sets_are_those_of_csranks(case: str) -> None:
    scores, covariance, *told = CSRANKS[case]
    low, high, all_low, all_high = (np.array(text.split(), dtype=np.int64) for text in told)
    marginal = find_rank_sets(np.array(scores), covariance, first=2)
    every = find_rank_sets(np.array(scores), covariance, simultaneous=True, first=2)
    assert (marginal.low.tolist(), marginal.high.tolist()) == (low.tolist(), high.tolist())
    assert (every.low.tolist(), every.high.tolist()) == (all_low.tolist(), all_high.tolist())
    first = np.where(all_high <= 2, "surely", np.where(all_low <= 2, "maybe", "no"))
    assert marginal.first.tolist() == every.first.tolist() == first.tolist()


# Where the true ranks are known


def test_sets_cover_ties_where_resampled_ranks_do_not() -> None:
    truth = np.array([20.0, 16, 12, *[8.0] * 10, 4, 3.5, 0])
    best = 1 + (truth > truth[:, None]).sum(axis=1)
    worst = (truth >= truth[:, None]).sum(axis=1)
    rng = np.random.default_rng(1)
    worlds, regions = 150, len(truth)
    covered = {
        name: np.zeros((worlds, regions), dtype=bool) for name in ("own", "all", "resampled")
    }
    first = np.zeros(worlds, dtype=bool)
    for world in range(worlds):
        score = truth + rng.standard_normal(regions)
        for name, simultaneous in (("own", False), ("all", True)):
            sets = find_rank_sets(score, np.eye(regions), simultaneous=simultaneous, first=4)
            covered[name][world] = (sets.low <= best) & (worst <= sets.high)
        sure = (sets.first != "surely") | (worst <= 4)
        first[world] = (sure & ((sets.first != "no") | (best > 4))).all()
        redrawn = score + rng.standard_normal((400, regions))
        ranks = 1 + (-redrawn).argsort(axis=1).argsort(axis=1)
        low, high = np.quantile(ranks, [0.025, 0.975], axis=0)
        covered["resampled"][world] = (low <= best) & (worst <= high)
    assert covered["own"].mean(axis=0).min() >= 0.93
    assert covered["all"].all(axis=1).mean() >= 0.93
    assert first.mean() >= 0.93
    assert covered["resampled"].mean(axis=0).min() < 0.5


# The door


def test_a_result_tells_the_rank_sets_of_its_regions(small_result: gii_geo.Result) -> None:
    sets = small_result.rank_sets()
    regions = small_result.regions
    assert list(sets) == ["region_id", "name", "rank", "rank_low", "rank_high", "top_100"]
    names = ["region_id", "name", "rank"]
    pd.testing.assert_frame_equal(sets[names], pd.DataFrame(regions[names]))
    assert sets["rank"].between(sets["rank_low"], sets["rank_high"]).all()
    assert set(sets["top_100"]) == {"surely"}
    wide = small_result.rank_sets(simultaneous=True, confidence=0.99)
    assert (wide["rank_high"] - wide["rank_low"] >= sets["rank_high"] - sets["rank_low"]).all()
    only = small_result.again(score_weights={"patent": 0, "publication": 0})
    assert only.rank_sets()["region_id"].tolist() == only.regions["region_id"].tolist()


def test_without_a_region_there_is_an_empty_table(small_result: gii_geo.Result) -> None:
    sets = small_result.again(min_addresses=10**6).rank_sets()
    assert len(sets) == 0
    assert sets["rank_low"].dtype == "int64"


CODE = """
import hashlib
import numpy as np
from test_rank_sets import make_field
from gii_geo.trust.rank_sets import find_rank_sets
sets = find_rank_sets(*make_field(200))
print(hashlib.sha256(str([column.tolist() for column in sets]).encode()).hexdigest())
"""


def test_of_one_record_every_rank_is_as_likely() -> None:
    """Three towns share one patent: how it would fall another time nothing tells."""
    table = pd.DataFrame({"lon": [7.6] * 60 + [2.3] * 40 + [13.4] * 20, "lat": 50.0})
    settings = gii_geo.Settings(min_addresses=5)
    with pytest.warns(UserWarning, match="are of one record"):
        regions = gii_geo.find_regions({"patent": table.assign(record_id="a")}, settings).regions
    assert regions[["rank_low", "rank_high"]].to_numpy().tolist() == [[1, 3]] * 3
    sets = gii_geo.find_regions({"patent": table}, settings).regions
    assert sets["rank_high"].tolist() != [3] * 3


def test_one_core_and_two_give_the_same_sets() -> None:
    names = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    said = {
        subprocess.run(
            [sys.executable, "-c", CODE],
            env={**os.environ, **dict.fromkeys(names, cores)},
            cwd=Path(__file__).parent,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for cores in ("1", "2")
    }
    assert len(said) == 1


def test_where_little_is_independent_the_sets_are_said_to_be_too_sure() -> None:
    towns = pd.DataFrame({"kind": "deal", "lon": [8.5] * 30 + [2.35] * 20, "lat": 47.4})
    few = gii_geo.find_regions(towns.head(39), gii_geo.Settings(min_addresses=5))
    told = (
        "Rank sets are too sure where little is independent: found 39 of deal, must be 40 records"
    )
    assert few.provenance["notes"][-1].startswith(told)
    enough = gii_geo.find_regions(towns, gii_geo.Settings(min_addresses=5))
    assert not any("too sure" in note for note in enough.provenance["notes"])
    groups = towns.assign(group=["a", "b"] * 25)
    grouped = gii_geo.find_regions(groups, gii_geo.Settings(min_addresses=5)).provenance["notes"]
    assert any("found 2 of deal" in note for note in grouped)
    one = gii_geo.find_regions(towns.assign(group="a"), gii_geo.Settings(min_addresses=5))
    assert any("as independent (no two groups)" in note for note in one.provenance["notes"])


@pytest.mark.parametrize("weight", [1e-160, 1e-50, 1.0, 1e9])
def test_neither_a_huge_nor_a_tiny_weight_changes_a_set(weight: float) -> None:
    lon = np.repeat([8.5, 2.35, 13.4, 4.9], [60, 40, 38, 20])
    towns = pd.DataFrame({"kind": "deal", "lon": lon, "lat": 47.4})
    settings = gii_geo.Settings(min_addresses=5, score_weights={"deal": weight})
    result = gii_geo.find_regions(towns, settings)
    assert result.regions["rank_low"].tolist() == [1, 1, 2, 4]
    assert result.regions["rank_high"].tolist() == [2, 3, 3, 4]
    assert result.confidence_above("R0001", "R0002") == pytest.approx(0.979, abs=0.002)


@pytest.mark.parametrize("lacking", [1, 2, 4, 6])
@pytest.mark.filterwarnings("ignore::gii_geo.tables.DataWarning")
def test_records_alike_that_are_placed_in_part_leave_no_doubt_and_no_warning(lacking: int) -> None:
    # One address of each is placed, in one town: no draw gives another share.
    ids = [number for number in range(20) for _ in range(lacking + 1)]
    lon = ([8.5] + [None] * lacking) * 20
    rows = pd.DataFrame({"kind": "patent", "record_id": ids, "lon": lon, "lat": 47.4})
    regions = gii_geo.find_regions(rows, gii_geo.Settings(min_addresses=5)).regions
    assert regions[["rank_low", "rank_high"]].to_numpy().tolist() == [[1, 1]]
