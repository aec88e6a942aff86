"""Texts by file: taken out as a sheet, and brought back into the draft, whole or not at all.

An import writes changed texts of a draft and nothing else. It never publishes, and it never
overwrites what somebody has changed since the file was taken out.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from bot.exchange import flow_toml, po_file
from bot.exchange.sheet import (
    NO_SHEET,
    SHOWN,
    Brought,
    Returned,
    Row,
    Sheet,
    by_id,
    cleaned,
    mark_of,
    sheet_of,
)
from bot.language import forbidden
from bot.language.catalogues import SOURCE_LANGUAGE, placeholders
from bot.language.shipped import shipped_revision
from flows import drafts
from flows.definition import load_shipped
from flows.finding import Fault, Finding, fault
from flows.flow import TEXT_LIMIT, Revision
from flows.model import Instant, PersonId
from storage import drafts as kept
from storage import pictures, revisions
from storage.reading import Reading
from storage.store import Tx


@dataclass(frozen=True, slots=True)
class Format:
    """How a sheet is written as a file, and how a file is read by its name in findings."""

    write: Callable[[Sheet], bytes]
    read: Callable[[bytes, str], Returned]


def _write_xlsx(sheet: Sheet) -> bytes:
    from bot.exchange import xlsx_file  # noqa: PLC0415 -- as long to load as the rest of the bot

    return xlsx_file.write(sheet)


def _read_xlsx(data: bytes, file: str) -> Returned:
    from bot.exchange import xlsx_file  # noqa: PLC0415 -- the same

    return xlsx_file.read(data, file)


def _whole(sheet: Sheet) -> bytes:
    if sheet.draft is None:
        raise ValueError("A sheet without its steps can't be written out whole.")
    return flow_toml.exported(sheet.draft)


def _returned(data: bytes, file: str) -> Returned:
    whole = flow_toml.imported(data, file)
    source = whole.source
    language = source.language or SOURCE_LANGUAGE
    if source.unreadable:
        return Returned(file, source.id, language, findings=source.findings)
    return Returned(file, source.id, language, source.edition[:SHOWN], whole=whole)


FORMATS: Final[Mapping[str, Format]] = MappingProxyType(
    {
        "po": Format(po_file.write, po_file.read),
        "xlsx": Format(_write_xlsx, _read_xlsx),
        "toml": Format(_whole, _returned),
    }
)
"""The formats by the ends of their files' names."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a file changes: new words by text id; with findings it changes nothing."""

    flow: str
    locale: str
    words: Mapping[str, str]
    findings: tuple[Finding, ...] = ()
    whole: Revision | None = None
    """What the flow becomes, where the file changes its steps too."""


def taken_out(tx: Tx | Reading, flow: str, locale: str) -> Sheet | None:
    """Return a flow in a language as it would be published now; None where it never was."""
    base = kept.base(tx, flow, locale)
    if base is None:
        return None
    changed = {key: one.words for key, one in kept.changes(tx, flow, locale).items()}
    english = revisions.latest(tx, flow, SOURCE_LANGUAGE)
    source = english[0] if english else shipped_revision(flow, SOURCE_LANGUAGE)
    return sheet_of(drafts.laid_over(base.revision, changed) or base.revision, source)


def looked_over(tx: Tx | Reading, returned: Returned, flow: str = "", locale: str = "") -> Outcome:
    """Return what a file changes of the flow in the language that is open, or of its own."""
    flow, locale = flow or returned.flow, locale or returned.locale
    if returned.findings:
        return Outcome(flow, locale, {}, returned.findings)
    if returned.flow not in load_shipped():
        return Outcome(flow, locale, {}, (NO_SHEET.at(returned.file, 1),))
    if (returned.flow, returned.locale) != (flow, locale):
        other = {"found": f"{returned.flow} ({returned.locale})", "due": f"{flow} ({locale})"}
        wrong = fault("F701", "lint/other-sheet", "lint/fix/take-out", (), **other)
        return Outcome(flow, locale, {}, (wrong.at(returned.file, 1),))
    sheet = taken_out(tx, flow, locale)
    if sheet is None:
        return Outcome(flow, locale, {}, (NO_SHEET.at(returned.file, 1),))
    found = tuple(sorted({*findings(sheet, returned), *_no_pictures(tx, returned)}))
    if found:
        return Outcome(flow, locale, {}, found)
    return Outcome(flow, locale, words_of(sheet, returned), whole=_other_steps(sheet, returned))


def _no_pictures(tx: Tx | Reading, returned: Returned) -> Iterator[Finding]:
    """Find the pictures that a file names and nobody has sent: it holds their digests alone."""
    after = returned.whole.after if returned.whole else None
    if isinstance(after, Revision):
        for name in pictures.unknown(tx, after.flow.pictures.values()):
            wrong = fault("F709", "lint/no-picture", "lint/fix/send-picture", name=name)
            yield wrong.at(returned.file, 1)


def _whole_flow(sheet: Sheet, returned: Returned) -> Revision | tuple[Finding, ...] | None:
    """Return what the flow becomes by a file that holds its steps; None where it holds none."""
    if returned.whole is None or sheet.draft is None:
        return None
    return flow_toml.becomes(returned.whole, sheet.draft)


def _other_steps(sheet: Sheet, returned: Returned) -> Revision | None:
    """Return what the flow becomes where more than words is changed."""
    after = _whole_flow(sheet, returned)
    if not isinstance(after, Revision) or sheet.draft is None:
        return None
    reworded = drafts.laid_over(sheet.draft, words_of(sheet, returned))
    return None if reworded is not None and reworded.id == after.id else after


def words_of(sheet: Sheet, returned: Returned) -> Mapping[str, str]:
    """Return the texts that a file has changed since it was taken out, by their ids."""
    if returned.whole is not None and sheet.draft is not None:
        after = _whole_flow(sheet, returned)
        known = after if isinstance(after, Revision) else sheet.draft
        return {key: new for key, (_, new) in drafts.differences(sheet.draft, known).items()}
    brought = by_id(returned)
    return {
        row.id: cleaned(brought[row.id].target)
        for row in sheet.rows
        if _is_changed(row, brought[row.id])
    }


def _is_changed(row: Row, brought: Brought) -> bool:
    """Say whether the file says something else than stands there, and than what it was given."""
    target = cleaned(brought.target)
    return target not in ("", row.target) and mark_of(target) != brought.mark


def findings(sheet: Sheet, returned: Returned) -> Iterator[Finding]:
    """Find everything because of which nothing of a file is taken."""
    after = _whole_flow(sheet, returned)
    if after is not None:
        yield from () if isinstance(after, Revision) else after
        return
    brought, known = by_id(returned), {row.id for row in sheet.rows}
    same = sheet.revision == returned.revision
    for row in sheet.rows:
        found = brought.get(row.id)
        for wrong in _faults(row, found, sheet.locale, same=same):
            line = found.line if found else 1
            yield wrong.at(returned.file, line, row.about.step, sheet.locale)
    for one in returned.rows:
        if one.id not in known:
            wrong = fault("F507", "lint/orphan", "lint/fix/remove", text=one.id)
            yield wrong.at(returned.file, one.line, locale=sheet.locale)
    if _listed(sheet.locale) is None:
        wrong = fault("F509", "lint/no-words", "lint/fix/words", language=sheet.locale)
        yield wrong.at(returned.file, 1, locale=sheet.locale)


def _faults(row: Row, brought: Brought | None, locale: str, *, same: bool) -> Iterator[Fault]:
    if brought is None:
        yield fault("F501", "lint/untranslated", "lint/fix/translate", text=row.id)
    elif brought.wrong is not None:
        yield brought.wrong
    elif brought.source is not None and cleaned(brought.source) != row.source:
        yield fault("F703", "lint/source-changed", "lint/fix/take-out", text=row.id)
    elif not cleaned(brought.target):
        yield fault("F502", "lint/translated-empty", "lint/fix/translate", text=row.id)
    elif _is_changed(row, brought):
        # Where a tool has dropped the mark, only the same edition tells that nothing has changed.
        if brought.mark != row.mark and (brought.mark or not same):
            yield fault("F705", "lint/changed-meanwhile", "lint/fix/take-out", text=row.id)
        yield from _unfit(row, cleaned(brought.target), locale)


def _unfit(row: Row, words: str, locale: str) -> Iterator[Fault]:
    """Find why words can't stand in their place."""
    due = _placeholders(row.source)
    # The English may have been written in the chat, with a brace that is no placeholder.
    if due is not None and _placeholders(words) != due:
        names = sorted(f"{{{name}}}" for name in due)
        fix = "lint/fix/placeholders" if names else "lint/fix/no-placeholders"
        yield fault("F504", "lint/placeholders", fix, names, text=row.id)
    if len(words) > row.about.limit:
        sizes = {"length": len(words), "limit": row.about.limit}
        yield fault("F505", "lint/too-long", "lint/fix/shorten", (), text=row.id, **sizes)
    listed = _listed(locale)
    if listed is None:
        return
    rules = row.about.rules
    fix = "lint/fix/neutral" if rules == forbidden.RULES else "lint/fix/no-verdict"
    said = words[:TEXT_LIMIT]
    broken = {word for rule in rules for word in forbidden.broken_by(said, listed, rule)}
    for word in sorted(broken):
        if (listed, row.id, word) not in forbidden.exceptions():
            yield fault("F506", "lint/forbidden", fix, text=row.id, word=word)


def _placeholders(words: str) -> frozenset[str] | None:
    try:
        return placeholders(words)
    except ValueError:
        return None


def _listed(locale: str) -> str | None:
    """Return whose list of words holds: this language's, or that of its main form."""
    names = (locale, locale.partition("_")[0])
    return next((name for name in names if name in forbidden.lists()), None)


def write(tx: Tx, outcome: Outcome, *, by: PersonId, now: Instant) -> int:
    """Lay what a file changes over the draft; return how many texts that are."""
    flow, locale = outcome.flow, outcome.locale
    base = kept.base(tx, flow, locale)
    changed = kept.changes(tx, flow, locale)
    if outcome.whole is not None and base is not None:
        edit = kept.Edit("from-file", "", "", "", by, now)
        texts = drafts.texts(outcome.whole)
        kept.reshape(tx, outcome.whole, edit, seen=base.version, known=texts)
        kept.fold_in(tx, flow, locale, changed.keys() & texts.keys())
        return len(outcome.words)
    before = drafts.texts(base.revision) if base else {}
    for key, words in outcome.words.items():
        if key in changed and words == cleaned(before[key].text):
            kept.take_back(tx, flow, locale, key)
            continue
        seen = changed[key].version if key in changed else 0
        kept.write(tx, flow, locale, key, words, seen=seen, by=by, now=now)
    return len(outcome.words)
