"""Ranks over time, on a world small enough to rank by hand."""

import pandas as pd
import pytest

from gii_geo import Settings
from gii_geo.windows import rank_windows

EARLY, LATE = (2018, 2019), (2020, 2021)


@pytest.fixture
def addresses() -> pd.DataFrame:
    """Give a world where Paris leads early and Lyon late, and Lille exists only early."""
    rows = {"Paris": (2.35, 48.86, 6, 4), "Lyon": (4.84, 45.76, 3, 9), "Lille": (3.06, 50.63, 2, 0)}
    parts = [
        pd.DataFrame({"kind": "patent", "lon": lon, "lat": lat, "year": [year] * count})
        for lon, lat, early, late in rows.values()
        for year, count in ((2018, early), (2021, late))
    ]
    return pd.concat(parts, ignore_index=True)


def test_ranks_follow_the_regions_of_the_last_window(addresses: pd.DataFrame) -> None:
    settings = Settings(min_addresses=2)
    ranks = rank_windows(addresses, [EARLY, LATE], settings)
    wide = ranks.pivot_table(index="name", columns="window", values="rank")
    assert wide.to_dict() == {
        "2018-2019": {"Lyon": 2.0, "Paris": 1.0},
        "2020-2021": {"Lyon": 1.0, "Paris": 2.0},
    }
    assert ranks["shared_activity"].tolist() == [1.0] * 4


def test_a_window_alone_is_a_plain_ranking(addresses: pd.DataFrame) -> None:
    ranks = rank_windows(addresses, [EARLY], Settings(min_addresses=2))
    assert ranks["name"].tolist() == ["Paris", "Lyon", "Lille"]
    assert ranks["score"].tolist() == pytest.approx([6 / 11, 3 / 11, 2 / 11])


def test_no_window_is_refused(addresses: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match=r"Invalid windows \[\]\. Must be at least one"):
        rank_windows(addresses, [])
