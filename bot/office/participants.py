"""Participants: how they come into a group, their card, and the alias that staff alone see.

A card says what still holds somebody, to their facilitators alone; it opens nothing and judges
nobody. No name and no alias stands in the record.
"""

from dataclasses import dataclass
from typing import Final

from bot import buttons, labels, planning
from bot.buttons import Answer
from bot.office import card, invitations, names, rights
from bot.office.groups import act as group_act
from bot.office.groups import button_text, is_full, living, named, own, uninvite
from bot.office.page import Act, Card, Clerk, Page, View
from bot.views.message import Button, Message, column, pairs, tap
from flows.decide import RefusalCode
from flows.model import Agreement, Instant, PersonId
from storage import aliases, approvals, groups, people
from storage.groups import Group, Part
from storage.store import Tx

DAY: Final = 86400
INTAKES: Final = {
    0: "office/participant/button/today",
    1: "office/participant/button/yesterday",
    7: "office/participant/button/week-ago",
}
"""How many days ago the intake took place, and the button that says so."""
_ALIAS_PROBLEMS: Final = {
    "empty": "office/participant/alias-empty",
    "long": "office/participant/alias-long",
}


@dataclass(frozen=True, slots=True)
class _Move:
    """From which group into which other one."""

    source: Group
    target: Group


# Pages


def _participant(view: View) -> Message | None:
    person = PersonId(view.about)
    known = people.find(view.tx, person)
    if known is None:
        return None
    invited = known.status == "invited"
    own_groups = _own_groups(view.tx, view.viewer.id, person)
    cards = [draw(view) for draw in card.CARDS]
    lines = [
        named(view.tx, person),
        *(_since(view, person, group) for group in own_groups),
        view.text("office/participant/invited" if invited else "office/participant/enrolled"),
        "",
        *_standing(view, person),
        *(line for one in cards for line in one.lines),
    ]
    rows = (*pairs(*_leading_on(cards)), *pairs(*_own_buttons(view)))
    back = view.go("office/button/back", "group", own_groups[0].id)
    return Message("\n".join(lines), (*rows, *column(back)))


def _leading_on(cards: list[Card]) -> list[Button]:
    return [button for one in cards for button in one.buttons]


def _own_buttons(view: View) -> tuple[Button, ...]:
    can_be_invited = people.can_be_invited(view.tx, PersonId(view.about))
    invite = view.do("office/participant/button/invite", "participant-invite", view.about)
    return (
        *((invite,) if can_be_invited else ()),
        view.go("office/participant/button/alias", "alias", view.about),
        view.go("office/participant/button/intake", "intake", view.about),
        view.go("office/participant/button/move", "move", view.about),
        view.go("office/participant/button/out", "take-out", view.about),
    )


def _since(view: View, person: PersonId, group: Group) -> str:
    since = groups.since(view.tx, group.id, person) or view.now
    return view.text("office/participant/since", name=group.name, day=view.say.day(since))


def _standing(view: View, person: PersonId) -> list[str]:
    """Say what is settled before any session, and what still holds somebody."""
    standing = people.standing_of(view.tx, person)
    return [
        _agreed(view, standing.agreements),
        _interviewed(view, standing.intake_at),
    ]


def _agreed(view: View, agreed: frozenset[Agreement]) -> str:
    missing = [kind for kind in Agreement if kind not in agreed]
    if not missing:
        return view.text("office/participant/agreed")
    items = [view.text(f"office/button/{kind.replace('_', '-')}") for kind in missing]
    return view.text("office/participant/not-agreed", items=view.say.listing(items))


def _interviewed(view: View, at: Instant | None) -> str:
    if at is None:
        return view.text("office/participant/no-intake")
    return view.text("office/participant/intake", day=view.say.day(at))


def _asks_alias(view: View) -> Message:
    alias = aliases.find(view.tx, PersonId(view.about))
    away = view.do("office/participant/button/alias-away", "alias-away", view.about)
    text = view.text("office/participant/ask-alias", who=named(view.tx, PersonId(view.about)))
    return Message(text, column(*((away,) if alias else ()), _back(view)))


def _asks_intake(view: View) -> Message:
    choices = (
        view.do(key, "participant-intake", view.about, days) for days, key in INTAKES.items()
    )
    return Message(view.text("office/participant/ask-intake"), column(*choices, _back(view)))


def _asks_move(view: View) -> Message:
    moves = _moves(view.tx, view.viewer.id, PersonId(view.about))
    several = len({move.source.id for move in moves}) > 1
    choices = (
        tap(
            button_text(_move_text(move, several=several)),
            *("do", "participant-move", view.about),
            f"{move.source.id}-{move.target.id}",
        )
        for move in moves
    )
    key = "office/participant/ask-move" if moves else "office/participant/no-other-group"
    text = view.text(key, who=named(view.tx, PersonId(view.about)))
    return Message(text, column(*choices, _back(view)))


def _move_text(move: _Move, *, several: bool) -> str:
    if not several:
        return move.target.name
    return f"{move.source.name} \N{RIGHTWARDS ARROW} {move.target.name}"


def _asks_out(view: View) -> Message:
    person = PersonId(view.about)
    choices = (
        view.do(
            "office/participant/button/out-now",
            "participant-out",
            person,
            group.id,
            name=group.name[:12],
        )
        for group in _own_groups(view.tx, view.viewer.id, person)
    )
    text = view.text("office/participant/ask-out", who=named(view.tx, person))
    return Message(text, column(*choices, _back(view)))


def _back(view: View) -> Button:
    return view.go("office/button/back", "participant", view.about)


def _own_groups(tx: Tx, viewer: PersonId, person: PersonId) -> list[Group]:
    """Return the groups in which somebody takes part, as far as the viewer leads them."""
    return [group for group in own(tx, viewer) if _takes_part(tx, group.id, person)]


def _takes_part(tx: Tx, group: int, person: PersonId) -> bool:
    return person in groups.members(tx, group, Part.PARTICIPANT)


def _moves(tx: Tx, viewer: PersonId, person: PersonId) -> list[_Move]:
    """Return the moves that there are: between groups of the viewer's own, where there is room."""
    sources = _own_groups(tx, viewer, person)
    targets = [
        group for group in own(tx, viewer) if group not in sources and not is_full(tx, group)
    ]
    return [_Move(source, target) for source in sources for target in targets]


# Acts


def _add(clerk: Clerk, group: Group, choice: str) -> Answer:
    """Add somebody new and show their invitation; a second tap on one drawing adds nobody."""
    if is_full(clerk.tx, group):
        clerk.record("participant-add", "full", detail=str(group.id))
        return clerk.go("group", group.id, "office/group/full")
    approved = approvals.among(clerk.tx, clerk.setting.languages)
    if not approved:
        clerk.record("participant-add", "no-language", detail=str(group.id))
        return clerk.go("group", group.id, "office/languages/none-yet")
    if buttons.number(choice) != len(groups.members(clerk.tx, group.id, Part.PARTICIPANT)):
        return clerk.refuse("participant-add", RefusalCode.STALE)
    person = people.add(
        clerk.tx,
        locale=group.locale if group.locale in approved else approved[0],
        zone=clerk.setting.zone,
        label=next(labels.fresh(labels.used(clerk.tx))),
        now=clerk.now,
    )
    groups.join(clerk.tx, group.id, person, Part.PARTICIPANT, clerk.now)
    clerk.record("participant-add", person=person, detail=str(group.id))
    invitations.offer(clerk, person)
    return clerk.go("group", group.id)


def _invite_again(clerk: Clerk, about: int, _: str) -> Answer:
    person = PersonId(about)
    if not people.can_be_invited(clerk.tx, person):
        return clerk.refuse("participant-invite", RefusalCode.STALE)
    if not approvals.among(clerk.tx, clerk.setting.languages):
        clerk.record("participant-invite", "no-language", person=person)
        return clerk.go("participant", person, "office/languages/none-yet")
    clerk.record("participant-invite", person=person)
    invitations.offer(clerk, person)
    return clerk.go("participant", person)


def _take_alias(clerk: Clerk, about: int, line: str) -> Answer:
    person = PersonId(about)
    if wrong := names.unfit(line):
        clerk.record("alias", f"alias-{wrong}", person=person)
        return clerk.go("alias", person, _ALIAS_PROBLEMS[wrong])
    aliases.keep(clerk.tx, person, line)
    clerk.record("alias", person=person)
    return clerk.go("participant", person)


def _remove_alias(clerk: Clerk, about: int, _: str) -> Answer:
    person = PersonId(about)
    if aliases.find(clerk.tx, person) is None:
        return clerk.refuse("alias-away", RefusalCode.REPEATED)
    aliases.keep(clerk.tx, person, None)
    clerk.record("alias-away", person=person)
    return clerk.go("participant", person)


def _note_intake(clerk: Clerk, about: int, choice: str) -> Answer:
    days, person = buttons.number(choice), PersonId(about)
    if days not in INTAKES:
        raise buttons.Unreadable
    people.settle_intake(clerk.tx, person, clerk.now - days * DAY)
    clerk.record("participant-intake", person=person, detail=choice)
    return clerk.go("participant", person)


def _move(clerk: Clerk, about: int, choice: str) -> Answer:
    person = PersonId(about)
    first, _, second = choice.partition("-")
    source, target = buttons.number(first), buttons.number(second)
    moves = _moves(clerk.tx, clerk.person.id, person)
    if (source, target) not in {(move.source.id, move.target.id) for move in moves}:
        return clerk.refuse("participant-move", RefusalCode.STALE)
    groups.leave(clerk.tx, source, person)
    groups.join(clerk.tx, target, person, Part.PARTICIPANT, clerk.now)
    planning.follow_group(clerk.tx, source, clerk.now)
    planning.follow_group(clerk.tx, target, clerk.now)
    clerk.record("participant-move", person=person, detail=choice)
    _redraw_others(clerk, source)
    _redraw_others(clerk, target)
    return clerk.go("participant", person)


def _take_out(clerk: Clerk, about: int, choice: str) -> Answer:
    """Take somebody out; whoever is nobody's participant any more can't come by an invitation."""
    person, number = PersonId(about), buttons.number(choice)
    found = {group.id for group in _own_groups(clerk.tx, clerk.person.id, person)}
    if number not in found:
        return clerk.refuse("participant-out", RefusalCode.STALE)
    groups.leave(clerk.tx, number, person)
    planning.follow_group(clerk.tx, number, clerk.now)
    uninvite(clerk, person)
    clerk.record("participant-out", person=person, detail=choice)
    _redraw_others(clerk, number)
    return clerk.go("group", number)


def _redraw_others(clerk: Clerk, group: int) -> None:
    if living(clerk.tx, group) is None:
        return
    for person in groups.members(clerk.tx, group, Part.FACILITATOR):
        if person != clerk.person.id:
            clerk.redraw(person)


PAGES = (
    Page("participant", rights.of_participant, _participant),
    Page("alias", rights.of_participant, _asks_alias, _take_alias),
    Page("intake", rights.of_participant, _asks_intake),
    Page("move", rights.of_participant, _asks_move),
    Page("take-out", rights.of_participant, _asks_out),
)
ACTS = (
    group_act("participant-add", _add),
    Act("participant-invite", rights.of_participant, _invite_again),
    Act("alias-away", rights.of_participant, _remove_alias),
    Act("participant-intake", rights.of_participant, _note_intake),
    Act("participant-move", rights.of_participant, _move),
    Act("participant-out", rights.of_participant, _take_out),
)
