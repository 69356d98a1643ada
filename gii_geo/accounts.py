"""Every row and every record accounted for, to the last unit."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from gii_geo.tables import KINDS, NO_KIND, RECORD_UNITS

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
    """

    kinds: pd.DataFrame
    reasons: pd.DataFrame

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
        }


def settle_accounts(
    collapsed: pd.DataFrame,
    records: pd.DataFrame,
    left_out: pd.DataFrame,
    locations: pd.DataFrame,
) -> Accounts:
    """Hold the rows and records that came in against where they went.

    Parameters
    ----------
    collapsed : pandas.DataFrame
        From `count.collapse_addresses`: kind, reason, rows, addresses, weight.
    records : pandas.DataFrame
        From `count.count_records`: kind, records, undivided.
    left_out : pandas.DataFrame
        Columns kind and rows: rows that the settings leave out.
    locations : pandas.DataFrame
        Columns `<kind>_weight` and region.

    Returns
    -------
    Accounts
        The accounts.
    """
    rejected = collapsed[collapsed["reason"].notna()]
    placed = collapsed[collapsed["reason"].isna()]
    inside = locations["region"].notna().to_numpy(dtype=bool)
    table = pd.DataFrame(index=pd.Index([*KINDS, NO_KIND], name="kind"))

    def per_kind(part: pd.DataFrame, column: str) -> "pd.Series[Any]":
        return part.groupby("kind")[column].sum().reindex(table.index, fill_value=0).astype("int64")

    table["rows_left_out"] = per_kind(left_out, "rows")
    table["rows_rejected"] = per_kind(rejected, "rows")
    table["rows_located"] = per_kind(placed, "rows")
    table.insert(0, "rows", per_kind(collapsed, "rows") + table["rows_left_out"])
    table["addresses_located"] = per_kind(placed, "addresses")
    table["records"] = per_kind(records, "records")
    for name, part in (("units_in_regions", inside), ("units_outside_regions", ~inside)):
        units = {kind: int(locations.loc[part, f"{kind}_weight"].sum()) for kind in KINDS}
        table[name] = pd.Series(units).reindex(table.index, fill_value=0)
    table["units_unlocated"] = per_kind(rejected, "weight")
    table["units_undivided"] = per_kind(records, "undivided")
    reasons = rejected.groupby(["kind", "reason"], as_index=False)[["rows", "weight"]].sum()
    return Accounts(table[table["rows"] > 0], reasons)
