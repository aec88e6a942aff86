"""An invitation on the phone of whoever invites: a link and its QR code, to be handed on.

Of the link only a hash is kept. Each drawing has a link of its own: one that got lost on its way is
worth nothing, and asking for another one ends the one before.
"""

import io
import secrets
from typing import Final

import segno

from bot.buttons import Answer
from bot.office import rights
from bot.office.page import Act, Clerk, Page, View
from bot.views.message import Message, column
from flows.effects import ScreenKind
from flows.model import PersonId
from storage import outbox, people
from storage.outbox import Kind

LASTS: Final = 7 * 86400
_SCALE: Final = 6


def offer(clerk: Clerk, person: PersonId) -> None:
    """Show an invitation for somebody who has no chat yet; an earlier one ends."""
    outbox.add(
        clerk.tx,
        clerk.person.id,
        Kind.SHOW,
        now=clerk.now,
        subject=ScreenKind.INVITATION,
        params={"quiet": 1},
        about=person,
    )


def draw(view: View) -> Message | None:
    """Draw a fresh invitation; nothing for somebody who can't be invited any more."""
    person = PersonId(view.about)
    if not people.can_be_invited(view.tx, person):
        return None
    token, until = secrets.token_urlsafe(24), view.now + LASTS
    people.renew_invitation(view.tx, person, token, expires_at=until)
    link = f"https://t.me/{view.setting.username}?start={token}"
    png = io.BytesIO()
    segno.make(link, error="m", micro=False).save(png, kind="png", scale=_SCALE)
    who = people.label_of(view.tx, person)
    caption = view.text("office/invitation/caption", who=who, day=view.say.day(until), link=link)
    done = view.do("office/button/done", "invitation-away")
    return Message(caption, column(done), picture=png.getvalue(), handed_on=True)


def take_away(clerk: Clerk, person: PersonId) -> None:
    """Take the message with an invitation off somebody's phone; the invitation goes on."""
    outbox.add(clerk.tx, person, Kind.HIDE, now=clerk.now, subject=ScreenKind.INVITATION)


def _done(clerk: Clerk, _: int, __: str) -> Answer:
    take_away(clerk, clerk.person.id)
    return Answer()


PAGES: tuple[Page, ...] = ()
ACTS = (Act("invitation-away", rights.staff, _done),)
