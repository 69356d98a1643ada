"""One world under every combination of some settings, followed to one run."""

import itertools
import math
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from gii_geo.alarms import find_idle
from gii_geo.given import check_result
from gii_geo.progress import Pace, choose_tell
from gii_geo.ranges import show_value
from gii_geo.regions import form
from gii_geo.regions.form import Formed
from gii_geo.regions.overlap import cross_regions, find_partners, pair_regions
from gii_geo.settings import Settings
from gii_geo.sweep import Swept
from gii_geo.tables import DataWarning
from gii_geo.trust.draw import scale_minimum


def sweep_settings(
    result: Swept,
    *,
    same: Literal["minimum", "density"] = "minimum",
    progress: Callable[[str], None] | None = None,
    **choices: Sequence[Any],
) -> pd.DataFrame:
    """Ask for every combination of some settings, and follow each one's regions to the run.

    At another radius the same minimum is another density, as the area grows with the square of the
    radius: 4,500 addresses within 15 km are 6.4 a square kilometre, within 30 km 1.6. With
    ``same="density"`` the minimum grows with the area.

    Parameters
    ----------
    result : Result
        The run that the others are followed to.
    same : {"minimum", "density"}, default "minimum"
        What stays the same at another radius.
    progress : callable, optional
        Is told each combination as it begins.
    **choices : sequence
        Setting to the values that it takes: ``radius_km=[10, 15], counting=["fractional",
        "full"], score_weights=[{"deal": 1}, {"deal": 0.5}]``.

    Returns
    -------
    pandas.DataFrame
        One row per combination and region: combination (a number from 0, in the order of the
        choices, the last one changing fastest), a column a setting (a mapping as text, such as
        ``deal=0.5``), same, min_addresses and min_share (as used), region_id (the run's region that
        it is; missing where it is none), name, rank, score, `<kind>_share`, activity (share of all,
        0 to 1), shared_activity (part of the region's activity that lies in the run's region, 0 to
        1) and event ("kept", "split" or "birth"). By combination and rank.

    Raises
    ------
    TypeError
        If values are no list, or it is no result.
    ValueError
        If nothing is to be chosen from, a value stands twice, a setting is unknown, a value is
        impossible, or a minimum is chosen beside the same density.

    Warns
    -----
    DataWarning
        If a combination has no region, or asks for what the world does not have.

    Examples
    --------
    >>> import gii_geo
    >>> result = gii_geo.find_regions(gii_geo.demo_path())
    >>> swept = sweep_settings(result, gap_km=[0, 5], score_weights=[{"deal": 1}, {"deal": 0}])
    >>> first = swept[swept["region_id"] == "R0001"]
    >>> first[["gap_km", "score_weights", "rank"]].values.tolist()
    [[0, 'deal=1', 1], [0, 'deal=0', 2], [5, 'deal=1', 1], [5, 'deal=0', 2]]
    """
    check_result(result)
    tell = choose_tell(progress)
    asked = plan_combinations(result.settings, choices, same=same)
    tables, alarms = [], []
    pace = Pace(len(asked))
    for number, (changes, settings) in enumerate(asked):
        shown = {name: _print_choice(value) for name, value in changes.items()}
        told = ", ".join(f"{name} {value}" for name, value in shown.items())
        tell(pace.tell(f"{number + 1} of {len(asked)}: {told}", told, number))
        formed = result.form(settings)
        alarms += [] if len(formed.ranking) else [f"No region with {told}."]
        alarms += find_idle(formed.tally, settings)
        table = _follow_formed(result, formed)
        used = {"min_addresses": settings.min_addresses, "min_share": settings.min_share}
        front = {"combination": number, **shown, "same": same, **used}
        for place, (name, value) in enumerate(front.items()):
            if name not in table:
                table.insert(place, name, value)
        tables.append(table)
    for alarm in dict.fromkeys(alarms):
        warnings.warn(alarm, DataWarning, stacklevel=2)
    full = [table for table in tables if len(table)] or tables[:1]
    return pd.concat(full, ignore_index=True)


def plan_combinations(
    settings: Settings, choices: Mapping[str, Sequence[Any]], *, same: str = "minimum"
) -> list[tuple[dict[str, Any], Settings]]:
    """List every combination of some settings, before anything is asked.

    Parameters
    ----------
    settings : Settings
        Of the run.
    choices : mapping of str to sequence
        Setting to the values that it takes.
    same : {"minimum", "density"}, default "minimum"
        What stays the same at another radius.

    Returns
    -------
    list of (dict, Settings)
        What changes and the settings of each, the last choice changing fastest.

    Raises
    ------
    TypeError, ValueError
        As `sweep_settings`.

    Examples
    --------
    >>> [asked.gap_km for _, asked in plan_combinations(Settings(), {"gap_km": [0, 5]})]
    [0.0, 5.0]
    """
    choices = {name: _list_values(name, values) for name, values in choices.items()}
    _check_choices(choices, same)
    asked = []
    for values in itertools.product(*choices.values()):
        changes = dict(zip(choices, values, strict=True))
        changed = settings.replace(**changes)
        if same == "density":
            wider = (changed.radius_km / settings.radius_km) ** 2
            changed = changed.replace(**scale_minimum(changed, wider, whole=math.ceil))
        asked.append((changes, changed))
    return asked


def _list_values(name: str, values: object) -> list[Any]:
    """List the values of a setting."""
    if isinstance(values, str | Mapping) or not isinstance(values, Iterable):
        msg = f"Invalid {name} {show_value(values)}. Must be a list of values."
        raise TypeError(msg)
    return list(values)


def _check_choices(choices: Mapping[str, Sequence[Any]], same: str) -> None:
    """Refuse none, a value that stands twice, and a minimum beside the same density."""
    for name, values in choices.items():
        if any(value in values[:place] for place, value in enumerate(values)):
            msg = f"Invalid {name} {show_value(values)}. Must give each value once."
            raise ValueError(msg)
    if not choices or not all(len(values) for values in choices.values()):
        msg = f"Invalid choices {choices}. Must give at least one value of at least one setting."
        raise ValueError(msg)
    if same not in ("minimum", "density"):
        msg = f"Invalid same {show_value(same)}. Must be minimum or density."
        raise ValueError(msg)
    if same == "density" and (minima := {"min_addresses", "min_share"} & set(choices)):
        msg = f"Invalid {min(minima)} beside the same density. Must be left to the radius."
        raise ValueError(msg)


def _print_choice(value: object) -> Any:  # noqa: ANN401
    """Write a mapping or a list as one would give it on the command line."""
    if isinstance(value, Mapping):
        return " ".join(f"{name}={_print_choice(item)}" for name, item in value.items()) or "none"
    if isinstance(value, list | tuple):
        return "-".join(str(item) for item in value)
    return "none" if value is None else value


def _follow_formed(result: Swept, formed: Formed) -> pd.DataFrame:
    """Say of each region which region of the run it is, by the activity of common locations."""
    base, own = result.formed, formed.delineation.locations
    at = np.full(max(base.tally.world_location.max(initial=-1), 0) + 1, -1)
    at[base.tally.world_location] = base.delineation.region
    asked = formed.tally.world_location
    place = np.where(asked < len(at), at[np.minimum(asked, len(at) - 1)], -1)
    overlap = cross_regions(
        own["region"].array,
        place,
        own["activity"].to_numpy(),
        names=result.followed.region_ids.sort_index().pipe(pd.Index),
    )
    kept = pair_regions(overlap)
    known = find_partners(overlap, "region").set_index("region")
    index = formed.ranking.index
    event = np.where(
        index.isin(kept.index), "kept", np.where(index.isin(known.index), "split", "birth")
    )
    shared = overlap.set_index(["region", "outline"])["region_share"]
    part = shared.reindex(list(kept.items()))
    activity = own["activity"].groupby(own["region"]).sum()
    shares = [f"{kind}_share" for kind in formed.tally.kinds]
    table = pd.DataFrame(
        {
            "region_id": kept.astype("str").reindex(index),
            "name": form.name(formed.tally, formed.delineation)["name"],
            **{name: formed.ranking[name] for name in ("rank", "score", *shares)},
            "activity": activity.reindex(index).astype("float64"),
            "shared_activity": pd.Series(part.to_numpy(), kept.index).reindex(index),
            "event": pd.Series(event, index, dtype="str"),
        }
    )
    # As a run of these settings has them: new regions get ids behind all others, in their order.
    table = table.sort_index()
    return table.sort_values(["rank", "region_id"], kind="stable", ignore_index=True)
