"""Spark, where addresses are more than one machine holds: its session, its paths, what it keeps."""

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, Self

import narwhals as nw

from gii_geo.extras import check_extra
from gii_geo.paths import first_line, is_remote
from gii_geo.ranges import check_given, show_value
from gii_geo.tables import InputError

Table = nw.LazyFrame[Any]

ENGINES: Final = ("duckdb", "spark")
"""Who can read paths."""

_QUIET: Final = {"spark.ui.showConsoleProgress": "false", "spark.log.level": "ERROR"}
"""What a session that is begun here says: the run tells its progress itself."""

_ALL_KEYS: Final = "spark.sql.requireAllClusterKeysForCoPartition"
_ROWS_A_PART: Final = 250_000
"""Rows that a task sorts and sums at once: fewer cost more tasks, more do not fit."""


def check_engine(engine: str, spark: Mapping[str, Any] | None, source: str) -> None:
    """Refuse an engine that there is not, or that cannot do what is asked.

    Parameters
    ----------
    engine : {"duckdb", "spark"}
        Who reads paths.
    spark : mapping of str to Any or None
        Settings for a session of Spark that is begun.
    source : str
        Whose files they are.

    Raises
    ------
    InputError
        If there is no such engine, it does not read these files, or has no such settings.
    """
    if engine not in ENGINES:
        msg = f"Invalid engine {show_value(engine)}. Must be {' or '.join(ENGINES)}."
        raise InputError(msg)
    if spark is not None:
        must = "map setting to value, such as {'spark.executor.memory': '8g'}"
        check_given("spark", spark, Mapping, must=must, error=InputError)
    if spark and engine != "spark":
        msg = f"Invalid settings of Spark for engine {engine}. Must be left out, or engine spark."
        raise InputError(msg)
    if engine == "spark":
        check_extra("spark")
    if engine == "spark" and source != "columns":
        msg = (
            f"Invalid source {source} for engine spark. Must be columns: suppliers' files are read "
            "by DuckDB, whose world is the same."
        )
        raise InputError(msg)


@dataclass
class Spark:
    """A session of Spark, and the tables that it keeps until all is read.

    Attributes
    ----------
    session : pyspark.sql.SparkSession
        The one that stands, of ``SPARK_REMOTE`` (Spark Connect), or of the user's configuration.
    """

    session: Any
    _is_ours: bool = False

    @classmethod
    def find(cls, conf: Mapping[str, Any]) -> Self:
        """Take the session that stands, or begin one.

        Parameters
        ----------
        conf : mapping of str to Any
            Settings of Spark for a session that is begun.

        Returns
        -------
        Spark
            The session.

        Raises
        ------
        InputError
            If none can be begun, or one stands that is not of these settings.
        """
        from pyspark.sql import SparkSession  # noqa: PLC0415  # an extra

        standing = SparkSession.getActiveSession()
        if standing is not None:
            _check_standing(standing, conf)
            return cls(standing)
        builder = SparkSession.builder.appName("gii-geo")
        quiet = {} if os.environ.get("SPARK_REMOTE") else _QUIET
        for name, value in {**quiet, **conf}.items():
            builder = builder.config(name, str(value))
        with explain_spark("Spark cannot begin"):
            return cls(builder.getOrCreate(), _is_ours=True)

    def close(self) -> None:
        """End the session, unless somebody else began it."""
        if not self._is_ours:
            return
        try:
            self.session.stop()
        except Exception as error:
            if not is_gone(error):
                raise

    def open_table(self, location: str) -> Table:
        """Open a table of the catalog, or a path of Spark's.

        Parameters
        ----------
        location : str
            Such as ``lake.addresses`` or ``s3a://bucket/addresses``: Parquet, or a Delta or Iceberg
            table where the session knows them.

        Returns
        -------
        narwhals.LazyFrame
            Its columns; for Parquet the file and row (from 1) of each besides.

        Raises
        ------
        InputError
            If Spark finds neither.
        """
        with explain_spark(f"Invalid addresses {location}", must="be a table or a path of Spark's"):
            if is_remote(location):
                return number_rows(self.session.read.parquet(location))
            return lift_times(self.session.table(location))

    def open_lake(self, folder: Path) -> Table:
        """Open a table of Delta Lake in a folder of this machine.

        Parameters
        ----------
        folder : pathlib.Path
            The folder, which every worker must find under the same path.

        Returns
        -------
        narwhals.LazyFrame
            Its columns.

        Raises
        ------
        InputError
            If the session does not know such tables, or cannot read this one.
        """
        with explain_spark(f"Invalid folder {folder}", must="be a table that the session reads"):
            location = folder.absolute().as_uri()
            return lift_times(self.session.read.format("delta").load(location))

    def open_file(self, path: Path) -> Table:
        """Open a Parquet file of this machine.

        Parameters
        ----------
        path : pathlib.Path
            The file, which every worker must find under the same path.

        Returns
        -------
        narwhals.LazyFrame
            Its columns and row numbers.

        Raises
        ------
        InputError
            If Spark cannot read it.
        """
        with explain_spark(f"Invalid file {path}", must="be readable by Spark"):
            reader = self.session.read.option("recursiveFileLookup", "true")
            return number_rows(reader.parquet(path.absolute().as_uri()))


@dataclass
class Shelf:
    """Tables that Spark keeps until all is read."""

    _kept: list[Any] = field(default_factory=list)
    _was: list[tuple[Any, str | None]] = field(default_factory=list)

    def keep(self, frame: Any, by: Sequence[str], rows: int) -> Any:  # noqa: ANN401
        """Keep a table.

        Parameters
        ----------
        frame : pyspark.sql.DataFrame
            The table.
        by : sequence of str
            What is to be on one machine together; none where rows are to stay where they are.
        rows : int
            How many there are about.

        Returns
        -------
        pyspark.sql.DataFrame
            The table kept.
        """
        if by:
            self._join_in_place(frame.sparkSession)
            frame = frame.repartition(max(math.ceil(rows / _ROWS_A_PART), 2), *by)
        kept = frame.persist()
        self._kept.append(kept)
        return kept

    def clear(self) -> None:
        """Let go of all of them; of a Spark that died nothing is left to let go of."""
        undo = [kept.unpersist for kept in self._kept]
        undo += [
            partial(session.conf.unset, _ALL_KEYS)
            if was is None
            else partial(session.conf.set, _ALL_KEYS, was)
            for session, was in self._was
        ]
        for let_go in undo:
            try:
                let_go()
            except Exception as error:  # what it died of is the error to tell
                if not is_gone(error):
                    raise

    def _join_in_place(self, session: Any) -> None:  # noqa: ANN401
        """Have tables joined by several columns where they lie, if they are parted by one."""
        if all(known is not session for known, _ in self._was):
            self._was.append((session, session.conf.get(_ALL_KEYS, None)))
            session.conf.set(_ALL_KEYS, "false")


def _check_standing(session: Any, conf: Mapping[str, Any]) -> None:  # noqa: ANN401
    """Refuse settings that a session that stands does not have."""
    for name, value in conf.items():
        found = session.conf.get(name, None)
        if found != str(value):
            msg = (
                f"Invalid Spark setting {name}={value} beside a session that stands. Must be set "
                f"where the session is begun; it has {found or 'none'}."
            )
            raise InputError(msg)


def number_rows(frame: Any) -> Table:  # noqa: ANN401
    """Give a table of Parquet files the file and the row (from 1) of each of its rows."""
    from pyspark.sql import functions  # noqa: PLC0415  # an extra

    told = functions.col("_metadata.file_path"), functions.col("_metadata.row_index") + 1
    return lift_times(frame.select("*", told[0].alias("__file"), told[1].alias("__row")))


def lift_times(frame: Any) -> Table:  # noqa: ANN401
    """Give a table its instants as dates of UTC: years do not follow the session's time zone.

    Parameters
    ----------
    frame : pyspark.sql.DataFrame
        Any table, of Spark Connect too.

    Returns
    -------
    narwhals.LazyFrame
        The same rows.
    """
    from pyspark.sql import functions  # noqa: PLC0415  # an extra

    days = {}
    for column in frame.schema:
        if column.dataType.typeName() == "timestamp":
            micros = functions.unix_micros(functions.col(f"`{column.name}`"))
            day = functions.floor(micros / 86_400_000_000).cast("int")
            days[column.name] = functions.date_from_unix_date(day)
    lazy: Table = nw.from_native(frame.withColumns(days) if days else frame).lazy()
    return lazy


@contextmanager
def explain_spark(what: str, *, must: str = "") -> Iterator[None]:
    """Turn what Spark raises into refused input.

    Parameters
    ----------
    what : str
        What the sentence is about.
    must : str, optional
        What must hold of it.

    Raises
    ------
    InputError
        Instead of any error of Spark's.
    """
    try:
        yield
    except Exception as error:
        if not is_sparks(error):
            raise
        required = f" Must {must};" if must else ":"
        msg = f"{what}{'.' if must else ''}{required} {tell_error(error)}."
        raise InputError(msg) from error


def is_gone(error: BaseException) -> bool:
    """Tell whether an error says that Spark answers no more."""
    return is_sparks(error) or isinstance(error, OSError | EOFError)


def is_sparks(error: BaseException | None) -> bool:
    """Tell whether an error is Spark's, or comes of one."""
    while error is not None:
        if type(error).__module__.partition(".")[0] in {"pyspark", "py4j", "grpc"}:
            return True
        error = error.__cause__ or error.__context__
    return False


def tell_error(error: Exception) -> str:
    """Give what an error of Spark's says in a line."""
    message = getattr(error, "desc", None) or getattr(error, "getMessage", lambda: None)() or ""
    lines = str(message or first_line(error)).strip().splitlines()
    # Of what a worker of Python raised, the last line says it.
    return lines[-1 if any(line.startswith("Traceback") for line in lines) else 0].rstrip(" .:")
