"""A member of staff's own language: the one that the bot speaks to them."""

from babel import Locale

from bot.buttons import Answer
from bot.office import rights
from bot.office.page import NOTHING, Act, Clerk, Page, View
from bot.views.message import Message, column, tap
from flows.decide import RefusalCode
from flows.effects import ScreenKind
from storage import outbox, screens, staff
from storage.outbox import Kind


def own_name(code: str) -> str:
    """Return a language's name as those who speak it write it."""
    name = Locale.parse(code).get_display_name(code) or code
    return name[:1].upper() + name[1:]


def _asks_language(view: View) -> Message:
    choices = (
        tap(own_name(code), "do", "language-chosen", NOTHING, code)
        for code in view.setting.languages
    )
    return Message(view.text("office/language/ask"), column(*choices))


def _choose(clerk: Clerk, _: int, choice: str) -> Answer:
    """Speak another language from now on; what stands on the phone follows."""
    if choice not in clerk.setting.languages:
        return clerk.refuse("language-chosen", RefusalCode.FORGED)
    if choice == clerk.person.locale:
        return clerk.go("language", notice="office/language/chosen")
    staff.set_locale(clerk.tx, clerk.person.id, choice)
    clerk.record("language-chosen", detail=choice)
    clerk.menu(clerk.person.id)
    for screen, session in screens.of_person(clerk.tx, clerk.person.id):
        if screen in (ScreenKind.BOARD, ScreenKind.DESK):
            outbox.add(
                clerk.tx,
                clerk.person.id,
                Kind.REDRAW,
                now=clerk.now,
                session=session,
                subject=screen,
            )
    return clerk.go("language", notice="office/language/chosen")


PAGES = (Page("language", rights.staff, _asks_language),)
ACTS = (Act("language-chosen", rights.staff, _choose),)
COMMANDS = {"language": "language"}
