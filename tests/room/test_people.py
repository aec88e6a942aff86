"""Phones on the table: added, put away, and opened with links and codes, by clicks."""

import io
from urllib.parse import urlsplit

import aiohttp
import pytest
import segno

from bot.practice.installation import TOKEN
from tests.room.conftest import worded


def phone(number, selector=""):
    return f"document.querySelector('#phone-{number} {selector}')"


async def add(person, role, locale="en"):
    await person.click("#add-phone")
    await person.page.run(f"document.querySelector('#add-role').value = '{role}'")
    await person.page.run(f"document.querySelector('#add-locale').value = '{locale}'")
    await person.click("#add .main")


async def test_added_participant_joins_the_session_in_their_language(sit_down):
    """A participant added by a click is expected, opens the invitation, and is asked in German."""
    person = await sit_down()
    await add(person, "participant", "de")
    await person.page.see("document.querySelector('#invitation').open && !!document.querySelector("
                          "'#invitation-code svg path')", "the invitation's code")  # fmt: skip
    await person.click("#invitation .main")

    welcome = worded("K2", "start/participant")
    await person.page.see(f"{welcome}.test({phone(1005, '.chat')}.innerText)")
    await person.start_checks()

    asked = worded("K2", "environment/undisturbed/text")
    await person.page.see(f"{asked}.test({phone(1005, '.chat')}.innerText)")
    assert await person.page.run("document.querySelectorAll('.people > li').length") == 3


async def test_room_says_that_it_approved_the_languages(sit_down):
    """Whoever chooses a language for a phone reads that no person has read it."""
    person = await sit_down()
    await person.click("#add-phone")
    said = "document.querySelector('#add').innerText"
    await person.page.see(f"/approved every language for itself/.test({said})")


async def test_invitation_counts_for_the_phone_that_opens_it(sit_down, ask_quiet):
    """A link opened on a stranger's phone is used up for everybody else."""
    person = await sit_down()
    await add(person, "stranger")
    await person.page.see(phone(1005, ".start"))
    await add(person, "participant")
    await person.page.see("document.querySelector('#invitation').open")
    await person.page.run("document.querySelector('#invitation-phone').value = '1005'")
    await person.click("#invitation .main")

    welcome = worded("H7", "start/participant")
    await person.page.see(f"{welcome}.test({phone(1005, '.chat')}.innerText)")
    await person.page.see(f"!{phone(1006, '.welcome')}.hidden")
    await person.page.click(phone(1006, ".start"))

    await person.page.see(f"{phone(1006, '.chat')}.querySelectorAll('.user').length === 1")
    await ask_quiet()
    assert not await person.page.run(f"!!{phone(1006, '.chat .bot')}")


async def test_phone_that_was_put_away_comes_back_as_it_was(sit_down):
    """A phone that is put away is not seen; taken out again, it shows what came meanwhile."""
    person = await sit_down()
    await person.page.click(phone(1003, ".put-away"))
    await person.page.see(f"{phone(1003)}.hidden")
    await person.start_checks(seen_by="K2")
    assert await person.page.run(f"{phone(1003)}.hidden")

    await person.page.click("document.querySelector('.chip.away')")

    await person.page.see(f"!{phone(1003)}.hidden")
    await person.sees("H7", "environment/undisturbed/text")


async def test_full_session_takes_nobody_more(sit_down, ask):
    """A participant too many is refused in a sentence, and no phone is added."""
    person = await sit_down()
    for _ in range(4):
        await ask("/practice/room/people", {"role": "participant", "locale": "en"})
    await add(person, "participant")

    await person.reads("#trouble", "is full")

    assert await person.page.run("document.querySelectorAll('.phone').length") == 8


async def test_code_in_a_picture_opens_on_a_chosen_phone(sit_down, address):
    """A picture that the bot sends is drawn; its code, meant for a newcomer, opens anywhere."""
    person = await sit_down()
    await add(person, "newcomer")
    await person.page.see(phone(1005, ".start"))
    code = io.BytesIO()
    link = "https://t.me/vestibule_practice_bot?start=no-such-invitation-at-all"
    segno.make(link, micro=False).save(code, kind="png", scale=5)
    await send_photo(address, 1001, code.getvalue())

    await person.page.see(f"{phone(1001, '.photo img')}.naturalWidth > 100")
    await person.page.click(phone(1001, ".photo"))
    await person.reads("#invitation-link", "no-such-invitation-at-all")
    assert await person.page.run("document.querySelector('#invitation-phone').value") == "1005"
    await person.page.run("document.querySelector('#invitation-phone').value = '1003'")
    await person.click("#invitation .main")

    sent = f"{phone(1003, '.chat')}.querySelectorAll('.user').length === 2"
    await person.page.see(sent, "a second /start on H7's phone")


async def test_link_in_a_message_opens_on_a_chosen_phone(sit_down, address):
    """A link to the bot in a message asks for the phone that opens it; any other stays text."""
    person = await sit_down()
    link = "https://t.me/vestibule_practice_bot?start=abc"
    await call(address, "sendMessage", {"chat_id": 1001, "text": f"{link} https://t.me/other"})

    await person.page.click(phone(1001, ".link"))

    await person.reads("#invitation-link", link)
    assert await person.page.run(f"{phone(1001, '.chat')}.querySelectorAll('.link').length") == 1


@pytest.mark.parametrize(
    ("minutes", "day", "hour"), [(60, "Tue 24", "18:30"), (1440, "Wed 25", "")]
)
async def test_clock_goes_by_hours_and_days(sit_down, minutes, day, hour):
    """The clock moves by an hour and by a day."""
    person = await sit_down()

    await person.click(f"[data-minutes='{minutes}']")

    await person.reads("#day", day)
    await person.reads("#hour", hour)


async def call(address, method, body):
    """Call the Bot API as the bot does."""
    async with (
        aiohttp.ClientSession(f"http://{urlsplit(address).netloc}") as session,
        session.post(f"/bot{TOKEN}/{method}", data=body) as answer,
    ):
        assert answer.status == 200, await answer.text()


async def send_photo(address, chat, content):
    form = aiohttp.FormData()
    form.add_field("chat_id", str(chat))
    form.add_field("photo", content, filename="code.png", content_type="image/png")
    await call(address, "sendPhoto", form)


async def test_document_is_fetched_by_a_tap(sit_down, address):
    """A document that the bot sends stands with its name, and a tap saves it."""
    person = await sit_down()
    form = aiohttp.FormData()
    form.add_field("chat_id", "1001")
    form.add_field("document", b"<p>one</p>", filename="one.html", content_type="text/html")
    await call(address, "sendDocument", form)

    await person.page.see(f"{phone(1001, 'button.file')}.textContent.includes('one.html')")
    await person.page.click(phone(1001, "button.file"))

    asked = "performance.getEntriesByType('resource').some((one) => one.name.includes('/files/'))"
    await person.page.see(asked, "the file was fetched")
    assert await person.page.run("document.querySelector('#trouble').hidden")


async def test_coordinator_has_a_phone(sit_down):
    """A coordinator's phone opens its invitation, and says where to begin."""
    person = await sit_down()
    await add(person, "coordinator")
    await person.page.see("document.querySelector('#invitation').open")
    await person.click("#invitation .main")

    staff = worded("H7", "office/team/welcome")
    await person.page.see(f"{staff}.test({phone(1005, '.chat')}.innerText)")
    assert await person.page.run(f"{phone(1005, '.help-out')}.hidden")
