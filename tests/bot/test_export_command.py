"""`vestibule export`: the copy is whole, names nobody else, is on record, and is for one owner."""

import re
import sqlite3
import stat
from contextlib import closing
from html import unescape

import pytest

from bot import keeping
from bot.language.words import words
from bot.views import copy
from flows import events as e
from flows.model import Agreement, SessionKind
from storage import aliases, audit, erasure, groups, held, people, screenings, sessions, wishes
from storage.groups import Part
from tests.bot.conftest import ZONE
from tests.honest import NOON, START, YEAR

SETTINGS = """
[storage]
database = "v.sqlite3"
keys = "keys.sqlite3"
master_key_file = "master.key"
[programme]
languages = ["en", "de"]
[crisis.en]
lines = ["112"]
confirmed = true
[crisis.de]
lines = ["112"]
confirmed = true
"""
NOT_COPIED = {
    "staff_role": "participants have none",
    "authenticator": "participants have none",
    "pad": "participants have none",
    "session_facilitator": "participants are none",
    "debrief": "facilitators' own",
    "screening": "no copy is made while there is one",
    "doomed_person": "erased already",
    "plan": "facilitators' own",
}
"""Tables with a column `person` that are not read for a copy, and why."""


class Office:
    """The command, called as a process of its own in the folder of the running bot's files."""

    def __init__(self, house, folder, terminal):
        self.house = house
        self.terminal = terminal
        self.folder = folder
        (folder / "config.toml").write_text(SETTINGS)

    async def export(self, label, target):
        """Return exit code, output and complaint of the command."""
        config = ("--config", self.folder / "config.toml")
        return await self.terminal.call(self.folder, "export", label, target, *config)

    async def copy(self, label="P0"):
        """Return the lines of a copy that was made."""
        target = self.folder / f"{label}.html"
        code, _, err = await self.export(label, target)
        assert code == 0, err
        return [unescape(one) for one in re.findall(r"<(?:li|h2)>(.*?)<", target.read_text())]

    async def recorded(self):
        """Return (outcome, person) of every copy that is on record."""

        def rows(tx):
            found = tx.db.execute("SELECT outcome, actor, person FROM audit WHERE kind = 'export'")
            return [tuple(row) for row in found]

        return await self.house.store.read(rows)


@pytest.fixture
def office(house, tmp_path, terminal):
    return Office(house, tmp_path, terminal)


def say(key, locale="en", **params):
    return words(locale, ZONE).say(key, **params)


def moment(at, locale="en"):
    return words(locale, ZONE).moment(at)


async def enrich(house):
    """Put P0 and P1 into a group, call them something, and open the session of both."""

    def add(tx):
        room = sessions.load(tx, house.session_id).room
        group = groups.add(
            tx, "Wednesday 7", kind=SessionKind.GROUP, locale="en", minutes=90, room=room, cap=6
        )
        groups.join(tx, group, house.staff[0], Part.FACILITATOR, NOON)
        for person, alias in zip(house.people, ("Marigold", "Kestrel"), strict=True):
            groups.join(tx, group, person, Part.PARTICIPANT, NOON)
            aliases.keep(tx, person, alias)

    await house.store.transact(add)
    await house.joined()


async def test_copy_beside_a_running_bot(house, office):
    """The command writes a file that only its owner can read, and says where it is, and no more."""
    await enrich(house)
    target = office.folder / "copy.html"
    code, out, err = await office.export("P0", target)
    assert (code, err) == (0, "")
    assert str(target) in out
    for private in ("P0", "Marigold", "200"):
        assert private not in out.replace(str(target), "")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert await office.recorded() == [("done", None, house.people[0])]
    assert await house.store.read(audit.verify) is None
    house.h7.phone.type("/privacy")
    await house.quiet()
    assert house.h7.texts()[-1] == house.h7.say("home/privacy")


async def test_copy_is_whole(house, office):
    """Every kind of data that is held stands in the copy, in words, with its time."""
    await enrich(house)
    person = house.people[0]
    await house.store.transact(lambda tx: wishes.ask(tx, person, house.staff[0], NOON))
    lines = await office.copy()
    until, year = words("en", ZONE).day(NOON + YEAR), moment(NOON + YEAR)
    expected = [
        say("home/copy/label", name="P0"),
        say("home/copy/alias", name="Marigold"),
        say("home/copy/chat", name="200"),
        say("home/copy/language", name="English"),
        say("home/copy/zone", name=ZONE),
        say("home/copy/since", time=moment(NOON)),
        say("home/copy/enrolled"),
        say("home/copy/invitation-used", time=moment(NOON)),
        say("home/copy/member", name="Wednesday 7", day=words("en", ZONE).day(NOON)),
        say("home/copy/erasure", time=moment(NOON)),
        say(
            "home/copy/decision-noted", state=say("home/copy/online"), day=until, time=moment(NOON)
        ),
        say("home/copy/instrument", name=say("office/clearance/button/judgement")),
        say("home/copy/intake", day=words("en", ZONE).day(NOON - YEAR)),
        say("home/copy/counts", time=moment(NOON), day=year),
        say("home/copy/appointment", name="Tuesday", time=moment(START)),
        say("home/copy/state", state=say("home/copy/open")),
        say("home/copy/yours", state=say("home/copy/admitted")),
        say("home/copy/round", n=1),
        say("home/copy/answered", item="Headphones", state="yes", time=moment(NOON)),
        say("home/copy/observed", item="Headphones", time=moment(NOON)),
        say("home/copy/signed", state=say("home/copy/admitted"), time=moment(NOON)),
    ]
    assert [line for line in expected if line not in lines] == []
    for kind in Agreement:
        name = say(f"home/copy/{kind.replace('_', '-')}")
        agreed = say("home/copy/agreed", item=name, n=1, name="English", time=moment(NOON))
        assert agreed in lines
    for start in ("A way in", "Came in", "Messages with buttons"):
        assert any(line.startswith(start) for line in lines)


async def test_entries_of_the_record(house, office):
    """Each row of the record that names the person stands there: when, by whom, what, its codes."""
    await enrich(house)
    person = house.people[0]

    def rows(tx):
        found = tx.db.execute(
            "SELECT kind, actor FROM audit WHERE person = ?1 OR actor = ?1", (person,)
        )
        return [tuple(row) for row in found]

    recorded = await house.store.read(rows)
    lines = [line for line in await office.copy() if re.search(r", by .*\(.*\)$", line)]
    assert len(lines) == len(recorded) > 15
    for line, (kind, actor) in zip(lines, recorded, strict=True):
        assert re.search(rf"\({kind}\b", line)
        assert (", by you: " in line) == (actor == person)
    assert any("a signature" in line and "by a contact person" in line for line in lines)


async def test_copy_names_nobody_else(house, office):
    """Neither another participant nor anybody of the staff stands in it, under whatever name."""
    await enrich(house)
    await office.copy()
    text = (office.folder / "P0.html").read_text()
    assert "P0" in text
    for other in ("P1", "Kestrel", "201", "F0", "F1", "100", "101"):
        assert not re.search(rf"(?<![\w:.]){other}(?![\w:.])", text), other


async def test_copy_in_their_own_language(house, office):
    """The copy is in the person's own language, whatever the service speaks."""
    person = house.people[1]
    await house.store.transact(lambda tx: people.set_locale(tx, person, "de"))
    lines = await office.copy("p1")
    assert say("home/copy/you", "de") in lines
    assert say("home/copy/label", "de", name="P1") in lines
    assert '<html lang="de"' in (office.folder / "p1.html").read_text()


async def test_copy_in_a_folder(office):
    """Given a folder the command finds a name that says nothing about anybody."""
    folder = office.folder / "copies"
    folder.mkdir()
    code, out, _ = await office.export("P0", folder)
    (file,) = folder.iterdir()
    assert code == 0
    assert str(file) in out
    assert re.fullmatch(r"copy-\d+\.html", file.name)


@pytest.mark.parametrize("label", ["X9", "F0", "", "P0 P1"])
async def test_unknown_label(label, office):
    """A label that no participant has is refused in one sentence; nothing is written."""
    target = office.folder / "copy.html"
    code, out, err = await office.export(label, target)
    assert (code, out) == (2, "")
    assert err.startswith("vestibule: No participant has this label.")
    assert err.count("\n") == 1
    assert not target.exists()
    assert await office.recorded() == []


async def test_nothing_is_overwritten(office):
    """A file that is there stays as it is, also behind a link; nothing is on record then."""
    target, link = office.folder / "there.html", office.folder / "link.html"
    target.write_text("mine")
    link.symlink_to(target)
    for path in (target, link):
        code, _, err = await office.export("P0", path)
        assert code == 2
        assert "already" in err
    assert target.read_text() == "mine"
    assert await office.recorded() == []


async def test_folder_that_is_not_there(office):
    """Where the file can't be made there is one sentence, and nothing on record."""
    code, _, err = await office.export("P0", office.folder / "none" / "copy.html")
    assert code == 2
    assert "There is no copy." in err
    assert err.count("\n") == 1
    assert await office.recorded() == []


async def test_no_copy_without_a_record(house, office):
    """Where the record can't be written the command fails and leaves no copy behind."""
    target = office.folder / "copy.html"
    with closing(sqlite3.connect(office.folder / "v.sqlite3")) as db:
        db.execute(
            "CREATE TRIGGER full BEFORE INSERT ON audit WHEN NEW.kind = 'export'"
            " BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
        db.commit()
        code, out, err = await office.export("P0", target)
        db.execute("DROP TRIGGER full")
        db.commit()
    assert (code, out) == (2, "")
    assert "Traceback" not in err
    assert not target.exists()


async def test_not_while_something_is_entered(house, office):
    """While a screening is under way, whose taps are soon forgotten, no copy is made."""
    person = house.people[0]

    def begin(tx):
        revision = screenings.revisions.published(tx, screenings.FLOW, "en")
        screenings.begin(tx, person, house.staff[0], revision, house.clock.now())

    await house.store.transact(begin)
    code, _, err = await office.export("P0", office.folder / "copy.html")
    assert code == 2
    assert "in an hour" in err


async def test_whoever_left_and_whoever_was_erased(house, office):
    """Who left can still have a copy; of who was erased there is none."""
    person = house.people[0]

    def leave(tx):
        tx.db.execute(
            "UPDATE person SET status = 'left', left_at = ?, chat = NULL, chat_index = NULL"
            " WHERE id = ?",
            (NOON, person),
        )

    await house.store.transact(leave)
    lines = await office.copy()
    assert say("home/copy/left") in lines
    assert not any("chat" in line.lower() and "200" in line for line in lines)
    await house.store.transact(lambda tx: erasure.erase(tx, person))
    code, _, err = await office.export("P0", office.folder / "another.html")
    assert code == 2
    assert "No participant" in err


async def test_missing_installation(tmp_path, office):
    """Without a database or keys there is one sentence, and no file is made."""
    for name, about in (("v.sqlite3", "There is no database"), ("keys.sqlite3", "key file")):
        text = SETTINGS.replace(name, f"none/{name}")
        (tmp_path / "none").mkdir(exist_ok=True)
        (tmp_path / "config.toml").write_text(text)
        code, _, err = await office.export("P0", tmp_path / "copy.html")
        assert code == 2
        assert about in err
        assert err.count("\n") == 1
    assert not (tmp_path / "copy.html").exists()
    assert list((tmp_path / "none").iterdir()) == []


async def test_every_table_is_copied(house):
    """A table that says anything about a person is read for the copy, or it says why not."""

    def tables(tx):
        names = tx.db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {
            name
            for (name,) in names
            for column in tx.db.execute(f'PRAGMA table_info("{name}")')
            if column["name"] == "person"
        }

    assert await house.store.read(tables) == set(held.QUERIES) | set(NOT_COPIED)
    assert set(held.QUERIES).isdisjoint(NOT_COPIED)


def test_every_event_has_its_words():
    """Whatever may happen to somebody before, at and after an appointment is told in words."""
    told = {kind for kinds in copy.ENTRIES.values() for kind in kinds}
    happens = {
        keeping.kind_of(object.__new__(event))
        for event in e.Event.__args__
        if "person" in event.__dataclass_fields__
    }
    of_staff = {"facilitator-removed", "factor-proved", "factor-reset"}
    assert happens - of_staff - told == set()
