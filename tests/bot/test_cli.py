"""The command as a process: what goes wrong is one line and exit code 2, and changes nothing."""

import asyncio
import base64
import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from bot import app
from bot.clock import SystemClock
from bot.config import load
from bot.practice.botapi.api import PracticeApi
from bot.practice.installation import TOKEN
from bot.words import words
from tests.honest import enrol_staff

ROOT = Path(__file__).parents[2]
VESTIBULE = Path(sys.executable).with_name("vestibule")
OTHER_TOKEN = "7654321:" + "practice-" * 4
CRISIS = '[crisis.en]\nlines = ["112"]\nconfirmed = true\n'
FLOOD = '{"ok":false,"error_code":429,"description":"x","parameters":{"retry_after":7}}'
NURSERY = """
import json, os, signal, sys
from bot import cli

for line in sys.stdin:
    asked = json.loads(line)
    child = os.fork()
    if child == 0:
        signal.alarm(10)
        os.chdir(asked["folder"])
        os.environ.update(asked["environment"])
        for number, name in ((1, asked["out"]), (2, asked["err"])):
            os.dup2(os.open(name, os.O_CREAT | os.O_WRONLY | os.O_TRUNC), number)
        sys.exit(cli.main(asked["arguments"]))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""A process that has imported the command and forks for each call: a second saved every time."""


def environment(**more):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("VESTIBULE")}
    return clean | more


@pytest.fixture(scope="module")
def nursery():
    with subprocess.Popen(  # noqa: S603 -- our own interpreter
        [sys.executable, "-c", NURSERY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
        cwd=ROOT,
    ) as process:
        yield process
        process.stdin.close()


@pytest.fixture
async def api():
    api = PracticeApi(SystemClock(), token=TOKEN)
    await api.start()
    yield api
    await api.stop()


class Place:
    """One installation in a folder of its own, and the command called there."""

    def __init__(self, folder, nursery, base_url):
        self.folder = folder / "installation"
        self.folder.mkdir()
        self.told = folder
        self.nursery = nursery
        self.configure(base_url=base_url)
        self.file("token.txt").write_text(TOKEN)

    def file(self, name):
        return self.folder / name

    def configure(self, *, base_url, more="", crisis=CRISIS):
        self.file("config.toml").write_text(
            f'[telegram]\nbase_url = "{base_url}"\n[programme]\nlanguages = ["en"]\n'
            f'[logging]\nlevel = "ERROR"\n{crisis}{more}'
        )

    def contents(self):
        found = self.folder.rglob("*")
        return {file: file.read_bytes() if file.is_file() else None for file in found}

    async def settle_in(self):
        """Make the files of an installation that was in use."""
        async with app.opened_store(load(self.file("config.toml"))) as store:
            await store.transact(lambda tx: enrol_staff(tx, 100, "A1"))

    async def call(self, *arguments, **more):
        """Run the command; return its exit code, what it printed, and what it complained of."""
        out, err = self.told / "out", self.told / "err"
        asked = {
            "folder": str(self.folder),
            "environment": more,
            "out": str(out),
            "err": str(err),
            "arguments": arguments,
        }
        return await asyncio.to_thread(self._ask, asked), out.read_text(), err.read_text()

    def _ask(self, asked):
        self.nursery.stdin.write(json.dumps(asked) + "\n")
        self.nursery.stdin.flush()
        return int(self.nursery.stdout.readline())

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


@pytest.fixture
async def place(tmp_path, nursery, api):
    return Place(tmp_path, nursery, api.base_url)


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
    await place.refuses("demo", "--script", "no-such", about="There are: evening")


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
    assert all(f"\n    {command} " in done.stdout for command in ("run", "seed", "demo"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_run_from_the_seed_to_the_end(place, api, number):
    """The printed links let people in; asked to end, the bot ends at once, with exit code 0."""
    place.file("seed.toml").write_text(SEED)
    _, out, _ = await place.call("seed", "seed.toml")
    links = [line.partition(": ")[2] for line in out.splitlines()]
    running = await asyncio.create_subprocess_exec(
        VESTIBULE,
        "run",
        cwd=place.folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        phones = [api.phones.add(5000 + n, "Somebody", "en") for n in range(len(links))]
        for phone, link in zip(phones, links, strict=True):
            phone.open_link(link)
        await api.quiet(within=20)
        first = [phone.view()["messages"][-1]["text"] for phone in phones]
        assert first[0].startswith("This chat is set up")
        assert first[1:] == [words("en", "UTC").say("home/arrival/language")]
    finally:
        running.send_signal(number)
        out, err = await asyncio.wait_for(running.communicate(), 5)
    assert (running.returncode, out, err) == (0, b"", b"")
    left = {file.name for file in place.contents()}
    assert not [name for name in left if name.endswith(("-wal", "-shm"))]
