"""Evenings in a practice room without a page: by hand, over HTTP, or by a script."""

import asyncio
from contextlib import asynccontextmanager
from functools import partial

import pytest

from bot.practice.botapi.client import ControlClient, PhoneClient
from bot.practice.room.beginning import begin_with
from bot.practice.room.play import ScriptsHand
from bot.practice.room.room import Room
from bot.practice.scripts import script as scripts

PATIENCE = 30.0


class Evening:
    """A room that is open; `control` is somebody's hands on it."""

    def __init__(self, room, control):
        self.room = room
        self.control = control
        self.patience = PATIENCE

    def scripts_hand(self):
        """Return the controls as a script has them that plays itself."""
        return ScriptsHand(self.room.api.control_url, self.room.api.secret)

    def player(self, control=None):
        """Return a player whose acts are taken for anybody's, as the phones are."""
        control = control or self.control
        return self.room.player(control, partial(PhoneClient, control), self.patience)

    async def play(self, lines):
        """Play a script as if by hand: every single act is recorded."""
        player = self.player()
        for line in lines:
            await player.step(line)
        await player.rested()

    async def play_itself(self):
        """Play the room's own script, as the page does when it is told to."""
        play = self.room.play
        play.control("play")
        async with self.scripts_hand() as control:
            await play.run(self.player(control))
        assert play.state == "ended", play.problem

    # By hand

    def phone(self, name):
        people = {person.label: person.user_id for person in self.room.table.people}
        return PhoneClient(self.control, people[name])

    async def post(self, path, **body):
        return await self.control.ask("POST", f"room/{path}", body)

    async def tap(self, name, *beginnings):
        """Tap the newest button whose data begins with each of these, as soon as it is there."""
        for beginning in beginnings:
            found = await self._wait(name, beginning)
            await self.phone(name).tap(*found)

    async def answer(self, name, *answers):
        """Answer questions, each as soon as it is asked: `headphones:yes`."""
        for answer in answers:
            found = await self._wait(name, "answer:", f":{answer}")
            await self.phone(name).tap(*found)

    async def tell(self, name, *answers):
        """Enter what somebody says by phone, each answer as soon as its question is there."""
        for answer in answers:
            found = await self._wait(name, "told:", f":{answer}")
            await self.phone(name).tap(*found)

    async def _wait(self, name, beginning, end=""):
        phone = self.phone(name)
        state = await phone.state()
        async with asyncio.timeout(PATIENCE):
            while (found := _button(state, beginning, end)) is None:
                state = await phone.state(after=state["version"], wait=1)
        return found

    async def quiet(self):
        await self.control.quiet(within=PATIENCE)
        # As the page's room does whenever something stirs.
        self.room.table.look()

    # What has come of it

    async def known(self):
        """Return the sessions, and everything that was recorded, without the times."""
        await self.quiet()
        await self.room.look()
        store = await self.room.store()
        return self.room.knows["sessions"], await store.read(_record)

    async def phones(self):
        """Return what each phone shows of the bot, and what has rung on it."""
        return {
            person.label: _story(await self.phone(person.label).state())
            for person in self.room.table.people
        }


def _story(state):
    """Order and number are left out: two messages at once, or one that came twice, are one fact."""
    shown = {
        "\n".join(
            [
                message["text"],
                *(f"[{button['text']}]" for row in message["keyboard"] for button in row),
            ]
        )
        for message in state["messages"]
        if message["from"] == "bot"
    }
    return shown | {f"rung: {one['text']}" for one in state["notifications"]}


def _button(state, beginning, end):
    for message in reversed(state["messages"]):
        for button in (one for row in message["keyboard"] for one in row):
            data = button.get("callback_data") or button["url"]
            if data.startswith(beginning) and data.endswith(end):
                return message["message_id"], data
    return None


def _record(tx):
    rows = tx.db.execute("SELECT kind, outcome, actor, person, detail FROM audit ORDER BY seq")
    return [tuple(row) for row in rows]


@pytest.fixture
def evening(tmp_path):
    """Return what opens a room for a script's beginning."""

    @asynccontextmanager
    async def opened(start, name="room"):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        room = Room(folder, start, "a-secret")
        async with room.open():
            await room.enter()
            async with ControlClient(room.api.control_url, room.api.secret) as control:
                yield Evening(room, control)

    return opened


def read(text):
    return begin_with(scripts.parse("saved", text))
