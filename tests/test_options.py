"""How the texts of the command line become settings: every one can be set, and unset."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from gii_geo.cli.choose import choose_settings
from gii_geo.cli.pairs import lay_over, read_settings
from gii_geo.settings import Settings

EXAMPLES: dict[str, tuple[str, Any]] = {
    "kinds": ("patent,deal", ("patent", "deal")),
    "years": ("{patent = [2018, 2022]}", {"patent": (2018, 2022)}),
    "radius_km": ("13", 13.0),
    "min_addresses": ("4_500", 4500),
    "min_share": ("2e-4", 2e-4),
    "density_weight": ("addresses", "addresses"),
    "method": ("hdbscan", "hdbscan"),
    "gap_km": ("0", 0.0),
    "min_link_share": ("0.25", 0.25),
    "max_link_km": ("50.5", 50.5),
    "counting": ("full", "full"),
    "share_of": ("placed", "placed"),
    "score_weights": ("{deal = 0.5}", {"patent": 1.0, "publication": 1.0, "deal": 0.5}),
    "min_economy_share": ("0.05", 0.05),
    "rank_sets": ("false", False),
    "top_values": ("true", True),
    "confidence": ("0.9", 0.9),
}


def choose(*pairs: str, **options: Any) -> Settings:
    return choose_settings(None, options, pairs)


@pytest.mark.parametrize("name", [item.name for item in fields(Settings)])
def test_every_setting_can_be_set(name: str) -> None:
    text, value = EXAMPLES[name]
    assert getattr(choose(f"{name}={text}"), name) == value


@pytest.mark.parametrize(
    ("pairs", "name", "value"),
    [
        (["kinds=deal"], "kinds", ("deal",)),
        (['kinds=["deal", "patent"]'], "kinds", ("patent", "deal")),
        (["years.patent=2018-2022"], "years", {"patent": (2018, 2022)}),
        (["years.patent=2018"], "years", {"patent": (2018, 2018)}),
        (["years.deal=[2018, 2019]"], "years", {"deal": (2018, 2019)}),
        (["years.deal=2018", "years.deal=none"], "years", {}),
        (["years.deal=2018", "years=none", "years.patent=2019"], "years", {"patent": (2019, 2019)}),
        (["min_link_share=0.5", "min_link_share=none"], "min_link_share", None),
        (["edition=2024"], "min_addresses", 4500),
        (["edition=2024", "min_share=0.5"], "min_addresses", None),
        (["edition=2024", "min_share=0.5"], "density_weight", "balanced"),
        (["radius_km=13", "radius_km=14"], "radius_km", 14.0),
    ],
)
def test_values_are_written_as_one_would_say_them(pairs: list[str], name: str, value: Any) -> None:
    assert getattr(choose(*pairs), name) == value


def test_a_value_for_one_kind_leaves_the_others_of_the_file_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(
        "[years]\npatent = [2010, 2014]\n[score_weights]\npatent = 2.0\ndeal = 3.0\n",
        encoding="utf-8",
    )
    options = {"score_weights": {"deal": 0.5}, "years": {"deal": (2011, 2012)}}
    settings = choose_settings(path, options, ["score_weights.publication=4"])
    assert settings.score_weights == {"patent": 2.0, "publication": 4.0, "deal": 0.5}
    assert settings.years == {"patent": (2010, 2014), "deal": (2011, 2012)}
    plain = choose_settings(path, options, ["years=none", "score_weights=none"])
    assert plain.years == {}
    assert set(plain.score_weights.values()) == {1.0}


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ("radius=13", "Invalid setting radius. Must be a known setting; did you mean radius_km?"),
        ("yeers.deal=2018", "Invalid setting yeers. Must be a known setting; did you mean years?"),
        ("radius_km=wide", "Invalid radius_km 'wide'. Must be a number."),
        ("radius_km=none", "Invalid radius_km None. Must be a number."),
        ("radius_km.deal=3", "Invalid radius_km {'deal': 3}. Must be a number."),
        ("method=kmeans", "Invalid method 'kmeans'. Must be dbscan or hdbscan."),
        ("years.deal=late", "Invalid years 'late' of deal. Must be a first and a last year"),
        ("years.deal=2022-2018", r"Invalid years \[2022, 2018\] of deal. Must be a first and a la"),
        ("years=2018-2022", r"Invalid years \[2018, 2022\]. Must give a value per kind."),
        (
            "score_weights.deal=-1",
            "Invalid score weight of deal -1. Must be at least 0 and at most 1000000000.",
        ),
        ("edition=2016", "Invalid edition 2016. Must be 2017 to 2025."),
        ("=3", "Invalid set '=3'. Must be name=value"),
    ],
)
def test_what_cannot_be_set_is_refused_in_a_sentence(pair: str, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        choose(pair)


def test_an_edition_beside_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s.toml").touch()
    with pytest.raises(ValueError, match="Invalid edition 2024 beside a settings file"):
        choose_settings(tmp_path / "s.toml", {}, ["edition=2024"])


def test_options_without_a_value_change_nothing() -> None:
    assert choose(radius_km=None, edition=None) == Settings()
    assert choose(edition=2024) == Settings.edition(2024)
    assert choose(min_addresses=60) == Settings(min_addresses=60)


def test_changes_leave_what_they_are_laid_over_as_it_was() -> None:
    before = {"years": {"deal": [1, 2]}}
    assert lay_over(before, {"years": {"deal": None, "patent": [3, 4]}}) == {
        "years": {"patent": [3, 4]}
    }
    assert before == {"years": {"deal": [1, 2]}}
    assert read_settings(None) == []
