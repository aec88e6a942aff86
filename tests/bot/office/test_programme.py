"""The programme by taps: the contact outside the bot, its end, suspension, agreements anew."""

from flows.model import Agreement, SessionState
from storage import people
from tests.bot.office.conftest import Desk, enrol_coordinator

YEAR = 365 * 86400


async def programme(house):
    return await house.store.read(people.programme)


async def test_contact_is_confirmed_for_a_year(clara):
    """The contact to partners and families is confirmed by a second tap, and lasts a year."""
    await clara.command("settings")
    assert clara.key("office/programme/no-contact") in clara.page
    await clara.tap("office/button/contact")
    assert (await programme(clara.house)).safety_contact_until is None
    await clara.tap("office/button/confirm")
    assert (await programme(clara.house)).safety_contact_until == clara.house.clock.now() + YEAR
    assert ("programme-contact", "done", clara.guest.person, "") in await clara.house.audited()


async def test_suspension_stops_what_runs(house):
    """Suspending stops an open session, and nothing opens until a coordinator goes on."""
    clara = Desk(house, await enrol_coordinator(house))
    await house.joined()
    await clara.command("settings")
    await clara.tap("office/button/suspend")
    await clara.tap("office/button/suspend-now")
    assert (await programme(house)).suspended
    assert (await house.session()).state is SessionState.STOPPED
    assert [guest.links() for guest in house.guests] == [[], []]
    await clara.tap("office/button/resume")
    await clara.tap("office/button/resume-now")
    assert not (await programme(house)).suspended
    assert (await house.session()).state is SessionState.STOPPED


async def test_changed_text_holds_everybody_until_they_agree(house):
    """A new version of an agreement counts for nobody who agreed to an earlier one."""
    clara = Desk(house, await enrol_coordinator(house))
    await clara.command("settings")
    await clara.tap("office/button/texts")
    await clara.tap("office/button/house-rules")
    standing = await house.store.read(lambda tx: people.standing_of(tx, house.people[0]))
    assert standing.agreements == {Agreement.CONSENT, Agreement.CONFIDENTIALITY}


async def test_facilitator_finds_no_programme(house):
    """The command is unknown to a facilitator, and a forged button changes nothing."""
    before = await house.domain()
    house.anna.phone.type("/settings")
    house.anna.forge("do:programme-suspend:0:-")
    await house.quiet()
    assert await house.domain() == before
    assert ("programme-suspend", "forged", house.anna.person, "") in await house.audited()
