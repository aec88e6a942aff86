"""The team: who is who among staff, invitations, roles, and who is prepared.

What somebody signed never outlives their role: it is void before the role ends. There is always a
coordinator.
"""

from typing import Final

from bot.buttons import Answer, Unreadable
from bot.office import invitations, leading, rights, tongue
from bot.office.page import Act, Clerk, Page, View
from bot.views.message import Button, Message, column, tap
from flows.decide import RefusalCode
from flows.effects import ScreenKind
from flows.model import PersonId
from storage import groups, outbox, people, screens, staff
from storage.outbox import Kind
from storage.people import Role
from storage.staff import Colleague

DAY: Final = 86400
NAME_LIMIT: Final = 32
A_PAGE: Final = 12
SINCE: Final = {"today": 0, "month": 30, "year": 365}
"""Since when somebody may be said to be prepared, in days."""
CHOICES: Final = (
    (Role.FACILITATOR,),
    (Role.COORDINATOR,),
    (Role.FACILITATOR, Role.COORDINATOR),
)
"""The roles that an invitation can bring, by number from 1."""
_LANGUAGES: Final = 100
"""More languages than there are: role and language share one number in a button."""


# Who is who


def _team(view: View) -> Message:
    everybody = staff.everybody(view.tx)
    begin = view.about * A_PAGE
    shown = everybody[begin : begin + A_PAGE]
    lines = [view.text("office/team/title"), *(_line(view, one) for one in shown)]
    buttons = [
        tap(people.label_of(view.tx, one.id)[:NAME_LIMIT], "go", "colleague", one.id)
        for one in shown
    ]
    if begin + A_PAGE < len(everybody):
        buttons.append(view.go("office/team/button/more", "team", view.about + 1))
    elif view.about:
        buttons.append(view.go("office/team/button/first", "team"))
    buttons.append(view.go("office/team/button/invite", "colleague-role"))
    return Message("\n".join(lines), column(*buttons))


def _line(view: View, one: Colleague) -> str:
    who, roles = people.label_of(view.tx, one.id), _roles(view, one)
    if not one.here:
        return view.text("office/team/invited", who=who, roles=roles)
    if not one.reachable:
        return view.text("office/team/unreachable", who=who, roles=roles)
    return view.text("office/team/here", who=who, roles=roles)


def _roles(view: View, one: Colleague) -> str:
    found = []
    if Role.FACILITATOR in one.roles and one.prepared_at is not None:
        day = view.say.day(one.prepared_at)
        found.append(view.text("office/team/facilitator-prepared", day=day))
    elif Role.FACILITATOR in one.roles:
        found.append(view.text("office/team/facilitator-unprepared"))
    if Role.COORDINATOR in one.roles:
        found.append(view.text("office/team/coordinator"))
    return view.say.listing(found)


def _colleague(view: View) -> Message | None:
    one = staff.find(view.tx, PersonId(view.about))
    if one is None:
        return None
    spoken = view.text("office/team/language", name=tongue.own_name(one.locale))
    buttons = (
        *_when_invited(view, one),
        *_when_facilitator(view, one),
        *_role_buttons(view, one),
    )
    remove = view.go("office/team/button/remove", "colleague-removed", one.id)
    last = (remove,) if _may_go(view, one) else ()
    back = view.go("office/button/back", "team")
    return Message(f"{_line(view, one)}\n{spoken}", column(*buttons, *last, back))


def _when_invited(view: View, one: Colleague) -> tuple[Button, ...]:
    if one.here:
        return ()
    return (view.do("office/team/button/again", "colleague-again", one.id),)


def _when_facilitator(view: View, one: Colleague) -> tuple[Button, ...]:
    if Role.FACILITATOR not in one.roles:
        return ()
    prepared = view.go("office/team/button/prepared", "colleague-prepared", one.id)
    if one.prepared_at is None:
        return (prepared,)
    return (prepared, view.go("office/team/button/unprepared", "colleague-unprepared", one.id))


def _role_buttons(view: View, one: Colleague) -> tuple[Button, ...]:
    found = []
    for role in Role:
        if role not in one.roles:
            key = f"office/team/button/give-{role}"
            found.append(view.do(key, "role-given", one.id, role))
        elif len(one.roles) > 1 and (role is Role.FACILITATOR or _may_go(view, one)):
            found.append(view.go(f"office/team/button/take-{role}", f"role-taken-{role}", one.id))
    return tuple(found)


def _may_go(place: View | Clerk, one: Colleague) -> bool:
    """Say whether there is still a coordinator within reach once this one is none."""
    if Role.COORDINATOR not in one.roles or not one.here:
        return True
    others = (people.find(place.tx, who) for who in people.coordinators(place.tx) if who != one.id)
    return any(other is not None and other.reachable for other in others)


# Invitations


def _asks_role(view: View) -> Message:
    buttons = (
        view.go(f"office/team/button/{key}", *_after_role(view, number))
        for number, key in enumerate(("facilitator", "coordinator", "both"), 1)
    )
    back = view.go("office/button/back", "team")
    return Message(view.text("office/team/ask/role"), column(*buttons, back))


def _after_role(view: View, number: int) -> tuple[str, int]:
    """Return the page that follows the choice of a role; with one language there is no choice."""
    if len(view.setting.languages) == 1:
        return "colleague-name", number * _LANGUAGES
    return "colleague-language", number


def _asks_language(view: View) -> Message | None:
    if not 1 <= view.about <= len(CHOICES):
        return None
    buttons = (
        tap(tongue.own_name(code), "go", "colleague-name", view.about * _LANGUAGES + number)
        for number, code in enumerate(view.setting.languages)
    )
    back = view.go("office/button/back", "colleague-role")
    return Message(view.text("office/team/ask/language"), column(*buttons, back))


def _asks_name(view: View) -> Message | None:
    if _chosen(view, view.about) is None:
        return None
    back = view.go("office/button/back", "colleague-role")
    return Message(view.text("office/team/ask/name"), column(back))


def _chosen(place: View | Clerk, number: int) -> tuple[tuple[Role, ...], str] | None:
    """Return the roles and the language that a button stands for."""
    role, language = divmod(number, _LANGUAGES)
    if not 1 <= role <= len(CHOICES) or language >= len(place.setting.languages):
        return None
    return CHOICES[role - 1], place.setting.languages[language]


def _invite(clerk: Clerk, about: int, line: str) -> Answer:
    """Invite a colleague under the name that was typed."""
    chosen, name = _chosen(clerk, about), line.strip()
    if chosen is None:
        return clerk.go("team")
    if not name or len(name) > NAME_LIMIT:
        return clerk.go("colleague-name", about, notice="office/team/name-too-long")
    if staff.is_named(clerk.tx, name):
        return clerk.go("colleague-name", about, notice="office/team/name-taken")
    roles, locale = chosen
    zone = clerk.setting.zone
    person = people.add(clerk.tx, locale=locale, zone=zone, label=name, now=clerk.now)
    for role in roles:
        staff.give_role(clerk.tx, person, role)
    clerk.record("colleague-invited", person=person, detail=".".join(roles))
    invitations.offer(clerk, person)
    return clerk.go("colleague", person)


def _invite_again(clerk: Clerk, about: int, _: str) -> Answer:
    one = staff.find(clerk.tx, PersonId(about))
    if one is None or one.here:
        return clerk.refuse("colleague-again", RefusalCode.STALE)
    clerk.record("colleague-again", person=about)
    invitations.offer(clerk, one.id)
    return clerk.go("colleague", about)


# Preparation and roles


def _asks_prepared(view: View) -> Message:
    who = people.label_of(view.tx, PersonId(view.about))
    choices = (
        view.do(f"office/team/button/{choice}", "colleague-prepared", view.about, choice)
        for choice in SINCE
    )
    back = view.go("office/button/back", "colleague", view.about)
    return Message(view.text("office/team/ask/prepared", who=who), column(*choices, back))


def _set_prepared(clerk: Clerk, about: int, choice: str) -> Answer:
    if choice not in SINCE:
        raise Unreadable
    one = staff.find(clerk.tx, PersonId(about))
    if one is None or Role.FACILITATOR not in one.roles:
        return clerk.refuse("colleague-prepared", RefusalCode.STALE)
    staff.set_prepared(clerk.tx, one.id, clerk.now - SINCE[choice] * DAY)
    clerk.record("colleague-prepared", person=about, detail=choice)
    return clerk.go("colleague", about)


def _asks(key: str, button: str, act: str, choice: str = "-") -> Page:
    """Return a page that asks once before an act; the page bears the name of the act."""

    def draw(view: View) -> Message:
        who = people.label_of(view.tx, PersonId(view.about))
        do = view.do(button, act, view.about, choice)
        back = view.go("office/button/back", "colleague", view.about)
        return Message(view.text(key, who=who), column(do, back))

    name = act if choice == "-" else f"{act}-{choice}"
    return Page(name, rights.of_colleague, draw)


def _end_preparation(clerk: Clerk, about: int, _: str) -> Answer:
    one = staff.find(clerk.tx, PersonId(about))
    if one is None or one.prepared_at is None:
        return clerk.refuse("colleague-unprepared", RefusalCode.STALE)
    clerk.record("colleague-unprepared", person=about)
    leading.leave(clerk, one.id)
    staff.set_prepared(clerk.tx, one.id, None)
    return clerk.go("colleague", about)


def _give_role(clerk: Clerk, about: int, choice: str) -> Answer:
    role, one = _role(choice), staff.find(clerk.tx, PersonId(about))
    if one is None or role in one.roles:
        return clerk.refuse("role-given", RefusalCode.STALE)
    staff.give_role(clerk.tx, one.id, role)
    clerk.record("role-given", person=about, detail=role)
    _tell_anew(clerk, one)
    return clerk.go("colleague", about)


def _take_role(clerk: Clerk, about: int, choice: str) -> Answer:
    """Take one of two roles; whoever has one only is removed, so that it is said what happens."""
    role, one = _role(choice), staff.find(clerk.tx, PersonId(about))
    if one is None or role not in one.roles or len(one.roles) == 1:
        return clerk.refuse("role-taken", RefusalCode.STALE)
    if role is Role.COORDINATOR and not _may_go(clerk, one):
        return clerk.refuse("role-taken", RefusalCode.NOT_NOW)
    clerk.record("role-taken", person=about, detail=role)
    if role is Role.FACILITATOR:
        leading.leave(clerk, one.id)
        _leave_groups(clerk, one.id)
        invitations.take_away(clerk, one.id)
    staff.end_role(clerk.tx, one.id, role, clerk.now)
    _tell_anew(clerk, one)
    return clerk.go("colleague", about)


def _role(choice: str) -> Role:
    try:
        return Role(choice)
    except ValueError:
        raise Unreadable from None


def _tell_anew(clerk: Clerk, one: Colleague) -> None:
    """Tell a colleague that they have another role now, and let their menu and page follow."""
    if not one.here:
        return
    clerk.menu(one.id)
    clerk.redraw(one.id)
    if one.id != clerk.person.id:
        clerk.tell(one.id, "office/team/changed")


def _remove(clerk: Clerk, about: int, _: str) -> Answer:
    one = staff.find(clerk.tx, PersonId(about))
    if one is None:
        return clerk.refuse("colleague-removed", RefusalCode.STALE)
    if not _may_go(clerk, one):
        return clerk.refuse("colleague-removed", RefusalCode.NOT_NOW)
    clerk.record("colleague-removed", person=about)
    leading.leave(clerk, one.id)
    _leave_groups(clerk, one.id)
    staff.leave(clerk.tx, one.id, clerk.now)
    _clear_phone(clerk, one.id)
    return clerk.go("team", notice="office/team/removed")


def _leave_groups(clerk: Clerk, person: PersonId) -> None:
    for group in groups.of_facilitator(clerk.tx, person):
        groups.leave(clerk.tx, group, person)


def _clear_phone(clerk: Clerk, person: PersonId) -> None:
    """Take every screen off the phone of somebody who was removed, and their commands."""
    for screen, session in screens.of_person(clerk.tx, person):
        if screen is not ScreenKind.MENU:
            outbox.add(clerk.tx, person, Kind.HIDE, now=clerk.now, session=session, subject=screen)
    clerk.menu(person)


PAGES = (
    Page("team", rights.coordinator, _team),
    Page("colleague", rights.of_colleague, _colleague),
    Page("colleague-role", rights.coordinator, _asks_role),
    Page("colleague-language", rights.coordinator, _asks_language),
    Page("colleague-name", rights.coordinator, _asks_name, _invite),
    Page("colleague-prepared", rights.of_colleague, _asks_prepared),
    _asks("office/team/ask/unprepared", "office/team/button/unprepared", "colleague-unprepared"),
    _asks("office/team/ask/removed", "office/team/button/remove-now", "colleague-removed"),
    _asks(
        "office/team/ask/take-facilitator",
        "office/team/button/take-facilitator",
        "role-taken",
        Role.FACILITATOR,
    ),
    _asks(
        "office/team/ask/take-coordinator",
        "office/team/button/take-coordinator",
        "role-taken",
        Role.COORDINATOR,
    ),
)
ACTS = (
    Act("colleague-again", rights.of_colleague, _invite_again),
    Act("colleague-prepared", rights.of_colleague, _set_prepared),
    Act("colleague-unprepared", rights.of_colleague, _end_preparation),
    Act("role-given", rights.of_colleague, _give_role),
    Act("role-taken", rights.of_colleague, _take_role),
    Act("colleague-removed", rights.of_colleague, _remove),
)
COMMANDS = {"team": "team"}
