"""What the program writes to the standard error."""

import logging
import subprocess
import sys

import aiohttp
import pytest
from telegram import Bot

from bot import logs

TOKEN = "123456789:AAF-5_zq" + "Xy9" * 9
SECRET = TOKEN.partition(":")[2]


@pytest.fixture
def written(capsys, monkeypatch):
    """Set up logging, undo it afterwards, and return what was written."""
    root = logging.getLogger()
    names = ("aiohttp", "aiosqlite", "asyncio", "httpcore", "httpx", "telegram")
    before = [(one := logging.getLogger(name), one.level) for name in names] + [(root, root.level)]
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    logs.set_up("DEBUG", [TOKEN])
    yield lambda: capsys.readouterr().err
    for handler in [one for one in root.handlers if isinstance(one, logs.Terminal)]:
        root.removeHandler(handler)
    for logger, level in before:
        logger.setLevel(level)


def _fails():
    raise ValueError(f"no answer from https://api.telegram.org/bot{TOKEN}/getMe")


def _log_exception():
    try:
        _fails()
    except ValueError:
        logging.getLogger("bot").exception("failed")


WAYS = {
    "message": lambda: logging.getLogger("bot").info("token %s", TOKEN),
    "secret alone": lambda: logging.getLogger("bot").info("secret %s", SECRET),
    "address": lambda: logging.getLogger("bot").info("/bot%s/getMe", TOKEN.replace(":", "%3A")),
    "client": lambda: logging.getLogger("bot").info("%r", Bot(TOKEN)),
    "inside": lambda: logging.getLogger("bot").info("x%sx", TOKEN),
    "exception": _log_exception,
    "stack": lambda: logging.getLogger("bot").info("%s", [TOKEN], stack_info=True),
    "library": lambda: logging.getLogger("telegram.ext").warning("%s", {"url": f"/bot{TOKEN}/x"}),
}


@pytest.mark.parametrize("way", WAYS)
def test_no_token(way, written):
    """A token never appears, whichever way it comes."""
    WAYS[way]()
    found = written()
    assert found.count("\n") == 1
    assert SECRET not in found


def test_unknown_token(written):
    """All that has the form of a token is taken out, known or not."""
    other = "987654:BBF-" + "k" * 31
    logging.getLogger("bot").info("at /bot%s/getMe", other)
    found = written()
    assert "at /bot<token>/getMe" in found
    assert other[7:] not in found


def test_ordinary_lines(written):
    """What is no token stays readable, after its UTC time, level and logger."""
    logging.getLogger("bot.sender").warning("Retry in %s s at 18:00:00, session 12:3", 5)
    time, _, rest = written().partition(" ")
    assert time.endswith("Z")
    assert rest == "WARNING bot.sender: Retry in 5 s at 18:00:00, session 12:3\n"


def test_one_line(written):
    """A record stays one line: nobody can write a second one into the log."""
    logging.getLogger("bot").info("first\n2026-01-01T00:00:00Z INFO bot: second\r\nthird")
    assert written().count("\n") == 1


def test_short_secrets(capsys, written):
    """An empty or short secret takes nothing out of ordinary words."""
    logs.set_up("INFO", ["", "a", "1:a"])
    logging.getLogger("bot").info("a banana")
    assert written().endswith("a banana\n")


@pytest.mark.parametrize(
    "name", ["aiohttp.access", "aiosqlite", "httpcore.http11", "httpx", "telegram.Bot"]
)
def test_quiet_libraries(name, written):
    """Libraries that log what they send are heard from WARNING on, even at DEBUG."""
    logging.getLogger(name).info("a person's words")
    assert written() == ""
    logging.getLogger(name).warning("trouble")
    assert written().endswith("trouble\n")


def test_level_and_repetition(written):
    """Setting up again changes the level and writes no line twice."""
    logs.set_up("WARNING", [TOKEN])
    logging.getLogger("bot").info("unheard")
    logging.getLogger("bot").warning("heard")
    assert written().count("heard") == 1


def _run(*lines):
    program = "\n".join(("import logging", "from bot import logs", *lines))
    return subprocess.run(  # noqa: S603 -- a program of ours
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(("error", "lines"), [("ValueError", 1), ("KeyboardInterrupt", 0)])
def test_end_of_the_program(error, lines):
    """An error that ends the program is one line without the token; an interruption is none."""
    ended = _run("logs.set_up('INFO', [])", f"raise {error}('/bot{TOKEN}/getMe')")
    assert ended.returncode != 0
    assert ended.stderr.count("\n") == lines
    assert SECRET not in ended.stderr


def test_broken_record():
    """A record that can't be formatted is one line that does not show its arguments."""
    ended = _run("logs.set_up('INFO', [])", f"logging.warning('%d', '{SECRET}')")
    assert ended.returncode == 0
    assert ended.stderr == "A log record of root, line 4, can't be formatted.\n"


async def test_aiohttp_errors(written):
    """An error of the HTTP client that holds the address is logged without the token."""
    async with aiohttp.ClientSession() as session:
        try:
            await session.get(f"ftp://127.0.0.1/bot{TOKEN}/getMe")
        except aiohttp.ClientError:
            logging.getLogger("bot").exception("failed")
    found = written()
    assert "/bot<token>/getMe" in found
    assert SECRET not in found
