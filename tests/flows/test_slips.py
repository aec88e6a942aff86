"""Slips of the pen: letters and marks, and nothing that could turn a sentence round."""

import pytest

from flows import drafts
from flows.definition import load_shipped
from flows.edits import Insert
from flows.flow import make_revision
from flows.slips import MOST_TEXTS, MOST_WORDS, slips
from flows.source import MessageShape

ASK = "environment/private-space/ask"


def revision(**changed):
    flow = load_shipped()["environment"]
    words = {key: one.text for key, one in flow.texts().items()}
    return make_revision(flow, "en", {**words, **changed})


def between(old, new):
    return slips(revision(**{ASK: old}), revision(**{ASK: new}))


@pytest.mark.parametrize(("old", "new"), [
    ("Are you in a plce of your own?", "Are you in a place of your own?"),
    ("Are you in a palce of your own?", "Are you in a place of your own?"),
    ("Are you in a placee of your own?", "Are you in a place of your own?"),
    ("Are you in a plade of your own?", "Are you in a place of your own?"),
    ("Are you at home", "Are you at home?"),
    ("are you at  home?", "Are you at home?"),
    ("Close teh door.", "Close the door."),
])  # fmt: skip
def test_a_slip(old, new):
    """A letter, two letters swapped, a capital, a mark or a space corrected is a slip."""
    was, now = old.split(), new.split()
    assert between(old, new) == tuple(
        (one, other) for one, other in zip(was, now, strict=True) if one != other
    )


@pytest.mark.parametrize(("old", "new"), [
    ("You are now alone.", "You are not alone."),
    ("You can be heard.", "You can't be heard."),
    ("Nobody can hear you.", "Somebody can hear you."),
    ("Is the line stable?", "Is the line unstable?"),
    ("Is it possible?", "Is it impossible?"),
    ("Come in 10 minutes.", "Come in 60 minutes."),
    ("Come in five minutes.", "Come in nine minutes."),
    ("Ask {who} now.", "Ask {whom} now."),
    ("Turn it on.", "Turn it off."),
    ("Turn it on.", "Turn it in."),
    ("Are you alone?", "Are you all alone?"),
    ("Are you all alone?", "Are you alone?"),
    ("Are you alone?", "Are you along?"),
    ("Is your partner there?", "Is your neighbour there?"),
    ("Ready \N{WHITE HEAVY CHECK MARK}", "Ready \N{CROSS MARK}"),
    ("It costs 5%", "It costs 5"),
    ("A and/or B", "A and or B"),
    ("aaaa bbbb cccc dddd", "aaax bbbx cccx dddx"),
])  # fmt: skip
def test_no_slip(old, new):
    """Another word, number, sign or placeholder, a word more or less: none is a slip."""
    assert between(old, new) is None


def test_how_much_is_a_slip():
    """Some words of some texts at most are slips; beyond that somebody reads the translations."""
    keys = [key for key, one in load_shipped()["environment"].texts().items() if one.limit > 100]
    old, new = "Wrods to raed aloud", "Words to read aloud"
    some = keys[:MOST_TEXTS]
    before, after = (revision(**dict.fromkeys(some, text)) for text in (old, new))
    assert len(slips(before, after)) == 2 * MOST_TEXTS
    more = keys[: MOST_TEXTS + 1]
    before, after = (revision(**dict.fromkeys(more, text)) for text in (old, new))
    assert slips(before, after) is None
    words = " ".join(["wrod"] * (MOST_WORDS + 1))
    assert between(words, words.replace("wrod", "word")) is None
    assert len(between(words[5:], words[5:].replace("wrod", "word"))) == MOST_WORDS


def test_a_step_is_no_slip():
    """Where the steps change too, nothing is a slip."""
    before = revision()
    tea = MessageShape("tea", "Some tea", "Help comes.", "Go on")
    after = drafts.reshaped(before, Insert("headphones", tea))
    assert slips(before, after) is None
