"""Stability: worked by hand, by symmetry, and what it must refuse."""

import re
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

import gii_geo
from conftest import RunCli
from gii_geo import Settings
from gii_geo.project import to_geocentric
from gii_geo.regions.form import CLUSTERED, cluster_world, count_regions
from gii_geo.result import Result
from gii_geo.tables import KINDS, InputError
from gii_geo.trust import crew
from gii_geo.trust.delineations import compare_delineations, cross_activity, rate_agreement
from gii_geo.trust.draw import CHOICES, plan_draws
from gii_geo.trust.outcome import REDRAWN, SHARED, Base, Task, find_places
from gii_geo.trust.redraw import redraw_records
from gii_geo.trust.shares import count_merges, find_middle
from gii_geo.trust.spread import Moved, Spread
from gii_geo.trust.stability import Stability

STAY = dict.fromkeys(CHOICES)
"""Every choice as in the run."""

KM = 0.00899
"""A kilometre on the equator, in degrees of longitude, near enough."""


def make_towns(*towns: tuple[float, int]) -> pd.DataFrame:
    """Put so many patents' addresses at so many km along the equator."""
    lon = np.concatenate([np.full(many, 10 + at * KM) for at, many in towns])
    return pd.DataFrame({"kind": "patent", "lon": lon, "lat": 0.0})


def draw_only(*names: str, **ranges: Any) -> dict[str, Any]:
    """Draw these choices and no others, some of them from these ranges."""
    return {name: None for name in CHOICES if name not in {*names, *ranges}} | ranges


def tell_bytes(stability: Stability) -> list[str]:
    tables = [stability.regions, stability.merges, stability.choices, stability.draws]
    return [table.to_csv() for table in (*tables, stability.pairs, stability.redrawn)]


@pytest.fixture(scope="module")
def coarse_world(small_world: pd.DataFrame) -> pd.DataFrame:
    """Put the small world's addresses in some economies, and those alone, on centres of cities."""
    is_city = small_world["economy"].isin(["CH", "SG", "FJ"]) | small_world["economy"].isna()
    centre = small_world[["lon", "lat"]].round(1)
    world = small_world.assign(precision=is_city.map({True: "city", False: "address"}))
    world.loc[is_city, ["lon", "lat"]] = centre[is_city]
    return world


@pytest.fixture(scope="module")
def coarse_result(coarse_world: pd.DataFrame) -> Result:
    return gii_geo.find_regions(coarse_world, Settings(min_addresses=60))


# Two delineations


def test_shared_activity_is_summed_by_hand() -> None:
    a, b = np.array([0, 0, 1, 1, -1, 2]), np.array([1, 1, 1, 0, 0, -1])
    crossing = cross_activity(a, b, np.array([3, 1, 2, 2, 5, 7]), regions=(3, 2))
    assert list(zip(crossing.a.tolist(), crossing.b.tolist(), strict=True)) == [
        *((0, 1), (1, 0), (1, 1))
    ]
    assert crossing.shared.tolist() == [4, 2, 2]
    assert (crossing.of_a.tolist(), crossing.of_b.tolist()) == ([4, 4, 7], [7, 6])
    assert crossing.jaccard == pytest.approx([4 / 6, 2 / 9, 2 / 8])
    assert crossing.find_holders().tolist() == [1, 0, -1]  # of two halves the first
    assert crossing.find_same().tolist() == [1, -1, -1]  # 2 of 7 is less than half


@pytest.mark.parametrize("seed", range(5))
def test_with_equal_activity_the_agreement_is_scikit_learn_s(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.integers(-1, 5, 60), rng.integers(-1, 4, 60)
    alone = np.arange(100, 160)  # who is outside is alone
    expected = adjusted_rand_score(np.where(a < 0, alone, a), np.where(b < 0, alone, b))
    assert rate_agreement(a, b, np.full(60, 7)) == pytest.approx(expected, abs=1e-12)
    assert rate_agreement(b, a, np.full(60, 7)) == pytest.approx(expected, abs=1e-12)


def test_activity_weighs_in_the_agreement() -> None:
    a, b = np.array([0, 0, 1, 1]), np.array([0, 0, 1, 2])
    # Pairs by activity 3, 1, 2, 2: together 3; in a 3 + 4; in b 3; of all 3+6+6+2+2+4 = 23.
    chance = 7 * 3 / 23
    expected = (3 - chance) / (5 - chance)
    assert rate_agreement(a, b, np.array([3, 1, 2, 2])) == pytest.approx(expected)
    assert rate_agreement(a, a, np.array([3.0, 1, 2, 2])) == 1
    assert np.isnan(rate_agreement(a[:0], b[:0], np.ones(0)))
    assert np.isnan(rate_agreement(np.array([-1, 0]), np.array([0, -1]), np.ones(2)))


def test_two_results_are_held_against_each_other_by_place() -> None:
    towns = make_towns((0, 6), (16, 4))
    result = gii_geo.find_regions(towns, Settings(min_addresses=3, gap_km=0))
    wide = result.again(radius_km=17)
    agreement = compare_delineations(result, wide)
    assert agreement.pairs[["region_id", "other_id"]].to_numpy().tolist() == [
        *(["R0001", "R0001"], ["R0002", "R0001"])
    ]
    assert agreement.pairs["activity"].tolist() == pytest.approx([0.6, 0.4])
    assert agreement.pairs["region_share"].tolist() == [1, 1]
    assert agreement.pairs["other_share"].tolist() == pytest.approx([0.6, 0.4])
    assert agreement.pairs["jaccard"].tolist() == pytest.approx([0.6, 0.4])
    assert compare_delineations(result, result).pairs["jaccard"].tolist() == [1, 1]
    elsewhere = gii_geo.find_regions(make_towns((900, 9)), Settings(min_addresses=3))
    assert compare_delineations(result, elsewhere).pairs.empty
    assert gii_geo.compare.compare_delineations is compare_delineations
    for name, pair in (("result", (result.regions, result)), ("other", (result, None))):
        told = f"Invalid {name}. Must be a Result, such as find_regions gives; found "
        with pytest.raises(TypeError, match=re.escape(told)):
            compare_delineations(*pair)  # type: ignore[arg-type]


# What draws come to


def test_the_middle_leaves_out_a_twentieth_at_either_end_and_no_more() -> None:
    rank = np.array([[1.0], [9], [np.nan], [5]])
    assert [end.tolist() for end in find_middle(rank)] == [[1], [9]]
    many = np.random.default_rng(0).permutation(np.arange(1.0, 41)).reshape(-1, 1)
    assert [end.tolist() for end in find_middle(many)] == [[3], [38]]  # 36 of 40
    assert [end.tolist() for end in find_middle(many[:19])] == [
        *([many[:19].min()], [many[:19].max()])
    ]
    assert np.isnan(find_middle(np.full((3, 1), np.nan))[0]).all()
    assert np.isnan(find_middle(np.empty((0, 2)))[1]).all()


def test_mergers_are_counted_by_hand() -> None:
    own = pd.DataFrame(
        {"region_id": ["R3", "R1", "R2"], "name": ["c", "a", "b"], "rank": [3, 1, 2]}
    )
    holders = np.array([[0, 0, 1], [4, 4, 4], [-1, -1, 0], [0, 1, 2]])
    assert count_merges(holders, own)[["region_id", "other_id", "share"]].to_numpy().tolist() == [
        *(["R1", "R3", 0.5], ["R1", "R2", 0.25], ["R2", "R3", 0.25])
    ]
    assert count_merges(holders[:0], own).empty
    assert count_merges(np.empty((2, 0), dtype=np.int64), own[:0]).empty


def test_a_town_that_a_wider_radius_swallows_is_not_found_and_merges_every_time() -> None:
    result = gii_geo.find_regions(
        make_towns((0, 60), (16, 40)), Settings(min_addresses=30, gap_km=0)
    )
    told: list[str] = []
    stability = result.stability(
        draws=7, choices=draw_only(radius_km=(17, 18)), progress=told.append
    )
    table = stability.regions
    assert table["region_id"].tolist() == ["R0001", "R0002"]
    assert table["found_share"].tolist() == [1, 0]
    assert table["rank_5"].tolist() == [1, pd.NA]
    assert table["jaccard"].tolist() == pytest.approx([0.6, 0.4])
    assert table["merged_with"].tolist() == ["R0002", "R0001"]
    assert table["merged_share"].tolist() == [1, 1]
    assert stability.merges["share"].tolist() == [1]
    assert stability.draws["regions"].tolist() == [1] * 7
    assert stability.draws["radius_km"].between(17, 18).all()
    assert stability.draws["radius_km"].nunique() == 7
    assert stability.choices["choice"].tolist() == ["radius_km"]
    assert "7 draws" in repr(stability)
    assert "never" not in stability._repr_html_()


def test_where_every_choice_stays_every_draw_is_the_run(small_result: Result) -> None:
    stability = small_result.stability(draws=3, choices=STAY)
    table = stability.regions
    assert table["found_share"].eq(1).all()
    assert table["jaccard"].eq(1).all()
    assert table["rank_5"].tolist() == table["rank_95"].tolist() == table["rank"].tolist()
    assert table["merged_with"].isna().all()
    assert stability.merges.empty
    assert stability.choices.empty
    assert stability.redrawn.empty
    assert "nothing that moves a rank is drawn" in repr(stability)


def test_a_choice_that_alone_is_drawn_explains_all_of_the_variance() -> None:
    towns = pd.concat(
        [
            make_towns((0, 60), (100, 40)),
            make_towns((0, 36), (100, 64)).assign(kind="deal"),
        ]
    )
    result = gii_geo.find_regions(towns, Settings(min_addresses=20))
    assert result.regions["score"].tolist() == pytest.approx([1.04, 0.96])
    stability = result.stability(draws=12, choices=draw_only("score_weights", gap_km=(4, 6)))
    by_choice = stability.choices.set_index("choice")
    assert by_choice["explained"].to_dict() == {"score_weights": 1, "gap_km": 0}
    moved = by_choice.loc["score_weights"]
    weights = stability.draws[["patent_score_weight", "deal_score_weight"]]
    other_way = (weights @ [0.2, -0.28]) > 0  # of shares 0.6 and 0.36, against 0.4 and 0.64
    assert 0 < other_way.mean() < 1
    assert moved["mean_change"] == pytest.approx(other_way.mean())
    assert moved["most_change"] == 1


# What is drawn


def test_draws_stay_in_their_ranges_and_a_choice_that_is_not_drawn_changes_no_other() -> None:
    plan = plan_draws(Settings(), ("patent", "deal"), None, position_km=3, seed=1)
    drawn = [plan.draw(number) for number in range(200)]
    for name, low, high in (("radius_km", 12, 18), ("gap_km", 0, 10)):
        values = [changes[name][name] for changes in drawn]
        assert low <= min(values) < low + 0.5 < high - 0.5 < max(values) <= high
    shares = np.array([changes["minimum"]["min_share"] for changes in drawn])
    assert shares.min() >= 0.5e-4
    assert shares.max() <= 2e-4
    assert np.median(shares) == pytest.approx(1e-4, rel=0.15)  # as often less as more
    weights = pd.DataFrame([changes["score_weights"]["score_weights"] for changes in drawn])
    assert weights["publication"].eq(1).all()  # of no record here
    assert weights[["patent", "deal"]].sum(axis=1).to_numpy() == pytest.approx(2)
    assert weights["deal"].mean() == pytest.approx(1, abs=0.05)
    for name, words in (("counting", ("fractional", "full")),):
        assert {changes[name][name] for changes in drawn} == set(words)
    fewer = plan_draws(Settings(), ("patent", "deal"), {"gap_km": None}, position_km=3, seed=1)
    assert fewer.draw(7) == {name: part for name, part in drawn[7].items() if name != "gap_km"}
    addresses = Settings(min_addresses=40)
    whole = plan_draws(addresses, ("deal",), None, position_km=0, seed=1)
    assert "score_weights" not in whole.drawn  # one kind has nothing to be weighed against
    assert "positions" not in whole.drawn
    assert 20 <= whole.draw(3)["minimum"]["min_addresses"] <= 80


@pytest.mark.parametrize("km", [0.5, 3.0])
def test_spread_addresses_vary_as_asked_and_sum_up_to_the_same(
    coarse_result: Result, km: float
) -> None:
    tally = coarse_result.formed.tally
    spread = Spread.prepare(tally, km)
    moved = spread.draw(np.random.default_rng(5))
    drawn, whole = moved.drawn, tally.locations
    held = drawn.tally.locations.groupby(drawn.origin).sum().drop(columns=["lon", "lat"])
    pd.testing.assert_frame_equal(held, whole.drop(columns=["lon", "lat"]), check_names=False)
    alone = drawn.tally.alone.groupby(drawn.origin).sum()
    pd.testing.assert_frame_equal(alone, tally.alone, check_names=False)
    lon, lat = drawn.tally.locations["lon"], drawn.tally.locations["lat"]
    assert lon.abs().max() <= 180
    away = to_geocentric(lon, lat) - drawn.tally.sites.xyz
    assert np.abs(away).max() < 20  # metres, of the globe's roundness
    coarse = np.flatnonzero(np.isin(drawn.origin, spread.cities))
    metres = np.linalg.norm(drawn.tally.sites.xyz - tally.sites.xyz[drawn.origin], axis=1)
    addresses = sum(drawn.tally.locations[f"{kind}_addresses"] for kind in tally.kinds)
    squared = np.average(metres[coarse] ** 2, weights=addresses.iloc[coarse])
    assert squared == pytest.approx(2 * (1000 * km) ** 2, rel=0.1)
    other = spread.draw(np.random.default_rng(6)).drawn.tally.locations["lon"]
    assert set(other) != set(lon)


def test_records_move_with_their_addresses(coarse_result: Result) -> None:
    tally = coarse_result.formed.tally
    assert len(tally.records) > 500
    moved = Spread.prepare(tally, 3.0).draw(np.random.default_rng(5))
    assert moved.drawn.tally.records.empty
    records, drawn = moved.recorded.tally.records, moved.recorded
    was = tally.records.groupby(["kind", "record", "location"], observed=True)["addresses"].sum()
    back = records.assign(location=drawn.origin[records["location"]])
    now = back.groupby(["kind", "record", "location"], observed=True)["addresses"].sum()
    assert now.to_dict() == was.to_dict()
    held = drawn.tally.locations
    for kind in tally.kinds:  # nobody stands where no address has moved to
        of_kind = records.loc[records["kind"] == kind, "location"]
        assert (held[f"{kind}_addresses"].to_numpy()[of_kind] > 0).all()
    near = Spread.prepare(tally, 1e-6).draw(np.random.default_rng(5)).recorded
    region = coarse_result.formed.delineation.region[near.origin]
    delineation = replace(
        coarse_result.formed.delineation,
        locations=near.tally.locations.assign(
            region=pd.arrays.IntegerArray(region, region < 0), cluster=0
        ),
    )
    counted = count_regions(near.tally, delineation, "full")
    expected = count_regions(tally, coarse_result.formed.delineation, "full")
    weights = [f"{kind}_weight" for kind in tally.kinds]
    assert counted[weights].equals(expected[weights])


def test_positions_of_no_spread_move_nothing(coarse_result: Result) -> None:
    tally = coarse_result.formed.tally
    moved = Spread.prepare(tally, 0.0).draw(np.random.default_rng(1))
    assert isinstance(moved, Moved)
    assert moved.drawn.tally is moved.recorded.tally is tally
    still, spread = (
        coarse_result.stability(draws=2, choices=draw_only("positions"), position_km=km)
        for km in (0, {"city": 9})
    )
    assert still.regions["jaccard"].eq(1).all()
    assert spread.regions["jaccard"].lt(1).any()


def test_draws_in_a_row_share_where_addresses_moved_to_and_others_do_not(
    coarse_result: Result,
) -> None:
    plan = plan_draws(
        coarse_result.settings, ("deal",), draw_only("positions"), position_km=9, seed=1
    )
    base = Base(coarse_result.formed, plan, find_places([]))
    jaccard = [
        base.ask([Task(number, "")])[0].jaccard.tolist() for number in (0, SHARED - 1, SHARED)
    ]
    assert jaccard[0] == jaccard[1] != jaccard[2]


def test_what_no_draw_can_reach_need_not_move(coarse_result: Result) -> None:
    formed, settings = coarse_result.formed, coarse_result.settings
    plan = plan_draws(settings, ("deal",), None, position_km=3, seed=1)
    movable = Base(formed, plan, find_places([]))._find_movable()
    assert movable is not None
    assert 0 < movable.sum() < len(movable)
    lowest = settings.replace(radius_km=18, min_addresses=30)
    for seed in range(5):  # even where all move
        moved = Spread.prepare(formed.tally, 3.0).draw(np.random.default_rng(seed)).drawn
        for currency in ("addresses", "balanced"):
            asked = lowest.replace(density_weight=currency).pick(*CLUSTERED)
            dense = cluster_world(moved.tally, asked).notna().to_numpy()
            assert dense.any()
            assert movable[moved.origin[dense]].all()


def test_a_draw_of_settings_is_a_run_with_these_settings(small_result: Result) -> None:
    plan = plan_draws(small_result.settings, KINDS, {"radius_km": (5, 20)}, position_km=3, seed=1)
    base = Base(small_result.formed, plan, find_places([]))
    own = small_result.formed.delineation
    for outcome in base.ask([Task(number, "") for number in range(8)]):
        run = small_result.form(outcome.settings)
        assert outcome.regions == len(run.ranking)
        shares = pd.crosstab(
            own.region, run.delineation.region, own.locations["activity"], aggfunc="sum"
        ).fillna(0)
        of_run = shares.sum()
        for region, rank in enumerate(outcome.rank):
            row = shares.loc[region]
            same = [
                number
                for number in row.index[row.index >= 0]
                if row[number] >= 0.5 * row.sum() and row[number] >= 0.5 * of_run[number]
            ]
            expected = run.ranking["rank"].loc[same].tolist() or [np.nan]
            assert [rank] == pytest.approx(expected, nan_ok=True)
            outer = row.drop(-1, errors="ignore")
            either = row.sum() + of_run[outer.index] - outer
            assert outcome.jaccard[region] == pytest.approx((outer / either).max())


def test_redrawn_records_count_as_often_as_a_poisson_number(small_result: Result) -> None:
    tally = small_result.formed.tally
    names = [f"{kind}_addresses" for kind in tally.kinds]
    everything = tally.locations[names].to_numpy().sum()
    totals = []
    for seed in range(200):
        drawn = redraw_records(tally, np.random.default_rng(seed))
        addresses = drawn.tally.locations[names]
        assert addresses.any(axis=1).all()  # where nothing counts there is no location
        totals.append(addresses.to_numpy().sum())
    assert np.mean(totals) == pytest.approx(everything, rel=0.01)
    # Records of several addresses come and go whole: the sum varies more than a count would.
    assert np.var(totals) > 1.3 * everything
    stability = small_result.stability(draws=3, choices=STAY, redraw_records=True)
    assert stability.regions["jaccard"].eq(1).all()
    assert list(stability.redrawn.columns) == [
        *("region_id", "name", "rank", "found_share", "jaccard"),
        *("merged_with", "merged_name", "merged_share"),
    ]
    # Over what is drawn: towns far apart stay what they are, whatever of them is drawn.
    assert stability.redrawn["jaccard"].eq(1).all()
    assert stability.redrawn["found_share"].eq(1).all()
    assert REDRAWN not in stability.choices["choice"].tolist()


def test_a_group_is_redrawn_whole_with_its_records_of_every_kind() -> None:
    spots = pd.DataFrame({"lon": [10.0, 20.0, 30.0], "lat": 1.0})
    at = [0] * 8 + [1] * 8 + [2] * 8 + [1, 2]
    ids = [*(f"r{number}" for number in range(24)), "both", "both"]
    group = [*["own"] * 8, *(f"g{number}" for number in range(8)), *[None] * 8, "own", "own"]
    table = spots.iloc[at].assign(record_id=ids, group=group)
    with pytest.warns(gii_geo.DataWarning):
        result = gii_geo.find_regions(
            {"patent": table, "publication": table.iloc[:16]}, Settings(min_addresses=1)
        )
    several = []
    for seed in range(400):
        drawn = redraw_records(result.formed.tally, np.random.default_rng(seed))
        counts = drawn.tally.locations.set_index("lon").reindex([10.0, 20.0, 30.0]).fillna(0)
        patents, papers = counts["patent_addresses"], counts["publication_addresses"]
        times = patents[10.0] / 8
        assert times == papers[10.0] / 8 == int(times)
        assert patents[20.0] - times == papers[20.0]
        several.append([times, papers[20.0], patents[30.0] - times])
    # A group of 8 records comes so many times or not at all, as one record would; 8 groups of one
    # record vary as 8 records of no group.
    assert np.mean(several, axis=0) == pytest.approx([1, 8, 8], rel=0.12)
    assert np.var(several, axis=0) == pytest.approx([1, 8, 8], rel=0.25)


# The same bytes


def test_one_core_and_two_and_any_order_of_rows_give_the_same_bytes(
    coarse_world: pd.DataFrame, coarse_result: Result
) -> None:
    asked: dict[str, Any] = {"draws": 6, "redraw_records": True, "pairs": [("Basel", "Mulhouse")]}
    once = coarse_result.stability(**asked, cores=1)
    assert tell_bytes(coarse_result.stability(**asked, cores=2)) == tell_bytes(once)
    shuffled = gii_geo.find_regions(
        coarse_world.sample(frac=1, random_state=1), coarse_result.settings
    )
    assert tell_bytes(shuffled.stability(**asked)) == tell_bytes(once)
    assert tell_bytes(coarse_result.stability(**asked | {"seed": 2})) != tell_bytes(once)
    fewer = coarse_result.stability(draws=5)
    pd.testing.assert_frame_equal(fewer.draws, once.draws.head(5))
    assert once.choices["choice"].nunique() == len(CHOICES) == len(once.choices)
    assert once.choices["mean_change"].is_monotonic_decreasing


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "hdbscan"},
        {"min_link_share": 0.1, "max_link_km": 20_000},
        {"counting": "full", "share_of": "placed"},
        {"kinds": ("deal",), "years": {"deal": (2012, 2018)}, "min_addresses": 20},
    ],
)
def test_draws_follow_every_kind_of_question(
    coarse_result: Result, changes: dict[str, Any]
) -> None:
    result = coarse_result.again(**changes)
    stability = result.stability(draws=2, redraw_records=True)
    assert len(stability.regions) == len(result.regions) > 0
    assert stability.regions["found_share"].max() == 1
    still = result.stability(draws=1, choices=STAY)
    assert still.regions["rank_5"].tolist() == result.regions["rank"].tolist()


# Edges


def test_places_are_told_to_be_together_by_hand(small_result: Result) -> None:
    pairs = [("Basel", "Mulhouse"), ((7.59, 47.56), (103.82, 1.35)), ("Basel", (0.0, 0.0))]
    stability = small_result.stability(draws=2, choices=STAY, pairs=pairs)  # type: ignore[arg-type]
    assert stability.pairs["together"].tolist() == [1, 0, 0]
    assert stability.pairs["place_a"].tolist() == ["Basel (CH)", "7.59, 47.56", "Basel (CH)"]


def test_no_region_and_no_location_give_empty_tables(small_world: pd.DataFrame) -> None:
    for world, settings in (
        (small_world, Settings(min_addresses=10_000)),
        (small_world.assign(lon=np.nan), Settings()),
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            stability = gii_geo.find_regions(world, settings).stability(draws=2)
        assert len(stability.draws) == 2
        assert stability.regions.empty
        assert stability.choices["mean_change"].isna().all()
        assert "0 of 0 regions" in repr(stability)


def test_without_coarse_addresses_none_is_moved_and_that_is_said(small_result: Result) -> None:
    stability = small_result.stability(draws=1)
    assert "positions" not in stability.choices["choice"].tolist()
    assert "No address is said to be placed by its city alone" in repr(stability)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"draws": 0}, r"Invalid draws 0\. Must be a whole number, 1 or more\."),
        ({"draws": True}, "Invalid draws True"),
        ({"draws": 2.5}, r"Invalid draws 2\.5"),
        ({"seed": -1}, "Invalid seed -1"),
        ({"seed": "x"}, "Invalid seed 'x'"),
        ({"cores": 0}, r"Invalid cores 0\. Must be a whole number, 1 or more\."),
        ({"choices": {"radius": (1, 2)}}, "Invalid choice 'radius'.*did you mean radius_km"),
        ({"choices": {"radius_km": (18, 12)}}, r"Invalid range \(18, 12\) of radius_km"),
        ({"choices": {"radius_km": (0, 12)}}, "Invalid radius_km 0"),
        ({"choices": {"radius_km": 12}}, "Invalid range 12 of radius_km"),
        ({"choices": {"radius_km": (1, float("nan"))}}, "Invalid range"),
        ({"choices": {"minimum": (0, 2)}}, "Invalid minimum 0"),
        ({"choices": {"gap_km": (-1, 2)}}, "Invalid gap_km -1"),
        ({"choices": {"counting": (0, 1)}}, r"Invalid range \(0, 1\) of counting. Must be None"),
        ({"position_km": -1}, "Invalid position_km -1"),
        ({"position_km": {"street": 1}}, "Invalid precision 'street' in position_km"),
        ({"position_km": "3"}, "Invalid position_km '3'"),
        ({"pairs": ["Basel"]}, "Invalid pair 'Basel'"),
        ({"pairs": ["Ys"]}, "Invalid pair 'Ys'"),
        ({"pairs": [("Basel", "Mulhouse", "Basel")]}, "Invalid pair"),
        ({"pairs": [("Basel", "Xyzzyx")]}, "Invalid place 'Xyzzyx'"),
        ({"pairs": [("Basel", (1.0,))]}, "Invalid place"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_a_sentence(
    small_result: Result, asked: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        small_result.stability(**{"draws": 1, **asked})


def test_an_interrupt_keeps_what_is_done(
    small_result: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "_TOLD_EVERY", 0.0)

    def interrupt(words: str) -> None:
        assert words.endswith("s left")
        raise KeyboardInterrupt

    stability = small_result.stability(draws=500, progress=interrupt)
    assert 0 < len(stability.draws) < 500
    assert f"{len(stability.draws)} of 500 draws" in repr(stability)
    assert "interrupted" in repr(stability)
    whole = small_result.stability(draws=len(stability.draws))
    pd.testing.assert_frame_equal(stability.draws, whole.draws)
    pd.testing.assert_frame_equal(stability.regions, whole.regions)


def test_an_interrupt_before_anything_is_done_goes_through() -> None:
    def work(_: int) -> int:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        crew.work_through([1, 2], work, cores=1, tell=lambda *_: None)


# The command line


def test_the_command_prints_and_writes_what_is_found(
    coarse_world: pd.DataFrame, tmp_path: Path, run_cli: RunCli
) -> None:
    path, out = tmp_path / "all.parquet", tmp_path / "stable.csv"
    coarse_world.to_parquet(path)
    words = ["stability", "--addresses", path, "--set", "min_addresses=60", "--draws", 2]
    said = run_cli(*words, "--range", "radius_km=14-16", "counting=none", "--out", out)
    assert said.exit_code == 0, said.stderr
    assert "Stability over 2 draws (seed 1)" in said.stdout
    assert "14 to 16 km" in said.stdout
    assert "counting" not in said.stdout
    written = pd.read_csv(out)
    assert written["region_id"].tolist() == ["R0001", "R0002", "R0003", "R0004"]
    assert written["found_share"].between(0, 1).all()
    assert "redrawn_found_share" not in written
    said = run_cli(*words, "--redraw-records", "--out", out)
    assert "other records" in said.stdout
    assert pd.read_csv(out)["redrawn_found_share"].between(0, 1).all()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--draws", "0"], "Invalid draws 0"),
        (["--range", "radius_km=x"], "Invalid range radius_km=x"),
        (["--range", "radius=1-2"], "did you mean radius_km"),
        (["--position-km", "-1"], "Invalid position_km -1"),
        (["--seed", "-1"], "Invalid seed -1"),
        (["--out", "no/such/folder.csv"], "a folder that exists"),
    ],
)
def test_the_command_refuses_before_it_reads(
    words: list[str], sentence: str, tmp_path: Path, run_cli: RunCli
) -> None:
    said = run_cli("stability", "--addresses", tmp_path / "none.csv", *words)
    assert said.exit_code == 2
    assert sentence in said.stderr
    assert said.stderr.count("\n") == 1
