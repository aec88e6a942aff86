"""What the bot has set about itself: name, descriptions, commands, menu button.

Everything is kept per language, commands per scope as well. A phone is shown what Telegram
would show it: the nearest scope first, within it the phone's language before none.
"""

from dataclasses import dataclass, field

from bot.practice.botapi.schema import Json

_Scope = tuple[str, int, int]


@dataclass(slots=True)
class Profile:
    """The bot's appearance; the language "" stands for all others."""

    names: dict[str, str]
    descriptions: dict[str, str] = field(default_factory=dict)
    short_descriptions: dict[str, str] = field(default_factory=dict)
    commands: dict[tuple[_Scope, str], list[Json]] = field(default_factory=dict)
    menu_buttons: dict[int, Json] = field(default_factory=dict)

    def seen_in(self, chat_id: int, language: str) -> Json:
        """Return how the bot looks in this private chat."""
        return {
            "name": _by_language(self.names, language),
            "description": _by_language(self.descriptions, language),
            "short_description": _by_language(self.short_descriptions, language),
            "menu_button": self.menu_buttons.get(chat_id, self.menu_buttons.get(0)),
            "commands": self._commands_in(chat_id, language),
        }

    def _commands_in(self, chat_id: int, language: str) -> list[Json]:
        for scope in (("chat", chat_id, 0), ("all_private_chats", 0, 0), ("default", 0, 0)):
            for tongue in (language, ""):
                if found := self.commands.get((scope, tongue)):
                    return found
        return []


def scope_key(scope: Json | None) -> _Scope:
    """Return what tells one command scope from another."""
    scope = scope or {"type": "default"}
    return scope["type"], int(scope.get("chat_id", 0)), int(scope.get("user_id", 0))


def _by_language(texts: dict[str, str], language: str) -> str:
    return texts.get(language) or texts.get("", "")
