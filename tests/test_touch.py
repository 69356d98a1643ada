"""Which groups the records touch: against a slow count in plain Python, and by hand."""

from collections import Counter, defaultdict
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gii_geo.regions.touch import count_touching, pair_touching, square_touching
from gii_geo.tables import RECORD_UNITS

KINDS = ["deal", "patent", "trademark"]


def make_records(rows: list[tuple[int, int, int, int]], kinds: list[str]) -> pd.DataFrame:
    """Make records of (record, location, addresses, size), each of the kind of its number."""
    table = pd.DataFrame(rows, columns=["record", "location", "addresses", "size"], dtype="int32")
    words = [kinds[record % len(kinds)] for record in table["record"]]
    return table.assign(kind=pd.Categorical(words, categories=kinds))


def draw(seed: int, *, records: int, locations: int, groups: int) -> tuple[pd.DataFrame, Any]:
    """Draw records of 2 to 40 addresses at up to 8 locations, a third of which are in no group."""
    random = np.random.default_rng(seed)
    rows = []
    for record in range(records):
        at = np.sort(random.choice(locations, random.integers(1, 9), replace=False))
        addresses = random.integers(1, 6, len(at))
        size = int(addresses.sum() + random.integers(0, 3))  # some of them have no place
        rows += [
            (record, int(one), int(many), size) for one, many in zip(at, addresses, strict=True)
        ]
    group = random.integers(0, groups, locations)
    group[random.random(locations) < 1 / 3] = -1
    return make_records(rows, KINDS), group


def touch_slowly(
    records: pd.DataFrame, group: Any
) -> tuple[Counter[tuple[str, int]], dict[tuple[int, int], list[int]]]:
    """Count record by record: whole records of each kind and group; records and units of pairs."""
    held: dict[int, Counter[int]] = defaultdict(Counter)
    kind_of = {}
    for row in records.itertuples():
        kind_of[row.record] = row.kind
        if (one := int(group[row.location])) >= 0:
            held[row.record][one] += row.addresses * (RECORD_UNITS // row.size)
    counted: Counter[tuple[str, int]] = Counter()
    pairs: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0, 0])
    for record, units in held.items():
        counted.update((kind_of[record], one) for one in units)
        for a, b in combinations(sorted(units), 2):
            for place, more in enumerate((1, units[a], units[b])):
                pairs[a, b][place] += more
    return counted, pairs


@pytest.mark.parametrize(
    ("seed", "records", "locations", "groups"),
    [
        *((1, 60, 9, 3), (2, 200, 40, 12), (3, 500, 300, 70), (4, 30, 30, 30), (5, 100, 20, 1)),
        (6, 1500, 500, 200),  # more pairs than the first table of 4,096 places may hold
    ],
)
def test_a_pass_over_the_records_counts_as_a_slow_one(
    seed: int, records: int, locations: int, groups: int
) -> None:
    table, group = draw(seed, records=records, locations=locations, groups=groups)
    counted, by_hand = touch_slowly(table, group)
    whole = count_touching(table, group, groups=groups)
    assert whole.shape == (len(KINDS), groups)
    assert {
        (KINDS[kind], one): whole[kind, one] for kind, one in zip(*whole.nonzero(), strict=True)
    } == counted
    pairs = pair_touching(table, group, groups=groups)
    assert list(zip(pairs.a.tolist(), pairs.b.tolist(), strict=True)) == sorted(by_hand)
    found = np.column_stack([pairs.records, pairs.weight_a, pairs.weight_b]).tolist()
    assert found == [by_hand[pair] for pair in sorted(by_hand)]
    if seed == 6:
        assert len(by_hand) > 4096


def test_every_pair_of_many_groups_is_kept_while_the_table_grows() -> None:
    # One record at 300 places of a group each: 44,850 pairs, all of them new.
    rows = [(0, place, 1, 300) for place in range(300)]
    pairs = pair_touching(make_records(rows, KINDS), np.arange(300)[::-1].copy(), groups=300)
    assert list(zip(pairs.a, pairs.b, strict=True)) == list(combinations(range(300), 2))
    assert set(pairs.records) == {1}
    assert set(pairs.weight_a) == set(pairs.weight_b) == {RECORD_UNITS // 300}


def test_a_record_at_several_places_of_a_group_counts_once_there() -> None:
    rows = [(0, 0, 1, 6), (0, 1, 2, 6), (0, 2, 3, 6), (1, 0, 1, 2), (1, 1, 1, 2)]
    records = make_records(rows, ["deal"])
    group = np.array([1, 1, 0])
    assert count_touching(records, group, groups=2).tolist() == [[1, 2]]
    pairs = pair_touching(records, group, groups=2)
    half = RECORD_UNITS // 2
    assert [column.tolist() for column in pairs] == [[0], [1], [1], [half], [half]]


def test_what_a_record_has_at_several_places_of_a_group_is_squared_as_a_whole() -> None:
    rows = [(0, 0, 1, 10), (0, 1, 2, 10), (0, 2, 3, 10), (0, 3, 4, 10)]
    rows += [(1, 0, 1, 4), (1, 2, 1, 4), (2, 0, 1, 2), (2, 3, 1, 2)]
    records = make_records(rows, KINDS[:2])
    group = np.array([1, 0, 1, -1])
    squares = square_touching(records, group, groups=3)
    # Of deals 0 and 2: 0.2 in the first group, 0.1 + 0.3 and 0.5 in the second; of patent 1 a half.
    assert squares == pytest.approx(np.array([[0.04, 0.16 + 0.25, 0], [0, 0.25, 0]]))
    together = square_touching(records, np.array([0, 0, 0, -1]), groups=1)
    assert together == pytest.approx(np.array([[0.6**2 + 0.5**2], [0.5**2]]))


def test_kinds_are_counted_apart_and_linked_together() -> None:
    # The same places, once a deal and once a patent.
    records = make_records([(0, 0, 1, 2), (0, 1, 1, 2), (1, 0, 1, 2), (1, 1, 1, 2)], KINDS[:2])
    group = np.array([0, 1])
    assert count_touching(records, group, groups=2).tolist() == [[1, 1], [1, 1]]
    assert pair_touching(records, group, groups=2).records.tolist() == [2]


def test_no_records_and_no_groups_touch_nothing() -> None:
    nothing = make_records([], KINDS)
    assert count_touching(nothing, np.array([0, 1]), groups=2).tolist() == [[0, 0]] * 3
    assert len(pair_touching(nothing, np.array([0, 1]), groups=2).a) == 0
    records = make_records([(0, 0, 1, 2), (0, 1, 1, 2)], ["deal"])
    assert count_touching(records, np.array([-1, -1]), groups=0).shape == (1, 0)
    assert len(pair_touching(records, np.array([-1, -1]), groups=0).a) == 0
