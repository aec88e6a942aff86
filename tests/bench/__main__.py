"""`make bench`: ten thousand reminders in the same minute must not starve a facilitator's board.

Real: the store on disk, the ticker, the sender with its limit of 25 messages a second, HTTP to the
strict Bot API. Simulated: the network between (the loopback), Telegram's own limit (the sender's is
what holds), and the time, of which four seconds pass in one (`fast_loop`). Meanwhile the board is
changed once a second, by one row of its session. What is measured is the time from the commit of a
change until an edit that shows it, or a later one, has reached the Bot API. In the end the same is
done with the priority switched off, for a smaller crowd.

It ends with 1 where a board waits two seconds or more (99th percentile), where somebody got no
reminder or two, or where more than 30 messages have left the sender within one second.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from bisect import bisect_left
from collections import Counter
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from telegram import Bot

from bot.pen import Pace
from bot.practice.botapi.api import PracticeApi
from bot.practice.installation import TOKEN
from bot.request import AiohttpRequest
from bot.sender import Sender
from bot.service import Service
from bot.setting import Setting
from bot.ticker import Ticker
from flows.effects import ScreenKind
from storage import outbox
from storage.outbox import Kind
from tests.bench import crowd
from tests.bench.fast_loop import FastLoop, LoopClock
from tests.honest import open_store

SPEED = 4
PEOPLE = 10_000
WITHOUT = 1_000
"""People reminded with the priority switched off."""
LONGEST = 2.0
MOST = 30
"""What Telegram names as its limit of messages a second to different chats."""


def say(text):
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class Phones:
    """Whoever looks at every chat: when a message came, and which change the board shows."""

    def __init__(self):
        self.left = []
        self.times = []
        self.reminded = Counter()
        self.boards = []

    def delivered(self, message):
        self.times.append(now())
        if message.chat_id >= crowd.FIRST_CHAT:
            self.reminded[message.chat_id] += 1

    def edited(self, message):
        self.times.append(now())
        if message.chat_id == crowd.FACILITATOR:
            head = message.text.partition("\n")[0]
            number = next(word for word in head.split() if word.strip(",:").isdigit())
            self.boards.append((int(number.strip(",:")), now()))

    def removed(self, _):
        self.times.append(now())

    def changed(self):
        """Nothing: it is the messages that count."""

    def answered(self, text, *, alert):
        """Nothing: nobody taps."""


def now():
    return asyncio.get_running_loop().time()


@dataclass(frozen=True)
class Found:
    """What one round has shown; the waits in seconds, in order."""

    sent: int
    seconds: float
    left: int
    arrived: int
    waits: list

    def wait(self, share):
        return self.waits[min(len(self.waits) - 1, int(share * len(self.waits)))]

    def tell(self):
        rate = self.sent / self.seconds
        say(f"  {self.sent} reminders in {self.seconds:.0f} s: {rate:.1f} a second;")
        say(f"  messages of any kind: at most {self.left} left the sender within one second, and")
        say(f"  Telegram saw {self.arrived} in its busiest one;")
        say(
            f"  a change of the board until its edit arrived ({len(self.waits)} changes):"
            f" p50 {self.wait(0.5):.2f} s, p99 {self.wait(0.99):.2f} s, max {self.waits[-1]:.2f} s"
        )


class Bench:
    """One installation with its crowd, and the loops that send."""

    def __init__(self, size, folder):
        self.size = size
        self.folder = folder
        self.phones = Phones()

    async def __aenter__(self):
        self._stack = AsyncExitStack()
        self.clock = LoopClock(crowd.DUE - 60)
        self.store = await open_store(self.folder)
        self._stack.push_async_callback(self.store.close)
        began = time.monotonic()
        self.crowd = await self.store.transact(lambda tx: crowd.found(tx, self.size))
        say(f"{self.size} people enrolled and planned in {time.monotonic() - began:.0f} s")
        api = PracticeApi(self.clock, token=TOKEN)
        await api.start()
        self._stack.push_async_callback(api.stop)
        crowd.chats(api.world, self.size, self.phones)
        bot = Bot(TOKEN, base_url=api.base_url, request=AiohttpRequest(connection_pool_size=32))
        await bot.initialize()
        self._stack.push_async_callback(bot.shutdown)
        self.sender = Sender(self.store, bot, self.clock, Setting(), Pace())
        pen = self.sender._pen
        pen.turn = self._noted(pen.turn)
        return self

    async def __aexit__(self, *error):
        await self._stack.__aexit__(*error)

    def _noted(self, turn):
        async def noted(person):
            await turn(person)
            self.phones.left.append(now())

        return noted

    async def show_board(self):
        """Show the board, and see to what else is due before the reminders."""
        await self._change(0, Kind.SHOW)
        self._sending = asyncio.create_task(self.sender.run())
        self._stack.push_async_callback(_end, self._sending)
        while not self.phones.times:  # noqa: ASYNC110 -- a message that comes from elsewhere
            await asyncio.sleep(0.1)

    async def _change(self, number, kind=Kind.REDRAW):
        def apply(tx):
            crowd.rename(tx, self.crowd.board, number)
            outbox.add(
                *(tx, self.crowd.facilitator, kind),
                now=self.clock.now(),
                session=self.crowd.board,
                subject=ScreenKind.BOARD,
            )

        await self.store.transact(apply)

    async def round(self, what, wanted):
        """Send what is wanted and change the board meanwhile; return what was seen."""
        phones = self.phones
        phones.left.clear()
        phones.times.clear()
        phones.boards.clear()
        before, began = phones.reminded.total(), now()
        committed = []
        told = 1
        while (sent := phones.reminded.total() - before) < wanted:
            await asyncio.sleep(max(0.0, began + len(committed) + 1 - now()))
            await self._change(len(committed))
            committed.append(now())
            self.sender.wake()
            if sent * 10 >= told * wanted:
                say(f"  {what}: {sent} of {wanted} sent, {now() - began:.0f} s")
                told = sent * 10 // wanted + 1
        seconds = max(phones.times) - began
        last = len(committed) - 1
        while not phones.boards or phones.boards[-1][0] < last:  # noqa: ASYNC110 -- the same
            await asyncio.sleep(0.1)
        busiest = _busiest(phones.left), _busiest(phones.times)
        return Found(wanted, seconds, *busiest, _waits(committed, phones.boards))

    async def by_priority(self):
        """Let the ticker find the reminders due, as it does."""
        ticker = Ticker(Service(self.store, self.clock), self.sender, self.clock)
        await self.clock.move_to(crowd.DUE)
        ticking = asyncio.create_task(ticker.run())
        self._stack.push_async_callback(_end, ticking)
        return await self.round("by priority", self.size)

    async def without(self, number):
        """Remind some of them once more, by letters that stand in line like any other."""

        def remind(tx):
            for person, session in list(self.crowd.reminded.items())[:number]:
                outbox.add(
                    *(tx, person, Kind.SAY),
                    now=self.clock.now(),
                    session=session,
                    subject="reminder/coming",
                    params={"schedule": 1},
                )
            tx.db.execute("UPDATE outbox SET bulk = 0")

        await self.store.transact(remind)
        self.sender.wake()
        return await self.round("no priority", number)


async def _end(task):
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _busiest(times):
    ordered = sorted(times)
    return max(bisect_left(ordered, at + 1) - place for place, at in enumerate(ordered))


def _waits(committed, boards):
    """Return how long each change waited for the first edit that shows it or a later one."""
    arrived = {}
    for number, at in boards:
        for earlier in range(number, -1, -1):
            if earlier in arrived:
                break
            arrived[earlier] = at
    return sorted(arrived[number] - at for number, at in enumerate(committed))


async def bench(size, without):
    """Run both rounds; return what each has shown, and who was not reminded just once."""
    with tempfile.TemporaryDirectory(prefix="vestibule-bench-") as folder:
        async with Bench(size, Path(folder)) as one:
            await one.show_board()
            found = await one.by_priority()
            amiss = size - sum(times == 1 for times in one.phones.reminded.values())
            return found, await one.without(without), amiss


def main():
    """Say what was found, and whether it is as it ought to be."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--without", type=int, default=WITHOUT)
    parser.add_argument("--speed", type=int, default=SPEED)
    given = parser.parse_args()
    say(f"{given.speed} simulated seconds in one; every figure below is in simulated seconds")
    began = time.monotonic()
    with asyncio.Runner(loop_factory=lambda: FastLoop(given.speed)) as runner:
        found, plain, amiss = runner.run(bench(given.people, given.without))
    say("With bulk behind everything else:")
    found.tell()
    say("With no priority:")
    plain.tell()
    ratio = plain.wait(0.99) / found.wait(0.99)
    say(f"A board waits {ratio:.0f} times as long without, and longer with more people.")
    say(f"Not reminded just once: {amiss}. Took {time.monotonic() - began:.0f} s.")
    good = found.wait(0.99) < LONGEST and found.left <= MOST and not amiss
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
