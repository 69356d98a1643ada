"""US patent grants as the patent office publishes them, full text in XML -> addresses."""

import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from html.entities import html5
from typing import Final, Literal
from xml.parsers import expat
from xml.parsers.expat import errors

import duckdb

from gii_geo.ranges import show_value
from gii_geo.records.sources.address_table import (
    AddressParts,
    AddressTable,
    Progress,
    Record,
    read_economy,
)
from gii_geo.records.sources.archives import SourceFile, open_files
from gii_geo.records.sources.label_cells import join_values
from gii_geo.records.sources.left_out import Types, check_taken, leave_out, read_types
from gii_geo.records.sources.lines import check_text
from gii_geo.records.sources.technology import read_fields
from gii_geo.records.sources.wanted import Source
from gii_geo.tables import InputError
from gii_geo.world import LEFT_OUT

ENDINGS: Final = (".xml",)
"""How the names of its files end, in folders and archives."""

_START: Final = b"<us-patent-grant"
_END: Final = rb"</us-patent-grant\s{0,9}>"
_MARK: Final = re.compile(rb"<\?xml\s|<!DOCTYPE\s|<us-patent-grant[\s>]|" + _END)
"""What tells where one document ends and the next begins."""

_MARK_BYTES: Final = 27
"""Bytes of the longest mark."""

_ENDS: Final = re.compile(_END + rb"$")
_CLOSING: Final = re.compile(rb"</([A-Za-z][^\s<>]*)\s*>")
"""The end of a root around all documents."""

_BETWEEN: Final = b" \t\r\n" + BOM_UTF8
"""What may stand between documents: files that were joined bring their marks along."""

_ELEMENT: Final = re.compile(rb"<[A-Za-z]")
_DECLARED, _TYPED, _ROOTED, _ENDED = range(1, 5)
_STAGES: Final = {b"<?": _DECLARED, b"<!": _TYPED, b"<u": _ROOTED, b"</": _ENDED}
"""What a document has had so far: its declaration, its type, its root, its end."""

_GRANT: Final = "us-patent-grant"
_HEADER: Final = "us-bibliographic-data-grant"
_SEQUENCES: Final = "sequence-cwu"
_INVENTOR: Final = "applicant-inventor"
_INVENTORS: Final = ("applicant", "inventor", "deceased-inventor")
_ADDRESS: Final = {("address", "city"), ("address", "state"), ("address", "country")}
_ASSIGNEE: Final = "assignee"
_IPC_OF_2005: Final = "classification-ipc"
_IPC: Final = "classification-ipcr"
_CPC: Final = "classification-cpc"
_SYMBOL: Final = ("section", "class", "subclass", "main-group")
_NAMED: Final = {
    (_ASSIGNEE, "orgname"),
    (_IPC_OF_2005, "main-classification"),
    (_IPC_OF_2005, "further-classification"),
    *((scheme, part) for scheme in (_IPC, _CPC) for part in _SYMBOL),
}
"""Where a patent's organisations and classes stand."""

_OTHERS: Final = (
    *("references-cited", "us-references-cited"),
    *("field-of-search", "us-field-of-classification-search"),
)
"""Sections whose classes are not the patent's own."""

_APPLICATION: Final = "application-reference"
_DATES: Final = {"granted": "publication-reference", "filed": _APPLICATION}
_DEEPEST: Final = 200
"""Elements within each other that a document may have; grants have a tenth of it."""

_CHUNK_BYTES: Final = 2**20
_SHOWN_BYTES: Final = 40


def read_uspto(
    source: Source,
    *,
    connection: duckdb.DuckDBPyConnection | None = None,
    year: Literal["granted", "filed"] = "granted",
    types: Types = ("utility",),
    progress: Progress | None = None,
) -> duckdb.DuckDBPyRelation:
    """Read the inventors' addresses from the full text of US patent grants.

    The format is the XML of the Patent Grant Full Text Data (No Images) from 2005 on, as of
    https://bulkdata.uspto.gov: one file a week, ``ipgYYMMDD.zip``, in which thousands of documents
    follow each other, each with its own declaration, with its document type only, or with neither.
    Both ways of naming inventors are read: ``applicant`` of the type
    ``applicant-inventor`` (schema versions 4.0 to 4.2, to 2012) and ``inventor`` (4.3 on).

    Parameters
    ----------
    source : str, pathlib.Path or sequence of these
        XML files, zip or tar archives of them, or a folder, as downloaded.
    connection : duckdb.DuckDBPyConnection, optional
        Where the table goes; by default a new connection that lives as long as the relation.
    year : {"granted", "filed"}, default "granted"
        Which date gives the year: of publication or of application.
    types : collection of str or "all", default ("utility",)
        The types of applications whose patents count: utility, design, plant, reissue. WIPO counts
        PCT applications, which are for inventions. A patent that does not tell its type counts.
    progress : callable, optional
        Is told in a few words what is being read.

    Returns
    -------
    duckdb.DuckDBPyRelation
        The address table, one row per inventor and patent: record_id is the number of the patent;
        economy, city, division (state) and country are the inventor's; there are no coordinates;
        field is WIPO's technology fields of the IPC classes (of the CPC's, if they have none),
        organisation the assignees' names, both the same on each row of a patent.
        A document that is no grant or broken is a row with its problem, as is a patent that was
        read before and one of another type.

    Raises
    ------
    InputError
        If there is no such file, it is no XML, it declares entities or attributes of its own,
        or it holds no grant that counts.

    Notes
    -----
    Sequence listings, which come as documents of their own, belong to a patent before them: they
    are left out and counted. Only the bibliographic part of a document is parsed.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> text = '''<?xml version="1.0" encoding="UTF-8"?>
    ... <us-patent-grant><us-bibliographic-data-grant><publication-reference><document-id>
    ... <doc-number>08087209</doc-number><date>20120103</date></document-id></publication-reference>
    ... <us-parties><inventors><inventor><addressbook><address><city>Basel</city>
    ... <country>CH</country></address></addressbook></inventor></inventors></us-parties>
    ... </us-bibliographic-data-grant></us-patent-grant>'''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "ipg120103.xml").write_text(text)
    ...     addresses = read_uspto(folder)
    >>> addresses.select("record_id, year, city, economy").fetchall()
    [('08087209', 2012, 'Basel', 'CH')]
    """
    if year not in _DATES:
        msg = f"Invalid year {show_value(year)}. Must be {' or '.join(_DATES)}."
        raise ValueError(msg)
    wanted = read_types(types)
    table = AddressTable(connection, "patent", progress)
    for file in open_files(source, endings=ENDINGS):
        _check_xml(file)
        table.add_file(file, _read_file(file, _DATES[year], wanted))
    table.mark_repeats()
    return check_taken(table.finish(), source)


def _check_xml(file: SourceFile) -> None:
    """Refuse what is no XML, such as the text files of the grants of 1976 to 2001."""
    check_text(file)
    start = file.head.removeprefix(BOM_UTF8).lstrip()
    if start and not start.startswith(b"<"):
        found = " ".join(start[:_SHOWN_BYTES].decode("latin-1").split())
        msg = f"Invalid file {file.name}. Must be XML in UTF-8, as of grants from 2005 on; found "
        raise InputError(msg + f"{show_value(found)}.")


def _read_file(file: SourceFile, date: str, types: frozenset[str] | None) -> Iterator[Record]:
    """Read the documents of one file, which stand in it one after the other."""
    documents = (one for one in _read_documents(file, date) if not one.is_remark())
    for place, document in enumerate(documents, start=1):
        yield document.to_record(types, f"{file.name}, record {place}")


def _read_documents(file: SourceFile, date: str) -> Iterator["_Document"]:
    """Read the documents of one file and what stands between them, one after the other."""
    document = None
    for is_first, piece in _split_documents(file):
        if is_first:
            if document is not None:
                yield document
            document = _Document(file.name, date)
        if document is not None:
            document.feed(piece)
    if document is not None:
        yield document


def _split_documents(file: SourceFile) -> Iterator[tuple[bool, bytes]]:
    """Give a file in pieces, and tell which of them begin a document."""
    if file.head.startswith(BOM_UTF8):
        file.stream.read(len(BOM_UTF8))
    stage, is_first, rest, chunk = 0, True, b"", b" "
    while chunk:
        chunk = file.stream.read(_CHUNK_BYTES)
        text, end = rest + chunk, 0
        for start, end, reached in _find_marks(text, is_last=not chunk):
            piece = text[start:end]
            if (is_first or stage == _ENDED) and not piece.strip(_BETWEEN):
                continue
            if stage == _ENDED or (reached != _ENDED and 0 < reached <= stage):
                stage, is_first = 0, True
            if not reached and (is_first or _ELEMENT.search(text, start, end + 1)):
                reached = _ROOTED  # noqa: PLW2901  # of another document than a grant
            yield is_first, piece.lstrip(_BETWEEN) if is_first else piece
            stage, is_first = max(stage, reached), False
        rest = text[end:]


def _find_marks(text: bytes, *, is_last: bool) -> Iterator[tuple[int, int, int]]:
    """Cut a text at its marks: start, end and the stage that a mark stands for, else 0."""
    # A mark may lie across two chunks.
    whole = len(text) if is_last else max(len(text) - _MARK_BYTES + 1, 0)
    place = 0
    for mark in _MARK.finditer(text):
        if mark.start() >= whole:
            break
        if mark.start() > place:
            yield place, mark.start(), 0
        place = mark.end()
        yield mark.start(), place, _STAGES[mark[0][:2]]
    if place < whole:
        yield place, whole, 0


class _Finished(Exception):  # noqa: N818  # not an error
    """All that is wanted of a document has been read."""


class _Document:
    """The bibliographic part of one document, parsed as it comes in."""

    def __init__(self, file: str, date: str) -> None:
        self._file = file
        self._root: str | None = None
        self._depth = 0
        self._head = self._tail = b""
        self._is_read = self._has_grant = False
        self._error: str | None = None
        self._type = ""
        self._within: str | None = None
        self._text: list[str] | None = None
        self._heard = 0
        self._fields: dict[str, str] = {}
        self._address: dict[str, str] = {}
        self._places: list[AddressParts] = []
        self._organisations: list[str] = []
        self._symbol: dict[str, str] = {}
        self._symbols: dict[str, list[str]] = {_IPC: [], _CPC: []}
        self._wanted = {("publication-reference", "doc-number"), (date, "date"), *_ADDRESS, *_NAMED}
        self._sections = {"publication-reference", date, *_OTHERS, *(one for one, _ in _NAMED)}
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.EntityDeclHandler = self._refuse_entity
        self._parser.AttlistDeclHandler = self._refuse_attribute
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.SkippedEntityHandler = self._name_letter
        self._parser.UseForeignDTD()  # a name such as &mdash; is no fault where the type is cut off

    def feed(self, piece: bytes) -> None:
        """Take in the next piece of the document."""
        self._head = (self._head + piece[:_SHOWN_BYTES])[:_SHOWN_BYTES]
        self._has_grant |= _START in self._tail + piece
        self._tail = (self._tail + piece).rstrip()[-_MARK_BYTES:]
        if self._is_read or self._error:
            return
        try:
            self._parser.Parse(piece, False)  # noqa: FBT003  # it takes no keyword
        except _Finished:
            self._is_read = True
        except (expat.ExpatError, ValueError, LookupError) as error:
            self._error = str(error)

    def is_remark(self) -> bool:
        """Tell whether there are only comments and instructions, as between documents."""
        if self._root or self._error or _MARK.match(self._head):
            return False
        try:
            self._parser.Parse(b"", True)  # noqa: FBT003  # it takes no keyword
        except (expat.ExpatError, _Finished) as error:
            return getattr(error, "code", 0) == errors.codes[errors.XML_ERROR_NO_ELEMENTS]
        return False

    def to_record(self, types: frozenset[str] | None, unnamed: str) -> Record:
        """Give the patent, or why it is none that counts; `unnamed` is the id without a number."""
        if closing := _CLOSING.match(self._head):
            self._root = closing[1].decode("latin-1")
        if self._root == _SEQUENCES:
            return Record(problem=f"{LEFT_OUT}sequence listing", counts=False)
        if self._root not in (None, _GRANT):
            return Record(problem=f"no patent grant of 2005 or later: {self._root}", counts=False)
        if self._error or not self._is_read or not _ENDS.search(self._tail):
            reason = self._error or "cut off before its end"
            return Record(problem=f"broken record: {reason}", counts=self._has_grant)
        number, year = self._fields.get("doc-number") or unnamed, self._fields.get("date")
        if other := leave_out(self._type, types):
            return Record(number, year, problem=other, counts=False)
        problem = None if self._places else "no inventor"
        organisation = join_values(self._organisations)
        places = tuple(place._replace(organisation=organisation) for place in self._places)
        field = read_fields(self._symbols[_IPC]) or read_fields(self._symbols[_CPC])
        return Record(number, year, places, problem, field=field)

    def _refuse_entity(self, name: str, *declared: object) -> None:
        """Refuse a document that declares entities: grants have none, and bombs are made of them.

        What an old document declares of its drawings has a notation, and no text.
        """
        if declared[-1] is None:
            msg = f"Invalid file {self._file}. Must not declare entities; found {name}."
            raise InputError(msg)

    def _refuse_attribute(self, element: str, name: str, *declared: object) -> None:
        """Refuse a document that gives every element of a name attributes: it grows as a bomb."""
        if declared[1] is not None:  # its value where none stands
            msg = f"Invalid file {self._file}. Must not declare attributes; found {element} {name}."
            raise InputError(msg)

    def _name_letter(self, name: str, is_parameter: object) -> None:
        """Read a letter by the name that HTML gives it; of a name that none has all is kept."""
        if self._text is not None and not is_parameter:
            self._text.append(html5.get(f"{name};", f"&{name};"))

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        """Note where we are; begin to listen if something wanted starts here."""
        self._depth += 1
        if self._depth > _DEEPEST:
            msg = f"elements more than {_DEEPEST} deep"
            raise ValueError(msg)
        if self._root is None:
            self._root = name
            if name != _GRANT:
                raise _Finished
        elif self._text is not None:  # markup within what is listened to
            pass
        elif (self._within, name) in self._wanted:
            self._text, self._heard = [], self._depth
            self._parser.CharacterDataHandler = self._text.append
        elif name == "address" and self._within == "inventor":
            self._within = "address"
        elif name in _INVENTORS and attributes.get("app-type", _INVENTOR) == _INVENTOR:
            self._within, self._address = "inventor", {}
        elif self._within is None and name in self._sections:
            self._within, self._symbol = name, {}
        if name == _APPLICATION:
            self._type = self._type or attributes.get("appl-type", "")

    def _end(self, name: str) -> None:
        """Keep what was listened to; note where we are."""
        self._depth -= 1
        if self._text is not None:
            if self._depth < self._heard:
                self._keep(name, "".join(self._text))
                self._text = self._parser.CharacterDataHandler = None
        elif name == "address" and self._within == "address":
            self._within = "inventor"
        elif name in _INVENTORS and self._within == "inventor":
            self._places.append(_to_place(self._address))
            self._within = None
        elif name == self._within:
            if name in self._symbols:
                parts = (self._symbol.get(part, "") for part in _SYMBOL)
                self._symbols[name].append(f"{''.join(parts)}/")
            self._within = None
        elif name == _HEADER:
            raise _Finished

    def _keep(self, name: str, text: str) -> None:
        """Keep the text of an element where it belongs."""
        if self._within == _ASSIGNEE:
            self._organisations.append(text)
        elif self._within == _IPC_OF_2005:
            self._symbols[_IPC].append(text)
        elif self._within in self._symbols:
            self._symbol[name] = text.strip()
        else:
            kept = self._address if self._within == "address" else self._fields
            if text := " ".join(text.split()):
                kept.setdefault(name, text)


def _to_place(address: dict[str, str]) -> AddressParts:
    """Give an inventor's place."""
    country = address.get("country")
    return AddressParts(
        economy=read_economy(country),
        city=address.get("city"),
        division=address.get("state"),
        country=country,
    )
