"""A draft: changed texts laid over a revision. Words alone change, and no way past an item."""

import re
from collections.abc import Mapping
from typing import Literal

from flows.flow import MissingTexts, Revision, SourceText, make_revision
from flows.lint import FOR_NOBODY, FORBIDDEN_WORDS

Problem = Literal["", "empty", "long", "word"]


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


def problem(source: SourceText, words: str, audience: str) -> Problem:
    """Say why a text can't stand in the place of another one."""
    if not words.strip():
        return "empty"
    if len(words) > source.limit:
        return "long"
    return "word" if forbidden(words, audience) else ""


def forbidden(words: str, audience: str) -> tuple[str, ...]:
    """Return the words that must not reach a phone of this audience."""
    listed = FORBIDDEN_WORDS if audience == "participant" else FOR_NOBODY
    return tuple(re.findall(rf"\b({'|'.join(listed)})\b", words, re.IGNORECASE))
