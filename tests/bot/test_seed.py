"""Seeding people and sessions from a TOML file: what is added, and what is refused."""

import re
import tomllib
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from bot import config, seed_file
from bot.errors import UserError
from bot.seed import Defaults, apply, load_seed, publish_shipped
from flows.effects import TimerKind
from flows.model import (
    Agreement,
    ClearanceDecision,
    Programme,
    Rules,
    SessionId,
    SessionKind,
    SessionState,
)
from storage import audit, groups, people, revisions, sessions, timers
from storage.groups import Part
from storage.people import Role
from tests.honest import open_store

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs/seed.example.toml"
BERLIN = ZoneInfo("Europe/Berlin")
NOW = int(datetime(2026, 11, 1, 12, tzinfo=BERLIN).timestamp())
DEFAULTS = Defaults("Europe/Berlin", ("en", "de"))
STAFF = '[[staff]]\nlabel = "Anna"\nroles = ["facilitator"]\nlocale = "en"\nprepared = 2026-01-01\n'
PERSON = '[[participant]]\nid = "p1"\nlocale = "de"\n'
SESSION = (
    '[[session]]\nname = "Tuesday"\nstarts_in_minutes = 30\nminutes = 90\n'
    'facilitators = ["Anna"]\nparticipants = ["p1"]\n'
)
EVENING = STAFF + PERSON + SESSION
NEWCOMERS = (
    '[[staff]]\nlabel = "Ben"\nroles = ["facilitator"]\nlocale = "de"\nprepared = 2026-01-15\n'
    'joins = ["Tuesday"]\n[[participant]]\nlocale = "en"\njoins = ["Tuesday"]\n'
)
COUNTED = (
    *("person", "staff_role", "invitation", "session", '"group"'),
    *("audit", "programme", "revision", "timer", "membership"),
)


def instant(*parts):
    return int(datetime(*parts, tzinfo=BERLIN).timestamp())


@pytest.fixture
async def store(tmp_path):
    store = await open_store(tmp_path)
    yield store
    await store.close()


@pytest.fixture
def sow(store, tmp_path):
    """Write a text as a seed file and apply it."""

    async def sow(text, now=NOW, defaults=DEFAULTS):
        path = tmp_path / "seed.toml"
        path.write_text(text, encoding="utf-8")
        return await apply(store, load_seed(path), defaults, now)

    return sow


async def counts(store):
    def count(tx):
        return {
            table: tx.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in COUNTED
        }

    return await store.read(count)


async def load_session(store, number=1):
    return await store.read(lambda tx: sessions.load(tx, SessionId(number)))


async def test_example(store):
    """The example adds what its comments say."""
    invitations = await apply(store, load_seed(EXAMPLE), DEFAULTS, NOW)
    assert [(one.label, one.role) for one in invitations[:3]] == [
        ("Anna", "facilitator, coordinator"),
        ("Ben", "facilitator"),
        ("K4", "participant"),
    ]
    anna, ben, first, second = await store.read(
        lambda tx: [people.find(tx, number) for number in (1, 2, 3, 4)]
    )
    assert (anna.roles, anna.zone, anna.locale) == (set(Role), "Europe/Paris", "en")
    assert (ben.roles, ben.zone, ben.locale) == ({Role.FACILITATOR}, "Europe/Berlin", "de")
    assert not first.roles | second.roles
    assert {one.status for one in (anna, ben, first, second)} == {"invited"}
    session = await load_session(store)
    assert (session.state, session.kind, session.cap) == (
        SessionState.PLANNED,
        SessionKind.GROUP,
        6,
    )
    assert session.starts_at == instant(2027, 1, 12, 18)
    assert session.ends_at == session.starts_at + 90 * 60
    assert set(session.facilitators) == {1, 2}
    assert all(one.active and one.prepared for one in session.facilitators.values())
    assert set(session.checks) == {3, 4}
    practice = await load_session(store, 2)
    assert (practice.kind, practice.cap) == (SessionKind.ONE_TO_ONE, 1)
    assert (practice.starts_at, practice.ends_at) == (NOW + 1800, NOW + 1800 + 45 * 60)


def test_example_holds_every_setting():
    """Everything that a seed file may hold is in the example, below a comment."""
    shapes = {
        "programme": seed_file.ProgrammeEntry,
        "staff": seed_file.StaffEntry,
        "participant": seed_file.ParticipantEntry,
        "group": seed_file.GroupEntry,
        "session": seed_file.SessionEntry,
    }
    text = EXAMPLE.read_text(encoding="utf-8")
    found = tomllib.loads(text)
    assert sorted(found) == sorted(shapes)
    for section, shape in shapes.items():
        entries = found[section] if isinstance(found[section], list) else [found[section]]
        names = {field.name for field in msgspec.structs.fields(shape)}
        assert {name for entry in entries for name in entry} == names
        for name in names:
            first = text.index(f"[{section}]")
            line = re.compile(rf"(?<=\n)#[^\n]*\n{name} = ").search(text, first)
            assert line, f"{section}.{name} has no comment"


async def test_what_is_settled(sow, store):
    """What the file settles counts until the end of the day named, in the programme's zone."""
    await sow(
        "[programme]\nends = 2027-06-30\nsafety_contact_until = 2027-03-31\n"
        '[[participant]]\nlocale = "de"\nclearance = "one_to_one_only"\n'
        "clearance_until = 2027-01-31\noriented_until = 2026-12-31\nintake = 2026-10-25\n"
        'agreements = ["consent", "house_rules", "confidentiality"]\n'
        '[[participant]]\nlocale = "en"\n'
    )
    settled, nothing = await store.read(
        lambda tx: [people.standing_of(tx, number) for number in (1, 2)]
    )
    assert settled.clearance.decision == ClearanceDecision.ONE_TO_ONE_ONLY
    assert settled.clearance.until == instant(2027, 2, 1)
    assert settled.oriented_until == instant(2027, 1, 1)
    assert settled.intake_at == instant(2026, 10, 25)
    assert settled.agreements == set(Agreement)
    assert (nothing.clearance, nothing.oriented_until, nothing.intake_at) == (None, None, None)
    assert nothing.agreements == frozenset()
    assert await store.read(people.programme) == Programme(
        ends_at=instant(2027, 7, 1), safety_contact_until=instant(2027, 4, 1)
    )


async def test_programme_stays_suspended(sow, store):
    """A seed lifts no suspension, and what it does not say stays."""
    before = Programme(suspended=True, ends_at=NOW + 9, safety_contact_until=NOW + 5)
    await store.transact(lambda tx: people.set_programme(tx, before))
    await sow(PERSON)
    assert await store.read(people.programme) == before
    await sow("[programme]\nends = 2027-06-30\n")
    after = await store.read(people.programme)
    assert (after.suspended, after.safety_contact_until) == (True, NOW + 5)


async def test_nobody_is_signed_or_open(sow, store):
    """A seed signs nothing, opens nothing and enrols nobody: an invitation must be used first."""
    await sow(EVENING)
    session = await load_session(store)
    assert session.state == SessionState.PLANNED
    assert session.opening is None
    assert all(not check.standing.enrolled for check in session.checks.values())
    assert all(check.sign_off is None for check in session.checks.values())


async def test_seed_approves_nothing(sow, store):
    """A seed approves no language: that is a named coordinator's to do."""
    count = "SELECT count(*) FROM approval"
    before = await store.read(lambda tx: tx.db.execute(count).fetchone()[0])
    await sow(EVENING)
    assert await store.read(lambda tx: tx.db.execute(count).fetchone()[0]) == before


async def test_invitations(sow, store):
    """Tokens fit Telegram's links, are kept as hashes alone, and end after fourteen days."""
    staff, participant = await sow(EVENING)
    for invitation in (staff, participant):
        assert re.fullmatch(r"[A-Za-z0-9_-]{20,64}", invitation.link_payload)
        assert invitation.link_payload not in repr(invitation)
    dump = await store.read(lambda tx: "\n".join(tx.db.iterdump()))
    assert staff.link_payload not in dump
    late = NOW + 14 * 86400
    redeem = people.redeem
    assert await store.transact(lambda tx: redeem(tx, staff.link_payload, 7, late)) is None
    assert await store.transact(lambda tx: redeem(tx, staff.link_payload, 7, late - 1)) == 1
    assert await store.transact(lambda tx: redeem(tx, staff.link_payload, 8, NOW)) is None


async def test_unprepared_staff(sow, store):
    """Staff without a day of preparation are not prepared."""
    await sow('[[staff]]\nlabel = "Ben"\nroles = ["facilitator"]\nlocale = "en"\n')
    row = await store.read(lambda tx: tx.db.execute("SELECT * FROM staff_role").fetchone())
    assert (row["role"], row["prepared_at"]) == ("facilitator", None)


async def test_made_up_labels(sow, store):
    """Labels that are left out are neutral, easy to tell apart, and nobody has them twice."""
    nobody = '[[participant]]\nlocale = "en"\n'
    invitations = (await sow(nobody * 60)) + (await sow(nobody * 60 + STAFF))
    labels = [one.label for one in invitations if one.role == "participant"]
    assert len({label.casefold() for label in labels}) == 120
    assert all(re.fullmatch(r"[AC-FHJ-NPRT-Y][34679]{1,2}", label) for label in labels)
    assert sum(len(label) == 2 for label in labels) == 19 * 5
    kept = await store.read(lambda tx: people.label_of(tx, 1))
    assert kept == labels[0]


async def test_made_up_labels_keep_clear_of_given_ones(sow):
    """A label that is made up is never one that stands later in the same file."""
    given = [f"{letter}{digit}" for letter in "ACDEFHJKLMNPRTUVWXY" for digit in "34679"]
    text = '[[participant]]\nlocale = "en"\n'
    text += "".join(f'[[participant]]\nlocale = "en"\nlabel = "{one.lower()}"\n' for one in given)
    assert len((await sow(text))[0].label) == 3


async def test_second_time(sow, store):
    """A label that is in use is refused, so a file with labels is not applied twice."""
    await sow(EVENING)
    before = await counts(store)
    with pytest.raises(UserError, match=r"staff 1: somebody has this label already.* Nothing was"):
        await sow(EVENING.replace("Anna", "ANNA"))
    assert await counts(store) == before


async def test_groups(sow, store):
    """Sessions belong to their group; a group of the same name is the same group later on."""
    text = '[[group]]\nname = "Tuesday"\n' + EVENING + 'group = "Tuesday"\n'
    await sow(text)
    await sow(text.replace("Anna", "Ben"))
    rows = await store.read(lambda tx: tx.db.execute('SELECT "group" FROM session').fetchall())
    assert [row["group"] for row in rows] == [1, 1]


TUESDAY = '[[group]]\nname = "Tuesday"\n' + EVENING + 'group = "Tuesday"\n'


async def members(store, part, group=1):
    return await store.read(lambda tx: groups.members(tx, group, part))


async def test_group_has_the_people_of_its_sessions(sow, store):
    """A group is as its first session is, and has everybody of its sessions, also later ones."""
    await sow(TUESDAY)
    group = await store.read(lambda tx: groups.find(tx, 1))
    assert (group.kind, group.minutes, group.locale, group.cap) == (SessionKind.GROUP, 90, "de", 6)
    await sow(NEWCOMERS)
    assert await members(store, Part.FACILITATOR) == (1, 3)
    assert await members(store, Part.PARTICIPANT) == (2, 4)
    assert await store.read(lambda tx: groups.of_facilitator(tx, 3)) == (1,)


async def test_group_of_a_one_to_one(sow, store):
    """A one-to-one is one of its own kind; a group session makes a group of it that holds more."""
    alone = TUESDAY.replace("minutes = 90", 'minutes = 45\nkind = "one_to_one"')
    await sow(alone)
    group = await store.read(lambda tx: groups.find(tx, 1))
    assert (group.kind, group.minutes, group.cap) == (SessionKind.ONE_TO_ONE, 45, 1)
    await sow(TUESDAY.replace("Anna", "Ben"))
    group = await store.read(lambda tx: groups.find(tx, 1))
    assert (group.kind, group.cap) == (SessionKind.GROUP, 6)


async def test_group_that_is_too_small(sow, store):
    """Sessions that together name more people than their group holds are refused."""
    small = TUESDAY + "cap = 1\n"
    await sow(small)
    before = await counts(store)
    with pytest.raises(UserError, match=r"session 1: its group holds 1 participants"):
        await sow(small.replace("Anna", "Ben"))
    assert await counts(store) == before


async def test_session_without_a_group_makes_no_member(sow, store):
    """A session that belongs to no group puts nobody into one."""
    await sow(EVENING)
    await sow(NEWCOMERS)
    assert (await counts(store))["membership"] == 0


async def test_limits_and_timer(sow, store):
    """A session takes the rules and the cap in force, and timers for its end and late checks."""
    rules = Rules(rejoin=300, grace=600)
    await sow(EVENING, defaults=Defaults("Europe/Berlin", ("en", "de"), rules, cap=4))
    session = await load_session(store)
    assert (session.rules, session.cap) == (rules, 4)
    late, timer = await store.read(lambda tx: timers.due(tx, NOW + 86400))
    assert (late.kind, late.at) == (TimerKind.OVERDUE, session.starts_at - 600)
    assert (timer.kind, timer.at, timer.stamp, timer.person) == (
        TimerKind.SESSION_END,
        session.ends_at + 600,
        "1",
        None,
    )


async def test_record(sow, store):
    """Every person and session that a seed adds has its row in the record, the chain whole."""
    await sow("[programme]\nends = 2027-01-01\n" + EVENING)
    rows = await store.read(
        lambda tx: tx.db.execute("SELECT kind, outcome, person, session FROM audit").fetchall()
    )
    assert [tuple(row) for row in rows] == [
        ("seed/programme", "done", None, None),
        ("seed/person", "done", 1, None),
        ("seed/person", "done", 2, None),
        ("seed/session", "done", None, 1),
    ]
    assert await store.read(audit.verify) is None


async def test_flows_are_published(sow, store):
    """The shipped flows are there in every language, and publishing again changes nothing."""
    await sow("")
    for language in ("en", "de"):
        found = await store.read(
            lambda tx, language=language: revisions.published(tx, "environment", language)
        )
        assert found.locale == language
    before = await counts(store)
    await store.transact(lambda tx: publish_shipped(tx, ("en", "de"), NOW + 5))
    assert await counts(store) == before


async def test_language_without_texts(store):
    """A language without all texts is told by its name, and nothing is published."""
    with pytest.raises(UserError, match="language tlh"):
        await store.transact(lambda tx: publish_shipped(tx, ("en", "tlh"), NOW))
    assert (await counts(store))["revision"] == 0


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('"2026-11-24T18:00"', (2026, 11, 24, 18)),
        ('"2026-11-24 18:00"', (2026, 11, 24, 18)),
        ("2026-11-24T18:00:00", (2026, 11, 24, 18)),
        ('"2027-07-06T18:00"', (2027, 7, 6, 18)),
        ('"2027-10-31T02:30"', (2027, 10, 31, 2, 30)),
    ],
)
async def test_wall_times(sow, store, written, expected):
    """A start is the wall time of the programme's zone; of one that comes twice, the first."""
    await sow(EVENING.replace("starts_in_minutes = 30", f"starts = {written}"))
    assert (await load_session(store)).starts_at == instant(*expected)


async def test_another_zone(sow, store):
    """Days and times are those of the zone that the configuration names."""
    await sow(
        EVENING.replace("starts_in_minutes = 30", 'starts = "2027-01-12T18:00"'),
        defaults=Defaults("Asia/Tokyo", ("en", "de")),
    )
    expected = datetime(2027, 1, 12, 18, tzinfo=ZoneInfo("Asia/Tokyo")).timestamp()
    assert (await load_session(store)).starts_at == expected


def _start(value):
    return EVENING.replace("starts_in_minutes = 30", f"starts = {value}")


SECOND = PERSON.replace("p1", "p2")
REFUSED = {
    "unknown setting": (EVENING + "capp = 3\n", "no setting session 1: capp. Did you mean cap?"),
    "unknown section": ("[[stuff]]\n", "no setting stuff. Did you mean staff?"),
    "missing label": ('[[staff]]\nlocale = "en"\n', "staff 1: label is missing; it must be a text"),
    "role": (STAFF.replace('"facilitator"', '"boss"'), "staff 1: roles must be a list"),
    "no role": (STAFF.replace('"facilitator"', ""), "staff 1: roles must be a list"),
    "role twice": (
        STAFF.replace('"facilitator"', '"facilitator", "facilitator"'),
        "roles must name each role once",
    ),
    "locale": (PERSON.replace('"de"', '"fr"'), 'must be one of the programme\'s languages ("en"'),
    "zone": (PERSON + 'time_zone = "Europe/Pariss"\n', "(Did you mean Europe/Paris?)"),
    "no label": (STAFF.replace("Anna", ""), "staff 1: label must be a text in quotes, of 1 to 24"),
    "label of spaces": (STAFF.replace("Anna", " "), "staff 1: label and id must be printable"),
    "label in lines": (STAFF.replace("Anna", "A\\nB"), "staff 1: label and id must be printable"),
    "label twice": (
        STAFF + STAFF.replace("Anna", "ANNA"),
        "staff 2: the label is the one of staff 1",
    ),
    "staff and participant": (
        EVENING + PERSON.replace("p1", "p") + 'label = "Anna"\n',
        "participant 2",
    ),
    "id twice": (PERSON + PERSON, "participant 2: the id is the one of participant 1"),
    "id of staff": (STAFF + PERSON.replace("p1", "Anna"), "participant 1: the id is the one of"),
    "group twice": ('[[group]]\nname = "A"\n' * 2, "group 2: the name is the one of group 1"),
    "prepared tomorrow": (STAFF.replace("2026-01-01", "2026-11-02"), "not be in the future"),
    "prepared coordinator": (
        STAFF.replace('"facilitator"', '"coordinator"'),
        "prepared is for facilitators",
    ),
    "clearance without end": (PERSON + 'clearance = "online_group"\n', "must stand together"),
    "end without clearance": (PERSON + "clearance_until = 2027-01-01\n", "must stand together"),
    "clearance": (PERSON + 'clearance = "fine"\n', 'must be one of "online_group"'),
    "agreement": (PERSON + 'agreements = ["all"]\n', "participant 1: agreements must be a list"),
    "agreement twice": (PERSON + 'agreements = ["consent", "consent"]\n', "each agreement once"),
    "intake tomorrow": (PERSON + "intake = 2026-11-02\n", "intake must not be in the future"),
    "a date in words": (PERSON + 'intake = "soon"\n', "intake must be a date such as 2027-06-30"),
    "a far date": ("[programme]\nends = 9999-12-31\n", "programme: ends must be in a year from"),
    "unknown group": (EVENING + 'group = "Tuesday"\n', "session 1: there is no group Tuesday."),
    "unknown facilitator": (
        EVENING.replace('["Anna"]', '["Ana"]'),
        "staff Ana. Did you mean Anna?",
    ),
    "unknown participant": (
        EVENING.replace('["p1"]', '["p11"]'),
        "participant p11. Did you mean p1?",
    ),
    "participant as staff": (EVENING.replace('["Anna"]', '["p1"]'), "can't be a facilitator"),
    "staff as participant": (EVENING.replace('["p1"]', '["Anna"]'), "can't be a participant"),
    "no role for it": (
        EVENING.replace('"facilitator"]', '"coordinator"]').replace("prepared", "# "),
        "not have the role",
    ),
    "unprepared": (EVENING.replace("prepared", "# "), "not marked as prepared"),
    "facilitator twice": (
        EVENING.replace('["Anna"]', '["Anna", "Anna"]'),
        "facilitators must name",
    ),
    "participant twice": (EVENING.replace('["p1"]', '["p1", "p1"]'), "participants must name"),
    "nobody": (EVENING.replace('["p1"]', "[]"), "session 1: participants must be a list"),
    "no facilitator": (EVENING.replace('["Anna"]', "[]"), "session 1: facilitators must be a list"),
    "too many": (
        EVENING.replace('["p1"]', '["p1", "p2"]') + "cap = 1\n" + SECOND,
        "it holds 1 participants; more are named",
    ),
    "one-to-one of two": (
        EVENING.replace('["p1"]', '["p1", "p2"]') + 'kind = "one_to_one"\n' + SECOND,
        "a one-to-one has one participant",
    ),
    "one-to-one cap": (EVENING + 'kind = "one_to_one"\ncap = 2\n', "cap must be 1, or left out"),
    "cap": (EVENING + "cap = 9\n", "session 1: cap must be a whole number from 1 to 8"),
    "short": (EVENING.replace("= 90", "= 29"), "minutes must be a whole number from 30 to 120"),
    "long": (EVENING.replace("= 90", "= 121"), "minutes must be a whole number from 30 to 120"),
    "short group": (EVENING.replace("= 90", "= 60"), "from 90 to 120 in a group"),
    "kind": (EVENING + 'kind = "party"\n', 'session 1: kind must be one of "group", "one_to_one"'),
    "room": (EVENING + 'room = "hall"\n', 'session 1: room must be one of "link"'),
    "no start": (_start('"2026-11-24T18:00"').replace("starts", "# "), "either starts or"),
    "two starts": (EVENING + 'starts = "2026-11-24T18:00"\n', "either starts or"),
    "past": (_start('"2026-11-01T11:59"'), "starts must be in the future"),
    "skipped hour": (_start('"2027-03-28T02:30"'), "the hour that clocks skip"),
    "no such day": (_start('"2027-02-30T18:00"'), "starts must be a local date and time such as"),
    "with an offset": (_start("2027-02-03T18:00:00Z"), "starts must be a local date and time"),
    "a day only": (_start("2027-02-03"), "starts must be a local date and time"),
    "a far year": (_start('"0001-01-01T00:00"'), "starts must be in a year from 2000 to 2100"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_refused(case, sow, store):
    """What is wrong is told in one sentence with its place, and nothing was changed."""
    text, expected = REFUSED[case]
    before = await counts(store)
    with pytest.raises(UserError) as caught:
        await sow(text)
    sentence = str(caught.value)
    assert expected in sentence
    assert "seed.toml: " in sentence
    assert "\n" not in sentence
    assert await counts(store) == before
    assert await store.read(lambda tx: tx.keys.is_empty())


async def test_failure_undoes_everything(sow, store, monkeypatch):
    """Where the last step fails, nothing of the seed is kept."""
    before = await counts(store)

    def fail(*_):
        raise OSError

    monkeypatch.setattr(timers, "put", fail)
    with pytest.raises(OSError, match=r"^$"):
        await sow(EVENING)
    assert await counts(store) == before


async def test_missing_file(tmp_path):
    """A seed file that is not there is told, with an example of one."""
    with pytest.raises(UserError, match=r"docs/seed.example.toml"):
        load_seed(tmp_path / "none.toml")


def test_defaults_of_the_configuration():
    """Zone, languages, limits and cap are the configuration's."""
    settings = config.Config(
        programme=config.Programme(("de",), "Europe/Vienna"), limits=config.Limits(cap=4, late=5)
    )
    assert Defaults.of(settings) == Defaults("Europe/Vienna", ("de",), Rules(late=300), 4)


async def test_newcomers_join_a_planned_session(sow, store):
    """A second file adds a participant and a facilitator to a session that is there already."""
    await sow(EVENING)
    await sow(NEWCOMERS)

    session = await load_session(store)

    assert list(session.checks) == [2, 4]
    assert set(session.facilitators) == {1, 3}
    assert all(one.active and one.prepared for one in session.facilitators.values())


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (('"Tuesday"', '"Monday"'), "no planned or running session 'Monday' to join"),
        (("prepared = 2026-01-15\n", ""), "joins is for facilitators who are marked as prepared"),
    ],
)
async def test_newcomers_who_can_not_join_are_refused(change, expected, sow, store):
    """Who can't join is told so with the place, and nobody was added."""
    await sow(EVENING)
    before = await counts(store)

    with pytest.raises(UserError, match=expected):
        await sow(NEWCOMERS.replace(*change))

    assert await counts(store) == before


async def test_full_session_takes_no_newcomer(sow, store):
    """A session that is full takes nobody more, and says so."""
    await sow(EVENING + "cap = 1\n")

    with pytest.raises(UserError, match="the session 'Tuesday' is full"):
        await sow(NEWCOMERS)
