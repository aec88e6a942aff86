"""The flows in coordinators' hands: texts, preview, publication, going back, recall."""

import sqlite3
from dataclasses import replace

import pytest

from bot import buttons, seed
from bot.language.shipped import shipped_revision
from bot.office import flow_place
from bot.office.flow_place import Place
from bot.practice.installation import practice_config
from bot.setting import Setting
from bot.views import step as step_view
from flows import drafts as flow_drafts
from flows.definition import load_shipped
from flows.lint import MOST_ITEMS
from flows.model import CheckState
from storage import drafts, revisions
from tests.bot.office.conftest import Desk, enrol_coordinator
from tests.bot.office.grouping import forge, page_of, press
from tests.honest import NOON

CHECK = Place("environment", "de")
ALONE = "environment/private-space/ask"
NEW = "Sind Sie jetzt an einem Ort, an dem niemand mithört?"


def text_number(key, flow="environment"):
    return [*load_shipped()[flow].texts()].index(key)


async def latest(house, place=CHECK):
    found = await house.store.read(lambda tx: revisions.latest(tx, place.flow, place.locale))
    return found[0]


async def words_of(house, key=ALONE, place=CHECK):
    return (await latest(house, place)).flow.texts()[key].text


async def open_language(desk, place=CHECK):
    await desk.command("flows")
    await desk.tap(f"office/flows/name/{place.flow}")
    await press(desk, f"go:flow-language:{place.number}")


async def open_text(desk, key=ALONE, place=CHECK):
    """Turn the pages to a text and open it."""
    await open_language(desk, place)
    await desk.tap("office/flows/button/texts")
    number = text_number(key, place.flow)
    for _ in range(number // 8):
        await desk.tap("office/flows/button/after")
    row = [data for _, data in desk.guest.buttons() if data.startswith("go:flow-text:")][number % 8]
    await press(desk, row)


async def change(desk, words=NEW, key=ALONE, place=CHECK):
    await open_text(desk, key, place)
    await desk.type(words)


async def publish(desk, place=CHECK):
    await open_language(desk, place)
    await desk.tap("office/flows/button/changes")
    await desk.tap("office/flows/button/publish")


@pytest.fixture
async def conny(clara):
    """Seat a second coordinator."""
    return Desk(clara.house, await enrol_coordinator(clara.house, 171, "Conny"))


@pytest.fixture
def two_readers(clara, monkeypatch):
    """Ask for two coordinators."""
    monkeypatch.setattr(Setting, "readers", property(lambda _: 2), raising=False)


async def test_a_text_is_changed_and_published(clara):
    """What a coordinator sends is kept, shown, and read by whoever begins after the publication."""
    before = await words_of(clara.house)
    await open_text(clara)
    assert page_of(clara).startswith(before)
    await clara.type(NEW)
    assert page_of(clara).startswith(clara.key("office/flows/kept"))
    assert await words_of(clara.house) == before
    await publish(clara)
    assert page_of(clara).startswith(clara.key("office/flows/is-published"))
    assert await words_of(clara.house) == NEW
    assert await clara.house.count("draft") == 0
    outcomes = [(kind, outcome) for kind, outcome, _, _ in await clara.house.audited()]
    assert outcomes[-2:] == [("flow-text", "done"), ("flow-publish", "done")]


async def test_a_long_text_is_sent_as_it_is(clara):
    """A text of several lines is taken whole, with its lines."""
    words = "Wo sind Sie gerade?\n\n" + "Bitte sehen Sie sich um. " * 8
    await change(clara, words)
    found = await clara.house.store.read(lambda tx: drafts.changes(tx, "environment", "de"))
    assert found[ALONE].words == words.strip()


async def test_the_longest_text_can_be_opened(clara):
    """A text as long as Telegram takes it is kept, and its page still comes, without its end."""
    words = "Wo sind Sie? " * 315
    await change(clara, words)
    found = await clara.house.store.read(lambda tx: drafts.changes(tx, "environment", "de"))
    assert found[ALONE].words == words.strip()
    await open_text(clara)
    assert page_of(clara).startswith("Wo sind Sie? " * 200)
    assert page_of(clara).endswith(clara.key("office/flows/ask-text", n=4096))


async def test_runs_stay_on_their_own_words(house):
    """Whoever is being asked goes on with the words that they began with; the next one has new."""
    clara = Desk(house, await enrol_coordinator(house))
    place = Place("environment", "en")
    await house.started()
    before = (await house.session()).checks[house.h7.person].run.revision
    await change(clara, "Is nobody else in the room with you?", place=place)
    await open_language(clara, place)
    await clara.tap("office/flows/button/changes")
    assert clara.key("office/flows/under-way", n=2) in page_of(clara)
    await clara.tap("office/flows/button/publish")
    assert (await latest(house, place)).id != before.id
    assert (await house.session()).checks[house.h7.person].run.revision.id == before.id
    await house.answer_all(house.h7.person)
    assert (await house.session()).checks[house.h7.person].state is CheckState.READY


@pytest.mark.parametrize("words", ["Sind Sie jetzt SICHER?", "Ist Ihre Partnerin da?"])
async def test_a_text_that_must_not_stand(clara, words):
    """A text with a word that must reach no phone is refused, and nothing changes."""
    await open_text(clara)
    await clara.type(words)
    assert page_of(clara).startswith(clara.key("office/flows/problem/word"))
    assert await clara.house.count("draft") == 0


async def test_a_button_too_long(clara):
    """A button has its own limit, which the page names."""
    key = "environment/yes"
    await open_text(clara, key)
    limit = load_shipped()["environment"].texts()[key].limit
    assert clara.key("office/flows/ask-text", n=limit) in page_of(clara)
    await clara.type("J" * (limit + 1))
    assert page_of(clara).startswith(clara.key("office/flows/problem/long"))
    assert await clara.house.count("draft") == 0


async def test_two_who_edit_the_same(clara, conny):
    """The second one is told, and overwrites nothing; sent again, it stands instead."""
    await open_text(clara)
    await open_text(conny)
    await clara.type(NEW)
    await conny.type("Hört wirklich niemand mit?")
    assert page_of(conny).startswith(conny.key("office/flows/changed-meanwhile"))
    assert NEW in page_of(conny)
    found = await clara.house.store.read(lambda tx: drafts.changes(tx, "environment", "de"))
    assert found[ALONE].words == NEW
    await conny.type("Hört wirklich niemand mit?")
    found = await clara.house.store.read(lambda tx: drafts.changes(tx, "environment", "de"))
    assert (found[ALONE].words, found[ALONE].by) == (
        "Hört wirklich niemand mit?",
        conny.guest.person,
    )


async def test_taken_back_and_discarded(clara):
    """One change can be taken back by itself, and all together."""
    await change(clara)
    await open_text(clara)
    await clara.tap("office/flows/button/take-back")
    assert await clara.house.count("draft") == 0
    await change(clara)
    await open_language(clara)
    await clara.tap("office/flows/button/changes")
    await clara.tap("office/flows/button/discard")
    assert await clara.house.count("draft") == 0
    assert await clara.house.count("publication", '"by" IS NOT NULL') == 0


async def test_a_second_one_reads(clara, conny, two_readers):
    """Where two have to read it, whoever wrote it can't publish; a colleague's tap does."""
    await change(clara)
    await open_language(clara)
    await clara.tap("office/flows/button/changes")
    seen = next(data for _, data in clara.guest.buttons() if data.startswith("do:flow-ask:"))
    await forge(clara, seen.replace("flow-ask", "flow-publish"))
    assert await words_of(clara.house) != NEW
    await clara.tap("office/flows/button/ask")
    assert conny.key("office/flows/asked") in conny.guest.texts()
    await forge(clara, seen.replace("flow-ask", "flow-publish"))
    assert await words_of(clara.house) != NEW
    await open_language(conny)
    await conny.tap("office/flows/button/changes")
    await conny.tap("office/flows/button/read")
    assert await words_of(clara.house) == NEW
    found = await clara.house.store.read(
        lambda tx: revisions.publications(tx, "environment", "de", 1)[0]
    )
    assert (found.by, found.read_by) == (clara.guest.person, conny.guest.person)


async def test_a_later_change_ends_the_reading(clara, conny, two_readers):
    """What a colleague was asked to read can't be published once it is something else."""
    await change(clara)
    await open_language(clara)
    await clara.tap("office/flows/button/changes")
    await clara.tap("office/flows/button/ask")
    await open_language(conny)
    await conny.tap("office/flows/button/changes")
    data = next(data for _, data in conny.guest.buttons() if data.startswith("do:flow-publish:"))
    await change(clara, "Noch etwas anderes?")
    await forge(conny, data)
    assert await clara.house.count("publication", '"by" IS NOT NULL') == 0
    assert ("flow-publish", "stale", conny.guest.person, "") in await clara.house.audited()


async def test_going_back(clara):
    """An earlier publication is published again, once asked; the newer one stays on record."""
    before = await words_of(clara.house)
    await change(clara)
    await publish(clara)
    await open_language(clara)
    await clara.tap("office/flows/button/history")
    await press(clara, "go:flow-earlier:")
    await clara.tap("office/flows/button/back-now")
    assert await words_of(clara.house) == before
    found = await clara.house.store.read(
        lambda tx: revisions.publications(tx, "environment", "de", 9)
    )
    assert [one.by is None for one in found] == [False, False, True]


async def test_earlier_ones_are_not_in_use(clara):
    """The list of publications says when each was published, and of none that it is in use."""
    await change(clara)
    await publish(clara)
    await open_language(clara)
    day = "Jan 15, 2027"
    assert clara.key("office/flows/published", day=day, who="Clara") in page_of(clara)
    await clara.tap("office/flows/button/history")
    _, latest_one, shipped_one = page_of(clara).splitlines()
    assert latest_one == clara.key("office/flows/once", day=day, who="Clara")
    assert shipped_one == clara.key("office/flows/came", day=day)


async def test_a_recall_stops_and_holds(house):
    """A recall stops whoever is asked, holds whoever comes, and can't be published again."""
    clara = Desk(house, await enrol_coordinator(house))
    place = Place("environment", "en")
    await house.started()
    await open_language(clara, place)
    await clara.tap("office/flows/button/history")
    await clara.tap("office/flows/button/recall")
    assert clara.key("office/flows/recall-stops", n=2) in page_of(clara)
    await clara.tap("office/flows/button/recall-now")
    session = await house.session()
    assert {check.state for check in session.checks.values()} == {CheckState.STOPPED}
    found = await house.store.read(lambda tx: revisions.published(tx, "environment", "en"))
    assert found is None
    assert house.h7.texts()[-1] == house.h7.say("place/stopped")
    await open_language(clara, place)
    assert clara.key("office/flows/recalled") in page_of(clara)
    await change(clara, "Is nobody else in the room with you?", place=place)
    await publish(clara, place)
    assert await house.store.read(lambda tx: revisions.published(tx, "environment", "en"))


async def open_changes(desk, place=CHECK):
    """Open what a publication would change; return the buttons of the page."""
    await open_language(desk, place)
    await desk.tap("office/flows/button/changes")
    return {data.split(":")[1] for _, data in desk.guest.buttons()}


@pytest.mark.parametrize("readers", [1, 2])
async def test_recalled_words_are_not_offered(clara, monkeypatch, readers):
    """Words that were recalled can't be published again, and the page says why."""
    monkeypatch.setattr(Setting, "readers", property(lambda _: readers), raising=False)
    recalled = (await latest(clara.house)).id
    await clara.house.store.transact(lambda tx: revisions.recall(tx, recalled, NOON))
    await change(clara)
    assert {"flow-publish", "flow-ask"} & await open_changes(clara)
    await change(clara, shipped_revision("environment", "de").flow.texts()[ALONE].text)
    assert not {"flow-publish", "flow-ask"} & await open_changes(clara)
    assert clara.key("office/flows/as-recalled") in page_of(clara)


async def test_words_that_are_in_use_are_not_offered(clara):
    """A text that was changed and changed back leaves nothing to publish, and the page says so."""
    before = await words_of(clara.house)
    await change(clara)
    await change(clara, before)
    assert "flow-publish" not in await open_changes(clara)
    assert clara.key("office/flows/same") in page_of(clara)


async def test_what_everybody_is_asked_is_named(clara):
    """A draft over a publication that lacks what ships by now is not offered; the item is named."""
    source = flow_drafts.entries(await latest(clara.house))
    less = tuple(one for one in source.entries if one.id != "camera")
    old = flow_drafts.in_its_words(replace(source, entries=less), "de")
    await clara.house.store.transact(lambda tx: revisions.publish(tx, old, NOON))
    await change(clara)
    assert "flow-publish" not in await open_changes(clara)
    assert clara.key("lint/item-lost", name="camera") in page_of(clara)


async def test_an_earlier_publication_is_recalled(house):
    """Whoever still stands on texts that were replaced is stopped; what is in use stays in use."""
    clara = Desk(house, await enrol_coordinator(house))
    place = Place("environment", "en")
    await house.started()
    before = (await house.session()).checks[house.h7.person].run.revision
    await change(clara, "Is nobody else in the room with you?", place=place)
    await publish(clara, place)
    in_use = await latest(house, place)
    await open_language(clara, place)
    await clara.tap("office/flows/button/history")
    await press(clara, "go:flow-earlier:")
    await clara.tap("office/flows/button/recall-these")
    assert clara.key("office/flows/ask-recall-these") in page_of(clara)
    assert clara.key("office/flows/recall-stops", n=2) in page_of(clara)
    await clara.tap("office/flows/button/recall-now")
    session = await house.session()
    assert {check.state for check in session.checks.values()} == {CheckState.STOPPED}
    assert await house.store.read(lambda tx: revisions.is_recalled(tx, before.id))
    found = await house.store.read(lambda tx: revisions.published(tx, "environment", "en"))
    assert found.id == in_use.id


async def test_a_start_leaves_what_a_coordinator_published(clara, tmp_path):
    """Shipped texts never replace what a coordinator has published, nor what was recalled."""
    await change(clara)
    await publish(clara)
    languages = practice_config(tmp_path, "").programme.languages
    await clara.house.store.transact(lambda tx: seed.publish_shipped(tx, languages, NOON + 9))
    assert await words_of(clara.house) == NEW

    def recall(tx):
        revisions.recall(tx, shipped_revision("environment", "fr").id, NOON)
        seed.publish_shipped(tx, languages, NOON + 9)
        return revisions.published(tx, "environment", "fr")

    assert await clara.house.store.transact(recall) is None


@pytest.mark.parametrize("flow", flow_place.flows())
async def test_preview_goes_every_way(clara, flow):
    """Each button of a preview leads to the step that it leads to in a run; nothing is kept."""
    place = Place(flow, "de")
    before = await clara.house.domain()
    await open_language(clara, place)
    await clara.tap("office/flows/button/preview")
    shipped = shipped_revision(flow, "de").flow
    step = shipped.steps[shipped.start]
    for _ in range(60):
        assert page_of(clara) == step_view.text(shipped, step)
        assert clara.buttons()[: len(step.options)] == [one.text for one in step.options]
        if not step.options or step.final:
            break
        await press(clara, clara.guest.buttons()[0][1])
        step = shipped.steps[step.options[0].to]
    assert step.final == "ready"
    after = await clara.house.domain()
    assert {**after, "page": []} == {**before, "page": []}


async def test_preview_shows_the_draft(clara):
    """A changed text stands in the preview before it is published."""
    start = load_shipped()["environment"].start
    key = load_shipped()["environment"].steps[start].key
    await change(clara, "Ist alles ruhig?", key)
    await open_language(clara)
    await clara.tap("office/flows/button/preview")
    assert page_of(clara) == "Ist alles ruhig?"
    await clara.tap("office/flows/button/end-preview")
    assert page_of(clara).startswith(clara.key("office/flows/one", flow=clara.key(
        "office/flows/name/environment"), language="Deutsch"))  # fmt: skip


async def test_every_text_can_be_opened(clara):
    """The pages lead to each text of a flow, the first and the last."""
    keys = [*load_shipped()["environment"].texts()]
    for key in (keys[0], keys[-1]):
        await open_text(clara, key)
        assert page_of(clara).startswith(await words_of(clara.house, key))


@pytest.mark.parametrize("sql", [
    "UPDATE publication SET at = at + 1",
    "DELETE FROM publication",
    "INSERT OR REPLACE INTO publication SELECT * FROM publication",
    ('INSERT INTO publication (flow, locale, revision, "by", at)'
     " SELECT flow, 'en', revision, 1, 0 FROM publication WHERE locale = 'de'"),
])  # fmt: skip
async def test_publications_stay_on_record(clara, sql):
    """Raw SQL neither changes nor takes what was published, nor puts it into another language."""
    with pytest.raises(sqlite3.IntegrityError, match="publication"):
        await clara.house.store.transact(lambda tx: tx.db.execute(sql))


def test_numbers_of_places():
    """A place and its number are one; a number that is no place is none."""
    flow = load_shipped()["environment"]
    answers = {flow.items[0].id: "yes", flow.items[-1].id: "no"}
    packed = flow_place.packed(flow, answers)
    place = Place("orientation", "fr", 57, packed)
    assert flow_place.of(place.number) == place
    assert len(str(place.number)) <= 15
    assert flow_place.unpacked(flow, packed) == answers
    full = flow_place.packed(flow, dict.fromkeys((item.id for item in flow.items), "no"))
    assert len(str(Place("orientation", "fr", 57, full).number)) <= 15


def test_a_button_keeps_every_answer_of_a_preview():
    """As many items as lint allows fit into a button, in any language, at any step."""
    flow = load_shipped()["environment"]
    items = tuple(replace(flow.items[0], id=f"i-{n}") for n in range(MOST_ITEMS))
    flow = replace(flow, items=items)
    answers = {item.id: "no" for item in items}
    number = Place("orientation", "sv", 999, flow_place.packed(flow, answers)).number
    data = buttons.decode(buttons.encode("go", "flow-preview", number))
    seen = flow_place.of(buttons.number(data.args[1]))
    assert flow_place.unpacked(flow, seen.more) == answers
    assert number < 2**63
