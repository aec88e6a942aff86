"""How a practice room begins: who is in it, at what time, and what a kept folder remembers."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.resources import as_file, files
from pathlib import Path
from zoneinfo import ZoneInfo

from bot import seed
from bot.practice.demo import ZONE, beginning, sow
from bot.practice.scripts import script as scripts
from bot.practice.scripts.script import Script
from flows.model import Instant

CLOCK = "2026-11-24T17:30"
KEPT_FILE = "room.json"
FIRST_PHONE = 1001


@dataclass(frozen=True, slots=True)
class Person:
    """Whose phone it is."""

    user_id: int
    label: str
    role: str
    locale: str


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


def people(sown: seed.Seed, invitations: Sequence[seed.Invitation]) -> list[Person]:
    """Return everybody with a role as the page names it, in the order of their invitations."""
    locales = {staff.label: staff.locale for staff in sown.file.staff}
    locales |= {one.label: one.locale for one in sown.file.participant if one.label}
    found: list[Person] = []
    for number, invitation in enumerate(invitations, FIRST_PHONE):
        role = invitation.role
        if role == "facilitator" and any(one.role == role for one in found):
            role = "co-facilitator"
        found.append(Person(number, invitation.label, role, locales[invitation.label]))
    return found
