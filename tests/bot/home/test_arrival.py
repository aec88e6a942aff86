"""Arriving: language, time zone, three texts; refusing or not finishing leaves nothing behind."""

import pytest
from babel import Locale

from bot import planning
from bot.home.arrival import ZONES
from bot.language.shipped import shipped_revision
from flows.model import Agreement, RoomKind, Rules, SessionKind
from storage import arrivals, audit, groups, people
from storage.errors import Erased
from storage.sessions import Plan
from tests.bot.conftest import SPOKEN, ZONE
from tests.bot.home.ahead import DAY, FAR, LENGTH, when
from tests.bot.home.conftest import STEPS, Home, invite, until
from tests.honest import NOON

WEEK = 7 * 86400


async def accepted(home):
    def read(tx):
        rows = tx.db.execute(
            "SELECT kind, version, locale, revision FROM agreement WHERE person = ?",
            (home.person,),
        )
        return {tuple(row) for row in rows}

    return await home.house.store.read(read)


async def mentions(house, person):
    """Return every (table, column) with somebody's number, but for the record."""

    def search(tx):
        tables = [
            row["name"]
            for row in tx.db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        found = set()
        for table in tables:
            columns = {row["name"] for row in tx.db.execute(f"PRAGMA table_info('{table}')")}
            naming = {"person", "by", "about", "asked_by", "actor"} & columns
            naming |= {"id"} if table == "person" else set()
            for column in naming:
                row = tx.db.execute(
                    f'SELECT 1 FROM "{table}" WHERE "{column}" = ?', (person,)
                ).fetchone()
                if row and table != "audit":
                    found.add((table, column))
        return found

    return await house.store.read(search)


async def has_key(house, person):
    def ask(tx):
        try:
            tx.keys.seal(person, "person", "label", person, "x")
        except Erased:
            return False
        return True

    return await house.store.read(ask)


async def is_gone(house, person):
    """Wait until somebody's row is gone, then look for what is left of them."""
    await until(house, lambda tx: people.find(tx, person) is None)
    assert await mentions(house, person) == set()
    assert not await has_key(house, person)
    assert await house.store.read(audit.verify) is None


def own_name(locale):
    return (Locale.parse(locale).get_display_name() or "").capitalize()


@pytest.mark.parametrize("locale", SPOKEN)
async def test_arrival(empty_house, locale):
    """Language, time zone and three texts, one a message; the last one enrols."""
    home = await invite(empty_house, locale=locale)
    home.guest.locale = "en"
    await home.open_invitation()
    assert home.screen == home.say("home/arrival/language")
    assert home.buttons() == [own_name(one) for one in SPOKEN]
    await home.tap(own_name(locale))
    home.guest.locale = locale
    asked = home.say("home/arrival/zone", time="9:00\N{NARROW NO-BREAK SPACE}AM" if locale == "en"
                   else "09:00")  # fmt: skip
    assert home.screen == asked
    await home.tap(home.say("home/button/yes"))
    for step in STEPS:
        assert await home.status() == "invited"
        assert home.screen == home.text(step)
        await home.agree()
    assert await home.status() == "enrolled"
    assert home.guest.texts() == [home.say("start/participant")]
    assert home.greta.texts() == [home.greta.say("office/arrived", who="Q5")]
    revision = shipped_revision("agreements", locale).id
    assert await accepted(home) == {(kind, 1, locale, revision) for kind in Agreement}
    known = await home.house.store.read(lambda tx: people.find(tx, home.person))
    assert (known.locale, known.zone) == (locale, ZONE)
    assert await home.house.count("arrival") == 0
    kinds = [row[0] for row in await home.house.audited() if row[2] == home.person]
    assert kinds == ["invited", "language", "time-zone", *["agreed"] * 3, "enrolled"]


async def test_another_time_zone(newcomer):
    """Whoever says no chooses a city, each named in their language, and goes on."""
    await newcomer.open_invitation()
    newcomer.guest.locale = "de"
    await newcomer.tap("Deutsch")
    await newcomer.tap(newcomer.say("home/button/no"))
    assert newcomer.screen == newcomer.say("home/arrival/city")
    assert {"Kopenhagen", "Prag", "Wien", "Moskau"} <= set(newcomer.buttons())
    assert len(newcomer.buttons()) == len(ZONES)
    await newcomer.tap("Kopenhagen")
    assert newcomer.screen == newcomer.text("consent")
    known = await newcomer.house.store.read(lambda tx: people.find(tx, newcomer.person))
    assert known.zone == "Europe/Copenhagen"


@pytest.mark.parametrize("step", STEPS)
async def test_refusing_leaves_nothing_behind(newcomer, step):
    """A refusal is asked once more; then a last message, and no row and no key are left."""
    await newcomer.arrive_at(step)
    await newcomer.refuse()
    assert newcomer.screen == newcomer.text(f"{step}-again")
    assert await newcomer.status() == "invited"
    await newcomer.refuse()
    assert newcomer.guest.texts() == [newcomer.text("refused")]
    await is_gone(newcomer.house, newcomer.person)
    assert newcomer.greta.texts() == []
    strangers = await newcomer.house.strangers()
    await newcomer.type("/start")
    assert await newcomer.house.strangers() == strangers + 1
    assert newcomer.guest.texts() == [newcomer.text("refused")]


async def test_second_thoughts(newcomer):
    """Whoever agrees when asked once more goes on as if they had agreed at first."""
    await newcomer.arrive_at("house-rules")
    await newcomer.refuse()
    await newcomer.agree()
    assert newcomer.screen == newcomer.text("confidentiality")


@pytest.mark.parametrize("step", STEPS)
async def test_not_finishing_in_time(newcomer, step):
    """After seven days without the last agreement nothing is left but the record."""
    await newcomer.arrive_at(step)
    await newcomer.house.move_to(NOON + WEEK - 1)
    assert await newcomer.status() == "invited"
    await newcomer.house.move_to(NOON + WEEK)
    await is_gone(newcomer.house, newcomer.person)
    assert newcomer.guest.texts() == [newcomer.say("home/arrival/over")]
    assert ("arrival-over", "done", None, "") in await newcomer.house.audited()


async def test_expiry_outlives_a_phone_out_of_reach(newcomer):
    """Somebody whose phone refuses the last message goes all the same."""
    await newcomer.arrive_at("consent")
    newcomer.guest.phone.block()
    await newcomer.house.quiet()
    await newcomer.house.move_to(NOON + WEEK)
    await is_gone(newcomer.house, newcomer.person)


async def test_an_invitation_that_nobody_opens(newcomer):
    """Whoever never came goes some time after their invitation."""
    await newcomer.house.store.transact(
        lambda tx: tx.db.execute(
            "UPDATE invitation SET expires_at = ? WHERE person = ?", (NOON + 60, newcomer.person)
        )
    )
    await newcomer.house.move_to(NOON + 60 + arrivals.GRACE - 1)
    assert await newcomer.status() == "invited"
    await newcomer.house.move_to(NOON + 60 + arrivals.GRACE)
    await is_gone(newcomer.house, newcomer.person)


async def test_invited_may_do_little(newcomer):
    """Start, help, language and privacy; nobody reads anything else, and nothing else happens."""
    await newcomer.arrive_at("consent")
    before = await newcomer.house.domain()
    for text in ("hello", "/today", "/withdraw", "/leave", "/settings", "https://example.org/x"):
        await newcomer.type(text)
        assert newcomer.screen.startswith(newcomer.say("reply/nobody-reads", contacts="")), text
        assert "112" in newcomer.screen
    await newcomer.type("/help")
    assert newcomer.screen.startswith(newcomer.say("home/help", contacts=""))
    await newcomer.type("/privacy")
    assert newcomer.screen == newcomer.say("home/privacy")
    assert await newcomer.house.domain() == before
    await newcomer.type("/start")
    assert newcomer.screen == newcomer.text("consent")
    await newcomer.type("/language")
    assert newcomer.screen == newcomer.say("home/arrival/language")


async def test_whoever_arrives_hears_of_what_is_planned(newcomer):
    """Sessions that were planned before somebody came in are told of once, at the end of it."""

    def plan(tx):
        (group,) = groups.of_participant(tx, newcomer.person)
        for at in (FAR, FAR + DAY):
            times = (at, at + LENGTH, 6)
            planning.add(
                tx,
                Plan(
                    *("Tuesday", SessionKind.GROUP, RoomKind.LINK, *times),
                    *((newcomer.greta.person,), (), Rules()),
                    group=group,
                    zone=ZONE,
                ),
                NOON,
            )

    await newcomer.house.store.transact(plan)
    await newcomer.arrive_at(STEPS[-1])
    await newcomer.agree()
    told = newcomer.say("appointment/new-many", n=2, when=when(FAR))
    assert newcomer.guest.texts() == [newcomer.say("start/participant"), told]


async def test_invited_is_no_participant(house):
    """Somebody invited on a roster is asked nothing and told nothing of a session."""

    def add(tx):
        person = people.add(tx, locale="en", zone=ZONE, label="Q5", now=NOON)
        people.invite(tx, person, "an-invitation", expires_at=NOON + 60)
        tx.db.execute(
            "INSERT INTO \"check\" (session, person, state, epoch) VALUES (?, ?, 'waiting', 1)",
            (house.session_id, person),
        )
        return person

    home = Home(house, house.guest(300, await house.store.transact(add)))
    await home.open_invitation()
    await house.ready()
    await home.type("/now")
    assert home.guest.texts() == [home.say("home/arrival/language")]
    home.guest.forge(f"halt:{house.session_id}:need_to_stop")
    assert await home.guest.toast(0) == home.say("refusal/forged")


async def test_agreement_that_is_raised_meanwhile(newcomer):
    """A button below a text whose version has changed since agrees to nothing."""
    await newcomer.arrive_at("consent")
    await newcomer.house.store.transact(lambda tx: people.raise_agreement(tx, Agreement.CONSENT))
    await newcomer.agree()
    assert await newcomer.guest.toast(0) == newcomer.say("refusal/stale")
    assert await accepted(newcomer) == set()
    await newcomer.agree()
    assert {row[:2] for row in await accepted(newcomer)} == {("consent", 2)}


async def test_stale_and_forged_buttons(newcomer):
    """Buttons of an earlier question, of no question, and made-up choices change nothing."""
    await newcomer.arrive_at("house-rules")
    before = await newcomer.house.domain()
    version = f"agree-1-{shipped_revision('agreements', 'en').id[:12]}"
    stale = ("home:arrival:locale:de", f"home:arrival:consent:{version}", "home:arrival:zone:yes",
             f"home:arrival:confidentiality:{version}", "home:arrival:cover:read",
             "home:arrival:house-rules:agree-1-000000000000",
             "home:arrival:house-rules:agree-2-" + version[-12:])  # fmt: skip
    forged = ("home:arrival:house-rules:yes", "home:arrival:nothing:x", "home:going:leave:yes",
              "home:going:withdraw:yes", "home:nobody:x:y", "go:programme:0", "x")  # fmt: skip
    for number, data in enumerate((*stale, *forged)):
        newcomer.guest.forge(data)
        code = "stale" if data in stale else "forged"
        assert await newcomer.guest.toast(number) == newcomer.say(f"refusal/{code}"), data
    await newcomer.house.quiet()
    assert await newcomer.house.domain() == before


async def test_buttons_of_somebody_else(house):
    """A newcomer's button does nothing on any other phone, and nothing to the newcomer."""
    newcomer = await invite(house, facilitator=house.anna.person)
    await newcomer.arrive_at("confidentiality")
    _, data = newcomer.guest.button("home:arrival:confidentiality")
    before = await house.domain()
    for guest, code in ((house.h7, "stale"), (house.anna, "forged")):
        guest.forge(data)
        assert await guest.toast(0) == guest.say(f"refusal/{code}")
    await house.quiet()
    assert await house.domain() == before


async def test_double_tap(newcomer):
    """The same tap twice agrees once."""
    await newcomer.arrive_at("consent")
    message, data = newcomer.guest.button("home:arrival:consent:agree")
    newcomer.guest.phone.tap(message, data)
    newcomer.guest.phone.tap(message, data)
    await newcomer.house.quiet()
    assert {row[0] for row in await accepted(newcomer)} == {"consent"}
    assert newcomer.screen == newcomer.text("house-rules")


async def test_language_between_the_questions_of_an_appointment(house):
    """Language and zone can be changed at any time but while an appointment is under way."""
    home = Home(house, house.h7)
    await home.type("/language")
    await home.tap("Deutsch")
    home.guest.locale = "de"
    await home.tap(home.say("home/button/yes"))
    assert home.guest.texts() == [home.say("home/language/kept")]
    await house.started()
    await home.type("/language")
    assert home.screen == home.say("home/language/later")
    known = await house.store.read(lambda tx: people.find(tx, home.person))
    assert (known.locale, known.zone) == ("de", ZONE)
