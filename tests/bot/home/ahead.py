"""Sessions that are still to come, as a facilitator's plan leaves them."""

from bot import planning
from bot.language.words import words
from flows import events as e
from flows.model import RoomKind, SessionKind
from storage import sessions
from storage.sessions import Plan
from tests.bot.conftest import ZONE
from tests.honest import NOON

HOUR, DAY = 3600, 86400
LENGTH = 90 * 60
FAR = NOON + 9 * DAY + 9 * HOUR
"""Six in the evening in Berlin, nine days after the evening of the house."""


async def planned(house, at=FAR, people=None):
    """Plan a session of the house's people; return its number."""

    def add(tx):
        return planning.add(
            tx,
            Plan(
                *("Tuesday", SessionKind.GROUP, RoomKind.LINK, at, at + LENGTH, 6),
                tuple(house.staff),
                tuple(people or house.people),
                house.rules,
                zone=ZONE,
            ),
            house.clock.now(),
        )

    return await house.store.transact(add)


async def happen(house, session, event):
    """Have something happen to a session that is not the evening's own."""
    house.session_id, evening = session, house.session_id
    house.now = house.clock.now()
    await house.happen(event)
    house.session_id = evening
    await house.wake()


async def moved(house, session, to):
    await happen(house, session, e.SessionMoved(house.staff[0], to, to + LENGTH))


async def cancelled(house, session):
    await happen(house, session, e.SessionCancelled(house.staff[0]))


async def seen(house, session):
    return await house.store.read(lambda tx: sessions.load(tx, session))


def when(at, locale="en", zone=ZONE):
    """Return a day and time as somebody reads it."""
    return words(locale, zone).appointment(at, ZONE)
