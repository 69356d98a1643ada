"""The page as a file: its size, its bytes, what it holds and what it cannot do."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from reference_result import replace_regions

import gii_geo
from gii_geo import Settings
from gii_geo.demo import DEMO_NOTICE
from gii_geo.explorer import BASEMAP_CREDIT, explore, write_page
from gii_geo.explorer.encode import (
    encode_columns,
    encode_land,
    encode_shapes,
    join_land,
    join_parts,
    write_island,
)
from gii_geo.plot import read_basemap
from gii_geo.result import Result
from gii_geo.sweep import sweep_radii
from gii_geo.tables import describe_kinds

DENSE = Settings(min_addresses=60)


@pytest.fixture(scope="module")
def result(small_world: pd.DataFrame) -> Result:
    return gii_geo.find_regions(small_world, DENSE)


@pytest.fixture(scope="module")
def radii(result: Result) -> gpd.GeoDataFrame:
    return sweep_radii(result, radii_km=[5, 15, 40])


class Parts(HTMLParser):
    """A page's scripts, styles, security policy and whatever would fetch something."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: dict[str, list[str]] = {"script": [], "style": [], "data": []}
        self.policy = ""
        self.fetched: list[str] = []
        self.now = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where text is now, the policy, and what would be fetched."""
        values = dict(attrs)
        self.now = "data" if values.get("type") == "application/json" else tag
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = values["content"] or ""
        self.fetched += [values[name] or "" for name in ("src", "href") if name in values]

    def handle_endtag(self, tag: str) -> None:
        """Leave a script or a style."""
        self.now = "" if tag in ("script", "style") else self.now

    def handle_data(self, data: str) -> None:
        """Keep the text of scripts, styles and data."""
        if self.now in self.texts:
            self.texts[self.now].append(data)


def read_data(page: str) -> dict[str, Any]:
    (text,) = Parts(page).texts["data"]
    data: dict[str, Any] = json.loads(text)
    return data


def decode_rings(text: str, decimals: int) -> list[list[tuple[float, float]]]:
    """Decode letter by letter, as the format is told in words."""
    rings = []
    for letters in text.split(" "):
        numbers, bits, shift = [], 0, 0
        for letter in letters:
            part = ord(letter) - 63
            bits |= (part & 31) << shift
            shift += 5
            if part < 32:
                numbers.append(~(bits >> 1) if bits & 1 else bits >> 1)
                bits, shift = 0, 0
        points = np.cumsum(np.array(numbers).reshape(-1, 2), axis=0) / 10**decimals
        rings.append([(lon, lat) for lon, lat in points.tolist()])
    return rings


def test_the_page_holds_the_regions(result: Result, radii: gpd.GeoDataFrame) -> None:
    data = read_data(explore(result, radii=radii).html)
    own = data["radii"][data["own"]]
    assert own["km"] == 15
    assert [part["km"] for part in data["radii"]] == [5, 15, 40]
    columns, regions = own["columns"], result.regions
    for name in ("region_id", "rank", "name", "patents", "deal_share", "score", "locations"):
        assert columns[name] == regions[name].tolist()
    assert [";".join(codes) for codes in columns["economies"]] == regions["economies"].tolist()
    assert data["notice"] == ""
    *sea, sets = data["notes"]
    assert all(" addresses that name no economy lie far out at sea" in told for told in sea)
    kinds = [told.split(" addresses")[0].split()[-1] for told in sea]
    assert kinds == ["deal", "patent", "publication"]
    assert sets.startswith("Rank sets take ")
    assert data["credits"] == [*result.provenance["credits"], BASEMAP_CREDIT]
    wide = radii[radii["radius_km"] == 40]
    assert data["radii"][2]["columns"]["region_id"] == wide["region_id"].tolist()


def test_each_radius_has_a_header_of_its_own(result: Result, radii: gpd.GeoDataFrame) -> None:
    data = read_data(explore(result, radii=radii).html)
    for part in data["radii"]:
        there = radii[radii["radius_km"] == part["km"]]
        assert part["summary"] == (
            f"{len(there)} regions hold {100 * there['activity'].sum():.1f} % of the activity. "
            f"Their cores have at least 60 addresses within {part['km']:g} km."
        )


def test_a_single_region_is_told_as_one(small_world: pd.DataFrame, radii: gpd.GeoDataFrame) -> None:
    first = gii_geo.find_regions(small_world[small_world["economy"] == "US"], DENSE)
    assert len(first.regions) == 1
    data = read_data(explore(first, radii=radii[radii["radius_km"] == 5].head(1)).html)
    other, own = (part["summary"] for part in data["radii"])
    assert own.startswith("1 region holds ")
    assert " % of the activity. Its core has at least " in other


def test_the_land_of_the_page_is_that_of_the_figures(result: Result) -> None:
    assert read_data(explore(result).html)["land"] == encode_land(read_basemap())


def test_all_years_are_told_as_all(result: Result) -> None:
    assert ["years", "all"] in read_data(explore(result).html)["settings"]


def test_made_up_data_is_told_at_the_top_and_no_note_is_lost(result: Result) -> None:
    told = {**result.provenance, "notes": [DEMO_NOTICE, "one", "two"]}
    data = read_data(explore(replace(result, provenance=told)).html)
    assert (data["notice"], data["notes"]) == (DEMO_NOTICE, ["one", "two"])


def test_without_a_sweep_the_page_knows_its_own_radius_only(result: Result) -> None:
    data = read_data(explore(result).html)
    assert (data["own"], [part["km"] for part in data["radii"]]) == (0, [15])


def test_a_page_of_no_region_can_be_made(small_world: pd.DataFrame) -> None:
    nothing = gii_geo.find_regions(small_world, DENSE.replace(min_addresses=10**6))
    data = read_data(explore(nothing).html)
    assert data["radii"][0]["columns"]["region_id"] == []


def test_a_kind_without_records_has_no_shares(small_world: pd.DataFrame) -> None:
    patents = gii_geo.find_regions(small_world[small_world["kind"] == "patent"], DENSE)
    data = read_data(explore(patents).html)
    assert set(data["radii"][0]["columns"]["deal_share"]) == {None}
    assert [kind["known"] for kind in data["kinds"]] == [True, False, False]


def test_a_fourth_kind_is_on_the_page_behind_the_others(four_kinds: Result) -> None:
    data = read_data(explore(four_kinds).html)
    assert [kind["kind"] for kind in data["kinds"]] == [
        *("patent", "publication", "deal", "trademark")
    ]
    assert data["kinds"][3] == {
        "kind": "trademark",
        "plural": "trademarks",
        "title": "Trademarks",
        "weight": 1.0,
        "known": True,
    }
    columns = data["radii"][0]["columns"]
    assert columns["trademark_share"] == [0.4, 0.3, 0.2, 0.1]
    assert columns["trademarks"] == [40, 30, 20, 10]


def test_a_fourth_kind_without_records_is_not_known(four_kinds: Result) -> None:
    nothing = four_kinds.regions.assign(trademark_share=np.nan, trademarks=0.0)
    data = read_data(explore(replace_regions(four_kinds, nothing)).html)
    assert [kind["known"] for kind in data["kinds"]] == [True, True, True, False]


def test_columns_of_later_steps_are_shown_where_they_are_known(result: Result) -> None:
    known = result.regions.assign(rank_low=1, rank_high=3, population=2.5, city_level_share=0.5)
    columns = read_data(explore(replace_regions(result, known)).html)["radii"][0]["columns"]
    assert set(columns["rank_high"]) == {3}
    assert set(columns["population"]) == {2.5}
    assert set(columns["city_level_share"]) == {0.5}


@pytest.mark.parametrize("decimals", [2, 3])
def test_outlines_on_the_page_are_the_outlines(result: Result, decimals: int) -> None:
    outlines = result.regions.geometry
    for outline, text in zip(outlines, encode_shapes(outlines, decimals=decimals), strict=True):
        drawn = shapely.Polygon()
        for ring in decode_rings(text, decimals):  # holes are told by the even-odd rule
            drawn = shapely.symmetric_difference(drawn, shapely.make_valid(shapely.Polygon(ring)))
        whole = join_parts(outline)
        assert shapely.hausdorff_distance(drawn.exterior, whole.exterior) < 2 * 10.0**-decimals


@pytest.mark.parametrize(
    ("parts", "joined"),
    [
        ([(170, 0, 180, 9), (-180, 0, -170, 9)], [(170, 0, 190, 9)]),
        ([(170, 0, 180, 9), (-180, 0, -170, 9), (-9, 0, 9, 9)], [(170, 0, 190, 9), (-9, 0, 9, 9)]),
        ([(20, 0, 180, 9), (-180, 0, 10, 9)], [(20, 0, 370, 9)]),
        ([(-180, 80, 180, 90)], [(-180, 80, 180, 90)]),  # around the pole
        ([(-180, 80, 180, 90), (-180, 0, -170, 9)], [(-180, 80, 180, 90), (-180, 0, -170, 9)]),
    ],
)
def test_parts_are_joined_across_the_antimeridian_and_none_leaps_around_the_earth(
    parts: list[tuple[int, ...]], joined: list[tuple[int, ...]]
) -> None:
    whole = join_parts(shapely.MultiPolygon([shapely.box(*part) for part in parts]))
    assert whole.is_valid
    assert shapely.equals(whole, shapely.MultiPolygon([shapely.box(*part) for part in joined]))


def test_a_region_around_a_pole_is_drawn() -> None:
    polar = pd.DataFrame({"lon": [0.0, 113.0], "lat": [90.0, 89.9], "kind": "deal"})
    settings = Settings(min_addresses=1, radius_km=5, gap_km=15)
    (text,) = read_data(explore(gii_geo.find_regions(polar, settings)).html)["radii"][0]["columns"][
        "outline"
    ]
    assert decode_rings(text, 3)


def test_a_small_radius_is_drawn_finely_enough(small_world: pd.DataFrame) -> None:
    fine = gii_geo.find_regions(small_world, Settings(min_addresses=2, radius_km=0.2))
    data = read_data(explore(fine).html)
    outlines = data["radii"][0]["columns"]["outline"]
    assert data["outline_decimals"] == 5
    assert len(outlines) == len(fine.regions) > 0
    assert all(len(ring) > 2 for text in outlines for ring in decode_rings(text, 5))


def test_all_parts_of_a_region_in_several_places_are_drawn() -> None:
    both = shapely.MultiPolygon([shapely.box(0, 0, 2, 2), shapely.box(5, 0, 9, 2)])
    (text,) = encode_shapes(gpd.GeoSeries([both]), decimals=1)
    assert sorted(shapely.Polygon(points).area for points in decode_rings(text, 1)) == [4, 8]


def test_a_hole_stays_a_hole() -> None:
    ring = shapely.box(0, 0, 9, 9).difference(shapely.box(3, 3, 6, 6))
    (text,) = encode_shapes(gpd.GeoSeries([ring]), decimals=1)
    assert sorted(abs(shapely.Polygon(points).area) for points in decode_rings(text, 1)) == [9, 81]


@given(
    st.lists(
        st.tuples(st.integers(-17000, 17000), st.integers(-9000, 9000)),
        min_size=3,
        max_size=9,
        unique=True,
    )
)
def test_any_ring_comes_back(points: list[tuple[int, int]]) -> None:
    hull = shapely.MultiPoint(points).convex_hull
    if not isinstance(hull, shapely.Polygon):
        return
    degrees = shapely.transform(hull, lambda whole: whole / 100)
    (text,) = encode_shapes(gpd.GeoSeries([degrees]), decimals=2)
    slim = degrees.simplify(0.01)
    if shapely.area(degrees) > 1:
        (ring,) = decode_rings(text, 2)
        assert np.allclose(ring, shapely.get_coordinates(slim)[:-1], atol=1e-9)


def test_a_region_across_the_antimeridian_is_in_one_piece(result: Result) -> None:
    columns = read_data(explore(result).html)["radii"][0]["columns"]
    place = columns["economies"].index(["FJ"])
    (ring,) = decode_rings(columns["outline"][place], 3)
    lons = [lon for lon, _ in ring]
    assert 179.8 < min(lons) < 180 < max(lons) < 180.2
    assert min(lons) < columns["lon"][place] < max(lons)


def test_land_is_not_cut_at_the_antimeridian() -> None:
    land = read_basemap()
    joined = join_land(land)
    assert joined.bounds["maxx"].max() > 190  # Chukotka
    assert shapely.area(joined).sum() == pytest.approx(shapely.area(land).sum())
    assert len(joined) < len(land)


def test_the_bytes_do_not_depend_on_the_order_of_the_rows(
    small_world: pd.DataFrame, result: Result, radii: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    mixed = gii_geo.find_regions(small_world.sample(frac=1, random_state=7), DENSE)
    write_page(result, tmp_path / "one.html", radii=radii)
    write_page(mixed, tmp_path / "other.html", radii=sweep_radii(mixed, radii_km=[40, 5]))
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "other.html").read_bytes()


def test_each_kind_has_its_colours_in_the_style_sheet(four_kinds: Result) -> None:
    (style,) = Parts(explore(four_kinds).html).texts["style"]
    rules = re.findall(r"\.kind-(\d) \{ background: light-dark\((.*), (.*)\); \}", style)
    kinds = describe_kinds(["patent", "publication", "deal", "trademark"])
    expected = [(str(k), kind.colour, kind.dark_colour) for k, kind in enumerate(kinds)]
    assert rules == expected


@pytest.mark.parametrize("run", ["small_result", "four_kinds"])
def test_nothing_can_be_fetched_and_only_the_pages_own_script_runs(
    run: str, request: pytest.FixtureRequest
) -> None:
    parts = Parts(explore(request.getfixturevalue(run)).html)
    assert parts.fetched == ["#ranking"]
    rules = dict(rule.strip().split(" ", 1) for rule in parts.policy.split(";"))
    assert rules["default-src"] == "'none'"
    for name in ("script", "style"):
        (text,) = parts.texts[name]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[f"{name}-src"] == f"'sha256-{digest}'"


def test_html_in_a_name_stays_inside_the_data(result: Result) -> None:
    name = "</script><script>alert(1)</script><!-- {{script}} \u2028 & \"'"
    hostile = result.regions.assign(name=name)
    page = explore(replace_regions(result, hostile)).html
    assert set(read_data(page)["radii"][0]["columns"]["name"]) == {name}
    assert page.count("<script") == explore(result).html.count("<script")
    assert "\u2028" not in page


def test_the_island_refuses_what_json_has_no_word_for() -> None:
    with pytest.raises(ValueError, match="Out of range float values"):
        write_island([float("nan")])


def test_what_is_missing_becomes_null() -> None:
    table = pd.DataFrame({"a": pd.array([1, None], dtype="Int64"), "b": ["x", None]})
    assert encode_columns(table) == {"a": [1, None], "b": ["x", None]}


def test_a_notebook_gets_the_page_in_a_sandbox(result: Result) -> None:
    page = explore(result)
    frame = page._repr_html_()
    assert re.match(r'<iframe [^>]*sandbox="allow-scripts"', frame)
    assert "<script" not in frame
    assert Parts(frame).now == "iframe"
