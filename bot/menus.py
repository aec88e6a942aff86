"""The menus: which commands Telegram offers to whom, and how the bot looks to a stranger.

Nothing here may stop the bot: it works without any menu. What a stranger can see stays neutral.
"""

import asyncio
import hashlib
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from telegram import Bot, BotCommand, BotCommandScopeAllPrivateChats
from telegram.error import TelegramError

from bot.language.words import Words, words
from bot.office import office
from bot.office.page import NOTHING
from bot.setting import Setting
from bot.views.message import Message
from flows.effects import ScreenKind
from flows.model import Instant
from storage import authenticators, outbox, staff
from storage.outbox import Kind
from storage.people import Person, Role
from storage.store import Tx

_LOG = logging.getLogger(__name__)
FOR_EVERYBODY: Final = ("now", "appointments", "help")
IN_SESSIONS: Final = ("today", "now", "why", "record")
"""What facilitators have beside the pages of the office."""


@dataclass(frozen=True, slots=True)
class Menu:
    """The commands of one person, each with its line; none: the neutral ones."""

    commands: tuple[tuple[str, str], ...] = ()

    @property
    def digest(self) -> str:
        """What tells two menus apart."""
        return hashlib.sha256(json.dumps(self.commands).encode()).hexdigest()


def of_person(tx: Tx, person: Person) -> Menu:
    """Return the menu of somebody: their own commands, in their own language."""
    if not (person.enrolled and person.staff):
        return Menu()
    say = words(person.locale, person.zone)
    return Menu(tuple((name, say.say(f"office/command/{name}")) for name in _names(tx, person)))


def _names(tx: Tx, person: Person) -> tuple[str, ...]:
    """Return what somebody may ask for; of the office just what it would open for them."""
    leads = Role.FACILITATOR in person.roles
    own = [*IN_SESSIONS] if leads else []
    if leads and authenticators.is_asked(tx, person.id):
        own.append("authenticator")
    opened = (
        name
        for name, page in office.COMMANDS.items()
        if office.PAGES[page].right(tx, person, NOTHING)
    )
    return (*own, *opened, "help")


def help_for(tx: Tx, person: Person, setting: Setting) -> Message:
    """Say what a member of staff can ask for here, and whom participants are told to call."""
    say = words(person.locale, person.zone)
    lines = [f"/{name}: {line}" for name, line in of_person(tx, person).commands]
    contacts = setting.crisis.get(person.locale, "")
    return Message("\n".join((*lines, "", say.say("office/help", contacts=contacts))))


def look_over(tx: Tx, now: Instant) -> None:
    """Have every menu of staff compared with what was set last; only another one is sent."""
    for colleague in staff.everybody(tx):
        if colleague.here:
            outbox.add(tx, colleague.id, Kind.REDRAW, now=now, subject=ScreenKind.MENU)


def appearance(languages: tuple[str, ...]) -> str:
    """Return what tells two appearances apart: of every language, in their order."""
    seen = [(language, _looks(words(language, "UTC"))) for language in languages]
    return hashlib.sha256(json.dumps(seen).encode()).hexdigest()


def _looks(say: Words) -> tuple[str, ...]:
    """Return name, what stands about the bot, its description, and the lines of the menu."""
    keys = ("start/bot/name", "start/bot/about", "start/bot/description")
    return tuple(say.say(key) for key in (*keys, *(f"command/{name}" for name in FOR_EVERYBODY)))


async def introduce(bot: Bot, languages: tuple[str, ...]) -> bool:
    """Set name, descriptions and the neutral menu where they differ, in every language.

    Say whether all of it is as it should be now.
    """
    try:
        done = [await _appear(bot, words(languages[0], "UTC"), None)]
        done += [await _appear(bot, words(language, "UTC"), language) for language in languages]
    except Exception as error:  # noqa: BLE001 -- it runs beside the loops and must not end them
        _LOG.error("the bot's name and menu were not looked at: %s", type(error).__name__)
        return False
    return all(done)


async def _appear(bot: Bot, say: Words, language: str | None) -> bool:
    """Set what is shown in one language; None: in every language without its own."""
    scope = BotCommandScopeAllPrivateChats()
    name, about, description, *lines = _looks(say)
    menu = tuple(map(BotCommand, FOR_EVERYBODY, lines))

    async def set_name() -> None:
        if (await bot.get_my_name(language)).name != name:
            await bot.set_my_name(name, language)

    async def set_about() -> None:
        if (await bot.get_my_short_description(language)).short_description != about:
            await bot.set_my_short_description(about, language)

    async def set_description() -> None:
        if (await bot.get_my_description(language)).description != description:
            await bot.set_my_description(description, language)

    async def set_menu() -> None:
        if await bot.get_my_commands(scope, language) != menu:
            await bot.set_my_commands(menu, scope, language)

    parts: dict[str, Callable[[], Awaitable[None]]] = {
        "name": set_name,
        "short description": set_about,
        "description": set_description,
        "command menu": set_menu,
    }
    return all(await asyncio.gather(*(_try(what, part) for what, part in parts.items())))


async def _try(what: str, set_part: Callable[[], Awaitable[None]]) -> bool:
    """Telegram limits how often these may be set; the next start tries again."""
    try:
        await set_part()
    except TelegramError as error:
        _LOG.warning("the bot's %s was not set: %s", what, type(error).__name__)
        return False
    return True
