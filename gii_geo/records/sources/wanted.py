"""Which files of a download are read, by their names."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from gii_geo.paths import is_hidden
from gii_geo.tables import InputError
from gii_geo.walk import list_below

Source = str | Path | Sequence[str | Path]
"""A file, a folder of files, or several of them."""

_ARCHIVES: Final = (".zip", ".tar", ".tar.gz", ".tgz")


def list_paths(source: Source, endings: tuple[str, ...]) -> Iterator[Path]:
    """Give each file named, and those of a folder that end as asked or are archives.

    Parameters
    ----------
    source : str, pathlib.Path or sequence of these
        Files and folders.
    endings : tuple of str
        As `archives.open_files` takes them.

    Yields
    ------
    pathlib.Path
        A file.

    Raises
    ------
    InputError
        If there is no such path, or a folder has no such file.
    """
    if not isinstance(source, str | Path):
        for item in source:
            yield from list_paths(item, endings)
        return
    path = Path(source)
    inside = list_below(path)
    if path.is_file():  # whatever its name
        yield path
        return
    files = [file for file in inside if is_wanted(file.name, (*endings, *_ARCHIVES))]
    if not files:
        msg = f"Invalid folder {path}. Must hold {' or '.join(endings)} files; found none."
        raise InputError(msg)
    yield from files


def is_wanted(name: str, endings: tuple[str, ...]) -> bool:
    """Tell whether the name of a file in a folder or an archive ends as asked and is not hidden.

    Parameters
    ----------
    name : str
        Its name.
    endings : tuple of str
        As `archives.open_files` takes them.

    Returns
    -------
    bool
        Whether it does.

    Examples
    --------
    >>> is_wanted("in/A.XML.gz", (".xml",)), is_wanted("in/.a.xml", (".xml",))
    (True, False)
    """
    wanted = (*endings, *(f"{ending}.gz" for ending in endings))
    return name.lower().endswith(wanted) and not is_hidden(name)
