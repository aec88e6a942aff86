"""What lint says: each fault by its code, its place, and the keys of two sentences.

The sentences stand with the bot's other texts, in every language. Nothing of a file comes into a
finding that a terminal could take for more than letters, or that would not end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "F101": "The file is not TOML.",
        "F102": "A key is not known in its place.",
        "F103": "Something that every flow, step or button needs is missing or empty.",
        "F104": "A value is of the wrong kind, or not one of those that are allowed.",
        "F105": "Steps or items are not written under [[step]] or [[item]] of their own.",
        "F106": "An id is not 1 to 24 small letters, digits and hyphens, beginning with a letter.",
        "F107": "repeat_after is neither 0 nor between 60 and 3600 seconds.",
        "F108": "The file is not a text in UTF-8 without a byte-order mark.",
        "F109": "The file is too big, or has too many steps, items or options.",
        "F201": "Two flows, steps, options or texts have the same id.",
        "F202": "A button leads to a step that does not exist.",
        "F203": "No way leads from the start to this step.",
        "F204": "From this step no way leads to an end: it stops here, or goes round in a loop.",
        "F205": "A flow that ends well has not exactly one step with final = 'ready'.",
        "F206": "repeat_after stands at a step that asks nothing.",
        "F301": "One of the four non-negotiables is missing.",
        "F302": "One of the four is not marked non_negotiable and observed, or another item is.",
        "F303": "The ready step can be reached without a yes to this item.",
        "F304": "A question offers no help.",
        "F305": "An item is observed and has no observe text, or has one and is not observed.",
        "F306": "An item of an orientation is marked non_negotiable or observed.",
        "F307": "An orientation has no item, so that there would be nothing to sign.",
        "F308": "A clearance lacks one of the twelve, or has it as the other part.",
        "F309": "In a clearance: no part, another step, another audience; or a part elsewhere.",
        "F310": "A [[message]] stands first or where none can, or a step has a message's button.",
        "F311": "A flow has more items than a preview can keep apart.",
        "F401": "A message is longer than a phone can be sent.",
        "F402": "A button is too long for a phone.",
        "F403": "An observation is too long for the facilitator's screen.",
        "F404": "A text says a word that must never reach a phone.",
        "F501": "A text has no translation, or only one of an earlier English text.",
        "F502": "A translation is empty.",
        "F503": "A translation is marked as fuzzy.",
        "F504": "A translation has other placeholders, or not all of its language's plural forms.",
        "F505": "A translation is too long for its place.",
        "F506": "A translation says a word that must never reach a phone.",
        "F507": "A translation is of a text that does not exist.",
        "F508": "The catalogue can't be read, or its language is not known.",
        "F509": "Nobody has listed the words that must not be said in this language.",
        "F510": "A text is translated twice in one catalogue.",
        "F601": "One of the three agreements is missing.",
        "F602": "The ready step can be reached without agreeing to this text.",
        "F603": "An agreement can't be refused, or refusing does not ask once more and then end.",
        "F604": "A step or button is none of those that an agreement has.",
        "F701": "The file is of another flow or language.",
        "F702": "The file is none of those that were taken out, or it is damaged.",
        "F703": "The English text has changed since the file was taken out.",
        "F704": "A cell holds something that is not text, such as a formula.",
        "F705": "A colleague has changed the text since the file was taken out.",
        "F706": "The file was taken out before the latest change, or does not say when.",
        "F707": "A file lacks an item that comes with the program.",
        "F708": "A file has what everybody is asked in another order.",
        "F709": "A file names a picture that is not kept here.",
        "F801": "An overlay is of a flow that is not there.",
        "F802": "An edit of an overlay names a step that is not there.",
        "F803": "An edit moves or leaves out what everybody is asked, or puts something first.",
        "F804": "An edit has no reason, or one that is too long.",
    }
)

LONGEST: Final = 80
"""So much of a word out of a file stands in a finding."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One fault: where it is, and the keys of what is wrong (`message`) and what to do (`fix`).

    `params` fill both sentences. `locale` is the language of a translation; empty for the flow.
    """

    file: str
    line: int
    code: str
    step: str
    locale: str
    message: str
    fix: str
    params: tuple[tuple[str, str | int], ...] = ()

    def __str__(self) -> str:
        filled = ", ".join(f"{name}: {value}" for name, value in self.params)
        return f"{self.file}:{self.line}: {self.code} [{self.step or '-'}] {CODES[self.code]}" + (
            f" ({filled})" if filled else ""
        )


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and what to do, wherever it is."""

    code: str
    message: str
    fix: str
    params: tuple[tuple[str, str | int], ...] = ()

    def at(self, file: str, line: int, step: str = "", locale: str = "") -> Finding:
        """Return the finding of this fault in its place."""
        return Finding(
            file, line, self.code, shown(step), locale, self.message, self.fix, self.params
        )


def fault(
    code: str, message: str, fix: str, known: Sequence[str] = (), **params: str | int
) -> Fault:
    """Return a fault; the parameters fill both of its sentences, `known` as a list."""
    fit = {name: shown(to) if isinstance(to, str) else to for name, to in params.items()}
    if known:
        fit["known"] = listed(known)
    return Fault(code, message, fix, tuple(sorted(fit.items())))


def misspelt(
    code: str, message: str, wrong: str, known: Sequence[str], **params: str | int
) -> Fault:
    """Return a fault that is mended by the nearest known word, or by one of all known words."""
    close = nearest(wrong, known)
    if close:
        return fault(code, message, "lint/fix/did-you-mean", (), near=close, **params)
    return fault(code, message, "lint/fix/known-here", known, **params)


def nearest(wrong: str, known: Sequence[str]) -> str:
    """Return the known word that may be meant, or nothing."""
    if len(wrong) > LONGEST:
        return ""
    return next(iter(get_close_matches(wrong, known, n=1)), "")


def listed(words: Sequence[str]) -> str:
    """Return words as the file would list them; of very many, the first."""
    more = ", \N{HORIZONTAL ELLIPSIS}" if len(words) > 20 else ""
    return ", ".join(f"'{shown(word)}'" for word in words[:20]) + more


def shown(word: str) -> str:
    """Return a word out of a file as letters that end."""
    plain = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in word)
    return plain if len(plain) <= LONGEST else plain[: LONGEST - 1] + "\N{HORIZONTAL ELLIPSIS}"
