"""Which reader reads which supplier's files, and what was read before and need not be again."""

import contextlib
import hashlib
import importlib
import json
import os
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import duckdb
import narwhals as nw

from gii_geo.paths import check_exists, check_folder
from gii_geo.records.engine import Engine, Opened
from gii_geo.records.files import escape_pattern
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
    if supplier not in READERS:
        msg = f"Invalid source {supplier}. Must be columns, {', '.join(READERS)}."
        raise InputError(msg)
    reader: Callable[..., Any] = getattr(
        importlib.import_module(READERS[supplier]), f"read_{supplier}"
    )
    return reader


def open_supplier(
    engine: Engine,
    supplier: str,
    source: object,
    *,
    tell: Callable[[str], None],
    cache: Path | None = None,
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
        sizes and times it is read from there. Made if it is missing.

    Returns
    -------
    Opened
        The table; rows that cannot be used say why in `__problem`.
    """
    read = partial(find_reader(supplier), source, connection=engine.connection, progress=tell)
    if cache is None:
        relation = read()
    else:
        path = cache / _name_read(supplier, source)
        relation = _read_again(engine, path)
        if relation is None:
            _make_room(cache)
            _write_read(read(), path)
            relation = engine.connection.read_parquet(escape_pattern(path))
        else:
            tell(f"{supplier}: as read before")
    own = ", ".join(f'"{name}"' for name in relation.columns if name not in _OURS)
    ours = ", ".join(f'"{name}" AS __{name}' for name in _OURS)
    return Opened(nw.from_native(relation.select(f"{own}, {ours}")).lazy(), supplier)


def _read_again(engine: Engine, path: Path) -> duckdb.DuckDBPyRelation | None:
    """Open what was read before, if it is there and whole, and mark it as still of use."""
    if not path.is_file():
        return None
    with contextlib.suppress(OSError):  # another user's
        os.utime(path)
    try:
        return engine.connection.read_parquet(escape_pattern(path))
    except duckdb.Error:  # cut short by something worse than a crash
        return None


def _make_room(cache: Path) -> None:
    """Refuse a cache that cannot be one, before anything is read."""
    try:
        check_folder(cache, name="cache").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(str(error)) from error


def _name_read(supplier: str, source: object) -> str:
    """Name what was read by all that it hangs on; the rejects name files as they were given."""
    told = [
        [str(file), str(file.resolve()), file.stat().st_size, file.stat().st_mtime_ns]
        for file in list_inputs(source)
    ]
    text = json.dumps([version("gii-geo"), supplier, told])
    return f"{supplier}-{hashlib.sha256(text.encode()).hexdigest()[:32]}.parquet"


def _write_read(relation: duckdb.DuckDBPyRelation, path: Path) -> None:
    """Write what was read beside its place, and move it there once it is whole."""
    beside = path.with_suffix(f".{os.getpid()}")
    try:
        relation.write_parquet(str(beside), compression="zstd")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def list_inputs(source: object) -> tuple[Path, ...]:
    """List the files below path(s) and folders, in the order of their names.

    Parameters
    ----------
    source : object
        A path or several.

    Returns
    -------
    tuple of pathlib.Path
        The files.

    Raises
    ------
    InputError
        If there is no such path.
    """
    paths = source if isinstance(source, list | tuple) else [source]
    files: list[Path] = []
    for path in map(Path, paths):
        check_exists(path)
        below = sorted(path.rglob("*")) if path.is_dir() else [path]
        files += [file for file in below if file.is_file()]
    return tuple(files)


_OURS: Final = ("file", "row", "problem")
