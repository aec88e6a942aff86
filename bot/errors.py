"""What goes wrong outside and can be put right at the terminal: one sentence, no traceback.

A message says what to do next. It never holds a token, a key or anything of a participant.
"""


class UserError(Exception):
    """Something that the person at the terminal can put right; its text says how."""


class WordedError(UserError):
    """A `UserError` whose docstring is its message; the names in braces are filled in."""

    def __init__(self, **details: object) -> None:
        template = " ".join((type(self).__doc__ or "").split())
        super().__init__(template.format(**details))


class FileMissing(WordedError):
    """There is no file {file}. {advice}"""  # noqa: D400 - the advice ends it


class RendererMissing(WordedError):
    """No Chromium was found to draw with. Please install one, or set {variable} to its path."""


class PictureNeedsFolder(WordedError):
    """A picture is a file. Please say with --out DIR in which folder to write it."""


class PictureFailed(WordedError):
    """{program} could not draw this. Nothing was written; please try another Chromium."""


class FileUnreadable(WordedError):
    """{file} cannot be read ({reason}). Please check its name and permissions."""


class NotText(WordedError):
    """{file} is not a text in UTF-8. Please save it again as plain text in UTF-8."""


class NotToml(WordedError):
    """{file} is not valid TOML: {reason}. Please correct that line."""


class UnknownSetting(WordedError):
    """{file}: there is no setting {setting}.{hint} Please correct or remove it."""


class WrongSetting(WordedError):
    """{file}: {setting} must be {expected}."""


class MissingSetting(WordedError):
    """{file}: {setting} is missing; it must be {expected}."""


class AnchorUnreadable(WordedError):
    """An anchor is a number, a colon and 64 hexadecimal digits, as `audit head` prints it."""


class LabelUnknown(WordedError):
    """No participant has this label. Please look at it again on the participant's card."""


class CopyNotNow(WordedError):
    """Staff are entering something that is soon forgotten. Please try again in an hour."""


class CopyExists(WordedError):
    """There is a file {file} already. Nothing was written; please give another name."""


class CopyNotWritten(WordedError):
    """{file} can't be written ({reason}). There is no copy."""


class TokenMissing(WordedError):
    """There is no bot token. Please set {variable}, or put the token into the file {file}."""


class TokenMalformed(WordedError):
    """The bot token in {place} is not complete. Please copy it from @BotFather again."""


class TokenAsFileName(WordedError):
    """{file}: telegram.token_file must be the name of a file with the token, not the token."""


class FlowUnknown(WordedError):
    """There is no flow {flow}.{hint} There are: {known}."""


class LanguageUnknown(WordedError):
    """There is no language {language}.{hint} There are: {known}."""


class CatalogueBroken(WordedError):
    """The texts in the language {language} can't be read: {reason}"""  # noqa: D400 - the reason ends it


class FileThere(WordedError):
    """There is a file {file} already. Nothing was written; with --force it is written over."""


class NotWritten(WordedError):
    """{file} can't be written ({reason})."""


class FormatUnknown(WordedError):
    """Nobody can tell what kind of file {file} is. Its name ends with one of these: {known}."""


class BotRunning(WordedError):
    """The bot is running, so send it the file in the chat (/flows), or stop it first."""


class CoordinatorUnknown(WordedError):
    """No coordinator has this label. Please look at it again under /team."""


class LanguageUnusable(WordedError):
    """The texts in the language {language} are not complete. Please complete its catalogue."""


class FolderMissing(WordedError):
    """There is no folder {folder}. Please check its name."""


class FolderWithoutFlows(WordedError):
    """There is no flow (*.toml) in the folder {folder}. Please name another one."""


class SeedRefused(WordedError):
    """{file}: {place}: {problem} Nothing was changed."""


class TokenRefused(WordedError):
    """Telegram does not accept the bot token. Please copy it from @BotFather again."""


class TelegramUnreachable(WordedError):
    """{base_url} can't be reached. Please check the connection and telegram.base_url."""
