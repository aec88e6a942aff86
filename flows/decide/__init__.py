"""`decide(session, event, now)`: what follows from what happened. Pure; one module a concern.

A refusal is a value and changes nothing. Screens that show something which has changed are
redrawn by comparing before and after; what rings a phone is said explicitly by each concern.
"""

from dataclasses import replace
from typing import assert_never

from flows import events as e
from flows.decide import check_room, checks, coming, desk, door, factor, sessions
from flows.decide.decision import Decision, Refusal, RefusalCode
from flows.decide.redraw import redraws
from flows.model import Instant, Session

__all__ = ["Decision", "Refusal", "RefusalCode", "decide"]


def decide(session: Session, event: e.Event, now: Instant) -> Decision:
    """Return the session as it is after `event`, and what shall be done.

    `now` must not be earlier than at the event before; the caller's clock never runs backwards.
    """
    decision = _route(session, event, now)
    if decision.refusal:
        return decision
    decision = replace(decision, state=check_room.without_void_call(decision.state, now))
    if decision.state == session:
        return decision
    return decision.then(*redraws(session, decision.state, decision.effects))


def _route(session: Session, event: e.Event, now: Instant) -> Decision:  # noqa: C901, PLR0911, PLR0912 -- one table, a line an event
    match event:
        case e.ChecksStarted():
            return checks.start(session, event, now)
        case e.ChecksDue():
            return checks.start_by_itself(session, event, now)
        case e.ChecksOverdue():
            return coming.tell_overdue(session, event, now)
        case e.AbsenceAnnounced():
            return coming.announce_absence(session, event)
        case e.AbsenceTakenBack():
            return coming.take_back_absence(session, event)
        case e.DebriefMissed():
            return coming.miss_debrief(session, event)
        case e.CheckRestarted():
            return checks.restart(session, event, now)
        case e.StepAnswered():
            return checks.answer(session, event, now)
        case e.QuestionTakenUp():
            return checks.take_up(session, event, now)
        case e.StepTimedOut():
            return checks.time_out(session, event, now)
        case e.RevisionRecalled():
            return checks.recall(session, event)
        case e.ArrivedLate():
            return checks.arrive_late(session, event, now)
        case e.PersonClaimed():
            return desk.claim(session, event, now)
        case e.DeskLeft():
            return desk.leave(session, event)
        case e.DestinationsAsked():
            return desk.show_destinations(session, event)
        case e.QuestionsAsked():
            return desk.show_questions(session, event)
        case e.ItemObserved():
            return desk.observe(session, event, now)
        case e.CalledIn():
            return check_room.call_in(session, event, now)
        case e.CallInRanOut():
            return check_room.run_out(session, event, now)
        case e.CallInRefused():
            return check_room.be_refused(session, event)
        case e.SignedOff():
            return desk.sign_off(session, event, now)
        case e.SignOffTakenBack():
            return desk.take_back(session, event, now)
        case e.MarkedAbsent():
            return desk.mark_absent(session, event, now)
        case e.FacilitatorRemoved():
            return desk.remove_facilitator(session, event, now)
        case e.FactorProved():
            return factor.prove(session, event, now)
        case e.FactorReset():
            return factor.reset(session, event)
        case e.LinkPasted():
            return sessions.paste_link(session, event)
        case e.SessionOpened():
            return sessions.open_session(session, event, now)
        case e.SessionStopped():
            return sessions.stop(session, event)
        case e.ProgrammeSuspended():
            return sessions.suspend(session)
        case e.SessionClosed():
            return sessions.close(session, event, now)
        case e.SessionRanOut():
            return sessions.run_out(session, event, now)
        case e.WindowReached():
            return sessions.reach_window(session, event)
        case e.CheckOutMissed():
            return sessions.miss_check_out(session, event)
        case e.SessionMoved():
            return sessions.move(session, event, now)
        case e.SessionCancelled():
            return sessions.cancel(session, event)
        case e.PersonStopped():
            return door.stop_person(session, event)
        case e.StandingNarrowed():
            return door.narrow(session, event, now)
        case e.SelfStopped():
            return door.stop_self(session, event)
        case e.LineLost():
            return door.lose_line(session, event, now)
        case e.JoinAsked():
            return door.join(session, event, now)
        case e.JoinAskedFor():
            return door.join_for(session, event, now)
        case e.StillAloneReported():
            return door.come_back_for(session, event, now)
        case e.StillAloneAnswered():
            return door.come_back(session, event, now)
        case e.CredentialRanOut():
            return door.run_out(session, event, now)
        case e.CheckedOut():
            return door.check_out(session, event, now)
        case _:
            assert_never(event)
