"""What a screen is drawn from: one session as it stands, with the words of whoever looks at it.

Loaded in one read, so that a drawing never mixes two moments.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.language.words import Words, words
from flows.flow import Revision
from flows.model import Instant, PersonId, Session, SessionId
from storage import aliases, links, people, revisions, sessions
from storage.people import Person
from storage.store import Tx


@dataclass(frozen=True, slots=True)
class ItemWords:
    """A mandatory item in the viewer's language."""

    title: str
    observe: str


@dataclass(frozen=True, slots=True)
class Scene:
    """One session, seen by one person at one moment."""

    session: Session
    name: str
    viewer: Person
    say: Words
    labels: Mapping[PersonId, str]
    items: Mapping[str, ItemWords]
    link: str | None
    now: Instant
    aliases: Mapping[PersonId, str] = field(default_factory=dict, repr=False)
    own: Revision | None = None
    """The questions as they are published in the viewer's language."""
    call_link: str | None = field(default=None, repr=False)
    """The link into the check room, for whoever is called in."""

    def label(self, person: PersonId) -> str:
        """Return somebody's label: the only name that rings, and that is signed for."""
        return self.labels.get(person, "?")

    def named(self, person: PersonId) -> str:
        """Return somebody's label with the alias that staff gave; for staff's screens alone."""
        alias = self.aliases.get(person)
        return f"{self.label(person)} ({alias})" if alias else self.label(person)

    def item(self, item: str) -> str:
        """Return an item's title in the viewer's language."""
        known = self.items.get(item)
        return known.title if known else item


def load(
    tx: Tx, viewer: Person, session_id: SessionId, now: Instant, *, rings: bool = False
) -> Scene | None:
    """Return the scene of a session for its facilitator or participant; None for anybody else.

    What `rings` stands on a locked phone: there nobody has an alias.
    """
    session = sessions.load(tx, session_id)
    if session is None:
        return None
    if viewer.id in session.checks:
        labels: dict[PersonId, str] = {}
        known: dict[PersonId, str] = {}
    elif is_active(session, viewer.id):
        labels = {p: people.label_of(tx, p) for p in (*session.checks, *session.facilitators)}
        known = {} if rings else _aliases(tx, session)
    else:
        return None
    own = revisions.published(tx, sessions.CHECK_FLOW, viewer.locale)
    return Scene(
        session=session,
        name=sessions.name_of(tx, session_id),
        viewer=viewer,
        say=words(viewer.locale, viewer.zone),
        labels=labels,
        items=_items(session, own),
        link=_link(tx, session, viewer),
        now=now,
        aliases=known,
        own=own,
        call_link=_call_link(tx, session, viewer),
    )


def _aliases(tx: Tx, session: Session) -> dict[PersonId, str]:
    found = {person: aliases.find(tx, person) for person in session.checks}
    return {person: alias for person, alias in found.items() if alias}


def is_active(session: Session, person: PersonId) -> bool:
    """Say whether somebody is a facilitator of this session now."""
    facilitator = session.facilitators.get(person)
    return facilitator is not None and facilitator.active


def _items(session: Session, own: Revision | None) -> dict[str, ItemWords]:
    """Return the items' words: the viewer's language before the participants' own."""
    found = [own] if own else []
    found += [check.run.revision for check in session.checks.values() if check.run]
    return {
        item.id: ItemWords(item.title, item.observe)
        for revision in reversed(found)
        for item in revision.flow.items
    }


def _call_link(tx: Tx, session: Session, viewer: Person) -> str | None:
    """Return the link into the check room for whoever is called in, and for nobody else."""
    called = session.called
    if called is None or called.person != viewer.id:
        return None
    return links.find_call(tx, session.id, called.number)


def _link(tx: Tx, session: Session, viewer: Person) -> str | None:
    """Return the link for whoever a live credential is for, and for nobody else."""
    live = ((check.person, check.credential) for check in session.checks.values())
    if any(one and (one.handed_to or person) == viewer.id for person, one in live):
        return links.find(tx, session.id)
    return None
