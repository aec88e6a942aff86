"""Lint of catalogues: every fault in its line; what has no finding can be said."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.language import forbidden
from bot.language.catalogues import load
from bot.language.translations import MOST_BYTES, Text, lint, texts_of
from flows.definition import load_shipped
from flows.finding import CODES
from tests.bot.test_catalogues import CHECKOUT, GERMAN, HEAD, RUSSIAN, counted, entry, put

PO = "locales/de/LC_MESSAGES/flows.po"
SHIPPED_PO = (CHECKOUT / PO).read_bytes()
SHIPPED_TEXTS = {
    key: text for flow in load_shipped().values() for key, text in texts_of(flow).items()
}
PHONE, STAFF = forbidden.RULES, forbidden.FOR_STAFF
TEXTS = {
    "x/place/ask": Text(("Are you in {room}?",), PHONE, step="place"),
    "x/place/help": Text(("Please wait.",), PHONE, step="place"),
    "x/yes": Text(("Yes",), PHONE, 32),
    "x/place/observe": Text(("Room seen",), STAFF, 30, "place"),
    "x/people": Text(("One person", "{n} people"), STAFF),
}
ASK = entry("x/place/ask", "Are you in {room}?", "Sind Sie in {room}?")
HELP = entry("x/place/help", "Please wait.", "Bitte warten Sie.")
YES = entry("x/yes", "Yes", "Ja")
SEEN = entry("x/place/observe", "Room seen", "Raum gesehen")
PEOPLE = counted("x/people", "One person", "{n} people", "Eine Person", "{n} Personen")
BODY = ASK + HELP + YES + SEEN + PEOPLE


def po(old="", new="", plural=GERMAN):
    """Return the whole small catalogue with one change."""
    assert old in BODY
    return HEAD.format(plural=plural) + BODY.replace(old, new)


def found_in(text, locale="de", texts=TEXTS, **known):
    data = text if isinstance(text, bytes) else text.encode()
    return lint(data, PO, locale, texts, **known)


# code, sentence, the broken catalogue, what stands where it is found, the step
GOLDEN = [
    ("F501", "lint/untranslated", po(HELP), "# Kept", "place"),
    ("F501", "lint/outdated", po('"Please wait."', '"Wait."'), 'msgid "Wait."', "place"),
    ("F501", "lint/outdated", po(PEOPLE, entry("x/people", "One person", "Eine")), "One per", ""),
    ("F502", "lint/translated-empty", po('"Bitte warten Sie."', '""'), "Please wait", "place"),
    ("F502", "lint/translated-empty", po('"Bitte warten Sie."', '" "'), "Please wait", "place"),
    ("F503", "lint/fuzzy", po(HELP, "#, fuzzy\n" + HELP), "Please wait", "place"),
    ("F504", "lint/placeholders", po("Sie in {room}", "Sie in {raum}"), "Are you", "place"),
    ("F504", "lint/placeholders", po("Sie in {room}", "Sie in {room"), "Are you", "place"),
    ("F504", "lint/placeholders", po('"Ja"', '"Ja, {n}"'), '"Yes"', ""),
    ("F504", "lint/placeholders", po("{n} Personen", "Personen"), "One person", ""),
    ("F504", "lint/forms", po('msgstr[1] "{n} Personen"\n'), "One person", ""),
    ("F504", "lint/too-many-forms", po("\nmsgstr[1]", '\nmsgstr[2] "3"\nmsgstr[1]'), "One p", ""),
    ("F504", "lint/plural-head", po(plural=RUSSIAN), "# Kept", ""),
    ("F505", "lint/too-long", po('"Ja"', f'"Ja{"a" * 31}"'), '"Yes"', ""),
    ("F505", "lint/too-long", po("Raum gesehen", "Raum gesehen " * 3), "Room seen", "place"),
    ("F506", "lint/forbidden", po("Bitte warten Sie.", "Ihre Partnerin?"), "Please", "place"),
    ("F506", "lint/forbidden", po("Raum gesehen", "Raum ist sicher"), "Room seen", "place"),
    ("F507", "lint/orphan", po(HELP, HELP + entry("x/no", "No", "Nein")), 'msgid "No"', ""),
    ("F507", "lint/orphan", po("x/place/help", "x/plaice/help"), "Please wait", ""),
    ("F508", "lint/no-catalogue", po("msgstr", "mgstr"), "mgstr", ""),
    ("F508", "lint/no-catalogue", "", "", ""),
    ("F508", "lint/no-catalogue", HEAD.format(plural=GERMAN), "", ""),
    ("F508", "lint/plural-formula", po(plural="nplurals=2; plural=(1 / n);"), "", ""),
    ("F508", "lint/plural-formula", po(plural="nplurals=999999999; plural=0;"), "", ""),
    ("F508", "lint/plural-formula", po(plural='nplurals=9"\n"99999999; plural=0;'), "", ""),
    ("F504", "lint/too-many-forms", po(plural="nplurals=0; plural=0;"), "One person", ""),
    ("F508", "lint/plural-formula", po(plural="nplurals=2; plural=n;"), "", ""),
    ("F508", "lint/plural-formula", po(plural="nplurals=2; plural=import;"), "", ""),
    (
        "F510",
        "lint/translated-twice",
        po(HELP, HELP + HELP.replace("te w", "te")),
        "!HELP",
        "place",
    ),
    ("F108", "lint/byte-order-mark", "\ufeff" + po(), "", ""),
    ("F108", "lint/control", po("warten", "war\x00ten"), "war\x00", ""),
    ("F108", "lint/no-unicode", po().replace("UTF-8", "iso-8859-1"), "", ""),
    ("F109", "lint/too-big", "#" * (MOST_BYTES + 1), "", ""),
]
"""Beside `F509`, which needs another language."""


NAMES = [f"{code}-{number}" for number, (code, *_) in enumerate(GOLDEN)]


def line_of(text, needle):
    if needle == "!HELP":
        return text.count("\n", 0, text.rindex('msgctxt "x/place/help"')) + 1
    return text.count("\n", 0, text.index(needle)) + 1


@pytest.mark.parametrize(("code", "message", "text", "needle", "step"), GOLDEN, ids=NAMES)
def test_every_fault_is_found_in_its_place(code, message, text, needle, step):
    """Each fault has its code, its sentence, its line and its step, in its language."""
    (finding,) = (one for one in found_in(text) if one.message == message)
    assert (finding.code, finding.line, finding.step) == (code, line_of(text, needle), step)
    assert (finding.file, finding.locale) == (PO, "de")


def test_a_sound_catalogue_has_no_findings():
    """What can all be said has no findings; line ends of another system change nothing."""
    assert found_in(po()) == ()
    assert found_in(po().replace("\n", "\r\n")) == ()


def test_a_language_without_words():
    """A language that nobody listed the words of is told, once, and is not taken as clean."""
    (finding,) = found_in(po(), "eo")
    assert (finding.code, finding.message, finding.locale) == ("F509", "lint/no-words", "eo")
    assert found_in(po(), "de_AT") == ()


@pytest.mark.parametrize("locale", ["xx", "", "..", "german", "de de"])
def test_no_language(locale):
    """A folder that is named after no language is a finding."""
    (finding,) = found_in(po(), locale)
    assert (finding.code, finding.message) == ("F508", "lint/no-such-language")


def test_all_at_once():
    """Faults of several kinds in one text come together, sorted by line."""
    worst = "#, fuzzy\n" + HELP.replace("Bitte warten Sie.", "Ihre Partnerin {x}")
    found = found_in(po(HELP, worst).replace('"Ja"', '""'))
    assert [one.code for one in found] == ["F503", "F504", "F506", "F502"]
    assert list(found) == sorted(found)


def test_no_orphans_where_a_flow_is_unreadable():
    """While a flow can't be read nobody can say which translations are superfluous."""
    more = po(HELP, HELP + entry("x/no", "No", "Nein"))
    assert found_in(more, all_known=False) == ()


def test_did_you_mean():
    """A misspelt id leads to the text that has no translation."""
    found = found_in(po("x/place/help", "x/place/hlp"))
    meant = {dict(one.params).get("near") for one in found if one.code == "F507"}
    assert meant == {"x/place/help"}


def test_an_exception_is_none():
    """A word that is meant otherwise where it stands has no finding."""
    for locale, key, word in forbidden.exceptions():
        texts = {key: Text(("Hello",), PHONE)}
        said = HEAD.format(plural=GERMAN) + entry(key, "Hello", word)
        assert "F506" not in {one.code for one in found_in(said, locale, texts)}


UNSAID = {"F501", "F502", "F503", "F504"}
OF_TEXTS = [
    text
    for code, message, text, *_ in GOLDEN
    if code in UNSAID | {"F505", "F506"} and message != "lint/too-many-forms"
]


@pytest.mark.parametrize("text", [po(), *OF_TEXTS], ids=range(len(OF_TEXTS) + 1))
def test_what_has_no_finding_is_said(text, tmp_path):
    """A text is said by its catalogue, or a finding says why it is not; never both."""
    put(tmp_path, "de", "")
    (tmp_path / "de/LC_MESSAGES/bot.po").write_text(text, encoding="utf-8")
    found = [dict(one.params).get("text") for one in found_in(text) if one.code in UNSAID]
    german = load("de", tmp_path)
    for key, wanted in TEXTS.items():
        one, *many = wanted.sources
        said = german.plural(key, one, many[0], 1) if many else german.text(key, one)
        assert (said is None) == (key in found)


@pytest.mark.parametrize("locale", ["de", "fr"])
def test_shipped_catalogues_have_no_findings(locale):
    """The shipped catalogues of the flows are clean."""
    data = (CHECKOUT / "locales" / locale / "LC_MESSAGES" / "flows.po").read_bytes()
    assert lint(data, PO, locale, SHIPPED_TEXTS) == ()


def sound(found):
    return all(one.code in CODES and one.line >= 1 and one.fix for one in found)


@given(st.binary(max_size=100))
def test_any_bytes(data):
    """Any bytes at all have findings: nobody writes a catalogue by chance."""
    found = found_in(data)
    assert found
    assert sound(found)


@given(
    st.lists(
        st.tuples(st.integers(0, len(po())), st.integers(0, 30), st.binary(max_size=4)),
        min_size=1,
        max_size=3,
    )
)
def test_mutated_catalogues(changes):
    """A catalogue with parts cut out and others put in has findings, or can be said."""
    data = po().encode()
    for start, length, put_in in changes:
        data = data[:start] + put_in + data[start + length :]
    assert sound(found_in(data))


SHIPPED_LINES = SHIPPED_PO.splitlines(keepends=True)


@settings(max_examples=15)
@given(st.lists(st.integers(0, len(SHIPPED_LINES) - 1), min_size=1, max_size=5))
def test_a_shipped_catalogue_without_some_lines(places):
    """A shipped catalogue that lacks some of its lines never breaks the reader."""
    kept = [line for number, line in enumerate(SHIPPED_LINES) if number not in places]
    assert sound(lint(b"".join(kept), PO, "de", SHIPPED_TEXTS))
