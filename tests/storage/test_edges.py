"""Each condition of the third lock by itself: what lies next to an honest act is refused.

A refusal that looks at the wrong session, person, epoch, item or signer is noticed only where
those beside it are as they should be. So here they are, and one thing is missing; or one thing is
missing beside somebody who lacks nothing.
"""

import pytest

from flows.flow import NON_NEGOTIABLES
from flows.machines import SESSION_TABLE
from tests.honest import END, NOON, START
from tests.storage import test_forgeries as forgeries
from tests.storage.test_forgeries import (
    CONFIRMED,
    ENDED,
    F1,
    F2,
    F2_OFF,
    F5,
    HALTED,
    JOINED,
    NOBODY,
    OFF_THE_SESSION,
    OPEN,
    OPENED,
    OPENED_AT,
    OPENING,
    OPENS,
    P3,
    P4,
    P6,
    P7,
    PROVED,
    PROVED_OPENING,
    RECALLED,
    RESET_ON_RECORD,
    SEEN_BY_F2,
    SIGNED_ONCE,
    SIGNED_TWICE,
    SIGNING,
    STAFF,
    UNPROVED,
    WITHOUT_CHAT,
    Forgery,
    answer,
    authenticator,
    check,
    credential,
    insert,
    new_authenticator,
    observation,
    opening,
    planned,
    proof,
    recorded,
    refuse,
    session,
    sign_off,
    take,
    told,
)

places, attack = forgeries.places, forgeries.attack

# The statements -----------------------------------------------------------------------------------

OTHER, STRICTER = "b" * 64, "c" * 64
"""Revisions: one asks about the camera alone, and observes it; on the other nobody runs."""
AWAY = {"outcome": "turn_away", "destination": "in_person"}
ADMITTED = check("state = 'admitted'")
BACK = "UPDATE session_facilitator SET active = 1 WHERE session = 1 AND person = 1"


def elsewhere(changes, number=2, person=P3):
    return f'UPDATE "check" SET {changes} WHERE session = {number} AND person = {person}'


def copied(number, person, epoch, *, answered="1", observed="1", at="at"):
    """Carry answers and observations over into an epoch, those that the conditions choose."""
    of = f"session = {number} AND person = {person} AND epoch = 1"
    return (
        (
            f'INSERT INTO answer SELECT session, person, {epoch}, item, value, "by", {at}, 0'
            f" FROM answer WHERE {of} AND ({answered})"
        ),
        (
            f'INSERT INTO observation SELECT session, person, {epoch}, item, "by", number, seen, at'
            f" FROM observation WHERE {of} AND ({observed})"
        ),
    )


def anew(number=1, person=P3, epoch=2, **chosen):
    ready = elsewhere(f"epoch = {epoch}, state = 'ready'", number, person)
    return (ready, *copied(number, person, epoch, **chosen))


def signed_anew(epoch=2, **changed):
    """Sign P3 in, in a later epoch."""
    return (*anew(epoch=epoch), sign_off(epoch=epoch, **changed), ADMITTED)


def questions(revision, item):
    row = {"id": revision, "flow": "environment", "locale": "nb", "body": "{}", "created_at": NOON}
    return (
        insert("revision", **row),
        insert("revision_item", revision=revision, item=item, observed=1),
    )


ASKED_OTHERWISE = f"epoch = 2, state = 'ready', revision = '{OTHER}'"


def beside(**chosen):
    """Ask P3 on the other revision; P3 earlier and elsewhere, P4, and F2 lack nothing."""
    camera = {"item": "camera", "number": 1, "seen": 1}
    return (
        *questions(OTHER, "camera"),
        observation(**camera),
        *anew(person=P4),
        observation(person=P4, epoch=2, **camera),
        *anew(number=2),
        *(observation(session=2, epoch=2, **{**camera, "item": item})
          for item in (*NON_NEGOTIABLES, "camera")),
        check(ASKED_OTHERWISE),
        *(observation(epoch=2, by=F2, **{**camera, "item": item})
          for item in (*NON_NEGOTIABLES, "camera")),
        *copied(1, P3, 2, **chosen),
    )  # fmt: skip


def on_the_roster(number, person):
    return insert("check", session=number, person=person, state="waiting", epoch=1)


def asked(number, person):
    """Begin the questions, and answer one."""
    revision = "(SELECT id FROM revision WHERE locale = 'en')"
    return (
        elsewhere(f"state = 'asking', revision = {revision}", number, person),
        answer(session=number, person=person, by=person),
    )


def another(**changed):
    return insert("session", **planned(**{"id": 9, **changed}))


ALONE = {"kind": "one_to_one", "cap": 1}
ONE_TO_ONE_ONLY = (
    another(**ALONE),
    on_the_roster(9, P3),
    "UPDATE clearance SET decision = 'one_to_one_only' WHERE person = 3",
)
READY_ALONE = (
    another(**ALONE),
    insert("session_facilitator", session=9, person=F1),
    on_the_roster(9, P6),
    "DELETE FROM intake WHERE person = 6",
    "UPDATE clearance SET decision = 'one_to_one_only' WHERE person = 6",
    session("state = 'checking'", 9),
    elsewhere("state = 'ready', revision = (SELECT id FROM revision WHERE locale = 'en')", 9, P6),
    (
        'INSERT INTO answer SELECT 9, person, 1, item, value, "by", at, 0 FROM answer'
        " WHERE session = 2 AND person = 6"
    ),
    (
        "INSERT INTO observation SELECT 9, person, 1, item, 1, number, seen, at FROM observation"
        " WHERE session = 2 AND person = 6"
    ),
)
ONE_TO_ONE = (
    *READY_ALONE,
    sign_off(session=9, person=P6),
    elsewhere("state = 'admitted'", 9, P6),
    elsewhere("ready_at = 0", 9, P6),
    session("link_ready = 1", 9),
    opening(session=9),
    session("state = 'open', opening = 1", 9),
    credential(session=9, person=P6),
)
"""A one-to-one talk, cleared for that alone and without an intake, from its plan to the way in."""

STOPPED_AND_READY = (
    check("state = 'stopped', epoch = 2"),
    check("state = 'absent', epoch = 2", P4),
    session("state = 'stopped'"),
    session("state = 'checking'"),
    check("state = 'ready'"),
    *copied(1, P3, 2),
    sign_off(epoch=2),
    ADMITTED,
)
"""An open session is stopped, and P3 is signed in again."""
OPENS_AGAIN = session("state = 'open', opening = 2")
STOPPED_ONCE_MORE = (
    check("state = 'stopped', epoch = 3"),
    session("state = 'stopped'"),
    session("state = 'checking'"),
    check("state = 'ready'"),
    *copied(1, P3, 3),
    sign_off(epoch=3),
    ADMITTED,
)
OPEN_ELSEWHERE = (
    session("link_ready = 1", 2),
    opening(session=2, by=F5),
    session("state = 'open', opening = 1", 2),
)
UNASKED = (
    another(),
    insert("session_facilitator", session=9, person=F1),
    on_the_roster(9, P6),
    on_the_roster(9, P7),
    session("state = 'checking'", 9),
)
"""Another session whose checks have begun; nobody there has answered yet."""
PLANNED_AGAIN = session("state = 'planned'", 9)

WITHOUT_CHAT_4 = "UPDATE person SET chat = NULL, chat_index = NULL WHERE id = 4"
TOLD_AND_SIGNED_ELSEWHERE = (
    *anew(number=2, answered="item <> 'camera'"),
    answer(session=2, epoch=2, by=F5),
    sign_off(session=2, epoch=2, by=F5),
)
"""P3 is signed in session 2 on answers of which one was told."""


def ended_for(whom):
    return f"UPDATE credential SET ended_at = {START + 1}, handed_to = {whom}"


def signed_by_f2(person):
    """Sign somebody in, in epoch 2, on what F2 has seen."""
    seen = (
        "INSERT INTO observation SELECT session, person, 2, item, 2, number, seen, at"
        f' FROM observation WHERE session = 1 AND person = {person} AND epoch = 1 AND "by" = 1'
    )
    return (
        *anew(person=person),
        seen,
        sign_off(person=person, epoch=2, by=F2),
        check("state = 'admitted'", person),
    )


STEP = NOON // 30
"""In which F1 entered a code."""
PROVED_ELSEWHERE = (
    another(second_factor=1),
    insert("session_facilitator", session=9, person=F1),
    proof(NOON, session=9),
)
LOCKED_UNCONFIRMED = (
    new_authenticator(),
    authenticator(f"wrong = 5, locked_at = {NOON}", F2),
)
CONFIRMS = f"confirmed_at = {NOON}, shown_until = NULL"

# What is refused ----------------------------------------------------------------------------------

SIGNATURES = (
    *(Forgery(f"sign-off-beside-others-without-{item}", SIGNING, sign_off(epoch=2),
              "answered yes", beside(answered=f"item <> '{item}'"))
      for item in (*NON_NEGOTIABLES, "camera")),
    Forgery("sign-off-beside-others-with-a-no", SIGNING, sign_off(epoch=2), "answered yes",
            (*beside(answered="item <> 'headphones'"),
             answer(epoch=2, item="headphones", value="no"))),
    *(Forgery(f"sign-off-beside-others-not-seeing-{item}", SIGNING, sign_off(epoch=2),
              "by the signer", beside(observed=f"item <> '{item}'"))
      for item in (*NON_NEGOTIABLES, "camera")),
    *(Forgery(f"sign-off-beside-others-seeing-no-more-{item}", SIGNING, sign_off(epoch=2),
              "by the signer", (*beside(), observation(epoch=2, item=item)))
      for item in ("headphones", "camera")),
    Forgery("sign-off-on-ones-own-recalled-revision", SIGNING, sign_off(), "not ready",
            (f"{RECALLED} WHERE locale = 'en'",)),
    Forgery("sign-off-while-ready-elsewhere", SIGNING, sign_off(), "not ready",
            (*anew(number=2), check("state = 'asking'"))),
    Forgery("sign-off-in-a-closed-session-not-elsewhere", SIGNING, sign_off(), "running epoch",
            (another(), session("state = 'closed'"))),
    Forgery("sign-off-cleared-for-a-one-to-one", SIGNING, sign_off(), "settled before",
            ONE_TO_ONE_ONLY),
    Forgery("sign-off-of-a-one-to-one-cleared-for-nothing-online", SIGNING,
            sign_off(session=9, person=P6), "settled before",
            (*READY_ALONE, "UPDATE clearance SET decision = 'in_person_only' WHERE person = 6")),
    Forgery("sign-off-when-clearance-ends", SIGNING, sign_off(), "settled before",
            (f"UPDATE clearance SET until = {NOON + 60} WHERE person = 3",)),
    Forgery("sign-off-one-more-than-here", SIGNING, sign_off(place=2, by=F2),
            "one more than needed", (another(signers=2), SEEN_BY_F2, sign_off())),
    Forgery("turned-away-at-the-end", SIGNING, sign_off(at=END, **AWAY), "running epoch"),
    Forgery("admitted-on-the-sign-off-of-another", SIGNING, ADMITTED, "not signed",
            (sign_off(person=P4),)),
    Forgery("answer-of-an-epoch-elsewhere", SIGNING, answer(epoch=2, item="another"),
            "running epoch", anew(number=2)),
    Forgery("answer-of-an-epoch-of-another", SIGNING, answer(epoch=2, item="another"),
            "running epoch", anew(person=P4)),
    Forgery("observation-while-ready-elsewhere", SIGNING, observation(epoch=2, number=1),
            "complete check",
            (elsewhere("epoch = 2, state = 'ready'"), check("epoch = 2, state = 'asking'"))),
    Forgery("first-observation-out-of-order", SIGNING, observation(item="camera", number=5),
            "out of order"),
)  # fmt: skip

TWO_SIGNERS = (
    Forgery("opened-without-the-second-signer", SIGNED_TWICE, OPENS, "without a live sign-off",
            (f"UPDATE staff_role SET ended_at = {NOON} WHERE person = 2", opening())),
    Forgery("opened-though-the-first-signer-sees-no-more", SIGNED_ONCE, OPENS,
            "without a live sign-off",
            (observation(), sign_off(place=2, by=F2), ADMITTED,
             sign_off(person=P4, place=2, by=F2), check("state = 'admitted'", P4), opening())),
    Forgery("opened-between-two-sign-offs", SIGNED_TWICE, OPENS, "without a live sign-off",
            (*anew(), sign_off(epoch=2), sign_off(epoch=2, place=2, by=F2, at=OPENED_AT + 1),
             ADMITTED, opening())),
    Forgery("turning-away-undone-by-one-of-two", SIGNED_ONCE, check("state = 'absent'"),
            "new epoch only", (*anew(), sign_off(epoch=2, **AWAY))),
    Forgery("first-signer-back", SIGNED_ONCE, BACK, "is void", (OFF_THE_SESSION,)),
)  # fmt: skip

MOVES = {f"{source}>{to}" for _, sources, to in SESSION_TABLE for source in sources}
"""The machine's moves; here they go without anybody on the roster, who would have to be signed."""
WAYS = {
    "planned": (),
    "checking": ("checking",),
    "stopped": ("checking", "stopped"),
    "closed": ("closed",),
    "cancelled": ("cancelled",),
}
"""How a session comes to each state but the open one."""


def led(state):
    return (another(), *(session(f"state = '{way}'", 9) for way in WAYS[state]))


SESSIONS = (
    *(Forgery(f"begun-with-{name}", SIGNING, another(**{name: value}), "begins planned")
      for name, value in {"schedule": 2, "opening": 1, "link_ready": 1}.items()),
    *(Forgery(f"moved-from-{state}-to-{to}", SIGNING, session(f"state = '{to}'", 9),
              "no such move", led(state))
      for state in WAYS for to in WAYS
      if state != to and f"{state}>{to}" not in MOVES),
    Forgery("start-moved-on-the-same-schedule", SIGNING, session(f"starts_at = {START + 60}", 9),
            "raises the schedule", (another(),)),
    Forgery("kind-changed-on-the-same-schedule", SIGNING, session("kind = 'one_to_one'", 9),
            "raises the schedule", (another(cap=1),)),
    Forgery("start-moved-to-no-schedule", SIGNING,
            session(f"starts_at = {START + 60}, schedule = NULL", 9, "UPDATE OR REPLACE"),
            "raises the schedule", (another(),)),
    Forgery("planned-again-with-answers-kept", SIGNING, session("state = 'planned'"), "nobody in"),
    Forgery("reopened-on-the-old-opening", OPEN, session("state = 'open'"), "unsigned",
            STOPPED_AND_READY),
    Forgery("reopened-without-an-opening", OPEN, OPENS_AGAIN, "unsigned", STOPPED_AND_READY),
    Forgery("reopened-with-stale-sign-offs", OPEN, OPENS_AGAIN, "without a live sign-off",
            (*STOPPED_AND_READY, opening(number=2, at=NOON + 3661))),
    Forgery("opened-in-time-elsewhere", OPENING, OPENS, "without a live sign-off",
            (opening(session=2, by=F5), opening(at=NOON + 3661))),
    Forgery("opened-on-ones-own-recalled-revision", OPENING, OPENS, "without a live sign-off",
            (opening(), f"{RECALLED} WHERE locale = 'en'")),
    Forgery("opened-cleared-for-a-one-to-one", OPENING, OPENS, "without a live sign-off",
            (*ONE_TO_ONE_ONLY, opening())),
    Forgery("opened-when-clearance-ends", OPENING, OPENS, "without a live sign-off",
            (f"UPDATE clearance SET until = {OPENED_AT} WHERE person = 3", opening())),
    Forgery("opened-with-an-item-added", OPENING, OPENS, "without a live sign-off",
            (("INSERT INTO revision_item SELECT revision, 'another', 0 FROM \"check\""
             " WHERE session = 1 AND person = 3"), opening())),
    Forgery("opening-by-a-coordinator", OPENING, opening(by=P6), "not by a facilitator",
            (insert("staff_role", person=P6, role="coordinator", prepared_at=NOON),
             insert("session_facilitator", session=1, person=P6))),
    Forgery("opening-out-of-order", OPENING, opening(number=2), "out of order"),
)  # fmt: skip

ROSTER = (
    Forgery("begun-on-a-revision", SIGNING,
            'INSERT INTO "check" (session, person, state, epoch, revision)'
            " SELECT 1, 6, 'waiting', 1, id FROM revision LIMIT 1", "begins waiting"),
    Forgery("roster-of-no-session", SIGNING, on_the_roster(NOBODY, P3), "roster is full"),
    Forgery("off-the-roster-while-checking", SIGNING,
            'DELETE FROM "check" WHERE session = 1 AND person = 6', "stays on record",
            (another(), on_the_roster(1, P6))),
    Forgery("off-the-roster-with-an-answer", SIGNING, 'DELETE FROM "check" WHERE session = 9',
            "stays on record", (another(), on_the_roster(9, P6), *asked(9, P6))),
    Forgery("off-the-roster-with-a-sign-off", SIGNING,
            'DELETE FROM "check" WHERE session = 9 AND person = 6', "stays on record",
            (*UNASKED, sign_off(session=9, person=P6, **AWAY),
             elsewhere("state = 'turned_away'", 9, P6), PLANNED_AGAIN)),
    Forgery("turned-away-on-an-earlier-schedule", SIGNING,
            elsewhere("state = 'turned_away'", 9, P6), "not signed",
            (*UNASKED, sign_off(session=9, person=P6, **AWAY), PLANNED_AGAIN,
                           session("schedule = 2", 9))),
    Forgery("facilitator-of-another-session", SIGNING,
            "UPDATE session_facilitator SET session = 9 WHERE session = 1 AND person = 1",
            "identity", (another(),)),
    Forgery("facilitator-deleted-not-elsewhere", SIGNING,
            "DELETE FROM session_facilitator WHERE session = 1 AND person = 1", "stays on record",
            (another(),)),
    Forgery("signer-back-while-open", OPEN, BACK, "is void", (OFF_THE_SESSION,)),
    Forgery("role-exchanged", SIGNING, STAFF.format("role = 'coordinator'"), "role: identity"),
)  # fmt: skip

RIGHTS = (
    Forgery("credential-signed-but-not-admitted", OPEN, credential(epoch=2), "live sign-off",
            (*anew(), sign_off(epoch=2))),
    Forgery("credential-of-an-epoch-admitted-elsewhere", OPEN, credential(epoch=2),
            "live sign-off",
            (*signed_anew(), *anew(number=2), *(observation(session=2, epoch=2, by=F5, item=item,
             number=2, seen=1) for item in NON_NEGOTIABLES),
             sign_off(session=2, epoch=2, by=F5), elsewhere("state = 'admitted'"),
             *anew(epoch=3))),
    Forgery("credential-of-the-epoch-before", OPEN, credential(), "live sign-off", signed_anew()),
    Forgery("credential-on-an-observation-taken-back", OPEN, credential(epoch=2), "live sign-off",
            (*anew(), sign_off(epoch=2), observation(epoch=2), ADMITTED)),
    Forgery("credential-cleared-for-a-one-to-one", OPEN, credential(), "live sign-off",
            ONE_TO_ONE_ONLY),
    Forgery("credential-when-clearance-ends", OPEN, credential(), "live sign-off",
            (f"UPDATE clearance SET until = {START} WHERE person = 3",)),
    Forgery("credential-on-a-sign-off-of-later", OPEN, credential(epoch=2), "live sign-off",
            signed_anew(at=START + 1)),
    Forgery("credential-on-a-stale-sign-off-not-elsewhere", OPEN,
            credential(minted_at=NOON + 3601, expires_at=NOON + 3661), "live sign-off",
            (another(sign_off=7200),)),
    Forgery("credential-older-than-the-opening-not-elsewhere", OPEN,
            credential(minted_at=OPENED_AT - 1, expires_at=START), "not open",
            (opening(session=2, by=F5, at=OPENED_AT - 60),)),
    Forgery("credential-older-than-the-second-opening", OPEN, credential(epoch=2), "not open",
            (*STOPPED_AND_READY, opening(number=2, at=START + 1), OPENS_AGAIN)),
    *(Forgery(f"credential-again-confirmed-{name}", JOINED,
              credential(number=2, minted_at=START + 300), "not confirmed", (ENDED, confirmed))
      for name, confirmed in {
          "elsewhere": elsewhere(f"rejoin_confirmed_at = {START + 300}"),
          "by-another": check(f"rejoin_confirmed_at = {START + 300}", P4)}.items()),
    Forgery("credential-again-confirmed-too-long-ago-here", JOINED,
            credential(number=2, minted_at=START + 901, expires_at=START + 960), "not confirmed",
            (ENDED, CONFIRMED, another(rejoin=1800))),
    Forgery("credential-ended-twice", JOINED, "UPDATE credential SET ended_at = ended_at + 1",
            "only end", (ENDED,)),
    Forgery("credential-touched", JOINED, "UPDATE credential SET ended_at = NULL", "only end"),
    *(Forgery(f"credential-of-another-{name}-while-ending", JOINED,
              f"UPDATE OR REPLACE credential SET ended_at = {START}, {name} = {name} + 1",
              "only end") for name in ("session", "epoch", "number", "minted_at")),
)  # fmt: skip

HANDED = (
    Forgery("credential-handed-out-while-ending", JOINED, ended_for(F1), "for somebody else"),
    Forgery("credential-handed-back-while-ending", OPEN, ended_for("NULL"), "for somebody else",
            (WITHOUT_CHAT, credential(handed_to=F1))),
    Forgery("credential-for-whoever-signed-elsewhere", OPEN, credential(session=2, handed_to=F1),
            "for somebody else", (WITHOUT_CHAT, *OPEN_ELSEWHERE)),
    Forgery("credential-for-the-first-of-two-signers", SIGNED_TWICE, credential(handed_to=F1),
            "for somebody else", (WITHOUT_CHAT, *OPENED)),
    Forgery("credential-for-whoever-signed-an-earlier-epoch", OPEN,
            credential(epoch=2, handed_to=F1), "for somebody else",
            (WITHOUT_CHAT, *signed_by_f2(P3))),
    Forgery("credential-for-whoever-signed-another", OPEN,
            credential(person=P4, epoch=2, handed_to=F1), "for somebody else",
            (WITHOUT_CHAT_4, *signed_anew(), *signed_by_f2(P4))),
)  # fmt: skip

AUDITED = (
    "INSERT INTO audit (seq, at, kind, outcome, prev, hash)"
    " SELECT seq + 1, at, kind, outcome, {}, {} FROM audit WHERE seq = 2"
)
FIRST = {"at": NOON, "kind": "k", "outcome": "o", "prev": bytes(32), "hash": bytes(32)}
RECORDS = (
    Forgery("recalled-at-another-time", SIGNING, f"UPDATE revision SET recalled_at = {NOON + 1}",
            "only be recalled", (RECALLED,)),
    Forgery("revision-touched", SIGNING, "UPDATE revision SET recalled_at = NULL",
            "only be recalled"),
    *(Forgery(f"revision-of-another-{name}-while-recalled", SIGNING,
              f"{RECALLED}, {name} = replace(hex(zeroblob(32)), '00', 'ab') WHERE locale = 'en'",
              "only be recalled") for name in ("id", "flow", "locale")),
    Forgery("audit-without-a-predecessor", SIGNING, AUDITED.format("NULL", "hash"), "audit/chain"),
    Forgery("audit-with-a-short-hash", SIGNING, AUDITED.format("hash", "zeroblob(31)"),
            "audit/hash"),
    Forgery("audit-without-a-hash", SIGNING, AUDITED.format("hash", "NULL"), "audit/hash"),
    *(Forgery(f"audit-beginning-with-{seq}", SIGNED_ONCE, insert("audit", seq=seq, **FIRST),
              "audit/gap") for seq in (0, 2)),
)  # fmt: skip

CODES = (
    Forgery("sign-off-on-a-code-for-elsewhere", UNPROVED, sign_off(), "entered no code",
            PROVED_ELSEWHERE),
    Forgery("opening-on-a-code-for-elsewhere", UNPROVED, opening(), "entered no code",
            PROVED_ELSEWHERE),
    Forgery("proof-where-none-is-asked-but-elsewhere", UNPROVED, proof(NOON, session=2),
            "not asked for"),
    Forgery("proof-with-a-code-that-confirmed-nothing", UNPROVED, proof(NOON, F2),
            "without a code",
            (new_authenticator(), authenticator(f"last_step = {STEP}", F2))),
    Forgery("proof-two-steps-before-its-code", UNPROVED, proof(NOON), "without a code",
            (authenticator("last_step = last_step + 2"),)),
    Forgery("authenticator-exchanged-while-locked", UNPROVED, authenticator("secret = x'00'", F2),
            "authenticator: locked", LOCKED_UNCONFIRMED),
    Forgery("authenticator-confirmed-while-locked", UNPROVED, authenticator(CONFIRMS, F2),
            "authenticator: locked", LOCKED_UNCONFIRMED),
    *(Forgery(f"authenticator-confirmed-{name}-by-a-code", UNPROVED,
              authenticator(f"confirmed_at = {at}, last_step = last_step + 1"),
              "confirmed for good") for name, at in {"anew": NOON + 30, "no-more": "NULL"}.items()),
    Forgery("authenticator-reset-on-an-earlier-row", UNPROVED, "DELETE FROM authenticator",
            "reset on record", (RESET_ON_RECORD, recorded("session/opened", "done"))),
    Forgery("authenticator-reset-on-a-row-of-something-else", UNPROVED,
            "DELETE FROM authenticator", "reset on record",
            (recorded("session/opened", "done"),)),
    Forgery("authenticator-reset-on-a-row-of-its-refusal", UNPROVED, "DELETE FROM authenticator",
            "reset on record", (recorded("authenticator-reset", "refused"),)),
)  # fmt: skip

DAY_AFTER = END + 86400


def over(state="closed", now=DAY_AFTER):
    """End session 1, and let its time go by."""
    return (session(f"state = '{state}'"), f"UPDATE clock SET now = {now}")


TOLD_ELSEWHERE = (
    elsewhere("epoch = 2, state = 'asking'"),
    answer(session=2, epoch=2, by=F5),
    check("epoch = 2"),
    check("epoch = 3"),
)
FORGETTING = (
    *(Forgery(f"{table}-forgotten-too-early", SIGNING,
              f"DELETE FROM {table} WHERE session = 1", "append",
              over(now=DAY_AFTER - 1)) for table in ("answer", "observation")),
    *(Forgery(f"{table}-of-what-still-runs-forgotten", SIGNING,
              f"DELETE FROM {table} WHERE session = 1", "append",
              (f"UPDATE clock SET now = {DAY_AFTER}",)) for table in ("answer", "observation")),
    *(Forgery(f"{table}-of-another-session-forgotten", SIGNING,
              f"DELETE FROM {table} WHERE session = 2", "append", over())
      for table in ("answer", "observation")),
    Forgery("told-answer-carried-over-from-elsewhere", SIGNING, answer(epoch=3, by=F5),
            "of another person", TOLD_ELSEWHERE),
    Forgery("told-answer-carried-over-to-another-item", SIGNING,
            answer(epoch=3, item="sober", by=F2), "of another person",
            (*told(by=F2), F2_OFF, check("epoch = 3"))),
)  # fmt: skip

FORGERIES = (
    *(*SIGNATURES, *TWO_SIGNERS, *SESSIONS, *ROSTER, *RIGHTS, *HANDED, *RECORDS, *CODES),
    *FORGETTING,
)

# What is taken ------------------------------------------------------------------------------------

HONEST = {
    **{
        f"forgetting-a-day-after-{state}": (
            SIGNING,
            (
                *over(state),
                "DELETE FROM answer WHERE session = 1",
                "DELETE FROM observation WHERE session = 1",
            ),
        )
        for state in ("closed", "cancelled")
    },
    "one-to-one": (SIGNING, ONE_TO_ONE),
    "signing-on-the-other-revision": (SIGNING, (*beside(), sign_off(epoch=2))),
    "signing-what-was-seen-again": (
        SIGNING,
        (
            *beside(),
            *(observation(epoch=2, item=item, number=number, seen=seen)
              for item in ("headphones", "camera") for number, seen in ((2, 0), (3, 1))),
            sign_off(epoch=2),
        ),
    ),
    "signing-where-another-revision-asks-more": (
        SIGNING,
        (
            *questions(STRICTER, "extra"),
            insert("revision_item", revision=STRICTER, item="more", observed=0),
            sign_off(),
        ),
    ),
    "signing-one-while-others-are-asked": (
        SIGNING,
        (
            check("epoch = 2, state = 'asking'", P4),
            elsewhere("epoch = 2, state = 'asking'"),
            sign_off(),
        ),
    ),
    "signing-one-after-another": (SIGNING, (sign_off(person=P4), sign_off())),
    "signing-fresh-answers-beside-old-ones": (
        SIGNING,
        (
            another(sign_off=60),
            *anew(number=2),
            *anew(person=P4),
            *anew(at=NOON + 3600),
            sign_off(epoch=2, at=NOON + 3700),
        ),
    ),
    "signing-within-this-sessions-limit": (SIGNING, (another(sign_off=60), sign_off())),
    "signing-answers-at-their-last-instant": (SIGNING, (sign_off(at=NOON + 3600),)),
    "turning-away-just-before-the-end": (SIGNING, (sign_off(at=END - 1, **AWAY),)),
    "first-signer-turns-away": (SIGNED_ONCE, (sign_off(place=2, **AWAY),)),
    "turning-away-by-one-of-two": (
        SIGNED_ONCE,
        (*anew(), sign_off(epoch=2, **AWAY), check("state = 'turned_away'")),
    ),
    "signed-and-noted-before-admitting": (
        SIGNING,
        (sign_off(), check(f"ready_at = {NOON}"), ADMITTED),
    ),
    "asking-one-after-signing-another": (SIGNING, (sign_off(), check("state = 'asking'", P4))),
    "admitting-beside-a-smaller-session": (
        SIGNING,
        (
            another(id=0, **ALONE),
            sign_off(),
            ADMITTED,
            sign_off(person=P4),
            check("state = 'admitted'", P4),
        ),
    ),
    "answers-of-two-people": (
        SIGNING,
        tuple(
            statement
            for person in (P3, P4)
            for statement in (
                check("epoch = 2, state = 'asking'", person),
                answer(epoch=2, person=person, by=person),
                check("state = 'unmet'", person),
                answer(epoch=2, item="sober", person=person, by=person),
            )
        ),
    ),
    "observations-of-two-people": (
        SIGNING,
        tuple(
            statement
            for person in (P3, P4)
            for statement in (
                check("epoch = 2, state = 'ready'", person),
                observation(epoch=2, person=person, number=1),
            )
        ),
    ),
    **{
        f"move-{move}": (SIGNING, (*led(source), session(f"state = '{to}'", 9)))
        for move in sorted(MOVES - {"planned>planned"})
        for source, to in [move.split(">")]
        if "open" not in (source, to)
    },
    "raising-the-schedule-beside-an-answer-of-before": (
        SIGNING,
        (
            *UNASKED,
            *asked(9, P6),
            elsewhere("epoch = 2, state = 'waiting'", 9, P6),
            PLANNED_AGAIN,
            session(f"starts_at = {START + 60}, schedule = 2", 9),
        ),
    ),
    "noting-on-an-earlier-schedule": (
        SIGNING,
        (
            *UNASKED,
            sign_off(session=9, person=P6, **AWAY),
            elsewhere("state = 'turned_away'", 9, P6),
            PLANNED_AGAIN,
            session("schedule = 2", 9),
            elsewhere("asked_at = 0", 9, P6),
        ),
    ),
    "renaming-while-stopped": (
        SIGNING,
        (*HALTED, check("state = 'asking'"), answer(epoch=2), session("name = 'Other'")),
    ),
    "stopping-with-everybody-settled": (
        SIGNING,
        (
            sign_off(**AWAY),
            check("state = 'turned_away'"),
            check("state = 'absent'", P4),
            session("state = 'stopped'"),
        ),
    ),
    "stopping-beside-the-answers-of-somebody-turned-away": (
        SIGNING,
        (
            *anew(person=P4),
            sign_off(person=P4, epoch=2, **AWAY),
            check("state = 'turned_away'", P4),
            check("epoch = 2, state = 'stopped'"),
            session("state = 'stopped'"),
        ),
    ),
    "renaming-while-somebody-is-in": (
        JOINED,
        (session("name = 'Other'"), session("name = 'Other'", 2)),
    ),
    "opening-while-others-are-asked-elsewhere": (
        OPENING,
        (
            elsewhere("epoch = 2, state = 'asking'"),
            elsewhere("epoch = 2, state = 'asking'", 2, P7),
            "DELETE FROM clearance WHERE person = 6",
            *OPENED,
        ),
    ),
    "opening-with-somebody-turned-away": (
        OPENING,
        (
            *anew(person=P4),
            sign_off(person=P4, epoch=2, **AWAY),
            check("state = 'turned_away'", P4),
            *OPENED,
        ),
    ),
    "opening-at-the-instant-of-a-sign-off": (OPENING, (*signed_anew(at=OPENED_AT), *OPENED)),
    "opening-at-the-first-instant": (
        OPENING,
        (opening(at=START - 900), OPENS, credential(minted_at=START - 900, expires_at=START - 300)),
    ),
    "opening-by-a-participant-elsewhere": (
        OPENING,
        (another(), on_the_roster(9, F2), opening(by=F2), OPENS),
    ),
    "opening-a-third-time": (
        OPEN,
        (
            *STOPPED_AND_READY,
            opening(number=2),
            OPENS_AGAIN,
            *STOPPED_ONCE_MORE,
            opening(number=3),
            session("state = 'open', opening = 3"),
        ),
    ),
    "opening-here-and-elsewhere": (OPENING, (opening(session=2, by=F5), *OPENED)),
    "opening-elsewhere": (OPEN, OPEN_ELSEWHERE),
    "joining-in-two-sessions": (JOINED, (*OPEN_ELSEWHERE, credential(session=2))),
    "joining-in-a-new-epoch": (JOINED, (ENDED, *signed_anew(), credential(epoch=2))),
    "joining-at-the-instant-of-a-sign-off": (
        OPEN,
        (*signed_anew(at=START), credential(epoch=2)),
    ),
    "joining-at-the-last-instant-of-a-sign-off": (
        OPEN,
        (credential(minted_at=NOON + 3600, expires_at=NOON + 3660),),
    ),
    "joining-when-others-have-left": (
        OPEN,
        (
            check(f"checked_out_at = {START}", P4),
            elsewhere(f"checked_out_at = {START}"),
            credential(),
        ),
    ),
    "joining-beside-others-without-a-chat": (OPEN, (WITHOUT_CHAT_4, credential())),
    "joining-beside-others-who-were-told": (
        OPEN,
        (
            *signed_anew(),
            check("epoch = 2, state = 'asking'", P4),
            answer(person=P4, epoch=2, by=F1),
            credential(epoch=2),
        ),
    ),
    "joining-where-nothing-was-told": (
        OPEN,
        (*signed_anew(), *TOLD_AND_SIGNED_ELSEWHERE, credential(epoch=2)),
    ),
    "joining-by-whoever-signed-here": (
        OPEN,
        (
            WITHOUT_CHAT,
            *OPEN_ELSEWHERE,
            credential(handed_to=F1),
            credential(session=2, handed_to=F5),
        ),
    ),
    "joining-by-the-second-signer": (
        SIGNED_TWICE,
        (another(id=0), WITHOUT_CHAT, *OPENED, credential(handed_to=F2)),
    ),
    "joining-by-whoever-signed-this-epoch": (
        OPEN,
        (WITHOUT_CHAT, *signed_by_f2(P3), credential(epoch=2, handed_to=F2)),
    ),
    "joining-by-whoever-signed-them": (
        OPEN,
        (
            WITHOUT_CHAT_4,
            *signed_anew(),
            *signed_by_f2(P4),
            credential(person=P4, epoch=2, handed_to=F2),
        ),
    ),
    "coming-back-until-the-end": (
        JOINED,
        (
            ENDED,
            check(f"rejoin_confirmed_at = {END - 300}"),
            credential(number=2, minted_at=END - 300, expires_at=END),
        ),
    ),
    "noting-after-they-left": (
        OPEN,
        (
            check(f"checked_out_at = {START}"),
            check("entered_at = NULL"),
            check("epoch = 2, state = 'waiting', checked_out_at = NULL"),
        ),
    ),
    "new-epochs-beside-a-live-credential": (
        JOINED,
        (check("epoch = 2, state = 'waiting'", P4), elsewhere("epoch = 2, state = 'waiting'")),
    ),
    "new-epoch-after-a-credential": (JOINED, (ENDED, check("epoch = 2, state = 'waiting'"))),
    "another-revision-in-a-new-epoch": (
        SIGNING,
        (
            check("epoch = 2, state = 'asking',"
                  " revision = (SELECT id FROM revision WHERE locale = 'de')"),
        ),
    ),
    "late-onto-the-roster": (OPENING, (on_the_roster(1, P6),)),
    "facilitator-onto-another-roster": (OPENING, (on_the_roster(2, F2),)),
    "off-the-roster-of-a-planned-session": (
        OPENING,
        (
            another(),
            on_the_roster(9, P3),
            'DELETE FROM "check" WHERE session = 9',
        ),
    ),
    "off-the-roster-beside-a-record": (
        SIGNING,
        (
            *UNASKED,
            *asked(9, P6),
            sign_off(session=9, person=P6, **AWAY),
            elsewhere("state = 'turned_away'", 9, P6),
            PLANNED_AGAIN,
            'DELETE FROM "check" WHERE session = 9 AND person = 7',
        ),
    ),
    "facilitator-joins": (SIGNING, (insert("session_facilitator", session=1, person=F5),)),
    "participant-facilitates-elsewhere": (
        SIGNING,
        (another(), insert("session_facilitator", session=9, person=P3)),
    ),
    "facilitator-leaves-a-planned-session": (
        SIGNING,
        (
            another(),
            insert("session_facilitator", session=9, person=F1),
            "DELETE FROM session_facilitator WHERE session = 9",
        ),
    ),
    "facilitator-moves-on-after-signing": (
        OPENING,
        (
            "UPDATE session_facilitator SET desk_since = 0 WHERE session = 1 AND person = 1",
            OFF_THE_SESSION,
            "UPDATE session_facilitator SET desk_since = 1 WHERE session = 1 AND person = 1",
        ),
    ),
    "facilitator-back-where-they-signed-nothing": (
        OPENING,
        tuple(
            f"UPDATE session_facilitator SET active = {active} WHERE {which}"
            for which in ("session = 2 AND person = 1", "session = 1 AND person = 2")
            for active in (0, 1)
        ),
    ),
    "facilitator-back-after-another-epoch": (
        SIGNING,
        (sign_off(), check("epoch = 2, state = 'ready'"), OFF_THE_SESSION, BACK),
    ),
    "facilitator-back-after-absences": (
        SIGNED_ONCE,
        (check("state = 'absent'"), check("state = 'absent'", P4), OFF_THE_SESSION, BACK),
    ),
    "facilitator-back-after-the-close": (
        OPENING,
        (session("state = 'closed'"), OFF_THE_SESSION, BACK),
    ),
    "facilitator-back-after-turning-away": (
        SIGNING,
        (sign_off(**AWAY), OFF_THE_SESSION, BACK),
    ),
    "roles": (
        SIGNING,
        (
            insert("staff_role", person=P6, role="facilitator"),
            insert("staff_role", person=F1, role="coordinator"),
        ),
    ),
    "role-back-where-nothing-was-signed": (
        OPENING,
        ("UPDATE staff_role SET ended_at = 0 WHERE person = 2",
         "UPDATE staff_role SET ended_at = NULL WHERE person = 2"),
    ),
    "role-ends-unprepared": (
        OPENING,
        (STAFF.format("prepared_at = NULL"), STAFF.format("ended_at = 0")),
    ),
    "role-prepared-after-its-end": (
        OPENING,
        (STAFF.format("ended_at = 0"), STAFF.format("prepared_at = 0")),
    ),
    "signing-at-the-instant-of-the-code": (PROVED, (sign_off(at=NOON), ADMITTED)),
    "signing-without-a-code-where-none-is-asked": (
        UNPROVED,
        (*anew(number=2), sign_off(session=2, epoch=2, by=F5), elsewhere("state = 'admitted'")),
    ),
    "opening-at-the-instant-of-the-code": (
        PROVED_OPENING,
        (
            proof(None),
            authenticator(f"last_step = {OPENED_AT // 30}"),
            proof(OPENED_AT),
            *OPENED,
        ),
    ),
    "opening-without-a-code-where-none-is-asked": (UNPROVED, OPEN_ELSEWHERE),
    "facilitator-moves-on-after-a-code": (
        PROVED,
        ("UPDATE session_facilitator SET desk_since = 1 WHERE session = 1 AND person = 1",),
    ),
    "a-first-right-code": (
        UNPROVED,
        (new_authenticator(), authenticator(f"{CONFIRMS}, last_step = {STEP}", F2)),
    ),
    "a-right-code-after-wrong-ones": (
        UNPROVED,
        (authenticator("wrong = 4"), authenticator("wrong = 0, last_step = last_step + 1")),
    ),
    "clock-stands": (SIGNING, (f"UPDATE clock SET now = {NOON}",)),
    "audit": (SIGNING, (AUDITED.format("hash", "zeroblob(32)"),)),
    "audit-begins": (SIGNED_ONCE, (insert("audit", seq=1, **FIRST),)),
}  # fmt: skip


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda forgery: forgery.name)
def test_forgery(attack, forgery):
    """The schema alone refuses it, for the reason given, and nothing is changed."""
    refuse(attack(forgery.place), forgery)


@pytest.mark.parametrize("name", HONEST)
def test_honest_act(attack, name):
    """What is missing elsewhere holds nobody here: not everything is refused."""
    place, statements = HONEST[name]
    take(attack(place), statements)


def test_names_are_unique():
    """Each forgery has a name of its own."""
    names = [forgery.name for forgery in (*forgeries.FORGERIES, *FORGERIES)]
    assert len(set(names)) == len(names)
