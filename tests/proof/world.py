"""The worlds that are searched: who is there, on which flow, and how finely they are told apart.

Nothing here judges, and nothing here decides: the flow of two items is built of the definition's
own types, the other is the shipped one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from flows.flow import BACK_TO_FINAL, CHANGE, NON_NEGOTIABLES, Flow, Item, Option, Revision, Step
from flows.model import (
    Instant,
    PersonId,
    Rules,
    SessionKind,
)
from tests.flows.builders import ANNA, BEN, ENDS, NOBODY, REVISION, STARTS, P, Q

RULES = Rules()
EPOCH = 2
"""Every epoch is called 2: an epoch is only ever compared for being the same."""
NAMES = {ANNA: "Anna", BEN: "Ben", P: "P", Q: "Q", NOBODY: "a stranger"}
LATER = STARTS + 7 * 86400

PHASES: Mapping[str, Instant] = {
    "before the checks": STARTS - RULES.checks_before - 1,
    "before the window": STARTS - RULES.open_before - 1,
    "in the window": STARTS - RULES.open_before,
    "last second for latecomers": STARTS + RULES.late,
    "after latecomers": STARTS + RULES.late + 1,
    "last second": ENDS - 1,
    "over": ENDS,
    "grace is over": ENDS + RULES.grace,
}
"""One instant on each side of every limit that the session's own times draw."""
USUAL = "in the window"


# The flow of two items, built of the definition's own types


def small_flow() -> Flow:
    """Return two items: one that is observed and non-negotiable, one that is only asked."""
    items = (
        Item("headphones", non_negotiable=True, observed=True, title="headphones", observe="seen"),
        Item("alone", non_negotiable=False, observed=False, title="alone"),
    )
    steps = (
        _question("headphones", "alone"),
        _question("alone", "review"),
        Step("review", "", "", (Option("change", CHANGE, "", ""),), final="ready"),
        Step("unmet", "", "", (Option("change", CHANGE, "", ""),), final="unmet"),
        Step(
            CHANGE,
            "",
            "",
            (
                Option("headphones", "headphones", "", ""),
                Option("alone", "alone", "", ""),
                Option("back", BACK_TO_FINAL, "", ""),
            ),
        ),
    )
    return Flow(
        "small", "check", "participant", "headphones", {step.id: step for step in steps}, items
    )


def _question(item: str, onward: str) -> Step:
    return Step(
        item,
        "",
        "",
        (
            Option("yes", onward, "", "", marks=item, value="yes"),
            Option("no", "unmet", "", "", marks=item, value="no"),
            Option("help", item, "", "", marks=item, value="help"),
        ),
        item=item,
        repeat_after=180,
    )


SMALL = Revision("small", small_flow(), "en")
SMALL_NON_NEGOTIABLES = ("headphones",)


FEW_PHASES = (USUAL, "before the window", "grace is over")
EVERYTHING = ("everything",)
FEW_ODD = (
    "not enrolled",
    "nobody enrolled",
    "signature too old",
    "claims two minutes old",
)
"""What leads somewhere by being out of order; all else can only hold somebody back."""


@dataclass(frozen=True)
class World:
    """Who is there, on which flow, and how finely they are told apart.

    `non_negotiables` is what the gate holds to be the four: the flow of two items has one of them.
    `coarse` leaves out what only ever holds somebody back; `most_noes` bounds how many items stand
    answered *no* at a time. Where people are `helped`, staff enter answers for them too; where they
    are `chatless`, nobody has a chat. With a `check_room` people are called in.
    """

    name: str
    people: tuple[PersonId, ...]
    staff: tuple[PersonId, ...] = (ANNA, BEN)
    revision: Revision = SMALL
    non_negotiables: tuple[str, ...] = SMALL_NON_NEGOTIABLES
    kind: SessionKind = SessionKind.GROUP
    cap: int = 6
    signers: int = 1
    coarse: bool = False
    most_noes: int | None = None
    odd: tuple[str, ...] = ()
    phases: tuple[str, ...] = tuple(PHASES)
    passive: tuple[PersonId, ...] = ()
    prelude: tuple[str, ...] = ()
    helped: bool = False
    chatless: bool = False
    check_room: bool = False

    @cached_property
    def mandatory(self) -> frozenset[str]:
        """What an admission needs a *yes* to."""
        return frozenset(self.non_negotiables) | {item.id for item in self.revision.flow.items}

    @cached_property
    def to_see(self) -> frozenset[str]:
        """What an admission needs to be observed."""
        observed = {item.id for item in self.revision.flow.items if item.observed}
        return frozenset(self.non_negotiables) | observed

    @cached_property
    def rules(self) -> Rules:
        by_itself = RULES.checks_before
        return replace(
            RULES, signers=self.signers, check_room=self.check_room, auto_start=by_itself
        )

    @cached_property
    def symmetric_staff(self) -> bool:
        """Whether any two facilitators may be told from each other by their names alone."""
        return not set(self.staff) & set(self.people) and not self.passive and not self.prelude

    @cached_property
    def symmetric_people(self) -> bool:
        """Whether the two participants may be told from each other by their names alone."""
        return len(self.people) == 2 and not self.prelude


# The worlds


def _world(name: str, people: tuple[PersonId, ...] = (P,), **how: object) -> World:
    return World(name, people, coarse=True, **how)  # type: ignore[arg-type]


ONE = _world("one person, two items", odd=EVERYTHING)
SOLO = replace(ONE, name="one person, two items, one facilitator who acts", passive=(BEN,))
LEAN = replace(SOLO, name="one person, nothing out of order", odd=(), phases=(USUAL,))
HELPED = replace(
    SOLO,
    name="one person who is helped",
    helped=True,
    odd=("signature too old",),
    phases=(USUAL, "grace is over"),
)
CHATLESS = replace(
    LEAN, name="one person without a chat, helped or not", helped=True, chatless=True
)
FOUR_EYES = replace(ONE, name="one person, two items, two signatures", signers=2)
HELPED_TWICE = replace(
    FOUR_EYES, name="one person who is helped, two signatures", helped=True, odd=FEW_ODD
)
FINE = replace(
    SOLO,
    name="one person, two items, nothing left out",
    coarse=False,
    odd=FEW_ODD,
)
TWO = replace(ONE, name="two people, two items", people=(P, Q), odd=FEW_ODD, phases=FEW_PHASES)
TWO_TWICE = replace(
    TWO, name="two people, two signatures, nothing out of order", signers=2, odd=(), phases=(USUAL,)
)
CALLED = replace(SOLO, name="one person, a check room", check_room=True)
ONE_BY_ONE = replace(
    TWO,
    name="two people, two items, a check room, one facilitator who acts",
    check_room=True,
    passive=(BEN,),
)
BOTH_CALL = replace(
    ONE_BY_ONE,
    name="two people, a check room, two who call, nothing out of order",
    passive=(),
    odd=(),
    phases=(USUAL,),
)
CALLED_BY_BOTH = replace(
    ONE,
    name="one person, a check room, two who call",
    check_room=True,
    odd=FEW_ODD,
    phases=FEW_PHASES,
)
SHIPPED = replace(
    FINE,
    name="one person, the shipped flow, one no at a time",
    coarse=True,
    revision=REVISION,
    non_negotiables=NON_NEGOTIABLES,
    most_noes=1,
    odd=(),
    phases=(USUAL,),
)
BOTH_ROLES = _world("somebody on both lists", staff=(ANNA, P), phases=(USUAL,))
LACKING = _world(
    "a flow that lacks a non-negotiable",
    non_negotiables=("headphones", "own-device"),
    phases=(USUAL,),
)
NO_PLACE = _world("a session without a place", cap=0, phases=(USUAL,))
ONE_PLACE = _world("two people, one place", (P, Q), cap=1, phases=(USUAL,), passive=(BEN,))
ONE_TO_ONE = _world("two people, one-to-one", (P, Q), kind=SessionKind.ONE_TO_ONE, phases=(USUAL,))
ADMITTED = (
    "Anna starts the checks",
    "P taps option 1",
    "P taps option 1",
    "Anna claims P",
    "Anna sees headphones of P",
    "Anna signs P in",
    "Anna pastes a fresh link",
)
OPENED = (
    *ADMITTED,
    "Anna claims Q",
    "Anna turns Q to one_to_one",
    "Anna opens the session",
    "P taps Join",
)
"""Two honest ways into the evening of two people, told as acts."""
ADMITTED_TWICE = (
    *ADMITTED[:-1],
    "Ben claims P",
    "Ben sees headphones of P",
    "Ben signs P in",
)
"""The same on two signatures; nothing is decided of the other."""
CALLED_IN = (
    "Anna starts the checks",
    "P taps option 1",
    "P taps option 1",
    "Q taps option 1",
    "Q taps option 1",
    "Anna claims P",
    "Anna calls P in",
)
"""A way into the check room, with somebody else who is ready too."""
BACK = (*ADMITTED, "Anna opens the session", "P taps Join", "P lost the line", "P says still alone")
"""The evening of one person, up to the way in that comes second."""
CALLED_ALONE = (
    "Anna starts the checks",
    "P taps option 1",
    "P taps option 1",
    "Anna claims P",
    "Anna calls P in",
)
"""A way into the check room with nobody else there."""
