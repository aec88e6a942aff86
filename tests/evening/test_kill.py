"""`kill -9` at any moment loses nothing that Telegram handed over, and repeats no act."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, replace

import pytest

from bot.app import opened_store
from bot.practice.botapi.weather import Kind, Rule
from bot.practice.scripts import script as scripts
from flows.definition import load_shipped
from storage import audit

PEOPLE = ("H7", "K2", "M4", "P9", "R3", "T8")
ITEMS = tuple(item.id for item in load_shipped()["environment"].items)
ACTS = 120
"""Fewer than what people do on their phones in one evening, which no kill changes."""
LAST = 4
"""Lines of the script that come after the last kill."""
TWITCH = 0.02
"""Seconds: about what one tap takes, from the update to the new screen."""
WAKING = 1.5
"""Seconds: about what the bot takes to start."""
RECORDED = {
    "answer": "step-answered",
    "go-on": "question-taken-up",
    "join": "join-asked",
    "alone": "still-alone-answered",
    "lost": "line-lost",
    "left": "checked-out",
    "start": "checks-started",
    "open": "session-opened",
    "close": "session-closed",
    "claim": "person-claimed",
    "seen": "item-observed",
    "sign": "signed-off",
    "debrief": "debrief",
}
"""Under which name each button of the evening stands in the record."""
ONLY_SHOWS = ("board", "cards", "card", "ending", "why")
"""Buttons that decide nothing and stand in no record."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment to kill at: after so many acts of people, and then so many seconds."""

    acts: int
    delay: float


def moments(seed: int, kills: int) -> list[Moment]:
    """Return random moments over the evening; every fourth strikes while the bot wakes up."""
    rng = random.Random(seed)
    marks = sorted(rng.sample(range(ACTS), kills - kills // 4))
    found = [Moment(mark, rng.choice((0, rng.uniform(0, TWITCH)))) for mark in marks]
    for _ in range(kills // 4):
        where = rng.randrange(len(found))
        found.insert(where + 1, Moment(found[where].acts, rng.uniform(0, WAKING)))
    return found


async def strike(stage, at: list[Moment]) -> None:
    """Kill the bot at each of the moments, and start it again at once."""
    for moment in at:
        while stage.acts() < moment.acts:
            await stage.api.world.pulse.wait(1)
            stage.bot.must_live()
        await asyncio.sleep(moment.delay)
        await stage.bot.kill_and_start()


async def play_and_strike(stage, at: list[Moment]) -> None:
    """Play the evening with all its kills in it: its last lines wait for the last kill."""
    await stage.bot.start()
    most, last = stage.script.lines[:-LAST], stage.script.lines[-LAST:]
    async with asyncio.TaskGroup() as group:
        group.create_task(strike(stage, at))
        await stage.player.play(replace(stage.script, lines=most))
    await stage.player.play(replace(stage.script, lines=last))
    await stage.room.quiet()


# What must be true afterwards


async def chain_is_whole(stage) -> None:
    async with opened_store(stage.config) as store:
        assert await store.read(audit.verify) is None
    rows = stage.ask("SELECT count(*) AS n, max(seq) AS last FROM audit")
    assert rows[0]["n"] == rows[0]["last"]


def every_answer_is_applied_once(stage) -> None:
    found: dict[tuple[str, int], dict[str, str]] = {}
    label = {number: name for name, number in stage.person.items()}
    for row in stage.ask("SELECT * FROM answer"):
        found.setdefault((label[row["person"]], row["epoch"]), {})[row["item"]] = row["value"]
    expected = {(name, 1): dict.fromkeys(ITEMS, "yes") for name in PEOPLE}
    expected["T8", 1] = {"private-space": "yes", "alone": "yes", "headphones": "no"}
    expected["T8", 2] = dict.fromkeys(ITEMS, "yes")
    assert found == expected
    done = stage.ask(
        "SELECT person, count(*) AS n FROM audit"
        " WHERE kind = 'step-answered' AND outcome = 'done' GROUP BY person"
    )
    asked = 1 + len(ITEMS)
    assert {label[row["person"]]: row["n"] for row in done} == {
        name: asked + (name in ("K2", "T8")) for name in PEOPLE
    }


def every_tap_is_recorded_once(stage) -> None:
    """Each tap of a phone that decides something has one row; coming in and the link too."""
    names = {actor.phone.user_id: name for name, actor in stage.actors.items()}
    queries = [tap.query for tap in stage.api.world.taps.values()]
    tapped = [(names[query["from"]["id"]], query["data"].split(":")[0]) for query in queries]
    taps = Counter(
        (stage.person[name], RECORDED[verb]) for name, verb in tapped if verb not in ONLY_SHOWS
    )
    taps += Counter((person, "enrolled") for person in stage.person.values())
    taps[stage.person["Anna"], "link-pasted"] += 1
    rows = stage.ask("SELECT actor, kind FROM audit WHERE actor IS NOT NULL")
    assert Counter((row["actor"], row["kind"]) for row in rows) == taps


def every_act_is_done_once(stage) -> None:
    label = {number: name for name, number in stage.person.items()}
    signed = stage.ask("SELECT person, epoch, outcome FROM sign_off ORDER BY person")
    assert [(label[row["person"]], row["epoch"], row["outcome"]) for row in signed] == [
        (name, 2 if name == "T8" else 1, "admit") for name in PEOPLE
    ]
    assert [row["number"] for row in stage.ask("SELECT number FROM opening")] == [1]
    minted = stage.ask("SELECT person, number, ended_at FROM credential ORDER BY person, number")
    assert [(label[row["person"]], row["number"]) for row in minted] == [
        (name, number) for name in PEOPLE for number in ((1, 2) if name == "M4" else (1,))
    ]
    assert all(row["ended_at"] is not None for row in minted)


def nobody_got_in_unsigned(stage) -> None:
    """Each credential and each way in on a phone came after a signature and the opening."""
    unsigned = stage.ask(
        "SELECT 1 FROM credential k WHERE NOT EXISTS (SELECT 1 FROM sign_off f"
        " WHERE f.session = k.session AND f.person = k.person AND f.epoch = k.epoch"
        " AND f.outcome = 'admit' AND f.at <= k.minted_at)"
        " OR NOT EXISTS (SELECT 1 FROM opening o"
        " WHERE o.session = k.session AND o.at <= k.minted_at)"
    )
    assert not unsigned
    assert all(right for _, right in stage.ways_in), stage.ways_in
    assert {label for label, _ in stage.ways_in} == set(PEOPLE)


def nothing_is_left(stage) -> None:
    """No update waits or was poison, nothing is unsent, and the bot's log tells of no error."""
    assert stage.pending() == 0
    assert not stage.owes()
    assert not stage.ask("SELECT * FROM poison_update")
    assert not stage.ask("SELECT * FROM stranger_count")
    assert not [line for line in stage.bot.log().splitlines() if " WARNING " in line]
    assert not [line for line in stage.bot.log().splitlines() if " ERROR " in line]


async def the_evening_is_whole(stage) -> None:
    nothing_is_left(stage)
    every_answer_is_applied_once(stage)
    every_tap_is_recorded_once(stage)
    every_act_is_done_once(stage)
    nobody_got_in_unsigned(stage)
    await stage.bot.end()
    await chain_is_whole(stage)


async def an_evening_with_kills(stage, seed: int, kills: int) -> None:
    await play_and_strike(stage, moments(seed, kills))
    assert stage.bot.kills == kills
    print(f"seed {seed}: {stage.twice()} messages came twice")  # noqa: T201 -- shown by -rP
    await the_evening_is_whole(stage)


@pytest.mark.long
@pytest.mark.parametrize(("seed", "kills"), [(20, 20), (1, 60), (2, 60), (3, 60)])
async def test_many_kills(staged, seed, kills):
    """However many kills, and whenever they come, the evening completes in the same way."""
    await an_evening_with_kills(await staged(scripts.load("evening")), seed, kills)


CRUCIAL = (
    "K2 answers undisturbed yes",
    "T8 answers headphones no",
    "Anna taps desk/button/sign who=H7",
    "Anna pastes link",
    "Anna taps board/button/open",
    "M4 taps place/button/line-lost",
    "M4 taps place/button/still-alone",
    "Bernd taps board/button/close",
)
"""Acts that would do harm if they were done twice."""


async def act_and_kill_before_acknowledging(stage, line) -> None:
    """Let one act be committed, kill the bot while Telegram still holds it, and start it again."""
    await stage.room.quiet()
    before = stage.audited()
    stage.api.weather.foretell(Rule(Kind.TIMEOUT_BEFORE, "getUpdates", seconds=60))
    await stage.player.step(line)
    await stage.until(lambda: stage.audited() > before)
    await stage.bot.kill()
    stage.api.weather.clear()
    assert stage.pending() == 1
    assert stage.audited() == before + 1
    await stage.bot.start()
    await stage.room.quiet()
    assert stage.pending() == 0
    assert stage.audited() == before + 1


async def test_killed_between_commit_and_acknowledgement(staged):
    """What was committed and comes once more from Telegram is not done once more."""
    stage = await staged(scripts.load("evening"))
    await stage.bot.start()
    for line in stage.script.lines:
        if line.text in CRUCIAL:
            await act_and_kill_before_acknowledging(stage, line)
        else:
            await stage.player.step(line)
    assert stage.bot.kills == len(CRUCIAL)
    await stage.room.quiet()
    await the_evening_is_whole(stage)


EVERYBODY_IN = "include ready\ninclude sign\nclock 17:55\ninclude open\n"


async def test_killed_before_the_way_in_was_deleted(staged):
    """A stop takes every way in off the phones, though the bot dies before it can delete one."""
    stage = await staged(scripts.load("stop"))
    await stage.bot.start()
    await stage.play(EVERYBODY_IN)
    await stage.room.quiet()
    asked = stage.api.counts["deleteMessage"]
    stage.api.weather.foretell(Rule(Kind.TIMEOUT_BEFORE, "deleteMessage", times=None, seconds=60))
    await stage.play("Bernd taps board/button/stop")
    await stage.until(lambda: stage.api.counts["deleteMessage"] > asked)
    await stage.bot.kill()
    stage.api.weather.clear()
    await stage.bot.start()
    await stage.play("H7, K2, M4, P9, R3, T8 hear place/stopped\nexpect no way-in")


async def test_the_answer_to_an_edit_was_lost(staged):
    """A screen is drawn though it is to look as it did before an edit that the bot knows not of."""
    stage = await staged(scripts.load("evening"))
    await stage.bot.start()
    await stage.play(EVERYBODY_IN)
    await stage.room.quiet()
    stage.api.weather.foretell(Rule(Kind.DROP_AFTER, "editMessageText"))
    await stage.play("M4 taps place/button/line-lost\nM4 sees place/coming-back")
    await stage.play("M4 taps place/button/still-alone\nM4 enters")
