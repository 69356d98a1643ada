"""City, division and country text -> lon, lat, precision, from an offline gazetteer."""

from gii_geo.records.geocode.addresses import geocode_addresses, geocode_table

__all__ = ["geocode_addresses", "geocode_table"]
