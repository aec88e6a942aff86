"""Steps in coordinators' hands: added, moved, left out, each with its reason, and published."""

import sqlite3

import pytest

from bot.office import flow_place, flows
from bot.office.flow_place import Place
from flows import drafts
from flows.edits import Insert, edited
from flows.flow import GO_ON, make_revision
from flows.lint import lint_source
from flows.source import MOST_ENTRIES, MessageShape
from storage import drafts as kept
from storage import revisions
from tests.bot.office.grouping import forge, page_of, press
from tests.bot.office.test_flows import (
    ALONE,
    CHECK,
    NEW,
    change,
    conny,
    latest,
    open_language,
    open_text,
    publish,
    two_readers,
)
from tests.honest import NOON

__all__ = ["conny", "two_readers"]

TEA = "Bitte stellen Sie sich ein Glas Wasser hin."
WHY = "Danach wird in jedem Termin gefragt."
SCREENING = Place("clearance", "de")


def ids(revision):
    return [entry.id for entry in drafts.entries(revision).entries]


async def steps_of(house, place=CHECK):
    found = await house.store.read(lambda tx: kept.steps(tx, place.flow, place.locale))
    return found.revision if found else await latest(house, place)


async def open_step(desk, name, place=CHECK):
    """Turn the pages to an entry and open it."""
    await open_language(desk, place)
    await desk.tap("office/flows/step/button/steps")
    number = ids(await steps_of(desk.house, place)).index(name)
    for _ in range(number // 8):
        await desk.tap("office/flows/button/after")
    rows = [data for _, data in desk.guest.buttons() if data.startswith("go:flow-step:")]
    await press(desk, rows[number % 8])


async def insert(desk, text=TEA, before="headphones", reason=WHY, place=CHECK):
    await open_step(desk, before, place)
    await desk.tap("office/flows/step/button/insert")
    await desk.type(text)
    if reason:
        await desk.type(reason)


async def test_a_message_is_added_and_published(clara):
    """What a coordinator sends is read before the question, once it is published with a reason."""
    await insert(clara)
    assert page_of(clara).startswith(clara.key("office/flows/step/done"))
    assert "message-1" not in ids(await latest(clara.house))
    await publish(clara)
    flow = (await latest(clara.house)).flow
    assert flow.option("alone", "yes").to == "message-1"
    assert flow.steps["message-1"].text == TEA
    assert flow.option("message-1", GO_ON).text == "Weiter"
    assert flow.steps["message-1/help"].rings
    assert await clara.house.count("draft_edit") == 0
    assert await clara.house.count("publication_edit", f"reason = '{WHY}'") == 1


async def test_a_reason_is_not_overwritten(clara, conny):
    """Of two who say why one edit was made the second is told; what the first has said stays."""
    await insert(clara, reason=None)
    await open_language(conny)
    await conny.tap("office/flows/button/changes")
    await conny.tap("office/flows/step/button/reason")
    await clara.type(WHY)
    await conny.type("Ohne Grund.")
    assert page_of(conny).startswith(conny.key("refusal/repeated"))
    assert await clara.house.count("draft_edit", f"reason = '{WHY}'") == 1


async def test_a_forbidden_word_is_named_as_such(clara):
    """An English message with a word that must not be read is refused for the word."""
    await insert(clara, "Is your partner at home?", reason="", place=Place("environment", "en"))
    assert page_of(clara).startswith(clara.key("office/flows/problem/word"))


async def test_without_a_reason_nothing_is_published(clara):
    """An edit whose reason is missing asks for it; a forged tap publishes nothing."""
    await insert(clara, reason="")
    await open_language(clara)
    await clara.tap("office/flows/button/changes")
    assert clara.key("office/flows/step/no-reason") in page_of(clara)
    draft = await steps_of(clara.house)
    await forge(clara, f"do:flow-publish:{CHECK.number}:{draft.id[:12]}")
    assert "message-1" not in ids(await latest(clara.house))
    await open_language(clara)
    await clara.tap("office/flows/button/changes")
    await clara.tap("office/flows/step/button/reason")
    await clara.type(WHY)
    await publish(clara)
    assert "message-1" in ids(await latest(clara.house))


def as_long_as_a_file(revision):
    """Return a revision with as many entries as a file may have."""
    source = drafts.entries(revision)
    place = next(n for n, one in enumerate(source.entries) if one.id == "headphones")
    while len(source.entries) < MOST_ENTRIES:
        name = f"message-{len(source.entries)}"
        shape = MessageShape(name, TEA, "Bitte warten Sie.", "Weiter")
        source = edited(source, Insert(source.entries[place].id, shape))
    return drafts.in_its_words(source, revision.locale)


async def test_a_flow_has_an_end(clara):
    """The chat adds no more than a file may hold, and says why."""
    full = as_long_as_a_file(await latest(clara.house))
    await clara.house.store.transact(lambda tx: revisions.publish(tx, full, NOON))
    await insert(clara, reason="")
    assert page_of(clara).startswith(clara.key("lint/fix/too-many"))
    assert await clara.house.count("draft_edit") == 0
    outcomes = [(kind, outcome) for kind, outcome, _, _ in await clara.house.audited()]
    assert outcomes[-1] == ("flow-insert", "many")


async def test_the_change_says_what_and_why(clara):
    """Before publishing stands what was done to the steps, and the reason."""
    await insert(clara)
    await open_language(clara)
    await clara.tap("office/flows/button/changes")
    what = clara.key("office/flows/step/inserted", text=TEA[:29] + "\N{HORIZONTAL ELLIPSIS}")
    assert clara.key("office/flows/step/steps", n=1) in page_of(clara)
    assert clara.key("office/flows/step/because", what=what, reason=WHY) in page_of(clara)


async def test_a_message_is_moved_and_left_out(clara):
    """What was added can be moved up and down, and left out again."""
    await insert(clara)
    await publish(clara)
    await open_step(clara, "message-1")
    await clara.tap("office/flows/step/button/up")
    await clara.type(WHY)
    moved = ids(await steps_of(clara.house))
    assert moved.index("message-1") + 1 == moved.index("alone")
    for name in ("down", "down"):
        await open_step(clara, "message-1")
        await clara.tap(f"office/flows/step/button/{name}")
        await clara.type(WHY)
    moved = ids(await steps_of(clara.house))
    assert moved.index("headphones") + 1 == moved.index("message-1")
    await open_step(clara, "message-1")
    await clara.tap("office/flows/step/button/omit")
    await clara.type(WHY)
    await publish(clara)
    assert "message-1" not in ids(await latest(clara.house))


async def test_what_everybody_is_asked_stays(clara):
    """A non-negotiable has no button to move it or leave it out, and a forged tap is refused."""
    await open_step(clara, "headphones")
    assert clara.key("office/flows/step/fixed") in page_of(clara)
    for name in ("up", "down", "omit"):
        assert clara.key(f"office/flows/step/button/{name}") not in dict(clara.guest.buttons())
    opened = next(data for _, data in clara.guest.buttons() if data.startswith("go:flow-insert:"))
    number = int(opened.rsplit(":", 1)[1])
    await forge(clara, f"do:flow-omit:{number}:-")
    await forge(clara, f"do:flow-move:{number}:up")
    assert await clara.house.count("draft_edit") == 0
    outcomes = [(kind, outcome) for kind, outcome, _, _ in await clara.house.audited()]
    assert outcomes[-2:] == [("flow-omit", "not-now"), ("flow-move", "not-now")]


@pytest.mark.parametrize(
    ("text", "problem"), [("Sind Sie jetzt SICHER?", "word"), ("W" * 4097, "long")]
)
async def test_a_message_that_can_not_stand(clara, text, problem):
    """A message with a forbidden word, or too long for a phone, is not taken."""
    await open_step(clara, "headphones")
    await clara.tap("office/flows/step/button/insert")
    await clara.type(text)
    assert page_of(clara).startswith(clara.key(f"office/flows/problem/{problem}"))
    assert await clara.house.count("draft_edit") == 0


async def test_two_who_edit_the_steps(clara, conny):
    """A button that was drawn for other steps changes nothing, and an open text neither."""
    await open_step(conny, "headphones")
    await conny.tap("office/flows/step/button/insert")
    await insert(clara)
    await conny.type("Noch etwas zum Lesen.")
    assert await clara.house.count("draft_edit") == 1
    assert ("flow-insert", "stale", conny.guest.person, "") in await clara.house.audited()


async def test_a_text_of_other_steps_is_not_overwritten(clara, conny):
    """Whoever has a text open while a colleague adds a step does not write into another text."""
    await open_language(conny)
    await conny.tap("office/flows/button/texts")
    rows = [data for _, data in conny.guest.buttons() if data.startswith("go:flow-text:")]
    await press(conny, rows[7])
    await insert(clara, before="private-space")
    await conny.type(NEW)
    assert await clara.house.count("draft") == 0


async def test_changed_words_stay_with_other_steps(clara):
    """A changed text is kept when steps are added, and both are published together."""
    await change(clara)
    await insert(clara)
    await publish(clara)
    flow = (await latest(clara.house)).flow
    assert flow.texts()["environment/private-space/ask"].text == NEW
    assert "message-1" in flow.steps


async def test_the_second_reader_has_added_nothing(clara, conny, two_readers):
    """Where two have to read it, whoever added a step can't publish it."""
    await insert(clara)
    await open_language(clara)
    await clara.tap("office/flows/button/changes")
    await clara.tap("office/flows/button/ask")
    draft = await steps_of(clara.house)
    await forge(clara, f"do:flow-publish:{CHECK.number}:{draft.id[:12]}")
    assert "message-1" not in ids(await latest(clara.house))
    await open_language(conny)
    await conny.tap("office/flows/button/changes")
    await conny.tap("office/flows/button/read")
    assert "message-1" in ids(await latest(clara.house))


@pytest.mark.parametrize(("part", "options"), [("criterion", 3), ("domain", 1)])
async def test_a_point_of_the_screening(clara, part, options):
    """A coordinator adds a criterion or a domain; it is asked before the decision."""
    await open_step(clara, "decide", SCREENING)
    await clara.tap(f"office/flows/step/button/{part}")
    await clara.type("Nur eine Zeile")
    assert page_of(clara).startswith(clara.key("office/flows/step/two-lines"))
    await clara.type("Schichtarbeit\nArbeitet die Person nachts?")
    await clara.type(WHY)
    await publish(clara, SCREENING)
    flow = (await latest(clara.house, SCREENING)).flow
    assert flow.items[-1].title == "Schichtarbeit"
    assert len(flow.steps["own-1"].options) == options
    assert lint_source(drafts.entries(await latest(clara.house, SCREENING))) == ()


async def test_one_of_the_twelve_stays(clara):
    """A point that comes with the program can't be left out, by a forged tap neither."""
    number = ids(await latest(clara.house, SCREENING)).index("shared-home")
    await open_step(clara, "shared-home", SCREENING)
    place = Place("clearance", "de", number)
    await forge(clara, f"do:flow-omit:{place.number}:-")
    assert await clara.house.count("draft_edit") == 0
    assert flow_place.of(place.number) == place


async def test_discarding_forgets_the_steps(clara):
    """All changes together are taken back, those of the steps too."""
    await insert(clara)
    await open_language(clara)
    await clara.tap("office/flows/button/changes")
    await clara.tap("office/flows/button/discard")
    assert await clara.house.count("draft_edit") == 0
    assert await clara.house.count("draft_steps") == 0


async def test_a_published_edit_is_not_rewritten(clara):
    """Why something was published stays as it was written."""
    await insert(clara)
    await publish(clara)
    for sql in (
        "UPDATE publication_edit SET reason = 'x'",
        "DELETE FROM publication_edit",
        "INSERT OR REPLACE INTO publication_edit SELECT * FROM publication_edit",
    ):
        with pytest.raises(sqlite3.IntegrityError):
            await clara.house.store.transact(lambda tx, sql=sql: tx.db.execute(sql))


async def test_the_preview_plays_the_added_message(clara):
    """A preview shows the message in its place, before anybody else sees it."""
    await insert(clara, before="private-space")
    await open_language(clara)
    await clara.tap("office/flows/button/preview")
    await press(clara, clara.guest.buttons()[0][1])
    assert page_of(clara).startswith(TEA)
    found = await clara.house.store.read(lambda tx: revisions.latest(tx, "environment", "de"))
    assert "message-1" not in found[0].flow.steps


async def test_a_page_of_before_a_publication_writes_nothing(clara, conny):
    """Whoever has a text open while other steps are published does not write into another text."""
    await open_language(conny)
    await conny.tap("office/flows/button/texts")
    rows = [data for _, data in conny.guest.buttons() if data.startswith("go:flow-text:")]
    await press(conny, rows[7])
    await insert(clara, before="private-space")
    await publish(clara)
    await conny.type(NEW)
    assert await clara.house.count("draft") == 0
    assert ("flow-text", "stale", conny.guest.person, "") in await clara.house.audited()


async def test_a_text_written_anew_is_not_overwritten(clara, conny):
    """A change that was taken back and made anew by a colleague is another one."""
    await change(clara, "Hört niemand mit?")
    await open_text(conny)
    await open_text(clara)
    await clara.tap("office/flows/button/take-back")
    await change(clara, "Hört wirklich niemand mit?")
    await conny.type(NEW)
    assert page_of(conny).startswith(conny.key("office/flows/changed-meanwhile"))
    found = await clara.house.store.read(lambda tx: kept.changes(tx, "environment", "de"))
    assert [one.words for one in found.values()] == ["Hört wirklich niemand mit?"]


async def test_a_reason_is_of_the_edit_that_was_seen(clara, conny):
    """A reason that comes after all was discarded is not given to a colleague's edit."""
    await insert(clara, reason="")
    await open_language(conny)
    await conny.tap("office/flows/button/changes")
    await conny.tap("office/flows/button/discard")
    await insert(conny, text="Bitte schließen Sie das Fenster.", reason="")
    await clara.type(WHY)
    found = await clara.house.store.read(lambda tx: kept.edits(tx, "environment", "de"))
    assert [edit.reason for edit in found] == [""]
    assert ("flow-reason", "stale", clara.guest.person, "") in await clara.house.audited()


async def recall(desk):
    await open_language(desk)
    await desk.tap("office/flows/button/history")
    await desk.tap("office/flows/button/recall")
    await desk.tap("office/flows/button/recall-now")


async def go_back(desk):
    await open_language(desk)
    await desk.tap("office/flows/button/history")
    await press(
        desk, next(data for _, data in desk.guest.buttons() if data.startswith("go:flow-earlier:"))
    )
    await desk.tap("office/flows/button/back-now")


async def refused(desk):
    """Say that a draft is offered to nobody, and that a forged tap publishes nothing of it."""
    await open_language(desk)
    await desk.tap("office/flows/button/changes")
    assert desk.key("office/flows/outdated") in page_of(desk)
    assert desk.key("office/flows/button/publish") not in dict(desk.guest.buttons())
    before = await latest(desk.house)
    draft = await desk.house.store.read(lambda tx: flows.draft_of(tx, CHECK))
    await forge(desk, f"do:flow-publish:{CHECK.number}:{draft.id[:12]}")
    assert (await latest(desk.house)).id == before.id


@pytest.mark.parametrize("end", [recall, go_back])
async def test_a_draft_ends_with_what_it_stands_on(clara, end):
    """What was recalled, or gone back from, does not come back with the steps of a draft on it."""
    await change(clara, "Schicken Sie alle hinaus. Sind Sie allein?")
    await publish(clara)
    await insert(clara)
    await end(clara)
    await refused(clara)
    await insert(clara, before="camera")
    await refused(clara)
    await clara.tap("office/flows/button/discard")
    await insert(clara)
    await publish(clara)
    assert "message-1" in ids(await latest(clara.house))


async def test_texts_changed_before_a_recall(clara):
    """A text that was changed before a recall does not bring back what was recalled by itself."""
    await change(clara)
    await recall(clara)
    await refused(clara)
    await change(clara, "Hört gerade niemand mit?")
    await publish(clara)
    assert (await latest(clara.house)).flow.texts()[ALONE].text == "Hört gerade niemand mit?"


async def test_what_was_published_meanwhile_is_not_undone(clara):
    """A draft with steps of its own stands on nothing but what was in use when it was begun."""
    await insert(clara)
    words = {key: one.text for key, one in (await latest(clara.house)).flow.texts().items()}
    other = make_revision((await latest(clara.house)).flow, "de", {**words, ALONE: NEW})
    await clara.house.store.transact(lambda tx: revisions.publish(tx, other, NOON))
    await refused(clara)


async def test_whoever_wrote_first_reads_nothing(clara, conny, two_readers):
    """A colleague who changes a comma does not make words theirs, so the first one can't read."""
    await change(clara)
    await change(conny, f"{NEW} Bitte!")
    await open_language(conny)
    await conny.tap("office/flows/button/changes")
    await conny.tap("office/flows/button/ask")
    await open_language(clara)
    await clara.tap("office/flows/button/changes")
    assert clara.key("office/flows/own") in page_of(clara)
