"""What is handed in -> sources: opened, their columns known, one a kind."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from os import PathLike
from pathlib import Path
from typing import Any, Final, Self

from gii_geo.demo import name_packaged
from gii_geo.extras import check_extra
from gii_geo.progress import tell_nobody
from gii_geo.ranges import check_flag, check_given
from gii_geo.records.engine import Engine, Opened
from gii_geo.records.geocode_options import GeocodeOptions
from gii_geo.records.lazy import readable
from gii_geo.records.limits import Limits
from gii_geo.records.rejects import refuse_alike
from gii_geo.records.screen import check_grid
from gii_geo.records.sources.addresses import Addresses, concat_addresses
from gii_geo.records.sources.columns import list_places, read_columns
from gii_geo.records.sources.roles import (
    TEXTS,
    choose_roles,
    flatten_roles,
    list_shared,
    settle_roles,
)
from gii_geo.records.spark import check_engine
from gii_geo.records.suppliers import (
    GEOCODED,
    find_reader,
    list_inputs,
    open_supplier,
    read_options,
)
from gii_geo.tables import InputError, check_kind, order_kinds

_OPTIONS: Final = {"columns": "--column", "duckdb": "--memory, --threads, --spill"}
"""What is called otherwise in the command line."""


@dataclass(frozen=True)
class ReadOptions:
    """How to read the sources.

    Attributes
    ----------
    columns : mapping of str to str
        Role, or ``kind.role`` for one kind, to the input's own column.
    source : str
        Whose files they are, one of `suppliers.READERS`, or "columns" for tables by their columns.
    geocode : GeocodeOptions or None
        How to find the coordinates of addresses that have only text, None where they are not to be
        found. Suppliers whose files have no coordinates are geocoded in any case.
    cache : pathlib.Path or None
        Folder that keeps what was read of suppliers' files.
    source_options : mapping of str to Any
        What the supplier's reader is asked besides, such as which types of deal.
    allow_contradictions : bool
        Whether to go on if most addresses of a source lie far outside the economy that they name.
    grid_deg : float or None
        Grid that addresses are moved to, in degrees; None where they stay where they are.
    engine : {"duckdb", "spark"}
        Who reads paths; nothing that is read hangs on it.
    spark : mapping of str to Any
        Settings for a session of Spark that is begun.
    duckdb : Limits
        What DuckDB may use; nothing that is read hangs on it.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    source: str = "columns"
    geocode: GeocodeOptions | None = None
    cache: Path | None = None
    source_options: Mapping[str, Any] = field(default_factory=dict)
    allow_contradictions: bool = False
    grid_deg: float | None = None
    engine: str = "duckdb"
    spark: Mapping[str, Any] = field(default_factory=dict)
    duckdb: Limits = field(default_factory=Limits)

    @classmethod
    def choose(  # noqa: PLR0913  # one argument an option
        cls,
        *,
        columns: Mapping[str, Any] | None = None,
        source: str = "columns",
        source_options: Mapping[str, Any] | None = None,
        geocode: bool | Mapping[str, Any] = False,
        cache: str | Path | None = None,
        allow_contradictions: bool = False,
        grid_deg: float | None = None,
        engine: str = "duckdb",
        spark: Mapping[str, Any] | None = None,
        duckdb: Mapping[str, Any] | None = None,
    ) -> Self:
        """Make the options from what `read_world` takes.

        Parameters
        ----------
        columns : mapping of str to str, optional
            As the attribute.
        source : str
            As the attribute.
        source_options : mapping of str to Any, optional
            As the attribute.
        geocode : bool or mapping of str to Any
            Whether to, or the options of `GeocodeOptions`.
        cache : str or pathlib.Path, optional
            As the attribute.
        allow_contradictions : bool
            As the attribute.
        grid_deg : float, optional
            As the attribute.
        engine : {"duckdb", "spark"}
            As the attribute.
        spark : mapping of str to Any, optional
            As the attribute.
        duckdb : mapping of str to Any, optional
            As `limits.Limits.choose` takes it.

        Returns
        -------
        ReadOptions
            The options.

        Raises
        ------
        InputError
            If there is no such source, option or engine, or the extra that it needs is not
            installed.
        """
        if cache:
            must = "be a folder, such as 'cache'"
            check_given("cache", cache, str | PathLike, must=must, error=InputError)
        kept = Path(cache) if cache else None
        asked = read_options(source, {} if source_options is None else source_options)
        roles, how = flatten_roles(columns), GeocodeOptions.choose(geocode)
        allow = check_flag("allow_contradictions", allow_contradictions, error=InputError)
        check_engine(engine, spark, source)
        used = Limits.choose(duckdb)
        check_grid(grid_deg)
        of_spark = dict(spark or {})
        chosen = cls(roles, source, how, kept, asked, allow, grid_deg, engine, of_spark, used)
        if chosen.geocodes:
            check_extra("geocode")
        return chosen

    @property
    def supplier(self) -> str | None:
        """Whose files they are; None for tables by their columns."""
        return None if self.source == "columns" else self.source

    @property
    def geocodes(self) -> bool:
        """Whether addresses are geocoded."""
        return self.geocode is not None or self.supplier in GEOCODED

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that are read besides the addresses."""
        return self.geocode.files if self.geocode else ()

    def tell(self, addresses: object) -> dict[str, Any]:
        """Say how what was read, as plain values for run.json.

        Parameters
        ----------
        addresses : object
            What `read_world` takes.

        Returns
        -------
        dict of str to Any
            addresses (paths as they were given, per kind; "table" for what is none) and every
            option that the result hangs on; a cache is none.
        """
        by_kind = addresses if isinstance(addresses, Mapping) else {"": addresses}
        return {
            "addresses": {kind: _tell_source(source) for kind, source in by_kind.items()},
            "columns": dict(self.columns),
            "source": self.source,
            "source_options": dict(self.source_options),
            "geocode": (self.geocode or GeocodeOptions()).tell() if self.geocodes else False,
            "allow_contradictions": self.allow_contradictions,
            **({} if self.grid_deg is None else {"grid_deg": self.grid_deg}),
        }

    def refuse_any(self, folder: object) -> None:
        """Refuse to read a world anew: how its addresses are read was settled when it was made.

        Parameters
        ----------
        folder : object
            The folder of the world.

        Raises
        ------
        InputError
            If any option is set.
        """
        usual = type(self)()
        names = [item.name for item in fields(self)]
        given = [name for name in names if getattr(self, name) != getattr(usual, name)]
        given = [name for name in given if getattr(self, name)]
        if given:
            told = [f"{name} ({_OPTIONS[name]})" if name in _OPTIONS else name for name in given]
            msg = (
                f"Invalid {', '.join(told)} beside the world {folder}. Must be given where its "
                "addresses are read."
            )
            raise InputError(msg)


def _tell_source(source: object) -> list[str] | str:
    """Name a source as it was given."""
    if isinstance(source, str | Path):
        return [name_packaged(source)]
    if isinstance(source, list | tuple):
        return [text for item in source for text in _tell_source(item)]
    return "table"


def check_inputs(addresses: object, *, options: ReadOptions) -> tuple[Path, ...]:
    """Open every source and check its columns, without reading its rows.

    Parameters
    ----------
    addresses : object
        What `read_world` takes.
    options : ReadOptions
        How to read them.

    Returns
    -------
    tuple of pathlib.Path
        The files.

    Raises
    ------
    InputError
        If a source cannot be used.
    """
    if options.supplier is None:
        with Engine(options.duckdb, options.engine, options.spark) as engine:
            sources = list(open_sources(engine, addresses, options, tell_nobody))
        files = tuple(file for source in sources for file in source.files)
        return (*files, *options.files)
    find_reader(options.supplier)
    named = addresses.values() if isinstance(addresses, Mapping) else [addresses]
    files = tuple(file for source in named for file in list_inputs(source, options.supplier))
    _check_once(files, set())
    return (*files, *options.files)


def open_sources(
    engine: Engine, addresses: object, options: ReadOptions, tell: Callable[[str], None]
) -> Iterator[Addresses]:
    """Open what was handed in, the files of one kind as one source.

    Parameters
    ----------
    engine : Engine
        The open engine.
    addresses : object
        What `read_world` takes.
    options : ReadOptions
        How to read them.
    tell : callable
        Is told what is being read.

    Yields
    ------
    Addresses
        One source.
    """
    by_kind: Mapping[Any, object] = {None: addresses}
    kinds: Sequence[str | None] = [None]
    if isinstance(addresses, Mapping):
        # In one order, so that run.json does not hang on which kind was named first.
        by_kind, kinds = addresses, order_kinds(check_kind(kind) for kind in addresses)
        refuse_alike(by_kind, "addresses")
    if not by_kind:
        msg = "Invalid addresses {}. Must name at least one kind."
        raise InputError(msg)
    seen: set[Path] = set()
    met: set[str] = set()
    unmet: dict[str, list[Opened]] = {}
    for kind in kinds:
        source = by_kind[kind]
        columns = choose_roles(options.columns, kind, kinds)
        if options.supplier is None:
            lon_lat = (columns.get("lon", "lon"), columns.get("lat", "lat"))
            opened = _open(engine, source, lon_lat)
            files = None
        else:
            files = list_inputs(source, options.supplier)
            opened = [
                open_supplier(
                    engine,
                    options.supplier,
                    source,
                    tell=tell,
                    cache=options.cache,
                    options=options.source_options,
                )
            ]
        shared = list_shared(options.columns, kind, kinds)
        settled = settle_roles(opened, columns, kind, spared=shared)
        met.update(role for own in settled for role in own)
        lacking = [role for role in shared if not any(role in own for own in settled)]
        unmet |= {role: opened for role in lacking if role not in unmet}
        places = list_places(opened, settled, kind)
        parts = [
            read_columns(
                one,
                kind=kind,
                columns=own,
                geocode=options.geocodes,
                split=options.supplier is None,
                places=places,
            )
            for one, own in zip(opened, settled, strict=True)
        ]
        if not parts:
            msg = "Invalid addresses []. Must name at least one file or table."
            raise InputError(msg)
        whole = concat_addresses(parts)
        whole = whole if files is None else replace(whole, files=files)
        _check_once(whole.files, seen)
        told = [_tell_lacking(whole.name, role, columns[role], opened) for role in lacking]
        yield replace(whole, notes=(*whole.notes, *told))
    for role in sorted(unmet.keys() - met):  # no kind has it
        settle_roles(unmet[role], {role: options.columns[role]}, None)


def _tell_lacking(name: str, role: str, column: str, opened: Sequence[Opened]) -> str:
    """Say what stands for a column that another kind has."""
    own = any(role in one.columns for one in opened)
    instead = f"its own column {role} is read" if own else f"{role} is left out"
    return f"{name}: no column {column}, so {instead}"


def _check_once(files: tuple[Path, ...], seen: set[Path]) -> None:
    """Refuse a file that was given before."""
    for path in files:
        if path.resolve() in seen:
            msg = f"Invalid file {path}, given twice. Must be given once."
            raise InputError(msg)
        seen.add(path.resolve())


def _open(engine: Engine, source: object, lon_lat: tuple[str, str]) -> list[Opened]:
    """Open files and tables, each once, and read the names of columns, which lazy ones may lack."""
    several = source if isinstance(source, list | tuple) else []
    tables = [one for one in several if not isinstance(one, str | PathLike)]
    if len({id(one) for one in tables}) < len(tables):
        msg = "Invalid tables, one of them given twice. Must each be given once."
        raise InputError(msg)
    opened = engine.open_source(source, lon_lat=lon_lat)
    with readable():
        for one in opened:
            one.table.collect_schema()
    return opened


def geocode_source(
    source: Addresses, options: ReadOptions, tell: Callable[[str], None]
) -> Addresses:
    """Find the coordinates of addresses that have none.

    Parameters
    ----------
    source : Addresses
        The source.
    options : ReadOptions
        Whether to.
    tell : callable
        Is told that it is done.

    Returns
    -------
    Addresses
        The source, with coordinates; as it is where it has no column of texts.
    """
    if not options.geocodes or not set(TEXTS) & set(source.table.collect_schema().names()):
        return source
    from gii_geo.records.geocode import geocode_table  # noqa: PLC0415  # an extra

    tell(f"geocoding {source.name}")
    how = options.geocode or GeocodeOptions()
    table = geocode_table(
        source.table,
        min_confidence=how.min_confidence,
        coarsest=how.coarsest,
        gazetteer=how.gazetteer,
        corrections=how.corrections,
    )
    return replace(source, table=table, roles=source.roles | {"precision"})
