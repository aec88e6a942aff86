"""What translators get: contexts, English, and what they must know."""

from importlib.resources import files
from io import BytesIO

import pytest

from flows.definition import FlowError, load_shipped
from flows.extract import BotText, TextsError, extract, read_texts

BOT = """
[desk]
sign = "Sign"
count = { one = "{n} person", other = "{n} persons", note = "On the board." }
[desk.why]
title = { text = "Why?", note = "A button.", max = 20 }
[why.text]
late = "Too late."
"""


def extracted(text):
    return list(extract(BytesIO(text.encode()), (), (), {}))


def test_flow_texts():
    """Every text of a flow is extracted once, with its id as context and a comment."""
    flow = load_shipped()["environment"]
    text = files("flows").joinpath("definitions", "environment.toml").read_text(encoding="utf-8")
    found = extracted(text)
    assert [message for _, _, message, _ in found] == [
        (key, source.text) for key, source in flow.texts().items()
    ]
    assert {name for _, name, _, _ in found} == {"pgettext"}
    lines = {message[0]: number for number, _, message, _ in found}
    assert text.splitlines()[lines["environment/headphones/ask"]] == 'id = "headphones"'


@pytest.mark.parametrize(
    ("key", "parts"),
    [
        ("environment/headphones/ask", ("participant reads", "4096")),
        ("environment/later/now", ("participant taps", "32")),
        ("environment/headphones/observe", ("facilitator taps", "30")),
        ("environment/headphones/title", ("facilitator", "32")),
        ("environment/open-chat/ask", ("not this chat with the bot",)),
    ],
)
def test_comments(key, parts):
    """A comment says who sees the text, what it is, how long it may be, and the author's note."""
    text = files("flows").joinpath("definitions", "environment.toml").read_text(encoding="utf-8")
    (comment,) = [comments[0] for _, _, message, comments in extracted(text) if message[0] == key]
    assert comment.startswith("TRANSLATORS: ")
    assert all(part in comment for part in parts)


def test_a_flow_with_findings_is_not_extracted():
    """Translators never get the texts of a flow that can't be used."""
    with pytest.raises(FlowError):
        extracted('[[step]]\nid = "x"\n')


def test_bot_texts():
    """Nested tables give ids with slashes; counted texts have both forms."""
    assert extracted(BOT) == [
        (3, "pgettext", ("desk/sign", "Sign"), []),
        (
            4,
            "npgettext",
            ("desk/count", "{n} person", "{n} persons"),
            ["TRANSLATORS: On the board."],
        ),
        (
            6,
            "pgettext",
            ("desk/why/title", "Why?"),
            ["TRANSLATORS: A button. At most 20 characters."],
        ),
        (8, "pgettext", ("why/text/late", "Too late."), []),
    ]


def test_read_texts():
    """The bot reads the same texts under the same ids."""
    assert read_texts(BOT, "texts.toml") == {
        "desk/sign": BotText("Sign"),
        "desk/count": BotText("{n} persons", one="{n} person", note="On the board."),
        "desk/why/title": BotText("Why?", note="A button.", max=20),
        "why/text/late": BotText("Too late."),
    }


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a = 1", "a is neither"),
        ('a = ""', "a is empty"),
        ('a = { one = "x", other = "" }', "a is empty"),
        ('a = { text = "x", max = "long" }', "a has a value of the wrong kind"),
        ('a = { text = "x", note = 1 }', "a has a value of the wrong kind"),
        ("a = ", "texts.toml"),
    ],
)
def test_broken_bot_texts(text, why):
    """A broken file of texts is refused with its place."""
    with pytest.raises(TextsError, match=why):
        read_texts(text, "texts.toml")
