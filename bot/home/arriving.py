"""What somebody invited may do: their own arrival, help, and nothing else.

They are no participant of anything yet; whatever else they send, nobody reads it.
"""

from bot import buttons
from bot.buttons import Answer, Unreadable
from bot.home import home
from bot.home.question import Hands
from bot.intake import Commanded, Private, Tapped
from flows.decide import RefusalCode

HOME = ("start", "now")


def act(hands: Hands, incoming: Private) -> Answer:
    """Do what somebody invited did."""
    match incoming:
        case Tapped(data=data):
            return _tapped(hands, data)
        case Commanded(name=name) if name in HOME:
            hands.show()
        case Commanded(name="language" | "privacy" as name):
            home.commanded(hands.tx, hands.person, hands.now, hands.setting, name)
        case Commanded(name="help"):
            hands.tell(hands.person.id, "home/help")
        case _:
            hands.tell(hands.person.id, "reply/nobody-reads")
    return Answer()


def _tapped(hands: Hands, data: str) -> Answer:
    try:
        tap = buttons.decode(data)
        if tap.verb == "home":
            return home.tapped(hands.tx, hands.person, hands.now, hands.setting, tap)
    except Unreadable:
        pass
    return hands.refuse("tap", RefusalCode.FORGED)
