"""What a location counts in the density, and the minimum, in exact units."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from gii_geo.regions.density import (
    BALANCED_UNITS,
    find_minimum,
    share_activity,
    share_each_address,
    weigh_density,
)
from gii_geo.tables import KINDS, LOCATIONS


def make_locations(**addresses: list[int]) -> pd.DataFrame:
    size = len(next(iter(addresses.values())))
    table = {column: np.zeros(size, dtype=np.int64) for column in LOCATIONS}
    table |= {
        f"{kind}_addresses": np.array(counts, dtype=np.int64) for kind, counts in addresses.items()
    }
    return pd.DataFrame(table).astype({"lon": float, "lat": float})


def test_every_address_counts_one() -> None:
    locations = make_locations(patent=[3, 0], deal=[1, 2])
    assert weigh_density(locations, density_weight="addresses").tolist() == [4, 2]


def test_balanced_every_kind_weighs_the_same() -> None:
    locations = make_locations(patent=[1000, 0, 0], publication=[0, 10, 0], deal=[0, 0, 1])
    weight = weigh_density(locations, density_weight="balanced").tolist()
    third = -(-BALANCED_UNITS // 3)
    assert weight == [1000 * -(-BALANCED_UNITS // 3000), 10 * -(-BALANCED_UNITS // 30), third]


def test_a_kind_that_is_not_there_takes_no_part() -> None:
    locations = make_locations(patent=[1, 3])
    assert weigh_density(locations, density_weight="balanced").tolist() == [
        BALANCED_UNITS // 4,
        3 * BALANCED_UNITS // 4,
    ]
    assert share_activity(locations).tolist() == [0.25, 0.75]


@pytest.mark.parametrize("total", [1, 3, 7, 9973, 772_004, 10**9])
def test_a_share_that_is_reached_exactly_is_not_missed_by_rounding(total: int) -> None:
    locations = make_locations(patent=[total, 0], publication=[0, 7], deal=[0, 11])
    weight = int(weigh_density(locations, density_weight="balanced").iloc[0])
    each = weight // total
    for part in {1, (total + 1) // 2, total}:
        exact = Fraction(part, 3 * total)
        assert each * part >= exact * BALANCED_UNITS
        assert each * part < exact * BALANCED_UNITS + part


def test_the_weights_of_a_whole_world_stay_within_int64() -> None:
    counts = np.full(1000, 10**6).tolist()
    locations = make_locations(patent=counts, publication=counts, deal=counts)
    weight = weigh_density(locations, density_weight="balanced")
    assert weight.dtype == np.int64
    total = sum(map(int, weight))
    assert BALANCED_UNITS <= total < BALANCED_UNITS + 3 * 10**9


def test_a_minimum_in_addresses_is_itself() -> None:
    locations = make_locations(patent=[9])
    found = find_minimum(locations, density_weight="addresses", min_addresses=4500)
    assert found == 4500


def test_a_share_of_addresses_is_rounded_up() -> None:
    locations = make_locations(patent=[10_001], deal=[10_000])
    assert find_minimum(locations, density_weight="addresses", min_share=1e-4) == 3
    assert find_minimum(make_locations(patent=[10_000]), **SHARE) == 1


SHARE: dict[str, object] = {"density_weight": "addresses", "min_share": 1e-4}


def test_a_share_is_read_as_the_decimal_it_prints_as() -> None:
    locations = make_locations(patent=[10])
    minimum = find_minimum(locations, density_weight="balanced", min_share=0.1)
    assert minimum == BALANCED_UNITS // 10  # 0.1 in binary is a little more than a tenth
    weight = weigh_density(make_locations(patent=[1, 9]), density_weight="balanced")
    assert weight.iloc[0] >= minimum


def test_addresses_in_the_balanced_currency_are_a_share_of_all() -> None:
    locations = make_locations(patent=[50], deal=[50])
    minimum = find_minimum(locations, density_weight="balanced", min_addresses=25)
    assert minimum == BALANCED_UNITS // 4


@pytest.mark.parametrize("weight", ["addresses", "balanced"])
@pytest.mark.parametrize("minimum", [10**6, 10**24])
def test_a_minimum_that_nothing_can_reach_still_fits_in_int64(weight: str, minimum: int) -> None:
    locations = make_locations(patent=[3])
    found = find_minimum(locations, density_weight=weight, min_addresses=minimum)  # type: ignore[arg-type]
    assert weigh_density(locations, density_weight=weight).sum() < found < 2**63  # type: ignore[arg-type]


def test_the_minimum_is_at_least_one_unit() -> None:
    locations = make_locations(patent=[3])
    assert find_minimum(locations, density_weight="addresses", min_share=1e-9) == 1


@pytest.mark.parametrize("minima", [{}, {"min_addresses": 3, "min_share": 0.1}])
def test_exactly_one_minimum_must_be_given(minima: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"Invalid min_addresses .* and min_share .*Must give one"):
        find_minimum(make_locations(patent=[3]), density_weight="addresses", **minima)  # type: ignore[arg-type]


def test_the_activity_is_one_in_all_and_each_address_has_its_part_of_it() -> None:
    locations = make_locations(patent=[1, 3], publication=[5, 5], deal=[0, 1])
    activity = share_activity(locations)
    assert activity.tolist() == pytest.approx([(1 / 4 + 1 / 2 + 0) / 3, (3 / 4 + 1 / 2 + 1) / 3])
    each = share_each_address(locations)
    assert each.to_dict() == pytest.approx({"patent": 1 / 12, "publication": 1 / 30, "deal": 1 / 3})
    counts = locations[[f"{kind}_addresses" for kind in KINDS]].to_numpy()
    assert (counts @ each.to_numpy()).tolist() == pytest.approx(activity.tolist())


def test_no_location_has_no_activity() -> None:
    assert share_activity(make_locations(patent=[])).empty
    assert share_each_address(make_locations(patent=[])).tolist() == [0.0, 0.0, 0.0]
