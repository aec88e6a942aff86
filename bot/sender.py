"""The sender: empties the outbox into the Bot API, each chat in order, all chats side by side.

It draws a letter when it sends it, so a screen always shows the newest state and a way in only
while the gate has no holds. A letter leaves the outbox after Telegram has it, never before.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from aiolimiter import AsyncLimiter
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError, TimedOut

from bot import drawing
from bot.clock import Clock
from bot.drawing import Drawing
from bot.service import Reactions, Toast, note_reach
from bot.views.message import Message
from bot.words import words
from flows.effects import ScreenKind
from flows.model import Instant, PersonId
from storage import outbox, people, screens
from storage.outbox import Kind, Letter
from storage.screens import Drawn
from storage.store import Store, Tx

_LOG = logging.getLogger(__name__)
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_PAUSE = 2.0
"""Seconds of real time before a chat is tried again after the network failed."""
_UNKNOWN = 2
"""A send that timed out may have arrived: it is tried this often in all."""
_CHATS_REMEMBERED = 1000
_SCREENS_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast Telegram lets a bot send: messages a second in all, and at once to one chat."""

    per_second: float = 25
    burst_per_chat: float = 3


class Sender:
    """Sends what the outbox holds; `wake` after every commit that may have added to it."""

    def __init__(
        self,
        store: Store,
        bot: Bot,
        clock: Clock,
        crisis: Mapping[str, str],
        pace: Pace,
    ) -> None:
        self._store = store
        self._bot = bot
        self._clock = clock
        self._crisis = crisis
        self._all = AsyncLimiter(pace.per_second, 1)
        self._burst = pace.burst_per_chat
        self._chats: dict[PersonId, AsyncLimiter] = {}
        self._busy: set[PersonId] = set()
        self._known: set[tuple[object, ...]] = set()
        self._newest: dict[PersonId, int] = {}
        self._work = asyncio.Event()
        self.progress = 0

    def wake(self) -> None:
        """Look into the outbox again."""
        self._work.set()

    async def run(self) -> None:
        """Send for as long as the bot runs."""
        async with asyncio.TaskGroup() as deliveries:
            while True:
                self._work.clear()
                letters, later = await self._store.read(self._due)
                self.progress += 1
                for person, own in _by_person(letters).items():
                    self._busy.add(person)
                    deliveries.create_task(self._deliver(person, own))
                await self._rest(later)

    def _due(self, tx: Tx) -> tuple[tuple[Letter, ...], Instant | None]:
        now = self._clock.now()
        return outbox.due(tx, now, frozenset(self._busy)), outbox.next_due(tx, now)

    async def _rest(self, later: int | None) -> None:
        """Wait for work, or for the time at which a postponed letter may go out."""
        waits: list[asyncio.Task[object]] = [asyncio.create_task(self._work.wait())]
        if later is not None:
            waits.append(asyncio.create_task(self._clock.sleep_until(later)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _deliver(self, person: PersonId, letters: list[Letter]) -> None:
        """Send one person's letters in order; on trouble leave the rest for later."""
        try:
            for letter in letters:
                if not await self._send(letter):
                    await asyncio.sleep(_PAUSE)
                    break
        finally:
            self._busy.discard(person)
            self.wake()

    async def _send(self, letter: Letter) -> bool:
        """Send one letter; say whether the next one of the same person may follow at once."""
        now = self._clock.now()
        try:
            ready = await self._store.read(lambda tx: drawing.draw(tx, letter, self._crisis, now))
        except Exception as error:  # noqa: BLE001 -- what can't be drawn is not sent: blocked
            _LOG.error("letter %s %s can't be drawn: %s", letter.kind, letter.subject,
                       type(error).__name__)  # fmt: skip
            return await self._drop(letter)
        if ready is None:
            return await self._drop(letter)
        try:
            await self._put(letter, ready)
        except RetryAfter as error:
            return await self._postpone(letter, error)
        except Forbidden:
            return await self._unreachable(letter)
        except BadRequest as error:
            _LOG.warning("letter %s %s refused: %s", letter.kind, letter.subject, error.message)
            return await self._refused(letter)
        except TimedOut:
            return await self._unknown(letter)
        except NetworkError:
            return await self._interrupted(letter)
        except TelegramError as error:
            _LOG.error("letter %s failed: %s", letter.kind, type(error).__name__)
            return False
        return True

    async def _put(self, letter: Letter, ready: Drawing) -> None:
        match letter.kind:
            case Kind.SAY:
                await self._new(letter, ready)
                await self._done(letter)
            case Kind.SHOW:
                await self._show(letter, ready)
            case Kind.BRING if self._ends_the_chat(letter, ready):
                await self._redraw(letter, ready)
            case Kind.BRING:
                await self._show(letter, ready)
            case Kind.HIDE:
                await self._hide(letter, ready)
            case Kind.REDRAW:
                await self._redraw(letter, ready)
            case Kind.ERASE:
                await self._delete(letter.to, ready.chat, int(letter.subject))
                await self._done(letter)

    async def _new(self, letter: Letter, ready: Drawing) -> int:
        message = ready.message or Message("")
        await self._may_send(letter.to)
        sent = await self._bot.send_message(
            ready.chat,
            message.text,
            reply_markup=_keyboard(message),
            protect_content=True,
            link_preview_options=_NO_PREVIEW,
            disable_notification=letter.kind is Kind.BRING or "quiet" in letter.params,
        )
        self._newest[letter.to] = sent.message_id
        return sent.message_id

    def _ends_the_chat(self, letter: Letter, ready: Drawing) -> bool:
        newest = self._newest.get(letter.to)
        return ready.drawn is not None and ready.drawn.message_id == newest

    async def _hide(self, letter: Letter, ready: Drawing) -> None:
        """Take a screen off the phone; one that can't be deleted shows how it stands."""
        if ready.drawn is None or letter.session is None:
            await self._done(letter)
            return
        session, kind = letter.session, ScreenKind(letter.subject)
        await self._delete(letter.to, ready.chat, ready.drawn.message_id)

        def keep(tx: Tx) -> None:
            screens.forget(tx, letter.to, kind, session)
            outbox.done(tx, letter.id)

        await self._store.transact(keep)

    async def _show(self, letter: Letter, ready: Drawing) -> None:
        """Draw a screen at the end of the chat; a redraw then takes the one before it away."""
        if ready.drawn:
            await self._take_behind(letter, ready.chat, ready.drawn)
        bare = _without_links(ready.message)
        number = await self._new(letter, Drawing(ready.chat, bare))
        behind = ready.drawn.message_id if ready.drawn else None
        shown = Drawn(number, bare.digest, behind)

        def keep(tx: Tx) -> None:
            _keep(tx, letter, shown)
            outbox.done(tx, letter.id)
            if behind is not None or bare != ready.message:
                outbox.add(tx, letter.to, Kind.REDRAW, now=self._clock.now(),
                           session=letter.session, subject=letter.subject)  # fmt: skip

        await self._store.transact(keep)
        self._know(letter)

    async def _redraw(self, letter: Letter, ready: Drawing) -> None:
        """Edit a screen where it stands; one that was never drawn is left alone."""
        if ready.drawn is None or ready.message is None:
            await self._done(letter)
            return
        await self._take_behind(letter, ready.chat, ready.drawn)
        if self._knows(letter) and ready.drawn.digest == ready.message.digest:
            await self._done(letter)
            return
        await self._may_send(letter.to)
        self._forget(letter)
        await self._edit(ready.chat, ready.drawn.message_id, ready.message)
        shown = Drawn(ready.drawn.message_id, ready.message.digest)

        def keep(tx: Tx) -> None:
            _keep(tx, letter, shown)
            outbox.done(tx, letter.id)

        await self._store.transact(keep)
        self._know(letter)

    # What a phone shows is known only once an edit was answered: one that was cut off by a lost
    # answer or a crash may have arrived, and the screen may have to look as it did before.

    def _know(self, letter: Letter) -> None:
        if len(self._known) > _SCREENS_REMEMBERED:
            self._known.clear()
        self._known.add(_screen(letter))

    def _knows(self, letter: Letter) -> bool:
        return _screen(letter) in self._known

    def _forget(self, letter: Letter) -> None:
        self._known.discard(_screen(letter))

    async def _edit(self, chat: int, number: int, message: Message) -> None:
        try:
            await self._bot.edit_message_text(
                message.text,
                chat_id=chat,
                message_id=number,
                reply_markup=_keyboard(message),
                link_preview_options=_NO_PREVIEW,
            )
        except BadRequest as error:
            if "not modified" not in error.message.lower():
                raise

    async def _take_behind(self, letter: Letter, chat: int, drawn: Drawn) -> None:
        """Delete the drawing before; until that is done, every redraw tries again."""
        if drawn.behind is None:
            return
        await self._delete(letter.to, chat, drawn.behind)
        cleared = Drawn(drawn.message_id, drawn.digest)
        await self._store.transact(lambda tx: _keep(tx, letter, cleared))

    async def _delete(self, person: PersonId, chat: int, number: int) -> None:
        await self._may_send(person)
        try:
            await self._bot.delete_message(chat, number)
        except BadRequest as error:
            _LOG.debug("a message could not be deleted: %s", error.message)

    async def _may_send(self, person: PersonId) -> None:
        if len(self._chats) > _CHATS_REMEMBERED:
            self._chats.clear()
        limiter = self._chats.setdefault(person, AsyncLimiter(self._burst, self._burst))
        await limiter.acquire()
        await self._all.acquire()

    # What becomes of a letter

    async def _done(self, letter: Letter) -> None:
        await self._store.transact(lambda tx: outbox.done(tx, letter.id))

    async def _drop(self, letter: Letter) -> bool:
        await self._done(letter)
        return True

    async def _refused(self, letter: Letter) -> bool:
        """Forget a screen that can't be edited: its reader deleted it; a command shows it anew."""

        def keep(tx: Tx) -> None:
            outbox.done(tx, letter.id)
            if letter.kind is Kind.REDRAW and letter.session is not None:
                screens.forget(tx, letter.to, ScreenKind(letter.subject), letter.session)

        await self._store.transact(keep)
        return True

    async def _postpone(self, letter: Letter, error: RetryAfter) -> bool:
        wait = error.retry_after
        seconds = wait if isinstance(wait, int) else int(wait.total_seconds())
        later = self._clock.now() + max(1, seconds)
        await self._store.transact(lambda tx: outbox.postpone(tx, letter.to, later))
        return False

    async def _unknown(self, letter: Letter) -> bool:
        """Try a timed-out send once more; edits may be repeated as often as it takes."""
        if letter.kind in (Kind.REDRAW, Kind.ERASE):
            return await self._interrupted(letter)
        if letter.attempts + 1 >= _UNKNOWN:
            return await self._drop(letter)
        now = self._clock.now()
        await self._store.transact(lambda tx: outbox.tried(tx, letter.id, now))
        return False

    async def _interrupted(self, letter: Letter) -> bool:
        """Try again; an edit may have arrived, so nobody knows what the screen shows."""
        session = letter.session
        if letter.kind is Kind.REDRAW and session is not None:
            screen = ScreenKind(letter.subject)
            await self._store.transact(lambda tx: screens.doubt(tx, letter.to, screen, session))
        return False

    async def _unreachable(self, letter: Letter) -> bool:
        now = self._clock.now()

        def keep(tx: Tx) -> None:
            outbox.done(tx, letter.id)
            person = people.find(tx, letter.to)
            if person:
                note_reach(tx, person, now, now)

        await self._store.transact(keep)
        return True

    # Answers to taps: at once, beside everything else, and nobody depends on them

    async def react(self, reactions: Reactions) -> None:
        """Answer taps and leave groups; what fails is let go."""
        await asyncio.gather(
            *(self._answer(toast) for toast in reactions.toasts),
            *(self._leave(chat) for chat in reactions.leave),
        )

    async def _answer(self, toast: Toast) -> None:
        key = toast.answer.key
        text = words(toast.locale, toast.zone).say(key) if key else None
        call = partial(
            self._bot.answer_callback_query, toast.query, text, show_alert=toast.answer.alert
        )
        await _let_go(call)

    async def _leave(self, chat: int) -> None:
        await _let_go(partial(self._bot.leave_chat, chat))


async def _let_go(call: Callable[[], Awaitable[object]]) -> None:
    try:
        await call()
    except TelegramError as error:
        _LOG.debug("an answer was lost: %s", type(error).__name__)


def _screen(letter: Letter) -> tuple[object, ...]:
    return letter.to, letter.subject, letter.session


def _keep(tx: Tx, letter: Letter, drawn: Drawn) -> None:
    if letter.session is not None:
        screens.keep(tx, letter.to, ScreenKind(letter.subject), letter.session, drawn)


def _by_person(letters: Iterable[Letter]) -> dict[PersonId, list[Letter]]:
    found: dict[PersonId, list[Letter]] = defaultdict(list)
    for letter in letters:
        found[letter.to].append(letter)
    return found


def _without_links(message: Message | None) -> Message:
    """Return a new message without its links: a way in appears by an edit, which rings nobody."""
    if message is None:
        return Message("")
    rows = tuple(kept for row in message.rows if (kept := tuple(b for b in row if not b.url)))
    return Message(message.text, rows)


def _keyboard(message: Message) -> InlineKeyboardMarkup | None:
    if not message.rows:
        return None
    return InlineKeyboardMarkup(
        [
            [
                InlineKeyboardButton(button.text, url=button.url)
                if button.url
                else InlineKeyboardButton(button.text, callback_data=button.data)
                for button in row
            ]
            for row in message.rows
        ]
    )
