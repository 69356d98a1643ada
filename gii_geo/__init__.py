"""Open, exact and adjustable regional innovation clusters."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gii_geo.combine import sweep_settings as sweep_settings
    from gii_geo.compare import compare_regions as compare_regions
    from gii_geo.demo import demo_path as demo_path
    from gii_geo.demo import sample_path as sample_path
    from gii_geo.joins import find_joins as find_joins
    from gii_geo.pipeline import find_regions as find_regions
    from gii_geo.published import read_published as read_published
    from gii_geo.records.geocode import geocode_addresses as geocode_addresses
    from gii_geo.records.intake import read_world as read_world
    from gii_geo.records.sources.crunchbase import read_crunchbase as read_crunchbase
    from gii_geo.records.sources.openalex import read_openalex as read_openalex
    from gii_geo.records.sources.patentsview import read_patentsview as read_patentsview
    from gii_geo.records.sources.uspto import read_uspto as read_uspto
    from gii_geo.records.sources.web_of_science import read_web_of_science as read_web_of_science
    from gii_geo.regions.cluster import GeoDBSCAN as GeoDBSCAN
    from gii_geo.regions.cluster import merge_tree as merge_tree
    from gii_geo.result import Result as Result
    from gii_geo.settings import Settings as Settings
    from gii_geo.sweep import sweep_radii as sweep_radii
    from gii_geo.tables import DataWarning as DataWarning
    from gii_geo.windows import rank_windows as rank_windows
    from gii_geo.world import World as World

__version__ = "0.1.0"

_ROOMS = {
    "DataWarning": "gii_geo.tables",
    "GeoDBSCAN": "gii_geo.regions.cluster",
    "Result": "gii_geo.result",
    "Settings": "gii_geo.settings",
    "World": "gii_geo.world",
    "demo_path": "gii_geo.demo",
    "compare_regions": "gii_geo.compare",
    "find_joins": "gii_geo.joins",
    "find_regions": "gii_geo.pipeline",
    "geocode_addresses": "gii_geo.records.geocode",
    "merge_tree": "gii_geo.regions.cluster",
    "rank_windows": "gii_geo.windows",
    "read_crunchbase": "gii_geo.records.sources.crunchbase",
    "read_openalex": "gii_geo.records.sources.openalex",
    "read_patentsview": "gii_geo.records.sources.patentsview",
    "read_published": "gii_geo.published",
    "read_uspto": "gii_geo.records.sources.uspto",
    "read_world": "gii_geo.records.intake",
    "sample_path": "gii_geo.demo",
    "read_web_of_science": "gii_geo.records.sources.web_of_science",
    "sweep_radii": "gii_geo.sweep",
    "sweep_settings": "gii_geo.combine",
}

_MODULES = ("compare", "editions", "export", "plot", "published")

__all__ = [
    "DataWarning",
    "GeoDBSCAN",
    "Result",
    "Settings",
    "World",
    "__version__",
    "compare_regions",
    "demo_path",
    "find_joins",
    "find_regions",
    "geocode_addresses",
    "merge_tree",
    "rank_windows",
    "read_crunchbase",
    "read_openalex",
    "read_patentsview",
    "read_published",
    "read_uspto",
    "read_web_of_science",
    "read_world",
    "sample_path",
    "sweep_radii",
    "sweep_settings",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401
    """Import a public name when it is first used, so that the command line starts at once."""
    import importlib  # noqa: PLC0415  # only here

    if name in _MODULES:
        return importlib.import_module(f"gii_geo.{name}")
    if name not in _ROOMS:
        msg = f"module 'gii_geo' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(importlib.import_module(_ROOMS[name]), name)


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
