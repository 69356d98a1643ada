"""What a run must hold before it goes out: a delivery that went wrong is kept from the readers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, Self

import pandas as pd

from gii_geo.ranges import find_near, show_value, suggest_name
from gii_geo.result import Result
from gii_geo.tables import NO_KIND, RECORD_UNITS, InputError, call_kind

_SHARE: Final = (int | float, 0, 1, "a share, 0 to 1")
_BOUNDS: Final = {
    "min_regions": (int, 1, math.inf, "a whole number, 1 or more"),
    "max_gained_share": (int | float, 0, math.inf, "a share, 0 or more"),
}
"""What a bound may be: its types, the least, the most, and both in words."""

FEWEST: Final = 10
"""Addresses, or records, that a kind has more or fewer of by chance: only losing all is judged."""


@dataclass(frozen=True)
class Gate:
    """How bad a night may be.

    The bounds are wide enough for what happens every night: sources grow, a few rows lack a
    place, regions near the minimum come and go. They are narrow enough for what a wrong delivery
    does. A share of 1 opens the gate for its question.

    Attributes
    ----------
    max_rejected_share : float
        Of a kind's rows that are not left out, of all rows together, and of a kind's records (0 to
        1): a row of sums counts as what it sums. A fifth: text that is geocoded leaves up to a
        tenth without a place.
    max_lost_share : float
        Of the addresses, or the records, that a kind had placed in the run before (0 to 1), and of
        its columns, if one is gone. A tenth: a window of years that moves on, or a correction,
        takes less; a file that was cut takes more.
    max_gained_share : float
        Of the same, by how much there may be more (0 or more; inf opens the gate). A half: nothing
        grows so in a night, and a delivery that came twice gains as much as there was.
    max_contradicting_share : float
        Of a kind's placed addresses, those that lie far outside the economy that they name (0 to
        1). A twentieth: towns that share a name with another economy's are under a hundredth.
    min_regions : int
        At least 1: an empty result is never good.
    max_deaths_share : float
        Of the regions of the run before (0 to 1), those that died; a split or a merger is no
        death. A tenth: only regions near the minimum die by chance. Of a single region there is no
        share to judge.
    """

    max_rejected_share: float = 0.2
    max_lost_share: float = 0.1
    max_gained_share: float = 0.5
    max_contradicting_share: float = 0.05
    min_regions: int = 1
    max_deaths_share: float = 0.1

    @classmethod
    def from_mapping(cls, asked: Mapping[str, Any], *, where: str) -> Self:
        """Read what a settings file asks for.

        Parameters
        ----------
        asked : mapping of str to Any
            Bounds by name; those not named have their defaults.
        where : str
            What messages call the file.

        Returns
        -------
        Gate
            The gate.

        Raises
        ------
        InputError
            If there is no such bound or it cannot have the value.

        Examples
        --------
        >>> Gate.from_mapping({"min_regions": 50}, where="[gate] of job.toml").min_regions
        50
        """
        known = [field.name for field in fields(cls)]
        for name, value in asked.items():
            if name not in known:
                msg = f"Invalid key {name} in {where}. Must be {', '.join(known)}"
                msg += suggest_name(find_near(name, known))
                raise InputError(msg)
            types, least, most, must = _BOUNDS.get(name, _SHARE)
            fits = isinstance(value, types) and not isinstance(value, bool)
            if not fits or not least <= value <= most:
                msg = f"Invalid {name} {show_value(value)} in {where}. Must be {must}."
                raise InputError(msg)
        return cls(**asked)

    def judge(self, result: Result, before: Mapping[str, Any] | None) -> list[str]:
        """Say why a run must not go out.

        Parameters
        ----------
        result : Result
            The run.
        before : mapping of str to Any, optional
            run.json of the last good run; None for the first.

        Returns
        -------
        list of str
            A sentence without its full stop for each bound that is crossed; none for a good run.
        """
        kinds = result.accounts.kinds
        reasons = self._judge_rejected(kinds)
        reasons += self._judge_contradicting(result)
        if before is not None:
            reasons += self._judge_change(kinds, before["accounts"]["kinds"])
            reasons += self._judge_roles(result, before.get("roles", {}))
        if len(result.regions) < self.min_regions:
            found = f"{len(result.regions):,} region{'' if len(result.regions) == 1 else 's'}"
            reasons.append(f"{found}, fewer than min_regions = {self.min_regions:,}")
        if before is not None:
            reasons += self._judge_deaths(result.events, int(before["regions"]))
        return reasons

    def _judge_rejected(self, kinds: pd.DataFrame) -> list[str]:
        """Judge each kind's rows, and all together: a line that cannot be read has no kind."""
        read = kinds["rows"] - kinds["rows_left_out"]
        asked = {
            call_kind(str(kind)): (int(kinds.loc[kind, "rows_rejected"]), int(read[kind]))
            for kind in kinds.index
            if kind != NO_KIND
        }
        asked["all kinds"] = (int(kinds["rows_rejected"].sum()), int(read.sum()))
        crossed = [
            f"{name}: {rejected:,} of {rows:,} rows rejected "
            f"({_percent(rejected / rows)}), more than max_rejected_share = "
            f"{self.max_rejected_share:g}"
            for name, (rejected, rows) in asked.items()
            if rows and rejected / rows > self.max_rejected_share
        ]
        crossed = crossed[:-1] if len(crossed) > 1 else crossed  # the kinds say it already
        return crossed or [
            f"{call_kind(str(kind))}: {_count(lost)} of {records:,} records have no place "
            f"({_percent(lost / records)}), more than max_rejected_share = "
            f"{self.max_rejected_share:g}"
            for kind, lost, records in zip(
                kinds.index, kinds["units_unlocated"] / RECORD_UNITS, kinds["records"], strict=True
            )
            if records and lost / records > self.max_rejected_share
        ]

    def _judge_contradicting(self, result: Result) -> list[str]:
        """Judge how much of each kind names another economy than it lies in."""
        found = result.contradictions.groupby("kind")["addresses"].sum()
        wrong = {str(kind): int(number) for kind, number in found.items()}
        placed = result.accounts.kinds["addresses_located"].to_dict()
        return [
            f"{call_kind(kind)}: {number:,} of {placed[kind]:,} addresses lie far outside the "
            f"economy that they name ({_percent(number / placed[kind])}), more than "
            f"max_contradicting_share = {self.max_contradicting_share:g}"
            for kind, number in wrong.items()
            if number > self.max_contradicting_share * placed[kind]
        ]

    def _judge_change(self, kinds: pd.DataFrame, before: Mapping[str, Any]) -> list[str]:
        """Judge what each kind of the run before has lost or gained."""
        reasons = []
        for kind, row in before.items():
            now = dict(kinds.loc[kind]) if kind in kinds.index else dict.fromkeys(row, 0)
            pairs = [
                ("addresses", row["addresses_located"], now["addresses_located"]),
                ("records", _place_records(row), _place_records(now)),
            ]
            for sign, word in ((-1, "lost"), (1, "gained")):
                changed = [
                    (sign * (has / had - 1), name, had, has)
                    for name, had, has in pairs
                    if had > 0 and (abs(has - had) >= FEWEST or not has)
                ]
                share, name, had, has = max(changed, key=lambda one: one[0], default=(0, "", 0, 0))
                bound = f"max_{word}_share"
                most = getattr(self, bound)
                if share > most:
                    reasons.append(
                        f"{call_kind(kind)}: {_count(had)} {name} were placed in the run before, "
                        f"{_count(has)} are now ({_percent(share)} {word}), more than "
                        f"{bound} = {most:g}"
                    )
        return reasons

    def _judge_roles(self, result: Result, before: Mapping[str, Sequence[str]]) -> list[str]:
        """Judge what a kind has no column of any more: its numbers then mean something else."""
        now = result.world.provenance.get("roles", {})
        gone = {
            kind: [role for role in roles if role not in now.get(kind, roles)]
            for kind, roles in before.items()
        }
        return [
            f"{call_kind(kind)}: the run before had {' and '.join(roles)}, and this one has none "
            f"(100 % lost), more than max_lost_share = {self.max_lost_share:g}"
            for kind, roles in gone.items()
            if roles and self.max_lost_share < 1
        ]

    def _judge_deaths(self, events: pd.DataFrame, before: int) -> list[str]:
        """Judge how many regions of the run before are gone."""
        deaths = int(events["event"].eq("death").sum())
        if before <= 1 or deaths / before <= self.max_deaths_share:
            return []
        died = f"{deaths:,} of {before:,} regions died ({_percent(deaths / before)})"
        return [f"{died}, more than max_deaths_share = {self.max_deaths_share:g}"]


def _place_records(row: Mapping[str, Any]) -> float:
    """Give the records of a kind that stand at a place, in parts."""
    return float(row["units_in_regions"] + row["units_outside_regions"]) / RECORD_UNITS


def _percent(share: float) -> str:
    """Print a share; never as little as a bound that it lies above."""
    return f"{math.ceil(1000 * round(share, 9)) / 10:g} %"


def _count(number: float) -> str:
    """Print a count, which decimals may have made no whole number."""
    return f"{number:,.0f}" if number == round(number) else f"{number:,.2f}"
