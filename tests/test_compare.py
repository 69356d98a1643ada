"""Rankings beside each other: by place, by shared activity, and on the real files."""

import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import gii_geo
from conftest import RunCli
from gii_geo import Result, World, plot
from gii_geo.compare import (
    Comparison,
    compare_economies,
    compare_regions,
    compare_runs,
    count_economies,
)
from gii_geo.demo import DEMO_NOTICE
from gii_geo.export import read_run
from gii_geo.published import read_published, read_published_economies
from gii_geo.tables import KINDS

SHARES = (*(f"{kind}_share" for kind in KINDS), "score")
BASEL, MULHOUSE, ZURICH = (7.58, 47.55), (7.33, 47.75), (8.55, 47.37)
PARIS, LYON, OULU = (2.35, 48.85), (4.85, 45.75), (25.47, 65.01)

Place = tuple[float, float]


def make_run(
    *rows: tuple[str, str, list[Place]], outside: list[Place] | None = None
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Make regions (name, economies, places) by rank, and locations of 10 addresses each.

    The outlines are squares of 0.04 degrees around the places.
    """
    scores = [1 / (rank + 1) for rank in range(len(rows))]
    table = pd.DataFrame(
        {
            "region_id": [f"R{rank:04d}" for rank in range(1, len(rows) + 1)],
            "rank": range(1, len(rows) + 1),
            "name": [row[0] for row in rows],
            "economies": [row[1] for row in rows],
            **dict.fromkeys(SHARES, scores),
        }
    ).astype({"region_id": "str", "name": "str", "economies": "str"})
    shapes = [shapely.MultiPoint(row[2]).buffer(0.02, cap_style="square") for row in rows]
    regions = gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4326")
    placed = [
        (*place, region_id)
        for region_id, row in zip(table["region_id"], rows, strict=True)
        for place in row[2]
    ]
    placed += [(*place, None) for place in outside or []]
    locations = pd.DataFrame(placed, columns=["lon", "lat", "region_id"])
    locations = locations.astype({"region_id": "str"}).assign(activity=1.0)
    for kind, addresses in (("patent", 5), ("publication", 3), ("deal", 2)):
        locations[f"{kind}_addresses"] = addresses
    return regions, locations


def publish(*rows: tuple[int, str, str]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["rank", "name", "economies"])
    table = table.astype({"rank": "Int64", "name": "str", "economies": "str"})
    return table.assign(**dict.fromkeys(SHARES, np.nan))


def match(comparison: Comparison) -> list[Any]:
    """Give our rank for each row of the reference, or the reason why there is none."""
    matches = comparison.matches
    return [
        int(rank) if pd.isna(reason) else reason
        for rank, reason in zip(matches["rank"], matches["reason"], strict=True)
    ]


def compare(
    run: tuple[gpd.GeoDataFrame, pd.DataFrame], *rows: tuple[int, str, str], radius_km: float = 15
) -> Comparison:
    return compare_regions(*run, publish(*rows), radius_km=radius_km)


def test_a_region_is_matched_by_its_place_whatever_its_name() -> None:
    run = make_run(("Grand Est", "FR", [LYON]), ("Seine", "FR", [PARIS]))
    assert match(compare(run, (1, "Paris", "FR"), (2, "Lyon", "FR"))) == [2, 1]


def test_the_same_name_elsewhere_is_no_match() -> None:
    run = make_run(("Paris", "FR", [OULU]))
    reason = "no data: no address within 15 km"
    assert match(compare(run, (1, "Paris", "FR"))) == [reason]


def test_a_city_beside_a_region_matches_within_the_radius_only() -> None:
    # 0.1 degrees of longitude at Paris are 7.3 km, and 7.3 km from the nearest location.
    run = make_run(("West", "FR", [(PARIS[0] - 0.1, PARIS[1])]))
    assert match(compare(run, (1, "Paris", "FR"), radius_km=8)) == [1]
    assert match(compare(run, (1, "Paris", "FR"), radius_km=7)) != [1]


def test_the_nearer_of_two_regions_matches() -> None:
    run = make_run(
        ("Far", "FR", [(PARIS[0] - 0.12, PARIS[1])]), ("Near", "FR", [(PARIS[0] + 0.1, PARIS[1])])
    )
    assert match(compare(run, (1, "Paris", "FR"))) == [2]


def test_an_economy_must_be_in_common() -> None:
    run = make_run(("Basel", "DE;FR", [BASEL]))
    assert match(compare(run, (1, "Basel", "CH"))) == ["other economies: 1 Basel (DE;FR)"]
    run = make_run(("Basel", "DE;CH", [BASEL]))
    assert match(compare(run, (1, "Basel", "CH"))) == [1]


def test_of_two_in_one_region_the_better_rank_matches_and_the_other_is_merged() -> None:
    run = make_run(("Zurich", "CH", [ZURICH, BASEL]))
    expected = "merged into 1 Zurich, matched to 49 Zurich"
    assert match(compare(run, (49, "Zurich", "CH"), (97, "Basel", "CH"))) == [1, expected]


def test_a_first_city_goes_before_a_further_one_and_inside_before_beside() -> None:
    # Lyon has no region, so "Lyon–Paris" is where Paris is, which is "Paris" more than that.
    run = make_run(("Paris", "FR", [PARIS]))
    merged = "merged into 1 Paris, matched to 9 Paris"
    assert match(compare(run, (1, "Lyon–Paris", "FR"), (9, "Paris", "FR"))) == [merged, 1]
    # Mulhouse lies 26 km from Basel, beside the region; Basel inside.
    run = make_run(("Rhine", "CH;FR", [BASEL]))
    both = compare(run, (1, "Mulhouse", "FR"), (9, "Basel", "CH"), radius_km=40)
    assert match(both) == ["merged into 1 Rhine, matched to 9 Basel", 1]


def test_a_further_city_finds_the_region_where_the_first_has_none() -> None:
    run = make_run(("Paris", "FR", [PARIS]), outside=[LYON])
    assert match(compare(run, (1, "Lyon–Paris", "FR"))) == [1]


def test_what_is_missing_has_its_reason() -> None:
    run = make_run(("Paris", "FR", [PARIS]), outside=[LYON, LYON])
    comparison = compare(run, (1, "Lyon", "FR"), (2, "Oulu", "FI"), (3, "Atlantis", "GR"))
    assert match(comparison) == [
        "below the threshold: 20 addresses within 15 km, no region",
        "no data: no address within 15 km",
        "unknown place",
    ]
    assert comparison.describe() == [
        "0 of 3 regions are found.",
        "Not found: 1 Lyon: below the threshold: 20 addresses within 15 km, no region.",
        "Not found: 2 Oulu: no data: no address within 15 km.",
        "Not found: 3 Atlantis: unknown place.",
    ]


def test_ours_that_are_not_published_are_listed_down_to_the_last_published_rank() -> None:
    run = make_run(
        ("Zurich", "CH", [ZURICH]),
        ("Mulhouse", "FR", [MULHOUSE]),
        ("Lyon", "FR", [LYON]),
        ("Oulu", "FI", [OULU]),
    )
    comparison = compare(run, (1, "Zurich–Mulhouse", "CH;FR"), (3, "Paris", "FR"))
    assert comparison.others[["rank", "reason"]].to_numpy().tolist() == [
        [2, "Mulhouse is part of 1 Zurich–Mulhouse"],
        [3, "not in what is known of the reference"],
    ]
    whole = compare(run, (1, "Zurich", "CH"), (2, "Paris", "FR"))
    assert whole.others["reason"].tolist() == ["not in the reference"]


def test_a_score_of_other_kinds_than_the_references_is_told() -> None:
    run = make_run(("Zurich", "CH", [ZURICH]))
    published = publish((1, "Zurich", "CH"))
    regions = run[0].assign(patent_share=0.2, publication_share=0.1, deal_share=0.3, score=0.6)

    def tell(**changes: object) -> str | None:
        theirs = published.assign(**changes)
        return compare_regions(regions, run[1], theirs, radius_km=15).caution

    assert tell(patent_share=0.1, publication_share=0.1, deal_share=None) == (
        "The reference knows no shares of deals, which count in the score here: a run with "
        "--weight deal=0 leaves them out."
    )
    assert tell(patent_share=0.1, publication_share=0.1, deal_share=0.1) is None
    assert tell(patent_share=None, publication_share=None, deal_share=None) is None
    theirs = published.assign(patent_share=0.1, publication_share=0.1)
    for weights in ({"deal": 0}, {"patent": 2, "deal": 0}):
        found = compare_regions(regions, run[1], theirs, radius_km=15, score_weights=weights)
        assert found.caution is None
    regions = regions.assign(deal_share=np.nan)
    assert tell(patent_share=0.1, publication_share=0.1, deal_share=None) is None


def test_a_kind_that_the_reference_does_not_know_is_told() -> None:
    run = make_run(("Zurich", "CH", [ZURICH]))
    regions = run[0].assign(trademark_share=0.4, clinical_trial_share=0.1)
    theirs = publish((1, "Zurich", "CH")).assign(patent_share=0.1, deal_share=0.1)

    def tell(**weights: float) -> str | None:
        given = {"publication": 0.0, **weights}
        return compare_regions(regions, run[1], theirs, radius_km=15, score_weights=given).caution

    assert tell() == (
        "The reference knows no shares of clinical trials and trademarks, which count in the score "
        "here: a run with --weight clinical_trial=0 trademark=0 leaves them out."
    )
    assert str(tell(trademark=0)).startswith("The reference knows no shares of clinical trials, ")
    assert tell(trademark=0, clinical_trial=0) is None


def test_shares_are_compared_of_every_kind_that_a_side_knows() -> None:
    ours, locations = make_run(("Zurich", "CH", [ZURICH]))
    ours = ours.assign(trademark_share=0.4, design_share=0.1)
    earlier = make_run(("Zurich", "CH", [ZURICH]))[0]
    earlier = earlier.assign(trademark_share=0.1, standard_share=0.5).drop(columns="deal_share")
    comparison = compare_runs(ours, locations, earlier)
    row = comparison.matches.iloc[0]
    assert row["trademark_share_difference"] == pytest.approx(0.3)
    unknown = ("deal", "design", "standard")  # to one of the two
    assert all(np.isnan(row[f"{kind}_share_difference"]) for kind in unknown)
    assert comparison.kinds == ("patent", "publication", "trademark")


def test_addresses_of_every_kind_are_counted() -> None:
    run = make_run(("Paris", "FR", [PARIS]), outside=[LYON])
    comparison = compare((run[0], run[1].assign(trademark_addresses=7)), (1, "Lyon", "FR"))
    assert match(comparison) == ["below the threshold: 17 addresses within 15 km, no region"]


def test_ranks_and_shares_are_compared_by_hand() -> None:
    run = make_run(
        ("Lyon", "FR", [LYON]),
        ("Oulu", "FI", [OULU]),
        ("Basel", "CH", [BASEL]),
        ("P", "FR", [PARIS]),
    )
    published = publish(
        (2, "Paris", "FR"), (5, "Basel", "CH"), (7, "Lyon", "FR"), (8, "Rome", "IT")
    )
    published.loc[0, ["patent_share", "score"]] = [0.25, 0.1]
    comparison = compare_regions(*run, published, radius_km=15)
    matches = comparison.matches
    # Ours: Paris 4, Basel 3, Lyon 1, and scores of 1 / rank.
    assert matches["rank_difference"].tolist() == [2, -2, -6, pd.NA]
    assert matches["reference_rank_among_matched"].tolist() == [1, 2, 3, pd.NA]
    assert matches["rank_among_matched"].tolist() == [3, 2, 1, pd.NA]
    assert matches["patent_share_difference"].tolist()[0] == 0.0
    assert matches["score_difference"].tolist()[0] == pytest.approx(0.15)
    assert matches["score_difference"].isna().tolist() == [False, True, True, True]
    assert (comparison.spearman, comparison.kendall) == pytest.approx((-1, -1))
    assert comparison.describe()[:3] == [
        "3 of 4 regions are found, 1 of the 1 with a known score.",
        "The ranks of those found agree with Spearman's rho -1.00 and Kendall's tau -1.00.",
        # Distances 2, 2 and 6; all four of the reference and our four are among the first 10.
        (
            "They differ by 3.3 on average; among as many here are 3 of the 4 known of the first "
            "10, 3 of the 4 known of the first 50, 3 of the 4 known of the first 100 there."
        ),
    ]
    assert comparison.mean_difference == pytest.approx(10 / 3)


def test_overlap_counts_who_is_among_the_first_of_both() -> None:
    ranks = {"reference_rank": range(1, 13), "rank": [11, 12, *range(1, 11)]}
    matches = pd.DataFrame(ranks).assign(rank_difference=0)
    overlap = Comparison(matches, matches.iloc[:0], np.nan, np.nan).count_overlap()
    # Of the first 10 there the first two are 11th and 12th here.
    assert overlap["known"].to_dict() == {10: 10, 50: 12, 100: 12}
    assert overlap["shared"].to_dict() == {10: 8, 50: 12, 100: 12}


# Made-up data


def test_made_up_data_says_so_and_no_rho_wherever_it_is_compared(
    demo_out: Path, run_cli: RunCli, tmp_path: Path
) -> None:
    said = run_cli("compare", demo_out, "--chart", tmp_path / "ranks.svg")
    assert said.exit_code == 0
    assert said.stdout.startswith(DEMO_NOTICE)
    assert said.stdout.count("Made-up data") == 1
    again = run_cli("compare", demo_out, "--with", demo_out)
    for text in (said.stdout, again.stdout):
        assert DEMO_NOTICE in text
        assert not re.search(r"(?i)spearman|kendall|\brho\b|on average", text)
    regions, locations, _ = read_run(demo_out)
    published = read_published(2023)
    for comparison in (
        compare_regions(regions, locations, published, radius_km=15),
        compare_runs(regions, locations, regions),
        compare_runs(regions, locations, gpd.GeoDataFrame(pd.DataFrame(regions))),
    ):
        assert comparison.notice == comparison.describe()[0] == DEMO_NOTICE
        assert np.isnan([comparison.spearman, comparison.kendall, comparison.mean_difference]).all()
        for draw in (plot.plot_ranks, plot.plot_slopes):
            figure = draw(comparison.matches, title="Ranks", reference="2023", source="made")
            assert "Made-up data" in figure.get_supxlabel()


def test_a_result_of_made_up_data_says_so_without_being_written(demo_result: Result) -> None:
    result = demo_result.again(score_weights={"deal": 0.5})
    comparison = compare_runs(result.regions, result.locations, result.regions)
    assert comparison.notice == DEMO_NOTICE


def test_real_data_carries_no_notice(small_result: gii_geo.Result) -> None:
    regions, locations = small_result.regions, small_result.locations
    comparison = compare_runs(regions, locations, regions)
    assert comparison.notice is None
    assert comparison.spearman == 1
    figure = plot.plot_slopes(comparison.matches, title="", reference="", source="own")
    assert "Made-up" not in figure.get_supxlabel()


def test_correlations_of_four_ranks_worked_by_hand() -> None:
    cities = {"Paris": (PARIS, "FR"), "Lyon": (LYON, "FR"), "Basel": (BASEL, "CH")}
    cities["Oulu"] = (OULU, "FI")
    run = make_run(*((city, code, [place]) for city, (place, code) in cities.items()))
    order = ["Lyon", "Paris", "Basel", "Oulu"]
    comparison = compare(run, *((1 + k, city, cities[city][1]) for k, city in enumerate(order)))
    # Ranks 2, 1, 3, 4 of ours: squared differences sum to 2, and 5 of 6 pairs are in order.
    assert comparison.spearman == pytest.approx(1 - 6 * 2 / (4 * (4**2 - 1)))
    assert comparison.kendall == pytest.approx((5 - 1) / 6)


def test_ranks_of_one_region_do_not_correlate() -> None:
    comparison = compare(make_run(("Paris", "FR", [PARIS])), (1, "Paris", "FR"))
    assert np.isnan([comparison.spearman, comparison.kendall]).all()
    assert comparison.describe() == ["1 of 1 regions are found."]


def test_the_order_of_the_locations_changes_nothing() -> None:
    regions, locations = make_run(
        ("Zurich", "CH", [ZURICH, BASEL]), ("Paris", "FR", [PARIS, LYON]), outside=[MULHOUSE, OULU]
    )
    for published in (read_published(2023), read_published(2025)):
        straight = compare_regions(regions, locations, published, radius_km=15)
        turned = compare_regions(regions, locations[::-1], published, radius_km=15)
        pd.testing.assert_frame_equal(turned.matches, straight.matches)
        pd.testing.assert_frame_equal(turned.others, straight.others)


def test_a_region_across_the_antimeridian_is_found() -> None:
    suva = (178.44, -18.14)
    regions, locations = make_run(("Suva", "FJ", [suva, (179.99, -17), (-179.99, -17)]))
    halves = [shapely.box(178, -19, 180, -16), shapely.box(-180, -18, -179.9, -16)]
    regions = regions.set_geometry([shapely.MultiPolygon(halves)], crs="EPSG:4326")
    assert match(compare((regions, locations), (1, "Suva", "FJ"))) == [1]


def test_a_run_beside_itself_matches_wholly() -> None:
    regions, locations = make_run(
        ("Zurich", "CH", [ZURICH]), ("Paris", "FR", [PARIS]), ("Lyon", "FR", [LYON])
    )
    comparison = compare_runs(regions, locations, regions)
    assert match(comparison) == [1, 2, 3]
    assert (comparison.matches["rank_difference"] == 0).all()
    assert (comparison.matches["score_difference"] == 0).all()
    assert (comparison.spearman, comparison.kendall) == pytest.approx((1, 1))
    assert comparison.others.empty


def test_an_earlier_run_is_matched_by_shared_activity() -> None:
    earlier, _ = make_run(
        ("Zurich", "CH", [ZURICH]),
        ("Basel", "CH", [BASEL]),
        ("Lyon", "FR", [LYON]),
        ("Mulhouse", "FR", [MULHOUSE]),
        ("Paris", "FR", [PARIS, (PARIS[0] + 0.1, PARIS[1])]),
    )
    ours = make_run(
        ("Paris", "FR", [PARIS]),
        ("Swiss", "CH", [BASEL, ZURICH, (ZURICH[0] + 0.01, ZURICH[1])]),
        ("Oulu", "FI", [OULU]),
        ("East of Paris", "FR", [(PARIS[0] + 0.1, PARIS[1])]),
        outside=[LYON],
    )
    comparison = compare_runs(*ours, earlier)
    assert match(comparison) == [2, "merged into 2 Swiss", "below the threshold", "no data", 1]
    assert comparison.matches["rank_difference"].tolist() == [1, pd.NA, pd.NA, pd.NA, -4]
    assert comparison.others["reason"].tolist() == ["not in the reference", "part of 5 Paris"]


def test_a_shared_region_counts_for_each_economy() -> None:
    regions = pd.DataFrame({"rank": [1, 2, 2, 4], "economies": ["CN;HK", "SG;MY", "", "CN"]})
    assert count_economies(regions).to_dict() == {"CN": 2, "HK": 1, "MY": 1, "SG": 1}
    assert count_economies(regions, top=3).to_dict() == {"CN": 1, "HK": 1, "MY": 1, "SG": 1}


def test_a_shared_region_can_count_once_so_that_the_counts_add_up_to_the_regions() -> None:
    economies = ["CN;HK", "SG;MY", "CN", "MY;SG", ""]
    regions = pd.DataFrame({"rank": [1, 2, 2, 4, 5], "economies": economies})
    assert count_economies(regions, count="first").to_dict() == {"CN": 2, "MY": 1, "SG": 1}
    assert count_economies(regions, top=3, count="first").to_dict() == {"CN": 2, "SG": 1}
    with pytest.raises(ValueError, match=r"Invalid count 'last'. Must be each or first"):
        count_economies(regions, count="last")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"Invalid top 0. Must be at least 1"):
        count_economies(regions, top=0)
    with pytest.raises(TypeError, match=r"Invalid top 'x'. Must be a number"):
        count_economies(regions, top="x")  # type: ignore[arg-type]


def test_a_table_without_ranks_and_economies_is_not_counted() -> None:
    with pytest.raises(ValueError, match="Invalid regions without rank, economies"):
        count_economies(pd.DataFrame({"lon": [7.6]}))
    with pytest.raises(TypeError, match=r"Invalid column rank of regions\. Must be an integer"):
        count_economies(pd.DataFrame({"rank": ["1"], "economies": ["CH"]}))


def test_economy_counts_stand_beside_the_published_ones() -> None:
    counts = pd.Series({"US": 30, "CN": 20, "HK": 1})
    table = compare_economies(counts, read_published_economies(2023))
    assert table.loc["CN"].tolist() == [24, 20, -4]
    assert table.loc["DE"].tolist() == [9, 0, -9]
    assert table.loc["HK"].isna().tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"radius_km": 0}, ValueError, "Invalid radius_km 0. Must be greater than 0."),
        ({"regions": pd.DataFrame()}, ValueError, "Invalid regions without region_id"),
        ({"locations": pd.DataFrame()}, ValueError, "Invalid locations without lon"),
        ({"deal_share": "much"}, TypeError, "Invalid column deal_share of regions. Must be a flo"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    change: dict[str, Any], error: type[Exception], message: str
) -> None:
    regions, locations = make_run(("Paris", "FR", [PARIS]))
    if "deal_share" in change:
        change = {"regions": regions.assign(**change)}
    given = {"regions": regions, "locations": locations, "radius_km": 15, **change}
    with pytest.raises(error, match=message):
        compare_regions(published=publish((1, "Paris", "FR")), **given)


def test_an_earlier_run_without_names_is_refused() -> None:
    regions, locations = make_run(("Paris", "FR", [PARIS]))
    with pytest.raises(ValueError, match="Invalid earlier without name"):
        compare_runs(regions, locations, regions.drop(columns="name"))


@pytest.mark.shared_data
@pytest.mark.slow
def test_on_the_real_files_all_34_printed_regions_of_2023_are_found(
    real_world: World,
) -> None:
    settings = gii_geo.Settings(min_share=1e-4, gap_km=0)
    result = gii_geo.find_regions(real_world, settings)
    comparison = compare_regions(
        result.regions, result.locations, read_published(2023), radius_km=15
    )
    sentences = comparison.describe()
    assert sentences[0] == "45 of 47 regions are found, 34 of the 34 with a known score."
    assert comparison.spearman == pytest.approx(0.62, abs=0.01)
    assert sentences[2].endswith(
        "28 of the 39 known of the first 50, 38 of the 47 known of the first 100 there."
    )
    assert sentences[3].startswith("For 0 of the 45 found the rank there is one")
    assert "deals, which count in the score here" in sentences[4]
    philadelphia, basel = sentences[5:]
    assert philadelphia.startswith("Not found: 35 Philadelphia, PA: merged into 2 New York")
    assert basel.endswith("merged into 27 Zurich, matched to 49 Zurich.")


def test_an_earlier_run_may_be_in_any_reference_system(small_result: gii_geo.Result) -> None:
    tables = (small_result.regions, small_result.locations)
    there = compare_runs(*tables, small_result.regions.to_crs(3857)).matches
    pd.testing.assert_frame_equal(there, compare_runs(*tables, small_result.regions).matches)
