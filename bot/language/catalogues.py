"""The catalogues: translated texts by context, read from the .po files and kept up to date.

A text that is missing, empty, fuzzy or has other placeholders is None, never silently English.
`python -m bot.language.catalogues update` writes the templates and brings every .po up to them; run
twice it changes nothing, so it writes no dates, names or line numbers. `--typo CONTEXT` keeps the
translations of an English text in which a typo was corrected.
"""

import argparse
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import BytesIO
from pathlib import Path
from string import Formatter
from typing import Final

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.plurals import get_plural
from babel.messages.pofile import PoFileError, read_po, unescape, write_po

ROOT = Path(__file__).resolve().parents[2]
"""The checkout that this module stands in."""
SOURCE_LANGUAGE: Final = "en"
SOURCES: Final[Mapping[str, str]] = {"flows": "flows/definitions/*.toml", "bot": "bot/texts.toml"}
"""Where the texts of each domain come from, below the directory that holds the packages."""

_DRAFTED: Final = "Machine-drafted"
"""Stands in the comment at the head of a catalogue that no native speaker has read."""
_EXTRACTOR: Final = "flows.extract:extract"
_FIELDS: Final[Mapping[str, str]] = {
    "Project-Id-Version": "vestibule",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
}
_UNREVISED: Final[Mapping[str, str]] = {
    "PO-Revision-Date": "1970-01-01 00:00+0000",
    "Last-Translator": "nobody yet",
    "Language-Team": "none yet",
}
"""What gettext's tools ask for, where no translator has filled it in; the date is none's."""
_NOT_KEPT: Final = (*_FIELDS, "POT-Creation-Date", "Report-Msgid-Bugs-To", "Generated-By")
_PLACEHOLDERS: Final = ("YEAR-MO-DA", "FULL NAME", "EMAIL@ADDRESS", "LL@li.org")
_LOCALES: Traversable = files("locales")
"""Read at each call, so that a test can put other languages in its place."""


class CatalogueError(LookupError):
    """There is no such language, or its catalogue can't be read."""


class Catalogue:
    """The texts of one language."""

    def __init__(self, locale: str, translations: NullTranslations) -> None:
        self.locale = locale
        self._translations = translations

    def text(self, context: str, msgid: str) -> str | None:
        """Return the translation, or None where there is none that can be used."""
        return self._translations.pgettext(context, msgid) or None

    def plural(self, context: str, one: str, other: str, n: int) -> str | None:
        """Return the form for `n`, or None where there is none that can be used."""
        return self._translations.npgettext(context, one, other, n) or None


class _Nothing(NullTranslations):
    """The end of every chain of catalogues: what nobody translated is empty, not English."""

    def pgettext(self, context: str, message: str) -> str:  # noqa: ARG002 -- gettext's signature
        return ""

    def npgettext(
        self,
        context: str,  # noqa: ARG002 -- gettext's signature
        msgid1: str,  # noqa: ARG002 -- the same
        msgid2: str,  # noqa: ARG002 -- the same
        n: int,  # noqa: ARG002 -- the same
    ) -> str:
        return ""


def languages(root: Traversable | None = None) -> tuple[str, ...]:
    """Return the languages that have a catalogue; the source language comes first."""
    root = root or _LOCALES
    found = {
        folder.name
        for folder in root.iterdir()
        if folder.is_dir() and any(_po(root, folder.name, domain).is_file() for domain in SOURCES)
    }
    return (SOURCE_LANGUAGE, *sorted(found - {SOURCE_LANGUAGE}))


def load(locale: str, root: Traversable | None = None) -> Catalogue:
    """Return the texts of a language; CatalogueError where there is none or it is broken.

    The shipped ones are read once, as they don't change while the program runs.
    """
    return _load(locale, root) if root else _load_once(locale, _LOCALES)  # type: ignore[arg-type]  # a Path


@cache
def _load_once(locale: str, root: Traversable) -> Catalogue:
    return _load(locale, root)


def _load(locale: str, root: Traversable) -> Catalogue:
    if locale == SOURCE_LANGUAGE:
        return Catalogue(locale, NullTranslations())
    if locale not in languages(root):
        raise CatalogueError(f"There is no catalogue for {locale!r}.")
    chain: NullTranslations = _Nothing()
    for domain in SOURCES:
        translations = _compiled(_usable(_read(_po(root, locale, domain), locale)))
        translations.add_fallback(chain)
        chain = translations
    return Catalogue(locale, chain)


def coverage(locale: str, root: Traversable | None = None) -> Mapping[str, tuple[int, int]]:
    """Return (translated, total) by domain, counted from the contexts of the templates.

    A domain without a template is left out: nothing is known of it.
    """
    root = root or _LOCALES
    found = {}
    for domain in SOURCES:
        template = root.joinpath(f"{domain}.pot")
        if template.is_file():
            wanted = _keys(_read(template, None))
            found[domain] = (len(wanted & _translated(root, locale, domain, wanted)), len(wanted))
    return found


def is_drafted(locale: str, root: Traversable | None = None) -> bool:
    """Say whether a catalogue's head says that a machine drafted it and nobody has read it yet."""
    files = (_po(root or _LOCALES, locale, domain) for domain in SOURCES)
    heads = (file.read_text(encoding="utf-8") for file in files if file.is_file())
    return any(_DRAFTED in head.partition("msgid")[0] for head in heads)


Key = tuple[str, str]


def _translated(root: Traversable, locale: str, domain: str, wanted: set[Key]) -> set[Key]:
    if locale == SOURCE_LANGUAGE:
        return wanted
    return _keys(_usable(_read(_po(root, locale, domain), locale)))


def _po(root: Traversable, locale: str, domain: str) -> Traversable:
    return root.joinpath(locale, "LC_MESSAGES", f"{domain}.po")


def _keys(catalog: Catalog) -> set[Key]:
    return {(message.context or "", forms_of(message.id)[0]) for message in catalog if message.id}


def _read(file: Traversable, locale: str | None) -> Catalog:
    """Read a .po file; one that is not there has no texts."""
    if locale and Catalog(locale=locale).locale is None:
        raise CatalogueError(f"{locale!r} is no language that CLDR knows.")
    if not file.is_file():
        return Catalog(locale=locale)
    try:
        return read_po(BytesIO(file.read_bytes()), locale=locale, abort_invalid=True)
    except (PoFileError, ValueError, LookupError, IndexError, AttributeError) as error:
        raise CatalogueError(f"{file.name} of {locale or 'the template'}: {error}") from error


def _usable(catalog: Catalog) -> Catalog:
    """Leave out what must not be shown, so that it is missing rather than wrong."""
    index = plural_index(catalog)
    for message in list(catalog):
        if message.id and not _is_usable(message, index):
            catalog.delete(message.id, context=message.context)
    return catalog


def _is_usable(message: Message, index: Callable[[int], int]) -> bool:
    forms = forms_of(message.string)
    if message.fuzzy or not all(form.strip() for form in forms):
        return False
    sources = forms_of(message.id)
    try:
        if len(sources) == 1:
            return placeholders(forms[0]) == placeholders(sources[0])
        return all(form_fits(sources, forms, form, index) for form in range(len(forms)))
    except ValueError:
        return False


def form_fits(
    sources: tuple[str, ...], forms: tuple[str, ...], form: int, index: Callable[[int], int]
) -> bool:
    """Compare with the English plural; a form that stands for 1 alone may do as its singular."""
    found = placeholders(forms[form])
    only_one = index(1) == form and all(index(n) != form for n in range(200) if n != 1)
    return found == placeholders(sources[1]) or (only_one and found == placeholders(sources[0]))


def forms_of(strings: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """Return what stands for a text: one string, or one for each plural form."""
    return (strings or "",) if isinstance(strings, str | None) else tuple(strings)


def placeholders(text: str) -> frozenset[str]:
    """Return the names in braces; ValueError where a brace is left open."""
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def plural_index(catalog: Catalog) -> Callable[[int], int]:
    """Return what chooses a catalogue's plural form for a number."""
    return partial(_index_of, _compiled(_probe(catalog)))


def _index_of(probe: GNUTranslations, n: int) -> int:
    return int(probe.ngettext("one", "other", n))


def _probe(catalog: Catalog) -> Catalog:
    """Build a catalogue whose plural forms are their own indexes: gettext's public way to ask."""
    probe = Catalog(locale=catalog.locale)
    probe.mime_headers = catalog.mime_headers
    probe.add(("one", "other"), tuple(str(form) for form in range(catalog.num_plurals)))
    return probe


def _compiled(catalog: Catalog) -> GNUTranslations:
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return GNUTranslations(compiled)


@dataclass(frozen=True, slots=True)
class _Domain:
    """One template and the catalogues made from it, in a checkout."""

    root: Path
    name: str

    @property
    def template(self) -> Path:
        return self.root / "locales" / f"{self.name}.pot"

    def sources(self) -> list[Path]:
        return sorted(self.root.glob(SOURCES[self.name]))

    def extracted(self) -> Catalog:
        found = Catalog(charset="utf-8")
        for source in self.sources():
            place = source.relative_to(self.root).as_posix()
            for _, msgid, comments, context in extract_from_file(
                _EXTRACTOR, source, keywords=DEFAULT_KEYWORDS
            ):
                found.add(msgid, None, [(place, 1)], auto_comments=tuple(comments), context=context)
        return found


def update(root: Path, typos: Collection[str] = ()) -> tuple[Path, ...]:
    """Bring the templates and catalogues below `root` up to their sources; return what changed.

    Translations are kept where context and English are the same, and where the English of a
    context had a typo alone (`typos`); nothing is guessed (no fuzzy matching), and what is no
    longer used is dropped. What a translator wrote into the head stays. `CatalogueError` says why
    a context can't be called a typo; then nothing is written.
    """
    found = [*_updated(root, typos)]
    return tuple(path for path, text in found if _write(path, text))


def _updated(root: Path, typos: Collection[str]) -> Iterator[tuple[Path, str]]:
    domains = [domain for name in SOURCES if (domain := _Domain(root, name)).sources()]
    templates = {domain.name: domain.extracted() for domain in domains}
    known = {message.context for template in templates.values() for message in template}
    for context in typos:
        if context not in known:
            raise CatalogueError(f"There is no text {context!r}.")
    for domain in domains:
        template = templates[domain.name]
        yield domain.template, _template_head(domain.name) + _body(template)
        for folder in sorted((root / "locales").glob("*/LC_MESSAGES")):
            path, locale = folder / f"{domain.name}.po", folder.parent.name
            yield path, _head(path, locale) + _body(_merged(path, locale, template, typos))


def _merged(path: Path, locale: str, template: Catalog, typos: Collection[str]) -> Catalog:
    merged = _read(path, locale)
    _carry_over(merged, template, typos)
    merged.update(template, no_fuzzy_matching=True)
    return merged


def _carry_over(catalog: Catalog, template: Catalog, typos: Collection[str]) -> None:
    """Put the corrected English over a translation in the place of the one with the typo."""
    corrected = {message.context: message for message in template if message.context in typos}
    for old in [message for message in catalog if message.context in corrected]:
        new = corrected[old.context]
        if not _says_the_same(forms_of(old.id), forms_of(new.id)):
            raise CatalogueError(f"{new.context} changed by more than a typo: its form is another.")
        if old.id != new.id:
            catalog.delete(old.id, context=old.context)
            catalog.add(new.id, old.string, flags=old.flags, context=new.context,
                        user_comments=old.user_comments)  # fmt: skip


def _says_the_same(old: tuple[str, ...], new: tuple[str, ...]) -> bool:
    """Say whether two English texts have the same forms with the same placeholders."""
    return [placeholders(form) for form in old] == [placeholders(form) for form in new]


def _body(catalog: Catalog) -> str:
    written = BytesIO()
    write_po(
        written, catalog, width=98, omit_header=True, include_lineno=False, ignore_obsolete=True
    )
    return written.getvalue().decode()


def _head(path: Path, locale: str) -> str:
    """Keep what the head of the file says; a new file gets a new one, and what lacks is put in."""
    told, comments = _told(path), _comments(path)
    if not path.is_file():
        name = Locale.parse(locale).english_name
        comments = f"# Vestibule: {name}.\n# {_DRAFTED}: not yet read by a native speaker.\n"
    missing = {"Language": locale, "Plural-Forms": get_plural(locale).plural_forms}
    return comments + _fields({**_FIELDS, **_UNREVISED, **missing, **told})


def _comments(path: Path) -> str:
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    lines = text.partition("msgid")[0].splitlines(keepends=True)
    return "".join(line for line in lines if line.startswith("#") and line[1:2] != ",")


def _told(path: Path) -> dict[str, str]:
    """Return the fields of a file's head that somebody has filled in."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    head = text.partition("\n\n")[0].splitlines()
    lines = "".join(unescape(line) for line in head if line.startswith('"')).splitlines()
    fields = ((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
    return {
        name: value
        for name, value in fields
        if value and name not in _NOT_KEPT and not any(one in value for one in _PLACEHOLDERS)
    }


def _template_head(domain: str) -> str:
    return (
        f"# Vestibule: template of the texts in {', '.join(SOURCES[domain].split())}.\n"
        "# Made by `make catalogues`; changes made here are lost.\n" + _fields(_FIELDS)
    )


def _fields(fields: Mapping[str, str]) -> str:
    lines = "".join(f'"{name}: {value}\\n"\n' for name, value in fields.items())
    return f'msgid ""\nmsgstr ""\n{lines}\n'


def _write(path: Path, text: str) -> bool:
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return True


def main(arguments: list[str]) -> int:
    """Run `update` on the checkout that this module stands in; return the exit code."""
    chosen = _parser().parse_args(arguments)
    try:
        written = update(ROOT, chosen.typo)
    except CatalogueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for changed in written:
        sys.stdout.write(f"{changed.relative_to(ROOT).as_posix()}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot.language.catalogues")
    commands = parser.add_subparsers(required=True, dest="command")
    bring = commands.add_parser("update", help="bring templates and catalogues up to their sources")
    told = "the English of this text had a typo alone: its translations stay; more than once"
    bring.add_argument("--typo", action="append", default=[], metavar="CONTEXT", help=told)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
