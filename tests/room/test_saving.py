"""An evening that was played or made by hand is saved as a script, and played again."""

import asyncio
from pathlib import Path

import aiohttp
import pytest

from bot.practice.scripts import script as scripts
from bot.practice.scripts import shelf
from tests.room.chromium import PATIENCE
from tests.room.conftest import open_room
from tests.room.test_room import Asking

SCRIPT = """\
title From elsewhere
seed room.seed.toml
clock 2026-11-24T17:40

Anna types /today
Anna taps board/button/start
H7 hears environment/undisturbed/text
"""


async def test_evening_is_saved_by_clicks_and_plays_again(sit_down, tmp_path):
    """What was done by clicks is saved under a title, begun from the list, and goes as written."""
    person = await sit_down()
    await person.start_checks()
    await person.answer("H7")
    await person.is_asked("H7", "private-space")
    await person.click("#tab-script")
    await save(person, "Anna is late")
    await person.reads("#saved", "Saved as anna-is-late.")
    text = await downloaded(person, tmp_path / "anna-is-late.script")
    lines = [line.text for line in scripts.parse("saved", text).lines if line.verb != "settle"]
    assert lines == ["Anna types /today", "Anna taps board/button/start",
                     "H7 answers undisturbed yes"]  # fmt: skip

    assert await chosen(person) == "anna-is-late"
    await begin(person)
    await plays(person)
    await person.is_asked("H7", "private-space")


async def test_script_file_is_opened_from_the_disk(sit_down, tmp_path):
    """A script file that somebody chooses is listed, begun where they say so, and plays."""
    file = tmp_path / "Elsewhere (2).script"
    file.write_text(SCRIPT)
    person = await sit_down()
    await person.click("#tab-script")

    await choose_file(person, file)
    await person.click("#sure-yes")

    await plays(person)
    await person.reads("#title", "From elsewhere")
    assert await chosen(person) == "elsewhere-2"


async def test_bad_script_file_changes_nothing(sit_down, tmp_path):
    """A file that is no script is refused with its place and reason, and the evening goes on."""
    file = tmp_path / "bad.script"
    file.write_text(f"{SCRIPT}Anna dances\n")
    person = await sit_down()
    await person.click("#tab-script")
    before = await chosen(person)

    await choose_file(person, file)

    await person.reads("#trouble", "bad.script:8: nobody knows how to do")
    assert not await person.page.run("document.querySelector('#sure').open")
    assert await chosen(person) == before


async def test_saved_script_outlives_start_over_and_a_restart(tmp_path):
    """With a folder to keep, what was saved is there after *Start over* and after a restart."""
    async with open_room(tmp_path) as address:
        person = Asking(address)
        await person.has("sessions")
        await person.has_heard(1001)
        await person.act(1001, "type", {"text": "/today"})
        kept = await person.post("save", {"title": "Kept"})
        assert kept["name"] == "kept"
        assert "Anna types /today" in kept["text"]
        assert (await person.post("save", {"title": "Kept"}))["name"] == "kept-2"
        await person.begins_anew({"script": "kept"})
        await person.post("play", {"act": "play"})
        await person.has_button(1001, "start:")
    async with open_room(tmp_path) as address:
        person = Asking(address)
        await person.has("sessions")
        await person.has_heard(1001)
        found = await person.post("save", {"title": "evening"})

    assert found["name"] == "evening-2"
    assert {one["name"] for one in found["scripts"] if one["saved"]} == {
        "kept", "kept-2", "evening-2",
    }  # fmt: skip
    assert "Anna types /today" in found["text"]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("../../etc/passwd", "etc-passwd"),
        ("Größe & co.", "gr-e-co"),
        ("...", "evening-1"),
        ("silence", "silence-2"),
        ("a" * 80, "a" * 40),
        ('A "quoted" #1', "a-quoted-1"),
    ],
)
async def test_name_is_made_from_the_title(title, name, tmp_path):
    """A name has letters, digits and dashes only, is nobody else's, and stays in the folder."""
    here = shelf.Shelf(tmp_path / "scripts")

    assert here.put(title, SCRIPT) == name
    assert [file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*.*")] == [
        f"scripts/{name}.script"
    ]
    assert here.load(name).title == "From elsewhere"


async def test_only_names_on_the_shelf_are_loaded(tmp_path):
    """A name that leads out of the folder is no script, whatever stands there."""
    (tmp_path / "outside.script").write_text(SCRIPT)
    here = shelf.Shelf(tmp_path / "scripts")
    here.put("inside", SCRIPT)

    with pytest.raises(scripts.ScriptError, match="There is no script"):
        here.load("../outside")


async def test_script_that_somebody_spoilt_is_not_listed(tmp_path):
    """A file that can't be read any more is left out of the list, and the others stay."""
    here = shelf.Shelf(tmp_path)
    here.put("good", SCRIPT)
    (tmp_path / "spoilt.script").write_bytes(b"\xff")

    assert here.titles() == {"good": "From elsewhere"}


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("save", {"title": " "}, "1 to 80 characters"),
        ("save", {"title": "x" * 81}, "1 to 80 characters"),
        ("open", {"name": "long.script", "text": "#" * 200_001}, "more than 200000 characters"),
        ("open", {"name": "x.script", "text": f"{SCRIPT}clock soon\n"}, "x.script:8: the clock"),
        ("over", {"script": "../../x"}, "There is no script"),
    ],
)
async def test_refusals_say_why(path, body, reason, address):
    """What can't be saved, opened or begun is refused with the reason."""
    origin, _, secret = address.partition("/?secret=")
    headers = {"X-Practice-Secret": secret}
    async with (
        aiohttp.ClientSession(origin, headers=headers) as session,
        session.post(f"/practice/room/{path}", json=body) as answer,
    ):
        assert answer.status == 400
        assert reason in (await answer.json())["error"]


@pytest.mark.parametrize("path", ["save", "open"])
async def test_nothing_is_saved_or_opened_without_the_secret(path, address):
    """Whoever lacks the secret puts nothing on the shelf."""
    origin = address.partition("/?")[0]
    async with (
        aiohttp.ClientSession(origin) as session,
        session.post(f"/practice/room/{path}", json={"title": "x", "name": "x"}) as answer,
    ):
        assert answer.status == 403


async def save(person, title):
    await person.page.run("document.querySelector('#save-title').focus()")
    await person.page.write(title)
    await person.click("#save button")


async def downloaded(person, file: Path, link="#saved a"):
    """Download what was saved, as a click on its link does, and return what is in it."""
    where = {"behavior": "allow", "downloadPath": str(file.parent)}
    await person.page.send("Page.setDownloadBehavior", **where)
    await person.click(link)
    async with asyncio.timeout(PATIENCE):
        while not await asyncio.to_thread(file.exists):
            await person.page.run("new Promise((then) => setTimeout(then, 20))")
    return await asyncio.to_thread(file.read_text)


async def choose_file(person, file: Path, box="#open-file"):
    page = person.page
    root = (await page.send("DOM.getDocument"))["root"]["nodeId"]
    found = await page.send("DOM.querySelector", nodeId=root, selector=box)
    await page.send("DOM.setFileInputFiles", files=[str(file)], nodeId=found["nodeId"])


async def chosen(person):
    return await person.page.run("document.querySelector('#script').value")


async def begin(person):
    await person.click("#choose button")
    await person.click("#sure-yes")


async def plays(person):
    await person.page.see("!document.querySelector('#player').hidden", "a script that waits")
    await person.page.run("""{
      const speed = document.querySelector('#speed');
      speed.value = 'fast';
      speed.dispatchEvent(new Event('change'));
    }""")
    await person.click("#play")
    await person.reads("#play-state", "Every step went as written.")
