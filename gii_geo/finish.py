"""Regions by number -> the tables of a result, by region_id."""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from gii_geo.project import LON_LAT
from gii_geo.tables import CITY_LEVEL, INTENSITY, RANK_SETS, TOP_VALUES, region_columns


def finish_regions(
    regions: pd.DataFrame, ids: pd.Series, *, kinds: Sequence[str], notes: Sequence[str] = ()
) -> gpd.GeoDataFrame:
    """Put the regions in the order of their ranks and of the columns of every file.

    Parameters
    ----------
    regions : pandas.DataFrame
        One row a region, by number: the columns of `tables.region_columns` but the id, geometry,
        and rank sets, precision, people and intensity where they are known.
    ids : pandas.Series
        `region_id`, by number.
    kinds : sequence of str
        The kinds that have columns.
    notes : sequence of str, default ()
        What whoever uses the table must know; kept in its attributes.

    Returns
    -------
    geopandas.GeoDataFrame
        EPSG:4326, numbered from 0. Regions that share a rank go by their id.
    """
    by_id = ids.astype("str").array.argsort()
    order = by_id[np.argsort(regions["rank"].to_numpy()[by_id], kind="stable")]
    known = {"region_id": ids.astype("str"), **regions}
    first, second, *others = region_columns(kinds)
    names = (first, second, *RANK_SETS, *others, CITY_LEVEL, *INTENSITY, *TOP_VALUES)
    table = {name: known[name].array.take(order) for name in names if name in known}
    shapes = known["geometry"].array.take(order)
    finished = gpd.GeoDataFrame(table, geometry=shapes, crs=LON_LAT)
    finished.attrs = {"notes": list(notes)}
    return finished


def finish_sets(
    regions: gpd.GeoDataFrame, sets: pd.DataFrame, ids: pd.Series, *, by: str
) -> pd.DataFrame:
    """Give the rank sets the ids of their regions, in the order of these.

    Parameters
    ----------
    regions : geopandas.GeoDataFrame
        From `finish_regions`.
    sets : pandas.DataFrame
        By number, see `tables.RANK_SETS`.
    ids : pandas.Series
        `region_id`, by number.
    by : {"score", "intensity"}
        What they are ranked by.

    Returns
    -------
    pandas.DataFrame
        region_id, name, rank and the sets, of the regions that have one.
    """
    named = pd.DataFrame(regions[["region_id", "name"]])
    named["rank"] = regions["rank" if by == "score" else "intensity_rank"]
    table = named.join(sets.set_axis(ids[sets.index].astype("str")), on="region_id", how="inner")
    return table.astype({"rank": "int64"}).reset_index(drop=True)


def finish_field(regions: gpd.GeoDataFrame, ranking: pd.DataFrame, ids: pd.Series) -> pd.DataFrame:
    """Give a ranking by one field the ids and names of its regions, in the order of its ranks.

    Parameters
    ----------
    regions : geopandas.GeoDataFrame
        From `finish_regions`.
    ranking : pandas.DataFrame
        By number: rank, rank sets, counts, shares and score.
    ids : pandas.Series
        `region_id`, by number.

    Returns
    -------
    pandas.DataFrame
        region_id, name, rank, rank_low, rank_high, counts and shares of the kinds, and score.
    """
    names = regions.set_index("region_id")["name"]
    region_id = ids[ranking.index].astype("str")
    table = ranking.assign(region_id=region_id, name=region_id.map(names).astype("str"))
    first = ["region_id", "name", "rank", "rank_low", "rank_high"]
    rest = [name for name in table if name not in (*first, "locations", "addresses")]
    return table[[*first, *rest]].sort_values(["rank", "region_id"], ignore_index=True)


def finish_locations(locations: pd.DataFrame, ids: pd.Series) -> pd.DataFrame:
    """Give the locations the id of their region.

    Parameters
    ----------
    locations : pandas.DataFrame
        Columns lon, lat, region (number, missing outside) and whatever else is known.
    ids : pandas.Series
        `region_id`, by number.

    Returns
    -------
    pandas.DataFrame
        With region_id instead of region.
    """
    region = locations["region"].to_numpy(np.int64, na_value=-1)
    place = np.append(ids.index.get_indexer(pd.RangeIndex(int(region.max(initial=-1)) + 1)), -1)
    region_id = ids.astype("str").array.take(place[region], allow_fill=True)
    return locations.assign(region_id=region_id).drop(columns="region")


def finish_economies(economies: pd.DataFrame, ids: pd.Series) -> pd.DataFrame:
    """Give the shares of economies the ids of their regions.

    Parameters
    ----------
    economies : pandas.DataFrame
        region (number), economy, share and location_share.
    ids : pandas.Series
        `region_id`, by number.

    Returns
    -------
    pandas.DataFrame
        region_id, economy, share and location_share, ordered by id, largest share first.
    """
    table = economies.assign(region_id=economies["region"].map(ids).astype("str"))
    table = table.sort_values(["region_id", "share", "economy"], ascending=[True, False, True])
    columns = ["region_id", "economy", "share", "location_share"]
    return table[columns].reset_index(drop=True)
