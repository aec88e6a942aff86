"""The tables: where a session, a check and an orientation can go from where.

Each machine is one table that a reader sees at once. A machine has no callbacks and keeps no
model; it only says whether a move exists. Whether the move may happen is the gate's to say.
"""

from transitions import Machine, MachineError

from flows.model import CheckState, OrientationState, SessionState

Table = tuple[tuple[str, tuple[str, ...], str], ...]

SESSION_TABLE: Table = (
    # trigger        from                                   to
    ("start_checks", ("planned", "stopped"), "checking"),
    ("open", ("checking",), "open"),
    ("stop", ("checking", "open"), "stopped"),
    ("close", ("planned", "checking", "open", "stopped"), "closed"),
    ("cancel", ("planned", "checking", "stopped"), "cancelled"),
    ("move", ("planned", "checking", "stopped"), "planned"),
)

UNDER_WAY = ("waiting", "asking", "ready", "unmet")
"""A check that is not settled yet."""

CHECK_TABLE: Table = (
    # trigger       from                                                     to
    (
        "start",
        ("waiting", "asking", "ready", "unmet", "stopped", "absent", "turned_away"),
        "asking",
    ),
    ("ask", ("asking", "ready", "unmet"), "asking"),
    ("finish", ("asking",), "ready"),
    ("fall_short", ("asking",), "unmet"),
    ("admit", ("ready",), "admitted"),
    ("take_back", ("admitted",), "ready"),
    ("turn_away", (*UNDER_WAY, "stopped"), "turned_away"),
    ("mark_absent", (*UNDER_WAY, "stopped"), "absent"),
    ("stop", (*UNDER_WAY, "admitted", "stopped"), "stopped"),
    ("reset", tuple(state.value for state in CheckState), "waiting"),
)

ORIENTATION_TABLE: Table = (
    # trigger       from                            to
    ("ask", ("asking", "ready"), "asking"),
    ("finish", ("asking",), "ready"),
    ("sign", ("ready",), "signed"),
    ("begin_anew", ("asking", "ready", "signed"), "asking"),
)


class _Token:
    """The light model that a machine moves; it carries a state and nothing else."""

    __slots__ = ("state",)

    def __init__(self, state: str) -> None:
        self.state = state


def _machine(
    states: type[SessionState | CheckState | OrientationState], initial: str, table: Table
) -> Machine:
    return Machine(
        model=None,
        states=[state.value for state in states],
        initial=initial,
        auto_transitions=False,
        transitions=[
            {"trigger": trigger, "source": list(sources), "dest": to}
            for trigger, sources, to in table
        ],
    )


SESSION = _machine(SessionState, SessionState.PLANNED.value, SESSION_TABLE)
CHECK = _machine(CheckState, CheckState.WAITING.value, CHECK_TABLE)
ORIENTATION = _machine(OrientationState, OrientationState.ASKING.value, ORIENTATION_TABLE)


def _move(machine: Machine, state: str, trigger: str) -> str | None:
    token = _Token(state)
    try:
        moved = machine.events[trigger].trigger(token)
    except MachineError:
        return None
    return token.state if moved else None


def move_session(state: SessionState, trigger: str) -> SessionState | None:
    """Return where `trigger` leads from `state`, or None where the table has no such move."""
    to = _move(SESSION, state.value, trigger)
    return SessionState(to) if to else None


def move_check(state: CheckState, trigger: str) -> CheckState | None:
    """Return where `trigger` leads from `state`, or None where the table has no such move."""
    to = _move(CHECK, state.value, trigger)
    return CheckState(to) if to else None


def move_orientation(state: OrientationState, trigger: str) -> OrientationState | None:
    """Return where `trigger` leads from `state`, or None where the table has no such move."""
    to = _move(ORIENTATION, state.value, trigger)
    return OrientationState(to) if to else None
