"""The menus: each phone offers what its owner may ask for, and a stranger sees an appointment."""

import logging

import pytest

from bot import menus
from bot.practice.botapi.weather import Kind, Rule
from storage import outbox, people, staff
from storage.outbox import Kind as Sent
from storage.people import Role
from tests.bot.conftest import running
from tests.bot.office.conftest import Desk, enrol_coordinator

FACILITATOR = ["today", "now", "why", "record", "language", "help"]
COORDINATOR = ["programme", "team", "language", "help"]
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


# Strangers


@pytest.mark.parametrize("locale", ["en", "de", "fr"])
async def test_stranger(empty_house, locale):
    """Name, descriptions and commands are neutral, in the phone's language or the first one."""
    guest = empty_house.guest(7, None, locale)
    guest.locale = "de" if locale == "de" else "en"
    shown = guest.phone.view()["bot"]
    assert shown["name"] == guest.say("start/bot/name")
    assert shown["short_description"] == guest.say("start/bot/about")
    assert shown["description"] == guest.say("start/bot/description")
    wanted = [(name, guest.say(f"command/{name}")) for name in menus.FOR_EVERYBODY]
    assert list(zip(offered(guest), lines(guest), strict=True)) == wanted


async def test_what_is_set_is_not_set_again(api, clock, tmp_path):
    """A second start asks what is there and sets nothing."""
    async with running(api, clock, tmp_path):
        assert set(set_calls(api)) == set(SETTERS)
    since = len(api.journal)
    async with running(api, clock, tmp_path) as house:
        await enrolled(house, Role.FACILITATOR)
    assert set_calls(api, since) == ["setMyCommands"]
    since = len(api.journal)
    async with running(api, clock, tmp_path) as house:
        await house.quiet()
    assert set_calls(api, since) == []


@pytest.mark.parametrize("kind", [Kind.TOO_MANY, Kind.BAD_GATEWAY, Kind.DROP_BEFORE])
@pytest.mark.parametrize("method", [*SETTERS, "getMyName"])
async def test_trouble_stops_nobody(api, clock, tmp_path, kind, method, caplog):
    """Where Telegram takes no name, description or menu, the bot runs, says so, and tries later."""
    caplog.set_level(logging.WARNING)
    api.weather.foretell(Rule(kind, method, times=3, seconds=3600))
    async with running(api, clock, tmp_path) as house:
        guest = await enrolled(house, Role.FACILITATOR)
        assert guest.texts()
    assert "was not set" in caplog.text


# Staff


async def test_menu_by_role(empty_house):
    """Whoever comes finds the commands of their roles, in their language, and /help lists them."""
    anna = await enrolled(empty_house, Role.FACILITATOR)
    clara = await enrolled(empty_house, Role.COORDINATOR, chat=401, locale="de")
    both = await enrolled(empty_house, *Role, chat=402)
    assert offered(anna)[:4] == FACILITATOR[:4]
    assert [name for name in offered(anna) if name in FACILITATOR] == FACILITATOR
    assert [name for name in offered(clara) if name in COORDINATOR] == COORDINATOR
    assert not {"team", "programme"} & set(offered(anna))
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
    assert offered(anna) == list(menus.FOR_EVERYBODY)
    clara.guest.forge(f"do:role-given:{anna.person}:coordinator")
    await house.quiet()
    assert {"today", "team"} <= set(offered(anna))
    clara.guest.forge(f"do:role-taken:{anna.person}:facilitator")
    await house.quiet()
    assert "today" not in offered(anna)
    assert "team" in offered(anna)
    clara.guest.forge(f"do:colleague-removed:{anna.person}:-")
    await house.quiet()
    assert offered(anna) == list(menus.FOR_EVERYBODY)
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
