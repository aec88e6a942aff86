"""Runs while texts and steps are published, the bot is killed, and a revision is recalled."""

import asyncio
from contextlib import asynccontextmanager
from importlib.resources import files

import pytest

from bot import app
from bot.language.shipped import shipped_revision
from bot.office import flow_publishing
from bot.office.page import Clerk
from bot.practice.installation import PACE, TOKEN, practice_config
from bot.setting import Setting
from flows import drafts
from flows import events as e
from flows.definition import FlowError, parse
from flows.flow import NON_NEGOTIABLES, make_revision
from flows.gate import HoldCode, ToAdmit, holds
from flows.model import CheckState
from storage import people, revisions
from tests.bot.conftest import House, spoken_in
from tests.bot.office.conftest import enrol_coordinator
from tests.installation import copy_new, write_master_key

SHIPPED = files("flows").joinpath("definitions/environment.toml").read_text("utf-8")
EARLIER = shipped_revision("environment", "en")
GONE = "sober"


def without(*items):
    """Return the check without some of its items: whatever led to one leads on."""
    head, *parts = SHIPPED.split("\n[[item]]\n")
    kept_parts = [part for part in parts if part.split('"')[1] not in items]
    return "\n[[item]]\n".join([head, *kept_parts])


def shorter():
    """Return a revision without the item that is `GONE`."""
    flow = parse(without(GONE), "environment.toml")
    return make_revision(flow, "en", {key: source.text for key, source in flow.texts().items()})


async def publish(house, revision):
    return await house.store.transact(lambda tx: revisions.publish(tx, revision, house.now))


async def check_of(house, guest):
    return (await house.session()).checks[guest.person]


async def stand_at(house, guest, step):
    """Answer until somebody stands at a step of the check."""
    while (await check_of(house, guest)).run.step != step:
        await house.answer(guest.person)
    await house.wake()


async def tap_yes(house, guest):
    guest.tap("answer:")
    await house.quiet()


def screen(guest):
    """Return the newest question on somebody's phone, and what its buttons say."""
    found = [one for one in guest.messages() if one["keyboard"]][-1]
    return found["text"], [button["text"] for row in found["keyboard"] for button in row]


# A step that a later revision does not have


async def test_whoever_stands_at_a_step_that_is_gone_goes_on(house):
    """The run finishes on its own revision, that step included, and is signed in on it."""
    h7 = house.h7
    await house.started()
    await stand_at(house, h7, GONE)
    assert await publish(house, shorter())
    before = len(h7.toasts())
    assert screen(h7)[0] == EARLIER.flow.steps[GONE].text
    while (await check_of(house, h7)).state is CheckState.ASKING:
        await tap_yes(house, h7)
    check = await check_of(house, h7)
    assert (check.state, check.epoch, check.run.revision.id) == (CheckState.READY, 1, EARLIER.id)
    assert GONE in check.answers
    assert not any(h7.toasts()[before:])
    house.anna.forge(await house.sign_data(house.anna.person, h7.person))
    await house.quiet()
    assert (await check_of(house, h7)).state is CheckState.ADMITTED


async def test_whoever_begins_then_is_not_asked_it(house):
    """A check that is begun after the publication has the later revision's steps and no other."""
    h7 = house.h7
    await house.started()
    await stand_at(house, h7, GONE)
    later = shorter()
    await publish(house, later)
    assert not (await house.happen(e.CheckRestarted(house.anna.person, h7.person))).refusal
    await house.answer_all(h7.person)
    check = await check_of(house, h7)
    assert check.run.revision.id == later.id
    assert set(check.answers) == {item.id for item in EARLIER.flow.items} - {GONE}
    house.anna.forge(await house.sign_data(house.anna.person, h7.person))
    await house.quiet()
    assert (await check_of(house, h7)).state is CheckState.ADMITTED


async def test_a_recall_finds_whoever_stands_there(house):
    """A recall of what was published earlier stops who stands on it, and nobody else, and rings."""
    h7, other = house.guests
    await house.started()
    await stand_at(house, h7, GONE)
    await publish(house, shorter())
    await house.happen(e.CheckRestarted(house.anna.person, other.person))
    await house.wake()
    clara = await enrol_coordinator(house)

    def recall(tx):
        clerk = Clerk(tx, people.find(tx, clara.person), house.now, Setting())
        flow_publishing.stop_runs(clerk, EARLIER.id)
        revisions.recall(tx, EARLIER.id, house.now)

    await house.store.transact(recall)
    await house.wake()
    assert (await check_of(house, h7)).state is CheckState.STOPPED
    assert (await check_of(house, other)).state is CheckState.ASKING
    assert h7.texts()[-1] == h7.say("place/stopped")
    label = await house.store.read(lambda tx: people.label_of(tx, h7.person))
    for facilitator in (house.anna, house.bernd):
        assert facilitator.say("ring/recalled", who=label) in facilitator.texts()
    session = await house.session()
    found = {one.code for one in holds(session, ToAdmit(h7.person, house.anna.person), house.now)}
    assert HoldCode.PERSON_STOPPED in found
    epoch = session.checks[h7.person].epoch
    house.anna.forge(f"sign:{session.id}:{h7.person}:{epoch}:admit:0123456789abcdef")
    await house.quiet()
    assert (await check_of(house, h7)).state is CheckState.STOPPED


@pytest.mark.parametrize("name", NON_NEGOTIABLES)
def test_none_of_the_four_can_be_the_step_that_is_gone(name):
    """There is no revision without one of the four: its file is refused."""
    with pytest.raises(FlowError) as refused:
        parse(without(name), "environment.toml")
    assert "F301" in {finding.code for finding in refused.value.findings}


# One run is of one piece


@asynccontextmanager
async def bot_on(api, clock, folder):
    """Run the bot on a folder's files, and kill it wherever it is in the end."""
    opened = asyncio.get_running_loop().create_future()

    async def until(store):
        opened.set_result(store)
        await asyncio.Event().wait()

    config = spoken_in(practice_config(folder, api.base_url))
    served = asyncio.create_task(app.serve(config, TOKEN, clock, pace=PACE, until=until))
    await asyncio.wait([served, opened], return_when=asyncio.FIRST_COMPLETED)
    if served.done():
        await served
    try:
        yield opened.result()
    finally:
        served.cancel()
        await asyncio.wait([served])


async def edited(house, locale, number):
    """Return the latest questions with every text another one."""
    base, _ = await house.store.read(lambda tx: revisions.latest(tx, "environment", locale))
    found = drafts.texts(base).items()
    return drafts.laid_over(base, {key: f"{number} {key}"[: one.limit] for key, one in found})


def is_drawn(guest, step):
    """Say whether the newest question on a phone is this step, its text and all its buttons."""
    text, buttons = screen(guest)
    return text == step.text and buttons[: len(step.options)] == [o.text for o in step.options]


async def has_locale(house, guest):
    return (await house.store.read(lambda tx: people.find(tx, guest.person))).locale


@pytest.fixture
async def folder(tmp_path, api, clock):
    """Make an installation on which an evening has begun and the bot was killed."""
    place = practice_config(tmp_path, "").storage
    await copy_new(place.database, place.keys)
    write_master_key(place.master_key_file)
    async with bot_on(api, clock, tmp_path) as store:
        house = await House(store, api, clock).move_in()
        await house.started()
    return tmp_path, house


async def test_a_run_is_of_one_piece(api, clock, folder):
    """Kills after each tap, publications and a wish for German: every question is of one revision.

    The language can't be changed while the questions are asked, neither by a command nor by a
    button from before.
    """
    path, house = folder
    h7, number, asked = house.h7, 0, []
    while not asked or asked[-1] != "review":
        async with bot_on(api, clock, path) as store:
            house.store = store
            await house.wake()
            run = (await check_of(house, h7)).run
            assert run.revision.id == EARLIER.id
            assert is_drawn(h7, EARLIER.flow.steps[run.step])
            asked.append(run.step)
            number += 1
            for locale in ("en", "de"):
                await publish(house, await edited(house, locale, number))
            h7.phone.type("/language")
            h7.forge("home:arrival:locale:de")
            await house.quiet()
            assert h7.say("home/language/later") in h7.texts()
            assert await has_locale(house, h7) == "en"
            if run.step != "review":
                h7.tap("answer:")
    assert asked == [EARLIER.flow.start, *(item.id for item in EARLIER.flow.items), "review"]
    async with bot_on(api, clock, path) as store:
        house.store = store
        await house.happen(e.CheckRestarted(house.anna.person, h7.person))
        await house.wake()
        latest = await house.store.read(lambda tx: revisions.published(tx, "environment", "en"))
        assert is_drawn(h7, latest.flow.steps[latest.flow.start])


async def test_a_language_behind_the_bot_s_back(api, clock, folder):
    """Were the language another one meanwhile, the questions would still be of one language."""
    path, house = folder
    h7 = house.h7
    async with bot_on(api, clock, path) as store:
        house.store = store
        await house.store.transact(lambda tx: people.set_locale(tx, h7.person, "de"))
        await house.wake()
        for _ in range(3):
            await tap_yes(house, h7)
    async with bot_on(api, clock, path) as store:
        house.store = store
        h7.phone.type("/now")
        await house.quiet()
        run = (await check_of(house, h7)).run
        assert run.step == EARLIER.flow.items[2].id
        assert is_drawn(h7, EARLIER.flow.steps[run.step])
