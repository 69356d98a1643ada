"""How stable regions and ranks are: what other fair choices of the method would have given.

Not to be mixed up with rank sets, which tell what other records of the same process could give.

Saisana, Saltelli and Tarantola, Journal of the Royal Statistical Society A 168 (2005), 307-323; on
what delineations have in common, see `trust.delineations`.
"""

import html
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import pandas as pd

from gii_geo.progress import Stage, choose_tell
from gii_geo.ranges import check_flag
from gii_geo.regions.follow import Followed
from gii_geo.regions.form import Formed
from gii_geo.settings import Settings
from gii_geo.tables import InputError
from gii_geo.trust.crew import count_cores, work_through
from gii_geo.trust.draw import (
    MOST_CORES,
    MOST_DRAWS,
    POSITION_KM,
    POSITIONS,
    Plan,
    check_whole,
    plan_draws,
)
from gii_geo.trust.outcome import REDRAWN, Base, Outcome, Place, Task, find_places, tell_world
from gii_geo.trust.shares import (
    count_merges,
    stack_holders,
    tabulate_draws,
    tabulate_pairs,
    tabulate_regions,
    weigh_choices,
)
from gii_geo.trust.spread import has_coarse

ALONE: Final = 10
"""Draws, at most twice as many, in which each choice alone is drawn that takes long."""

RANKING: Final = ("score_weights", "counting")
"""Choices that leave the regions as they are: alone they are drawn in every draw."""

_SHOWN: Final = 10


class Ranked(Protocol):
    """What stability needs of a result, see `result.Result`."""

    @property
    def regions(self) -> Any:  # noqa: ANN401  # a GeoDataFrame
        """The regions by rank."""

    @property
    def settings(self) -> Settings:
        """The question."""

    @property
    def formed(self) -> Formed:
        """The regions by number."""

    @property
    def followed(self) -> Followed:
        """Their ids."""


@dataclass(frozen=True, eq=False)
class Stability:
    """What draws of every choice that could as well have been made otherwise come to.

    A region is found again in a draw where it and a region of the draw share at least half of the
    activity of either. It lies in the region of the draw that holds at least half of its own.

    Attributes
    ----------
    regions : pandas.DataFrame
        One row a region of the run, by rank: region_id, name, rank; found_share (part of the draws
        in which it is found, 0 to 1); rank_5 and rank_95 (ends of the middle 90 % of its rank where
        it is found; missing where it never is); jaccard (mean over all draws of the largest Jaccard
        index of activity that it has with any region of the draw); merged_with, merged_name (the
        region of the run that most often lies in one region with it; missing for none) and
        merged_share (part of the draws in which it does).
    merges : pandas.DataFrame
        One row a pair of regions of the run that lie in one region in any draw, most often first:
        region_id, name, other_id, other_name, share.
    choices : pandas.DataFrame
        One row a choice that is drawn, the one that matters most first: choice, drawn_from, draws
        (in which it alone is another than the run's), mean_change and most_change (mean and largest
        change of rank of the first hundred in these) and explained (part of the variance of ranks,
        see Notes).
    draws : pandas.DataFrame
        One row a draw: draw (from 0), radius_km, min_addresses, min_share, gap_km, density_weight,
        counting, `<kind>_score_weight`, and regions (how many were found).
    pairs : pandas.DataFrame
        One row a pair of places that was asked for: place_a, place_b and together (part of the
        draws in which one region has both).
    redrawn : pandas.DataFrame
        Where records were redrawn, of these draws the columns of `regions` that are no ranks.
    seed : int
        Where the draws began.
    asked : int
        Draws that were asked for; where somebody interrupted, there are fewer.
    notes : list of str
        What to know of it.

    Notes
    -----
    What a choice explains is the variance of ranks in the draws of it alone, all others as in the
    run, over the variance in the draws of everything; both are summed over the first hundred. That
    is a first-order effect as Saisana, Saltelli and Tarantola (2005) have it, taken at the run's
    own settings instead of on average over all: what is missing to 1, or beyond it, is what choices
    do to each other's effects, and chance.
    """

    regions: pd.DataFrame
    merges: pd.DataFrame
    choices: pd.DataFrame
    draws: pd.DataFrame
    pairs: pd.DataFrame
    redrawn: pd.DataFrame
    seed: int
    asked: int
    notes: list[str] = field(default_factory=list)

    def describe(self) -> list[str]:
        """Say in a few lines what the draws come to.

        Returns
        -------
        list of str
            How many there were, how many regions are found, the first three, and what matters most.
        """
        done, table = len(self.draws), self.regions
        count = f"{done:,}" if done == self.asked else f"{done:,} of {self.asked:,}"
        always = int((table["found_share"] == 1).sum())
        first = [
            f"{row.rank} {row.name} ({print_span(row.rank_5, row.rank_95)})"
            for row in table[["rank", "name", "rank_5", "rank_95"]].head(3).itertuples(index=False)
        ]
        most = [
            f"{row.choice} {row.mean_change:.1f} ranks, {row.explained:.0%} of the variance"
            for row in self.choices.dropna(subset="explained").head(3).itertuples(index=False)
        ]
        return [
            f"Stability over {count} draws (seed {self.seed})",
            f"  {always:,} of {len(table):,} regions are found in every draw",
            f"  first, with the middle 90 %: {', '.join(first) or 'none'}",
            f"  what matters: {'; '.join(most) or 'nothing that moves a rank is drawn'}",
            *(f"  {note}" for note in self.notes),
        ]

    def tabulate(self) -> pd.DataFrame:
        """Put what redrawn records come to beside the regions.

        Returns
        -------
        pandas.DataFrame
            `regions`; where records were redrawn, with its columns behind ``redrawn_``.
        """
        if self.redrawn.empty:
            return self.regions
        other = self.redrawn.drop(columns=["name", "rank"]).set_index("region_id")
        return self.regions.join(other.add_prefix("redrawn_"), on="region_id")

    def __repr__(self) -> str:
        """Say what the draws come to."""
        return "\n".join(self.describe())

    def _repr_html_(self) -> str:
        """Say the same in a notebook, with the first ten regions and the choices."""
        lines = "<br>".join(html.escape(line) for line in self.describe())
        tables = (self.regions.head(_SHOWN).drop(columns="merged_with"), self.choices)
        shown = [table.to_html(index=False, float_format="{:.2f}".format) for table in tables]
        return f"<p>{lines}</p>{''.join(shown)}"


def measure_stability(  # noqa: PLR0913  # one argument a question
    result: Ranked,
    *,
    draws: int = 200,
    seed: int = 1,
    choices: Mapping[str, tuple[float, float] | None] | None = None,
    position_km: float | Mapping[str, float] = POSITION_KM,
    redraw_records: bool = False,
    pairs: Sequence[tuple[Place, Place]] = (),
    progress: Callable[[str], Any] | None = None,
    cores: int | None = None,
) -> Stability:
    """Tell which regions, ranks and mergers hold, whichever way fair choices are made.

    Every draw takes another radius (0.8 to 1.2 of the run's: 12 to 18 km around 15), minimum (half
    to twice the run's), gap (0 to 10 km), weights of the score (Dirichlet around the run's, a
    standard deviation of about a quarter), currency of the density and counting, and puts every
    address that is known by its city alone elsewhere around the centre; then regions are delineated
    and ranked as in any run, and followed to the run's by shared activity. Interrupted (Ctrl-C), it
    gives what was done until then.

    Parameters
    ----------
    result : Result
        The run.
    draws : int, default 200
        How many, at least 1.
    seed : int, default 1
        Where the draws begin. The same seed gives the same tables, on any number of cores, and the
        first draws of more are the same.
    choices : mapping of str to (float, float) or None, optional
        Other ranges of radius_km, gap_km (in km) and minimum (a multiple of the run's), and None
        for a choice that is to stay: also of density_weight, score_weights, counting, positions.
    position_km : float or mapping of str to float, default 3
        Standard deviation, in km, north-south as east-west, of an address around its city's centre,
        or the same by precision: ``{"city": 3}``. 0 moves nothing.
    redraw_records : bool, default False
        Whether to draw as many worlds more, of other records (whole groups of them, where there are
        any) and the run's settings, for how often a region is found and what it merges with. For
        ranks that would be wrong; see `rank_sets`.
    pairs : sequence of (place, place), default ()
        Places of which to tell how often one region has both: names or (lon, lat) in degrees.
    progress : callable, optional
        Is told how many draws are done and how many seconds are left.
    cores : int, optional
        How many cores work; by default all.

    Returns
    -------
    Stability
        Tables of regions, mergers, choices and draws.

    Raises
    ------
    InputError
        If nothing is to be drawn, or a choice, a range, a precision, a seed or a place is none, or
        another argument of another type.

    Examples
    --------
    >>> import gii_geo
    >>> result = gii_geo.find_regions(gii_geo.demo_path())
    >>> stability = result.stability(draws=4, choices={"gap_km": (2, 8)})
    >>> stability.regions[["name", "found_share"]].head(2).values.tolist()
    [['Shenzhen–Hong Kong–Guangzhou', 1.0], ['Tokyo–Yokohama', 1.0]]
    """
    draws = check_whole("draws", draws, least=1, most=MOST_DRAWS)
    cores = (
        count_cores() if cores is None else check_whole("cores", cores, least=1, most=MOST_CORES)
    )
    redraw_records = check_flag("redraw_records", redraw_records, error=InputError)
    formed, settings = result.formed, result.settings
    records = formed.tally.totals["records"]
    kinds = [kind for kind in formed.tally.kinds if records[kind] > 0]
    plan = plan_draws(settings, kinds, choices, position_km=position_km, seed=seed)
    notes = []
    if POSITIONS in plan.drawn and not has_coarse(formed.tally):
        plan = plan.leave(POSITIONS)
        notes.append("No address is said to be placed by its city alone, so none is moved.")
    base = Base(formed, plan, find_places(pairs))
    _ = formed.tally.sites.layout, base.drawn, base.spread  # once, not by every thread
    blocks = _list_tasks(plan, draws, redraw_records=redraw_records)
    tell = choose_tell(progress)
    parts, is_whole = work_through(
        blocks,
        base.ask,
        cores=cores,
        tell=lambda number, seconds: tell(
            _tell_draws(number * draws // len(blocks), draws, math.ceil(seconds))
        ),
    )
    done = [outcome for part in parts for outcome in part]
    if not is_whole:
        notes.insert(0, "It was interrupted: the tables rest on what was done until then.")
    return _sum_up(result, base, done, draws, notes)


def _tell_draws(done: int, draws: int, left: int) -> Stage:
    """Say how many draws are done."""
    text = f"{done:,} of {draws:,} draws, {left} s left"
    return Stage(text, name="draws", done=done, of=draws, seconds_left=left)


def _list_tasks(plan: Plan, draws: int, *, redraw_records: bool) -> list[list[Task]]:
    """List the draws of everything, and with some of them those of each choice alone.

    What shares where addresses moved to stands together.
    """
    step = max(draws // ALONE, 1)
    blocks: dict[int, list[Task]] = {}
    for number in range(draws):
        tasks = blocks.setdefault(tell_world(number), [])
        tasks.append(Task(number, ""))
        if redraw_records:
            tasks.append(Task(number, REDRAWN))
        alone = plan.drawn if number % step == 0 else RANKING
        tasks += [Task(number, name) for name in plan.drawn if name in alone]
    return list(blocks.values())


def _sum_up(
    result: Ranked, base: Base, done: list[Outcome], asked: int, notes: list[str]
) -> Stability:
    """Sum the outcomes up in tables."""
    ids = result.followed.region_ids.reindex(base.formed.ranking.index).astype("str")
    table = pd.DataFrame(result.regions[["region_id", "name", "rank"]]).set_index("region_id")
    own = table.loc[ids.to_list()].reset_index()
    everything = [outcome for outcome in done if not outcome.task.choice]
    redrawn = [outcome for outcome in done if outcome.task.choice == REDRAWN]
    other = tabulate_regions(redrawn, own).drop(columns=["rank_5", "rank_95"])
    return Stability(
        regions=tabulate_regions(everything, own),
        merges=count_merges(stack_holders(everything, own), own),
        choices=weigh_choices(done, own, base.plan),
        draws=tabulate_draws(everything, base.plan),
        pairs=tabulate_pairs(everything, base.places),
        redrawn=other if redrawn else other.iloc[:0],
        seed=base.plan.seed,
        asked=asked,
        notes=notes,
    )


def print_span(low: Any, high: Any) -> str:  # noqa: ANN401
    """Print the ends of the middle 90 % of ranks.

    Parameters
    ----------
    low, high : int or missing
        The ends.

    Returns
    -------
    str
        Such as "3–5"; a dash alone where the region is never found.

    Examples
    --------
    >>> print_span(3, 5), print_span(4, 4), print_span(pd.NA, pd.NA)
    ('3–5', '4', '–')
    """
    if pd.isna(low):
        return "–"
    return f"{low}" if low == high else f"{low}–{high}"
