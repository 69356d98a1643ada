"""Measure how often rank sets hold the true rank, where it is known.

Records of worlds with known shares are drawn, as many of each kind as the built-in world has, and
all that follows is the package's own: the tally, shares, scores, ranks, covariance and rank sets.
Each record stands in one region, or in none. Four kinds of truth: the built-in world's shares; the
same with a fifth of the records, so that every variance is five times as large; with ranks 61 to
100 exactly tied; with ranks 21 to 100 nearly tied. Beside the sets stands a plain percentile
bootstrap of ranks, which is what one must not do near ties.

    python scripts/benchmark_coverage.py --worlds 20
    python scripts/benchmark_coverage.py --out data/benchmark/coverage.md
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

import gii_geo
from gii_geo.packing import empty_table, pack_table
from gii_geo.regions.form import count_groups, rank
from gii_geo.regions.tally import count_world
from gii_geo.tables import FIRST_HUNDRED, KINDS, RECORD_UNITS
from gii_geo.trust.covariance import covary_scores, covary_shares
from gii_geo.trust.rank_sets import find_rank_sets

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

SETTINGS = gii_geo.Settings()
REDRAWN = 400
"""Bootstrap draws of one world."""

NEAR = 0.02
"""How far the first and the last of near ties lie from their mean, as a part of it."""

BANDS = ((1, 20), (21, 50), (51, 100))
SEED = 1


@dataclass(frozen=True)
class Truth:
    """Shares of the regions that records are drawn by, and how many records there are."""

    name: str
    shares: FloatArray
    records: IntArray

    @property
    def scores(self) -> FloatArray:
        """Scores of the regions, as true as their ranks."""
        return self.shares.sum(axis=0)

    @property
    def ranks(self) -> tuple[IntArray, IntArray]:
        """The best and the worst rank of each region: the same but for ties."""
        above = self.scores > self.scores[:, None]
        return 1 + above.sum(axis=1), (self.scores >= self.scores[:, None]).sum(axis=1)

    def draw(self, rng: np.random.Generator, *, times: int = 1) -> IntArray:
        """Draw records: how many of each kind stand in each region, and outside at the end."""
        return np.stack(
            [
                rng.multinomial(count, [*share, max(1 - share.sum(), 0)], size=times)
                for share, count in zip(self.shares, self.records, strict=True)
            ],
            axis=1,
        )


def list_truths() -> list[Truth]:
    """Take the built-in world's shares, and change them."""
    result = gii_geo.find_regions(gii_geo.demo_path(), SETTINGS)
    regions = result.regions.sort_values("score", ascending=False, kind="stable")
    shares = np.stack([regions[f"{kind}_share"].to_numpy(np.float64) for kind in KINDS])
    totals = result.formed.tally.totals["records"]
    records = np.array([totals[kind] for kind in KINDS], dtype=np.int64)
    tied, near = shares.copy(), shares.copy()
    tied[:, 60:100] = tied[:, 60:100].mean(axis=1, keepdims=True)
    near[:, 20:100] = near[:, 20:100].mean(axis=1, keepdims=True)
    near[:, 20:100] *= np.linspace(1 + NEAR, 1 - NEAR, 80)
    return [
        Truth("the built-in world", shares, records),
        Truth("variance x 5", shares, records // 5),
        Truth("ranks 61 to 100 tied", tied, records),
        Truth("ranks 21 to 100 nearly tied", near, records),
    ]


def make_world(counts: IntArray) -> gii_geo.World:
    """Give a world its records: a region is one location, and so is what is outside."""
    spots = counts.shape[1]
    location = np.arange(spots)
    places = pd.concat(
        [
            pd.DataFrame({"kind": kind, "location": location, "records": count})
            for kind, count in zip(KINDS, counts, strict=True)
        ],
        ignore_index=True,
    )
    number = places["records"]
    units = number * RECORD_UNITS
    places = places.assign(
        year=pd.NA, economy=None, coarse=False, rows=number, addresses=number, weight=units
    ).assign(square=units)
    totals = counts.sum(axis=1)
    accounts = pd.DataFrame({"kind": KINDS, "records": totals, "rows": totals})
    accounts = accounts.assign(
        year=pd.NA, reason=None, alone=False, weight=totals * RECORD_UNITS, undivided=0
    )
    tables = {
        "locations": pd.DataFrame({"lon": np.linspace(-170, 170, spots), "lat": 0.0}),
        "places": places.astype({"year": "Int64", "economy": "str"}),
        "accounts": accounts.astype({"year": "Int64", "reason": "str"}),
    }
    packed = {name: pack_table(table, name) for name, table in tables.items()}
    empty = ("records", "groups", "contradictions", "rejects")
    packed |= {name: empty_table(name) for name in empty}
    return gii_geo.World(**packed, provenance={"kinds": list(KINDS)})


class Held(NamedTuple):
    """Which regions hold their true rank in one world, and how wide their sets are.

    In the order marginal sets, simultaneous sets, bootstrap; at ties ``span`` asks for all ranks
    of the tie, ``counted`` for the rank as a ranking prints it.
    """

    span: BoolArray
    counted: BoolArray
    first: bool
    width: IntArray


def measure_world(truth: Truth, rng: np.random.Generator) -> Held:
    """Draw one world and see which sets hold."""
    counts = truth.draw(rng)[0]
    tally = count_world(make_world(counts))
    regions = counts.shape[1] - 1
    region = np.append(np.arange(regions), -1)
    units = count_groups(tally, region, name="region", counting=SETTINGS.counting)
    score = rank(tally, units, SETTINGS)["score"].sort_index().to_numpy()
    shares = covary_shares(tally, region, SETTINGS)
    covariance = covary_scores(shares, SETTINGS.score_weights, regions=regions)
    own, every = (
        find_rank_sets(score, covariance, simultaneous=simultaneous)
        for simultaneous in (False, True)
    )
    found = Truth("found", counts[:, :-1] / truth.records[:, None], truth.records)
    redrawn = (found.draw(rng, times=REDRAWN)[:, :, :-1] / truth.records[:, None]).sum(axis=1)
    ranks = np.array([np.searchsorted(np.sort(-one), -one) + 1 for one in redrawn])
    low, high = np.quantile(ranks, [0.025, 0.975], axis=0)
    best, worst = truth.ranks
    sets = [(own.low, own.high), (every.low, every.high), (low, high)]
    surely, no = own.first == "surely", own.first == "no"
    return Held(
        np.stack([(low <= best) & (worst <= high) for low, high in sets]),
        np.stack([(low <= best) & (best <= high) for low, high in sets]),
        bool((worst[surely] <= FIRST_HUNDRED).all() and (best[no] > FIRST_HUNDRED).all()),
        own.high - own.low,
    )


def measure(truth: Truth, worlds: int, seed: int) -> list[str]:
    """Measure one kind of truth: the rows of its two ways to count a tie."""
    start = time.process_time()
    held = [measure_world(truth, np.random.default_rng([seed, world])) for world in range(worlds)]
    each = (time.process_time() - start) / worlds
    width = np.mean([one.width for one in held], axis=0)
    widths = [f"{width[first - 1 : last].mean():.1f}" for first, last in BANDS]
    has_ties = len(np.unique(truth.scores)) < len(truth.scores)
    rows = []
    for name in ("span", "counted") if has_ties else ("counted",):
        inside = np.stack([getattr(one, name) for one in held])
        hundred = inside[:, :, :FIRST_HUNDRED].mean(axis=0)
        told = truth.name + {"span": ", the whole tie", "counted": ""}[name]
        parts = [hundred[0].mean(), hundred[0].min(), inside[:, 0].mean(axis=0).min()]
        parts += [inside[:, 1].all(axis=1).mean(), np.mean([one.first for one in held])]
        parts += [hundred[2].mean(), hundred[2].min()]
        cells = [told, *(f"{100 * part:.1f} %" for part in parts), *widths, f"{each:.2f}"]
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def main() -> None:
    """Measure all kinds of truth and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--worlds", type=int, default=300, help="worlds of each kind")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", type=Path, help="a Markdown file for the table")
    asked = parser.parse_args()
    head = [
        *("truth", "marginal, mean of the first 100", "least of the first 100", "least of all"),
        *("simultaneous, all at once", "first hundred told right", "bootstrap, mean", "least"),
        *(f"width, ranks {first} to {last}" for first, last in BANDS),
        "CPU s a world",
    ]
    error = 100 * (0.95 * 0.05 / asked.worlds) ** 0.5
    told = (
        f"{asked.worlds:,} worlds of each kind, seed {asked.seed}; 95 % is promised, of which so "
        f"many worlds tell the share with a standard error of {error:.1f} points. A set holds a "
        "tie if it holds all of its ranks, or else the rank that is printed (1 + the number of "
        "better ones). Width is worst minus best rank."
    )
    title = "# How often rank sets hold the true rank"
    about = __doc__.partition("\n\n")[2].partition("\n\n    python")[0]
    table = [f"| {' | '.join(head)} |", f"|---|{'---:|' * (len(head) - 1)}"]
    lines = [title, "", about, "", told, "", *table]
    for truth in list_truths():
        lines += measure(truth, asked.worlds, asked.seed)
        print(lines[-1], flush=True)
    text = "\n".join(lines) + "\n"
    print(text)
    if asked.out:
        asked.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
