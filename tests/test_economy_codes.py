"""Codes and names of economies: ISO 3166-1, Kosovo, and nothing that only looks like one."""

import pandas as pd
import pytest

from gii_geo.borders import read_borders
from gii_geo.records.economy_codes import ECONOMY_CODES, read_economy_codes


def read(*texts: str | None) -> list[str | None]:
    codes = read_economy_codes(pd.Series(texts, dtype="object"))
    return [None if pd.isna(code) else code for code in codes]


def test_every_economy_that_has_borders_has_a_code_and_no_other_text_is_one() -> None:
    assert set(read_borders()["economy"]) == ECONOMY_CODES
    assert len(ECONOMY_CODES) == 249 + 1


def test_the_united_kingdom_and_greece_have_one_code_each() -> None:
    assert read("UK", "GB", "EL", "GR", "uk", "el") == ["GB", "GB", "GR", "GR", "GB", "GR"]


@pytest.mark.parametrize("code", ["SU", "DD", "YU", "AN", "CS", "TP", "ZR", "BU", "FX", "NT"])
def test_withdrawn_codes_are_left_to_the_coordinates(code: str) -> None:
    assert read(code, code.lower()) == [None, None]


@pytest.mark.parametrize(
    "code", ["XX", "ZZ", "EU", "AP", "EP", "WO", "OA", "EA", "GC", "IB", "EM", "QQ", "UN", "AA"]
)
def test_codes_of_nobody_are_left_to_the_coordinates(code: str) -> None:
    assert read(code) == [None]


def test_kosovo_and_namibia_are_no_missing_values() -> None:
    assert read("XK", "xk", "NA", "na") == ["XK", "XK", "NA", "NA"]


def test_two_characters_of_chinese_or_korean_are_a_name_and_a_code_look_alike_is_none() -> None:
    assert read("\u4e2d\u56fd", "\u65e5\u672c", "\ud55c\uad6d") == ["CN", "JP", "KR"]
    assert read("\u0421\u041d", "\uff23\uff28") == [None, None]  # Cyrillic and wide CH


def test_three_letters_and_names_are_read_in_any_letter_case() -> None:
    assert read("CHE", "gbr", "Usa") == ["CH", "GB", "US"]
    assert read("SWITZERLAND", "Korea, Rep.", "Schweiz", " france ") == ["CH", "KR", "CH", "FR"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "G",
        "Atlantis",
        "Soviet Union",
        "42",
        "G1",
        "\N{LATIN SMALL LETTER LONG S}e",
        "\N{FULLWIDTH LATIN CAPITAL LETTER G}B",
        None,
    ],
)
def test_other_texts_name_no_economy(text: str | None) -> None:
    assert read(text) == [None]


def test_the_index_stays_and_missing_stays_missing() -> None:
    codes = pd.Series(["ch", None, " de ", "CH"], index=[9, 9, 4, 1])
    read_codes = read_economy_codes(codes)
    assert read_codes.index.tolist() == [9, 9, 4, 1]
    assert read_codes.name == "economy"
    assert read_codes.isna().tolist() == [False, True, False, False]
    assert read_codes.dropna().tolist() == ["CH", "DE", "CH"]
    assert read_economy_codes(codes[:0]).tolist() == []
    assert read_economy_codes(codes.astype("category")).dropna().tolist() == ["CH", "DE", "CH"]
