"""Texts by file in the chat: taken out, brought back as a draft, refused whole, never published."""

from io import BytesIO

import pytest
from openpyxl import load_workbook

from bot.exchange import by_file, fetching, sheet
from bot.exchange.by_file import FORMATS
from bot.office import flow_exchange, flow_place, flows, notice
from bot.office.flow_place import Place
from bot.practice.botapi.methods import LARGEST_FILE
from bot.practice.botapi.weather import Kind, Rule
from bot.practice.installation import practice_config
from storage import drafts, outbox
from storage.outbox import Kind as OutboxKind
from tests.bot.conftest import running
from tests.bot.office.conftest import Desk, enrol_coordinator
from tests.bot.office.grouping import forge, page_of, press
from tests.bot.office.test_flows import (
    ALONE,
    CHECK,
    NEW,
    change,
    conny,
    latest,
    open_language,
    publish,
    two_readers,
    words_of,
)
from tests.bot.test_by_file import EDIT, sheet_for
from tests.honest import NOON
from tests.installation import copy_new, write_master_key

__all__ = ["conny", "two_readers"]
OTHER = "environment/yes"


async def open_file(desk, place=CHECK):
    await open_language(desk, place)
    await desk.tap("office/flows/button/file")


async def take_out(desk, end, place=CHECK):
    """Take the texts out by taps; return the document."""
    await open_file(desk, place)
    await press(desk, f"do:flow-file-out:{place.number}:{end}")
    return document(desk)


def document(desk):
    message = [m for m in desk.guest.messages() if m["kind"] == "document"][-1]
    return desk.guest.phone.file(message["message_id"]).content


async def send(desk, data, name="Texte endgültig (2).PO"):
    number = desk.guest.phone.send_document(name, data)
    await desk.house.quiet()
    return number


async def drafted(house, place=CHECK):
    found = await house.store.read(lambda tx: drafts.changes(tx, place.flow, place.locale))
    return {key: one.words for key, one in found.items()}


async def outcomes(house, kind="flow-file"):
    return [(outcome, detail) for each, outcome, _, detail in await house.audited() if each == kind]


@pytest.mark.parametrize("end", ["po", "xlsx"])
async def test_there_and_back(clara, end):
    """What was taken out, changed and sent back is a draft, and nothing is published."""
    before = await words_of(clara.house)
    data = await take_out(clara, end)
    number = await send(clara, EDIT[end](data, ALONE, {"target": NEW}), f"x.{end}")
    assert page_of(clara).startswith(clara.key("office/flows/file-kept", n=1))
    assert await drafted(clara.house) == {ALONE: NEW}
    assert await words_of(clara.house) == before
    assert await clara.house.count("publication", '"by" IS NOT NULL') == 0
    assert await outcomes(clara.house) == [("done", "environment/de/1")]
    assert number not in {m["message_id"] for m in clara.guest.phone.view()["messages"]}


@pytest.mark.parametrize("end", ["po", "xlsx"])
async def test_unchanged(clara, end):
    """A file that comes back as it went changes nothing, and says so."""
    data = await take_out(clara, end)
    await send(clara, data, f"x.{end}")
    assert page_of(clara).startswith(clara.key("office/flows/file-same"))
    assert await drafted(clara.house) == {}


async def test_the_document(clara):
    """The document is called after flow and language, can be saved, and says how to bring it back.

    It holds the words of the draft.
    """
    await change(clara)
    data = await take_out(clara, "xlsx")
    shown = [m for m in clara.guest.messages() if m["kind"] == "document"][-1]
    assert (shown["file_name"], shown["text"]) == (
        "environment.de.xlsx",
        clara.key("office/flows/file-sent"),
    )
    assert not shown["protected"]
    assert NEW in {row[2].value for row in load_workbook(BytesIO(data)).active.iter_rows()}


async def test_a_colleagues_words_are_not_overwritten(clara, conny):
    """What a colleague has changed since is not overwritten; other texts are then not taken either.

    Where the file left it as it was, it stays and the rest is taken.
    """
    data = await take_out(clara, "po")
    await change(conny, "Hört niemand mit?")
    both = EDIT["po"](EDIT["po"](data, ALONE, {"target": NEW}), OTHER, {"target": "Ja, gern"})
    await send(clara, both)
    assert "F705" in page_of(clara)
    assert await drafted(clara.house) == {ALONE: "Hört niemand mit?"}
    await send(clara, EDIT["po"](data, OTHER, {"target": "Ja, gern"}))
    assert await drafted(clara.house) == {ALONE: "Hört niemand mit?", OTHER: "Ja, gern"}


async def test_back_to_what_is_published(clara):
    """Words that are put back to what is published are no change any more."""
    before = await words_of(clara.house)
    await change(clara)
    data = await take_out(clara, "po")
    await send(clara, EDIT["po"](data, ALONE, {"target": before}))
    assert await drafted(clara.house) == {}


async def test_the_english_by_file(clara):
    """English is changed in the same way: its words are the target."""
    place = Place("environment", "en")
    data = await take_out(clara, "po", place)
    await send(clara, EDIT["po"](data, ALONE, {"target": "Is nobody else there?"}))
    assert await drafted(clara.house, place) == {ALONE: "Is nobody else there?"}


async def test_the_english_has_changed(clara):
    """Once other English is published, a file with the old one is refused; a new one is taken."""
    english = Place("environment", "en")
    data = await take_out(clara, "po")
    await change(clara, "Is nobody else there?", place=english)
    await open_file(clara)
    await send(clara, EDIT["po"](data, OTHER, {"target": "Ja, gern"}))
    assert await drafted(clara.house) == {OTHER: "Ja, gern"}
    await publish(clara, english)
    await open_file(clara)
    await send(clara, EDIT["po"](data, OTHER, {"target": "Ja, sehr gern"}))
    assert "F703" in page_of(clara)
    assert await drafted(clara.house) == {OTHER: "Ja, gern"}
    data = await take_out(clara, "po")
    await send(clara, EDIT["po"](data, OTHER, {"target": "Ja, sehr gern"}))
    assert await drafted(clara.house) == {OTHER: "Ja, sehr gern"}


async def test_a_file_ends_the_reading(clara, conny, two_readers):
    """What a colleague was asked to read is not what it was once a file has changed it."""
    await change(clara)
    await open_language(clara)
    await clara.tap("office/flows/button/changes")
    await clara.tap("office/flows/button/ask")
    data = await take_out(clara, "po")
    await send(clara, EDIT["po"](data, OTHER, {"target": "Ja, gern"}))
    await open_language(conny)
    await conny.tap("office/flows/button/changes")
    assert conny.key("office/flows/button/read") not in conny.buttons()


async def test_findings_are_told(clara):
    """With findings nothing is taken: the page says what is wrong, where, and what to do."""
    data = await take_out(clara, "xlsx")
    data = EDIT["xlsx"](data, ALONE, {"target": NEW})
    await send(clara, EDIT["xlsx"](data, OTHER, {"target": "J" * 33}), "x.xlsx")
    page = page_of(clara)
    assert page.startswith(clara.key("office/flows/file-refused", n=1))
    assert "environment.de.xlsx:3: F505, language: German (de)" in page
    assert clara.key("lint/fix/shorten", limit=32) in page
    assert await drafted(clara.house) == {}
    assert await outcomes(clara.house) == [("findings", "environment/de/1")]


async def test_many_findings(clara):
    """The first ten stand on the page, and how many more there are."""
    data = await take_out(clara, "po")
    await send(clara, emptied(data))
    page = page_of(clara)
    count = len(sheet_for().rows)
    assert page.startswith(clara.key("office/flows/file-refused", n=count))
    assert page.count("F502") == notice.MOST
    assert clara.key("office/flows/more-changes", n=count - notice.MOST) in page
    assert len(page) <= 4096


def emptied(data):
    """Return a catalogue without one translation."""
    for row in sheet_for().rows:
        data = EDIT["po"](data, row.id, {"target": ""})
    return data


async def test_another_flow(clara):
    """A file is taken where its flow and language are open, and nowhere else."""
    data = await take_out(clara, "po")
    for place in (Place("environment", "en"), Place("agreements", "de")):
        await open_file(clara, place)
        await send(clara, EDIT["po"](data, ALONE, {"target": NEW}))
        assert "F701" in page_of(clara)
    assert await clara.house.count("draft") == 0


@pytest.mark.parametrize(("name", "code"), [("x.pdf", "F702"), ("po", "F702"), ("x.po", "F109")])
async def test_never_fetched(clara, name, code):
    """What can't be a file of texts, or is too big, is refused before it is fetched."""
    await open_file(clara)
    await send(clara, bytes(sheet.MOST_BYTES + 1), name)
    assert code in page_of(clara)
    assert clara.house.api.counts["getFile"] == 0


async def test_a_file_of_another_kind(clara):
    """What is called .xlsx and is none is told, and changes nothing."""
    await open_file(clara)
    await send(clara, b"no workbook", "x.xlsx")
    assert "F702" in page_of(clara)


@pytest.mark.parametrize("rule", [
    Rule(Kind.BAD_GATEWAY, "getFile"),
    Rule(Kind.DROP_BEFORE, "getFile"),
    Rule(Kind.TOO_MANY, "getFile"),
    Rule(Kind.BAD_GATEWAY, "file"),
    # Asked for a second time by the client itself, as a file may be.
    Rule(Kind.DROP_BEFORE, "file", times=None),
])  # fmt: skip
async def test_a_fetch_that_fails(clara, rule):
    """Whoever sent a file that can't be fetched is told so, and can send it again."""
    data = EDIT["po"](await take_out(clara, "po"), ALONE, {"target": NEW})
    clara.house.api.weather.foretell(rule)
    await send(clara, data)
    assert page_of(clara).startswith(clara.key("office/flows/file-lost"))
    assert await drafted(clara.house) == {}
    clara.house.api.weather.clear()
    await send(clara, data)
    assert await drafted(clara.house) == {ALONE: NEW}
    assert await outcomes(clara.house) == [
        ("not-fetched", "environment/de"),
        ("done", "environment/de/1"),
    ]


async def test_a_fetch_that_hangs(clara, monkeypatch):
    """A file that does not come in time is told as one that could not be fetched."""
    monkeypatch.setattr(fetching, "SECONDS", 0.2)
    await open_file(clara)
    clara.house.api.weather.foretell(Rule(Kind.TIMEOUT_BEFORE, "file", seconds=30))
    await send(clara, b"x")
    assert page_of(clara).startswith(clara.key("office/flows/file-lost"))


async def test_a_fetch_that_breaks(clara, monkeypatch):
    """What nobody thought of changes nothing, stops nothing else, and is told."""
    monkeypatch.setattr(by_file, "looked_over", lambda *_: 1 // 0)
    data = EDIT["po"](await take_out(clara, "po"), ALONE, {"target": NEW})
    await send(clara, data)
    assert clara.key("reply/failed") in clara.guest.texts()
    assert await clara.house.count("draft") == 0
    await clara.command("flows")
    assert page_of(clara).startswith(clara.key("office/flows/title"))


async def test_a_role_that_is_lost_meanwhile(house):
    """Whoever is no coordinator when the file comes, or when it goes out, gets nothing of it."""
    params = {"file": "practice-upload-0", "end": "po", "place": CHECK.number, "message": 1}
    house.api.world.files["practice-upload-0"] = FORMATS["po"].write(sheet_for())

    def ask(tx):
        for subject in (flow_exchange.FETCH, flow_exchange.SENT):
            anna = house.anna.person
            outbox.add(tx, anna, OutboxKind.SAY, now=NOON, subject=subject, params=params)

    await house.store.transact(ask)
    await house.wake()
    assert await outcomes(house) == [("forged", "")]
    assert await house.count("draft") == 0
    assert {message["kind"] for message in house.anna.messages()} <= {"text"}


async def test_a_stop_in_between(api, clock, tmp_path):
    """A file that was not fetched yet when the bot stopped is fetched at its next start."""
    place = practice_config(tmp_path, "").storage
    await copy_new(place.database, place.keys)
    write_master_key(place.master_key_file)
    async with running(api, clock, tmp_path) as house:
        clara = Desk(house, await enrol_coordinator(house))
        data = EDIT["po"](await take_out(clara, "po"), ALONE, {"target": NEW})
        api.weather.foretell(Rule(Kind.TIMEOUT_BEFORE, "file", seconds=60))
        clara.guest.phone.send_document("x.po", data)
        while not api.counts["getFile"]:
            await api.world.pulse.wait(1)
    api.weather.clear()
    async with running(api, clock, tmp_path) as house:
        await house.quiet()
        assert await drafted(house) == {ALONE: NEW}


async def test_a_file_that_is_gone(clara):
    """A file that Telegram has no more is told as one that could not be fetched."""
    await open_file(clara)
    clara.guest.phone.send_document("x.po", b"x")
    clara.house.api.world.files.clear()
    await clara.house.quiet()
    assert page_of(clara).startswith(clara.key("office/flows/file-lost"))
    assert sheet.MOST_BYTES < LARGEST_FILE


async def test_files_elsewhere(house):
    """Nobody's file is fetched anywhere else: not a participant's, nor on another page."""
    clara = Desk(house, await enrol_coordinator(house))
    data = await take_out(clara, "po", Place("environment", "en"))
    await open_language(clara, Place("environment", "en"))
    await send(clara, data)
    assert clara.guest.texts()[-1] == clara.key("reply/staff-nobody-reads")
    for guest in (house.h7, house.anna):
        guest.phone.send_document("x.po", data)
    await house.quiet()
    assert house.h7.texts()[-1].startswith(house.h7.say("reply/nobody-reads", contacts="")[:20])
    assert house.anna.texts()[-1] == house.anna.say("reply/staff-nobody-reads")
    assert house.api.counts["getFile"] == 0
    assert await house.count("draft") == 0


async def test_nothing_of_it_is_logged(clara, caplog):
    """Neither a file's name nor what it says comes into a log or the record."""
    caplog.set_level("DEBUG")
    data = await take_out(clara, "po")
    await send(clara, EDIT["po"](data, ALONE, {"target": "Ist Wilhelmine sicher?"}), "Quokka.po")
    await send(clara, b"Wilhelmine", "Quokka.xlsx")
    told = f"{caplog.text} {await clara.house.audited()}"
    assert "Quokka" not in told
    assert "Wilhelmine" not in told


async def test_numbers_of_other_places(clara):
    """A forged kind of file is refused."""
    await open_file(clara)
    clara.guest.forge(f"do:flow-file-out:{flow_place.of(1).number}:toml.exe")
    await clara.house.quiet()
    assert ("tap", "forged", clara.guest.person, "") in await clara.house.audited()


TEA = (
    '[[message]]\nid = "tea"\ntext = "Ein Glas Wasser, bitte."\nhelp = "Hilfe kommt."\n'
    'button = "Weiter"\n\n'
)
HEADPHONES = '[[item]]\nid = "headphones"'


async def test_the_steps_by_file(clara):
    """A file with the steps changes them; its reason is asked for, and then it can be published."""
    await change(clara)
    text = (await take_out(clara, "toml")).decode()
    assert NEW in text
    await send(clara, text.replace(HEADPHONES, TEA + HEADPHONES).encode(), "x.toml")
    what = clara.key("office/flows/step/from-file")
    assert page_of(clara) == clara.key("office/flows/step/ask-reason", what=what)
    await clara.type("So haben wir es vereinbart.")
    found = await clara.house.store.read(lambda tx: drafts.base(tx, "environment", "de"))
    assert found.revision.flow.option("alone", "yes").to == "tea"
    assert found.revision.flow.texts()[ALONE].text == NEW
    assert await drafted(clara.house) == {}
    await publish(clara)
    assert "tea" in (await latest(clara.house)).flow.steps


async def test_words_alone_by_a_file_with_the_steps(clara):
    """Where the steps are the same, changed words are a draft like any other."""
    text = (await take_out(clara, "toml")).decode()
    before = await words_of(clara.house)
    await send(clara, text.replace(before, NEW).encode(), "x.toml")
    assert page_of(clara).startswith(clara.key("office/flows/file-kept", n=1))
    assert await drafted(clara.house) == {ALONE: NEW}
    assert await clara.house.count("draft_steps") == 0


async def test_a_file_without_one_of_the_four(clara):
    """A file that lacks a non-negotiable is refused, with what to do."""
    text = (await take_out(clara, "toml")).decode()
    await send(clara, text.replace(HEADPHONES, '[[item]]\nid = "ears"').encode(), "x.toml")
    assert "F301" in page_of(clara)
    assert await clara.house.count("draft_steps") == 0


async def test_an_old_file_with_the_steps(clara, conny):
    """Where anything was changed since it was taken out, a file with the steps is refused."""
    text = (await take_out(clara, "toml")).decode()
    await change(conny, "Hört niemand mit?")
    await send(clara, text.replace(HEADPHONES, TEA + HEADPHONES).encode(), "x.toml")
    assert "F706" in page_of(clara)
    assert await drafted(clara.house) == {ALONE: "Hört niemand mit?"}


async def test_a_file_with_the_steps_keeps_whose_words_they_are(clara, conny, two_readers):
    """Whoever wrote a text that a colleague's file took over can't be the second one to read it."""
    await change(conny)
    text = (await take_out(clara, "toml")).decode()
    await send(clara, text.replace(HEADPHONES, TEA + HEADPHONES).encode(), "x.toml")
    await clara.type("So haben wir es vereinbart.")
    await open_language(clara)
    await clara.tap("office/flows/button/changes")
    await clara.tap("office/flows/button/ask")
    await open_language(conny)
    await conny.tap("office/flows/button/changes")
    assert conny.key("office/flows/own") in page_of(conny)
    draft = await clara.house.store.read(lambda tx: flows.draft_of(tx, CHECK))
    await forge(conny, f"do:flow-publish:{CHECK.number}:{draft.id[:12]}")
    assert "tea" not in (await latest(clara.house)).flow.steps
