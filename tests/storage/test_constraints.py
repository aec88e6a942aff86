"""What a row may hold: the constraints of every table by themselves, with no trigger before them.

The triggers would refuse many of these rows for another reason, so here there are none. What a
column takes is said in this file and never read from the schema.
"""

import sqlite3
from contextlib import closing

import pytest

from storage.migrate import read_migrations
from storage.store import MIGRATIONS
from tests.storage.test_forgeries import Forgery, insert, refuse, take

BARE = "bare"
"""A database without triggers and without rows."""
HEX, HASH = "a" * 64, b"h" * 32
SIGNED = {"by": 1, "at": 0, "digest": HEX, "meaning": "m", "locale": "en", "meaning_sha256": HEX}

ROWS = {
    "person": {"id": 1, "status": "enrolled", "locale": "en", "zone": "UTC", "chat_index": b"i",
               "chat": b"c", "label": b"l", "unreachable_at": 0, "created_at": 0, "alias": b"a",
               "left_at": 0},
    "staff_role": {"person": 1, "role": "facilitator", "prepared_at": 0, "ended_at": 0},
    "invitation": {"token_hash": b"t", "person": 1, "expires_at": 0, "used_at": 0},
    "clearance": {"person": 1, "decision": "on_hold", "until": 0, "instrument": "own",
                  "decided_by": 2, "decided_at": 0, "told_at": 0},
    "orientation": {"person": 1, "until": 0, "signed_by": 2, "signed_at": 0},
    "agreement_version": {"kind": "consent", "version": 1},
    "agreement": {"person": 1, "kind": "consent", "version": 1, "locale": "en", "accepted_at": 0,
                  "revision": HEX},
    "intake": {"person": 1, "at": 0},
    "authenticator": {"person": 1, "secret": b"s", "shown_until": None, "confirmed_at": 0,
                      "wrong": 5, "locked_at": 0, "last_step": 0},
    "pad": {"person": 1, "session": 1, "number": 1, "digits": b"d", "until": 0},
    "programme": {"id": 1, "suspended": 0, "ends_at": 0, "safety_contact_until": 0},
    "revision": {"id": HEX, "flow": "f", "locale": "en", "body": "{}", "created_at": 0,
                 "recalled_at": 0},
    "revision_item": {"revision": HEX, "item": "camera", "observed": 0},
    "published": {"flow": "f", "locale": "en", "revision": HEX},
    "non_negotiable": {"item": "headphones"},
    "group": {"id": 1, "name": "G", "kind": "one_to_one", "locale": "en", "minutes": 60,
              "room": "link", "cap": 1, "ended_at": 0},
    "session": {"id": 1, "group": 1, "name": "S", "kind": "group", "room": "link",
                "state": "planned", "starts_at": 0, "ends_at": 5400, "cap": 1, "schedule": 1,
                "opening": 0, "link_ready": 0, "checks_before": 3600, "open_before": 900,
                "late": 900, "sign_off": 3600, "credential": 600, "rejoin": 600, "grace": 900,
                "signers": 1, "second_factor": 0, "version": 0, "check_room": 0,
                "zone": "", "series": 1, "uid": "u", "auto_start": 0},
    "session_facilitator": {"session": 1, "person": 1, "active": 1, "desk_person": 2,
                            "desk_since": 0, "desk_view": "look", "wants_link": 0,
                            "proved_at": 0, "wants_call": 2, "wants_call_epoch": 1,
                            "wants_call_until": 0},
    "check": {"session": 1, "person": 1, "state": "waiting", "epoch": 1, "revision": HEX,
              "step": "s", "asked_at": 0, "repeated": 0, "ready_at": 0, "arrived_at": 0,
              "rejoin_asked_at": 0, "rejoin_confirmed_at": 0, "entered_at": 0,
              "checked_out_at": 0},
    "answer": {"session": 1, "person": 1, "epoch": 1, "item": "camera", "value": "yes", "by": 1,
               "at": 0, "changed": 0},
    "observation": {"session": 1, "person": 1, "epoch": 1, "item": "camera", "by": 1, "number": 1,
                    "seen": 0, "at": 0},
    "sign_off": {"session": 1, "person": 2, "epoch": 1, "place": 1, "schedule": 1,
                 "outcome": "turn_away", "destination": "in_person", **SIGNED},
    "opening": {"session": 1, "number": 1, **SIGNED},
    "credential": {"session": 1, "person": 1, "epoch": 1, "number": 1, "minted_at": 0,
                   "expires_at": 1, "ended_at": 1, "handed_to": 2},
    "session_link": {"session": 1, "sealed": b"s"},
    "doomed_key": {"session": 1},
    "used_link": {"fingerprint": b"f"},
    "debrief": {"session": 1, "person": 1, "question": "supervision", "value": "no"},
    "seen_update": {"update_id": 1, "at": 0},
    "poison_update": {"update_id": 1, "at": 0, "error": "E"},
    "clock": {"id": 1, "now": 0},
    "outbox": {"id": 1, "person": 1, "kind": "say", "session": 1, "subject": "s", "params": "{}",
               "about": 1, "created_at": 0, "not_before": 0, "attempts": 0, "bulk": 0},
    "screen": {"person": 1, "kind": "desk", "session": 1, "message_id": 1, "digest": HEX,
               "picture": HEX},
    "timer": {"session": 1, "kind": "remind", "person": 0, "at": 0, "stamp": "1"},
    "stranger_count": {"day": 0, "updates": 1},
    "audit": {"seq": 1, "at": 0, "kind": "k", "outcome": "o", "actor": 1, "person": 1,
              "session": 1, "epoch": 1, "detail": "", "bound": HASH, "prev": HASH, "hash": HASH},
    "arrival": {"person": 1, "step": "zone", "until": 0},
    "attempt": {"chat_index": b"i", "count": 1, "since": 0},
    "membership": {"group": 1, "person": 1, "role": "participant", "since": 0},
    "orientation_run": {"person": 1, "number": 1, "state": "ready", "revision": HEX, "step": "s",
                        "began_at": 0, "ready_at": 0},
    "orientation_answer": {"person": 1, "number": 1, "item": "camera", "value": "yes", "by": 1,
                           "at": 0},
    "orientation_sign_off": {"person": 2, "number": 1, "by": 1, "at": 0, "until": 1,
                             "digest": HEX, "meaning": "m", "locale": "en",
                             "meaning_sha256": HEX},
    "screening": {"person": 1, "by": 2, "revision": HEX, "taps": b"t", "until": 0},
    "page": {"person": 1, "name": "team", "about": 0, "notice": ""},
    "erasure": {"person": 1, "asked_by": 2, "asked_at": 0, "confirmed_by": 3},
    "parting": {"person": 1, "at": 0},
    "sent": {"person": 1, "message_id": 1, "at": 0},
    "pepper": {"id": 1, "version": 1},
    "draft": {"flow": "environment", "locale": "en", "text": "t", "words": "w", "version": 1,
              "by": 1, "at": 0},
    "reading": {"flow": "environment", "locale": "en", "revision": HEX, "by": 1},
    "publication": {"number": 9, "flow": "environment", "locale": "en", "revision": HEX, "by": 1,
                    "read_by": 2, "at": 0},
    "draft_steps": {"flow": "environment", "locale": "en", "body": "{}", "base": HEX},
    "draft_count": {"flow": "environment", "locale": "en", "changes": 2, "steps": 1,
                    "recalled": 1},
    "draft_writer": {"flow": "environment", "locale": "en", "by": 1},
    "picture": {"digest": HEX, "bytes": b"p"},
    "revision_picture": {"revision": HEX, "step": "camera", "picture": HEX},
    "draft_edit": {"flow": "environment", "locale": "en", "number": 1, "what": "inserted",
                   "step": "tea", "words": "w", "reason": "r", "by": 1, "at": 0},
    "publication_edit": {"publication": 9, "number": 1, "what": "omitted", "step": "tea",
                         "words": "w", "reason": "r", "by": 1, "at": 0},
    "call_in": {"session": 1, "number": 1, "person": 2, "epoch": 1, "by": 1, "at": 0,
                "expires_at": 1, "ended_at": 1},
    "call_link": {"session": 1, "number": 1, "sealed": b"s"},
    "approval": {"number": 9, "locale": "en", "act": "approved", "texts": "{}", "by": 1, "at": 0},
    "step_count": {"revision": HEX, "step": "camera", "what": "left", "n": 1},
    "step_seen": {"token": HASH, "at": 0},
    "reminder_rule": {"id": 1, "offsets": "3600", "quiet_since": 0, "quiet_until": 1439},
    "reminder": {"session": 1, "person": 1, "offset": 3600, "schedule": 1, "at": 0},
    "unwanted_reminder": {"person": 1, "offset": 3600},
    "plan": {"person": 1, "group": 1, "body": "{}"},
    "told": {"kind": "k", "about": 1, "stamp": 0, "at": 0},
    "introduced": {"id": 1, "digest": "d", "at": 0},
    "doomed_person": {"person": 1},
    "forgotten": {"id": 1, "day": 1},
}  # fmt: skip
"""One row of each table that is as it should be, every column filled in."""

OPTIONAL = {
    "person": "chat_index chat unreachable_at alias left_at",
    "agreement": "revision",
    "group": "ended_at",
    "staff_role": "prepared_at ended_at",
    "invitation": "used_at",
    "clearance": "decided_by told_at",
    "orientation": "signed_by",
    "programme": "ends_at safety_contact_until",
    "revision": "recalled_at",
    "session": "group series",
    "authenticator": "shown_until confirmed_at",
    "pad": "session",
    "session_facilitator": "desk_person desk_since desk_view proved_at wants_call wants_call_epoch"
    " wants_call_until",
    "call_in": "ended_at",
    "check": "revision step asked_at ready_at arrived_at rejoin_asked_at rejoin_confirmed_at"
    " entered_at checked_out_at",
    "credential": "ended_at handed_to",
    "outbox": "session about",
    "erasure": "confirmed_by",
    "publication": "read_by",
    "draft_steps": "base",
    "approval": "by",
    "audit": "actor person session epoch bound",
}
"""The columns that may be NULL."""
BOUND = (("sign_off", "destination"), ("authenticator", "locked_at"),
         ("orientation_run", "ready_at"), ("publication", "by"))  # fmt: skip
"""The columns that are NULL or not with what another one holds, see below."""
NUMBERED = {
    "person": "id", "clearance": "person", "orientation": "person", "intake": "person",
    "authenticator": "person", "pad": "person", "arrival": "person", "orientation_run": "person",
    "screening": "person", "page": "person", "erasure": "person", "parting": "person",
    "pepper": "id", "publication": "number", "approval": "number",
    "doomed_person": "person", "forgotten": "id", "reminder_rule": "id", "plan": "person",
    "introduced": "id",
    "programme": "id", "group": "id", "session": "id", "session_link": "session",
    "call_link": "session",
    "doomed_key": "session", "seen_update": "update_id", "poison_update": "update_id",
    "clock": "id", "outbox": "id", "stranger_count": "day", "audit": "seq",
}  # fmt: skip
"""The columns that SQLite fills in where they are NULL, with the next number."""

WORDS = {
    "person.status": "invited enrolled left erased",
    "staff_role.role": "facilitator coordinator",
    "clearance.decision": "online_group one_to_one_only in_person_only on_hold",
    "clearance.instrument": "sara b-safer own judgement",
    "agreement_version.kind": "consent house_rules confidentiality",
    "session.kind": "group one_to_one",
    "session.room": "link",
    "session.state": "planned checking open stopped closed cancelled",
    "check.state": "waiting asking ready unmet admitted turned_away absent stopped",
    "answer.value": "yes no",
    "sign_off.outcome": "turn_away",
    "sign_off.destination": "one_to_one in_person another_day",
    "debrief.question": "with-colleague supervision",
    "debrief.value": "yes no",
    "outbox.kind": "say show bring hide redraw erase",
    "arrival.step": "locale zone zones consent house_rules confidentiality",
    "approval.act": "approved slip taken-back",
    "step_count.what": "reached left help",
    "draft_edit.what": "inserted omitted moved from-file pictured unpictured",
    "publication_edit.what": "inserted omitted moved from-file pictured unpictured",
    "group.kind": "group one_to_one",
    "group.room": "link",
    "membership.role": "facilitator participant",
    "orientation_run.state": "ready signed",
    "orientation_answer.value": "yes no",
}
"""What a column takes, and no other word."""

NUMBERS = {
    "programme.id": (1, 1),
    "programme.suspended": (0, 1),
    "revision_item.observed": (0, 1),
    "session.cap": (1, 8),
    "session.link_ready": (0, 1),
    "session.checks_before": (0, 86400),
    "session.open_before": (0, 3600),
    "session.late": (0, 3600),
    "session.sign_off": (60, 7200),
    "session.credential": (60, 3600),
    "session.rejoin": (60, 1800),
    "session.grace": (0, 7200),
    "session.signers": (1, 2),
    "session.second_factor": (0, 1),
    "session.check_room": (0, 1),
    "session.auto_start": (0, 86400),
    "outbox.bulk": (0, 1),
    "reminder_rule.id": (1, 1),
    "introduced.id": (1, 1),
    "reminder_rule.quiet_since": (0, 1439),
    "reminder_rule.quiet_until": (0, 1439),
    "session.ends_at": (1800, 7200),
    "session_facilitator.active": (0, 1),
    "session_facilitator.wants_link": (0, 1),
    "check.repeated": (0, 2),
    "answer.changed": (0, 1),
    "observation.seen": (0, 1),
    "sign_off.place": (1, 2),
    "credential.number": (1, 2),
    "clock.id": (1, 1),
    "pepper.id": (1, 1),
    "forgotten.id": (1, 1),
    "draft_count.steps": (0, 2),
    "draft_count.recalled": (0, 2),
    "group.minutes": (30, 120),
    "group.cap": (1, 8),
}
"""The least and the greatest number that a column takes."""

LENGTHS = {
    "revision.id": ("a", 64, 64),
    "sign_off.digest": ("a", 64, 64),
    "sign_off.meaning_sha256": ("a", 64, 64),
    "opening.digest": ("a", 64, 64),
    "opening.meaning_sha256": ("a", 64, 64),
    "sign_off.meaning": ("a", 1, 999),
    "sign_off.locale": ("a", 1, 999),
    "opening.meaning": ("a", 1, 999),
    "opening.locale": ("a", 1, 999),
    "orientation_sign_off.digest": ("a", 64, 64),
    "orientation_sign_off.meaning_sha256": ("a", 64, 64),
    "orientation_sign_off.meaning": ("a", 1, 999),
    "orientation_sign_off.locale": ("a", 1, 999),
    "pad.digits": (b"d", 0, 34),
    "draft.words": ("a", 1, 4096),
    "picture.digest": ("a", 64, 64),
    "picture.bytes": (b"p", 1, 400_000),
    "reading.revision": ("a", 64, 64),
    "draft_edit.reason": ("a", 0, 200),
    "publication_edit.reason": ("a", 1, 200),
    "audit.kind": ("a", 1, 64),
    "audit.outcome": ("a", 1, 64),
    "audit.detail": ("a", 0, 64),
    "audit.bound": (b"h", 32, 32),
    "audit.prev": (b"h", 32, 32),
    "audit.hash": (b"h", 32, 32),
}
"""Of what, and how long at least and at most, a column's text or bytes are."""


# The statements -----------------------------------------------------------------------------------

SHOULD_NOT = "CHECK constraint failed"


def row(table, **changed):
    """Return the statement for a table's row, with other values in some columns."""
    return insert(table, **{**ROWS[table], **changed})


def columns(places):
    for place, what in places.items():
        table, _, column = place.partition(".")
        yield place, table, column, what


def nulls():
    for table, values in ROWS.items():
        for column in values:
            statement = row(table, **{column: None})
            name = f"{table}.{column}-null"
            if column in OPTIONAL.get(table, "").split() or column == NUMBERED.get(table):
                yield name, statement, None
            elif (table, column) not in BOUND:
                yield name, statement, "NOT NULL"


def other_types():
    """Put text where a number or bytes belong, and bytes where text belongs."""
    for table, values in ROWS.items():
        for column, value in values.items():
            wrong = b"x" if isinstance(value, str) else "x"
            statement = row(table, **{column: wrong})
            yield f"{table}.{column}-of-another-type", statement, "cannot store|datatype mismatch"


def words():
    for place, table, column, taken in columns(WORDS):
        for word in taken.split():
            yield f"{place}-{word}", row(table, **{column: word}), None
        for word in ("other", ""):
            yield f"{place}-{word or 'empty'}", row(table, **{column: word}), SHOULD_NOT


def numbers():
    for place, table, column, (least, greatest) in columns(NUMBERS):
        for number in sorted({least, (least + greatest) // 2, greatest}):
            yield f"{place}-{number}", row(table, **{column: number}), None
        for number in (least - 1, greatest + 1):
            yield f"{place}-{number}", row(table, **{column: number}), SHOULD_NOT


def lengths():
    for place, table, column, (one, least, greatest) in columns(LENGTHS):
        for length in sorted({least, greatest}):
            yield f"{place}-of-{length}", row(table, **{column: one * length}), None
        for length in sorted({least - 1, greatest + 1} - {-1, 1000}):
            yield f"{place}-of-{length}", row(table, **{column: one * length}), SHOULD_NOT


REDRAW = {"kind": "redraw", "subject": "board"}
TOGETHER = (
    ("admitted-to-nowhere", row("sign_off", outcome="admit", destination=None), None),
    ("admitted-to-somewhere", row("sign_off", outcome="admit"), SHOULD_NOT),
    ("of-another-outcome", row("sign_off", outcome="other", destination=None), SHOULD_NOT),
    ("turned-away-to-nowhere", row("sign_off", destination=None), SHOULD_NOT),
    ("several-in-a-group", row("session", cap=8), None),
    ("several-in-a-one-to-one", row("session", kind="one_to_one", cap=2), SHOULD_NOT),
    ("ends-before-it-starts", row("session", starts_at=5400, ends_at=0), SHOULD_NOT),
    *((f"wrong-codes-{number}", row("authenticator", wrong=number, locked_at=None), None)
      for number in (0, 4)),
    *((f"wrong-codes-{number}", row("authenticator", wrong=number, locked_at=None), SHOULD_NOT)
      for number in (-1, 5, 6)),
    ("locked-by-six", row("authenticator", wrong=6), SHOULD_NOT),
    ("locked-by-four", row("authenticator", wrong=4), SHOULD_NOT),
    ("confirmed-and-shown", row("authenticator", shown_until=1), SHOULD_NOT),
    ("shown-and-not-confirmed", row("authenticator", shown_until=1, confirmed_at=None), None),
    ("ends-when-minted", row("credential", minted_at=1, expires_at=1), SHOULD_NOT),
    ("call-ends-when-made", row("call_in", at=1, expires_at=1), SHOULD_NOT),
    *((f"{table}.digest-in-capitals", row(table, digest="A" * 64), SHOULD_NOT)
      for table in ("sign_off", "opening", "orientation_sign_off")),
    ("attempts-none", row("attempt", count=0), SHOULD_NOT),
    ("pepper-none", row("pepper", version=0), SHOULD_NOT),
    ("draft-version-none", row("draft", version=0), SHOULD_NOT),
    ("draft-count-none", row("draft_count", changes=0, steps=0, recalled=0), SHOULD_NOT),
    ("draft-count-of-one", row("draft_count", changes=1), None),
    ("draft-count-of-steps-alone", row("draft_count", steps=3), SHOULD_NOT),
    ("draft-count-of-recalls-alone", row("draft_count", recalled=3), SHOULD_NOT),
    ("draft-edit-without-a-reason-yet", row("draft_edit", reason=""), None),
    *((f"{table}-{name}", row(table, **wrong), SHOULD_NOT)
      for table in ("draft_edit", "publication_edit")
      for name, wrong in (("number-none", {"number": 0}), ("done-otherwise", {"what": "changed"}),
                          ("reason-too-long", {"reason": "r" * 201}))),
    ("publication-edit-without-a-reason", row("publication_edit", reason=""), SHOULD_NOT),
    ("shipped", row("publication", by=None, read_by=None), None),
    ("shipped-and-read", row("publication", by=None), SHOULD_NOT),
    ("read-by-whoever-published", row("publication", read_by=1), SHOULD_NOT),
    ("approved-by-the-practice-room", row("approval", by=None), None),
    *((f"{act}-by-nobody", row("approval", act=act, by=None), SHOULD_NOT)
      for act in ("slip", "taken-back")),
    ("approved-texts-of-no-form", row("approval", texts="{"), SHOULD_NOT),
    ("reminded-at-the-start", row("reminder", offset=0), SHOULD_NOT),
    ("reminded-a-second-before", row("reminder", offset=1), None),
    ("counted-none", row("step_count", n=0), SHOULD_NOT),
    ("run-number-none", row("orientation_run", number=0), SHOULD_NOT),
    ("erasure-asked-by-themselves", row("erasure", asked_by=1), SHOULD_NOT),
    ("erasure-confirmed-by-whoever-asked", row("erasure", confirmed_by=2), SHOULD_NOT),
    ("erasure-confirmed-by-themselves", row("erasure", confirmed_by=1), SHOULD_NOT),
    ("asking-and-ready", row("orientation_run", state="asking"), SHOULD_NOT),
    ("asking", row("orientation_run", state="asking", ready_at=None), None),
    ("ready-since-never", row("orientation_run", ready_at=None), SHOULD_NOT),
    ("signed-until-signed", row("orientation_sign_off", until=0), SHOULD_NOT),
    ("signed-by-themselves", row("orientation_sign_off", by=2), SHOULD_NOT),
    *((f"audit.{column}-in-words", row("audit", **{column: "two words"}), SHOULD_NOT)
      for column in ("kind", "outcome", "detail")),
)  # fmt: skip
SEVERAL = (
    ("one-chat-twice", row("person"), row("person", id=2), "UNIQUE"),
    ("no-chat-twice", row("person", chat_index=None), row("person", id=2, chat_index=None), None),
    ("known-to-calendars-alike", row("session"), row("session", id=2), "UNIQUE"),
    ("known-to-calendars-apart", row("session"), row("session", id=2, uid="v"), None),
    ("live-twice", row("credential", ended_at=None), row("credential", number=2, ended_at=None),
     "UNIQUE"),
    ("live-after-one-that-ended", row("credential"), row("credential", number=2, ended_at=None),
     None),
    ("ended-twice", row("credential"), row("credential", number=2), None),
    ("two-calls-live", row("call_in", ended_at=None), row("call_in", number=2, ended_at=None),
     "UNIQUE"),
    ("a-call-live-after-one-that-ended", row("call_in"), row("call_in", number=2, ended_at=None),
     None),
    ("calls-live-in-two-sessions", row("call_in", ended_at=None),
     row("call_in", session=2, ended_at=None), None),
    ("one-screen-to-redraw-twice", row("outbox", **REDRAW), row("outbox", id=2, **REDRAW),
     "UNIQUE"),
    ("one-text-to-say-twice", row("outbox"), row("outbox", id=2), None),
)  # fmt: skip

ALL = (
    *((table, (), row(table), None) for table in ROWS),
    *(
        (name, (), sql, refused)
        for found in (nulls(), other_types(), words(), numbers(), lengths(), TOGETHER)
        for name, sql, refused in found
    ),
    *((name, (first,), sql, refused) for name, first, sql, refused in SEVERAL),
)
REFUSED = tuple(Forgery(name, BARE, sql, no, first) for name, first, sql, no in ALL if no)
TAKEN = {name: (BARE, (*first, sql)) for name, first, sql, no in ALL if not no}


# The bare database --------------------------------------------------------------------------------


def make_bare():
    """Make the tables as the migrations leave them, and take the triggers and the rows away."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    for migration in read_migrations(MIGRATIONS):
        db.executescript(migration.sql)
    for (trigger,) in db.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'trigger'"
    ).fetchall():
        db.execute(f"DROP TRIGGER {trigger}")
    for table in tables(db):
        db.execute(f'DELETE FROM "{table}"')
    return db


def tables(db):
    sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    return [name for (name,) in db.execute(sql)]


@pytest.fixture(scope="module")
def empty():
    with closing(make_bare()) as db:
        yield db


@pytest.fixture
def bare(empty):
    empty.execute("BEGIN")
    yield empty
    empty.execute("ROLLBACK")


def test_every_table_and_column_has_its_row(bare):
    """No table and no column is left out here."""
    found = {
        table: [name for (name,) in bare.execute("SELECT name FROM pragma_table_info(?)", (table,))]
        for table in tables(bare)
    }
    assert found == {table: [*values] for table, values in ROWS.items()}


@pytest.mark.parametrize("forgery", REFUSED, ids=lambda forgery: forgery.name)
def test_refused(bare, forgery):
    """The table refuses the row by itself, and nothing is changed."""
    refuse(bare, forgery)


@pytest.mark.parametrize("name", TAKEN)
def test_taken(bare, name):
    """A row at the edge of what is allowed is taken."""
    take(bare, TAKEN[name][1])


def test_names_are_unique():
    """Each row has a name of its own."""
    assert len(ALL) == len(REFUSED) + len(TAKEN) == len({name for name, *_ in ALL})
