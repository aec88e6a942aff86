"""A draft: changed texts laid over a revision. Words alone change, and no way past an item."""

from collections.abc import Mapping
from typing import Literal

from flows.flow import MissingTexts, Revision, SourceText, make_revision

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
