"""A participant's arrival: language, time zone, three texts to agree to, one question a message.

Whoever is enrolled comes back here for another language, or when a text has changed. Nobody is
enrolled but by agreeing to everything; refusing is asked once more and leaves nothing behind.
"""

from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import get_timezone_location

from bot import planning
from bot.buttons import Answer, Unreadable
from bot.home import going
from bot.home.question import Concern, Hands, Sight, button
from bot.language.words import words
from bot.setting import Setting
from bot.views import step as step_view
from bot.views.message import Message, column, pairs
from flows.decide import RefusalCode
from flows.effects import ScreenKind
from flows.flow import AGAIN, AGREEMENTS, Ending, Option, Revision
from flows.model import Agreement
from storage import approvals, arrivals, outbox, pages, people, reminders, revisions, sessions
from storage.outbox import Kind
from storage.pages import Page
from storage.people import Person
from storage.store import Tx

NAME: Final = "arrival"
FLOW: Final = "agreements"
SETTINGS: Final = ("locale", "zone", "zones")
"""What is asked before the texts, and anew by /language."""
COVER, READING, REFUSING, DECLINED = "cover", "reading", "refusing", "declined"
"""Where somebody enrolled is: a text waits, is read, is refused once, or was refused."""
REFUSED: Final = "refused"
"""Where somebody invited is who goes because they refused."""
ZONES: Final = (
    *("Europe/Dublin", "Europe/London", "Europe/Berlin", "Europe/Copenhagen", "Europe/Oslo"),
    *("Europe/Paris", "Europe/Prague", "Europe/Stockholm", "Europe/Vienna", "Europe/Bucharest"),
    *("Europe/Chisinau", "Europe/Kaliningrad", "Europe/Moscow", "Europe/Samara"),
    *("Asia/Yekaterinburg", "Asia/Omsk", "Asia/Novosibirsk", "Asia/Irkutsk", "Asia/Yakutsk"),
    "Asia/Vladivostok",
)
"""The zones of the countries whose services the founding report names, and of Romanian."""
_SHOWN: Final = 12
"""Characters of a revision's id that a button carries."""


def stage_of(tx: Tx, person: Person) -> str | None:
    """Return what somebody is asked now; None where nothing is open."""
    if person.staff:
        return None
    opened = pages.find(tx, person.id)
    page = opened.name if opened else ""
    if person.invited:
        return _stage_of_invited(tx, person, page)
    if page in SETTINGS:
        return page
    kind = arrivals.missing(tx, person.id)
    if kind is None:
        return None
    if page in (READING, REFUSING):
        return _step(kind) + (AGAIN if page == REFUSING else "")
    return DECLINED if page == DECLINED else COVER


def _stage_of_invited(tx: Tx, person: Person, page: str) -> str | None:
    step = arrivals.step_of(tx, person.id)
    if step is None or step in SETTINGS:
        return step
    return _step(Agreement(step)) + (AGAIN if page == REFUSING else "")


def _step(kind: Agreement) -> str:
    return kind.replace("_", "-")


def _kind(step: str) -> Agreement:
    return Agreement(step.removesuffix(AGAIN).replace("-", "_"))


# What is shown


def _draw(sight: Sight) -> Message | None:
    if not (sight.viewer.enrolled or sight.viewer.invited):
        return _last(sight)
    stage = stage_of(sight.tx, sight.viewer)
    match stage:
        case None:
            return None
        case "locale":
            return _asks_locale(sight)
        case "zone":
            return _asks_zone(sight)
        case "zones":
            return _asks_city(sight)
        case "cover" | "declined":
            key = "home/arrival/cover" if stage == COVER else "home/arrival/declined"
            read = button(sight.say.say("home/button/read"), NAME, stage, "read")
            return Message(sight.say.say(key), column(read))
        case _:
            return _text(sight, stage)


def _asks_locale(sight: Sight) -> Message | None:
    """Ask for a language; where there is none to choose, nothing is asked."""
    offered = _offered(sight.tx, sight.viewer, sight.setting)
    choices = (button(_own_name(locale), NAME, "locale", locale) for locale in offered)
    return Message(sight.say.say("home/arrival/language"), column(*choices)) if offered else None


def _offered(tx: Tx, person: Person, setting: Setting) -> tuple[str, ...]:
    """Return the approved languages; whoever is enrolled can also keep the one that they have."""
    approved = approvals.among(tx, setting.languages)
    if person.invited or person.locale in approved:
        return approved
    return (*approved, person.locale)


def _own_name(locale: str) -> str:
    """Return a language's name in itself, as CLDR has it."""
    name = Locale.parse(locale).get_display_name() or locale
    return name[:1].upper() + name[1:]


def _asks_zone(sight: Sight) -> Message:
    time = words(sight.viewer.locale, sight.setting.zone).time(sight.now)
    choices = (
        button(sight.say.say("home/button/yes"), NAME, "zone", "yes"),
        button(sight.say.say("home/button/no"), NAME, "zone", "no"),
    )
    return Message(sight.say.say("home/arrival/zone", time=time), pairs(*choices))


def _asks_city(sight: Sight) -> Message:
    choices = (button(_city(zone, sight.viewer.locale), NAME, "zones", zone) for zone in ZONES)
    return Message(sight.say.say("home/arrival/city"), pairs(*choices))


def _city(zone: str, locale: str) -> str:
    return get_timezone_location(ZoneInfo(zone), locale=locale, return_city=True)


def _text(sight: Sight, step: str) -> Message | None:
    """Draw a text in the words of the revision that is published; without one, nothing."""
    revision = revisions.published(sight.tx, FLOW, sight.viewer.locale)
    if revision is None:
        return None
    shown = revision.flow.steps[step]
    drawn_for = _drawn_for(sight.tx, _kind(step), revision)
    choices = (
        button(option.text, NAME, step, f"{option.id}-{drawn_for}") for option in shown.options
    )
    flow = revision.flow
    return step_view.message(flow, shown, step_view.rows(flow, shown, choices))


def _drawn_for(tx: Tx, kind: Agreement, revision: Revision) -> str:
    return f"{arrivals.version_of(tx, kind)}-{revision.id[:_SHOWN]}"


def _last(sight: Sight) -> Message | None:
    """Draw the last words to somebody who goes: they take the place of what was asked."""
    opened = pages.find(sight.tx, sight.viewer.id)
    if opened is None or opened.name not in (REFUSED, going.OVER):
        return None
    if opened.name == REFUSED:
        return _ending(sight.tx, sight.viewer, "unmet")
    return Message(sight.say.say("home/arrival/over"))


def said(tx: Tx, viewer: Person) -> Message | None:
    """Draw the last words after somebody has agreed anew."""
    return _ending(tx, viewer, "ready")


def _ending(tx: Tx, viewer: Person, ending: Ending) -> Message | None:
    revision = revisions.published(tx, FLOW, viewer.locale)
    return step_view.message(revision.flow, revision.flow.final(ending)) if revision else None


def speak_approved(tx: Tx, person: Person, setting: Setting) -> None:
    """Speak an approved language to a participant who comes; what was meant for them may wait."""
    approved = approvals.among(tx, setting.languages)
    if approved and person.locale not in approved:
        people.set_locale(tx, person.id, approved[0])


# What a tap does


def _do(hands: Hands, act: str, choice: str) -> Answer:
    steps = (*AGREEMENTS, *(step + AGAIN for step in AGREEMENTS))
    if hands.person.staff or act not in (*SETTINGS, COVER, DECLINED, *steps):
        raise Unreadable
    if act != stage_of(hands.tx, hands.person):
        return hands.refuse("arrival", RefusalCode.STALE)
    match act:
        case "locale":
            return _choose_locale(hands, choice)
        case "zone":
            return _confirm_zone(hands, choice)
        case "zones":
            return _choose_zone(hands, choice)
        case "cover" | "declined":
            return _turn(hands, READING)
        case _:
            return _answer(hands, act, choice)


def change_language(hands: Hands) -> None:
    """Ask for language and time zone anew; never between the questions of an appointment."""
    if sessions.running_of(hands.tx, hands.person.id):
        hands.tell(hands.person.id, "home/language/later")
        return
    _keep(hands, "locale")
    hands.show()


def explain_privacy(hands: Hands) -> None:
    """Say what is kept, why, for how long, and how to ask for a copy or erasure."""
    hands.tell(hands.person.id, "home/privacy")


def _choose_locale(hands: Hands, choice: str) -> Answer:
    if choice not in hands.setting.languages:
        raise Unreadable
    if choice not in _offered(hands.tx, hands.person, hands.setting):
        return hands.refuse("language", RefusalCode.STALE)
    if sessions.running_of(hands.tx, hands.person.id) and not hands.person.invited:
        return hands.refuse("language", RefusalCode.NOT_NOW)
    people.set_locale(hands.tx, hands.person.id, choice)
    hands.record("language", detail=choice.lower().replace("_", "-"))
    return _turn(hands, "zone")


def _confirm_zone(hands: Hands, choice: str) -> Answer:
    if choice not in ("yes", "no"):
        raise Unreadable
    if choice == "no":
        return _turn(hands, "zones")
    return _settle_zone(hands, hands.setting.zone)


def _choose_zone(hands: Hands, choice: str) -> Answer:
    if choice not in ZONES:
        raise Unreadable
    return _settle_zone(hands, choice)


def _settle_zone(hands: Hands, zone: str) -> Answer:
    people.set_zone(hands.tx, hands.person.id, zone)
    reminders.follow_person(hands.tx, hands.person.id, hands.now)
    hands.record("time-zone")
    if hands.person.invited:
        return _go_on(hands)
    pages.close(hands.tx, hands.person.id)
    _close(hands, "home/language/kept")
    return Answer()


def _answer(hands: Hands, step: str, choice: str) -> Answer:
    """Take an answer to the very text, version and edition that the button was drawn for."""
    kind, (name, _, drawn_for) = _kind(step), choice.partition("-")
    revision = revisions.published(hands.tx, FLOW, hands.person.locale)
    option = revision.flow.option(step, name) if revision else None
    if revision is None or option is None:
        raise Unreadable
    if drawn_for != _drawn_for(hands.tx, kind, revision):
        return hands.refuse("arrival", RefusalCode.STALE)
    if option.value == "yes":
        return _agree(hands, kind, revision)
    return _refuse(hands, kind, revision, option)


def _agree(hands: Hands, kind: Agreement, revision: Revision) -> Answer:
    person = hands.person
    people.settle_agreement(hands.tx, person.id, kind, person.locale, hands.now, revision.id)
    hands.record("agreed", detail=_step(kind))
    if not hands.person.invited and arrivals.missing(hands.tx, person.id) is not None:
        return _turn(hands, READING)
    return _go_on(hands)


def _go_on(hands: Hands) -> Answer:
    """Turn to the next text; after the last one somebody is enrolled."""
    kind = arrivals.missing(hands.tx, hands.person.id)
    if kind is not None:
        return _turn(hands, kind)
    pages.close(hands.tx, hands.person.id)
    if not hands.person.invited:
        going.tell_facilitators(hands, "office/agreed")
        _close(hands, f"{FLOW}/ready")
        return Answer()
    people.enrol(hands.tx, hands.person.id)
    hands.record("enrolled")
    going.tell_facilitators(hands, "office/arrived")
    _close(hands, "start/participant")
    planning.follow_person(hands.tx, hands.person.id, hands.now)
    return Answer()


def _refuse(hands: Hands, kind: Agreement, revision: Revision, option: Option) -> Answer:
    """Ask once more; after that somebody invited goes, and somebody enrolled is held."""
    if revision.flow.steps[option.to].final != "unmet":
        return _turn(hands, REFUSING)
    hands.record("agreement-refused", detail=_step(kind))
    if not hands.person.invited:
        going.tell_facilitators(hands, "office/not-agreed")
        return _turn(hands, DECLINED)
    pages.keep(hands.tx, hands.person.id, Page(REFUSED, 0))
    hands.redraw()
    arrivals.part(hands.tx, hands.person.id, hands.now)
    return Answer()


def _turn(hands: Hands, to: str) -> Answer:
    """Ask the next question where the screen stands."""
    _keep(hands, to)
    hands.redraw()
    return Answer()


def _keep(hands: Hands, to: str) -> None:
    """Keep what is asked next: in the arrival itself, but for what anybody may come to."""
    if hands.person.invited and to != REFUSING:
        arrivals.set_step(hands.tx, hands.person.id, to)
        pages.close(hands.tx, hands.person.id)
        return
    pages.keep(hands.tx, hands.person.id, Page(to, 0))


def _close(hands: Hands, key: str) -> None:
    """Take the screen away, say how it ended, and show what is next."""
    going.hide_home(hands)
    outbox.add(hands.tx, hands.person.id, Kind.SAY, now=hands.now, subject=key)
    outbox.add(
        hands.tx,
        hands.person.id,
        Kind.SHOW,
        now=hands.now,
        subject=ScreenKind.HOME,
        params={"quiet": 1},
    )


CONCERN = Concern(NAME, _draw, _do)
