"""Where flows and their catalogues are: in the package, or in a folder of a coordinator's.

It reads and never writes. What can't be reached is a `UserError`; what can be read and is wrong is
a finding.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from bot.errors import FileUnreadable, FolderMissing, FolderWithoutFlows
from bot.language import catalogues, forbidden, translations
from bot.language.forbidden import FOR_STAFF
from bot.language.translations import Text
from bot.language.words import source_texts
from flows import lint, overlay
from flows.finding import Finding, fault, misspelt
from flows.flow import TEXT_LIMIT, Flow, SourceText, for_staff
from flows.overlay import Overlay
from flows.source import read
from flows.tables import MOST_BYTES, decoded
from flows.unfold import unfold


@dataclass(frozen=True, slots=True)
class Place:
    """Flows by the names that findings give them, and the folder of the catalogues, if any."""

    flows: Mapping[str, Traversable]
    locales: Traversable | None
    locales_name: str


def shipped() -> Place:
    """Return where the flows that come with the package are."""
    folder = files("flows").joinpath("definitions")
    found = {f"flows/definitions/{file.name}": file for file in _flows_in(folder)}
    return Place(found, files("locales"), "locales")


def in_folder(folder: Path) -> Place:
    """Return where the flows in a folder are; `UserError` where there are none."""
    if not folder.is_dir():
        raise FolderMissing(folder=_plain(str(folder)))
    try:
        found = {_plain(f"{folder / file.name}"): file for file in _flows_in(folder)}
        locales = folder / "locales"
        spoken = locales if locales.is_dir() else None
    except OSError as error:
        raise FileUnreadable(file=_plain(str(folder)), reason=error.strerror) from None
    if not found:
        raise FolderWithoutFlows(folder=_plain(str(folder)))
    return Place(found, spoken, _plain(str(locales)))


def findings(place: Place) -> tuple[Finding, ...]:
    """Return all findings of flows and catalogues, sorted; `UserError` where one can't be read."""
    found: list[Finding] = []
    flows: dict[str, tuple[str, Flow]] = {}
    overlays: list[Overlay] = []
    unreadable = False
    for name, file in place.flows.items():
        text = decoded(_bytes(file, name, MOST_BYTES), name)
        if isinstance(text, Finding):
            found.append(text)
            unreadable = True
            continue
        if overlay.is_overlay(text):
            overlays.append(overlay.read(text, name))
            continue
        found += lint.lint(text, name)
        source = read(text, name)
        unreadable |= source.unreadable
        if source.id and source.id in flows:
            twice = fault(
                *("F201", "lint/flow-twice", "lint/fix/rename-one"),
                name=source.id,
                other=flows[source.id][0],
            )
            found.append(twice.at(name, 1))
        flows.setdefault(source.id, (name, unfold(source)))
    for one in overlays:
        found += _of_overlay(one, {name: flow for name, (_, flow) in flows.items()})
    texts = {
        key: text for _, flow in flows.values() for key, text in translations.texts_of(flow).items()
    }
    found += _of_catalogues(place, texts, all_known=not unreadable)
    return tuple(sorted(set(found)))


def _of_overlay(one: Overlay, flows: Mapping[str, Flow]) -> Iterator[Finding]:
    """Return the findings of an overlay, laid over the flow that it is of."""
    flow = flows.get(one.flow)
    if flow is None or not one.flow:
        yield from one.findings
        if one.flow:
            wrong = misspelt("F801", "lint/overlay-of", one.flow, tuple(flows), name=one.flow)
            yield wrong.at(one.file, 1, locale=one.language)
        return
    laid = overlay.laid_over(flow, one)
    if not isinstance(laid, Flow):
        yield from laid
        return
    known = flow.texts()
    said = {key: text for key, text in laid.texts().items() if key not in known}
    yield from forbidden_in(said, laid, one.language, one.file)


def forbidden_in(
    said: Mapping[str, SourceText], flow: Flow, locale: str, file: str
) -> Iterator[Finding]:
    """Return a finding for each word of a text in a language that must not stand there."""
    if locale not in forbidden.lists():
        wrong = fault("F509", "lint/no-words", "lint/fix/words", language=locale)
        yield wrong.at(file, 1, locale=locale)
        return
    for key, text in said.items():
        rules = forbidden.FOR_STAFF if for_staff(flow, key) else forbidden.RULES
        words = {word for rule in rules for word in forbidden.broken_by(text.text, locale, rule)}
        for word in sorted(words):
            fix = "lint/fix/no-verdict" if for_staff(flow, key) else "lint/fix/neutral"
            wrong = fault("F506", "lint/forbidden", fix, text=key, word=word)
            yield wrong.at(file, 1, key.split("/")[1], locale)


def _of_catalogues(
    place: Place, texts: Mapping[str, Text], *, all_known: bool
) -> Iterator[Finding]:
    if place.locales is None:
        return
    for locale in _languages(place.locales, place.locales_name):
        for domain, due in (("flows", texts), ("bot", _of_the_bot())):
            name = f"{place.locales_name}/{_plain(locale)}/LC_MESSAGES/{domain}.po"
            file = place.locales.joinpath(locale, "LC_MESSAGES", f"{domain}.po")
            known = all_known or domain == "bot"
            if file.is_file():
                data = _bytes(file, name, translations.MOST_BYTES)
                yield from translations.lint(data, name, _plain(locale), due, all_known=known)
            elif domain == "flows" and due:
                none = fault("F501", "lint/untranslated-all", "lint/fix/add-catalogue")
                yield none.at(name, 1, locale=_plain(locale))


def _of_the_bot() -> Mapping[str, Text]:
    """Return the bot's own texts, of which no rule but the one for everybody is asked here."""
    return {
        key: Text(
            (text.one, text.text) if text.one else (text.text,),
            FOR_STAFF,
            text.max or TEXT_LIMIT,
        )
        for key, text in source_texts().items()
    }


def _languages(root: Traversable, name: str) -> tuple[str, ...]:
    try:
        return catalogues.languages(root)[1:]
    except OSError as error:
        raise FileUnreadable(file=name, reason=error.strerror) from None


def _flows_in(folder: Traversable) -> list[Traversable]:
    found = [file for file in folder.iterdir() if file.name.endswith(".toml") and file.is_file()]
    return sorted(found, key=lambda file: file.name)


def _bytes(file: Traversable, name: str, most: int) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(most + 1)
    except OSError as error:
        raise FileUnreadable(file=name, reason=error.strerror) from None


def _plain(name: str) -> str:
    """Return a file's name as letters, whatever bytes and signs it is made of."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in name)
