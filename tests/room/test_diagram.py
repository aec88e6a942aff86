"""The flow, drawn: what the picture shows, where it gets it from, and how it is reached by keys."""

import aiohttp
import pytest
from yarl import URL

from flows.definition import load_shipped

FRAME = "document.querySelector('#drawing').contentDocument"
LARGE = "document.querySelector('#drawing-large').contentDocument"
TITLES = [item.title for item in load_shipped()["environment"].items]
MERMAID = "/page/vendor/mermaid.tiny.js"
FOCUSED = "document.activeElement.id"


def node(step, frame=FRAME):
    return f"{frame}.querySelector('#flow .node[id*=state-{step}-], #flow .node[id*=__{step}-]')"


def is_at(who, step, frame=FRAME):
    people = f"[...{node(step, frame)}.querySelectorAll('.people text')]"
    beside = f"{people}.some((one) => one.textContent === '{who}')"
    return f"{beside} && {node(step, frame)}.classList.contains('here')"


def is_in_view(step, frame=FRAME):
    box = f"{node(step, frame)}.getBoundingClientRect()"
    return f"{box}.top >= 0 && {box}.bottom <= {frame}.defaultView.innerHeight"


async def test_picture_names_every_item(sit_down):
    """Opening the tab draws the flow with every item's title, and no trouble is shown."""
    person = await sit_down()
    await person.click("#tab-steps")

    drawn = f"{FRAME}.querySelector('#flow').textContent"
    await person.page.see(f"{drawn}.length > 100", "the picture")

    found = await person.page.run(drawn)
    assert [title for title in TITLES if title not in found] == []
    assert await person.page.run(f"{FRAME}.querySelector('#trouble-drawing').hidden")
    assert await person.page.run("document.querySelector('#drawing').title.length > 20")


async def test_mermaid_is_loaded_when_the_picture_is_first_shown(sit_down):
    """The page is used without Mermaid; opening the tab asks this machine for it, once."""
    person = await sit_down()
    await person.start_checks()
    assert not [asked for asked in person.page.requests if asked.endswith(MERMAID)]

    for tab in ("#tab-steps", "#tab-record", "#tab-steps"):
        await person.click(tab)
    await person.page.see(is_at("H7", "undisturbed"), "H7 at the first step")

    assert len([asked for asked in person.page.requests if asked.endswith(MERMAID)]) == 1


async def test_mark_moves_on_with_the_answers(sit_down):
    """Who answers is beside the next step at once, and in view; whoever does not stays put."""
    person = await sit_down()
    await person.start_checks()
    await person.click("#tab-steps")
    await person.page.see(is_at("H7", "undisturbed"), "H7 at the first step")

    for item in ("private-space", "alone", "headphones", "own-device", "stable-internet", "camera"):
        await person.answer("H7")
        await person.is_asked("H7", item)
        await person.page.see(is_at("H7", item.replace("-", "_")), f"H7 at {item}")

    await person.page.see(is_in_view("camera"), "the step in view")
    assert await person.page.run(f"!({is_at('H7', 'stable_internet')})")
    assert await person.page.run(is_at("K2", "undisturbed"))


@pytest.mark.parametrize(("option", "words"), [("no", "H7: no"), ("help", "H7: help")])
async def test_no_and_help_are_said_beside_the_question(sit_down, option, words):
    """Who said no or asked for help is still at the question, with the word beside the label."""
    person = await sit_down()
    await person.start_checks()
    await person.click("#tab-steps")
    await person.answer("H7")
    await person.is_asked("H7", "private-space")

    await person.answer("H7", option)

    await person.page.see(is_at(words, "private_space"), words)
    await person.reads("#steps .here:nth-child(2)", words)


async def test_list_says_where_everybody_is(sit_down):
    """The list is complete: a step that it leaves out otherwise is named while somebody waits."""
    person = await sit_down()
    await person.start_checks()
    await person.click("#tab-steps")
    await person.answer("H7", "later")

    await person.page.see(is_at("H7", "later"), "H7 at later")
    here = "[...document.querySelectorAll('#steps .here')].map((row) => row.innerText).join()"
    found = (await person.page.run(here)).split()

    assert found == ["Undisturbed", "K2,Later", "H7"]


async def test_hidden_picture_catches_up(sit_down):
    """What happened while another tab was open is in the picture when it is shown again."""
    person = await sit_down()
    await person.start_checks()
    await person.click("#tab-steps")
    await person.page.see(is_at("H7", "undisturbed"), "H7 at the first step")
    await person.click("#tab-session")
    await person.answer("H7")
    await person.is_asked("H7", "private-space")

    await person.click("#tab-steps")

    await person.page.see(is_at("H7", "private_space"), "H7 at the question")


async def test_larger_picture_by_keys(sit_down):
    """By keys alone the larger picture opens, is live, and closes by Escape, even from inside."""
    person = await sit_down()
    page = person.page
    await person.start_checks()
    await person.click("#tab-steps")
    await page.run("document.querySelector('#larger').focus()")

    await page.press("Enter")
    await page.see(is_at("H7", "undisturbed", LARGE), "H7 in the larger picture")
    assert await page.run(FOCUSED) == "large-close"
    await page.press("Tab")
    await page.see(f"{FOCUSED} === 'drawing-large'", "the focus in the picture")
    await page.press("Escape")

    await page.see("!document.querySelector('#large').open", "the dialog closed")
    assert await page.run(FOCUSED) == "larger"


async def test_larger_picture_closes_by_its_button_and_by_escape(sit_down):
    """The dialog's own button closes it, and so does Escape on that button."""
    person = await sit_down()
    await person.click("#tab-steps")

    for key in ("Enter", "Escape"):
        await person.click("#larger")
        await person.page.see(f"{FOCUSED} === 'large-close'", "the focus in the dialog")
        await person.page.press(key)
        await person.page.see("!document.querySelector('#large').open", "the dialog closed")


async def test_picture_fits_the_narrow_panel(sit_down):
    """In the panel and on a phone the picture is as wide as its box, and never wider."""
    for width, height in ((1400, 900), (390, 844)):
        person = await sit_down(width, height)
        await person.click("#tab-steps")
        await person.page.see(f"{FRAME}.querySelector('#flow').textContent.length > 100")

        root = f"{FRAME}.documentElement"
        assert await person.page.run(f"{root}.scrollWidth <= {root}.clientWidth"), width


async def test_dark_picture_is_dark(sit_down):
    """Who asks for dark gets dark steps with light words in them."""
    person = await sit_down(dark=True)
    await person.click("#tab-steps")
    await person.page.see(f"{FRAME}.querySelectorAll('#flow .node text').length > 10")

    async def light(selector):
        style = f"getComputedStyle({FRAME}.querySelector('{selector}')).fill"
        return sum(int(part) for part in (await person.page.run(style))[4:-1].split(","))

    assert await light("#flow .node rect.basic") < 150
    assert await light("#flow .node tspan") > 600


async def test_frame_loads_nothing_but_the_page_s_own_files(address):
    """Only the frame may hold its own style; it is shown in this page alone, and asks nobody."""
    origin = address.partition("/?")[0]
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{origin}/page/diagram.html") as answer:
            policy = dict(
                part.strip().split(" ", 1)
                for part in answer.headers["Content-Security-Policy"].split(";")
            )
        async with session.get(f"{origin}{MERMAID}") as answer:
            assert answer.content_type == "text/javascript"
            assert "unsafe" not in answer.headers["Content-Security-Policy"]

    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self' 'unsafe-inline'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'self'",
    }


@pytest.mark.parametrize(
    "path",
    ["vendor", "vendor/", "vendor/README.md", "vendor/jsQR.LICENSE", "vendor/..%2Fpage.js",
     "vendor/%2E%2E%2F%2E%2E%2Froom%2Fserve.py", "vendor/page.js", "vendor%2Fmermaid.tiny.js"],
)  # fmt: skip
async def test_only_scripts_of_the_folder_are_served(address, path):
    """No way leads out of the folder of files made elsewhere, nor to what no page loads."""
    origin = address.partition("/?")[0]
    async with aiohttp.ClientSession() as session:
        url = URL(f"{origin}/page/{path}", encoded=True)
        async with session.get(url) as answer:
            assert answer.status == 404
