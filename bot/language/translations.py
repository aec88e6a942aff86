"""Every fault of a catalogue at once: what is missing, can't be shown, or must not be said.

It reads what a .po file says beside the texts that it is of, and never mends it. What has a
finding of F501 to F504 is what `bot.language.catalogues` treats as missing.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import islice
from typing import Final

from babel.core import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog, Message
from babel.messages.plurals import get_plural
from babel.messages.pofile import PoFileError, read_po

from bot.language import forbidden
from bot.language.catalogues import form_fits, forms_of, placeholders, plural_index
from flows.finding import Fault, Finding, fault, nearest
from flows.flow import TEXT_LIMIT, Flow
from flows.tables import decoded

MOST_BYTES: Final = 2 * 1024 * 1024
"""A catalogue that is longer is not read; the shipped ones have less than 200 KB."""
_MANY_FORMS: Final = re.compile(rb"nplurals[^;\n]{0,40}?\d\d")
"""No language has ten; Babel makes room for as many as the head says, a thousand million too."""
_JOINTS: Final = re.compile(rb'\\|"\s*"')
"""What a number may be broken by in a .po file."""
_NO_FORMULA: Final = fault("F508", "lint/plural-formula", "lint/fix/plural-formula")
_MOST_GUESSES: Final = 50
_CONTEXT: Final = re.compile(r'msgctxt "(.*)"\s*$')
_UNICODE: Final = ("utf-8", "utf8")


@dataclass(frozen=True, slots=True)
class Text:
    """One text to translate: its English (or singular and plural), its limit, who must not read."""

    sources: tuple[str, ...]
    rules: tuple[str, ...]
    limit: int = TEXT_LIMIT
    step: str = ""


def texts_of(flow: Flow) -> Mapping[str, Text]:
    """Return the texts of a flow by their ids; those that have no English yet are left out."""
    found = {}
    for key, source in flow.texts().items():
        if not source.text.strip():
            continue
        step = key.removeprefix(f"{flow.id}/").partition("/")[0]
        known = {one.partition("/")[0] for one in flow.steps}
        staff = flow.audience == "facilitator" or key.endswith("/observe")
        rules = forbidden.FOR_STAFF if staff else forbidden.RULES
        found[key] = Text((source.text,), rules, source.limit, step if step in known else "")
    return found


def lint(
    data: bytes, file: str, locale: str, texts: Mapping[str, Text], *, all_known: bool = True
) -> tuple[Finding, ...]:
    """Return all findings of one catalogue, by line; empty: every text can be said.

    Where a flow could not be read, not `all_known`, no translation is called superfluous.
    """
    text = decoded(data, file, MOST_BYTES)
    if isinstance(text, Finding):
        return (replace(text, locale=locale),)
    try:
        catalog = parsed(data, locale)
    except Unreadable as error:
        return (error.why.at(file, error.line, locale=locale),)
    return tuple(sorted(set(_Rules(file, locale, catalog, texts, text).findings(all_known))))


class Unreadable(Exception):
    """The catalogue can't be read; `why` says what to do, in which line."""

    def __init__(self, why: Fault, line: int = 1) -> None:
        super().__init__()
        self.why = why
        self.line = line


def parsed(data: bytes, locale: str) -> Catalog:
    """Return what a .po file says; raise `Unreadable` where nothing can be made of it."""
    if not _is_language(locale):
        why = fault("F508", "lint/no-such-language", "lint/fix/language", language=locale)
        raise Unreadable(why)
    if _MANY_FORMS.search(_JOINTS.sub(b"", data)):
        raise Unreadable(_NO_FORMULA)
    try:
        catalog = read_po(BytesIO(data), locale=locale, abort_invalid=True)
    except PoFileError as error:
        raise Unreadable(_no_catalogue(str(error)), error.lineno + 1) from None
    except Exception as error:  # noqa: BLE001 -- Babel tells of a broken file by whatever breaks
        raise Unreadable(_no_catalogue(str(error))) from None
    if (catalog.charset or "").lower() not in _UNICODE:
        raise Unreadable(fault("F108", "lint/no-unicode", "lint/fix/save-unicode"))
    if not any(message.id for message in catalog):
        raise Unreadable(fault("F508", "lint/no-catalogue", "lint/fix/catalogue"))
    _usable_plurals(catalog)
    return catalog


def _is_language(locale: str) -> bool:
    try:
        Locale.parse(locale)
    except (UnknownLocaleError, ValueError, TypeError):
        return False
    return True


def _no_catalogue(error: str) -> Fault:
    if "more translations" in error:
        return fault("F504", "lint/too-many-forms", "lint/fix/forms-by-head")
    return fault("F508", "lint/no-catalogue", "lint/fix/catalogue")


def _usable_plurals(catalog: Catalog) -> None:
    """Refuse a head whose rule does not choose one of its plural forms for every number."""
    try:
        index = plural_index(catalog)
        chosen = {index(n) for n in range(200)}
    except Exception:  # noqa: BLE001 -- a formula of anybody's, which may divide by nought
        chosen = {-1}
    if not chosen <= set(range(catalog.num_plurals)):
        raise Unreadable(_NO_FORMULA)


class _Rules:
    """The rules, over one catalogue and the texts that it is of."""

    def __init__(
        self, file: str, locale: str, catalog: Catalog, texts: Mapping[str, Text], text: str
    ) -> None:
        self._file, self._locale, self._texts, self._text = file, locale, texts, text
        self._index = plural_index(catalog)
        self._forms = catalog.num_plurals
        self._messages = [message for message in catalog if message.id]
        self._by_source = {(one.context or "", forms_of(one.id)): one for one in self._messages}
        self._by_context = {one.context or "": one for one in self._messages}

    def findings(self, all_known: bool) -> Iterator[Finding]:  # noqa: FBT001 -- handed through
        for key, text in self._texts.items():
            message = self._by_source.get((key, text.sources)) or self._by_context.get(key)
            line = (message.lineno if message else 0) or 1
            for wrong in self._of(key, text, message):
                yield wrong.at(self._file, line, text.step, self._locale)
        yield from self._head()
        yield from self._twice()
        if all_known:
            yield from self._orphans()
        if self._list() is None:
            wrong = fault("F509", "lint/no-words", "lint/fix/words", language=self._locale)
            yield wrong.at(self._file, 1, locale=self._locale)

    def _head(self) -> Iterator[Finding]:
        due = get_plural(self._locale).num_plurals
        if self._forms != due:
            more = {"found": str(self._forms), "due": str(due)}
            wrong = fault("F504", "lint/plural-head", "lint/fix/plural-head", (), **more)
            yield wrong.at(self._file, 1, locale=self._locale)

    def _of(self, key: str, text: Text, message: Message | None) -> Iterator[Fault]:
        if message is None:
            yield fault("F501", "lint/untranslated", "lint/fix/translate", text=key)
        elif forms_of(message.id) != text.sources:
            yield fault("F501", "lint/outdated", "lint/fix/update", text=key)
        elif not any(form.strip() for form in forms_of(message.string)):
            yield fault("F502", "lint/translated-empty", "lint/fix/translate", text=key)
        else:
            yield from self._translated(key, text, message)

    def _translated(self, key: str, text: Text, message: Message) -> Iterator[Fault]:
        said = forms_of(message.string)
        if message.fuzzy:
            yield fault("F503", "lint/fuzzy", "lint/fix/fuzzy", text=key)
        filled = sum(1 for form in said if form.strip())
        if filled < len(said):
            kind = ("F504", "lint/forms", "lint/fix/forms")
            yield fault(*kind, text=key, found=filled, due=len(said))
        elif not self._fits(text.sources, said):
            known = sorted(f"{{{name}}}" for name in placeholders(text.sources[-1]))
            fix = "lint/fix/placeholders" if known else "lint/fix/no-placeholders"
            yield fault("F504", "lint/placeholders", fix, known, text=key)
        length = max(_length(form) for form in said)
        if length > text.limit:
            kind = ("F505", "lint/too-long", "lint/fix/shorten")
            yield fault(*kind, text=key, length=length, limit=text.limit)
        yield from self._forbidden(key, text, " ".join(said))

    def _fits(self, sources: tuple[str, ...], said: tuple[str, ...]) -> bool:
        try:
            if len(sources) == 1:
                return placeholders(said[0]) == placeholders(sources[0])
            return all(form_fits(sources, said, form, self._index) for form in range(len(said)))
        except ValueError:
            return False

    def _forbidden(self, key: str, text: Text, said: str) -> Iterator[Fault]:
        locale = self._list()
        if locale is None:
            return
        words = {word for rule in text.rules for word in forbidden.broken_by(said, locale, rule)}
        fix = "lint/fix/neutral" if text.rules == forbidden.RULES else "lint/fix/no-verdict"
        for word in sorted(words):
            if (locale, key, word) not in forbidden.exceptions():
                yield fault("F506", "lint/forbidden", fix, text=key, word=word)

    def _list(self) -> str | None:
        """Return whose list of words holds: this language's, or that of its main form."""
        names = (self._locale, self._locale.partition("_")[0])
        return next((name for name in names if name in forbidden.lists()), None)

    def _twice(self) -> Iterator[Finding]:
        seen: set[str] = set()
        for number, line in enumerate(self._text.split("\n"), 1):
            match = _CONTEXT.match(line)
            key = match[1] if match else ""
            if key and key in seen:
                wrong = fault("F510", "lint/translated-twice", "lint/fix/remove-one", text=key)
                yield wrong.at(self._file, number, self._step(key), self._locale)
            seen.add(key)

    def _step(self, key: str) -> str:
        return self._texts[key].step if key in self._texts else ""

    def _orphans(self) -> Iterator[Finding]:
        orphans = [one for one in self._messages if (one.context or "") not in self._texts]
        for orphan in islice(orphans, _MOST_GUESSES):
            key = orphan.context or forms_of(orphan.id)[0]
            close = nearest(key, tuple(self._texts))
            wrong = fault("F507", "lint/orphan", "lint/fix/remove", text=key)
            if close and close not in self._by_context:
                wrong = fault(
                    "F507", "lint/orphan", "lint/fix/did-you-mean", (), near=close, text=key
                )
            yield wrong.at(self._file, orphan.lineno or 1, locale=self._locale)
        for orphan in orphans[_MOST_GUESSES:]:
            key = orphan.context or forms_of(orphan.id)[0]
            wrong = fault("F507", "lint/orphan", "lint/fix/remove", text=key)
            yield wrong.at(self._file, orphan.lineno or 1, locale=self._locale)


def _length(form: str) -> int:
    """Count what is certainly there: what fills a placeholder may be short."""
    return len(re.sub(r"\{\w*\}", "", form))
