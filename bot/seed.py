"""Seeding: staff, participants, groups and sessions from a TOML file, until people enrol by taps.

Everything is checked before anything is written, and all is written in one transaction. It never
signs, opens or admits: it settles what is settled before a session, and plans sessions.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from bot import labels, planning, seed_file
from bot.config import Config
from bot.errors import LanguageUnusable, SeedRefused
from bot.language.catalogues import CatalogueError
from bot.language.shipped import LanguageIncomplete, shipped_revision
from bot.seed_file import Calendar, ParticipantEntry, Person, SeedFile, SessionEntry, StaffEntry
from flows.definition import load_shipped
from flows.model import (
    MINUTE,
    Clearance,
    Instant,
    PersonId,
    Programme,
    RoomKind,
    Rules,
    SessionId,
    SessionKind,
)
from storage import audit, groups, people, revisions, sessions
from storage.audit import AuditRow
from storage.groups import Part
from storage.people import Role
from storage.store import Store, Tx

INVITATION_SECONDS: Final = 14 * 86400


@dataclass(frozen=True, slots=True)
class Seed:
    """A seed file that was read, and its name for messages."""

    source: str
    file: SeedFile


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a seed takes from the configuration: zone and languages, the rules, the usual cap."""

    zone: str
    languages: tuple[str, ...]
    rules: Rules = field(default_factory=Rules)
    cap: int = 6

    @classmethod
    def of(cls, config: Config) -> "Defaults":
        """Take them from a configuration."""
        programme, limits = config.programme, config.limits
        return cls(programme.time_zone, programme.languages, limits.rules, limits.cap)


@dataclass(frozen=True, slots=True)
class Invitation:
    """One invitation; `link_payload` is the secret part of its link, shown once and not kept.

    `role` is `participant`, or the roles of a member of staff, parted by commas.
    """

    label: str
    role: str
    locale: str
    link_payload: str = field(repr=False)


def load_seed(path: Path) -> Seed:
    """Read a seed file; `UserError` says what is wrong with its shape."""
    return Seed(str(path), seed_file.read(path))


def check(seed: Seed, defaults: Defaults, now: Instant) -> None:
    """Raise a `UserError` for what can be seen to be wrong without the store."""
    calendar = Calendar(ZoneInfo(defaults.zone), now)
    for place, problem in seed_file.problems(
        seed.file, defaults.languages, defaults.cap, calendar, defaults.rules.signers
    ):
        raise SeedRefused(file=seed.source, place=place, problem=problem)


async def apply(
    store: Store, seed: Seed, defaults: Defaults, now: Instant
) -> tuple[Invitation, ...]:
    """Add everything in the seed; return the invitations, staff first, in the file's order.

    `UserError` says what is wrong; then nothing was changed. A label that is in use already is
    refused, so a file with labels can't be applied twice; one without adds everybody once more.
    What the file does not say of the programme stays, and a suspended programme stays suspended.
    Also publishes the shipped flows in every language.
    """
    check(seed, defaults, now)
    calendar = Calendar(ZoneInfo(defaults.zone), now)
    return await store.transact(lambda tx: _Sowing(tx, seed, defaults, calendar).sow())


def publish_shipped(tx: Tx, languages: Iterable[str], now: Instant) -> None:
    """Publish the shipped flows in these languages, but where a coordinator has published.

    What a coordinator has published stays, also when a newer version of the program is started.
    """
    for language, flow in product(languages, load_shipped()):
        try:
            revision = shipped_revision(flow, language)
        except (LanguageIncomplete, CatalogueError):
            raise LanguageUnusable(language=language) from None
        last = revisions.publications(tx, flow, language, 1)
        if not last or (last[0].by is None and not revisions.is_recalled(tx, revision.id)):
            revisions.publish(tx, revision, now)


class _Sowing:
    """One seed on its way into one transaction."""

    def __init__(self, tx: Tx, seed: Seed, defaults: Defaults, calendar: Calendar) -> None:
        self._tx = tx
        self._seed = seed
        self._defaults = defaults
        self._calendar = calendar
        self._now = calendar.now
        self._known: dict[str, PersonId] = {}
        self._newcomers: list[PersonId] = []

    def sow(self) -> tuple[Invitation, ...]:
        file = self._seed.file
        used = labels.used(self._tx)
        self._refuse(used)
        publish_shipped(self._tx, self._defaults.languages, self._now)
        self._set_programme()
        given = {entry.label.casefold() for _, entry in seed_file.everybody(file) if entry.label}
        fresh = labels.fresh(used | given)
        staff = [self._add_staff(one) for one in file.staff]
        others = [self._add_participant(one, one.label or next(fresh)) for one in file.participant]
        named = {group.name: self._group(group.name) for group in file.group}
        for number, session in enumerate(file.session, 1):
            group = named.get(session.group or "")
            self._add_session(session, group)
            if group is not None:
                self._fill(f"session {number}", session, group)
        for (place, entry), person in zip(seed_file.everybody(file), self._newcomers, strict=True):
            for name in entry.joins:
                self._join(place, entry, person, name)
        return (*staff, *others)

    def _refuse(self, used: set[str]) -> None:
        for place, entry in seed_file.everybody(self._seed.file):
            if entry.label and entry.label.casefold() in used:
                taken = "somebody has this label already; please choose another one."
                raise self._refusal(place, taken)

    def _set_programme(self) -> None:
        before, entry = people.programme(self._tx), self._seed.file.programme
        ends, contact = before.ends_at, before.safety_contact_until
        if entry and entry.ends:
            ends = self._calendar.end(entry.ends)
        if entry and entry.safety_contact_until:
            contact = self._calendar.end(entry.safety_contact_until)
        # Even unchanged: the agreements' first versions come with it.
        people.set_programme(self._tx, Programme(before.suspended, ends, contact))
        if entry:
            self._record("programme")

    def _add_staff(self, entry: StaffEntry) -> Invitation:
        person = self._add_person(entry, entry.label)
        for role in entry.roles:
            prepared = entry.prepared if role is Role.FACILITATOR else None
            since = self._calendar.begin(prepared) if prepared else None
            people.give_role(self._tx, person, role, prepared_at=since)
        return self._invite(person, entry.label, ", ".join(entry.roles), entry.locale)

    def _add_participant(self, entry: ParticipantEntry, label: str) -> Invitation:
        person = self._add_person(entry, label)
        self._settle(person, entry)
        return self._invite(person, label, "participant", entry.locale)

    def _add_person(self, entry: Person, label: str) -> PersonId:
        zone = entry.time_zone or self._defaults.zone
        person = people.add(self._tx, locale=entry.locale, zone=zone, label=label, now=self._now)
        self._known[seed_file.key_of(entry) or label] = person
        self._newcomers.append(person)
        self._record("person", person=person)
        return person

    def _settle(self, person: PersonId, entry: ParticipantEntry) -> None:
        tx, now, calendar = self._tx, self._now, self._calendar
        if entry.clearance and entry.clearance_until:
            clearance = Clearance(entry.clearance, calendar.end(entry.clearance_until))
            people.settle_clearance(tx, person, clearance, now)
        if entry.oriented_until:
            people.settle_orientation(tx, person, calendar.end(entry.oriented_until), now)
        if entry.intake:
            people.settle_intake(tx, person, calendar.begin(entry.intake))
        for agreement in entry.agreements:
            people.settle_agreement(tx, person, agreement, entry.locale, now)

    def _invite(self, person: PersonId, label: str, role: str, locale: str) -> Invitation:
        token = secrets.token_urlsafe(24)
        people.invite(self._tx, person, token, expires_at=self._now + INVITATION_SECONDS)
        return Invitation(label, role, locale, token)

    def _group(self, name: str) -> int:
        """Return the group of this name; a new one is like the first session that it has."""
        row = self._tx.db.execute(
            'SELECT id FROM "group" WHERE name = ? AND ended_at IS NULL', (name,)
        ).fetchone()
        if row:
            return int(row["id"])
        first = next((one for one in self._seed.file.session if one.group == name), None)
        usual = self._defaults.cap
        return groups.add(
            self._tx,
            name,
            kind=first.kind if first else SessionKind.GROUP,
            locale=self._language_of(first),
            minutes=first.minutes if first else seed_file.GROUP_MINUTES[0],
            room=first.room if first else RoomKind.LINK,
            cap=first.cap_or(usual) if first else usual,
        )

    def _language_of(self, session: SessionEntry | None) -> str:
        """Return the language of the first participant whom a session expects."""
        entries = {seed_file.key_of(one): one for one in self._seed.file.participant}
        first = entries.get(session.participants[0]) if session else None
        return first.locale if first else self._defaults.languages[0]

    def _fill(self, place: str, session: SessionEntry, group: int) -> None:
        """Put everybody of a session into its group, which becomes as large as the session."""
        found, cap = groups.find(self._tx, group), session.cap_or(self._defaults.cap)
        if found is not None and found.cap < cap:
            groups.save(self._tx, replace(found, kind=session.kind, cap=cap))
        for key in session.facilitators:
            self._enter(place, group, self._known[key], Part.FACILITATOR)
        for key in session.participants:
            self._enter(place, group, self._known[key], Part.PARTICIPANT)

    def _enter(self, place: str, group: int, person: PersonId, part: Part) -> None:
        if groups.since(self._tx, group, person) is not None:
            return
        found = groups.find(self._tx, group)
        inside = len(groups.members(self._tx, group, Part.PARTICIPANT))
        if part is Part.PARTICIPANT and found is not None and inside >= found.cap:
            taken = f"its group holds {found.cap} participants; its sessions name more."
            raise self._refusal(place, taken)
        groups.join(self._tx, group, person, part, self._now)

    def _add_session(self, entry: SessionEntry, group: int | None) -> None:
        starts_at = self._calendar.start(entry)
        ends_at = starts_at + entry.minutes * MINUTE
        rules = self._defaults.rules
        if entry.check_room is not None:
            rules = replace(rules, check_room=entry.check_room == "link")
        session = planning.add(
            self._tx,
            sessions.Plan(
                name=entry.name,
                kind=entry.kind,
                room=entry.room,
                starts_at=starts_at,
                ends_at=ends_at,
                cap=entry.cap_or(self._defaults.cap),
                facilitators=tuple(self._known[key] for key in entry.facilitators),
                participants=tuple(self._known[key] for key in entry.participants),
                rules=rules,
                group=group,
                zone=self._calendar.zone.key,
            ),
            self._now,
        )
        self._record("session", session=session)

    def _join(self, place: str, entry: Person, person: PersonId, name: str) -> None:
        """Add somebody new to a session that has not ended, and show it on every board."""
        session = sessions.coming(self._tx, name)
        if session is None:
            raise self._refusal(place, f"there is no planned or running session {name!r} to join.")
        if isinstance(entry, StaffEntry):
            sessions.lead(self._tx, session, person)
        elif sessions.is_full(self._tx, session):
            raise self._refusal(place, f"the session {name!r} is full.")
        else:
            sessions.expect(self._tx, session, person)
        group = groups.of_session(self._tx, session)
        if group is not None:
            leads = isinstance(entry, StaffEntry)
            self._enter(place, group, person, Part.FACILITATOR if leads else Part.PARTICIPANT)
        planning.redraw_boards(self._tx, session, self._now)
        self._record("joined", person=person, session=session)

    def _refusal(self, place: str, problem: str) -> SeedRefused:
        return SeedRefused(file=self._seed.source, place=place, problem=problem)

    def _record(
        self, what: str, *, person: PersonId | None = None, session: SessionId | None = None
    ) -> None:
        row = AuditRow(
            at=self._now, kind=f"seed/{what}", outcome="done", person=person, session=session
        )
        audit.append(self._tx, row)
