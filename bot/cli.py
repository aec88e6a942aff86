"""The command `vestibule`. What goes wrong is one sentence and exit code 2, never a traceback."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from bot import app, logs, seed
from bot.clock import SystemClock
from bot.config import load, read_token
from bot.errors import UserError
from bot.graphics import renderer
from bot.practice import demo
from bot.practice.room import room
from bot.practice.scripts import script as scripts
from bot.practice.scripts.script import ScriptError
from bot.terminal import (
    audit_command,
    check_command,
    export_command,
    flows_coverage,
    flows_diagram,
    flows_exchange,
    flows_lint,
    flows_preview,
)
from storage.errors import StorageError

EXIT_WRONG = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    chosen = _parser().parse_args(arguments)
    try:
        return int(chosen.run(chosen))
    except (UserError, StorageError, ScriptError) as error:
        print(f"vestibule: {error}", file=sys.stderr)  # noqa: T201 -- the command line's own output
        return EXIT_WRONG
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="vestibule",
        description="Keeps an online session blocked until a facilitator has signed the checks.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="run the bot against Telegram")
    run.add_argument("--config", type=Path, default=Path("config.toml"), help="settings (TOML)")
    run.set_defaults(run=_run)
    sow = commands.add_parser("seed", help="enrol staff, participants and sessions from a file")
    sow.add_argument("file", type=Path, help="what to enrol (TOML)")
    sow.add_argument("--config", type=Path, default=Path("config.toml"), help="settings (TOML)")
    sow.set_defaults(run=_seed)
    look = commands.add_parser("check", help="say whether everything is set up (exit 1: it is not)")
    look.add_argument("--config", type=Path, default=Path("config.toml"), help="settings (TOML)")
    look.set_defaults(
        run=lambda chosen: check_command.run(chosen.config, SystemClock().now(), demo.say_aloud)
    )
    _add_audit(commands)
    _add_export(commands)
    _add_flows(commands)
    show = commands.add_parser("demo", help="open the practice room, without network")
    named = f"play and print one of: {', '.join(scripts.names())}; or a file: NAME.script"
    show.add_argument("--script", help=named)
    show.add_argument("--keep", type=Path, help="go on in this folder (default: a temporary one)")
    show.add_argument("--port", type=int, default=0, help="where the page is (default: any)")
    show.add_argument("--no-browser", action="store_false", dest="browser", help="open no browser")
    show.set_defaults(run=_demo)
    return parser


def _add_audit(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    record = commands.add_parser("audit", help="check the record of decisions and signatures")
    parts = record.add_subparsers(required=True, metavar="PART")
    check = parts.add_parser("verify", help="say whether the record is whole (exit 1: it is not)")
    check.add_argument("--anchor", default="", help="a head that was kept elsewhere")
    check.set_defaults(
        run=lambda chosen: audit_command.verify(_database(chosen), chosen.anchor, demo.say_aloud)
    )
    head = parts.add_parser("head", help="print the record's head, to be kept elsewhere")
    head.set_defaults(run=lambda chosen: audit_command.head(_database(chosen), demo.say_aloud))
    for part in (check, head):
        part.add_argument(
            "--config", type=Path, default=Path("config.toml"), help="settings (TOML)"
        )


def _add_export(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    copy = commands.add_parser("export", help="write the copy of what is held about a participant")
    copy.add_argument("label", help="the participant's label")
    copy.add_argument("target", type=Path, help="a new file (HTML), or a folder to put it into")
    copy.add_argument("--config", type=Path, default=Path("config.toml"), help="settings (TOML)")
    copy.set_defaults(
        run=lambda chosen: export_command.run(
            chosen.config, chosen.label, chosen.target, SystemClock().now(), demo.say_aloud
        )
    )


def _add_flows(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    flows = commands.add_parser("flows", help="look at the flows and their texts, by file too")
    parts = flows.add_subparsers(required=True, metavar="PART")
    flows_lint.add(parts, demo.say_aloud)
    flows_preview.add(parts)
    flows_diagram.add(parts)
    flows_coverage.add(parts)
    flows_exchange.add(parts, demo.say_aloud)


def _database(chosen: argparse.Namespace) -> Path:
    return load(chosen.config).storage.database


def _demo(chosen: argparse.Namespace) -> int:
    if chosen.script:
        return demo.main(chosen.script)
    return room.main(chosen.keep, chosen.port, chosen.browser, demo.say_aloud)


def _run(chosen: argparse.Namespace) -> int:
    config = load(chosen.config)
    token = read_token(config)
    logs.set_up(config.logging.level, [token])

    async def until_told() -> None:
        running = asyncio.current_task()
        loop = asyncio.get_running_loop()
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, lambda: running and running.cancel())
        with suppress(asyncio.CancelledError):
            clock, chromium = SystemClock(), renderer.find()
            await app.serve(config, token, clock, say=demo.say_aloud, chromium=chromium)

    asyncio.run(until_told())
    return 0


def _seed(chosen: argparse.Namespace) -> int:
    config = load(chosen.config)
    token = read_token(config)
    logs.set_up(config.logging.level, [token])
    read, defaults = seed.load_seed(chosen.file), seed.Defaults.of(config)
    seed.check(read, defaults, SystemClock().now())

    async def sow() -> tuple[str, tuple[seed.Invitation, ...]]:
        async with app.connected(config, token) as connection:
            name = connection.bot.username
        async with app.opened_store(config) as store:
            found = await seed.apply(store, read, defaults, SystemClock().now())
        return name, found

    name, invitations = asyncio.run(sow())
    for invitation in invitations:
        link = f"https://t.me/{name}?start={invitation.link_payload}"
        print(f"{invitation.label} ({invitation.role}): {link}")  # noqa: T201 -- shown once, here
    return 0


if __name__ == "__main__":
    sys.exit(main())
