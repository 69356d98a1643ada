"""Which of PatentsView's bulk tables there are: they are told apart by their columns."""

from collections.abc import Iterable
from typing import Final

from gii_geo.records.sources.archives import SourceFile
from gii_geo.records.sources.blocks import read_header
from gii_geo.records.sources.left_out import name_source
from gii_geo.records.sources.wanted import Source
from gii_geo.tables import InputError

INVENTORS: Final = "g_inventor_disambiguated"
LOCATIONS: Final = "g_location_disambiguated"
PATENTS: Final = "g_patent"
ASSIGNEES: Final = "g_assignee_disambiguated"
IPC: Final = "g_ipc_at_issue"
CPC: Final = "g_cpc_current"
COLUMNS: Final = {
    INVENTORS: ("patent_id", "inventor_id", "location_id"),
    LOCATIONS: ("location_id", "latitude", "longitude"),
    PATENTS: ("patent_id", "patent_date"),
    "g_application": ("patent_id", "filing_date"),
    ASSIGNEES: ("patent_id", "disambig_assignee_organization"),
    IPC: ("patent_id", "section", "ipc_class", "subclass", "main_group"),
    CPC: ("patent_id", "cpc_subclass", "cpc_group"),
}
"""The tables wanted, told by columns that no other table has together."""

_AT_ISSUE: Final = "cpc_version_indicator"
"""A column of g_cpc_at_issue, which has those of g_cpc_current too."""


def find_tables(
    files: Iterable[SourceFile], source: Source, wanted: list[str], of_use: list[str]
) -> dict[str, str]:
    """Name the file of each table wanted, and of those of use that are there.

    Parameters
    ----------
    files : iterable of SourceFile
        All files, not yet read.
    source : str, pathlib.Path or sequence of these
        Where they are from.
    wanted, of_use : list of str
        Names of tables.

    Returns
    -------
    dict of str to str
        Name of the file by name of the table.

    Raises
    ------
    InputError
        If one that is wanted is missing, or one is there twice.
    """
    found: dict[str, str] = {}
    headers: dict[str, list[str]] = {}
    for file in files:
        header = headers[file.name] = read_header(file)
        for name in dict.fromkeys([*wanted, *of_use]):
            if set(COLUMNS[name]) <= set(header) and _AT_ISSUE not in header:
                if name in found:
                    msg = f"Invalid table {name}. Must be there once; found {found[name]} and "
                    raise InputError(msg + f"{file.name}.")
                found[name] = file.name
    missing = [name for name in wanted if name not in found]
    if missing:
        has = ", ".join(name for name in found if name in wanted) or "none of them"
        lacking = filter(None, (_tell_lacking(name, headers) for name in missing))
        told = "; ".join([has, *lacking])
        msg = f"Invalid source {name_source(source)}. Must hold {', '.join(wanted)}; found {told}."
        raise InputError(msg)
    return found


def _tell_lacking(name: str, headers: dict[str, list[str]]) -> str | None:
    """Tell what keeps a file that is called as a table from being it."""
    for file, header in headers.items():
        if name in file:
            if len(header) == 1:
                return f"{file} has no tabs between its names: save it as tab-separated text"
            lacking = ", ".join(column for column in COLUMNS[name] if column not in header)
            return f"{file} has no column {lacking}"
    return None
