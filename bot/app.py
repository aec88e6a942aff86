"""The composition root: opens the store, makes the loops, and runs them until told to stop.

Everything that a loop needs is handed to it here; there is no other place that wires anything.
"""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from telegram import Bot
from telegram.error import InvalidToken, TelegramError

from bot import menus, seed
from bot.clock import Clock
from bot.config import Config
from bot.errors import LanguageUnusable, TelegramUnreachable, TokenRefused, UserError
from bot.language.words import missing
from bot.pen import Pace
from bot.poller import Poller
from bot.request import AiohttpRequest
from bot.sender import Sender
from bot.service import Service
from bot.setting import Setting
from bot.terminal import first_coordinator
from bot.ticker import Ticker
from storage import crypto, erasure, introduced, reminders, updates
from storage.errors import FolderMissing, StorageError
from storage.store import Store

# python-telegram-bot 22 warns on every RetryAfter unless its coming type is chosen.
os.environ.setdefault("PTB_TIMEDELTA", "true")

_LOG = logging.getLogger(__name__)
_CONNECTIONS = 32


@asynccontextmanager
async def opened_store(config: Config) -> AsyncIterator[Store]:
    """Open the store, making the master key with a new installation; close it at the end."""
    store = await Store.open(config.storage.database, config.storage.keys, _master_key(config))
    try:
        await store.transact(erasure.mend)
        yield store
    finally:
        await store.close()


def _master_key(config: Config) -> bytes:
    place = config.storage
    if any(file.exists() for file in (place.database, place.keys, place.master_key_file)):
        return crypto.load_master_key(place.master_key_file)
    for file in (place.database, place.keys):
        if not file.parent.is_dir():
            raise FolderMissing(path=file.parent)
    return crypto.create_master_key(place.master_key_file)


def check_languages(config: Config) -> None:
    """Raise `LanguageUnusable` for a language in which the bot could not say everything."""
    for language in config.programme.languages:
        if missing(language):
            raise LanguageUnusable(language=language)


@dataclass(frozen=True, slots=True)
class Connection:
    """The Bot API client, and the request that is for `getUpdates` alone."""

    bot: Bot
    polling: AiohttpRequest


def file_address(base_url: str) -> str:
    """Return where files are fetched, which Telegram's own servers and local ones put alike."""
    return f"{base_url.removesuffix('/bot')}/file/bot"


@asynccontextmanager
async def connected(config: Config, token: str) -> AsyncIterator[Connection]:
    """Connect to the Bot API; raise a `UserError` where it can't be reached or says no."""
    polling = AiohttpRequest(connection_pool_size=4)
    bot = Bot(
        token,
        base_url=config.telegram.base_url,
        base_file_url=file_address(config.telegram.base_url),
        request=AiohttpRequest(connection_pool_size=_CONNECTIONS),
        get_updates_request=polling,
    )
    try:
        try:
            await bot.initialize()
        except InvalidToken:
            raise TokenRefused from None
        except TelegramError:
            raise TelegramUnreachable(base_url=config.telegram.base_url) from None
        yield Connection(bot, polling)
    finally:
        await bot.shutdown()


async def serve(
    config: Config,
    token: str,
    clock: Clock,
    *,
    pace: Pace | None = None,
    until: Callable[[Store], Awaitable[None]] | None = None,
    say: Callable[[str], None] | None = None,
    chromium: str | None = None,
) -> None:
    """Run the bot until it is cancelled, or until `until(store)` returns.

    `pace` is the configured one unless the caller, such as the practice room, sets its own. `say`
    shows the first coordinator's invitation at the terminal; without it there is none. `chromium`
    draws pictures; without it none are offered.
    """
    check_languages(config)
    for name, crisis in config.crisis.items():
        if not crisis.confirmed:
            _LOG.warning("the crisis contacts in %s are not confirmed; please check them", name)
    # Telegram comes first: a token that is refused must leave no file behind.
    async with connected(config, token) as connection, opened_store(config) as store:
        languages = config.programme.languages
        left_at = await store.read(updates.latest)
        clock.catch_up(left_at)
        await store.transact(lambda tx: seed.publish_shipped(tx, languages, clock.now()))
        await store.transact(lambda tx: menus.look_over(tx, clock.now()))
        rule = config.reminders.rule
        await store.transact(lambda tx: reminders.set_rule(tx, rule, clock.now()))
        setting = replace(Setting.of(config, connection.bot.username), chromium=chromium or "")
        if say is not None:
            await first_coordinator.invite(store, setting, clock.now(), say)
        service = Service(store, clock, setting)
        await service.resume(left_at)
        limits = config.telegram
        pace = pace or Pace(limits.messages_per_second, limits.burst_per_chat)
        sender = Sender(store, connection.bot, clock, setting, pace)
        ticker = Ticker(service, sender, clock)
        poller = Poller(connection.bot, connection.polling, service, sender, ticker, clock)
        beside = _introduce(store, connection.bot, languages, clock)
        await _run_loops((poller, sender, ticker), beside, store, until)


async def _introduce(store: Store, bot: Bot, languages: tuple[str, ...], clock: Clock) -> None:
    """Have the bot look as it should, unless that was seen to within the last day."""
    looks = menus.appearance(languages)
    if await store.read(lambda tx: introduced.is_known(tx, looks, clock.now())):
        return
    if await menus.introduce(bot, languages):
        await store.transact(lambda tx: introduced.keep(tx, looks, clock.now()))


async def _run_loops(
    loops: tuple[Poller, Sender, Ticker],
    beside: Coroutine[None, None, None],
    store: Store,
    until: Callable[[Store], Awaitable[None]] | None,
) -> None:
    """Run the loops side by side; when one ends with an error, all end with it."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in (*(loop.run() for loop in loops), beside)]
            if until is not None:
                await until(store)
                for task in tasks:
                    task.cancel()
    except* (UserError, StorageError) as group:
        raise _first(group) from None


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return one of the errors that ended the loops, however deep the group is."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
