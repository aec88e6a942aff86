"""The configuration: one TOML file, checked whole before anything is opened or sent.

It never holds the bot token, so that printing it can't give the token away: `read_token` does.
`config.example.toml` documents every setting; a test fails where one is not.
"""

import ipaddress
import os
import re
import zoneinfo
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from msgspec import Meta, Struct
from msgspec.structs import replace

from bot import toml_file
from bot.errors import (
    FileUnreadable,
    NotText,
    TokenAsFileName,
    TokenMalformed,
    TokenMissing,
    WrongSetting,
)
from bot.language import catalogues
from flows import reminders
from flows.model import MINUTE, Rules
from flows.reminders import ReminderRule
from storage.retention import Periods

HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
TOKEN_VARIABLE: Final = "VESTIBULE_TOKEN"  # noqa: S105 - the name of the variable
LONGEST_REMINDER: Final = 28 * DAY
_TOKEN: Final = re.compile(r"[0-9]{3,20}:[A-Za-z0-9_-]{30,64}")
_TOKEN_LIKE: Final = re.compile(r"[0-9]{3,}:[A-Za-z0-9_-]{8,}")
_HOST: Final = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9-]+)*")
_LINE: Final = re.compile(r"[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*")
_ADDRESS: Final = (
    "an address that begins with https:// (on this machine itself also http://) and ends with /bot"
)

Line = Annotated[str, Meta(min_length=1, max_length=200)]
TimeOfDay = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Offset = Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,3}[mhdw]$")]
"""How long before: a number of minutes, hours, days or weeks."""


class Telegram(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the Bot API is, how the bot shows who it is, and how fast it may send."""

    token_file: Path = Path("token.txt")
    base_url: str = "https://api.telegram.org/bot"
    messages_per_second: Annotated[int, Meta(ge=1, le=30)] = 25
    burst_per_chat: Annotated[int, Meta(ge=1, le=20)] = 3


class Storage(Struct, frozen=True, forbid_unknown_fields=True):
    """The three files; the keys and the master key are backed up apart from the database."""

    database: Path = Path("vestibule.sqlite3")
    keys: Path = Path("vestibule-keys.sqlite3")
    master_key_file: Path = Path("vestibule.key")


class Programme(Struct, frozen=True, forbid_unknown_fields=True):
    """The languages that people can choose, and the zone of the programme's dates (IANA)."""

    languages: Annotated[tuple[str, ...], Meta(min_length=1)] = ("en", "de")
    time_zone: str = "Europe/Berlin"


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """The gate's limits in minutes, the size of a group, what lasts for days, and who reads."""

    checks_before: Annotated[int, Meta(ge=0, le=1440)] = 60
    auto_start: Annotated[int, Meta(ge=0, le=1440)] = 0
    open_before: Annotated[int, Meta(ge=0, le=60)] = 15
    late: Annotated[int, Meta(ge=0, le=60)] = 15
    sign_off: Annotated[int, Meta(ge=1, le=120)] = 60
    signers: Annotated[int, Meta(ge=1, le=2)] = 1
    second_factor: bool = False
    check_room: Literal["own-call", "link"] = "own-call"
    credential: Annotated[int, Meta(ge=1, le=60)] = 10
    rejoin: Annotated[int, Meta(ge=1, le=30)] = 10
    grace: Annotated[int, Meta(ge=0, le=120)] = 15
    cap: Annotated[int, Meta(ge=1, le=8)] = 6
    orientation_days: Annotated[int, Meta(ge=1, le=730)] = 182
    clearance_days: Annotated[int, Meta(ge=91, le=365)] = 182
    readers: Annotated[int, Meta(ge=1, le=2)] = 1
    one_to_one_weeks: Annotated[int, Meta(ge=0, le=26)] = 4

    @property
    def rules(self) -> Rules:
        """The same limits in seconds, as the gate counts."""
        return Rules(
            checks_before=self.checks_before * MINUTE,
            auto_start=self.auto_start * MINUTE,
            open_before=self.open_before * MINUTE,
            late=self.late * MINUTE,
            sign_off=self.sign_off * MINUTE,
            signers=self.signers,
            second_factor=self.second_factor,
            check_room=self.check_room == "link",
            credential=self.credential * MINUTE,
            rejoin=self.rejoin * MINUTE,
            grace=self.grace * MINUTE,
        )


class Rooms(Struct, frozen=True, forbid_unknown_fields=True):
    """Which hosts a pasted link may have; none named means any, by https."""

    link_hosts: tuple[str, ...] = ()


class Crisis(Struct, frozen=True, forbid_unknown_fields=True):
    """Whom somebody in need can call, in one language; `confirmed` once a person has checked it."""

    lines: Annotated[tuple[Line, ...], Meta(min_length=1)]
    confirmed: bool = False


class Retention(Struct, frozen=True, forbid_unknown_fields=True):
    """How long what is kept: days, and hours for messages on phones."""

    answers: Annotated[int, Meta(ge=1, le=365)] = 30
    debriefs: Annotated[int, Meta(ge=1, le=730)] = 90
    left: Annotated[int, Meta(ge=1, le=365)] = 30
    counts: Annotated[int, Meta(ge=1, le=365)] = 90
    messages: Annotated[int, Meta(ge=12, le=720)] = 24
    staff_messages: Annotated[int, Meta(ge=12, le=720)] = 336

    @property
    def periods(self) -> Periods:
        """The same in seconds, as the store counts."""
        return Periods(
            answers=self.answers * DAY,
            debriefs=self.debriefs * DAY,
            left=self.left * DAY,
            counts=self.counts * DAY,
            messages=self.messages * HOUR,
            staff_messages=self.staff_messages * HOUR,
        )


class Quiet(Struct, frozen=True, forbid_unknown_fields=True):
    """From when until when nobody is reminded, as times of day; the same twice: never quiet."""

    since: TimeOfDay = "21:00"
    until: TimeOfDay = "08:00"


class Reminders(Struct, frozen=True, forbid_unknown_fields=True):
    """How long before a session participants are reminded, and when never."""

    before: Annotated[tuple[Offset, ...], Meta(max_length=reminders.MOST)] = ("1w", "1d", "1h")
    quiet: Quiet = Quiet()

    @property
    def rule(self) -> ReminderRule:
        """The same in seconds, and in minutes after midnight."""
        quiet = reminders.Quiet(_minute(self.quiet.since), _minute(self.quiet.until))
        return ReminderRule(tuple(_seconds(one) for one in self.before), quiet)


def _seconds(offset: str) -> int:
    return int(offset[:-1]) * {"m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}[offset[-1]]


def _minute(time: str) -> int:
    hour, minute = time.split(":")
    return int(hour) * 60 + int(minute)


class Logging(Struct, frozen=True, forbid_unknown_fields=True):
    """How much is logged."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"


class Config(Struct, frozen=True, forbid_unknown_fields=True):
    """All settings; names of files are resolved against the folder of the configuration file."""

    telegram: Telegram = Telegram()
    storage: Storage = Storage()
    programme: Programme = Programme()
    limits: Limits = Limits()
    rooms: Rooms = Rooms()
    crisis: dict[str, Crisis] = {}
    retention: Retention = Retention()
    reminders: Reminders = Reminders()
    logging: Logging = Logging()


def load(path: Path) -> Config:
    """Return the checked configuration; `UserError` names the file and setting that is wrong."""
    config = toml_file.read(
        path, Config, advice="Please copy config.example.toml to it and fill it in."
    )
    if _TOKEN_LIKE.search(str(config.telegram.token_file)):
        raise TokenAsFileName(file=path)
    config = _resolved(config, path.absolute().parent)
    for setting, expected in _problems(config):
        raise WrongSetting(file=path, setting=setting, expected=expected)
    return config


def read_token(config: Config, environment: Mapping[str, str] = os.environ) -> str:
    """Return the bot token from VESTIBULE_TOKEN, else from its file; never show it to anybody."""
    if given := environment.get(TOKEN_VARIABLE, "").strip():
        return _checked(given, TOKEN_VARIABLE)
    file = config.telegram.token_file
    try:
        found = file.read_text(encoding="utf-8-sig").strip()
    except FileNotFoundError:
        raise TokenMissing(variable=TOKEN_VARIABLE, file=file) from None
    except OSError as error:
        raise FileUnreadable(file=file, reason=error.strerror) from None
    except UnicodeDecodeError:
        raise NotText(file=file) from None
    return _checked(found, str(file))


def is_token(text: str) -> bool:
    """Say whether a text has the form of a bot token: the bot's number, a colon, a secret."""
    return bool(_TOKEN.fullmatch(text))


def zone_problem(name: str) -> str | None:
    """Return what is expected instead of this time zone, or None where IANA knows it."""
    zones = zoneinfo.available_timezones()
    if name in zones:
        return None
    hint = toml_file.did_you_mean(name, zones).strip()
    return 'a time zone by its IANA name, such as "Europe/Berlin"' + (f" ({hint})" if hint else "")


def _checked(token: str, place: str) -> str:
    if not is_token(token):
        raise TokenMalformed(place=place)
    return token


def _resolved(config: Config, folder: Path) -> Config:
    telegram, storage = config.telegram, config.storage
    return replace(
        config,
        telegram=replace(telegram, token_file=folder / telegram.token_file.expanduser()),
        storage=Storage(
            folder / storage.database.expanduser(),
            folder / storage.keys.expanduser(),
            folder / storage.master_key_file.expanduser(),
        ),
        rooms=Rooms(tuple(host.lower() for host in config.rooms.link_hosts)),
    )


def _problems(config: Config) -> Iterator[tuple[str, str]]:
    """Yield the setting and what it must be, for what a type can't say."""
    yield from _telegram_problems(config.telegram)
    yield from _storage_problems(config.storage)
    yield from _programme_problems(config.programme)
    yield from _limit_problems(config.limits)
    yield from _reminder_problems(config.reminders)
    yield from _room_problems(config.rooms)
    yield from _crisis_problems(config)


def _telegram_problems(telegram: Telegram) -> Iterator[tuple[str, str]]:
    if not _is_bot_api(telegram.base_url):
        yield "telegram.base_url", _ADDRESS


def _is_bot_api(address: str) -> bool:
    try:
        url = urlsplit(address)
        host, port = url.hostname or "", url.port
    except ValueError:
        return False
    if not host or port == 0 or "@" in url.netloc or "{" in address or not address.isprintable():
        return False
    encrypted = url.scheme == "https" or (url.scheme == "http" and _is_loopback(host))
    return encrypted and address.endswith("/bot") and not url.query and not url.fragment


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _storage_problems(storage: Storage) -> Iterator[tuple[str, str]]:
    if storage.keys == storage.database:
        yield "storage.keys", "another file than storage.database"
    if storage.master_key_file in {storage.database, storage.keys}:
        yield "storage.master_key_file", "another file than storage.database and storage.keys"


def _programme_problems(programme: Programme) -> Iterator[tuple[str, str]]:
    known = catalogues.languages()
    for language in programme.languages:
        if language not in known:
            there = ", ".join(f'"{one}"' for one in known)
            yield "programme.languages", f"a list of languages that have texts ({there})"
    if len(set(programme.languages)) < len(programme.languages):
        yield "programme.languages", "a list that names each language once"
    if expected := zone_problem(programme.time_zone):
        yield "programme.time_zone", expected


def _limit_problems(limits: Limits) -> Iterator[tuple[str, str]]:
    if limits.auto_start > limits.checks_before:
        yield (
            "limits.auto_start",
            "at most limits.checks_before, or 0 to let nothing begin by itself",
        )


def _reminder_problems(found: Reminders) -> Iterator[tuple[str, str]]:
    offsets = found.rule.offsets
    if len(set(offsets)) < len(offsets):
        yield "reminders.before", "a list that names each stretch of time once"
    if any(offset > LONGEST_REMINDER for offset in offsets):
        yield "reminders.before", 'a list of stretches of at most four weeks ("4w")'


def _room_problems(rooms: Rooms) -> Iterator[tuple[str, str]]:
    if not all(_HOST.fullmatch(host.lower()) for host in rooms.link_hosts):
        yield (
            "rooms.link_hosts",
            'a list of host names such as "meet.example.org", without https://',
        )


def _crisis_problems(config: Config) -> Iterator[tuple[str, str]]:
    for language in config.programme.languages:
        if language not in config.crisis:
            yield f"crisis.{language}.lines", "given, as a list of crisis contacts in that language"
    for language, crisis in config.crisis.items():
        if language not in config.programme.languages:
            yield f"crisis.{language}", "removed, or its language added to programme.languages"
        if not all(_LINE.fullmatch(line) for line in crisis.lines):
            yield f"crisis.{language}.lines", "a list of contacts, each one line that is not empty"
