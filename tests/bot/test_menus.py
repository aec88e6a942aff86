"""The menus: each phone offers what its owner may ask for, and a stranger sees an appointment."""

import logging

import pytest

from bot import app, menus
from bot.language import catalogues
from bot.language.words import words
from bot.practice.botapi.weather import Kind, Rule
from bot.practice.installation import TOKEN, practice_config
from storage import outbox, people, staff
from storage.outbox import Kind as Sent
from storage.people import Role
from tests.bot.conftest import running
from tests.bot.office.conftest import Desk, enrol_coordinator

FACILITATOR = ["today", "now", "why", "record", "week", "language", "help"]
COORDINATOR = ["settings", "team", "language", "help"]
SETTERS = ("setMyName", "setMyDescription", "setMyShortDescription", "setMyCommands")


def offered(guest):
    return [one["command"] for one in guest.phone.view()["bot"]["commands"]]


def lines(guest):
    return [one["description"] for one in guest.phone.view()["bot"]["commands"]]


def set_calls(api, since=0):
    return [call.method for call in list(api.journal)[since:] if call.method in SETTERS]


async def enrolled(house, *roles, chat=400, locale="en"):
    """Let a new member of staff in by their own tap on a link."""

    def invite(tx):
        person = people.add(tx, locale=locale, zone="UTC", label=f"S{chat}", now=1)
        for role in roles:
            staff.give_role(tx, person, role)
        people.invite(tx, person, f"t{chat}", expires_at=house.clock.now() + 60)
        return person

    person = await house.store.transact(invite)
    guest = house.guest(chat, person, locale)
    guest.phone.type(f"/start t{chat}")
    await house.quiet()
    return guest


async def introduce(api, folder):
    """Have the bot introduce itself, as it does beside its loops; return what it set."""
    since = len(api.journal)
    config = practice_config(folder, api.base_url)
    async with app.connected(config, TOKEN) as connection:
        await menus.introduce(connection.bot, config.programme.languages)
    return set_calls(api, since)


# Strangers


@pytest.mark.parametrize("locale", ["en", "de", "fr", "it"])
async def test_stranger(api, tmp_path, locale):
    """Name, descriptions and commands are neutral, in the phone's language or the first one."""
    await introduce(api, tmp_path)
    shown = api.phones.add(7, "Somebody", locale).view()["bot"]
    first = catalogues.languages()[0]
    say = words(first if locale == "it" else locale, "UTC").say
    assert shown["name"] == say("start/bot/name")
    assert shown["short_description"] == say("start/bot/about")
    assert shown["description"] == say("start/bot/description")
    wanted = [{"command": n, "description": say(f"command/{n}")} for n in menus.FOR_EVERYBODY]
    assert shown["commands"] == wanted


async def test_what_is_set_is_not_set_again(api, tmp_path):
    """Another start asks what is there and sets nothing."""
    assert set(await introduce(api, tmp_path)) == set(SETTERS)
    assert await introduce(api, tmp_path) == []


@pytest.mark.parametrize("kind", [Kind.TOO_MANY, Kind.BAD_GATEWAY, Kind.DROP_BEFORE])
@pytest.mark.parametrize("method", [*SETTERS, "getMyName"])
async def test_trouble_is_told_and_tried_again(api, tmp_path, kind, method, caplog):
    """What Telegram does not take is warned of; the next start sets it."""
    caplog.set_level(logging.WARNING)
    api.weather.foretell(Rule(kind, method, times=None, seconds=3600))
    before = await introduce(api, tmp_path)
    assert "was not set" in caplog.text
    api.weather.clear()
    assert {*before, *await introduce(api, tmp_path)} == set(SETTERS)


async def test_a_start_within_a_day_asks_nothing(api, clock, tmp_path):
    """What was compared within the last day is not asked for again; after a day it is."""
    asked = [f"get{what.removeprefix('set')}" for what in SETTERS]

    def asks():
        return sum(call.method in asked for call in api.journal)

    async with running(api, clock, tmp_path) as house:
        while not await house.count("introduced"):
            await api.world.pulse.wait(0.05)
    first = asks()
    async with running(api, clock, tmp_path) as house:
        await house.wake()
    assert asks() == first
    await clock.move_to(clock.now() + 86400)
    async with running(api, clock, tmp_path):
        while asks() < 2 * first:
            await api.world.pulse.wait(0.05)


async def test_running_bot_introduces_itself(api, clock, tmp_path):
    """The bot looks to its name beside its loops, and a menu of staff outlives a restart."""
    phone = api.phones.add(8, "Somebody", "de")
    async with running(api, clock, tmp_path) as house:
        while (shown := phone.view())["bot"]["name"] != words("de", "UTC").say("start/bot/name"):
            assert await phone.view_after(shown["version"], 5)
        guest = await enrolled(house, Role.FACILITATOR)
        assert "today" in offered(guest)
    await introduce(api, tmp_path)
    since = len(api.journal)
    async with running(api, clock, tmp_path) as house:
        await house.wake()
    assert set_calls(api, since) == []
    assert "today" in offered(guest)


# Staff


async def test_menu_by_role(empty_house):
    """Whoever comes finds the commands of their roles, in their language, and /help lists them."""
    anna = await enrolled(empty_house, Role.FACILITATOR)
    clara = await enrolled(empty_house, Role.COORDINATOR, chat=401, locale="de")
    both = await enrolled(empty_house, *Role, chat=402)
    assert offered(anna)[:4] == FACILITATOR[:4]
    assert [name for name in offered(anna) if name in FACILITATOR] == FACILITATOR
    assert [name for name in offered(clara) if name in COORDINATOR] == COORDINATOR
    assert not {"team", "settings"} & set(offered(anna))
    assert not set(menus.IN_SESSIONS) & set(offered(clara))
    assert set(offered(both)) == {*offered(anna), *offered(clara)}
    for guest in (anna, clara, both):
        wanted = [guest.say(f"office/command/{name}") for name in offered(guest)]
        assert lines(guest) == wanted
        guest.phone.type("/help")
        await empty_house.quiet()
        said = guest.texts()[-1].splitlines()
        shown = [f"/{name}: {line}" for name, line in zip(offered(guest), wanted, strict=True)]
        assert said[: len(shown)] == shown
        assert said[-2:] == ["112", "116 123"]


async def test_menu_follows_the_roles(house):
    """Another role, and its end, is another menu; whoever is removed has a stranger's."""
    clara = Desk(house, await enrol_coordinator(house))
    anna = house.anna
    clara.guest.forge(f"do:role-given:{anna.person}:coordinator")
    await house.quiet()
    assert {"today", "team"} <= set(offered(anna))
    clara.guest.forge(f"do:role-taken:{anna.person}:facilitator")
    await house.quiet()
    assert "today" not in offered(anna)
    assert "team" in offered(anna)
    clara.guest.forge(f"do:colleague-removed:{anna.person}:-")
    await house.quiet()
    assert not {"team", "today", "language"} & set(offered(anna))
    assert await house.count("screen", f"person = {anna.person}") == 0


async def test_every_command_of_a_menu_does_something(empty_house):
    """No menu offers what the bot then says does not exist."""
    both = await enrolled(empty_house, *Role)
    for name in offered(both):
        both.phone.type(f"/{name}")
        await empty_house.quiet()
    assert both.say("reply/no-such-command") not in both.texts()


@pytest.mark.parametrize("kind", [Kind.TOO_MANY, Kind.BAD_GATEWAY])
async def test_menu_holds_nothing_up(empty_house, kind):
    """A menu that can't be set lets everything else go first; a flood of them is let go."""
    anna = await enrolled(empty_house, Role.FACILITATOR)
    empty_house.api.weather.foretell(Rule(kind, "setMyCommands", seconds=3600))

    def change(tx):
        staff.give_role(tx, anna.person, Role.COORDINATOR)
        now = empty_house.clock.now()
        outbox.add(tx, anna.person, Sent.REDRAW, now=now, subject="menu")
        outbox.add_once(tx, anna.person, now=now, subject="reply/no-sessions")

    await empty_house.store.transact(change)
    await empty_house.wake()
    assert anna.texts()[-1] == anna.say("reply/no-sessions")
    assert await empty_house.count("outbox") == 0
    assert ("team" in offered(anna)) is (kind is Kind.BAD_GATEWAY)
