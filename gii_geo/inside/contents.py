"""What is in the regions of a question: its steps in order, each asked once."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.inside.collaborate import share_records
from gii_geo.inside.labels import find_value, narrow_tally
from gii_geo.inside.profile import profile_regions
from gii_geo.places import read_places
from gii_geo.regions.form import RANKED, Formed, count_regions, rank
from gii_geo.regions.tally import Tally

IntArray = npt.NDArray[np.int64]

PROFILE: Final = (
    *("region_id", "kind", "what", "value", "records", "share", "held", "world_share"),
    *("specialisation", "specialisation_low", "specialisation_high"),
)
"""Columns of the profiles of a result."""

COLLABORATION: Final = (
    *("region_a", "region_b", "kind", "records", "weight_a", "weight_b", "share_a", "share_b"),
    *("expected", "ratio"),
)
"""Columns of the collaboration of a result."""


def list_profiles(formed: Formed, ids: "pd.Series[Any]", *, confidence: float) -> pd.DataFrame:
    """Tell what regions hold, see `profile.profile_regions`.

    Parameters
    ----------
    formed : Formed
        Regions by number.
    ids : pandas.Series
        `region_id`, by number.
    confidence : float
        Of the intervals of specialisation.

    Returns
    -------
    pandas.DataFrame
        `PROFILE`, by region_id.
    """
    tally, region = formed.tally, formed.delineation.region
    cities = _find_cities(tally, region)
    ordered = ids.sort_values()
    place = np.full(len(ids) + 1, -1, dtype=np.int64)  # outside of regions as well
    place[ordered.index] = np.arange(len(ids))
    table = profile_regions(tally, place[region], cities, regions=len(ids), confidence=confidence)
    table["region_id"] = pd.Categorical.from_codes(table["region"], pd.Index(ordered))
    texts = dict.fromkeys(("region_id", "kind", "what", "value"), "str")
    return table[[*PROFILE]].astype(texts)


def list_shared(formed: Formed, ids: "pd.Series[Any]") -> pd.DataFrame:
    """Tell which records regions share, see `collaborate.share_records`.

    Parameters
    ----------
    formed : Formed
        Regions by number.
    ids : pandas.Series
        `region_id`, by number.

    Returns
    -------
    pandas.DataFrame
        `COLLABORATION`; region_a comes before region_b in the order of their ids.
    """
    table = share_records(formed.tally, formed.delineation.region, regions=len(formed.ranking))
    for side in ("a", "b"):
        table[f"region_{side}"] = table[f"region_{side}"].map(ids).astype("str")
    turned = (table["region_a"] > table["region_b"]).to_numpy()
    for name in ("region", "weight", "share"):
        a, b = f"{name}_a", f"{name}_b"
        table.loc[turned, [a, b]] = table.loc[turned, [b, a]].to_numpy()
    table = table.sort_values(["region_a", "region_b"], kind="stable", ignore_index=True)
    return table[[*COLLABORATION]].astype({"kind": "str"})


def form_field(formed: Formed, field: str, settings: Any) -> Formed:  # noqa: ANN401
    """Count and rank the regions of a question by one field.

    Parameters
    ----------
    formed : Formed
        Regions by number.
    field : str
        The field, in any letter case.
    settings : Settings
        The question, with fractional counts and shares of what is placed.

    Returns
    -------
    Formed
        The same regions, ranked by what they hold of the field.

    Raises
    ------
    InputError
        If nothing that counts is of it.
    """
    tally = narrow_tally(formed.tally, find_value(formed.tally, "field", field))
    units = count_regions(tally, formed.delineation, settings.counting)
    units = units.reindex(formed.ranking.index, fill_value=0)
    return Formed(tally, formed.delineation, rank(tally, units, settings.pick(*RANKED)))


def _find_cities(tally: Tally, region: IntArray) -> "pd.Series[Any]":
    """Find the city of each location in a region, with its state in the United States."""
    rows = np.flatnonzero(region >= 0)
    places = read_places()
    place = tally.sites.find_places(rows)
    city = places["city"].to_numpy(np.int32)[place]
    del place  # large
    met = np.flatnonzero(np.bincount(city, minlength=len(places)))
    named = places[["name", "state"]].iloc[met].fillna("")  # a text for each city, not each row
    told = [f"{name}, {state}" if state else name for name, state in named.itertuples(index=False)]
    words, word = np.unique(np.array(told, dtype=str), return_inverse=True)
    number = np.zeros(len(places), dtype=np.int32)
    number[met] = word
    coded = pd.Categorical.from_codes(number[city], pd.Index(words, dtype="str"))
    return pd.Series(coded, index=rows)
