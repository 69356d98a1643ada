"""What a stability run draws its choices from, by hand at the borders."""

import math
from typing import Any

import numpy as np
import pytest

from gii_geo import Settings
from gii_geo.settings import MAX_RADIUS_KM
from gii_geo.tables import InputError
from gii_geo.trust.draw import CHOICES, Plan, check_whole, plan_draws, scale_minimum

KINDS = ("patent", "deal")


def plan(settings: Settings | None = None, kinds: tuple[str, ...] = KINDS, **asked: Any) -> Plan:
    """Plan draws of the settings, by default the plain ones."""
    given = {"choices": None, "position_km": 3, "seed": 1} | asked
    choices = given.pop("choices")
    return plan_draws(settings or Settings(), kinds, choices, **given)


def test_ranges_stand_around_the_run_s_own_settings_and_end_where_settings_do() -> None:
    own = plan(Settings(radius_km=10.0, gap_km=3.0)).ranges
    assert own["radius_km"] == pytest.approx((8, 12))
    assert own["minimum"] == (0.5, 2.0)
    assert own["gap_km"] == (0, 10)
    assert plan(Settings(gap_km=8.0)).ranges["gap_km"] == (0, 16)
    widest = plan(Settings(radius_km=19_000.0, gap_km=11_000.0)).ranges
    assert widest["radius_km"] == pytest.approx((15_200, MAX_RADIUS_KM))
    assert widest["gap_km"] == (0, MAX_RADIUS_KM)


@pytest.mark.parametrize(
    ("name", "span"),
    [
        *[("gap_km", (0, 0)), ("gap_km", (0.5, 2)), ("gap_km", (0, MAX_RADIUS_KM))],
        *[("radius_km", (0.5, 0.5)), ("minimum", (0.1, 1000))],
    ],
)
def test_a_range_may_be_a_point_or_reach_the_border(name: str, span: tuple[float, float]) -> None:
    ranges = plan(choices={name: span}).ranges
    assert ranges[name] == span
    assert {type(end) for end in ranges[name]} == {float}
    assert plan(choices={name: span}).bound(name) == span


@pytest.mark.parametrize(
    ("name", "span"),
    [
        *[("gap_km", (0, MAX_RADIUS_KM + 1)), ("radius_km", (0, 5)), ("minimum", (0, 1))],
        *[("gap_km", (2, 1)), ("gap_km", ("1", 2)), ("gap_km", (1, None)), ("gap_km", (1, 2, 3))],
    ],
)
def test_a_range_that_is_none_is_refused(name: str, span: object) -> None:
    with pytest.raises(InputError, match="Invalid"):
        plan(choices={name: span})


def test_a_choice_that_is_not_known_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(InputError, match=r"Invalid choice 'qqq'.*; did you mean \w+\?"):
        plan(choices={"qqq": None})
    with pytest.raises(InputError, match="did you mean radius_km"):
        plan(choices={"radius": (1, 2)})


def test_what_is_not_drawn_stays_as_in_the_run() -> None:
    settings = Settings(radius_km=10.0, gap_km=3.0)
    stay = plan(settings, choices=dict.fromkeys(("radius_km", "minimum", "gap_km")))
    assert stay.bound("radius_km") == (10, 10)
    assert stay.bound("gap_km") == (3, 3)
    assert stay.bound("minimum") == (1, 1)
    every = plan(settings)
    assert set(every.drawn) == set(CHOICES)
    fewer = every.leave("counting")
    assert set(every.drawn) - set(fewer.drawn) == {"counting"}
    same = every.draw(5)
    del same["counting"]
    assert fewer.draw(5) == same


def test_each_number_and_each_choice_has_draws_of_its_own() -> None:
    first, again = plan(), plan()
    assert first.draw(3) == again.draw(3) != first.draw(4)
    assert plan(seed=2).draw(3) != first.draw(3) != plan(seed=0).draw(3)
    numbers = {first.spawn(number, what).random() for number in (0, 1) for what in ("", "a", "b")}
    assert len(numbers) == 6


def test_positions_and_weights_are_drawn_only_where_they_can_vary() -> None:
    one_weighs = Settings(score_weights={"deal": 0.0, "patent": 0.5})
    assert "score_weights" not in plan(one_weighs).drawn
    assert "score_weights" not in plan(kinds=("deal",)).drawn
    assert "positions" not in plan(position_km=0).drawn
    assert "positions" in plan(position_km=0.5).drawn
    assert plan(position_km={"city": 2}).position_km == 2
    assert plan(position_km={}).position_km == 3
    assert plan(position_km=1000).position_km == 1000 == MAX_RADIUS_KM / 20
    with pytest.raises(InputError, match=r"Invalid position_km 1000\.5"):
        plan(position_km=1000.5)


def test_weights_keep_their_sum_and_those_of_nothing_stay() -> None:
    settings = Settings(score_weights={"patent": 0.5, "deal": 2.0, "publication": 0.0})
    planned = plan(settings, kinds=("patent", "publication", "deal"))
    drawn = [planned.draw(number)["score_weights"]["score_weights"] for number in range(200)]
    assert {weights["publication"] for weights in drawn} == {0.0}
    for weights in drawn:
        assert weights["patent"] + weights["deal"] == pytest.approx(2.5)
        assert 0 < weights["patent"] < 2.5
    # Around the run's own; three kinds without a weight count 1 each.
    assert np.mean([weights["patent"] for weights in drawn]) == pytest.approx(0.5, abs=0.1)
    plain = plan(kinds=KINDS)
    heavier = [plain.draw(number)["score_weights"]["score_weights"]["deal"] for number in range(99)]
    assert np.mean(heavier) == pytest.approx(1, abs=0.1)


def test_the_minimum_is_halved_as_often_as_it_is_doubled() -> None:
    planned = plan(Settings(min_share=1e-3), choices={"minimum": (0.25, 4)})
    shares = [planned.draw(number)["minimum"]["min_share"] for number in range(400)]
    powers = np.log2(np.array(shares) / 1e-3)
    assert powers.min() >= -2
    assert powers.max() <= 2
    assert powers.mean() == pytest.approx(0, abs=0.15)
    gaps = [plan(choices={"gap_km": (2, 4)}).draw(n)["gap_km"]["gap_km"] for n in range(200)]
    assert (min(gaps), max(gaps)) == pytest.approx((2, 4), abs=0.05)
    assert np.mean(gaps) == pytest.approx(3, abs=0.1)


def test_a_multiple_of_the_minimum_is_a_minimum() -> None:
    addresses, share = Settings(min_addresses=3), Settings(min_share=0.4)
    assert scale_minimum(addresses, 2) == {"min_addresses": 6}
    assert scale_minimum(addresses, 0.01) == {"min_addresses": 1}
    assert scale_minimum(addresses, 0.5, whole=math.ceil) == {"min_addresses": 2}
    assert scale_minimum(share, 0.5) == {"min_share": 0.2}
    assert scale_minimum(share, 5) == {"min_share": 1.0}


def test_a_whole_number_is_within_its_bounds() -> None:
    assert check_whole("draws", 1, least=1) == 1
    assert check_whole("draws", np.int64(9), least=1, most=9) == 9
    with pytest.raises(InputError, match=r"Invalid draws 0\. Must be a whole number, 1 or more\.$"):
        check_whole("draws", 0, least=1, most=9)
    with pytest.raises(InputError, match=r"1 or more, at most 9\.$"):
        check_whole("draws", 10, least=1, most=9)
    for value in (True, 1.0, "1", None):
        with pytest.raises(InputError, match="Invalid draws"):
            check_whole("draws", value, least=0)  # type: ignore[arg-type]
