"""The settings file of a batch job: what to read, what to ask, and how bad a night may be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

from gii_geo.batch.gate import Gate
from gii_geo.demo import demo_path
from gii_geo.paths import check_folder, find_log, is_hidden
from gii_geo.ranges import find_near, show_value, suggest_name
from gii_geo.records.reading import ReadOptions
from gii_geo.settings import Settings
from gii_geo.tables import PLURAL, InputError, check_kind
from gii_geo.toml_text import read_toml_file

_TEXT, _PATHS = "a text that is not empty", "a path or a list of paths, one at least"
_SWITCH = "true or false"
_TABLE, _NUMBER = "a table", "a whole number, 1 or more"
_DEGREES = "a number"
_ASKED = "true, false or a table of its options"
_KEYS: Final = {
    **dict.fromkeys(("runs", "source", "population"), _TEXT),
    **dict.fromkeys(("inputs", "columns", "settings", "source_options", "gate", "duckdb"), _TABLE),
    "allow_contradictions": _SWITCH,
    "geocode": _ASKED,
    "keep": _NUMBER,
    "grid_deg": _DEGREES,
}
_INPUTS: Final = {**dict.fromkeys((*PLURAL.values(), "addresses"), _PATHS), "demo": _SWITCH}
_READING: Final = (
    *("columns", "source", "source_options", "geocode", "allow_contradictions", "grid_deg"),
    "duckdb",
)
"""Keys that say how the inputs are read."""


@dataclass(frozen=True)
class Job:
    """What the settings file asks for."""

    runs: Path
    inputs: Any
    settings: Settings
    options: dict[str, Any]
    gate: Gate
    keep: int | None

    @property
    def cache(self) -> Path | None:
        """The folder of what was read of suppliers' files."""
        return self.runs / ".read" if self.reading.supplier else None

    @property
    def reading(self) -> ReadOptions:
        """How the inputs are read."""
        return ReadOptions.choose(
            **{key: self.options[key] for key in _READING if key in self.options}
        )


def read_job(path: Path) -> Job:
    """Read the settings file; paths are relative to it."""
    if not path.is_file():
        msg = f"Invalid settings file {path}. Must be a file that exists."
        raise InputError(msg)
    asked = read_toml_file(path)
    _check_keys(asked, _KEYS, str(path))
    columns = asked.get("columns", {})
    of_kinds = {key: _TABLE if isinstance(value, dict) else _TEXT for key, value in columns.items()}
    _check_keys(columns, of_kinds, f"[columns] of {path}")
    folder = path.absolute().parent
    options: dict[str, Any] = {key: asked[key] for key in _READING if key in asked}
    if isinstance(options.get("geocode"), dict):
        _place_files(options, "geocode", ("gazetteer", "corrections"), path)
    _place_files(options, "duckdb", ("spill",), path)
    if "population" in asked:
        options["population"] = folder / asked["population"]
    inputs = _choose_inputs(asked.get("inputs", {}), folder, f"[inputs] of {path}")
    runs = check_folder(folder / asked.get("runs", "runs"))
    _check_apart(inputs, runs)
    return Job(
        inputs=inputs,
        runs=runs,
        settings=Settings.from_mapping(asked.get("settings", {})),
        options=options,
        gate=Gate.from_mapping(asked.get("gate", {}), where=f"[gate] of {path}"),
        keep=asked.get("keep"),
    )


def _place_files(options: dict[str, Any], table: str, names: Sequence[str], path: Path) -> None:
    """Take paths in a table of the settings file as relative to the file."""
    asked = options.get(table, {})
    files = {name: asked[name] for name in names if name in asked}
    _check_keys(files, dict.fromkeys(names, _TEXT), f"[{table}] of {path}")
    folder = path.absolute().parent
    if files:
        options[table] = {**asked, **{name: folder / file for name, file in files.items()}}


def _choose_inputs(inputs: Mapping[str, Any], folder: Path, where: str) -> object:
    """Find out what to read; exactly one of the ways must be taken."""
    if isinstance(inputs.get("records"), dict):
        msg = f"Invalid key records in {where}. Must be a kind's own word: trademark = 'marks.csv'."
        raise InputError(msg)
    kinds = _name_kinds(inputs)
    _check_keys(inputs, _INPUTS | dict.fromkeys(kinds, _PATHS), where)
    files = {kind: _find_paths(folder, inputs.get(name)) for name, kind in kinds.items()}
    given = {kind: paths for kind, paths in files.items() if paths}
    addresses = _find_paths(folder, inputs.get("addresses"))
    demo = inputs.get("demo", False)
    if not (given or addresses or demo):
        msg = f"Invalid {where}. Must name files under {', '.join(_INPUTS)} = true."
        raise InputError(msg)
    if bool(given) + bool(addresses) + demo > 1:
        msg = f"Invalid {where}. Must name kinds, or addresses, or demo = true; found several."
        raise InputError(msg)
    return demo_path() if demo else given or addresses


def _check_apart(inputs: object, runs: Path) -> None:
    """Refuse runs in a folder of inputs: the first night goes well, the next one would read it."""
    paths = inputs.values() if isinstance(inputs, dict) else [inputs]
    for path in chain.from_iterable(path if isinstance(path, list) else [path] for path in paths):
        around = (path.parent if path.name == "**" else path).resolve()
        if not around.is_dir() or find_log(around) or not runs.resolve().is_relative_to(around):
            continue
        if not is_hidden(runs.resolve().relative_to(around).as_posix()):
            msg = f"Invalid folder of runs {runs}. Must lie outside of the inputs in {around}."
            raise InputError(msg)


def _name_kinds(inputs: Mapping[str, Any]) -> dict[str, str]:
    """Give the kind that each input stands for: WIPO's by their plural, others by their word."""
    known = {name: kind for kind, name in PLURAL.items()}
    # What is nearly another key is that key misspelt, not a kind.
    further = [key for key in inputs if find_near(key, _INPUTS, cutoff=0.8) is None]
    return known | {key: check_kind(key) for key in further}


def _check_keys(asked: Mapping[str, Any], known: Mapping[str, str], where: str) -> None:
    """Refuse a key that is not known and a value of another type."""
    for key, value in asked.items():
        if key not in known:
            msg = f"Invalid key {key} in {where}. Must be {', '.join(known)}"
            msg += suggest_name(find_near(key, known))
            raise InputError(msg)
        paths = value if isinstance(value, list) else [value]
        fits = {
            _TEXT: isinstance(value, str) and value.strip(),
            _PATHS: paths and all(isinstance(path, str) and path.strip() for path in paths),
            _SWITCH: isinstance(value, bool),
            _TABLE: isinstance(value, dict),
            _ASKED: isinstance(value, bool | dict),
            _DEGREES: isinstance(value, int | float) and not isinstance(value, bool),
            _NUMBER: isinstance(value, int) and not isinstance(value, bool) and value >= 1,
        }
        if not fits[known[key]]:
            msg = f"Invalid {key} {show_value(value)} in {where}. Must be {known[key]}."
            raise InputError(msg)


def _find_paths(folder: Path, named: str | list[str] | None) -> list[Path]:
    """Give the paths that one or several names stand for."""
    return [folder / name for name in ([named] if isinstance(named, str) else named or [])]
