"""A flow in one language as one TOML file that a coordinator changes and brings back.

It holds the steps and all words. What comes back has findings, or is what the flow would become;
what everybody is asked can't be taken out of it.
"""

from collections.abc import Iterator
from dataclasses import replace

from bot.exchange.flow_files import forbidden_in
from bot.exchange.sheet import Whole
from bot.language.catalogues import SOURCE_LANGUAGE
from flows import drafts, kept
from flows.edits import displaced
from flows.finding import Finding, fault
from flows.flow import Revision
from flows.source import Source, read
from flows.tables import MOST_BYTES, decoded
from flows.written import written


def exported(revision: Revision) -> bytes:
    """Return the file of a flow in one language; it says of which edition it is."""
    source = replace(drafts.entries(revision), edition=revision.id)
    return written(source).encode()


def imported(data: bytes, file: str) -> Whole:
    """Read and lint such a file; never raises on what it says.

    Lint takes seconds where hundreds of buttons are wrong: no transaction may wait for that.
    """
    text = decoded(data, file, MOST_BYTES)
    if isinstance(text, Finding):
        return Whole(Source(file, ("",), findings=(text,), unreadable=True), (text,))
    source = read(text, file)
    return Whole(source, drafts.in_its_words(source, source.language or SOURCE_LANGUAGE))


def becomes(whole: Whole, now: Revision) -> Revision | tuple[Finding, ...]:
    """Return what the flow becomes by a file, or all findings; `now`: as it would be published."""
    source, after = whole.source, whole.after
    if source.unreadable:
        return source.findings
    found = [*_unlike(source, now), *_lost(source), *_displaced(source, now)]
    if isinstance(after, Revision):
        found += forbidden_in(drafts.texts(after), after.flow, now.locale, source.file)
    else:
        found += after
    return tuple(sorted(set(found))) if found or not isinstance(after, Revision) else after


def _unlike(source: Source, now: Revision) -> Iterator[Finding]:
    """Find that it is another flow's file, another language's, or an old one."""
    language = source.language or SOURCE_LANGUAGE
    same = (source.kind, source.audience) == (now.flow.kind, now.flow.audience)
    if (source.id, language) != (now.flow.id, now.locale) or not same:
        other = {"found": f"{source.id} ({language})", "due": f"{now.flow.id} ({now.locale})"}
        wrong = fault("F701", "lint/other-sheet", "lint/fix/take-out", (), **other)
        yield wrong.at(source.file, 1)
    elif source.edition != now.id:
        wrong = fault("F706", "lint/taken-out-before", "lint/fix/take-out")
        yield wrong.at(source.file, 1)


def _lost(source: Source) -> Iterator[Finding]:
    """Find what comes with the program and is not there any more."""
    for name in kept.lost(source):
        wrong = fault("F707", "lint/item-lost", "lint/fix/put-back", name=name)
        yield wrong.at(source.file, 1, name)


def _displaced(source: Source, now: Revision) -> Iterator[Finding]:
    """Find what stands elsewhere though it can't be moved in the chat either."""
    for name in displaced(drafts.entries(now), source):
        wrong = fault("F708", "lint/item-moved", "lint/fix/put-order", name=name)
        yield wrong.at(source.file, 1, name)
