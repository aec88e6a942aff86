"""How a practice room begins: who is in it, at what time, and what a kept folder remembers."""

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from importlib.resources import as_file
from pathlib import Path
from zoneinfo import ZoneInfo

from bot import seed
from bot.practice.botapi.schema import Json
from bot.practice.installation import ZONE, practice_limits
from bot.practice.room.table import Person
from bot.practice.scripts import script as scripts
from bot.practice.scripts.checking import check
from bot.practice.scripts.script import Script, ScriptError
from bot.practice.scripts.shelf import Shelf
from bot.seed_file import everybody
from flows.model import Instant

FREE = Script("", "A free evening", "room.seed.toml", "2026-11-24T17:30", ())
"""What nobody has written yet: the room's own people, half an hour before."""
KEPT_FILE = "room.json"
SHELF = "scripts"
"""The folder of saved scripts, in the room's own."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a room begins with: who is in it, at what time, and the script, which may be empty."""

    script: Script
    sown: seed.Seed
    clock: Instant

    @property
    def is_first_day(self) -> bool:
        """Whether nobody is there yet, so that the first coordinator is to come."""
        return not any(everybody(self.sown.file))

    @property
    def title(self) -> str:
        """What the evening is called."""
        return self.script.title


@dataclass(frozen=True, slots=True)
class Kept:
    """What a folder that is kept remembers besides the bot's files."""

    now: Instant
    number: int
    people: tuple[Person, ...]
    recorded: Json = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> "Kept | None":
        """Return what was written, or None where the evening is to begin."""
        try:
            found = json.loads((folder / KEPT_FILE).read_text("utf-8"))
        except FileNotFoundError:
            return None
        people = tuple(Person(**one) for one in found["people"])
        return cls(found["now"], found["number"], people, found.get("recorded", {}))

    def write(self, folder: Path) -> None:
        """Write it in one go, so that a crash leaves the old one."""
        draft = folder / f"{KEPT_FILE}.new"
        draft.write_text(json.dumps(asdict(self)), "utf-8")
        draft.replace(folder / KEPT_FILE)


def begin(name: str | None, shelf: Shelf | None = None) -> Beginning:
    """Return a free evening, or that of a script; raise `ScriptError` where there is none."""
    if not name:
        return begin_with(FREE)
    return begin_with(shelf.load(name) if shelf else scripts.load(name))


def begin_with(script: Script) -> Beginning:
    """Return the evening of a script; raise `ScriptError` where it can't be played."""
    try:
        starts = datetime.fromisoformat(script.clock).replace(tzinfo=ZoneInfo(ZONE))
    except ValueError:
        wrong = f"clock {script.clock} is no day and time, such as 2026-11-24T17:30"
        raise ScriptError(f"{script.name}: {wrong}.") from None
    try:
        practice_limits(script.limits)
    except ValueError as error:
        raise ScriptError(f"{script.name}: limits can't be so: {error}.") from None
    sown = sow(script)
    check(script, [entry.label for _, entry in everybody(sown.file) if entry.label])
    return Beginning(script, sown, int(starts.timestamp()))


def sow(script: Script) -> seed.Seed:
    """Return the seed of a script; raise `ScriptError` where it is not shipped."""
    if script.seed not in scripts.seeds():
        known = ", ".join(scripts.seeds())
        raise ScriptError(f"{script.name}: there is no seed {script.seed}. There are: {known}.")
    with as_file(scripts.seed_file(script)) as file:
        return seed.load_seed(file)
