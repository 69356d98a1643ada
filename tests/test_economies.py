"""Economies by coordinate, and how a region's activity splits over them."""

import math
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely

import gii_geo
from gii_geo.borders import ECONOMIES_CREDIT, locate_economies, read_borders
from gii_geo.places import read_places
from gii_geo.regions.economies import print_economies, share_economies, share_land

BASEL, MULHOUSE, LOERRACH = (7.589, 47.560), (7.336, 47.749), (7.660, 47.615)


def make_locations(*lon_lat: tuple[float, float], region: list[int | None]) -> pd.DataFrame:
    lon, lat = zip(*lon_lat, strict=True)
    return pd.DataFrame({"lon": lon, "lat": lat, "region": pd.array(region, dtype="Int64")})


def make_named(*rows: tuple[int, str | None, float]) -> pd.DataFrame:
    named = pd.DataFrame(rows, columns=["location", "economy", "activity"])
    return named.astype({"location": "int64", "economy": "str", "activity": "float64"})


def read_shares(shares: pd.DataFrame) -> list[tuple[int, str | None, float]]:
    return [
        (region, None if pd.isna(economy) else economy, round(share, 12))
        for region, economy, share in shares.itertuples(index=False)
    ]


@pytest.mark.parametrize(
    ("place", "lon", "lat", "economy"),
    [
        ("Shenzhen, Luohu", 114.117, 22.545, "CN"),
        ("Hong Kong, Sheung Shui", 114.128, 22.502, "HK"),
        ("Hong Kong, Central", 114.158, 22.282, "HK"),
        ("Macao", 113.544, 22.199, "MO"),
        ("Zhuhai, Gongbei", 113.548, 22.221, "CN"),
        ("Taipei", 121.526, 25.053, "TW"),
        ("Pristina", 21.166, 42.662, "XK"),
        ("Basel", *BASEL, "CH"),
        ("Saint-Louis", 7.560, 47.590, "FR"),
        ("Mulhouse", *MULHOUSE, "FR"),
        ("Lörrach", *LOERRACH, "DE"),
        ("Singapore", 103.850, 1.290, "SG"),
        ("Johor Bahru", 103.758, 1.466, "MY"),
        ("Strasbourg", 7.745, 48.584, "FR"),
        ("Kehl", 7.815, 48.573, "DE"),
        ("Geneva", 6.146, 46.202, "CH"),
        ("Annemasse", 6.237, 46.193, "FR"),
        ("Copenhagen", 12.568, 55.676, "DK"),
        ("Malmö", 13.000, 55.605, "SE"),
        ("San Juan", -66.106, 18.466, "PR"),
        ("Saint-Denis de la Réunion", 55.448, -20.882, "RE"),
        ("Cayenne", -52.326, 4.933, "GF"),
        ("Las Palmas", -15.413, 28.100, "ES"),
        ("Simferopol", 34.100, 44.957, "UA"),
        ("Tromsø", 18.957, 69.649, "NO"),
        ("Suva", 178.442, -18.142, "FJ"),
        ("Taveuni, across the antimeridian", -179.95, -16.85, "FJ"),
    ],
)
def test_a_point_lies_in_its_economy(place: str, lon: float, lat: float, economy: str) -> None:
    assert list(locate_economies([lon], [lat])) == [economy], place


def test_a_point_in_the_high_sea_or_without_coordinates_has_no_economy() -> None:
    assert pd.isna(locate_economies([-40.0, math.nan, 0.0], [30.0, 0.0, 0.0])).all()


def test_a_point_just_outside_the_borders_goes_to_the_nearest_economy() -> None:
    borders = read_borders()
    iceland = shapely.get_coordinates(borders[borders["economy"] == "IS"].geometry)
    lon, lat = iceland[iceland[:, 1].argmin()]
    near, far = lat - 20 / 111.5, lat - 25 / 111.5
    found = locate_economies([lon, lon], [near, far])
    assert found[0] == "IS"
    assert pd.isna(found[1])


def test_on_a_border_the_first_code_in_the_alphabet_counts() -> None:
    # Corners that the borders share: of AT, CH and DE; of CH and DE at Basel.
    assert list(locate_economies([9.55125, 7.60459], [47.53629, 47.57869])) == ["AT", "CH"]


@pytest.fixture
def three_islands(monkeypatch: pytest.MonkeyPatch) -> None:
    """AA and CC south and north of a strait on the equator, BB to the east; AA again at 60 degrees.

    A hundredth of a degree is 1.11 km; at 60 degrees one of longitude is 0.56 km.
    """
    shapes = {
        "AA": [shapely.box(0, -2, 1, -0.1), shapely.box(0, 60.15, 1, 61)],
        "BB": [shapely.box(1.15, -2, 2, 2), shapely.box(1.2, 59, 2, 61)],
        "CC": [shapely.box(0, 0.1, 1, 2)],
    }
    table = [(code, shape) for code, parts in shapes.items() for shape in parts]
    codes, polygons = zip(*table, strict=True)
    borders = gpd.GeoDataFrame({"economy": list(codes)}, geometry=list(polygons), crs="EPSG:4326")
    monkeypatch.setattr("gii_geo.borders.read_borders", lambda: borders)


@pytest.mark.usefixtures("three_islands")
def test_at_sea_the_nearest_economy_counts_whatever_its_code() -> None:
    # 0.11 degrees from AA and 0.09 from CC; then the other way; then 0.03 from BB.
    found = locate_economies([0.5, 0.5, 1.12], [0.01, -0.01, 0.0])
    assert list(found) == ["CC", "AA", "BB"]


@pytest.mark.usefixtures("three_islands")
def test_in_the_middle_of_a_strait_the_first_code_counts() -> None:
    assert list(locate_economies([0.5], [0.0])) == ["AA"]


@pytest.mark.usefixtures("three_islands")
def test_the_nearest_economy_is_the_nearest_in_kilometres_not_in_degrees() -> None:
    # At 60 degrees north AA is 0.15 degrees (16.7 km) to the north, BB 0.2 (11.2 km) to the east;
    # 0.39 degrees of longitude are 21.8 km, 0.41 are 22.9: beyond the territorial sea of 22.2 km.
    assert list(locate_economies([1.0], [60.0])) == ["BB"]
    found = locate_economies([0.81, 0.79], [59.5, 59.5])
    assert found[0] == "BB"
    assert pd.isna(found[1])


@pytest.mark.usefixtures("three_islands")
def test_points_on_land_and_at_sea_stay_in_the_order_they_came_in() -> None:
    lon = [1.5, 0.5, math.nan, 0.5, 0.5, 30.0, 1.12]
    lat = [0.0, 0.01, 0.0, 1.0, -0.01, 0.0, 0.0]
    found = [None if pd.isna(code) else code for code in locate_economies(lon, lat)]
    assert found == ["BB", "CC", None, "CC", "AA", None, "BB"]


def test_a_crowd_is_located_as_each_point_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    # Around Basel, with points on the lines of any decimal grid, and where economies end at sea.
    rng = np.random.default_rng(1)
    lon = np.concatenate([rng.uniform(7.2, 8.0, 3000).round(2), rng.uniform(113.5, 114.5, 3000)])
    lat = np.concatenate([rng.uniform(47.2, 47.9, 3000).round(2), rng.uniform(22.0, 22.7, 3000)])
    crowd = locate_economies(lon, lat)
    assert len({*crowd}) > 4
    monkeypatch.setattr("gii_geo.borders._FEWEST_IN_CELL", math.inf)
    assert crowd.equals(locate_economies(lon, lat))


def test_a_crowd_where_two_economies_are_drawn_has_the_first_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shapes = {
        "AA": shapely.box(0.73, 0.73, 0.74, 0.74),
        "BB": shapely.box(0, 0, 1, 1),
        "CC": shapely.box(0, 0, 2, 1),
        "DD": shapely.box(3, 0, 3.02, 0.02),
        "EE": shapely.box(3.11, 0, 3.2, 0.1),
    }
    geometry = list(shapes.values())
    borders = gpd.GeoDataFrame({"economy": list(shapes)}, geometry=geometry, crs="EPSG:4326")
    monkeypatch.setattr("gii_geo.borders.read_borders", lambda: borders)
    # The last is in a cell that touches DD alone, and nearer to EE.
    lon = np.repeat([0.55, 0.735, 0.75, 1.55, 1.0, 1.95, 3.095], 20)
    lat = np.repeat([0.55, 0.735, 0.75, 0.55, 0.5, 0.9, 0.01], 20)
    assert list(locate_economies(lon, lat)[::20]) == ["BB", "AA", "BB", "CC", "BB", "CC", "EE"]


def test_no_points_have_no_economies() -> None:
    assert len(locate_economies([], [])) == 0


def test_each_point_is_located_by_itself() -> None:
    lon, lat = zip(BASEL, MULHOUSE, LOERRACH, (-40.0, 30.0), strict=True)
    together = locate_economies(lon, lat)
    assert together.equals(locate_economies(lon[::-1], lat[::-1])[::-1])


def test_nearly_every_city_lies_in_the_economy_that_geonames_says() -> None:
    cities = read_places().query("population >= 15_000")
    right = locate_economies(cities["lon"], cities["lat"]) == cities["economy"]
    assert len(cities) > 30_000
    assert right.mean() > 0.999


def test_the_borders_hold_every_economy_once_and_carry_their_credit() -> None:
    path = Path(gii_geo.__path__[0], "data", "economies.parquet")
    borders = read_borders()
    assert borders["economy"].is_monotonic_increasing
    assert borders["economy"].nunique() == 250  # 249 of ISO 3166-1, and XK
    assert borders.is_valid.all()
    assert borders.crs == "EPSG:4326"
    assert pq.read_schema(path).metadata[b"credit"].decode() == ECONOMIES_CREDIT
    assert path.stat().st_size < 1_000_000


def test_a_named_economy_goes_before_the_coordinates() -> None:
    locations = make_locations(BASEL, region=[0])
    assert read_shares(share_economies(locations, make_named((0, "DE", 2.0)))) == [(0, "DE", 1.0)]


def test_an_unnamed_economy_goes_by_the_coordinates() -> None:
    locations = make_locations(BASEL, MULHOUSE, LOERRACH, region=[0, 0, 0])
    named = make_named((0, None, 5.0), (0, "CH", 1.0), (1, None, 3.0), (2, None, 1.0))
    shares = read_shares(share_economies(locations, named))
    assert shares == [(0, "CH", 0.6), (0, "FR", 0.3), (0, "DE", 0.1)]


def test_what_is_neither_named_nor_found_is_kept_as_missing() -> None:
    locations = make_locations((-40.0, 30.0), region=[7])
    shares = share_economies(locations, make_named((0, None, 1.0), (0, "PT", 3.0)))
    assert read_shares(shares) == [(7, "PT", 0.75), (7, None, 0.25)]


def test_a_location_outside_every_region_counts_nowhere() -> None:
    locations = make_locations(BASEL, MULHOUSE, region=[None, 1])
    shares = share_economies(locations, make_named((0, "CH", 9.0), (1, "FR", 1.0)))
    assert read_shares(shares) == [(1, "FR", 1.0)]


def test_regions_ascend_and_equal_shares_go_by_code() -> None:
    locations = make_locations(BASEL, MULHOUSE, region=[4, 2])
    named = make_named((0, "CH", 1.0), (0, "AT", 1.0), (1, "FR", 1.0))
    shares = read_shares(share_economies(locations, named))
    assert shares == [(2, "FR", 1.0), (4, "AT", 0.5), (4, "CH", 0.5)]


def test_economy_shares_do_not_depend_on_the_order_of_the_rows() -> None:
    rng = np.random.default_rng(3)
    locations = make_locations(*[BASEL] * 50, region=rng.integers(0, 3, 50).tolist())
    named = make_named(
        *zip(rng.integers(0, 50, 999), rng.choice(["CH", "FR"], 999), rng.random(999), strict=True)
    )
    shuffled = named.sample(frac=1, random_state=5)
    first, second = share_economies(locations, named), share_economies(locations, shuffled)
    pd.testing.assert_frame_equal(first, second, check_exact=True)


def test_splitting_a_row_in_two_changes_no_share() -> None:
    locations = make_locations(BASEL, region=[0])
    whole = make_named((0, "CH", 4.0), (0, "FR", 1.0))
    split = make_named((0, "CH", 1.0), (0, "FR", 1.0), (0, "CH", 3.0))
    pd.testing.assert_frame_equal(
        share_economies(locations, whole), share_economies(locations, split)
    )


def test_no_regions_share_no_economies() -> None:
    locations = make_locations(BASEL, region=[None])
    shares = share_economies(locations, make_named((0, None, 1.0)))
    assert list(shares.columns) == ["region", "economy", "share"]
    assert shares.empty
    assert print_economies(shares).empty


def test_sharing_does_not_change_its_input() -> None:
    locations, named = make_locations(BASEL, region=[0]), make_named((0, None, 1.0))
    before = locations.copy(deep=True), named.copy(deep=True)
    share_economies(locations, named)
    pd.testing.assert_frame_equal(locations, before[0])
    pd.testing.assert_frame_equal(named, before[1])


def test_an_economy_below_the_floor_is_not_printed_but_the_largest_is() -> None:
    shares = pd.DataFrame(
        {
            "region": [0, 0, 0, 1, 1, 2],
            "economy": pd.array(["CH", "FR", "DE", "SG", "MY", None], dtype="str"),
            "share": [0.98, 0.01, 0.009, 0.5, 0.5, 1.0],
        }
    )
    assert print_economies(shares).to_dict() == {0: "CH;FR", 1: "MY;SG", 2: ""}
    assert print_economies(shares, min_share=0.6).to_dict() == {0: "CH", 1: "MY", 2: ""}
    assert print_economies(shares, min_share=0)[0] == "CH;FR;DE"


@pytest.mark.parametrize("share", [-0.1, 1.1, math.nan])
def test_a_floor_out_of_range_is_refused(share: float) -> None:
    shares = pd.DataFrame({"region": [0], "economy": ["CH"], "share": [1.0]})
    with pytest.raises(ValueError, match=r"Invalid min_share .* Must be between 0 and 1\."):
        print_economies(shares, min_share=share)


def test_a_table_without_a_needed_column_is_refused() -> None:
    locations, named = make_locations(BASEL, region=[0]), make_named((0, None, 1.0))
    with pytest.raises(ValueError, match="Invalid locations without region"):
        share_economies(locations.drop(columns="region"), named)
    with pytest.raises(ValueError, match="Invalid location_economies without activity"):
        share_economies(locations, named.drop(columns="activity"))
    with pytest.raises(ValueError, match="Invalid location_economies without economy"):
        share_economies(locations, named.drop(columns="economy"))
    with pytest.raises(ValueError, match="Invalid weights without share"):
        print_economies(pd.DataFrame({"region": [0], "economy": ["CH"]}))


def test_an_economy_with_little_activity_but_land_in_the_region_is_printed() -> None:
    locations = pd.DataFrame(
        {"lon": [103.85, 103.76, 103.75], "lat": [1.29, 1.48, 1.30], "region": [0, 0, 0]}
    ).astype({"region": "Int64"})
    named = make_named((0, "SG", 99.0), (1, "MY", 0.5), (2, "BE", 0.5))
    shares = share_economies(locations, named)
    land = share_land(locations, named, shares)
    # MY lies where its addresses say; BE is named at a place in Singapore.
    by_economy = dict(zip(shares["economy"], land, strict=True))
    assert by_economy["MY"] == pytest.approx(1 / 3)
    assert by_economy["BE"] == 0
    assert pd.isna(by_economy["SG"])
    assert print_economies(shares.assign(location_share=land)).tolist() == ["SG;MY"]
    assert print_economies(shares).tolist() == ["SG"]


def test_land_counts_where_no_economy_is_named_and_outside_regions_nothing_does() -> None:
    locations = pd.DataFrame(
        {"lon": [103.85, 103.76, 103.75], "lat": [1.29, 1.48, 1.47], "region": [0, 0, None]}
    ).astype({"region": "Int64"})
    named = make_named((0, "SG", 9.0), (1, None, 1.0), (2, "MY", 1.0))
    shares = share_economies(locations, named)
    assert share_land(locations, named, shares).tolist()[1:] == [0.5]


def test_land_counts_only_where_the_name_and_the_place_agree() -> None:
    # Four locations: Singapore; Johor Bahru twice, one of them named ID; Batam, named MY.
    locations = pd.DataFrame(
        {
            "lon": [103.85, 103.76, 103.75, 104.03],
            "lat": [1.29, 1.48, 1.50, 1.12],
            "region": [0] * 4,
        }
    ).astype({"region": "Int64"})
    assert list(locate_economies(locations["lon"], locations["lat"])) == ["SG", "MY", "MY", "ID"]
    named = make_named((0, "SG", 90.0), (1, "MY", 4.0), (2, "ID", 3.0), (3, "MY", 3.0))
    shares = share_economies(locations, named)
    land = dict(zip(shares["economy"], share_land(locations, named, shares), strict=True))
    assert (land["MY"], land["ID"]) == (1 / 4, 0)
    # Rows that name one location's economy twice make it no larger.
    twice = pd.concat([named, named])
    pd.testing.assert_series_equal(
        share_land(locations, twice, share_economies(locations, twice)),
        share_land(locations, named, shares),
    )


def test_an_economy_with_just_the_share_of_locations_asked_for_is_printed() -> None:
    shares = pd.DataFrame(
        {
            "region": [0, 0, 0],
            "economy": ["SG", "MY", "ID"],
            "share": [0.98, 0.01, 0.01],
            "location_share": [math.nan, 0.25, 0.24],
        }
    )
    assert print_economies(shares, min_share=0.25).tolist() == ["SG;MY"]
    assert print_economies(shares, min_share=1).tolist() == ["SG"]
