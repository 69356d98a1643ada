"""What is in the regions, and who works with whom, as the page reads it."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from gii_geo.tables import LABELS, UNKNOWN, Kind

MOST_FIELDS: Final = 40
"""Fields of a kind that the page knows: the largest in the world."""

FIRST_FIELDS: Final = 4
FIRST_ORGANISATIONS: Final = 8
FIRST_PARTNERS: Final = 8
"""Of each region and kind: what its card shows or the search finds."""

_DIGITS: Final = 4


def collect_contents(
    region_ids: Sequence[str],
    profiles: pd.DataFrame,
    collaboration: pd.DataFrame,
    kinds: Sequence[Kind],
) -> dict[str, Any]:
    """Collect what the cards, the search, the choice of a field and the arcs need.

    Parameters
    ----------
    region_ids : sequence of str
        The regions, in the order that the page has them.
    profiles, collaboration : pandas.DataFrame
        Of a result.
    kinds : sequence of Kind
        The kinds, in order.

    Returns
    -------
    dict of str to Any
        first: by region, lists of [kind, name, share, specialisation, low, high] for fields and
        [kind, name, share] for organisations; fields: by kind, names and what part of the world's
        each region holds; pairs: [region, region, records, ratio to chance], the most first.
    """
    number = {region_id: place for place, region_id in enumerate(region_ids)}
    place_of = {kind.word: place for place, kind in enumerate(kinds)}
    known = profiles[(profiles["value"] != UNKNOWN) & profiles["region_id"].isin(number)]
    fields = known[known["what"] == LABELS[0]]
    owners = known[known["what"] == LABELS[1]]
    told = ["value", "share", "specialisation", "specialisation_low", "specialisation_high"]
    return {
        "first_fields": _list_first(fields, number, place_of, told, FIRST_FIELDS),
        "first_organisations": _list_first(owners, number, place_of, told[:2], FIRST_ORGANISATIONS),
        "fields": [_list_fields(fields, number, kind.word) for kind in kinds],
        "pairs": _list_pairs(collaboration, number),
    }


def _list_first(
    profiles: pd.DataFrame,
    number: dict[str, int],
    place_of: dict[str, int],
    columns: list[str],
    most: int,
) -> list[list[list[Any]]]:
    """List the first values of each region, kind after kind; a profile has the largest first."""
    first = profiles.groupby(["region_id", "kind"], sort=False).head(most)
    listed: list[list[list[Any]]] = [[] for _ in number]
    rows = zip(
        first["region_id"].map(number).tolist(),
        first["kind"].map(place_of).tolist(),
        first[columns].itertuples(index=False),
        strict=True,
    )
    for region, kind, (name, *numbers) in rows:
        listed[region].append([kind, name, *map(_round, numbers)])
    return listed


def _list_fields(fields: pd.DataFrame, number: dict[str, int], kind: str) -> dict[str, list[Any]]:
    """List the largest fields of a kind, and what each region holds of each."""
    own = fields[fields["kind"] == kind]
    world = own.drop_duplicates("value").set_index("value")["world_share"]
    # Of fields that are as large the first in the alphabet stand.
    names = world.sort_index().sort_values(ascending=False, kind="stable").index[:MOST_FIELDS]
    held = np.zeros((len(names), len(number)))
    shown = own[own["value"].isin(names)]
    rows = pd.Index(names).get_indexer(shown["value"])
    held[rows, shown["region_id"].map(number).to_numpy(np.int64)] = shown["held"]
    order = sorted(range(len(names)), key=lambda place: str(names[place]))
    return {
        "names": [str(names[place]) for place in order],
        "held": [[_round(value) for value in held[place].tolist()] for place in order],
    }


def _list_pairs(collaboration: pd.DataFrame, number: dict[str, int]) -> list[list[Any]]:
    """List pairs of regions that are among the first partners of either."""
    columns = ["records", "expected"]
    sums = collaboration.groupby(["region_a", "region_b"], sort=True)[columns].sum().reset_index()
    sums = sums[sums["region_a"].isin(number) & sums["region_b"].isin(number)]
    sums = sums.sort_values("records", ascending=False, kind="stable")
    chosen = np.zeros(len(sums), dtype=bool)
    ends = np.concatenate([sums["region_a"].to_numpy(str), sums["region_b"].to_numpy(str)])
    row = np.tile(np.arange(len(sums)), 2)
    by_row = np.argsort(row, kind="stable")
    turn = pd.Series(ends[by_row]).groupby(ends[by_row]).cumcount().to_numpy()
    chosen[row[by_row][turn < FIRST_PARTNERS]] = True
    kept = sums[chosen]
    return [
        [number[a], number[b], int(records), _round(records / expected)]
        for a, b, records, expected in kept.itertuples(index=False)
    ]


def _round(value: float) -> float | None:
    """Round to the digits that a page shows; what is missing or has no end is None."""
    if not np.isfinite(value):
        return None
    return float(f"{value:.{_DIGITS}g}")
