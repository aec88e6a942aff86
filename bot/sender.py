"""The sender: empties the outbox onto the phones, each chat in order, all chats side by side.

A letter is drawn when its turn has come, so a screen shows the newest state, and a way in only
while the gate has no holds. It leaves the outbox after Telegram has it, never before; a drawing
that may hold a way in is taken away before anything else is said in its place.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Iterable
from dataclasses import replace

from telegram import Bot
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError, TimedOut

from bot import drawing, reminding
from bot.clock import Clock
from bot.drawing import Drawing
from bot.exchange import fetching
from bot.exchange.fetching import Fetcher
from bot.graphics.picturing import Artist
from bot.language.words import words
from bot.menus import Menu
from bot.pen import Pace, Pen
from bot.service import Reactions, Toast, note_reach, ring_link_refused
from bot.setting import Setting
from bot.views.message import Message
from flows.effects import ScreenKind
from flows.model import Instant, PersonId
from storage import outbox, people, retention, screens
from storage.errors import CommitFailed
from storage.outbox import Kind, Letter
from storage.screens import Drawn
from storage.store import Store, Tx

_LOG = logging.getLogger(__name__)
_PAUSE = 2.0
"""Seconds of real time before a chat is tried again after the network failed."""
_TRIES = 2
"""A send that timed out may have arrived: it is tried this often in all."""
_TRIES_THAT_MATTER = 5
"""Screens and rings rather come twice than never."""
_SCREENS_REMEMBERED = 10_000
_NO_CHAT = "chat not found"
_BULK_IN_LINE = 4
"""So many letters of a bulk wait for their turn at a time: a screen waits behind these at most."""


class Sender:
    """Sends what the outbox holds; `wake` after every commit that may have added to it."""

    def __init__(self, store: Store, bot: Bot, clock: Clock, setting: Setting, pace: Pace) -> None:
        self._store = store
        self._pen = Pen(bot, pace)
        self._fetcher = Fetcher(bot, store, clock, setting)
        self._artist = Artist(setting.chromium)
        self._clock = clock
        self._setting = setting
        self._busy: set[PersonId] = set()
        self._in_line: set[int] = set()
        self._known: set[tuple[object, ...]] = set()
        self._work = asyncio.Event()

    def wake(self) -> None:
        """Look into the outbox again."""
        self._work.set()

    async def run(self) -> None:
        """Send for as long as the bot runs."""
        async with asyncio.TaskGroup() as deliveries:
            while True:
                self._work.clear()
                letters, later = await self._store.read(self._due)
                self._in_line |= {letter.id for letter in letters if letter.bulk}
                for person, own in _by_person(letters).items():
                    self._busy.add(person)
                    deliveries.create_task(self._deliver(person, own))
                await self._rest(later)

    def _due(self, tx: Tx) -> tuple[tuple[Letter, ...], Instant | None]:
        now = self._clock.now()
        room = max(0, _BULK_IN_LINE - len(self._in_line))
        return outbox.due(tx, now, frozenset(self._busy), room), outbox.next_due(tx, now)

    async def _rest(self, later: Instant | None) -> None:
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
            self._in_line -= {letter.id for letter in letters}
            self._busy.discard(person)
            self.wake()

    async def _take_turn(self, letter: Letter) -> None:
        await self._pen.turn(letter.to)
        if letter.bulk:
            self._in_line.discard(letter.id)
            self.wake()

    async def _send(self, letter: Letter) -> bool:
        """Send one letter; say whether the next one of the same person may follow at once."""
        try:
            await self._take_turn(letter)
            if letter.subject == fetching.SUBJECT:
                await self._fetcher.fetch(letter)
                return True
            ready = await self._drawn(letter)
            if ready is None:
                return await self._drop(letter)
            if ready.message is not None:
                ready = replace(ready, message=await self._artist.finish(ready.message))
            return await self._try(letter, ready)
        except CommitFailed:
            _LOG.exception("a letter's fate could not be kept")
            return False

    async def _drawn(self, letter: Letter) -> Drawing | None:
        now = self._clock.now()
        # These get a secret of their own each time they are drawn.
        secret = letter.subject in (ScreenKind.PICTURE, ScreenKind.INVITATION)
        load = self._store.transact if secret else self._store.read
        try:
            return await load(lambda tx: self._draw(tx, letter, now))
        except CommitFailed:
            raise
        except Exception as error:  # noqa: BLE001 -- what can't be drawn is not sent: blocked
            kind = type(error).__name__
            _LOG.error("letter %s %s can't be drawn: %s", letter.kind, letter.subject, kind)
            return None

    def _draw(self, tx: Tx, letter: Letter, now: Instant) -> Drawing | None:
        # While it stood in line, what is said in bulk may have given way to something newer.
        if letter.bulk and outbox.waits_since(tx, letter.id) is None:
            return None
        if letter.bulk and reminding.waits_on(tx, letter, now):
            return None
        return drawing.draw(tx, letter, self._setting, now)

    async def _try(self, letter: Letter, ready: Drawing) -> bool:
        try:
            await self._put(letter, ready)
        except RetryAfter as error:
            return await self._postpone(letter, error)
        except Forbidden:
            return await self._unreachable(letter)
        except BadRequest as error:
            # A chat that Telegram knows no more is reached no more than one that blocks the bot.
            if _NO_CHAT in error.message.lower():
                return await self._unreachable(letter)
            return await self._refused(letter, ready, error)
        except TimedOut:
            return await self._unknown(letter, ready)
        except NetworkError:
            return await self._interrupted(letter)
        except TelegramError as error:
            # Never the error's own text, which may quote the message.
            _LOG.error("letter %s failed: %s", letter.kind, type(error).__name__)
            return False
        return True

    async def _put(self, letter: Letter, ready: Drawing) -> None:
        match letter.kind:
            case Kind.REDRAW if ready.menu is not None:
                await self._offer(letter, ready, ready.menu)
            case Kind.SAY:
                await self._say(letter, ready)
            case Kind.SHOW:
                await self._show(letter, ready)
            case Kind.BRING | Kind.REDRAW if not self._is_edit(letter, ready):
                await self._show(letter, ready)
            case Kind.BRING | Kind.REDRAW:
                await self._redraw(letter, ready)
            case Kind.HIDE:
                await self._hide(letter, ready)
            case Kind.ERASE:
                await self._pen.delete(ready.chat, int(letter.subject), _text(ready))
                await self._done(letter)

    async def _say(self, letter: Letter, ready: Drawing) -> None:
        number = await self._pen.write(ready.chat, ready.message or Message(""), quiet=False)

        def keep(tx: Tx) -> None:
            retention.note_sent(tx, letter.to, number, self._clock.now())
            outbox.done(tx, letter.id)

        await self._store.transact(keep)

    def _is_edit(self, letter: Letter, ready: Drawing) -> bool:
        """Say whether a letter is sent by an edit, which may be repeated as often as it takes."""
        if _shows_otherwise(ready):
            return letter.kind in (Kind.ERASE, Kind.HIDE)
        if letter.kind is not Kind.BRING:
            return letter.kind in (Kind.REDRAW, Kind.ERASE, Kind.HIDE)
        return ready.drawn is not None and self._pen.ends_with(ready.chat, ready.drawn.message_id)

    async def _show(self, letter: Letter, ready: Drawing) -> None:
        """Take the old drawing away, then draw the screen at the end of the chat."""
        message = ready.message or Message("")
        if ready.drawn:
            await self._pen.delete(ready.chat, ready.drawn.message_id)
            await self._pen.turn(letter.to)
        bare = _without_links(message)
        quiet = letter.kind is not Kind.SHOW or "quiet" in letter.params
        number = await self._pen.write(ready.chat, bare, quiet=quiet)

        def keep(tx: Tx) -> None:
            _keep(tx, letter, Drawn(number, bare.digest, bare.shows))
            outbox.done(tx, letter.id)
            if bare != message:
                _again(tx, letter, Kind.REDRAW, self._clock.now())

        await self._store.transact(keep)
        self._know(letter)

    async def _redraw(self, letter: Letter, ready: Drawing) -> None:
        """Edit a screen where it stands; one that was never drawn is left alone."""
        if ready.drawn is None or ready.message is None:
            await self._done(letter)
            return
        same = ready.drawn.digest == ready.message.digest
        # One with a picture is never edited: what is known of it was answered.
        if same and (ready.drawn.picture or self._knows(letter)):
            await self._done(letter)
            return
        self._forget(letter)
        await self._pen.edit(ready.chat, ready.drawn.message_id, ready.message)
        shown = Drawn(ready.drawn.message_id, ready.message.digest)

        def keep(tx: Tx) -> None:
            _keep(tx, letter, shown)
            outbox.done(tx, letter.id)

        await self._store.transact(keep)
        self._know(letter)

    async def _hide(self, letter: Letter, ready: Drawing) -> None:
        """Take a screen off the phone."""
        if ready.drawn is not None:
            await self._pen.delete(ready.chat, ready.drawn.message_id, _text(ready))

        def keep(tx: Tx) -> None:
            _lose(tx, letter)
            outbox.done(tx, letter.id)

        await self._store.transact(keep)

    async def _offer(self, letter: Letter, ready: Drawing, menu: Menu) -> None:
        """Set somebody's commands where they differ from what was set last."""
        before = ready.drawn.digest if ready.drawn else Menu().digest
        if before == menu.digest:
            await self._done(letter)
            return
        try:
            await self._pen.offer(ready.chat, menu.commands)
        except RetryAfter:
            # Nothing else may wait for it; the next start compares anew.
            _LOG.warning("a menu was not set: too many at once")
            await self._done(letter)
            return
        except BadRequest:
            raise
        except NetworkError:
            # Behind everything else that waits for the same person.
            later = self._clock.now()
            await self._store.transact(lambda tx: _again(tx, letter, Kind.REDRAW, later))
            raise

        def keep(tx: Tx) -> None:
            if menu.commands:
                _keep(tx, letter, Drawn(0, menu.digest))
            else:
                _lose(tx, letter)
            outbox.done(tx, letter.id)

        await self._store.transact(keep)

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

    # What becomes of a letter

    async def _done(self, letter: Letter) -> None:
        await self._store.transact(lambda tx: outbox.done(tx, letter.id))

    async def _drop(self, letter: Letter) -> bool:
        now = self._clock.now()

        def drop(tx: Tx) -> None:
            reminding.let_go(tx, letter, now)
            outbox.done(tx, letter.id)

        await self._store.transact(drop)
        return True

    async def _refused(self, letter: Letter, ready: Drawing, error: BadRequest) -> bool:
        """Let a letter go that Telegram will never take; its text may quote it, so log none.

        A screen whose message is gone is forgotten; the desk is drawn anew, others by a command.
        A link that Telegram refuses is told to the facilitators.
        """
        gone = "not found" in error.message.lower() or "can't be edited" in error.message.lower()
        _LOG.warning("letter %s %s was refused", letter.kind, letter.subject)

        def keep(tx: Tx) -> None:
            outbox.done(tx, letter.id)
            if letter.kind in (Kind.SAY, Kind.ERASE):
                return
            if gone:
                _lose(tx, letter)
            if gone and letter.kind is Kind.BRING:
                _again(tx, letter, Kind.BRING, self._clock.now())
            if not gone and _holds_link(ready.message) and letter.session is not None:
                ring_link_refused(tx, letter.session, letter.to, self._clock.now())

        await self._store.transact(keep)
        return True

    async def _postpone(self, letter: Letter, error: RetryAfter) -> bool:
        wait = error.retry_after
        seconds = wait if isinstance(wait, int) else int(wait.total_seconds())
        later = self._clock.now() + max(1, seconds)
        await self._store.transact(lambda tx: outbox.postpone(tx, letter.to, later))
        return False

    async def _unknown(self, letter: Letter, ready: Drawing) -> bool:
        """Try a timed-out send again, so often at most; an edit as often as it takes."""
        if self._is_edit(letter, ready):
            return await self._interrupted(letter)
        matters = letter.kind is not Kind.SAY or letter.subject.startswith(("ring/", "factor/"))
        spent = letter.attempts + 1 >= (_TRIES_THAT_MATTER if matters else _TRIES)

        def keep(tx: Tx) -> None:
            if not spent:
                outbox.tried(tx, letter.id, self._clock.now())
                return
            outbox.done(tx, letter.id)
            if letter.kind is not Kind.SAY:
                _lose(tx, letter)

        await self._store.transact(keep)
        return spent

    async def _interrupted(self, letter: Letter) -> bool:
        """Try again later; an edit may have arrived, so nobody knows what the screen shows."""
        self._forget(letter)
        return False

    async def _unreachable(self, letter: Letter) -> bool:
        now = self._clock.now()

        def keep(tx: Tx) -> None:
            outbox.done(tx, letter.id)
            person = people.find(tx, letter.to)
            if person and person.enrolled:
                note_reach(tx, person, now, now)

        await self._store.transact(keep)
        self._forget(letter)
        return True

    # Answers to taps: at once, beside everything else, and nobody depends on them

    async def react(self, reactions: Reactions) -> None:
        """Answer taps and leave groups; what fails is let go."""
        await asyncio.gather(
            *(_let_go(self._answer(toast)) for toast in reactions.toasts),
            *(_let_go(self._pen.leave(chat)) for chat in reactions.leave),
        )

    async def _answer(self, toast: Toast) -> None:
        key = toast.answer.key
        say = words(toast.locale, toast.zone).say
        text = say(key, **toast.answer.params) if key else None
        await self._pen.answer(toast.query, text, alert=toast.answer.alert)


async def _let_go(call: Awaitable[object]) -> None:
    try:
        await call
    except Exception as error:  # noqa: BLE001 -- nobody depends on it
        _LOG.debug("an answer was lost: %s", type(error).__name__)


def _shows_otherwise(ready: Drawing) -> bool:
    """Say whether a screen on the phone has a picture and the new one not, or another way round.

    Telegram lets no text become a picture by an edit, nor the other way round.
    """
    if ready.drawn is None or ready.message is None:
        return False
    either = ready.drawn.picture or ready.message.shows
    return bool(either) and ready.drawn.digest != ready.message.digest


def _text(ready: Drawing) -> str:
    return ready.message.text if ready.message else ""


def _screen(letter: Letter) -> tuple[object, ...]:
    return letter.to, letter.subject, letter.session


def _keep(tx: Tx, letter: Letter, drawn: Drawn) -> None:
    screens.keep(tx, letter.to, ScreenKind(letter.subject), letter.session, drawn)


def _lose(tx: Tx, letter: Letter) -> None:
    screens.forget(tx, letter.to, ScreenKind(letter.subject), letter.session)


def _again(tx: Tx, letter: Letter, kind: Kind, now: Instant) -> None:
    outbox.add(tx, letter.to, kind, now=now, session=letter.session, subject=letter.subject)


def _by_person(letters: Iterable[Letter]) -> dict[PersonId, list[Letter]]:
    found: dict[PersonId, list[Letter]] = defaultdict(list)
    for letter in letters:
        found[letter.to].append(letter)
    return found


def _holds_link(message: Message | None) -> bool:
    return message is not None and any(button.url for row in message.rows for button in row)


def _without_links(message: Message) -> Message:
    rows = tuple(kept for row in message.rows if (kept := tuple(b for b in row if not b.url)))
    return replace(message, rows=rows)
