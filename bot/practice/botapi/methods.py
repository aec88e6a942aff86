"""The methods of the Bot API that the practice room knows, each a function of world and call.

Parameters arrive checked by `schema`. A method either takes effect whole or raises
`RefusedError` with Telegram's words and no effect; it must never be kinder than Telegram.
getUpdates waits and therefore lives with the HTTP side.
"""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from bot.practice.botapi import entities
from bot.practice.botapi.chats import Chat, Keyboard, Message, message_json
from bot.practice.botapi.profile import scope_key
from bot.practice.botapi.schema import Json, RefusedError, Upload
from bot.practice.botapi.world import World

DELETABLE_FOR = 48 * 3600
LARGEST_FILE = 20 * 1024 * 1024
"""What a bot may fetch."""
_MAX_BUTTONS = 100
_NOT_ACTIONS = {"text", "style", "icon_custom_emoji_id"}
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_LANGUAGE = re.compile(r"(?:[a-z]{2})?")
# What exists in the Bot API but not in this bot's Telegram.
_ABSENT = {
    "business_connection_id": "business connection not found",
    "message_thread_id": "message thread not found",
    "direct_messages_topic_id": "direct messages topic not found",
    "inline_message_id": "MESSAGE_ID_INVALID",
    "rich_message": "rich messages are not part of the practice room",
    "suggested_post_parameters": "suggested posts are not part of the practice room",
}


def call(world: World, method: str, parameters: Json) -> Any:
    """Carry out a call; return its result or raise `RefusedError`."""
    for name, words in _ABSENT.items():
        if name in parameters:
            raise RefusedError(f"Bad Request: {words}")
    return _METHODS[method](world, parameters)


def _refuse_if(wrong: Any, words: str) -> None:
    if wrong:
        raise RefusedError(f"Bad Request: {words}")


def _get_me(world: World, _: Json) -> Json:
    return {
        **world.bot,
        "first_name": world.profile.names.get("") or world.bot["first_name"],
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
    }


# Sending


def _send_message(world: World, given: Json) -> Json:
    chat = world.chat_to_write_to(given["chat_id"])
    shown = entities.show(
        given["text"], given.get("parse_mode"), given.get("entities", []), entities.MAX_TEXT
    )
    _refuse_if(not shown.text, "message text is empty")
    return _send(world, chat, given, given["text"], shown)


def _send_photo(world: World, given: Json) -> Json:
    photo = [{**_file(world, given["photo"]), "width": 90, "height": 60}]
    return _send_media(world, given, "photo", {"photo": photo})


def _send_document(world: World, given: Json) -> Json:
    document = given["document"]
    body = _file(world, document)
    if isinstance(document, Upload):
        body |= {"file_name": document.name, "mime_type": document.mime_type}
    return _send_media(world, given, "document", {"document": body})


def _send_media(world: World, given: Json, kind: str, media: Json) -> Json:
    chat = world.chat_to_write_to(given["chat_id"])
    raw = given.get("caption", "")
    written = given.get("caption_entities", [])
    shown = entities.show(raw, given.get("parse_mode"), written, entities.MAX_CAPTION)
    file = given[kind]
    content = file.content if isinstance(file, Upload) else None
    return _send(world, chat, given, raw, shown, kind=kind, media=media, content=content)


def _file(world: World, file: Upload | str) -> Json:
    if isinstance(file, Upload):
        _refuse_if(not file.content, "file must be non-empty")
        return world.keep_file(file.content)
    _refuse_if(not file.startswith("practice-"), "wrong file identifier/HTTP URL specified")
    return {"file_id": file, "file_unique_id": f"u{world.number()}", "file_size": 1234}


def _send(
    world: World, chat: Chat, given: Json, raw: str, shown: entities.Shown, **media: Any
) -> Json:
    message = world.write(
        chat,
        world.bot,
        text=shown.text,
        raw=raw,
        entities=shown.entities,
        keyboard=_keyboard(given.get("reply_markup")),
        protected=given.get("protect_content", False),
        silent=given.get("disable_notification", False),
        link_preview=given.get("link_preview_options"),
        reply_to=_reply_to(chat, given.get("reply_parameters")),
        **media,
    )
    return message_json(message, chat)


def _reply_to(chat: Chat, reply: Json | None) -> int | None:
    if reply is None or reply["message_id"] in chat.messages:
        return None if reply is None else int(reply["message_id"])
    _refuse_if(not reply.get("allow_sending_without_reply"), "message to be replied not found")
    return None


# Fetching


def _get_file(world: World, given: Json) -> Json:
    name = given["file_id"]
    _refuse_if(not name, "file_id is empty")
    content = world.files.get(name)
    if content is None:
        raise RefusedError("Bad Request: wrong file_id or the file is temporarily unavailable")
    _refuse_if(len(content) > LARGEST_FILE, "file is too big")
    return {
        "file_id": name,
        "file_unique_id": f"u{name.rpartition('-')[2]}",
        "file_size": len(content),
        "file_path": f"documents/{name}",
    }


# Buttons


def _keyboard(markup: Json | None) -> Keyboard:
    markup = markup or {"inline_keyboard": []}
    # A phone here could not show the others, and what nobody sees must not seem to work.
    shown = "inline_keyboard" in markup or "remove_keyboard" in markup
    _refuse_if(not shown, "only inline keyboards are part of the practice room")
    rows = [tuple(row) for row in markup.get("inline_keyboard", []) if row]
    buttons = [button for row in rows for button in row]
    _refuse_if(len(buttons) > _MAX_BUTTONS, "reply markup is too long")
    for button in buttons:
        _check_button(button)
    return tuple(rows)


def _check_button(button: Json) -> None:
    _refuse_if(not button["text"].strip(), "inline keyboard button text must be non-empty")
    actions = set(button) - _NOT_ACTIONS
    start = "can't parse inline keyboard button:"
    _refuse_if(not actions, f"{start} Text buttons are unallowed in the inline keyboard")
    # Telegram takes the first it finds and drops the others without a word.
    _refuse_if(len(actions) > 1, f"{start} several actions: {', '.join(sorted(actions))}")
    if "callback_data" in button:
        size = len(button["callback_data"].encode())
        _refuse_if(not 1 <= size <= 64, "BUTTON_DATA_INVALID")
    if "url" in button:
        _check_url(button["url"])


def _check_url(url: str) -> None:
    start = f"inline keyboard button URL '{url}' is invalid:"
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        raise RefusedError(f"Bad Request: {start} Wrong HTTP URL") from None
    if parts.scheme in ("tg", "ton") and (host or parts.path):
        return
    _refuse_if(parts.scheme not in ("http", "https"), f"{start} Unsupported URL protocol")
    _refuse_if(not host, f"{start} URL host is empty")
    blank = any(letter.isspace() for letter in url)
    _refuse_if(blank or ("." not in host and ":" not in host), f"{start} Wrong HTTP URL")


# Changing what was sent


def _own_message(world: World, given: Json) -> tuple[Chat, Message]:
    _refuse_if("chat_id" not in given, "chat_id is empty")
    chat = world.chat_to_change(given["chat_id"])
    _refuse_if("message_id" not in given, "message identifier is not specified")
    message = chat.messages.get(given["message_id"])
    if message is None:
        raise RefusedError("Bad Request: message to edit not found")
    _refuse_if(not message.by_bot, "message can't be edited")
    if chat.blocked:
        raise RefusedError("Forbidden: bot was blocked by the user", 403)
    return chat, message


def _edit_message_text(world: World, given: Json) -> Json:
    chat, message = _own_message(world, given)
    raw = given.get("text", "")
    shown = entities.show(
        raw, given.get("parse_mode"), given.get("entities", []), entities.MAX_TEXT
    )
    _refuse_if(not shown.text, "message text is empty")
    _refuse_if(message.kind != "text", "there is no text in the message to edit")
    changes = {
        "text": shown.text,
        "raw": raw,
        "entities": shown.entities,
        "keyboard": _keyboard(given.get("reply_markup")),
        "link_preview": given.get("link_preview_options"),
    }
    return _edit(world, chat, message, changes)


def _edit_message_caption(world: World, given: Json) -> Json:
    chat, message = _own_message(world, given)
    raw = given.get("caption", "")
    written = given.get("caption_entities", [])
    shown = entities.show(raw, given.get("parse_mode"), written, entities.MAX_CAPTION)
    _refuse_if(message.kind == "text", "there is no caption in the message to edit")
    changes = {
        "text": shown.text,
        "raw": raw,
        "entities": shown.entities,
        "keyboard": _keyboard(given.get("reply_markup")),
    }
    return _edit(world, chat, message, changes)


def _edit_message_reply_markup(world: World, given: Json) -> Json:
    chat, message = _own_message(world, given)
    return _edit(world, chat, message, {"keyboard": _keyboard(given.get("reply_markup"))})


def _edit(world: World, chat: Chat, message: Message, changes: Json) -> Json:
    seen = ("text", "entities", "keyboard")
    _refuse_if(
        all(changes.get(name, getattr(message, name)) == getattr(message, name) for name in seen),
        "message is not modified: specified new message content and reply markup are exactly "
        "the same as a current content and reply markup of the message",
    )
    return message_json(chat.edit(message, **changes, edit_date=world.clock.now()), chat)


def _delete_message(world: World, given: Json) -> bool:
    chat = world.chat_to_change(given["chat_id"])
    message = chat.messages.get(given["message_id"])
    if message is None:
        raise RefusedError("Bad Request: message to delete not found")
    _check_deletable(world, chat, message)
    chat.remove(message.message_id)
    return True


def _delete_messages(world: World, given: Json) -> bool:
    chat = world.chat_to_change(given["chat_id"])
    wanted: list[int] = given["message_ids"]
    _refuse_if(not wanted, "message identifiers are not specified")
    _refuse_if(len(wanted) > 100, "too many message identifiers specified")
    found = [chat.messages[number] for number in dict.fromkeys(wanted) if number in chat.messages]
    for message in found:
        _check_deletable(world, chat, message)
    for message in found:
        chat.remove(message.message_id)
    return True


def _check_deletable(world: World, chat: Chat, message: Message) -> None:
    _refuse_if(not message.by_bot and chat.type != "private", "message can't be deleted")
    too_old = world.clock.now() - message.date > DELETABLE_FOR
    _refuse_if(too_old, "message can't be deleted for everyone")


def _answer_callback_query(world: World, given: Json) -> bool:
    text = given.get("text", "")
    _refuse_if(len(text) > 200, "MESSAGE_TOO_LONG")
    tap = world.open_tap(given["callback_query_id"])
    # Only a game or a t.me link of the bot's own may be opened so; it has neither.
    _refuse_if(given.get("url"), "URL_INVALID")
    tap.answered = True
    if text and tap.chat.watcher is not None:
        tap.chat.watcher.answered(text, alert=given.get("show_alert", False))
    return True


# The bot's appearance


def _language(given: Json) -> str:
    language: str = given.get("language_code", "")
    _refuse_if(not _LANGUAGE.fullmatch(language), "invalid language code specified")
    return language


def _scope(world: World, given: Json) -> tuple[tuple[str, int, int], str]:
    scope = given.get("scope")
    if scope is not None and "chat_id" in scope:
        world.chat_to_change(scope["chat_id"])
    return scope_key(scope), _language(given)


def _set_my_commands(world: World, given: Json) -> bool:
    commands = given["commands"]
    _refuse_if(len(commands) > 100, "BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        _refuse_if(not _COMMAND.fullmatch(command["command"]), "BOT_COMMAND_INVALID")
        description = command["description"].strip()
        _refuse_if(not 1 <= len(description) <= 256, "BOT_COMMAND_DESCRIPTION_INVALID")
    world.profile.commands[_scope(world, given)] = commands
    world.profile_changed()
    return True


def _delete_my_commands(world: World, given: Json) -> bool:
    world.profile.commands.pop(_scope(world, given), None)
    world.profile_changed()
    return True


def _get_my_commands(world: World, given: Json) -> list[Json]:
    return world.profile.commands.get(_scope(world, given), [])


def _set_text(
    texts: Callable[[World], dict[str, str]], field: str, limit: int
) -> Callable[[World, Json], bool]:
    def set_text(world: World, given: Json) -> bool:
        text: str = given.get(field, "")
        _refuse_if(len(text) > limit, f"{field.replace('_', ' ')} is too long")
        texts(world)[_language(given)] = text
        world.profile_changed()
        return True

    return set_text


def _get_text(
    texts: Callable[[World], dict[str, str]], field: str
) -> Callable[[World, Json], Json]:
    def get_text(world: World, given: Json) -> Json:
        return {field: texts(world).get(_language(given), "")}

    return get_text


def _names(world: World) -> dict[str, str]:
    return world.profile.names


def _descriptions(world: World) -> dict[str, str]:
    return world.profile.descriptions


def _short_descriptions(world: World) -> dict[str, str]:
    return world.profile.short_descriptions


def _set_chat_menu_button(world: World, given: Json) -> bool:
    chat_id = given.get("chat_id", 0)
    if chat_id:
        chat = world.chat_to_change(chat_id)
        _refuse_if(chat.type != "private", "chat not found")
    world.profile.menu_buttons[chat_id] = given.get("menu_button", {"type": "default"})
    world.profile_changed()
    return True


# Chats and the queue


def _leave_chat(world: World, given: Json) -> bool:
    chat = world.chat_to_change(given["chat_id"])
    private = chat.type == "private"
    _refuse_if(private, "chat member status can't be changed in private chats")
    chat.open_to_bot = False
    return True


def _delete_webhook(world: World, given: Json) -> bool:
    if given.get("drop_pending_updates"):
        world.queue.forget_all()
    return True


def _get_webhook_info(world: World, _: Json) -> Json:
    info: Json = {
        "url": "",
        "has_custom_certificate": False,
        "pending_update_count": len(world.queue.pending()),
    }
    if world.queue.allowed is not None:
        info["allowed_updates"] = world.queue.allowed
    return info


_METHODS: dict[str, Callable[[World, Json], Any]] = {
    "getMe": _get_me,
    "sendMessage": _send_message,
    "sendPhoto": _send_photo,
    "sendDocument": _send_document,
    "getFile": _get_file,
    "editMessageCaption": _edit_message_caption,
    "editMessageText": _edit_message_text,
    "editMessageReplyMarkup": _edit_message_reply_markup,
    "deleteMessage": _delete_message,
    "deleteMessages": _delete_messages,
    "answerCallbackQuery": _answer_callback_query,
    "setMyCommands": _set_my_commands,
    "deleteMyCommands": _delete_my_commands,
    "getMyCommands": _get_my_commands,
    "setMyName": _set_text(_names, "name", 64),
    "getMyName": _get_text(_names, "name"),
    "setMyDescription": _set_text(_descriptions, "description", 512),
    "getMyDescription": _get_text(_descriptions, "description"),
    "setMyShortDescription": _set_text(_short_descriptions, "short_description", 120),
    "getMyShortDescription": _get_text(_short_descriptions, "short_description"),
    "setChatMenuButton": _set_chat_menu_button,
    "leaveChat": _leave_chat,
    "deleteWebhook": _delete_webhook,
    "getWebhookInfo": _get_webhook_info,
}
