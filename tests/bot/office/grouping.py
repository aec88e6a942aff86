"""Facilitators at the office, what they do about groups, and whoever comes by an invitation."""

import re

from flows.model import SessionKind
from storage import groups, people, sessions
from storage.groups import Part
from tests.bot.conftest import ZONE
from tests.bot.office.conftest import Desk
from tests.honest import NOON, YEAR


async def enrol_facilitator(house, chat, label, locale="en", *, prepared=True):
    """Enrol a facilitator, as if they had opened their invitation."""

    def enrol(tx):
        person = people.add(tx, locale=locale, zone=ZONE, label=label, now=NOON)
        since = NOON - YEAR if prepared else None
        people.give_role(tx, person, people.Role.FACILITATOR, prepared_at=since)
        people.invite(tx, person, f"token-{chat}", expires_at=NOON + 60)
        return people.redeem(tx, f"token-{chat}", chat, NOON)

    person = await house.store.transact(enrol)
    return Desk(house, house.guest(chat, person, locale))


async def make_group(desk, name="Tuesday 18"):
    """Make a group by taps and a line; return its number."""
    before = await of(desk)
    await desk.command("groups")
    await desk.tap("office/groups/button/new")
    await desk.type(name)
    (made,) = set(await of(desk)) - set(before)
    return made


async def of(desk):
    """Return the numbers of the groups that somebody leads."""
    return await desk.house.store.read(lambda tx: groups.of_facilitator(tx, desk.guest.person))


async def go(desk, page, about=0):
    await press(desk, f"go:{page}:{about}")


async def reopen(desk, page, about=0):
    """Turn to a page that the one before has no button for, as an old drawing may."""
    await forge(desk, f"go:{page}:{about}")


async def press(desk, start):
    """Tap the newest button whose data begins so."""
    desk.guest.tap(start)
    await desk.house.quiet()


async def forge(desk, data):
    desk.guest.forge(data)
    await desk.house.quiet()


async def add_participant(desk, group):
    """Add somebody on the group's page; return their number and the link of their invitation."""
    await desk.tap("office/group/button/add")
    people_in = await members(desk.house, group)
    return people_in[-1], link_on(desk)


def link_on(desk):
    """Return the link of the invitation that stands on somebody's phone."""
    captions = [message["text"] for message in desk.guest.messages() if message["kind"] == "photo"]
    found = re.search(r"https://t\.me/\S+", captions[-1])
    assert found
    return found[0]


async def members(house, group, part=Part.PARTICIPANT):
    return await house.store.read(lambda tx: groups.members(tx, group, part))


async def find(house, group):
    return await house.store.read(lambda tx: groups.find(tx, group))


async def label_of(house, person):
    return await house.store.read(lambda tx: people.label_of(tx, person))


async def lead_session_group(house):
    """Make the session of the house one of a group that Anna leads."""

    def lead(tx):
        kind, room = SessionKind.GROUP, sessions.load(tx, house.session_id).room
        group = groups.add(tx, "Tuesday", kind=kind, locale="en", minutes=90, room=room, cap=6)
        groups.join(tx, group, house.anna.person, Part.FACILITATOR, NOON)
        for person in house.people:
            groups.join(tx, group, person, Part.PARTICIPANT, NOON)
        tx.db.execute('UPDATE session SET "group" = ?, version = version + 1', (group,))
        return group

    return await house.store.transact(lead)


def page_of(desk):
    """Return the text of the page, wherever it stands in the chat."""
    shown = [m for m in desk.guest.messages() if m["kind"] == "text" and m["keyboard"]]
    return shown[-1]["text"] if shown else ""
