"""Other names for the same: items, people and facilitators renamed, and listed in another order."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from enum import Enum
from types import MappingProxyType
from typing import Any

from flows.flow import Revision
from flows.model import PersonId, Session

PEOPLE = ("by", "person", "to", "about")
"""The fields that name somebody; all other numbers are counts and instants."""
DIGEST = re.compile(r"[0-9a-f]{16,64}")


@dataclass(frozen=True)
class Names:
    """Who and what is called otherwise."""

    items: Mapping[str, str]
    people: Mapping[PersonId, PersonId]
    revisions: dict[str, Revision] = field(default_factory=dict)

    def of(self, value: Any, name: str = "") -> Any:
        """Return the value under the other names; what was digested is not comparable: left out."""
        if isinstance(value, Enum) or value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return self._words(value)
        if isinstance(value, Revision):
            return self._revision(value)
        if isinstance(value, int):
            return self.people.get(PersonId(value), value) if name in PEOPLE else value
        if isinstance(value, Mapping):
            return {self._key(key): self.of(one) for key, one in value.items()}
        if isinstance(value, tuple | list):
            return tuple(self.of(one) for one in value)
        if is_dataclass(value) and not isinstance(value, type):
            changed = {f.name: self.of(getattr(value, f.name), f.name) for f in fields(value)}
            return replace(value, **changed)
        return value

    def _revision(self, revision: Revision) -> Revision:
        if revision.id not in self.revisions:
            flow = revision.flow
            changed = {f.name: self.of(getattr(flow, f.name)) for f in fields(flow)}
            self.revisions[revision.id] = replace(revision, flow=replace(flow, **changed))
        return self.revisions[revision.id]

    def _key(self, key: Any) -> Any:
        if isinstance(key, tuple):
            item, person = key
            return self._words(item), self.people.get(person, person)
        return self._words(key) if isinstance(key, str) else self.people.get(key, key)

    def _words(self, words: str) -> str:
        if DIGEST.fullmatch(words):
            return ""
        parts = words.split("/")
        return "/".join(self.items.get(part, part) for part in parts)


def turned(session: Session) -> Session:
    """Return the session with everybody listed in the other order."""
    return replace(
        session,
        checks=dict(reversed(session.checks.items())),
        facilitators=dict(reversed(session.facilitators.items())),
    )


def plain(value: Any) -> Any:
    """Return the value with nothing digested in it, for comparing."""
    same = Names(MappingProxyType({}), MappingProxyType({}))
    return same.of(value)


def unordered(effects: tuple[object, ...]) -> list[str]:
    return sorted(repr(plain(effect)) for effect in effects)
