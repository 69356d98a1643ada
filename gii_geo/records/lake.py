"""Tables of a data lake -> what their log says that they hold, never the heap of their files."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from gii_geo.extras import check_extra
from gii_geo.paths import LOG_FOLDER, find_log, first_line
from gii_geo.tables import InputError

if TYPE_CHECKING:
    from deltalake import DeltaTable

_MAPPING: Final = "delta.columnMapping.mode"
_WAYS: Final = {
    "Iceberg": "hand it in as a table (of pyiceberg, DuckDB or Spark) or export it as Parquet",
    "Hudi": "hand it in as a table (of Spark) or export it as Parquet",
    "Structured Streaming": "hand it in as a table (of Spark) or export it as Parquet",
}
"""System whose log is not read here to the way out."""


@dataclass(frozen=True)
class Lake:
    """What a table of a data lake holds now.

    Attributes
    ----------
    dataset : pyarrow.dataset.Dataset
        Its rows, read anew by whoever asks; the columns by which it is parted are among them.
    files : tuple of pathlib.Path
        The files that hold, and that of the log which says so.
    version : int
        The version.
    """

    dataset: Any
    files: tuple[Path, ...]
    version: int


def open_lake(folder: Path) -> Lake:
    """Open a folder that keeps a log of its files.

    Parameters
    ----------
    folder : pathlib.Path
        The folder of a table of Delta Lake.

    Returns
    -------
    Lake
        Its current version.

    Raises
    ------
    InputError
        If the table is of another system, is not whole, or was written with features that the
        package deltalake cannot read.
    MissingExtraError
        If that package is not installed.
    """
    system = find_log(folder)
    if system in _WAYS:
        msg = f"Invalid folder {folder}. Must not be a table of {system}: {_WAYS[system]}."
        raise InputError(msg)
    check_extra("delta")
    from deltalake import DeltaTable  # noqa: PLC0415  # an extra
    from deltalake.exceptions import DeltaError, DeltaProtocolError  # noqa: PLC0415

    try:
        table = DeltaTable(folder)
        dataset = table.to_pyarrow_dataset()
        mapping = table.metadata().configuration.get(_MAPPING, "none")
    except DeltaProtocolError as error:
        raise _refuse_feature(folder, first_line(error)) from error
    except (DeltaError, OSError, ValueError) as error:
        msg = f"Invalid folder {folder}. Must be a whole table of Delta Lake; {first_line(error)}."
        raise InputError(msg) from error
    if mapping not in ("none", None):
        raise _refuse_feature(folder, f"its columns have other names in its files ({mapping})")
    return Lake(dataset, _list_files(folder, table), table.version())


def _refuse_feature(folder: Path, why: str) -> InputError:
    """Say that a table has a feature that cannot be read."""
    return InputError(
        f"Invalid folder {folder}. Must be a table of Delta Lake that the package deltalake can "
        f"read; {why}: write it anew without, hand it in as a table, or export it as Parquet."
    )


def _list_files(folder: Path, table: "DeltaTable") -> tuple[Path, ...]:
    """List the files that hold, and the log's own of this version."""
    files = []
    for uri in sorted(table.file_uris()):
        path = uri if uri.startswith("/") else unquote(urlsplit(uri).path)
        found = [one for one in (Path(path), Path(unquote(path))) if one.is_file()]
        if not found:
            msg = f"Invalid folder {folder}. Must hold {Path(path).name}, which its log names."
            raise InputError(msg)
        files.append(found[0])
    commit = folder / LOG_FOLDER / f"{table.version():020d}.json"
    return (*files, *([commit] if commit.is_file() else []))
