"""Authenticators and pads: sealed, used once, locked by five wrong codes, cleared in time."""

import pytest

from flows import events as e
from flows.model import Rules
from storage import audit, authenticators
from storage.audit import AuditRow
from storage.authenticators import Authenticator, Pad
from storage.errors import Erased
from tests.honest import NOON, SECRET, Evening, open_store

STEP = NOON // 30
DIGITS = "314159"


@pytest.fixture
async def store(tmp_path):
    store = await open_store(tmp_path)
    yield store
    await store.close()


@pytest.fixture
async def evening(store):
    return await Evening(store, Rules(second_factor=True)).prepare()


@pytest.fixture
async def offered(evening):
    """Offer the first facilitator a secret that is shown until NOON + 600."""
    await evening.store.transact(
        lambda tx: authenticators.offer(tx, evening.staff[0], SECRET, NOON + 600)
    )
    return evening


async def found(evening, person=None):
    who = person or evening.staff[0]
    return await evening.store.read(lambda tx: authenticators.find(tx, who))


async def test_an_offer(offered):
    """A secret that was offered is unconfirmed and comes back as it went in, to its own person."""
    assert await found(offered) == Authenticator(NOON + 600, None, None, 0)
    assert await found(offered, offered.staff[1]) is None
    secret = await offered.store.read(lambda tx: authenticators.secret_of(tx, offered.staff[0]))
    assert secret == SECRET


async def test_another_offer(offered):
    """Until a code has confirmed it, a secret can be exchanged."""
    person = offered.staff[0]
    await offered.store.transact(lambda tx: authenticators.offer(tx, person, "B" * 32, NOON + 700))
    secret = await offered.store.read(lambda tx: authenticators.secret_of(tx, person))
    assert (secret, (await found(offered)).shown_until) == ("B" * 32, NOON + 700)


async def test_the_first_right_code_confirms(offered):
    """A right code confirms the secret, ends its picture, and forgets the wrong ones before it."""
    person = offered.staff[0]

    def act(tx):
        authenticators.count_wrong(tx, person, NOON)
        authenticators.accept(tx, person, STEP, NOON + 1)
        authenticators.accept(tx, person, STEP + 2, NOON + 61)
        return tx.db.execute("SELECT wrong FROM authenticator").fetchone()["wrong"]

    assert await offered.store.transact(act) == 0
    assert await found(offered) == Authenticator(None, NOON + 1, None, STEP + 2)


async def test_the_fifth_wrong_code_locks(offered):
    """Four wrong codes in a row are counted, the fifth one locks."""
    person = offered.staff[0]

    def act(tx):
        return [authenticators.count_wrong(tx, person, NOON + n) for n in range(5)]

    assert await offered.store.transact(act) == [False, False, False, False, True]
    assert (await found(offered)).locked_at == NOON + 4


async def test_a_reset_needs_its_row(offered):
    """An authenticator goes only in the transaction that puts its reset on record."""
    person = offered.staff[0]

    def record(tx):
        row = AuditRow(at=NOON, kind="authenticator-reset", outcome="done", person=person)
        audit.append(tx, row)
        authenticators.reset(tx, person)

    await offered.store.transact(record)
    assert await found(offered) is None


async def test_erased_with_its_person(offered):
    """With a person's key their secret and what they typed can't be read again."""
    person = offered.staff[0]

    def erase(tx):
        authenticators.open_pad(tx, person, offered.session_id, NOON + 300)
        tx.keys.erase_person(person)

    await offered.store.transact(erase)
    for read in (authenticators.secret_of, authenticators.digits_of):
        with pytest.raises(Erased):
            await offered.store.read(lambda tx, read=read: read(tx, person))


async def test_a_pad(offered):
    """A pad keeps its digits until it is closed, and every code has a number of its own."""
    person, session = offered.staff[0], offered.session_id

    def act(tx):
        authenticators.open_pad(tx, person, session, NOON + 300)
        first = authenticators.pad_of(tx, person, NOON)
        authenticators.type_in(tx, person, "314")
        typed = authenticators.pad_of(tx, person, NOON), authenticators.digits_of(tx, person)
        authenticators.open_pad(tx, person, None, NOON + 400)
        again = authenticators.pad_of(tx, person, NOON)
        authenticators.close_pad(tx, person)
        return first, typed, again, authenticators.pad_of(tx, person, NOON)

    first, typed, again, closed = await offered.store.transact(act)
    assert (first.session, first.typed, first.until) == (session, 0, NOON + 300)
    assert typed == (Pad(session, first.number, 3, NOON + 300), "314")
    assert (again.session, again.typed) == (None, 0)
    assert again.number != first.number
    assert closed is None


async def test_what_has_its_time(offered):
    """Pads and pictures are found at their last second, and the earliest of them is next."""
    person = offered.staff[0]
    await offered.store.transact(lambda tx: authenticators.open_pad(tx, person, None, NOON + 300))

    def look(tx, now):
        pad = authenticators.pad_of(tx, person, now)
        over = authenticators.pads_over(tx, now), authenticators.pictures_over(tx, now)
        return pad is None, *over, authenticators.next_due(tx)

    store = offered.store
    early = await store.read(lambda tx: look(tx, NOON + 299))
    late = await store.read(lambda tx: look(tx, NOON + 600))
    assert early == (False, (), (), NOON + 300)
    assert late == (True, (person,), (person,), NOON + 300)
    await store.transact(lambda tx: authenticators.close_pad(tx, person))
    assert await store.read(authenticators.next_due) == NOON + 600
    await store.transact(lambda tx: authenticators.conceal(tx, person))
    assert await store.read(authenticators.next_due) is None


async def test_whom_it_concerns(evening):
    """Facilitators of a session that asks and is not over are asked, and nobody else."""

    async def asked():
        everybody = (*evening.staff, *evening.people)
        return await evening.store.read(
            lambda tx: [authenticators.is_asked(tx, person) for person in everybody]
        )

    assert await asked() == [True, True, False, False]
    await evening.start()
    assert not (await evening.prove(evening.staff[0])).refusal
    proved = [
        await evening.store.read(lambda tx, who=who: authenticators.proved_in(tx, who))
        for who in evening.staff
    ]
    assert proved == [(evening.session_id,), ()]
    await evening.happen(e.SessionClosed(evening.staff[0]))
    assert await asked() == [False] * 4


async def test_a_proof_comes_back(evening):
    """When somebody proved, and that the session asks, is loaded as it was saved."""
    await evening.prove(evening.staff[0])
    session = await evening.session()
    assert session.rules == Rules(second_factor=True)
    assert session.rules.second_factor is True
    assert [f.proved_at for f in session.facilitators.values()] == [NOON, None]


async def test_nothing_of_it_stands_in_clear(offered, tmp_path):
    """Neither a secret nor typed digits stand in any file, whole or in part."""
    person = offered.staff[0]

    def type_in(tx):
        authenticators.open_pad(tx, person, None, NOON + 300)
        authenticators.type_in(tx, person, DIGITS[:-1])

    await offered.store.transact(type_in)
    written = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    assert SECRET.encode() not in written
    assert DIGITS[:-1].encode() not in written
    assert b"authenticator" in written
