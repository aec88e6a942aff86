"""The programme: the contact to partners and families outside the bot, its end, and its suspension.

Each of these can hold everything closed; none of them can open anything.
"""

from dataclasses import replace
from typing import Final

from bot import keeping
from bot.buttons import Answer, Unreadable
from bot.office import rights
from bot.office.page import NOTHING, Act, Clerk, Page, View
from bot.views.message import Button, Message, column
from flows import events as e
from flows.decide import RefusalCode
from flows.effects import ScreenKind
from flows.model import Agreement, Programme
from storage import arrivals, outbox, pages, people, sessions
from storage.outbox import Kind

DAY: Final = 86400
YEAR: Final = 365
MONTHS: Final = {"3": 91, "6": 182, "12": 365}
"""The ends that a pilot may be given, in months, and the days that each one takes."""


def _programme(view: View) -> Message:
    now, programme = view.now, people.programme(view.tx)
    lines = [view.text("office/programme/title"), _contact(view, programme), _end(view, programme)]
    if programme.suspended:
        lines.append(view.text("office/programme/suspended"))
    buttons = [
        view.go("office/button/contact", "contact"),
        view.go("office/button/end", "end"),
        view.go("office/button/texts", "texts"),
        view.go("office/erasure/button/list", "erasures"),
    ]
    if programme.suspended:
        buttons.append(view.go("office/button/resume", "resume"))
    elif programme.ends_at is None or programme.ends_at > now:
        buttons.append(view.go("office/button/suspend", "suspend"))
    return Message("\n".join(lines), column(*buttons))


def _contact(view: View, programme: Programme) -> str:
    until = programme.safety_contact_until
    if until is None or until <= view.now:
        return view.text("office/programme/no-contact")
    return view.text("office/programme/contact", day=view.say.day(until))


def _end(view: View, programme: Programme) -> str:
    ends = programme.ends_at
    if ends is None:
        return view.text("office/programme/no-end")
    key = "office/programme/ends" if ends > view.now else "office/programme/ended"
    return view.text(key, day=view.say.day(ends))


def _asks_contact(view: View) -> Message:
    confirm = view.do("office/button/confirm", "programme-contact")
    return Message(view.text("office/ask/contact"), column(confirm, _back(view)))


def _asks_end(view: View) -> Message:
    months = (
        view.do("office/button/months", "programme-end", NOTHING, choice, n=int(choice))
        for choice in MONTHS
    )
    none = view.do("office/button/no-end", "programme-end", NOTHING, "none")
    return Message(view.text("office/ask/end"), column(*months, none, _back(view)))


def _asks_suspend(view: View) -> Message:
    suspend = view.do("office/button/suspend-now", "programme-suspend")
    return Message(view.text("office/ask/suspend"), column(suspend, _back(view)))


def _asks_resume(view: View) -> Message:
    resume = view.do("office/button/resume-now", "programme-resume")
    return Message(view.text("office/ask/resume"), column(resume, _back(view)))


def _asks_texts(view: View) -> Message:
    kinds = (
        view.do(f"office/button/{kind.replace('_', '-')}", "agreement-anew", NOTHING, kind)
        for kind in Agreement
    )
    return Message(view.text("office/ask/texts"), column(*kinds, _back(view)))


def _back(view: View) -> Button:
    return view.go("office/button/back", "programme")


def _confirm_contact(clerk: Clerk, _: int, __: str) -> Answer:
    programme = people.programme(clerk.tx)
    until = clerk.now + YEAR * DAY
    people.set_programme(clerk.tx, replace(programme, safety_contact_until=until))
    clerk.record("programme-contact")
    return clerk.go("programme")


def _set_end(clerk: Clerk, _: int, choice: str) -> Answer:
    if choice != "none" and choice not in MONTHS:
        raise Unreadable
    ends = None if choice == "none" else clerk.now + MONTHS[choice] * DAY
    people.set_programme(clerk.tx, replace(people.programme(clerk.tx), ends_at=ends))
    clerk.record("programme-end", detail=choice)
    return clerk.go("programme")


def _suspend(clerk: Clerk, _: int, __: str) -> Answer:
    if people.programme(clerk.tx).suspended:
        return clerk.refuse("programme-suspend", RefusalCode.REPEATED)
    clerk.record("programme-suspend")
    for session_id in sessions.unfinished(clerk.tx):
        if session := sessions.load(clerk.tx, session_id):
            keeping.happen(clerk.tx, session, e.ProgrammeSuspended(), clerk.now)
    people.set_programme(clerk.tx, replace(people.programme(clerk.tx), suspended=True))
    return clerk.go("programme")


def _resume(clerk: Clerk, _: int, __: str) -> Answer:
    if not people.programme(clerk.tx).suspended:
        return clerk.refuse("programme-resume", RefusalCode.REPEATED)
    people.set_programme(clerk.tx, replace(people.programme(clerk.tx), suspended=False))
    clerk.record("programme-resume")
    return clerk.go("programme")


def _ask_anew(clerk: Clerk, _: int, choice: str) -> Answer:
    """Raise the version of an agreement: everybody is asked again, and held until they agree."""
    try:
        kind = Agreement(choice)
    except ValueError:
        raise Unreadable from None
    people.raise_agreement(clerk.tx, kind)
    for person in arrivals.asked_anew(clerk.tx, kind):
        pages.close(clerk.tx, person)
        outbox.add(
            clerk.tx,
            person,
            Kind.SHOW,
            now=clerk.now,
            subject=ScreenKind.HOME,
            params={"quiet": 1},
        )
    clerk.record("agreement-anew", detail=kind.replace("_", "-"))
    return clerk.go("programme", notice="office/texts-anew")


PAGES = (
    Page("programme", rights.coordinator, _programme),
    Page("contact", rights.coordinator, _asks_contact),
    Page("end", rights.coordinator, _asks_end),
    Page("suspend", rights.coordinator, _asks_suspend),
    Page("resume", rights.coordinator, _asks_resume),
    Page("texts", rights.coordinator, _asks_texts),
)
ACTS = (
    Act("programme-contact", rights.coordinator, _confirm_contact),
    Act("programme-end", rights.coordinator, _set_end),
    Act("programme-suspend", rights.coordinator, _suspend),
    Act("programme-resume", rights.coordinator, _resume),
    Act("agreement-anew", rights.coordinator, _ask_anew),
)
