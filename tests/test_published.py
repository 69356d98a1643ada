"""The packaged published rankings, the reader of a user's own, and where their cities lie."""

from pathlib import Path

import pandas as pd
import pytest

from gii_geo.published import (
    PUBLISHED_CREDIT,
    find_cities,
    list_published,
    read_published,
    read_published_economies,
)
from gii_geo.tables import InputError

NOTED = Path(__file__).parents[1] / "data" / "published"


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def name(*pairs: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(pairs, columns=["name", "economies"], dtype="str")


def test_the_table_of_2023_is_what_was_printed() -> None:
    first = read_published(2023).iloc[0]
    assert first[["rank", "name", "economies"]].tolist() == [1, "Tokyo–Yokohama", "JP"]
    assert first[["patents", "publications"]].tolist() == [127_418, 115_020]
    assert first[["patent_share", "publication_share", "score"]].tolist() == [0.101, 0.015, 0.117]
    assert pd.isna(first["deals"])
    assert first["source"].startswith("https://")


def test_every_edition_says_how_much_of_it_was_found() -> None:
    listed = list_published()
    assert listed.index.tolist() == list(range(2017, 2026))
    assert listed.loc[2025].to_dict() == {"regions": 51, "complete_to": 16, "scores": 0}
    assert listed.loc[2021, "complete_to"] == 0
    assert listed.loc[2017, "complete_to"] == 10


@pytest.mark.parametrize(
    ("edition", "rank", "row"),
    [
        (2017, 1, {"name": "Tokyo–Yokohama", "patents": 94_079}),
        (2017, 52, {"name": "Barcelona", "patents": 2_003}),
        (2018, 30, {"name": "Moscow"}),
        (2020, 43, {"name": "Tehran"}),
        (2021, 66, {"name": "São Paulo"}),
        (2022, 2, {"patent_share": 0.082, "publication_share": 0.019}),
        (2022, 71, {"name": "São Paulo", "previous_rank": 66}),
        (2025, 3, {"patents": 50_813, "deals": 16_296, "deal_share": 0.069}),
        (2025, 32, {"name": "Stockholm"}),
        (2025, 47, {"name": "Madrid"}),
    ],
)
def test_what_was_found_since_is_there(edition: int, rank: int, row: dict[str, object]) -> None:
    published = read_published(edition)
    (found,) = published[published["rank"] == rank].to_dict("records")
    assert {name: found[name] for name in row} == row


@pytest.mark.parametrize("edition", range(2017, 2026))
def test_no_rank_and_no_name_stands_twice(edition: int) -> None:
    published = read_published(edition)
    assert published["rank"].is_unique
    assert published["name"].is_unique


def test_the_counts_of_middle_income_economies_of_2024_add_up_to_wipo_s_37() -> None:
    counts = read_published_economies(2024)
    assert counts[["CN", "IN", "TR", "BR", "EG", "IR", "MY", "RU"]].sum() == 37


@pytest.mark.parametrize("edition", range(2017, 2026))
def test_the_package_carries_what_was_noted_of_each_edition(edition: int) -> None:
    noted = read_published(NOTED / f"gii_clusters_{edition}.csv")
    pd.testing.assert_frame_equal(read_published(edition), noted)
    pd.testing.assert_frame_equal(read_published(str(edition)), noted)


@pytest.mark.parametrize("edition", range(2017, 2026))
def test_every_published_city_is_found(edition: int) -> None:
    cities = find_cities(read_published(edition))
    assert cities["lon"].notna().all()
    assert cities["row"].nunique() == len(read_published(edition))


def test_the_package_carries_the_noted_economy_counts() -> None:
    noted = pd.read_csv(NOTED / "gii_economy_counts.csv")
    for edition, counts in noted.groupby("edition"):
        packaged = read_published_economies(int(str(edition)))
        assert packaged.to_dict() == dict(
            zip(counts["economy"], counts["n_clusters_top100"], strict=True)
        )
    assert read_published_economies(2018).empty
    assert "WIPO" in PUBLISHED_CREDIT


def test_a_file_of_ones_own_needs_only_rank_name_and_economies(tmp_path: Path) -> None:
    path = write(tmp_path / "own.csv", "rank,cluster_name,economies\n2,Windhoek,NA\n1,Paris,FR\n")
    own = read_published(path)
    assert own["name"].tolist() == ["Paris", "Windhoek"]
    assert own["economies"].tolist() == ["FR", "NA"]
    assert own["score"].isna().all()


OWN = "rank,cluster_name,economies,share_patents_pct\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rank,name\n1,Paris\n", "Must have cluster_name, economies; found rank, name"),
        ("rank,cluster_name,economies\nfirst,Paris,FR\n", "Invalid rank of .* Must be numbers"),
        ("rank,cluster_name,economies\n1,Paris,FR\n2,,FR\n", "Must be given .* row 2 has none"),
        ("", "Must be a CSV file in UTF-8; No columns"),
        ("rank,cluster_name,economies\n", "Must have at least one region; found none"),
        ("rank,cluster_name,economies\n1,Paris,FR\n0,Oulu,FI\n", "rank in row 2 .* Must be 1 or"),
        ("rank,cluster_name,economies\n1,Paris,FRA\n", "economies in row 1 .* alpha-2, joined by"),
        ("rank,cluster_name,economies\n1,Basel,CH FR\n", "economies in row 1 .* alpha-2, joined"),
        (f"{OWN}1,Paris,FR,-1\n", "numbers in row 1 .* Must be 0 or more"),
        (f"{OWN}1,Paris,FR,11.7\n2,Oulu,FI,117\n", "shares in row 2 .* Must be at most 100 %"),
    ],
)
def test_a_file_of_ones_own_is_refused_in_one_sentence(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read_published(write(tmp_path / "own.csv", text))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (2016, "Invalid edition 2016. Must be 2017 to 2025, or a file."),
        ("no.csv", "Invalid published ranking no.csv. Must be an edition, .* or a CSV file."),
    ],
)
def test_an_edition_or_file_that_is_not_there_is_refused(source: int | str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_published(source)


@pytest.mark.parametrize(
    ("published", "economies", "lon_lat"),
    [
        ("Cambridge", "GB", [(0.12, 52.2)]),
        ("Boston–Cambridge", "US", [(-71.1, 42.4), (-71.1, 42.4)]),
        ("Boston–Cambridge, MA", "US", [(-71.1, 42.4), (-71.1, 42.4)]),
        ("Portland, ME", "US", [(-70.3, 43.7)]),
        ("Portland, OR", "US", [(-122.7, 45.5)]),
        ("Washington, DC–Baltimore, MD", "US", [(-77.0, 38.9), (-76.6, 39.3)]),
        ("Shanghai–Suzhou", "CN", [(121.5, 31.2), (120.6, 31.3)]),
        ("Frankfurt–Mannheim", "DE", [(8.7, 50.1), (8.5, 49.5)]),
        ("New York", "US", [(-74.0, 40.7)]),
        ("Macao SAR–Zhuhai", "CN;MO", [(113.5, 22.2), (113.6, 22.3)]),
    ],
)
def test_a_city_is_the_one_that_is_meant(
    published: str, economies: str, lon_lat: list[tuple[float, float]]
) -> None:
    cities = find_cities(name((published, economies)))
    assert cities["place"].tolist() == list(range(len(lon_lat)))
    for city, (lon, lat) in zip(cities.itertuples(), lon_lat, strict=True):
        assert (city.lon, city.lat) == pytest.approx((lon, lat), abs=0.1)


def test_a_city_that_is_no_place_has_no_coordinates() -> None:
    cities = find_cities(name(("Nowhere–Paris", "FR"), ("Paris", "XX")))
    assert cities[["row", "place"]].to_numpy().tolist() == [[0, 0], [0, 1], [1, 0]]
    assert cities["lon"].isna().tolist() == [True, False, True]
