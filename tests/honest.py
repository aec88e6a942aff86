"""An honest evening without Telegram: the production store and `decide`, acts told by name."""

from dataclasses import replace
from pathlib import Path

from bot.language.shipped import shipped_revision
from flows import events as e
from flows.decide import Decision, decide
from flows.digest import SHOWN_LENGTH, opening_digest, sign_off_digest
from flows.effects import DestroyLink, MintCredential
from flows.flow import NON_NEGOTIABLES
from flows.model import (
    Agreement,
    Clearance,
    ClearanceDecision,
    Destination,
    Meaning,
    Outcome,
    PersonId,
    Programme,
    RoomKind,
    Rules,
    Session,
    SessionId,
    SessionKind,
)
from storage import authenticators, groups, links, people, revisions, sessions
from storage.people import Role
from storage.store import Store, Tx
from tests.installation import DATABASE, KEY, KEYS, copy_new

NOON = 1_800_000_000
"""The instant at which the honest evening begins; its session starts half an hour later."""
START = NOON + 1800
END = START + 5400
YEAR = 365 * 86400
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
"""The secret of RFC 6238's own test vectors."""
RULES = Rules()
MEANING = Meaning("sign/admit", "en", "a" * 64)


async def open_store(folder: Path) -> Store:
    database, keys = folder / DATABASE, folder / KEYS
    if not database.exists():
        await copy_new(database, keys)
    return await Store.open(database, keys, KEY)


def enrol_staff(tx: Tx, chat: int, label: str) -> PersonId:
    person = people.add(tx, locale="en", zone="Europe/Berlin", label=label, now=NOON)
    people.give_role(tx, person, Role.FACILITATOR, prepared_at=NOON - YEAR)
    people.invite(tx, person, f"token-{chat}", expires_at=NOON + 60)
    return people.redeem(tx, f"token-{chat}", chat, NOON) or person


def enrol_participant(tx: Tx, chat: int, label: str, locale: str = "en") -> PersonId:
    person = people.add(tx, locale=locale, zone="Europe/Berlin", label=label, now=NOON)
    people.settle_clearance(
        tx, person, Clearance(ClearanceDecision.ONLINE_GROUP, NOON + YEAR), NOON
    )
    people.settle_orientation(tx, person, NOON + YEAR, NOON)
    people.settle_intake(tx, person, NOON - YEAR)
    people.begin_agreements(tx)
    for agreement in Agreement:
        people.settle_agreement(tx, person, agreement, locale, NOON)
    people.invite(tx, person, f"token-{chat}", expires_at=NOON + 60)
    return people.redeem(tx, f"token-{chat}", chat, NOON) or person


def add_group(tx: Tx, name: str, locale: str = "en") -> int:
    """Add a group of six at most, of an hour and a half, behind a link."""
    kind, room = SessionKind.GROUP, RoomKind.LINK
    return groups.add(tx, name, kind=kind, locale=locale, minutes=90, room=room, cap=6)


def plan(
    tx: Tx,
    facilitators: list[PersonId],
    participants: list[PersonId],
    rules: Rules = RULES,
) -> SessionId:
    return sessions.add(
        tx,
        sessions.Plan(
            "Tuesday",
            SessionKind.GROUP,
            RoomKind.LINK,
            START,
            END,
            6,
            tuple(facilitators),
            tuple(participants),
            rules,
        ),
    )


class Evening:
    """One session on a real store; every act goes through `decide` and `save`."""

    def __init__(self, store: Store, rules: Rules = RULES) -> None:
        self.store = store
        self.rules = rules
        self.now = NOON
        self.session_id = SessionId(0)
        self.staff: list[PersonId] = []
        self.people: list[PersonId] = []
        self.links = 0

    async def prepare(self, participants: int = 2, staff: int = 2) -> "Evening":
        def seed(tx: Tx) -> None:
            people.set_programme(
                tx, Programme(ends_at=NOON + YEAR, safety_contact_until=NOON + YEAR)
            )
            for locale in ("en", "de"):
                revisions.publish(tx, shipped_revision("environment", locale), NOON)
            self.staff = [enrol_staff(tx, 100 + n, f"F{n}") for n in range(staff)]
            self.people = [enrol_participant(tx, 200 + n, f"P{n}") for n in range(participants)]
            self.session_id = plan(tx, self.staff, self.people, self.rules)

        await self.store.transact(seed)
        return self

    async def session(self) -> Session:
        found = await self.store.read(lambda tx: sessions.load(tx, self.session_id))
        assert found is not None
        return found

    async def happen(self, event: e.Event) -> Decision:
        """Decide on the event and keep what follows, as the bot does."""

        def apply(tx: Tx) -> Decision:
            before = sessions.load(tx, self.session_id)
            assert before is not None
            decision = decide(before, event, self.now)
            if decision.refusal:
                return decision
            sessions.save(tx, before, decision.state, self.now)
            for effect in decision.effects:
                if isinstance(effect, MintCredential):
                    sessions.mint(tx, self.session_id, effect, self.now)
                if isinstance(effect, DestroyLink):
                    links.forget(tx, self.session_id)
            if isinstance(event, e.LinkPasted):
                self.links += 1
                link = f"https://meet.example/{self.links}"
                links.keep(tx, self.session_id, link, link)
            if isinstance(event, e.CalledIn) and decision.state.called:
                self.links += 1
                link, number = f"https://meet.example/{self.links}", decision.state.called.number
                links.keep_call(tx, self.session_id, number, link, link)
            return decision

        return await self.store.transact(apply)

    async def start(self) -> None:
        done = await self.happen(e.ChecksStarted(self.staff[0]))
        assert not done.refusal, done.refusal

    async def enter_code(self, by: PersonId) -> None:
        """Have a right code of the present on record, and an authenticator that made it."""

        def accept(tx: Tx) -> None:
            if authenticators.find(tx, by) is None:
                authenticators.offer(tx, by, SECRET, self.now + 600)
            authenticators.accept(tx, by, self.now // 30, self.now)

        await self.store.transact(accept)

    async def prove(self, by: PersonId) -> Decision:
        """Enter a right code for this session."""
        await self.enter_code(by)
        return await self.happen(e.FactorProved(by))

    async def answer(self, person: PersonId, option: str = "yes") -> Decision:
        check = (await self.session()).checks[person]
        assert check.run
        return await self.happen(
            e.StepAnswered(person, person, check.epoch, check.run.step, option)
        )

    async def answer_all(self, person: PersonId) -> None:
        while (await self.session()).checks[person].state == "asking":
            done = await self.answer(person)
            assert not done.refusal, done.refusal

    async def observe_all(self, by: PersonId, person: PersonId) -> None:
        done = await self.happen(e.PersonClaimed(by, person))
        assert not done.refusal, done.refusal
        epoch = (await self.session()).checks[person].epoch
        for item in NON_NEGOTIABLES:
            await self.happen(e.ItemObserved(by, person, epoch, item, seen=True))

    async def call_in(self, by: PersonId, person: PersonId) -> Decision:
        """Take somebody onto a desk, and call them in by a fresh link."""
        await self.happen(e.PersonClaimed(by, person))
        epoch = (await self.session()).checks[person].epoch
        return await self.happen(e.CalledIn(by, person, epoch, fresh=True))

    async def sign(self, by: PersonId, person: PersonId) -> Decision:
        return await self._sign(by, person, Outcome.ADMIT, None)

    async def turn_away(self, by: PersonId, person: PersonId) -> Decision:
        await self.happen(e.PersonClaimed(by, person))
        return await self._sign(by, person, Outcome.TURN_AWAY, Destination.ONE_TO_ONE)

    async def _sign(
        self, by: PersonId, person: PersonId, outcome: Outcome, destination: Destination | None
    ) -> Decision:
        session = await self.session()
        check = session.checks[person]
        digest = sign_off_digest(session, check, by, outcome, destination, MEANING)
        shown = digest[:SHOWN_LENGTH]
        return await self.happen(
            e.SignedOff(by, person, check.epoch, outcome, destination, shown, MEANING)
        )

    async def admit(self, by: PersonId, person: PersonId) -> None:
        await self.answer_all(person)
        await self.observe_all(by, person)
        done = await self.sign(by, person)
        assert not done.refusal, done.refusal

    async def paste(self, by: PersonId) -> Decision:
        return await self.happen(e.LinkPasted(by, fresh=True))

    async def open(self, by: PersonId) -> Decision:
        session = await self.session()
        meaning = replace(MEANING, key="sign/open")
        shown = opening_digest(session, by, meaning)[:SHOWN_LENGTH]
        return await self.happen(e.SessionOpened(by, shown, meaning))

    async def join(self, person: PersonId) -> Decision:
        epoch = (await self.session()).checks[person].epoch
        return await self.happen(e.JoinAsked(person, epoch))

    async def until_open(self) -> None:
        """Play an honest evening up to the opening, everybody admitted."""
        await self.start()
        for person in self.people:
            await self.admit(self.staff[0], person)
        await self.paste(self.staff[0])
        self.now = START - 300
        opened = await self.open(self.staff[0])
        assert not opened.refusal, opened.refusal
