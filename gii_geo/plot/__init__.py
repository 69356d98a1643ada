"""Figures for papers and notebooks: maps, rankings, and radii at which places merge."""

from gii_geo.basemap import read_basemap as read_basemap
from gii_geo.plot.charts import plot_ranks as plot_ranks
from gii_geo.plot.charts import plot_scores as plot_scores
from gii_geo.plot.charts import plot_slopes as plot_slopes
from gii_geo.plot.maps import plot_region as plot_region
from gii_geo.plot.maps import plot_world as plot_world
from gii_geo.plot.partners import plot_collaboration as plot_collaboration
from gii_geo.plot.radii import plot_merge_tree as plot_merge_tree
from gii_geo.plot.radii import plot_radii as plot_radii
from gii_geo.plot.sets import plot_rank_sets as plot_rank_sets
