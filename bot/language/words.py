"""From a key and parameters to words in one language. A missing text is an error, never English.

English stands in `bot/texts.toml`, the other languages in `locales/`.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from babel.dates import (
    format_date,
    format_datetime,
    format_skeleton,
    format_time,
    get_day_names,
    get_timezone_location,
    get_timezone_name,
)
from babel.lists import format_list
from babel.units import format_unit

from bot.language import catalogues
from bot.language.catalogues import Catalogue
from flows.extract import BotText, read_texts
from flows.model import Instant, Meaning

_UNITS = {"week": 7 * 86400, "day": 86400, "hour": 3600, "minute": 60, "second": 1}
"""Units of length in seconds, the largest first."""


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
    return _missing(catalogues.load(locale))


@cache
def _missing(catalogue: Catalogue) -> tuple[str, ...]:
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

    def short_date(self, day: date, *, year: bool = False) -> str:
        """Return a local day with its day of the week, in short."""
        midnight = datetime.combine(day, time(), UTC)
        return format_skeleton("yMMMEd" if year else "MMMEd", midnight, locale=self.locale)

    def full_date(self, day: date) -> str:
        """Return a local day with its day of the week, as this language writes it."""
        return format_date(day, "full", locale=self.locale)

    def weekday_name(self, weekday: int) -> str:
        """Return a day of the week (Monday: 0) as it stands alone."""
        return str(get_day_names("wide", "stand-alone", self.locale)[weekday])

    def clock(self, minute: int) -> str:
        """Return a time of day, in minutes after midnight, as this language writes it."""
        return format_time(time(*divmod(minute, 60)), "short", locale=self.locale)

    def city(self, zone: str) -> str:
        """Return a time zone by its city, as this language calls it."""
        return get_timezone_location(ZoneInfo(zone), locale=self.locale, return_city=True)

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

    def length(self, seconds: int) -> str:
        """Return a length of time in the largest unit that it is a whole number of."""
        unit = next(unit for unit in _UNITS if seconds % _UNITS[unit] == 0)
        return format_unit(seconds // _UNITS[unit], f"duration-{unit}", locale=self.locale)

    def listing(self, names: list[str]) -> str:
        """Return names as a list in this language's way."""
        return format_list(names, locale=self.locale)
