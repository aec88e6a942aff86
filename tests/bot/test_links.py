"""The `link` room: which links are taken, which are the same, and for which session they are."""

import pytest

from bot.office.flow_place import Place
from bot.office.flows import VERSIONS
from bot.rooms.link import acceptable, identity
from flows.model import SessionState
from storage import drafts, pages, people, sessions
from storage.people import Role
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


# While a page asks for words

OF_A_TEXT, OF_A_NAME = "flow-text", "new-group"
WORDS = f"Is nobody else in the room?\nWhat it means: {LINK}"


@pytest.fixture
async def anna(house):
    """Make Anna a coordinator too."""

    def promote(tx):
        people.give_role(tx, house.anna.person, Role.COORDINATOR, prepared_at=None)

    await house.store.transact(promote)
    return house.anna


async def send(house, text, page=None):
    """Have a page open, if one is named, and send a text."""

    def leave_open(tx):
        seen = drafts.base(tx, "environment", "en").version * VERSIONS
        about = Place("environment", "en", 0, seen).number if page == OF_A_TEXT else 0
        pages.keep(tx, house.anna.person, pages.Page(page, about))

    if page is not None:
        await house.store.transact(leave_open)
    house.anna.phone.type(text)
    await house.quiet()


async def drafted(house):
    found = await house.store.read(lambda tx: drafts.changes(tx, "environment", "en"))
    return [change.words for change in found.values()]


async def outcomes(house):
    return [(kind, outcome) for kind, outcome, _, _ in await house.audited()]


@pytest.mark.parametrize("checking", [True, False])
@pytest.mark.parametrize(
    "words", [WORDS, f"See {LINK}", f"{LINK} {LINK}2", "https://a.b/" + "x" * 600 + " more"]
)
async def test_words_around_a_link_are_the_text_that_was_asked_for(house, anna, checking, words):
    """A text with addresses in it is kept as it was sent, and none of them as a session's link."""
    if checking:
        await house.started()
    await send(house, words, OF_A_TEXT)
    assert await drafted(house) == [words]
    assert not (await house.session()).link_ready
    assert not any(LINK in str(message) for message in anna.phone.view()["messages"][-1:])
    assert (await outcomes(house))[-1] == ("flow-text", "done")
    assert not any(words in str(row) for row in await house.audited())


async def test_words_around_a_link_without_a_page(house, anna):
    """Where no page asks for words, a link among words is taken as ever."""
    await house.started()
    await send(house, f"Here: {LINK}")
    assert (await house.session()).link_ready
    assert await drafted(house) == []


async def test_a_link_alone_is_a_text_where_no_session_waits(house, anna):
    """A page that asks for a whole text takes a link alone while no session waits for one."""
    await send(house, LINK, OF_A_TEXT)
    assert await drafted(house) == [LINK]


@pytest.mark.parametrize("page", [OF_A_TEXT, OF_A_NAME])
async def test_a_link_alone_is_asked_about_while_a_session_waits(house, anna, page):
    """With a page and a session that both wait, a link alone is kept nowhere until one is named."""
    await house.started()
    await send(house, LINK, page)
    assert anna.texts()[-1] == anna.say("reply/link-which")
    assert not (await house.session()).link_ready
    assert await drafted(house) == []
    assert not any(LINK in str(message) for message in anna.phone.view()["messages"])
    anna.tap(f"link-for:{house.session_id}")
    await house.quiet()
    await send(house, LINK)
    assert (await house.session()).link_ready
    assert await drafted(house) == []


async def test_a_link_alone_is_no_name(house, anna):
    """A page that asks for a line keeps no link alone; it is answered as without a page."""
    await send(house, "https://a.b/c", OF_A_NAME)
    assert anna.texts()[-1] == anna.say("reply/link-unasked")


async def test_a_name_does_not_say_where_a_group_meets(house, anna):
    """A line with a link reaches the page that asked for a name, which refuses it."""
    await house.started()
    before = await house.count("group")
    await send(house, "At https://a.b/c", OF_A_NAME)
    assert await house.count("group") == before
    assert (await outcomes(house))[-1] == ("group-new", "name-telling")
    assert not (await house.session()).link_ready
