"""What a run gives back: tables, settings, accounts and where they came from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from gii_geo import export
from gii_geo.accounts import Accounts
from gii_geo.settings import Settings


@dataclass(frozen=True)
class Result:
    """The regions of a run and everything they were made from.

    Attributes
    ----------
    regions : geopandas.GeoDataFrame
        One row a region, ordered by rank, EPSG:4326; the columns are in `tables.REGIONS`.
    clusters : pandas.DataFrame
        One row a density cluster: cluster, region_id, locations, addresses.
    locations : geopandas.GeoDataFrame
        One row a distinct coordinate pair: addresses and record weight per kind, cluster, region.
    links : pandas.DataFrame
        One row a pair of clusters that merged, with the reason and the nearest locations.
    economies : pandas.DataFrame
        One row per region and economy with its share of the region's activity.
    rejects : pandas.DataFrame
        One row an address that has no place, with file, row and reason.
    accounts : Accounts
        Where every row and record went.
    settings : Settings
        The numbers of the method.
    provenance : dict of str to Any
        Inputs with checksums, versions, notes and credits.
    """

    regions: gpd.GeoDataFrame
    clusters: pd.DataFrame
    locations: gpd.GeoDataFrame
    links: pd.DataFrame
    economies: pd.DataFrame
    rejects: pd.DataFrame
    accounts: Accounts
    settings: Settings
    provenance: dict[str, Any]

    @property
    def activity_share(self) -> float:
        """Share (0 to 1) of all placed activity, balanced over kinds, that lies in regions."""
        inside = self.locations["region_id"].notna()
        return float(self.locations.loc[inside, "activity"].sum())

    def write(self, folder: str | Path) -> list[Path]:
        """Write every file of the result; old files stay until all new ones are whole.

        Parameters
        ----------
        folder : str or pathlib.Path
            Where to; made if it is missing.

        Returns
        -------
        list of pathlib.Path
            The files.

        Raises
        ------
        NotADirectoryError
            If `folder` is a file.
        """
        run = {
            "settings": self.settings.to_dict(),
            "accounts": self.accounts.to_dict(),
            "regions": len(self.regions),
            "clusters": len(self.clusters),
            "locations": len(self.locations),
            "activity_in_regions": self.activity_share,
            **self.provenance,
        }
        tables = {"locations": self.locations, "rejects": self.rejects}
        return export.write_files(folder, regions=self.regions, tables=tables, run=run)
