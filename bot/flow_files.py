"""Where flows and their catalogues are: in the package, or in a folder of a coordinator's.

It reads and never writes. What can't be reached is a `UserError`; what can be read and is wrong is
a finding.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from bot import catalogues, translations
from bot.errors import FileUnreadable, FolderMissing, FolderWithoutFlows
from bot.forbidden import FOR_STAFF
from bot.translations import Text
from bot.words import source_texts
from flows import lint
from flows.finding import Finding, fault
from flows.flow import TEXT_LIMIT, Flow
from flows.source import MOST_BYTES, decoded, read
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
    unreadable = False
    for name, file in place.flows.items():
        text = decoded(_bytes(file, name, MOST_BYTES), name)
        if isinstance(text, Finding):
            found.append(text)
            unreadable = True
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
    texts = {
        key: text for _, flow in flows.values() for key, text in translations.texts_of(flow).items()
    }
    found += _of_catalogues(place, texts, all_known=not unreadable)
    return tuple(sorted(set(found)))


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
