"""What names another economy than it lies in: counted, explained, refused when it is most."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import gii_geo
from conftest import RunCli
from gii_geo.borders import find_outside
from gii_geo.records.economies import check_economies
from gii_geo.tables import InputError

Change = Callable[[pd.DataFrame], pd.DataFrame]

CITIES = {
    "DE": (11.576, 48.137),
    "FR": (2.352, 48.857),
    "US": (-122.419, 37.775),
    "JP": (139.692, 35.690),
    "AU": (151.207, -33.868),
    "BR": (-46.633, -23.550),
    "KR": (126.978, 37.566),
    "CH": (8.541, 47.374),
}


def make_table(*economies: str, each: int = 20) -> pd.DataFrame:
    """Put records at the largest cities of economies."""
    return pd.DataFrame(
        [
            {"kind": "patent", "lon": CITIES[code][0], "lat": CITIES[code][1], "economy": code}
            for code in economies
            for _ in range(each)
        ]
    )


def exchange(table: pd.DataFrame) -> pd.DataFrame:
    return table.rename(columns={"lon": "lat", "lat": "lon"})


def to_radians(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(lon=np.radians(table["lon"]), lat=np.radians(table["lat"]))


def lose_sign(column: str) -> Change:
    return lambda table: table.assign(**{column: table[column].abs()})


@pytest.mark.parametrize(
    ("economies", "change", "explanation"),
    [
        (("DE", "FR", "CH"), exchange, "longitude and latitude exchanged"),
        (("BR", "FR"), exchange, "longitude and latitude exchanged"),
        (("DE", "US", "JP"), to_radians, "radians for degrees"),
        (("KR", "BR"), to_radians, "radians for degrees"),
        (("US",), lose_sign("lon"), "longitudes without their sign"),
        (("AU",), lose_sign("lat"), "latitudes without their sign"),
        (("BR",), lambda table: -table.assign(economy=0, kind=0), "both without their sign"),
    ],
)
def test_what_explains_most_is_asked_in_the_refusal(
    economies: tuple[str, ...], change: Change, explanation: str
) -> None:
    right = make_table(*economies)
    wrong = change(right)[["lon", "lat"]].join(right[["kind", "economy"]])
    gii_geo.read_world(right)
    with pytest.raises(InputError, match=f": {explanation}\\? That would put {len(wrong)} of"):
        gii_geo.read_world(wrong)
    world = gii_geo.read_world(wrong, allow_contradictions=True)
    assert set(world.contradictions["explanation"]) == {explanation}
    assert world.contradictions["explained"].sum() == len(wrong)
    assert not set(economies) & set(world.places["economy"].dropna())


def test_part_of_a_source_is_counted_and_its_coordinates_decide() -> None:
    right = make_table("DE", "FR", "JP", each=40)
    table = pd.concat([right, exchange(make_table("CH"))], ignore_index=True)
    result = gii_geo.find_regions(table, gii_geo.Settings(min_addresses=10))
    found = result.contradictions.set_index("economy").loc["CH"]
    assert found[["kind", "located"]].tolist() == ["patent", "SO"]
    assert found[["locations", "rows", "addresses", "explained"]].tolist() == [1, 20, 20, 20]
    notes = [note for note in result.provenance["notes"] if "outside" in note]
    assert len(notes) == 1
    assert "20 of 140 patent addresses lie more than 50 km outside" in notes[0]
    assert "CH 20, most of them in SO" in notes[0]
    assert "longitude and latitude exchanged?" in notes[0]
    assert set(result.regions["economies"]) == {"DE", "FR", "JP", "SO"}
    assert result.accounts.to_dict()["contradictions"][0]["addresses"] == 20
    assert result.accounts.is_exact()


@pytest.mark.parametrize(
    ("place", "lon", "lat", "economy"),
    [
        ("Lörrach said to be in Switzerland", 7.66, 47.61, "CH"),
        ("Annemasse at Geneva", 6.23, 46.19, "CH"),
        ("Johor Bahru said to be in Singapore", 103.76, 1.48, "SG"),
        ("Shenzhen said to be in Hong Kong", 114.06, 22.54, "HK"),
        ("Hong Kong said to be in China", 114.17, 22.28, "CN"),
        ("Vaals at Aachen", 6.02, 50.77, "DE"),
        ("Kehl said to be in France", 7.81, 48.57, "FR"),
        ("San Juan said to be in the United States", -66.11, 18.47, "US"),
        ("Cayenne said to be in France", -52.33, 4.93, "FR"),
        ("Taipei said to be in China", 121.56, 25.04, "CN"),
        ("a ship off Brest", -5.0, 48.4, "FR"),
        ("a code without borders", 0.0, 0.0, "XX"),
    ],
)
def test_a_border_town_or_a_territory_contradicts_nothing(
    place: str, lon: float, lat: float, economy: str
) -> None:
    assert not find_outside([lon], [lat], [economy], beyond_km=50)[0], place


def test_fifty_km_is_measured_from_the_border() -> None:
    """Along the 49th parallel, 1 degree is 111.2 km: 0.40 lies inside, 0.50 outside of 50 km."""
    lon, lat = [-110.0, -110.0], [49.40, 49.50]
    assert find_outside(lon, lat, ["US", "US"], beyond_km=50).tolist() == [False, True]
    assert find_outside(lon, lat, ["CA", "CA"], beyond_km=50).tolist() == [False, False]


def test_na_is_namibia_where_anything_leads_there_and_else_missing(tmp_path: Path) -> None:
    windhoek = pd.DataFrame({"lon": 17.08, "lat": -22.56, "economy": "NA"}, index=range(20))
    path = tmp_path / "a.csv"
    exchange(windhoek).to_csv(path, index=False)
    with pytest.raises(InputError, match=r"NA 20, most of them in CV.*exchanged"):
        gii_geo.read_world({"patent": path})
    rows = make_table("DE", "FR", "US", each=20).drop(columns="kind")
    rows["economy"] = rows["economy"].where(rows.index % 3 == 0, "NA")
    rows.loc[rows.index % 20 == 19, :] = None  # as R writes what it does not know
    rows.to_csv(path, index=False, na_rep="NA")
    world = gii_geo.read_world({"patent": path})
    told = [note for note in _notes(world) if "Namibia" in note]
    assert told == [
        "a.csv: 38 addresses have NA for their economy and lie elsewhere than in Namibia: not known"
    ]
    assert world.contradictions.empty
    assert len(world.rejects) == 3


def test_nine_addresses_prove_nothing_and_ten_do() -> None:
    swapped = exchange(make_table("DE", each=10))
    with pytest.raises(InputError, match="allow contradictions"):
        gii_geo.read_world(swapped)
    assert gii_geo.read_world(swapped[:9]).contradictions["addresses"].tolist() == [9]


def test_half_of_a_source_is_not_most_of_it() -> None:
    half = pd.concat([make_table("DE"), exchange(make_table("FR"))], ignore_index=True)
    assert gii_geo.read_world(half).contradictions["addresses"].tolist() == [20]
    with pytest.raises(InputError, match="20 of 39 patent addresses"):
        gii_geo.read_world(half[1:])


def test_a_kind_is_held_against_its_economies_whatever_stands_beside_it() -> None:
    """One table of two kinds is refused, and says of each, what two tables of one do."""
    right = pd.concat([make_table("DE", "FR")] * 5, ignore_index=True)
    wrong = exchange(make_table("DE", "CH")).assign(kind="publication")
    mixed = pd.concat([right, wrong], ignore_index=True)
    refused = r"40 of 40 publication addresses lie more .*exchanged"
    for way in (mixed, {"patent": right, "publication": wrong.drop(columns="kind")}):
        with pytest.raises(InputError, match=refused):
            gii_geo.read_world(way)
    # Each kind has an explanation of its own.
    lost = make_table("US", "BR").assign(kind="deal")
    lost["lon"] *= -1
    both = pd.concat([mixed, lost], ignore_index=True)
    world = gii_geo.read_world(both, allow_contradictions=True)
    told = world.contradictions.groupby("kind")["explanation"].unique()
    assert told["publication"].tolist() == ["longitude and latitude exchanged"]
    assert told["deal"].tolist() == ["longitudes without their sign"]


def test_rows_beyond_the_pole_that_would_lie_right_exchanged_are_told_of() -> None:
    beyond = exchange(make_table("US", "KR"))
    table = pd.concat([make_table("FR"), beyond], ignore_index=True)
    with pytest.raises(InputError, match="40 of 60 patent rows have a latitude beyond 90 degrees"):
        gii_geo.read_world(table)
    for right, allowed in ((make_table("FR"), True), (make_table("FR", each=40), False)):
        table = pd.concat([right, beyond], ignore_index=True)
        world = gii_geo.read_world(table, allow_contradictions=allowed)
        assert len(world.rejects) == 40
    assert any(
        "40 patent rows are rejected" in note and "exchanged?" in note for note in _notes(world)
    )


def test_metres_are_told_of_and_sentinels_are_not() -> None:
    rows = np.arange(12)
    metres = pd.DataFrame({"kind": "deal", "lon": 950_000.0 + rows, "lat": 6_003_000.0 - rows})
    (told,) = [note for note in _notes(gii_geo.read_world(metres)) if "no degrees" in note]
    assert told.startswith(
        "table: 12 deal rows are rejected for coordinates such as 950000, 6003000"
    )
    for missing in (-999.0, np.inf, 200.0):
        table = metres.assign(lon=missing, lat=missing)
        assert not any("no degrees" in note for note in _notes(gii_geo.read_world(table)))


def test_metres_are_counted_over_all_files_of_a_kind(tmp_path: Path) -> None:
    rows = np.arange(12)
    metres = pd.DataFrame({"lon": 950_000.0 + rows, "lat": 6_003_000.0 - rows})
    paths = [tmp_path / f"{part}.csv" for part in "abc"]
    for part, path in enumerate(paths):
        metres[part::3].to_csv(path, index=False)
    (told,) = [note for note in _notes(gii_geo.read_world({"deal": paths})) if "no degrees" in note]
    assert "a.csv and 2 more: 12 deal rows are rejected" in told


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda table: table.round(0), "are whole degrees, which is up to 78.6 km off"),
        (lambda table: table.round(1), "have one decimal, which is up to 7.86 km off"),
        (lambda table: table.assign(lon=table["lat"]), "have longitude and latitude alike"),
    ],
)
def test_coordinates_that_most_are_alike_are_asked_about(change: Change, told: str) -> None:
    rng = np.random.default_rng(3)
    near = pd.DataFrame({"lon": rng.uniform(-9, 20, 500), "lat": rng.uniform(37, 50, 500)}).round(2)
    good = near.assign(kind="deal")
    for share, is_told in ((0.4, False), (0.6, True)):
        some = int(share * len(near))
        bad = pd.concat([change(near[:some]), near[some:]]).assign(kind="patent")
        world = gii_geo.read_world(pd.concat([bad, good], ignore_index=True))
        assert any(told in one for one in world.provenance["warnings"]) == is_told
        assert not any("most deal" in one for one in world.provenance["warnings"])
    whole = near.round(0).assign(kind="patent")
    assert not any("decimals" in one for one in _notes(gii_geo.read_world(whole, grid_deg=1)))


@pytest.mark.parametrize("lon", [10.45, None])
def test_a_row_of_sums_at_a_place_of_its_own_or_none_is_asked_about(lon: float | None) -> None:
    rows = make_table("DE", "FR", "US", each=5).assign(count=range(1, 16))
    total = pd.DataFrame({"kind": ["patent"], "lon": [lon], "lat": [51.16], "count": [120]})
    asked = "one of 16 patent rows holds {} of all {} addresses: is it a total?"
    for more, is_told in ((0, True), (-1, False)):
        table = pd.concat([rows, total.assign(count=120 + more)], ignore_index=True)
        told = gii_geo.read_world(table).provenance["warnings"]
        assert (asked.format(120, 240) in told) == is_told
    assert not any("total" in one for one in _notes(gii_geo.read_world(rows[:10])))


def test_a_column_that_is_filled_in_is_asked_about() -> None:
    rng = np.random.default_rng(4)
    town = pd.DataFrame({"lon": rng.normal(8.5, 0.03, 500), "lat": rng.normal(47.4, 0.03, 500)})
    town = town.round(2).assign(kind="patent")  # many share a latitude, none far more than others
    assert not any("filled in" in one for one in _notes(gii_geo.read_world(town)))
    wide = pd.DataFrame({"lon": rng.uniform(-9, 20, 500), "lat": rng.uniform(37, 50, 500)})
    for every, is_told in ((12, False), (6, True)):
        lat = wide["lat"].where(wide.index % every > 0, 0.0)
        world = gii_geo.read_world(wide.assign(lat=lat, kind="patent"))
        told = [one for one in world.provenance["warnings"] if "filled in" in one]
        words = "17 % of the patent coordinates have latitude 0, at different places"
        assert told == ([f"{words}: is it filled in?"] if is_told else [])


def test_degrees_and_minutes_are_asked_about() -> None:
    rng = np.random.default_rng(5)
    degrees = pd.DataFrame({"lon": rng.uniform(-9, 20, 200), "lat": rng.uniform(-37, 50, 200)})
    minutes = np.trunc(degrees) + 0.6 * (degrees - np.trunc(degrees))
    near = minutes * [0, 0] + (minutes % 1 + [8, 47])  # one square of a degree: it may be so
    for table, is_told in ((degrees, False), (minutes, True), (near, False)):
        world = gii_geo.read_world(table.assign(kind="patent"))
        assert any("degrees and minutes" in one for one in world.provenance["warnings"]) == is_told


def test_radians_without_economies_are_asked_about() -> None:
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(5, 15, 30), rng.uniform(45, 55, 30)
    degrees = pd.DataFrame({"kind": "deal", "lon": lon, "lat": lat})
    assert not any("radians" in note for note in _notes(gii_geo.read_world(degrees)))
    assert any("radians" in note for note in _notes(gii_geo.read_world(to_radians(degrees))))
    beside = pd.concat([degrees.assign(kind="patent"), to_radians(degrees)], ignore_index=True)
    (told,) = [note for note in _notes(gii_geo.read_world(beside)) if "radians" in note]
    assert "all deal coordinates" in told


@pytest.mark.parametrize(
    ("economy", "lon", "lat", "told"),
    [
        ("US", -98.58, 39.83, True),  # the middle of the contiguous states
        ("US", -95.71, 37.09, True),  # where another geocoder puts it
        ("CN", 104.2, 35.86, True),
        ("BR", -51.93, -14.24, True),
        ("US", -122.14, 37.44, False),  # Palo Alto
        ("BE", 4.70, 50.88, False),  # Leuven
        ("SG", 103.82, 1.35, False),  # a city state
    ],
)
def test_the_middle_of_an_economy_far_from_its_cities_is_named(
    economy: str,
    lon: float,
    lat: float,
    told: bool,  # noqa: FBT001
) -> None:
    table = pd.DataFrame({"kind": "patent", "lon": [lon], "lat": [lat], "economy": economy})
    table = pd.concat([table] * 60, ignore_index=True)
    notes = [note for note in _notes(gii_geo.read_world(table)) if "in its middle" in note]
    assert bool(notes) == told
    if told:
        assert f"60 of 60 patent addresses of {economy} lie at {lon:g}, {lat:g}" in notes[0]


def test_the_order_of_rows_does_not_matter() -> None:
    rng = np.random.default_rng(2)
    table = pd.concat([make_table("DE", "FR", "JP"), exchange(make_table("CH", "BR", each=9))])
    table = table.assign(rows=1, addresses=1)
    there = check_economies(table.reset_index(drop=True), "a.csv")
    back = check_economies(table.iloc[rng.permutation(len(table))].reset_index(drop=True), "a.csv")
    pd.testing.assert_frame_equal(there.contradictions, back.contradictions)
    assert there.notes == back.notes


def test_the_command_refuses_in_one_sentence_and_goes_on_when_told(
    run_cli: RunCli, tmp_path: Path
) -> None:
    file, out = tmp_path / "swapped.csv", tmp_path / "out"
    exchange(make_table("DE", "FR")).drop(columns="kind").to_csv(file, index=False)
    words = ["run", "--patents", file, "--min-addresses", "5", "--out", out]
    said = run_cli(*words)
    assert said.exit_code == 2
    assert "exchanged?" in said.stderr.splitlines()[-1]
    assert "--allow-contradictions" in said.stderr
    assert not out.exists()
    assert run_cli(*words, "--allow-contradictions").exit_code == 0
    run = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert run["options"]["allow_contradictions"]
    assert sum(row["addresses"] for row in run["accounts"]["contradictions"]) == 40
    written = pd.read_parquet(out / "contradictions.parquet")
    assert written["economy"].tolist() == ["DE", "FR"]
    assert "DE" not in set(pd.read_csv(out / "ranking.csv")["economies"])


@pytest.mark.shared_data
def test_the_real_files_raise_no_alarm(real_world: gii_geo.World) -> None:
    assert not any("outside" in note or "middle" in note for note in _notes(real_world))
    assert (
        real_world.contradictions["addresses"].sum() < 100
    )  # places in a namesake: Paris in Texas


def test_the_built_in_world_raises_no_alarm(demo_world: gii_geo.World) -> None:
    assert not any("outside" in note or "middle" in note for note in _notes(demo_world))


def _notes(world: gii_geo.World) -> list[str]:
    return list(world.provenance["notes"])


SEA = {
    "as they are": (lambda lon, lat: (lon, lat), False),
    "longitudes without their sign": (lambda lon, lat: (-lon, lat), True),
    "exchanged": (lambda lon, lat: (lat, np.clip(lon, -90, 90)), True),
    "tenths of degrees": (lambda lon, lat: (lon / 10, lat / 10), True),
}


@pytest.mark.parametrize("name", SEA)
def test_addresses_without_economies_that_lie_at_sea_are_told(name: str) -> None:
    world = pd.read_parquet(gii_geo.demo_path())[["lon", "lat"]].dropna()
    turn, is_told = SEA[name]
    lon, lat = turn(world["lon"], world["lat"])
    table = pd.DataFrame({"lon": lon, "lat": lat})
    warnings = gii_geo.read_world({"patent": table}).provenance["warnings"]
    assert any("lie far out at sea" in warning for warning in warnings) == is_told


def test_the_file_that_contradicts_is_named(tmp_path: Path) -> None:
    table = make_table("DE")
    table.to_csv(tmp_path / "good.csv", index=False)
    exchange(table).to_csv(tmp_path / "bad.csv", index=False)
    table.to_csv(tmp_path / "other.csv", index=False)
    paths = [tmp_path / f"{name}.csv" for name in ("good", "bad", "other")]
    warnings = gii_geo.read_world({"patent": paths}).provenance["warnings"]
    assert warnings[-1] == f"good.csv and 2 more: of these, 20 of 20 rows are in {paths[1]}"
    mixed = pd.concat([table, exchange(table.head(9))])  # no file is mostly wrong
    mixed.to_csv(paths[1], index=False)
    warnings = gii_geo.read_world({"patent": paths}).provenance["warnings"]
    assert [told for told in warnings if "of these" in told] == []
