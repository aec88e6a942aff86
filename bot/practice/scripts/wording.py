"""From a key to what it looks like on a phone, in the language of whoever reads it, and back.

Only for scripts and tests: the bot never recognises a text.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from itertools import chain
from string import Formatter
from unicodedata import category

from bot.language import catalogues
from bot.language.shipped import shipped_revision
from bot.language.words import Words, source_texts, words
from flows.definition import load_shipped

Says = Callable[[str], bool]
"""Whether a button's label is the one that is meant."""
CUT = "\N{HORIZONTAL ELLIPSIS}"
"""What ends a label that shows the beginning of a text alone, and a key that means such a label."""
_COUNTS = (1, 2, 5)
_FIRST = {
    "card": "card/",
    "cards": "board/",
    "debrief": "debrief/",
    "join": "place/",
    "go-on": "place/",
    "alone": "place/",
    "halt": "place/",
    "lost": "place/",
    "here": "place/",
    "left": "place/",
    "answer": "environment/",
    "start": "board/",
    "stop": "board/",
    "ending": "board/",
    "close": "board/",
    "open": "board/",
    "enter": "assisted/",
    "told": "environment/",
    "let-in": "assisted/",
    "still": "assisted/",
    "call-in": "call/",
    "go": "office/",
    "do": "office/",
}
"""Where the text of a button with this verb stands; those of all the others are the desk's."""


def pattern(key: str, locale: str, **params: str) -> re.Pattern[str]:
    """Return a pattern of the text; `=words` stands for the words themselves.

    `on:2026-10-27`, `at:18:00` and `on:2026-10-27T18:00` stand for a day, a time of day, and both,
    as buttons show them. Raise KeyError where there is no such text.
    """
    if key.startswith("="):
        return re.compile(re.escape(key[1:]))
    if key.startswith(("on:", "at:")):
        return re.compile(re.escape(_when(key, words(locale, "UTC"))))
    forms = tuple(_forms(key, locale))
    if not forms:
        raise KeyError(key)
    return re.compile("|".join(_as_pattern(form, params) for form in forms), re.DOTALL)


def _when(key: str, say: Words) -> str:
    """Return a day, a time of day, or both as a language writes them on a button."""
    kind, _, written = key.partition(":")
    day, _, clock = written.partition("T") if kind == "on" else ("", "", written)
    try:
        shown = [say.short_date(date.fromisoformat(day))] if day else []
        if clock:
            hour, _, minute = clock.partition(":")
            shown.append(say.clock(int(hour) * 60 + int(minute)))
    except ValueError:
        raise KeyError(key) from None
    return " ".join(shown)


def label(key: str, locale: str, **params: str) -> Says:
    """Return what says whether a button's label is the text, or its beginning for `key\u2026`.

    A mark before a label, such as a pencil, is none of its words. Raise KeyError where there is no
    such text.
    """
    if not key.endswith(CUT):
        wanted = pattern(key, locale, **params)
        return lambda shown: any(wanted.fullmatch(one) for one in _unmarked(shown))
    starts = [one for one in _starts(key.removesuffix(CUT), locale, params) if one]
    if not starts:
        raise KeyError(key)
    return lambda shown: any(_is_start(one, start) for one in _unmarked(shown) for start in starts)


def _unmarked(shown: str) -> tuple[str, ...]:
    """Return a label as it is, and without the mark before it."""
    marked = shown[1:2] == " " and category(shown[0]) == "So"
    return (shown, shown[2:]) if marked else (shown,)


def _is_start(shown: str, start: str) -> bool:
    """Say whether a label that may be cut off begins as a text does, as far as both are known."""
    begins = shown.removesuffix(CUT)
    if begins == shown:
        return shown == start
    return begins.startswith(start) or start.startswith(begins)


def _starts(key: str, locale: str, params: Mapping[str, str]) -> Iterator[str]:
    """Yield the text in one line, as far as its parameters are given."""
    if key.startswith("="):
        yield " ".join(key[1:].split())
        return
    for form in _forms(key, locale):
        known = ""
        for literal, name, _, _ in Formatter().parse(form):
            known += literal
            if name is not None and name not in params:
                break
            known += params[name] if name is not None else ""
        yield " ".join(known.split())


def reader(key: str, locale: str) -> re.Pattern[str]:
    """Return a pattern of the text with a group for each of its parameters."""
    return re.compile("|".join(_as_reader(form) for form in _forms(key, locale)), re.DOTALL)


def button_key(text: str, locale: str, verb: str = "") -> tuple[str, Mapping[str, str]] | None:
    """Return the key and parameters of a button's text, or None where no key makes it.

    The less of it is parameters, the surer the key is. Where several keys make the text, the one is
    returned that a button with this verb has.
    """
    found = [
        (key, match.groupdict())
        for key, reader in _button_readers(locale)
        if (match := reader.fullmatch(text))
    ]
    first = _FIRST.get(verb, "desk/")

    def doubt(one: tuple[str, Mapping[str, str]]) -> tuple[int, int, bool]:
        key, params = one
        return len(params), sum(map(len, params.values())), not key.startswith(first)

    return min(found, key=doubt, default=None)


def button_keys() -> tuple[str, ...]:
    """Return the keys of everything that can stand on a button."""
    options = (
        option.key
        for flow in load_shipped().values()
        for step in flow.steps.values()
        for option in step.options
    )
    own = (key for key in source_texts() if "/button/" in key)
    return tuple(dict.fromkeys(chain(own, options)))


@cache
def _button_readers(locale: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (key, re.compile(_as_reader(form), re.DOTALL))
        for key in button_keys()
        for form in _forms(key, locale)
    )


def _forms(key: str, locale: str) -> Iterator[str]:
    own = source_texts().get(key)
    if own is None:
        flow = key.partition("/")[0]
        if flow in load_shipped():
            texts = shipped_revision(flow, locale).flow.texts()
            if key in texts:
                yield texts[key].text
        return
    catalogue = catalogues.load(locale)
    if not own.one:
        yield catalogue.text(key, own.text) or ""
        return
    for count in _COUNTS:
        yield catalogue.plural(key, own.one, own.text, count) or ""


def _as_pattern(template: str, params: dict[str, str]) -> str:
    parts = []
    for literal, name, _, _ in Formatter().parse(template):
        parts.append(re.escape(literal))
        if name is not None:
            parts.append(re.escape(params[name]) if name in params else ".+?")
    return "".join(parts)


def _as_reader(template: str) -> str:
    """Return a pattern with a group for each parameter; one that stands twice says the same."""
    parts: list[str] = []
    seen: set[str] = set()
    for literal, name, _, _ in Formatter().parse(template):
        parts.append(re.escape(literal))
        if name is not None:
            parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>.+?)")
            seen.add(name)
    return "".join(parts)
