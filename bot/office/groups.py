"""Groups and one-to-ones: a name by a line, everything else by taps with good defaults.

Planned sessions follow who is in a group and who leads it; they keep the length and the room that
they were planned with.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from babel import Locale

from bot import buttons, planning
from bot.buttons import Answer, Unreadable
from bot.office import changing, invitations, leading, names, rights
from bot.office.page import NOTHING, Act, Clerk, Page, View
from bot.views.message import Button, Message, column, pairs, tap
from flows.decide import RefusalCode
from flows.model import PersonId, RoomKind, SessionKind
from storage import aliases, approvals, groups, people, rosters
from storage.groups import Group, Part
from storage.store import Tx

LENGTHS: Final = {SessionKind.GROUP: (90, 120), SessionKind.ONE_TO_ONE: (60, 30, 45, 90)}
"""The usual lengths in minutes, the one first that a new group gets."""
MOST: Final = 8
"""No group holds more, whatever is set."""
_KINDS: Final = {
    SessionKind.GROUP: "office/group/button/group",
    SessionKind.ONE_TO_ONE: "office/group/button/one-to-one",
}
_NAME_PROBLEMS: Final = {
    "empty": "office/groups/name-empty",
    "long": "office/groups/name-long",
    "taken": "office/groups/name-taken",
    "telling": "office/groups/name-telling",
}
_IN, _OUT = "\N{BALLOT BOX WITH CHECK}", "\N{BALLOT BOX}"


def living(tx: Tx, number: int) -> Group | None:
    """Return a group that has not ended."""
    group = groups.find(tx, number)
    return group if group is not None and group.ended_at is None else None


def own(tx: Tx, person: PersonId) -> list[Group]:
    """Return the groups that somebody leads and that have not ended."""
    found = (living(tx, number) for number in groups.of_facilitator(tx, person))
    return [group for group in found if group is not None]


def is_full(tx: Tx, group: Group) -> bool:
    """Say whether nobody more can take part."""
    return len(groups.members(tx, group.id, Part.PARTICIPANT)) >= group.cap


def named(tx: Tx, person: PersonId) -> str:
    """Return a participant's label, with the alias that staff gave; for staff alone."""
    label, alias = people.label_of(tx, person), aliases.find(tx, person)
    return label if alias is None else f"{label} ({alias})"


def button_text(text: str) -> str:
    """Return a name as it fits a button."""
    return text if len(text) <= names.LIMIT else f"{text[: names.LIMIT - 1]}\N{HORIZONTAL ELLIPSIS}"


# Pages


def _groups(view: View) -> Message:
    found = own(view.tx, view.viewer.id)
    lines = [view.text("office/groups/title" if found else "office/groups/none")]
    lines += [_row(view, group) for group in found]
    shown = (tap(button_text(group.name), "go", "group", group.id) for group in found)
    new = view.go("office/groups/button/new", "new-group")
    return Message("\n".join(lines), (*pairs(*shown), *column(new)))


def _row(view: View, group: Group) -> str:
    count = len(groups.members(view.tx, group.id, Part.PARTICIPANT))
    kind = view.text(_KINDS[group.kind])
    return view.text("office/groups/row", name=group.name, state=kind, done=count, all=group.cap)


def _asks_name(view: View) -> Message:
    back = view.go("office/button/back", "groups")
    return Message(view.text("office/groups/ask-name"), column(back))


def _group(view: View, group: Group) -> Message:
    members = groups.members(view.tx, group.id, Part.PARTICIPANT)
    leaders = groups.members(view.tx, group.id, Part.FACILITATOR)
    labels = [people.label_of(view.tx, leader) for leader in leaders]
    lines = (
        group.name,
        view.text("office/group/kind", state=view.text(_KINDS[group.kind])),
        view.text("office/group/led", names=view.say.listing(labels)),
        view.text("office/group/locale", name=_language(view, group.locale)),
        view.text("office/group/minutes", n=group.minutes),
        view.text("office/group/room-link"),
        view.text("office/group/people", done=len(members), all=group.cap),
    )
    shown = (
        tap(button_text(named(view.tx, person)), "go", "participant", person) for person in members
    )
    add = view.do("office/group/button/add", "participant-add", group.id, len(members))
    planned = view.go("office/group/button/sessions", "sessions", group.id)
    leading_on = (*column(add, planned), *pairs(*_settings(view, group)))
    return Message("\n".join(lines), (*pairs(*shown), *leading_on))


def _settings(view: View, group: Group) -> tuple[Button, ...]:
    size = view.go("office/group/button/cap", "group-cap", group.id)
    return (
        view.go("office/group/button/kind", "group-kind", group.id),
        view.go("office/group/button/locale", "group-locale", group.id),
        view.go("office/group/button/minutes", "group-minutes", group.id),
        *((size,) if group.kind is SessionKind.GROUP else ()),
        view.go("office/group/button/staff", "group-staff", group.id),
        view.go("office/group/button/end", "group-end", group.id),
        view.go("office/button/back", "groups"),
    )


def _asks_kind(view: View, group: Group) -> Message:
    choices = (view.do(key, "group-kind", group.id, kind) for kind, key in _KINDS.items())
    return Message(view.text("office/group/ask-kind"), column(*choices, _back(view, group)))


def _asks_locale(view: View, group: Group) -> Message:
    choices = (
        tap(button_text(_language(view, locale)), "do", "group-locale", group.id, locale)
        for locale in approvals.among(view.tx, view.setting.languages)
    )
    return Message(view.text("office/group/ask-locale"), column(*choices, _back(view, group)))


def _asks_minutes(view: View, group: Group) -> Message:
    choices = (
        view.do("office/group/button/length", "group-minutes", group.id, minutes, n=minutes)
        for minutes in sorted(LENGTHS[group.kind])
    )
    return Message(view.text("office/group/ask-minutes"), column(*choices, _back(view, group)))


def _asks_cap(view: View, group: Group) -> Message:
    choices = (
        view.do("office/group/button/size", "group-cap", group.id, size, n=size)
        for size in _sizes(view.tx, group)
    )
    text = view.text("office/group/ask-cap")
    return Message(text, (*pairs(*choices), *column(_back(view, group))))


def _asks_staff(view: View, group: Group) -> Message:
    inside = groups.members(view.tx, group.id, Part.FACILITATOR)
    outside = groups.possible_leaders(view.tx, group.id)
    choices = [
        *(_leader(view, group, person, _IN, "group-staff-remove") for person in inside),
        *(_leader(view, group, person, _OUT, "group-staff-add") for person in outside),
    ]
    return Message(view.text("office/group/ask-staff"), column(*choices, _back(view, group)))


def _leader(view: View, group: Group, person: PersonId, mark: str, act: str) -> Button:
    text = button_text(f"{mark} {people.label_of(view.tx, person)}")
    return tap(text, "do", act, group.id, person)


def _asks_end(view: View, group: Group) -> Message:
    end = view.do("office/group/button/end-now", "group-end", group.id)
    lines = [view.text("office/group/ask-end")]
    if planned := len(rosters.planned_of(view.tx, group.id)):
        lines.append(view.text("office/group/ask-end-planned", n=planned))
    return Message("\n".join(lines), column(end, _back(view, group)))


def _back(view: View, group: Group) -> Button:
    return view.go("office/button/back", "group", group.id)


def _language(view: View, locale: str) -> str:
    return Locale.parse(locale).get_display_name(view.viewer.locale) or locale


def _sizes(tx: Tx, group: Group) -> range:
    """Return what a group may hold: nobody is put out by a smaller number."""
    if group.kind is SessionKind.ONE_TO_ONE:
        return range(1, 2)
    return range(max(1, len(groups.members(tx, group.id, Part.PARTICIPANT))), MOST + 1)


# Acts


def _take_name(clerk: Clerk, _: int, line: str) -> Answer:
    """Make a group of this name, or ask again and say what is wrong with it."""
    taken = (group.name for group in own(clerk.tx, clerk.person.id))
    if wrong := names.problem(line, clerk.person.locale, taken):
        clerk.record("group-new", f"name-{wrong}")
        return clerk.go("new-group", notice=_NAME_PROBLEMS[wrong])
    languages = approvals.among(clerk.tx, clerk.setting.languages) or clerk.setting.languages
    locale = clerk.person.locale if clerk.person.locale in languages else languages[0]
    group = groups.add(
        clerk.tx,
        line,
        kind=SessionKind.GROUP,
        locale=locale,
        minutes=LENGTHS[SessionKind.GROUP][0],
        room=RoomKind.LINK,
        cap=clerk.setting.cap,
    )
    groups.join(clerk.tx, group, clerk.person.id, Part.FACILITATOR, clerk.now)
    clerk.record("group-new", detail=str(group))
    return clerk.go("group", group)


def _set_kind(clerk: Clerk, group: Group, choice: str) -> Answer:
    if choice not in set(SessionKind):
        raise Unreadable
    kind = SessionKind(choice)
    if kind is group.kind:
        return clerk.go("group", group.id)
    if groups.members(clerk.tx, group.id, Part.PARTICIPANT):
        return _refuse(clerk, group, "group-kind", "not-empty", "office/group/not-empty")
    cap = 1 if kind is SessionKind.ONE_TO_ONE else clerk.setting.cap
    changed = replace(group, kind=kind, cap=cap, minutes=LENGTHS[kind][0])
    return _save(clerk, changed, "group-kind", kind.replace("_", "-"))


def _set_locale(clerk: Clerk, group: Group, choice: str) -> Answer:
    if choice not in clerk.setting.languages:
        raise Unreadable
    if not approvals.is_approved(clerk.tx, choice):
        return clerk.refuse("group-locale", RefusalCode.STALE)
    return _save(clerk, replace(group, locale=choice), "group-locale", choice)


def _set_minutes(clerk: Clerk, group: Group, choice: str) -> Answer:
    minutes = buttons.number(choice)
    if minutes not in LENGTHS[group.kind]:
        return clerk.refuse("group-minutes", RefusalCode.STALE)
    return _save(clerk, replace(group, minutes=minutes), "group-minutes", choice)


def _set_cap(clerk: Clerk, group: Group, choice: str) -> Answer:
    cap = buttons.number(choice)
    if cap not in _sizes(clerk.tx, group):
        return clerk.refuse("group-cap", RefusalCode.STALE)
    return _save(clerk, replace(group, cap=cap), "group-cap", choice)


def _add_leader(clerk: Clerk, group: Group, choice: str) -> Answer:
    person = PersonId(buttons.number(choice))
    if groups.leads(clerk.tx, group.id, person):
        return clerk.refuse("group-staff-add", RefusalCode.REPEATED)
    if person not in groups.possible_leaders(clerk.tx, group.id):
        return clerk.refuse("group-staff-add", RefusalCode.STALE)
    groups.join(clerk.tx, group.id, person, Part.FACILITATOR, clerk.now)
    planning.follow_group(clerk.tx, group.id, clerk.now)
    clerk.record("group-staff-add", person=person, detail=str(group.id))
    return clerk.go("group-staff", group.id)


def _remove_leader(clerk: Clerk, group: Group, choice: str) -> Answer:
    """Take a facilitator out, also oneself; whoever stays must still be in the role."""
    person = PersonId(buttons.number(choice))
    if not groups.leads(clerk.tx, group.id, person):
        return clerk.refuse("group-staff-remove", RefusalCode.REPEATED)
    if not set(groups.active_leaders(clerk.tx, group.id)) - {person}:
        return _refuse(clerk, group, "group-staff-remove", "last", "office/group/last")
    if leading.holds_alone(clerk, person, group.id):
        return _refuse(clerk, group, "group-staff-remove", "alone", "office/group/alone")
    leading.leave(clerk, person, group.id)
    groups.leave(clerk.tx, group.id, person)
    clerk.record("group-staff-remove", person=person, detail=str(group.id))
    clerk.redraw(person)
    invitations.take_away(clerk, person)
    if person == clerk.person.id:
        return clerk.go("groups")
    return clerk.go("group-staff", group.id)


def _end(clerk: Clerk, group: Group, _: str) -> Answer:
    if groups.is_running(clerk.tx, group.id):
        return _refuse(clerk, group, "group-end", "running", "office/group/running")
    if changing.cancel(clerk, rosters.planned_of(clerk.tx, group.id)):
        return _refuse(clerk, group, "group-end", "planned", "office/group/planned")
    groups.save(clerk.tx, replace(group, ended_at=clerk.now))
    for person in groups.members(clerk.tx, group.id, Part.PARTICIPANT):
        uninvite(clerk, person)
    clerk.record("group-end", detail=str(group.id))
    _redraw_leaders(clerk, group)
    return clerk.go("groups", NOTHING, "office/groups/ended")


def uninvite(clerk: Clerk, person: PersonId) -> None:
    """End the invitation of somebody whom no group waits for any more."""
    if not groups.of_participant(clerk.tx, person):
        people.end_invitation(clerk.tx, person, clerk.now)


def _save(clerk: Clerk, group: Group, kind: str, choice: str) -> Answer:
    groups.save(clerk.tx, group)
    clerk.record(kind, detail=f"{group.id}/{choice}")
    _redraw_leaders(clerk, group)
    return clerk.go("group", group.id)


def _refuse(clerk: Clerk, group: Group, kind: str, outcome: str, notice: str) -> Answer:
    clerk.record(kind, outcome, detail=str(group.id))
    return clerk.go("group", group.id, notice)


def _redraw_leaders(clerk: Clerk, group: Group) -> None:
    for person in groups.members(clerk.tx, group.id, Part.FACILITATOR):
        clerk.redraw(person)


# Whatever is done is done to a group that has not ended.


def page(name: str, draw: Callable[[View, Group], Message]) -> Page:
    """Return a page about a group; one that has ended has none."""

    def draw_living(view: View) -> Message | None:
        group = living(view.tx, view.about)
        return draw(view, group) if group else None

    return Page(name, rights.of_group, draw_living)


def act(name: str, do: Callable[[Clerk, Group, str], Answer]) -> Act:
    """Return an act on a group; one that has ended refuses it."""

    def do_living(clerk: Clerk, about: int, choice: str) -> Answer:
        group = living(clerk.tx, about)
        return do(clerk, group, choice) if group else clerk.refuse(name, RefusalCode.STALE)

    return Act(name, rights.of_group, do_living)


PAGES = (
    Page("groups", rights.facilitator, _groups),
    Page("new-group", rights.facilitator, _asks_name, _take_name),
    page("group", _group),
    page("group-kind", _asks_kind),
    page("group-locale", _asks_locale),
    page("group-minutes", _asks_minutes),
    page("group-cap", _asks_cap),
    page("group-staff", _asks_staff),
    page("group-end", _asks_end),
)
ACTS = (
    act("group-kind", _set_kind),
    act("group-locale", _set_locale),
    act("group-minutes", _set_minutes),
    act("group-cap", _set_cap),
    act("group-staff-add", _add_leader),
    act("group-staff-remove", _remove_leader),
    act("group-end", _end),
)
