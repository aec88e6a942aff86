"""Languages in coordinators' hands: read, approved by name, taken back; and who can choose them."""

import sqlite3

import pytest

from bot.home import arrival
from bot.language import catalogues, coverage
from bot.language.shipped import shipped_revision
from bot.office import languages
from bot.office.flow_place import Place
from bot.practice import installation
from flows.model import PersonId
from storage import approvals, people, revisions
from tests.bot.conftest import SPOKEN, ZONE
from tests.bot.home.conftest import TOKEN, Home, invite
from tests.bot.office.grouping import (
    enrol_facilitator,
    forge,
    make_group,
    members,
    page_of,
    press,
    reopen,
)
from tests.bot.office.test_flows import change, open_language, publish
from tests.honest import NOON

EN, DE = (languages.number_of(locale) for locale in ("en", "de"))
ENGLISH = Place("environment", "en")
ALONE = "environment/private-space/ask"


async def take_back(clara, *locales):
    """Have no approval of some languages, as if nobody had read them yet."""

    def undo(tx):
        for locale in locales or catalogues.languages():
            approvals.take_back(tx, locale, NOON, by=clara.guest.person)

    await clara.house.store.transact(undo)


async def open_languages(desk):
    await desk.command("flows")
    await desk.tap("office/languages/button/open")


async def approve(desk, locale):
    """Approve a language by taps."""
    await open_languages(desk)
    await press(desk, f"go:approval:{languages.number_of(locale)}")
    await desk.tap("office/languages/button/read")
    await desk.tap("office/languages/button/read-now")


async def approved(house):
    return await house.store.read(approvals.all_of)


async def covered(house, locale="de"):
    found = await house.store.read(lambda tx: coverage.kept(tx, locale))
    return {part.part: part for part in found}


async def outcomes(desk, kind):
    rows = await desk.house.audited()
    return [outcome for one, outcome, actor, _ in rows if (one, actor) == (kind, desk.guest.person)]


# Approving


async def test_a_named_coordinator_approves(clara):
    """Nothing is approved until a coordinator has said twice, under their name, what they read."""
    await take_back(clara)
    await open_languages(clara)
    drafted = clara.key("office/languages/drafted")
    assert f"Deutsch: {drafted}" in page_of(clara)
    assert f"English: {clara.key('office/languages/not-yet')}" in page_of(clara)
    await press(clara, f"go:approval:{DE}")
    await clara.tap("office/languages/button/read")
    total = sum(len(part.texts) for part in (await covered(clara.house)).values())
    assert clara.key("office/languages/ask", language="Deutsch", n=total) in page_of(clara)
    assert await approved(clara.house) == ()
    await clara.tap("office/languages/button/read-now")
    assert await approved(clara.house) == ("de",)
    day = "Jan 15, 2027"
    assert f"Deutsch: {clara.key('office/languages/released', who='Clara', day=day)}" in page_of(
        clara
    )
    assert await outcomes(clara, "approve") == ["done"]


async def test_what_was_read_is_what_is_approved(clara):
    """A button that was drawn for other texts approves nothing."""
    await take_back(clara)
    await open_languages(clara)
    await press(clara, f"go:approval:{DE}")
    await clara.tap("office/languages/button/read")
    _, data = clara.guest.button("do:approve:")
    await change(clara)
    await publish(clara)
    await forge(clara, data)
    assert await approved(clara.house) == ()
    assert await outcomes(clara, "approve") == ["stale"]


async def test_what_is_missing_cannot_be_approved(clara):
    """A language in which a text is missing offers no approval, and a forged one is refused."""
    await take_back(clara)
    german = (await clara.house.store.read(lambda tx: revisions.latest(tx, "environment", "de")))[0]
    await clara.house.store.transact(lambda tx: revisions.recall(tx, german.id, NOON))
    part = (await covered(clara.house))["environment"]
    assert (part.count("missing"), part.translated) == (len(part.texts), 0)
    await open_languages(clara)
    await press(clara, f"go:approval:{DE}")
    assert clara.key("office/languages/lacks", n=len(part.texts)) in page_of(clara)
    assert clara.key("office/languages/button/read") not in clara.buttons()
    await reopen(clara, "approving", DE)
    assert page_of(clara) != clara.key("office/languages/ask", language="Deutsch", n=0)
    await forge(clara, f"do:approve:{DE}:0123456789ab")
    assert await approved(clara.house) == ()


async def test_reading_it_as_a_conversation(clara):
    """The page of a language leads to each flow, played from its first step in that language."""
    await open_languages(clara)
    await press(clara, f"go:approval:{DE}")
    await clara.tap("office/flows/name/agreements")
    flow = shipped_revision("agreements", "de").flow
    assert page_of(clara) == flow.steps[flow.start].text


async def test_taking_it_back(clara):
    """What is taken back nobody new can choose; whoever has it keeps it, and the page says so."""
    home = await invite(clara.house)
    await home.open_invitation()
    await home.tap("Deutsch")
    await approve(clara, "de")
    await press(clara, f"go:approval:{DE}")
    await clara.tap("office/languages/button/take-back")
    assert clara.key("office/languages/keep", n=1) in page_of(clara)
    await clara.tap("office/languages/button/back-now")
    assert "de" not in await approved(clara.house)
    known = await clara.house.store.read(lambda tx: people.find(tx, PersonId(home.person)))
    assert known.locale == "de"
    await forge(clara, f"do:approval-back:{DE}:-")
    assert await outcomes(clara, "approval-back") == ["done", "repeated"]


@pytest.mark.parametrize("number", [0, 99, languages.number_of("sv")])
async def test_language_that_nobody_here_speaks(clara, number):
    """A number that is no language of this programme has no page and approves nothing."""
    await open_languages(clara)
    for page in ("approval", "approving", "approval-back"):
        await reopen(clara, page, number)
        assert clara.key("office/gone") in clara.guest.texts()[-1]
    before = await clara.house.count("approval")
    for act in ("approve", "approval-back"):
        await forge(clara, f"do:{act}:{number}:-")
    assert await clara.house.count("approval") == before


# Who can choose them


async def test_newcomers_choose_approved_languages(clara):
    """Whoever arrives is offered approved languages alone, and can't choose another one."""
    await take_back(clara, "fr")
    home = await invite(clara.house)
    await home.open_invitation()
    assert home.buttons() == ["English", "Deutsch"]
    home.guest.forge("home:arrival:locale:fr")
    await clara.house.quiet()
    known = await clara.house.store.read(lambda tx: people.find(tx, PersonId(home.person)))
    assert known.locale == "en"


async def test_first_words_are_of_an_approved_language(clara):
    """An invitation that was meant in another language is opened in an approved one."""
    await take_back(clara, "en")
    home = await invite(clara.house)
    home.guest.locale = "de"
    await home.open_invitation()
    assert home.screen == home.say("home/arrival/language")
    assert home.buttons() == ["Deutsch", "Français"]


async def test_an_invitation_waits(clara):
    """While no language is approved, a participant's invitation lets nobody in and stays."""
    home = await invite(clara.house)
    await take_back(clara)
    await home.open_invitation()
    assert home.guest.texts() == []
    assert await home.status() == "invited"
    await approve(clara, "en")
    home.guest.phone.open_link(TOKEN)
    await clara.house.quiet()
    assert home.screen == home.say("home/arrival/language")
    assert home.buttons() == ["English"]


async def test_staff_come_in_any_language(clara):
    """An invitation of staff does not wait: somebody has to read a language first."""
    await take_back(clara)

    def add(tx):
        person = people.add(tx, locale="de", zone=ZONE, label="Doro", now=NOON)
        people.give_role(tx, person, people.Role.COORDINATOR, prepared_at=None)
        people.invite(tx, person, TOKEN, expires_at=NOON + 60)
        return person

    person = await clara.house.store.transact(add)
    doro = Home(clara.house, clara.house.guest(320, person, "de"))
    await doro.open_invitation()
    assert doro.screen == doro.say("office/team/welcome")


async def test_whoever_has_a_language_keeps_it(clara):
    """Who is enrolled finds their own language among the choices, approved or not."""
    await take_back(clara, "de")
    person = people.Person(PersonId(1), "enrolled", "de", ZONE, frozenset(), reachable=True)
    newcomer = people.Person(PersonId(1), "invited", "de", ZONE, frozenset(), reachable=True)

    def offered(tx):
        setting = languages.Setting(languages=SPOKEN)
        return [arrival._offered(tx, one, setting) for one in (person, newcomer)]

    assert await clara.house.store.read(offered) == [("en", "fr", "de"), ("en", "fr")]


async def test_nobody_is_invited_without_a_language(clara):
    """Without an approved language staff are told what to do, and nobody is added or invited."""
    anna = await enrol_facilitator(clara.house, 181, "Anna")
    group = await make_group(anna)
    await take_back(clara)
    await anna.tap("office/group/button/add")
    assert page_of(anna).startswith(anna.key("office/languages/none-yet"))
    assert await members(clara.house, group) == ()
    await approve(clara, "de")
    await anna.tap("office/group/button/add")
    (person,) = await members(clara.house, group)
    known = await clara.house.store.read(lambda tx: people.find(tx, person))
    assert known.locale == "de"
    await take_back(clara, "de")
    await forge(anna, f"do:participant-invite:{person}:-")
    assert page_of(anna).startswith(anna.key("office/languages/none-yet"))
    assert await outcomes(anna, "participant-add") == ["no-language", "done"]
    assert await outcomes(anna, "participant-invite") == ["no-language"]


async def test_groups_speak_approved_languages(clara):
    """A group is given an approved language alone, so that nobody is invited in another one."""
    anna = await enrol_facilitator(clara.house, 181, "Anna")
    await take_back(clara, "en", "de")
    group = await make_group(anna)
    await press(anna, f"go:group-locale:{group}")
    offered = [data for _, data in anna.guest.buttons() if data.startswith("do:group-locale:")]
    assert offered == [f"do:group-locale:{group}:fr"]
    await forge(anna, f"do:group-locale:{group}:de")
    assert await outcomes(anna, "group-locale") == ["stale"]


# Coverage


async def test_coverage_by_contexts(clara):
    """A text counts as approved while it and its English are as they were, else as changed."""
    await approve(clara, "de")
    before = (await covered(clara.house))["environment"]
    assert before.count("approved") == before.translated == len(before.texts)
    await change(clara)
    await publish(clara)
    after = (await covered(clara.house))["environment"]
    assert after.ids("changed") == (ALONE,)
    assert after.count("approved") == len(after.texts) - 1
    assert "de" in await approved(clara.house)
    await open_languages(clara)
    assert clara.key("office/languages/changed", n=1) in page_of(clara)
    await press(clara, f"go:approval:{DE}")
    name = clara.key("office/flows/name/environment")
    counts = {"done": len(after.texts), "all": len(after.texts)}
    lines = page_of(clara).splitlines()
    at = lines.index(clara.key("office/languages/part", name=name, **counts))
    assert lines[at + 1 : at + 3] == [
        clara.key("office/languages/count-released", n=len(after.texts) - 1),
        clara.key("office/languages/count-changed", n=1),
    ]


async def test_changed_english_changes_what_is_approved(clara):
    """Other English below a translation that stayed is a change since the approval."""
    await approve(clara, "de")
    await change(clara, "Is there really nobody else in your room?", place=ENGLISH)
    await publish(clara, ENGLISH)
    assert (await covered(clara.house))["environment"].ids("changed") == (ALONE,)


async def test_a_slip_leaves_translations_approved(clara):
    """A slip of the pen in the English, published as one, changes nothing that was approved."""
    await approve(clara, "de")
    await change(clara, "Are you in teh roomm?", place=ENGLISH)
    await publish(clara, ENGLISH)
    await approve(clara, "en")
    await change(clara, "Are you in teh room?", place=ENGLISH)
    await open_language(clara, ENGLISH)
    await clara.tap("office/flows/button/changes")
    assert clara.key("office/flows/slip") in page_of(clara)
    assert "roomm? \N{RIGHTWARDS ARROW} room?" in page_of(clara)
    await clara.tap("office/flows/button/slip")
    german, english = await covered(clara.house, "de"), await covered(clara.house, "en")
    # The German was not approved for the English before either, so it stays to be read.
    assert german["environment"].ids("changed") == (ALONE,)
    assert english["environment"].ids("changed") == ()
    await approve(clara, "de")
    await change(clara, "Are you in the room?", place=ENGLISH)
    await open_language(clara, ENGLISH)
    await clara.tap("office/flows/button/changes")
    await clara.tap("office/flows/button/slip")
    assert (await covered(clara.house))["environment"].ids("changed") == ()
    assert await outcomes(clara, "flow-publish-slip") == ["done", "done"]
    details = [row[3] for row in await clara.house.audited() if row[0] == "flow-publish-slip"]
    assert [detail.rsplit("/", 1)[1] for detail in details] == ["1", "1"]


async def test_no_more_than_a_slip(clara):
    """What could turn a sentence round can't be called a slip, by a forged tap neither."""
    await approve(clara, "de")
    await change(clara, "Are you now heard by somebody?", place=ENGLISH)
    await publish(clara, ENGLISH)
    await change(clara, "Are you not heard by somebody?", place=ENGLISH)
    await open_language(clara, ENGLISH)
    await clara.tap("office/flows/button/changes")
    assert clara.key("office/flows/button/slip") not in clara.buttons()
    _, data = clara.guest.button("do:flow-publish:")
    await forge(clara, data.replace("flow-publish", "flow-publish-slip"))
    assert await outcomes(clara, "flow-publish-slip") == ["not-now"]
    assert await clara.house.count("publication", '"by" IS NOT NULL') == 1


async def test_a_slip_is_of_the_english_alone(clara):
    """Only a change of the English can be called a slip; a forged one publishes nothing."""
    await approve(clara, "de")
    await change(clara)
    await open_language(clara)
    await clara.tap("office/flows/button/changes")
    assert clara.key("office/flows/button/slip") not in clara.buttons()
    _, data = clara.guest.button("do:flow-publish:")
    await forge(clara, data.replace("flow-publish", "flow-publish-slip"))
    assert await outcomes(clara, "flow-publish-slip") == ["stale"]
    assert await clara.house.count("publication", '"by" IS NOT NULL') == 0


async def test_the_practice_room_says_so(clara):
    """What the practice room approved for itself is called that, and nobody's name stands there."""
    await take_back(clara)
    await clara.house.store.transact(lambda tx: installation.approve(tx, SPOKEN, NOON))
    assert (await covered(clara.house))["environment"].count("changed") == 0
    await open_languages(clara)
    said = clara.key("office/languages/practice", day="Jan 15, 2027")
    assert f"English: {said}" in page_of(clara)


# The schema


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("UPDATE approval SET at = at + 1", "append-only"),
        ("DELETE FROM approval", "append-only"),
        ("INSERT OR REPLACE INTO approval SELECT * FROM approval", "already there"),
        (('INSERT INTO approval (locale, act, texts, "by", at)'
         " SELECT 'en', 'approved', '{}', id, 0 FROM person"), "not by a coordinator"),
        (('INSERT INTO approval (locale, act, texts, "by", at)'
         " SELECT 'xx', 'taken-back', '{}', person, 0 FROM staff_role"), "is not approved"),
    ],
)  # fmt: skip
async def test_approvals_stay_on_record(clara, sql, why):
    """Raw SQL changes no approval, and approves in no name but a coordinator's."""
    if "FROM person" in sql:
        await enrol_facilitator(clara.house, 181, "Anna")
    with pytest.raises(sqlite3.IntegrityError, match=why):
        await clara.house.store.transact(lambda tx: tx.db.execute(sql))
