"""Texts as a catalogue (.po), for Poedit, Weblate and their like, and back.

What must come back stands where those tools keep it: flow and edition in the head's project, the
mark of each text in a comment for translators. Nothing is decided about a text here.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import write_po

from bot.exchange.sheet import MOST_BYTES, NO_SHEET, Brought, Returned, Row, Sheet
from bot.language import catalogues, translations
from bot.language.catalogues import forms_of
from flows.finding import Finding, fault
from flows.tables import decoded

_LANGUAGE: Final = re.compile(r'^"Language:\s*([\w@-]+)\s*\\n"', re.MULTILINE)
_MARK: Final = re.compile(r"As taken out: ([0-9a-f]{12})")
_CONTEXT: Final = re.compile(r'^msgctxt[ \t]+((?:"[^\n]*"[ \t\r]*\n)+)', re.MULTILINE)
_STRING: Final = re.compile(r'"(.*)"')
_KNOWN: Final = re.compile(r'\\[\\trn"]')
"""What Babel knows of escaping; anything else, such as a letter by its number, it leaves so."""
_NOT_DATED: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""gettext's tools ask for dates; the same texts make the same file."""


def write(sheet: Sheet) -> bytes:
    """Return a sheet as a catalogue that `msgfmt --check` has nothing to say about."""
    catalog = Catalog(
        locale=sheet.locale,
        header_comment=f"# Vestibule: {sheet.flow}, {sheet.locale}.",
        project=sheet.flow,
        version=sheet.revision,
        msgid_bugs_address="none",
        creation_date=_NOT_DATED,
        revision_date=_NOT_DATED,
        last_translator="nobody yet",
        language_team="none yet",
        charset="utf-8",
        fuzzy=False,
    )
    for row in sheet.rows:
        _add(catalog, row)
    written = BytesIO()
    write_po(written, catalog, width=98)
    return written.getvalue()


def _add(catalog: Catalog, row: Row) -> None:
    comments = (row.comment, f"As taken out: {row.mark}")
    message = Message(row.source, row.target, auto_comments=comments, context=row.id)
    # Babel takes "10 % of" for a placeholder of Python's, and msgfmt then wants it translated.
    message.flags.clear()
    catalog[row.source] = message


def read(data: bytes, file: str) -> Returned:
    """Return what a catalogue says; findings where it is none of ours."""
    text = decoded(data, file, MOST_BYTES)
    if isinstance(text, Finding):
        return Returned(file, findings=(text,))
    language = _LANGUAGE.search(text)
    if language is None or language[1] not in catalogues.languages():
        return Returned(file, findings=(NO_SHEET.at(file, 1),))
    try:
        catalog = translations.parsed(data, language[1])
    except translations.Unreadable as error:
        return Returned(file, findings=(error.why.at(file, error.line),))
    rows = tuple(_brought(message) for message in catalog if message.id)
    return Returned(
        file,
        catalog.project,
        language[1],
        catalog.version,
        rows,
        tuple(sorted(set(_faults(text, file)))),
    )


def _brought(message: Message) -> Brought:
    marks = [found[1] for one in message.auto_comments if (found := _MARK.search(one))]
    key, line = message.context or "", message.lineno or 1
    source, target = forms_of(message.id), forms_of(message.string)
    row = Brought(line, key, target[0], source[0], marks[-1] if marks else "")
    if len(source) > 1:
        # A text of ours has no plural; this one was put in by somebody.
        return replace(row, wrong=fault("F507", "lint/orphan", "lint/fix/remove", text=key))
    if message.fuzzy:
        return replace(row, wrong=fault("F503", "lint/fuzzy", "lint/fix/fuzzy", text=key))
    return row


def _faults(text: str, file: str) -> Iterator[Finding]:
    """Find what Babel would read wrongly, or take together, without a word."""
    seen: set[str] = set()
    for match in _CONTEXT.finditer(text):
        key = "".join(_STRING.findall(match[1]))
        if key in seen:
            wrong = fault("F510", "lint/translated-twice", "lint/fix/remove-one", text=key)
            yield wrong.at(file, text.count("\n", 0, match.start()) + 1)
        seen.add(key)
    for number, line in enumerate(text.split("\n"), 1):
        if "\\" in _KNOWN.sub("", line) and not line.lstrip().startswith("#"):
            yield fault("F108", "lint/no-unicode", "lint/fix/save-unicode").at(file, number)
            return
