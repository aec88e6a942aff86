"""What counts as a slip of the pen: a letter here and there, so that no translation says otherwise.

English alone is looked at. Whatever could turn a sentence round is none: a number, a placeholder, a
sign, a small word, a negation, a word more or less, a step.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from flows import drafts
from flows.flow import Revision

MOST_TEXTS: Final = 8
MOST_WORDS: Final = 3
"""Words of one text."""
_SHORTEST: Final = 3
"""Letters of a word in which another letter is still a slip."""
_TURNING: Final = frozenset(
    (
        *("no", "not", "non", "none", "nor", "never", "nobody", "nothing", "neither", "without"),
        *("cannot", "can't", "don't", "dont", "isn't", "aren't", "won't", "yes", "now", "ever"),
        *("all", "any", "one", "some", "only", "every", "each", "both", "more", "less", "most"),
        *("can", "may", "must", "might", "shall", "should", "will", "would", "could", "need"),
        *("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve"),
        *("you", "your", "our", "her", "his", "him", "she", "they", "them", "their", "who"),
        *("alone", "before", "after", "here", "there", "where", "when", "then", "than", "off"),
    )
)
"""Words that are never taken for a slip of another one, nor another one for a slip of them."""
_PLACEHOLDER: Final = re.compile(r"\{[^{}]*\}")


def slips(before: Revision, after: Revision) -> tuple[tuple[str, str], ...] | None:
    """Return the words that were corrected, as they were and are; None: more than slips changed."""
    words = {key: one.text for key, one in drafts.texts(after).items()}
    reworded = drafts.laid_over(before, words)
    if reworded is None or reworded.id != after.id:
        return None
    found: list[tuple[str, str]] = []
    changed = drafts.differences(before, after)
    for old, new in changed.values():
        pairs = _pairs(old, new)
        if pairs is None or len(pairs) > MOST_WORDS:
            return None
        found += pairs
    return tuple(found) if len(changed) <= MOST_TEXTS else None


def _pairs(old: str, new: str) -> tuple[tuple[str, str], ...] | None:
    """Return the words that differ, each beside its correction; None where one is no slip."""
    was, now = old.split(), new.split()
    if len(was) != len(now) or _PLACEHOLDER.findall(old) != _PLACEHOLDER.findall(new):
        return None
    found = tuple((one, other) for one, other in zip(was, now, strict=True) if one != other)
    return found if all(_is_slip(one, other) for one, other in found) else None


def _is_slip(old: str, new: str) -> bool:
    if [*_signs(old)] != [*_signs(new)]:
        return False
    was, now = _letters(old), _letters(new)
    if was == now:
        return True
    if {was, now} & _TURNING or min(len(was), len(now)) < _SHORTEST:
        return False
    return _is_near(was, now)


def _signs(word: str) -> Iterator[str]:
    """Return what of a word is neither a letter nor a mark between words: digits, symbols."""
    for sign in word:
        if not (unicodedata.category(sign)[0] in "LPM" and sign not in "%/"):
            yield sign


def _letters(word: str) -> str:
    kept = (sign for sign in word.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
    return "".join(sign for sign in kept if sign.isalpha() or sign == "'").strip("'").casefold()


def _is_near(old: str, new: str) -> bool:
    """Say whether one letter is another, more or less, or two beside each other are swapped."""
    start = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), None)
    if start is None:
        return abs(len(old) - len(new)) == 1
    was, now = old[start:], new[start:]
    return (
        was[1:] == now[1:]
        or was[1:] == now
        or was == now[1:]
        or (was[:2] == now[:2][::-1] and was[2:] == now[2:])
    )
