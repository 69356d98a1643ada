"""Profiles: what the records of a region are about, whose they are, and in which city."""

import math
from statistics import NormalDist
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.inside.labels import split_labels
from gii_geo.packing import list_runs, order_words
from gii_geo.regions.sums import sum_groups
from gii_geo.regions.tally import Tally
from gii_geo.regions.touch import square_touching
from gii_geo.sorting import sum_alike
from gii_geo.tables import PROFILED, RECORD_UNITS, UNKNOWN

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
    parts = [_count_cities(tally, region, cities)]
    for what in list_runs(tally.labels["what"]):
        labelled = _count_labels(tally, region, what)
        parts += [labelled[labelled["region"] >= 0], _find_unknown(labelled, totals, regions)]
    counted = _join(parts)
    own = totals.iloc[_find_rows(counted, regions)].reset_index(drop=True)
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
    codes = [table[name].cat.codes.to_numpy() for name in ("value", "what", "kind")]
    keys = [codes[0], -table["weight"].to_numpy(), *codes[1:], table["region"].to_numpy()]
    return table.iloc[np.lexsort(keys)].reset_index(drop=True)


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
    totals = pd.concat(parts, ignore_index=True)
    return totals.assign(kind=pd.Categorical(totals["kind"], categories=[*tally.kinds]))


def _find_rows(table: pd.DataFrame, regions: int) -> IntArray:
    """Find the row of each region and kind in the table of `_sum_kinds`."""
    kind = table["kind"].cat.codes.to_numpy(np.int64)
    rows: IntArray = kind * regions + table["region"].to_numpy(np.int64)
    return rows


def _count_labels(tally: Tally, region: IntArray, what: str) -> pd.DataFrame:
    """Sum the weight of each label in each region, in none (-1), and in the world."""
    split = split_labels(tally, what)
    values, kinds = split["value"].cat, split["kind"].cat
    keys = {
        "region": region[split["location"].to_numpy()],
        "kind": pd.Index(tally.kinds).get_indexer(kinds.categories)[kinds.codes.to_numpy()],
        "value": values.codes.to_numpy(),
    }
    met, sums = sum_alike(keys, {"weight": split["weight"].to_numpy()})
    both: IntArray = met["kind"].astype(np.int64) * len(values.categories) + met["value"]
    world = sum_groups(sums["weight"], both, len(tally.kinds) * len(values.categories))
    return pd.DataFrame(
        {
            "region": met["region"],
            "kind": pd.Categorical.from_codes(met["kind"], pd.Index(tally.kinds)),
            "what": pd.Categorical([what] * len(both), categories=[*PROFILED]),
            "value": pd.Categorical.from_codes(met["value"], values.categories),
            "weight": sums["weight"],
            "world": world[both],
        }
    )


def _count_cities(tally: Tally, region: IntArray, cities: "pd.Series[Any]") -> pd.DataFrame:
    """Sum the weight of each city in each region."""
    rows = cities.index.to_numpy()
    code = cities.cat.codes.to_numpy()
    kinds, words = pd.Index(tally.kinds), pd.Index([*PROFILED])
    keys = {"region": region.astype(np.int32)[rows], "value": code}
    parts: list[pd.DataFrame] = []
    for number, kind in enumerate(tally.kinds):
        weight = tally.locations[f"{kind}_weight"].to_numpy()[rows]
        if parts and not weight.any():
            continue
        met, sums = sum_alike(keys, {"weight": weight})
        columns = {
            "kind": pd.Categorical.from_codes([number] * len(met["value"]), kinds),
            "what": pd.Categorical([PROFILED[-1]] * len(met["value"]), categories=words),
            "value": pd.Categorical.from_codes(met["value"], cities.cat.categories),
        }
        parts.append(pd.DataFrame({"region": met["region"], **columns, **sums, "world": np.nan}))
    return pd.concat(parts, ignore_index=True)


def _find_unknown(labelled: pd.DataFrame, totals: pd.DataFrame, regions: int) -> pd.DataFrame:
    """Find what names none, so that all values of a region and kind add up to its weight."""
    inside = labelled[labelled["region"] >= 0]
    held = sum_groups(inside["weight"].to_numpy(), _find_rows(inside, regions), len(totals))
    of_kind: IntArray = np.asarray(labelled["kind"].cat.codes, dtype=np.int64)
    said = sum_groups(labelled["weight"].to_numpy(), of_kind, len(totals["kind"].cat.categories))
    rest = totals["weight"].to_numpy(np.int64) - held
    unknown = totals[["region", "kind"]].assign(
        what=labelled["what"].array[:1].repeat(len(totals)),
        value=pd.Categorical([UNKNOWN] * len(totals)),
        weight=rest,
        world=totals["world"].to_numpy() - said[totals["kind"].cat.codes],
    )
    found: pd.DataFrame = unknown[rest > 0]
    return found


def _join(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Put parts below each other, their values in one order; what has no weight is left out."""
    words = order_words(*(part["value"].cat.categories for part in parts))
    known = [part.assign(value=part["value"].cat.set_categories(words)) for part in parts]
    return pd.concat([part[part["weight"] > 0] for part in known], ignore_index=True)


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
