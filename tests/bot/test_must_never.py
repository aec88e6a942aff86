"""What must never reach a phone: read in every text, in every language that is shipped.

The words stand in `bot/language/forbidden.toml`, one list a rule and language; a language without
one fails.
"""

import ast
import re
from functools import cache

import pytest

from bot.home import home
from bot.home.orientation import RINGS
from bot.language import catalogues
from bot.language.forbidden import RULES, broken_by, exceptions, lists, reasons
from bot.language.shipped import shipped_revision
from bot.language.words import source_texts, words
from bot.menus import FOR_EVERYBODY, IN_SESSIONS
from bot.office.clearance import REMINDER
from bot.office.names import folded
from bot.office.office import COMMANDS
from bot.practice.botapi.phones import _PREVIEW
from flows.definition import load_shipped
from flows.lint import FORBIDDEN_WORDS
from tests.bot.test_words import FOR_STAFF, PARAMS, ROOT, flow_texts

LANGUAGES = catalogues.languages()
KEYS = source_texts()
LISTS = lists()
ON_A_LOCK_SCREEN = ("verdict", "purpose", "others", "praise", "clearance", "link")
"""What no notification says, staff's neither. That it is about a group, staff may read there."""
A_LINK = re.compile(r"https?://|www\.|\bt\.me\b", re.IGNORECASE)
EXCEPTIONS = exceptions()

SCREENS = (
    *("office/programme/title", "office/groups/title", "office/groups/none", "office/team/title"),
    *("office/language/ask", "office/invitation/caption", "office/week/title"),
    *("office/week/none", "office/week/file", "office/week/no-file"),
)
"""What stands first where a command of staff's opens a page at the end of the chat."""
SENT = (
    "start/",
    "reply/",
    "ring/",
    "why/",
    "hold/",
    "card/",
    "ask/",
    "debrief/",
    "factor/",
    "record/foot",
)
"""Sections of what staff are sent anew; every other screen of theirs is changed where it stands."""


def patterns(locale, rule):
    """Return the patterns of a rule; a language or a rule without a list is an error."""
    return LISTS[locale][rule]["words"]


def found(text, locale, rule):
    """Return the words of a text that break a rule."""
    if rule == "link":
        return set(A_LINK.findall(text))
    return broken_by(text, locale, rule)


def breaks(texts, locale, rules):
    """Return where texts break rules, as (language, key, word); exceptions too."""
    return {
        (locale, key, word)
        for key, text in texts.items()
        for rule in rules
        for word in found(text, locale, rule)
    }


# Which texts there are


@cache
def told():
    """Return the keys of what the code tells somebody by a message of its own."""
    keys = set()
    for file in sorted((ROOT / "bot").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and _called(node).lstrip("_") in TELLING:
                said = (one.value for one in ast.walk(node) if isinstance(one, ast.Constant))
                keys |= {key for key in said if isinstance(key, str) and key in KEYS}
    return frozenset(keys | set(RINGS.values()) | {REMINDER})


TELLING = (
    *("tell", "tell_facilitators", "see_off", "say", "add", "add_once", "close", "Say", "ring"),
)
"""How the functions are called that put a message into the outbox."""


def _called(node):
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def of_participants(locale):
    """Return every text that a participant may read, as it is said."""
    say = words(locale, "Europe/Berlin")
    own = {key: say.say(key, **PARAMS) for key in KEYS if not key.startswith(FOR_STAFF)}
    return own | {k: t for k, t in flow_texts(locale).items() if not k.endswith("/observe")}


def of_everybody(locale):
    """Return every text that there is."""
    say = words(locale, "Europe/Berlin")
    texts = {key: say.say(key, **PARAMS) for key in KEYS}
    return texts | flow_texts(locale) | flow_texts(locale, "facilitator")


def previews(locale):
    """Return what a lock screen shows of each message that is sent anew, staff's as well."""
    staff = {key: text for key, text in of_everybody(locale).items() if is_sent(key)}
    both = staff | of_participants(locale)
    return {key: " ".join(text.split())[:_PREVIEW] for key, text in both.items()}


def is_sent(key):
    """Say whether a text of staff's begins a message that is sent anew."""
    if "/button/" in key or key not in KEYS:
        return False
    return key.startswith(SENT) or key in SCREENS or key in told()


def appearance(locale):
    """Return the bot's name and descriptions, and every command with its line."""
    say = words(locale, "Europe/Berlin")
    keys = [key for key in KEYS if key.startswith(("start/bot/", "command/", "office/command/"))]
    return {key: say.say(key) for key in keys}


COMMAND_NAMES = sorted({*FOR_EVERYBODY, *IN_SESSIONS, *home.COMMANDS, *COMMANDS, "authenticator"})


# The lists


def test_every_language_has_every_list():
    """A language that is shipped has a list for each rule, and no list is for another language."""
    assert set(LISTS) == set(LANGUAGES)
    for locale in LANGUAGES:
        assert set(LISTS[locale]) == set(RULES)
        for rule in RULES:
            assert patterns(locale, rule)
            assert all(pattern == folded(pattern) for pattern in patterns(locale, rule))


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("locale", LANGUAGES)
def test_a_sentence_that_breaks_a_rule_is_found(locale, rule):
    """In each language, sentences that break a rule are found, however their words are bent."""
    broken = LISTS[locale][rule]["broken"]
    assert len(broken) > 1
    assert [sentence for sentence in broken if not found(sentence, locale, rule)] == []


def test_a_link_is_found():
    """An address is found in whatever form it stands."""
    for text in ("https://meet.example/x", "see www.example.org", "open t.me/bot"):
        assert found(text, "en", "link")
    assert not found("at me. it.means nothing", "en", "link")


def test_language_without_a_list_fails():
    """A language that nobody wrote a list for is an error, and not silently fine."""
    with pytest.raises(KeyError):
        found("anything", "tlh", "purpose")


def test_words_that_flows_may_not_say_are_listed():
    """What a flow's English may not say is found by these lists too."""
    missed = [word for word in FORBIDDEN_WORDS if not any(found(word, "en", r) for r in RULES)]
    assert missed == []


# The texts


@pytest.mark.parametrize("locale", LANGUAGES)
def test_participants_read_of_an_appointment_alone(locale):
    """No text of a participant's tells what it is, who else there is, praises, or says why."""
    assert breaks(of_participants(locale), locale, (*RULES, "link")) - EXCEPTIONS == set()


@pytest.mark.parametrize("locale", LANGUAGES)
def test_nobody_reads_a_verdict(locale):
    """No text at all calls a person, a place or a session safe, approved or the like."""
    assert breaks(of_everybody(locale), locale, ("verdict",)) - EXCEPTIONS == set()


@pytest.mark.parametrize("locale", LANGUAGES)
def test_lock_screens_tell_nothing(locale):
    """What a lock screen shows of any message, staff's as well, tells nobody what it is about."""
    assert breaks(previews(locale), locale, ON_A_LOCK_SCREEN) - EXCEPTIONS == set()


@pytest.mark.parametrize("locale", LANGUAGES)
def test_appearance_tells_nothing(locale):
    """Name, descriptions and menus tell a stranger nothing; a participant's not of a group."""
    seen = appearance(locale)
    assert breaks(seen, locale, ON_A_LOCK_SCREEN) - EXCEPTIONS == set()
    public = {key: text for key, text in seen.items() if not key.startswith("office/")}
    assert breaks(public, locale, RULES) - EXCEPTIONS == set()


def test_names_of_commands_tell_nothing():
    """No command is called by what the appointment is; commands are English in every language."""
    names = {name: name for name in COMMAND_NAMES}
    assert breaks(names, "en", ON_A_LOCK_SCREEN) == set()


def test_exceptions_are_needed():
    """Each exception still stands in a text, and says why it may."""
    assert all(len(one["why"]) > 20 for one in reasons())
    needed = set()
    for locale in LANGUAGES:
        needed |= breaks(of_participants(locale), locale, (*RULES, "link"))
        needed |= breaks(of_everybody(locale), locale, ("verdict",))
        needed |= breaks(previews(locale), locale, ON_A_LOCK_SCREEN)
        needed |= breaks(appearance(locale), locale, ON_A_LOCK_SCREEN)
    assert needed >= EXCEPTIONS


# What is read is all there is


def test_every_flow_is_read():
    """No flow is left out: each is for participants or for staff."""
    assert {flow.audience for flow in load_shipped().values()} <= {"participant", "facilitator"}
    for flow in load_shipped().values():
        read = set(flow_texts("en", flow.audience))
        assert set(shipped_revision(flow.id, "en").flow.texts()) <= read


def test_what_is_told_is_known():
    """The search for what is sent finds messages of each kind that there is."""
    known = {
        *("office/arrived", "office/withdrawn", "office/team/changed", "home/going/good-bye"),
        *("office/orientation/help", "office/clearance/ends-soon", "factor/locked-out"),
        *("reply/nothing-now", "ring/suspended"),
    }
    assert known - told() <= {"ring/suspended"}
    assert "ring/suspended" in previews("en")
