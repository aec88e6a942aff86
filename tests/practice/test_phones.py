"""Phones act and show as Telegram's clients do."""

import asyncio

import pytest

from bot.practice.botapi.client import ControlError
from bot.practice.botapi.phones import PhoneError
from tests.practice.conftest import buttons


async def newest(call):
    return (await call.result("getUpdates"))[-1]


async def ask(call, phone, text="?", *rows):
    rows = rows or ([("Yes", "y"), ("No", "n")],)
    sent = await call.result(
        "sendMessage", chat_id=phone.id, text=text, reply_markup=buttons(*rows)
    )
    return sent["message_id"]


async def test_first_message_opens_the_chat(api, call):
    """A stranger's first message opens the private chat."""
    phone = api.phones.add(8, "Ben")
    assert phone.view()["started"] is False
    phone.type("/start")
    assert phone.view()["started"] is True
    await call.result("sendMessage", chat_id=8, text="Hello")


async def test_commands_are_marked(call, ana):
    """Commands in a typed text become entities."""
    ana.type("🎧 /help now")
    message = (await newest(call))["message"]
    assert message["entities"] == [{"type": "bot_command", "offset": 3, "length": 5}]
    assert message["from"]["language_code"] == "ro"


async def test_deep_link(call, ana):
    """A deep link starts the bot with its payload."""
    ana.open_link("abc_-9")
    assert (await newest(call))["message"]["text"] == "/start abc_-9"
    ana.open_link("https://t.me/vestibule_practice_bot?start=whole")
    assert (await newest(call))["message"]["text"] == "/start whole"


@pytest.mark.parametrize("payload", ["", "x" * 65, "a b", "ä", "https://t.me/another?start=x"])
async def test_payload_limits(ana, payload):
    """A start payload is 1 to 64 of A-Z, a-z, 0-9, _ and -."""
    with pytest.raises(PhoneError):
        ana.open_link(payload)


async def test_what_a_message_looks_like(call, ana):
    """The phone shows text, buttons and marks; raw keeps the markup."""
    await call.result(
        "sendMessage",
        chat_id=ana.id,
        text=' <b>a &lt; b</b> <a href="https://example.org">here</a>',
        parse_mode="HTML",
        protect_content=True,
        disable_notification=True,
        link_preview_options={"is_disabled": True},
        reply_markup=buttons([("Yes", "y")]),
    )
    shown = ana.view()["messages"][-1]
    assert shown.pop("raw").startswith(" <b>a &lt;")
    assert shown == {
        "message_id": 2,
        "from": "bot",
        "kind": "text",
        "text": "a < b here",
        "entities": [
            {"type": "bold", "offset": 0, "length": 5},
            {"type": "text_link", "offset": 6, "length": 4, "url": "https://example.org"},
        ],
        "keyboard": [[{"text": "Yes", "callback_data": "y"}]],
        "date": 1_900_000_000,
        "edited": False,
        "protected": True,
        "silent": True,
        "link_preview_options": {"is_disabled": True},
        "unread": True,
    }


async def test_tap(call, ana):
    """A tap reaches the bot with the message, and its answer is shown once."""
    number = await ask(call, ana)
    query = ana.tap(number, "y")
    update = (await newest(call))["callback_query"]
    assert (update["id"], update["data"]) == (query["callback_query_id"], "y")
    assert update["message"]["message_id"] == number
    await call.result("answerCallbackQuery", **query, text="Thanks", show_alert=True)
    toasts = [(toast["text"], toast["alert"]) for toast in ana.view()["toasts"]]
    assert toasts == [("Thanks", True)]


async def test_only_buttons_that_are_there(call, ana):
    """A button that is gone can't be tapped, though a forged tap can name it."""
    number = await ask(call, ana)
    await call.result("editMessageReplyMarkup", chat_id=ana.id, message_id=number)
    with pytest.raises(PhoneError, match="no such button"):
        ana.tap(number, "y")
    ana.forge(number, "y")
    assert (await newest(call))["callback_query"]["data"] == "y"
    await call.result("deleteMessage", chat_id=ana.id, message_id=number)
    ana.forge(number, "anything")
    message = (await newest(call))["callback_query"]["message"]
    assert (message["message_id"], message["date"]) == (number, 0)


async def test_tap_again(call, ana):
    """A tap that a client re-sends has the same query id and a new update_id."""
    number = await ask(call, ana)
    with pytest.raises(PhoneError, match="nothing was tapped"):
        ana.tap_again()
    ana.tap(number, "y")
    ana.tap_again()
    first, second = (await call.result("getUpdates"))[-2:]
    assert first["callback_query"] == second["callback_query"]
    assert second["update_id"] == first["update_id"] + 1


async def test_url_button(call, ana):
    """A button with an address opens the address and tells the bot nothing."""
    url = "http://127.0.0.1:8000/room/a"
    markup = {"inline_keyboard": [[{"text": "Join", "url": url}]]}
    sent = await call.result("sendMessage", chat_id=7, text="Join", reply_markup=markup)
    assert ana.tap(sent["message_id"], url) == {"url": url}
    assert len(await call.result("getUpdates")) == 1


async def test_notifications(call, ana):
    """A new message rings unless it is silent; an edit rings nobody."""
    long = "word " * 40
    number = await ask(call, ana, long)
    await call.result("sendMessage", chat_id=7, text="hush", disable_notification=True)
    await call.result("editMessageText", chat_id=7, message_id=number, text="changed")
    (rung,) = ana.view()["notifications"]
    assert rung["title"] == "Appointments"
    assert len(rung["text"]) == 120
    assert rung["text"].endswith("…")


async def test_a_notification_keeps_the_spaces_that_may_not_break(call, ana):
    """A notification is one line; a space that holds two signs together stays as it is."""
    await ask(call, ana, "Vous\u00a0: l\u00e0\u202f?\nIci  aussi")
    (rung,) = ana.view()["notifications"]
    assert rung["text"] == "Vous\u00a0: l\u00e0\u202f? Ici aussi"


async def test_lost_line(call, ana):
    """Without a line the phone shows what it showed; with the line back, what came meanwhile."""
    number = await ask(call, ana)
    query = ana.tap(number, "y")
    ana.lose_line()
    before = ana.view()
    gone = await ask(call, ana, "gone again")
    await call.result("sendMessage", chat_id=7, text="missed")
    await call.result("answerCallbackQuery", **query, text="lost")
    await call.result("deleteMessage", chat_id=7, message_id=gone)
    assert ana.view() == before
    assert before["line"] is False
    for act in (lambda: ana.type("x"), lambda: ana.tap(number, "y"), ana.tap_again, ana.block):
        with pytest.raises(PhoneError, match="lost the line"):
            act()
    ana.find_line()
    after = ana.view()
    assert after["version"] > before["version"]
    assert [m["text"] for m in after["messages"]] == ["/start", "?", "missed"]
    assert [n["text"] for n in after["notifications"]] == ["?", "missed"]
    assert after["toasts"] == []


async def test_unread(call, ana):
    """A message of the bot is unread until the person does something in the chat."""
    await ask(call, ana)
    assert ana.view()["messages"][-1]["unread"] is True
    ana.read()
    assert ana.view()["messages"][-1]["unread"] is False


async def test_membership(call, ana):
    """Blocking and unblocking tell the bot."""
    ana.block()
    with pytest.raises(PhoneError, match="blocked"):
        ana.type("x")
    change = (await newest(call))["my_chat_member"]
    assert (change["chat"]["id"], change["new_chat_member"]["status"]) == (7, "kicked")
    ana.unblock()
    assert (await newest(call))["my_chat_member"]["new_chat_member"]["status"] == "member"
    with pytest.raises(PhoneError, match="so already"):
        ana.unblock()


@pytest.mark.parametrize(
    ("kind", "update"),
    [("group", "message"), ("supergroup", "message"), ("channel", "channel_post")],
)
async def test_groups(call, ana, kind, update):
    """The bot hears a group or channel that it was added to, and can leave it."""
    ana.add_bot_to(-100, "Others", kind)
    assert "my_chat_member" in await newest(call)
    ana.write_in(-100, "Hello all")
    assert (await newest(call))[update]["chat"]["type"] == kind
    await call.result("leaveChat", chat_id=-100)
    assert await call.refused("sendMessage", chat_id=-100, text="x") == (
        403,
        f"Forbidden: bot is not a member of the {kind} chat",
    )
    before = await call.result("getUpdates")
    ana.write_in(-100, "gone?")
    assert await call.result("getUpdates") == before
    assert len(ana.view()["messages"]) == 1


async def test_protected_messages_stay(call, ana):
    """A protected message can't be forwarded, another can."""
    sent = await call.result("sendMessage", chat_id=7, text="x", protect_content=True)
    with pytest.raises(PhoneError, match="protected"):
        ana.forward_message(sent["message_id"])
    open_one = await call.result("sendMessage", chat_id=7, text="open")
    ana.forward_message(open_one["message_id"])
    assert (await newest(call))["message"]["forward_origin"]["type"] == "user"


async def test_over_http(api, call, room):
    """Everything a phone does can be asked for over HTTP."""
    phone = await room.add_phone(9, "Cem", "de")
    mine = await phone.open_link("abc")
    await phone.edit(mine, "/start abd")
    await phone.send("voice")
    await phone.forward("a text of somebody's")
    number = await ask(call, api.phones.get(9))
    await phone.tap(number, "y")
    await phone.forge(number, "z")
    await phone.tap_again()
    await phone.block()
    await phone.unblock()
    await phone.lose_line()
    assert (await phone.state())["line"] is False
    await phone.find_line()
    await phone.act("add_bot_to", chat_id=-5, title="Others")
    await phone.act("write_in", chat_id=-5, text="Hello")
    await phone.act("read")
    assert [p["user_id"] for p in await room.phones()] == [9]
    kinds = [next(k for k in u if k != "update_id") for u in await call.result("getUpdates")]
    assert kinds == [
        *("message", "edited_message", "message", "message"),
        *("callback_query", "callback_query", "callback_query"),
        *("my_chat_member", "my_chat_member", "my_chat_member", "message"),
    ]


async def test_state_waits_for_a_change(call, room):
    """A phone's state can be waited for; its version only grows."""
    phone = await room.add_phone(9, "Cem")
    await phone.type("/start")
    version = (await phone.state())["version"]
    waiting = asyncio.create_task(phone.state(after=version, wait=30))
    await call.result("sendMessage", chat_id=9, text="Hello")
    state = await waiting
    assert state["version"] > version
    assert state["messages"][-1]["text"] == "Hello"
    same = await phone.state(after=state["version"], wait=0.01)
    assert same == state


@pytest.mark.parametrize(
    ("verb", "path", "body", "reason"),
    [
        ("GET", "phones/1", None, "no such phone"),
        ("POST", "phones/7/dance", {}, "can't do that"),
        ("POST", "phones/7/type", {}, "can't be read"),
        ("POST", "phones/7/send", {"kind": "money"}, "no such thing"),
        ("POST", "phones", {"user_id": 7, "first_name": "Eve"}, "taken"),
        ("POST", "weather", {"rules": [{"kind": "frogs"}]}, "can't be read"),
        ("GET", "phones/7/files/1", None, "no file"),
    ],
)
async def test_refusals_over_http(ana, room, verb, path, body, reason):
    """A request that makes no sense is refused with its reason."""
    with pytest.raises(ControlError, match=reason):
        await room.ask(verb, path, body)


@pytest.mark.parametrize("secret", ["", "wrong"])
async def test_secret(api, session, secret):
    """Without the secret nobody can speak for a phone."""
    url = f"{api.control_url}/phones"
    async with session.get(url, params={"secret": secret}) as response:
        assert response.status == 403
    async with session.get(url, params={"secret": api.secret}) as response:
        assert response.status == 200


async def test_clock_over_http(room, clock):
    """A movable clock can be moved from outside, forwards only."""
    now = await room.now()
    await room.move_by(60)
    await room.move_to(now)
    assert clock.now() == now + 60


async def test_profile(call, room):
    """A phone sees names and commands in its language, the nearest scope first."""
    phone = await room.add_phone(9, "Cem", "de")
    await phone.type("/start")

    def commands(word):
        return [{"command": word, "description": word}]

    await call.result("setMyName", name="Termine", language_code="de")
    await call.result("setMyDescription", description="D")
    await call.result("setMyShortDescription", short_description="S")
    await call.result("setChatMenuButton", menu_button={"type": "commands"})
    await call.result("setMyCommands", commands=commands("all"))
    private = {"type": "all_private_chats"}
    await call.result("setMyCommands", commands=commands("de"), scope=private, language_code="de")
    bot = (await phone.state())["bot"]
    assert bot == {
        "name": "Termine",
        "description": "D",
        "short_description": "S",
        "menu_button": {"type": "commands"},
        "commands": commands("de"),
    }
    named = await call.result("getMyName", language_code="de")
    assert (named, await call.result("getMyDescription")) == (
        {"name": "Termine"},
        {"description": "D"},
    )
    assert await call.result("getMyShortDescription") == {"short_description": "S"}
    assert await call.result("getMyShortDescription", language_code="de") == {
        "short_description": ""
    }
    hers = {"type": "chat", "chat_id": 9}
    await call.result("setMyCommands", commands=commands("staff"), scope=hers)
    assert (await phone.state())["bot"]["commands"] == commands("staff")
    assert await call.result("getMyCommands", scope=hers) == commands("staff")
    await call.result("deleteMyCommands", scope=hers)
    assert (await phone.state())["bot"]["commands"] == commands("de")
    assert await call.result("getMyCommands") == commands("all")
