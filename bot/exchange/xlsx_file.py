"""Texts as a spreadsheet (.xlsx), and back: one row a text, and only its words can be changed.

A file from outside is data: it is measured while it is unpacked, no formula is worked out, no link
followed. Nothing is decided about a text here. What this module needs takes as long to load as all
the rest of the bot: only `bot.exchange.by_file` loads it, with the first spreadsheet.
"""

import warnings
import zipfile
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any, Final

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Font, Protection
from openpyxl.worksheet.worksheet import Worksheet

from bot.exchange.sheet import MOST_BYTES, NO_SHEET, Brought, Returned, Sheet, too_big
from bot.language import catalogues
from flows.finding import Finding, fault

COLUMNS: Final = {"context": 34, "source": 60, "target": 60, "comment": 44}
"""The columns that are seen, and how wide they are."""
_TARGET: Final = 3
_MARK: Final = len(COLUMNS) + 1
"""The hidden column: what the sheet is of, and below it each row's mark."""
_KIND: Final = "vestibule-texts"
_MOST_UNPACKED: Final = 8 * 1024 * 1024
_MOST_PARTS: Final = 100
_MOST_SHEETS: Final = 5
_MOST_ROWS: Final = 5000
_TEXT: Final = ("s", "inlineStr")
_NO_TEXT: Final = ("lint/no-plain-text", "lint/fix/plain-text")


def write(sheet: Sheet) -> bytes:
    """Return a sheet as a workbook: protected, but for the column of the words."""
    book = Workbook()
    page: Worksheet = book.active
    page.title = sheet.flow
    book.properties.creator = "Vestibule"
    head = (*COLUMNS, f"{_KIND} {sheet.flow} {sheet.locale} {sheet.revision}")
    for number, words in enumerate(head, 1):
        _put(page, 1, number, words).font = Font(bold=True)
    for number, row in enumerate(sheet.rows, 2):
        for column, words in enumerate((row.id, row.source, row.target, row.comment, row.mark), 1):
            _put(page, number, column, words)
        page.cell(number, _TARGET).protection = Protection(locked=False)
    _lay_out(page)
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def _put(page: Worksheet, row: int, column: int, words: str) -> Cell:
    cell: Cell = page.cell(row, column, words)
    # Words that begin with = would else be a formula.
    cell.data_type = "s"
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _lay_out(page: Worksheet) -> None:
    page.freeze_panes = "A2"
    for letter, width in zip("ABCD", COLUMNS.values(), strict=True):
        page.column_dimensions[letter].width = width
    page.column_dimensions["E"].hidden = True
    page.protection.sheet = True
    # Whoever reads may still make a column wider or a row higher.
    page.protection.formatColumns = False
    page.protection.formatRows = False


def read(data: bytes, file: str) -> Returned:
    """Return what a workbook says; findings where it is none of ours."""
    if len(data) > MOST_BYTES:
        return Returned(file, findings=(too_big(file, MOST_BYTES),))
    try:
        with warnings.catch_warnings():
            # What openpyxl warns of, such as a style that it does not know, is no text.
            warnings.simplefilter("ignore")
            return _returned(_unpacked(data), file)
    except _TooMuch:
        return Returned(file, findings=(too_big(file, _MOST_UNPACKED),))
    except Exception:  # noqa: BLE001 -- openpyxl tells of a broken file by whatever breaks
        return Returned(file, findings=(NO_SHEET.at(file, 1),))


class _TooMuch(Exception):
    """The workbook has too many parts, or they are too big."""


def _unpacked(data: bytes) -> BytesIO:
    """Return a workbook packed anew, of parts that were measured while they were unpacked.

    What its directory says of a part's size may be a lie, which openpyxl would believe.
    """
    found, room = BytesIO(), _MOST_UNPACKED
    with zipfile.ZipFile(BytesIO(data)) as packed, zipfile.ZipFile(found, "w") as anew:
        if len(packed.infolist()) > _MOST_PARTS:
            raise _TooMuch
        for name in dict.fromkeys(packed.namelist()):
            part = _part(packed, name, room)
            room -= len(part)
            anew.writestr(name, part)
    return found


def _part(packed: zipfile.ZipFile, name: str, room: int) -> bytes:
    """Return one part of at most so many bytes; raise for one that no workbook has."""
    if packed.getinfo(name).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # Only these two are unpacked no further than is asked for.
        raise ValueError("A part is packed in a way that no workbook is.")
    with packed.open(name) as opened:
        part = opened.read(room + 1)
    if len(part) > room:
        raise _TooMuch
    if b"<!DOCTYPE" in part.replace(b"\0", b"").upper():
        raise ValueError("A part declares a document type, which may stand for anything.")
    return part


def _returned(packed: BytesIO, file: str) -> Returned:
    book = load_workbook(packed, read_only=True, data_only=False, keep_links=False)
    try:
        for page in book.worksheets[:_MOST_SHEETS]:
            rows = page.iter_rows(1, _MOST_ROWS, 1, _MARK)
            said = _head(next(rows, ()))
            if said is not None:
                flow, locale, revision = said
                found = tuple(_rows(rows))
                return Returned(file, flow, locale, revision, found, tuple(_twice(found, file)))
    finally:
        book.close()
    return Returned(file, findings=(NO_SHEET.at(file, 1),))


def _head(cells: Sequence[Any]) -> tuple[str, str, str] | None:
    """Return flow, language and edition, or None where this is no sheet of ours."""
    words = [cell.value for cell in cells]
    if words[:-1] != [*COLUMNS] or not isinstance(words[-1], str):
        return None
    match words[-1].split():
        case [kind, flow, locale, revision] if kind == _KIND and locale in catalogues.languages():
            return flow, locale, revision
    return None


def _rows(rows: Iterator[Sequence[Any]]) -> Iterator[Brought]:
    for number, cells in enumerate(rows, 2):
        key, source, target, _, mark = cells
        if key.value is None and target.value is None:
            continue
        name = str(key.value or "")
        empty = target.value is None
        wrong = None if empty or target.data_type in _TEXT else fault("F704", *_NO_TEXT, text=name)
        words = "" if empty or wrong else str(target.value)
        english, known = str(source.value or ""), str(mark.value or "")
        yield Brought(number, name.strip(), words, english, known, wrong)


def _twice(rows: Sequence[Brought], file: str) -> Iterator[Finding]:
    seen: set[str] = set()
    for row in rows:
        if row.id in seen:
            wrong = fault("F510", "lint/translated-twice", "lint/fix/remove-one", text=row.id)
            yield wrong.at(file, row.line)
        seen.add(row.id)
