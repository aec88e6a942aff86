"""python-telegram-bot's own client works against the practice Bot API."""

import pytest
from telegram import (
    BotCommand,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    MenuButtonCommands,
    ReplyParameters,
)
from telegram.error import BadRequest, Forbidden

MARKUP = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="y")]])


async def test_me(bot):
    """The bot learns who it is."""
    assert (bot.id, bot.username, bot.first_name) == (
        4242,
        "vestibule_practice_bot",
        "Appointments",
    )


async def test_messages(bot, ana):
    """What is sent and edited comes back as a Message that parses."""
    sent = await bot.send_message(
        ana.id,
        "<b>Hello</b>",
        parse_mode="HTML",
        reply_markup=MARKUP,
        protect_content=True,
        link_preview_options=LinkPreviewOptions(is_disabled=True),
    )
    assert (sent.text, sent.reply_markup, sent.has_protected_content) == ("Hello", MARKUP, True)
    assert sent.text_html == "<b>Hello</b>"
    assert sent.from_user.id == bot.id
    edited = await bot.edit_message_text("Bye", ana.id, sent.message_id)
    assert (edited.text, edited.reply_markup) == ("Bye", None)
    assert edited.edit_date is not None
    marked = await bot.edit_message_reply_markup(ana.id, sent.message_id, reply_markup=MARKUP)
    assert marked.reply_markup == MARKUP
    reply = await bot.send_message(
        ana.id, "again", reply_parameters=ReplyParameters(sent.message_id)
    )
    assert reply.reply_to_message.message_id == sent.message_id
    assert await bot.delete_messages(ana.id, [sent.message_id, reply.message_id])


async def test_files(bot, ana, room):
    """Files that the bot sends arrive whole."""
    calendar = await bot.send_document(
        ana.id,
        b"BEGIN:VCALENDAR",
        filename="appointment.ics",
        caption="<i>When</i>",
        parse_mode="HTML",
        reply_markup=MARKUP,
    )
    assert calendar.document.file_name == "appointment.ics"
    assert calendar.caption == "When"
    photo = await bot.send_photo(ana.id, b"\x89PNG")
    again = await bot.send_photo(ana.id, photo.photo[0].file_id)
    assert again.photo[0].file_id == photo.photo[0].file_id
    number = calendar.message_id
    assert await room.fetch(f"phones/{ana.id}/files/{number}") == b"BEGIN:VCALENDAR"
    shown = [m for m in ana.view()["messages"] if m["message_id"] == number]
    assert (shown[0]["file_name"], shown[0]["text"]) == ("appointment.ics", "When")


@pytest.mark.parametrize("kind", ["photo", "voice", "sticker", "contact", "location", "document"])
async def test_made_up_contents(bot, ana, kind):
    """What people send besides text parses."""
    ana.send(kind)
    message = (await bot.get_updates(offset=-1))[0].message
    assert getattr(message, kind)


async def test_every_update_parses(bot, ana):
    """All that phones can cause parses as Update."""
    mine = ana.type("/start abc")
    ana.edit(mine, "edited")
    ana.forward("not mine")
    sent = await bot.send_message(ana.id, "?", reply_markup=MARKUP)
    ana.tap(sent.message_id, "y")
    await bot.delete_message(ana.id, sent.message_id)
    ana.forge(sent.message_id, "z")
    ana.add_bot_to(-9, "Channel", "channel")
    ana.write_in(-9, "post")
    ana.block()
    updates = await bot.get_updates()
    seen = [
        (u.message and u.message.text)
        or (u.edited_message and u.edited_message.text)
        or (u.callback_query and (u.callback_query.data, u.callback_query.message.is_accessible))
        or (u.channel_post and u.channel_post.text)
        or (u.my_chat_member and u.my_chat_member.new_chat_member.status)
        for u in updates
    ]
    assert seen == [
        *("/start", "/start abc", "edited", "not mine"),
        *(("y", True), ("z", False)),
        *("member", "post", "kicked"),
    ]


async def test_profile(bot, ana):
    """Name, descriptions, commands and menu are set through the library."""
    scope = BotCommandScopeChat(ana.id)
    await bot.set_my_commands([BotCommand("help", "Help")], scope, "ro")
    assert await bot.get_my_commands(scope, "ro") == (BotCommand("help", "Help"),)
    await bot.set_my_name("Programări", "ro")
    await bot.set_my_description("x", "ro")
    await bot.set_my_short_description("x")
    await bot.set_chat_menu_button(ana.id, MenuButtonCommands())
    assert (await bot.get_my_name("ro")).name == "Programări"
    assert (await bot.get_my_description("ro")).description == "x"
    assert (await bot.get_my_short_description()).short_description == "x"
    shown = ana.view()["bot"]
    assert shown["name"] == "Programări"
    assert shown["commands"] == [{"command": "help", "description": "Help"}]
    assert shown["menu_button"] == {"type": "commands"}
    assert (await bot.get_webhook_info()).pending_update_count == 1


async def test_errors(bot, ana):
    """Refusals arrive as the library's own errors."""
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(99, "x")
    with pytest.raises(BadRequest, match="Unknown parameter colour"):
        await bot.send_message(ana.id, "x", api_kwargs={"colour": "red"})
    ana.block()
    with pytest.raises(Forbidden, match="blocked by the user"):
        await bot.send_message(ana.id, "x")
