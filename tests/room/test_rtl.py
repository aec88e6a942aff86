"""A phone that reads from the right: Arabic, a language that only these tests have.

Its catalogue stands in `tests/room/locales` and is matched by id alone: a text whose English was
changed keeps its Arabic. It must never become a language of the bot, nor of another test.
"""

import json
import re
import shutil
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.pofile import read_po, write_po

import locales
from bot.language import catalogues, shipped, words
from bot.practice.scripts.wording import pattern
from bot.terminal.flows_preview import page
from flows.definition import load_shipped
from tests.room.conftest import open_room
from tests.room.test_paper import look

SHIPPED = Path(locales.__file__).parent
ARABIC = Path(__file__).parent / "locales" / "ar" / "LC_MESSAGES"
ASKED = len([key for key in load_shipped()["environment"].texts() if key.endswith("/ask")])
PHONE = "#phone-1005"
CHAT = f"document.querySelector('{PHONE} .chat')"
LAST = f"{CHAT}.lastElementChild"


@pytest.fixture
def arabic(tmp_path, monkeypatch):
    """Give the bot German and Arabic, and take Arabic away again."""
    root = tmp_path / "locales"
    shutil.copytree(SHIPPED / "de", root / "de")
    for domain in catalogues.SOURCES:
        complete(domain, root / "ar" / "LC_MESSAGES")
    with monkeypatch.context() as patched:
        patched.setattr(catalogues, "_LOCALES", root)
        forget()
        yield
    forget()


def complete(domain, folder):
    """Write what is translated; what only staff read may be English, for want of a translator."""
    arabic = read_po(BytesIO((ARABIC / f"{domain}.po").read_bytes()), locale="ar")
    translated = {message.context: message.string for message in arabic}
    catalog = read_po(BytesIO((SHIPPED / f"{domain}.pot").read_bytes()), locale="ar")
    for message in catalog:
        english = message.id if isinstance(message.id, str) else (message.id[1],) * 6
        if message.id:
            message.string = translated.get(message.context) or english
    catalog.mime_headers = arabic.mime_headers
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{domain}.po").open("wb") as file:
        write_po(file, catalog)


@pytest.mark.parametrize("flow", ["environment", "orientation"])
def test_what_participants_are_asked_is_in_the_catalogue(flow):
    """Every text of the check and of the orientation is there in Arabic, and none is too long."""
    arabic = read_po(BytesIO((ARABIC / "flows.po").read_bytes()), locale="ar")
    translated = {message.context: message.string for message in arabic}
    for key, source in load_shipped()[flow].texts().items():
        assert 0 < len(translated.get(key, "")) <= source.limit, key


def forget():
    """Forget every language that was read."""
    words.words.cache_clear()
    shipped.shipped_revision.cache_clear()


@pytest.fixture
async def address(arabic):
    """Open a room that can speak Arabic."""
    async with open_room() as address:
        yield address


def reads(key):
    return f"new RegExp({json.dumps(pattern(key, 'ar').pattern)}, 's')"


async def take_a_phone(person):
    """Add a participant whose phone is in Arabic, and open their invitation on it."""
    await person.click("#add-phone")
    await person.page.run("document.querySelector('#add-locale').value = 'ar'")
    await person.click("#add .main")
    await person.page.see("document.querySelector('#invitation').open")
    await person.click("#invitation .main")
    await person.page.see(f"{reads('start/participant')}.test({CHAT}.innerText)")


async def test_every_question_is_asked_in_arabic(sit_down):
    """A participant with an Arabic phone answers by taps, and reads nothing but Arabic."""
    person = await sit_down(1680, 900)
    await take_a_phone(person)
    await person.start_checks()
    first = "environment/undisturbed/text"
    await person.page.see(f"{reads(first)}.test({CHAT}.innerText)", "the first question")

    asked = []
    while await person.page.run(f"!{reads('environment/review/text')}.test({LAST}.innerText)"):
        asked.append(await person.page.run(f"{LAST}.querySelector('p').innerText"))
        await person.page.click(f"{LAST}.querySelector('.keys button')", asked[-1])
        changed = f"{LAST}.querySelector('p').innerText !== {json.dumps(asked[-1])}"
        await person.page.see(changed, "the next question")

    assert len(asked) == 1 + ASKED
    shown = f"[...{CHAT}.querySelectorAll('.bot p:not(.foot), .keys button')]"
    texts = await person.page.run(f"{shown}.map((one) => one.innerText)")
    assert [text for text in texts if re.search("[A-Za-z]", text)] == []
    assert await person.page.run(f"{CHAT}.lang") == "ar"
    await person.page.see(
        f"/{await label(person)}: ready/.test({person.phone('Anna', '.chat')}.innerText)",
        "the label on an English board",
    )


async def test_phone_reads_from_the_right(sit_down):
    """Bubbles, buttons, bar, menu and lock screen of an Arabic phone begin at the right."""
    person = await sit_down(1680, 900)
    await take_a_phone(person)
    await person.start_checks()
    await person.page.see(f"{LAST}.querySelector('.keys')", "the first question")

    for part in (".bot p", ".keys button", ".bar", ".menu", ".card-text", ".compose input"):
        direction = f"getComputedStyle(document.querySelector('{PHONE} {part}')).direction"
        assert await person.page.run(direction) == "rtl", part
    for first, second in ((".face", ".bot-name"), (".commands", ".send"), (".commands", "input")):
        assert await left(person, first) > await left(person, second)
    shown = "document.querySelector('#phone-1003 .chat').lastElementChild.querySelector('p')"
    assert await person.page.run(f"getComputedStyle({shown}).direction") == "ltr"
    # In Telegram one's own messages are on the right, in every language.
    assert await left(person, ".chat .user") > await left(person, ".chat .bot")


async def test_numbers_and_commands_keep_their_order(sit_down):
    """Under Arabic a telephone number is read from the left, a command begins with its slash."""
    person = await sit_down(1680, 900)
    await take_a_phone(person)
    await person.page.run(f"document.querySelector('{PHONE} .compose input').focus()")
    await person.page.write("/help")
    await person.page.press("Enter")
    await person.page.see(f"{CHAT}.innerText.includes('116 123')", "the crisis contacts")

    assert await ordered(person, "116 123")
    assert await ordered(person, "/now")


def test_arabic_is_in_no_other_test():
    """Outside of these tests the bot has no Arabic."""
    assert "ar" not in catalogues.languages()


def test_arabic_counts_in_six_ways(arabic):
    """The catalogue is complete, and its plurals are those of Arabic."""
    assert words.missing("ar") == ()
    said = {words.words("ar", "UTC").say("board/checking", n=n) for n in (0, 1, 2, 3, 11)}
    assert len(said) == 5


async def label(person):
    return await person.page.run(f"document.querySelector('{PHONE} h2').innerText")


async def left(person, part):
    box = f"document.querySelector('{PHONE} {part}').getBoundingClientRect()"
    return await person.page.run(f"{box}.left")


async def ordered(person, text):
    """Say whether the characters of a text stand from left to right on one line."""
    return await person.page.run(f"""(() => {{
      const walker = document.createTreeWalker({CHAT}, NodeFilter.SHOW_TEXT);
      while (!walker.nextNode().data.includes("{text}"));
      const from = walker.currentNode.data.indexOf("{text}");
      const spots = [..."{text}"].map((_, number) => {{
        const range = document.createRange();
        range.setStart(walker.currentNode, from + number);
        range.setEnd(walker.currentNode, from + number + 1);
        return range.getBoundingClientRect().left;
      }});
      return spots.every((spot, number) => !number || spot > spots[number - 1]);
    }})()""")


async def test_paper_reads_from_the_right(browser, tmp_path, arabic):
    """A flow on paper begins at the right, too, and nothing of it is cut off."""
    file = tmp_path / "page.html"
    file.write_text(page("environment", "ar"), encoding="utf-8")
    await look(browser, file, "rtl")
