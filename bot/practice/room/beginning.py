"""How a practice room begins: who is in it, at what time, and what a kept folder remembers."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.resources import as_file, files
from pathlib import Path
from zoneinfo import ZoneInfo

from bot import seed
from bot.practice.demo import ZONE, beginning, sow
from bot.practice.room.table import Person
from bot.practice.scripts import script as scripts
from bot.practice.scripts.script import Script
from flows.model import Instant

CLOCK = "2026-11-24T17:30"
KEPT_FILE = "room.json"


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a room begins with: who is in it, at what time, and the script to play, if any."""

    title: str
    sown: seed.Seed
    clock: Instant
    script: Script | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What a folder that is kept remembers besides the bot's files."""

    now: Instant
    number: int
    people: tuple[Person, ...]

    @classmethod
    def read(cls, folder: Path) -> "Kept | None":
        """Return what was written, or None where the evening is to begin."""
        try:
            found = json.loads((folder / KEPT_FILE).read_text("utf-8"))
        except FileNotFoundError:
            return None
        return cls(found["now"], found["number"], tuple(Person(**one) for one in found["people"]))

    def write(self, folder: Path) -> None:
        """Write it in one go, so that a crash leaves the old one."""
        draft = folder / f"{KEPT_FILE}.new"
        draft.write_text(json.dumps(asdict(self)), "utf-8")
        draft.replace(folder / KEPT_FILE)


def begin(name: str | None) -> Beginning:
    """Return a free evening, or that of a shipped script; `ScriptError` where there is none."""
    if name:
        script = scripts.load(name)
        return Beginning(script.title, sow(script), beginning(script), script)
    with as_file(files("bot.practice.scripts").joinpath("room.seed.toml")) as file:
        sown = seed.load_seed(file)
    starts = datetime.fromisoformat(CLOCK).replace(tzinfo=ZoneInfo(ZONE))
    return Beginning("A free evening", sown, int(starts.timestamp()))
