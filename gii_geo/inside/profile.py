"""Profiles: what the records of a region are about, whose they are, and in which city."""

import math
from statistics import NormalDist
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.inside.labels import split_labels
from gii_geo.packing import list_runs
from gii_geo.regions.sums import sum_groups
from gii_geo.regions.tally import Tally
from gii_geo.regions.touch import square_touching
from gii_geo.sorting import sum_alike
from gii_geo.tables import LABELS, PROFILED, RECORD_UNITS, UNKNOWN

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

_KEYS: Final = ["region", "kind", "what", "value"]


def profile_regions(
    tally: Tally, region: IntArray, cities: "pd.Series[Any]", *, regions: int, confidence: float
) -> pd.DataFrame:
    """Tell what the records of each region are about, whose they are, and where they stand.

    Counting is fractional, whatever the ranking's: a record is split over its addresses, and an
    address over the labels that it has. Specialisation is the location quotient, the value's share
    of the region's records over its share of the world's placed ones. On small numbers it lies, so
    that its interval stands beside it: Wilson's (1927, Journal of the American Statistical
    Association 22, pages 209-212) of the region's share, the world's taken as known, with the
    effective number of records (Kish 1965, section 11.7): (sum w)^2 / sum w^2 over their parts w
    in the region. Nothing is shrunk.

    Parameters
    ----------
    tally : Tally
        What counts.
    region : numpy.ndarray of int64, shape (n,)
        Region of each of its locations, -1 outside.
    cities : pandas.Series of category
        By the row of a location in a region, the city it belongs to.
    regions : int
        How many regions there are.
    confidence : float
        Of the intervals, from 0.5 to 0.999.

    Returns
    -------
    pandas.DataFrame
        One row per region, kind, what ("field", "organisation", "city") and value that has weight
        there, in this order, the largest first: records (fractional), share (of the region's, 0 to
        1), held (part, 0 to 1, of the value's records of the kind in the world that stand here),
        world_share (the value's share of the world's placed records of the kind), specialisation,
        specialisation_low and specialisation_high; weight in units. The value `UNKNOWN` is what
        names none. Cities have no share of the world: outside of regions none is looked for.
    """
    totals = _sum_kinds(tally, region, regions)
    parts = [_count_labels(tally, region, what) for what in LABELS if _has(tally, what)]
    parts.append(_count_cities(tally, region, cities))
    counted = _add_unknown(pd.concat(parts, ignore_index=True), totals)
    whole = totals.set_index(["region", "kind"])
    of = pd.MultiIndex.from_frame(counted[["region", "kind"]])
    own = whole.reindex(of)
    share = counted["weight"].to_numpy() / own["weight"].to_numpy()
    world_share = counted["world"].to_numpy() / own["world"].to_numpy()
    low, high = _bound_share(share, own["effective"].to_numpy(), confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        known = np.where(counted["value"] == UNKNOWN, np.nan, world_share)
        table = counted[[*_KEYS, "weight"]].assign(
            records=counted["weight"] / RECORD_UNITS,
            share=share,
            held=counted["weight"] / counted["world"],
            world_share=world_share,
            specialisation=share / known,
            specialisation_low=low / known,
            specialisation_high=high / known,
        )
    order = {name: number for number, name in enumerate(PROFILED)}
    kinds = {kind: number for number, kind in enumerate(tally.kinds)}
    keys = [
        table["value"].to_numpy(str),
        -table["weight"].to_numpy(),
        table["what"].map(order).to_numpy(),
        table["kind"].map(kinds).to_numpy(),
        table["region"].to_numpy(),
    ]
    return table.iloc[np.lexsort(keys)].reset_index(drop=True)


def _has(tally: Tally, what: str) -> bool:
    """Tell whether any row says anything of a label."""
    return what in list_runs(tally.labels["what"])


def _sum_kinds(tally: Tally, region: IntArray, regions: int) -> pd.DataFrame:
    """Give each region's weight by kind, the world's, and the effective number of records."""
    squares = square_touching(tally.records, region, groups=regions)
    words = list(tally.records["kind"].cat.categories)
    parts = []
    for kind in tally.kinds:
        weight = tally.locations[f"{kind}_weight"].to_numpy()
        held = sum_groups(weight, region, regions)
        square = sum_groups(tally.squares[kind].to_numpy(), region, regions) / RECORD_UNITS
        square += squares[words.index(kind)] if kind in words else 0.0
        records = held / RECORD_UNITS
        table = pd.DataFrame({"region": np.arange(regions), "kind": kind, "weight": held})
        effective = np.divide(records**2, square, where=square > 0, out=np.zeros(regions))
        parts.append(table.assign(world=int(weight.sum()), effective=effective))
    return pd.concat(parts, ignore_index=True)


def _count_labels(tally: Tally, region: IntArray, what: str) -> pd.DataFrame:
    """Sum the weight of each label in each region, in none (-1), and in the world."""
    split = split_labels(tally, what)
    values, kinds = split["value"].cat, split["kind"].cat
    keys = {
        "region": region[split["location"].to_numpy()],
        "kind": kinds.codes.to_numpy(),
        "value": values.codes.to_numpy(),
    }
    met, sums = sum_alike(keys, {"weight": split["weight"].to_numpy()})
    many = max(len(values.categories), 1)
    both = met["kind"].astype(np.int64) * many + met["value"]
    world = sum_groups(sums["weight"], both, many * len(kinds.categories))
    return pd.DataFrame(
        {
            "region": met["region"],
            "kind": np.asarray(kinds.categories, dtype=object)[met["kind"]],
            "what": what,
            "value": np.asarray(values.categories, dtype=object)[met["value"]],
            "weight": sums["weight"],
            "world": world[both],
        }
    )


def _count_cities(tally: Tally, region: IntArray, cities: "pd.Series[Any]") -> pd.DataFrame:
    """Sum the weight of each city in each region."""
    rows = cities.index.to_numpy()
    code, names = cities.cat.codes.to_numpy(np.int64), cities.cat.categories
    key = region[rows] * len(names) + code
    met, number = np.unique(key, return_inverse=True)
    parts = [
        pd.DataFrame(
            {
                "region": met // max(len(names), 1),
                "kind": kind,
                "what": PROFILED[-1],
                "value": np.asarray(names, dtype=object)[met % max(len(names), 1)],
                "weight": sum_groups(
                    tally.locations[f"{kind}_weight"].to_numpy()[rows],
                    number.astype(np.int64),
                    len(met),
                ),
                "world": np.nan,
            }
        )
        for kind in tally.kinds
    ]
    return pd.concat(parts, ignore_index=True)


def _add_unknown(counted: pd.DataFrame, totals: pd.DataFrame) -> pd.DataFrame:
    """Add what names nothing, so that all values of a region and kind add up to its weight."""
    counted = counted[counted["weight"] > 0]
    once = counted.drop_duplicates(["kind", "what", "value"])
    parts = [counted[counted["region"] >= 0]]
    for what in [what for what in LABELS if (counted["what"] == what).any()]:
        own = counted[counted["what"] == what].groupby(["region", "kind"])["weight"].sum()
        of = pd.MultiIndex.from_frame(totals[["region", "kind"]])
        rest = totals["weight"].to_numpy() - own.reindex(of, fill_value=0).to_numpy()
        said = once[once["what"] == what].groupby("kind")["world"].sum()
        unknown = totals[["region", "kind"]].assign(what=what, value=UNKNOWN, weight=rest)
        unknown["world"] = totals["world"] - totals["kind"].map(said).fillna(0).astype("int64")
        parts.append(unknown[rest > 0])
    return pd.concat(parts, ignore_index=True)


def _bound_share(
    share: FloatArray, records: FloatArray, confidence: float
) -> tuple[FloatArray, FloatArray]:
    """Give Wilson's interval of a share of a number of records."""
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = share + z**2 / (2 * records)
        half = z * np.sqrt(share * (1 - share) / records + z**2 / (4 * records**2))
        scale = 1 + z**2 / records
        low, high = (middle - half) / scale, (middle + half) / scale
    return np.clip(low, 0.0, share), np.clip(high, share, 1.0)


def list_first(profiles: pd.DataFrame) -> pd.DataFrame:
    """Give each region's first values: of the largest shares, summed over its kinds.

    Parameters
    ----------
    profiles : pandas.DataFrame
        region_id, kind, what, value and share.

    Returns
    -------
    pandas.DataFrame
        By region_id, `tables.TOP_VALUES`: missing where none is known.
    """
    known = profiles[profiles["value"] != UNKNOWN]
    by = ["region_id", "what", "value"]
    share = known.groupby(by)["share"].agg(math.fsum).reset_index()
    share = share.sort_values(["share", "value"], ascending=[False, True], kind="stable")
    first = share.drop_duplicates(["region_id", "what"])
    table = first.pivot_table(index="region_id", columns="what", values="value", aggfunc="first")
    return table.reindex(columns=[*PROFILED]).add_prefix("top_").astype("str")
