"""Sessions: load one whole, save what changed, mint and end credentials, keep the link.

Everything is read by key and in the current epoch only, so that a tap costs the same in the
thousandth session. The schema checks every write again.
"""

import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flows.effects import MintCredential
from flows.model import (
    Answer,
    CallIn,
    Check,
    CheckState,
    Credential,
    Desk,
    DeskView,
    Destination,
    Digest,
    Facilitator,
    Instant,
    Meaning,
    Observation,
    Opening,
    Outcome,
    PersonId,
    Repeat,
    RoomKind,
    Rules,
    Run,
    Session,
    SessionId,
    SessionKind,
    SessionState,
    SignOff,
)
from storage import counts, links, people, revisions
from storage.store import Tx

CHECK_FLOW = "environment"
_RULES = (
    *("checks_before", "open_before", "late", "sign_off", "credential", "rejoin", "grace"),
    *("signers", "second_factor", "check_room", "auto_start"),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is known of a session when it is planned.

    `zone` is the one whose clocks it keeps to, `series` the first session of its series, and `uid`
    what calendars know it by; without one it gets a number that nobody can guess.
    """

    name: str
    kind: SessionKind
    room: RoomKind
    starts_at: Instant
    ends_at: Instant
    cap: int
    facilitators: tuple[PersonId, ...]
    participants: tuple[PersonId, ...]
    rules: Rules
    group: int | None = None
    zone: str = ""
    series: SessionId | None = None
    uid: str = ""


def add(tx: Tx, plan: Plan) -> SessionId:
    """Plan a session with its roster."""
    row = tx.db.execute(
        'INSERT INTO session ("group", name, kind, room, state, starts_at, ends_at, cap,'
        " checks_before, open_before, late, sign_off, credential, rejoin, grace, signers,"
        " second_factor, check_room, auto_start, zone, series, uid)"
        " VALUES (?, ?, ?, ?, 'planned', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            plan.group,
            plan.name,
            plan.kind,
            plan.room,
            plan.starts_at,
            plan.ends_at,
            plan.cap,
            *(getattr(plan.rules, name) for name in _RULES),
            plan.zone,
            plan.series,
            plan.uid or secrets.token_hex(16),
        ),
    )
    session = SessionId(row.lastrowid or 0)
    tx.keys.new_session(session)
    for person in plan.facilitators:
        lead(tx, session, person)
    for person in plan.participants:
        expect(tx, session, person)
    return session


def lead(tx: Tx, session: SessionId, person: PersonId) -> None:
    """Make somebody a facilitator of a session."""
    tx.db.execute(
        "INSERT INTO session_facilitator (session, person) VALUES (?, ?)", (session, person)
    )


def expect(tx: Tx, session: SessionId, person: PersonId) -> None:
    """Put somebody on the roster; the schema refuses it where the roster is full."""
    tx.db.execute(
        "INSERT INTO \"check\" (session, person, state, epoch) VALUES (?, ?, 'waiting', 1)",
        (session, person),
    )


def is_full(tx: Tx, session: SessionId) -> bool:
    """Say whether nobody more can be expected."""
    row = tx.db.execute(
        'SELECT (SELECT count(*) FROM "check" c WHERE c.session = s.id) >= s.cap AS is_full'
        " FROM session s WHERE s.id = ?",
        (session,),
    ).fetchone()
    return bool(row["is_full"])


def coming(tx: Tx, name: str) -> SessionId | None:
    """Return the earliest session of this name that has neither ended nor been cancelled."""
    row = tx.db.execute(
        "SELECT id FROM session WHERE name = ? AND state NOT IN ('closed', 'cancelled')"
        " ORDER BY starts_at, id LIMIT 1",
        (name,),
    ).fetchone()
    return SessionId(row["id"]) if row else None


def next_coming(tx: Tx) -> SessionId | None:
    """Return the earliest session that has neither ended nor been cancelled."""
    row = tx.db.execute(
        "SELECT id FROM session WHERE state NOT IN ('closed', 'cancelled')"
        " ORDER BY starts_at, id LIMIT 1"
    ).fetchone()
    return SessionId(row["id"]) if row else None


def unfinished(tx: Tx) -> tuple[SessionId, ...]:
    """Return the sessions that have neither ended nor been cancelled."""
    rows = tx.db.execute(
        "SELECT id FROM session WHERE state NOT IN ('closed', 'cancelled') ORDER BY id"
    )
    return tuple(SessionId(row["id"]) for row in rows)


def on_revision(tx: Tx, revision: str) -> tuple[SessionId, ...]:
    """Return the sessions that are not over and in which somebody is asked by this revision."""
    rows = tx.db.execute(
        'SELECT DISTINCT c.session FROM "check" c JOIN session s ON s.id = c.session'
        " WHERE c.revision = ? AND s.state NOT IN ('closed', 'cancelled') ORDER BY c.session",
        (revision,),
    )
    return tuple(SessionId(row["session"]) for row in rows)


def without_facilitator(
    tx: Tx, since: Instant, until: Instant
) -> tuple[tuple[SessionId, int], ...]:
    """Return the planned sessions that start in [since, until) and that nobody prepared leads.

    Each comes with its schedule version.
    """
    rows = tx.db.execute(
        "SELECT s.id, s.schedule FROM session s WHERE s.state = 'planned'"
        " AND s.starts_at >= ? AND s.starts_at < ?"
        " AND NOT EXISTS (SELECT 1 FROM signer f WHERE f.session = s.id)"
        " ORDER BY s.starts_at, s.id",
        (since, until),
    )
    return tuple((SessionId(row["id"]), row["schedule"]) for row in rows)


def facilitators_of(tx: Tx, session: SessionId) -> tuple[PersonId, ...]:
    """Return who leads a session now."""
    rows = tx.db.execute(
        "SELECT person FROM session_facilitator WHERE session = ? AND active = 1 ORDER BY person",
        (session,),
    )
    return tuple(PersonId(row["person"]) for row in rows)


@dataclass(frozen=True, slots=True)
class Glance:
    """What one participant's appointment is, read without the rest of the session."""

    session: SessionId
    state: SessionState
    starts_at: Instant
    ends_at: Instant
    schedule: int
    check: CheckState
    uid: str


_GLANCE = (
    "SELECT s.id, s.state, s.starts_at, s.ends_at, s.schedule, s.uid, c.state AS standing"
    ' FROM session s JOIN "check" c ON c.session = s.id'
)


def glance(tx: Tx, session: SessionId, person: PersonId) -> Glance | None:
    """Return what a session is to one of its participants; None for anybody else."""
    row = tx.db.execute(
        f"{_GLANCE} WHERE s.id = ? AND c.person = ?",
        (session, person),
    ).fetchone()
    return _glance(row) if row else None


def ahead_of(tx: Tx, person: PersonId, now: Instant) -> tuple[Glance, ...]:
    """Return the planned sessions of a participant that are still to come, in their order."""
    rows = tx.db.execute(
        f"{_GLANCE} WHERE c.person = ? AND s.state = 'planned' AND s.starts_at > ?"
        " ORDER BY s.starts_at, s.id",
        (person, now),
    )
    return tuple(_glance(row) for row in rows)


def cancelled_ahead_of(tx: Tx, person: PersonId, now: Instant) -> tuple[Glance, ...]:
    """Return the sessions of a participant that were cancelled and would be still to come."""
    rows = tx.db.execute(
        f"{_GLANCE} WHERE c.person = ? AND s.state = 'cancelled' AND s.starts_at > ?"
        " ORDER BY s.starts_at, s.id",
        (person, now),
    )
    return tuple(_glance(row) for row in rows)


def _glance(row: sqlite3.Row) -> Glance:
    return Glance(
        SessionId(row["id"]),
        SessionState(row["state"]),
        row["starts_at"],
        row["ends_at"],
        row["schedule"],
        CheckState(row["standing"]),
        row["uid"],
    )


def name_of(tx: Tx, session: SessionId) -> str:
    """Return the session's neutral name, which only staff see."""
    row = tx.db.execute("SELECT name FROM session WHERE id = ?", (session,)).fetchone()
    return str(row["name"])


def of_facilitator(
    tx: Tx, person: PersonId, since: Instant, until: Instant
) -> tuple[SessionId, ...]:
    """Return the sessions of a facilitator that start in [since, until), in their order."""
    rows = tx.db.execute(
        "SELECT s.id FROM session s JOIN session_facilitator f ON f.session = s.id"
        " WHERE f.person = ? AND f.active = 1 AND s.starts_at >= ? AND s.starts_at < ?"
        " ORDER BY s.starts_at, s.id",
        (person, since, until),
    )
    return tuple(SessionId(row["id"]) for row in rows)


def current_of(tx: Tx, person: PersonId, since: Instant) -> SessionId | None:
    """Return the session that a participant is in the middle of: a running one before others."""
    row = tx.db.execute(
        'SELECT s.id FROM "check" c JOIN session s ON s.id = c.session'
        " WHERE c.person = ? AND s.state NOT IN ('planned', 'cancelled') AND s.ends_at >= ?"
        " ORDER BY s.state = 'closed', s.starts_at DESC LIMIT 1",
        (person, since),
    ).fetchone()
    return SessionId(row["id"]) if row else None


def running_of(tx: Tx, person: PersonId) -> tuple[SessionId, ...]:
    """Return the sessions in which somebody is checked or let in at present."""
    rows = tx.db.execute(
        'SELECT s.id FROM "check" c JOIN session s ON s.id = c.session'
        " WHERE c.person = ? AND s.state IN ('checking', 'open') ORDER BY s.id",
        (person,),
    )
    return tuple(SessionId(row["id"]) for row in rows)


def strike(tx: Tx, person: PersonId) -> tuple[SessionId, ...]:
    """Take somebody off the roster of every planned session without a record of them."""
    rows = tx.db.execute(
        'DELETE FROM "check" AS c WHERE c.person = ?'
        " AND EXISTS (SELECT 1 FROM session s WHERE s.id = c.session AND s.state = 'planned')"
        " AND NOT EXISTS (SELECT 1 FROM answer a"
        " WHERE a.session = c.session AND a.person = c.person)"
        " AND NOT EXISTS (SELECT 1 FROM sign_off o"
        " WHERE o.session = c.session AND o.person = c.person) RETURNING session",
        (person,),
    ).fetchall()
    for row in rows:
        _forget_reminders(tx, row["session"], person)
    return tuple(SessionId(row["session"]) for row in rows)


def strike_from(tx: Tx, session: SessionId, person: PersonId) -> bool:
    """Take somebody off the roster of a planned session; False where there is a record of them."""
    gone = tx.db.execute(
        'DELETE FROM "check" AS c WHERE c.session = ? AND c.person = ?'
        " AND EXISTS (SELECT 1 FROM session s WHERE s.id = c.session AND s.state = 'planned')"
        " AND NOT EXISTS (SELECT 1 FROM answer a"
        " WHERE a.session = c.session AND a.person = c.person)"
        " AND NOT EXISTS (SELECT 1 FROM sign_off o"
        " WHERE o.session = c.session AND o.person = c.person)",
        (session, person),
    ).rowcount
    _forget_reminders(tx, session, person)
    return bool(gone)


def _forget_reminders(tx: Tx, session: SessionId, person: PersonId) -> None:
    tx.db.execute("DELETE FROM reminder WHERE session = ? AND person = ?", (session, person))


def load(tx: Tx, session: SessionId) -> Session | None:
    """Return a session whole, or None where there is none."""
    row = tx.db.execute("SELECT * FROM session WHERE id = ?", (session,)).fetchone()
    if row is None:
        return None
    called, calls = _calls(tx, session)
    return Session(
        id=session,
        kind=SessionKind(row["kind"]),
        room=RoomKind(row["room"]),
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        cap=row["cap"],
        facilitators=dict(_facilitators(tx, session)),
        checks={check.person: check for check in _checks(tx, session)},
        state=SessionState(row["state"]),
        schedule=row["schedule"],
        opening=_opening(tx, session, row["opening"]),
        link_ready=bool(row["link_ready"]),
        called=called,
        calls=calls,
        programme=people.programme(tx),
        rules=_rules(row),
        version=row["version"],
    )


def _rules(row: sqlite3.Row) -> Rules:
    numbers = {name: row[name] for name in _RULES}
    switches = {name: bool(row[name]) for name in ("second_factor", "check_room")}
    return Rules(**numbers | switches)


def _calls(tx: Tx, session: SessionId) -> tuple[CallIn | None, int]:
    """Return the live call into the check room, and how many there have been."""
    row = tx.db.execute(
        "SELECT * FROM call_in WHERE session = ? ORDER BY number DESC LIMIT 1", (session,)
    ).fetchone()
    if row is None:
        return None, 0
    number = row["number"]
    if row["ended_at"] is not None:
        return None, number
    live = CallIn(number, row["person"], row["epoch"], row["by"], row["at"], row["expires_at"])
    return live, number


def _facilitators(tx: Tx, session: SessionId) -> Iterator[tuple[PersonId, Facilitator]]:
    rows = tx.db.execute(
        "SELECT f.*, r.prepared_at, r.person AS in_role FROM session_facilitator f"
        " LEFT JOIN staff_role r ON r.person = f.person AND r.role = 'facilitator'"
        " AND r.ended_at IS NULL WHERE f.session = ? ORDER BY f.person",
        (session,),
    ).fetchall()
    for row in rows:
        desk = None
        if row["desk_person"] is not None:
            desk = Desk(row["desk_person"], row["desk_since"], DeskView(row["desk_view"]))
        active = bool(row["active"]) and row["in_role"] is not None
        prepared = row["prepared_at"] is not None
        yield row["person"], Facilitator(active, prepared, desk, row["proved_at"])


def _opening(tx: Tx, session: SessionId, number: int) -> Opening | None:
    row = tx.db.execute(
        "SELECT * FROM opening WHERE session = ? AND number = ?", (session, number)
    ).fetchone()
    if row is None:
        return None
    return Opening(number, row["by"], row["at"], Digest(row["digest"]), _meaning(row))


def _meaning(row: sqlite3.Row) -> Meaning:
    return Meaning(row["meaning"], row["locale"], row["meaning_sha256"])


def _checks(tx: Tx, session: SessionId) -> Iterator[Check]:
    rows = tx.db.execute(
        'SELECT c.*, p.locale AS their_locale, p.chat, s.signers FROM "check" c'
        " JOIN person p ON p.id = c.person JOIN session s ON s.id = c.session"
        " WHERE c.session = ? ORDER BY c.person",
        (session,),
    ).fetchall()
    for row in rows:
        yield _check(tx, row)


def _check(tx: Tx, row: sqlite3.Row) -> Check:
    key = (row["session"], row["person"], row["epoch"])
    credential, minted = _credentials(tx, key)
    first, settling = _sign_offs(tx, key, row["signers"])
    return Check(
        person=row["person"],
        state=CheckState(row["state"]),
        epoch=row["epoch"],
        run=_run(tx, row),
        answers=dict(_answers(tx, key)),
        observations=dict(_observations(tx, key)),
        first_sign_off=first,
        sign_off=settling,
        credential=credential,
        minted=minted,
        ready_at=row["ready_at"],
        arrived_at=row["arrived_at"],
        rejoin_asked_at=row["rejoin_asked_at"],
        rejoin_confirmed_at=row["rejoin_confirmed_at"],
        entered_at=row["entered_at"],
        checked_out_at=row["checked_out_at"],
        standing=people.standing_of(tx, row["person"]),
        published=revisions.published(tx, CHECK_FLOW, row["their_locale"]),
        has_chat=row["chat"] is not None,
    )


_Key = tuple[int, int, int]
_BY_KEY = "WHERE session = ? AND person = ? AND epoch = ?"


def _run(tx: Tx, row: sqlite3.Row) -> Run | None:
    if row["revision"] is None:
        return None
    revision, recalled = revisions.find(tx, row["revision"])
    return Run(revision, row["step"], row["asked_at"], Repeat(row["repeated"]), recalled)


def _answers(tx: Tx, key: _Key) -> Iterator[tuple[str, Answer]]:
    rows = tx.db.execute(f"SELECT * FROM answer {_BY_KEY}", key)  # noqa: S608 -- a constant
    for row in rows:
        yield row["item"], Answer(row["value"], row["at"], row["by"], bool(row["changed"]))


def _observations(tx: Tx, key: _Key) -> Iterator[tuple[tuple[str, PersonId], Observation]]:
    rows = tx.db.execute(f"SELECT * FROM observation {_BY_KEY} ORDER BY number", key)  # noqa: S608 -- a constant
    for row in rows:
        yield (row["item"], row["by"]), Observation(bool(row["seen"]), row["at"])


def _sign_offs(tx: Tx, key: _Key, signers: int) -> tuple[SignOff | None, SignOff | None]:
    """Return the first of two signatures, and the one that settles; None where there is none."""
    first = settling = None
    for row in tx.db.execute(f"SELECT * FROM sign_off {_BY_KEY}", key):  # noqa: S608 -- a constant
        if row["outcome"] == Outcome.ADMIT and row["place"] < signers:
            first = _sign_off(row)
        else:
            settling = _sign_off(row)
    return first, settling


def _sign_off(row: sqlite3.Row) -> SignOff:
    destination = Destination(row["destination"]) if row["destination"] else None
    return SignOff(
        Outcome(row["outcome"]),
        row["by"],
        row["at"],
        Digest(row["digest"]),
        _meaning(row),
        destination,
    )


def _credentials(tx: Tx, key: _Key) -> tuple[Credential | None, int]:
    rows = tx.db.execute(
        f"SELECT * FROM credential {_BY_KEY} ORDER BY number",  # noqa: S608 -- a constant
        key,
    ).fetchall()
    if not rows:
        return None, 0
    last = rows[-1]
    if last["ended_at"] is not None:
        return None, last["number"]
    live = Credential(last["number"], last["minted_at"], last["expires_at"], last["handed_to"])
    return live, last["number"]


class Outrun(RuntimeError):
    """The session was changed by somebody else since it was loaded."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


def save(tx: Tx, before: Session, after: Session, now: Instant) -> None:
    """Write what differs between the two, in the order in which the schema can check it."""
    if before.called and before.called != after.called:
        _end_call(tx, before.called, after, now)
    for person, check in after.checks.items():
        earlier = before.checks[person]
        if check != earlier:
            _save_check(tx, after, earlier, check, now)
    for person, facilitator in after.facilitators.items():
        earlier_facilitator = before.facilitators.get(person)
        if facilitator != earlier_facilitator:
            _save_facilitator(tx, after.id, person, facilitator)
        if earlier_facilitator and earlier_facilitator.active and not facilitator.active:
            _remove_facilitator(tx, after.id, person)
    if after.opening and after.opening != before.opening:
        _add_opening(tx, after.id, after.opening)
    if after.called and before.called != after.called:
        _add_call(tx, after.id, after.called)
    _save_session(tx, before, after)
    counts.note(tx, before, after, now)


def _end_call(tx: Tx, called: CallIn, after: Session, now: Instant) -> None:
    """End a call and take its link away, with its key where nothing else lies under that."""
    links.forget_call(tx, after.id, for_another=after.called is not None)
    tx.db.execute(
        "UPDATE call_in SET ended_at = ? WHERE session = ? AND number = ?",
        (now, after.id, called.number),
    )


def _add_call(tx: Tx, session: SessionId, called: CallIn) -> None:
    tx.db.execute(
        'INSERT INTO call_in (session, number, person, epoch, "by", at, expires_at)'
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (session, called.number, called.person, called.epoch, called.by, called.at,
         called.expires_at),
    )  # fmt: skip


def _save_check(tx: Tx, session: Session, before: Check, after: Check, now: Instant) -> None:
    if before.credential and before.credential != after.credential:
        tx.db.execute(
            "UPDATE credential SET ended_at = ? WHERE session = ? AND person = ?"
            " AND ended_at IS NULL",
            (now, session.id, after.person),
        )
    if after.epoch != before.epoch:
        _write_check(tx, session.id, after)
        _add_answers(tx, session.id, after, {})
        return
    _add_answers(tx, session.id, after, before.answers)
    _add_observations(tx, session.id, before, after)
    signatures = (before.first_sign_off, before.sign_off)
    for signature in (after.first_sign_off, after.sign_off):
        if signature and signature not in signatures:
            _add_sign_off(tx, session, after, signature)
    _write_check(tx, session.id, after)


def _add_answers(tx: Tx, session: SessionId, check: Check, known: Mapping[str, Answer]) -> None:
    tx.db.executemany(
        'INSERT INTO answer (session, person, epoch, item, value, "by", at, changed)'
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                session,
                check.person,
                check.epoch,
                item,
                answer.value,
                answer.by,
                answer.at,
                int(answer.changed),
            )
            for item, answer in check.answers.items()
            if item not in known
        ],
    )


def _add_observations(tx: Tx, session: SessionId, before: Check, after: Check) -> None:
    for (item, by), seen in after.observations.items():
        if before.observations.get((item, by)) == seen:
            continue
        tx.db.execute(
            'INSERT INTO observation (session, person, epoch, item, "by", number, seen, at)'
            " SELECT ?, ?, ?, ?, ?, coalesce(max(number), 0) + 1, ?, ? FROM observation"
            ' WHERE session = ? AND person = ? AND epoch = ? AND item = ? AND "by" = ?',
            (session, after.person, after.epoch, item, by, int(seen.seen), seen.at,
             session, after.person, after.epoch, item, by),
        )  # fmt: skip


def _add_sign_off(tx: Tx, session: Session, check: Check, signature: SignOff) -> None:
    tx.db.execute(
        "INSERT INTO sign_off (session, person, epoch, place, schedule, outcome, destination,"
        ' "by", at, digest, meaning, locale, meaning_sha256)'
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            session.id,
            check.person,
            check.epoch,
            2 if check.first_sign_off and signature != check.first_sign_off else 1,
            session.schedule,
            signature.outcome,
            signature.destination,
            signature.by,
            signature.at,
            signature.digest,
            signature.meaning.key,
            signature.meaning.locale,
            signature.meaning.sha256,
        ),
    )


def _write_check(tx: Tx, session: SessionId, check: Check) -> None:
    run = check.run
    tx.db.execute(
        'UPDATE "check" SET state = ?, epoch = ?, revision = ?, step = ?, asked_at = ?,'
        " repeated = ?, ready_at = ?, arrived_at = ?, rejoin_asked_at = ?,"
        " rejoin_confirmed_at = ?, entered_at = ?, checked_out_at = ?"
        " WHERE session = ? AND person = ?",
        (
            check.state,
            check.epoch,
            run.revision.id if run else None,
            run.step if run else None,
            run.asked_at if run else None,
            run.repeat if run else 0,
            check.ready_at,
            check.arrived_at,
            check.rejoin_asked_at,
            check.rejoin_confirmed_at,
            check.entered_at,
            check.checked_out_at,
            session,
            check.person,
        ),
    )


def _save_facilitator(
    tx: Tx, session: SessionId, person: PersonId, facilitator: Facilitator
) -> None:
    desk = facilitator.desk
    tx.db.execute(
        "UPDATE session_facilitator SET desk_person = ?, desk_since = ?, desk_view = ?,"
        " proved_at = ? WHERE session = ? AND person = ?",
        (
            desk.person if desk else None,
            desk.since if desk else None,
            desk.view if desk else None,
            facilitator.proved_at,
            session,
            person,
        ),
    )


def _remove_facilitator(tx: Tx, session: SessionId, person: PersonId) -> None:
    tx.db.execute(
        "UPDATE session_facilitator SET active = 0 WHERE session = ? AND person = ?",
        (session, person),
    )


def _add_opening(tx: Tx, session: SessionId, opening: Opening) -> None:
    tx.db.execute(
        'INSERT INTO opening (session, number, "by", at, digest, meaning, locale, meaning_sha256)'
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            session,
            opening.number,
            opening.by,
            opening.at,
            opening.digest,
            opening.meaning.key,
            opening.meaning.locale,
            opening.meaning.sha256,
        ),
    )


def _save_session(tx: Tx, before: Session, after: Session) -> None:
    written = tx.db.execute(
        "UPDATE session SET state = ?, starts_at = ?, ends_at = ?, schedule = ?, opening = ?,"
        " link_ready = ?, version = version + 1 WHERE id = ? AND version = ?",
        (
            after.state,
            after.starts_at,
            after.ends_at,
            after.schedule,
            after.opening.number if after.opening else 0,
            int(after.link_ready),
            after.id,
            before.version,
        ),
    )
    if written.rowcount != 1:
        raise Outrun


def mint(tx: Tx, session: SessionId, order: MintCredential, now: Instant) -> None:
    """Keep that a credential was minted; the schema refuses it without a live sign-off."""
    tx.db.execute(
        "INSERT INTO credential (session, person, epoch, number, minted_at, expires_at, handed_to)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (session, order.person, order.epoch, order.number, now, order.expires_at, order.handed_to),
    )
