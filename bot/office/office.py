"""The office's door: finds the page or the act that a tap, a command or a line is for.

A right is asked here, in one place, for every page and every act.
"""

from dataclasses import dataclass, replace

from bot import buttons
from bot.buttons import Answer, Tap, Unreadable
from bot.intake import FileSent
from bot.office import (
    by_phone,
    clearance,
    erasing,
    flow_exchange,
    flow_picture,
    flow_publishing,
    flow_steps,
    flows,
    groups,
    invitations,
    languages,
    notice,
    orientation,
    participants,
    planning,
    programme,
    session,
    step_picture,
    team,
    tongue,
    week,
)
from bot.office.page import NOTHING, Act, Clerk, Do, Page, View
from bot.setting import Setting
from bot.views.message import Message
from flows.decide import RefusalCode
from flows.effects import ScreenKind
from flows.model import Instant
from storage import pages, screens
from storage.people import Person
from storage.store import Tx

CONCERNS = (
    *(programme, invitations, team, tongue, groups, participants, orientation, clearance),
    *(erasing, by_phone, flows, flow_publishing, flow_steps, flow_exchange),
    *(flow_picture, step_picture, languages, planning, session, week),
)
PAGES: dict[str, Page] = {page.name: page for concern in CONCERNS for page in concern.PAGES}
ACTS: dict[str, Act] = {act.name: act for concern in CONCERNS for act in concern.ACTS}
COMMANDS = {
    "settings": "programme",
    "groups": "groups",
    **week.COMMANDS,
    **team.COMMANDS,
    **flows.COMMANDS,
    **tongue.COMMANDS,
}
"""Commands, and the page that each one opens."""


def draw(tx: Tx, viewer: Person, now: Instant, setting: Setting) -> Message | None:
    """Draw the page that somebody has open; one that is not theirs, or is gone, says so."""
    opened = pages.find(tx, viewer.id)
    if opened is None:
        return None
    view = View(tx, viewer, now, setting, opened.about)
    page = PAGES.get(opened.name)
    if page is None or not page.right(tx, viewer, opened.about):
        return Message(view.text("office/gone"))
    message = page.draw(view)
    if message is None:
        return Message(view.text("office/gone"))
    if opened.notice:
        return replace(message, text=f"{notice.told(view, opened.notice)}\n\n{message.text}")
    return message


@dataclass(frozen=True, slots=True)
class Office:
    """One member of staff at the office's door."""

    tx: Tx
    person: Person
    now: Instant
    setting: Setting

    def opens(self, command: str) -> bool:
        """Say whether a command opens a page for this person."""
        page = PAGES.get(COMMANDS.get(command, ""))
        return page is not None and page.right(self.tx, self.person, NOTHING)

    def command(self, command: str) -> None:
        """Open the page of a command at the end of the chat."""
        pages.keep(self.tx, self.person.id, pages.Page(COMMANDS[command], NOTHING))
        self._show()

    def tapped(self, tap: Tap, message: int) -> Answer:
        """Turn to a page, or do what a button of one says."""
        name, about = tap.args[0], buttons.number(tap.args[1])
        known: Page | Act | None = PAGES.get(name) if tap.verb == "go" else ACTS.get(name)
        if known is None:
            raise Unreadable
        if not known.right(self.tx, self.person, about):
            return self._clerk.refuse(name, RefusalCode.FORGED)
        if isinstance(known, Page):
            answer = self._clerk.go(name, about)
        else:
            answer = known.do(self._clerk, about, tap.args[2])
        self._bring_back(message)
        return answer

    def line_sent(self, line: str) -> bool:
        """Hand a line to the page that asked for one; say whether one did."""
        return self._taken(line, is_text=False)

    def text_sent(self, text: str) -> bool:
        """Hand a text to the page that asked for one; say whether one did."""
        return self._taken(text, is_text=True)

    def file_sent(self, sent: FileSent) -> bool:
        """Hand a file to the page that takes one; say whether one does."""
        opened = pages.find(self.tx, self.person.id)
        page = PAGES.get(opened.name) if opened else None
        if opened is None or page is None or page.take_file is None:
            return False
        if not page.right(self.tx, self.person, opened.about):
            return False
        if not page.take_file(self._clerk, opened.about, sent):
            self._show()
        return True

    @property
    def asks_words(self) -> bool:
        """Say whether a page is open that asks for a line or a text."""
        return self._asking() is not None

    def ask_no_words(self) -> None:
        """Close a page that asks for words: what is sent next is for something else."""
        if self.asks_words:
            pages.close(self.tx, self.person.id)

    def _asking(self) -> tuple[Do, Page, int] | None:
        """Return what takes the words that the open page asks for, that page, and its about."""
        opened = pages.find(self.tx, self.person.id)
        page = PAGES.get(opened.name) if opened else None
        if opened is None or page is None or page.take is None:
            return None
        if not page.right(self.tx, self.person, opened.about):
            return None
        return page.take, page, opened.about

    def _taken(self, sent: str, *, is_text: bool) -> bool:
        asking = self._asking()
        if asking is None:
            return False
        take, page, about = asking
        if is_text > page.takes_texts:
            return False
        take(self._clerk, about, sent)
        self._show()
        return True

    @property
    def _clerk(self) -> Clerk:
        return Clerk(self.tx, self.person, self.now, self.setting)

    def _bring_back(self, message: int) -> None:
        """Whoever taps an old drawing finds the office at the end of the chat."""
        drawn = screens.find(self.tx, self.person.id, ScreenKind.OFFICE, None)
        if drawn is not None and drawn.message_id == message:
            return
        self._show()

    def _show(self) -> None:
        self._clerk.show()
