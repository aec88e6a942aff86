"""Golden transcripts: what a script shows on every phone, in each language, word for word.

Kept in `golden/SCRIPT.LANGUAGE.txt`, to be read through by whoever changes a text. They are written
anew by `VESTIBULE_GOLDEN=write .venv/bin/python -m pytest -m long tests/scripts/test_golden.py`.

Whoever does the same does it one after the other here, and after each step the bot rests: so what a
phone shows then never hangs on the order in which two messages were drawn.
"""

import asyncio
import os
import re
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from msgspec import structs

from bot.clock import MovableClock
from bot.language import catalogues
from bot.language.words import source_texts
from bot.office.tongue import own_name
from bot.practice.botapi.client import ControlClient, PhoneClient
from bot.practice.room import room as rooms
from bot.practice.room.beginning import Beginning, begin
from bot.practice.room.room import Room
from bot.practice.scripts import script
from bot.seed import Seed
from flows.definition import load_shipped

GOLDEN = Path(__file__).with_name("golden")
PATIENCE = 60.0
FIRST = "Clara"
"""The first coordinator, to whom the bot speaks the programme's first language."""
OWN = len(source_texts())
FLOWS = sum(len(flow.texts()) for flow in load_shipped().values())
"""How many texts of its own the bot has, and how many are in the flows."""
pytestmark = pytest.mark.long


def spoken_in(start, locale):
    """Let everybody in an evening speak one language."""
    file = start.sown.file
    same = structs.replace(
        file,
        staff=tuple(structs.replace(one, locale=locale) for one in file.staff),
        participant=tuple(structs.replace(one, locale=locale) for one in file.participant),
    )
    lines = tuple(line_in(line, locale) for line in start.script.lines)
    told = replace(start.script, lines=lines)
    return Beginning(told, Seed(start.sown.source, same), start.clock)


def line_in(line, locale):
    """Let somebody who is added speak it, and somebody who chooses a language choose it."""
    if line.verb == "add" and line.words[0] != FIRST:
        return replace(line, words=(*line.words[:2], locale))
    names = {f"={own_name(one)}" for one in catalogues.languages()}
    chosen = (f"={own_name(locale)}" if word in names else word for word in line.words)
    return replace(line, words=tuple(chosen))


def one_by_one(line):
    """Let several who do the same do it one after the other."""
    return [replace(line, who=(one,)) for one in line.who] or [line]


def plain(text, player):
    """Leave out what is drawn by lot: secrets, addresses, and the labels that the bot makes.

    So is how many texts there are: another one would else change every first day.
    """
    text = re.sub(r"start[= ][\w-]{20,}", "start=...", text)
    text = re.sub(r"http://127\.0\.0\.1:\d+", "http://room", text)
    for number in (OWN, OWN + FLOWS):
        text = re.sub(rf"\b{number}\b", "@texts", text)
    for name, label in player.labels.items():
        if label != name:
            text = re.sub(rf"\b{label}\b", f"@{name}", text)
    return text


class Reader:
    """Reads every phone after each step, and notes what is new on it."""

    def __init__(self, player):
        self.player = player
        self.rung = {}
        self.read = {}

    async def news(self):
        """Return what has come, changed, gone and rung since the last time, phone by phone."""
        lines = []
        for name, actor in self.player.actors.items():
            state = await actor.phone.state()
            found = [*self._heard(name, state), *self._seen(name, state)]
            lines += [f"{name}:", *found] if found else []
        return lines

    def _heard(self, name, state):
        rung = state["notifications"]
        for one in rung[self.rung.get(name, 0) :]:
            yield f"  rings: {one['text']}"
        self.rung[name] = len(rung)

    def _seen(self, name, state):
        before = self.read.get(name, {})
        now = {one["message_id"]: (one["from"], tuple(written(one))) for one in state["messages"]}
        for gone in before.keys() - now.keys():
            yield f"  xx {before[gone][1][0]}"
        for number, (whose, (first, *rest)) in now.items():
            if before.get(number) != now[number]:
                mark = ">>" if whose == "user" else "~~" if number in before else "<<"
                yield f"  {mark} {first}"
                yield from (f"     {line}".rstrip() for line in rest)
        self.read[name] = now


def written(message):
    """Yield the lines of a message, its buttons below them."""
    yield from (message["text"] or f"<{message['kind']}>").splitlines()
    for row in message["keyboard"]:
        yield " ".join(f"[{button['text']}]" for button in row)


async def sent(room, player):
    """Return once nothing that is due waits to be sent; at once where the bot can't hear."""
    await player.rested()
    async with asyncio.timeout(PATIENCE):
        while not player.deaf and await (await room.store()).read(partial(due, room.clock.now())):
            await player.rested()


def due(now, tx):
    """Say whether a letter waits to be sent."""
    found = "SELECT EXISTS (SELECT 1 FROM outbox WHERE not_before <= ?)"
    return tx.db.execute(found, (now,)).fetchone()[0]


async def played(start, folder):
    """Play an evening to its end, line by line, and return its transcript."""
    room = Room(folder, start, "secret")
    lines = []
    async with room.open():
        await room.enter()
        async with ControlClient(room.api.control_url, room.api.secret) as control:
            player = room.player(control, partial(PhoneClient, control), PATIENCE)
            reader = Reader(player)
            await sent(room, player)
            lines += await reader.news()
            for line in start.script.lines:
                lines += ["", f"# {line.text}"]
                for one in one_by_one(line):
                    await player.step(one)
                    await sent(room, player)
                    lines += await reader.news()
    return plain("\n".join([*lines, ""]), player)


@pytest.mark.parametrize("locale", catalogues.languages())
@pytest.mark.parametrize("name", script.names())
async def test_transcript(name, locale, tmp_path, monkeypatch):
    """Every word that a script puts on a phone is one that was read through."""
    monkeypatch.setattr(rooms, "RunningClock", MovableClock)
    found = await played(spoken_in(begin(name), locale), tmp_path)
    file = GOLDEN / f"{name}.{locale}.txt"
    if os.environ.get("VESTIBULE_GOLDEN") == "write":
        file.write_text(found, "utf-8")
    assert found == file.read_text("utf-8")


def test_no_transcript_is_left_over():
    """Each transcript belongs to a script and a language that are shipped."""
    wanted = {f"{name}.{one}.txt" for name in script.names() for one in catalogues.languages()}
    assert {file.name for file in GOLDEN.iterdir()} == wanted
