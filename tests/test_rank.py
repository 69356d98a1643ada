"""Shares, scores and ranks: by hand, ties, and WIPO's printed columns of 2023."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gii_geo.regions.rank import rank_regions
from gii_geo.tables import KINDS, PLURAL, RECORD_UNITS

PUBLISHED = Path(__file__).parents[1] / "data" / "published" / "gii_clusters_2023.csv"
EQUAL = dict.fromkeys(KINDS, 1.0)


def make_units(patents: list[int], publications: list[int], deals: list[int]) -> pd.DataFrame:
    table = np.array([patents, publications, deals]).T * RECORD_UNITS
    return pd.DataFrame(table, columns=[f"{kind}_weight" for kind in KINDS])


def make_totals(patents: int, publications: int, deals: int) -> dict[str, int]:
    totals = (patents, publications, deals)
    return {kind: total * RECORD_UNITS for kind, total in zip(KINDS, totals, strict=True)}


def test_the_score_is_the_sum_of_the_shares() -> None:
    units = make_units([10, 5], [0, 20], [1, 1])
    ranked = rank_regions(units, totals=make_totals(20, 40, 4), score_weights=EQUAL)
    assert ranked["patents"].tolist() == [10.0, 5.0]
    assert ranked["patent_share"].tolist() == [0.5, 0.25]
    assert ranked["publication_share"].tolist() == [0.0, 0.5]
    assert ranked["deal_share"].tolist() == [0.25, 0.25]
    assert ranked["score"].tolist() == [0.75, 1.0]
    assert ranked["rank"].tolist() == [2, 1]


def test_a_kind_can_weigh_more() -> None:
    units = make_units([10, 5], [0, 20], [1, 1])
    weights = {"patent": 3.0, "publication": 1.0, "deal": 0.0}
    ranked = rank_regions(units, totals=make_totals(20, 40, 4), score_weights=weights)
    assert ranked["score"].tolist() == [1.5, 1.25]


def test_fractions_of_a_record_are_counted() -> None:
    units = make_units([1], [1], [1]) // 24
    ranked = rank_regions(units, totals=make_totals(1, 1, 1), score_weights=EQUAL)
    assert ranked.loc[0, "patents"] == pytest.approx(1 / 24, rel=1e-15)


def test_a_kind_without_records_has_no_share_and_does_not_score() -> None:
    ranked = rank_regions(
        make_units([1], [1], [0]), totals=make_totals(2, 2, 0), score_weights=EQUAL
    )
    assert np.isnan(ranked.loc[0, "deal_share"])
    assert ranked.loc[0, "score"] == 1.0


def test_equal_scores_share_the_better_rank_and_the_next_is_skipped() -> None:
    units = make_units([1, 3, 3, 2], [0] * 4, [0] * 4)
    ranked = rank_regions(units, totals=make_totals(9, 1, 1), score_weights=EQUAL)
    assert ranked["rank"].tolist() == [4, 1, 1, 3]


def test_scores_that_are_the_same_fraction_share_a_rank_whatever_kinds_they_come_from() -> None:
    """Summed share by share, 3/60 + 4/60 + 2/60 is less than 4/60 + 2/60 + 3/60."""
    units = make_units([3, 4, 0], [4, 2, 9], [2, 3, 0])
    ranked = rank_regions(units, totals=make_totals(60, 60, 60), score_weights=EQUAL)
    assert ranked["rank"].tolist() == [1, 1, 1]
    assert ranked["score"].tolist() == [0.15] * 3
    units = make_units([3, 2], [0, 1], [0, 0])
    ranked = rank_regions(units, totals=make_totals(10, 10, 1), score_weights=EQUAL)
    assert ranked["rank"].tolist() == [1, 1]
    uneven = {"patent": 0.1, "publication": 0.2, "deal": 0.3}
    ranked = rank_regions(
        make_units([6, 4, 0], [0, 1, 3], [0, 0, 0]),
        totals=make_totals(7, 7, 7),
        score_weights=uneven,
    )
    assert ranked["score"].iloc[0] == ranked["score"].iloc[1] == ranked["score"].iloc[2]


def test_the_order_of_the_rows_changes_nothing() -> None:
    rng = np.random.default_rng(5)
    units = make_units(*rng.integers(0, 50, (3, 40)).tolist())
    totals = make_totals(4000, 4000, 4000)
    ranked = rank_regions(units, totals=totals, score_weights=EQUAL)
    order = rng.permutation(40)
    shuffled = rank_regions(units.iloc[order], totals=totals, score_weights=EQUAL)
    pd.testing.assert_frame_equal(shuffled.sort_index(), ranked)


def test_no_region_gives_an_empty_ranking() -> None:
    ranked = rank_regions(make_units([], [], []), totals=make_totals(1, 1, 1), score_weights=EQUAL)
    assert ranked.empty
    assert {"rank", *PLURAL.values(), "score"} <= set(ranked.columns)


def test_the_printed_shares_and_order_of_2023_are_reproduced() -> None:
    printed = pd.read_csv(PUBLISHED)
    printed = printed[printed["rank"] <= 34]
    assert len(printed) == 34
    units = make_units(
        printed["pct_applications"].astype(int).tolist(),
        printed["publications"].astype(int).tolist(),
        [0] * 34,
    )
    totals = make_totals(1_255_560, 7_459_000, 0)
    ranked = rank_regions(units, totals=totals, score_weights=EQUAL)
    for ours, theirs in (
        ("patent_share", "share_patents_pct"),
        ("publication_share", "share_publications_pct"),
        ("score", "total_share_pct"),
    ):
        assert (100 * ranked[ours]).round(1).tolist() == printed[theirs].tolist()
    assert ranked["rank"].tolist() == printed["rank"].tolist()


def test_what_is_known_of_2025_is_reproduced_and_deals_turn_the_first_two_around() -> None:
    # Totals amid what the printed counts and shares allow: patents 1.306 to 1.313 million,
    # publications 7.90 to 8.24 million, deals 234 to 240 thousand.
    totals = {"patent": 1_310_000, "publication": 8_000_000, "deal": 237_000}
    counts = {
        "patent": [117_542, 135_129],
        "publication": [193_635, 115_773],
        "deal": [6_916, 5_154],
    }
    units = pd.DataFrame(
        {f"{kind}_weight": np.array(values) * RECORD_UNITS for kind, values in counts.items()},
        index=["Shenzhen–Hong Kong–Guangzhou", "Tokyo–Yokohama"],
    )
    world = {kind: total * RECORD_UNITS for kind, total in totals.items()}
    ranked = rank_regions(units, totals=world, score_weights=dict.fromkeys(KINDS, 1.0))
    assert (100 * ranked["patent_share"]).round(1).tolist() == [9.0, 10.3]
    assert (100 * ranked["deal_share"]).round(1).tolist() == [2.9, 2.2]
    assert round(100 * ranked["publication_share"].iloc[0], 1) == 2.4
    assert ranked["rank"].tolist() == [1, 2]
    without = rank_regions(
        units, totals=world, score_weights={"patent": 1, "publication": 1, "deal": 0}
    )
    assert without["rank"].tolist() == [2, 1]
