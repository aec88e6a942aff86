"""Looks through a script before anything of it is played, so that a bad one changes nothing."""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime

from bot.language import catalogues
from bot.language.shipped import shipped_revision
from bot.practice.scripts.answering import CHECK
from bot.practice.scripts.handing import straight_on
from bot.practice.scripts.player import Player, full_verb
from bot.practice.scripts.script import Line, Script, ScriptError
from bot.practice.scripts.times import moved
from bot.practice.scripts.wording import label, pattern
from flows.definition import load_shipped

WEATHER = ("slow", "down", "limited")


def check(script: Script, people: Collection[str]) -> None:
    """Raise `ScriptError` with the first line that can't be played.

    `people` are the labels of those whom the seed invites.
    """
    known = set(people)
    for line in script.lines:
        if problem := _problem(line, known):
            raise ScriptError(f"{line.file}:{line.number}: {problem}.")
        if line.verb == "add":
            known.add(line.words[0])


def _problem(line: Line, known: Collection[str]) -> str:
    named = (*line.who, *(line.words if line.verb in ("put-away", "take-out") else ()))
    for name in named:
        if name not in known:
            return f"nobody is called {name}"
    verb = full_verb(line.verb) if line.who else line.verb
    if line.who and verb not in Player.ACTS:
        return f"nobody knows how to do '{line.verb}'"
    fits, needed = _NEEDED.get(verb, (_anything, ""))
    return "" if fits(line) else needed


def _anything(_: Line) -> bool:
    return True


def _is_time(line: Line) -> bool:
    try:
        return line.words == ("next",) or bool(moved(datetime.now(UTC), " ".join(line.words)))
    except ValueError:
        return False


def _is_weather(line: Line) -> bool:
    return len(line.words) == 2 and line.words[0] in WEATHER and line.words[1] in ("on", "off")


def _has_text(line: Line) -> bool:
    if not line.words or line.words == ("no-way-in",):
        return bool(line.words)
    button = full_verb(line.verb) == "taps" or "button" in line.words[:-1]
    try:
        return bool((label if button else pattern)(line.words[-1], catalogues.SOURCE_LANGUAGE))
    except KeyError:
        return False


def _is_step(line: Line) -> bool:
    named = line.params.get("flow", CHECK)
    if named not in load_shipped() or len(line.words) != 2:
        return False
    flow = shipped_revision(named, catalogues.SOURCE_LANGUAGE).flow
    step, option = line.words
    if step == "all":
        return len([*straight_on(flow, option)]) > 1
    return flow.option(step, option) is not None


_KEY = (_has_text, "there is no such text; a text is named by its key")
_NEEDED: Mapping[str, tuple[Callable[[Line], bool], str]] = {
    "clock": (_is_time, "the clock needs a time, such as 17:45, +20m, +1d or next"),
    "add": (lambda line: len(line.words) == 3, "add needs a label, a role and a language"),
    "weather": (_is_weather, f"weather is one of {', '.join(WEATHER)}, on or off"),
    "bot": (lambda line: line.words in (("killed",), ("started",)), "a bot is killed or started"),
    "answers": (_is_step, "the questions have no such step, or it has no such option"),
    "opens": (lambda line: line.words == ("invitation",), "what is opened is an invitation"),
    "pastes": (lambda line: line.words[:1] in (("link",), ("old-link",)), "a link is pasted"),
    "types": (lambda line: bool(" ".join(line.words).strip()), "there is nothing to type"),
    "taps": _KEY,
    "sees": _KEY,
    "hears": _KEY,
    "gets": _KEY,
}
"""What a line with this verb must be like, and what to say where it is not."""
