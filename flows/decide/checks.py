"""A participant's check: being asked, answering, correcting, falling silent, arriving late."""

from dataclasses import replace

from flows import events as e
from flows.decide.decision import (
    Decision,
    RefusalCode,
    afresh,
    boards_shown,
    changed,
    facilitator_of,
    moved,
    on_desk,
    refuse,
    ring,
    session_moved,
    with_check,
    with_desk,
)
from flows.effects import (
    Effect,
    LabelOf,
    ScreenKind,
    SetTimer,
    Show,
    TimerKind,
)
from flows.flow import Flow, Option, Step
from flows.gate import ToAsk, ToRestart, ToStart, holds
from flows.model import (
    Answer,
    Check,
    CheckState,
    Desk,
    DeskView,
    Instant,
    PersonId,
    Repeat,
    Run,
    Session,
    SessionState,
)
from flows.walk import next_step

ENDED = (SessionState.CLOSED, SessionState.CANCELLED)


def start(session: Session, event: e.ChecksStarted, now: Instant) -> Decision:
    """Ask everybody on the roster whom nothing else holds; the others stay blocked."""
    if not facilitator_of(session, event.by):
        return refuse(session, RefusalCode.NOT_FACILITATOR)
    return _start(session, event.by, now)


def start_by_itself(session: Session, event: e.ChecksDue, now: Instant) -> Decision:
    """Ask everybody at the time that the programme has set; it is no act of anybody's."""
    if event.schedule != session.schedule or session.state is not SessionState.PLANNED:
        return refuse(session, RefusalCode.STALE)
    if not session.rules.auto_start or now < session.starts_at - session.rules.auto_start:
        return refuse(session, RefusalCode.STALE)
    return _start(session, None, now)


def _start(session: Session, by: PersonId | None, now: Instant) -> Decision:
    started = session_moved(session, "start_checks")
    if started is None:
        return refuse(session, RefusalCode.STALE)
    if why := holds(session, ToStart(), now):
        return refuse(session, RefusalCode.HELD, why)
    effects: list[Effect] = []
    for person, check in session.checks.items():
        if check.state not in (CheckState.WAITING, CheckState.STOPPED):
            continue
        if holds(started, ToAsk(person), now):
            continue
        begun, todo = _begin(check, now)
        started = with_check(started, begun)
        effects += todo
    boards = boards_shown(session, by)
    window = session.starts_at - session.rules.open_before
    timer = SetTimer(TimerKind.WINDOW, max(now, window), str(session.schedule))
    return Decision(started, (*boards, *effects, timer))


def restart(session: Session, event: e.CheckRestarted, now: Instant) -> Decision:
    """Ask one person anew: after a stop, or a latecomer within the time for latecomers."""
    if not facilitator_of(session, event.by):
        return refuse(session, RefusalCode.NOT_FACILITATOR)
    check = session.checks.get(event.person)
    if check is None:
        return refuse(session, RefusalCode.FORGED)
    if session.state not in (SessionState.CHECKING, SessionState.OPEN):
        return refuse(session, RefusalCode.STALE)
    if moved(check, "start") is None:
        return refuse(session, RefusalCode.STALE)
    if why := holds(session, ToRestart(event.person), now):
        return refuse(session, RefusalCode.HELD, why)
    waiting = check if _is_untouched(check) else afresh(check, "start") or check
    late = session.state is SessionState.OPEN and check.state is not CheckState.STOPPED
    begun, effects = _begin(replace(waiting, arrived_at=now if late else None), now)
    return Decision(with_check(session, begun), effects)


def _is_untouched(check: Check) -> bool:
    """Say whether nothing has happened in this epoch yet."""
    happened = (check.run, check.sign_off, check.checked_out_at)
    return all(one is None for one in happened)


def _begin(check: Check, now: Instant) -> tuple[Check, tuple[Effect, ...]]:
    """Start a run on the published revision; the caller has asked the gate."""
    begun = moved(check, "start")
    revision = check.published
    if begun is None or revision is None:
        return check, ()
    asked = replace(begun, run=Run(revision, revision.flow.start, now), ready_at=None)
    return asked, (Show(check.person, ScreenKind.PLACE), *_patience(asked, now))


def _patience(check: Check, now: Instant) -> tuple[SetTimer, ...]:
    """Set the timer of the one repeat, where the step has one."""
    if check.run is None or not check.has_chat:
        return ()
    step = check.run.revision.flow.steps[check.run.step]
    if not step.repeat_after:
        return ()
    stamp = f"{check.epoch}/{step.id}"
    return (SetTimer(TimerKind.STEP, now + step.repeat_after, stamp, check.person),)


def answer(session: Session, event: e.StepAnswered, now: Instant) -> Decision:
    """Take an answer; a changed one raises the epoch, and the record keeps both."""
    check = session.checks.get(event.person)
    if check is None:
        return refuse(session, RefusalCode.NOT_PARTICIPANT)
    if code := _not_theirs(session, event):
        return refuse(session, code)
    run = check.run
    if session.state not in (SessionState.CHECKING, SessionState.OPEN):
        return refuse(session, RefusalCode.STALE)
    if run is None or not check.running:
        return refuse(session, RefusalCode.STALE)
    if (event.epoch, event.step) != (check.epoch, run.step):
        return refuse(session, RefusalCode.STALE)
    flow = run.revision.flow
    option = flow.option(event.step, event.option)
    if option is None:
        return refuse(session, RefusalCode.FORGED)
    if why := holds(session, ToAsk(event.person), now):
        return refuse(session, RefusalCode.HELD, why)
    answered = _record(check, option, event.by, now)
    values = {item: answer.value for item, answer in answered.answers.items()}
    step = next_step(flow, option, values)
    walked = _arrive(answered, run, step, now)
    if event.by != event.person:
        return _entered(session, walked, event.by, now)
    rung = (*_rung(session, flow, event, option), *_ready_rung(session, walked))
    return Decision(with_check(session, walked), (*rung, *_patience(walked, now)))


def _not_theirs(session: Session, event: e.StepAnswered) -> RefusalCode | None:
    """Say why an answer is neither the participant's own, nor entered from their desk by staff."""
    if event.by == event.person:
        return None
    if event.by in session.checks:
        return RefusalCode.NOT_FACILITATOR
    found = on_desk(session, event.by, event.person)
    return found if isinstance(found, RefusalCode) else None


def _entered(session: Session, check: Check, by: PersonId, now: Instant) -> Decision:
    """Keep what a facilitator entered: it rings nobody; they go on to look once all is answered."""
    view = DeskView.LOOK if check.state is CheckState.READY else DeskView.ANSWERS
    entered = with_desk(with_check(session, check), by, Desk(check.person, now, view))
    return Decision(entered, _patience(check, now))


def _ready_rung(session: Session, check: Check) -> tuple[Effect, ...]:
    """Ring for somebody who got ready during the session, when nobody watches the board."""
    if session.state is not SessionState.OPEN or check.state is not CheckState.READY:
        return ()
    return tuple(ring(session, "ring/ready", check.person, {"who": LabelOf(check.person)}))


def _record(check: Check, option: Option, by: PersonId, now: Instant) -> Check:
    if not option.marks or option.value not in ("yes", "no"):
        return check
    earlier = check.answers.get(option.marks)
    if earlier and earlier.value == option.value:
        return check
    given = Answer(option.value, now, by, changed=earlier is not None)
    answers = {**check.answers, option.marks: given}
    return replace(changed(check) if earlier else check, answers=answers)


def _arrive(check: Check, run: Run, step: Step, now: Instant) -> Check:
    trigger = {"ready": "finish", "unmet": "fall_short"}.get(step.final, "ask")
    asking = moved(check, "ask") or check
    walked = moved(asking, trigger) or asking
    ready_at = now if walked.state is CheckState.READY else None
    return replace(walked, run=replace(run, step=step.id, asked_at=now, repeat=Repeat.NONE),
                   ready_at=ready_at)  # fmt: skip


def _rung(
    session: Session, flow: Flow, event: e.StepAnswered, option: Option
) -> tuple[Effect, ...]:
    """Ring for *help* and for a *no*: whoever has claimed the person, else every facilitator."""
    landing = flow.steps.get(option.to)
    if landing is None or not landing.rings:
        return ()
    text = "ring/no" if option.value == "no" else "ring/help"
    told = tuple(ring(session, text, event.person, {"who": LabelOf(event.person)}))
    claimed = tuple(say for say in told if session.claimed_by(event.person) == say.to)
    return claimed or told


def take_up(session: Session, event: e.QuestionTakenUp, now: Instant) -> Decision:
    """Show the open question again to whoever tapped its reminder."""
    check = session.checks.get(event.person)
    if check is None:
        return refuse(session, RefusalCode.NOT_PARTICIPANT)
    run = check.run
    if run is None or run.repeat is not Repeat.SHOWN or check.state is not CheckState.ASKING:
        return refuse(session, RefusalCode.STALE)
    if (event.epoch, event.step) != (check.epoch, run.step):
        return refuse(session, RefusalCode.STALE)
    taken = replace(run, repeat=Repeat.TAKEN, asked_at=now)
    return Decision(with_check(session, replace(check, run=taken)))


def time_out(session: Session, event: e.StepTimedOut, now: Instant) -> Decision:
    """Remind once of the open question; a second silence changes nothing: blocked it stays."""
    check = session.checks.get(event.person)
    if check is None or check.run is None or check.state is not CheckState.ASKING:
        return refuse(session, RefusalCode.STALE)
    run = check.run
    if (event.epoch, event.step) != (check.epoch, run.step) or run.repeat:
        return refuse(session, RefusalCode.STALE)
    if session.state not in (SessionState.CHECKING, SessionState.OPEN) or now >= session.ends_at:
        return refuse(session, RefusalCode.STALE)
    repeated = replace(check, run=replace(run, repeat=Repeat.SHOWN))
    return Decision(with_check(session, repeated), (Show(event.person, ScreenKind.PLACE),))


def arrive_late(session: Session, event: e.ArrivedLate, now: Instant) -> Decision:
    """Tell the facilitators that somebody marked absent is there; it stays their decision."""
    check = session.checks.get(event.person)
    if check is None:
        return refuse(session, RefusalCode.NOT_PARTICIPANT)
    if check.state is not CheckState.ABSENT or _too_late(session, now):
        return refuse(session, RefusalCode.STALE)
    if session.state not in (SessionState.CHECKING, SessionState.OPEN):
        return refuse(session, RefusalCode.STALE)
    if check.arrived_at is not None:
        return refuse(session, RefusalCode.REPEATED)
    return Decision(
        with_check(session, replace(check, arrived_at=now)),
        tuple(ring(session, "ring/late", event.person, {"who": LabelOf(event.person)})),
    )


def _too_late(session: Session, now: Instant) -> bool:
    return session.state is SessionState.OPEN and now > session.starts_at + session.rules.late


def recall(session: Session, event: e.RevisionRecalled) -> Decision:
    """Stop every run on a recalled revision, and void what was signed on it."""
    if session.state in ENDED:
        return refuse(session, RefusalCode.STALE)
    recalled = session
    effects: list[Effect] = []
    for check in session.checks.values():
        if check.run is None or check.run.revision.id != event.revision:
            continue
        if check.state in (CheckState.TURNED_AWAY, CheckState.ABSENT):
            continue
        recalled = with_check(recalled, afresh(check, "stop") or check)
        effects.append(Show(check.person, ScreenKind.PLACE))
        effects += ring(session, "ring/recalled", check.person, {"who": LabelOf(check.person)})
    if recalled is session:
        return refuse(session, RefusalCode.STALE)
    return Decision(recalled, tuple(effects))
