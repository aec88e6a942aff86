"""What facilitators do about sessions ahead, and what is planned then."""

from datetime import date

from bot.office.session import Target
from flows.effects import ScreenKind
from flows.wall_clock import Wall, instant, read
from storage import ahead, groups, screens, sessions
from storage.groups import Part
from tests.bot.conftest import ZONE
from tests.bot.office.grouping import enrol_facilitator, forge, go, make_group, press
from tests.honest import NOON, enrol_participant


def at(day, hour, minute=0, zone=ZONE):
    """Return when clocks show this on a day in ISO 8601."""
    return instant(Wall(date.fromisoformat(day), hour * 60 + minute), zone)


async def settled_group(house, participants=2, colleagues=1, name="Harbour 7"):
    """Let Anna have a group with colleagues and enrolled participants who have phones."""
    anna = await enrol_facilitator(house, 100, "Anna")
    others = [await enrol_facilitator(house, 110 + n, f"B{n}") for n in range(colleagues)]
    group = await make_group(anna, name)

    def fill(tx):
        for other in others:
            groups.join(tx, group, other.guest.person, Part.FACILITATOR, NOON)
        found = [enrol_participant(tx, 200 + n, f"P{n}") for n in range(participants)]
        for person in found:
            groups.join(tx, group, person, Part.PARTICIPANT, NOON)
        return found

    found = await house.store.transact(fill)
    guests = [house.guest(200 + n, person) for n, person in enumerate(found)]
    return anna, others, guests, group


async def change(desk, group, **choices):
    """Choose things of a plan, as taps on its pages do."""
    for name, choice in choices.items():
        await forge(desk, f"do:plan-{name.replace('_', '-')}:{group}:{choice}")


async def open_plan(desk, group):
    await desk.command("groups")
    await go(desk, "group", group)
    await go(desk, "sessions", group)
    await go(desk, "plan", group)


async def plan(desk, group, **choices):
    """Plan what is usual but for these choices; return the sessions."""
    await open_plan(desk, group)
    await change(desk, group, **choices)
    await press(desk, f"do:sessions-planned:{group}")
    return await planned(desk.house, group)


async def planned(house, group):
    """Return the sessions of a group that are not over, in their order."""
    return await house.store.read(lambda tx: ahead.of_group(tx, group, NOON))


async def page_of(desk):
    """Return the text of the office's page, also where something else was said since."""

    def number(tx):
        return screens.find(tx, desk.guest.person, ScreenKind.OFFICE, None).message_id

    shown = await desk.house.store.read(number)
    return next(m["text"] for m in desk.guest.messages() if m["message_id"] == shown)


async def find(house, session):
    return await house.store.read(lambda tx: ahead.find(tx, session))


async def load(house, session):
    return await house.store.read(lambda tx: sessions.load(tx, session))


async def reminders_of(house, session):
    def found(tx):
        rows = tx.db.execute("SELECT schedule FROM reminder WHERE session = ?", (session,))
        return [row["schedule"] for row in rows]

    return await house.store.read(found)


async def forget_phone(house, person):
    """Let somebody enrolled have no chat, as whoever takes part by phone."""
    await house.store.transact(
        lambda tx: tx.db.execute(
            "UPDATE person SET chat = NULL, chat_index = NULL WHERE id = ?", (person,)
        )
    )


def walls(found, zone=ZONE):
    """Return days and minutes after midnight, as the clocks of a zone show them."""
    shown = [read(one.starts_at, zone) for one in found]
    return [(wall.day.isoformat(), wall.minute) for wall in shown]


def target(session, day, minute):
    """Return the number that a button carries which moves a session there."""
    days = (date.fromisoformat(day) - date(1970, 1, 1)).days
    return Target(session, days, minute).number


async def unprepare(house, person):
    await house.store.transact(
        lambda tx: tx.db.execute(
            "UPDATE staff_role SET prepared_at = NULL WHERE person = ?", (person,)
        )
    )
