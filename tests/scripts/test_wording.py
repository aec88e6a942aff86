"""From what a button says back to its key, in every language."""

from string import Formatter

import pytest

from bot.language import catalogues
from bot.language.words import source_texts
from bot.practice.scripts.wording import button_key, button_keys, label, pattern
from flows.definition import load_shipped

LANGUAGES = catalogues.languages()
WHO = "H7"


def said(key, locale):
    """Return what a button with this key says about H7."""
    own = source_texts().get(key)
    if own is None:
        flow = load_shipped()[key.partition("/")[0]]
        return catalogues.load(locale).text(key, flow.texts()[key].text)
    catalogue = catalogues.load(locale)
    template = (
        catalogue.plural(key, own.one, own.text, 5) if own.one else catalogue.text(key, own.text)
    )
    return template.format_map(dict.fromkeys(names(template), WHO))


def names(template):
    return [name for _, name, _, _ in Formatter().parse(template) if name is not None]


@pytest.mark.parametrize("locale", LANGUAGES)
def test_button_is_found_again_by_its_key(locale):
    """What a button says leads to a key and parameters that say just this."""
    for key in button_keys():
        text = said(key, locale)

        found, params = button_key(text, locale)

        assert said(found, locale) == text, key
        assert set(params.values()) <= {WHO}, key
        assert pattern(found, locale, **params).fullmatch(text), key


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize(
    ("key", "verb"),
    [
        ("card/button/someone-came-in", "card"),
        ("place/button/someone-came-in", "halt"),
        ("place/button/not-alone", "alone"),
        ("debrief/button/no", "debrief"),
        ("desk/button/back", "where"),
        ("environment/change/back", "answer"),
        ("board/button/stop", "stop"),
        ("board/button/again", "start"),
        ("desk/button/again", "again"),
    ],
)
def test_same_words_elsewhere_are_told_apart_by_the_verb(key, verb, locale):
    """Where several keys say the same, the one is found that a button with this verb has."""
    assert button_key(said(key, locale), locale, verb) == (key, {})


@pytest.mark.parametrize("locale", LANGUAGES)
def test_words_of_no_button_have_no_key(locale):
    """What no key says is not taken for one."""
    assert button_key("Tuesday", locale) is None


ASK = "environment/private-space/ask"


@pytest.mark.parametrize(
    ("key", "shown", "is_it"),
    [
        (f"{ASK}…", "Are you in a private space, w…", True),
        (f"{ASK}…", "✏ Are you in a private space, w…", True),
        (f"{ASK}…", "Are you in a private space?", False),
        (f"{ASK}…", "Are you sober right now…", False),
        (f"{ASK}…", "", False),
        (ASK, "Are you in a private space, w…", False),
        ("environment/yes…", "Yes", True),
        ("environment/yes…", "Yes, now", False),
        ("=Ask Anna…", "Ask Anna, or ask Bernd firs…", True),
        ("=Ask  Anna,\nor Bernd…", "Ask Anna, or B…", True),
        ("=Ask Anna…", "Ask Anna", True),
        ("=Ask Anna", "Ask Anna…", False),
        ("=Ask Anna", "✏ Ask Anna", True),
        ("=✏ Ask Anna", "✏ Ask Anna", True),
        ("desk/button/sign…", "Sign…", True),
    ],
)
def test_cut_label_is_known_by_its_beginning(key, shown, is_it):
    """A key with an ellipsis means a label that begins as its text; a mark before it is nothing."""
    assert label(key, "en")(shown) is is_it


@pytest.mark.parametrize("key", ["no/such/text", "no/such/text…", "…", "=…", "ring/help…"])
def test_label_of_no_text_is_none(key):
    """What is no text, or begins with what is not known, is no label either."""
    with pytest.raises(KeyError):
        label(key, "en")
