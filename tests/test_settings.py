"""Settings: what they refuse, what they settle, and their way to TOML and back."""

import math
import re
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from gii_geo.settings import DEFAULT_MIN_SHARE, Settings
from gii_geo.tables import KINDS

REFUSED = [
    ({"radius_km": 0}, "Invalid radius_km 0. Must be at least 0.05 and at most 20000."),
    ({"radius_km": -1}, "Invalid radius_km -1. Must be at least 0.05 and at most 20000."),
    ({"radius_km": math.nan}, "Invalid radius_km nan. Must be at least 0.05 and at most 20000."),
    ({"radius_km": math.inf}, "Invalid radius_km inf. Must be at least 0.05 and at most 20000."),
    ({"radius_km": 20_001}, "Invalid radius_km 20001. Must be at least 0.05 and at most 20000."),
    ({"gap_km": -0.5}, "Invalid gap_km -0.5. Must be at least 0 and at most 20000."),
    ({"max_link_km": -1}, "Invalid max_link_km -1. Must be at least 0 and at most 20000."),
    ({"min_share": 0}, "Invalid min_share 0. Must be greater than 0 and at most 1."),
    ({"min_share": 1.5}, "Invalid min_share 1.5. Must be greater than 0 and at most 1."),
    ({"min_link_share": 2}, "Invalid min_link_share 2. Must be greater than 0 and at most 1."),
    ({"min_economy_share": -1}, "Invalid min_economy_share -1. Must be at least 0 and at most 1."),
    ({"min_addresses": 0}, "Invalid min_addresses 0. Must be at least 1 and at most 10000000000."),
    ({"min_addresses": 1.5}, "Invalid min_addresses 1.5. Must be a whole number."),
    ({"min_addresses": math.nan}, "Invalid min_addresses nan. Must be at least 1"),
    (
        {"min_addresses": 10, "min_share": 0.1},
        "Invalid min_share 0.1 beside min_addresses 10. Must give only one of the two.",
    ),
    (
        {"score_weights": {"deal": -1}},
        "Invalid score weight of deal -1. Must be at least 0 and at most 1000000000.",
    ),
    ({"score_weights": {"deal": math.inf}}, "Invalid score weight of deal inf. Must be"),
    (
        {"score_weights": {"deals": 1}},
        "Invalid kind 'deals' in score_weights. Must be a word of its own; did you mean deal?",
    ),
    ({"kinds": ()}, "Invalid kinds (). Must name at least one kind."),
    ({"kinds": ("Book",)}, "Invalid kind 'Book' in kinds. Must be patent, publication, deal, or a"),
    (
        {"years": {"patents": (1, 2)}},
        "Invalid kind 'patents' in years. Must be a word of its own; did you mean patent?",
    ),
    (
        {"years": {"deal": (2014, 2010)}},
        "Invalid years (2014, 2010) of deal. Must be a first and a last year, in order.",
    ),
    ({"years": {"deal": (2010,)}}, "Invalid years (2010,) of deal. Must be a first and a last"),
    ({"years": {"deal": 2010}}, "Invalid years 2010 of deal. Must be a first and a last year"),
    ({"density_weight": "mass"}, "Invalid density_weight 'mass'. Must be addresses or balanced."),
    ({"method": "kmeans"}, "Invalid method 'kmeans'. Must be dbscan or hdbscan."),
    ({"counting": "half"}, "Invalid counting 'half'. Must be fractional or full."),
    ({"share_of": "some"}, "Invalid share_of 'some'. Must be all or placed."),
]

NO_NUMBERS = [
    ({"radius_km": "wide"}, "Invalid radius_km 'wide'. Must be a number."),
    ({"radius_km": True}, "Invalid radius_km True. Must be a number."),
    ({"min_share": "1e-4"}, "Invalid min_share '1e-4'. Must be a number."),
    ({"min_addresses": "many"}, "Invalid min_addresses 'many'. Must be a number."),
    ({"min_addresses": True}, "Invalid min_addresses True. Must be a number."),
    ({"score_weights": {"deal": "x"}}, "Invalid score weight of deal 'x'. Must be a number."),
    ({"score_weights": 3}, "Invalid score_weights 3. Must give a value per kind."),
    ({"years": 2010}, "Invalid years 2010. Must give a value per kind."),
    ({"kinds": 3}, "Invalid kinds 3. Must be a list of kinds."),
    ({"kinds": "patent"}, "Invalid kinds 'patent'. Must be a list of kinds."),
]


@pytest.mark.parametrize(("values", "message"), REFUSED)
def test_an_impossible_value_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        Settings(**values)


@pytest.mark.parametrize(("values", "message"), NO_NUMBERS)
def test_a_value_of_another_type_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=re.escape(message)):
        Settings(**values)


@pytest.mark.parametrize(("values", "message"), REFUSED + NO_NUMBERS)
def test_a_file_refuses_the_same_and_says_which_file(
    values: dict[str, Any], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(tomli_w.dumps(values), encoding="utf-8")
    listed = message.replace("(2014, 2010)", "[2014, 2010]").replace("(2010,)", "[2010]")
    with pytest.raises(ValueError, match=re.escape(listed.removesuffix("."))) as refused:
        Settings.from_toml(path)
    assert str(refused.value).endswith(f"(in {path})")


def test_without_a_minimum_the_share_is_one_in_ten_thousand_and_kinds_are_balanced() -> None:
    settings = Settings()
    assert (settings.min_share, settings.min_addresses) == (DEFAULT_MIN_SHARE, None)
    assert settings.density_weight == "balanced"


def test_a_number_of_addresses_counts_addresses() -> None:
    settings = Settings(min_addresses=4500)
    assert (settings.min_share, settings.density_weight) == (None, "addresses")


def test_the_density_can_be_chosen_against_its_minimum() -> None:
    assert Settings(min_addresses=4500, density_weight="balanced").density_weight == "balanced"
    assert Settings(min_share=1e-3, density_weight="addresses").density_weight == "addresses"


def test_numbers_of_numpy_become_plain_ones() -> None:
    settings = Settings(radius_km=np.int64(13), gap_km=np.float32(2), min_addresses=np.int64(7))
    assert settings == Settings(radius_km=13, gap_km=2, min_addresses=7)
    assert Settings.from_mapping(settings.to_dict()) == settings
    assert type(Settings(min_addresses=4500.0).min_addresses) is int  # type: ignore[arg-type]
    years = Settings(years={"deal": tuple(np.array([2015, 2016]))}).years["deal"]
    assert [(year, type(year)) for year in years] == [(2015, int), (2016, int)]


def test_kinds_take_the_order_of_every_table() -> None:
    assert Settings(kinds=("deal", "patent", "deal")).kinds == ("patent", "deal")
    assert list(Settings(score_weights={"deal": 2}).score_weights.items()) == [
        *(("patent", 1.0), ("publication", 1.0), ("deal", 2.0))
    ]


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Settings().radius_km = 3  # type: ignore[misc]


def test_replacing_a_minimum_ousts_the_other_and_its_currency() -> None:
    settings = Settings(min_addresses=4500)
    assert settings.replace(min_share=1e-3) == Settings(min_share=1e-3)
    assert settings.replace(radius_km=13) == Settings(min_addresses=4500, radius_km=13)


def test_replacing_a_minimum_by_one_of_its_own_kind_keeps_the_chosen_currency() -> None:
    settings = Settings(min_share=1e-4, density_weight="addresses")
    assert settings.replace(min_share=1e-3).density_weight == "addresses"


def test_an_unknown_setting_is_refused_with_the_nearest_known_one() -> None:
    with pytest.raises(ValueError, match=r"Invalid setting radius\. .* did you mean radius_km\?"):
        Settings.from_mapping({"radius": 13})
    with pytest.raises(ValueError, match=r"did you mean min_addresses\?"):
        Settings.from_mapping({"min_adresses": 13})


def test_a_file_that_is_not_toml_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("radius_km: 13", encoding="utf-8")
    with pytest.raises(ValueError, match=r"Invalid settings file .*settings.toml\. Must be TOML"):
        Settings.from_toml(path)
    path.write_bytes(b"# k\xf6ln\nradius_km = 13")
    with pytest.raises(ValueError, match="Must be TOML in UTF-8"):
        Settings.from_toml(path)


def test_a_file_can_start_from_an_edition(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("edition = 2024\nradius_km = 13", encoding="utf-8")
    assert Settings.from_toml(path) == Settings.edition(2024, radius_km=13)


def test_unset_values_are_left_out_of_toml() -> None:
    assert "min_addresses" not in Settings().to_toml()
    assert "min_link_share" not in Settings().to_toml()


YEARS = st.tuples(st.integers(1900, 2000), st.integers(2001, 2100))
SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "kinds": st.lists(st.sampled_from(KINDS), min_size=1).map(tuple),
        "years": st.dictionaries(st.sampled_from(KINDS), YEARS),
        "radius_km": st.floats(0.05, 20_000),
        "gap_km": st.floats(0, 20_000),
        "method": st.sampled_from(["dbscan", "hdbscan"]),
        "min_link_share": st.none() | st.floats(1e-9, 1),
        "counting": st.sampled_from(["fractional", "full"]),
        "share_of": st.sampled_from(["all", "placed"]),
        "density_weight": st.none() | st.sampled_from(["addresses", "balanced"]),
        "score_weights": st.dictionaries(st.sampled_from(KINDS), st.floats(0, 1e6)),
    },
)
MINIMA = st.fixed_dictionaries({"min_addresses": st.integers(1, 10**10)}) | st.fixed_dictionaries(
    {"min_share": st.floats(1e-18, 1)}
)


@given(SETTINGS, MINIMA | st.just({}))
def test_settings_come_back_from_toml_equal(values: dict[str, Any], minimum: Any) -> None:
    settings = Settings(**values, **minimum)
    assert Settings.from_mapping(tomllib.loads(settings.to_toml())) == settings


def test_replacing_what_is_no_setting_names_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"Invalid setting radius\. .* did you mean radius_km"):
        Settings().replace(radius=10)
