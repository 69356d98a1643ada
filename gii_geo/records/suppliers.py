"""Which reader reads which supplier's files, and what was read before and need not be again."""

import contextlib
import hashlib
import importlib
import inspect
import json
import os
from collections.abc import Callable, Collection, Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

import duckdb
import narwhals as nw

from gii_geo.faults import writing
from gii_geo.owned import describe_file
from gii_geo.paths import check_folder
from gii_geo.ranges import check_given, find_near, show_value, suggest_name
from gii_geo.records.engine import Engine, Opened
from gii_geo.records.files import escape_pattern
from gii_geo.records.inputs import stamp_file
from gii_geo.records.sources.address_table import COLUMNS
from gii_geo.records.sources.wanted import list_paths
from gii_geo.tables import InputError

READERS: Final = {
    "patentsview": "gii_geo.records.sources.patentsview",
    "uspto": "gii_geo.records.sources.uspto",
    "web_of_science": "gii_geo.records.sources.web_of_science",
    "openalex": "gii_geo.records.sources.openalex",
    "crunchbase": "gii_geo.records.sources.crunchbase",
}
"""Supplier to the module that reads its files, with a function read_<supplier>."""

GEOCODED: Final = ("uspto", "web_of_science", "openalex", "crunchbase")
"""Suppliers whose files name places without coordinates, at least in part."""


def find_reader(supplier: str) -> Callable[..., Any]:
    """Find the reader of a supplier's files.

    Parameters
    ----------
    supplier : str
        One of `READERS`.

    Returns
    -------
    callable
        Such as `sources.patentsview.read_patentsview`.

    Raises
    ------
    InputError
        If there is no such supplier.

    Examples
    --------
    >>> find_reader("uspto").__name__
    'read_uspto'
    """
    if not isinstance(supplier, str) or supplier not in READERS:
        msg = f"Invalid source {show_value(supplier, str)}. Must be columns, {', '.join(READERS)}."
        raise InputError(msg)
    reader: Callable[..., Any] = getattr(
        importlib.import_module(READERS[supplier]), f"read_{supplier}"
    )
    return reader


def list_options(supplier: str) -> dict[str, Any]:
    """List the options that the reader of a supplier's files has.

    Parameters
    ----------
    supplier : str
        One of `READERS`, or "columns", whose tables have none.

    Returns
    -------
    dict of str to Any
        Name to default.

    Raises
    ------
    InputError
        If there is no such supplier.

    Examples
    --------
    >>> list_options("web_of_science"), list_options("columns")
    ({'articles_only': True, 'science_only': True}, {})
    """
    if supplier == "columns":
        return {}
    parameters = inspect.signature(find_reader(supplier)).parameters
    return {name: one.default for name, one in parameters.items() if name not in _NOT_OPTIONS}


def read_options(supplier: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Check the options of a supplier's reader, and read those that are texts.

    Parameters
    ----------
    supplier : str
        One of `READERS`, or "columns".
    options : mapping of str to Any
        Name to value, or to its text as on a command line: several texts are parted by commas, and
        yes and no are written yes and no (or true and false).

    Returns
    -------
    dict of str to Any
        Every option of the reader, those not named by their defaults; values fit for JSON.

    Raises
    ------
    InputError
        If there is no such supplier or option, or the option cannot have the value.

    Examples
    --------
    >>> read_options("openalex", {"types": "article,Review"})
    {'types': ['article', 'review']}
    >>> read_options("web_of_science", {"science_only": "no"})
    {'articles_only': True, 'science_only': False}
    """
    read = list_options(supplier)
    must = "map option to value, such as {'types': 'all'}"
    check_given("source_options", options, Mapping, must=must, error=InputError)
    for name in options:
        if name not in read:
            hint = suggest_name(find_near(str(name), read))
            known = f"Must be {', '.join(read)}" if read else "There must be none"
            msg = f"Invalid source option {show_value(name, str)} of {supplier}. {known}{hint}"
            raise InputError(msg)
    hints = get_type_hints(find_reader(supplier)) if read else {}
    for name, value in (read | dict(options)).items():
        try:
            read[name] = _read_option(value, hints[name])
        except ValueError as error:
            msg = (
                f"Invalid source option {name}={show_value(value)} of {supplier}. Must be {error}."
            )
            raise InputError(msg) from error
    return read


def _read_option(value: object, hint: Any) -> Any:  # noqa: ANN401
    """Read a value of the type that a reader's signature gives; the error says what it must be."""
    parts = (hint,) if get_origin(hint) is Literal or hint is bool else get_args(hint)
    if any(get_origin(part) is Collection for part in parts):
        return _read_texts(value)
    choices: dict[str, Any] = {}
    for part in parts:
        if part is bool:
            choices |= {"yes": True, "no": False, "true": True, "false": False}
        elif part is type(None):
            choices["none"] = None
        else:
            choices |= {str(choice): choice for choice in get_args(part)}
    text = str(value).strip().lower()
    if text not in choices:
        raise ValueError(" or ".join(dict.fromkeys(choices)))
    return choices[text]


def _read_texts(value: object) -> list[str] | str:
    """Read several texts in lower case and in order, or "all"."""
    texts = value.split(",") if isinstance(value, str) else value
    if not isinstance(texts, Collection) or not all(isinstance(text, str) for text in texts):
        msg = "texts, or all"
        raise ValueError(msg)
    read = sorted({" ".join(text.lower().split()) for text in texts} - {""})
    if not read:
        msg = "at least one text, or all"
        raise ValueError(msg)
    return "all" if "all" in read else read


def open_supplier(
    engine: Engine,
    supplier: str,
    source: object,
    *,
    tell: Callable[[str], None],
    cache: Path | None = None,
    options: Mapping[str, Any] | None = None,
) -> Opened:
    """Open a supplier's files as one table of addresses.

    Parameters
    ----------
    engine : Engine
        The open engine.
    supplier : str
        One of `READERS`.
    source : object
        Path(s) or a folder, as downloaded.
    tell : callable
        Is told what is being read.
    cache : pathlib.Path, optional
        Folder for what was read, one Parquet file for each `source`: while the files keep their
        sizes and times, and the options are the same, it is read from there. Made if it is missing.
    options : mapping of str to Any, optional
        Options of the supplier's reader, as for `read_options`.

    Returns
    -------
    Opened
        The table; rows that cannot be used say why in `__problem`. Where this begins with
        `left_out.LEFT_OUT`, the record is sound, but the options leave it out.

    Raises
    ------
    InputError
        If the options or the files cannot be used.
    """
    chosen = read_options(supplier, options or {})
    reader = find_reader(supplier)
    read = partial(reader, source, connection=engine.connection, progress=tell, **chosen)
    if cache is None:
        relation = read()
    else:
        name = _name_read(supplier, source, chosen)
        relation = _read_again(engine, cache, name, tell)
        if relation is None:
            _make_room(cache)
            kept = _write_read(read(), cache, name)
            relation = engine.connection.read_parquet(escape_pattern(kept))
        else:
            tell(f"{supplier}: as read before")
    own = ", ".join(f'"{name}"' for name in relation.columns if name not in (*_OURS, *_YEAR))
    own += ", coalesce(CAST(year AS VARCHAR), year_text) AS year"
    ours = ", ".join(f'"{name}" AS __{name}' for name in _OURS)
    return Opened(nw.from_native(relation.select(f"{own}, {ours}")).lazy(), supplier)


def _read_again(
    engine: Engine, cache: Path, name: str, tell: Callable[[str], None]
) -> duckdb.DuckDBPyRelation | None:
    """Open what was read before, if it is there and as it was written; mark it as still of use."""
    for path in sorted(cache.glob(f"{name}-*.parquet")):
        try:
            if path.name == _name_kept(path, name):
                with contextlib.suppress(OSError):  # another user's
                    os.utime(path)
                return engine.connection.read_parquet(escape_pattern(path))
            path.unlink()
        except (OSError, duckdb.Error):
            pass
        tell(f"{path} is not as it was written, so its input is read anew")
    return None


def _name_kept(path: Path, name: str) -> str:
    """Name what is kept by its checksum too: what the name does not tell is not taken for it."""
    return f"{name}-{describe_file(path)['sha256'][:32]}.parquet"


def _make_room(cache: Path) -> None:
    """Refuse a cache that cannot be one, before anything is read."""
    try:
        check_folder(cache, name="cache").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(str(error)) from error


def _name_read(supplier: str, source: object, options: Mapping[str, Any]) -> str:
    """Name what was read by all that it hangs on; the rejects name files as they were given."""
    told = [
        [str(file), str(file.resolve()), *stamp_file(file)[:3]]
        for file in list_inputs(source, supplier)
    ]
    text = json.dumps([version("gii-geo"), COLUMNS, supplier, options, told])
    return f"{supplier}-{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def _write_read(relation: duckdb.DuckDBPyRelation, cache: Path, name: str) -> Path:
    """Write what was read beside its place, and move it there once it is whole."""
    beside = cache / f"{name}.{os.getpid()}"
    try:
        with writing(cache):
            relation.write_parquet(str(beside), compression="zstd")
            return beside.replace(cache / _name_kept(beside, name))
    finally:
        beside.unlink(missing_ok=True)


def list_inputs(source: object, supplier: str) -> tuple[Path, ...]:
    """List the files of path(s), and those of folders that a supplier's reader looks for.

    Parameters
    ----------
    source : object
        A path or several.
    supplier : str
        One of `READERS`.

    Returns
    -------
    tuple of pathlib.Path
        The files.

    Raises
    ------
    InputError
        If there is no such path, or a folder has no such file.
    """
    paths = source if isinstance(source, list | tuple) else [source]
    endings = importlib.import_module(READERS[supplier]).ENDINGS
    return tuple(file for path in map(Path, paths) for file in list_paths(path, endings))


_OURS: Final = ("file", "row", "problem")
_YEAR: Final = ("year", "year_text")
_NOT_OPTIONS: Final = ("source", "connection", "progress")
