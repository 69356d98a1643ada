"""Options of the command line to inputs and settings."""

from collections.abc import Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gii_geo.cli.options import NO_MATTER
from gii_geo.cli.pairs import lay_over, read_once, read_pair, read_roles, read_settings

if TYPE_CHECKING:
    from gii_geo.settings import Settings


def gather_files(
    records: Sequence[str] | None, **known: list[Path] | None
) -> dict[str, list[Path | str]]:
    """Put the files of every kind together, WIPO's kinds first.

    Parameters
    ----------
    records : sequence of str or None
        Such as "trademark=a.csv", one for each file.
    **known : list of pathlib.Path or None
        Files of WIPO's kinds, by their plural.

    Returns
    -------
    dict of str to list of pathlib.Path or str
        Kind to its files, for the kinds that have any.

    Examples
    --------
    >>> files = gather_files(["trademark=a.csv", "deal=b.csv"], deals=[Path("c.csv")])
    >>> {kind: [path.name for path in paths] for kind, paths in files.items()}
    {'deal': ['c.csv', 'b.csv'], 'trademark': ['a.csv']}
    """
    from gii_geo.paths import take_path  # noqa: PLC0415  # --help stays quick
    from gii_geo.tables import KNOWN_KINDS, check_kind, order_kinds  # noqa: PLC0415

    word_of = {kind.plural: kind.word for kind in KNOWN_KINDS}
    files: dict[str, list[Path | str]] = {
        word_of[plural]: list(paths) for plural, paths in known.items() if paths
    }
    for pair in records or []:
        kind, path = read_pair(pair, "records", "kind=file, such as trademark=a.csv")
        files.setdefault(check_kind(kind), []).append(take_path(path))
    return {kind: files[kind] for kind in order_kinds(files)}


def choose_sources(
    kinds: Mapping[str, list[Path | str] | None],
    addresses: list[Path] | None,
    *,
    demo: bool,
    sample: bool = False,
    world: Path | None = None,
) -> object:
    """Find out what to read; exactly one of the ways must be taken.

    Parameters
    ----------
    kinds : mapping of str to list of pathlib.Path or str, or None
        Files per kind.
    addresses : list of pathlib.Path or None
        Files with a column kind.
    demo : bool
        Whether to take the built-in world.
    sample : bool, default False
        Whether to take the real sample.
    world : pathlib.Path, optional
        Folder of a world.

    Returns
    -------
    object
        What `records.intake.read_world` takes.
    """
    from gii_geo.demo import demo_path, sample_path  # noqa: PLC0415  # --help stays quick
    from gii_geo.owned import WORLD_FILE  # noqa: PLC0415
    from gii_geo.world import is_world  # noqa: PLC0415

    given = {kind: files for kind, files in kinds.items() if files}
    if addresses and len(addresses) == 1 and is_world(addresses[0]):
        world, addresses = addresses[0], None
    ways = [bool(given), bool(addresses), demo, sample, world is not None]
    if sum(ways) != 1:
        found = "several" if any(ways) else "none"
        msg = (
            "Invalid inputs. Must give --patents, --publications, --deals, --records, or "
            f"--addresses, or a world, or --demo, or --sample; found {found} of these ways."
        )
        raise ValueError(msg)
    if world is not None and not is_world(world):
        msg = (
            f"Invalid world {world}. Must be a folder with a {WORLD_FILE}, which gii-geo read "
            "writes; files of addresses are given by --patents, --addresses and the like."
        )
        raise ValueError(msg)
    packaged = demo_path() if demo else sample_path() if sample else None
    return packaged or world or given or addresses


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
    allow_contradictions: bool,  # noqa: FBT001
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
    allow_contradictions : bool
        Whether to go on if most addresses lie far outside the economy that they name.

    Returns
    -------
    dict of str to Any
        As `records.intake.read_world` takes them.
    """
    form = "name=value, such as types=all"
    return {
        "columns": read_roles(column),
        "source": source,
        "source_options": read_once(source_option, "source option", form),
        "geocode": geocode,
        "cache": cache,
        "allow_contradictions": allow_contradictions,
    }


def choose_duckdb(
    memory: str | None, threads: int | None, spill: Path | None
) -> dict[str, Any] | None:
    """Collect what DuckDB may use.

    Parameters
    ----------
    memory : str or None
        Such as "512MB".
    threads : int or None
        How many.
    spill : pathlib.Path or None
        Folder for what memory does not hold.

    Returns
    -------
    dict of str to Any or None
        As `records.intake.read_world` takes it; None where nothing is asked for.

    Examples
    --------
    >>> choose_duckdb("512MB", None, None), choose_duckdb(None, None, None)
    ({'memory': '512MB'}, None)
    """
    asked = {"memory": memory, "threads": threads, "spill": spill}
    return {name: value for name, value in asked.items() if value is not None} or None


def check_repeat(words: Sequence[str]) -> None:
    """Refuse options beside --repeat on which a result hangs: the run that it repeats has its own.

    Parameters
    ----------
    words : sequence of str
        The command line behind the program's name.

    Raises
    ------
    ValueError
        If there are any.

    Examples
    --------
    >>> check_repeat(["run", "--repeat", "out", "--radius-km", "13"])
    Traceback (most recent call last):
    ValueError: Invalid --radius-km beside --repeat. Must be left out: the run has its own.
    """
    told = tell_command(words)[1:]
    if "--repeat" in told:
        at = told.index("--repeat")
        del told[at : at + 2]
    others = [word for word in told if not word.startswith("--repeat=")]
    if others:
        msg = f"Invalid {others[0]} beside --repeat. Must be left out: the run has its own."
        raise ValueError(msg)


def tell_command(words: Sequence[str]) -> list[str]:
    """Give the words of a command as they were typed, but for those on which no result hangs.

    Parameters
    ----------
    words : sequence of str
        The command line behind the program's name.

    Returns
    -------
    list of str
        The words without `options.NO_MATTER` and their values, so that the same run has the same
        run.json in any folder and on any machine.

    Examples
    --------
    >>> tell_command(["run", "--demo", "--out", "here", "--radius-km", "13"])
    ['run', '--demo', '--radius-km', '13']
    """
    told: list[str] = []
    skip = False
    for word in words:
        if not skip and word.partition("=")[0] not in NO_MATTER:
            told.append(word)
        skip = word in NO_MATTER
    return told


def choose_settings(
    path: Path | None,
    options: Mapping[str, Any],
    pairs: Sequence[str] | None = None,
    *,
    sample: bool = False,
) -> "Settings":
    """Lay the options, then the pairs, over the file's settings or the edition's.

    Parameters
    ----------
    path : pathlib.Path or None
        TOML file of settings.
    options : mapping of str to Any
        Settings from the command line, None where not given.
    pairs : sequence of str, optional
        Any settings, such as "radius_km=13".
    sample : bool, default False
        Whether they are for the real sample, which needs another minimum.

    Returns
    -------
    Settings
        The settings. A value for one kind leaves those of the others as they are.

    Examples
    --------
    >>> chosen = choose_settings(None, {"edition": 2024, "gap_km": 2}, ["score_weights.deal=0.5"])
    >>> chosen.gap_km, chosen.score_weights["deal"]
    (2.0, 0.5)
    """
    from gii_geo.demo import SAMPLE_MIN_SHARE  # noqa: PLC0415  # --help stays quick
    from gii_geo.settings import Settings  # noqa: PLC0415

    given = {name: value for name, value in options.items() if value is not None}
    changes = [given, *read_settings(pairs)]
    editions = [change.pop("edition") for change in changes if "edition" in change]
    if path is None:
        usual = {"min_share": SAMPLE_MIN_SHARE} if sample else {}
        settings = Settings.from_mapping({"edition": editions[-1]} if editions else usual)
    elif not path.is_file():
        msg = f"Invalid settings file {path}. Must exist."
        raise ValueError(msg)
    elif editions:
        msg = f"Invalid edition {editions[-1]} beside a settings file. Must stand in the file."
        raise ValueError(msg)
    else:
        settings = Settings.from_toml(path)
    known = vars(settings)
    laid = reduce(lay_over, changes, known)
    Settings.from_mapping({name: laid[name] for name in laid if name not in known})  # refused
    return settings.replace(**{name: laid[name] for change in changes for name in change})


def check_beside(polygons: Path | None, told: Mapping[str, object], *others: object) -> None:
    """Refuse options of `compare` that do not go together.

    Parameters
    ----------
    polygons : pathlib.Path or None
        File of polygons.
    told : mapping of str to object
        Options that say more of them.
    *others : object
        What is given besides: an edition, an earlier run, a chart.

    Raises
    ------
    ValueError
        If polygons stand beside another reference, or their options without them.
    """
    if polygons is not None and any(other is not None for other in others):
        msg = "Invalid --polygons beside --published, --with or --chart. Must stand alone."
        raise ValueError(msg)
    alone = [name for name, value in told.items() if value is not None]
    if polygons is None and alone:
        msg = f"Invalid {' and '.join(alone)} without --polygons. Must stand beside it."
        raise ValueError(msg)
