"""How the command line says that addresses are read and geocoded."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gii_geo.cli.pairs import read_columns, read_once


def choose_geocode(
    geocode: bool,  # noqa: FBT001  # as the command line has it
    min_confidence: float | None,
    gazetteer: Path | None,
    corrections: Path | None,
) -> bool | dict[str, Any]:
    """Collect how addresses are geocoded; whoever says how wants them to be.

    Parameters
    ----------
    geocode : bool
        Whether to find coordinates by text.
    min_confidence : float or None
        The least confidence that places an address.
    gazetteer, corrections : pathlib.Path or None
        Files of the user's own.

    Returns
    -------
    bool or dict of str to Any
        As `records.intake.read_world` takes it.

    Examples
    --------
    >>> choose_geocode(False, None, None, None), choose_geocode(False, 0.8, None, None)
    (False, {'min_confidence': 0.8})
    """
    asked = {
        "min_confidence": min_confidence,
        "gazetteer": gazetteer,
        "corrections": corrections,
    }
    return {name: value for name, value in asked.items() if value is not None} or geocode


def choose_reading(
    source: str,
    source_option: Sequence[str] | None,
    geocode: bool | Mapping[str, Any],  # noqa: FBT001  # as the command line has it
    cache: Path | None,
    column: Sequence[str] | None,
) -> dict[str, Any]:
    """Collect how addresses are read.

    Parameters
    ----------
    source : str
        Whose files they are.
    source_option : sequence of str or None
        Such as "types=all".
    geocode : bool or mapping of str to Any
        From `choose_geocode`.
    cache : pathlib.Path or None
        Folder of what was read of suppliers' files.
    column : sequence of str or None
        Such as "lon=longitude".

    Returns
    -------
    dict of str to Any
        As `records.intake.read_world` takes them.
    """
    form = "name=value, such as types=all"
    return {
        "columns": read_columns(column),
        "source": source,
        "source_options": read_once(source_option, "source option", form),
        "geocode": geocode,
        "cache": cache,
    }
