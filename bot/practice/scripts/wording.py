"""From a key to what it looks like on a phone: a pattern in the language of whoever reads it.

Only for scripts and tests: the bot never recognises a text.
"""

import re
from collections.abc import Iterator
from string import Formatter

from bot import catalogues
from bot.shipped import shipped_revision
from bot.words import source_texts
from flows.definition import load_shipped

_COUNTS = (1, 2, 5)


def pattern(key: str, locale: str, **params: str) -> re.Pattern[str]:
    """Return a pattern of the text; `=words` stands for the words themselves.

    Raise KeyError where there is no such text.
    """
    if key.startswith("="):
        return re.compile(re.escape(key[1:]))
    forms = tuple(_forms(key, locale))
    if not forms:
        raise KeyError(key)
    return re.compile("|".join(_as_pattern(form, params) for form in forms), re.DOTALL)


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
