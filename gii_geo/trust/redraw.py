"""Records redrawn: each counts as often as a Poisson number says."""

from dataclasses import replace

import numpy as np

from gii_geo.regions.tally import Tally
from gii_geo.trust.drawn import Drawn, keep_addresses, list_kinds, make_locations
from gii_geo.trust.together import choose_groups, find_groups


def redraw_records(tally: Tally, rng: np.random.Generator) -> Drawn:
    """Let every record count as often as a Poisson number of mean 1 says; those of a group alike.

    That is a bootstrap of the records, and of whole groups where there are any, as for rank sets:
    good for how often a region is found, but not for ranks, whose resampled spans fail near ties
    (Xie, Singh and Zhang 2009). Of the records that stand at a location alone the number is drawn,
    and their addresses with it. Weights and links stay.

    Parameters
    ----------
    tally : Tally
        What counts.
    rng : numpy.random.Generator
        Where the draws come from.

    Returns
    -------
    Drawn
        The world as drawn, without the locations at which nothing counts any more.
    """
    records = tally.records
    code = records["kind"].cat.codes.to_numpy(np.int64)
    words = list(records["kind"].cat.categories)
    location = records["location"].to_numpy(np.int64)
    number, row = np.unique(records["record"].to_numpy(np.int64), return_inverse=True)
    times = rng.poisson(1.0, len(number))[row]
    groups = choose_groups(tally)
    of_group = rng.poisson(1.0, int(groups["group"].max()) + 1 if len(groups) else 0)
    group_times = of_group[groups["group"].to_numpy()]
    found = find_groups(tally, groups)
    times[found >= 0] = group_times[found[found >= 0]]
    addresses = records["addresses"].to_numpy(np.int64)
    drawn = np.zeros((len(tally.locations), len(tally.kinds)), dtype=np.int64)
    for k, kind in enumerate(tally.kinds):
        alone = tally.alone[kind].to_numpy(np.int64)
        rest = tally.locations[f"{kind}_addresses"].to_numpy(np.int64).copy()
        of_kind = code == (words.index(kind) if kind in words else -2)
        np.subtract.at(rest, location[of_kind], addresses[of_kind])
        own = ((groups["kind"] == kind) & groups["location"].notna()).to_numpy(bool)
        at = groups["location"][own].to_numpy(np.int64)
        held = groups["records"].to_numpy(np.int64)[own]
        hung, again = (
            np.bincount(at, each, len(alone)).astype(np.int64)
            for each in (held, held * group_times[own])
        )
        many = np.rint((rng.poisson(alone - hung) + again) * (rest / np.maximum(alone, 1)))
        drawn[:, k] = many.astype(np.int64)
        np.add.at(drawn[:, k], location[of_kind], (times * addresses)[of_kind])
    rows = np.flatnonzero(drawn.any(axis=1))
    sites = tally.sites.take(rows)
    moved = np.full(len(tally.locations), -1, dtype=np.int64)
    moved[rows] = np.arange(len(rows))
    kept = moved[location] >= 0
    weight = list_kinds(tally, "weight")[rows]
    locations, _ = make_locations(tally, sites, drawn[rows], weight)
    redrawn = replace(
        tally,
        locations=locations,
        records=records[kept].assign(location=moved[location[kept]].astype(np.int32)),
        _alone=tally.alone.iloc[rows].reset_index(drop=True),
        sites=sites,
        world_location=tally.world_location[rows],
    )
    return Drawn(redrawn, rows, keep_addresses(tally).activity[rows])
