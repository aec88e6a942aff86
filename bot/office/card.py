"""What other concerns show on a participant's card, in this order: lines, and buttons that lead on.

Only a facilitator of one of the participant's groups is ever shown a card.
"""

from collections.abc import Callable

from bot.office import by_phone, clearance, erasing, orientation
from bot.office.page import Card, View

CARDS: tuple[Callable[[View], Card], ...] = (
    orientation.on_card,
    clearance.on_card,
    by_phone.on_card,
    erasing.on_card,
)
"""Each one draws what it has to say of the person whom the view is about."""
