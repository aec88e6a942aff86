"""What a button carries: it fits, it comes back as it went, and nothing else is read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import buttons
from bot.buttons import LIMIT, VERBS, Tap, Unreadable, decode, encode
from bot.language.shipped import shipped_revision
from bot.office.office import ACTS, PAGES
from bot.views.said import CARDS
from flows.digest import SHOWN_LENGTH
from flows.model import Destination, StopReason
from storage.debriefs import QUESTIONS

LARGE = 10**9
SESSION, PERSON, EPOCH = LARGE, LARGE, 10**4
DIGEST = "f" * SHOWN_LENGTH
FLOW = shipped_revision("environment", "en").flow


def sets(verb):
    """Return the sets of arguments of a verb, largest and longest, one for each word in them."""
    words = {
        "answer": [
            (SESSION, EPOCH, step.id, one.id)
            for step in FLOW.steps.values()
            for one in step.options
        ],
        "go-on": [(SESSION, EPOCH, step) for step in FLOW.steps],
        "join": [(SESSION, EPOCH)],
        "alone": [(SESSION, EPOCH, word) for word in ("yes", "no")],
        "halt": [(SESSION, reason) for reason in StopReason],
        **{verb: [(SESSION, EPOCH)] for verb in ("lost", "here", "left", "start")},
        **{verb: [(SESSION, PERSON, EPOCH)] for verb in ("again", "call-in")},
        "open": [(SESSION, DIGEST)],
        "home": [("orientation", "x" * 24, "x" * 12)],
        "go": [(page, PERSON) for page in PAGES],
        "do": [(act, PERSON, "x" * 16) for act in ACTS],
        "where": [(SESSION, PERSON, 1)],
        "seen": [(SESSION, PERSON, EPOCH, item.id, 1) for item in FLOW.items if item.observed],
        "sign": [(SESSION, PERSON, EPOCH, end, DIGEST) for end in ("admit", *Destination)],
        "back": [(SESSION, PERSON, EPOCH)],
        "enter": [(SESSION, PERSON, 1)],
        "told": [
            (SESSION, PERSON, EPOCH, step.id, one.id)
            for step in FLOW.steps.values()
            for one in step.options
        ],
        "let-in": [(SESSION, PERSON, EPOCH)],
        "still": [(SESSION, PERSON, EPOCH, word) for word in ("yes", "no")],
        "absent": [(SESSION, PERSON, EPOCH)],
        "card": [(name,) for name in CARDS],
        "cards": [()],
        "debrief": [(SESSION, question, "yes") for question in QUESTIONS],
    }
    return words.get(verb) or [(SESSION, PERSON)[: VERBS[verb]]]


def test_every_button_fits_and_comes_back():
    """With the largest ids and longest words, each button is at most 64 bytes and reads back."""
    for verb in VERBS:
        for args in sets(verb):
            data = encode(verb, *args)
            assert len(data.encode()) <= LIMIT
            assert decode(data) == Tap(verb, tuple(str(arg) for arg in args))


def test_what_does_not_fit_is_not_made():
    """A button over 64 bytes is refused where it is made, not by Telegram."""
    assert len(encode("card", "x" * 59)) == LIMIT
    with pytest.raises(ValueError, match="over 64 bytes"):
        encode("card", "x" * 60)
    with pytest.raises(ValueError, match="over 64 bytes"):
        encode("card", "\N{GREEK SMALL LETTER OMEGA}" * 30)


@settings(deadline=None)
@given(st.text(alphabet=st.characters(), max_size=70))
def test_any_text_is_read_or_refused(data):
    """Whatever comes is a tap that `encode` could have made, or unreadable, and never an error."""
    try:
        tap = decode(data)
    except Unreadable:
        return
    assert encode(tap.verb, *tap.args) == data
    assert len(tap.args) == VERBS[tap.verb]


@settings(deadline=None)
@given(st.sampled_from(sorted(VERBS)), st.lists(st.text(max_size=8), max_size=7))
def test_verbs_with_any_arguments(verb, args):
    """A known verb with another number of arguments is unreadable."""
    data = ":".join((verb, *args))
    if data.count(":") != VERBS[verb]:
        with pytest.raises(Unreadable):
            decode(data)


@pytest.mark.parametrize("text", ["0", "7", "007", "999999999999999"])
def test_numbers(text):
    """Digits alone, at most fifteen, are a number: it fits wherever a number is kept."""
    assert buttons.number(text) == int(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "-1", "+1", "1 ", "1.0", "1e3", "0x1", "1_000", "\N{FULLWIDTH DIGIT ONE}"),
        *("\N{SUPERSCRIPT TWO}", "1" * 19, "\N{ARABIC-INDIC DIGIT ONE}", "one", "\0"),
    ],
)
def test_what_is_no_number(text):
    """Anything else that Python might take for a number is unreadable."""
    with pytest.raises(Unreadable):
        buttons.number(text)


def test_words():
    """Reasons, destinations and choices are their own words and nothing near them."""
    assert [buttons.reason(one.value) for one in StopReason] == list(StopReason)
    assert [buttons.destination(one.value) for one in Destination] == list(Destination)
    assert buttons.destination("admit") is None
    assert (buttons.choice("1", "1", "0"), buttons.choice("0", "1", "0")) == (True, False)
    for wrong in ("", "ADMIT", "admit ", "none", "None", "yes"):
        for read in (buttons.reason, buttons.destination, lambda w: buttons.choice(w, "1", "0")):
            if wrong != "admit":
                with pytest.raises(Unreadable):
                    read(wrong)
