"""What is known of WIPO's editions."""

import pytest

from gii_geo.editions import EDITIONS, describe_edition, edition_values
from gii_geo.settings import Settings


def test_the_edition_of_2024_is_as_published() -> None:
    settings = Settings.edition(2024)
    assert (settings.radius_km, settings.min_addresses, settings.gap_km) == (15.0, 4500, 5.0)
    assert settings.kinds == ("patent", "publication")
    assert settings.density_weight == "addresses"


def test_deals_come_in_with_2025() -> None:
    assert [year for year in EDITIONS if "deal" in edition_values(year)["kinds"]] == [2025]


def test_the_first_edition_knows_patents_only_within_13_km() -> None:
    assert (Settings.edition(2017).kinds, Settings.edition(2017).radius_km) == (("patent",), 13.0)


@pytest.mark.parametrize("year", EDITIONS)
def test_every_edition_makes_settings_and_tells_how_well_each_value_is_known(year: int) -> None:
    known = describe_edition(year).set_index("setting")
    settings = Settings.edition(year)
    for name, value in known["value"].drop("window").items():
        assert getattr(settings, str(name)) == value
    assert known["standing"].isin(["published", "derived", "our choice"]).all()
    assert known["source"].str.len().min() > 0


def test_a_share_ousts_the_edition_s_number_of_addresses() -> None:
    settings = Settings.edition(2025, min_share=1e-4)
    assert (settings.min_addresses, settings.density_weight) == (None, "balanced")


def test_what_is_not_published_is_not_called_published() -> None:
    standing = describe_edition(2025).set_index("setting")["standing"]
    assert standing["radius_km"] == standing["min_addresses"] == "our choice"


@pytest.mark.parametrize(
    ("year", "told"),
    [
        *((2016, "2016. Must be 2017"), (2026, "2026. Must be 2017")),
        *((2023.0, "2023.0. Must be a whole number, 2017"), (True, "True. Must be a whole")),
        *(("2024", "'2024'. Must be a whole number, 2017"), (None, "None. Must be a whole")),
    ],
)
def test_an_unknown_edition_is_refused(year: int, told: str) -> None:
    with pytest.raises(ValueError, match=rf"^Invalid edition {told}.* to 2025\.$"):
        Settings.edition(year)
    with pytest.raises(ValueError, match="Invalid edition"):
        describe_edition(year)


@pytest.mark.parametrize("year", EDITIONS)
def test_which_records_the_world_total_counts_is_told_of_no_edition(year: int) -> None:
    known = describe_edition(year).set_index("setting")
    assert known.loc["share_of", "standing"] == "our choice"


def test_the_windows_of_2023_are_settled() -> None:
    known = describe_edition(2023).set_index("setting")
    assert known.loc["window", "value"] == "patents 2018-2022; publications 2017-2021"
