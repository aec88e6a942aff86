"""Every screen in every state and language: it can be drawn, it fits, it tells of nobody else."""

from dataclasses import replace
from itertools import product

import pytest

from bot.drawing import screen
from bot.language.shipped import shipped_revision
from bot.language.words import source_texts, words
from bot.scene import ItemWords, Scene
from bot.views import factor
from bot.views.board import board
from bot.views.desk import desk
from bot.views.message import Button, column, pairs
from bot.views.place import place
from bot.views.said import CARDS, card, debrief, plain, ring, sessions_today, why
from flows.effects import ItemTitle, LabelOf, ScreenKind, TimeOf
from flows.flow import NON_NEGOTIABLES
from flows.gate import Hold, HoldCode, ToShow, holds
from flows.model import (
    Agreement,
    Answer,
    Check,
    CheckState,
    Clearance,
    ClearanceDecision,
    Credential,
    Desk,
    DeskView,
    Destination,
    Digest,
    Facilitator,
    Meaning,
    Observation,
    Opening,
    Outcome,
    PersonId,
    Programme,
    Repeat,
    RoomKind,
    Run,
    Session,
    SessionId,
    SessionKind,
    SessionState,
    SignOff,
    Standing,
)
from storage.authenticators import Pad
from storage.people import Person, Role

START = 1_800_001_800
NOWS = (START - 1800, START - 60, START + 60, START + 3600, START + 9000)
BIG = 10**9
ANNA, BERND, H7, K2 = (PersonId(BIG - n) for n in range(1, 5))
LABELS = {ANNA: "Anna", BERND: "Bernd", H7: "H7", K2: "K2"}
LINK = "https://meet.example.org/fresh"
LOCALES = ("en", "de")
IN_ONE_LANGUAGE = pytest.mark.parametrize("locale", LOCALES[:1])
"""For what is shown to whom: no language changes that."""
MEANING = Meaning("sign/admit", "en", "a" * 64)
STANDING = Standing(
    Clearance(ClearanceDecision.ONLINE_GROUP, START * 2), START * 2, frozenset(Agreement), START
)


def checks(locale):
    """Yield checks of every state, and of everything that a screen looks at."""
    revision = shipped_revision("environment", locale)
    flow = revision.flow
    items = [item.id for item in flow.items]
    yes = {item: Answer("yes", START - 900, H7) for item in items}
    seen = {(item, ANNA): Observation(seen=True, at=START - 600) for item in NON_NEGOTIABLES}
    run = Run(revision, flow.start, START - 1000)
    ready = replace(run, step=flow.final("ready").id)
    base = Check(H7, epoch=10**4, standing=STANDING, published=revision)
    yield base
    answered = dict([*yes.items()][:3])
    for step in flow.steps:
        at_step = replace(run, step=step)
        yield replace(base, state=CheckState.ASKING, run=at_step, answers=answered)
    for repeat in Repeat:
        yield replace(base, state=CheckState.ASKING, run=replace(run, repeat=repeat))
    for state in CheckState:
        yield replace(base, state=state)
        yield replace(base, state=state, run=ready, answers=yes)
        yield replace(base, state=state, run=ready, answers=yes, observations=seen, ready_at=START)
    no = {**yes, "headphones": Answer("no", START - 900, H7)}
    yield replace(base, state=CheckState.UNMET, run=replace(run, step="unmet"), answers=no)
    for where in (None, *Destination):
        outcome = Outcome.TURN_AWAY if where else Outcome.ADMIT
        signed = SignOff(outcome, ANNA, START - 500, Digest("b" * 64), MEANING, where)
        state = CheckState.TURNED_AWAY if where else CheckState.ADMITTED
        settled = replace(
            base, state=state, run=ready, answers=yes, observations=seen, sign_off=signed
        )
        yield settled
        if where:
            continue
        credential = Credential(1, START - 60, START + 540)
        yield replace(settled, credential=credential, minted=1, entered_at=START)
        yield replace(settled, minted=1, entered_at=START)
        yield replace(settled, minted=1, rejoin_asked_at=START)
        yield replace(settled, minted=1, rejoin_asked_at=START, rejoin_confirmed_at=START)
        yield replace(settled, minted=1, checked_out_at=START)
    yield replace(base, state=CheckState.ABSENT, arrived_at=START)
    yield from assisted(base, ready, yes, seen)


def assisted(base, ready, yes, seen):
    """Yield checks of somebody whose answers Anna entered, signed by her or by Bernd."""
    told = {item: replace(answer, by=ANNA) for item, answer in yes.items()}
    for step in ready.revision.flow.steps:
        at_step = replace(ready, step=step)
        yield replace(base, state=CheckState.ASKING, run=at_step, answers=told)
    entered = replace(base, run=ready, answers=told, observations=seen)
    yield replace(entered, state=CheckState.READY, ready_at=START)
    yield replace(base, state=CheckState.ASKING, run=ready, has_chat=False)
    for by in (ANNA, BERND):
        theirs = {(item, by): one for (item, _), one in seen.items()}
        signed = SignOff(Outcome.ADMIT, by, START - 500, Digest("b" * 64), MEANING)
        admitted = replace(entered, state=CheckState.ADMITTED, sign_off=signed, observations=theirs)
        handed = Credential(1, START - 60, START + 540, by)
        yield admitted
        yield replace(admitted, credential=handed, minted=1, entered_at=START)
        yield replace(admitted, minted=1, entered_at=START, rejoin_asked_at=START)
        yield replace(admitted, minted=1, checked_out_at=START)


def sessions(locale):
    """Yield sessions in every state, with every check, desk and moment."""
    opening = Opening(1, ANNA, START - 300, Digest("c" * 64), replace(MEANING, key="sign/open"))
    other = Check(K2, CheckState.READY, standing=STANDING)
    for state, check, ready in product(SessionState, checks(locale), (False, True)):
        for view in (None, *DeskView):
            on_desk = Desk(H7, START) if view is None else Desk(H7, START, view)
            settled = replace(other, state=CheckState.ABSENT) if ready else other
            yield Session(
                SessionId(BIG),
                SessionKind.GROUP,
                RoomKind.LINK,
                START,
                START + 5400,
                6,
                {ANNA: Facilitator(desk=on_desk if view else None), BERND: Facilitator()},
                {H7: check, K2: settled},
                state,
                opening=opening if state is SessionState.OPEN else None,
                link_ready=ready,
                programme=Programme(ends_at=START * 2, safety_contact_until=START * 2),
            )


def scene(session, viewer, locale, now):
    staff = viewer in session.facilitators
    roles = frozenset((Role.FACILITATOR,)) if staff else frozenset()
    flow = shipped_revision("environment", locale).flow
    return Scene(
        session=session,
        name="Tuesday",
        viewer=Person(viewer, "enrolled", locale, "Europe/Berlin", roles, reachable=True),
        say=words(locale, "Europe/Berlin"),
        labels=LABELS,
        items={item.id: ItemWords(item.title, item.observe) for item in flow.items},
        link=LINK,
        now=now,
        own=shipped_revision("environment", locale),
    )


def fits(message):
    """Check what Telegram would refuse, or cut off."""
    assert 1 <= len(message.text) <= 4096
    assert message.text.strip() == message.text
    for row in message.rows:
        assert 1 <= len(row) <= 2
        for button in row:
            assert 1 <= len(button.text) <= (64 if button.data.startswith("seen:") else 32)
            assert bool(button.data) != bool(button.url)
            assert len(button.data.encode()) <= 64


def buttons_of(message):
    return [button for row in message.rows for button in row]


@pytest.mark.parametrize("locale", LOCALES)
def test_staff_screens(locale):
    """Board, desk and both answers to *Why?* can be drawn in every state, and fit."""
    for number, session in enumerate(sessions(locale)):
        seen = scene(session, ANNA, locale, NOWS[number % len(NOWS)])
        drawn = [board(seen), desk(seen), why(seen, None), why(seen, H7), why(seen, K2)]
        for message in drawn:
            fits(message)
            assert LINK not in message.text
        others = [drawn[0], *drawn[2:]]
        assert not any(button.url for one in others for button in buttons_of(one))


@IN_ONE_LANGUAGE
def test_a_way_in_on_a_desk(locale):
    """A desk shows the way in of nobody but whose it was handed out for, to nobody but them."""
    shown = 0
    for session, viewer, now in product(sessions(locale), (ANNA, BERND), NOWS):
        check, at = session.checks[H7], session.facilitators[viewer].desk
        links = [b.url for b in buttons_of(desk(scene(session, viewer, locale, now))) if b.url]
        if links:
            assert links == [LINK]
            assert (at.person, check.credential.handed_to) == (H7, viewer)
            assert check.sign_off.by == viewer
            assert holds(session, ToShow(H7), now) == ()
            shown += 1
    assert shown


@IN_ONE_LANGUAGE
def test_an_alias_is_read_and_never_signed(locale):
    """An alias stands beside the label on board and desk, and in no button, sentence or answer."""
    say, named = words(locale, "Europe/Berlin"), 0
    signed = [say.say(f"sign/{outcome}", who="H7") for outcome in Outcome]
    for number, session in enumerate(sessions(locale)):
        plain_scene = scene(session, ANNA, locale, NOWS[number % len(NOWS)])
        seen = replace(plain_scene, aliases={H7: "Marigold"})
        for drawing in (board, desk):
            with_alias, without = drawing(seen), drawing(plain_scene)
            assert with_alias.rows == without.rows
            assert with_alias.text.replace("H7 (Marigold)", "H7") == without.text
            assert [s in with_alias.text for s in signed] == [s in without.text for s in signed]
            named += "Marigold" in with_alias.text
        answers = [why(seen, None), why(seen, H7), ring(seen, "ring/stopped", {}, H7)]
        assert "Marigold" not in str(answers)
    assert named


@pytest.mark.parametrize("locale", LOCALES)
def test_places(locale):
    """A place can be drawn in every state, and shows the way in only where the gate has no hold."""
    shown = 0
    for session, now in product(sessions(locale), NOWS):
        message = place(scene(session, H7, locale, now))
        fits(message)
        links = [button.url for button in buttons_of(message) if button.url]
        if links:
            assert links == [LINK]
            assert not session.checks[H7].assisted
            assert holds(session, ToShow(H7), now) == ()
            shown += 1
    assert shown


@IN_ONE_LANGUAGE
def test_a_place_tells_of_nobody_else(locale):
    """No participant's screen holds a label, the session's name, a number of others or a hold."""
    secret = (*LABELS.values(), "Tuesday", str(K2), str(ANNA), str(BERND), str(H7))
    say = words(locale, "Europe/Berlin")
    reasons = [say.say(f"hold/{code}", who="", item="").strip() for code in HoldCode]
    drawn = {place(scene(session, H7, locale, START)) for session in sessions(locale)}
    for message in drawn:
        shown = [message.text, *(b.text + b.data for b in buttons_of(message))]
        assert not [word for word in secret for text in shown if word in text]
        assert not [reason for reason in reasons if reason in message.text]


@IN_ONE_LANGUAGE
def test_a_place_does_not_change_with_anybody_else(locale):
    """What somebody sees does not depend on how the others stand, nor on why they are held."""
    others = [Check(K2, state) for state in CheckState]
    for session in sessions(locale):
        drawn = {
            place(scene(replace(session, checks={**session.checks, K2: other}), H7, locale, START))
            for other in others
        }
        assert len(drawn) == 1


@pytest.mark.parametrize("locale", LOCALES)
def test_answers_are_never_read_back(locale):
    """A place is the same whatever was answered before."""
    revision = shipped_revision("environment", locale)
    for step in revision.flow.steps:
        drawn = set()
        for value in ("yes", "no"):
            answers = {item.id: Answer(value, START, H7) for item in revision.flow.items}
            check = Check(H7, CheckState.ASKING, run=Run(revision, step, START), answers=answers)
            session = replace(next(sessions(locale)), checks={H7: check})
            drawn.add(
                place(scene(replace(session, state=SessionState.CHECKING), H7, locale, START))
            )
        assert len(drawn) == 1


def test_nobody_is_shown_the_wrong_screen():
    """Board and desk are for the session's facilitators, a place for participants alone."""
    session = next(sessions("en"))
    participant, staff = (scene(session, who, "en", START) for who in (H7, ANNA))
    assert screen(participant, ScreenKind.BOARD) is None
    assert screen(participant, ScreenKind.DESK) is None
    assert screen(staff, ScreenKind.PLACE) is None
    assert screen(participant, ScreenKind.PLACE) == place(participant)
    assert screen(staff, ScreenKind.BOARD) == board(staff)
    assert screen(staff, ScreenKind.DESK) == desk(staff)


@pytest.mark.parametrize("locale", LOCALES)
def test_everything_that_is_said_once(locale):
    """Rings, cards, debriefs and lists can be drawn in every language, and fit."""
    say = words(locale, "Europe/Berlin")
    seen = scene(next(sessions(locale)), ANNA, locale, START)
    start = TimeOf(START)
    params = {"who": LabelOf(H7), "item": ItemTitle("headphones"), "at": start, "n": 3}
    params |= {"before": start, "by": LabelOf(H7)}
    rings = [key for key in source_texts() if key.startswith("ring/")]
    drawn = [ring(seen, key, params, about) for key in rings for about in (None, H7)]
    drawn += [card(say, name) for name in CARDS]
    drawn += [debrief(say, key, BIG) for key in ("debrief/ask", "debrief/supervision")]
    drawn += [sessions_today(say, {SessionId(BIG): "A name of the longest kind " * 2})]
    drawn += [
        plain(say, key, {"contacts": "112", "name": "Tuesday"})
        for key in source_texts()
        if key.startswith("reply/")
    ]
    for message in drawn:
        fits(message)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("code", HoldCode)
def test_every_hold_in_words(locale, code):
    """Each hold has words, and says who can lift it."""
    say = words(locale, "Europe/Berlin")
    hold = Hold(code, H7, "headphones")
    said = say.say(f"hold/{code}", who="H7", item="headphones")
    by = say.say(f"lifted/{hold.lifted_by}")
    line = say.say("why/line", hold=said, by=by)
    assert said in line
    assert by in line


@IN_ONE_LANGUAGE
def test_a_missing_code_hides_no_button(locale):
    """Desk and board look as they do without it: the tap on *Sign* or *Open* leads to the pad."""
    for number, session in enumerate(sessions(locale)):
        now = NOWS[number % len(NOWS)]
        asking = replace(session, rules=replace(session.rules, second_factor=True))
        asked, free = (scene(one, ANNA, locale, now) for one in (asking, session))
        assert desk(asked) == desk(free)
        assert board(asked) == board(free)


@pytest.mark.parametrize("locale", LOCALES)
def test_the_pad(locale):
    """The pad has ten keys and shows how many digits there are, and not which."""
    say = words(locale, "Europe/Berlin")
    for typed in range(6):
        message = factor.pad(say, Pad(SessionId(BIG), BIG, typed, START))
        assert [len(row) for row in message.rows] == [3] * 4
        assert message.text.count(factor.TYPED) == typed
        assert message.text.count(factor.TYPED) + message.text.count(factor.MISSING) == 6
        assert not any(letter.isdigit() for letter in message.text)
        keys = [button.text for button in buttons_of(message) if button.data.startswith("key:")]
        assert sorted(keys) == [*"0123456789"]
        assert all(len(button.text) <= 12 for button in buttons_of(message))


@pytest.mark.parametrize("locale", LOCALES)
def test_what_is_said_of_an_authenticator(locale):
    """Picture, reply, lock and reset can be drawn, and fit; no text holds the secret."""
    say = words(locale, "Europe/Berlin")
    secret = "ABCDEFGH234567" * 2 + "WXYZ"
    shown = factor.picture(say, "Anna", secret)
    assert shown.picture.startswith(b"\x89PNG")
    assert len(shown.text) <= 1024
    assert factor.grouped(secret).replace(" ", "") == secret
    assert shown.digest != replace(shown, picture=b"").digest
    keys = ("factor/locked-out", "factor/reset-ask")
    drawn = [shown, factor.already(say, START)]
    drawn += [factor.locked_out(say, key, "Anna", ANNA, START) for key in keys]
    for message in drawn:
        fits(message)
        assert secret[:4] not in message.text
        assert secret[:4] not in repr(message)


def test_a_full_board_fits():
    """Eight people with the longest labels fit into one message."""
    session = next(sessions("de"))
    people = [PersonId(BIG + 10 + n) for n in range(8)]
    labels = dict.fromkeys((*people, ANNA, BERND), "W" * 24)
    full = {person: Check(person, CheckState.ASKING) for person in people}
    seen = scene(replace(session, checks=full, state=SessionState.CHECKING), ANNA, "de", START)
    message = board(replace(seen, labels=labels, name="N" * 40))
    assert len(message.text) <= 4096
    assert len(why(replace(seen, labels=labels), None).text) <= 4096


def test_a_drawing_is_known_by_all_that_it_shows():
    """Text, labels, data, links and the layout each change the digest; the same has the same."""
    message = plain(words("en", "UTC"), "reply/failed", {})
    one, two = Button("a", "x"), Button("b", "y")
    drawn = [
        message,
        replace(message, rows=column(one, two)),
        replace(message, rows=((one, two),)),
        replace(message, rows=column(two, one)),
        replace(message, rows=column(Button("a", url="https://x.y"), two)),
        replace(message, rows=column(Button("a", url="https://x.z"), two)),
        replace(message, text="other"),
    ]
    assert len({one.digest for one in drawn}) == len(drawn)
    assert replace(message).digest == message.digest


def test_pairs():
    """Two short buttons share a row; a long one has its own."""
    short, long = Button("short", "s"), Button("a longer label here", "l")
    assert pairs(short, short, short) == ((short, short), (short,))
    assert pairs(short, long, short, short) == ((short,), (long,), (short, short))
