"""How far each text of a language has come: translated, approved, changed since, or missing.

It compares texts by their contexts, as this installation shows them, and reads no words. What is
missing counts as nothing else; what was never approved is never called so.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from bot.errors import CatalogueBroken
from bot.language import catalogues
from bot.language.catalogues import Catalogue, CatalogueError
from bot.language.words import source_texts
from flows import drafts
from flows.definition import load_shipped
from flows.extract import BotText
from flows.flow import Revision
from storage import approvals, revisions
from storage.audit import Readable

State = Literal["approved", "changed", "translated", "missing"]
"""How a text stands: as it was approved, changed since, translated and not approved, missing."""
OWN: Final = "(the bot's own)"
"""Names what is no flow; no id of a flow has brackets."""
_LENGTH: Final = 16
"""Hexadecimal digits of a text's digest that are kept (64 bits)."""
_NUMBERS: Final = range(200)
"""Every plural form of every language stands for one of these."""
Digests = Mapping[str, str]
"""Text id -> digest of the id, the English and the words; empty where the words are missing."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """One flow, or the bot's own texts, in one language: how each text stands, by its id."""

    language: str
    part: str
    texts: Mapping[str, State]

    def ids(self, *states: State) -> tuple[str, ...]:
        """Return the ids of the texts that stand in one of these ways."""
        return tuple(key for key, found in self.texts.items() if found in states)

    def count(self, *states: State) -> int:
        """Return how many texts stand in one of these ways."""
        return len(self.ids(*states))

    @property
    def translated(self) -> int:
        """How many texts can be shown."""
        return len(self.texts) - self.count("missing")

    @property
    def per_cent(self) -> int:
        """Whole per cents that are translated, rounded down: only what is complete is 100."""
        return 100 * self.translated // len(self.texts)


# Without a database: what is shipped


def shipped(language: str) -> tuple[Coverage, ...]:
    """Return each flow and the bot's own texts as shipped; `UserError` where they are broken."""
    catalogue = _catalogue(language)
    flows = {
        flow.id: {
            key: _digest(key, source.text, catalogue.text(key, source.text))
            for key, source in flow.texts().items()
        }
        for flow in load_shipped().values()
    }
    return _states(language, {**flows, OWN: _own(catalogue)}, None)


def _catalogue(language: str) -> Catalogue:
    try:
        return catalogues.load(language)
    except CatalogueError as error:
        raise CatalogueBroken(language=language, reason=error) from None


# With one: what this installation shows


def kept(tx: Readable, language: str) -> tuple[Coverage, ...]:
    """Return each flow as it is in use here, and the bot's own texts, against what is approved."""
    approval = approvals.of(tx, language)
    return _states(language, parts(tx, language), approval.texts if approval else None)


def parts(tx: Readable, language: str) -> Mapping[str, Digests]:
    """Return the digests of each flow that is in use here, and of the bot's own texts."""
    flows = {flow: flow_digests(tx, flow, language) for flow in load_shipped()}
    return {**flows, OWN: _own(_catalogue(language))}


def flow_digests(tx: Readable, flow: str, language: str) -> Digests:
    """Return the digests of one flow; a text that the English has and the language lacks is empty.

    Where nothing is in use, as after a recall, everything is missing.
    """
    source = revisions.latest(tx, flow, catalogues.SOURCE_LANGUAGE)
    english = drafts.texts(source[0]) if source else load_shipped()[flow].texts()
    spoken = revisions.published(tx, flow, language)
    return of_flow({key: one.text for key, one in english.items()}, spoken)


def of_flow(english: Mapping[str, str], spoken: Revision | None) -> Digests:
    """Return the digests of a flow's texts by the English that they are of."""
    words = {key: one.text for key, one in drafts.texts(spoken).items()} if spoken else {}
    keys = dict.fromkeys((*english, *words))
    return {key: _digest(key, english.get(key, ""), words.get(key)) for key in keys}


def flat(found: Mapping[str, Digests]) -> Digests:
    """Return the digests of all parts together; a text's id names its part."""
    return {key: digest for texts in found.values() for key, digest in texts.items()}


@cache
def _own(catalogue: Catalogue) -> Digests:
    return {
        key: _digest(key, f"{source.one}\n{source.text}", _forms(catalogue, key, source))
        for key, source in source_texts().items()
    }


def _forms(catalogue: Catalogue, key: str, source: BotText) -> str | None:
    if not source.one:
        return catalogue.text(key, source.text)
    forms = (catalogue.plural(key, source.one, source.text, n) for n in _NUMBERS)
    said = dict.fromkeys(form for form in forms if form is not None)
    return "\n".join(said) or None


def _digest(key: str, english: str, words: str | None) -> str:
    if words is None:
        return ""
    told = json.dumps([key, english, words], ensure_ascii=True)
    return hashlib.sha256(told.encode()).hexdigest()[:_LENGTH]


def _states(
    language: str, found: Mapping[str, Digests], approved: Mapping[str, str] | None
) -> tuple[Coverage, ...]:
    return tuple(
        Coverage(language, part, dict(_part_states(texts, approved)))
        for part, texts in found.items()
    )


def _part_states(texts: Digests, approved: Mapping[str, str] | None) -> Iterator[tuple[str, State]]:
    for key, digest in texts.items():
        if not digest:
            yield key, "missing"
        elif approved is None:
            yield key, "translated"
        else:
            yield key, "approved" if approved.get(key) == digest else "changed"
