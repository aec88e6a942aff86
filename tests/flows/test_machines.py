"""The tables say exactly what moves; everything else does not."""

from itertools import product

import pytest

from flows.machines import CHECK_TABLE, SESSION_TABLE, move_check, move_session
from flows.model import CheckState, SessionState

SESSION_TRIGGERS = [trigger for trigger, _, _ in SESSION_TABLE]
CHECK_TRIGGERS = [trigger for trigger, _, _ in CHECK_TABLE]


def moves(table):
    return {(source, trigger): to for trigger, sources, to in table for source in sources}


@pytest.mark.parametrize(("state", "trigger"), [*product(SessionState, SESSION_TRIGGERS)])
def test_session(state, trigger):
    """A session moves where its table says, and nowhere else."""
    assert move_session(state, trigger) == moves(SESSION_TABLE).get((state, trigger))


@pytest.mark.parametrize(("state", "trigger"), [*product(CheckState, CHECK_TRIGGERS)])
def test_check(state, trigger):
    """A check moves where its table says, and nowhere else."""
    assert move_check(state, trigger) == moves(CHECK_TABLE).get((state, trigger))


@pytest.mark.parametrize("table", [SESSION_TABLE, CHECK_TABLE], ids=["session", "check"])
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
