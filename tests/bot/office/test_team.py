"""The team by taps: who is who, invitations, preparation, roles, removal; and whose it is not."""

from itertools import product

import pytest

from bot.office import team
from flows.model import CheckState
from storage import audit, groups, people, staff
from storage.groups import Part
from storage.people import Role
from tests.bot.office.conftest import Desk, enrol_coordinator

DAY = 86400


@pytest.fixture
async def seated(house):
    """Seat a coordinator beside two facilitators and two participants."""
    house.clara = Desk(house, await enrol_coordinator(house))
    return house


def link_in(guest):
    """Return the link in the newest invitation on a phone."""
    words = " ".join(guest.texts()).split()
    return [word for word in words if word.startswith("https://t.me/")][-1]


async def invite(house, *, role="office/team/button/facilitator", name="Berta"):
    """Have Clara invite somebody in English; return the link."""
    clara = house.clara
    await clara.command("team")
    await clara.tap("office/team/button/invite")
    await clara.tap(role)
    await tap_text(clara, "English")
    await clara.type(name)
    return link_in(clara.guest)


async def tap_text(desk, text):
    """Tap the newest button that says just this."""
    for message in reversed(desk.guest.messages()):
        for row in message["keyboard"]:
            for button in row:
                if button["text"] == text:
                    desk.guest.phone.tap(message["message_id"], button["callback_data"])
                    await desk.house.quiet()
                    return
    raise AssertionError(f"no button {text!r} among {desk.buttons()}")


async def go(house, page, about):
    """Turn Clara to a page by a forged button: from wherever she is."""
    house.clara.guest.forge(f"go:{page}:{about}")
    await house.quiet()


async def come(house, link, chat=300):
    """Open a link on a new phone; return whoever sits at it."""
    guest = house.guest(chat)
    guest.phone.open_link(link)
    await house.quiet()
    known = await house.store.read(lambda tx: people.find_by_chat(tx, chat))
    guest.person = known.id if known else None
    return Desk(house, guest)


async def colleague(house, person):
    return await house.store.read(lambda tx: staff.find(tx, person))


async def kinds(house):
    return [(kind, outcome) for kind, outcome, _, _ in await house.audited()]


# Who is who


async def test_list(seated):
    """The team says who is in which role, since when prepared, who is here and who out of reach."""
    seated.bernd.phone.block()
    await seated.quiet()
    await invite(seated)
    await seated.clara.command("team")
    page = seated.clara.page.splitlines()
    assert page[0] == seated.clara.key("office/team/title")
    assert page[1].startswith("F0: facilitator, prepared since")
    assert page[2].endswith("Messages no longer arrive.")
    assert page[3] == "Clara: coordinator."
    assert page[4] == "Berta: facilitator, not prepared. Invited, not here yet."
    assert len(page) == 5


async def test_long_list(seated):
    """A team of more than a dozen is shown a dozen at a time."""

    def add(tx):
        for n in range(12):
            person = people.add(tx, locale="en", zone="UTC", label=f"Colleague {n}", now=1)
            staff.give_role(tx, person, Role.FACILITATOR)

    await seated.store.transact(add)
    await seated.clara.command("team")
    assert len(seated.clara.page.splitlines()) == 13
    await seated.clara.tap("office/team/button/more")
    assert len(seated.clara.page.splitlines()) == 4
    await seated.clara.tap("office/team/button/first")
    assert len(seated.clara.page.splitlines()) == 13


# Invitations


@pytest.mark.parametrize(
    ("role", "roles"),
    [
        ("office/team/button/facilitator", {Role.FACILITATOR}),
        ("office/team/button/coordinator", {Role.COORDINATOR}),
        ("office/team/button/both", {Role.FACILITATOR, Role.COORDINATOR}),
    ],
)
async def test_invitation(seated, role, roles):
    """A colleague comes by the link, in the roles that were chosen, prepared for nothing yet."""
    berta = await come(seated, await invite(seated, role=role))
    found = await colleague(seated, berta.guest.person)
    assert (found.roles, found.here, found.prepared_at) == (roles, True, None)
    coordinates = Role.COORDINATOR in roles
    welcome = "office/team/welcome" if coordinates else "start/staff"
    assert berta.guest.texts() == [berta.key(welcome)]
    assert ("colleague-invited", "done") in await kinds(seated)


async def test_invitation_anew_ends_the_one_before(seated):
    """Only the newest invitation lets somebody in, and only once."""
    first = await invite(seated)
    await seated.clara.tap("office/team/button/again")
    second = link_in(seated.clara.guest)
    assert (await come(seated, first)).guest.person is None
    assert (await come(seated, second, 301)).guest.person is not None
    assert (await come(seated, second, 302)).guest.person is None
    await seated.clara.command("team")
    await tap_text(seated.clara, "Berta")
    assert seated.clara.key("office/team/button/again") not in seated.clara.buttons()


async def test_guessing(seated):
    """After five wrong links from one phone a right one opens nothing for an hour; then it does."""
    link = await invite(seated)
    phone = seated.guest(303).phone
    for n in range(5):
        phone.type(f"/start wrong-{n}")
    phone.open_link(link)
    await seated.quiet()
    assert await seated.count("attempt") == 1
    assert await seated.store.read(lambda tx: people.find_by_chat(tx, 303)) is None
    await seated.move_to(seated.clock.now() + 3600)
    assert await seated.count("attempt") == 0
    phone.open_link(link)
    await seated.quiet()
    assert await seated.store.read(lambda tx: people.find_by_chat(tx, 303)) is not None


async def test_names(seated):
    """A name that is too long or taken is asked for again, and invites nobody."""
    before = await seated.count("person")
    clara = seated.clara
    await clara.command("team")
    for key in ("invite", "facilitator"):
        await clara.tap(f"office/team/button/{key}")
    await tap_text(clara, "English")
    await clara.type("x" * 33)
    assert seated.clara.key("office/team/name-too-long") in seated.clara.page
    await seated.clara.type("cLARA")
    assert seated.clara.key("office/team/name-taken") in seated.clara.page
    assert await seated.count("person") == before
    await seated.clara.type("x" * 32)
    assert await seated.count("person") == before + 1
    assert "x" * 32 not in [m["text"] for m in seated.clara.guest.phone.view()["messages"]]


# Preparation and roles


@pytest.mark.parametrize(("choice", "days"), team.SINCE.items())
async def test_preparation(seated, choice, days):
    """Since when somebody is prepared is a coordinator's to say, and to take back."""
    anna = seated.anna.person
    await go(seated, "colleague", anna)
    await seated.clara.tap("office/team/button/prepared")
    await seated.clara.tap(f"office/team/button/{choice}")
    assert (await colleague(seated, anna)).prepared_at == seated.clock.now() - days * DAY
    await seated.clara.tap("office/team/button/unprepared")
    assert (await colleague(seated, anna)).prepared_at is not None
    await seated.clara.tap("office/team/button/unprepared")
    assert (await colleague(seated, anna)).prepared_at is None
    assert ("colleague-unprepared", "done") in await kinds(seated)


async def test_roles(seated):
    """A second role is given and taken; a role that ended can begin again, unprepared."""
    anna = seated.anna.person
    await go(seated, "colleague", anna)
    assert seated.clara.key("office/team/button/take-facilitator") not in seated.clara.buttons()
    await seated.clara.tap("office/team/button/give-coordinator")
    assert (await colleague(seated, anna)).roles == set(Role)
    assert seated.anna.texts()[-1] == seated.anna.say("office/team/changed")
    await seated.clara.tap("office/team/button/take-facilitator")
    await seated.clara.tap("office/team/button/take-facilitator")
    assert (await colleague(seated, anna)).roles == {Role.COORDINATOR}
    await seated.clara.tap("office/team/button/give-facilitator")
    found = await colleague(seated, anna)
    assert (found.roles, found.prepared_at) == (set(Role), None)
    await seated.clara.tap("office/team/button/take-coordinator")
    await seated.clara.tap("office/team/button/take-coordinator")
    assert (await colleague(seated, anna)).roles == {Role.FACILITATOR}


async def test_last_coordinator_stays(seated):
    """Whoever is the only coordinator in reach can neither go nor give the role up."""
    clara = seated.clara.guest.person
    await go(seated, "colleague", clara)
    await seated.clara.tap("office/team/button/give-facilitator")
    for key in ("remove", "take-coordinator"):
        assert seated.clara.key(f"office/team/button/{key}") not in seated.clara.buttons()
    for act in (f"do:colleague-removed:{clara}:-", f"do:role-taken:{clara}:coordinator"):
        seated.clara.guest.forge(act)
        await seated.quiet()
    refused = [("colleague-removed", "not-now"), ("role-taken", "not-now")]
    assert (await kinds(seated))[-2:] == refused
    assert (await colleague(seated, clara)).roles == set(Role)
    dora = await enrol_coordinator(seated, 171, "Dora")
    dora.phone.block()
    await seated.quiet()
    seated.clara.guest.forge(f"do:colleague-removed:{clara}:-")
    await seated.quiet()
    assert (await colleague(seated, clara)) is not None
    dora.phone.unblock()
    await seated.quiet()
    seated.clara.guest.forge(f"do:colleague-removed:{clara}:-")
    await seated.quiet()
    assert (await colleague(seated, clara)) is None
    assert seated.clara.guest.messages() == []


# Removal


async def remove(house, person):
    await go(house, "colleague", person)
    await house.clara.tap("office/team/button/remove")
    await house.clara.tap("office/team/button/remove-now")


@pytest.mark.parametrize("how", ["removed", "unprepared", "role-taken"])
async def test_what_they_signed_is_void(seated, how):
    """In an open session their signatures are void at once and every way in through them goes."""
    await seated.joined()
    anna = seated.anna.person
    checks = (await seated.session()).checks
    theirs = [who for who in checks if checks[who].sign_off.by == anna]
    others = [who for who in checks if who not in theirs]
    assert theirs
    assert all(guest.links() for guest in seated.guests)
    if how == "removed":
        await remove(seated, anna)
    elif how == "unprepared":
        await go(seated, "colleague", anna)
        await seated.clara.tap("office/team/button/unprepared")
        await seated.clara.tap("office/team/button/unprepared")
    else:
        await go(seated, "colleague", anna)
        await seated.clara.tap("office/team/button/give-coordinator")
        await seated.clara.tap("office/team/button/take-facilitator")
        await seated.clara.tap("office/team/button/take-facilitator")
    session = await seated.session()
    assert not session.facilitators[anna].active
    for guest in seated.guests:
        assert bool(guest.links()) is (guest.person in others)
    for who in theirs:
        assert session.checks[who].state is CheckState.STOPPED
        assert session.checks[who].epoch == checks[who].epoch + 1
    clara = seated.clara.guest.person
    assert ("facilitator-removed", "done", clara, "") in await seated.audited()
    assert await seated.count("credential", "ended_at IS NULL") == len(others)
    boards = [text for text in seated.anna.texts() if "Tuesday" in text]
    assert boards == []
    assert await seated.store.read(audit.verify) is None


async def test_role_given_again_revives_nothing(seated):
    """Whoever is made a facilitator again, and prepared, has signed nothing that counts."""
    await seated.ready()
    for person in seated.people:
        await seated.admit(seated.anna.person, person)
    anna = seated.anna.person
    await go(seated, "colleague", anna)
    await seated.clara.tap("office/team/button/give-coordinator")
    for key in ("take-facilitator", "take-facilitator", "give-facilitator", "prepared", "year"):
        await seated.clara.tap(f"office/team/button/{key}")
    assert (await colleague(seated, anna)).prepared_at is not None
    checks = (await seated.session()).checks.values()
    assert [check.state for check in checks] == [CheckState.READY] * 2
    assert await seated.count("live_admission") == 0


async def test_removed_is_answered_no_more(seated):
    """A removed facilitator has an empty chat, leads no group, and is a stranger from then on."""
    group = await seated.store.transact(lead_group(seated.bernd.person))
    seated.bernd.phone.type("/today")
    await seated.quiet()
    assert seated.bernd.buttons()
    await remove(seated, seated.bernd.person)
    assert seated.bernd.messages() == []
    assert seated.clara.key("office/team/removed") in seated.clara.page
    leads = await seated.store.read(lambda tx: groups.leads(tx, group, seated.bernd.person))
    assert not leads
    counted, audited = await seated.strangers(), await seated.audited()
    for text in ("/today", "/now", "/help", "hello"):
        seated.bernd.phone.type(text)
    seated.bernd.forge(f"start:{seated.session_id}:0")
    await seated.quiet()
    assert seated.bernd.messages() == []
    assert await seated.strangers() == counted + 5
    assert await seated.audited() == audited


def lead_group(person):
    def add(tx):
        cursor = tx.db.execute("INSERT INTO \"group\" (name) VALUES ('Wednesday')")
        groups.join(tx, cursor.lastrowid, person, Part.FACILITATOR, 1)
        return cursor.lastrowid

    return add


async def test_removed_comes_back_as_somebody_new(seated):
    """Somebody who was removed can be invited anew from the same phone; what was, stays void."""
    await remove(seated, seated.bernd.person)
    link = await invite(seated, name="F1")
    seated.bernd.phone.open_link(link)
    await seated.quiet()
    known = await seated.store.read(lambda tx: people.find_by_chat(tx, seated.bernd.chat))
    assert known.id != seated.bernd.person
    assert known.roles == {Role.FACILITATOR}


async def test_removed_before_they_came(seated):
    """An invitation ends with the removal of whoever was invited."""
    link = await invite(seated)
    await seated.clara.tap("office/team/button/remove")
    await seated.clara.tap("office/team/button/remove-now")
    assert (await come(seated, link)).guest.person is None


# Whose it is not


def buttons_of(concern, about):
    """Return the data of every button that could lead to a page or an act of a concern."""
    pages = [f"go:{page.name}:{number}" for page in concern.PAGES for number in about]
    choices = ("-", "today", "facilitator", "coordinator", "en")
    acts = [
        f"do:{act.name}:{number}:{choice}"
        for act, number, choice in product(concern.ACTS, about, choices)
    ]
    return [*pages, *acts]


async def test_facilitator_finds_refusals_alone(seated):
    """A facilitator who tries every page and act of the team is refused each time, on record."""
    await invite(seated)
    everybody = range(await seated.count("person") + 2)
    seated.anna.phone.type("/team")
    await seated.quiet()
    assert seated.anna.texts()[-1] == seated.anna.say("reply/no-such-command")
    before, audited = await seated.domain(), len(await seated.audited())
    data = buttons_of(team, everybody)
    assert len(data) > 200
    for one in data:
        seated.anna.forge(one)
    await seated.quiet()
    assert await seated.domain() == before
    fresh = (await seated.audited())[audited:]
    assert [row[1:3] for row in fresh] == [("forged", seated.anna.person)] * len(data)
    assert not [t for t in seated.anna.texts() if "Clara" in t or "Berta" in t]


async def test_coordinator_reaches_staff_alone(seated):
    """No button of the team works on a participant, on nobody, or on somebody who has left."""
    await remove(seated, seated.bernd.person)
    wrong = (*seated.people, seated.bernd.person, 0, 999)
    acts = [act.name for act in team.ACTS]
    pages = [page.name for page in team.PAGES if page.name.startswith(("colleague", "role"))]
    asks = ("colleague-role", "colleague-language", "colleague-name")
    before, audited = await seated.domain(), len(await seated.audited())
    tried = 0
    for who in wrong:
        for name in acts:
            seated.clara.guest.forge(f"do:{name}:{who}:facilitator")
        for name in pages:
            if name not in asks:
                seated.clara.guest.forge(f"go:{name}:{who}")
        tried += len(acts) + len(pages) - len(asks)
        await seated.quiet()
    after = await seated.domain()
    assert after == before
    fresh = (await seated.audited())[audited:]
    assert [row[1] for row in fresh] == ["forged"] * tried


async def test_stale_taps(seated):
    """A second tap on what is done already changes nothing and is answered kindly."""
    anna, clara = seated.anna.person, seated.clara.guest
    for data in (
        f"do:colleague-again:{anna}:-",
        f"do:role-given:{anna}:facilitator",
        f"do:role-taken:{anna}:facilitator",
        f"do:role-taken:{anna}:coordinator",
        f"do:colleague-prepared:{clara.person}:today",
        f"do:colleague-unprepared:{clara.person}:-",
    ):
        before = await seated.domain()
        clara.forge(data)
        await seated.quiet()
        assert (await kinds(seated))[-1][1] == "stale"
        assert await seated.domain() == before


@pytest.mark.parametrize(
    "data",
    [
        "do:colleague-prepared:{who}:tomorrow",
        "do:role-given:{who}:king",
        "go:colleague-language:9",
        "go:colleague-name:0",
        "go:colleague-name:499",
    ],
)
async def test_forged_choices(seated, data):
    """A choice that no button has does nothing."""
    before = await seated.domain()
    seated.clara.guest.forge(data.format(who=seated.anna.person))
    await seated.quiet()
    if seated.clara.guest.messages():
        await seated.clara.type("Berta")
    after = await seated.domain()
    assert after | {"page": []} == before | {"page": []}


# Language


async def test_language(seated):
    """Staff choose the language in which the bot speaks to them; the menu follows."""
    anna = Desk(seated, seated.anna)
    await anna.command("language")
    await tap_text(anna, "Deutsch")
    anna.guest.locale = "de"
    assert anna.key("office/language/chosen") in anna.page
    shown = anna.guest.phone.view()["bot"]["commands"]
    assert shown[-1] == {"command": "help", "description": anna.key("office/command/help")}
    await anna.command("today")
    assert "Die Checks haben noch nicht begonnen." in anna.page
    seated.anna.forge("do:language-chosen:0:xx")
    await seated.quiet()
    assert (await kinds(seated))[-1] == ("language-chosen", "forged")
