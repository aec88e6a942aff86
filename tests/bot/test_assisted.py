"""Assisted, on real phones: answers heard by phone, and a way in that a facilitator passes on."""

import pytest

from bot.language.shipped import shipped_revision
from flows import events as e
from flows.model import CheckState
from storage import people
from tests.bot.conftest import LINK
from tests.bot.test_record import ask, printed
from tests.honest import START


@pytest.fixture
async def started(house):
    """Everybody is asked, and H7 stands on Anna's desk."""
    await house.started()
    await tap(house, house.anna, f"claim:{house.session_id}:{house.h7.person}")
    return house


async def tap(house, guest, start):
    guest.tap(start)
    await house.quiet()


async def forge(house, guest, data):
    guest.forge(data)
    await house.quiet()


def has(guest, start):
    return any(data.startswith(start) for _, data in guest.buttons())


def asked(guest, locale="en"):
    """Return the step whose question stands on a desk, in the words of this language."""
    steps = shipped_revision("environment", locale).flow.steps.values()
    newest = guest.messages()
    desks = [m["text"] for m in newest if any("told:" in d for d in data_of(m))]
    return next((step.id for step in steps if desks and desks[-1].endswith(step.text)), None)


def data_of(message):
    return [button.get("callback_data", "") for row in message["keyboard"] for button in row]


def options(guest):
    """Return the ids of the answers that can be tapped on the desk."""
    return {data.split(":")[-1] for _, data in guest.buttons() if data.startswith("told:")}


async def enter_all(house, guest):
    """Enter *yes* to every question, each with a tap of its own; return how many that were."""
    await tap(house, guest, "enter:")
    taps = 0
    while asked(guest) is not None:
        message, data = next(one for one in guest.buttons() if one[1].startswith("told:"))
        guest.phone.tap(message, data)
        await house.quiet()
        taps += 1
    return taps


async def check_of(house, person=None):
    return (await house.session()).checks[person or house.h7.person]


async def admit(house, guest, person):
    await forge(house, guest, await house.sign_data(guest.person, person))


async def opened(house):
    """Let Anna sign both in: H7 on answers that she entered; open the session."""
    await enter_all(house, house.anna)
    await house.answer_all(house.people[1])
    for person in house.people:
        await admit(house, house.anna, person)
    await house.paste(house.anna.person)
    await house.move_to(START - 300)
    await forge(house, house.anna, await house.open_data(house.anna.person))
    await tap(house, house.anna, f"claim:{house.session_id}:{house.h7.person}")
    return house


# Entering answers


async def test_each_question_is_read_out_and_tapped(started):
    """A facilitator goes through the questions one by one, and ends where they observe."""
    taps = await enter_all(started, started.anna)

    assert taps == 1 + len(shipped_revision("environment", "en").flow.items)
    check = await check_of(started)
    assert check.state is CheckState.READY
    assert check.entered_by == {started.anna.person}
    assert has(started.anna, "seen:")
    entered = started.anna.say("assisted/entered", by="F0")
    assert entered in started.anna.texts()[-1]


async def test_the_question_stands_with_its_answers_and_a_way_back(started):
    """The desk shows the question with *yes*, *no* and *back*; *help* is not among them."""
    await tap(started, started.anna, "enter:")
    assert asked(started.anna) == "undisturbed"
    assert options(started.anna) == {"yes", "later"}
    await tap(started, started.anna, "told:")
    assert asked(started.anna) == "private-space"
    assert options(started.anna) == {"yes", "no"}

    await tap(started, started.anna, "enter:")

    assert asked(started.anna) is None
    assert has(started.anna, "leave:")
    assert (await check_of(started)).run.step == "private-space"


async def test_a_facilitator_reads_their_own_language(started):
    """Who reads German sees the questions in German, whatever the participant's own language."""
    bernd = started.bernd
    await started.store.transact(lambda tx: people.set_locale(tx, bernd.person, "de"))
    await tap(started, started.anna, "leave:")
    await forge(started, bernd, f"claim:{started.session_id}:{started.h7.person}")
    await tap(started, bernd, "enter:")

    assert asked(bernd, "de") == "undisturbed"
    assert (await check_of(started)).run.revision.locale == "en"


async def test_a_language_without_questions_reads_the_participants(started):
    """Where the questions are not published in the facilitator's language, they read the run's."""
    sql = "DELETE FROM published WHERE locale = 'de'"
    await started.store.transact(lambda tx: tx.db.execute(sql))
    await started.store.transact(lambda tx: people.set_locale(tx, started.anna.person, "de"))
    await tap(started, started.anna, "enter:")

    assert asked(started.anna, "en") == "undisturbed"


async def test_the_participants_screen_goes_along_and_never_rings(started):
    """The participant sees the same question, by an edit; nobody's phone rings for it."""
    before = {key: n for key, n in started.calls().items() if key[0] == "sendMessage"}
    await tap(started, started.anna, "enter:")
    await tap(started, started.anna, "told:")
    await tap(started, started.anna, "told:")

    flow = shipped_revision("environment", "en").flow
    assert started.h7.texts()[-1] == flow.steps["alone"].text
    assert {key: n for key, n in started.calls().items() if key[0] == "sendMessage"} == before


async def test_board_and_record_say_that_staff_entered(started):
    """The board says *by phone*, and the document of what was signed says who entered."""
    await opened(started)
    anna = started.anna
    state = anna.say("assisted/state", state=anna.say("board/state/admitted"))
    assert any(anna.say("board/row", who="P0", state=state) in text for text in anna.texts())
    await ask(started)

    _, text = printed(anna)

    assert text.count(anna.say("assisted/entered", by="F0")) == 1
    rows = [row[:3] for row in await started.audited() if row[0] == "step-answered"]
    assert set(rows) == {("step-answered", "done", anna.person),
                         ("step-answered", "done", started.people[1])}  # fmt: skip


async def test_a_no_can_be_corrected(started):
    """A *no* that was entered stands on board and desk, and can be taken up again from there."""
    await tap(started, started.anna, "enter:")
    await tap(started, started.anna, "told:")
    check = await check_of(started)
    data = f"told:{started.session_id}:{check.person}:{check.epoch}"
    await forge(started, started.anna, f"{data}:private-space:no")
    assert asked(started.anna) == "private-space/no"
    await forge(started, started.anna, f"{data}:private-space/no:yes")

    check = await check_of(started)

    assert (check.epoch, check.answers["private-space"].changed) == (2, True)
    assert asked(started.anna) == "alone"


FORGERIES = {
    "a-colleague": ("bernd", "told:{session}:{h7}:1:undisturbed:yes"),
    "another-participant": ("other", "told:{session}:{h7}:1:undisturbed:yes"),
    "a-neighbour": ("neighbour", "told:{session}:{h7}:1:undisturbed:yes"),
    "of-another-step": ("anna", "told:{session}:{h7}:1:headphones:yes"),
    "of-another-epoch": ("anna", "told:{session}:{h7}:2:undisturbed:yes"),
    "of-somebody-else": ("anna", "told:{session}:{other}:1:undisturbed:yes"),
    "of-no-option": ("anna", "told:{session}:{h7}:1:undisturbed:all"),
    "questions-for-a-colleague": ("bernd", "enter:{session}:{h7}:1"),
    "questions-for-a-participant": ("h7", "enter:{session}:{h7}:1"),
    "questions-unreadable": ("anna", "enter:{session}:{h7}:2"),
    "way-in-before-the-opening": ("anna", "let-in:{session}:{h7}:1"),
    "way-in-for-the-participant": ("h7", "let-in:{session}:{h7}:1"),
    "still-alone-unasked": ("anna", "still:{session}:{h7}:1:yes"),
}


@pytest.mark.parametrize(("who", "data"), FORGERIES.values(), ids=FORGERIES)
async def test_forged_and_stale_taps_change_nothing(started, who, data):
    """What a button was not drawn for, or is nobody's to tap, is refused and on record once."""
    await started.add_neighbours()
    started.other = started.guests[1]
    before, rows = await started.domain(), len(await started.audited())
    numbers = {"session": started.session_id, "h7": started.h7.person,
               "other": started.other.person}  # fmt: skip

    await forge(started, getattr(started, who), data.format(**numbers))

    assert await started.domain() == before
    added = (await started.audited())[rows:]
    assert [row[1] for row in added] != ["done"]
    assert len(added) == 1


async def test_a_double_tap_answers_once(started):
    """The same tap twice answers one question: the second belongs to a step that is over."""
    await tap(started, started.anna, "enter:")
    message, data = started.anna.button("told:")
    started.anna.phone.tap(message, data)
    started.anna.forge(data, message)
    await started.quiet()

    assert (await check_of(started)).run.step == "private-space"


# The way in


async def test_the_way_in_is_on_that_desk_alone(started):
    """Whoever admitted them gets the link, protected, on the desk; nobody else has it anywhere."""
    await opened(started)
    assert not has(started.h7, "join:")
    assert started.anna.links() == []

    await tap(started, started.anna, "let-in:")

    assert started.anna.links() == [LINK]
    message = next(m for m in started.anna.messages() if "url" in str(m["keyboard"]))
    assert message["protected"]
    others = (started.h7, started.bernd, started.guests[1])
    assert [guest.links() for guest in others] == [[], [], []]
    assert await started.count("credential", f"handed_to = {started.anna.person}") == 1


async def test_a_colleague_is_told_with_whom_it_is(started):
    """A colleague sees whose signature it was, has no button for it, and is refused by force."""
    await opened(started)
    await tap(started, started.anna, "leave:")
    await forge(started, started.bernd, f"claim:{started.session_id}:{started.h7.person}")
    assert started.bernd.say("assisted/handed-to", by="F0") in started.bernd.texts()[-1]
    assert not has(started.bernd, "let-in:")

    await forge(started, started.bernd, f"let-in:{started.session_id}:{started.h7.person}:1")

    assert await started.count("credential") == 0


async def test_the_participant_is_told_that_somebody_helps(started):
    """Their own screen has no *Join*; it says that the contact person helps them in."""
    await opened(started)

    assert started.h7.texts()[-1] == started.h7.say("place/assisted/open")
    await forge(started, started.h7, f"join:{started.session_id}:1")
    assert await started.count("credential") == 0


async def test_a_double_tap_mints_once(started):
    """Two taps on the same button hand out one way in."""
    await opened(started)
    message, data = started.anna.button("let-in:")
    started.anna.phone.tap(message, data)
    started.anna.forge(data, message)
    await started.quiet()

    assert await started.count("credential") == 1


async def test_it_disappears_after_its_minutes(started):
    """After ten minutes the link is off the desk; asking again asks whether they are alone."""
    await opened(started)
    await tap(started, started.anna, "let-in:")
    await started.move_to(START + 301)
    assert started.anna.links() == []
    await tap(started, started.anna, "let-in:")
    assert has(started.anna, "still:")

    message, data = next(one for one in started.anna.buttons() if one[1].endswith(":yes"))
    started.anna.phone.tap(message, data)
    await started.quiet()

    assert started.anna.links() == [LINK]
    assert await started.count("credential", "ended_at IS NULL") == 1


@pytest.mark.parametrize("how", ["stopped", "stopped-one", "closed", "left", "removed"])
async def test_it_is_taken_away(started, how):
    """A stop, the end, putting the person back, and losing the session take the link away."""
    await opened(started)
    await tap(started, started.anna, "let-in:")
    bernd, person = started.bernd.person, started.h7.person
    event = {
        "stopped": e.SessionStopped(bernd),
        "stopped-one": e.PersonStopped(bernd, person),
        "closed": e.SessionClosed(bernd),
        "left": e.DeskLeft(started.anna.person, person),
        "removed": e.FacilitatorRemoved(started.anna.person),
    }[how]

    await started.happen(event)
    await started.wake()

    assert started.anna.links() == []


async def test_it_comes_back_with_the_person(started):
    """Who puts the person back and takes them up again has the same link, not another one."""
    await opened(started)
    await tap(started, started.anna, "let-in:")
    await tap(started, started.anna, "leave:")
    await tap(started, started.anna, f"claim:{started.session_id}:{started.h7.person}")

    assert started.anna.links() == [LINK]
    assert await started.count("credential") == 1


async def test_no_link_while_the_gate_holds(started):
    """What holds the person after the tap holds the drawing too: no link comes onto the desk."""
    await opened(started)
    sql = "UPDATE programme SET suspended = 1"
    await started.store.transact(lambda tx: tx.db.execute(sql))

    await tap(started, started.anna, "let-in:")

    assert started.anna.links() == []
    assert await started.count("credential") == 0
