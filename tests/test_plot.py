"""What the figures show: every region, location, bar, line and number where it belongs."""

import itertools
import re
from collections.abc import Callable, Iterator

import geopandas as gpd
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import shapely
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from gii_geo.basemap import BASEMAP_CREDIT
from gii_geo.demo import DEMO_CREDIT, DEMO_NOTICE
from gii_geo.places import GEONAMES_CREDIT
from gii_geo.plot import (
    plot_collaboration,
    plot_merge_tree,
    plot_radii,
    plot_rank_sets,
    plot_ranks,
    plot_region,
    plot_scores,
    plot_slopes,
    plot_world,
    read_basemap,
)
from gii_geo.plot.sheet import ACCENT, OTHER
from gii_geo.result import Result
from gii_geo.tables import KNOWN_KINDS, describe_kinds

MATCHES = pd.DataFrame(
    {
        "reference_rank": pd.array([1, 2, 3, 40], dtype="Int64"),
        "reference_name": ["Tokyo", "Seoul", "Oulu", "Basel"],
        "rank": pd.array([7, 3, pd.NA, 5], dtype="Int64"),
        "name": ["Tokyo–Yokohama", "Seoul", None, "Basel–Mulhouse"],
    }
)


@pytest.fixture(autouse=True)
def _without_a_screen() -> Iterator[None]:
    mpl.use("Agg")
    yield
    plt.close("all")


def read_source(figure: Figure) -> str:
    """Read what is written below a figure."""
    return figure.get_supxlabel()


def list_texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


def test_the_land_is_whole_and_reaches_the_pole() -> None:
    land = read_basemap()
    assert land.is_valid.all()
    west, south, east, north = land.total_bounds
    assert (west, south, east) == (-180, -90, 180)
    assert 83 < north < 84
    spots = {"Antarctica": (0, -80), "Chukotka": (-175, 67), "Fiji": (178.5, -17.8)}
    for name, spot in spots.items():
        assert land.contains(shapely.Point(spot)).sum() == 1, name
    assert not land.intersects(shapely.Point(-150, 0)).any()


def test_the_world_shows_every_region_at_its_place_with_its_score_as_area(
    small_result: Result,
) -> None:
    regions = small_result.regions
    figure = plot_world(regions, title="Title", source="Source")
    axes = figure.axes[0]
    discs = axes.collections[2]  # above globe and land
    size = discs.get_sizes()
    np.testing.assert_allclose(size / size[0], regions["score"] / regions["score"].iloc[0])
    x, y = np.asarray(discs.get_offsets())[1]  # Taveuni, on the antimeridian
    assert abs(x) > 0.93 * axes.get_xlim()[1]
    assert y < 0
    assert list_texts(figure)[:4] == ["1", "2", "3", "4"]
    assert all(name in list_texts(figure)[-1] for name in regions["name"])
    assert figure.get_suptitle() == "Title"
    assert read_source(figure) == f"Source {BASEMAP_CREDIT}"


def test_a_region_is_drawn_whole_even_across_the_antimeridian(small_result: Result) -> None:
    regions, locations = small_result.regions, small_result.locations
    fiji = regions[regions["economies"] == "FJ"].iloc[0]
    figure = plot_region(regions, locations, region_id=fiji["region_id"], source="Source")
    axes = figure.axes[0]
    own = locations[locations["region_id"] == fiji["region_id"]]
    assert own["lon"].min() < -179
    assert own["lon"].max() > 179
    dots = axes.collections[-1]
    offsets = np.asarray(dots.get_offsets())
    dark = [to_hex(colour) == "#1b2026" for colour in dots.get_facecolor()]
    assert sum(dark) == len(own)
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    assert east - west < 60_000
    inside = (offsets > [west, south]).all(axis=1) & (offsets < [east, north]).all(axis=1)
    assert inside[dark].all()
    assert "km" in list_texts(figure)[-1]
    figure.canvas.draw()


def test_bridges_lead_from_location_to_location_and_say_how_far(small_result: Result) -> None:
    regions, locations = small_result.regions, small_result.locations
    basel = regions["region_id"].iloc[0]
    ends = locations[locations["region_id"] == basel].iloc[:2]
    bridge = pd.DataFrame([[12.34, *ends[["lon", "lat"]].to_numpy().ravel()]])
    bridge.columns = ["radius_km", "lon_a", "lat_a", "lon_b", "lat_b"]
    figure = plot_region(regions, locations, region_id=basel, source="Source", bridges=bridge)
    line = figure.axes[0].lines[0]
    dots = np.asarray(figure.axes[0].collections[-1].get_offsets())
    for end in np.column_stack(line.get_data()):
        assert np.abs(dots - end).sum(axis=1).min() < 1e-3
    assert "12.3 km" in list_texts(figure)


def test_neighbours_are_named_and_other_ids_are_refused() -> None:
    corner = shapely.box(7.2, 47.3, 7.4, 47.8) | shapely.box(7.4, 47.3, 7.9, 47.4)
    regions = gpd.GeoDataFrame(
        {"region_id": ["R1", "R2"], "name": ["Basel", "Mulhouse"], "rank": [1, 2]},
        geometry=[corner, shapely.box(7.6, 47.5, 7.7, 47.6)],
        crs="EPSG:4326",
    )
    locations = gpd.GeoDataFrame(
        {"region_id": ["R1"], "activity": [1.0]}, geometry=[shapely.Point(7.6, 47.5)], crs=4326
    )
    figure = plot_region(regions, locations, region_id="R1", source="Source")
    assert "2  Mulhouse" in list_texts(figure)
    assert "Freiburg" not in list_texts(figure)  # outside
    assert {"Basel", "Lörrach"} <= set(list_texts(figure))
    assert GEONAMES_CREDIT in read_source(figure).replace("\n", " ")
    figure.canvas.draw()
    named = [text for text in figure.axes[0].texts if text.get_ha() == "left"]
    for one, other in itertools.combinations([text.get_window_extent() for text in named], 2):
        assert not one.overlaps(other)
    assert figure.get_suptitle() == "1  Basel"
    with pytest.raises(ValueError, match=r"Invalid region_id 'R3'. Must be one of the regions'"):
        plot_region(regions, locations, region_id="R3", source="Source")


def test_bars_stack_the_weighted_shares_up_to_the_score() -> None:
    regions = pd.DataFrame(
        {
            "rank": [1, 2, 3],
            "name": ["Basel", "Oulu", "Paris"],
            "patent_share": [0.10, 0.04, 0.01],
            "publication_share": [0.02, None, 0.01],
            "deal_share": [0.03, 0.01, 0.01],
        }
    )
    weights = {"deal": 0.5}
    figure = plot_scores(regions, title="T", source="S", first=2, score_weights=weights)
    bars = figure.axes[0].patches
    widths = np.reshape([bar.get_width() for bar in bars], (3, 2))
    np.testing.assert_allclose(widths, [[10, 4], [2, 0], [1.5, 0.5]])
    assert [to_hex(bar.get_facecolor()) for bar in bars[::2]] == [
        kind.colour for kind in KNOWN_KINDS
    ]
    assert list_texts(figure) == ["13.50", "4.50"]
    ticks = [tick.get_text() for tick in figure.axes[0].get_yticklabels()]
    assert ticks == ["Basel   1", "Oulu   2"]
    assert figure.axes[0].yaxis_inverted()


def test_a_fourth_kind_is_stacked_behind_the_others_in_its_own_colour(four_kinds: Result) -> None:
    regions = four_kinds.regions
    figure = plot_scores(regions, title="T", source="S")
    axes = figure.axes[0]
    widths = np.reshape([bar.get_width() for bar in axes.patches], (4, 4))
    np.testing.assert_allclose(widths[3], [40, 30, 20, 10])
    np.testing.assert_allclose(widths.sum(axis=0), 100 * regions["score"])
    trademark = describe_kinds(["trademark"])[0]
    assert to_hex(axes.patches[-1].get_facecolor()) == trademark.colour
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["Patents", "Publications", "Deals", "Trademarks"]
    with pytest.raises(ValueError, match=r"Invalid score_weights {.*'trademark': 0"):
        plot_scores(regions, title="T", source="S", score_weights={"trademark": 0})


def test_the_scatter_shows_every_matched_region_at_its_two_ranks() -> None:
    figure = plot_ranks(MATCHES, title="Title", reference="WIPO 2023", source="WIPO")
    axes = figure.axes[0]
    assert axes.collections[0].get_offsets().tolist() == [[1, 7], [2, 3], [40, 5]]
    assert list_texts(figure) == ["Tokyo", "Seoul", "Basel"]
    assert figure.get_suptitle() == "Title"
    assert "WIPO 2023" in axes.get_xlabel()
    told = "3 of 4 regions of the reference down to rank 100, 1 not found."
    assert read_source(figure) == f"{told} Named where there is room.\nWIPO"
    assert axes.yaxis_inverted()


def test_the_slopes_lead_from_rank_to_rank_and_are_coloured_by_where_they_lead() -> None:
    rank = pd.array([7, 1, pd.NA, 40], dtype="Int64")
    figure = plot_slopes(
        *(MATCHES.assign(rank=rank),),
        title="Title",
        reference="WIPO 2023",
        source="WIPO",
        here="radius 20 km",
    )
    axes = figure.axes[0]
    assert axes.yaxis_inverted()
    (tokyo, seoul) = axes.lines
    np.testing.assert_allclose(tokyo.get_ydata(), [0, 1])
    np.testing.assert_allclose(seoul.get_ydata(), [np.log(2) / np.log(7), 0])
    assert [tokyo.get_color(), seoul.get_color()] == [OTHER, ACCENT]
    shown = {"Tokyo   1", "7   Tokyo–Yokohama", "Seoul   2", "1   Seoul", "WIPO 2023"}
    assert shown | {"radius 20 km"} <= set(list_texts(figure))
    assert not any("Basel" in text for text in list_texts(figure))
    told = "2 of 3 regions of the reference down to rank 30, 1 not found."
    assert f"{told} Ranks on a logarithmic scale." in read_source(figure)
    key = [text.get_text() for text in axes.get_legend().get_texts()]
    assert key == ["higher up (1)", "lower down (1)"]


def test_the_names_beside_slopes_keep_their_order_and_their_distance() -> None:
    ranks = [1, 2, 50, 51, 52, 53, 54, 55, 999]
    matches = pd.DataFrame({"reference_rank": ranks, "rank": ranks[::-1]})
    matches["reference_name"] = matches["name"] = [f"N{rank}" for rank in ranks]
    figure = plot_slopes(matches, title="T", reference="R", source="S", first=1000)
    figure.canvas.draw()
    left = [text for text in figure.axes[0].texts if text.get_text().startswith("N")]
    heights = [text.get_window_extent() for text in left]
    assert [text.get_text().split()[1] for text in left] == list(map(str, ranks))
    for above, below in itertools.pairwise(heights):
        assert below.y1 <= above.y0 + 1


def test_nothing_matched_draws_empty_charts() -> None:
    nothing = MATCHES.iloc[2:3]
    for draw in (plot_ranks, plot_slopes):
        figure = draw(nothing, title="Title", reference="WIPO 2023", source="WIPO")
        figure.canvas.draw()
        assert figure.get_suptitle() == "Title"


def test_the_tree_joins_its_leaves_at_their_radius_and_colours_what_the_run_joins() -> None:
    linkage = np.array([[0, 2, 13.0, 2], [3, 1, 21.0, 3]])
    names = ["Shenzhen", "Guangzhou", "Hong Kong"]
    figure = plot_merge_tree(linkage, names, title="T", source="S", radius_km=15)
    axes = figure.axes[0]
    leaves = [tick.get_text() for tick in axes.get_yticklabels()]
    assert sorted(leaves) == sorted(names)
    place = dict(zip(leaves, axes.get_yticks(), strict=True))
    branches = {line.get_xdata()[1]: line for line in axes.lines[:2]}
    first, second = branches[13.0], branches[21.0]
    assert sorted([first.get_ydata()[0], first.get_ydata()[-1]]) == sorted(
        [place["Shenzhen"], place["Hong Kong"]]
    )
    assert place["Guangzhou"] in second.get_ydata()
    assert first.get_color() == ACCENT != second.get_color()
    assert {"13.0", "21.0", "radius of the run, 15 km"} <= set(list_texts(figure))
    assert axes.get_xlim() == (0, 1.05 * 21)
    near = plot_merge_tree(linkage, names, title="T", source="S", last_km=14)
    assert near.axes[0].get_xlim() == (0, 14)


def test_a_leaf_is_dotted_until_its_place_is_dense_and_the_axis_reaches_the_last_join() -> None:
    linkage = np.array([[0, 2, 13.0, 2], [3, 1, 210.0, 3]])
    names = ["Shenzhen", "Guangzhou", "Hong Kong"]
    figure = plot_merge_tree(
        linkage, names, title="T", source="S", radius_km=15, core_radius_km=[1.0, 30.0, 2.0]
    )
    axes = figure.axes[0]
    assert axes.get_xlim() == (0, 1.05 * 210)
    leaves = [tick.get_text() for tick in axes.get_yticklabels()]
    dots = next(line for line in axes.lines if line.get_marker() == "o")
    dense = dict(zip(leaves, dots.get_xdata(), strict=True))
    assert dense == {"Shenzhen": 1, "Guangzhou": 30, "Hong Kong": 2}
    assert read_source(figure).startswith("Dotted up to a dot: the place's core radius")


def test_every_column_has_its_strip_and_the_radius_of_the_run_is_marked() -> None:
    table = pd.DataFrame({"clusters": [9, 7, 8], "share": [0.1, 0.2, 0.3]}, index=[5, 10, 20])
    figure = plot_radii(table, title="T", source="S", radius_km=10, labels={"share": "Share"})
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["clusters", "Share"]
    curve, mark = figure.axes[1].lines
    assert curve.get_xydata().tolist() == [[5, 0.1], [10, 0.2], [20, 0.3]]
    assert set(mark.get_xdata()) == {10}
    assert all(axes.get_ylim()[0] == 0 for axes in figure.axes)
    with pytest.raises(ValueError, match=r"Invalid by_radius without a number"):
        plot_radii(table.iloc[:0], title="T", source="S")


def test_the_credit_of_a_run_says_made_up_of_made_up_data_only(
    small_result: Result, demo_result: Result
) -> None:
    assert "Made-up" not in small_result.credit
    assert GEONAMES_CREDIT in small_result.credit
    assert demo_result.credit.startswith(DEMO_NOTICE)
    assert demo_result.credit.endswith(DEMO_CREDIT)


def test_a_tree_of_other_places_is_refused() -> None:
    linkage = np.array([[0, 1, 13.0, 2]])
    for wrong, names in ((linkage, ["A"]), (linkage[:0], ["A"]), (linkage + np.inf, ["A", "B"])):
        with pytest.raises(
            ValueError, match=r"Invalid linkage of . mergers. Must be finite and of"
        ):
            plot_merge_tree(wrong, names, title="T", source="S")


def test_what_cannot_be_drawn_is_refused_in_a_sentence(small_result: Result) -> None:
    result, words = small_result, {"title": "a", "source": "b"}
    regions, locations = result.regions, result.locations
    draws: list[tuple[str, Callable[[], object]]] = [
        ("regions of type Result. Must be", lambda: plot_scores(result, **words)),
        ("regions of type Result. Must be", lambda: plot_world(result, **words)),
        ("regions without score. Must", lambda: plot_world(regions.drop(columns="score"), **words)),
        ("a reference system", lambda: plot_world(pd.DataFrame(regions), **words)),
        ("first 0. Must be", lambda: plot_scores(regions, first=0, **words)),
        ("matches without reference_rank", lambda: plot_ranks(regions, reference="c", **words)),
        ("by_radius of type Result", lambda: plot_radii(result, **words)),
        ("linkage. Must be that of", lambda: plot_merge_tree(result, ["a"], **words)),
        (
            "without name, rank_low, rank_high",
            lambda: plot_rank_sets(locations.assign(rank=1), **words),
        ),
        (
            "locations without activity",
            lambda: plot_region(regions, regions, region_id="R0001", source="b"),
        ),
        (
            "kind 'deals'. Must be one of these: patent",
            lambda: plot_collaboration(result.collaboration, regions, kind="deals", **words),
        ),
    ]
    plot_world(regions.rename_geometry("outline"), **words)  # whatever it is called
    for told, draw in draws:
        with pytest.raises((TypeError, ValueError), match=f"Invalid .*{re.escape(told)}"):
            draw()


def test_weights_that_do_not_make_the_score_are_refused(small_result: Result) -> None:
    regions = small_result.regions
    plot_scores(regions, title="T", source="S")
    with pytest.raises(
        ValueError, match=r"Invalid score_weights \{.*'deal': 0.5\}. Must be the run"
    ):
        plot_scores(regions, title="T", source="S", score_weights={"deal": 0.5})


def test_long_lines_are_broken_and_long_names_cut() -> None:
    matches = MATCHES.assign(name="word " * 40, reference_name="word " * 40)
    figure = plot_slopes(matches, title="word " * 40, reference="R", source="word " * 100)
    assert max(map(len, read_source(figure).splitlines())) <= 9 * 18
    assert max(map(len, figure.get_suptitle().splitlines())) <= 9 * 9
    figure.canvas.draw()
    inside = figure.bbox
    for text in figure.axes[0].texts:
        box = text.get_window_extent()
        if not text.get_text():  # a line to a name
            continue
        assert inside.x0 <= box.x0
        assert box.x1 <= inside.x1


def test_a_name_with_dollars_is_no_formula() -> None:
    matches = MATCHES.assign(reference_name="Cost $5 and $6")
    figure = plot_ranks(matches, title="$x$", reference="$y$", source="$z$")
    assert not any(text.get_parse_math() for text in figure.findobj(Text))


def test_names_do_not_lie_on_each_other() -> None:
    rank = pd.array(range(1, 101), dtype="Int64")
    matches = pd.DataFrame({"reference_rank": rank, "rank": rank, "reference_name": "Amsterdam"})
    figure = plot_ranks(matches, title="T", reference="R", source="S")
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    assert 5 < len(boxes) < 100
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))


def test_where_there_is_no_region_the_figures_say_so_or_stay_empty(small_result: Result) -> None:
    nothing = small_result.regions.head(0)
    plot_world(nothing, title="T", source="S").canvas.draw()
    figure = plot_scores(nothing, title="T", source="S")
    figure.canvas.draw()
    assert list_texts(figure) == ["No scores"]


def test_a_region_of_another_reference_system_is_brought_home(small_result: Result) -> None:
    regions, locations = small_result.regions, small_result.locations
    basel = regions["region_id"].iloc[0]
    plain = plot_region(regions, locations, region_id=basel, source="S")
    mercator = plot_region(regions.to_crs(3857), locations, region_id=basel, source="S")
    np.testing.assert_allclose(mercator.axes[0].get_xlim(), plain.axes[0].get_xlim(), atol=1)


def test_rank_sets_say_what_their_colours_and_the_line_at_the_hundredth_mean() -> None:
    ranks = {"rank": [94, 100, 107], "rank_low": [88, 94, 101], "rank_high": [100, 106, 113]}
    told = {"name": ["Basel", "Lyon", "Oulu"], "top_100": ["surely", "maybe", "no"]}
    regions = pd.DataFrame({**ranks, **told})
    (axes,) = plot_rank_sets(regions, title="", source="", first=90, last=110).axes
    legend = axes.get_legend()
    assert legend.get_title().get_text() == "Among the first 100?"
    assert [text.get_text() for text in legend.get_texts()] == ["surely", "maybe", "no"]
    (label,) = axes.texts
    assert (label.get_text(), label.xy) == ("end of the first 100", (100.5, 1))
    (axes,) = plot_rank_sets(regions.head(1), title="", source="", first=90, last=110).axes
    assert not axes.texts  # nobody there may be beyond it
