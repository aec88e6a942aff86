"""Clearance: a facilitator is guided through the screening, decides, and narrows or renews later.

Challenge and response: one point a message, one tap each. What is tapped is forgotten with the
decision; kept are the decision, who, when, until when, and with which instrument. It must never
suggest a decision, keep a reason, or offer *online group* while a criterion applies or is unsure.
"""

from typing import Final, TypeGuard

from bot import keeping
from bot.buttons import Answer, Unreadable, number
from bot.office import rights
from bot.office.page import Act, Card, Clerk, Page, View
from bot.views import step as step_view
from bot.views.message import Button, Message, column, tap
from flows import events as e
from flows import screening as pure
from flows.decide import RefusalCode
from flows.effects import ScreenKind
from flows.model import Clearance, ClearanceDecision, Instant, Instrument, PersonId
from flows.reminders import awake_at
from flows.screening import Closing, Outcome
from storage import groups, outbox, pages, people, reminders, revisions, screenings, sessions
from storage.outbox import Kind
from storage.screenings import Screening, Settled
from storage.store import Tx

REMINDER: Final = "office/clearance/ends-soon"
DAY: Final = 86400
_DECISIONS: Final = {
    ClearanceDecision.ONLINE_GROUP: "office/clearance/button/online-group",
    ClearanceDecision.ONE_TO_ONE_ONLY: "office/clearance/button/one-to-one-only",
    ClearanceDecision.IN_PERSON_ONLY: "office/clearance/button/in-person-only",
    ClearanceDecision.ON_HOLD: "office/clearance/button/on-hold",
}
_INSTRUMENTS: Final = {
    Instrument.SARA: "office/clearance/button/sara",
    Instrument.B_SAFER: "office/clearance/button/b-safer",
    Instrument.OWN: "office/clearance/button/own-tool",
    Instrument.JUDGEMENT: "office/clearance/button/judgement",
}


# What is shown


def on_card(view: View) -> Card:
    """Return what a participant's card shows of their clearance, and the way to it."""
    button = view.go("office/clearance/button/clearance", "clearance", view.about)
    return Card(_in_force(view, screenings.settled(view.tx, PersonId(view.about))), (button,))


def _clearance(view: View) -> Message | None:
    person = PersonId(view.about)
    known = people.find(view.tx, person)
    if known is None or known.status not in ("invited", "enrolled"):
        return None
    under_way = screenings.find(view.tx, person, view.now)
    if under_way is not None and _is_theirs(view, under_way):
        return _point(view, under_way)
    return _overview(view, under_way, enrolled=known.enrolled)


def _is_theirs(view: View, screening: Screening) -> bool:
    decides = rights.decides_on_participant(view.tx, view.viewer, view.about)
    return screening.by == view.viewer.id and decides


def _overview(view: View, under_way: Screening | None, *, enrolled: bool) -> Message:
    """Show the decision in force, and the ways to a new one, a narrower one, or none."""
    settled = screenings.settled(view.tx, PersonId(view.about))
    lines = [view.text("office/clearance/title", who=_label(view)), *_in_force(view, settled)]
    back = view.go("office/button/back", "participant", view.about)
    if not rights.decides_on_participant(view.tx, view.viewer, view.about):
        return _told(lines, view.text("office/clearance/unprepared"), back)
    if not enrolled:
        return _told(lines, view.text("office/clearance/not-come", who=_label(view)), back)
    if under_way is not None:
        by = people.label_of(view.tx, under_way.by)
        lines.append(view.text("office/clearance/under-way", by=by))
    buttons = [view.do("office/clearance/button/begin", "clearance-begin", view.about)]
    if _is_running(settled, view.now) and pure.narrower(settled.clearance.decision):
        buttons.append(view.go("office/clearance/button/narrow", "clearance-narrow", view.about))
    return Message("\n".join(lines), column(*buttons, back))


def _told(lines: list[str], why: str, back: Button) -> Message:
    return Message("\n".join((*lines, why)), column(back))


def _in_force(view: View, settled: Settled | None) -> tuple[str, ...]:
    who = _label(view)
    if settled is None:
        return (view.text("office/clearance/none", who=who),)
    until = view.say.day(settled.clearance.until)
    if not _is_running(settled, view.now):
        first = view.text("office/clearance/ended", who=who, day=until)
    else:
        decision = view.text(_DECISIONS[settled.clearance.decision])
        first = view.text("office/clearance/in-force", decision=decision, day=until)
    day, how = view.say.day(settled.at), view.text(_INSTRUMENTS[settled.instrument])
    if settled.by is None:
        return (first, view.text("office/clearance/noted", day=day, instrument=how))
    by = people.label_of(view.tx, settled.by)
    return (first, view.text("office/clearance/decided", by=by, day=day, instrument=how))


def _is_running(settled: Settled | None, now: Instant) -> TypeGuard[Settled]:
    return settled is not None and settled.clearance.until > now


def _point(view: View, screening: Screening) -> Message:
    """Draw the next question of a screening, or the sentence that it will end with."""
    flow, said = screening.revision.flow, screening.said
    asked, picture = pure.questions(flow), ""
    if len(said) == len(asked):
        return _last(view, screening)
    match asked[len(said)]:
        case Closing.INSTRUMENT:
            question = view.text("office/clearance/instrument")
            text = f"{flow.final('ready').text}\n\n{question}"
        case Closing.DECISION:
            text = _asks_decision(view, screening)
        case Closing.MONTHS:
            text = view.text("office/clearance/months")
        case item:
            text, picture = _asks_item(view, screening, item), flow.pictures.get(item, "")
    found = pure.choices(flow, said, view.setting.clearance_days)
    choices = (_choice(view, screening, asked[len(said)], one) for one in found)
    return Message(text, column(*choices, *_ways_out(view, screening)), shows=picture)


def _asks_item(view: View, screening: Screening, item: str) -> str:
    flow = screening.revision.flow
    place = view.text(
        "office/clearance/place",
        who=_label(view),
        done=len(screening.said) + 1,
        all=len(flow.items),
    )
    return f"{place}\n{step_view.text(flow, flow.steps[item])}"


def _asks_decision(view: View, screening: Screening) -> str:
    text = view.text("office/clearance/decide", who=_label(view))
    flow = screening.revision.flow
    offered = pure.offered(flow, pure.taps(flow, screening.said))
    if ClearanceDecision.ONLINE_GROUP in offered:
        return text
    return f"{text}\n\n{view.text('office/clearance/not-offered')}"


def _choice(view: View, screening: Screening, asked: str, value: str) -> Button:
    claim = f"{screening.number}.{value}"
    match asked:
        case Closing.INSTRUMENT:
            key = _INSTRUMENTS[Instrument(value)]
        case Closing.DECISION:
            key = _DECISIONS[ClearanceDecision(value)]
        case Closing.MONTHS:
            months = int(value)
            return view.do("office/button/months", "clearance-tap", view.about, claim, n=months)
        case item:
            option = screening.revision.flow.option(item, value)
            text = option.text if option else value
            return tap(text, "do", "clearance-tap", view.about, claim)
    return view.do(key, "clearance-tap", view.about, claim)


def _ways_out(view: View, screening: Screening) -> tuple[Button, ...]:
    forget = view.do(
        "office/clearance/button/forget", "clearance-forget", view.about, screening.number
    )
    if not screening.said:
        return (forget,)
    return (view.do("office/button/back", "clearance-back", view.about, screening.number), forget)


def _last(view: View, screening: Screening) -> Message:
    """Say in a sentence what will be recorded."""
    found = _outcome(screening, view.setting.clearance_days)
    if found is None:
        return Message(view.text("office/clearance/changed"), column(*_ways_out(view, screening)))
    text = view.text(
        "office/clearance/last",
        who=_label(view),
        decision=view.text(_DECISIONS[found.decision]),
        instrument=view.text(_INSTRUMENTS[found.instrument]),
        day=view.say.day(_until(screening, found)),
    )
    record = view.do("office/clearance/button/record", "clearance", view.about, screening.number)
    return Message(text, column(record, *_ways_out(view, screening)))


def _outcome(screening: Screening, most: int) -> Outcome | None:
    return pure.outcome(screening.revision.flow, screening.said, most)


def _until(screening: Screening, found: Outcome) -> Instant:
    """Count from the last tap, so that the day that was shown is the day that is kept."""
    return screening.touched_at + found.days * DAY


def _narrow_page(view: View) -> Message | None:
    settled = screenings.settled(view.tx, PersonId(view.about))
    if not _is_running(settled, view.now):
        return None
    buttons = (
        view.do(_narrow_key(one), "clearance-narrow", view.about, one)
        for one in pure.narrower(settled.clearance.decision)
    )
    back = view.go("office/button/back", "clearance", view.about)
    return Message(view.text("office/clearance/narrow", who=_label(view)), column(*buttons, back))


def _narrow_key(decision: ClearanceDecision) -> str:
    if decision is ClearanceDecision.ON_HOLD:
        return "office/clearance/button/on-hold-now"
    return _DECISIONS[decision]


def _label(view: View) -> str:
    return people.label_of(view.tx, PersonId(view.about))


# What is done


def _begin(clerk: Clerk, about: int, _: str) -> Answer:
    """Begin a screening; one that a colleague is in the middle of is forgotten."""
    person = PersonId(about)
    known = people.find(clerk.tx, person)
    revision = revisions.published(clerk.tx, screenings.FLOW, clerk.person.locale)
    if known is None or not known.enrolled or revision is None:
        return clerk.refuse("clearance-begin", RefusalCode.NOT_NOW)
    earlier = screenings.find(clerk.tx, person, clerk.now)
    if earlier is not None and earlier.by == clerk.person.id:
        return clerk.refuse("clearance-begin", RefusalCode.REPEATED)
    screenings.begin(clerk.tx, person, clerk.person.id, revision, clerk.now)
    if earlier is not None:
        clerk.redraw(earlier.by)
    return clerk.go("clearance", about)


def _tapped(clerk: Clerk, about: int, choice: str) -> Answer:
    noted, _, value = choice.partition(".")
    screening = _current(clerk, about, noted)
    if screening is None:
        return clerk.refuse("clearance-tap", RefusalCode.STALE)
    flow, said = screening.revision.flow, screening.said
    if value not in pure.choices(flow, said, clerk.setting.clearance_days):
        return clerk.refuse("clearance-tap", RefusalCode.FORGED)
    screenings.keep(clerk.tx, screening, (*said, value), clerk.now)
    return clerk.go("clearance", about)


def _step_back(clerk: Clerk, about: int, choice: str) -> Answer:
    screening = _current(clerk, about, choice)
    if screening is None or not screening.said:
        return clerk.refuse("clearance-back", RefusalCode.STALE)
    screenings.keep(clerk.tx, screening, screening.said[:-1], clerk.now)
    return clerk.go("clearance", about)


def _forget(clerk: Clerk, about: int, choice: str) -> Answer:
    if _current(clerk, about, choice) is None:
        return clerk.refuse("clearance-forget", RefusalCode.STALE)
    screenings.forget(clerk.tx, PersonId(about))
    return clerk.go("clearance", about, notice="office/clearance/forgotten")


def _record(clerk: Clerk, about: int, choice: str) -> Answer:
    """Keep what was decided, and forget all that was tapped."""
    screening = _current(clerk, about, choice)
    if screening is None:
        return clerk.refuse("clearance", RefusalCode.STALE)
    found = _outcome(screening, clerk.setting.clearance_days)
    if found is None:
        return clerk.refuse("clearance", RefusalCode.FORGED)
    person = PersonId(about)
    clearance = Clearance(found.decision, _until(screening, found))
    people.settle_clearance(
        clerk.tx,
        person,
        clearance,
        clerk.now,
        instrument=found.instrument,
        by=clerk.person.id,
    )
    return _settled(clerk, person, found.decision)


def _narrow(clerk: Clerk, about: int, choice: str) -> Answer:
    """Let a running clearance leave less open, at once."""
    person = PersonId(about)
    try:
        decision = ClearanceDecision(choice)
    except ValueError:
        raise Unreadable from None
    settled = screenings.settled(clerk.tx, person)
    if not _is_running(settled, clerk.now):
        return clerk.refuse("clearance", RefusalCode.STALE)
    if decision is settled.clearance.decision:
        return clerk.refuse("clearance", RefusalCode.REPEATED)
    if decision not in pure.narrower(settled.clearance.decision):
        return clerk.refuse("clearance", RefusalCode.STALE)
    screenings.narrow(clerk.tx, person, decision, clerk.person.id, clerk.now)
    return _settled(clerk, person, decision)


def _settled(clerk: Clerk, person: PersonId, decision: ClearanceDecision) -> Answer:
    """Record a decision; taps are forgotten, and whoever it no longer reaches for is stopped."""
    under_way = screenings.find(clerk.tx, person, clerk.now)
    screenings.forget(clerk.tx, person)
    if under_way is not None and under_way.by != clerk.person.id:
        clerk.redraw(under_way.by)
    clerk.record("clearance", decision.replace("_", "-"), person=person)
    narrowed = e.StandingNarrowed(clerk.person.id, person)
    for session_id in sessions.unfinished(clerk.tx):
        session = sessions.load(clerk.tx, session_id)
        if session is not None and person in session.checks:
            # Where the decision changes nothing, there is nothing to record either.
            keeping.happen_by_itself(clerk.tx, session, narrowed, clerk.now)
    return clerk.go("clearance", person, notice="office/clearance/recorded")


def _current(clerk: Clerk, about: int, noted: str) -> Screening | None:
    """Return the screening that a button was drawn for, if it is still under way, and theirs."""
    person = PersonId(about)
    known, screening = people.find(clerk.tx, person), screenings.find(clerk.tx, person, clerk.now)
    if screening is None or known is None or not known.enrolled:
        return None
    is_drawn_for = screening.by == clerk.person.id and screening.number == number(noted)
    return screening if is_drawn_for else None


# What has its time


def attend(tx: Tx, zone: str, now: Instant) -> None:
    """Forget the screenings that lie idle, and tell once, by day, of clearances that end soon."""
    for person, by in screenings.forget_idle(tx, now):
        if pages.find(tx, by) == pages.Page("clearance", person):
            pages.keep(tx, by, pages.Page("clearance", person, "office/clearance/idle"))
        outbox.add(tx, by, Kind.REDRAW, now=now, subject=ScreenKind.OFFICE)
    if _by_day(tx, zone, now) != now:
        return
    for person in screenings.take_ending(tx, now):
        for facilitator in groups.leaders_of(tx, person):
            outbox.add_once(tx, facilitator, now=now, subject=REMINDER, about=person)


def next_due(tx: Tx, zone: str, now: Instant) -> Instant | None:
    """Return when a screening lies idle or a clearance is to be told of next, or None."""
    idle, ending = screenings.next_idle(tx), screenings.next_ending(tx, now)
    told = _by_day(tx, zone, max(ending, now)) if ending is not None else None
    return min((at for at in (idle, told) if at is not None), default=None)


def _by_day(tx: Tx, zone: str, at: Instant) -> Instant:
    return awake_at(at, zone, reminders.rule(tx).quiet)


def draw_reminder(view: View) -> Message | None:
    """Draw the reminder for somebody who still leads a group of this participant."""
    settled = screenings.settled(view.tx, PersonId(view.about))
    if settled is None or not rights.of_participant(view.tx, view.viewer, view.about):
        return None
    day = view.say.day(settled.clearance.until)
    text = view.text("office/clearance/ends-soon", who=_label(view), day=day)
    return Message(text, column(view.go("office/clearance/button/look", "clearance", view.about)))


PAGES = (
    Page("clearance", rights.of_participant, _clearance),
    Page("clearance-narrow", rights.decides_on_participant, _narrow_page),
)
ACTS = (
    Act("clearance-begin", rights.decides_on_participant, _begin),
    Act("clearance-tap", rights.decides_on_participant, _tapped),
    Act("clearance-back", rights.decides_on_participant, _step_back),
    Act("clearance-forget", rights.decides_on_participant, _forget),
    Act("clearance", rights.decides_on_participant, _record),
    Act("clearance-narrow", rights.decides_on_participant, _narrow),
)
