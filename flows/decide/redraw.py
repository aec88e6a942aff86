"""Which live screens show something that has changed. Derived, so that nobody can forget one."""

from collections.abc import Iterator

from flows.effects import Bring, Effect, Hide, Redraw, ScreenKind, Show
from flows.model import PersonId, Session


def redraws(before: Session, after: Session, effects: tuple[Effect, ...]) -> Iterator[Redraw]:
    """Yield a redraw for each screen that may look different, but for those drawn anew anyway."""
    drawn = (effect for effect in effects if isinstance(effect, Show | Bring | Hide))
    anew = {(effect.to, effect.screen) for effect in drawn}
    for redraw in _stale_screens(before, after):
        if (redraw.to, redraw.screen) not in anew:
            yield redraw


def _stale_screens(before: Session, after: Session) -> Iterator[Redraw]:
    touched = {p for p, check in after.checks.items() if before.checks.get(p) != check}
    if before.called != after.called:
        touched |= {called.person for called in (before.called, after.called) if called}
    for person in after.checks:
        if person in touched or before.state is not after.state:
            yield Redraw(person, ScreenKind.PLACE)
    for person, facilitator in after.facilitators.items():
        if not facilitator.active:
            continue
        # The desk first: it is under the thumb.
        if _desk_touched(before, after, person, touched):
            yield Redraw(person, ScreenKind.DESK)
        yield Redraw(person, ScreenKind.BOARD)


def _desk_touched(
    before: Session, after: Session, person: PersonId, touched: set[PersonId]
) -> bool:
    earlier = before.facilitators.get(person)
    desk = after.facilitators[person].desk
    if earlier is None or earlier.desk != desk or before.state is not after.state:
        return True
    return desk is None or desk.person in touched
