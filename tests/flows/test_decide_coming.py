"""Before a session: what its schedule brings about, and participants who can't come."""

from dataclasses import replace

import pytest

from flows import events as e
from flows.decide.coming import timers
from flows.effects import SetTimer, Show, TimerKind
from flows.gate import ToOpen, holds
from flows.model import CheckState, Rules, SessionState
from tests.flows import builders as b
from tests.flows.builders import ANNA, BEN, ENDS, NOBODY, NOON, STARTS, P, Q

BY_ITSELF = replace(b.planned(), rules=Rules(auto_start=1800))
AWAY = b.after(b.planned(), e.AbsenceAnnounced(P, 1))

REFUSALS = {
    "begins-of-another-schedule": (BY_ITSELF, e.ChecksDue(2), "stale"),
    "begins-where-that-is-off": (b.planned(), e.ChecksDue(1), "stale"),
    "begins-once-they-have": (b.started(), e.ChecksDue(1), "stale"),
    "begins-after-a-stop": (
        replace(b.after(b.started(), e.SessionStopped(ANNA)), rules=BY_ITSELF.rules),
        e.ChecksDue(1),
        "stale",
    ),
    "late-of-another-schedule": (b.planned(), e.ChecksOverdue(2), "stale"),
    "late-once-they-have-begun": (b.started(), e.ChecksOverdue(1), "stale"),
    "cant-come-of-a-stranger": (b.planned(), e.AbsenceAnnounced(NOBODY, 1), "not-participant"),
    "cant-come-of-a-facilitator": (b.planned(), e.AbsenceAnnounced(ANNA, 1), "not-participant"),
    "cant-come-to-another-time": (b.planned(), e.AbsenceAnnounced(P, 2), "stale"),
    "cant-come-once-asked": (b.started(), e.AbsenceAnnounced(P, 1), "stale"),
    "cant-come-twice": (AWAY, e.AbsenceAnnounced(P, 1), "repeated"),
    "can-come-of-a-stranger": (AWAY, e.AbsenceTakenBack(NOBODY, 1), "not-participant"),
    "can-come-to-another-time": (AWAY, e.AbsenceTakenBack(P, 2), "stale"),
    "can-come-who-is-expected": (AWAY, e.AbsenceTakenBack(Q, 1), "repeated"),
    "can-come-once-the-checks-run": (
        b.after(AWAY, e.ChecksStarted(ANNA)),
        e.AbsenceTakenBack(P, 1),
        "stale",
    ),
    "debrief-of-another-schedule": (
        b.after(b.joined(), e.SessionClosed(ANNA), STARTS + 60),
        e.DebriefMissed(2),
        "stale",
    ),
    "debrief-before-the-end": (b.joined(), e.DebriefMissed(1), "stale"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusals_change_nothing(name):
    """What is stale, repeated or somebody else's is refused by its code, and changes nothing."""
    session, event, code = REFUSALS[name]
    assert b.refused(session, event, STARTS - 1800).code == code


def test_checks_begin_by_themselves_where_that_is_set():
    """At the time that the programme has set everybody is asked, and staff's phones ring."""
    decision = b.done(BY_ITSELF, e.ChecksDue(1), STARTS - 1800)
    assert decision.state.state is SessionState.CHECKING
    assert {check.state for check in decision.state.checks.values()} == {CheckState.ASKING}
    shown = {(show.to, show.screen) for show in b.effects(decision, Show)}
    assert {(ANNA, "board"), (BEN, "board"), (P, "place"), (Q, "place")} <= shown


def test_checks_begin_no_sooner_than_set():
    """A timer that rings too soon begins nothing."""
    assert b.refused(BY_ITSELF, e.ChecksDue(1), STARTS - 1801).code == "stale"


def test_what_holds_a_start_holds_one_by_itself():
    """Where a facilitator could not start the checks, the clock can't either."""
    suspended = replace(BY_ITSELF, programme=replace(BY_ITSELF.programme, suspended=True))
    assert b.refused(suspended, e.ChecksDue(1), STARTS - 1800).code == "held"


def test_staff_are_told_of_checks_that_are_late():
    """Ten minutes before the start every facilitator is told, once, that none have begun."""
    decision = b.done(b.planned(), e.ChecksOverdue(1), STARTS - 600)
    assert decision.state == b.planned()
    assert b.said(decision) == {(ANNA, "ring/checks-overdue"), (BEN, "ring/checks-overdue")}
    assert b.refused(b.planned(), e.ChecksOverdue(1), ENDS).code == "stale"


def test_who_cant_come_is_absent_and_staff_are_told():
    """By their own word somebody is absent; nobody else's check changes."""
    decision = b.done(b.planned(), e.AbsenceAnnounced(P, 1))
    assert decision.state.checks[P].state is CheckState.ABSENT
    assert decision.state.checks[Q] == b.planned().checks[Q]
    assert b.said(decision) == {(ANNA, "ring/cant-come"), (BEN, "ring/cant-come")}


def test_who_cant_come_is_not_asked():
    """When the checks begin, nobody is bothered who said that they can't come."""
    started = b.after(AWAY, e.ChecksStarted(ANNA))
    assert started.checks[P].state is CheckState.ABSENT
    assert started.checks[Q].state is CheckState.ASKING


def test_who_cant_come_does_not_keep_the_others_out():
    """The others can be let in without them; whoever opens sees that they are absent."""
    session = b.admitted_in(b.after(AWAY, e.ChecksStarted(ANNA)), ANNA, Q)
    session = b.after(session, e.LinkPasted(ANNA, fresh=True))
    assert holds(session, ToOpen(ANNA), STARTS) == ()


def test_who_can_come_after_all_is_expected_in_a_new_epoch():
    """Taken back, it is as before, in an epoch of its own; staff are told."""
    decision = b.done(AWAY, e.AbsenceTakenBack(P, 1))
    check = decision.state.checks[P]
    assert (check.state, check.epoch) == (CheckState.WAITING, AWAY.checks[P].epoch + 1)
    assert b.said(decision) == {(ANNA, "ring/can-come"), (BEN, "ring/can-come")}


def test_another_time_expects_everybody_anew():
    """Who could not come to one time may come to another: a move asks everybody again."""
    moved = b.after(AWAY, e.SessionMoved(ANNA, STARTS + 86400, ENDS + 86400))
    assert moved.checks[P].state is CheckState.WAITING


def test_who_has_not_debriefed_is_reminded_once():
    """Half a day after the end each facilitator is reminded; whoever has done it gets no letter."""
    closed = b.done(b.joined(), e.SessionClosed(ANNA), STARTS + 60)
    timers_set = {one.kind: one.at for one in b.effects(closed, SetTimer)}
    assert timers_set[TimerKind.DEBRIEF] == STARTS + 60 + 12 * 3600
    decision = b.done(closed.state, e.DebriefMissed(1), STARTS + 60 + 12 * 3600)
    assert b.said(decision) == {(ANNA, "debrief/missed"), (BEN, "debrief/missed")}


def test_a_planned_session_has_its_timers():
    """Its end, checks that are late, and the checks' own start where that is set."""
    assert {(one.kind, one.at, one.stamp) for one in timers(b.planned())} == {
        (TimerKind.SESSION_END, ENDS + 900, "1"),
        (TimerKind.OVERDUE, STARTS - 600, "1"),
    }
    checks = SetTimer(TimerKind.CHECKS, STARTS - 1800, "1")
    assert set(timers(BY_ITSELF)) == {*timers(b.planned()), checks}


def test_nothing_of_it_signs_opens_or_mints():
    """No timer signs, opens or lets anybody in."""
    for session in (BY_ITSELF, b.started(), b.linked(), b.opened()):
        for event in (e.ChecksDue(1), e.ChecksOverdue(1), e.DebriefMissed(1)):
            decision = b.decide(session, event, NOON + 900)
            assert decision.state.opening == session.opening
            for person, check in decision.state.checks.items():
                assert check.sign_off == session.checks[person].sign_off
                assert check.credential == session.checks[person].credential
