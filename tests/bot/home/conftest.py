"""A participant at home: the running bot, a group with its facilitator, an invitation to open."""

import asyncio

import pytest

from bot.language.shipped import shipped_revision
from bot.language.words import words
from flows.model import PersonId
from storage import arrivals, groups, people
from storage.groups import Part
from tests.bot.conftest import ZONE
from tests.honest import NOON, YEAR, add_group, enrol_staff

TOKEN = "an-invitation"
STEPS = ("consent", "house-rules", "confidentiality")


class Home:
    """Somebody's own screen, tapped by what stands on its buttons."""

    def __init__(self, house, guest):
        self.house = house
        self.guest = guest

    @property
    def person(self):
        return self.guest.person

    def say(self, key, **params):
        return words(self.guest.locale, ZONE).say(key, **params)

    def text(self, step):
        """Return a text of the agreements in this person's language."""
        return shipped_revision("agreements", self.guest.locale).flow.steps[step].text

    @property
    def screen(self):
        """The newest message on the phone."""
        return self.guest.messages()[-1]["text"]

    def buttons(self):
        return [b["text"] for m in self.guest.messages() for row in m["keyboard"] for b in row]

    async def tap(self, text):
        """Tap the newest button with these words."""
        for message in reversed(self.guest.messages()):
            for row in message["keyboard"]:
                for button in row:
                    if button["text"] == text:
                        self.guest.phone.tap(message["message_id"], button["callback_data"])
                        await self.house.quiet()
                        return
        raise AssertionError(f"no button {text!r} among {self.buttons()}")

    async def agree(self):
        await self.tap(shipped_revision("agreements", self.guest.locale).flow.steps["consent"]
                       .options[0].text)  # fmt: skip

    async def refuse(self):
        await self.tap(shipped_revision("agreements", self.guest.locale).flow.steps["consent"]
                       .options[1].text)  # fmt: skip

    async def type(self, text):
        self.guest.phone.type(text)
        await self.house.quiet()

    async def open_invitation(self):
        self.guest.phone.open_link(TOKEN)
        await self.house.quiet()

    async def arrive_at(self, step):
        """Choose language and time zone, and agree to every text before this one."""
        await self.open_invitation()
        await self.tap({"en": "English", "de": "Deutsch"}[self.guest.locale])
        await self.tap(self.say("home/button/yes"))
        for _ in STEPS[: STEPS.index(step)]:
            await self.agree()

    async def status(self):
        def read(tx):
            known = people.find(tx, PersonId(self.person))
            return known.status if known else None

        return await self.house.store.read(read)


async def until(house, fact):
    """Wait until a fact of the store has come about; the clock moves on meanwhile."""
    async with asyncio.timeout(20):
        while not await house.store.read(fact):
            await house.move_to(house.clock.now() + arrivals.SOON)


async def invite(house, *, chat=300, locale="en", facilitator=None):
    """Invite a participant into a group of a facilitator; return their home."""

    def add(tx):
        leader = facilitator or enrol_staff(tx, 180, "Greta")
        person = people.add(tx, locale="en", zone="UTC", label="Q5", now=NOON)
        group = add_group(tx, "Tuesday")
        groups.join(tx, group, leader, Part.FACILITATOR, NOON)
        groups.join(tx, group, person, Part.PARTICIPANT, NOON)
        people.invite(tx, person, TOKEN, expires_at=NOON + YEAR)
        return leader, person

    leader, person = await house.store.transact(add)
    guest = house.guest(chat, person, locale)
    house.api.world.chats[chat].open_to_bot = False
    home = Home(house, guest)
    home.greta = house.guest(180, leader) if facilitator is None else None
    return home


@pytest.fixture
async def newcomer(empty_house):
    """Invite an English-speaking participant; nobody else is there but their facilitator."""
    return await invite(empty_house)
