"""What whoever uses a ranking must know first, told before all else."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pandas as pd

from gii_geo.about import count_dense_addresses
from gii_geo.regions.form import Formed
from gii_geo.regions.tally import Tally
from gii_geo.settings import Settings
from gii_geo.tables import (
    KINDS,
    NO_KIND,
    RECORD_UNITS,
    call_kind,
    describe_kinds,
    order_kinds,
)

MOST_REJECTED: Final = 0.05
"""Part of a kind's rows that may be rejected without a warning."""

FEWEST_ADDRESSES: Final = 100
"""A kind of fewer addresses is moved by each of them: one is more than 1 % of it."""

MOST_OF_A_RECORD: Final = 100
"""What no kind's records have of addresses on average: papers of thousands of authors are few."""

LARGE_RECORD: Final = 1000
MOST_OF_ONE: Final = 0.01
"""Addresses, and part of a kind's, beyond which one record's id may stand for none."""

MOST_UNDIVIDED: Final = 0.001
"""Part of a kind's records that may not divide into whole units without a warning."""

FEWEST_DENSE: Final = 2
"""A minimum of fewer addresses of a kind finds every single one of them."""

_NAMED: Final = 3


def find_alarms(formed: Formed, settings: Any) -> list[str]:  # noqa: ANN401
    """Find what is so wrong with a run's input or minimum that nobody may miss it.

    Parameters
    ----------
    formed : Formed
        What counts, and the regions.
    settings : Settings or Picked
        density_weight, min_addresses and min_share.

    Returns
    -------
    list of str
        A sentence each: more than `MOST_REJECTED` of a kind is rejected, a kind has fewer than
        `FEWEST_ADDRESSES` or more than `MOST_OF_A_RECORD` a record, one record has more than
        `LARGE_RECORD` and `MOST_OF_ONE` of them, more than `MOST_UNDIVIDED` of its records do not
        divide, fewer than `FEWEST_DENSE` of it are dense, or every location is a region of its own.
    """
    return [
        *_tell_rejected(formed.tally),
        *_tell_few(formed.tally),
        *_tell_shared(formed.tally),
        *_tell_undivided(formed.tally),
        *_tell_low(count_dense_addresses(formed.tally, settings)),
        *_tell_scattered(formed),
    ]


def find_idle(tally: Tally, settings: Settings) -> Iterator[str]:
    """Find settings that nothing answers to.

    Parameters
    ----------
    tally : Tally
        What counts.
    settings : Settings
        The question.

    Yields
    ------
    str
        A sentence: a kind that is named is not there, or none of it is of its years, or no kind
        weighs anything.
    """
    rows, left_out = tally.totals["rows"], tally.totals["rows_left_out"]
    for kind, (first, last) in settings.years.items():
        asked = settings.kinds is None or kind in settings.kinds
        if asked and rows[kind] and left_out[kind] == rows[kind]:
            name, count = call_kind(kind), int(rows[kind])
            yield f"No record of the {count:,} rows of {name} is of the years {first}-{last}."
    named = set(settings.kinds or ())
    if named >= set(KINDS):  # as run.json has it where none was named
        named -= set(KINDS)
    weighed = {kind for kind, weight in settings.score_weights.items() if weight not in (0, 1)}
    for kind in order_kinds(weighed | set(settings.years) | named):
        if not rows[kind]:
            yield f"There are no {call_kind(kind)}: what is said of them has no effect."
    counted = [kind for kind in settings.kinds or tally.kinds if rows[kind]]
    if counted and not any(settings.score_weights.get(kind, 1) for kind in counted):
        yield "No kind that counts weighs anything: every score is 0."


def note_nowhere(regions: pd.DataFrame) -> Iterator[str]:
    """Tell of regions that lie in no economy: who lives there has hardly an address.

    Parameters
    ----------
    regions : pandas.DataFrame
        rank, name and economies ("" where none is known), by rank.

    Yields
    ------
    str
        A sentence, if there are any.

    Examples
    --------
    >>> regions = pd.DataFrame({"rank": [2], "name": ["Accra"], "economies": [""]})
    >>> list(note_nowhere(regions))
    ['1 region lies far out at sea, in no economy: Accra (rank 2): are its coordinates true?']
    """
    nowhere = regions[regions["economies"] == ""]
    if len(nowhere):
        named = nowhere.nsmallest(_NAMED, "rank")[["name", "rank"]].itertuples(index=False)
        told = ", ".join(f"{name} (rank {rank})" for name, rank in named)
        more = ", ..." if len(nowhere) > _NAMED else ""
        are, its = ("region lies", "its") if len(nowhere) == 1 else ("regions lie", "their")
        where = f"{len(nowhere):,} {are} far out at sea, in no economy: {told}{more}"
        yield f"{where}: are {its} coordinates true?"


def _tell_rejected(tally: Tally) -> Iterator[str]:
    """Tell of kinds much of which is rejected, with the reasons: of their rows, or records."""
    asked = tally.totals["rows"] - tally.totals["rows_left_out"]
    unplaced, counted = tally.totals["units_unlocated"] / RECORD_UNITS, tally.totals["records"]
    for kind, rejected in tally.totals["rows_rejected"].items():
        rows = int(asked.sum() if kind == NO_KIND else asked[str(kind)])
        lost, records = float(unplaced[str(kind)]), int(counted[str(kind)])
        word = str(kind).replace("_", " ")
        if rejected > MOST_REJECTED * rows:
            told = f"{rejected:,} of {rows:,} {word} rows are rejected"
        elif lost > MOST_REJECTED * records:
            parts = f"{lost:,.1f}".removesuffix(".0")
            of_rows = f"{rejected:,} row{'' if rejected == 1 else 's'}"
            told = f"{parts} of {records:,} {word} records have no place ({of_rows})"
        else:
            continue
        reasons = tally.reasons[tally.reasons["kind"] == kind]
        reasons = reasons.sort_values(["rows", "reason"], ascending=[False, True])
        listed = [
            f"{reason} ({number:,})"
            for reason, number in reasons[["reason", "rows"]].itertuples(index=False)
        ]
        yield f"{told}: {', '.join(listed)}."


def _tell_few(tally: Tally) -> Iterator[str]:
    """Tell of kinds that rest on few addresses."""
    asked = tally.totals["rows"] - tally.totals["rows_left_out"]
    for kind in tally.kinds:
        placed = int(tally.locations[f"{kind}_addresses"].sum())
        if asked[kind] and placed < FEWEST_ADDRESSES:
            number = "one address only" if placed == 1 else f"{placed} addresses only"
            yield f"{call_kind(kind).capitalize()} rest on {number if placed else 'no address'}."


def _tell_shared(tally: Tally) -> Iterator[str]:
    """Tell of kinds whose records have so many addresses that their ids must be something else."""
    large = tally.records[tally.records["size"].to_numpy() > LARGE_RECORD]
    largest = large.groupby("kind", observed=True)["size"].max()
    for kind in tally.kinds:
        placed = int(tally.locations[f"{kind}_addresses"].sum())
        records = int(tally.totals["records"][kind])
        if placed > MOST_OF_A_RECORD * max(records, 1):
            number = "one record" if records == 1 else f"{records:,} records"
            told = f"{placed:,} addresses of {call_kind(kind)} are of {number}"
            yield f"{told}: does record_id tell records apart?"
        elif (size := int(largest.get(kind, 0))) > MOST_OF_ONE * placed:
            told = f"One record of {call_kind(kind)} has {size:,} addresses ({placed:,} are placed)"
            yield f"{told}: does its id stand for none, such as 0 or TBD?"


def _tell_undivided(tally: Tally) -> Iterator[str]:
    """Tell of kinds whose records have more addresses than their units can be split over."""
    for kind in tally.kinds:
        records = int(tally.totals["records"][kind])
        undivided = int(tally.totals["units_undivided"][kind]) / RECORD_UNITS
        if undivided > MOST_UNDIVIDED * records:
            yield (
                f"{undivided:,.1f} of {records:,} records of {call_kind(kind)} are lost as they "
                "are split over so many addresses: give counts of a thousandth."
            )


def _tell_low(dense: Mapping[str, int]) -> Iterator[str]:
    """Tell of kinds of which a single address is dense."""
    alone = [kind for kind in describe_kinds(dense) if dense[kind.word] < FEWEST_DENSE]
    if alone:
        words = " or ".join(f"a single address of {kind.title.lower()}" for kind in alone)
        yield f"The minimum is too low: {words} is dense by itself."


def _tell_scattered(formed: Formed) -> Iterator[str]:
    """Tell if no two locations are in one region, and none is in no region."""
    locations = len(formed.tally.locations)
    if 1 < locations == len(formed.ranking):  # each has one at least
        yield f"Every one of the {locations:,} locations is a region of its own."
