"""From an update to what somebody did: each kind told apart, nothing of its content handed on."""

from dataclasses import astuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telegram import Bot

from bot import intake
from bot.intake import (
    Commanded,
    Elsewhere,
    FileSent,
    LineSent,
    LinkSent,
    OtherSent,
    Poison,
    ReachChanged,
    Tapped,
    TextSent,
    Unheard,
)
from bot.practice.botapi.made_up import media

BOT = Bot("1:not-a-token")
PERSON = {"id": 7, "is_bot": False, "first_name": "Marker", "last_name": "Marker"}
PRIVATE = {"id": 7, "type": "private", "first_name": "Marker"}
GROUP = {"id": -5, "type": "group", "title": "Marker"}
KINDS = ("voice", "sticker", "contact", "location")


def message(chat=PRIVATE, **more):
    return {"message_id": 3, "date": 1, "chat": chat, "from": PERSON, **more}


def query(chat=PRIVATE, **more):
    found = {"id": "q", "from": PERSON, "chat_instance": "1", "message": message(chat), "data": "d"}
    return found | more


def member(status, chat=PRIVATE):
    me = {"id": 1, "is_bot": True, "first_name": "Bot"}
    old = {"status": "member", "user": me}
    until = {"until_date": 0} if status == "kicked" else {}
    new = {"status": status, "user": me, **until}
    return {"chat": chat, "from": PERSON, "date": 1, "old_chat_member": old, "new_chat_member": new}


def read(**update):
    return intake.read({"update_id": 9, **update}, BOT)


def link_alone(link):
    return LinkSent(9, 7, 3, link, TextSent(9, 7, 3, link))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("/start", Commanded(9, 7, "start", "")),
        ("/START abc", Commanded(9, 7, "start", "abc")),
        ("/start  a \n b ", Commanded(9, 7, "start", "a b")),
        ("/now@some_bot x", Commanded(9, 7, "now", "x")),
        ("/", Commanded(9, 7, "", "")),
        ("now /start", LineSent(9, 7, 3, "now /start")),
        ("https://meet.example.org/x", link_alone("https://meet.example.org/x")),
        (" HTTPS://meet.example.org\n", link_alone("HTTPS://meet.example.org")),
        ("http://127.0.0.1:1/x", link_alone("http://127.0.0.1:1/x")),
        (
            "Here:  https://a.b and words",
            LinkSent(9, 7, 3, "https://a.b", LineSent(9, 7, 3, "Here: https://a.b and words")),
        ),
        (
            "Here:\nhttps://a.b",
            LinkSent(9, 7, 3, "https://a.b", TextSent(9, 7, 3, "Here:\nhttps://a.b")),
        ),
        ("https://a.b https://c.d", TextSent(9, 7, 3, "https://a.b https://c.d")),
        ("https://a.b/" + "x" * 501, TextSent(9, 7, 3, "https://a.b/" + "x" * 501)),
        ("ftp://a.b/", LineSent(9, 7, 3, "ftp://a.b/")),
        ("Marker", LineSent(9, 7, 3, "Marker")),
        ("x" * 65, TextSent(9, 7, 3, "x" * 65)),
        (" two\n lines ", TextSent(9, 7, 3, "two\n lines")),
        ("\x00two\r\n\tlines\x9f", TextSent(9, 7, 3, "two\n\tlines")),
        ("two\n https://a.b https://c.d", TextSent(9, 7, 3, "two\n https://a.b https://c.d")),
    ],
)
def test_texts(text, found):
    """Commands and a single link are told from words, which stay as they were sent."""
    assert read(message=message(text=text)) == found


def test_a_link_and_words_around_it():
    """A link with nothing else but white space is alone; neither it nor the words are printed."""
    alone, around = (read(message=message(text=t)) for t in (" https://a.b\n", "x https://a.b"))
    assert (alone.alone, around.alone) == (True, False)
    assert "https" not in repr(alone) + repr(around)


def test_photo():
    """Of a photo the largest size is known, and nothing of what stands below it."""
    sizes = [{**media("photo", n)["photo"][0], "width": n} for n in (1, 2)]
    found = read(message=message(photo=sizes, caption="/start Marker"))
    assert found == FileSent(9, 7, 3, sizes[1]["file_id"], 1234, "photo")
    assert "Marker" not in repr(found)


@pytest.mark.parametrize("kind", KINDS)
def test_attachments(kind):
    """A file, voice, contact or place is an attachment, captioned like a command or not."""
    assert read(message=message(**media(kind, 1))) == OtherSent(9, 7, "attachment")
    captioned = message(**media(kind, 1), caption="/start Marker")
    assert read(message=captioned) == OtherSent(9, 7, "attachment")


@pytest.mark.parametrize(("name", "suffix"), [
    ("Texte.PO", "po"), ("a.b.xlsx", "xlsx"), ("po", ""), ("x.", ""), (None, ""), ("x.\n", ""),
    ("x.po/../y", ""), ("x.averylongend", ""),
])  # fmt: skip
def test_files(name, suffix):
    """Of a file its number, its size and the end of its name are known, and nothing else."""
    file = {"file_id": "f1", "file_unique_id": "u1", "file_size": 5, "file_name": name}
    document = {key: value for key, value in file.items() if value is not None}
    found = read(message=message(document=document, caption="/start Marker"))
    assert found == FileSent(9, 7, 3, "f1", 5, suffix)
    assert "f1" not in repr(found)


def test_a_forwarded_file():
    """A file that is somebody else's is none that was sent here."""
    origin = {"type": "hidden_user", "sender_user_name": "Marker", "date": 1}
    document = media("document", 1)
    assert read(message=message(**document, forward_origin=origin)) == OtherSent(9, 7, "forwarded")


def test_edited_and_forwarded():
    """An edit or a forward is never a command and never a link, whatever it says."""
    origin = {"type": "hidden_user", "sender_user_name": "Marker", "date": 1}
    for text in ("/start abc", "https://meet.example.org/x", "Marker"):
        edited = read(edited_message=message(text=text, edit_date=2))
        forwarded = read(message=message(text=text, forward_origin=origin))
        assert edited == OtherSent(9, 7, "edited")
        assert forwarded == OtherSent(9, 7, "forwarded")


def test_taps():
    """A tap in the person's own private chat is read; its message may be gone."""
    assert read(callback_query=query()) == Tapped(9, 7, "q", 3, "d")
    gone = {"message_id": 4, "date": 0, "chat": PRIVATE}
    assert read(callback_query=query(message=gone)) == Tapped(9, 7, "q", 4, "d")
    assert read(callback_query=query(data="")) == Tapped(9, 7, "q", 3, "")


def test_taps_that_mean_nothing():
    """A tap without message or data is unheard; one in a group is somewhere else."""
    bare = query()
    del bare["message"]
    game = query()
    del game["data"]
    assert read(callback_query=bare) == Unheard(9)
    assert read(callback_query=game) == Unheard(9)
    assert read(callback_query=query(GROUP)) == Elsewhere(9, -5, member=True)
    other = {"id": 8, "type": "private", "first_name": "Other"}
    assert read(callback_query=query(other)) == Elsewhere(9, 8, member=True)


def test_reach():
    """Blocking and letting in again is told apart, in private and elsewhere."""
    assert read(my_chat_member=member("kicked")) == ReachChanged(9, 7, reachable=False)
    assert read(my_chat_member=member("member")) == ReachChanged(9, 7, reachable=True)
    assert read(my_chat_member=member("member", GROUP)) == Elsewhere(9, -5, member=True)
    assert read(my_chat_member=member("left", GROUP)) == Elsewhere(9, -5, member=False)


@pytest.mark.parametrize("kind", ["group", "supergroup", "channel"])
def test_elsewhere(kind):
    """Whatever is written in a group or channel is only known to be elsewhere."""
    chat = {"id": -5, "type": kind, "title": "Marker"}
    for text in ("/start abc", "https://meet.example.org/x", "Marker"):
        assert read(message=message(chat, text=text)) == Elsewhere(9, -5, member=True)
        assert read(edited_message=message(chat, text=text)) == Elsewhere(9, -5, member=True)


@pytest.mark.parametrize(
    "update",
    [
        {},
        {"channel_post": message({"id": -5, "type": "channel", "title": "Marker"}, text="Marker")},
        {"inline_query": {"id": "1", "from": PERSON, "query": "Marker", "offset": ""}},
        {"some_future_kind": {"Marker": "Marker"}},
    ],
)
def test_unheard(update):
    """What the bot did not ask for means nothing to it."""
    assert read(**update) == Unheard(9)


@pytest.mark.parametrize(
    "update",
    [
        {"message": "Marker"},
        {"message": {"message_id": 1}},
        {"callback_query": {"Marker": 1}},
        {"my_chat_member": {"chat": PRIVATE}},
        {"message": message(text=["Marker"])},
        {"message": message(date="Marker")},
    ],
)
def test_poison(update):
    """What can't be read keeps its number and the kind of error, and no word of its own."""
    found = read(**update)
    assert isinstance(found, Poison)
    assert found.update_id == 9
    assert "Marker" not in found.error


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    [
        *("message", "edited_message", "callback_query", "my_chat_member", "chat", "from", "text"),
        *("data", "date", "message_id", "new_chat_member", "forward_origin"),
    ]
)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(FIELDS, JSON | st.dictionaries(FIELDS, JSON)))
def test_any_update_is_read_somehow(body):
    """No object that can come as an update stops the stream."""
    assert intake.read({**body, "update_id": 9}, BOT).update_id == 9


def test_nothing_personal_is_handed_on():
    """Names, captions and titles stay outside; what was written is in no log."""
    for text in ("Marker", "Marker " * 20):
        assert "Marker" not in repr(read(message=message(text=text)))
    found = [
        read(message=message(**media("photo", 1), caption="Marker")),
        read(message=message(GROUP, text="Marker")),
        read(edited_message=message(text="Marker", edit_date=2)),
        read(callback_query=query()),
        read(my_chat_member=member("kicked")),
    ]
    assert not any("Marker" in str(field) for one in found for field in astuple(one))
