"""The tables say exactly what moves; everything else does not."""

from dataclasses import fields
from itertools import product

import pytest

from flows.machines import (
    CHECK,
    CHECK_TABLE,
    ORIENTATION,
    ORIENTATION_TABLE,
    SESSION,
    SESSION_TABLE,
    move_check,
    move_orientation,
    move_session,
)
from flows.model import (
    Check,
    CheckState,
    Orientation,
    OrientationState,
    Session,
    SessionState,
)

SESSION_TRIGGERS = [trigger for trigger, _, _ in SESSION_TABLE]
CHECK_TRIGGERS = [trigger for trigger, _, _ in CHECK_TABLE]
ORIENTATION_TRIGGERS = [trigger for trigger, _, _ in ORIENTATION_TABLE]


def moves(table):
    return {(source, trigger): to for trigger, sources, to in table for source in sources}


SESSION_MOVES = {
    "planned": "start_checks>checking close>closed cancel>cancelled move>planned",
    "checking": "open>open stop>stopped close>closed cancel>cancelled move>planned",
    "open": "stop>stopped close>closed",
    "stopped": "start_checks>checking close>closed cancel>cancelled move>planned",
    "closed": "",
    "cancelled": "",
}
"""What can become of a session, seen from each state: the tables read from their other side."""
NOT_SETTLED = "start>asking turn_away>turned_away mark_absent>absent stop>stopped reset>waiting"
CHECK_MOVES = {
    "waiting": NOT_SETTLED,
    "asking": f"{NOT_SETTLED} ask>asking finish>ready fall_short>unmet",
    "ready": f"{NOT_SETTLED} ask>asking admit>admitted",
    "unmet": f"{NOT_SETTLED} ask>asking",
    "admitted": "take_back>ready stop>stopped reset>waiting",
    "turned_away": "start>asking reset>waiting",
    "absent": "start>asking reset>waiting",
    "stopped": NOT_SETTLED,
}
ORIENTATION_MOVES = {
    "asking": "ask>asking finish>ready begin_anew>asking",
    "ready": "ask>asking sign>signed begin_anew>asking",
    "signed": "begin_anew>asking",
}


@pytest.mark.parametrize(("state", "trigger"), [*product(SessionState, SESSION_TRIGGERS)])
def test_session(state, trigger):
    """A session moves where it can, and nowhere else."""
    expected = dict(move.split(">") for move in SESSION_MOVES[state].split())
    assert move_session(state, trigger) == expected.get(trigger)


@pytest.mark.parametrize(("state", "trigger"), [*product(CheckState, CHECK_TRIGGERS)])
def test_check(state, trigger):
    """A check moves where it can, and nowhere else."""
    expected = dict(move.split(">") for move in CHECK_MOVES[state].split())
    assert move_check(state, trigger) == expected.get(trigger)


@pytest.mark.parametrize(("state", "trigger"), [*product(OrientationState, ORIENTATION_TRIGGERS)])
def test_orientation(state, trigger):
    """An orientation moves where it can, and nowhere else; it is signed from *ready* alone."""
    expected = dict(move.split(">") for move in ORIENTATION_MOVES[state].split())
    assert move_orientation(state, trigger) == expected.get(trigger)


@pytest.mark.parametrize(
    ("machine", "table", "states", "model"),
    [
        (SESSION, SESSION_TABLE, SessionState, Session),
        (CHECK, CHECK_TABLE, CheckState, Check),
        (ORIENTATION, ORIENTATION_TABLE, OrientationState, Orientation),
    ],
    ids=["session", "check", "orientation"],
)
def test_machine_is_its_table(machine, table, states, model):
    """A machine knows the table's triggers and the model's states alone, and begins as it does."""
    assert set(machine.states) == set(states)
    assert set(machine.events) == {trigger for trigger, _, _ in table}
    begins = next(field.default for field in fields(model) if field.name == "state")
    assert machine.initial == begins


@pytest.mark.parametrize(
    "table",
    [SESSION_TABLE, CHECK_TABLE, ORIENTATION_TABLE],
    ids=["session", "check", "orientation"],
)
def test_triggers_are_unique(table):
    """A trigger stands in its table once, so that a reader need not look further."""
    triggers = [trigger for trigger, _, _ in table]
    assert len(triggers) == len(set(triggers))


def test_only_checking_opens():
    """No session opens but from its checks."""
    opening = {source for (source, _), to in moves(SESSION_TABLE).items() if to == "open"}
    assert opening == {SessionState.CHECKING}


def test_only_ready_is_admitted():
    """Nobody is admitted but from complete answers."""
    admitting = {source for (source, _), to in moves(CHECK_TABLE).items() if to == "admitted"}
    assert admitting == {CheckState.READY}


@pytest.mark.parametrize("state", [SessionState.CLOSED, SessionState.CANCELLED])
def test_the_end_is_the_end(state):
    """Nothing leads out of a closed or cancelled session."""
    assert all(move_session(state, trigger) is None for trigger in SESSION_TRIGGERS)
