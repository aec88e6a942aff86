"""Guessing: five wrong invitations from one chat, then none is looked up for an hour."""

import pytest

from storage import invitations, people
from storage.invitations import PAUSE, WRONG_ONES
from tests.honest import NOON, open_store

CHAT = 77


@pytest.fixture
async def store(tmp_path):
    store = await open_store(tmp_path)
    yield store
    await store.close()


@pytest.fixture
async def tries(store):
    """Return a function that opens a token from a chat at a time, one of them good: `good`."""

    def invite(tx):
        person = people.add(tx, locale="en", zone="UTC", label="Berta", now=NOON)
        people.invite(tx, person, "good", expires_at=NOON + 10 * PAUSE)
        return person

    person = await store.transact(invite)

    async def opens(token, at=NOON, chat=CHAT):
        found = await store.transact(lambda tx: invitations.open_with(tx, token, chat, at))
        return found == person

    return opens


async def rows(store):
    return await store.read(
        lambda tx: [tuple(row) for row in tx.db.execute("SELECT * FROM attempt")]
    )


async def test_after_five_wrong_ones_a_right_one_is_not_looked_up(store, tries):
    """The sixth is refused though it is right, until an hour after the fifth."""
    for n in range(WRONG_ONES):
        assert not await tries(f"wrong-{n}", NOON + n)
    fifth = NOON + WRONG_ONES - 1
    assert not await tries("good", fifth + 1)
    assert not await tries("good", fifth + PAUSE - 1)
    assert await tries("good", fifth + PAUSE)
    assert await rows(store) == []


async def test_four_wrong_ones_do_no_harm(store, tries):
    """Somebody who mistypes four times still comes in, and nothing is kept of it."""
    for n in range(WRONG_ONES - 1):
        assert not await tries(f"wrong-{n}")
    assert await tries("good")
    assert await rows(store) == []


async def test_pause_is_not_made_longer(store, tries):
    """Trying on during the pause does not lengthen it, and is not counted."""
    for n in range(WRONG_ONES + 7):
        assert not await tries(f"wrong-{n}", NOON + n)
    assert [row[1:] for row in await rows(store)] == [(WRONG_ONES, NOON + WRONG_ONES - 1)]


async def test_wrong_ones_of_another_hour_do_not_add_up(store, tries):
    """Four in one hour and four in the next are no five."""
    for at in (NOON, NOON + PAUSE):
        for n in range(WRONG_ONES - 1):
            assert not await tries(f"wrong-{n}", at)
    assert await tries("good", NOON + PAUSE)


async def test_chats_are_counted_by_themselves(store, tries):
    """One chat's guesses keep no other chat out."""
    for n in range(WRONG_ONES):
        assert not await tries(f"wrong-{n}")
    assert await tries("good", chat=CHAT + 1)


async def test_only_a_blind_index_is_kept_and_not_for_long(store, tries):
    """The chat's number stands nowhere in the row, and the row goes when it counts no more."""
    await tries("wrong")
    ((index, count, since),) = await rows(store)
    assert (len(index), count, since) == (32, 1, NOON)
    assert str(CHAT).encode() not in index
    known = await store.read(lambda tx: tx.keys.blind("chat", str(CHAT)))
    assert index != known
    await store.transact(lambda tx: invitations.forget_attempts(tx, NOON + PAUSE - 1))
    assert len(await rows(store)) == 1
    await store.transact(lambda tx: invitations.forget_attempts(tx, NOON + PAUSE))
    assert await rows(store) == []


async def test_first_coordinator_is_one_person(store):
    """Asked again, the same person gets a fresh token; once somebody has come, there is none."""

    def ask(tx):
        return invitations.first_coordinator(
            tx, label="Coordination", locale="en", zone="UTC", now=NOON
        )

    first, token = await store.transact(ask)
    again, fresh = await store.transact(ask)
    assert (first, token) != (again, fresh)
    assert first == again

    def come(tx, given):
        return people.redeem(tx, given, CHAT, NOON + invitations.FIRST_LASTS - 1)

    assert await store.transact(lambda tx: come(tx, token)) is None
    assert await store.transact(lambda tx: come(tx, fresh)) == first
    assert await store.transact(ask) is None


async def test_first_invitation_lasts_a_day(store):
    """After a day it lets nobody in."""
    _, token = await store.transact(
        lambda tx: invitations.first_coordinator(
            tx, label="Coordination", locale="en", zone="UTC", now=NOON
        )
    )
    late = NOON + invitations.FIRST_LASTS
    assert await store.transact(lambda tx: people.redeem(tx, token, CHAT, late)) is None
