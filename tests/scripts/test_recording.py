"""What people do is recorded as a script, and the script does it again."""

import pytest

from bot.practice.room.beginning import begin
from bot.practice.scripts import script as scripts
from tests.scripts.conftest import read

FIRST = ["private-space", "alone", "headphones", "own-device"]
REST = ["stable-internet", "camera", "sober", "no-multitasking", "no-recording", "open-chat"]
SEEN = ("private-space", "headphones", "own-device", "stable-internet")
HEAD = "title x\nseed room.seed.toml\nclock 2026-11-24T17:30\n"
H7, K2, LATE = 3, 4, 5
"""The numbers that people have in the bot's store."""


async def come_in(here):
    """Add somebody whose label is made up, and a stranger who tries the same link."""
    late = (await here.post("people", role="participant", locale="de", label=""))["label"]
    await here.post("people", role="stranger", locale="en", label="")
    link = here.room.recording.invitations[late]
    await here.phone(late).open_link(link)
    await here.phone("Stranger 1").open_link(link)
    await here.quiet()
    return late


async def answer_all(here, late):
    """Answer with help, with a no, after a reminder, and while the bot is dead."""
    yes = [f"{item}:yes" for item in FIRST + REST]
    await here.phone("Anna").type("/today")
    await here.tap("Anna", "start:")
    await here.answer("H7", "undisturbed:yes", "private-space:help", "private-space/help:yes")
    await here.answer("H7", "alone:yes", "headphones:no", "headphones/no:yes", *yes[3:])
    await here.answer("K2", "undisturbed:yes", *yes)
    await here.quiet()
    await here.post("clock", timer=True)
    await here.tap(late, "go-on:")
    await here.answer(late, "undisturbed:later", "later:now", *yes[:4])
    await here.quiet()
    await here.post("bot", on=False)
    await here.answer(late, yes[4])
    await here.post("bot", on=True)
    await here.answer(late, *yes[5:])
    await here.quiet()


async def sign_all(here):
    """Look at everybody in bad weather, take an observation back, turn one away."""
    await here.post("weather", slow=True)
    await here.tap("Anna", f"claim:1:{H7}")
    await here.post("weather", slow=False)
    await here.quiet()
    await here.tap("Anna", *(f"seen:1:{H7}:2:{item}:1" for item in SEEN[1:3]))
    await here.phone("H7").type('Is "anybody" there? #1 a=b')
    await here.phone("H7").send("photo")
    await here.tap("Anna", *(f"seen:1:{H7}:2:headphones:{seen}" for seen in (0, 1)))
    await here.tap("Anna", *(f"seen:1:{H7}:2:{item}:1" for item in (SEEN[0], SEEN[3])))
    await here.tap("Anna", f"sign:1:{H7}")
    await here.quiet()
    await here.tap("Bernd", f"claim:1:{LATE}", f"where:1:{LATE}", f"sign:1:{LATE}:1:one_to_one")
    await here.quiet()
    await here.tap("Anna", *(f"seen:1:{K2}:1:{item}:1" for item in SEEN), f"sign:1:{K2}")
    await here.quiet()


async def open_and_close(here):
    """Paste a link twice, block the bot, lose the line, come in, forge, stop, and end."""
    for _ in range(2):
        await here.phone("Anna").type(f"{here.room.api.address}/room/practice-x1")
    await here.phone("Bernd").block()
    await here.quiet()
    await here.post("clock", minutes=20)
    await here.quiet()
    await here.phone("Bernd").unblock()
    await here.phone("K2").lose_line()
    await here.tap("Anna", "open:")
    await here.quiet()
    await here.phone("K2").find_line()
    await here.tap("H7", "join:", "http")
    await here.tap("K2", "join:", "http")
    await here.quiet()
    await here.phone("K2").forge(1, "stop:1")
    await here.quiet()
    await here.post("clock", to="18:10")
    await here.post("away", phone=1005, away=True)
    await here.tap("H7", "halt:1:someone")
    await here.quiet()
    await here.tap("Anna", "ending:", "close:")
    await here.quiet()
    await here.tap("K2", "left:")
    await here.quiet()


async def test_evening_by_hand_plays_again_to_the_same_end(evening):
    """A saved evening goes as written in a fresh room, to the same record and the same screens."""
    async with evening(begin(None), "first") as here:
        late = await come_in(here)
        await answer_all(here, late)
        await sign_all(here)
        await open_and_close(here)
        known, phones = await here.known(), await here.phones()
        text = here.room.recording.script("By hand")

    async with evening(read(text), "again") as there:
        await there.play(there.room.start.script.lines)

        assert await there.known() == known, text
        assert await there.phones() == phones, text
        assert known[0][0]["state"] == "closed"


@pytest.mark.long
async def test_script_played_as_if_by_hand_is_saved_and_plays_again(evening):
    """Every act of the shipped evening is recorded one by one, and plays to the same end."""
    script = begin("evening").script
    async with evening(begin("evening"), "first") as here:
        await here.play(script.lines)
        known, phones = await here.known(), await here.phones()
        text = here.room.recording.script(script.title)

    async with evening(read(text), "again") as there:
        await there.play(there.room.start.script.lines)

        assert await there.known() == known, text
        assert await there.phones() == phones, text


async def test_script_that_played_itself_is_saved_as_it_was_written(evening):
    """A played script's lines stand as written, its parts taken in, and by hand comes after."""
    start = begin("headphones-missing")
    async with evening(start) as here:
        await here.play_itself()
        await here.phone("T8").type("/now")
        text = here.room.recording.script("And then")

    lines = [line.text for line in scripts.parse("saved", text).lines]
    assert lines == [*(line.text for line in start.script.lines), "T8 types /now"]


async def test_recording_goes_on_after_a_pause(evening):
    """A room that was closed and goes on knows what was done before, and saves the whole."""
    async with evening(begin(None), "kept") as here:
        await here.phone("Anna").type("/today")
        await here.tap("Anna", "start:")
        await here.answer("H7", "undisturbed:yes")
        await here.quiet()

    async with evening(begin(None), "kept") as here:
        await here.answer("H7", "private-space:yes")
        known = await here.known()
        text = here.room.recording.script("After a pause")

    async with evening(read(text), "again") as there:
        await there.play(there.room.start.script.lines)

        assert await there.known() == known, text
        assert all(f"{name} types /now" in text for name in ("Anna", "Bernd", "H7", "K2"))


async def test_limits_stay_with_an_evening(evening):
    """A room that was closed and goes on keeps the limits of its script, and saves them."""
    text = f"{HEAD}limits cap=3\nAnna types /today\n"
    async with evening(read(text), "kept") as here:
        assert here.room.recording.limits == {"cap": "3"}
    async with evening(begin(None), "kept") as here:
        assert here.room.recording.limits == {"cap": "3"}
        saved = here.room.recording.script("x")
    assert scripts.parse("saved", saved).limits == {"cap": "3"}


async def test_line_that_goes_otherwise_leaves_what_it_did(evening):
    """Of a line that fails in its midst stands what was done, not the line."""
    start = read(f"{HEAD}Anna, Bernd type /today\nAnna, H7 tap board/button/start\n")
    async with evening(start) as here:
        play = here.room.play
        play.control("play")
        here.patience = 1
        async with here.scripts_hand() as control:
            await play.run(here.player(control))
        text = here.room.recording.script("x")

    assert play.state == "differs"
    assert [line.text for line in scripts.parse("saved", text).lines] == [
        "Anna, Bernd type /today",
        "settle",
        "Anna taps board/button/start",
    ]


async def test_what_no_script_can_say_is_a_comment(evening):
    """An act that has no verb is named in a comment, and the script can still be played."""
    async with evening(begin(None)) as here:
        phone = here.phone("H7")
        first = await phone.type("One")
        await phone.type("Two")
        await phone.edit(first, "Three")
        text = here.room.recording.script("x")

    assert text.splitlines()[4:] == [
        "H7 types One",
        "H7 types Two",
        "# H7: edit stands in no script",
    ]
    assert read(text).title == "x"


async def test_answers_entered_by_hand_are_saved_as_such(evening):
    """What a facilitator enters on the desk is written as an answer for somebody, and plays so."""
    answers = ["undisturbed:yes", "private-space:no", "private-space/no:yes", "alone:yes"]
    async with evening(begin(None), "first") as here:
        await here.phone("Anna").type("/today")
        await here.tap("Anna", "start:", f"claim:1:{H7}", f"enter:1:{H7}:1")
        await here.tell("Anna", *answers)
        await here.quiet()
        known = await here.known()
        text = here.room.recording.script("By phone")

    assert "Anna answers private-space/no yes for=H7" in text.splitlines()
    async with evening(read(text), "again") as there:
        await there.play(there.room.start.script.lines)
        assert await there.known() == known, text
