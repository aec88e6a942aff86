"""What a signature is bound to: a digest of the facts on the screen that it stood under.

Canonical JSON, sorted keys, SHA-256. A screen that shows anything else has another digest, so a
signature tapped on an outdated screen signs nothing.
"""

import hashlib
import json

from flows.model import (
    Check,
    Destination,
    Digest,
    Meaning,
    Orientation,
    Outcome,
    PersonId,
    Session,
)

SHOWN_LENGTH = 16
"""How many hexadecimal digits of the digest a button carries (64 bits)."""


def sign_off_digest(
    session: Session,
    check: Check,
    by: PersonId,
    outcome: Outcome,
    destination: Destination | None,
    meaning: Meaning,
) -> Digest:
    """Digest one person's screen as the signer `by` sees it, with the outcome it signs."""
    return _digest(
        {
            "act": "sign-off",
            "session": session.id,
            "schedule": session.schedule,
            "person": check.person,
            "epoch": check.epoch,
            "revision": check.run.revision.id if check.run else "",
            "answers": sorted(
                (i, a.value, a.at, a.by, a.changed) for i, a in check.answers.items()
            ),
            "observed": sorted(
                (i, o.seen, o.at) for (i, p), o in check.observations.items() if p == by
            ),
            "first": check.first_sign_off.digest if check.first_sign_off else "",
            "outcome": outcome,
            "destination": destination or "",
            "meaning": (meaning.key, meaning.locale, meaning.sha256),
            "by": by,
        }
    )


def opening_digest(session: Session, by: PersonId, meaning: Meaning) -> Digest:
    """Digest the board at the moment of opening: who is in, away or absent, and who signed."""
    return _digest(
        {
            "act": "opening",
            "session": session.id,
            "schedule": session.schedule,
            "number": session.opening.number + 1 if session.opening else 1,
            "roster": sorted(
                (p, c.state, c.epoch, *_signatures(c)) for p, c in session.checks.items()
            ),
            "meaning": (meaning.key, meaning.locale, meaning.sha256),
            "by": by,
        }
    )


def orientation_digest(
    orientation: Orientation, by: PersonId, lasts: int, meaning: Meaning
) -> Digest:
    """Digest the page of one run as the signer sees it, and for how many seconds it shall count."""
    return _digest(
        {
            "act": "orientation",
            "person": orientation.person,
            "number": orientation.number,
            "revision": orientation.revision.id,
            "answers": sorted((i, a.value, a.at, a.by) for i, a in orientation.answers.items()),
            "lasts": lasts,
            "meaning": (meaning.key, meaning.locale, meaning.sha256),
            "by": by,
        }
    )


def _signatures(check: Check) -> tuple[str, ...]:
    return tuple(one.digest if one else "" for one in (check.first_sign_off, check.sign_off))


def matches(shown: str, digest: Digest) -> bool:
    """Say whether the digits on a button are this digest's; too few digits never match."""
    return len(shown) >= SHOWN_LENGTH and digest.startswith(shown)


def _digest(facts: dict[str, object]) -> Digest:
    canonical = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return Digest(hashlib.sha256(canonical.encode()).hexdigest())
