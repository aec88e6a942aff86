"""Staff at the office: the running bot, a coordinator's and a facilitator's phone."""

import pytest

from bot.language.words import words
from storage import people
from storage.people import Role
from tests.bot.conftest import ZONE
from tests.honest import NOON


async def enrol_coordinator(house, chat=170, label="Clara", locale="en"):
    """Enrol a coordinator, as if they had opened their invitation."""

    def enrol(tx):
        person = people.add(tx, locale=locale, zone=ZONE, label=label, now=NOON)
        people.give_role(tx, person, Role.COORDINATOR, prepared_at=None)
        people.invite(tx, person, f"token-{chat}", expires_at=NOON + 60)
        return people.redeem(tx, f"token-{chat}", chat, NOON)

    person = await house.store.transact(enrol)
    return house.guest(chat, person, locale)


class Desk:
    """Somebody at the office, who taps buttons by what stands on them."""

    def __init__(self, house, guest):
        self.house = house
        self.guest = guest

    async def command(self, name):
        self.guest.phone.type(f"/{name}")
        await self.house.quiet()

    def key(self, key, **params):
        return words(self.guest.locale, ZONE).say(key, **params)

    async def tap(self, key, **params):
        """Tap the newest button with this text."""
        text = self.key(key, **params)
        for message in reversed(self.guest.messages()):
            for row in message["keyboard"]:
                for button in row:
                    if button["text"] == text:
                        self.guest.phone.tap(message["message_id"], button["callback_data"])
                        await self.house.quiet()
                        return
        raise AssertionError(f"no button {text!r} among {self.buttons()}")

    async def type(self, line):
        self.guest.phone.type(line)
        await self.house.quiet()

    def buttons(self):
        return [b["text"] for m in self.guest.messages() for row in m["keyboard"] for b in row]

    @property
    def page(self):
        """The text of the page that is open."""
        return self.guest.messages()[-1]["text"]


@pytest.fixture
async def clara(empty_house):
    """Seat a coordinator in the office of a programme that nobody has set up yet."""
    return Desk(empty_house, await enrol_coordinator(empty_house))
