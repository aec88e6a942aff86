"""The house that is walked through: one group with all that is its own, and everybody who may try.

The tables here say whose every page, act, verb and command is. They are written by hand on
purpose: what the code says of its rights is what the walk is there to doubt.
"""

import ast
import inspect
import textwrap
from dataclasses import dataclass

from bot import planning
from bot.language.shipped import shipped_revision
from bot.office.flow_place import Place
from bot.office.languages import number_of
from bot.second_factor import SecondFactor
from flows import events as e
from flows.decide import RefusalCode
from flows.digest import SHOWN_LENGTH, opening_digest, sign_off_digest
from flows.effects import ScreenKind
from flows.model import Outcome, RoomKind, SessionKind
from storage import (
    aliases,
    arrivals,
    authenticators,
    groups,
    orientations,
    pages,
    people,
    revisions,
    screenings,
    screens,
    sessions,
)
from storage.groups import Part
from storage.people import Role
from tests.bot.conftest import LINK, ZONE, Guest
from tests.bot.office.conftest import enrol_coordinator
from tests.bot.office.grouping import enrol_facilitator, lead_session_group
from tests.bot.office.scheduling import target
from tests.honest import MEANING, NOON, SECRET, YEAR, add_group, enrol_participant

GROUP_NAME, ALIAS = "Harbour 7", "Zebrafinch"
TOKEN = "an-invitation-that-is-still-open"
NOT_YOURS = frozenset(
    (
        RefusalCode.FORGED,
        RefusalCode.NOT_FACILITATOR,
        RefusalCode.NOT_COORDINATOR,
        RefusalCode.NOT_PARTICIPANT,
    )
)
"""What whoever has no right is told, whatever the moment; and what nobody else is ever told."""

# Who is who

LEADERS = frozenset(("anna", "bernd"))
UNPREPARED = frozenset(("ulla",))
ROSTER = frozenset(("p0", "p1"))
COORDINATORS = frozenset(("clara",))
FACILITATORS = LEADERS | UNPREPARED | {"doris", "emil", "gerd", "spare"}
STAFF = FACILITATORS | COORDINATORS
WALKERS = (
    *("stranger", "gone", "removed", "invited", "z9", "doris", "emil", "clara", "gerd"),
    *("p0", "ulla", "visitor"),
)
"""Who walks: nobody known, a participant and a facilitator who are gone, somebody invited and
somebody enrolled elsewhere, a prepared and an unprepared facilitator of another group, a
coordinator, a facilitator who was taken out, a participant of the very group and an unprepared
facilitator of it, and somebody who is invited to it."""
COUNTED = ("stranger", "gone", "removed")
"""Who is nobody to the bot: not one row of the record is theirs."""


@dataclass(frozen=True)
class Try:
    """One tap: what it carries, whose right it is, and what anybody else is told."""

    name: str
    data: str
    whose: frozenset[str]
    told: frozenset[RefusalCode] = NOT_YOURS


# The office: what is of a group is its facilitators' alone, what is of all is a coordinator's.

OF_GROUP = LEADERS | UNPREPARED
PAGES_OF = {
    **dict.fromkeys(
        ("programme", "contact", "end", "suspend", "resume", "texts", "team", "colleague-role"),
        (COORDINATORS, "nothing"),
    ),
    "colleague-language": (COORDINATORS, "role"),
    "colleague-name": (COORDINATORS, "role-and-language"),
    **dict.fromkeys(
        (
            *("colleague", "colleague-prepared", "colleague-unprepared", "colleague-removed"),
            *("role-taken-facilitator", "role-taken-coordinator"),
        ),
        (COORDINATORS, "colleague"),
    ),
    "language": (STAFF, "nothing"),
    **dict.fromkeys(("groups", "new-group", "week"), (FACILITATORS, "nothing")),
    **dict.fromkeys(
        (
            *("sessions", "plan", "plan-rhythm", "plan-time", "plan-second", "plan-second-time"),
            *("plan-minutes", "plan-zone", "plan-last", "plan-left-out"),
        ),
        (OF_GROUP, "group"),
    ),
    "plan-first": (OF_GROUP, "days of a group"),
    **dict.fromkeys(("session", "session-cancel"), (LEADERS, "sessions")),
    **dict.fromkeys(("session-day", "session-time", "session-move"), (LEADERS, "target")),
    **dict.fromkeys(
        (
            *("group", "group-kind", "group-locale", "group-minutes", "group-cap"),
            *("group-staff", "group-end"),
        ),
        (OF_GROUP, "group"),
    ),
    **dict.fromkeys(
        (
            *("participant", "alias", "intake", "move", "take-out"),
            *("orientation", "orientation-anew", "clearance", "by-phone", "orientation-told"),
        ),
        (OF_GROUP, "participant"),
    ),
    "clearance-narrow": (LEADERS, "participant"),
    "flows": (COORDINATORS, "nothing"),
    **dict.fromkeys(
        (
            *("flow", "flow-language", "flow-texts", "flow-text", "flow-preview", "flow-changes"),
            *("flow-history", "flow-earlier", "flow-recall", "flow-file"),
            *("flow-steps", "flow-step", "flow-insert", "flow-image", "flow-reason"),
        ),
        (COORDINATORS, "flow"),
    ),
    "languages": (COORDINATORS, "nothing"),
    **dict.fromkeys(("approval", "approving", "approval-back"), (COORDINATORS, "locale")),
    "erasures": (COORDINATORS, "nothing"),
    "erasure": (OF_GROUP | COORDINATORS, "participant"),
}
"""Whose each page is, and what it is about."""
ACTS_OF = {
    "invitation-away": (STAFF, "nothing", ("-",)),
    "language-chosen": (STAFF, "nothing", ("de",)),
    "participant-add": (OF_GROUP, "group", ("{count}",)),
    "participant-invite": (OF_GROUP, "participant", ("-",)),
    "participant-intake": (OF_GROUP, "participant", ("0", "7")),
    "plan-rhythm": (OF_GROUP, "group", ("twice",)),
    "plan-first": (OF_GROUP, "group", ("2027-01-20",)),
    "plan-second": (OF_GROUP, "group", ("4",)),
    **dict.fromkeys(("plan-time", "plan-second-time"), (OF_GROUP, "group", ("600", "1080"))),
    "plan-minutes": (OF_GROUP, "group", ("120",)),
    "plan-zone": (OF_GROUP, "group", ("Europe/Paris",)),
    "plan-last": (OF_GROUP, "group", ("12",)),
    "plan-left-out": (OF_GROUP, "group", ("2027-01-20",)),
    "sessions-planned": (OF_GROUP, "group", ("0123456789ab",)),
    "session-move": (LEADERS, "target", ("one-1-1", "all-2-2")),
    "session-cancel": (LEADERS, "next session", ("one-1-1", "all-2-2")),
    "week-file": (FACILITATORS, "nothing", ("-",)),
    "participant-move": (OF_GROUP, "participant", ("{group}-{other}",)),
    "alias-away": (OF_GROUP, "participant", ("-",)),
    "orientation-begin": (OF_GROUP, "participant", ("0", "1")),
    # That whoever signs it is prepared is decided with the signature.
    "orientation-sign": (OF_GROUP, "learner", ("0123456789abcdef",)),
    "by-phone-agreed": (OF_GROUP, "participant", ("1-0",)),
    "orientation-told": (OF_GROUP, "learner", ("{run}-0-1",)),
    "clearance-begin": (LEADERS, "participant", ("-",)),
    "clearance-tap": (LEADERS, "participant", ("{screening}.considered",)),
    "clearance-back": (LEADERS, "participant", ("{screening}",)),
    "clearance-forget": (LEADERS, "participant", ("{screening}",)),
    "clearance": (LEADERS, "participant", ("{screening}",)),
    "clearance-narrow": (LEADERS, "participant", ("on_hold",)),
    "erasure-ask": (OF_GROUP | COORDINATORS, "participant", ("-",)),
    **dict.fromkeys(
        ("erasure-back", "erasure-decline", "erasure-confirm"),
        (OF_GROUP | COORDINATORS, "participant", ("1",)),
    ),
    "group-kind": (OF_GROUP, "group", ("one_to_one", "group")),
    "group-locale": (OF_GROUP, "group", ("de",)),
    "group-minutes": (OF_GROUP, "group", ("120",)),
    "group-cap": (OF_GROUP, "group", ("8",)),
    "group-staff-add": (OF_GROUP, "group", ("{doris}", "{emil}", "{clara}")),
    "group-staff-remove": (OF_GROUP, "group", ("{anna}", "{bernd}")),
    "participant-out": (OF_GROUP, "participant", ("{group}",)),
    "group-end": (OF_GROUP, "group", ("-",)),
    "colleague-again": (COORDINATORS, "colleague", ("-",)),
    "colleague-prepared": (COORDINATORS, "colleague", ("today",)),
    "colleague-unprepared": (COORDINATORS, "colleague", ("-",)),
    "role-given": (COORDINATORS, "colleague", ("coordinator", "facilitator")),
    "role-taken": (COORDINATORS, "colleague", ("facilitator", "coordinator")),
    "colleague-removed": (COORDINATORS, "colleague", ("-",)),
    **dict.fromkeys(
        (
            *("flow-text-back", "flow-ask", "flow-publish", "flow-discard", "flow-back"),
            *("flow-recalled", "flow-publish-slip", "flow-omit", "flow-move", "flow-picture"),
            "flow-image-away",
        ),
        (COORDINATORS, "flow", ("0123456789ab",)),
    ),
    "flow-file-out": (COORDINATORS, "flow", ("po",)),
    "approve": (COORDINATORS, "locale", ("0123456789ab",)),
    "approval-back": (COORDINATORS, "locale", ("-",)),
    "programme-contact": (COORDINATORS, "nothing", ("-",)),
    "programme-end": (COORDINATORS, "nothing", ("6", "none")),
    "agreement-anew": (COORDINATORS, "nothing", ("consent",)),
    "programme-suspend": (COORDINATORS, "nothing", ("-",)),
    "programme-resume": (COORDINATORS, "nothing", ("-",)),
}
"""Whose each act is, what it is about, and choices; the ones that end something come late."""
ENDING = ("group-staff-add", "group-staff-remove", "participant-out", "group-end")
"""Acts after which others of the same group are somebody else's: each of them is done last."""

# Participants' own screens

HOME_OF = {
    "going": (frozenset(("z9",)), (("withdraw", "no"), ("leave", "no"))),
    "arrival": (frozenset(("visitor",)), (("consent", "agree-{version}-{revision}"),)),
    "orientation": (frozenset(("learner",)), (("{run}-0", "later"),)),
    "appointments": (ROSTER, (("open", "{session}"),)),
}
"""Whose answer it is to what is asked on one phone at this moment, by concern."""

# Commands: they name nobody, so each shows whoever sends it their own, or nothing.

ENROLLED = frozenset(("start", "now", "help"))
OF_PARTICIPANTS = ENROLLED | {"appointments", "language", "privacy", "withdraw", "leave"}
OF_STAFF = ENROLLED | {"today", "why", "record", "language"}
COMMANDS_OF = {
    **dict.fromkeys(("z9", "p0"), OF_PARTICIPANTS),
    **dict.fromkeys(FACILITATORS, OF_STAFF | {"groups", "week"}),
    "clara": OF_STAFF | {"team", "settings", "flows"},
    **dict.fromkeys(("invited", "visitor"), ENROLLED | {"language", "privacy"}),
}
"""The commands of each: every other one does not exist for them."""


def named_in(function):
    """Return the commands that the patterns of a function name."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    return {
        node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.MatchValue) and isinstance(node.value, ast.Constant)
    }


class World:
    """A group of Anna's with its session and people, and everybody who has no business there."""

    def __init__(self, house):
        self.house = house

    async def move_in(self):
        house = self.house
        await house.move_in(participants=2, staff=3)
        self.p0, self.p1 = house.guests
        self.anna, self.bernd = house.anna, house.bernd
        self.gerd = Guest(house, house.api.phones.get(102), house.staff[2])
        await house.happen(e.FacilitatorRemoved(house.staff[2]))
        self.group = await lead_session_group(house)
        await house.add_neighbours()
        self.doris, self.z9 = house.neighbour, house.z9
        await self._enrol_others()
        await house.store.transact(self._furnish)
        await self._let_two_go()
        return self

    async def _enrol_others(self):
        house = self.house
        self.clara = await enrol_coordinator(house)
        self.emil = (await enrol_facilitator(house, 151, "Emil", prepared=False)).guest
        self.ulla = (await enrol_facilitator(house, 152, "Ulla", prepared=False)).guest
        self.removed = (await enrol_facilitator(house, 153, "Rita")).guest
        self.spare = (await enrol_facilitator(house, 154, "Sven")).guest
        self.stranger = house.guest(300)
        self.gone = house.guest(301, await self._participant(301, "G0"))
        self.learner = house.guest(302, await self._participant(302, "Y4"))
        self.visitor = house.guest(303, await self._invited(303, "V8", "consent"))
        self.invited = house.guest(304, await self._invited(304, "W6", "locale"))
        self.waiting = await self._awaited("X3")

    async def _participant(self, chat, label):
        return await self.house.store.transact(lambda tx: enrol_participant(tx, chat, label))

    async def _invited(self, chat, label, step):
        def invite(tx):
            person = people.add(tx, locale="en", zone=ZONE, label=label, now=NOON)
            people.invite(tx, person, f"token-{chat}", expires_at=NOON + 60)
            people.redeem(tx, f"token-{chat}", chat, NOON)
            arrivals.set_step(tx, person, step)
            return person

        return await self.house.store.transact(invite)

    async def _awaited(self, label):
        def invite(tx):
            person = people.add(tx, locale="en", zone=ZONE, label=label, now=NOON)
            people.invite(tx, person, TOKEN, expires_at=NOON + YEAR)
            return person

        return await self.house.store.transact(invite)

    def _furnish(self, tx):
        """Give the group its name and people, and have something of each kind under way."""
        for flow in ("agreements", "orientation", "clearance"):
            revisions.publish(tx, shipped_revision(flow, "en"), NOON)
        tx.db.execute('UPDATE "group" SET name = ? WHERE id = ?', (GROUP_NAME, self.group))
        self.other = add_group(tx, "Linden 3")
        for guest in (self.bernd, self.ulla, self.gerd, self.removed):
            groups.join(tx, self.group, guest.person, Part.FACILITATOR, NOON)
        own = (self.learner.person, self.visitor.person, self.waiting, self.gone.person)
        for person in own:
            groups.join(tx, self.group, person, Part.PARTICIPANT, NOON)
        for guest in (self.doris, self.emil):
            groups.join(tx, self.other, guest.person, Part.FACILITATOR, NOON)
        for guest in (self.z9, self.invited):
            groups.join(tx, self.other, guest.person, Part.PARTICIPANT, NOON)
        people.give_role(tx, self.spare.person, Role.COORDINATOR, prepared_at=None)
        for number, person in enumerate(self._participants()):
            aliases.keep(tx, person, f"{ALIAS} {number}")
        self.next_session = self._plan_ahead(tx)
        self._set_up_factors(tx)

    def _plan_ahead(self, tx):
        """Plan another session of the group, which is moved and cancelled while the first runs."""
        ahead = sessions.Plan(
            name=GROUP_NAME,
            kind=SessionKind.GROUP,
            room=RoomKind.LINK,
            starts_at=NOON + 7 * 86400,
            ends_at=NOON + 7 * 86400 + 5400,
            cap=6,
            facilitators=(self.anna.person, self.bernd.person),
            participants=(self.p0.person, self.p1.person),
            rules=self.house.rules,
            group=self.group,
            zone=ZONE,
        )
        return planning.add(tx, ahead, NOON)

    def _set_up_factors(self, tx):
        """Let Bernd have codes, and Ulla locked ones."""
        for guest in (self.bernd, self.ulla):
            authenticators.offer(tx, guest.person, SECRET, NOON + 600)
            authenticators.accept(tx, guest.person, NOON // 30, NOON)
        authenticators.lock(tx, self.ulla.person, NOON)

    async def _let_two_go(self):
        """Have one participant leave, one facilitator taken out, and another one removed."""
        await self._do(self.anna, f"do:orientation-begin:{self.learner.person}:0")
        await self._do(self.anna, f"do:clearance-begin:{self.p1.person}:-")
        for guest in (self.gerd, self.removed):
            await self._do(guest, f"do:participant-invite:{self.waiting}:-")
            await self._do(guest, f"go:participant:{self.p0.person}")
        await self._do(self.anna, f"do:group-staff-remove:{self.group}:{self.gerd.person}")
        await self._do(self.clara, f"do:colleague-removed:{self.removed.person}:-")
        self.gone.phone.type("/leave")
        await self.house.quiet()
        await self._do(self.gone, "home:going:leave:yes")
        self.z9.phone.type("/leave")
        await self.house.store.transact(self._invite_again)
        await self.house.quiet()
        await self.house.wake()

    def _invite_again(self, tx):
        """Have an invitation open whose link is known here."""
        people.renew_invitation(tx, self.waiting, TOKEN, expires_at=NOON + YEAR)

    async def ask_for_a_code(self):
        """Open a pad and a picture for Anna; they go by themselves after some minutes."""
        now = self.house.clock.now()

        def ask(tx):
            SecondFactor(tx, people.find(tx, self.anna.person), now).set_up()

        await self.house.store.transact(ask)
        await self.house.wake()

    async def open_office(self, name):
        """Open the office on somebody's phone; return the message, which taps then redraw."""
        guest = self.guest(name)
        guest.phone.type("/language")
        await self.house.quiet()
        drawn = await self.house.store.read(
            lambda tx: screens.find(tx, guest.person, ScreenKind.OFFICE, None)
        )
        return drawn.message_id

    async def leave_open(self, guest, page, about):
        """Have a page open for somebody, as it was before they lost the right to it."""
        opened = pages.Page(page, about)
        await self.house.store.transact(lambda tx: pages.keep(tx, guest.person, opened))

    async def _do(self, guest, data):
        guest.forge(data)
        await self.house.quiet()

    def guest(self, name):
        return getattr(self, name)

    def _participants(self):
        guests = (self.p0, self.p1, self.learner, self.visitor)
        return (*(guest.person for guest in guests), self.waiting)

    def secrets(self):
        """Return what of the group nobody else may ever read."""
        labels = ("P0", "P1", "Y4", "V8", "X3")
        return (*labels, ALIAS, GROUP_NAME, LINK, TOKEN)

    # What can be tapped

    async def tries(self):
        """Return every tap that there is on anything of the group's, at this moment."""
        session = await self.house.session()
        return await self.house.store.read(lambda tx: tuple(self._tries(tx, session)))

    def _tries(self, tx, session):
        facts = self._facts(tx, session)
        yield from self._home_tries(facts)
        yield from self._session_tries(session, facts)
        yield from self._factor_tries(facts)
        for name, (whose, kind) in PAGES_OF.items():
            for about in self._abouts(kind):
                yield Try(f"go {name}", f"go:{name}:{about}", whose)
        for name, (whose, kind, choices) in ACTS_OF.items():
            for about in self._abouts(kind):
                for choice in choices:
                    data = f"do:{name}:{about}:{choice.format(**facts)}"
                    yield Try(f"do {name}", data, whose)

    def _facts(self, tx, session):
        revision = revisions.published(tx, "agreements", "en")
        screening = screenings.find(tx, self.p1.person, self.house.clock.now())
        run = orientations.find(tx, self.learner.person)
        guests = ("anna", "bernd", "doris", "emil", "clara")
        return {
            **{name: self.guest(name).person for name in guests},
            "group": self.group,
            "other": self.other,
            "count": len(groups.members(tx, self.group, Part.PARTICIPANT)),
            "version": 1,
            "revision": revision.id[:12],
            "screening": screening.number if screening else 0,
            "run": run.number if run else 0,
            "session": session.id,
            "pad": authenticators.pad_of(tx, self.anna.person, self.house.clock.now()),
            "confirmed": authenticators.find(tx, self.bernd.person).confirmed_at,
            "locked": authenticators.find(tx, self.ulla.person).locked_at,
            "opening": session.opening.number if session.opening else 0,
        }

    def _abouts(self, kind):
        return {
            "nothing": (0,),
            "role": (1,),
            "role-and-language": (100,),
            "colleague": (self.spare.person, self.anna.person),
            "group": (self.group,),
            "days of a group": (self.group * 100, self.group * 100 + 1),
            "sessions": (self.house.session_id, self.next_session),
            "next session": (self.next_session,),
            "target": (target(self.next_session, "2027-02-01", 600),),
            "participant": self._participants(),
            "learner": (self.learner.person,),
            "flow": (Place("environment", "en").number,),
            "locale": (number_of("en"),),
        }[kind]

    def _home_tries(self, facts):
        for concern, (whose, taps) in HOME_OF.items():
            for act, choice in taps:
                data = f"home:{concern}:{act.format(**facts)}:{choice.format(**facts)}"
                # Each phone has its own question: whoever is not asked it finds it outdated.
                yield Try(f"home {concern}", data, whose, NOT_YOURS | {RefusalCode.STALE})

    def _factor_tries(self, facts):
        outdated = NOT_YOURS | {RefusalCode.STALE}
        pad, anna, bernd = facts["pad"].number, frozenset(("anna",)), frozenset(("bernd",))
        yield Try("key", f"key:{pad}:1", anna, outdated)
        yield Try("pad-back", f"pad-back:{pad}", anna, outdated)
        yield Try("factor-key", "factor-key", anna, outdated)
        yield Try("pad-leave", f"pad-leave:{pad}", anna, outdated)
        yield Try("factor-lost", f"factor-lost:{facts['confirmed']}", bernd, outdated)
        for verb in ("reset-factor", "reset-factor-now"):
            yield Try(verb, f"{verb}:{facts['locked']}:{self.ulla.person}", COORDINATORS)

    def _session_tries(self, session, facts):
        for verb, whose, args in self._session_args(session, facts):
            yield Try(verb, ":".join((verb, *map(str, (session.id, *args)))), whose)
        yield Try("card", "card:distress", STAFF)
        yield Try("cards", "cards", STAFF)

    def _session_args(self, session, facts):
        """Yield the verbs of a session's buttons: whose they are, and what follows its number."""
        for person in ROSTER:
            check = session.checks[self.guest(person).person]
            step = check.run.step if check.run else "undisturbed"
            own = ROSTER
            option = check.run.revision.flow.steps[step].options[0].id if check.run else "yes"
            yield "answer", own, (check.epoch, step, option)
            yield "go-on", own, (check.epoch, step)
            yield "join", own, (check.epoch,)
            yield "alone", own, (check.epoch, "yes")
            yield "here", own, (check.epoch,)
            yield "lost", own, (check.epoch,)
            yield "halt", own, ("need_to_stop",)
            yield "left", own, (check.epoch,)
        yield from ((verb, ROSTER, (session.schedule,)) for verb in ("cant", "can"))
        yield from ((verb, LEADERS, ()) for verb in ("board", "link-for", "ending"))
        yield "why", LEADERS, (0,)
        yield "start", LEADERS, (facts["opening"],)
        for person in ROSTER:
            yield from self._person_args(session, self.guest(person).person)
        yield "open", LEADERS, (self._opening(session),)
        yield "stop", LEADERS, ()
        yield "close", LEADERS, ()
        yield "debrief", LEADERS, ("with-colleague", "yes")

    def _person_args(self, session, person):
        epoch = session.checks[person].epoch
        yield "why", LEADERS, (person,)
        yield "claim", LEADERS, (person,)
        yield "where", LEADERS, (person, 1)
        yield "where", LEADERS, (person, 0)
        yield "seen", LEADERS, (person, epoch, "headphones", 1)
        yield "enter", LEADERS, (person, 1)
        yield "told", LEADERS, (person, epoch, "undisturbed", "yes")
        yield "enter", LEADERS, (person, 0)
        yield "let-in", LEADERS, (person, epoch)
        yield "call-in", LEADERS, (person, epoch)
        yield "still", LEADERS, (person, epoch, "yes")
        yield "sign", LEADERS, (person, epoch, "admit", self._signature(session, person))
        yield "sign", LEADERS, (person, epoch, "one_to_one", self._signature(session, person))
        yield "back", LEADERS, (person, epoch)
        yield "absent", LEADERS, (person, epoch)
        yield "again", LEADERS, (person, epoch)
        yield "leave", LEADERS, (person,)
        yield "out", LEADERS, (person,)

    def _signature(self, session, person):
        check, by = session.checks[person], self.anna.person
        digest = sign_off_digest(session, check, by, Outcome.ADMIT, None, MEANING)
        return digest[:SHOWN_LENGTH]

    def _opening(self, session):
        return opening_digest(session, self.anna.person, MEANING)[:SHOWN_LENGTH]

    # What came of it

    async def told(self, name, since=0):
        """Return the outcomes of all that somebody did, after so many rows of the record."""
        person = self.guest(name).person
        rows = (await self.house.audited())[since:]
        return [(kind, outcome) for kind, outcome, actor, _ in rows if actor == person]
