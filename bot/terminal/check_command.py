"""`vestibule check`: is this installation ready, and if not, what is to be done; one line each.

It only reads, beside a running bot too. It can say what is missing; it can't say that all is well
with anybody, and it never prints a token, a key or a name.
"""

import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot import config as settings
from bot.config import Config
from bot.errors import TokenMalformed, TokenMissing
from bot.language.words import missing
from flows.model import Instant
from storage import crypto, readiness, reading
from storage.errors import MasterKeyExposed, MasterKeyMalformed, MasterKeyMissing
from storage.readiness import Readiness

Say = Callable[[str], None]
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `todo` says what to do about it, or nothing."""

    what: str
    todo: str = ""

    def __str__(self) -> str:
        return f"to do: {self.what}: {self.todo}" if self.todo else f"ok:    {self.what}"


def run(file: Path, now: Instant, say: Say) -> int:
    """Say each finding; return 0 where nothing is to be done, else 1.

    `UserError` and `StorageError` say what can't be read.
    """
    config = settings.load(file)
    found = list(findings(config, now))
    for finding in found:
        say(str(finding))
    todo = sum(1 for finding in found if finding.todo)
    say(f"{todo} to do." if todo else "Nothing is left to do.")
    return 1 if todo else 0


def findings(config: Config, now: Instant) -> Iterator[Finding]:
    """Yield what there is to say, in the order in which it is set up."""
    yield Finding("the configuration")
    yield from _token(config)
    yield from _languages(config)
    yield from _crisis(config)
    place = config.storage
    if not any(path.exists() for path in (place.database, place.keys, place.master_key_file)):
        yield Finding("the database", "start `vestibule run` once; it makes the files.")
        return
    yield from _files(config)
    with reading.opened(place.database) as opened:
        found = readiness.of(opened)
    yield from _people(found)
    yield _approved(config, found)
    yield from _programme(found, now)


def _token(config: Config) -> Iterator[Finding]:
    try:
        settings.read_token(config)
    except (TokenMissing, TokenMalformed) as error:
        yield Finding("the bot token", str(error))
        return
    yield _private("the bot token", config.telegram.token_file)


def _languages(config: Config) -> Iterator[Finding]:
    for language in config.programme.languages:
        lacking = len(missing(language))
        todo = f"complete its catalogue; {lacking} texts are missing." if lacking else ""
        yield Finding(f"the texts in {language}", todo)


def _crisis(config: Config) -> Iterator[Finding]:
    for language in config.programme.languages:
        todo = (
            ""
            if config.crisis[language].confirmed
            else f"call the numbers, then set crisis.{language}.confirmed = true."
        )
        yield Finding(f"the crisis contacts in {language}", todo)


def _files(config: Config) -> Iterator[Finding]:
    place = config.storage
    for what, path in (("the database", place.database), ("the key file", place.keys)):
        if path.exists():
            yield _private(what, path)
        else:
            yield Finding(what, f"restore {path} from its backup.")
    try:
        crypto.load_master_key(place.master_key_file)
    except (MasterKeyMissing, MasterKeyExposed, MasterKeyMalformed) as error:
        yield Finding("the master key", str(error))
    else:
        yield _private("the master key", place.master_key_file)


def _private(what: str, path: Path) -> Finding:
    """Say whether only its owner can reach a file, where it is there."""
    exposed = path.exists() and stat.S_IMODE(path.stat().st_mode) & _OTHERS
    return Finding(what, f"others can reach {path}; give it mode 0600." if exposed else "")


def _people(found: Readiness) -> Iterator[Finding]:
    yield Finding(
        "a coordinator",
        ""
        if found.coordinators
        else "start `vestibule run` and open the link that it prints, on a phone.",
    )
    yield Finding(
        "a facilitator who is prepared for online facilitation",
        ""
        if found.prepared_facilitators
        else "a coordinator sends /team, invites one and notes since when they are prepared.",
    )


def _approved(config: Config, found: Readiness) -> Finding:
    """Name the languages that participants can't choose; without any, nobody can be invited."""
    spoken = config.programme.languages
    lacking = ", ".join(one for one in spoken if one not in found.approved)
    if any(one in found.approved for one in spoken):
        return Finding("an approved language" + (f" (not yet: {lacking})" if lacking else ""))
    todo = f"a coordinator sends /flows, taps Languages, reads one ({lacking}) and releases it."
    return Finding("an approved language", todo)


def _programme(found: Readiness, now: Instant) -> Iterator[Finding]:
    confirmed = found.safety_contact_until is not None and found.safety_contact_until > now
    yield Finding(
        "the safety contact outside the bot",
        "" if confirmed else "a coordinator sends /settings and confirms it.",
    )
    runs = found.ends_at is not None and found.ends_at > now
    yield Finding(
        "the programme's end", "" if runs else "a coordinator sends /settings and sets it."
    )
    yield Finding(
        "the programme goes on",
        "it is suspended; a coordinator sends /settings and goes on." if found.suspended else "",
    )
