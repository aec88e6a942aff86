"""The practice Bot API refuses what Telegram refuses, in Telegram's words."""

import json

import aiohttp
import pytest

from tests.practice.conftest import TOKEN, buttons

MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the "
    "same as a current content and reply markup of the message"
)
TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


def keyboard(button):
    return {"inline_keyboard": [[button]]}


@pytest.mark.parametrize(
    ("token", "code", "description"),
    [("1:wrong", 401, "Unauthorized"), ("nonsense", 404, "Not Found")],
)
async def test_token(api, session, token, code, description):
    """A wrong token is unauthorised, a malformed one is not found."""
    async with session.get(f"{api.base_url}{token}/getMe") as response:
        assert response.status == code
        assert (await response.json()) == {
            "ok": False,
            "error_code": code,
            "description": description,
        }


async def test_unknown_method(call):
    """A method outside the room's list is not found."""
    assert await call.refused("sendDice", chat_id=7) == (404, "Not Found")


@pytest.mark.parametrize(
    ("parameters", "description"),
    [
        ({"txt": "x"}, "unknown parameter txt of sendMessage"),
        ({"chat_id": None}, "chat_id is empty"),
        ({"text": None}, "message text is empty"),
        ({"text": ""}, "message text is empty"),
        ({"text": " \n "}, "message text is empty"),
        ({"text": 5}, "text must be of type String"),
        ({"chat_id": True}, "chat_id must be of type Integer or String"),
        ({"chat_id": "@somebody"}, "chat not found"),
        ({"chat_id": 99}, "chat not found"),
        ({"protect_content": 3}, "protect_content must be of type Boolean"),
        ({"protect_content": "perhaps"}, "protect_content must be of type Boolean"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"parse_mode": "Markdown"}, "unsupported parse_mode"),
        ({"link_preview_options": "{"}, "can't parse link_preview_options JSON object"),
        (
            {"link_preview_options": {"disabled": True}},
            "unknown field disabled of LinkPreviewOptions in link_preview_options",
        ),
        (
            {"link_preview_options": {"is_disabled": "yes"}},
            "link_preview_options.is_disabled must be of type Boolean",
        ),
        ({"entities": [{"type": "bold", "offset": 0, "length": 9}]}, "ENTITY_BOUNDS_INVALID"),
        (
            {"entities": [{"type": "bold", "offset": 0}]},
            'can\'t find field "length" of MessageEntity in entities[0]',
        ),
        ({"reply_parameters": {"message_id": 999}}, "message to be replied not found"),
        ({"business_connection_id": "b"}, "business connection not found"),
        (
            {"reply_markup": {"keyboard": [[{"text": "A"}]]}},
            "only inline keyboards are part of the practice room",
        ),
    ],
)
async def test_send_message(call, ana, parameters, description):
    """A message with a wrong, missing or unknown parameter is refused."""
    given = {"chat_id": ana.id, "text": "Hello"} | parameters
    given = {name: value for name, value in given.items() if value is not None}
    assert await call.refused("sendMessage", **given) == (400, f"Bad Request: {description}")
    assert [m["from"] for m in ana.view()["messages"]] == ["user"]


@pytest.mark.parametrize(
    ("button", "description"),
    [
        ({"text": "A", "callback_data": ""}, "BUTTON_DATA_INVALID"),
        ({"text": "A", "callback_data": "é" * 33}, "BUTTON_DATA_INVALID"),
        (
            {"text": "A"},
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        (
            {"text": "A", "callback_data": "a", "url": "https://example.org"},
            "can't parse inline keyboard button: several actions: callback_data, url",
        ),
        ({"text": " ", "callback_data": "a"}, "inline keyboard button text must be non-empty"),
        (
            {"text": "A", "url": "https://localhost/x"},
            "inline keyboard button URL 'https://localhost/x' is invalid: Wrong HTTP URL",
        ),
        (
            {"text": "A", "url": "ftp://example.org"},
            "inline keyboard button URL 'ftp://example.org' is invalid: Unsupported URL protocol",
        ),
        (
            {"text": "A", "url": "https://"},
            "inline keyboard button URL 'https://' is invalid: URL host is empty",
        ),
        (
            {"text": "A", "data": "a"},
            "unknown field data of InlineKeyboardButton in reply_markup.inline_keyboard[0][0]",
        ),
        (
            {"text": "A", "copy_text": {"words": "x"}},
            "unknown field words of CopyTextButton in reply_markup.inline_keyboard[0][0].copy_text",
        ),
    ],
)
async def test_buttons(call, ana, button, description):
    """An inline button has a text and exactly one valid action."""
    answer = await call.refused(
        "sendMessage", chat_id=ana.id, text="Hello", reply_markup=keyboard(button)
    )
    assert answer == (400, f"Bad Request: {description}")


async def test_longest_callback_data(call, ana):
    """Callback data may have 64 bytes."""
    markup = buttons([("A", "é" * 32)])
    sent = await call.result("sendMessage", chat_id=ana.id, text="Hello", reply_markup=markup)
    assert sent["reply_markup"] == markup


@pytest.mark.parametrize(
    ("text", "description"),
    [
        ("<b>bold", 'Can\'t find end tag corresponding to start tag "b"'),
        ("a</b>", "Unexpected end tag at byte offset 1"),
        (
            "é<b><i>x</b></i>",
            'Unmatched end tag at byte offset 9, expected "</i>", found "</b>"',
        ),
        ("<h1>x</h1>", 'Unsupported start tag "h1" at byte offset 0'),
        ("1 < 2", "Unclosed start tag at byte offset 2"),
        ("a < b > c", 'Unsupported start tag "" at byte offset 2'),
        ("<a>x</a>", 'Tag "a" must have attribute "href"'),
        ('<b class="x">x</b>', 'Unexpected attribute "class" of tag "b"'),
    ],
)
async def test_malformed_html(call, ana, text, description):
    """Malformed HTML is refused."""
    answer = await call.refused("sendMessage", chat_id=ana.id, text=text, parse_mode="HTML")
    assert answer == (400, f"Bad Request: can't parse entities: {description}")


async def test_length_counts_after_parsing(call, ana):
    """Markup does not count towards the 4096 characters."""
    text = f"<b>{'&amp;' * 4096}</b>"
    sent = await call.result("sendMessage", chat_id=ana.id, text=text, parse_mode="HTML")
    assert sent["text"] == "&" * 4096


async def test_stranger(api, call):
    """The bot can't write first."""
    phone = api.phones.add(8, "Ben")
    assert await call.refused("sendMessage", chat_id=phone.id, text="Hello") == (
        403,
        "Forbidden: bot can't initiate conversation with a user",
    )


async def test_blocked(call, ana):
    """Whoever has blocked the bot can't be written to until they unblock it."""
    ana.block()
    refusal = (403, "Forbidden: bot was blocked by the user")
    assert await call.refused("sendMessage", chat_id=ana.id, text="Hello") == refusal
    ana.unblock()
    await call.result("sendMessage", chat_id=ana.id, text="Hello")


async def test_edit(call, ana):
    """An edit must change something in a message of the bot's that is there."""
    sent = await call.result("sendMessage", chat_id=ana.id, text="<b>Hello</b>", parse_mode="HTML")
    place = {"chat_id": ana.id, "message_id": sent["message_id"]}
    same = {**place, "text": "<b>Hello</b> ", "parse_mode": "HTML"}
    assert await call.refused("editMessageText", **same) == (400, f"Bad Request: {MODIFIED}")
    assert await call.refused("editMessageReplyMarkup", **place) == (
        400,
        f"Bad Request: {MODIFIED}",
    )
    missing = {**place, "message_id": 999}
    assert await call.refused("editMessageText", **missing, text="x") == (
        400,
        "Bad Request: message to edit not found",
    )
    hers = ana.type("mine")
    assert await call.refused("editMessageText", chat_id=ana.id, message_id=hers, text="x") == (
        400,
        "Bad Request: message can't be edited",
    )
    assert await call.refused("editMessageText", chat_id=ana.id, text="x") == (
        400,
        "Bad Request: message identifier is not specified",
    )
    changed = await call.result("editMessageText", **place, text="Hello")
    assert (changed["text"], "entities" in changed) == ("Hello", False)


async def test_delete(call, ana, clock):
    """Messages can be deleted for 48 hours, the person's own as well."""
    hers = ana.type("mine")
    first = await call.result("sendMessage", chat_id=ana.id, text="one")
    second = await call.result("sendMessage", chat_id=ana.id, text="two")
    assert await call.result("deleteMessage", chat_id=ana.id, message_id=hers)
    assert await call.refused("deleteMessage", chat_id=ana.id, message_id=hers) == (
        400,
        "Bad Request: message to delete not found",
    )
    await clock.move_to(clock.now() + 48 * 3600)
    numbers = [first["message_id"], 999]
    assert await call.result("deleteMessages", chat_id=ana.id, message_ids=numbers)
    await clock.move_to(clock.now() + 1)
    old = second["message_id"]
    refusal = (400, "Bad Request: message can't be deleted for everyone")
    assert await call.refused("deleteMessage", chat_id=ana.id, message_id=old) == refusal
    assert await call.refused("deleteMessages", chat_id=ana.id, message_ids=[old]) == refusal
    assert [m["text"] for m in ana.view()["messages"]] == ["/start", "two"]


async def test_answer_callback_query(call, ana, clock):
    """A tap is answered once, with at most 200 characters, within 150 seconds."""
    sent = await call.result(
        "sendMessage", chat_id=ana.id, text="?", reply_markup=buttons([("Yes", "y")])
    )
    first = ana.tap(sent["message_id"], "y")
    assert await call.refused("answerCallbackQuery", **first, text="x" * 201) == (
        400,
        "Bad Request: MESSAGE_TOO_LONG",
    )
    assert await call.result("answerCallbackQuery", **first, text="x" * 200)
    too_old = (400, f"Bad Request: {TOO_OLD}")
    assert await call.refused("answerCallbackQuery", **first) == too_old
    assert await call.refused("answerCallbackQuery", callback_query_id="1") == too_old
    second = ana.tap(sent["message_id"], "y")
    third = ana.tap(sent["message_id"], "y")
    await clock.move_to(clock.now() + 150)
    assert await call.result("answerCallbackQuery", **second)
    await clock.move_to(clock.now() + 1)
    assert await call.refused("answerCallbackQuery", **third) == too_old


@pytest.mark.parametrize(
    ("method", "parameters", "description"),
    [
        ("setMyCommands", {"commands": [{"command": "Go", "description": "x"}]}, "COMMAND_INVALID"),
        (
            "setMyCommands",
            {"commands": [{"command": "go", "description": ""}]},
            "COMMAND_DESCRIPTION_INVALID",
        ),
        ("setMyCommands", {"commands": [], "language_code": "eng"}, "invalid language code"),
        ("setMyCommands", {"commands": [], "scope": {"type": "x"}}, "unsupported type"),
        (
            "setMyCommands",
            {"commands": [], "scope": {"type": "chat", "chat_id": 99}},
            "chat not found",
        ),
        ("setMyName", {"name": "x" * 65}, "name is too long"),
        ("setMyShortDescription", {"short_description": "x" * 121}, "is too long"),
        ("setChatMenuButton", {"chat_id": 99}, "chat not found"),
        ("leaveChat", {"chat_id": 7}, "can't be changed in private chats"),
        ("sendDocument", {"chat_id": 7, "document": "attach://x"}, "attached file not found"),
        ("sendDocument", {"chat_id": 7}, "there is no document in the request"),
        ("sendPhoto", {"chat_id": 7, "photo": "somewhere"}, "wrong file identifier"),
    ],
)
async def test_other_methods(call, ana, method, parameters, description):
    """The other methods refuse what is out of bounds."""
    code, words = await call.refused(method, **parameters)
    assert code == 400
    assert words.startswith("Bad Request: ")
    assert description in words


@pytest.mark.parametrize("body", ["{", "[]"])
async def test_unreadable_body(api, session, body):
    """A JSON body that is no object is refused."""
    headers = {"Content-Type": "application/json"}
    url = f"{api.base_url}{TOKEN}/getMe"
    async with session.post(url, data=body, headers=headers) as response:
        assert response.status == 400


def as_query(parameters):
    return {"params": parameters}


def as_form(parameters):
    return {"data": parameters}


def as_json(parameters):
    return {"json": parameters}


def as_multipart(parameters):
    form = aiohttp.FormData(parameters, default_to_multipart=True)
    return {"data": form}


@pytest.mark.parametrize("carry", [as_query, as_form, as_json, as_multipart])
async def test_every_way_to_call(api, session, ana, carry):
    """A call may come as query, form, multipart or JSON, nested values as JSON text."""
    markup = buttons([("Yes", "y")])
    parameters = {
        "chat_id": str(ana.id),
        "text": "Hello",
        "protect_content": "true",
        "reply_markup": json.dumps(markup),
    }
    url = f"{api.base_url}{TOKEN}/sendmessage"
    async with session.post(url, **carry(parameters)) as response:
        answer = await response.json()
    assert answer["ok"], answer
    assert answer["result"]["reply_markup"] == markup
    assert answer["result"]["has_protected_content"] is True
