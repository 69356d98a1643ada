"""Regions to names: the cities that hold their activity, joined with en dashes."""

import itertools
import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo import project
from gii_geo.places import find_nearest, place_xyz, read_places
from gii_geo.sorting import sum_alike
from gii_geo.tables import check_table

MAX_CITIES: Final = 3
"""Most cities in one name, as WIPO prints them."""

MIN_CITY_SHARE: Final = 0.15
"""Least share of the region's activity that lets a city stand by itself."""

MIN_POPULATION_SHARE: Final = 1 / 6
"""A city stands in a name only with this share of the people of the region's biggest city.

Cambridge, MA has 17 % of Boston's people and WIPO prints it; Tübingen has 16 % of Stuttgart's,
Suwon 12 % of Seoul's, Irvine 7 % of Los Angeles's, and WIPO prints none of them.
"""

CENTRE_KM: Final = 10.0
"""A city stands in a name only if a location of its own in the region is this near its centre.

In a region that reaches no city's centre this does not count.
"""

FAR_KM: Final = 200.0
"""A city that no location of its own is as near as this to says so behind its name."""

_FAR: Final = f" (more than {FAR_KM:.0f} km away)"

MIN_HELD_SHARE: Final = 0.02
"""A city is listed with its own share of the region's activity from this share on."""

MOST_HELD: Final = 10
"""Cities listed at most."""

ACTIVITY_UNITS: Final = 2**36
"""The heaviest location in whole units: sums of integers do not depend on the order of the rows."""

_AT_ONCE: Final = 1 << 20
"""Locations whose distances are taken at a time."""

_LOCATIONS: Final = {"lon": "f", "lat": "f", "region": "i", "activity": "f"}

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]

Nearest = Callable[[IntArray], npt.NDArray[np.int32]]


def name_regions(
    locations: pd.DataFrame,
    *,
    nearest: Nearest | None = None,
    xyz: FloatArray | None = None,
) -> pd.DataFrame:
    """Name each region after the cities that hold most of its activity.

    Each location belongs to the GeoNames place nearest to it, and a district to its city. Then,
    from the region's least populous city to its most populous, a city with less than
    `MIN_CITY_SHARE` of the activity hands what it holds to the more populous one that attracts it
    most, by population / distance (the most populous to any other); so does a city too small or
    too far off to stand (`MIN_POPULATION_SHARE`, `CENTRE_KM`). The first `MAX_CITIES` of the
    cities left standing make the name. A city further than `FAR_KM` says so.

    Of several regions with one name the most active keeps it as it is. The others get something
    in parentheses: the economy of their first city, if that is another one, or else their most
    active place that the name does not have, or else a number.

    Parameters
    ----------
    locations : pandas.DataFrame
        One row per location: ``lon``, ``lat`` in degrees, ``region`` (integer, missing for a
        location outside every region), ``activity`` (float, 0 or more, in any unit).
    nearest : callable, optional
        Gives the nearest row of `places.read_places` to locations, by their row numbers; by
        default searches for it.
    xyz : numpy.ndarray of float64, shape (n, 3), optional
        The locations in geocentric metres, where they are known already.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``region``, ascending. ``name``: the cities by activity, US cities with their
        state. ``cities``: list of (city, the share of the region's activity, 0 to 1, that it ends
        up with), all that stand, in the same order. ``held``: list of (city, its own share before
        any is handed on), the ten largest of at least 2 %.

    Raises
    ------
    TypeError
        If a column has another type.
    ValueError
        If a column is missing, an activity is negative, missing or infinite, or an option is out
        of range.

    Notes
    -----
    WIPO prints up to three cities, and the state of US cities (Global Innovation Index 2023,
    cluster ranking). How it picks them is not published; this rule is ours.

    Examples
    --------
    >>> locations = pd.DataFrame({
    ...     "lon": [-121.89, -122.42, -122.14, 2.35],
    ...     "lat": [37.34, 37.77, 37.44, 48.86],
    ...     "region": [0, 0, 0, 1],
    ...     "activity": [4.0, 5.0, 1.0, 1.0],
    ... })
    >>> name_regions(locations)["name"].tolist()
    ['San Jose–San Francisco, CA', 'Paris']
    """
    check_table(locations, _LOCATIONS, name="locations")
    _check_activity(locations["activity"])
    places = read_places()
    inside = np.flatnonzero(locations["region"].notna())
    lon, lat = locations["lon"].to_numpy(), locations["lat"].to_numpy()
    xyz = project.to_geocentric(lon, lat) if xyz is None else xyz
    place = nearest(inside) if nearest else find_nearest(xyz[inside])
    located = _find_cities(locations, inside, place, xyz)
    region, held = _weigh_cities(located, places)
    numbers, start = np.unique(region, return_index=True)
    name, state = places["name"].to_list(), places["state"].fillna("").to_list()
    names, cities, own = [], [], []
    heads: list[int] = []
    for part in map(slice, start, [*start[1:], len(region)]):
        own_held = held.take(part)
        standing, share = _hand_on(own_held)
        far = set(own_held.row[~own_held.near].tolist())
        told = {city: name[city] + (_FAR if city in far else "") for city in own_held.row.tolist()}
        names.append(_join_cities([(told[city], state[city]) for city in standing[:MAX_CITIES]]))
        heads.append(standing[0])
        cities.append([(told[city], each) for city, each in zip(standing, share, strict=True)])
        own.append([(told[city], each) for city, each in _list_held(own_held)])
    named = pd.DataFrame({"name": names, "economy": places["economy"].to_numpy()[heads]}, numbers)
    names = _tell_apart(named, located, name)
    columns = {
        "name": pd.Series(names, dtype="str"),
        "cities": pd.Series(cities, dtype="object"),
        "held": pd.Series(own, dtype="object"),
    }
    return pd.DataFrame(columns).set_index(pd.Index(numbers, name="region", dtype="int64"))


class _Cities(NamedTuple):
    """Arrays with one row per city that holds activity in a region, the most populous first."""

    row: IntArray
    """Row of the city in the table of places."""
    population: IntArray
    xyz: FloatArray
    """Geocentric metres of its centre, shape (n, 3)."""
    activity: IntArray
    central: BoolArray
    """Whether one of its locations in the region is near its centre."""
    near: BoolArray
    """Whether one of them is no more than `FAR_KM` from it."""

    def take(self, rows: slice) -> "_Cities":
        """Return some of the rows."""
        return _Cities(
            self.row[rows],
            self.population[rows],
            self.xyz[rows],
            self.activity[rows],
            self.central[rows],
            self.near[rows],
        )


def _check_activity(activity: pd.Series) -> None:
    invalid = ~(np.isfinite(activity) & (activity >= 0))
    if invalid.any():
        msg = (
            f"Invalid activity {activity[invalid].iloc[0]}. Must be 0 or more and finite; "
            f"found {invalid.sum()} rows that are not."
        )
        raise ValueError(msg)


def _find_cities(
    locations: pd.DataFrame, inside: IntArray, place: npt.NDArray[Any], xyz: FloatArray
) -> pd.DataFrame:
    """Find the city of the place of each location inside, and whether the city's centre is near.

    Activities become whole units.
    """
    city = read_places()["city"].to_numpy(np.int32)[place]
    units = locations["activity"].to_numpy()[inside]
    units /= units.max(initial=0.0) or 1.0
    units *= ACTIVITY_UNITS
    central, near = np.empty((2, len(inside)), dtype=bool)
    for start in range(0, len(inside), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        gap_m = np.linalg.norm(xyz[inside[part]] - place_xyz()[city[part]], axis=1)
        central[part], near[part] = gap_m <= 1000 * CENTRE_KM, gap_m <= 1000 * FAR_KM
    return pd.DataFrame(
        {
            "region": locations["region"].to_numpy(np.int32, na_value=-1)[inside],
            "place": place,
            "city": city,
            "activity": np.rint(units, out=units).astype(np.int64),
            "central": central,
            "near": near,
        },
        copy=False,
    )


def _tell_apart(named: pd.DataFrame, located: pd.DataFrame, place_names: list[str]) -> list[str]:
    """Give all but the most active of several regions of one name something in parentheses.

    Regions have name and economy (of their first city), locations region, activity and place.
    """
    twice = named.index[named["name"].duplicated(keep=False)]
    rows = located[located["region"].isin(twice)]
    held = rows.groupby(["region", "place"], as_index=False).agg({"activity": "sum"})
    held = held.sort_values(["activity", "place"], ascending=[False, True])
    total = held.groupby("region")["activity"].sum()
    own_places = {region: part.tolist() for region, part in held.groupby("region")["place"]}
    names, taken = named["name"].copy(), set(named["name"])
    for name, alike in named.loc[twice].groupby("name"):
        order = np.argsort(-total[alike.index].to_numpy(np.int64), kind="stable")
        first, *others = alike.index[order]
        for region in others:
            economy = alike.loc[region, "economy"]
            own = [place_names[place] for place in own_places[region]]
            clues = [economy] if economy != alike.loc[first, "economy"] else []
            clues += [place for place in own if place not in re.split("[–,] ?", str(name))]
            made = (f"{name} ({clue})" for clue in itertools.chain(clues, itertools.count(2)))
            names[region] = next(full for full in made if full not in taken)
            taken.add(names[region])
    return names.tolist()


def _weigh_cities(located: pd.DataFrame, places: pd.DataFrame) -> tuple[IntArray, _Cities]:
    """Sum the activity of each city in each region; regions ascend."""
    keys = {name: located[name].to_numpy() for name in ("region", "city")}
    met, held = sum_alike(keys, {name: located[name] for name in ("activity", "central", "near")})
    row = met["city"].astype(np.int64)
    return met["region"].astype(np.int64), _Cities(
        row,
        places["population"].to_numpy(np.int64)[row],
        place_xyz()[row],
        held["activity"],
        held["central"] > 0,
        held["near"] > 0,
    )


def _list_held(cities: _Cities) -> list[tuple[int, float]]:
    """List a region's cities with their own shares of its activity, the largest first."""
    share = cities.activity / max(cities.activity.sum(), 1)
    first = np.argsort(-share, kind="stable")[:MOST_HELD]
    return [(int(cities.row[k]), float(share[k])) for k in first if share[k] >= MIN_HELD_SHARE]


def _hand_on(cities: _Cities) -> tuple[list[int], list[float]]:
    """Rows and shares of a region's cities that stand, by the activity they end up with."""
    population, xyz, activity = cities.population, cities.xyz, cities.activity.copy()
    stands = cities.central.copy() if cities.central.any() else np.ones_like(cities.central)
    stands &= population >= MIN_POPULATION_SHARE * population[stands].max()

    def hand_on(givers: IntArray, takers: IntArray) -> None:
        distance_m = np.linalg.norm(xyz[givers, np.newaxis] - xyz[takers], axis=2)
        pull = population[takers] / np.maximum(distance_m, 1.0)
        np.add.at(activity, takers[pull.argmax(axis=1)], activity[givers])
        activity[givers] = 0
        stands[givers] = False

    hand_on(np.flatnonzero(~stands), np.flatnonzero(stands))
    least = MIN_CITY_SHARE * activity.sum()
    for city in np.flatnonzero(stands)[::-1]:
        others = np.flatnonzero(stands & (np.arange(len(stands)) != city))
        if activity[city] < least and len(others):
            bigger = others[others < city]
            hand_on(np.array([city]), bigger if len(bigger) else others)
    left = np.flatnonzero(stands)
    left = left[np.argsort(-activity[left], kind="stable")]
    share = activity[left] / max(activity.sum(), 1)
    return cities.row[left].tolist(), share.tolist()


def _join_cities(cities: list[tuple[str, str]]) -> str:
    """Join names with en dashes; the state once at the end, or after each where they differ."""
    states = {state for _, state in cities}
    if len(states) == 1:
        state = cities[0][1]
        return "–".join(city for city, _ in cities) + (f", {state}" if state else "")
    return "–".join(f"{city}, {state}" if state else city for city, state in cities)
