"""Ten thousand participants with a session each evening's size, all reminded in the same minute.

Made by the production code in one transaction; only the key file, which else writes to the disk for
each key by itself, gets all of them in one go.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from bot import keeping, planning
from bot.language.shipped import shipped_revision
from bot.practice.botapi.chats import Chat
from flows import events as e
from flows.model import MINUTE, Programme, RoomKind, SessionKind
from storage import people, revisions, sessions
from storage.sessions import Plan
from tests.honest import NOON, RULES, YEAR, enrol_participant, enrol_staff, plan

SIZE = 8
"""People in a session: the most that a group can have."""
DUE = NOON + 3 * 3600
FIRST_CHAT = 1_000_000
LEADER, FACILITATOR = 10, 11
BOARD = "Board"


@dataclass(frozen=True)
class Crowd:
    """Everybody's chat with the session that they are reminded of, and the session with a board."""

    reminded: dict
    facilitator: int
    board: int


def found(tx, size):
    """Enrol everybody and plan everything; the reminder an hour before is due at `DUE`."""
    people.set_programme(tx, Programme(ends_at=NOON + YEAR, safety_contact_until=NOON + YEAR))
    revisions.publish(tx, shipped_revision("environment", "en"), NOON)
    with _keys_in_one_go(tx):
        leader, facilitator = (enrol_staff(tx, chat, f"F{chat}") for chat in (LEADER, FACILITATOR))
        persons = [enrol_participant(tx, FIRST_CHAT + n, f"P{n}") for n in range(size)]
        looked_at = [enrol_participant(tx, 100 + n, f"Q{n}") for n in range(6)]
        board = plan(tx, [facilitator], looked_at)
        reminded = {}
        for first in range(0, size, SIZE):
            members = persons[first : first + SIZE]
            session = planning.add(tx, _hour_later(leader, members), DUE - 5 * MINUTE)
            reminded |= dict.fromkeys(members, session)
    started = keeping.happen(tx, sessions.load(tx, board), e.ChecksStarted(facilitator), NOON)
    assert not started.refusal, started.refusal
    tx.db.execute("DELETE FROM outbox")
    return Crowd(reminded, facilitator, board)


def _hour_later(leader, members):
    starts_at = DUE + 60 * MINUTE
    return Plan(
        *("Tuesday", SessionKind.GROUP, RoomKind.LINK, starts_at, starts_at + 90 * MINUTE, SIZE),
        *((leader,), tuple(members), replace(RULES)),
        zone="Europe/Berlin",
    )


@contextmanager
def _keys_in_one_go(tx) -> Iterator[None]:
    tx.keys._db.execute("BEGIN")
    yield
    tx.keys._db.execute("COMMIT")


def rename(tx, board, number):
    """Change what the board shows: its session's name counts the changes."""
    tx.db.execute(
        "UPDATE session SET name = ?, version = version + 1 WHERE id = ?",
        (f"{BOARD} {number}", board),
    )


def chats(world, size, watcher):
    """Let everybody's chat be there, each looked at by the same watcher."""
    known = (LEADER, FACILITATOR, *range(100, 106), *range(FIRST_CHAT, FIRST_CHAT + size))
    for chat in known:
        names = {"first_name": f"Person {chat}"}
        world.chats[chat] = Chat(chat, "private", names, open_to_bot=True, watcher=watcher)
