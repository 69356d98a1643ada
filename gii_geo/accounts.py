"""Every row and every record accounted for, to the last unit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.faults import tell_unbalanced
from gii_geo.packing import empty_table
from gii_geo.pick import Picked
from gii_geo.records.rejects import mark_alone
from gii_geo.regions.choose import choose_rows
from gii_geo.regions.form import Delineation
from gii_geo.regions.tally import Tally
from gii_geo.tables import RECORD_UNITS
from gii_geo.world import NO_YEAR, World

_PARTS = ("units_in_regions", "units_outside_regions", "units_unlocated", "units_undivided")


@dataclass(frozen=True)
class Accounts:
    """Where every row and every record went.

    Attributes
    ----------
    kinds : pandas.DataFrame
        One row a kind, and one of the kind "unknown" for lines that cannot be read where a column
        tells the kind: rows (read), rows_left_out (by the settings' kinds and years),
        rows_rejected, rows_located; addresses_located; records (counted apart from their weights);
        units_in_regions, units_outside_regions, units_unlocated (on addresses without a place),
        units_undivided (records of more than 24 addresses do not split into whole units): int64.
    reasons : pandas.DataFrame
        One row per kind and reason of rejection: kind, reason, rows, weight (units).
    contradictions : pandas.DataFrame
        Of the kinds that count: what lies far from the economy that it names, see
        `World.contradictions`.
    """

    kinds: pd.DataFrame
    reasons: pd.DataFrame
    contradictions: pd.DataFrame = field(default_factory=lambda: empty_table("contradictions"))

    def is_exact(self) -> bool:
        """Tell whether both identities hold to the last row and the last unit.

        Returns
        -------
        bool
            Rows read are rows left out, rejected and located; the records are the sum of the four
            parts.

        Examples
        --------
        >>> import gii_geo
        >>> gii_geo.find_regions(gii_geo.demo_path()).accounts.is_exact()
        True
        """
        table = self.kinds.astype(object)  # Python integers: no overflow at any size
        rows = table["rows_left_out"] + table["rows_rejected"] + table["rows_located"]
        units = sum((table[part] for part in _PARTS[1:]), start=table[_PARTS[0]])
        same_units = units == table["records"] * RECORD_UNITS
        return bool((rows == table["rows"]).all() and same_units.all())

    def check(self) -> None:
        """Refuse accounts that do not balance: what was read twice was not the same.

        Raises
        ------
        FaultError
            If an identity does not hold.
        """
        if not self.is_exact():
            raise tell_unbalanced()

    def to_dict(self) -> dict[str, Any]:
        """Give the accounts as plain values for run.json.

        Returns
        -------
        dict of str to Any
            The unit of a record, whether the identities hold, and the rows per kind and reason.
        """
        reasons = self.reasons.astype({"rows": object, "weight": object})
        return {
            "record_units": RECORD_UNITS,
            "exact": self.is_exact(),
            "identity": "records * record_units = " + " + ".join(_PARTS),
            "kinds": {
                str(kind): {name: int(value) for name, value in row.items()}
                for kind, row in self.kinds.iterrows()
            },
            "rejected": reasons.to_dict("records"),
            "contradictions": self.contradictions.astype(object)
            .where(self.contradictions.notna(), None)
            .to_dict("records"),
        }


def settle_accounts(
    tally: Tally, region: npt.NDArray[np.int64], contradictions: pd.DataFrame | None = None
) -> Accounts:
    """Hold the rows and records that came in against where they went.

    Parameters
    ----------
    tally : Tally
        What of a world counts.
    region : numpy.ndarray of int64, shape (n,)
        Region of each of its locations, -1 outside.
    contradictions : pandas.DataFrame, optional
        Of the world; by default none.

    Returns
    -------
    Accounts
        The accounts.
    """
    table, locations = tally.totals.copy(), tally.locations
    inside = region >= 0

    def per_kind(column: str, rows: npt.NDArray[np.bool_]) -> "pd.Series[Any]":
        sums = {
            kind: int(locations[f"{kind}_{column}"].to_numpy()[rows].sum()) for kind in tally.kinds
        }
        return pd.Series(sums).reindex(table.index, fill_value=0).astype("int64")

    everywhere = np.ones(len(region), dtype=bool)
    located = tally.rows.reindex(table.index, fill_value=0)
    table.insert(3, "rows_located", located)
    table.insert(4, "addresses_located", per_kind("addresses", everywhere))
    for name, part in (("units_in_regions", inside), ("units_outside_regions", ~inside)):
        table[name] = per_kind("weight", part)
    columns = ["records", *_PARTS]
    table = table[[column for column in table if column not in columns] + columns]
    table = table[table["rows"] > 0]
    if contradictions is None:
        return Accounts(table, tally.reasons)
    counts = contradictions["kind"].isin(table.index[table["rows"] > table["rows_left_out"]])
    return Accounts(table, tally.reasons, contradictions[counts].reset_index(drop=True))


def keep_accounts(
    world: World, tally: Tally, delineation: Delineation, delineated: Picked
) -> Accounts:
    """Settle the accounts of a question, or give those that its world keeps.

    Parameters
    ----------
    world : World
        What was asked.
    tally : Tally
        What of it counts.
    delineation : Delineation
        Which region every location is in.
    delineated : Picked
        The settings that the regions hang on.

    Returns
    -------
    Accounts
        The accounts.
    """
    return world.keep(
        "accounts",
        delineated,
        lambda: settle_accounts(tally, delineation.region, world.contradictions),
    )


def list_rejects(
    world: World, kinds: set[str], years: Mapping[str, tuple[int, int]]
) -> pd.DataFrame:
    """List the rejected rows of a question.

    Parameters
    ----------
    world : World
        What is asked.
    kinds : set of str
        The kinds that count.
    years : mapping of str to (int, int)
        First and last year per kind.

    Returns
    -------
    pandas.DataFrame
        kind, record_id, lon, lat, economy, year, count, reason, file, row, and texts: what has no
        place, and what has no year where its kind is asked for by years. Where nothing at all
        stands for the year, the rows of a place are known by their place alone.
    """
    rejects = world.rejects
    is_placed = rejects["reason"].str.startswith(NO_YEAR).fillna(value=False).to_numpy(dtype=bool)
    spared = mark_alone(rejects) & ~is_placed
    of_years = choose_rows(rejects, kinds, years, year="record_year", spared=spared)
    counts = of_years | rejects["kind"].isna().to_numpy(dtype=bool)
    asked = rejects["kind"].isin(kinds & set(years)).to_numpy(dtype=bool)
    unknown = asked & ~counts & rejects["record_year"].isna().to_numpy(dtype=bool)
    listed = rejects.drop(columns=["weight", "record_year"])
    listed["reason"] = listed["reason"].mask(unknown & ~is_placed, NO_YEAR)
    chosen = listed[(counts & ~is_placed) | unknown]
    rest = _list_placed(world, kinds & set(years), listed[unknown & is_placed])
    return (pd.concat([chosen, rest]) if len(rest) else chosen).reset_index(drop=True)


def _list_placed(world: World, kinds: set[str], known: pd.DataFrame) -> pd.DataFrame:
    """List the placed rows of no year that are not known by their file and row."""
    places = world.places
    places = places[places["kind"].isin(kinds) & places["year"].isna()]
    keys = ["kind", "lon", "lat"]
    table = world.locations.take(places["location"].to_numpy()).assign(
        kind=places["kind"].astype("str").to_numpy(), rows=places["rows"].to_numpy()
    )
    rows = table.groupby(keys)["rows"].sum()
    rows = rows.sub(known.groupby(keys).size(), fill_value=0).astype("int64")
    rows = rows[rows > 0]
    rest = rows.index.repeat(rows.to_numpy()).to_frame(index=False).assign(reason=NO_YEAR)
    return rest.reindex(columns=known.columns).astype(known.dtypes)
