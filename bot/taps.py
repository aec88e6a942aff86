"""From a tap to the event that it claims: one table, a line a verb.

Nothing is checked here but that the button can be read; `decide` says what may happen.
"""

from collections.abc import Callable

from bot import buttons
from bot.buttons import Tap, Unreadable
from bot.views import board
from bot.views.desk import meaning_key
from flows import events as e
from flows.model import Meaning, Outcome, PersonId

Meanings = Callable[[str, PersonId | None], Meaning]
"""Finds the sentence of a key, about somebody or nobody, in the words of whoever tapped."""


def event_of(tap: Tap, me: PersonId, meanings: Meanings) -> e.Event:  # noqa: C901, PLR0911, PLR0912 -- one table, a line a verb
    """Return the event that a button claims; raise `Unreadable` where it can't be read."""
    args = tap.args
    match tap.verb:
        case "answer":
            return e.StepAnswered(me, me, buttons.number(args[1]), args[2], args[3])
        case "join":
            return e.JoinAsked(me, buttons.number(args[1]))
        case "go-on":
            return e.QuestionTakenUp(me, buttons.number(args[1]), args[2])
        case "alone":
            alone = buttons.choice(args[2], "yes", "no")
            return e.StillAloneAnswered(me, buttons.number(args[1]), alone)
        case "halt":
            return e.SelfStopped(me, buttons.reason(args[1]))
        case "lost":
            return e.LineLost(me)
        case "here":
            return e.ArrivedLate(me)
        case "left":
            return e.CheckedOut(me)
        case "cant":
            return e.AbsenceAnnounced(me, buttons.number(args[1]))
        case "can":
            return e.AbsenceTakenBack(me, buttons.number(args[1]))
        case "start":
            return e.ChecksStarted(me)
        case "stop":
            return e.SessionStopped(me)
        case "close":
            return e.SessionClosed(me)
        case "open":
            return e.SessionOpened(me, args[1], meanings(board.MEANING, None))
        case "claim":
            return e.PersonClaimed(me, buttons.person(tap))
        case "leave":
            return e.DeskLeft(me, buttons.person(tap))
        case "where":
            return e.DestinationsAsked(me, buttons.person(tap), buttons.choice(args[2], "1", "0"))
        case "enter":
            return e.QuestionsAsked(me, buttons.person(tap), buttons.choice(args[2], "1", "0"))
        case "told":
            if buttons.person(tap) == me:
                # What somebody answers for themselves has a button of its own.
                raise Unreadable
            epoch = buttons.number(args[2])
            return e.StepAnswered(me, buttons.person(tap), epoch, args[3], args[4])
        case "let-in":
            return e.JoinAskedFor(me, buttons.person(tap), buttons.number(args[2]))
        case "still":
            alone = buttons.choice(args[3], "yes", "no")
            return e.StillAloneReported(me, buttons.person(tap), buttons.number(args[2]), alone)
        case "seen":
            epoch, seen = buttons.number(args[2]), buttons.choice(args[4], "1", "0")
            return e.ItemObserved(me, buttons.person(tap), epoch, args[3], seen)
        case "sign":
            return _signature(tap, me, meanings)
        case "back":
            return e.SignOffTakenBack(me, buttons.person(tap), buttons.number(args[2]))
        case "absent":
            return e.MarkedAbsent(me, buttons.person(tap), buttons.number(args[2]))
        case "again":
            return e.CheckRestarted(me, buttons.person(tap))
        case "out":
            return e.PersonStopped(me, buttons.person(tap))
        case _:
            raise Unreadable


def _signature(tap: Tap, me: PersonId, meanings: Meanings) -> e.SignedOff:
    person, where = buttons.person(tap), buttons.destination(tap.args[3])
    outcome = Outcome.TURN_AWAY if where else Outcome.ADMIT
    meaning = meanings(meaning_key(outcome), person)
    epoch = buttons.number(tap.args[2])
    return e.SignedOff(me, person, epoch, outcome, where, tap.args[4], meaning)
