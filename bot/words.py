"""From a key and parameters to words in one language. A missing text is an error, never English.

English stands in `bot/texts.toml`, the other languages in `locales/`.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time, get_timezone_name
from babel.lists import format_list

from bot import catalogues
from bot.catalogues import Catalogue
from flows.extract import BotText, read_texts
from flows.model import Instant, Meaning


class MissingText(LookupError):
    """This text is missing in this language; what needs it stays blocked."""


@cache
def source_texts() -> Mapping[str, BotText]:
    """Return the English texts by key."""
    file = files("bot").joinpath("texts.toml")
    return read_texts(file.read_text("utf-8"), "bot/texts.toml")


@cache
def words(locale: str, zone: str) -> "Words":
    """Return the words of one language for one time zone."""
    return Words(catalogues.load(locale), zone)


def missing(locale: str) -> tuple[str, ...]:
    """Return the keys that a language lacks; empty: it can be spoken."""
    catalogue = catalogues.load(locale)
    return tuple(key for key, text in source_texts().items() if _find(catalogue, key, text) is None)


def _find(catalogue: Catalogue, key: str, source: BotText, number: int = 1) -> str | None:
    if source.one:
        return catalogue.plural(key, source.one, source.text, number)
    return catalogue.text(key, source.text)


class Words:
    """The bot's texts in one language; times in one zone."""

    def __init__(self, catalogue: Catalogue, zone: str) -> None:
        self.locale = catalogue.locale
        self._catalogue = catalogue
        self._zone = ZoneInfo(zone)

    def say(self, key: str, **params: object) -> str:
        """Return the text of `key`; `n` chooses the plural. Raise `MissingText`."""
        number = params.get("n", 1)
        return self._template(key, number if isinstance(number, int) else 1).format(**params)

    def _template(self, key: str, number: int = 1) -> str:
        source = source_texts().get(key)
        found = _find(self._catalogue, key, source, number) if source else None
        if found is None:
            raise MissingText(f"{self.locale}: {key}")
        return found

    def meaning(self, key: str) -> Meaning:
        """Return the sentence that a signature stands under, by its hash.

        Whom it is about stands in the signature itself, by number. A label in the hash would be
        found again by trying them all, long after the person was erased.
        """
        return Meaning(key, self.locale, hashlib.sha256(self._template(key).encode()).hexdigest())

    def time(self, at: Instant) -> str:
        """Return a time of day as this language writes it, in the reader's zone."""
        moment = datetime.fromtimestamp(at, UTC)
        return format_time(moment, "short", tzinfo=self._zone, locale=self.locale)

    def day(self, at: Instant) -> str:
        """Return a date as this language writes it, in the reader's zone."""
        moment = datetime.fromtimestamp(at, UTC).astimezone(self._zone)
        return format_date(moment, "medium", locale=self.locale)

    def weekday(self, at: Instant) -> str:
        """Return a date with its day of the week, as this language writes it."""
        moment = datetime.fromtimestamp(at, UTC).astimezone(self._zone)
        return format_date(moment, "full", locale=self.locale)

    def appointment(self, at: Instant, programme_zone: str = "") -> str:
        """Return a day and a time in the reader's zone, which is named where it is another one."""
        when = {"day": self.weekday(at), "time": self.time(at)}
        if not programme_zone or self._agrees(at, programme_zone):
            return self.say("time/when", **when)
        moment = datetime.fromtimestamp(at, UTC).astimezone(self._zone)
        zone = get_timezone_name(moment, locale=self.locale)
        return self.say("time/when-zone", **when, zone=zone)

    def _agrees(self, at: Instant, zone: str) -> bool:
        """Say whether the clocks of another zone show the same at an instant."""
        moment = datetime.fromtimestamp(at, UTC)
        return (
            moment.astimezone(self._zone).utcoffset()
            == moment.astimezone(ZoneInfo(zone)).utcoffset()
        )

    def moment(self, at: Instant) -> str:
        """Return a date with the time of day and the zone, as it stands in a document."""
        moment = datetime.fromtimestamp(at, UTC)
        return format_datetime(moment, "long", tzinfo=self._zone, locale=self.locale)

    def span(self, since: Instant, until: Instant) -> str:
        """Return a stretch of time."""
        return f"{self.time(since)} \u2013 {self.time(until)}"

    def listing(self, names: list[str]) -> str:
        """Return names as a list in this language's way."""
        return format_list(names, locale=self.locale)
