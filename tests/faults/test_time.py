"""A machine whose clock jumps: nothing that was signed or let in lives longer for it.

A second instance beside the first, and the first that notices nothing of it.
"""

import asyncio
import random
from types import SimpleNamespace

import pytest

from bot import clock as clocks
from bot.clock import SystemClock
from bot.service import Service
from bot.ticker import BEAT, Ticker
from storage import sessions, updates
from storage.errors import StoreInUse
from storage.store import Store
from tests.faults.office import EVENING, FILES, H7, SESSION, taps
from tests.honest import START
from tests.installation import KEY

LIVE = "SELECT minted_at, expires_at FROM credential WHERE ended_at IS NULL AND expires_at > ?"
JOINED = EVENING.index(taps(H7, "join:"))
"""The act by which somebody gets a way in."""


class Machine:
    """A machine's two clocks in the hands of a test: one can be set, the other only goes on."""

    def __init__(self, monkeypatch, wall):
        self.wall, self.steady = float(wall), 50.0
        monkeypatch.setattr(clocks.time, "time", lambda: self.wall)
        monkeypatch.setattr(clocks.time, "monotonic", lambda: self.steady)

    def passes(self, seconds):
        self.wall += seconds
        self.steady += seconds


class Night:
    """A session with a live sign-off and a live way in, on a machine whose clock jumps."""

    def __init__(self, office, machine):
        self.office = office
        self.machine = machine
        self.since = machine.steady

    async def start(self):
        """Start as a process does: with the machine's clock, and what the store knows."""
        self.clock = SystemClock()
        self.clock.catch_up(await self.office.store.read(updates.latest))

    @property
    def passed(self):
        """Seconds that really passed since somebody was let in."""
        return self.machine.steady - self.since

    async def ticks(self):
        await Service(self.office.store, self.clock).take_due()

    async def live(self):
        """Return (whether the way in, whether the sign-off is still worth something)."""
        now = self.clock.now()
        await self.ticks()
        session = await self.office.store.read(lambda tx: sessions.load(tx, SESSION))
        ways = await self.office.store.read(lambda tx: tx.db.execute(LIVE, (now,)).fetchall())
        signed = session.checks[H7].sign_off
        fresh = signed is not None and now <= signed.at + session.rules.sign_off
        return bool(ways), fresh and now < session.ends_at


@pytest.fixture
async def night(office, scenes, monkeypatch):
    """Play the evening up to the first way in."""
    for scene in scenes[: JOINED + 1]:
        await office.happen(scene.act)
    night = Night(office, Machine(monkeypatch, START - 300))
    await night.start()
    assert await night.live() == (True, True)
    return night


@pytest.mark.parametrize(
    "seed", [0, 1, *(pytest.param(one, marks=pytest.mark.long) for one in range(2, 12))]
)
async def test_jumps_prolong_nothing(night, seed):
    """However the clock jumps, a way in and a sign-off end in their time or earlier."""
    pick, rules = random.Random(seed), (await session_of(night)).rules
    while night.passed < 2 * 3600:
        night.machine.passes(pick.choice((1, 20, 60, 300)))
        night.machine.wall += pick.choice((0, 0, 0, -7200, -30, 90)) * pick.random()
        told, (way_in, fresh) = night.clock.now(), await night.live()
        assert not (way_in and night.passed >= rules.credential)
        assert not (fresh and night.passed > rules.sign_off)
        assert night.clock.now() >= told
    assert await night.live() == (False, False)


async def session_of(night):
    return await night.office.store.read(lambda tx: sessions.load(tx, SESSION))


async def test_a_jump_ahead_is_for_good(night):
    """What a jump ahead has ended does not come back when the clock is set right."""
    night.machine.wall += 3600
    assert await night.live() == (False, False)
    night.machine.wall -= 3600
    assert await night.live() == (False, False)
    await night.start()
    assert await night.live() == (False, False)


async def test_started_anew_on_a_clock_set_back(night):
    """A process that starts anew on a clock set back goes on from its last beat."""
    way_in = (await session_of(night)).rules.credential
    for _ in range(way_in // BEAT - 1):
        night.machine.passes(BEAT)
        await night.ticks()
    night.machine.wall -= 7200
    await night.start()
    assert await night.live() == (True, True)
    night.machine.passes(2 * BEAT)
    assert await night.live() == (False, True)


async def test_idle_process_tells_the_store_the_time(night, monkeypatch):
    """A process with nothing to do tells the store the time at every beat."""
    sleep = asyncio.sleep

    async def doze(seconds):
        night.machine.passes(seconds)
        await sleep(0)

    monkeypatch.setattr(clocks.asyncio, "sleep", doze)
    told, passed = await night.office.store.read(updates.latest), night.passed
    sender = SimpleNamespace(wake=lambda: None)
    ticker = Ticker(Service(night.office.store, night.clock), sender, night.clock)
    ticking = asyncio.create_task(ticker.run())
    while night.passed < passed + 5 * BEAT:
        await sleep(0)
    ticking.cancel()
    assert await night.office.store.read(updates.latest) >= told + 3 * BEAT


# A second instance


async def test_a_second_instance_disturbs_nothing(office, scenes):
    """Whoever opens the files of a running process is refused, in the middle of an act too."""
    for scene in scenes:
        acting = asyncio.create_task(office.happen(scene.act))
        for _ in range(2):
            with pytest.raises(StoreInUse):
                await Store.open(office.folder / FILES[0], office.folder / FILES[2], KEY)
        await acting
        assert await office.state() == scene.after
