"""A script: a small text that says who does and sees what in an evening, line by line.

    title  One whole evening
    seed   evening.seed.toml
    clock  2026-11-24T17:30

    Anna types /today
    Anna taps board/button/start
    H7, K2 answer all yes
    clock 17:50

A fourth line of the head, such as `limits readers=2`, sets limits of the configuration.

Names are the labels of the seed; texts and buttons are named by their keys, so a script plays in
every language. `include NAME` takes in the lines of `NAME.part`; `#` begins a comment. In double
quotes anything may stand, after a backslash a quotation mark too.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

SCRIPTS = files("bot.practice.scripts")
_NAME = re.compile(r"[a-z0-9-]+")
_WORD = re.compile(r"""(?:[^\s"#]|"(?:[^"\\]|\\.)*")+""")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_PARAM = re.compile(r"[a-z_]+=")
_PLAIN = re.compile(r"""[^\s"#=,]+""")
_ESCAPES = {"n": "\n", "r": "\r"}


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
    limits: Mapping[str, str] = field(default_factory=dict)
    """What its evening sets otherwise than the configuration's own `limits`."""


ROOM_VERBS = (
    "clock",
    "settle",
    "count",
    "expect",
    "say",
    "room",
    "add",
    "put-away",
    "take-out",
    "weather",
    "bot",
)
"""What happens in the room and is nobody's act."""
_NO_NAMES = (*ROOM_VERBS, "title", "seed", "limits", "include")
"""What a line begins with that is nobody's; somebody of that name stands in quotation marks."""


def names() -> tuple[str, ...]:
    """Return the names of the shipped scripts."""
    found = (file.name for file in SCRIPTS.iterdir() if file.name.endswith(".script"))
    return tuple(sorted(name.removesuffix(".script") for name in found))


def load(name: str) -> Script:
    """Return a shipped script by its name."""
    if name not in names():
        raise ScriptError(f"There is no script {name}. There are: {', '.join(names())}.")
    return _load_once(name)


@cache
def _load_once(name: str) -> Script:
    """Read a script of the package, which does not change while the program runs."""
    return parse(name, SCRIPTS.joinpath(f"{name}.script").read_text("utf-8"))


def seeds() -> tuple[str, ...]:
    """Return the names of the seeds that scripts can play on."""
    return tuple(sorted(file.name for file in SCRIPTS.iterdir() if file.name.endswith("seed.toml")))


def seed_file(script: Script) -> Traversable:
    """Return the seed that a script plays on, one of `seeds`."""
    return SCRIPTS.joinpath(script.seed)


def parse(name: str, text: str) -> Script:
    """Read a script; raise `ScriptError` with the line that is wrong."""
    head: dict[str, str] = {}
    limits: dict[str, str] = {}
    lines: list[Line] = []
    for place, number, words in _numbered(name, text):
        first = words[0]
        if first == "limits":
            limits |= _limits((place, number), words)
            continue
        if first in ("title", "seed") or (first == "clock" and "clock" not in head):
            head[first] = " ".join(_bare(word) for word in words[1:])
            continue
        lines.append(_line(place, number, words))
    for needed in ("title", "seed", "clock"):
        if needed not in head:
            raise ScriptError(f"{name}: the line '{needed} ...' is missing.")
    return Script(name, head["title"], head["seed"], head["clock"], tuple(lines), limits)


def quoted(words: str) -> str:
    """Write words so that `parse` reads the same ones, as one."""
    if _PLAIN.fullmatch(words) and words not in _NO_NAMES:
        return words
    return f'"{_escaped(words)}"'


def _escaped(words: str) -> str:
    found = words.replace("\\", "\\\\").replace('"', '\\"')
    return found.replace("\n", "\\n").replace("\r", "\\r")


def _bare(word: str) -> str:
    """Return what a word says, without its quotation marks."""
    return _QUOTED.sub(lambda found: _plain(found[1]), word)


def _plain(inside: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), inside)


def _numbered(name: str, text: str) -> Iterator[tuple[str, int, list[str]]]:
    """Yield (file, line number, words) without comments, with the lines of what is included."""
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        words = list(_words((name, number), line))
        if len(words) == 2 and words[0] == "include":
            yield from _included((name, number), words[1])
        elif words:
            yield name, number, words


def _included(place: tuple[str, int], name: str) -> Iterator[tuple[str, int, list[str]]]:
    part = SCRIPTS.joinpath(f"{name}.part")
    if not _NAME.fullmatch(name) or not part.is_file():
        raise ScriptError(f"{place[0]}:{place[1]}: there is no {name}.part.")
    yield from _numbered(part.name, part.read_text("utf-8"))


def _words(place: tuple[str, int], line: str) -> Iterator[str]:
    """Yield the words of a line as they are written, up to a comment."""
    rest = line.strip()
    while rest and not rest.startswith("#"):
        found = _WORD.match(rest)
        if found is None:
            raise ScriptError(f"{place[0]}:{place[1]}: a quotation mark has no partner.")
        yield found[0]
        rest = rest[found.end() :].lstrip()


def _limits(place: tuple[str, int], words: list[str]) -> Mapping[str, str]:
    built = _built(place, "", (), words)
    if built.words or not built.params:
        raise ScriptError(f"{place[0]}:{place[1]}: a limit is written like readers=2.")
    return built.params


def _line(name: str, number: int, words: list[str]) -> Line:
    text, rest = " ".join(words), list(words)
    if rest[0] in ROOM_VERBS:
        return _built((name, number), text, (), rest)
    who = [rest.pop(0)]
    while who[-1].endswith(",") and rest:
        who[-1] = who[-1].removesuffix(",")
        who.append(rest.pop(0))
    people = tuple(_bare(one) for one in who)
    if not rest:
        raise ScriptError(f"{name}:{number}: what does {people[0]} do?")
    return _built((name, number), text, people, rest)


def _built(place: tuple[str, int], text: str, who: tuple[str, ...], parts: list[str]) -> Line:
    verb, *rest = parts
    named = (part.split("=", 1) for part in rest if _PARAM.match(part))
    params = {name: _bare(value) for name, value in named}
    words = tuple(_bare(part) for part in rest if not _PARAM.match(part))
    return Line(*place, text, who, _bare(verb), words, params)
