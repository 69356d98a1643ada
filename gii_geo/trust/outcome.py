"""One draw asked and followed: which regions of the run it has, at which rank, and what merged."""

from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any, Final, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.places import find_place, read_point
from gii_geo.project import to_geocentric
from gii_geo.ranges import check_given, show_value
from gii_geo.regions import form
from gii_geo.regions.form import Formed
from gii_geo.settings import MAX_RADIUS_KM, DensityWeight, Settings
from gii_geo.tables import InputError
from gii_geo.trust.delineations import Crossing, cross_activity
from gii_geo.trust.draw import POSITIONS, Plan, scale_minimum
from gii_geo.trust.drawn import Drawn, keep_addresses
from gii_geo.trust.redraw import redraw_records
from gii_geo.trust.spread import FARTHEST, Moved, Spread

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

Place = str | tuple[float, float]

REDRAWN: Final = "records"
"""Instead of a choice: the records are redrawn, everything else is the run's."""

SHARED: Final = 5
"""Draws in a row that share where addresses moved to: spreading them takes as long as all else."""

_ROUNDED: Final = 1 - 1e-9
"""A little less, so that no rounding loses a location that a draw could reach."""

_NEAR_M: Final = 10_000.0
"""A place lies in the region of its nearest location that is in any, if it is this near."""


class Task(NamedTuple):
    """A draw to be asked: its number, and what is drawn of it ("" for everything)."""

    number: int
    choice: str


class Outcome(NamedTuple):
    """What a draw comes to, by region of the run (by number, shape (n,)).

    ``rank`` is missing where it is not found, ``holder`` the draw's region that holds at least half
    of it, -1 for none, ``jaccard`` the largest Jaccard index with any. ``regions`` counts the
    draw's own, ``together`` tells of each pair of places asked for whether one region has both.
    """

    task: Task
    settings: Settings
    rank: FloatArray
    holder: IntArray
    jaccard: FloatArray
    regions: int
    together: BoolArray


@dataclass(frozen=True, eq=False)
class Places:
    """Pairs of places that are asked whether they lie in one region.

    Attributes
    ----------
    names : list of (str, str)
        What they are called.
    xyz : numpy.ndarray of float64, shape (m, 2, 3)
        Where they are, in geocentric metres.
    """

    names: list[tuple[str, str]]
    xyz: FloatArray

    def are_together(self, xyz: FloatArray, region: IntArray) -> BoolArray:
        """Tell which pairs lie in one region.

        Parameters
        ----------
        xyz : numpy.ndarray of float64, shape (n, 3)
            Locations in geocentric metres.
        region : numpy.ndarray of int64, shape (n,)
            Their regions, -1 outside.

        Returns
        -------
        numpy.ndarray of bool, shape (m,)
            Whether the nearest locations of both that are in regions are in the same one.
        """
        inside = np.flatnonzero(region >= 0)
        found = np.full(self.xyz.shape[:2], -1, dtype=np.int64)
        for k, side in np.ndindex(*found.shape) if len(inside) else ():
            metres = np.linalg.norm(xyz[inside] - self.xyz[k, side], axis=1)
            nearest = int(metres.argmin())
            if metres[nearest] <= _NEAR_M:
                found[k, side] = region[inside[nearest]]
        return np.asarray((found[:, 0] == found[:, 1]) & (found[:, 0] >= 0))


def find_places(pairs: Sequence[tuple[Place, Place]]) -> Places:
    """Find where pairs of places are.

    Parameters
    ----------
    pairs : sequence of (place, place)
        Names, as `places.find_place` takes them, or (lon, lat) in degrees.

    Returns
    -------
    Places
        The pairs.

    Raises
    ------
    InputError
        If one is no pair, or a place is not known.
    """
    names, points = [], []
    must = "be a list of pairs of places"
    check_given("pairs", pairs, Iterable, must=must, error=InputError)
    for pair in pairs:
        if isinstance(pair, str) or not isinstance(pair, Sized) or len(pair) != 2:  # noqa: PLR2004
            msg = (
                f'Invalid pair {show_value(pair)}. Must be two places, such as ("Basel", '
                '"Mulhouse").'
            )
            raise InputError(msg)
        named = [_find_place(place) for place in pair]
        names.append((named[0][0], named[1][0]))
        points += [point for _, *point in named]
    lon, lat = np.array(points, dtype=np.float64).reshape(-1, 2).T
    return Places(names, to_geocentric(lon, lat).reshape(-1, 2, 3))


def _find_place(place: Place) -> tuple[str, float, float]:
    """Name a place and find it."""
    if isinstance(place, str):
        found = find_place(place)
        return str(found), found.lon, found.lat
    lon, lat = read_point(place)
    return f"{lon:g}, {lat:g}", lon, lat


@dataclass(frozen=True, eq=False)
class Base:
    """The run that draws are held against: what is the same for all of them.

    Attributes
    ----------
    formed : Formed
        Its regions by number.
    plan : Plan
        What is drawn from what.
    places : Places
        Pairs of places to look up.
    """

    formed: Formed
    plan: Plan
    places: Places

    def ask(self, tasks: Sequence[Task]) -> list[Outcome]:
        """Delineate, rank and follow the regions of draws that share where addresses moved to.

        Parameters
        ----------
        tasks : sequence of Task
            The draws.

        Returns
        -------
        list of Outcome
            What each comes to; it hangs on the task alone.
        """
        move = cache(lambda world: self.spread.draw(self.plan.spawn(world, POSITIONS)))
        return [self._ask_one(task, move) for task in tasks]

    def _ask_one(self, task: Task, move: Callable[[int], Moved]) -> Outcome:
        """Delineate, rank and follow the regions of a draw."""
        number, choice = task
        own = self.plan.settings
        if choice == REDRAWN:
            drawn = redraw_records(self.formed.tally, self.plan.spawn(number, REDRAWN))
            formed = self._form(own, drawn)
            return self._follow(task, own, formed, self._cross(formed, drawn))
        settings = choose_settings(own, self.plan.draw(number), choice)
        drawn = self.drawn
        if POSITIONS in self.plan.drawn and choice in ("", POSITIONS):
            moved = move(tell_world(number))
            needs_records = settings.counting == "full" or settings.min_link_share is not None
            drawn = moved.recorded if needs_records else moved.drawn
        formed = self._form(settings, drawn)
        if formed.delineation is self.formed.delineation:
            return self._follow(task, settings, formed, self._crossed)
        return self._follow(task, settings, formed, self._cross(formed, drawn))

    @cached_property
    def spread(self) -> Spread:
        """The coarse addresses, ready to be drawn."""
        return Spread.prepare(self.formed.tally, self.plan.position_km, self._find_movable())

    def _find_movable(self) -> BoolArray | None:
        """Find the locations that a draw can have in a cluster: the others need not move.

        Where a spot is within the radius of a dense one, their locations are within the radius and
        twice the farthest move, and so is all that makes it dense.
        """
        plan, own = self.plan, self.plan.settings
        if POSITIONS not in plan.drawn or own.method != "dbscan":
            return None
        reach = 2 * FARTHEST * plan.position_km
        widest = {"radius_km": min(plan.bound("radius_km")[1] + reach, MAX_RADIUS_KM)}
        widest |= scale_minimum(own, plan.bound("minimum")[0] * _ROUNDED)
        movable = np.zeros(len(self.formed.tally.locations), dtype=bool)
        for currency in get_args(DensityWeight):
            settings = own.replace(**widest, density_weight=currency).pick(*form.CLUSTERED)
            movable |= form.cluster_world(self.formed.tally, settings).notna().to_numpy()
        return movable

    @cached_property
    def drawn(self) -> Drawn:
        """The run's own world, as a draw that moves nothing."""
        return keep_addresses(self.formed.tally)

    def _form(self, settings: Settings, drawn: Drawn) -> Formed:
        """Delineate and rank a draw; what hangs on nothing that is drawn is the run's."""
        own, tally = self.plan.settings, drawn.tally
        is_moved = tally is not self.formed.tally
        delineated = settings.pick(*form.DELINEATED)
        if not is_moved and delineated == own.pick(*form.DELINEATED):
            units = self._count(settings.counting)
            ranking = form.rank(tally, units, settings.pick(*form.RANKED))
            return Formed(tally, self.formed.delineation, ranking)
        clustered = settings.pick(*form.CLUSTERED)
        cluster = self.formed.delineation.locations["cluster"]
        if is_moved or clustered != own.pick(*form.CLUSTERED):
            cluster = form.cluster_world(tally, clustered)
        linked = tally
        if settings.min_link_share is None:  # no record can merge anything
            linked = replace(tally, records=tally.records.iloc[:0])
        delineation = form.delineate(linked, cluster, delineated)
        units = form.count_regions(tally, delineation, settings.counting)
        return Formed(tally, delineation, form.rank(tally, units, settings.pick(*form.RANKED)))

    @cached_property
    def _count(self) -> Callable[[str], pd.DataFrame]:
        """What the run's regions hold, by the way of counting."""
        return cache(
            lambda counting: form.count_regions(
                self.formed.tally, self.formed.delineation, counting
            )
        )

    def _cross(self, formed: Formed, drawn: Drawn) -> Crossing:
        """Sum the activity that the run's regions share with a draw's, wherever it has moved to."""
        return cross_activity(
            self.formed.delineation.region[drawn.origin],
            formed.delineation.region,
            drawn.activity,
            regions=(len(self.formed.ranking), len(formed.ranking)),
        )

    @cached_property
    def _crossed(self) -> Crossing:
        """The run's regions with themselves."""
        return self._cross(self.formed, self.drawn)

    def _follow(
        self, task: Task, settings: Settings, formed: Formed, crossing: Crossing
    ) -> Outcome:
        """Find the run's regions again by shared activity."""
        same = crossing.find_same()
        rank = np.append(formed.ranking["rank"].to_numpy(np.float64), np.nan)[same]
        jaccard = np.zeros(len(same))
        np.maximum.at(jaccard, crossing.a, crossing.jaccard)
        together = np.zeros(0, dtype=bool)
        if self.places.names:
            xyz = formed.tally.sites.xyz
            together = self.places.are_together(xyz, formed.delineation.region)
        holder = crossing.find_holders()
        return Outcome(task, settings, rank, holder, jaccard, len(formed.ranking), together)


def tell_world(number: int) -> int:
    """Tell which draw of the positions a draw has.

    Parameters
    ----------
    number : int
        Of the draw.

    Returns
    -------
    int
        From 0; `SHARED` draws in a row have the same.

    Examples
    --------
    >>> [tell_world(number) for number in (0, SHARED - 1, SHARED)]
    [0, 0, 1]
    """
    return number // SHARED


def choose_settings(
    own: Settings, changes: Mapping[str, Mapping[str, Any]], choice: str
) -> Settings:
    """Give the settings of a draw in which everything is drawn, or one choice alone.

    Parameters
    ----------
    own : Settings
        The run's.
    changes : mapping of str to mapping of str to Any
        From `Plan.draw`.
    choice : str
        The one, or "" for everything.

    Returns
    -------
    Settings
        The draw's.
    """
    chosen = [part for name, part in changes.items() if choice in ("", name)]
    return own.replace(**{name: value for part in chosen for name, value in part.items()})
