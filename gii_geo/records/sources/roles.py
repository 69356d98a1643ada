"""Which column of a table plays which role: by its own name, or by a mapping."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from gii_geo.ranges import check_given, show_names, show_value
from gii_geo.records.engine import Opened
from gii_geo.records.sources.headers import refuse_repeated
from gii_geo.records.sources.hints import find_optional, hint_mapped, hint_required, write_option
from gii_geo.tables import LABELS, InputError, check_kind

TEXTS: Final = ("city", "division", "country", "address")
"""Columns that say in words where an address is, for the geocoder."""

ROLES: Final = (
    *("lon", "lat", "record_id", "economy", "year", "count", "kind", "precision", "group"),
    *LABELS,
    *TEXTS,
)
"""The columns an address can have; only lon and lat must be there, or a text to geocode."""

_SUPPLIERS_WORD: Final = {"division": "region"}
"""What tables of suppliers call a role: read where no column has the role's own name."""

_COORDINATES: Final = ("lon", "lat")
_UNSEEN: Final = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
"""Signs that are not seen, such as marks of byte order, which programs leave in names."""


def match_columns(names: Collection[Any], roles: Sequence[str] = ROLES) -> dict[str, str]:
    """Find the columns that have a role's name, or what suppliers call it.

    Parameters
    ----------
    names : collection of str
        The table's columns.
    roles : sequence of str
        The roles that are looked for.

    Returns
    -------
    dict of str to str
        Role to column, in the order of the roles.

    Examples
    --------
    >>> match_columns(["region", "city", "lon"])
    {'lon': 'lon', 'city': 'city', 'division': 'region'}
    >>> match_columns(["region", "division"], ["division"])
    {'division': 'division'}
    >>> len(match_columns(["lon" + chr(0xFEFF)])["lon"])  # a sign that is not seen
    4
    """
    shown = {_UNSEEN.sub("", str(name)): str(name) for name in names}
    shown |= {str(name): str(name) for name in names}
    found = {str(role): _SUPPLIERS_WORD.get(role, role) for role in roles}
    found |= {role: role for role in found if role in shown}
    return {role: shown[column] for role, column in found.items() if column in shown}


def flatten_roles(columns: Mapping[str, Any] | None) -> dict[str, str]:
    """Write a mapping of columns with one key a role, those of one kind as ``kind.role``.

    Parameters
    ----------
    columns : mapping of str to Any or None
        Role, or ``kind.role``, to column; or kind to such a mapping. None is an empty one.

    Returns
    -------
    dict of str to str
        Role or ``kind.role`` to column.

    Raises
    ------
    InputError
        If a role, a kind or a column is none, or a role is given twice.
    TypeError
        If it is no mapping.

    Examples
    --------
    >>> flatten_roles({"lon": "lng", "deal": {"year": "founded"}})
    {'lon': 'lng', 'deal.year': 'founded'}
    >>> flatten_roles({"region": "state"})
    {'division': 'state'}
    """
    columns = {} if columns is None else columns
    must = "map role to column, such as {'lon': 'x'}"
    check_given("columns", columns, Mapping, must=must)
    flat: dict[str, str] = {}
    for key, value in columns.items():
        inner = value if isinstance(value, Mapping) else {None: value}
        for role, column in inner.items():
            name = _own_word(key if role is None else f"{key}.{role}")
            if name in flat:
                msg = f"Invalid column {name}, given twice. Must be given once."
                raise InputError(msg)
            if not isinstance(column, str | int | tuple):
                msg = f"Invalid column {show_value(column)} for {name}. Must be a column's name."
                raise InputError(msg)
            flat[name] = str(column)
    for name in flat:
        kind, dot, role = name.rpartition(".")
        if role not in ROLES:
            msg = f"Invalid column role {role}. Must be {', '.join(ROLES)}."
            raise InputError(msg)
        if dot:
            check_kind(kind)
    return flat


def choose_roles(
    columns: Mapping[str, str], kind: str | None, kinds: Sequence[str | None]
) -> dict[str, str]:
    """Choose the mapping of one kind: what is said of the kind comes before what is said of all.

    Parameters
    ----------
    columns : mapping of str to str
        From `flatten_roles`.
    kind : str or None
        The kind; None where a column tells it.
    kinds : sequence of str or None
        All kinds that are read.

    Returns
    -------
    dict of str to str
        Role to column.

    Raises
    ------
    InputError
        If something is said of a kind that is not read.

    Examples
    --------
    >>> choose_roles({"year": "filed", "deal.year": "founded"}, "deal", ["patent", "deal"])
    {'year': 'founded'}
    """
    chosen = {name: column for name, column in columns.items() if "." not in name}
    for name, column in columns.items():
        of_kind, dot, role = name.rpartition(".")
        if dot and of_kind not in kinds:
            found = ", ".join(word for word in kinds if word) or "a column that tells the kind"
            msg = f"Invalid column {name}. Must be of a kind given by its word; found {found}."
            raise InputError(msg)
        if dot and of_kind == kind:
            chosen[role] = column
    return chosen


def list_shared(
    columns: Mapping[str, str], kind: str | None, kinds: Sequence[str | None]
) -> list[str]:
    """List the optional roles that are mapped for several kinds at once.

    Parameters
    ----------
    columns : mapping of str to str
        From `flatten_roles`.
    kind : str or None
        The kind that is read; None where a column tells it.
    kinds : sequence of str or None
        All kinds that are read.

    Returns
    -------
    list of str
        Roles whose column this kind may lack, if another has it.

    Examples
    --------
    >>> list_shared({"lon": "x", "count": "n", "deal.year": "y"}, "deal", ["patent", "deal"])
    ['count']
    """
    if len(kinds) == 1:
        return []
    own = {name.rpartition(".")[2] for name in columns if name.startswith(f"{kind}.")}
    return [name for name in columns if "." not in name and name not in {*_COORDINATES, *own}]


def settle_roles(
    opened: Sequence[Opened],
    columns: Mapping[str, str],
    kind: str | None,
    *,
    spared: Collection[str] = (),
) -> list[dict[str, str]]:
    """Give each of the files of one kind the part of the mapping that it has columns for.

    Parameters
    ----------
    opened : sequence of Opened
        The files.
    columns : mapping of str to str
        From `choose_roles`.
    kind : str or None
        Their kind.
    spared : collection of str
        Roles whose column another kind may have.

    Returns
    -------
    list of dict of str to str
        A mapping for each file: one without a mapped column keeps its own of the role's name.

    Raises
    ------
    InputError
        If no file has a mapped column.
    """
    own = [set(one.columns) for one in opened]
    for role, column in columns.items():
        if opened and role not in spared and not any(column in names for names in own):
            needs = "" if kind is None else f"; of one kind alone, name it {_by_kind(role)}"
            hint = hint_mapped(opened[0].columns, column, role)
            wanted = column if role in _COORDINATES else f"{column} for {role}"
            msg = (
                f"Invalid columns of {opened[0].path or opened[0].name}"
                f"{' and the others of its kind' if len(opened) > 1 else ''}. Must have {wanted}; "
                f"found {show_names(opened[0].columns)}{hint}{needs}."
            )
            raise InputError(msg)
    return [{role: column for role, column in columns.items() if column in names} for names in own]


def find_roles(opened: Opened, columns: Mapping[str, str]) -> dict[str, str]:
    """Find a table's column for each role.

    Parameters
    ----------
    opened : Opened
        The table.
    columns : mapping of str to str
        Role to its own column; a role that is not named takes the column of its own name.

    Returns
    -------
    dict of str to str
        Role to column, for those there are.

    Raises
    ------
    InputError
        If a mapped column is not there, or the header has a column twice.
    """
    own = opened.columns
    found = match_columns(own)
    found |= settle_roles([opened], columns, None)[0]
    if (lon := found.get("lon")) is not None and lon == found.get("lat"):
        msg = (
            f"Invalid columns of {opened.path or opened.name}. Must have two for lon and lat; "
            f"found {lon} for both: name the other one, too."
        )
        raise InputError(msg)
    refuse_repeated(found.values(), opened.repeated, where=opened.path or opened.name)
    return found


def tell_likely(
    opened: Opened, found: Mapping[str, str], kind: str | None, *, geocode: bool
) -> list[str]:
    """Ask about columns that look like an optional one that is not there, and kinds not read.

    Parameters
    ----------
    opened : Opened
        The table.
    found : mapping of str to str
        From `find_roles`.
    kind : str or None
        What all rows are given as.
    geocode : bool
        Whether the country is read as a text.

    Returns
    -------
    list of str
        A sentence each.
    """
    notes = []
    if geocode and not set(TEXTS) & set(found):
        notes.append(f"{opened.name}: no column {', '.join(TEXTS)}, so nothing is geocoded")
    if kind is not None and "kind" in opened.columns:
        notes.append(
            f"{opened.name}: column kind is not read, for all its rows are given as {kind}"
        )
    for role, near in find_optional(opened.columns, found).items():
        if not (geocode and role == "economy"):
            option = write_option(role, near)
            notes.append(f"{opened.name}: no column {role}; is it {near}? {option}")
    return notes


def check_required(
    opened: Opened, found: Mapping[str, str], columns: Mapping[str, str], kind: str | None
) -> None:
    """Refuse a table without coordinates or kind, and say what it has instead.

    Parameters
    ----------
    opened : Opened
        The table.
    found : mapping of str to str
        From `find_roles`.
    columns : mapping of str to str
        The mapping as it was given.
    kind : str or None
        The kind; None where a column tells it.

    Raises
    ------
    InputError
        If they are missing.
    """
    own = opened.columns
    where = opened.path or opened.name
    missing = [role for role in _COORDINATES if role not in found]
    if missing and not set(TEXTS) & set(found):
        wanted = " and ".join(columns.get(role, role) for role in missing)
        hint = hint_required(own, missing, TEXTS, is_file=opened.path is not None)
        msg = f"Invalid columns of {where}. Must have {wanted}; found {show_names(own)}{hint}."
        raise InputError(msg)
    if kind is None and "kind" not in found:
        msg = (
            f"Invalid columns of {where}. Must have kind, or be given as patents, publications or "
            f"deals; found {show_names(own)}."
        )
        raise InputError(msg)


def tell_unfit(opened: Opened, column: str, found: object, must: str = "numbers") -> InputError:
    """Say that a column must hold numbers, or something else that it does not.

    Parameters
    ----------
    opened : Opened
        The table.
    column : str
        The column.
    found : object
        Its type.
    must : str, default "numbers"
        What it must hold.

    Returns
    -------
    InputError
        To be raised.
    """
    where = opened.path or opened.name
    return InputError(f"Invalid column {column} of {where}. Must be {must}; found {found}.")


def _own_word(name: str) -> str:
    """Give the word of ours for a role, which may have its kind before it."""
    kind, dot, said = name.rpartition(".")
    ours = (role for role, word in _SUPPLIERS_WORD.items() if word == said)
    return f"{kind}{dot}{next(ours, said)}"


def _by_kind(role: str) -> str:
    """Say how a column is named for one kind."""
    return f"as in --column deal.{role}=NAME"
