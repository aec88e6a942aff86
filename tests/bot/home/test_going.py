"""Going: withdrawing consent, leaving, agreeing anew; each closes at once, nobody says why."""

import pytest

from flows.model import Agreement, CheckState
from storage import people
from tests.bot.home.conftest import STEPS, Home, invite, until
from tests.bot.office.conftest import Desk, enrol_coordinator


@pytest.fixture
async def h7(house):
    return Home(house, house.h7)


async def agreements(home):
    standing = await home.house.store.read(lambda tx: people.standing_of(tx, home.person))
    return standing.agreements


async def check(home):
    return (await home.house.session()).checks[home.person]


async def test_withdrawing_during_an_open_session(house, h7):
    """One command and one tap: the way in goes, the check is stopped, the facilitators hear it."""
    await house.joined()
    assert len(h7.guest.links()) == 1
    await h7.type("/withdraw")
    assert h7.screen == h7.say("home/going/withdraw")
    assert len(h7.guest.links()) == 1
    await h7.tap(h7.say("home/button/withdraw"))
    assert h7.guest.links() == []
    assert (await check(h7)).state is CheckState.STOPPED
    assert len(house.guests[1].links()) == 1
    for guest in (house.anna, house.bernd):
        assert guest.say("office/withdrawn", who="P0") in guest.texts()
        assert guest.say("ring/need-to-stop", who="P0") in [t.split("\n")[0] for t in guest.texts()]
    assert await agreements(h7) == {Agreement.HOUSE_RULES, Agreement.CONFIDENTIALITY}
    assert h7.say("home/arrival/declined") in h7.guest.texts()
    assert ("withdraw", "done", h7.person, "") in await house.audited()


async def test_agreeing_again(house, h7):
    """Whoever has withdrawn reads the text again from their own screen, and may agree."""
    await h7.type("/withdraw")
    await h7.tap(h7.say("home/button/withdraw"))
    await h7.type("/start")
    assert h7.screen == h7.say("home/arrival/cover")
    await h7.tap(h7.say("home/button/read"))
    assert h7.screen == h7.text("consent")
    await h7.agree()
    assert h7.screen == h7.text("done")
    assert await agreements(h7) == set(Agreement)
    await h7.type("/start")
    assert h7.screen == h7.say("reply/nothing-now")


async def test_second_thoughts_about_withdrawing(house, h7):
    """Nothing changes for whoever says no; the button is then one of an earlier moment."""
    await h7.type("/withdraw")
    before = await agreements(h7)
    _, data = h7.guest.button("home:going:withdraw:yes")
    await h7.tap(h7.say("home/button/stay"))
    assert h7.screen == h7.say("home/going/as-it-was")
    h7.guest.forge(data)
    assert await h7.guest.toast(0) == h7.say("refusal/stale")
    assert await agreements(h7) == before == set(Agreement)


async def test_withdrawing_twice(house, h7):
    """A second /withdraw shows where things stand and asks nothing."""
    await h7.type("/withdraw")
    await h7.tap(h7.say("home/button/withdraw"))
    await h7.type("/withdraw")
    assert h7.screen == h7.say("home/arrival/declined")
    h7.guest.forge("home:going:withdraw:yes")
    assert await h7.guest.toast(0) == h7.say("refusal/stale")


@pytest.mark.parametrize("stage", ["planned", "ready", "opened", "joined"])
async def test_leaving(house, h7, stage):
    """Whoever leaves is stopped, out of everything, told good-bye, and hears no more."""
    if stage != "planned":
        await getattr(house, stage)()
    await h7.type("/leave")
    assert h7.screen == h7.say("home/going/leave")
    await h7.tap(h7.say("home/button/leave"))
    assert h7.guest.links() == []
    assert h7.screen == h7.say("home/going/good-bye")
    assert await h7.status() == "left"
    session = await house.session()
    if stage == "planned":
        assert h7.person not in session.checks
    else:
        assert session.checks[h7.person].state is CheckState.STOPPED
        assert house.anna.say("office/left", who="P0") in house.anna.texts()
    await until(house, lambda tx: people.find_by_chat(tx, 200) is None)
    seen, strangers = h7.guest.texts(), await house.strangers()
    await h7.type("/now")
    assert await house.strangers() == strangers + 1
    await house.wake()
    assert h7.guest.texts() == seen
    assert await house.count("parting") == 0
    assert await house.count("screen", f"person = {h7.person}") == 0


async def test_leaving_a_group(empty_house):
    """Whoever leaves is out of their groups, whose facilitators are told."""
    home = await invite(empty_house)
    await home.arrive_at("confidentiality")
    await home.agree()
    await home.type("/leave")
    await home.tap(home.say("home/button/leave"))
    assert home.greta.texts()[-1] == home.greta.say("office/left", who="Q5")
    assert await empty_house.count("membership", f"person = {home.person}") == 0
    await until(empty_house, lambda tx: people.find_by_chat(tx, 300) is None)
    assert await home.status() == "left"


async def test_leaving_closes_no_door_to_others(house, h7):
    """Others go on in the session that somebody leaves."""
    await house.joined()
    await h7.type("/leave")
    await h7.tap(h7.say("home/button/leave"))
    assert len(house.guests[1].links()) == 1


async def test_leaving_by_a_forged_button(house, h7):
    """Without the question a button withdraws nothing and lets nobody leave, staff neither."""
    before = await house.domain()
    for guest, code in ((house.h7, "stale"), (house.anna, "forged")):
        for number, data in enumerate(("home:going:leave:yes", "home:going:withdraw:yes")):
            guest.forge(data)
            assert await guest.toast(number) == guest.say(f"refusal/{code}")
    await house.quiet()
    assert await house.domain() == before


async def test_new_version_of_an_agreement(house, h7):
    """Each participant gets it once, without a sound and behind a cover, and is held until then."""
    clara = Desk(house, await enrol_coordinator(house))
    await clara.command("settings")
    await clara.tap("office/button/texts")
    await clara.tap("office/button/house-rules")
    for guest in house.guests:
        assert guest.texts() == [guest.say("home/arrival/cover")]
    assert house.anna.texts() == []
    await h7.tap(h7.say("home/button/read"))
    assert h7.screen == h7.text("house-rules")
    await h7.refuse()
    assert h7.screen == h7.text("house-rules-again")
    await h7.refuse()
    assert h7.screen == h7.say("home/arrival/declined")
    assert await h7.status() == "enrolled"
    await h7.tap(h7.say("home/button/read"))
    await h7.agree()
    assert h7.screen == h7.text("done")
    assert await agreements(h7) == set(Agreement)
    read = await house.store.read(
        lambda tx: tx.db.execute(
            "SELECT count(*) FROM agreement WHERE person = ? AND revision IS NOT NULL",
            (h7.person,),
        ).fetchone()[0]
    )
    assert read == 1


async def test_several_new_versions(house, h7):
    """Texts that have changed are read one after the other, behind one cover."""

    def raise_all(tx):
        for kind in Agreement:
            people.raise_agreement(tx, kind)

    await house.store.transact(raise_all)
    await h7.type("/start")
    await h7.tap(h7.say("home/button/read"))
    for step in STEPS:
        assert h7.screen == h7.text(step)
        await h7.agree()
    assert h7.screen == h7.text("done")


async def test_privacy(house, h7):
    """Whoever is enrolled reads what is kept, why, for how long, and how to have it erased."""
    await h7.type("/privacy")
    assert h7.screen == h7.say("home/privacy")
    before = await house.domain()
    house.anna.phone.type("/leave")
    await house.quiet()
    assert await house.domain() == before
    assert house.anna.texts()[-1] == house.anna.say("reply/no-such-command")
