"""Open, exact and adjustable regional innovation clusters."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gii_geo.cluster import GeoDBSCAN as GeoDBSCAN
    from gii_geo.demo import demo_path as demo_path
    from gii_geo.pipeline import find_regions as find_regions
    from gii_geo.result import Result as Result
    from gii_geo.settings import Settings as Settings

__version__ = "0.1.0"

_ROOMS = {
    "GeoDBSCAN": "gii_geo.cluster",
    "Result": "gii_geo.result",
    "Settings": "gii_geo.settings",
    "demo_path": "gii_geo.demo",
    "find_regions": "gii_geo.pipeline",
}

__all__ = ["GeoDBSCAN", "Result", "Settings", "__version__", "demo_path", "find_regions"]


def __getattr__(name: str) -> Any:  # noqa: ANN401
    """Import a public name when it is first used, so that the command line starts at once."""
    if name not in _ROOMS:
        msg = f"module 'gii_geo' has no attribute {name!r}"
        raise AttributeError(msg)
    import importlib  # noqa: PLC0415  # only here

    return getattr(importlib.import_module(_ROOMS[name]), name)


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
