"""A code before the first signature, on real phones: set up, entered, wrong, locked, reset."""

import io
import logging
from collections import Counter

import pyotp
import pytest
import segno

from bot import sender
from bot.practice.botapi.weather import Kind, Rule
from bot.second_factor import step_of
from flows.model import CheckState, Rules, SessionState
from storage import audit, authenticators, outbox, people
from storage.outbox import Kind as Row
from storage.people import Role
from tests.bot.conftest import ZONE, running
from tests.honest import NOON, SECRET, enrol_participant, enrol_staff, plan

ASKED = Rules(second_factor=True)
FACTOR_KINDS = ("authenticator", "authenticator-reset", "code", "factor-proved", "factor-reset")


async def settle(house):
    """Move in where a code is asked for, with a coordinator who leads no session."""
    house.rules = ASKED
    await house.move_in()
    coordinator = await enrol_coordinator(house, 170, "C1")
    house.clara = house.guest(170, coordinator)
    return house


async def enrol_coordinator(house, chat, label):
    def enrol(tx):
        person = people.add(tx, locale="en", zone=ZONE, label=label, now=NOON)
        people.give_role(tx, person, Role.COORDINATOR, prepared_at=None)
        people.invite(tx, person, f"token-{chat}", expires_at=NOON + 60)
        return people.redeem(tx, f"token-{chat}", chat, NOON)

    return await house.store.transact(enrol)


@pytest.fixture
async def asked(empty_house):
    """Everybody has answered, in a session that asks for a code; H7 is on Anna's desk, seen."""
    house = await settle(empty_house)
    await on_desk(house, house.anna)
    return house


async def on_desk(house, guest):
    await house.ready()
    await look(house, guest, house.people[0])


async def look(house, guest, person):
    """Take somebody onto a facilitator's own desk and tick every point, by real taps."""
    guest.forge(f"claim:{house.session_id}:{person}")
    await house.quiet()
    while has(guest, "seen:") and (box := unticked(guest)):
        guest.phone.tap(*box)
        await house.quiet()


def unticked(guest):
    """Return (message, data) of a point that is not ticked yet, or None."""
    boxes = (one for one in guest.buttons() if one[1].startswith("seen:"))
    return next((one for one in boxes if one[1].endswith(":1")), None)


async def tap_sign(house, guest):
    guest.tap("sign:")
    await house.quiet()


async def secret_of(house, guest):
    """Read the secret as somebody does who can't scan the picture."""
    seen = len(guest.toasts())
    guest.tap("factor-key")
    toast = await guest.toast(seen)
    await house.quiet()
    return toast.splitlines()[0].partition(": ")[2].replace(" ", "")


def code_at(secret, instant):
    return pyotp.TOTP(secret).at(instant)


def wrong_code(secret, instant):
    """Return a code that is right at no time near."""
    near = {code_at(secret, instant + 30 * step) for step in range(-3, 4)}
    return next(code for code in ("000000", "111111", "222222", "333333") if code not in near)


def pad_of(guest):
    """Return (message, number) of the pad on a phone."""
    message, data = guest.button("key:")
    return message, data.split(":")[1]


async def enter(house, guest, code):
    """Tap a code as quickly as thumbs do: no key waits for the pad to be drawn."""
    message, number = pad_of(guest)
    for digit in code:
        guest.phone.tap(message, f"key:{number}:{digit}")
    await house.quiet()


async def set_up(house, guest):
    """Set up an authenticator with `/authenticator`, and return its secret."""
    guest.phone.type("/authenticator")
    await house.quiet()
    secret = await secret_of(house, guest)
    await enter(house, guest, code_at(secret, house.clock.now()))
    return secret


async def lock(house, guest, secret):
    for _ in range(authenticators.WRONG_CODES):
        await enter(house, guest, wrong_code(secret, house.clock.now()))


def has(guest, start):
    return any(data.startswith(start) for _, data in guest.buttons())


def pictures(guest):
    return [m["message_id"] for m in guest.messages() if m["kind"] == "photo"]


async def factor_rows(house):
    found = await house.audited()
    return [(kind, outcome) for kind, outcome, *_ in found if kind in FACTOR_KINDS]


# Set up, and sign


async def test_a_signature_waits_for_a_code(asked):
    """Tapping *Sign* shows picture and pad; a right code takes both away and signs nothing."""
    anna = asked.anna
    await tap_sign(asked, anna)
    assert len(pictures(anna)) == 1
    assert anna.texts()[-1] == anna.say("factor/pad", dots="○ ○ ○ ○ ○ ○")
    secret = await secret_of(asked, anna)
    await enter(asked, anna, code_at(secret, NOON))
    assert pictures(anna) == []
    assert not has(anna, "key:")
    assert await asked.count("sign_off") == 0
    assert anna.messages()[-1]["message_id"] == anna.button("sign:")[0]
    await tap_sign(asked, anna)
    assert (await asked.session()).checks[asked.people[0]].state is CheckState.ADMITTED
    assert await factor_rows(asked) == [
        ("authenticator", "shown"),
        ("authenticator", "confirmed"),
        ("factor-proved", "done"),
    ]
    assert await asked.store.read(audit.verify) is None


async def test_the_picture(asked):
    """The picture is the secret as authenticator apps read it; its text does not hold it."""
    anna = asked.anna
    await tap_sign(asked, anna)
    secret = await secret_of(asked, anna)
    (number,) = pictures(anna)
    address = pyotp.TOTP(secret).provisioning_uri(name="F0", issuer_name="Appointments")
    wanted = io.BytesIO()
    segno.make(address, error="m", micro=False).save(wanted, kind="png", scale=8)
    assert anna.phone.file(number).content == wanted.getvalue()
    shown = [entry for entry in anna.phone.history if entry["what"] in ("came", "edited")]
    assert all(entry["protected"] for entry in shown)
    assert not [entry for entry in shown if secret in str(entry) or secret[:4] in entry["text"]]


async def test_one_code_for_a_session(asked):
    """Whoever entered a code signs the others without another one, and opens."""
    anna = asked.anna
    await tap_sign(asked, anna)
    await enter(asked, anna, code_at(await secret_of(asked, anna), NOON))
    await tap_sign(asked, anna)
    await look(asked, anna, asked.people[1])
    await tap_sign(asked, anna)
    await asked.paste(anna.person)
    await asked.move_to(NOON + 1500)
    anna.tap("open:")
    await asked.quiet()
    assert (await asked.session()).state is SessionState.OPEN


async def test_a_colleague_enters_a_code_too(asked):
    """Opening what a colleague signed asks the opener for a code of their own, once."""
    anna, bernd = asked.anna, asked.bernd
    for person in asked.people:
        await look(asked, anna, person)
        await tap_sign(asked, anna)
        if has(anna, "factor-key"):
            await enter(asked, anna, code_at(await secret_of(asked, anna), NOON))
            await tap_sign(asked, anna)
    await asked.paste(anna.person)
    await asked.move_to(NOON + 1500)
    bernd.tap("open:")
    await asked.quiet()
    assert (await asked.session()).state is SessionState.CHECKING
    await enter(asked, bernd, code_at(await secret_of(asked, bernd), NOON + 1500))
    bernd.tap("open:")
    await asked.quiet()
    assert (await asked.session()).state is SessionState.OPEN


async def test_another_session_asks_again(asked):
    """A code counts for the session that it was entered for, and for no other one."""
    anna = asked.anna
    secret = await set_up(asked, anna)
    await asked.move_to(NOON + 60)
    await tap_sign(asked, anna)
    await enter(asked, anna, code_at(secret, NOON + 60))

    def add(tx):
        person = enrol_participant(tx, 260, "X1")
        return person, plan(tx, [anna.person], [person], ASKED)

    person, asked.session_id = await asked.store.transact(add)
    await asked.start()
    await asked.answer_all(person)
    await look(asked, anna, person)
    anna.tap(f"sign:{asked.session_id}:")
    await asked.quiet()
    assert has(anna, "key:")
    await enter(asked, anna, code_at(secret, NOON + 60))
    assert anna.toasts()[-1] == anna.say("factor/used")
    assert (await asked.session()).facilitators[anna.person].proved_at is None
    await asked.move_to(NOON + 90)
    await enter(asked, anna, code_at(secret, NOON + 90))
    anna.tap(f"sign:{asked.session_id}:")
    await asked.quiet()
    assert (await asked.session()).checks[person].state is CheckState.ADMITTED


async def test_ahead_of_a_session(asked):
    """`/authenticator` sets up ahead; after that *Sign* asks for a code and shows no picture."""
    anna = asked.anna
    secret = await set_up(asked, anna)
    assert anna.texts()[-1] == anna.say("factor/ready")
    assert pictures(anna) == []
    anna.phone.type("/authenticator")
    await asked.quiet()
    assert anna.texts()[-1] == anna.say("factor/already")
    assert not has(anna, "key:")
    await asked.move_to(NOON + 60)
    await tap_sign(asked, anna)
    assert pictures(anna) == []
    await enter(asked, anna, code_at(secret, NOON + 60))
    assert (await asked.session()).facilitators[anna.person].proved_at == NOON + 60


async def test_whom_the_command_is_for(asked):
    """The command exists, and stands in /help, for facilitators who are asked for a code."""
    for guest, there in ((asked.anna, True), (asked.clara, False), (asked.h7, False)):
        guest.phone.type("/help")
        await asked.quiet()
        assert ("/authenticator" in guest.texts()[-1]) is there
    for guest in (asked.clara, asked.h7):
        guest.phone.type("/authenticator")
        await asked.quiet()
        assert guest.texts()[-1] == guest.say("reply/no-such-command")
    assert await asked.count("authenticator") == 0


async def test_where_no_code_is_asked_for(house):
    """Without the setting nothing of it is there: no command, no line in /help, no pad."""
    await on_desk(house, house.anna)
    for command in ("/authenticator", "/help"):
        house.anna.phone.type(command)
        await house.quiet()
    wanted = [house.anna.say("reply/no-such-command"), await house.help_for(house.anna)]
    assert "/authenticator" not in wanted[1]
    assert house.anna.texts()[-2:] == wanted
    await tap_sign(house, house.anna)
    assert (await house.session()).checks[house.people[0]].state is CheckState.ADMITTED
    assert await house.count("authenticator") == await house.count("pad") == 0


async def test_why(asked):
    """*Why?* says that the code is missing, and who lifts it."""
    anna = asked.anna
    anna.forge(f"why:{asked.session_id}:{asked.people[0]}")
    await asked.quiet()
    assert anna.say("hold/second-factor") in anna.texts()[-1]


# The pad


async def test_dots(asked):
    """The pad shows how many digits there are, and never which; the last can be taken back."""
    anna = asked.anna
    await tap_sign(asked, anna)
    await enter(asked, anna, "271")
    assert anna.texts()[-1] == anna.say("factor/pad", dots="● ● ● ○ ○ ○")
    for start, dots in (("pad-back", "● ● ○ ○ ○ ○"), ("pad-back", "● ○ ○ ○ ○ ○")):
        anna.tap(start)
        await asked.quiet()
        assert anna.texts()[-1] == anna.say("factor/pad", dots=dots)
    for _ in range(3):
        anna.tap("pad-back")
        await asked.quiet()
    assert anna.texts()[-1] == anna.say("factor/pad", dots="○ ○ ○ ○ ○ ○")
    secret = await secret_of(asked, anna)
    await enter(asked, anna, code_at(secret, NOON))
    assert not has(anna, "key:")


async def test_leaving(asked):
    """Whoever leaves the pad takes the picture away with it, and its secret is worth nothing."""
    anna = asked.anna
    await tap_sign(asked, anna)
    first = await secret_of(asked, anna)
    await enter(asked, anna, "27")
    anna.tap("pad-leave")
    await asked.quiet()
    assert not has(anna, "key:")
    assert pictures(anna) == []
    assert await asked.count("pad") == 0
    await tap_sign(asked, anna)
    assert await secret_of(asked, anna) != first


async def test_a_second_tap_of_sign(asked):
    """*Sign* tapped again brings the pad as it is: no other picture, no digit lost."""
    anna = asked.anna
    await tap_sign(asked, anna)
    secret, before = await secret_of(asked, anna), pictures(anna)
    code = code_at(secret, NOON)
    await enter(asked, anna, code[:4])
    anna.tap("sign:")
    anna.tap("sign:")
    await asked.quiet()
    assert pictures(anna) == before
    assert await secret_of(asked, anna) == secret
    await enter(asked, anna, code[4:])
    assert (await asked.session()).facilitators[anna.person].proved_at == NOON


async def test_keys_of_an_earlier_code(asked):
    """A key that was drawn for an earlier code counts for none."""
    anna = asked.anna
    await tap_sign(asked, anna)
    message, number = pad_of(anna)
    secret = await secret_of(asked, anna)
    await enter(asked, anna, wrong_code(secret, NOON))
    for data in (f"key:{number}:1", f"pad-back:{number}", f"pad-leave:{number}"):
        anna.forge(data, message)
        await asked.quiet()
        assert anna.toasts()[-1] == anna.say("refusal/stale")
    assert anna.texts()[-1] == anna.say("factor/pad", dots="○ ○ ○ ○ ○ ○")


async def test_nobody_types_on_a_colleagues_pad(asked):
    """A pad belongs to its own chat: the same key from a colleague's is stale there."""
    await tap_sign(asked, asked.anna)
    _, number = pad_of(asked.anna)
    for guest in (asked.bernd, asked.clara, asked.h7):
        guest.forge(f"key:{number}:1")
        await asked.quiet()
        assert guest.toasts()[-1] == guest.say("refusal/stale")
    assert asked.anna.texts()[-1] == asked.anna.say("factor/pad", dots="○ ○ ○ ○ ○ ○")


# Time

# Appendix B of RFC 6238, SHA-1: the last six of its eight digits.
VECTORS = {
    1111111109: "081804",
    1111111111: "050471",
    1234567890: "005924",
    2000000000: "279037",
    20000000000: "353130",
}


@pytest.mark.parametrize("instant", VECTORS)
def test_codes_are_those_of_the_standard(instant):
    """A code is found at its own step and one step either way, as the standard's vectors say."""
    for now in (instant - 30, instant, instant + 30):
        assert step_of(SECRET, VECTORS[instant], now) == instant // 30
    for now in (instant + 60, instant + 90):
        assert step_of(SECRET, VECTORS[instant], now) is None


@pytest.mark.parametrize(("off", "right"), [(-60, False), (-30, True), (30, True), (60, False)])
async def test_a_phone_whose_clock_is_off(asked, off, right):
    """A phone may be half a minute off, either way, and no more."""
    anna = asked.anna
    await tap_sign(asked, anna)
    secret = await secret_of(asked, anna)
    await enter(asked, anna, code_at(secret, NOON + off))
    assert ((await asked.session()).facilitators[anna.person].proved_at is not None) is right
    assert (anna.toasts()[-1] == anna.say("factor/wrong")) is not right


async def test_an_earlier_code_is_used_up_with_a_later_one(asked):
    """After a right code neither it nor the one before it counts again."""
    anna = asked.anna
    secret = await set_up(asked, anna)
    for instant in (NOON, NOON - 30):
        await tap_sign(asked, anna)
        await enter(asked, anna, code_at(secret, instant))
        assert anna.toasts()[-1] == anna.say("factor/used")
    assert (await asked.session()).facilitators[anna.person].proved_at is None
    assert await asked.count("authenticator", "wrong = 0") == 1


async def test_a_pad_that_nobody_answers(asked):
    """After five minutes the pad and its digits are gone; after ten the picture and its secret."""
    anna = asked.anna
    await tap_sign(asked, anna)
    secret = await secret_of(asked, anna)
    await enter(asked, anna, "271")
    await asked.move_to(NOON + 299)
    assert has(anna, "key:")
    await asked.move_to(NOON + 300)
    assert not has(anna, "key:")
    assert await asked.count("pad") == 0
    assert len(pictures(anna)) == 1
    await asked.move_to(NOON + 600)
    assert pictures(anna) == []
    await tap_sign(asked, anna)
    await enter(asked, anna, code_at(secret, NOON + 600))
    assert anna.toasts()[-1] == anna.say("factor/wrong")


async def test_a_restart_in_between(api, clock, tmp_path, monkeypatch):
    """Picture, pad and digits outlast the bot: the code is finished after its restart."""
    monkeypatch.setattr(sender, "_PAUSE", 0.02)
    async with running(api, clock, tmp_path) as house:
        await settle(house)
        await on_desk(house, house.anna)
        anna = house.anna
        await tap_sign(house, anna)
        secret = await secret_of(house, anna)
        code = code_at(secret, NOON)
        await enter(house, anna, code[:3])
    async with running(api, clock, tmp_path) as again:
        await enter(again, anna, code[3:])
        assert pictures(anna) == []
        again.session_id = house.session_id
        assert (await again.session()).facilitators[anna.person].proved_at == NOON
        await tap_sign(again, anna)
        assert await again.count("sign_off") == 1


# Wrong codes


async def test_a_wrong_code(asked):
    """A wrong code is said to be wrong, counted and on record; a right one forgets it."""
    anna = asked.anna
    await tap_sign(asked, anna)
    secret = await secret_of(asked, anna)
    for tries in range(1, 5):
        await enter(asked, anna, wrong_code(secret, NOON))
        assert anna.toasts()[-1] == anna.say("factor/wrong")
        assert await asked.count("authenticator", f"wrong = {tries}") == 1
    await enter(asked, anna, code_at(secret, NOON))
    assert await asked.count("authenticator", "wrong = 0") == 1
    assert Counter(await factor_rows(asked))["code", "wrong"] == 4
    await tap_sign(asked, anna)
    assert await asked.count("sign_off") == 1


async def test_five_wrong_codes_lock(asked):
    """The fifth wrong code locks: pad and picture go, and each coordinator is told who it is."""
    anna = asked.anna
    await tap_sign(asked, anna)
    secret = await secret_of(asked, anna)
    await lock(asked, anna, secret)
    assert anna.texts()[-1] == anna.say("factor/locked")
    assert pictures(anna) == []
    assert not has(anna, "key:")
    assert asked.clara.texts()[-1] == asked.clara.say("factor/locked-out", who="F0")
    assert not has(asked.bernd, "reset-factor")
    assert (await factor_rows(asked))[-1] == ("code", "locked")
    before = await asked.domain()
    await tap_sign(asked, anna)
    assert anna.toasts()[-1] == anna.say("factor/locked")
    assert not has(anna, "key:")
    assert await asked.domain() == before


CLOSING = {
    "stop": lambda house: f"stop:{house.session_id}",
    "close": lambda house: f"close:{house.session_id}",
    "absent": lambda house: f"absent:{house.session_id}:{house.people[0]}:1",
}


@pytest.mark.parametrize("act", CLOSING)
async def test_a_lock_keeps_nobody_from_closing(asked, act):
    """Somebody who is locked out can still stop, close, turn away and mark as absent."""
    anna = asked.anna
    await tap_sign(asked, anna)
    await lock(asked, anna, await secret_of(asked, anna))
    anna.forge(CLOSING[act](asked))
    await asked.quiet()
    assert anna.toasts()[-1] == anna.say("factor/wrong")
    session = await asked.session()
    changed = session.state in (SessionState.STOPPED, SessionState.CLOSED)
    assert changed or session.checks[asked.people[0]].state is CheckState.ABSENT


async def test_a_lock_keeps_nobody_from_turning_away(asked):
    """Turning away is signed without a code, by whoever is locked out too."""
    anna = asked.anna
    await tap_sign(asked, anna)
    await lock(asked, anna, await secret_of(asked, anna))
    anna.tap("where:")
    await asked.quiet()
    anna.tap(f"sign:{asked.session_id}:{asked.people[0]}:1:in_person")
    await asked.quiet()
    assert (await asked.session()).checks[asked.people[0]].state is CheckState.TURNED_AWAY


# Reset


async def reset(house, coordinator):
    for verb in ("reset-factor:", "reset-factor-now:"):
        coordinator.tap(verb)
        await house.quiet()


async def test_a_reset(asked):
    """A coordinator resets by a second tap; then everything is set up and proved anew."""
    anna, clara = asked.anna, asked.clara
    await tap_sign(asked, anna)
    secret = await secret_of(asked, anna)
    await enter(asked, anna, code_at(secret, NOON))
    anna.phone.type("/authenticator")
    await asked.quiet()
    anna.tap("factor-lost")
    await asked.quiet()
    clara.tap("reset-factor:")
    await asked.quiet()
    assert clara.texts()[-1] == clara.say("factor/reset-ask", who="F0")
    assert await asked.count("authenticator") == 1
    clara.tap("reset-factor-now:")
    await asked.quiet()
    assert clara.texts()[-1] == clara.say("factor/reset-done", who="F0")
    assert anna.texts()[-1] == anna.say("factor/reset")
    assert (await asked.session()).facilitators[anna.person].proved_at is None
    assert (await factor_rows(asked))[-3:] == [
        ("authenticator", "lost"),
        ("authenticator-reset", "done"),
        ("factor-reset", "done"),
    ]
    await tap_sign(asked, anna)
    fresh = await secret_of(asked, anna)
    assert fresh != secret
    await asked.move_to(NOON + 90)
    await enter(asked, anna, code_at(secret, NOON + 90))
    assert anna.toasts()[-1] == anna.say("factor/wrong")
    await enter(asked, anna, code_at(fresh, NOON + 90))
    await tap_sign(asked, anna)
    assert (await asked.session()).checks[asked.people[0]].state is CheckState.ADMITTED
    assert await asked.store.read(audit.verify) is None


async def test_only_coordinators_reset(asked):
    """No facilitator or participant resets a locked authenticator, its own holder included."""
    anna = asked.anna
    await tap_sign(asked, anna)
    await lock(asked, anna, await secret_of(asked, anna))
    both = [data for _, data in asked.clara.buttons() if data.startswith("reset-factor:")]
    both += [both[0].replace("reset-factor:", "reset-factor-now:")]
    for guest in (anna, asked.bernd, asked.h7):
        for data in both:
            guest.forge(data)
            await asked.quiet()
            assert guest.toasts()[-1] == guest.say("refusal/not-coordinator")
    assert await asked.count("authenticator", "locked_at IS NOT NULL") == 1


async def test_nobody_resets_their_own(asked):
    """A coordinator who also facilitates can't reset what they locked; another one is told."""
    anna = asked.anna
    await asked.store.transact(
        lambda tx: people.give_role(tx, anna.person, Role.COORDINATOR, prepared_at=None)
    )
    await tap_sign(asked, anna)
    await lock(asked, anna, await secret_of(asked, anna))
    assert not has(anna, "reset-factor")
    _, data = asked.clara.button("reset-factor:")
    anna.forge(data.replace("reset-factor:", "reset-factor-now:"))
    await asked.quiet()
    assert anna.toasts()[-1] == anna.say("refusal/not-coordinator")
    assert await asked.count("authenticator", "locked_at IS NOT NULL") == 1


async def test_an_old_reset_resets_nothing_later(asked):
    """A reset is for the lock that it was drawn for: tapped again, it leaves a later one alone."""
    anna, clara = asked.anna, asked.clara
    await tap_sign(asked, anna)
    await lock(asked, anna, await secret_of(asked, anna))
    await reset(asked, clara)
    old = clara.button("reset-factor-now:")
    await asked.move_to(NOON + 30)
    secret = await set_up(asked, anna)
    clara.phone.tap(*old)
    await asked.quiet()
    assert clara.toasts()[-1] == clara.say("refusal/stale")
    await asked.move_to(NOON + 90)
    await tap_sign(asked, anna)
    await lock(asked, anna, secret)
    clara.phone.tap(*old)
    await asked.quiet()
    assert clara.toasts()[-1] == clara.say("refusal/stale")
    assert await asked.count("authenticator", f"locked_at = {NOON + 90}") == 1


async def test_who_no_longer_coordinates(asked):
    """What is said about a colleague's codes goes only to somebody who coordinates at that time."""
    anna, clara = asked.anna, asked.clara
    await tap_sign(asked, anna)
    await lock(asked, anna, await secret_of(asked, anna))
    await asked.store.transact(
        lambda tx: tx.db.execute(
            "UPDATE staff_role SET ended_at = ? WHERE role = 'coordinator'", (NOON,)
        )
    )
    clara.tap("reset-factor:")
    await asked.quiet()
    assert clara.toasts()[-1] == clara.say("refusal/not-coordinator")
    before = clara.texts()
    for key in ("factor/locked-out", "factor/reset-ask", "factor/reset-done"):
        await asked.store.transact(
            lambda tx, key=key: outbox.add(
                tx, clara.person, Row.SAY, now=NOON, subject=key, about=anna.person
            )
        )
    await asked.wake()
    assert clara.texts() == before


async def test_lost_twice(asked):
    """*I no longer have the app* counts for the codes beside which it stood, once."""
    anna = asked.anna
    await set_up(asked, anna)
    anna.phone.type("/authenticator")
    await asked.quiet()
    lost = anna.button("factor-lost:")
    anna.phone.tap(*lost)
    anna.phone.tap(*lost)
    await asked.quiet()
    assert anna.toasts()[-1] == anna.say("refusal/stale")
    await reset(asked, asked.clara)
    await asked.move_to(NOON + 60)
    await set_up(asked, anna)
    anna.phone.tap(*lost)
    await asked.quiet()
    assert anna.toasts()[-1] == anna.say("refusal/stale")
    assert await asked.count("authenticator", "locked_at IS NULL") == 1


# Weather, and what is kept


async def test_a_picture_that_got_lost(asked):
    """A picture whose arrival nobody knows of is worth nothing: the next one has its own secret."""
    anna = asked.anna
    asked.api.weather.foretell(Rule(Kind.DROP_AFTER, "sendPhoto"))
    await tap_sign(asked, anna)
    lost, shown = pictures(anna)
    assert anna.phone.file(lost).content != anna.phone.file(shown).content
    secret = await secret_of(asked, anna)
    await enter(asked, anna, code_at(secret, NOON))
    assert (await asked.session()).facilitators[anna.person].proved_at == NOON
    assert pictures(anna) == [lost]


async def test_a_picture_that_never_came(asked):
    """Where no picture is known to be on the phone, no code confirms anything."""
    anna = asked.anna
    asked.api.weather.foretell(Rule(Kind.TOO_MANY, "sendPhoto", seconds=50))
    await tap_sign(asked, anna)
    secret = await asked.store.read(lambda tx: authenticators.secret_of(tx, anna.person))
    _, number = await asked.store.read(
        lambda tx: (None, authenticators.pad_of(tx, anna.person, NOON).number)
    )
    for digit in code_at(secret, NOON):
        anna.forge(f"key:{number}:{digit}")
    await asked.quiet()
    assert anna.toasts()[-1] == anna.say("refusal/stale")
    assert await asked.count("authenticator", "confirmed_at IS NULL") == 1


def contents(folder):
    return b"".join(file.read_bytes() for file in folder.iterdir())


async def test_neither_secret_nor_code_stands_anywhere(asked, tmp_path, caplog):
    """Secret, codes and digits stand in no file in clear, in no letter, row or line of the log."""
    caplog.set_level(logging.DEBUG)
    anna = asked.anna
    await tap_sign(asked, anna)
    secret = await secret_of(asked, anna)
    wrong, code = wrong_code(secret, NOON), code_at(secret, NOON)
    await enter(asked, anna, wrong)
    await enter(asked, anna, code[:5])
    written = contents(tmp_path)
    await enter(asked, anna, code[5:])
    written += contents(tmp_path)
    for word in (secret, secret[:12], code):
        assert word.encode() not in written
    ours = [r.getMessage() for r in caplog.records if r.name.startswith(("bot", "storage"))]
    assert not [line for line in ours for word in (secret, code) if word in line]
    assert await asked.count("audit", "detail <> '' AND kind IN ('code', 'authenticator')") == 0


async def test_in_german(asked):
    """Who reads German enters a code in German."""

    def enrol(tx):
        person = enrol_staff(tx, 180, "F9")
        tx.db.execute("UPDATE person SET locale = 'de' WHERE id = ?", (person,))
        plan(tx, [person], [], ASKED)
        return person

    greta = asked.guest(180, await asked.store.transact(enrol), "de")
    await set_up(asked, greta)
    assert greta.texts() == [greta.say("factor/ready")]
    came = [entry["text"] for entry in greta.phone.history if entry["what"] == "came"]
    assert greta.say("factor/picture") in came
