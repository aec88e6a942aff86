"""A script: a small text that says who does and sees what in an evening, line by line.

    title  One whole evening
    seed   evening.seed.toml
    clock  2026-11-24T17:30

    Anna types /today
    Anna taps board/button/start
    H7, K2 answer all yes
    clock 17:50

Names are the labels of the seed; texts and buttons are named by their keys, so a script plays in
every language. `include NAME` takes in the lines of `NAME.part`; `#` begins a comment.
"""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.resources.abc import Traversable

SCRIPTS = files("bot.practice.scripts")


class ScriptError(Exception):
    """A script that can't be read: where, and why."""


@dataclass(frozen=True, slots=True)
class Line:
    """One step: who (nobody: the room), the verb, its words and its `name=value` parameters."""

    file: str
    number: int
    text: str
    who: tuple[str, ...]
    verb: str
    words: tuple[str, ...] = ()
    params: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Script:
    """A script that was read."""

    name: str
    title: str
    seed: str
    clock: str
    lines: tuple[Line, ...]


ROOM_VERBS = ("clock", "settle", "count", "expect", "say", "room")
"""What happens in the room and is nobody's act."""


def names() -> tuple[str, ...]:
    """Return the names of the shipped scripts."""
    found = (file.name for file in SCRIPTS.iterdir() if file.name.endswith(".script"))
    return tuple(sorted(name.removesuffix(".script") for name in found))


def load(name: str) -> Script:
    """Return a shipped script by its name."""
    file = SCRIPTS.joinpath(f"{name}.script")
    if name not in names():
        raise ScriptError(f"There is no script {name}. There are: {', '.join(names())}.")
    return parse(name, file.read_text("utf-8"))


def seed_file(script: Script) -> Traversable:
    """Return the seed that a shipped script plays on."""
    return SCRIPTS.joinpath(script.seed)


def parse(name: str, text: str) -> Script:
    """Read a script; raise `ScriptError` with the line that is wrong."""
    head: dict[str, str] = {}
    lines: list[Line] = []
    for place, number, line in _numbered(name, text):
        first, _, rest = line.partition(" ")
        if first in ("title", "seed") or (first == "clock" and "clock" not in head):
            head[first] = rest.strip()
            continue
        lines.append(_line(place, number, line))
    for needed in ("title", "seed", "clock"):
        if needed not in head:
            raise ScriptError(f"{name}: the line '{needed} ...' is missing.")
    return Script(name, head["title"], head["seed"], head["clock"], tuple(lines))


def _numbered(name: str, text: str) -> Iterator[tuple[str, int, str]]:
    """Yield (file, line number, line) without comments, with the lines of what is included."""
    for number, line in enumerate(text.splitlines(), 1):
        bare = " ".join(line.partition("#")[0].split())
        if bare.startswith("include "):
            part = SCRIPTS.joinpath(f"{bare.removeprefix('include ')}.part")
            if not part.is_file():
                raise ScriptError(f"{name}:{number}: there is no {part.name}.")
            yield from _numbered(part.name, part.read_text("utf-8"))
        elif bare:
            yield name, number, bare


def _line(name: str, number: int, text: str) -> Line:
    try:
        parts = shlex.split(text)
    except ValueError as error:
        raise ScriptError(f"{name}:{number}: {error}.") from None
    if parts[0] in ROOM_VERBS:
        return _built((name, number), text, (), parts)
    who = [parts.pop(0)]
    while who[-1].endswith(",") and parts:
        who[-1] = who[-1].removesuffix(",")
        who.append(parts.pop(0))
    if not parts:
        raise ScriptError(f"{name}:{number}: what does {who[0]} do?")
    return _built((name, number), text, tuple(who), parts)


def _built(place: tuple[str, int], text: str, who: tuple[str, ...], parts: list[str]) -> Line:
    verb, *rest = parts
    params = dict(part.split("=", 1) for part in rest if "=" in part and not part.startswith("="))
    words = tuple(part for part in rest if "=" not in part or part.startswith("="))
    return Line(*place, text, who, verb, words, params)
