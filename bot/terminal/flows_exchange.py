"""`vestibule flows export` and `import`: a flow's texts as a file, and back into the draft.

An export reads beside the running bot. An import writes, so it works while the bot is stopped; it
publishes nothing.
"""

import argparse
import asyncio
from functools import partial
from pathlib import Path

from bot import app
from bot import config as settings
from bot.clock import SystemClock
from bot.config import Config
from bot.errors import (
    BotRunning,
    CoordinatorUnknown,
    FileMissing,
    FileThere,
    FileUnreadable,
    FormatUnknown,
    NotWritten,
)
from bot.exchange import by_file
from bot.exchange.by_file import FORMATS, Outcome
from bot.exchange.sheet import MOST_BYTES, Returned, Sheet, sheet_of
from bot.language.words import Words, words
from bot.terminal import flows_asked, flows_lint
from bot.terminal.flows_asked import Parts
from bot.terminal.flows_lint import Say, told
from flows.model import PersonId
from storage import audit, people, reading, updates
from storage import staff as colleagues
from storage.audit import AuditRow
from storage.errors import NothingThere, StoreInUse
from storage.people import Role
from storage.store import Tx

_CONFIG = Path("config.toml")


def add(parts: Parts, say: Say) -> None:
    """Add the two commands to `vestibule flows`."""
    out = parts.add_parser("export", help="write a flow's texts in one language to a file")
    out.add_argument("file", type=Path, help="the new file")
    out.add_argument("--flow", required=True, metavar="ID", help="this flow")
    out.add_argument("--language", required=True, metavar="CODE", help="this language")
    out.add_argument("--format", choices=tuple(FORMATS), help="default: as the file's name ends")
    out.add_argument("--config", type=Path, help="settings (TOML): the texts of this installation")
    out.add_argument("--force", action="store_true", help="write over a file that is there")
    out.set_defaults(run=_export)
    back = parts.add_parser("import", help="bring such a file back into the draft")
    back.add_argument("file", type=Path, help="the file, with its texts changed")
    back.add_argument("--config", type=Path, default=_CONFIG, help="settings (TOML)")
    back.add_argument("--by", required=True, metavar="LABEL", help="the coordinator whose draft")
    back.add_argument("--dry-run", action="store_true", help="only say what would change")
    back.set_defaults(run=partial(_import, say))


# Out


def _export(chosen: argparse.Namespace) -> int:
    flow = flows_asked.flow_ids([chosen.flow])[0]
    language = flows_asked.languages([chosen.language])[0]
    data = FORMATS[_format(chosen)].write(_sheet(flow, language, chosen.config))
    try:
        with chosen.file.open("wb" if chosen.force else "xb") as file:
            file.write(data)
    except FileExistsError:
        raise FileThere(file=chosen.file) from None
    except OSError as error:
        raise NotWritten(file=chosen.file, reason=error.strerror) from None
    return 0


def _format(chosen: argparse.Namespace) -> str:
    found = chosen.format or chosen.file.suffix.removeprefix(".").lower()
    if found not in FORMATS:
        raise FormatUnknown(file=chosen.file, known=", ".join(f".{end}" for end in FORMATS))
    return str(found)


def _sheet(flow: str, language: str, config: Path | None) -> Sheet:
    """Return the texts as they are in the installation; where there is none, as shipped."""
    file = config or (_CONFIG if _CONFIG.is_file() else None)
    database = settings.load(file).storage.database if file else None
    if database is not None and database.exists():
        with reading.opened(database) as beside:
            found = by_file.taken_out(beside, flow, language)
        if found is not None:
            return found
    return sheet_of(flows_asked.revision(flow, language), flows_asked.revision(flow, "en"))


# Back


def _import(say: Say, chosen: argparse.Namespace) -> int:
    config = settings.load(chosen.config)
    reader = words(flows_lint.language("", chosen.config), "UTC")
    database = config.storage.database
    if not database.exists():
        raise NothingThere(path=database)
    returned = _read(chosen)
    if chosen.dry_run:
        with reading.opened(database) as beside:
            outcome = by_file.looked_over(beside, returned)
    else:
        outcome = asyncio.run(_taken(config, returned, chosen.by))
    return _answer(say, outcome, reader, dry=chosen.dry_run)


def _read(chosen: argparse.Namespace) -> Returned:
    end = chosen.file.suffix.removeprefix(".").lower()
    if end not in FORMATS:
        raise FormatUnknown(file=chosen.file, known=", ".join(f".{one}" for one in FORMATS))
    try:
        with chosen.file.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise FileMissing(file=chosen.file, advice="Please check its name.") from None
    except OSError as error:
        raise FileUnreadable(file=chosen.file, reason=error.strerror) from None
    return FORMATS[end].read(data, str(chosen.file))


async def _taken(config: Config, returned: Returned, label: str) -> Outcome:
    try:
        async with app.opened_store(config) as store:
            return await store.transact(lambda tx: _take(tx, returned, label))
    except StoreInUse:
        raise BotRunning from None


def _take(tx: Tx, returned: Returned, label: str) -> Outcome:
    by = _coordinator(tx, label)
    outcome = by_file.looked_over(tx, returned)
    if not outcome.findings:
        now = updates.advance_clock(tx, SystemClock().now())
        count = by_file.write(tx, outcome, by=by, now=now)
        detail = f"{outcome.flow}/{outcome.locale}/{count}"
        audit.append(
            tx, AuditRow(at=now, kind="flow-file", outcome="done", actor=by, detail=detail)
        )
    return outcome


def _coordinator(tx: Tx, label: str) -> PersonId:
    wanted = label.strip().casefold()
    for one in colleagues.everybody(tx):
        if Role.COORDINATOR in one.roles and people.label_of(tx, one.id).casefold() == wanted:
            return one.id
    raise CoordinatorUnknown


def _answer(say: Say, outcome: Outcome, reader: Words, *, dry: bool) -> int:
    if outcome.findings:
        for finding in outcome.findings:
            say(f"{told(finding, reader)}\n")
        say(reader.say("lint/count", n=len(outcome.findings)))
        return 1
    if outcome.whole is not None:
        say(reader.say("office/flows/step/from-file"))
        return 0
    if not outcome.words:
        say(reader.say("office/flows/file-same"))
        return 0
    key = "office/flows/impact" if dry else "office/flows/file-kept"
    say(reader.say(key, n=len(outcome.words)))
    return 0
