"""`vestibule flows export` and `import` at the terminal: what is written, taken and refused."""

import asyncio
from pathlib import Path

import pytest

from bot import app, cli, seed
from bot.config import load
from bot.exchange.by_file import FORMATS
from bot.language.words import words
from flows.model import PersonId
from storage import drafts, people
from storage.people import Role
from tests.bot.conftest import ZONE
from tests.bot.test_by_file import ASK, EDIT, NEW, YES, sheet_for
from tests.bot.test_export_command import SETTINGS
from tests.honest import NOON, YEAR
from tests.installation import copy_new, write_master_key

ROOT = Path(__file__).parents[2]


def say(key, **params):
    return words("en", "UTC").say(key, **params)


class Installation:
    """A stopped bot's files, with a coordinator and a facilitator, and the commands."""

    def __init__(self, folder, capsys):
        self.folder = folder
        self.config = folder / "config.toml"
        self._capsys = capsys

    async def settle_in(self):
        self.config.write_text(SETTINGS)
        place = load(self.config).storage
        await copy_new(place.database, place.keys)
        write_master_key(place.master_key_file)
        await self.change(self._furnish)

    def _furnish(self, tx):
        seed.publish_shipped(tx, ("en", "de"), NOON)
        for label, role in (("Clara", Role.COORDINATOR), ("Anna", Role.FACILITATOR)):
            person = people.add(tx, locale="en", zone=ZONE, label=label, now=NOON)
            people.give_role(tx, person, role, prepared_at=None)
            people.invite(tx, person, f"token-{label}", expires_at=NOON + YEAR)
            people.redeem(tx, f"token-{label}", 100 + person, NOON)
        return person

    async def change(self, fn):
        async with app.opened_store(load(self.config)) as store:
            return await store.transact(fn)

    async def call(self, *arguments):
        """Call the command in a thread, as it has a loop of its own; return what it said."""
        code = await asyncio.to_thread(cli.main, ["flows", *map(str, arguments)])
        told = self._capsys.readouterr()
        return code, told.out, told.err

    async def take_out(self, name="x.po", *more):
        file = self.folder / name
        chosen = ("--flow", "environment", "--language", "de", "--config", self.config)
        assert await self.call("export", file, *chosen, *more) == (0, "", "")
        return file

    async def bring_back(self, file, *more, by="Clara"):
        return await self.call("import", file, "--config", self.config, "--by", by, *more)

    async def drafted(self):
        found = await self.change(lambda tx: drafts.changes(tx, "environment", "de"))
        return {key: (one.words, one.by) for key, one in found.items()}

    async def recorded(self):
        def rows(tx):
            found = tx.db.execute(
                "SELECT outcome, actor, detail FROM audit WHERE kind = 'flow-file'"
            )
            return [tuple(row) for row in found]

        return await self.change(rows)


@pytest.fixture
async def place(tmp_path, capsys):
    found = Installation(tmp_path, capsys)
    await found.settle_in()
    return found


def edit(file, key=ASK, **new):
    end = file.suffix.removeprefix(".")
    file.write_bytes(EDIT[end](file.read_bytes(), key, new))


# Out


@pytest.mark.parametrize("end", FORMATS)
def test_what_is_shipped(tmp_path, monkeypatch, end):
    """Without an installation the shipped texts are written."""
    monkeypatch.chdir(tmp_path)
    arguments = ["--flow", "environment", "--language", "de", f"x.{end}"]
    assert cli.main(["flows", "export", *arguments]) == 0
    returned = FORMATS[end].read((tmp_path / f"x.{end}").read_bytes(), "x")
    assert returned.revision == sheet_for().revision


async def test_what_an_installation_has(place):
    """With an installation its own texts are written, the draft's among them."""
    await place.change(
        lambda tx: drafts.write(tx, "environment", "de", ASK, NEW, seen=0, by=PersonId(1), now=NOON)
    )
    file = await place.take_out()
    assert NEW in file.read_text("utf-8").replace('"\n"', "")


async def test_the_format(place):
    """The kind of file is as its name ends, or as is asked for."""
    assert (await place.take_out("x.xlsx")).read_bytes().startswith(b"PK")
    assert (await place.take_out("y.txt", "--format", "xlsx")).read_bytes().startswith(b"PK")


async def test_a_file_that_is_there(place):
    """Nothing is written over unasked."""
    file = place.folder / "x.po"
    file.write_text("mine")
    chosen = ("--flow", "environment", "--language", "de", "--config", place.config)
    code, _, told = await place.call("export", file, *chosen)
    assert (code, file.read_text()) == (2, "mine")
    assert "already" in told
    await place.take_out("x.po", "--force")
    assert file.read_text("utf-8").startswith("# Vestibule")


WRONG_OUT = [
    (("--flow", "enviroment", "--language", "de", "x.po"), "Did you mean"),
    (("--flow", "environment", "--language", "xx", "x.po"), "There is no language"),
    (("--flow", "environment", "--language", "de", "x.pdf"), ".po, .xlsx"),
    (("--flow", "environment", "--language", "de", "no/such/x.po"), "can't be written"),
    (("--flow", "environment", "--language", "de", "x.po", "--config", "no.toml"), "no.toml"),
]


@pytest.mark.parametrize(("arguments", "about"), WRONG_OUT)
def test_an_export_that_can_not_be(tmp_path, monkeypatch, capsys, arguments, about):
    """What is wrong is one sentence and exit code 2, and there is no file."""
    monkeypatch.chdir(tmp_path)
    assert cli.main(["flows", "export", *arguments]) == 2
    told = capsys.readouterr().err
    assert about in told
    assert told.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


# Back


@pytest.mark.parametrize("end", FORMATS)
async def test_back_into_the_draft(place, end):
    """What was changed becomes the named coordinator's draft, on record; nothing is published."""
    file = await place.take_out(f"x.{end}")
    assert await place.bring_back(file) == (0, f"{say('office/flows/file-same')}\n", "")
    edit(file, target=NEW)
    assert await place.bring_back(file, by="clara") == (
        0,
        f"{say('office/flows/file-kept', n=1)}\n",
        "",
    )
    assert await place.drafted() == {ASK: (NEW, PersonId(1))}
    assert await place.recorded() == [
        ("done", 1, "environment/de/0"),
        ("done", 1, "environment/de/1"),
    ]


async def test_a_dry_run(place):
    """A dry run says what would change, and changes nothing."""
    file = await place.take_out()
    edit(file, target=NEW)
    said = await place.bring_back(file, "--dry-run")
    assert said == (0, f"{say('office/flows/impact', n=1)}\n", "")
    assert await place.drafted() == {}


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
async def test_findings(place, more):
    """All findings are printed as lint prints them, and nothing is taken."""
    file = await place.take_out()
    edit(file, target=NEW)
    edit(file, YES, target="J" * 33)
    code, out, err = await place.bring_back(file, *more)
    assert (code, err) == (1, "")
    assert "F505, language: German (de)\n" in out
    assert out.startswith(f"{file}:")
    assert out.endswith(f"{say('lint/count', n=1)}\n")
    assert await place.drafted() == {}
    assert await place.recorded() == []


async def test_words_of_a_colleague(place):
    """What a colleague has changed since is refused here too."""
    file = await place.take_out()
    await place.change(
        lambda tx: drafts.write(tx, "environment", "de", ASK, "?", seen=0, by=PersonId(2), now=NOON)
    )
    edit(file, target=NEW)
    code, out, _ = await place.bring_back(file)
    assert code == 1
    assert "F705" in out
    assert await place.drafted() == {ASK: ("?", PersonId(2))}


@pytest.mark.parametrize("by", ["Anna", "Nobody"])
async def test_nobody_else_has_a_draft(place, by):
    """A label that is no coordinator's is refused."""
    code, _, told = await place.bring_back(await place.take_out(), by=by)
    assert (code, told.count("\n")) == (2, 1)
    assert "No coordinator" in told


async def test_files_that_can_not_be_read(place):
    """A file that is not there, or of no kind, is one sentence; a broken one has a finding."""
    for name, about in (("no.po", "There is no file"), ("config.ini", ".po, .xlsx, .toml")):
        code, _, told = await place.bring_back(place.folder / name)
        assert (code, told.count("\n")) == (2, 1)
        assert about in told
    (place.folder / "a.xlsx").write_bytes(b"?")
    code, out, _ = await place.bring_back(place.folder / "a.xlsx")
    assert code == 1
    assert "F702" in out


async def test_no_installation(place):
    """Without a database there is nothing to bring anything into, and none is made."""
    file = await place.take_out()
    database = load(place.config).storage.database
    for one in database.parent.glob("*.sqlite3*"):
        one.unlink()
    code, _, told = await place.bring_back(file)
    assert (code, told.count("\n")) == (2, 1)
    assert not database.exists()


async def test_beside_a_running_bot(house, tmp_path, terminal):
    """As processes: an export reads beside the bot; an import says that it is to go by the chat."""
    (tmp_path / "config.toml").write_text(SETTINGS)
    first = ("export", "x.po", "--flow", "environment", "--language", "en")
    code, _, told = await terminal.call(tmp_path, "flows", *first, "--config", "config.toml")
    assert (code, told) == (0, "")
    code, _, told = await terminal.call(tmp_path, "flows", "import", "x.po", "--by", "Clara")
    assert code == 2
    assert told == (
        "vestibule: The bot is running, so send it the file in the chat (/flows), or stop it"
        " first.\n"
    )
    assert await house.count("draft") == 0
