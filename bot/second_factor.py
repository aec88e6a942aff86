"""The second factor: a code from an authenticator app before somebody's first signature.

A code proves who holds the phone; it signs nothing and opens nothing. What is typed and the secret
behind it stand in no log, no letter and no row of the record.
"""

from dataclasses import dataclass

from pyotp import TOTP, random_base32
from pyotp.exceptions import OTPVerificationError

from bot import buttons, keeping
from bot.buttons import Answer, Tap, Unreadable
from bot.recording import Recorder
from bot.views.factor import grouped
from flows import events as e
from flows.decide import RefusalCode
from flows.effects import ScreenKind
from flows.model import Instant, PersonId, SessionId
from storage import authenticators, outbox, people, screens, sessions
from storage.authenticators import DIGITS, Authenticator, Pad
from storage.outbox import Kind
from storage.people import Role
from storage.store import Tx

PAD_SECONDS = 300
PICTURE_SECONDS = 600
DRIFT = 1
"""How many steps of 30 seconds a phone's clock may be off, either way (RFC 6238, 5.2)."""
VERBS = frozenset(
    (
        *("key", "pad-back", "pad-leave", "factor-key", "factor-lost"),
        *("reset-factor", "reset-factor-now"),
    )
)


def step_of(secret: str, code: str, now: Instant) -> int | None:
    """Return the time step whose code this is, about now; None for a wrong one."""
    try:
        return TOTP(secret).verify_and_get_timecode(code, for_time=now, valid_window=DRIFT)
    except OTPVerificationError:
        return None


def new_picture_secret(tx: Tx, person: PersonId, now: Instant) -> str | None:
    """Return a fresh secret to be shown, or None where none is to be shown any more.

    Each drawing has its own, so that a picture which got lost on its way is worth nothing.
    """
    known = authenticators.find(tx, person)
    if known is None or known.shown_until is None or now >= known.shown_until:
        return None
    secret = random_base32()
    authenticators.offer(tx, person, secret, known.shown_until)
    return secret


def clear_over(tx: Tx, now: Instant) -> None:
    """Clear the pads that were not answered in time, and take pictures away that had theirs."""
    for person in authenticators.pads_over(tx, now):
        authenticators.close_pad(tx, person)
        outbox.add(tx, person, Kind.HIDE, now=now, subject=ScreenKind.PAD)
    for person in authenticators.pictures_over(tx, now):
        authenticators.conceal(tx, person)
        outbox.add(tx, person, Kind.HIDE, now=now, subject=ScreenKind.PICTURE)


@dataclass(frozen=True, slots=True)
class SecondFactor(Recorder):
    """Somebody who enters a code, sets up an authenticator, or resets a colleague's."""

    def is_asked(self) -> bool:
        """Say whether this person may be asked for a code in a session of theirs."""
        return authenticators.is_asked(self.tx, self.person.id)

    def ask(self, session: SessionId) -> Answer:
        """Show the pad to somebody whose signature waits for a code, and what they need for it."""
        known = authenticators.find(self.tx, self.person.id)
        if known is not None and known.locked_at is not None:
            return Answer("factor/locked", alert=True)
        if known is None or (known.confirmed_at is None and known.shown_until is None):
            self._offer()
        self._show_pad(session)
        return Answer()

    def set_up(self) -> None:
        """Set up an authenticator ahead of a session; a picture that was shown is worth no more."""
        known = authenticators.find(self.tx, self.person.id)
        if known is not None and known.locked_at is not None:
            self._say("factor/locked")
        elif known is not None and known.confirmed_at is not None:
            self._say("factor/already")
        else:
            self._offer()
            self._show_pad(None)

    def tapped(self, tap: Tap) -> Answer:
        """Do what a button of the pad, the picture or a reset says."""
        match tap.verb:
            case "key" | "pad-back" | "pad-leave":
                return self._on_pad(tap)
            case "factor-key":
                return self._spell()
            case "factor-lost":
                return self._lose(buttons.number(tap.args[0]))
            case _:
                return self._reset(tap)

    # Entering a code

    def _on_pad(self, tap: Tap) -> Answer:
        number = buttons.number(tap.args[0])
        pad = authenticators.pad_of(self.tx, self.person.id, self.now)
        if pad is None or pad.number != number:
            return self.refused(tap.verb, RefusalCode.STALE)
        if tap.verb == "pad-leave":
            return self._leave()
        digits = authenticators.digits_of(self.tx, self.person.id)
        digits = digits[:-1] if tap.verb == "pad-back" else digits + _digit(tap.args[1])
        if len(digits) == DIGITS:
            return self._check(pad, digits)
        authenticators.type_in(self.tx, self.person.id, digits)
        self._screen(Kind.REDRAW, ScreenKind.PAD)
        return Answer()

    def _leave(self) -> Answer:
        self._close_pad()
        self._conceal()
        return Answer()

    def _check(self, pad: Pad, digits: str) -> Answer:
        known = authenticators.find(self.tx, self.person.id)
        if known is None or not self._counts(known):
            self._close_pad()
            return self.refused("code", RefusalCode.STALE, pad.session)
        secret = authenticators.secret_of(self.tx, self.person.id)
        step = step_of(secret, digits, self.now)
        if step is None:
            return self._wrong(pad)
        if step <= known.last_step:
            self.record("code", "used", pad.session)
            return self._once_more(pad, "factor/used")
        return self._right(pad, known, step)

    def _counts(self, known: Authenticator) -> bool:
        """Say whether a code may be right: confirmed, or of a picture that can be taken away."""
        if known.locked_at is not None:
            return False
        if known.confirmed_at is not None:
            return True
        shown = screens.find(self.tx, self.person.id, ScreenKind.PICTURE, None)
        return shown is not None and known.shown_until is not None and self.now < known.shown_until

    def _right(self, pad: Pad, known: Authenticator, step: int) -> Answer:
        self._close_pad()
        if known.confirmed_at is None:
            self._conceal()
            self.record("authenticator", "confirmed")
        authenticators.accept(self.tx, self.person.id, step, self.now)
        session = sessions.load(self.tx, pad.session) if pad.session is not None else None
        if session is None:
            self._say("factor/ready")
            return Answer()
        proved = keeping.happen(self.tx, session, e.FactorProved(self.person.id), self.now)
        return Answer(f"refusal/{proved.refusal.code}") if proved.refusal else Answer()

    def _wrong(self, pad: Pad) -> Answer:
        if authenticators.count_wrong(self.tx, self.person.id, self.now):
            self.record("code", "locked", pad.session)
            self._tell_locked()
            return Answer()
        self.record("code", "wrong", pad.session)
        return self._once_more(pad, "factor/wrong")

    def _once_more(self, pad: Pad, why: str) -> Answer:
        """Begin another code on the same pad: no key of the one before counts for it."""
        until = self.now + PAD_SECONDS
        authenticators.open_pad(self.tx, self.person.id, pad.session, until)
        self._screen(Kind.REDRAW, ScreenKind.PAD)
        return Answer(why, alert=True)

    # Setting up

    def _offer(self) -> None:
        until = self.now + PICTURE_SECONDS
        authenticators.offer(self.tx, self.person.id, random_base32(), until)
        self._screen(Kind.SHOW, ScreenKind.PICTURE)
        self.record("authenticator", "shown")

    def _spell(self) -> Answer:
        """Answer with the secret as it is typed by hand: on the screen, in no chat."""
        known = authenticators.find(self.tx, self.person.id)
        if known is None or known.confirmed_at is not None or not self._counts(known):
            return self.refused("factor-key", RefusalCode.STALE)
        secret = authenticators.secret_of(self.tx, self.person.id)
        return Answer("factor/key", alert=True, params={"letters": grouped(secret)})

    # Being locked out

    def _lose(self, confirmed_at: Instant) -> Answer:
        known = authenticators.find(self.tx, self.person.id)
        if known is None or known.confirmed_at != confirmed_at or known.locked_at is not None:
            return self.refused("factor-lost", RefusalCode.STALE)
        authenticators.lock(self.tx, self.person.id, self.now)
        self.record("authenticator", "lost")
        self._tell_locked()
        return Answer()

    def _tell_locked(self) -> None:
        self._close_pad()
        self._conceal()
        self._say("factor/locked")
        for coordinator in people.coordinators(self.tx):
            if coordinator != self.person.id:
                self._say("factor/locked-out", to=coordinator, about=self.person.id)

    def _reset(self, tap: Tap) -> Answer:
        """Reset a locked authenticator, by a coordinator's second tap, never by its own holder."""
        locked_at, who = buttons.number(tap.args[0]), buttons.person(tap)
        if Role.COORDINATOR not in self.person.roles or who == self.person.id:
            return self.refused(tap.verb, RefusalCode.NOT_COORDINATOR)
        known = authenticators.find(self.tx, who)
        if known is None or known.locked_at != locked_at:
            return self.refused(tap.verb, RefusalCode.STALE)
        if tap.verb == "reset-factor":
            self._say("factor/reset-ask", about=who)
            return Answer()
        self.record("authenticator-reset", person=who)
        authenticators.reset(self.tx, who)
        for session_id in authenticators.proved_in(self.tx, who):
            if session := sessions.load(self.tx, session_id):
                event = e.FactorReset(self.person.id, who)
                keeping.happen(self.tx, session, event, self.now)
        self._say("factor/reset-done", about=who)
        self._say("factor/reset", to=who)
        return Answer()

    # What all of these share

    def _show_pad(self, session: SessionId | None) -> None:
        """Show the pad; one that is open for the same is brought, with what was typed on it."""
        pad = authenticators.pad_of(self.tx, self.person.id, self.now)
        if pad is not None and pad.session == session:
            self._screen(Kind.BRING, ScreenKind.PAD)
            return
        authenticators.open_pad(self.tx, self.person.id, session, self.now + PAD_SECONDS)
        self._screen(Kind.SHOW, ScreenKind.PAD)

    def _close_pad(self) -> None:
        authenticators.close_pad(self.tx, self.person.id)
        self._screen(Kind.HIDE, ScreenKind.PAD)

    def _conceal(self) -> None:
        if authenticators.conceal(self.tx, self.person.id):
            self._screen(Kind.HIDE, ScreenKind.PICTURE)

    def _screen(self, kind: Kind, screen: ScreenKind) -> None:
        # Whoever asks for a code looks at the chat: it need not ring.
        quiet = {"quiet": 1} if kind is Kind.SHOW else {}
        outbox.add(self.tx, self.person.id, kind, now=self.now, subject=screen, params=quiet)

    def _say(self, key: str, *, to: PersonId | None = None, about: PersonId | None = None) -> None:
        outbox.add_once(self.tx, to or self.person.id, now=self.now, subject=key, about=about)


def _digit(text: str) -> str:
    """Return the digit that a key carries."""
    if len(text) != 1:
        raise Unreadable
    return str(buttons.number(text))
