"""Files: what a phone sends, a bot fetches as from Telegram, and nothing that was never sent."""

import pytest

from bot.practice.botapi.client import ControlError
from bot.practice.botapi.methods import LARGEST_FILE
from bot.practice.botapi.phones import PhoneError
from tests.practice.conftest import TOKEN


async def fetch(api, session, path, token=TOKEN):
    async with session.get(f"{api.address}/file/bot{token}/{path}") as response:
        return response.status, await response.read()


async def sent(call):
    return (await call.result("getUpdates"))[-1]["message"]["document"]


async def test_a_file_is_fetched(api, call, session, ana):
    """A file that a phone has sent is described, found and handed out as it is."""
    ana.send_document("Texte.po", b"\0abc")
    file = await sent(call)
    assert (file["file_name"], file["file_size"]) == ("Texte.po", 4)
    found = await call.result("getFile", file_id=file["file_id"])
    assert found["file_size"] == 4
    assert await fetch(api, session, found["file_path"]) == (200, b"\0abc")


async def test_by_http(call, room, ana):
    """A phone in another process sends a file too."""
    phone = [one for one in await room.phones() if one["user_id"] == ana.id]
    assert phone
    await room.ask("POST", f"phones/{ana.id}/send_document", {"name": "x.po", "content": "YWJj"})
    assert (await sent(call))["file_size"] == 3
    with pytest.raises(ControlError):
        await room.ask("POST", f"phones/{ana.id}/send_document", {"name": "x", "content": "?"})


async def test_by_the_client_library(bot, api, ana):
    """python-telegram-bot fetches it, once it knows where files are."""
    ana.send_document("x.xlsx", b"PK")
    document = (await bot.get_updates(offset=-1))[0].message.document
    assert (await bot.get_file(document.file_id)).file_size == 2


async def test_files_that_are_none(api, call, session, ana):
    """A file that nobody has sent, one without content, or one too big is not found."""
    ana.send("document")
    made_up = (await sent(call))["file_id"]
    for file_id, words in (
        ("nothing", "wrong file_id or the file is temporarily unavailable"),
        (made_up, "wrong file_id or the file is temporarily unavailable"),
        ("", "file_id is empty"),
    ):
        assert await call.refused("getFile", file_id=file_id) == (400, f"Bad Request: {words}")
    api.world.files["practice-upload-0"] = bytes(LARGEST_FILE + 1)
    refused = await call.refused("getFile", file_id="practice-upload-0")
    assert refused == (400, "Bad Request: file is too big")
    assert (await fetch(api, session, "documents/nothing"))[0] == 404
    with pytest.raises(PhoneError):
        ana.send_document("x.po", b"")


async def test_a_wrong_token(api, call, session, ana):
    """A file is handed out to the bot alone."""
    ana.send_document("x.po", b"abc")
    path = (await call.result("getFile", file_id=(await sent(call))["file_id"]))["file_path"]
    assert (await fetch(api, session, path, "4242:wrong"))[0] == 401
    assert (await fetch(api, session, path, "wrong"))[0] == 404


async def test_what_the_bot_sent_can_be_fetched(api, call, session, bot, ana):
    """A document of the bot's own is there as well."""
    ana.type("/start")
    message = await bot.send_document(ana.id, b"BEGIN", filename="a.ics")
    found = await call.result("getFile", file_id=message.document.file_id)
    assert await fetch(api, session, found["file_path"]) == (200, b"BEGIN")
