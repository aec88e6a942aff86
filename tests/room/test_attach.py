"""What a phone sends besides text: a file from the disk, or something made up."""

import asyncio

from tests.room.conftest import worded
from tests.room.test_people import add, phone
from tests.room.test_saving import choose_file, downloaded

CLARA = 1005
FILES = ("office/flows/name/environment", "=English", "office/flows/button/file")
ASKED = '"Are you in a private space, where nobody else can hear or see you?"'


async def test_changed_file_is_sent_back(sit_down, tmp_path):
    """A file that the bot gave out comes back from the disk whole: its change becomes a draft."""
    person = await sit_down()
    await add(person, "coordinator")
    await person.page.see("document.querySelector('#invitation').open")
    await person.click("#invitation .main")
    await person.page.see(phone(CLARA, ".command"))
    await open_files(person)
    await tap(person, "=.po")
    file = tmp_path / "environment.en.po"
    texts = await downloaded(person, file, f"#phone-{CLARA} button.file")
    assert texts.count(f"msgstr {ASKED}") == 1
    changed = texts.replace(f"msgstr {ASKED}", 'msgstr "Can nobody else hear or see you?"')
    await asyncio.to_thread(file.write_text, changed)

    await open_files(person)
    await person.page.click(phone(CLARA, ".attach"))
    await person.page.see(f"!{phone(CLARA, '.offer')}.hidden")
    await choose_file(person, file, f"#phone-{CLARA} .disk")

    kept = worded("Anna", "office/flows/file-kept")
    await person.page.see(f"{kept}.test({phone(CLARA, '.chat')}.innerText)", "a draft")


async def test_nobody_reads_what_a_participant_sends(sit_down):
    """A photo, a voice, a sticker, a contact, a location: each is sent, and nobody reads it."""
    person = await sit_down()
    chat = phone(1003, ".chat")
    choices = "document.querySelectorAll('#phone-1003 .offer button')"
    sent = f"{chat}.querySelectorAll('.user .file').length"
    for number in range(1, 6):
        await person.page.click(phone(1003, ".attach"))
        await person.page.click(f"{choices}[{number}]")
        await person.page.see(f"{sent} === {number}")

    unread = worded("H7", "reply/nobody-reads")
    await person.page.see(f"{unread}.test({chat}.innerText)")
    assert await person.page.run(f"{choices}.length") == 6


async def test_list_of_what_can_be_sent_opens_and_closes_by_keys(sit_down):
    """The list takes the focus, *Escape* closes it, and the focus goes back to its button."""
    person = await sit_down()
    await person.page.run(f"{phone(1003, '.attach')}.focus()")

    await person.page.press("Enter")
    await person.page.see(f"{phone(1003, '.offer')}.contains(document.activeElement)")
    await person.page.press("Escape")

    assert await person.page.run(f"{phone(1003, '.offer')}.hidden")
    assert await person.page.run(f"document.activeElement === {phone(1003, '.attach')}")


async def test_list_is_folded_up_by_whoever_goes_on_elsewhere(sit_down):
    """What a phone can send, and its commands, are folded up once somebody writes elsewhere."""
    person = await sit_down()
    for opener, unfolded in ((".attach", ".offer"), (".commands", ".menu")):
        await person.page.click(phone(1003, opener))
        await person.page.see(f"!{phone(1003, unfolded)}.hidden")

        await person.page.click(phone(1004, ".compose input"))

        await person.page.see(f"{phone(1003, unfolded)}.hidden")


async def open_files(person):
    await person.page.run(f"{phone(CLARA, '.compose input')}.focus()")
    await person.page.write("/flows")
    await person.page.press("Enter")
    for button in FILES:
        await tap(person, button)


async def tap(person, key):
    """Tap the newest button with this text on the coordinator's phone."""
    buttons = f"[...{phone(CLARA, '.chat')}.querySelectorAll('.keys button')]"
    words = worded("Anna", key, whole=True)
    await person.page.click(f"{buttons}.findLast((one) => {words}.test(one.innerText))", key)
