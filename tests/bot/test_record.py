"""The record that staff read and print: every signature with name, time and meaning."""

import re
from html import unescape

import pytest

from flows import events as e
from flows.model import Meaning
from tests.honest import START


def printed(guest):
    """Return the text of the newest document on a phone, without its marks."""
    message = [m for m in guest.messages() if m["kind"] == "document"][-1]
    page = guest.phone.file(message["message_id"]).content.decode()
    return message, unescape(re.sub(r"<[^>]+>", " ", page.partition("<table>")[2]))


@pytest.fixture
async def signed(house):
    """Open a session by real taps, and let Anna send for its record."""
    await house.ready()
    for person in house.people:
        house.anna.forge(await house.sign_data(house.anna.person, person))
        await house.quiet()
    await house.paste(house.anna.person)
    await house.move_to(START - 300)
    house.anna.forge(await house.open_data(house.anna.person))
    await house.quiet()
    await ask(house)
    return house


async def ask(house):
    house.anna.phone.type("/record")
    await house.quiet()


async def test_every_signature_stands_with_name_time_and_meaning(signed):
    """Each admission and the opening stand with who signed, and the sentence as it was read."""
    anna = signed.anna
    message, text = printed(anna)

    for label in ("P0", "P1"):
        assert anna.say("record/admitted", who=label) in text
        assert anna.say("sign/admit", who=label) in text
    assert anna.say("record/opened") in text
    assert anna.say("sign/open") in text
    assert not message["protected"]


async def test_void_signature_is_marked(signed):
    """After a stop the earlier signatures stand in the record, marked as no longer counting."""
    anna = signed.anna
    await signed.happen(e.SessionStopped(anna.person))
    await ask(signed)

    _, text = printed(anna)

    assert text.count(anna.say("record/void")) == 2


async def test_reworded_sentence_is_not_shown_as_signed(signed, monkeypatch):
    """A sentence that no longer has the hash that was signed is not passed off as the one read."""
    anna = signed.anna
    monkeypatch.setattr("bot.views.record.words", lambda *_: Reworded())
    await ask(signed)

    _, text = printed(anna)

    assert anna.say("record/reworded") in text
    assert "other words" not in text


class Reworded:
    def say(self, *_, **__):
        return "other words"

    def meaning(self, key):
        return Meaning(key, "en", "0" * 64)


async def test_participants_get_no_record(signed):
    """A participant who sends the command gets no document."""
    guest = signed.h7
    guest.phone.type("/record")
    await signed.quiet()

    assert all(message["kind"] == "text" for message in guest.messages())
    assert guest.say("reply/no-such-command") in guest.texts()


async def test_nothing_signed_is_said(house):
    """Where nothing was signed today, that is the answer."""
    await house.started()
    await ask(house)

    assert house.anna.say("reply/no-record") in house.anna.texts()
