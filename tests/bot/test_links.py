"""The `link` room: which links are taken, which are the same, and for which session they are."""

import pytest

from bot.rooms.link import acceptable, identity
from flows.model import SessionState
from storage import sessions
from tests.honest import plan

LINK = "https://meet.example.org/fresh-room"


@pytest.mark.parametrize(
    "same",
    [
        f"{LINK}#x",
        f"{LINK}?pwd=1",
        f"{LINK}?pwd=1&authuser=2#config.startMuted=true",
        f"{LINK}/",
        f"{LINK}?",
        "https://MEET.example.org/fresh-room",
        "HTTPS://meet.example.org/fresh-room",
        "https://meet.example.org:443/fresh-room",
        "https://meet.example.org./fresh-room",
        "https://meet.example.org//fresh-room",
        "https://meet.example.org/Fresh-Room",
        "https://meet.example.org/fresh%2Droom",
    ],
)
def test_another_spelling_is_the_same_room(same):
    """Who was stopped knows the old link: no other spelling makes it a fresh one."""
    assert acceptable(same, ())
    assert identity(same) == identity(LINK)


@pytest.mark.parametrize(
    "other",
    [f"{LINK}2", f"{LINK}?room=1", "https://meet.example.org:8443/fresh-room", f"{LINK}/inner"],
)
def test_another_room_is_another_room(other):
    """Path, port and whatever names a room tell rooms apart."""
    assert identity(other) != identity(LINK)


ONE_ROOM = (
    ("us02web.zoom.us/j/8123?pwd=a.1", "us02web.zoom.us/j/8123?pwd=b.1", "us02web.zoom.us/j/8123"),
    ("zoom.us/wc/8123/join?pwd=a", "zoom.us/wc/8123/join?pwd=b"),
    ("meet.google.com/abc-defg-hij?authuser=0", "meet.google.com/abc-defg-hij?authuser=1"),
    ("teams.microsoft.com/meet/9312?p=a", "teams.microsoft.com/meet/9312?p=b"),
    ("meet.jit.si/Some?jwt=a#config.x=1", "meet.jit.si/some?jwt=b"),
    ("x.webex.com/x/j.php?MTID=m1&rnd=1", "x.webex.com/x/j.php?rnd=2&mtid=m1"),
    ("video.example/j?confno=1&pwd=a", "video.example/j?pwd=b&confno=1"),
    ("bbb.example/api/join?meetingID=1&checksum=a", "bbb.example/api/join?meetingID=1&checksum=b"),
)
ROOMS = (
    ("video.example/j?confno=1", "video.example/j?confno=2"),
    ("video.example/?room=one", "video.example/?room=two"),
    ("video.example/client/index.html?room_id=1", "video.example/client/index.html?room_id=2"),
    ("x.webex.com/x/j.php?MTID=m1", "x.webex.com/x/j.php?MTID=m2"),
    ("video.example/join?what=1", "video.example/join?what=2"),
    ("video.example/#/one", "video.example/#/two"),
)


@pytest.mark.parametrize("links", ONE_ROOM, ids=lambda links: links[0])
def test_a_password_makes_no_other_room(links):
    """Where something else names the room, what differs beside it is no fresh link."""
    assert len({identity(f"https://{link}") for link in links}) == 1


@pytest.mark.parametrize("links", ROOMS, ids=lambda links: links[0])
def test_a_room_that_the_query_names_is_not_used_for_ever(links):
    """Where the path is the same for every room, what follows it tells them apart."""
    assert len({identity(f"https://{link}") for link in links}) == 2


async def test_a_used_link_is_refused_in_another_spelling(house):
    """After a stop the same room is refused, however its link is written."""
    await house.ready()
    house.anna.phone.type(LINK)
    await house.quiet()
    house.anna.forge(f"stop:{house.session_id}")
    await house.quiet()
    await house.start()
    house.anna.phone.type(f"{LINK}/#again")
    await house.quiet()
    assert house.anna.texts()[-1] == house.anna.say("reply/link-taken")
    assert not (await house.session()).link_ready


async def test_of_two_sessions_the_right_one_is_asked_for(house):
    """With two sessions waiting for a link none is guessed: the facilitator taps the right one."""

    def second(tx):
        other = plan(tx, [house.anna.person], [])
        tx.db.execute("UPDATE session SET state = 'checking', version = version + 1"
                      " WHERE id = ?", (other,))  # fmt: skip
        return other

    await house.started()
    other = await house.store.transact(second)
    house.anna.phone.type(LINK)
    await house.quiet()
    assert house.anna.texts()[-1] == house.anna.say("reply/link-which")
    assert not (await house.session()).link_ready
    house.anna.tap(f"link-for:{other}")
    await house.quiet()
    house.anna.phone.type(LINK)
    await house.quiet()
    assert not (await house.session()).link_ready
    found = await house.store.read(lambda tx: sessions.load(tx, other))
    assert found.link_ready
    assert found.state is SessionState.CHECKING
    assert not any(LINK in text for text in house.anna.texts())
