"""A run, done again from what its run.json tells of it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gii_geo.demo import find_packaged
from gii_geo.kept import read_told
from gii_geo.paths import first_line
from gii_geo.pipeline import find_regions
from gii_geo.records.inputs import describe_files
from gii_geo.records.reading import ReadOptions, check_inputs
from gii_geo.regions.follow import list_files
from gii_geo.regions.population import check_people
from gii_geo.result import Result
from gii_geo.settings import Settings
from gii_geo.tables import InputError


def repeat_run(
    path: str | Path,
    *,
    duckdb: Mapping[str, Any] | None = None,
    progress: Callable[[str], None] | None = None,
) -> tuple[Result, list[float]]:
    r"""Do a run again: the same inputs, read the same way, asked the same question.

    Parameters
    ----------
    path : str or pathlib.Path
        The run.json, or the folder that it lies in. Paths that were given relative to a folder
        are taken relative to the folder that this runs in.
    duckdb : mapping of str to Any, optional
        What DuckDB may use, as `read_world` takes it: no result hangs on it.
    progress : callable, optional
        Is told the name of each stage as it begins.

    Returns
    -------
    result : Result
        The run, done again.
    radii_km : list of float
        The further radii of its page.

    Raises
    ------
    InputError
        If it is no run.json, a table was handed in memory, or an input is not what it was.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import gii_geo
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     deals = Path(folder, "deals.csv")
    ...     _ = deals.write_text("lon,lat,count\n8.54,47.37,9\n")
    ...     result = gii_geo.find_regions({"deal": deals}, gii_geo.Settings(min_addresses=5))
    ...     files = result.write(folder)
    ...     again, radii_km = repeat_run(folder)
    >>> again.regions["name"].equals(result.regions["name"]), radii_km
    (True, [])
    """
    path = Path(path) / "run.json" if Path(path).is_dir() else Path(path)
    run = read_told(path)
    try:
        options = dict(run["options"])
        addresses = {kind: _find_source(path, told) for kind, told in options["addresses"].items()}
        reading = {
            name: options[name] for name in ("columns", "source", "source_options", "geocode")
        }
        reading |= {
            "allow_contradictions": options.get("allow_contradictions", False),
            "grid_deg": options.get("grid_deg"),
            "duckdb": duckdb,
        }
        settings = Settings.from_mapping(run["settings"])
        before, people = options["previous"], options["population"]
        files_before = options.get("previous_files")
        radii_km = [float(radius_km) for radius_km in options["radii_km"]]
        inputs = list(run["inputs"])
    except (KeyError, TypeError, AttributeError) as error:
        msg = f"Invalid file {path}. Must tell options, settings and inputs; {first_line(error)}."
        raise InputError(msg) from error
    if people:
        check_people(people)
    sources: Any = addresses.get("", addresses)
    files = check_inputs(sources, options=ReadOptions.choose(**reading))
    _check_same(path, [*files, *([Path(people)] if people else [])], inputs)
    if files_before and describe_files(list_files(before)) != files_before:
        msg = f"Invalid previous run {before}. Must be as it was when {path} was written."
        raise InputError(msg)
    result = find_regions(
        sources, settings, **reading, previous=before, population=people, progress=progress
    )
    return result, radii_km


def read_command(path: str | Path) -> list[str]:
    """Give the words of the command that a run was made with.

    Parameters
    ----------
    path : str or pathlib.Path
        The run.json, or the folder that it lies in.

    Returns
    -------
    list of str
        None for a run from Python.
    """
    path = Path(path) / "run.json" if Path(path).is_dir() else Path(path)
    command = read_told(path).get("command", [])
    return [str(word) for word in command] if isinstance(command, list) else []


def _find_source(path: Path, told: object) -> list[Path]:
    """Give the paths that a run was given."""
    if not isinstance(told, list):
        msg = f"Invalid file {path}. Must tell of files; found a table that was handed in memory."
        raise InputError(msg)
    return [find_packaged(name) or Path(name) for name in told]


def _check_same(path: Path, files: list[Path], inputs: list[dict[str, Any]]) -> None:
    """Refuse an input that has changed since."""
    found = describe_files(tuple(files))
    for file, now, then in zip(files, found, inputs, strict=False):
        if now != then:
            msg = f"Invalid file {file}. Must be as it was when {path} was written."
            raise InputError(msg)
    if len(found) != len(inputs):
        msg = f"Invalid inputs of {path}. Must be {len(inputs)} files; found {len(found)}."
        raise InputError(msg)
