"""Pictures above questions: sent, previewed, published, asked with, and taken away again."""

from io import BytesIO

import pytest
from PIL import Image

from bot.graphics import pictures
from bot.office.flow_place import Place
from bot.views import step as step_view
from bot.views.message import Button
from flows.flow import CONSIDERED, DOMAINS, dump_revision, load_revision
from storage import drafts as kept
from storage import pictures as stored
from storage import revisions
from tests.bot.home.conftest import invite
from tests.bot.home.test_arrival import is_gone
from tests.bot.office.conftest import Desk, enrol_coordinator
from tests.bot.office.grouping import page_of, press
from tests.bot.office.test_clearance import Facilitator, put_together
from tests.bot.office.test_clearance import button as clearance_button
from tests.bot.office.test_flow_exchange import send, take_out
from tests.bot.office.test_flow_steps import WHY, open_step
from tests.bot.office.test_flows import ALONE, CHECK, change, latest, open_language, publish

EN = Place("environment", "en")
PLACE_TAKEN = "Rue de la Paix 7"


def image(kind="JPEG", size=(300, 200), colour="teal", **more):
    written = BytesIO()
    Image.new("RGB", size, colour).save(written, kind, **more)
    return written.getvalue()


def with_exif():
    """Return a photo that says where it was taken."""
    exif = Image.Exif()
    exif[270] = PLACE_TAKEN
    return image(exif=exif)


def moving():
    frames = [Image.new("RGB", (20, 20), name) for name in ("red", "blue")]
    written = BytesIO()
    frames[0].save(written, "WEBP", save_all=True, append_images=frames[1:])
    return written.getvalue()


def with_more_behind():
    """Return a photo as many phones write it: a JPEG with another one behind it."""
    written = BytesIO()
    behind = Image.new("RGB", (30, 20), "red")
    Image.new("RGB", (300, 200), "teal").save(written, "MPO", save_all=True, append_images=[behind])
    return written.getvalue()


async def open_picture(desk, name="headphones", place=CHECK):
    await open_step(desk, name, place)
    await desk.tap("office/flows/step/button/picture")


async def photo(desk, data, name="headphones", place=CHECK):
    await open_picture(desk, name, place)
    desk.guest.phone.send_photo(data)
    await desk.house.quiet()


async def picture(desk, name="headphones", place=CHECK, data=None):
    """Send a picture with its reason."""
    await photo(desk, data or image(), name, place)
    await desk.type(WHY)


def kinds(guest):
    return [message["kind"] for message in guest.messages()]


async def count(house, table="picture"):
    return await house.count(table)


async def test_a_picture_is_sent_and_published(clara):
    """A photo becomes a part of the draft, with a reason, and of what is published."""
    before = await latest(clara.house)
    await picture(clara)
    assert await count(clara.house, "draft_steps") == 1
    await publish(clara)
    revision = await latest(clara.house)
    digest = revision.flow.pictures["headphones"]
    assert revision.id != before.id
    assert load_revision(dump_revision(revision)) == revision
    data = await clara.house.store.read(lambda tx: stored.find(tx, digest))
    assert Image.open(BytesIO(data)).size == (300, 200)
    assert await clara.house.count("publication_edit", "what = 'pictured'") == 1
    assert await count(clara.house, "revision_picture") == 1


async def test_the_change_says_pictures(clara):
    """Before publishing, and before going back, stands that a picture is different, and no more."""
    different, none = (clara.key(f"office/flows/{key}", n=n) for key, n in
                       (("step/pictures", 1), ("impact", 0)))  # fmt: skip
    await picture(clara)
    await open_language(clara)
    await clara.tap("office/flows/button/changes")
    assert different in page_of(clara)
    assert none not in page_of(clara)
    await clara.tap("office/flows/button/publish")
    await clara.tap("office/flows/button/history")
    await press(clara, "go:flow-earlier:")
    assert different in page_of(clara)


async def test_nothing_but_what_is_seen_is_kept(clara):
    """Where and when a photo was taken does not come into the database."""
    assert PLACE_TAKEN.encode() in with_exif()
    await picture(clara, data=with_exif())
    rows = "SELECT bytes FROM picture"
    (row,) = await clara.house.store.read(lambda tx: tx.db.execute(rows).fetchall())
    assert PLACE_TAKEN.encode() not in row["bytes"]
    assert not Image.open(BytesIO(row["bytes"])).getexif()


async def test_the_preview_shows_it(clara):
    """The preview of a question has its picture, and the next one has none."""
    await picture(clara, "private-space")
    await open_language(clara)
    await clara.tap("office/flows/button/preview")
    assert kinds(clara.guest)[-1] == "text"
    yes = next(iter((await latest(clara.house)).flow.steps.values())).options[0].text
    await tap(clara, yes)
    assert kinds(clara.guest)[-1] == "photo"
    await tap(clara, clara.buttons()[0])
    assert kinds(clara.guest)[-1] == "text"


async def test_a_long_text_takes_no_picture(clara):
    """Words of the draft that are too long to stand below a picture keep it away."""
    await change(clara, "Sind Sie allein? " * 70, ALONE)
    await picture(clara, "private-space")
    assert page_of(clara).startswith(clara.key("office/flows/problem/long"))
    assert await count(clara.house, "draft_edit") == 0
    assert await count(clara.house) == 0


async def tap(desk, text):
    message = desk.guest.messages()[-1]
    for row in message["keyboard"]:
        for button in row:
            if button["text"] == text:
                desk.guest.phone.tap(message["message_id"], button["callback_data"])
                await desk.house.quiet()
                return
    raise AssertionError(text)


async def tap_first(house):
    """Tap the first button that stands on the participant's phone."""
    message = house.h7.messages()[-1]
    house.h7.phone.tap(message["message_id"], message["keyboard"][0][0]["callback_data"])
    await house.quiet()


async def test_it_is_taken_away_again(clara):
    """A picture that is taken away, or discarded, is forgotten; one that was published stays."""
    await picture(clara)
    await open_picture(clara)
    assert kinds(clara.guest)[-1] == "photo"
    await clara.tap("office/flows/step/button/picture-away")
    await clara.type(WHY)
    assert await count(clara.house) == 0
    await picture(clara)
    await publish(clara)
    await open_picture(clara)
    await clara.tap("office/flows/step/button/picture-away")
    await clara.type(WHY)
    await publish(clara)
    assert not (await latest(clara.house)).flow.pictures
    assert await count(clara.house) == 1


@pytest.mark.parametrize("name", ["x.gif", "x.webp", "x.png", "x.jpg", "x.pdf", "huge.png"])
async def test_what_is_no_picture(clara, name):
    """What moves, is damaged, too big or of another kind is told, and changes nothing."""
    data = {
        "x.gif": image("GIF"),
        "x.webp": moving(),
        "x.png": image("GIF"),
        "x.jpg": image()[:200],
        "x.pdf": image("PDF"),
        "huge.png": image("PNG", (7000, 7000)),
    }[name]
    await open_picture(clara)
    await send(clara, data, name)
    assert page_of(clara).startswith(clara.key("office/flows/problem/picture"))
    assert await count(clara.house) == 0
    assert await count(clara.house, "draft_edit") == 0


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_bounded(kind):
    """Whatever comes is kept as a JPEG of at most 1280 pixels and 400 KB."""
    found = pictures.drawn_anew(image(kind, (3000, 2000)))
    assert len(found) <= pictures.MOST_BYTES
    seen = Image.open(BytesIO(found))
    assert (seen.format, seen.size) == ("JPEG", (1280, 853))


def test_a_phones_photo_is_one_picture():
    """A JPEG with more behind it, as phones write it, is a picture that does not move."""
    found = Image.open(BytesIO(pictures.drawn_anew(with_more_behind())))
    assert (found.format, found.size) == ("JPEG", (300, 200))
    assert found.getpixel((0, 0))[0] < found.getpixel((0, 0))[1]


def test_a_photo_is_upright():
    """A photo that says how it was held is turned before that is forgotten."""
    exif = Image.Exif()
    exif[274] = 6
    found = Image.open(BytesIO(pictures.drawn_anew(image(size=(3000, 1000), exif=exif))))
    assert found.size == (427, 1280)


@pytest.mark.parametrize("size", [(2000, 99), (1, 30_000)])
def test_a_strip_is_no_picture(size):
    """What Telegram would refuse as too narrow is not taken: no question may be held up by it."""
    assert pictures.drawn_anew(image("PNG", size)) is None
    assert pictures.drawn_anew(image("PNG", (2000, 100))) is not None


async def test_the_file_names_it(clara):
    """A file with the steps names a picture by its digest, and no other than those kept here."""
    await picture(clara)
    text = (await take_out(clara, "toml")).decode()
    found = await clara.house.store.read(lambda tx: kept.base(tx, "environment", "de"))
    digest = found.revision.flow.pictures["headphones"]
    assert f'picture = "{digest}"' in text
    await send(clara, text.replace(f'picture = "{digest}"', 'picture = "x"').encode(), "x.toml")
    assert "F709" in page_of(clara)


async def test_a_participant_sees_it_with_the_question(house):
    """The picture comes with its question as one message, and goes with it; a run keeps its own."""
    clara = Desk(house, await enrol_coordinator(house))
    await picture(clara, "private-space", EN)
    await publish(clara, EN)
    await house.started()
    assert kinds(house.h7)[-1] == "text"
    before = len(house.h7.messages())
    await tap_first(house)
    shown = house.h7.messages()[-1]
    assert (shown["kind"], len(house.h7.messages())) == ("photo", before)
    run = (await house.session()).checks[house.h7.person].run
    assert shown["text"] == run.revision.flow.steps["private-space"].text
    assert shown["protected"]
    await open_picture(clara, "private-space", EN)
    await clara.tap("office/flows/step/button/picture-away")
    await clara.type(WHY)
    await publish(clara, EN)
    assert house.h7.messages()[-1]["kind"] == "photo"
    await tap_first(house)
    assert kinds(house.h7)[-1] == "text"
    assert "photo" not in kinds(house.h7)


async def test_an_agreement_has_it(clara):
    """A picture above a text that is agreed to comes with it, and goes with whoever refuses."""
    place = Place("agreements", "en")
    for name in ("house-rules", "refused"):
        await picture(clara, name, place)
        await publish(clara, place)
    home = await invite(clara.house)
    await home.arrive_at("house-rules")
    assert (kinds(home.guest)[-1], home.screen) == ("photo", home.text("house-rules"))
    await home.refuse()
    assert kinds(home.guest)[-1] == "text"
    assert home.screen == home.text("house-rules-again")
    await home.refuse()
    assert home.guest.texts() == [home.text("refused")]
    assert kinds(home.guest) == ["photo"]
    await is_gone(clara.house, home.person)


async def screened(house, text):
    """Let a coordinator put a picture above the first point of the screening; open that point."""
    place, name = Place("clearance", "en"), DOMAINS[0]
    clara = Desk(house, await enrol_coordinator(house))
    await picture(clara, name, place)
    await change(clara, text, f"clearance/{name}/ask", place)
    await publish(clara, place)
    anna = Facilitator(house, house.anna, house.people[0])
    await put_together(house, house.anna.person, participant=house.people[0])
    await anna.look()
    await anna.tap(clearance_button("begin"))
    return anna


async def test_a_screening_has_it(house):
    """A facilitator who is guided through the points sees a point's picture with it alone."""
    anna = await screened(house, "Consider where they live.")
    assert (kinds(anna.guest)[-1], "where they live" in anna.page) == ("photo", True)
    anna.guest.tap(anna.data(CONSIDERED))
    await house.quiet()
    assert kinds(anna.guest)[-1] == "text"


async def test_no_question_waits_for_its_picture(house):
    """Where Telegram does not take a picture with what stands below it, the text comes alone."""
    anna = await screened(house, "Consider it all, please. " * 40)
    assert kinds(anna.guest)[-1] == "text"
    anna.guest.tap(anna.data(CONSIDERED))
    await house.quiet()
    assert DOMAINS[1] in (await latest(house, Place("clearance", "en"))).flow.steps
    assert "Consider it all" not in anna.page


async def test_the_preview_is_what_is_seen(clara):
    """A preview has the rows and the titles that stand on the phone of whoever is asked."""
    for name in ("orientation", "clearance"):
        place = Place(name, "en")
        await open_language(clara, place)
        await clara.tap("office/flows/button/preview")
        flow = (await latest(clara.house, place)).flow
        step = flow.steps[flow.start]
        assert clara.page == step_view.text(flow, step)
        known = [Button(option.text) for option in step.options]
        due = [len(row) for row in step_view.rows(flow, step, known)]
        assert [len(row) for row in clara.guest.messages()[-1]["keyboard"]] == [*due, 1]


async def test_a_stop_takes_it_away(house):
    """A recall while the picture stands leaves neither it nor the question on the phone."""
    clara = Desk(house, await enrol_coordinator(house))
    await picture(clara, "private-space", EN)
    await publish(clara, EN)
    await house.started()
    await tap_first(house)
    assert kinds(house.h7)[-1] == "photo"
    await open_language(clara, EN)
    await clara.tap("office/flows/button/history")
    await clara.tap("office/flows/button/recall")
    await clara.tap("office/flows/button/recall-now")
    assert "photo" not in kinds(house.h7)
    assert house.h7.say("place/stopped") in house.h7.texts()


async def test_a_revision_without_pictures_is_as_before(clara):
    """What has no picture is hashed and kept in the form that it always had."""
    text = dump_revision(await latest(clara.house))
    assert '"pictures"' not in text
    assert load_revision(text).id == (await latest(clara.house)).id
    found = await clara.house.store.read(lambda tx: revisions.latest(tx, "environment", "de"))
    assert found[0].flow.pictures == {}
