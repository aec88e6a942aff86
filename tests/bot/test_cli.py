"""The command as a process: what goes wrong is one line and exit code 2, and changes nothing."""

import asyncio
import base64
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from bot import app
from bot.clock import SystemClock
from bot.config import load
from bot.language.words import words
from bot.practice.botapi.api import PracticeApi
from bot.practice.installation import TOKEN
from flows.model import Programme
from storage import approvals, people
from storage.people import Role
from tests.bot.terminal import environment
from tests.honest import enrol_staff

ROOT = Path(__file__).parents[2]
VESTIBULE = Path(sys.executable).with_name("vestibule")
OTHER_TOKEN = "7654321:" + "practice-" * 4
CRISIS = '[crisis.en]\nlines = ["112"]\nconfirmed = true\n'
FLOOD = '{"ok":false,"error_code":429,"description":"x","parameters":{"retry_after":7}}'


@pytest.fixture
async def api():
    api = PracticeApi(SystemClock(), token=TOKEN)
    await api.start()
    yield api
    await api.stop()


class Place:
    """One installation in a folder of its own, and the command called there."""

    def __init__(self, folder, terminal, base_url, settled):
        self.settled = settled
        self.folder = folder / "installation"
        self.folder.mkdir()
        self.terminal = terminal
        self.configure(base_url=base_url)
        self.file("token.txt").write_text(TOKEN)

    def file(self, name):
        return self.folder / name

    def configure(self, *, base_url, more="", crisis=CRISIS, level="ERROR"):
        self.file("config.toml").write_text(
            f'[telegram]\nbase_url = "{base_url}"\n[programme]\nlanguages = ["en"]\n'
            f'[logging]\nlevel = "{level}"\n{crisis}{more}'
        )

    def contents(self):
        found = self.folder.rglob("*")
        return {file: file.read_bytes() if file.is_file() else None for file in found}

    async def settle_in(self):
        """Put the files of an installation that was in use in their places; they are made once."""
        if not self.settled.exists():
            async with app.opened_store(load(self.file("config.toml"))) as store:
                await store.transact(lambda tx: enrol_staff(tx, 100, "A1"))
            self.settled.mkdir()
            for file in self.folder.glob("vestibule*"):
                shutil.copy(file, self.settled)
        for file in self.settled.iterdir():
            shutil.copy(file, self.folder)

    async def call(self, *arguments, **more):
        """Run the command; return its exit code, what it printed, and what it complained of."""
        return await self.terminal.call(self.folder, *arguments, **more)

    async def refuses(self, *arguments, about, **more):
        """Call in vain: one line, exit code 2, no byte changed anywhere."""
        before = self.contents()
        await self.complains(*arguments, about=about, **more)
        assert self.contents() == before

    async def complains(self, *arguments, about, **more):
        code, out, err = await self.call(*arguments, **more)
        assert (code, out) == (2, ""), err
        assert err.startswith("vestibule: ")
        assert err.endswith((".\n", "?\n"))
        assert err.count("\n") == 1, err
        assert "Traceback" not in err
        assert about in err
        assert TOKEN not in err
        assert OTHER_TOKEN not in err


@pytest.fixture(scope="module")
def settled(tmp_path_factory):
    return tmp_path_factory.mktemp("settled") / "installation"


@pytest.fixture
async def place(tmp_path, terminal, api, settled):
    return Place(tmp_path, terminal, api.base_url, settled)


# Settings and token


@pytest.mark.parametrize("command", [("run",), ("seed", "seed.toml")])
async def test_no_configuration(place, command):
    """Without a configuration file there is nothing to start with."""
    await place.refuses(*command, "--config", "other.toml", about="There is no file other.toml")


@pytest.mark.parametrize(
    ("more", "about"),
    [
        ("[limits]\ncap = 99\n", "limits.cap must be a whole number from 1 to 8"),
        ("[limits]\nlatte = 5\n", "there is no setting limits.latte. Did you mean late?"),
        ("[limits\n", "is not valid TOML"),
        ('[rooms]\nlink_hosts = ["https://x"]\n', "rooms.link_hosts must be"),
    ],
)
async def test_wrong_settings(place, api, more, about):
    """A wrong setting is named, with what it must be."""
    place.configure(base_url=api.base_url, more=more)
    await place.refuses("run", about=about)


async def test_missing_settings(place, api):
    """A setting without a default that is missing is named."""
    place.configure(base_url=api.base_url, crisis="")
    await place.refuses("run", about="crisis.en.lines must be given")
    place.configure(base_url=api.base_url, crisis="[crisis.en]\nconfirmed = true\n")
    await place.refuses("run", about="crisis.en.lines is missing")


async def test_an_address_without_encryption(place):
    """A Bot API elsewhere than on this machine must speak https."""
    place.configure(base_url="http://example.org/bot")
    await place.refuses("run", about="telegram.base_url must be an address")


@pytest.mark.parametrize("command", [("run",), ("seed", "seed.toml")])
async def test_tokens_of_no_form(place, command):
    """A token that can't be one is not sent anywhere, and a missing one is asked for."""
    await place.refuses(*command, about="VESTIBULE_TOKEN is not complete", VESTIBULE_TOKEN="12:x")
    place.file("token.txt").write_text("1234567:too-short")
    await place.refuses(*command, about="is not complete")
    place.file("token.txt").unlink()
    await place.refuses(*command, about="There is no bot token")


# Telegram


@pytest.mark.parametrize("command", [("run",), ("seed", "seed.toml")])
@pytest.mark.parametrize("used", [False, True], ids=["new", "used"])
async def test_a_token_that_is_refused(place, command, used):
    """A token that Telegram does not know is refused before any file is made or touched."""
    place.file("seed.toml").write_text(SEED)
    if used:
        await place.settle_in()
    await place.refuses(
        *command, about="does not accept the bot token", VESTIBULE_TOKEN=OTHER_TOKEN
    )


@pytest.mark.parametrize("command", [("run",), ("seed", "seed.toml")])
async def test_telegram_out_of_reach(place, api, command):
    """Where nobody answers, the address is named."""
    place.file("seed.toml").write_text(SEED)
    await api.stop()
    await place.refuses(*command, about=f"{api.base_url} can't be reached")


@pytest.mark.parametrize(
    "answer",
    [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 5\r\n\r\nhello",
        f"HTTP/1.1 429 Too Many Requests\r\nContent-Length: {len(FLOOD)}\r\n\r\n{FLOOD}",
        "no HTTP at all\r\n\r\n",
    ],
    ids=["page", "gateway", "flood", "noise"],
)
async def test_an_address_where_something_else_answers(place, answer):
    """A server that is no Bot API, or has no time, is as good as none."""

    async def reply(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer.encode())
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(reply, "127.0.0.1", 0)
    async with server:
        base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/bot"
        place.configure(base_url=base_url)
        await place.refuses("run", about=f"{base_url} can't be reached")


# The store


def newer(place):
    with sqlite3.connect(place.file("vestibule.sqlite3")) as db:
        db.execute("PRAGMA user_version = 999")
    db.close()


def foreign_sqlite(place):
    place.file("vestibule.sqlite3").unlink()
    with sqlite3.connect(place.file("vestibule.sqlite3")) as db:
        db.execute("CREATE TABLE x (y)")
    db.close()


def foreign_text(place):
    place.file("vestibule.sqlite3").write_text("Dear diary,\n" * 50)


def a_folder(place):
    place.file("vestibule.sqlite3").unlink()
    place.file("vestibule.sqlite3").mkdir()


def no_keys(place):
    place.file("vestibule-keys.sqlite3").unlink()


def no_database(place):
    place.file("vestibule.sqlite3").unlink()


def no_master_key(place):
    place.file("vestibule.key").unlink()


def nothing_but_keys(place):
    no_database(place)
    no_master_key(place)


def wrong_master_key(place):
    place.file("vestibule.key").write_bytes(base64.b64encode(bytes(range(32))))


def spoilt_master_key(place):
    place.file("vestibule.key").write_text("not a key")


def exposed_master_key(place):
    place.file("vestibule.key").chmod(0o644)


SPOILS = {
    newer: "schema 999",
    foreign_sqlite: "is not a file of this program",
    foreign_text: "is not a file of this program",
    a_folder: "cannot be written",
    no_keys: "key file",
    no_database: "is missing",
    no_master_key: "There is no master key",
    nothing_but_keys: "There is no master key",
    wrong_master_key: "The master key does not fit",
    spoilt_master_key: "The master key is not",
    exposed_master_key: "can be reached by other users",
}


@pytest.mark.parametrize("spoil", SPOILS)
async def test_a_store_that_cannot_be_used(place, spoil):
    """A database or key that is newer, spoilt, missing or not ours is left as it is."""
    await place.settle_in()
    spoil(place)
    await place.refuses("run", about=SPOILS[spoil])


async def test_a_store_that_cannot_be_seeded(place):
    """The seed is as careful."""
    await place.settle_in()
    place.file("seed.toml").write_text(SEED)
    newer(place)
    await place.refuses("seed", "seed.toml", about=SPOILS[newer])


@pytest.mark.parametrize("command", [("run",), ("seed", "seed.toml")])
async def test_a_second_instance(place, command):
    """While one program uses the database, another one does not start."""
    place.file("seed.toml").write_text(SEED)
    async with app.opened_store(load(place.file("config.toml"))):
        await place.refuses(*command, about="is in use by another program")


async def test_a_folder_that_does_not_exist(place, api):
    """A database in a folder that does not exist makes no master key elsewhere."""
    place.configure(base_url=api.base_url, more='[storage]\ndatabase = "no/v.sqlite3"\n')
    await place.refuses("run", about="does not exist")


# Seeding

SEED = """
[programme]
ends = 2099-12-31
safety_contact_until = 2099-12-31

[[staff]]
label = "Anna"
roles = ["facilitator"]
locale = "en"
prepared = 2026-01-15

[[participant]]
id = "p"
label = "H7"
locale = "en"

[[session]]
name = "Tuesday"
starts_in_minutes = 30
minutes = 90
facilitators = ["Anna"]
participants = ["p"]
"""


@pytest.mark.parametrize("used", [False, True], ids=["new", "used"])
@pytest.mark.parametrize(
    ("wrong", "about"),
    [
        (SEED.replace("minutes = 90", "minutes = 900"), "minutes must be"),
        (SEED.replace('locale = "en"', 'locale = "xx"', 1), "Nothing was changed."),
        (SEED.replace('participants = ["p"]', 'participants = ["q"]'), "Nothing was changed."),
        ("[[staff]\n", "is not valid TOML"),
    ],
)
async def test_a_bad_seed(place, used, wrong, about):
    """A seed with a mistake adds nobody, not even files."""
    if used:
        await place.settle_in()
    place.file("seed.toml").write_text(wrong)
    await place.refuses("seed", "seed.toml", about=about)


async def test_a_seed_that_is_not_there(place):
    """A seed file that does not exist is named."""
    await place.refuses("seed", "other.toml", about="There is no file other.toml")


async def test_a_seed_sown_twice(place):
    """Labels that are in use are refused the second time, and nothing changes."""
    place.file("seed.toml").write_text(SEED)
    code, out, err = await place.call("seed", "seed.toml")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["Anna (facilitator)", "H7 (participant)"]
    assert all("https://t.me/vestibule_practice_bot?start=" in line for line in lines)
    before = place.file("vestibule.sqlite3").read_bytes()
    await place.complains("seed", "seed.toml", about="somebody has this label already")
    assert place.file("vestibule.sqlite3").read_bytes() == before


# The practice room, help, and the end


async def test_an_unknown_script(place):
    """A script that does not exist is answered with those that do."""
    await place.refuses("demo", "--script", "no-such", about="There are: assisted, call-in, ")


@pytest.mark.parametrize("arguments", [(), ("walk",), ("seed",), ("run", "--open")])
async def test_commands_that_do_not_exist(place, arguments):
    """What the command line does not know is exit code 2, with how it is used."""
    code, out, err = await place.call(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("usage: vestibule")
    assert "Traceback" not in err


def test_help():
    """The installed command says what there is."""
    done = subprocess.run(  # noqa: S603 -- our own command
        [VESTIBULE, "--help"], capture_output=True, text=True, check=True, env=environment()
    )
    assert done.stderr == ""
    assert all(f"\n    {command} " in done.stdout for command in ("run", "seed", "export", "demo"))


@asynccontextmanager
async def run(place, number=signal.SIGTERM):
    """Run the bot as a process, and end it."""
    running = await asyncio.create_subprocess_exec(
        VESTIBULE,
        "run",
        cwd=place.folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    run = Run(running)
    try:
        yield run
    finally:
        running.send_signal(number)
        out, err = await asyncio.wait_for(running.communicate(), 5)
        run.code, run.err = running.returncode, err.decode()
        run.out += out.decode()


@asynccontextmanager
async def run_that_prints(place):
    """Run the bot; yield the link that it prints first, and the run."""
    async with run(place) as ended:
        while not (found := START_LINK.search(await ended.line())):
            pass
        yield found[0].strip(), ended


class Run:
    """A run: what it has printed; once it has ended, its exit code too."""

    def __init__(self, process):
        self._process = process
        self.code, self.out, self.err = None, "", ""

    async def line(self):
        line = (await self._process.stdout.readline()).decode()
        assert line, "nothing more was printed"
        self.out += line
        return line


async def opened(api, link, phone):
    """Open a link on a phone; return the bot's newest text there, or nothing."""
    phone.open_link(link)
    await api.quiet(within=20)
    return newest(phone)


async def welcomed(api, link, phone):
    """Open a link on a phone; return the bot's newest text there, however long it takes to come."""
    await opened(api, link, phone)
    async with asyncio.timeout(20):
        while not newest(phone):
            await phone.view_after(phone.view()["version"], 1)
    return newest(phone)


def newest(phone):
    texts = [m["text"] for m in phone.view()["messages"] if m["from"] == "bot"]
    return texts[-1] if texts else ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_run_from_the_seed_to_the_end(place, api, number):
    """The printed links let people in; asked to end, the bot ends at once, with exit code 0."""
    place.file("seed.toml").write_text(SEED)
    _, out, _ = await place.call("seed", "seed.toml")
    links = [line.partition(": ")[2] for line in out.splitlines()]
    async with app.opened_store(load(place.file("config.toml"))) as store:
        await store.transact(lambda tx: approvals.approve(tx, "en", {}, 1, by=None))
    async with run(place, number) as ended:
        phones = [api.phones.add(5000 + n, "Somebody", "en") for n in range(len(links))]
        first = [await welcomed(api, *one) for one in zip(links, phones, strict=True)]
        assert first[0].startswith("This chat is set up")
        assert first[1:] == [words("en", "UTC").say("home/arrival/language")]
    assert (ended.code, ended.err) == (0, "")
    left = {file.name for file in place.contents()}
    assert not [name for name in left if name.endswith(("-wal", "-shm"))]


# The first coordinator

START_LINK = re.compile(r"https://t\.me/vestibule_practice_bot\?start=([A-Za-z0-9_-]{32})\n")


async def test_first_coordinator(place, api):
    """Each start prints a fresh link and its code, and the earlier ones end."""
    links = []
    for _ in range(2):
        async with run(place) as ended:
            await api.quiet(within=20)
        (payload,) = START_LINK.findall(ended.out)
        assert (ended.code, ended.err) == (0, "")
        assert ended.out.startswith("No coordinator has come yet: ")
        assert len(ended.out.splitlines()) > 15
        links.append(f"https://t.me/vestibule_practice_bot?start={payload}")
    assert links[0] != links[1]
    phone = api.phones.add(5000, "Somebody", "en")
    async with run(place) as ended:
        await api.quiet(within=20)
        assert await opened(api, links[0], phone) == ""
        assert await opened(api, links[1], phone) == ""
    links += START_LINK.findall(ended.out)
    kept = b"".join(place.contents()[file] for file in place.contents())
    assert not [link for link in links if link[-32:].encode() in kept]
    with closing(sqlite3.connect(place.file("vestibule.sqlite3"))) as db:
        assert db.execute("SELECT count(*) FROM person").fetchone() == (1,)
        assert db.execute("SELECT count(*) FROM invitation").fetchone() == (1,)


async def test_first_coordinator_comes(place, api):
    """The printed link lets in once and is in no log; the next start prints nothing."""
    place.configure(base_url=api.base_url, level="DEBUG")
    phone, other = (api.phones.add(5000 + n, "Somebody", "en") for n in range(2))
    async with run_that_prints(place) as (link, ended):
        assert "/team" in await welcomed(api, link, phone)
        assert await opened(api, link, other) == ""
    assert link[-32:] not in ended.err
    async with run(place) as ended:
        await api.quiet(within=20)
    assert (ended.code, ended.out) == (0, "")


# Is everything there?


async def test_check_of_nothing(place):
    """Before the first start `check` says what is to be done, and makes no file."""
    before = place.contents()
    code, out, err = await place.call("check")
    assert (code, err) == (1, "")
    assert "to do: the database: start `vestibule run` once" in out
    assert out.endswith("to do.\n")
    assert place.contents() == before


async def test_check_of_what_cannot_be_read(place):
    """A configuration or a database that can't be read is one line and exit code 2."""
    await place.refuses("check", "--config", "other.toml", about="There is no file other.toml")
    await place.settle_in()
    foreign_text(place)
    await place.refuses("check", about="is not a file of this program")


def let_in(tx):
    """Set everything up as a coordinator does."""
    person = people.add(tx, locale="en", zone="UTC", label="Clara", now=1)
    people.give_role(tx, person, Role.COORDINATOR, prepared_at=None)
    people.invite(tx, person, "token", expires_at=100)
    people.redeem(tx, "token", 5001, 2)
    people.set_programme(tx, Programme(ends_at=FAR, safety_contact_until=FAR))
    approvals.approve(tx, "en", {}, 3, by=person)


FAR = 4_000_000_000
TAKEN_BACK = (
    "INSERT INTO approval (locale, act, texts, \"by\", at) VALUES ('en', 'taken-back', '{}', 2, 4)"
)
UNDO = {
    "DELETE FROM programme": ("the safety contact outside the bot", "the programme's end"),
    "UPDATE programme SET safety_contact_until = 5": ("the safety contact outside the bot",),
    "UPDATE programme SET ends_at = 5": ("the programme's end",),
    "UPDATE programme SET suspended = 1": ("the programme goes on",),
    "UPDATE staff_role SET prepared_at = NULL": (
        "a facilitator who is prepared for online facilitation",
    ),
    "UPDATE staff_role SET ended_at = 5 WHERE role = 'coordinator'": ("a coordinator",),
    "UPDATE person SET status = 'invited' WHERE id = 2": ("a coordinator",),
    TAKEN_BACK: ("an approved language",),
}


async def everything(place):
    await place.settle_in()
    place.file("token.txt").chmod(0o600)
    async with app.opened_store(load(place.file("config.toml"))) as store:
        await store.transact(let_in)


def todos(out):
    return tuple(line.split(": ")[1] for line in out.splitlines() if line.startswith("to do: "))


async def test_check_of_everything(place):
    """Where all of it is there, `check` says so line by line, beside a running bot too."""
    await everything(place)
    before = place.contents()
    code, out, err = await place.call("check")
    assert (code, err, todos(out)) == (0, "", ())
    assert out.splitlines()[0] == "ok:    the configuration"
    assert out.endswith("Nothing is left to do.\n")
    assert before.items() <= place.contents().items()
    async with app.opened_store(load(place.file("config.toml"))):
        assert (await place.call("check"))[0] == 0


@pytest.mark.parametrize("sql", UNDO)
async def test_check_of_what_is_missing(place, sql):
    """Each thing that holds every session is named by itself, with what to do."""
    await everything(place)
    async with app.opened_store(load(place.file("config.toml"))) as store:
        await store.transact(lambda tx: tx.db.execute(sql))
    code, out, _ = await place.call("check")
    assert (code, todos(out)) == (1, UNDO[sql])


async def test_check_of_contacts(place, api):
    """Crisis contacts that nobody has confirmed are named in each language."""
    await everything(place)
    unconfirmed = CRISIS.replace("true", "false")
    place.configure(base_url=api.base_url, crisis=unconfirmed)
    code, out, _ = await place.call("check")
    assert (code, todos(out)) == (1, ("the crisis contacts in en",))


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("token.txt", "the bot token"),
        ("vestibule.sqlite3", "the database"),
        ("vestibule-keys.sqlite3", "the key file"),
        ("vestibule.key", "the master key"),
    ],
)
async def test_check_of_files(place, name, what):
    """A file that others can reach, or that is not there, is named; the token is not printed."""
    await everything(place)
    place.file(name).chmod(0o640)
    code, out, _ = await place.call("check")
    assert (code, todos(out)) == (1, (what,))
    assert TOKEN not in out
    place.file(name).rename(place.file("elsewhere"))
    code, out, err = await place.call("check")
    assert what in todos(out) or "There is no database" in err
    assert code == (2 if name == "vestibule.sqlite3" else 1)
