"""The seed file: its shape, and every mistake in it that can be seen without the database.

It never shows a value that was found but for references and time zones, and writes nothing.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct, structs

from bot import toml_file
from bot.config import zone_problem
from bot.toml_file import WallTime, did_you_mean
from flows.model import (
    MINUTE,
    Agreement,
    ClearanceDecision,
    Instant,
    RoomKind,
    SessionKind,
)
from storage.people import Role

GROUP_MINUTES: Final = range(90, 121)
_YEARS: Final = range(2000, 2101)

Name = Annotated[str, Meta(min_length=1, max_length=40)]
Label = Annotated[str, Meta(min_length=1, max_length=24)]
Problem = tuple[str, str]
"""The place in the file, and a sentence."""


class ProgrammeEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """Until when the programme runs, and safety contact is confirmed: both days included."""

    ends: date | None = None
    safety_contact_until: date | None = None


class StaffEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """A member of staff; `prepared` is the day on which they were marked as prepared.

    `joins` names sessions that are there already, and that they lead from now on.
    """

    label: Label
    roles: Annotated[tuple[Role, ...], Meta(min_length=1)]
    locale: str
    id: Name | None = None
    time_zone: str | None = None
    prepared: date | None = None
    joins: tuple[Name, ...] = ()


class ParticipantEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """A participant; a label that is left out is made up. Days named `until` are included.

    `joins` names sessions that are there already, and that expect them from now on.
    """

    locale: str
    id: Name | None = None
    label: Label | None = None
    time_zone: str | None = None
    clearance: ClearanceDecision | None = None
    clearance_until: date | None = None
    oriented_until: date | None = None
    intake: date | None = None
    agreements: tuple[Agreement, ...] = ()
    joins: tuple[Name, ...] = ()


class GroupEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """A group, known by its name."""

    name: Name


class SessionEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """A session; it starts at a wall time of the programme's zone, or in some minutes from now."""

    name: Name
    minutes: Annotated[int, Meta(ge=30, le=120)]
    facilitators: Annotated[tuple[str, ...], Meta(min_length=1)]
    participants: Annotated[tuple[str, ...], Meta(min_length=1)]
    kind: SessionKind = SessionKind.GROUP
    room: RoomKind = RoomKind.LINK
    group: str | None = None
    starts: WallTime | None = None
    starts_in_minutes: Annotated[int, Meta(ge=1, le=10080)] | None = None
    cap: Annotated[int, Meta(ge=1, le=8)] | None = None
    check_room: Literal["own-call", "link"] | None = None

    def cap_or(self, usual: int) -> int:
        """Return how many it holds: one in a one-to-one, else its own cap or the usual one."""
        return 1 if self.kind is SessionKind.ONE_TO_ONE else self.cap or usual


class SeedFile(Struct, frozen=True, forbid_unknown_fields=True):
    """What a seed file may hold; every section can be left out."""

    programme: ProgrammeEntry | None = None
    staff: tuple[StaffEntry, ...] = ()
    participant: tuple[ParticipantEntry, ...] = ()
    group: tuple[GroupEntry, ...] = ()
    session: tuple[SessionEntry, ...] = ()


Person = StaffEntry | ParticipantEntry


def read(path: Path) -> SeedFile:
    """Return the file's content; `UserError` says what is wrong with its shape."""
    advice = "Please give the name of a seed file, such as a copy of docs/seed.example.toml."
    return toml_file.read(path, SeedFile, advice=advice)


def key_of(person: Person) -> str | None:
    """Return what sessions call somebody by: their id, else their label."""
    return person.id or person.label


@dataclass(frozen=True, slots=True)
class Calendar:
    """Local days and wall times of one zone as instants, seen from `now`."""

    zone: ZoneInfo
    now: Instant

    def begin(self, day: date) -> Instant:
        """Return the first instant of a local day."""
        return int(datetime(day.year, day.month, day.day, tzinfo=self.zone).timestamp())

    def end(self, day: date) -> Instant:
        """Return the first instant after a local day."""
        return self.begin(day + timedelta(days=1))

    def start(self, session: SessionEntry) -> Instant:
        """Return when a session starts; of a wall time that comes twice, the first."""
        if session.starts is None:
            return self.now + (session.starts_in_minutes or 0) * MINUTE
        return int(session.starts.replace(tzinfo=self.zone).timestamp())

    def exists(self, wall: WallTime) -> bool:
        """Say whether clocks on the wall show this time: in spring they skip an hour."""
        there = wall.replace(tzinfo=self.zone).astimezone(UTC).astimezone(self.zone)
        return there.replace(tzinfo=None) == wall


def problems(
    file: SeedFile, languages: Sequence[str], cap: int, calendar: Calendar, signers: int = 1
) -> Iterator[Problem]:
    """Yield what is wrong, each with its place; later checks rely on the earlier ones."""
    for place, entry in _entries(file):
        yield from _year_problems(place, entry)
    for place, person in everybody(file):
        yield from _person_problems(place, person, languages)
    yield from _doubles(file)
    for number, staff in enumerate(file.staff, 1):
        yield from _staff_problems(f"staff {number}", staff, calendar)
    for number, participant in enumerate(file.participant, 1):
        yield from _participant_problems(f"participant {number}", participant, calendar)
    for number, session in enumerate(file.session, 1):
        place = f"session {number}"
        yield from _size_problems(place, session, cap)
        yield from _start_problems(place, session, calendar)
        yield from _group_problems(place, session, file)
        yield from _facilitator_problems(place, session, file)
        if len(set(session.facilitators)) < signers:
            yield place, "two facilitators sign for each person; please name two."
        yield from _roster_problems(place, session, file)


def everybody(file: SeedFile) -> Iterator[tuple[str, Person]]:
    """Yield staff and participants, each with their place in the file."""
    yield from ((f"staff {number}", one) for number, one in enumerate(file.staff, 1))
    yield from ((f"participant {number}", one) for number, one in enumerate(file.participant, 1))


def _entries(file: SeedFile) -> Iterator[tuple[str, Struct]]:
    if file.programme:
        yield "programme", file.programme
    yield from everybody(file)
    yield from ((f"session {number}", one) for number, one in enumerate(file.session, 1))


def _year_problems(place: str, entry: Struct) -> Iterator[Problem]:
    for name, value in structs.asdict(entry).items():
        if isinstance(value, date) and value.year not in _YEARS:
            yield place, f"{name} must be in a year from {_YEARS[0]} to {_YEARS[-1]}."


def _person_problems(place: str, person: Person, languages: Sequence[str]) -> Iterator[Problem]:
    if person.locale not in languages:
        known = ", ".join(f'"{language}"' for language in languages)
        yield place, f"locale must be one of the programme's languages ({known})."
    if person.time_zone is not None and (expected := zone_problem(person.time_zone)):
        yield place, f"time_zone must be {expected}."
    for name in (person.label, person.id):
        if name is not None and (not name.isprintable() or name != name.strip()):
            yield place, "label and id must be printable and neither begin nor end with a space."


def _doubles(file: SeedFile) -> Iterator[Problem]:
    people = list(everybody(file))
    labels = [(place, person.label) for place, person in people]
    yield from _twice("the label", labels)
    yield from _twice("the id", [(place, key_of(person)) for place, person in people])
    groups = [(f"group {number}", group.name) for number, group in enumerate(file.group, 1)]
    yield from _twice("the name", groups)


def _twice(what: str, named: Iterable[tuple[str, str | None]]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for place, name in named:
        if name is None:
            continue
        if (earlier := first.setdefault(name.casefold(), place)) != place:
            yield place, f"{what} is the one of {earlier}; please give each its own."


def _staff_problems(place: str, staff: StaffEntry, calendar: Calendar) -> Iterator[Problem]:
    if len(set(staff.roles)) < len(staff.roles):
        yield place, "roles must name each role once."
    if staff.prepared and Role.FACILITATOR not in staff.roles:
        yield place, "prepared is for facilitators; please leave it out or add the role."
    if staff.prepared and calendar.begin(staff.prepared) > calendar.now:
        yield place, "prepared must not be in the future."
    if staff.joins and not staff.prepared:
        yield place, "joins is for facilitators who are marked as prepared."


def _participant_problems(
    place: str, participant: ParticipantEntry, calendar: Calendar
) -> Iterator[Problem]:
    if (participant.clearance is None) != (participant.clearance_until is None):
        yield place, "clearance and clearance_until must stand together."
    if participant.intake and calendar.begin(participant.intake) > calendar.now:
        yield place, "intake must not be in the future."
    if len(set(participant.agreements)) < len(participant.agreements):
        yield place, "agreements must name each agreement once."


def _size_problems(place: str, session: SessionEntry, cap: int) -> Iterator[Problem]:
    alone = session.kind is SessionKind.ONE_TO_ONE
    if alone and session.cap not in (None, 1):
        yield place, "cap must be 1, or left out, in a one-to-one."
    if alone and len(session.participants) > 1:
        yield place, "a one-to-one has one participant."
    if len(session.participants) > session.cap_or(cap):
        yield place, f"it holds {session.cap_or(cap)} participants; more are named."
    if not alone and session.minutes not in GROUP_MINUTES:
        yield place, "minutes must be a whole number from 90 to 120 in a group."


def _start_problems(place: str, session: SessionEntry, calendar: Calendar) -> Iterator[Problem]:
    if (session.starts is None) == (session.starts_in_minutes is None):
        yield place, "please give either starts or starts_in_minutes."
    if session.starts and not calendar.exists(session.starts):
        yield place, "starts is in the hour that clocks skip in spring; please choose another time."
    if calendar.start(session) <= calendar.now:
        yield place, "starts must be in the future."


def _group_problems(place: str, session: SessionEntry, file: SeedFile) -> Iterator[Problem]:
    names = [group.name for group in file.group]
    if session.group is not None and session.group not in names:
        yield place, f"there is no group {session.group}.{did_you_mean(session.group, names)}"


def _facilitator_problems(place: str, session: SessionEntry, file: SeedFile) -> Iterator[Problem]:
    staff = {key_of(one): one for one in file.staff}
    others = {key_of(one) for one in file.participant}
    for key in session.facilitators:
        if key in others:
            yield place, f"{key} is a participant and can't be a facilitator."
        elif key not in staff:
            yield place, f"there is no member of staff {key}.{_nearest(key, staff)}"
        elif Role.FACILITATOR not in staff[key].roles:
            yield place, f"{key} does not have the role of a facilitator."
        elif staff[key].prepared is None:
            yield place, f"{key} is not marked as prepared and can't be its facilitator."
    yield from _repeated(place, "facilitators", session.facilitators)


def _roster_problems(place: str, session: SessionEntry, file: SeedFile) -> Iterator[Problem]:
    participants = {key_of(one) for one in file.participant}
    staff = {key_of(one) for one in file.staff}
    for key in session.participants:
        if key in staff:
            yield place, f"{key} is a member of staff and can't be a participant."
        elif key not in participants:
            yield place, f"there is no participant {key}.{_nearest(key, participants)}"
    yield from _repeated(place, "participants", session.participants)


def _nearest(key: str, known: Iterable[str | None]) -> str:
    return did_you_mean(key, [one for one in known if one])


def _repeated(place: str, what: str, keys: Iterable[str]) -> Iterator[Problem]:
    if any(times > 1 for times in Counter(keys).values()):
        yield place, f"{what} must name each person once."
