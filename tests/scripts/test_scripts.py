"""Every shipped script plays as written, over HTTP, with the real bot."""

import pytest

from bot.language import catalogues
from bot.practice import demo
from bot.practice.room.beginning import begin, begin_with
from bot.practice.room.table import TableError
from bot.practice.scripts import script
from storage import approvals

QUICK = ("evening", "evening-unsigned", "assisted")
"""Scripts of which an evening each is played with every run of the tests; the others are long."""
HEAD = "title x\nseed evening.seed.toml\nclock 2026-11-24T17:30\n"


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in QUICK else pytest.mark.long)
        for name in script.names()
    ],
)
async def test_script_goes_as_written(name):
    """The evening that the script tells is the evening that happens."""
    said: list[str] = []

    assert await demo.play(begin(name), said.append), "\n".join(said)


async def test_room_approves_the_languages_of_an_evening(evening):
    """Where people are there from the start, the room has approved every language, in no name."""
    async with evening(begin("evening")) as here:
        store = await here.room.store()
        found = await store.read(
            lambda tx: [approvals.of(tx, locale) for locale in catalogues.languages()]
        )
    assert {one.by for one in found} == {None}


async def test_first_day_begins_without_a_language(evening):
    """On the first day the room approves nothing, and nobody can be invited before somebody has."""
    async with evening(begin("first-day")) as here:
        store = await here.room.store()
        assert await store.read(approvals.all_of) == ()
        with pytest.raises(TableError, match="No language"):
            await here.room.add("participant", "en")


async def test_unsigned_evening_lists_what_it_tried():
    """Without signatures at least twenty ways to join are tried, and every one is refused."""
    lines = script.load("evening-unsigned").lines
    tried = [line for line in lines if line.verb in ("try", "tries")]

    assert sum(len(line.who) for line in tried) >= 20


async def test_step_that_differs_fails_the_play(monkeypatch):
    """A script whose step differs from what happens ends with a failure that says where."""
    told = begin_with(script.parse("wrong", f"{HEAD}Anna sees place/open\n"))
    monkeypatch.setattr(demo, "PATIENCE", 1.0)
    said: list[str] = []

    assert not await demo.play(told, said.append)
    assert "wrong:4: Anna sees place/open" in "\n".join(said)


SMALL = "title x\nseed room.seed.toml\nclock 2026-11-24T17:30\n"
ROOM_VERBS = """\
add N9 participant de
N9 opens invitation
N9 sees start/participant
add Nobody stranger en
Nobody opens invitation of=N9
put-away K2
take-out K2
H7 blocks
H7 unblocks
H7 sends photo
H7 forwards "What = this? #1"
H7 types "A text \\"in\\" two\\nlines"
H7 edits "Another one"
weather slow on
weather slow off
Anna types /today
Anna sees board/planned
bot killed
Anna taps board/button/start
bot started
H7, N9 hear environment/undisturbed/text
weather down on
H7 answers undisturbed yes
weather down off
H7 sees environment/private-space/ask
H7 loses-line
settle
H7 finds-line
H7 taps-again
H7 forges stop:1
settle
H7 gets refusal/not-facilitator
N9 answers all yes
Anna claims N9
Anna observes N9 headphones
Anna observes N9 not headphones
Anna observes N9
Anna taps desk/button/sign who=N9
N9 sees place/admitted
clock next
clock +1s
clock +1m
clock +1h
clock 2026-11-24T23:00
clock +1d
"""


async def test_everything_that_the_room_can_do_stands_in_a_script():
    """People are added and put away, lines lost, bots killed and weather made by a script too."""
    start = begin_with(script.parse("room", SMALL + ROOM_VERBS))
    said: list[str] = []

    assert await demo.play(start, said.append), "\n".join(said)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("expect erased H7", "somebody is called H7, the chat 1003 is somebody's"),
        ("Anna sees no button board/button/start", "Anna sees the button board/button/start"),
    ],
)
async def test_what_is_still_there_is_told(line, reason):
    """Somebody who is not erased, or a button that is there, fails the play with what was found."""
    before = "Anna types /today\nAnna sees board/planned\nexpect record whole\n"
    start = begin_with(script.parse("wrong", f"{SMALL}{before}{line}\n"))
    said: list[str] = []

    assert not await demo.play(start, said.append)
    assert reason in "\n".join(said)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("seed a\nclock b\n", "title"),
        ("title a\nclock b\n", "seed"),
        ("title a\nseed b\n", "clock"),
        ("title a\nseed b\nclock c\nAnna\n", "wrong:4: what does Anna do"),
        ("title a\nseed b\nclock c\ninclude nothing\n", "wrong:4: there is no nothing.part"),
        ("title a\nseed b\nclock c\ninclude ../scripts/open\n", "wrong:4: there is no"),
        ('title a\nseed b\nclock c\nAnna sees "x\n', "wrong:4: a quotation mark"),
    ],
)
def test_script_that_cannot_be_read_is_refused(text, reason):
    """A script with a mistake is refused with the place and the reason."""
    with pytest.raises(script.ScriptError, match=reason):
        script.parse("wrong", text)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Anna dances", "nobody knows how to do 'dances'"),
        ("Nobody types x", "nobody is called Nobody"),
        ("put-away Nobody", "nobody is called Nobody"),
        ("Anna sees no/such/text", "there is no such text"),
        ("Anna taps", "there is no such text"),
        ("Anna taps no/such/text…", "there is no such text"),
        ("Anna sees environment/yes…", "there is no such text"),
        ("H7 answers headphones perhaps", "no such step"),
        ("H7 answers all no", "no such step"),
        ("H7 opens door", "invitation"),
        ("Anna pastes photo", "a link"),
        ("Anna types", "nothing to type"),
        ("clock 25:00", "needs a time"),
        ("clock soon", "needs a time"),
        ("clock", "needs a time"),
        ("add N9 participant", "a label, a role and a language"),
        ("weather stormy on", "weather is one of"),
        ("bot asleep", "killed or started"),
    ],
)
def test_line_that_cannot_be_played_is_refused_before_anything_is(line, reason):
    """A line that nobody could play is found before the evening begins, with its place."""
    with pytest.raises(script.ScriptError, match=f"wrong:4: .*{reason}"):
        begin_with(script.parse("wrong", f"{HEAD}{line}\n"))


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ("limits readers=3", "limits can't be so: Expected `int` <= 2"),
        ("limits speed=2", "limits can't be so: .*unknown field `speed`"),
        ("limits", "a limit is written like readers=2"),
        ("limits two readers=2", "a limit is written like readers=2"),
    ],
)
def test_limit_that_cannot_be_is_refused(limits, reason):
    """A script sets limits as a configuration can, and nothing else."""
    with pytest.raises(script.ScriptError, match=reason):
        begin_with(script.parse("wrong", f"{HEAD}{limits}\n"))


async def test_limits_of_a_script_are_the_evening_s():
    """What a script sets holds in its evening: here a second coordinator has to read."""
    text = """\
title x
seed texts.seed.toml
clock 2026-11-24T17:30
limits readers=2
Clara types /flows
Clara taps office/flows/name/environment
Clara taps =Deutsch
Clara taps office/flows/button/texts
Clara taps environment/undisturbed/text…
Clara types "Können Sie jetzt in Ruhe antworten?"
Clara taps office/button/back
Clara taps office/flows/button/changes
Clara sees office/flows/second
"""
    said: list[str] = []

    assert await demo.play(begin_with(script.parse("two", text)), said.append), "\n".join(said)


@pytest.mark.parametrize(
    ("seed", "clock", "reason"),
    [
        ("../secret.seed.toml", "2026-11-24T17:30", "there is no seed"),
        ("evening.seed.toml", "half past five", "no day and time"),
    ],
)
def test_beginning_that_cannot_be_is_refused(seed, clock, reason):
    """A script plays on a shipped seed, at a time that is one."""
    with pytest.raises(script.ScriptError, match=reason):
        begin_with(script.parse("wrong", f"title x\nseed {seed}\nclock {clock}\n"))
