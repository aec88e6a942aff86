"""The queue of updates, as Telegram keeps it for a bot.

Kept until acknowledged by a higher offset, a day at most; callback queries about 150 seconds.
Lives in memory in the practice server, so that it outlives restarts of the bot. It must never
forget an update that was only delivered. The rules are those of Telegram's own Bot API
server (`Client::do_get_updates`, `TQueue`).
"""

import asyncio
import random
import time
from collections.abc import Collection
from dataclasses import dataclass

from bot.clock import Clock
from bot.practice.botapi.schema import Json, RefusedError

DAY = 86_400
CALLBACK_LIFETIME = 150
LONGEST_POLL = 50
_CONFLICT = (
    "Conflict: terminated by other getUpdates request; "
    "make sure that only one bot instance is running"
)
# What Telegram leaves out unless a bot asks for it by name.
_ONLY_IF_ASKED = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


class Pulse:
    """Wakes everybody who waits for something to happen."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def beat(self) -> None:
        """Wake all who wait now."""
        beaten, self._next = self._next, asyncio.Event()
        beaten.set()

    async def wait(self, seconds: float) -> None:
        """Return at the next beat, or after `seconds` of real time."""
        try:
            async with asyncio.timeout(seconds):
                await self._next.wait()
        except TimeoutError:
            return


@dataclass(frozen=True, slots=True)
class _Kept:
    update_id: int
    body: Json
    until: int


class UpdateQueue:
    """Updates in order, and the one long poll that may wait for them."""

    def __init__(self, clock: Clock, pulse: Pulse) -> None:
        self._clock = clock
        self._pulse = pulse
        self._next_id = random.randrange(100_000_000, 900_000_000)  # noqa: S311 -- not a key
        self._kept: list[_Kept] = []
        self._allowed: frozenset[str] | None = None
        self._poll = 0
        self._polls_waiting = 0
        self.stirred_at = 0.0

    @property
    def bot_waits(self) -> bool:
        """Whether the bot is waiting in a long poll."""
        return self._polls_waiting > 0

    @property
    def allowed(self) -> list[str] | None:
        """The kinds of updates that the bot asked for, or None for the usual ones."""
        return None if self._allowed is None else sorted(self._allowed)

    def allow(self, kinds: Collection[str]) -> None:
        """Remember which kinds of updates to queue from now on; none given: the usual."""
        self._allowed = frozenset(kinds) or None

    def push(self, kind: str, payload: Json, lifetime: int = DAY) -> int | None:
        """Queue an update; None when the bot did not ask for its kind."""
        wanted = kind not in _ONLY_IF_ASKED if self._allowed is None else kind in self._allowed
        return self.push_raw({kind: payload}, lifetime) if wanted else None

    def push_raw(self, body: Json, lifetime: int = DAY) -> int:
        """Queue any object at all under the next update_id, and return that."""
        update_id = self._next_id
        self._next_id += 1
        kept = _Kept(update_id, {**body, "update_id": update_id}, self._clock.now() + lifetime)
        self._kept.append(kept)
        self._stir()
        return update_id

    def pending(self, limit: int | None = None) -> list[Json]:
        """Return the updates that are neither acknowledged nor too old, oldest first."""
        now = self._clock.now()
        self._kept = [kept for kept in self._kept if now < kept.until]
        return [kept.body for kept in self._kept[:limit]]

    def acknowledge(self, offset: int) -> None:
        """Forget what lies below `offset`; a negative one keeps only so many of the newest."""
        if offset < 0:
            self._keep(self._kept[offset:])
        # Telegram takes an offset far ahead of its queue for a mistake and ignores it.
        elif offset <= self._next_id + 10:
            self._keep([kept for kept in self._kept if kept.update_id >= offset])

    def forget_all(self) -> None:
        """Drop everything that waits."""
        self._keep([])

    async def poll(self, offset: int, limit: int, seconds: float) -> list[Json]:
        """Acknowledge, then return the next updates, waiting for them if need be."""
        self._poll += 1
        mine = self._poll
        self.acknowledge(offset)
        self._pulse.beat()
        deadline = time.monotonic() + min(seconds, LONGEST_POLL)
        while not (ready := self.pending(limit)):
            if (left := deadline - time.monotonic()) <= 0:
                break
            await self._wait(left)
            if self._poll != mine:
                raise RefusedError(_CONFLICT, 409)
        return ready

    async def _wait(self, seconds: float) -> None:
        self._polls_waiting += 1
        try:
            await self._pulse.wait(seconds)
        finally:
            self._polls_waiting -= 1

    def _keep(self, kept: list[_Kept]) -> None:
        if len(kept) != len(self._kept):
            self._kept = kept
            self._stir()

    def _stir(self) -> None:
        self.stirred_at = time.monotonic()
        self._pulse.beat()
