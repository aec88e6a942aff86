"""Somebody's hands in one transaction: what they do, or are refused, is one row of the record.

A row names codes, numbers and keys; it must never carry a text that somebody wrote.
"""

from dataclasses import dataclass

from bot.buttons import Answer
from flows.decide import RefusalCode
from flows.model import Instant, PersonId, SessionId
from storage import audit
from storage.audit import AuditRow
from storage.people import Person
from storage.store import Tx


@dataclass(frozen=True, slots=True)
class Recorder:
    """Who acts now, and the transaction that keeps what they do together with its row."""

    tx: Tx
    person: Person
    now: Instant

    def record(
        self,
        kind: str,
        outcome: str = "done",
        session: SessionId | None = None,
        *,
        person: int | None = None,
        detail: str = "",
        bound: bytes | None = None,
    ) -> None:
        """Write the one row of an act; `person`: whom it is about, `bound`: what was signed."""
        row = AuditRow(
            at=self.now,
            kind=kind,
            outcome=outcome,
            actor=self.person.id,
            person=PersonId(person) if person is not None else None,
            session=session,
            detail=detail,
            bound=bound,
        )
        audit.append(self.tx, row)

    def refused(self, kind: str, code: RefusalCode, session: SessionId | None = None) -> Answer:
        """Write that it was refused, and return the answer that says so."""
        self.record(kind, code, session)
        return Answer(f"refusal/{code}")
