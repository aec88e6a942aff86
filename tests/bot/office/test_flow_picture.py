"""A flow's picture in the chat: drawn outside of any transaction, sent as a document, or told."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from bot.graphics import diagrams, renderer
from bot.office import flow_picture
from bot.office.page import NOTHING, View
from bot.practice.installation import practice_config
from bot.setting import Setting
from storage import outbox, people
from storage.outbox import Kind
from tests.bot.conftest import PATIENCE, running
from tests.bot.drawn import ENDS, HANGS, program, size_of
from tests.bot.office.conftest import Desk, enrol_coordinator
from tests.bot.office.grouping import page_of
from tests.bot.office.test_flows import CHECK, change, latest, open_language
from tests.honest import NOON
from tests.installation import copy_new, write_master_key
from tests.room import chromium

BUTTON = "office/flows/button/picture"


@pytest.fixture
def opened(api, clock, tmp_path):
    """Seat a coordinator in an office whose bot has found a renderer."""

    @asynccontextmanager
    async def opened(found):
        place = practice_config(tmp_path, "").storage
        await copy_new(place.database, place.keys)
        write_master_key(place.master_key_file)
        async with running(api, clock, tmp_path, found) as house:
            yield Desk(house, await enrol_coordinator(house))

    return opened


async def outcomes(house):
    return [
        (outcome, detail)
        for kind, outcome, _, detail in await house.audited()
        if kind == "flow-picture"
    ]


def documents(guest):
    return [message for message in guest.messages() if message["kind"] == "document"]


async def drawn(desk, ends):
    """Ask for a picture, and wait until it came or could not be drawn."""
    await desk.tap(BUTTON)
    async with asyncio.timeout(6 * PATIENCE):
        while not ends(desk):
            await desk.house.quiet()


def lost(desk):
    return desk.guest.texts().count(desk.key("office/flows/picture-lost"))


@chromium.ONE_CHROMIUM
async def test_the_picture(request, opened, monkeypatch):
    """The button sends the picture as a document that is called after flow and language."""
    monkeypatch.setattr(renderer, "SECONDS", 5 * PATIENCE)
    async with opened(chromium.needed(request)) as clara:
        await open_language(clara)
        await drawn(clara, lambda desk: documents(desk.guest) or lost(desk))
        (sent,) = documents(clara.guest)
        flow = clara.key(f"office/flows/name/{CHECK.flow}")
        assert sent["file_name"] == "environment.de.png"
        assert sent["text"] == clara.key("office/flows/one", flow=flow, language="Deutsch")
        width, height = size_of(clara.guest.phone.file(sent["message_id"]).content)
        assert height > width > 500
        assert await outcomes(clara.house) == [("done", "environment/de")]
        assert await clara.house.count("outbox") == 0


@pytest.mark.parametrize("script", [HANGS, ENDS], ids=["hangs", "ends"])
async def test_a_picture_that_fails(opened, tmp_path, monkeypatch, script):
    """What can't be drawn is told once, changes nothing, and keeps nothing else from being sent."""
    monkeypatch.setattr(renderer, "SECONDS", 1.0)
    async with opened(program(tmp_path, script)[0]) as clara:
        await open_language(clara)
        await drawn(clara, lost)
        assert lost(clara) == 1
        assert documents(clara.guest) == []
        assert await clara.house.count("outbox") == 0
        await clara.command("flows")
        assert page_of(clara).startswith(clara.key("office/flows/title"))


async def test_without_a_renderer(clara):
    """Where none was found there is no button, and a forged or old one is refused."""
    await open_language(clara)
    assert clara.key("office/flows/button/file") in clara.buttons()
    assert clara.key(BUTTON) not in clara.buttons()
    clara.guest.forge(f"do:flow-picture:{CHECK.number}:-")
    await clara.house.quiet()
    assert await outcomes(clara.house) == [("stale", "")]
    assert documents(clara.guest) == []


async def test_what_is_published_is_drawn(clara):
    """The picture is of what is in use, whatever the draft says."""
    before = await latest(clara.house)
    await change(clara)

    def wanted(tx):
        view = View(tx, people.find(tx, clara.guest.person), NOON, Setting(), NOTHING)
        return flow_picture.sent(view, {"place": CHECK.number})

    message = await clara.house.store.read(wanted)
    assert message.diagram.mermaid == diagrams.drawn(before)


async def test_a_role_that_is_lost_meanwhile(house):
    """Whoever is no coordinator when it would be drawn gets nothing."""

    def ask(tx):
        params = {"place": CHECK.number}
        outbox.add(
            tx, house.anna.person, Kind.SAY, now=NOON, subject=flow_picture.DRAW, params=params
        )

    await house.store.transact(ask)
    await house.wake()
    assert documents(house.anna) == []
    assert await house.count("outbox") == 0
