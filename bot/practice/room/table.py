"""The table of the practice room: whose phones lie on it, and which were put away.

People come by a seed, as in a service of one's own, and open their invitation on a phone. What the
bot knows of them is written by `seed.apply` alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from bot import seed
from bot.practice import installation
from bot.practice.botapi.api import PracticeApi
from bot.seed import Seed
from bot.seed_file import ParticipantEntry, SeedFile, StaffEntry
from flows.model import Agreement, ClearanceDecision, Instant
from storage import approvals, sessions
from storage.people import Role
from storage.store import Store, Tx

FIRST_PHONE = 1001
ROLES = ("participant", "facilitator", "coordinator", "newcomer", "stranger")
"""Who can be given a phone by a click. The bot knows neither a stranger nor a newcomer; but a
newcomer has an invitation from the bot's own hand, or gets one from somebody else's phone."""
UNKNOWN = ("newcomer", "stranger")
_NAMES = ("Clara", "David", "Emma", "Felix", "Greta", "Hugo", "Ida", "Jonas", "Lena", "Max")
_STRANGERS = tuple(f"Stranger {number}" for number in range(1, 11))
_PREPARED = date(2026, 1, 15)
_UNTIL = date(2027, 3, 31)


class TableError(Exception):
    """This can't be done at the table."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whose phone it is; `link` invites them until it was opened, `away` when it was put away."""

    user_id: int
    label: str
    role: str
    locale: str
    link: str = ""
    away: bool = False


class Table:
    """Everybody with a phone, in the order in which they came."""

    def __init__(self, api: PracticeApi, defaults: seed.Defaults) -> None:
        self._api = api
        self._defaults = defaults
        self.people: tuple[Person, ...] = ()

    @property
    def present(self) -> tuple[Person, ...]:
        """Everybody whose phone is not put away."""
        return tuple(person for person in self.people if not person.away)

    async def enter(self, store: Store, sown: Seed, now: Instant) -> None:
        """Seat everybody in a seed, and let them open their invitations.

        Where nobody is there yet, the first coordinator approves the languages.
        """
        seated = await self._sow(store, sown, now)
        if seated:
            languages = self._defaults.languages
            await store.transact(lambda tx: installation.approve(tx, languages, now))
        for person in seated:
            self._api.phones.get(person.user_id).open_link(person.link)

    def come_back(self, people: Sequence[Person]) -> None:
        """Give everybody their phone again: its chat was not kept, so they ask where they are."""
        self.people = tuple(people)
        for person in people:
            phone = self._api.phones.add(person.user_id, person.label, person.locale)
            if not person.link and person.role not in UNKNOWN:
                phone.type("/now")

    async def add(
        self, store: Store, role: str, locale: str, label: str, now: Instant, terminal: str = ""
    ) -> Person:
        """Add somebody with a phone and an invitation that nobody has opened yet.

        An empty `label` is made up; `terminal` is the first coordinator's invitation, where there
        is one. Raise `TableError` or a `UserError`.
        """
        if role not in ROLES:
            raise TableError(f"There is no role {role}.")
        if locale not in self._defaults.languages:
            raise TableError(f"There are no texts in {locale}.")
        if role == "stranger":
            return self._seat(label or self._free(_STRANGERS), role, locale, "")
        if role == "newcomer":
            taken = any(person.role == role for person in self.people)
            return self._seat(label or self._free(_NAMES), role, locale, "" if taken else terminal)
        if role == "participant" and not await store.read(approvals.all_of):
            raise TableError("No language is approved yet: /flows, Languages, by a coordinator.")
        joins = await store.read(_coming)
        if role == "participant":
            newcomer = SeedFile(participant=(_participant(locale, label, joins),))
        else:
            newcomer = SeedFile(staff=(_staff(role, locale, label or self._free(_NAMES), joins),))
        (person,) = await self._sow(store, Seed("practice room", newcomer), now)
        return person

    def put_away(self, user_id: int, *, away: bool) -> None:
        """Put somebody's phone away, or take it out again; nothing of it is lost."""
        if user_id not in [person.user_id for person in self.people]:
            raise TableError("There is no such phone.")
        self.people = tuple(
            replace(person, away=away) if person.user_id == user_id else person
            for person in self.people
        )

    def look(self) -> None:
        """Forget the invitations of those who have opened one."""
        self.people = tuple(
            replace(person, link="")
            if person.link and self._api.phones.get(person.user_id).view()["started"]
            else person
            for person in self.people
        )

    async def _sow(self, store: Store, sown: Seed, now: Instant) -> list[Person]:
        invitations = await seed.apply(store, sown, self._defaults, now)
        return [
            self._seat(one.label, one.role, one.locale, self._api.start_url(one.link_payload))
            for one in invitations
        ]

    def _seat(self, label: str, role: str, locale: str, link: str) -> Person:
        if role == "facilitator" and any(one.role == role for one in self.people):
            role = "co-facilitator"
        number = FIRST_PHONE + len(self.people)
        person = Person(number, label, role, locale, link)
        self._api.phones.add(number, label, locale)
        self.people = (*self.people, person)
        return person

    def _free(self, names: Sequence[str]) -> str:
        used = {person.label for person in self.people}
        found = next((name for name in names if name not in used), None)
        if found is None:
            raise TableError("There is no room for more phones.")
        return found


def _coming(tx: Tx) -> tuple[str, ...]:
    """Return the name of the session that newcomers join, if there is one."""
    session = sessions.next_coming(tx)
    return () if session is None else (sessions.name_of(tx, session),)


def _participant(locale: str, label: str, joins: tuple[str, ...]) -> ParticipantEntry:
    return ParticipantEntry(
        locale=locale,
        label=label or None,
        clearance=ClearanceDecision.ONLINE_GROUP,
        clearance_until=_UNTIL,
        oriented_until=_UNTIL,
        intake=_PREPARED,
        agreements=tuple(Agreement),
        joins=joins,
    )


def _staff(role: str, locale: str, label: str, joins: tuple[str, ...]) -> StaffEntry:
    if role == "coordinator":
        return StaffEntry(label=label, roles=(Role.COORDINATOR,), locale=locale)
    return StaffEntry(
        label=label, roles=(Role.FACILITATOR,), locale=locale, prepared=_PREPARED, joins=joins
    )
