"""The third lock: from an honest database, raw SQL alone opens, signs, admits or mints nothing.

Each forgery is one statement on a connection of its own, with and without the settings on which
the program's own connection relies. It never asks the program's code to refuse anything.
"""

import asyncio
import fcntl
import sqlite3
from contextlib import closing
from dataclasses import dataclass

import pytest

from flows import events as e
from flows.flow import NON_NEGOTIABLES
from flows.model import Rules
from storage import audit
from tests.honest import (
    END,
    MEANING,
    NOON,
    START,
    Evening,
    enrol_participant,
    enrol_staff,
    open_store,
    plan,
)

F1, F2, P3, P4, F5, P6, P7, NOBODY = 1, 2, 3, 4, 5, 6, 7, 99
SIGNING, OPENING, OPEN, JOINED = "signing", "opening", "open", "joined"
SIGNED_ONCE, SIGNED_TWICE = "signed-once", "signed-twice"
"""Where two facilitators sign each admission: the first has signed everybody; both have."""
UNPROVED, PROVED, PROVED_OPENING = "unproved", "proved", "proved-opening"
"""Where a code is asked for: F1 can enter one; F1 has; F1 has signed everybody."""
CALLING, CALLED = "calling", "called"
"""Where there is a check room: everybody is ready, P6 is called in elsewhere; P3 is called in."""
PROVED_CALLING, PROVED_CALLED = "proved-calling", "proved-called"
"""Where a code is asked for too: F1 has entered one; P3 is called in. Elsewhere nobody is asked."""
OPENED_AT = START - 300
HEX = "a" * 64


@dataclass(frozen=True, slots=True)
class Forgery:
    """One statement that must be refused; `first` holds what is allowed and leads there."""

    name: str
    place: str
    sql: str
    refused: str
    first: tuple[str, ...] = ()


# The statements -----------------------------------------------------------------------------------


def literal(value):
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    return "'" + value + "'"


def insert(table, verb="INSERT", **values):
    names = ", ".join(f'"{name}"' for name in values)
    return f'{verb} INTO "{table}" ({names}) VALUES ({", ".join(map(literal, values.values()))})'


def signature(**changed):
    signed = {"digest": HEX, "meaning": MEANING.key, "locale": "en", "meaning_sha256": HEX}
    return {**signed, **changed}


def sign_off(verb="INSERT", **changed):
    row = {"session": 1, "person": P3, "epoch": 1, "place": 1, "schedule": 1, "outcome": "admit",
           "destination": None, "by": F1, "at": NOON + 60}  # fmt: skip
    return insert("sign_off", verb, **signature(**{**row, **changed}))


def opening(verb="INSERT", **changed):
    row = {"session": 1, "number": 1, "by": F1, "at": OPENED_AT}
    return insert("opening", verb, **signature(**{**row, **changed}))


def credential(verb="INSERT", **changed):
    row = {"session": 1, "person": P3, "epoch": 1, "number": 1, "minted_at": START,
           "expires_at": START + 600}  # fmt: skip
    return insert("credential", verb, **{**row, **changed})


def session(changes, number=1, verb="UPDATE"):
    return f"{verb} session SET version = version + 1, {changes} WHERE id = {number}"


def check(changes, person=P3, verb="UPDATE"):
    return f'{verb} "check" SET {changes} WHERE session = 1 AND person = {person}'


def observation(verb="INSERT", **changed):
    row = {"session": 1, "person": P3, "epoch": 1, "item": "headphones", "by": F1, "number": 2,
           "seen": 0, "at": NOON}  # fmt: skip
    return insert("observation", verb, **{**row, **changed})


def answer(verb="INSERT", **changed):
    row = {"session": 1, "person": P3, "epoch": 1, "item": "camera", "value": "yes", "by": P3,
           "at": NOON}  # fmt: skip
    return insert("answer", verb, **{**row, **changed})


def planned(**changed):
    row = {"name": "Friday", "kind": "group", "room": "link", "state": "planned",
           "starts_at": START, "ends_at": END, "cap": 6, "checks_before": 3600,
           "open_before": 900, "late": 900, "sign_off": 3600, "credential": 600, "rejoin": 600,
           "grace": 900, "signers": 1, "second_factor": 0}  # fmt: skip
    return {**row, **changed}


def authenticator(changes, person=F1, verb="UPDATE"):
    return f"{verb} authenticator SET {changes} WHERE person = {person}"


def new_authenticator(verb="INSERT", **changed):
    row = {"person": F2, "secret": bytes(60), "shown_until": NOON + 600, "wrong": 0,
           "last_step": 0}  # fmt: skip
    return insert("authenticator", verb, **{**row, **changed})


def proof(at, person=F1, session=1):
    """Let somebody have entered a right code for a session."""
    value = "NULL" if at is None else at
    return (
        f"UPDATE session_facilitator SET proved_at = {value}"
        f" WHERE session = {session} AND person = {person}"
    )


LOCKED = authenticator(f"wrong = 5, locked_at = {NOON}")


def recorded(kind, outcome):
    """Put an outcome about F1 on record, as its newest row."""
    return (
        "INSERT INTO audit (seq, at, kind, outcome, person, prev, hash)"
        f" SELECT seq + 1, at, '{kind}', '{outcome}', {F1}, hash, zeroblob(32)"
        " FROM audit ORDER BY seq DESC LIMIT 1"
    )


RESET_ON_RECORD = recorded("authenticator-reset", "done")


def entered(seq, prev, **changed):
    row = {"seq": seq, "at": NOON, "kind": "session/opened", "outcome": "done", "prev": prev,
           "hash": bytes(32)}  # fmt: skip
    return {**row, **changed}


OPENS = session("state = 'open', opening = 1")
OPENED = (opening(), OPENS)
STAFF = "UPDATE staff_role SET {} WHERE person = 1"
OFF_THE_SESSION = "UPDATE session_facilitator SET active = 0 WHERE session = 1 AND person = 1"
HALTED = (
    check("state = 'stopped', epoch = 2", P3),
    check("state = 'stopped', epoch = 2", P4),
    session("state = 'stopped'"),
)
ENDED = "UPDATE credential SET ended_at = minted_at + 1"
CONFIRMED = check(f"rejoin_confirmed_at = {START + 300}")
RECALLED = f"UPDATE revision SET recalled_at = {NOON}"


def asked_anew(*, answered="1", observed="1"):
    """Take P3's check to epoch 2 with the answers and observations that the conditions choose."""
    answers = (
        'INSERT INTO answer SELECT session, person, 2, item, value, "by", at, 0 FROM answer'
        f" WHERE session = 1 AND person = 3 AND ({answered})"
    )
    observations = (
        'INSERT INTO observation SELECT session, person, 2, item, "by", number, seen, at'
        f" FROM observation WHERE session = 1 AND person = 3 AND ({observed})"
    )
    return check("epoch = 2, state = 'ready'"), answers, observations


def told(by=F1, *, item="camera", epoch=2):
    """Take P3's check to epoch 2, where a facilitator has entered one answer."""
    asked, answers, observations = asked_anew(answered=f"item <> '{item}'")
    return asked, answers, answer(epoch=epoch, item=item, by=by), observations


HELPED_IN = (*told(), sign_off(epoch=2), check("state = 'admitted'"))
"""P3 is signed in on answers of which one was told by phone."""
WITHOUT_CHAT = "UPDATE person SET chat = NULL, chat_index = NULL WHERE id = 3"
F2_OFF = "UPDATE session_facilitator SET active = 0 WHERE session = 1 AND person = 2"


def carried(what="value", epoch=2):
    """Carry the told answer over into epoch 3, as it was or with something else in its place."""
    value, at = ("'no'", "at") if what == "no" else ("value", "at - 1" if what == "at" else "at")
    return (
        f'INSERT INTO answer SELECT session, person, 3, item, {value}, "by", {at}, 0'
        f" FROM answer WHERE person = 3 AND epoch = {epoch} AND item = 'camera'"
    )


SEEN_BY_F2 = (
    "INSERT INTO observation SELECT session, person, epoch, item, 2, number, seen, at"
    ' FROM observation WHERE session = 1 AND person = 3 AND "by" = 1'
)
STANDING = {
    "clearance-missing": "DELETE FROM clearance WHERE person = 3",
    "clearance-expired": f"UPDATE clearance SET until = {NOON} WHERE person = 3",
    "clearance-for-one-to-one-only":
        "UPDATE clearance SET decision = 'one_to_one_only' WHERE person = 3",
    "clearance-on-hold": "UPDATE clearance SET decision = 'on_hold' WHERE person = 3",
    "orientation-missing": "DELETE FROM orientation WHERE person = 3",
    "orientation-expired": f"UPDATE orientation SET until = {NOON} WHERE person = 3",
    "intake-missing": "DELETE FROM intake WHERE person = 3",
    "agreement-missing": "DELETE FROM agreement WHERE person = 3 AND kind = 'house_rules'",
    "agreement-outdated": "UPDATE agreement_version SET version = 2 WHERE kind = 'consent'",
    "person-left": "UPDATE person SET status = 'left' WHERE id = 3",
    "programme-missing": "DELETE FROM programme",
    "programme-suspended": "UPDATE programme SET suspended = 1",
    "programme-ended": f"UPDATE programme SET ends_at = {NOON}",
    "programme-without-end": "UPDATE programme SET ends_at = NULL",
    "safety-contact-expired": f"UPDATE programme SET safety_contact_until = {NOON}",
    "safety-contact-missing": "UPDATE programme SET safety_contact_until = NULL",
}  # fmt: skip
SIGNER = {
    "off-the-session": OFF_THE_SESSION,
    "without-the-role": STAFF.format(f"ended_at = {NOON}"),
    "unprepared": STAFF.format("prepared_at = NULL"),
}

SIGNATURES = (
    Forgery("sign-off-of-a-later-epoch", SIGNING, sign_off(epoch=2), "running epoch"),
    Forgery("sign-off-of-a-past-epoch", SIGNING, sign_off(), "running epoch", asked_anew()),
    Forgery("sign-off-of-another-person", SIGNING, sign_off(person=P6), "sign-off: "),
    Forgery("sign-off-of-another-session", SIGNING, sign_off(session=2), "sign-off: "),
    Forgery("sign-off-of-another-schedule", SIGNING, sign_off(schedule=2), "running epoch"),
    Forgery("sign-off-of-a-later-instant", SIGNING, sign_off(at=END), "sign-off: "),
    Forgery("sign-off-before-the-checks", SIGNING, sign_off(), "sign-off: ",
            (*HALTED, session("state = 'planned'"))),
    Forgery("sign-off-of-a-stopped-session", SIGNING, sign_off(epoch=2), "sign-off: ", HALTED),
    Forgery("sign-off-of-a-closed-session", SIGNING, sign_off(), "running epoch",
            (session("state = 'closed'"),)),
    Forgery("sign-off-by-another-participant", SIGNING, sign_off(by=P4), "not by a facilitator"),
    Forgery("sign-off-by-the-participant", SIGNING, sign_off(by=P3), "not by a facilitator"),
    Forgery("sign-off-by-a-facilitator-elsewhere", SIGNING, sign_off(by=F5), "not by a facili"),
    Forgery("sign-off-by-nobody", SIGNING, sign_off(by=NOBODY), "not by a facilitator"),
    *(Forgery(f"sign-off-by-a-facilitator-{name}", SIGNING, sign_off(), "not by a facilitator",
              (first,)) for name, first in SIGNER.items()),
    *(Forgery(f"sign-off-without-observing-{item}", SIGNING, sign_off(epoch=2), "by the signer",
              asked_anew(observed=f"item <> '{item}'")) for item in NON_NEGOTIABLES),
    Forgery("sign-off-of-what-a-colleague-observed", SIGNING, sign_off(by=F2), "by the signer"),
    Forgery("sign-off-of-what-was-observed-earlier", SIGNING, sign_off(epoch=2), "by the signer",
            asked_anew()[:2]),
    Forgery("sign-off-of-an-observation-taken-back", SIGNING, sign_off(), "by the signer",
            (observation(),)),
    Forgery("sign-off-without-any-answer", SIGNING, sign_off(epoch=2), "answered yes",
            asked_anew()[::2]),
    Forgery("sign-off-without-an-answer", SIGNING, sign_off(epoch=2), "answered yes",
            asked_anew(answered="item <> 'camera'")),
    Forgery("sign-off-of-answers-of-long-ago", SIGNING, sign_off(at=NOON + 3601), "too old"),
    Forgery("sign-off-with-a-no", SIGNING, sign_off(epoch=2), "answered yes",
            (*asked_anew(answered="item <> 'sober'"), answer(epoch=2, item="sober", value="no"))),
    Forgery("sign-off-while-still-asked", SIGNING, sign_off(), "not ready",
            (check("state = 'asking'"),)),
    Forgery("sign-off-of-a-recalled-revision", SIGNING, sign_off(), "not ready", (RECALLED,)),
    *(Forgery(f"sign-off-with-{name}", SIGNING, sign_off(), "settled before", (first,))
      for name, first in STANDING.items()),
    *(Forgery(f"sign-off-with-null-{name}", SIGNING, sign_off(**{name: None}), "sign-off|NULL")
      for name in ("session", "person", "epoch", "place", "schedule", "outcome", "by", "at",
                   "digest", "meaning", "locale", "meaning_sha256")),
    Forgery("sign-off-in-a-second-place", SIGNING, sign_off(place=2), "out of order"),
    Forgery("sign-off-in-no-place", SIGNING, sign_off(place=0), "out of order"),
    Forgery("second-sign-off-where-one-is-needed", SIGNING, sign_off(place=2, by=F2),
            "one more than needed", (SEEN_BY_F2, sign_off())),
    Forgery("second-sign-off-by-the-first-signer", SIGNED_ONCE, sign_off(place=2), "already there"),
    Forgery("first-sign-off-once-more", SIGNED_ONCE, sign_off(by=F2), "already there"),
    Forgery("third-sign-off", SIGNED_TWICE, sign_off(place=3, by=F5), "sign-off: "),
    Forgery("sign-off-after-turning-away", SIGNED_ONCE, sign_off(epoch=2, place=2, by=F2),
            "already there",
            (*asked_anew(), sign_off(epoch=2, outcome="turn_away", destination="in_person"))),
    Forgery("admitted-on-one-of-two-sign-offs", SIGNED_ONCE, check("state = 'admitted'"),
            "not signed"),
    Forgery("opened-without-the-first-signer", SIGNED_TWICE, OPENS, "without a live sign-off",
            (STAFF.format(f"ended_at = {NOON}"), opening(by=F2))),
    Forgery("opened-on-a-first-sign-off-of-long-ago", SIGNED_TWICE, OPENS,
            "without a live sign-off", (opening(at=NOON + 3661),)),
    Forgery("signers-lowered", SIGNED_ONCE, session("signers = 1"), "limits are fixed"),
    Forgery("signers-raised", SIGNING, session("signers = 2"), "limits are fixed"),
    Forgery("sign-off-with-short-digest", SIGNING, sign_off(digest="a" * 63), "CHECK"),
    Forgery("sign-off-with-no-digest", SIGNING, sign_off(digest="Z" * 64), "CHECK"),
    Forgery("sign-off-without-meaning", SIGNING, sign_off(meaning=""), "CHECK"),
    Forgery("sign-off-admitting-elsewhere", SIGNING, sign_off(destination="in_person"), "CHECK"),
    Forgery("sign-off-turning-away-nowhere", SIGNING, sign_off(outcome="turn_away"), "CHECK"),
    Forgery("sign-off-twice", SIGNING, sign_off(), "already there",
            (sign_off(),)),
    Forgery("sign-off-replaced", SIGNING, sign_off("INSERT OR REPLACE"), "already there",
            (sign_off(),)),
    Forgery("sign-off-ignored-into-place", SIGNING, sign_off("INSERT OR IGNORE"), "already there",
            (sign_off(),)),
    Forgery("sign-off-upserted", SIGNING,
            sign_off() + ' ON CONFLICT DO UPDATE SET "by" = 2', "already there", (sign_off(),)),
    Forgery("sign-off-by-somebody-else-now", OPENING, 'UPDATE sign_off SET "by" = 2', "append"),
    Forgery("sign-off-made-younger", OPENING, "UPDATE OR REPLACE sign_off SET at = at + 60",
            "append"),
    Forgery("sign-off-deleted", OPENING, "DELETE FROM sign_off", "append"),
    Forgery("answer-corrected-in-place", SIGNING, "UPDATE answer SET value = 'yes'", "append"),
    Forgery("answer-deleted", SIGNING, "DELETE FROM answer WHERE item = 'sober'", "append"),
    Forgery("answer-replaced", SIGNING, answer("INSERT OR REPLACE"), "already there"),
    Forgery("answer-by-a-facilitator-elsewhere", SIGNING, answer(epoch=2, by=F5),
            "of another person", (check("epoch = 2"),)),
    Forgery("answer-by-another-participant", SIGNING, answer(epoch=2, by=P4), "of another person",
            (check("epoch = 2"),)),
    Forgery("answer-by-a-facilitator-off-the-session", SIGNING,
            answer(epoch=2, item="sober", by=F2), "of another person",
            (check("epoch = 2"), F2_OFF)),
    *(Forgery(f"told-answer-carried-over-with-another-{what}", SIGNING, carried(what),
              "of another person", (*told(by=F2), F2_OFF, check("epoch = 3")))
      for what in ("no", "at")),
    Forgery("told-answer-carried-over-two-epochs", SIGNING,
            carried().replace("person, 3,", "person, 4,"), "of another person",
            (*told(by=F2), F2_OFF, check("epoch = 3"), check("epoch = 4"))),
    Forgery("answer-of-a-later-epoch", SIGNING, answer(epoch=2), "running epoch"),
    Forgery("answer-after-the-sign-off", OPENING, answer(item="another"), "running epoch"),
    Forgery("observation-by-a-participant", SIGNING, observation(by=P4, number=1), "not by"),
    Forgery("observation-by-a-facilitator-elsewhere", SIGNING, observation(by=F5, number=1),
            "not by"),
    Forgery("observation-out-of-order", SIGNING, observation(number=3), "out of order"),
    Forgery("observation-replaced", SIGNING, observation("INSERT OR REPLACE", number=1),
            "out of order"),
    Forgery("observation-of-an-incomplete-check", SIGNING, observation(), "complete check",
            (check("state = 'asking'"),)),
    Forgery("observation-of-another-epoch", SIGNING, observation(epoch=2, number=1),
            "complete check"),
    Forgery("observation-changed", SIGNING, "UPDATE observation SET seen = 1", "append"),
    Forgery("observation-deleted", SIGNING, "DELETE FROM observation", "append"),
)  # fmt: skip

CHECKS = (
    Forgery("admitted-directly", SIGNING, check("state = 'admitted'"), "not signed"),
    Forgery("admitted-in-another-epoch", OPENING, check("state = 'admitted', epoch = 2"),
            "not signed"),
    Forgery("admitted-although-turned-away", SIGNING, check("state = 'admitted'"), "check: ",
            (sign_off(outcome="turn_away", destination="in_person"),)),
    Forgery("admitted-while-still-asked", SIGNING, check("state = 'admitted'"), "check: ",
            (check("state = 'asking'"),)),
    Forgery("roster-over-the-cap", SIGNING,
            insert("check", session=9, person=P4, state="waiting", epoch=1), "roster is full",
            (insert("session", **planned(id=9, kind="one_to_one", cap=1)),
             insert("check", session=9, person=P3, state="waiting", epoch=1))),
    Forgery("cap-over-the-limit", SIGNING, insert("session", **planned(cap=9)), "CHECK"),
    Forgery("cap-of-a-one-to-one", SIGNING,
            insert("session", **planned(kind="one_to_one", cap=2)), "CHECK"),
    Forgery("turned-away-directly", SIGNING, check("state = 'turned_away'"), "not signed"),
    Forgery("inserted-as-admitted", SIGNING,
            insert("check", session=1, person=P6, state="admitted", epoch=1), "begins waiting"),
    Forgery("inserted-in-a-later-epoch", SIGNING,
            insert("check", session=1, person=P6, state="waiting", epoch=2), "begins waiting"),
    Forgery("check-replaced", OPENING,
            insert("check", "INSERT OR REPLACE", session=1, person=P3, state="waiting", epoch=1),
            "already there"),
    Forgery("check-deleted-while-checking", SIGNING, 'DELETE FROM "check"', "stays on record"),
    Forgery("check-of-another-person", OPENING, check("person = 6"), "identity"),
    Forgery("check-of-another-session", OPENING, check("session = 2", verb="UPDATE OR REPLACE"),
            "identity"),
    Forgery("epoch-lowered", SIGNING, check("epoch = 1"), "only rise", (check("epoch = 2"),)),
    Forgery("epoch-nulled", SIGNING, check("epoch = NULL", verb="UPDATE OR REPLACE"), "NOT NULL"),
    Forgery("revision-exchanged-in-its-epoch", SIGNING,
            check("revision = (SELECT id FROM revision WHERE locale = 'de')"), "another epoch"),
    Forgery("revision-taken-off", SIGNING, check("revision = NULL"), "another epoch"),
    Forgery("sign-off-undone-in-its-epoch", OPENING, check("state = 'ready'"), "new epoch only"),
    Forgery("turning-away-undone-in-its-epoch", SIGNING, check("state = 'ready'"), "new epoch",
            (sign_off(outcome="turn_away", destination="in_person"),
             check("state = 'turned_away'"))),
    Forgery("sign-off-put-aside-for-later", SIGNING, check("state = 'absent'"), "new epoch only",
            (sign_off(),)),
    Forgery("facilitator-from-the-roster", SIGNING,
            insert("session_facilitator", session=1, person=P3), "a participant"),
    Forgery("participant-from-the-staff", SIGNING,
            insert("check", session=1, person=F2, state="waiting", epoch=1), "not its participant"),
    Forgery("facilitator-turned-into-a-participant", SIGNING,
            "UPDATE session_facilitator SET person = 3 WHERE session = 1 AND person = 2",
            "identity"),
    Forgery("facilitator-replaced", SIGNING,
            insert("session_facilitator", "INSERT OR REPLACE", session=1, person=F1),
            "already there", (OFF_THE_SESSION,)),
    Forgery("facilitator-deleted-while-checking", OPENING,
            "DELETE FROM session_facilitator WHERE session = 1 AND person = 1", "stays on record"),
    Forgery("signer-back-with-old-signatures", OPENING,
            "UPDATE session_facilitator SET active = 1 WHERE session = 1 AND person = 1",
            "what they signed is void", (OFF_THE_SESSION,)),
    Forgery("signer-back-in-the-role", OPENING, STAFF.format("ended_at = NULL"),
            "what they signed is void", (STAFF.format(f"ended_at = {NOON}"),)),
    Forgery("signer-prepared-afterwards", OPENING, STAFF.format(f"prepared_at = {NOON}"),
            "what they signed is void", (STAFF.format("prepared_at = NULL"),)),
    Forgery("role-passed-on", OPENING, "UPDATE staff_role SET person = 4 WHERE person = 2",
            "role: identity"),
    Forgery("role-deleted", OPENING, "DELETE FROM staff_role WHERE person = 1", "on record"),
    Forgery("role-replaced", OPENING,
            insert("staff_role", "INSERT OR REPLACE", person=F1, role="facilitator",
                   prepared_at=NOON), "already there", (STAFF.format(f"ended_at = {NOON}"),)),
)  # fmt: skip

SESSIONS = (
    *(Forgery(f"session-inserted-as-{state}", SIGNING, insert("session", **planned(state=state)),
              "begins planned") for state in ("checking", "open", "stopped")),
    Forgery("session-replaced", OPEN, insert("session", "INSERT OR REPLACE", **planned(id=1)),
            "already there"),
    Forgery("session-deleted", OPEN, "DELETE FROM session", "stays on record"),
    Forgery("session-renumbered", OPEN, session("id = 9"), "identity"),
    Forgery("opened-from-planned", SIGNING, OPENS, "session: no such|opening: ",
            (*HALTED, session("state = 'planned'"))),
    Forgery("opened-from-stopped", SIGNING, OPENS, "session: no such|opening: ", HALTED),
    Forgery("opened-from-closed", OPENING, OPENS, "no such move",
            (opening(), session("state = 'closed'"))),
    Forgery("opened-from-cancelled", OPENING, OPENS, "no such move",
            (opening(), session("state = 'cancelled'"))),
    Forgery("opened-without-signatures", SIGNING, OPENS, "undecided", (opening(),)),
    Forgery("opened-while-somebody-is-undecided", OPENING, OPENS, "undecided",
            (check("state = 'waiting', epoch = 2", P4), opening())),
    Forgery("opened-with-nobody-admitted", OPENING, OPENS, "nobody is admitted",
            (check("state = 'absent', epoch = 2", P3), check("state = 'absent', epoch = 2", P4),
             opening())),
    Forgery("opened-without-an-opening", OPENING, OPENS, "unsigned"),
    Forgery("opened-without-counting", OPENING, session("state = 'open'"), "unsigned",
            (opening(),)),
    Forgery("opened-by-another-sessions-opening", OPENING, OPENS, "unsigned",
            (opening(session=2, by=F5),)),
    Forgery("opened-on-another-schedule", OPEN, session("schedule = 2"), "asks everybody anew"),
    Forgery("opened-before-the-window", OPENING, OPENS, "unsigned",
            (opening(at=START - 901),)),
    Forgery("opened-after-the-end", OPENING, OPENS, "unsigned", (opening(at=END),)),
    Forgery("opened-with-stale-sign-offs", OPENING, OPENS, "without a live sign-off",
            (opening(at=NOON + 3601),)),
    Forgery("opened-before-the-sign-offs", OPENING, OPENS, "without a live sign-off",
            (check("state = 'ready', epoch = 2"), *asked_anew()[1:],
             sign_off(epoch=2, at=OPENED_AT + 1), check("state = 'admitted'"), opening())),
    Forgery("opened-without-a-link", OPENING, OPENS, "no link",
            (session("link_ready = 0"), opening())),
    Forgery("opened-with-a-null-for-a-link", OPENING,
            session("state = 'open', opening = 1, link_ready = NULL", verb="UPDATE OR REPLACE"),
            "no link", (opening(),)),
    Forgery("opened-with-a-recalled-revision", OPENING, OPENS, "without a live sign-off",
            (opening(), RECALLED)),
    *(Forgery(f"opened-with-{name}", OPENING, OPENS, "without a live sign-off",
              (opening(), first)) for name, first in STANDING.items()),
    *(Forgery(f"opened-with-a-signer-{name}", OPENING, OPENS, "without a live sign-off",
              (opening(by=F2), first)) for name, first in SIGNER.items()),
    *(Forgery(f"opened-by-a-facilitator-{name}", OPENING, OPENS, "unsigned", (opening(), first))
      for name, first in SIGNER.items()),
    *(Forgery(f"opening-by-a-facilitator-{name}", OPENING, opening(), "not by a facilitator",
              (first,)) for name, first in SIGNER.items()),
    Forgery("opening-by-a-participant", OPENING, opening(by=P3), "not by a facilitator"),
    Forgery("opening-by-nobody", OPENING, opening(by=NOBODY), "not by a facilitator"),
    Forgery("opening-by-a-facilitator-elsewhere", OPENING, opening(by=F5), "not by a facilitator"),
    Forgery("opening-twice", OPEN, opening(number=2), "not while checking"),
    Forgery("opening-in-advance", OPENING, opening(number=2), "in advance", (opening(),)),
    Forgery("opening-replaced", OPENING, opening("INSERT OR REPLACE"), "out of order",
            (opening(),)),
    Forgery("opening-with-a-null", OPENING, opening(digest=None), "NOT NULL"),
    Forgery("opening-moved-into-the-window", OPENING, f"UPDATE opening SET at = {OPENED_AT}",
            "append", (opening(at=NOON),)),
    Forgery("opening-deleted", OPEN, "DELETE FROM opening", "append"),
    Forgery("opening-counted-alone", OPENING, session("opening = 1"), "counter"),
    Forgery("opening-counter-nulled", OPEN, session("opening = NULL", verb="UPDATE OR REPLACE"),
            "counter"),
    Forgery("start-moved-while-signed", OPENING, session(f"starts_at = {START + 60}"), "schedule"),
    Forgery("start-moved-while-open", OPEN, session(f"starts_at = {START + 60}, schedule = 2"),
            "schedule"),
    Forgery("end-moved", OPEN, session(f"ends_at = {END + 60}"), "schedule"),
    Forgery("start-moved-with-answers", SIGNING,
            session(f"state = 'planned', starts_at = {START + 60}, schedule = 2"), "anew"),
    Forgery("start-moved-with-a-null-schedule", SIGNING,
            session(f"starts_at = {START + 60}, schedule = NULL", verb="UPDATE OR REPLACE"),
            "schedule", (*HALTED, session("state = 'planned'"))),
    Forgery("schedule-lowered", SIGNING, session("schedule = 1"), "schedule only rises",
            (*HALTED, session("schedule = 2"))),
    Forgery("schedule-nulled", SIGNING, session("schedule = NULL", verb="UPDATE OR REPLACE"),
            "schedule only rises", (*HALTED, session("schedule = 2"))),
    *(Forgery(f"limit-widened-{name}", OPENING, session(f"{name} = {value}"), "limits are fixed")
      for name, value in {"sign_off": 7200, "credential": 3600, "rejoin": 1800,
                          "open_before": 3600, "cap": 8}.items()),
    Forgery("version-repeated", OPENING, "UPDATE session SET name = 'Other' WHERE id = 1",
            "one version"),
    Forgery("version-nulled", OPENING,
            "UPDATE OR REPLACE session SET version = NULL WHERE id = 1", "one version"),
    Forgery("stopped-with-somebody-in", OPEN, session("state = 'stopped'"), "nobody in"),
    Forgery("stopped-with-answers-kept", SIGNING, session("state = 'stopped'"), "nobody in"),
    Forgery("closed-with-a-live-credential", JOINED, session("state = 'closed'"), "end with it"),
    Forgery("roster-deleted-to-begin-again", SIGNING, 'DELETE FROM "check" WHERE person = 3',
            "stays on record", (*HALTED, session("state = 'planned'"))),
)  # fmt: skip

CREDENTIALS = (
    Forgery("credential-before-opening", OPENING, credential(), "not open"),
    Forgery("credential-after-the-close", OPEN, credential(), "not open",
            (session("state = 'closed'"),)),
    Forgery("credential-after-a-stop", OPEN, credential(), "not open", HALTED),
    Forgery("credential-older-than-the-opening", OPEN, credential(minted_at=OPENED_AT - 1,
            expires_at=OPENED_AT + 60), "not open"),
    Forgery("credential-beyond-the-end", OPEN, credential(minted_at=END - 60, expires_at=END + 1),
            "not open"),
    Forgery("credential-that-lasts-too-long", OPEN, credential(expires_at=START + 601),
            "not open"),
    Forgery("credential-without-a-link", OPEN, credential(), "not open",
            (session("link_ready = 0"),)),
    Forgery("credential-without-a-sign-off", OPEN, credential(epoch=2), "live sign-off",
            (check("state = 'ready', epoch = 2"),)),
    Forgery("credential-of-an-old-epoch", OPEN, credential(), "live sign-off",
            (check("state = 'ready', epoch = 2"),)),
    Forgery("credential-of-another-person", OPEN, credential(person=P6), "live sign-off"),
    Forgery("credential-of-another-session", OPEN, credential(session=2, person=P6), "not open"),
    Forgery("credential-of-somebody-turned-away", OPEN, credential(epoch=2), "live sign-off",
            (check("state = 'ready', epoch = 2"),
             sign_off(epoch=2, outcome="turn_away", destination="another_day"),
             check("state = 'turned_away'"))),
    Forgery("credential-on-a-stale-sign-off", OPEN,
            credential(minted_at=NOON + 3601, expires_at=NOON + 3661), "live sign-off"),
    Forgery("credential-on-a-recalled-revision", OPEN, credential(), "live sign-off", (RECALLED,)),
    *(Forgery(f"credential-with-{name}", OPEN, credential(), "live sign-off", (first,))
      for name, first in STANDING.items()),
    *(Forgery(f"credential-with-a-signer-{name}", OPEN, credential(), "live sign-off", (first,))
      for name, first in SIGNER.items()),
    *(Forgery(f"credential-with-null-{name}", OPEN, credential(**{name: None}), "credential|NULL")
      for name in ("session", "person", "epoch", "number", "minted_at", "expires_at")),
    Forgery("credential-of-who-answered-alone-handed-out", OPEN, credential(handed_to=F1),
            "for somebody else"),
    *(Forgery(f"credential-of-who-was-helped-for-{name}", OPEN,
              credential(epoch=2, handed_to=person), "for somebody else", HELPED_IN)
      for name, person in {"themselves": None, "their-own-number": P3, "another-participant": P4,
                           "a-colleague": F2, "a-facilitator-elsewhere": F5}.items()),
    *(Forgery(f"credential-without-a-chat-for-{name}", OPEN, credential(handed_to=person),
              "for somebody else", (WITHOUT_CHAT,))
      for name, person in {"themselves": None, "a-colleague": F2}.items()),
    Forgery("credential-of-who-was-helped-before", OPEN, credential(epoch=3, handed_to=F1),
            "for somebody else",
            (*HELPED_IN, *(one.replace("epoch = 2", "epoch = 3").replace("person, 2,", "person, 3,")
                           for one in asked_anew(answered="epoch = 1", observed="epoch = 1")),
             sign_off(epoch=3),
             check("state = 'admitted'"))),
    Forgery("credential-handed-on", OPEN,
            f"UPDATE credential SET ended_at = {START + 1}, handed_to = 2", "for somebody else",
            (*HELPED_IN, credential(epoch=2, handed_to=F1))),
    Forgery("credential-twice", JOINED, credential(), "already there"),
    Forgery("credential-beside-a-live-one", JOINED, credential(number=2), "one is live",
            (CONFIRMED,)),
    Forgery("credential-replaced", JOINED, credential("INSERT OR REPLACE"), "already there"),
    Forgery("credential-upserted", JOINED,
            credential() + " ON CONFLICT DO UPDATE SET expires_at = excluded.expires_at + 60",
            "already there"),
    Forgery("credential-again-unconfirmed", JOINED, credential(number=2), "not confirmed",
            (ENDED,)),
    Forgery("credential-again-confirmed-too-long-ago", JOINED,
            credential(number=2, minted_at=START + 901, expires_at=START + 960), "not confirmed",
            (ENDED, CONFIRMED)),
    Forgery("credential-again-confirmed-later", JOINED, credential(number=2), "not confirmed",
            (ENDED, CONFIRMED)),
    Forgery("credential-a-third-time", JOINED, credential(number=3, minted_at=START + 400),
            "CHECK",
            (ENDED, CONFIRMED, credential(number=2, minted_at=START + 300), ENDED
             + " WHERE number = 2")),
    Forgery("credential-out-of-order", OPEN, credential(number=2), "out of order", (CONFIRMED,)),
    Forgery("credential-already-ended", OPEN, credential(ended_at=START + 1), "out of order"),
    Forgery("credential-of-somebody-who-left", OPEN, credential(), "they have left",
            (check(f"checked_out_at = {START}"),)),
    Forgery("leaving-undone", OPEN, check("checked_out_at = NULL"), "leaving",
            (check(f"checked_out_at = {START}"),)),
    Forgery("credential-brought-back", JOINED, "UPDATE credential SET ended_at = NULL", "only end",
            (ENDED,)),
    Forgery("credential-prolonged", JOINED, "UPDATE credential SET expires_at = expires_at + 60",
            "only end"),
    Forgery("credential-prolonged-while-ending", JOINED,
            f"UPDATE credential SET ended_at = {START}, expires_at = expires_at + 60", "only end"),
    Forgery("credential-passed-on", JOINED,
            f"UPDATE OR REPLACE credential SET ended_at = {START}, person = 4", "only end"),
    Forgery("credential-deleted", JOINED, "DELETE FROM credential", "append"),
    Forgery("epoch-raised-under-a-live-credential", JOINED, check("epoch = 2, state = 'ready'"),
            "end with their epoch"),
)  # fmt: skip

CODES = (
    Forgery("sign-off-without-a-code", UNPROVED, sign_off(), "entered no code"),
    Forgery("sign-off-before-the-code", PROVED, sign_off(at=NOON - 1), "entered no code"),
    Forgery("sign-off-on-a-colleagues-code", PROVED, sign_off(by=F2), "entered no code",
            (SEEN_BY_F2,)),
    Forgery("sign-off-after-the-code-was-forgotten", PROVED, sign_off(), "entered no code",
            (proof(None),)),
    Forgery("opening-on-a-colleagues-code", PROVED_OPENING, opening(by=F2), "entered no code"),
    Forgery("opening-before-the-code", PROVED_OPENING, opening(at=NOON - 1), "entered no code"),
    Forgery("code-asked-no-more", UNPROVED, session("second_factor = 0"), "limits are fixed"),
    Forgery("code-asked-after-all", SIGNING, session("second_factor = 1"), "limits are fixed"),
    Forgery("code-asked-by-a-null", UNPROVED,
            session("second_factor = NULL", verb="UPDATE OR REPLACE"), "NOT NULL"),
    Forgery("proof-without-an-authenticator", UNPROVED, proof(NOON, F2), "without a code"),
    Forgery("proof-with-an-unconfirmed-one", UNPROVED, proof(NOON, F2), "without a code",
            (new_authenticator(),)),
    Forgery("proof-with-a-locked-one", UNPROVED, proof(NOON), "without a code", (LOCKED,)),
    Forgery("proof-before-the-code", UNPROVED, proof(NOON - 31), "without a code"),
    Forgery("proof-long-after-the-code", UNPROVED, proof(NOON + 60), "without a code"),
    Forgery("proof-where-none-is-asked", SIGNING, proof(NOON), "not asked for"),
    *(Forgery(f"proof-of-a-session-that-is-{state}", UNPROVED, proof(NOON), "not asked for",
              (session(f"state = '{state}'"),)) for state in ("closed", "cancelled")),
    *(Forgery(f"proof-by-a-facilitator-{name}", UNPROVED, proof(NOON), "not of a facilitator",
              (first,)) for name, first in SIGNER.items()),
    Forgery("proof-made-older", PROVED, proof(NOON - 1), "there is one"),
    Forgery("facilitator-inserted-with-a-proof", UNPROVED,
            insert("session_facilitator", session=1, person=F5, proved_at=NOON),
            "begins without a code"),
    Forgery("authenticator-inserted-as-confirmed", UNPROVED,
            new_authenticator(shown_until=None, confirmed_at=NOON), "begins unconfirmed"),
    Forgery("authenticator-inserted-with-a-code", UNPROVED, new_authenticator(last_step=9),
            "begins unconfirmed"),
    Forgery("authenticator-inserted-with-a-wrong-code", UNPROVED, new_authenticator(wrong=1),
            "begins unconfirmed"),
    Forgery("authenticator-replaced", UNPROVED, new_authenticator("INSERT OR REPLACE", person=F1),
            "already there"),
    Forgery("authenticator-passed-on", UNPROVED, authenticator("person = 2"), "identity"),
    Forgery("authenticator-with-another-secret", UNPROVED, authenticator("secret = x'00'"),
            "confirmed for good"),
    Forgery("authenticator-confirmed-without-a-code", UNPROVED,
            authenticator(f"confirmed_at = {NOON}, shown_until = NULL", F2), "without a code",
            (new_authenticator(),)),
    Forgery("authenticator-confirmed-and-shown", UNPROVED,
            authenticator(f"shown_until = {NOON + 600}"), "CHECK"),
    Forgery("authenticator-unlocked", UNPROVED, authenticator("wrong = 0, locked_at = NULL"),
            "authenticator: locked", (LOCKED,)),
    Forgery("authenticator-used-while-locked", UNPROVED, authenticator("last_step = last_step + 1"),
            "authenticator: locked", (LOCKED,)),
    Forgery("authenticator-locked-uncounted", UNPROVED, authenticator(f"locked_at = {NOON}"),
            "CHECK"),
    Forgery("authenticator-with-a-sixth-try", UNPROVED, authenticator("wrong = 6"), "CHECK",
            (LOCKED,)),
    Forgery("fifth-wrong-code-without-a-lock", UNPROVED, authenticator("wrong = 5"), "CHECK"),
    Forgery("wrong-codes-forgotten", UNPROVED, authenticator("wrong = 0"), "without a code",
            (authenticator("wrong = 4"),)),
    Forgery("wrong-codes-nulled", UNPROVED, authenticator("wrong = NULL", verb="UPDATE OR REPLACE"),
            "NOT NULL", (authenticator("wrong = 4"),)),
    Forgery("code-used-again", UNPROVED, authenticator("last_step = last_step - 1"), "used once"),
    Forgery("codes-used-nulled", UNPROVED,
            authenticator("last_step = NULL", verb="UPDATE OR REPLACE"), "used once"),
    Forgery("authenticator-reset-off-the-record", UNPROVED, "DELETE FROM authenticator",
            "reset on record"),
    Forgery("authenticator-reset-on-a-colleagues-row", UNPROVED,
            "DELETE FROM authenticator WHERE person = 2", "reset on record",
            (new_authenticator(), RESET_ON_RECORD)),
    Forgery("pad-with-a-seventh-digit", UNPROVED,
            insert("pad", person=F1, number=1, digits=bytes(35), until=NOON + 300), "CHECK"),
)  # fmt: skip

RECORDS = (
    Forgery("revision-rewritten", SIGNING, "UPDATE revision SET body = '{}'", "only be recalled"),
    Forgery("revision-rewritten-while-recalled", SIGNING,
            f"UPDATE revision SET recalled_at = {NOON}, body = '{{}}'", "only be recalled"),
    Forgery("revision-brought-back", SIGNING, "UPDATE revision SET recalled_at = NULL",
            "only be recalled", (RECALLED,)),
    Forgery("revision-deleted", SIGNING, "DELETE FROM revision", "append"),
    Forgery("revision-replaced", SIGNING,
            "INSERT OR REPLACE INTO revision SELECT id, flow, locale, '{}', created_at, NULL"
            " FROM revision", "already there"),
    Forgery("item-removed", SIGNING, "DELETE FROM revision_item WHERE item = 'sober'", "append"),
    Forgery("item-unobserved", SIGNING, "UPDATE revision_item SET observed = 0", "append"),
    Forgery("item-replaced", SIGNING,
            "INSERT OR REPLACE INTO revision_item SELECT revision, item, 0 FROM revision_item",
            "already there"),
    Forgery("a-fifth-non-negotiable", SIGNING, insert("non_negotiable", item="camera"), "four"),
    Forgery("a-non-negotiable-removed", SIGNING,
            "DELETE FROM non_negotiable WHERE item = 'own-device'", "four"),
    Forgery("a-non-negotiable-renamed", SIGNING,
            "UPDATE non_negotiable SET item = 'camera' WHERE item = 'own-device'", "four"),
    Forgery("audit-with-a-gap", SIGNING, insert("audit", **entered(4, bytes(32))), "audit/gap"),
    Forgery("audit-without-a-number", SIGNING, insert("audit", **entered(None, bytes(32))),
            "audit/gap"),
    Forgery("audit-off-the-chain", SIGNING, insert("audit", **entered(3, bytes(32))),
            "audit/chain"),
    Forgery("audit-replaced", SIGNING,
            insert("audit", "INSERT OR REPLACE", **entered(2, bytes(32))), "audit/gap"),
    Forgery("audit-updated", SIGNING, "UPDATE audit SET outcome = 'held'", "append-only"),
    Forgery("audit-deleted", SIGNING, "DELETE FROM audit WHERE seq = 2", "append-only"),
    Forgery("clock-set-back", SIGNING, f"UPDATE clock SET now = {NOON - 1}", "backwards"),
    Forgery("clock-replaced", SIGNING, insert("clock", "INSERT OR REPLACE", id=1, now=0), "clock"),
    Forgery("clock-deleted", SIGNING, "DELETE FROM clock", "clock"),
    Forgery("used-link-forgotten", SIGNING, "DELETE FROM used_link", "append"),
    Forgery("used-link-renamed", SIGNING, "UPDATE used_link SET fingerprint = x'00'", "append"),
)  # fmt: skip

FORGERIES = (*SIGNATURES, *CHECKS, *SESSIONS, *CREDENTIALS, *CODES, *RECORDS)

HONEST = {
    "sign-off": (SIGNING, (sign_off(), check("state = 'admitted'"))),
    "sign-off-by-the-colleague-who-observed": (
        SIGNING,
        (
            *(observation(item=item, by=F2, number=1, seen=1) for item in NON_NEGOTIABLES),
            sign_off(by=F2),
        ),
    ),
    "sign-off-in-a-new-epoch": (SIGNING, (*asked_anew(), sign_off(epoch=2))),
    "observation-taken-back-and-seen-again": (
        SIGNING,
        (observation(), observation(number=3, seen=1), sign_off()),
    ),
    "turning-away": (
        SIGNING,
        (sign_off(outcome="turn_away", destination="in_person"), check("state = 'turned_away'")),
    ),
    "stop-and-again": (SIGNING, (*HALTED, session("state = 'checking'"))),
    "move": (
        SIGNING,
        (
            *HALTED,
            check("state = 'waiting', epoch = 3", P3),
            check("state = 'waiting', epoch = 3", P4),
            session(f"state = 'planned', starts_at = {START + 60}, schedule = 2"),
        ),
    ),
    "opening": (OPENING, OPENED),
    "opening-without-somebody-absent": (
        OPENING,
        (check("state = 'absent', epoch = 2", P4), *OPENED),
    ),
    "opening-at-the-last-instant-of-the-sign-offs": (OPENING, (opening(at=NOON + 3600), OPENS)),
    "facilitator-off-after-taking-back": (
        OPENING,
        (
            check("state = 'ready', epoch = 2", P3),
            check("state = 'ready', epoch = 2", P4),
            OFF_THE_SESSION,
            "UPDATE session_facilitator SET active = 1 WHERE session = 1 AND person = 1",
        ),
    ),
    "credential": (OPEN, (credential(), credential(person=P4))),
    "credential-of-who-was-helped": (OPEN, (*HELPED_IN, credential(epoch=2, handed_to=F1))),
    "credential-without-a-chat": (OPEN, (WITHOUT_CHAT, credential(handed_to=F1))),
    "told-answer-carried-over": (SIGNING, (*told(by=F2), F2_OFF, check("epoch = 3"), carried())),
    "coming-back": (JOINED, (ENDED, CONFIRMED, credential(number=2, minted_at=START + 300))),
    "close": (JOINED, (ENDED, session("state = 'closed'"))),
    "recall": (SIGNING, (RECALLED,)),
    "opening-after-two-sign-offs": (
        SIGNED_TWICE,
        (opening(), OPENS),
    ),
    "turning-away-after-a-first-sign-off": (
        SIGNED_ONCE,
        (
            sign_off(place=2, by=F2, outcome="turn_away", destination="in_person"),
            check("state = 'turned_away'"),
        ),
    ),
    "absence-after-a-first-sign-off": (SIGNED_ONCE, (check("state = 'absent'"),)),
    "sign-off-after-a-code": (PROVED, (sign_off(), check("state = 'admitted'"))),
    "turning-away-without-a-code": (
        UNPROVED,
        (sign_off(outcome="turn_away", destination="in_person"), check("state = 'turned_away'")),
    ),
    "opening-after-a-code": (PROVED_OPENING, OPENED),
    "proof-at-the-last-second-of-its-code": (UNPROVED, (proof(NOON + 59),)),
    "proof-at-the-first-second-of-its-code": (
        UNPROVED,
        (authenticator("last_step = last_step + 1"), proof(NOON)),
    ),
    "proof-forgotten-and-made-anew": (PROVED, (proof(None), proof(NOON + 1))),
    "lock-and-reset-on-record": (
        UNPROVED,
        (LOCKED, RESET_ON_RECORD, "DELETE FROM authenticator", new_authenticator(person=F1)),
    ),
    "clock": (SIGNING, (f"UPDATE clock SET now = {NOON + 1}",)),
    "session": (SIGNING, (insert("session", **planned()),)),
}


# The honest database ------------------------------------------------------------------------------


async def build_for_one_signer(folder):
    """Play two sessions' evenings, and keep a copy of the database at each place."""
    store = await open_store(folder)
    try:
        evening = await Evening(store).prepare()
        await other_session(store)
        await store.transact(make_records)
        await evening.start()
        for person in evening.people:
            await evening.answer_all(person)
            await evening.observe_all(F1, person)
        await evening.paste(F1)
        keep(folder, SIGNING)
        for person in evening.people:
            await evening.happen(e.PersonClaimed(F1, person))
            assert not (await evening.sign(F1, person)).refusal
        keep(folder, OPENING)
        evening.now = OPENED_AT
        assert not (await evening.open(F1)).refusal
        keep(folder, OPEN)
        evening.now = START
        assert not (await evening.join(P3)).refusal
        keep(folder, JOINED)
    finally:
        await store.close()


async def build_for_two_signers(folder):
    """Play an evening of a programme where two sign, and keep copies of the database."""
    store = await open_store(folder)
    try:
        evening = await Evening(store, Rules(signers=2)).prepare()
        await other_session(store)
        await evening.start()
        await evening.paste(F1)
        for person in evening.people:
            await evening.answer_all(person)
            for signer in (F1, F2):
                await evening.observe_all(signer, person)
                await evening.happen(e.DeskLeft(signer, person))
        for signer, place in ((F1, SIGNED_ONCE), (F2, SIGNED_TWICE)):
            for person in evening.people:
                await evening.happen(e.PersonClaimed(signer, person))
                assert not (await evening.sign(signer, person)).refusal
            keep(folder, place)
            evening.now += 120
    finally:
        await store.close()


async def build_with_codes(folder):
    """Play an evening of a programme that asks for codes, and keep copies of the database."""
    store = await open_store(folder)
    try:
        evening = await Evening(store, Rules(second_factor=True)).prepare()
        await other_session(store)
        await store.transact(make_records)
        await evening.start()
        for person in evening.people:
            await evening.answer_all(person)
            await evening.observe_all(F1, person)
        await evening.paste(F1)
        await evening.enter_code(F1)
        keep(folder, UNPROVED)
        assert not (await evening.prove(F1)).refusal
        keep(folder, PROVED)
        for person in evening.people:
            await evening.happen(e.PersonClaimed(F1, person))
            assert not (await evening.sign(F1, person)).refusal
        keep(folder, PROVED_OPENING)
    finally:
        await store.close()


async def build_with_a_check_room(folder):
    """Play two sessions of a programme with a check room, and keep copies of the database."""
    store = await open_store(folder)
    try:
        evening = await Evening(store, Rules(check_room=True)).prepare()
        other = await another_session(store, Rules(check_room=True))
        for one in (evening, other):
            await one.start()
            for person in one.people:
                await one.answer_all(person)
        other.links = 100
        assert not (await other.call_in(F5, P6)).refusal
        keep(folder, CALLING)
        evening.now += 60
        assert not (await evening.call_in(F1, P3)).refusal
        keep(folder, CALLED)
    finally:
        await store.close()


async def build_with_a_check_room_and_codes(folder):
    """Play a session with a check room that asks for codes, and one elsewhere that asks none."""
    store = await open_store(folder)
    try:
        evening = await Evening(store, Rules(check_room=True, second_factor=True)).prepare()
        other = await another_session(store, Rules(check_room=True))
        for one in (evening, other):
            await one.start()
            for person in one.people:
                await one.answer_all(person)
        assert not (await evening.prove(F1)).refusal
        keep(folder, PROVED_CALLING)
        evening.now += 60
        assert not (await evening.call_in(F1, P3)).refusal
        keep(folder, PROVED_CALLED)
    finally:
        await store.close()


async def other_session(store):
    """Play another session up to its sign-offs: other people and P3, F5 and F1."""
    other = await another_session(store, Rules())
    await other.start()
    for person in other.people:
        await other.admit(F5, person)


async def another_session(store, rules):
    """Plan another session: other people and P3, F5 and F1."""
    other = Evening(store)

    def seed(tx):
        other.staff = [enrol_staff(tx, 300, "F5")]
        other.people = [enrol_participant(tx, 400 + n, f"P{n}") for n in (6, 7)]
        other.people.append(P3)
        other.session_id = plan(tx, [*other.staff, F1], other.people, rules)

    await store.transact(seed)
    assert (other.staff, other.people) == ([F5], [P6, P7, P3])
    return other


def make_records(tx):
    for kind in ("person/enrolled", "session/planned"):
        audit.append(tx, audit.AuditRow(at=NOON, kind=kind, outcome="done"))
    tx.db.execute("UPDATE clock SET now = ?", (NOON,))


def keep(folder, place):
    source = sqlite3.connect(folder / "vestibule.sqlite3")
    copy = sqlite3.connect(folder / place)
    with closing(source), closing(copy):
        source.backup(copy)
        # A database in memory has no log to write ahead.
        copy.execute("PRAGMA journal_mode = DELETE")


async def build_places(folder):
    """Leave nothing but the database of each place in the folder."""
    builds = (build_for_one_signer, build_for_two_signers, build_with_codes)
    for build in (*builds, build_with_a_check_room, build_with_a_check_room_and_codes):
        await build(folder)
        for file in folder.glob("*.sqlite3*"):
            file.unlink()


@pytest.fixture(scope="session")
def places(tmp_path_factory, worker_id):
    """Build the places once a run: the first worker that needs them does, the others wait."""
    run = tmp_path_factory.getbasetemp()
    run = run if worker_id == "master" else run.parent
    folder = run / "honest"
    with (run / "honest.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            making = tmp_path_factory.mktemp("honest")
            asyncio.run(build_places(making))
            making.rename(folder)
    return folder


SETTINGS = {"guarded": "ON", "unguarded": "OFF"}


@pytest.fixture(params=SETTINGS.values(), ids=SETTINGS)
def attack(request, places):
    """Open a connection of one's own on a copy of the database at a place."""
    opened = []

    def connect(place):
        db = sqlite3.connect(":memory:", isolation_level=None)
        opened.append(db)
        db.deserialize((places / place).read_bytes())
        db.execute(f"PRAGMA foreign_keys = {request.param}")
        db.execute(f"PRAGMA recursive_triggers = {request.param}")
        return db

    yield connect
    for db in opened:
        db.close()


def contents(db):
    tables = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    return {name: db.execute(f'SELECT * FROM "{name}"').fetchall() for name in tables}


def refuse(db, forgery):
    """Try the forgery, and insist that it is refused for its reason and changes nothing."""
    take(db, forgery.first)
    before = contents(db)
    attempt(db, forgery)
    assert contents(db) == before


def attempt(db, forgery):
    """Insist that what is forged is refused for its reason."""
    with pytest.raises(sqlite3.IntegrityError, match=forgery.refused):
        db.execute(forgery.sql)


def take(db, statements):
    """Insist that each of the statements is taken."""
    for statement in statements:
        assert db.execute(statement).rowcount, statement


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda forgery: forgery.name)
def test_forgery(attack, forgery):
    """The schema alone refuses it, for the reason given, and nothing is changed."""
    refuse(attack(forgery.place), forgery)


@pytest.mark.parametrize("name", HONEST)
def test_honest_act(attack, name):
    """The same statements with the truth in them are taken: not everything is refused."""
    place, statements = HONEST[name]
    take(attack(place), statements)


def test_names_are_unique():
    """Each forgery has a name of its own, and there are more than enough of them."""
    names = {forgery.name for forgery in FORGERIES}
    assert len(names) == len(FORGERIES)
    assert len(names) >= 36
