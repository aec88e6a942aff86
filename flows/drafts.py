"""A draft: changed texts laid over a revision, and what its steps are after an edit.

No draft leads past an item: what could is not returned.
"""

from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Literal

from flows import kept
from flows.edits import Edit, edited
from flows.finding import Fault, Finding, fault
from flows.flow import Flow, MissingTexts, Revision, SourceText, make_revision
from flows.fold import folded
from flows.lint import lint_source
from flows.overlay import Overlay
from flows.overlay import laid_over as laid_over_flow
from flows.source import Source
from flows.unfold import unfold

Problem = Literal["", "empty", "long"]


def texts(revision: Revision) -> Mapping[str, SourceText]:
    """Return every text of a revision by its id, in its own language."""
    return revision.flow.texts()


def laid_over(revision: Revision, changed: Mapping[str, str]) -> Revision | None:
    """Return the revision with some other words; None where one of them is empty."""
    words = {key: changed.get(key, source.text) for key, source in texts(revision).items()}
    found = make_revision(revision.flow, revision.locale, words)
    return None if isinstance(found, MissingTexts) else found


def differences(before: Revision, after: Revision) -> Mapping[str, tuple[str, str]]:
    """Return the texts that are not the same, by id: as they were and as they are."""
    old, new = texts(before), texts(after)
    return {
        key: (old[key].text if key in old else "", new[key].text if key in new else "")
        for key in dict.fromkeys((*old, *new))
        if (old[key].text if key in old else "") != (new[key].text if key in new else "")
    }


def problem(source: SourceText, words: str) -> Problem:
    """Say why a text can't stand in the place of another one."""
    if not words.strip():
        return "empty"
    return "long" if len(words) > source.limit else ""


def entries(revision: Revision) -> Source:
    """Return the flow as its author would write it, in the revision's language."""
    return folded(revision.flow, revision.flow.id, revision.locale)


def reshaped(revision: Revision, edit: Edit) -> Revision | Fault | tuple[Finding, ...]:
    """Return the revision after an edit of its steps, or why there is none."""
    source = edited(entries(revision), edit)
    return source if isinstance(source, Fault) else in_its_words(source, revision.locale)


def in_its_words(source: Source, locale: str) -> Revision | tuple[Finding, ...]:
    """Return the revision of a flow whose texts are in this language already, or all findings."""
    found = lint_source(source)
    if found:
        return found
    flow = unfold(source)
    revision = make_revision(flow, locale, {key: one.text for key, one in flow.texts().items()})
    return tuple(_missing(source, revision)) if isinstance(revision, MissingTexts) else revision


def _missing(source: Source, texts: MissingTexts) -> Iterator[Finding]:
    for key in texts.ids:
        wrong = fault("F103", "lint/text-missing", "lint/fix/write", text=key)
        yield wrong.at(source.file, 1, locale=texts.locale)


def publishable(revision: Revision) -> bool:
    """Say whether nobody could pass an item in it, and nothing that ships is missing."""
    return not lint_source(entries(revision)) and not lost(revision)


def lost(revision: Revision) -> tuple[str, ...]:
    """Return the ids of what ships with the flow and is not in a revision as it was."""
    return kept.lost(entries(revision))


def with_overlay(revision: Revision, overlay: Overlay) -> Revision | tuple[Finding, ...]:
    """Return the revision with an overlay of its language laid over it, or all findings."""
    flow = laid_over_flow(revision.flow, overlay)
    if not isinstance(flow, Flow):
        return flow
    return in_its_words(folded(flow, overlay.file, revision.locale), revision.locale)


def steps_changed(before: Revision, after: Revision) -> int:
    """Return how many entries were added, left out, or stand elsewhere."""
    old, new = ([one.id for one in entries(each).entries] for each in (before, after))
    was, now = [name for name in old if name in new], [name for name in new if name in old]
    blocks = SequenceMatcher(None, was, now, autojunk=False).get_matching_blocks()
    return len(set(old) ^ set(new)) + len(was) - sum(block.size for block in blocks)


def pictures_changed(before: Revision, after: Revision) -> int:
    """Return how many pictures were added, taken away, or replaced."""
    old, new = before.flow.pictures, after.flow.pictures
    return sum(old.get(name) != new.get(name) for name in old.keys() | new.keys())
