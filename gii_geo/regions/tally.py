"""What of a world counts in a question: its kinds and years, summed per location."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.regions.choose import choose_part, choose_rows
from gii_geo.regions.density import share_activity, share_each_address
from gii_geo.regions.sites import Sites
from gii_geo.sorting import sum_alike
from gii_geo.tables import KINDS, NO_KIND, InputError, order_kinds
from gii_geo.world import LEFT_OUT, NO_YEAR, World

_MOST_LOOSE: Final = 40
"""Columns that may each stand by itself."""

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Tally:
    """What of a world counts, and what it comes to.

    Attributes
    ----------
    kinds : tuple of str
        WIPO's kinds and the world's own, in order, whether they count or not.
    locations : pandas.DataFrame
        One row per location at which anything counts, ordered by lon, then lat: lon, lat
        (degrees), per kind `<kind>_addresses` and `<kind>_weight` (units), and activity (share of
        all activity, 0 to 1, every kind weighing the same).
    records : pandas.DataFrame
        `World.records` that count; location is the row in `locations`.
    groups : pandas.DataFrame
        `World.groups` that count; location is the row in `locations`.
    labels : pandas.DataFrame
        `World.labels` that count; location is the row in `locations`.
    totals : pandas.DataFrame
        Per kind (and for lines that cannot be read): rows, rows_left_out, rows_rejected, records,
        units_unlocated, units_undivided, int64.
    reasons : pandas.DataFrame
        kind, reason, rows and weight of what was rejected.
    sites : Sites
        The coordinates of `locations`.
    world_location : numpy.ndarray of int64, shape (n,)
        The row of each location in `World.locations`.
    """

    kinds: tuple[str, ...]
    locations: pd.DataFrame
    records: pd.DataFrame
    groups: pd.DataFrame
    labels: pd.DataFrame
    totals: pd.DataFrame
    reasons: pd.DataFrame
    sites: Sites
    world_location: IntArray
    _places: pd.DataFrame
    _alone: pd.DataFrame | None = None

    def narrow(self, places: pd.DataFrame, records: pd.DataFrame) -> "Tally":
        """Leave a part of what counts, such as what is of one field.

        Parameters
        ----------
        places : pandas.DataFrame
            kind, location, weight, records and square: what each location holds of it.
        records : pandas.DataFrame
            Rows of `records` that are of it.

        Returns
        -------
        Tally
            The same locations with these sums; groups are not known of it, nor addresses.
        """
        many = len(self.locations)
        weight, alone = (
            _sum_places(places, column, self.kinds, many) for column in ("weight", "records")
        )
        spread = records.drop_duplicates("record")["kind"].value_counts()
        counted = {kind: int(alone[kind].sum() + spread.get(kind, 0)) for kind in self.kinds}
        return replace(
            self,
            locations=self.locations.assign(**weight.add_suffix("_weight")),
            records=records,
            groups=self.groups.iloc[:0],
            labels=self.labels.iloc[:0],
            _alone=alone,
            totals=self.totals.assign(records=pd.Series(counted)).fillna(0).astype("int64"),
            _places=places,
        )

    @cached_property
    def rows(self) -> "pd.Series[Any]":
        """Rows of the input that stand at a location, by kind."""
        rows = self._places.groupby("kind", observed=True)["rows"].sum()
        return rows.set_axis(rows.index.astype("str"))

    @cached_property
    def alone(self) -> pd.DataFrame:
        """Per kind, how many whole records stand at each location and nowhere else: int64."""
        if self._alone is not None:
            return self._alone
        return _sum_places(self._places, "records", self.kinds, len(self.locations))

    @cached_property
    def squares(self) -> pd.DataFrame:
        """Per kind and location, the squared parts of the records of `alone`, summed: units."""
        return _sum_places(self._places, "square", self.kinds, len(self.locations))

    @cached_property
    def coarse(self) -> dict[str, pd.DataFrame]:
        """Addresses, weight and records placed no better than by city, per kind and location."""
        places = self._places[self._places["coarse"].to_numpy()]
        return {
            column: _sum_places(places, column, self.kinds, len(self.locations))
            for column in ("addresses", "weight", "records")
        }

    def list_economies(self) -> pd.DataFrame:
        """List the economies that are named at each location.

        Returns
        -------
        pandas.DataFrame
            One row per location, economy (category, missing where none is named) and kind, in this
            order: addresses, coarse (those no better placed than by city) and activity.
        """
        places = self._places
        economy, kind = places["economy"].cat, places["kind"].cat
        code, many = economy.codes.to_numpy(np.int16), len(economy.categories)
        addresses = places["addresses"].to_numpy(np.int64)
        met, sums = sum_alike(
            {
                "location": places["location"].to_numpy(),
                "economy": np.where(code < 0, np.int16(many), code),  # the missing last
                "kind": kind.codes.to_numpy(),
            },
            {"addresses": addresses, "coarse": addresses * places["coarse"].to_numpy()},
        )
        named = np.where(met["economy"] == many, np.int16(-1), met["economy"])
        each = share_each_address(self.locations)[list(kind.categories)].to_numpy()
        return pd.DataFrame(
            {
                "location": met["location"],
                "economy": pd.Categorical.from_codes(named, economy.categories),
                "kind": pd.Categorical.from_codes(met["kind"], kind.categories),
                **sums,
                "activity": sums["addresses"] * each[met["kind"]],
            },
            copy=False,
        )


def count_world(
    world: World,
    *,
    kinds: tuple[str, ...] | None = None,
    years: Mapping[str, tuple[int, int]] | None = None,
) -> Tally:
    """Sum up the kinds and years of a world that count.

    Parameters
    ----------
    world : World
        The world.
    kinds : tuple of str, optional
        The kinds that count; by default all.
    years : mapping of str to (int, int), optional
        First and last year per kind; a kind that is not named counts whole. A record whose year is
        not known is left out where its kind is named.

    Returns
    -------
    Tally
        What counts.

    Raises
    ------
    InputError
        If a kind is neither in the world nor one of WIPO's.

    Examples
    --------
    >>> import gii_geo
    >>> world = gii_geo.read_world(gii_geo.demo_path())
    >>> int(count_world(world, kinds=("deal",)).locations["patent_addresses"].sum())
    0
    """
    years = years or {}
    known = know_kinds(world, (*(kinds or ()), *years))
    chosen = set(kinds or known)
    places = choose_part(world.places, chosen, years)
    sites = world.keep("sites", None, lambda: _list_sites(world))
    locations = world.locations
    present = np.zeros(len(locations), dtype=bool)
    present[places["location"].to_numpy()] = True
    records = choose_part(world.records, chosen, years)
    groups = choose_part(world.groups, chosen, years)
    labels = choose_part(world.labels, chosen, years)
    rows = np.flatnonzero(present)
    if len(rows) < len(present):
        row_of = np.cumsum(present, dtype=np.int32) - np.int32(1)
        sites, locations = sites.take(rows), locations.iloc[rows].reset_index(drop=True)
        places = places.assign(location=row_of[places["location"]])
        records = records.assign(location=row_of[records["location"]])
        labels = labels.assign(location=row_of[labels["location"]])
        nowhere = groups["location"].isna().to_numpy(dtype=bool)
        moved = row_of[groups["location"].fillna(0).to_numpy(np.int64)]
        groups = groups.assign(location=pd.arrays.IntegerArray(moved, nowhere))
    locations = _sum_kinds(locations, places, known)
    return Tally(
        known,
        locations.assign(activity=share_activity(locations)),
        records,
        groups,
        labels,
        *_sum_accounts(world.accounts, known, chosen, years),
        sites,
        rows,
        places,
    )


def check_years(world: World, years: Iterable[str]) -> None:
    """Refuse to ask a kind by years whose sources have no column of years.

    Parameters
    ----------
    world : World
        The world.
    years : iterable of str
        The kinds that are asked by years.

    Raises
    ------
    InputError
        If there is no such column.
    """
    for kind in years:
        if kind in world.provenance.get("undated", ()):
            msg = (
                f"Invalid years of {kind}. Must be of a kind whose addresses have a year; found no "
                f"column of it: name it (--column {kind}.year=NAME), or leave the kind out."
            )
            raise InputError(msg)


def know_kinds(world: World, asked: Iterable[str]) -> tuple[str, ...]:
    """Give the kinds that can be asked for, and refuse to be asked for others.

    Parameters
    ----------
    world : World
        The world.
    asked : iterable of str
        Kinds that a question names.

    Returns
    -------
    tuple of str
        WIPO's kinds and the world's own, in order.

    Raises
    ------
    InputError
        If a kind is neither in the world nor one of WIPO's.
    """
    known = order_kinds({*KINDS, *world.kinds})
    for kind in asked:
        if kind not in known:
            msg = f"Invalid kind {kind!r}. Must be in the world; found {', '.join(world.kinds)}."
            raise InputError(msg)
    return known


def _list_sites(world: World) -> Sites:
    """List the sites of a whole world."""
    return Sites(world.locations["lon"].to_numpy(), world.locations["lat"].to_numpy())


def _sum_kinds(
    locations: pd.DataFrame, places: pd.DataFrame, kinds: tuple[str, ...]
) -> pd.DataFrame:
    """Sum addresses and weight of each kind at each location."""
    columns: dict[str, Any] = {name: locations[name].to_numpy() for name in ("lon", "lat")}
    for column in ("addresses", "weight"):
        sums = _sum_places(places, column, kinds, len(locations))
        columns |= {f"{kind}_{column}": sums[kind].to_numpy() for kind in kinds}
    return _frame(columns)


def _sum_places(
    places: pd.DataFrame, column: str, kinds: tuple[str, ...], locations: int
) -> pd.DataFrame:
    """Sum a column of places per kind at each location."""
    codes = places["kind"].cat.codes.to_numpy()
    words = list(places["kind"].cat.categories)
    location, values = places["location"].to_numpy(), places[column].to_numpy()
    nothing = np.zeros(locations, dtype=np.int64)
    nothing.flags.writeable = False  # of all kinds that are not there
    sums: dict[str, Any] = dict.fromkeys(kinds, nothing)
    for kind in set(kinds) & set(words):
        of_kind = codes == words.index(kind)
        sums[kind] = np.zeros(locations, dtype=np.int64)
        np.add.at(sums[kind], location[of_kind], values[of_kind])
    return _frame(sums)


def _frame(columns: dict[str, Any]) -> pd.DataFrame:
    """Make a table without a copy; one of many columns is quicker in one piece."""
    return pd.DataFrame(columns, copy=len(columns) > _MOST_LOOSE)


def _sum_accounts(
    accounts: pd.DataFrame,
    kinds: tuple[str, ...],
    chosen: set[str],
    years: Mapping[str, tuple[int, int]],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Sum what came in: per kind, and what was rejected per kind and reason."""
    reason = accounts["reason"].astype("str")
    asked = choose_rows(
        accounts, {*chosen, NO_KIND}, years, year="year", spared=accounts["alone"].to_numpy()
    )
    left_out = reason.str.startswith(LEFT_OUT).to_numpy(dtype=bool)
    counts = asked & ~left_out
    of_years = accounts["kind"].isin(chosen & set(years)).to_numpy(dtype=bool)
    unknown = of_years & accounts["year"].isna().to_numpy(dtype=bool) & ~asked & ~left_out
    rejected = counts & reason.notna().to_numpy(dtype=bool)
    kind = accounts["kind"].astype("str")
    index = pd.Index([*kinds, NO_KIND], name="kind")

    def per_kind(rows: BoolArray, column: str) -> "pd.Series[Any]":
        summed = accounts[column][rows].groupby(kind[rows]).sum()
        return summed.reindex(index, fill_value=0).astype("int64")

    totals = {
        "rows": per_kind(np.ones(len(accounts), dtype=bool), "rows"),
        "rows_left_out": per_kind(~counts & ~unknown, "rows"),
        "rows_rejected": per_kind(rejected | unknown, "rows"),
        "records": per_kind(counts, "records"),
        "units_unlocated": per_kind(rejected, "weight"),
        "units_undivided": per_kind(counts, "undivided"),
    }
    lost = pd.DataFrame(
        {"kind": kind, "reason": reason, "rows": accounts["rows"], "weight": accounts["weight"]}
    )
    lost.loc[unknown, "reason"] = NO_YEAR
    lost.loc[unknown, "weight"] = 0  # of a record that may be of any year
    lost = lost[(rejected | unknown) & (lost["rows"] > 0).to_numpy()]
    reasons = lost.groupby(["kind", "reason"], as_index=False)[["rows", "weight"]].sum()
    return pd.DataFrame(totals), reasons
