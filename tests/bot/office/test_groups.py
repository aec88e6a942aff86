"""Groups and one-to-ones by taps: made, set, led, full, ended; other people's are not there."""

import sqlite3

import pytest

from bot.language import catalogues
from bot.office import names, office, rights
from flows import events as e
from flows.model import PersonId, SessionKind
from storage import groups, pages, people
from storage.groups import Part
from tests.bot.office.conftest import Desk, enrol_coordinator
from tests.bot.office.grouping import (
    add_participant,
    enrol_facilitator,
    find,
    forge,
    go,
    label_of,
    lead_session_group,
    make_group,
    members,
    of,
    page_of,
    press,
    reopen,
)
from tests.bot.test_must_never import LISTS
from tests.honest import NOON

CAP = 6
OF_A_GROUP = (rights.of_group, rights.of_participant, rights.decides_on_participant)
"""Rights that depend on the group, or on the participant, that a page or an act is about."""


@pytest.fixture
async def anna(empty_house):
    """Seat a facilitator in the office of a programme without groups."""
    return await enrol_facilitator(empty_house, 100, "Anna")


async def test_new_group_has_good_defaults(anna):
    """A name is all that a group needs: the rest is the maker's language and what is usual."""
    await anna.command("groups")
    assert anna.page == anna.key("office/groups/none")
    group = await make_group(anna)
    made = await find(anna.house, group)
    assert (made.name, made.kind, made.locale) == ("Tuesday 18", SessionKind.GROUP, "en")
    assert (made.minutes, made.room, made.cap, made.ended_at) == (90, "link", CAP, None)
    assert await members(anna.house, group, Part.FACILITATOR) == (anna.guest.person,)
    assert "Tuesday 18" in page_of(anna)
    await anna.command("groups")
    assert "Tuesday 18" in anna.buttons()
    assert ("group-new", "done", anna.guest.person, str(group)) in await anna.house.audited()


async def test_name_is_taken_out_of_the_chat_and_out_of_the_record(anna):
    """The message with a name is deleted, and no row of the record says it."""
    await make_group(anna, "Tuesday 18")
    typed = [m["text"] for m in anna.guest.phone.view()["messages"] if m["from"] == "user"]
    assert "Tuesday 18" not in typed
    assert "Tuesday" not in str(await anna.house.audited())


@pytest.mark.parametrize(
    ("locale", "line", "wrong"),
    [
        ("en", "...", "empty"),
        ("en", "\N{BRAILLE PATTERN BLANK}", "empty"),
        ("en", "T" * 33, "long"),
        ("en", "tuesday 18", "taken"),
        ("en", "\N{FULLWIDTH LATIN CAPITAL LETTER T}uesday 18", "taken"),
        ("en", "Court Tuesday", "telling"),
        ("en", "Tuesday anti-violence", "telling"),
        ("en", "MY_GROUP", "telling"),
        ("de", "Gewaltfrei", "telling"),
        ("de", "Männergruppe 2", "telling"),
        ("de", "TÄTERARBEIT", "telling"),
        ("de", "Bewährung", "telling"),
    ],
)
async def test_bad_name_is_asked_for_again(empty_house, locale, line, wrong):
    """What can't be a name gets a kind answer and the question again; a good one is then taken."""
    desk = await enrol_facilitator(empty_house, 100, "Anna", locale)
    first = await make_group(desk)
    await desk.command("groups")
    await desk.tap("office/groups/button/new")
    await desk.type(line)
    assert desk.page == "\n\n".join(
        (desk.key(f"office/groups/name-{wrong}"), desk.key("office/groups/ask-name"))
    )
    assert await of(desk) == (first,)
    assert ("group-new", f"name-{wrong}", desk.guest.person, "") in await desk.house.audited()
    await desk.type("Thursday 9")
    assert len(await of(desk)) == 2


async def test_colleagues_may_use_the_same_name(anna):
    """A name is one's own: another facilitator's group of the same name says nothing to anybody."""
    await make_group(anna)
    bernd = await enrol_facilitator(anna.house, 101, "Bernd", "de")
    await make_group(bernd)
    assert set(await of(anna)).isdisjoint(await of(bernd))


def test_every_language_knows_what_tells():
    """Each language has its words that no name may have, in small letters as they are compared."""
    assert set(names.telling_words()) == set(catalogues.languages())
    for patterns in names.telling_words().values():
        assert patterns
        assert all(pattern == names.folded(pattern) for pattern in patterns)


@pytest.mark.parametrize(
    ("locale", "name"),
    [
        *(("en", name) for name in ("Tuesday 18", "Blue", "Schild", "Corner 3", "Harbour 7")),
        *(("de", name) for name in ("Dienstag 18", "Blau", "Schildkröte", "Hafen 7", "Linde")),
        *(("fr", name) for name in ("Mardi 18 h", "Bleu", "Tilleul", "Accompagnement", "Port 7")),
    ],
)
def test_neutral_name_is_taken(locale, name):
    """A name that says nothing is a name, also where a telling word stands inside another one."""
    assert names.problem(name, locale, ()) == ""


@pytest.mark.parametrize(
    ("locale", "word"),
    [
        *(("en", word) for word in ("Violence", "program", "Group 2", "offender", "Families")),
        *(("de", word) for word in ("Opferhilfe", "Paartherapie", "Frauen", "Amtsgericht")),
        *(("fr", word) for word in ("Violences", "Groupe 2", "Les familles", "L\u2019\u00e9pouse")),
    ],
)
def test_what_a_participant_must_not_read_is_no_name(locale, word):
    """Words that no participant may read can't stand in a name either."""
    assert names.problem(word, locale, ()) == "telling"


def test_words_that_participants_must_not_read_are_known_by_language():
    """The languages whose participants' texts are searched have a list for names too."""
    assert set(LISTS) <= set(names.telling_words())


async def test_settings_by_taps(anna):
    """Language, length and size are set by taps, and stand on the page at once."""
    group = await make_group(anna)
    await anna.tap("office/group/button/locale")
    await press(anna, f"do:group-locale:{group}:de")
    await anna.tap("office/group/button/minutes")
    await anna.tap("office/group/button/length", n=120)
    await anna.tap("office/group/button/cap")
    await anna.tap("office/group/button/size", n=8)
    changed = await find(anna.house, group)
    assert (changed.locale, changed.minutes, changed.cap) == ("de", 120, 8)
    assert anna.key("office/group/minutes", n=120) in page_of(anna)
    assert anna.key("office/group/people", done=0, all=8) in page_of(anna)


async def test_one_to_one_holds_one(anna):
    """A one-to-one holds one, and has the lengths of one; back as a group it is as usual."""
    group = await make_group(anna)
    await anna.tap("office/group/button/kind")
    await anna.tap("office/group/button/one-to-one")
    changed = await find(anna.house, group)
    assert (changed.kind, changed.cap, changed.minutes) == (SessionKind.ONE_TO_ONE, 1, 60)
    assert anna.key("office/group/button/cap") not in anna.buttons()
    await forge(anna, f"do:group-cap:{group}:2")
    await forge(anna, f"do:group-minutes:{group}:120")
    assert await find(anna.house, group) == changed
    await anna.tap("office/group/button/kind")
    await anna.tap("office/group/button/group")
    back = await find(anna.house, group)
    assert (back.kind, back.cap, back.minutes) == (SessionKind.GROUP, CAP, 90)


@pytest.mark.parametrize("choice", ["0", "9", "1"])
async def test_size_stays_within_its_bounds(anna, choice):
    """A size is at most eight, at least one, and never below those who are there."""
    group = await make_group(anna)
    for _ in range(2):
        await add_participant(anna, group)
    await forge(anna, f"do:group-cap:{group}:{choice}")
    assert (await find(anna.house, group)).cap == CAP
    assert ("group-cap", "stale", anna.guest.person, "") in await anna.house.audited()


async def test_kind_stays_while_somebody_takes_part(anna):
    """The kind is changed only while a group is empty."""
    group = await make_group(anna)
    await add_participant(anna, group)
    await anna.tap("office/group/button/kind")
    await anna.tap("office/group/button/one-to-one")
    assert (await find(anna.house, group)).kind is SessionKind.GROUP
    assert page_of(anna).startswith(anna.key("office/group/not-empty"))


@pytest.mark.parametrize("data", ["group-kind:{}:party", "group-locale:{}:tlh", "group-cap:{}:x"])
async def test_choice_that_was_never_offered_changes_nothing(anna, data):
    """A forged choice is refused, on record."""
    group = await make_group(anna)
    before = await anna.house.domain()
    await forge(anna, "do:" + data.format(group))
    assert await anna.house.domain() == before
    assert ("tap", "forged", anna.guest.person, "") in await anna.house.audited()


async def test_six_come_in_two_languages_and_the_seventh_is_refused(anna):
    """Six people come by their invitations, in the languages of their group; then it is full."""
    group = await make_group(anna)
    phones = []
    for number in range(CAP):
        locale = "de" if number % 2 else "en"
        await go(anna, "group-locale", group)
        await press(anna, f"do:group-locale:{group}:{locale}")
        person, link = await add_participant(anna, group)
        phone = anna.house.guest(200 + number, locale=locale)
        phone.phone.open_link(link)
        await anna.house.quiet()
        assert phone.texts()
        phones.append((person, phone))
    assert len(await members(anna.house, group)) == CAP
    known = await anna.house.store.read(lambda tx: [people.find(tx, one) for one, _ in phones])
    assert [one.locale for one in known] == ["en", "de"] * 3
    assert len({await label_of(anna.house, person) for person, _ in phones}) == CAP

    before = await anna.house.count("person")
    await anna.tap("office/group/button/add")
    assert page_of(anna).startswith(anna.key("office/group/full"))
    assert await anna.house.count("person") == before
    assert ("participant-add", "full", anna.guest.person, str(group)) in await anna.house.audited()


async def test_schema_holds_the_size(anna):
    """Nobody is one too many in a group, not even by a statement of the store's own."""
    group = await make_group(anna)
    for _ in range(CAP):
        await add_participant(anna, group)

    def one_more(tx):
        person = people.add(tx, locale="en", zone="UTC", label="Z1", now=NOON)
        groups.join(tx, group, person, Part.PARTICIPANT, NOON)

    with pytest.raises(sqlite3.IntegrityError, match="the group is full"):
        await anna.house.store.transact(one_more)
    assert len(await members(anna.house, group)) == CAP


async def test_second_tap_on_the_same_drawing_adds_nobody(anna):
    """Somebody is added once a drawing: a tap that comes twice finds the button outdated."""
    group = await make_group(anna)
    await add_participant(anna, group)
    await forge(anna, f"do:participant-add:{group}:0")
    assert len(await members(anna.house, group)) == 1
    assert ("participant-add", "stale", anna.guest.person, "") in await anna.house.audited()


async def test_two_facilitators_one_removed(anna):
    """Who is added sees the group; who is taken out sees nothing of it from that moment on."""
    bernd = await enrol_facilitator(anna.house, 101, "Bernd", "de")
    group = await make_group(anna)
    person, _ = await add_participant(anna, group)
    await anna.tap("office/group/button/staff")
    await press(anna, f"do:group-staff-add:{group}:{bernd.guest.person}")
    await bernd.command("groups")
    await go(bernd, "group", group)
    label = await label_of(anna.house, person)
    assert label in bernd.buttons()
    await press(anna, f"do:group-staff-remove:{group}:{bernd.guest.person}")
    assert bernd.page == bernd.key("office/gone")
    assert label not in str(bernd.guest.messages())
    assert await of(bernd) == ()


async def test_last_facilitator_stays(anna):
    """Somebody leads a group: nobody takes the last one out who can, not even themselves."""
    group = await make_group(anna)
    await go(anna, "group-staff", group)
    await press(anna, f"do:group-staff-remove:{group}:{anna.guest.person}")
    assert page_of(anna).startswith(anna.key("office/group/last"))
    assert await of(anna) == (group,)


async def test_colleague_without_the_role_leads_nobody(anna):
    """Whoever lost the role does not count as the one who stays."""
    bernd = await enrol_facilitator(anna.house, 101, "Bernd", "de")
    group = await make_group(anna)
    await go(anna, "group-staff", group)
    await press(anna, f"do:group-staff-add:{group}:{bernd.guest.person}")
    await anna.house.store.transact(
        lambda tx: tx.db.execute(
            "UPDATE staff_role SET ended_at = ? WHERE person = ?", (NOON, bernd.guest.person)
        )
    )
    await forge(anna, f"do:group-staff-remove:{group}:{anna.guest.person}")
    assert await of(anna) == (group,)


async def test_leaving_oneself(anna):
    """With a colleague who stays, a facilitator can leave, and finds the group no more."""
    bernd = await enrol_facilitator(anna.house, 101, "Bernd", "de")
    group = await make_group(anna)
    await go(anna, "group-staff", group)
    await press(anna, f"do:group-staff-add:{group}:{bernd.guest.person}")
    await press(anna, f"do:group-staff-remove:{group}:{anna.guest.person}")
    assert page_of(anna) == anna.key("office/groups/none")
    assert (await of(anna), await of(bernd)) == ((), (group,))


async def test_who_is_taken_out_leaves_the_groups_sessions(house):
    """A session of the group has them no more, and what they signed for it is void."""
    group = await lead_session_group(house)
    anna = Desk(house, house.anna)
    await house.started()
    await house.answer_all(house.h7.person)
    await house.observe_all(house.bernd.person, house.h7.person)
    await house.sign(house.bernd.person, house.h7.person)
    await anna.command("groups")
    await go(anna, "group", group)
    await go(anna, "group-staff", group)
    await press(anna, f"do:group-staff-add:{group}:{house.bernd.person}")
    await press(anna, f"do:group-staff-remove:{group}:{house.bernd.person}")
    session = await house.session()
    assert not session.facilitators[house.bernd.person].active
    assert session.facilitators[house.anna.person].active
    assert session.checks[house.h7.person].sign_off is None


async def test_nobody_leaves_a_running_session_alone(house):
    """Whoever is the last in a session that has begun stays in its group until it is over."""
    group = await lead_session_group(house)
    await house.happen(e.FacilitatorRemoved(house.bernd.person))
    anna = Desk(house, house.anna)
    await house.started()
    await anna.command("groups")
    await go(anna, "group", group)
    await go(anna, "group-staff", group)
    await press(anna, f"do:group-staff-add:{group}:{house.bernd.person}")
    await press(anna, f"do:group-staff-remove:{group}:{house.anna.person}")
    assert page_of(anna).startswith(anna.key("office/group/alone"))
    assert await of(anna) == (group,)
    assert (await house.session()).facilitators[house.anna.person].active


async def test_only_prepared_facilitators_can_be_added(anna):
    """Who is not marked as prepared, a coordinator or a participant is not offered, nor taken."""
    unprepared = await enrol_facilitator(anna.house, 101, "Bernd", prepared=False)
    clara = await enrol_coordinator(anna.house)
    group = await make_group(anna)
    person, _ = await add_participant(anna, group)
    await anna.tap("office/group/button/staff")
    for other in (unprepared.guest.person, clara.person, person):
        assert f"do:group-staff-add:{group}:{other}" not in [d for _, d in anna.guest.buttons()]
        await forge(anna, f"do:group-staff-add:{group}:{other}")
    assert await members(anna.house, group, Part.FACILITATOR) == (anna.guest.person,)


async def test_ending_is_asked_once(anna):
    """A group ends by a second tap; then its page is gone, and its name is free."""
    group = await make_group(anna)
    await anna.tap("office/group/button/end")
    assert (await find(anna.house, group)).ended_at is None
    await anna.tap("office/group/button/end-now")
    assert (await find(anna.house, group)).ended_at == anna.house.clock.now()
    await forge(anna, f"go:group:{group}")
    assert anna.page == anna.key("office/gone")
    await forge(anna, f"do:group-locale:{group}:de")
    assert ("group-locale", "stale", anna.guest.person, "") in await anna.house.audited()
    assert await make_group(anna) != group


async def test_open_invitations_end_with_their_group(anna):
    """Nobody comes by an invitation to a group that has ended, but to another one they do."""
    first, second = await make_group(anna), await make_group(anna, "Thursday 9")
    await reopen(anna, "group", first)
    _, gone = await add_participant(anna, first)
    moved, link = await add_participant(anna, first)
    await reopen(anna, "participant", moved)
    await forge(anna, f"do:participant-move:{moved}:{first}-{second}")
    await reopen(anna, "group-end", first)
    await anna.tap("office/group/button/end-now")
    late, guest = (anna.house.guest(200 + number) for number in range(2))
    late.phone.open_link(gone)
    guest.phone.open_link(link)
    await anna.house.quiet()
    assert (late.texts(), bool(guest.texts())) == ([], True)


async def test_group_does_not_end_while_it_runs(house):
    """A group whose session has begun ends only after that session."""
    group = await lead_session_group(house)
    anna = Desk(house, house.anna)
    await house.started()
    await anna.command("groups")
    await go(anna, "group", group)
    await go(anna, "group-end", group)
    await anna.tap("office/group/button/end-now")
    assert (await find(house, group)).ended_at is None
    assert page_of(anna).startswith(anna.key("office/group/running"))


# Whose group it is


def guarded(concerns, group, persons):
    """Yield the name, the right and every subject of what is about a group or a person."""
    for one in concerns.values():
        if one.right in OF_A_GROUP:
            abouts = (group,) if one.right is rights.of_group else persons
            yield from ((one.name, one.right, about) for about in abouts)


async def two_in_a_group(desk):
    group = await make_group(desk)
    persons = [(await add_participant(desk, group))[0] for _ in range(2)]
    return group, persons


@pytest.mark.parametrize("who", ["facilitator", "coordinator"])
async def test_other_staff_find_only_refusals(anna, who):
    """With the numbers of a group and its people, nobody else gets to any page or act of it."""
    group, persons = await two_in_a_group(anna)
    labels = [await label_of(anna.house, person) for person in persons]
    if who == "facilitator":
        other = await enrol_facilitator(anna.house, 102, "Doris")
        await two_in_a_group(other)
    else:
        other = Desk(anna.house, await enrol_coordinator(anna.house))
    before = await anna.house.domain()
    expected = []
    for name, _, about in guarded(office.PAGES, group, persons):
        other.guest.forge(f"go:{name}:{about}")
        expected.append((name, "forged", other.guest.person, ""))
    for name, _, about in guarded(office.ACTS, group, persons):
        for choice in ("-", "0", "1", "de", f"{group}-{group + 1}"):
            other.guest.forge(f"do:{name}:{about}:{choice}")
            expected.append((name, "forged", other.guest.person, ""))
    await anna.house.quiet()
    assert len(expected) > 40
    assert (await anna.house.audited())[-len(expected) :] == expected
    assert await anna.house.domain() == before
    assert not any(label in str(other.guest.phone.history) for label in labels)


async def test_lines_of_other_staff_are_not_taken(anna):
    """A page that asks for a line takes none from whoever has no right to it, open or not."""
    _, persons = await two_in_a_group(anna)
    other = await enrol_facilitator(anna.house, 102, "Doris")
    asking = [page for page in office.PAGES.values() if page.take and page.right in OF_A_GROUP]
    assert asking
    for page in asking:
        opened = pages.Page(page.name, persons[0])
        await anna.house.store.transact(
            lambda tx, opened=opened: pages.keep(tx, other.guest.person, opened)
        )
        before = await anna.house.domain()
        await other.type("Marker")
        assert await anna.house.domain() == before
        assert other.page == other.key("reply/staff-nobody-reads")


async def test_own_staff_find_no_refusal(anna):
    """The facilitator of a group is let onto every page of it, and has the right to every act."""
    group, persons = await two_in_a_group(anna)
    for name, _, about in guarded(office.PAGES, group, persons):
        await forge(anna, f"go:{name}:{about}")
    outcomes = {outcome for _, outcome, _, _ in await anna.house.audited()}
    assert outcomes == {"done"}

    def may(tx):
        viewer = people.find(tx, PersonId(anna.guest.person))
        found = guarded(office.ACTS, group, persons)
        return [name for name, right, about in found if not right(tx, viewer, about)]

    assert await anna.house.store.read(may) == []
