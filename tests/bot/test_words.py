"""Texts and keys: each is used, and none is missing. What they may not say: `forbidden.toml`."""

import ast
import hashlib
import re
from pathlib import Path

import pytest

from bot.home.appointments import CALENDAR, REMINDERS
from bot.language import catalogues
from bot.language.shipped import shipped_revision
from bot.language.words import MissingText, missing, source_texts, words
from bot.menus import FOR_EVERYBODY, IN_SESSIONS
from bot.office.draft import PROBLEMS
from bot.office.office import COMMANDS
from bot.office.team import SINCE
from bot.views.said import CARDS
from flows.decide import RefusalCode
from flows.definition import load_shipped
from flows.gate import HoldCode, LiftedBy
from flows.model import Agreement, CheckState, Destination, Outcome, SessionState, StopReason
from storage.people import Role

ROOT = Path(__file__).parents[2]
LANGUAGES = catalogues.languages()
KEYS = source_texts()
PARAMS = dict.fromkeys(("who", "by", "names", "item", "items", "hold", "state", "name"), "H7")
PARAMS |= {"time": "18:00", "n": 2, "row": 7, "done": 1, "all": 10, "contacts": "112: emergency"}
PARAMS |= {
    "dots": "\N{BLACK CIRCLE}",
    "letters": "ABCD EFGH",
    "day": "24 Nov 2026",
    "roles": "coordinator",
    "decision": "On hold",
    "instrument": "SARA",
    "link": "https://t.me/x?start=y",
    "flow": "Check before a session",
    "language": "English",
    "first": 9,
    "last": 16,
    "total": 58,
    "text": "Are you alone now?",
    "what": "Added: a message",
    "reason": "Asked for in every session.",
    "old": "Are you alone now?",
    "new": "Are you on your own now?",
    "when": "Friday, January 15, 2027, 6:00 PM",
    "before": "Friday, January 15, 2027, 5:00 PM",
    "zone": "Central European Standard Time",
    "span": "90 minutes",
}
PARAMS |= dict.fromkeys(("to", "near", "known", "text", "word", "step", "part", "other"), "x")
PARAMS |= dict.fromkeys(("limit", "length", "count", "column", "seconds", "found", "due"), 2)
PARAMS |= {"language": "German (de)"}
PARAMS |= dict.fromkeys(("when", "before"), "Tuesday, January 19, 2027, 6:00 PM")
PARAMS |= dict.fromkeys(("since", "until"), "2:00 AM")
PARAMS |= {"zone": "Central European Standard Time"}
UNDECIDED = (SessionState.PLANNED, SessionState.STOPPED, SessionState.CLOSED)
BY_PATTERN = {
    *(f"hold/{code}" for code in HoldCode),
    *(f"lifted/{who}" for who in LiftedBy),
    *(f"refusal/{code}" for code in RefusalCode),
    *(f"sign/{outcome}" for outcome in Outcome),
    *(f"card/{name}" for name in CARDS),
    *(f"card/button/{name}" for name in CARDS),
    *(f"board/{state}" for state in (*UNDECIDED, SessionState.CANCELLED)),
    *(f"board/state/{state}" for state in CheckState if state is not CheckState.TURNED_AWAY),
    *(f"desk/answered/{how}" for how in ("no", "unanswered", "changed", "yes")),
    *(f"board/state/turned_away-{where}" for where in Destination),
    *(f"desk/button/{where}" for where in Destination),
    *(f"ring/{reason.replace('_', '-')}" for reason in StopReason),
    *(f"command/{name}" for name in FOR_EVERYBODY),
    *(f"debrief/button/{answer}" for answer in ("yes", "no")),
    *(f"factor/button/{verb}" for verb in ("reset-factor", "reset-factor-now")),
    *(f"office/button/{kind.replace('_', '-')}" for kind in Agreement),
    *(f"record/{column}" for column in ("when", "by", "what", "meaning")),
    *(f"record/turned_away-{where}" for where in Destination),
    "record/admitted",
    *(f"home/appointments/{how}" for how in ("coming", "absent")),
    *(f"home/appointments/button/{act}" for act in (REMINDERS, CALENDAR, "file", "back", "close")),
    *(f"office/command/{name}" for name in (*COMMANDS, *IN_SESSIONS, "authenticator", "help")),
    *(f"office/team/button/{choice}" for choice in SINCE),
    *(f"office/plan/{code}" for code in PROBLEMS),
    *(f"office/flows/name/{flow}" for flow in load_shipped()),
    *(
        f"office/flows/step/{what}"
        for what in ("inserted", "omitted", "moved", "pictured", "unpictured")
    ),
    *(f"office/flows/step/button/{part}" for part in ("domain", "criterion")),
    *(f"office/team/button/{roles}" for roles in ("facilitator", "coordinator", "both")),
    *(f"office/team/button/{how}-{role}" for how in ("give", "take") for role in Role),
}
"""The keys that the code puts together, one line a pattern."""


def written():
    """Return every string in the sources that has the form of a key of ours."""
    sections = "|".join(sorted({key.partition("/")[0] for key in KEYS}))
    form = re.compile(rf"(?:{sections})(?:/[a-z_-]+)+")
    found = set()
    for package in ("bot", "flows", "storage"):
        for file in sorted((ROOT / package).rglob("*.py")):
            if "practice" in file.parts:
                continue
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found |= {node.value} if form.fullmatch(node.value) else set()
    return found


# Ends of patterns, and what only looks like a key.
PARTS = {"board/state/turned_away-", "office/team/button/give-", "office/team/button/take-"}


def test_every_key_in_the_code_exists():
    """The code names no text that is not there."""
    assert written() - PARTS - set(KEYS) == set()
    assert set(KEYS) >= BY_PATTERN


def test_every_text_is_used():
    """No text is there that nobody says."""
    assert set(KEYS) - written() - BY_PATTERN == set()


@pytest.mark.parametrize("locale", LANGUAGES)
def test_every_language_says_everything(locale):
    """Each language has every text, with the parameters that the English one has."""
    assert missing(locale) == ()
    say = words(locale, "Europe/Berlin")
    for key in KEYS:
        said = say.say(key, **PARAMS)
        assert said.strip() == said
        assert "{" not in said
        assert len(said) <= 4096


@pytest.mark.parametrize("locale", LANGUAGES)
def test_lengths(locale):
    """Buttons have at most 32 characters with a label of two, answers to taps at most 200."""
    say = words(locale, "Europe/Berlin")
    for key in KEYS:
        said = say.say(key, **PARAMS)
        if "/button/" in key:
            assert len(said) <= 32, key
        if key.startswith("refusal/"):
            assert len(said) <= 200, key
        if key.startswith(("command/", "office/command/")):
            assert len(said) <= 100, key
    for flow in load_shipped():
        for key, text in shipped_revision(flow, locale).flow.texts().items():
            assert len(text.text) <= text.limit, key


@pytest.mark.parametrize("locale", LANGUAGES)
def test_plurals(locale):
    """Numbers choose their form in every language."""
    say = words(locale, "Europe/Berlin")
    for key, text in KEYS.items():
        if text.one:
            for number in (0, 1, 2, 5, 21):
                assert str(number) in say.say(key, **{**PARAMS, "n": number})


def test_a_missing_text_is_an_error():
    """A key that is not there is never said in another way, and a sentence needs its parameters."""
    with pytest.raises(MissingText):
        words("en", "UTC").say("no/such-key")
    with pytest.raises(KeyError):
        words("en", "UTC").say("desk/button/sign")


def test_parameters_are_never_texts():
    """Braces in a label stay braces."""
    assert words("en", "UTC").say("why/person", who="{n}") == "{n} is held because:"


@pytest.mark.parametrize("locale", LANGUAGES)
def test_a_meaning_is_its_sentence(locale):
    """The hash of a signature's meaning is of the sentence alone, whoever reads or is named."""
    first, second = (words(locale, "UTC").meaning(f"sign/{act}") for act in ("admit", "open"))
    assert first.sha256 != second.sha256
    assert first == words(locale, "Asia/Tokyo").meaning("sign/admit")
    assert first.locale == locale
    sentence = words(locale, "UTC").say("sign/admit", who="{who}")
    assert first.sha256 == hashlib.sha256(sentence.encode()).hexdigest()


def test_times():
    """A time of day is the reader's own, as their language writes it."""
    assert words("de", "Europe/Berlin").time(1_800_000_000) == "09:00"
    assert words("en", "UTC").time(1_800_000_000).replace("\N{NARROW NO-BREAK SPACE}", " ") == (
        "8:00 AM"
    )


# Who may read what

FOR_STAFF = (
    *("board/", "desk/", "sign/", "ring/", "why/", "lifted/", "hold/", "card/", "debrief/", "ask/"),
    *("record/", "reply/no-record", "assisted/", "paper/", "call/"),
    *("start/staff", "reply/staff", "reply/link", "reply/sessions", "reply/no-sessions"),
    *("refusal/held-staff", "refusal/claimed", "refusal/link-used", "factor/"),
    *("office/", "lint/"),
)


def flow_texts(locale, audience="participant"):
    """Return the texts of every flow that these go through."""
    return {
        key: one.text
        for flow in load_shipped().values()
        if flow.audience == audience
        for key, one in shipped_revision(flow.id, locale).flow.texts().items()
    }


def test_what_staff_alone_read_is_told_apart():
    """Participants read the first message, replies, commands, home, place, refusals, and times."""
    sections = {key.partition("/")[0] for key in KEYS if not key.startswith(FOR_STAFF)}
    of_sessions = {"start", "reply", "command", "home", "place", "refusal"}
    assert sections == of_sessions | {"reminder", "appointment", "time"}


def test_an_appointment_names_the_zone_where_it_is_another_one():
    """A day and a time are read in one's own zone, which is named only where clocks differ."""
    at = 1_800_000_000
    day = "Friday, January 15, 2027"
    assert words("en", "Europe/Berlin").appointment(at, "Europe/Paris") == f"{day}, 9:00\u202fAM"
    far = words("en", "America/New_York").appointment(at, "Europe/Berlin")
    assert far == f"{day}, 3:00\u202fAM (Eastern Standard Time)"


def test_a_note_is_no_text():
    """A text with its *one* has its *other* too: else its forms and its note would be texts."""
    assert not [key for key in KEYS if key.endswith("/note")]
