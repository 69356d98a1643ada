"""Why a region has its rank, by hand: parts of the score, what would bring it level, merges."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import gii_geo
from gii_geo import Result, Settings
from gii_geo.tables import InputError
from gii_geo.trust.explain import weigh_kinds

TOWNS = {"A": 0.0, "B": 10.0, "C": 20.0}
HELD = {"A": (50, 10), "B": (30, 20), "C": (5, 25)}
"""Patents and deals."""


def make_rows(held: dict[str, tuple[int, int]]) -> pd.DataFrame:
    """Put addresses into towns far apart, on the equator."""
    rows = [
        (kind, TOWNS[town])
        for town, counts in held.items()
        for kind, count in zip(("patent", "deal"), counts, strict=True)
        for _ in range(count)
    ]
    return pd.DataFrame(rows, columns=["kind", "lon"]).assign(lat=1.0)


@pytest.fixture(scope="module")
def result() -> Result:
    return gii_geo.find_regions(make_rows(HELD), Settings(min_addresses=5))


def test_the_parts_of_a_score_by_hand(result: Result) -> None:
    told = result.explain("R0002").kinds  # B: 30 of 85 patents, 20 of 55 deals
    assert told["kind"].tolist() == ["patent", "deal"]
    assert told["points"].to_numpy() == pytest.approx([30 / 85, 20 / 55])
    assert told["part"].sum() == pytest.approx(1)
    assert result.explain("R0001").kinds["rank_without"].tolist() == [3, 1]
    assert told["rank_without"].tolist() == [2, 2]


@pytest.mark.parametrize(("place", "kind"), [(0, "patent"), (1, "deal")])
def test_so_many_records_more_bring_a_region_level_with_the_next(
    result: Result, place: int, kind: str
) -> None:
    told = result.explain("R0002")
    more = told.kinds["records_to_pass"].iloc[place]
    regions = result.regions.set_index("region_id")
    assert told.next_above == regions.loc["R0001", "name"]
    total = {"patent": 85, "deal": 55}[kind]
    other = {"patent": "deal", "deal": "patent"}[kind]
    records = regions[f"{kind}s"]
    own = (records["R0002"] + more) / (total + more) + regions.loc["R0002", f"{other}_share"]
    next_one = records["R0001"] / (total + more) + regions.loc["R0001", f"{other}_share"]
    assert own == pytest.approx(next_one)


@pytest.mark.parametrize("weight", [1e-17, 1.0, 777.0, 1e9])
def test_the_rank_without_a_kind_is_that_of_a_run_without_it_at_any_weight(weight: float) -> None:
    held = {"A": (30, 7), "B": (13, 7), "C": (9, 5)}
    weights = {"patent": weight, "deal": weight / 10}
    told = gii_geo.find_regions(make_rows(held), Settings(min_addresses=5, score_weights=weights))
    for kind in ("patent", "deal"):
        ranks = told.again(score_weights={**weights, kind: 0}).regions["rank"].tolist()
        found = [told.explain(region_id).kinds for region_id in told.regions["region_id"]]
        without = [int(one.set_index("kind")["rank_without"][kind]) for one in found]
        assert sorted(without) == sorted(ranks)


def test_what_brings_a_region_level_is_no_record_more_than_that() -> None:
    held = {"A": (30, 7), "B": (13, 7), "C": (7, 7)}
    for weight in (1.0, 777.0):
        settings = Settings(min_addresses=5, score_weights={"patent": weight})
        told = gii_geo.find_regions(make_rows(held), settings).explain("R0003")
        assert told.kinds["records_to_pass"].iloc[0] == pytest.approx(6)
        assert "6 patents" in str(told)


def test_the_first_has_none_above_and_no_region_is_refused(result: Result) -> None:
    first = result.explain("R0001")
    assert first.next_above is None
    assert first.kinds["records_to_pass"].isna().all()
    with pytest.raises(InputError, match=r"Invalid region_id 'R9999'\. Must be a region of"):
        result.explain("R9999")


def test_what_a_weight_of_nothing_cannot_do_is_not_told(result: Result) -> None:
    told = result.again(score_weights={"deal": 0}).explain("R0002").kinds
    assert np.isnan(told["records_to_pass"].iloc[1])
    assert told["part"].tolist() == [1, 0]


def test_without_merges_the_parts_rank_by_themselves() -> None:
    # Three dense places: the first two have a gap of 16 km and merge at 20.
    lon = np.repeat([0.0, 0.144, 30.0], [20, 10, 25])
    rows = pd.DataFrame({"kind": "patent", "lon": lon, "lat": 1.0})
    result = gii_geo.find_regions(rows, Settings(min_addresses=5, gap_km=20))
    merged = result.explain("R0001")
    assert merged.region["rank"] == 1
    assert merged.parts["rank"].to_dict() == {0: 2, 1: 3}
    assert merged.parts["share"].to_numpy() == pytest.approx([2 / 3, 1 / 3])
    assert "of 2 clusters; if nothing merged" in repr(merged)
    assert "(67% of it) would be rank 2" in repr(merged)
    assert "one cluster; if nothing merged, rank 1" in repr(result.explain("R0002"))


def test_an_explanation_shows_itself_without_a_tag_of_the_names(result: Result) -> None:
    told = result.explain("R0001")
    object.__setattr__(told, "region", {**told.region, "name": "<b>A</b>"})
    assert "&lt;b&gt;A" in told._repr_html_()
    assert "<b>A" not in told._repr_html_()


def test_locations_economies_and_cities_are_the_regions_own(result: Result) -> None:
    told = result.explain("R0003")
    assert told.locations["lon"].tolist() == [20.0]
    assert told.locations["share"].tolist() == [1.0]
    assert list(told.economies) == ["economy", "share", "location_share"]
    assert list(told.cities) == ["city", "share"]


# What makes the differences in score


def test_the_part_of_each_kind_in_the_variance_of_scores() -> None:
    shares = pd.DataFrame({"patent_share": [0.4, 0.1, 0.1], "deal_share": [0.2, 0.2, 0.2]})
    told = weigh_kinds(shares.assign(score=shares.sum(axis=1)), {})
    assert told == {"patent": 1.0, "deal": 0.0}
    halved = shares["patent_share"] / 2 + shares["deal_share"]
    assert weigh_kinds(shares.assign(score=halved), {"patent": 0.5}) == {"patent": 1.0, "deal": 0.0}
    assert weigh_kinds(shares.head(1).assign(score=0.6), {}) == {}


# A above B


def test_one_above_another_by_hand(result: Result) -> None:
    # Shares of counted places: variance p (1 - p) / n, covariance -p q / n.
    noise = 0.0
    for n, a, b in ((85, 50, 30), (55, 10, 20)):
        p, q = a / n, b / n
        noise += (p * (1 - p) + q * (1 - q) + 2 * p * q) / n
    score = result.regions["score"]
    z = (score[0] - score[1]) / np.sqrt(noise)

    assert result.confidence_above("R0001", "R0002") == pytest.approx(norm.cdf(z))
    assert result.confidence_above("R0002", "R0001") == pytest.approx(norm.sf(z))
    assert result.confidence_above("R0001", "R0001") == 0.5
