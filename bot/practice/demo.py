"""`vestibule demo`: the strict Bot API, the real bot and a script, in one process, no network.

The installation is made anew in a temporary folder; nothing of it remains.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot import app, catalogues, seed
from bot.clock import RunningClock
from bot.config import Config, Crisis, Programme, Storage, Telegram
from bot.pen import Pace
from bot.practice.botapi.api import PracticeApi
from bot.practice.botapi.client import ControlClient
from bot.practice.scripts import script as scripts
from bot.practice.scripts.player import PATIENCE, Actor, Player, StepDiffersError
from bot.practice.scripts.script import Line, Script
from bot.practice.scripts.transcript import transcript
from flows.model import Instant
from storage.store import Store

TOKEN = "1234567:practice-practice-practice-practice"  # noqa: S105 -- of the practice room only
ZONE = "Europe/Berlin"
PACE = Pace(per_second=2000, burst_per_chat=200)
"""As fast as the practice room can read; the loopback knows no limits."""
_CRISIS = Crisis(("112", "116 123"), confirmed=True)
_FIRST_PHONE = 1001
Say = Callable[[str], None]


def practice_config(folder: Path, base_url: str) -> Config:
    """Return the configuration of the practice room: every language that has a catalogue."""
    languages = catalogues.languages()
    return Config(
        telegram=Telegram(base_url=base_url),
        storage=Storage(folder / "v.sqlite3", folder / "keys.sqlite3", folder / "master.key"),
        programme=Programme(languages, ZONE),
        crisis=dict.fromkeys(languages, _CRISIS),
    )


def beginning(script: Script) -> Instant:
    """Return the instant at which a script begins."""
    return int(datetime.fromisoformat(script.clock).replace(tzinfo=ZoneInfo(ZONE)).timestamp())


def sow(script: Script) -> seed.Seed:
    """Return the seed of a shipped script."""
    return seed.load_seed(Path(str(scripts.seed_file(script))))


def defaults(config: Config) -> seed.Defaults:
    """Return what a seed takes from the configuration."""
    return seed.Defaults.of(config)


async def phones(room: ControlClient, invitations: Sequence[seed.Invitation]) -> dict[str, Actor]:
    """Give everybody who was invited a phone and open their invitation on it."""
    actors = {}
    for number, one in enumerate(invitations, _FIRST_PHONE):
        phone = await room.add_phone(number, one.label, one.locale)
        await phone.open_link(one.link_payload)
        actors[one.label] = Actor(one.label, one.locale, phone)
    return actors


async def play(name: str, say: Say) -> bool:
    """Play a shipped script and print every phone's transcript; say whether all went as written."""
    script = scripts.load(name)
    clock = RunningClock(beginning(script))
    async with _practice(clock) as (api, folder):
        config = practice_config(folder, api.base_url)
        outcome: list[bool] = []

        async def evening(store: Store) -> None:
            outcome.append(await _evening(script, config, api, store, clock, say))

        await app.serve(config, TOKEN, clock, pace=PACE, until=evening)
    return outcome == [True]


async def _evening(
    script: Script,
    config: Config,
    api: PracticeApi,
    store: Store,
    clock: RunningClock,
    say: Say,
) -> bool:
    script_seed = sow(script)
    invitations = await seed.apply(store, script_seed, defaults(config), clock.now())
    async with ControlClient(api.control_url, api.secret) as room:
        actors = await phones(room, invitations)
        player = Player(room, actors, room_address=api.address, zone=ZONE, patience=PATIENCE)
        say(script.title)
        try:
            await player.play(script, lambda line: say(_announced(line)))
            await room.quiet()
        except StepDiffersError as error:
            say(f"\nThis step went otherwise:\n{error}\n")
            return False
        finally:
            await _print_transcripts(actors, say)
    for count in player.counted:
        say(count)
    if player.refused:
        say(f"{player.refused} ways to join or to bypass were tried and refused.")
    say(f"{script.name}: every step went as written.")
    return True


async def _print_transcripts(actors: dict[str, Actor], say: Say) -> None:
    for actor in actors.values():
        for line in transcript(actor.name, actor.locale, await actor.phone.history(), ZONE):
            say(line)


def _announced(line: Line) -> str:
    return f"  {line.number:3} {line.text}"


@asynccontextmanager
async def _practice(clock: RunningClock) -> AsyncIterator[tuple[PracticeApi, Path]]:
    api = PracticeApi(clock, token=TOKEN)
    await api.start()
    try:
        with tempfile.TemporaryDirectory(prefix="vestibule-practice-") as folder:
            yield api, Path(folder)
    finally:
        await api.stop()


def say_aloud(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)  # noqa: T201 -- the command line's own output


def main(name: str) -> int:
    """Play a script; return the exit code."""
    return 0 if asyncio.run(play(name, say_aloud)) else 1
