"""The evening at the page, by a person's clicks and keys in a real browser."""

import pytest

from bot.practice.scripts.wording import pattern
from tests.room.conftest import FIRST, worded

FOCUSED = "document.activeElement.textContent"


@pytest.mark.parametrize(("width", "height"), [(1400, 900), (390, 844)])
async def test_hints_lead_to_an_opened_session(sit_down, width, height):
    """Who does nothing but what the hints say gets from the opened page to the opened session."""
    person = await sit_down(width, height)
    done = []

    while "The session is open." not in (hint := await person.hint())[0]:
        done.append(hint[0])
        await person.follow(hint)

    assert sum("Answer for H7" in hint for hint in done) == 11
    await person.reads("#pane-session .state", "open")
    await person.reads("#video-people", "H7")
    await person.reads("#video-people", "K2")


async def test_nothing_is_wider_than_a_phone(sit_down):
    """On a phone the page itself never scrolls sideways."""
    person = await sit_down(390, 844)

    assert await person.page.run("document.documentElement.scrollWidth") <= 390


async def test_keyboard_alone_starts_the_checks(sit_down):
    """With keys alone the skip link leads to the phones, a command is sent and a button tapped."""
    person = await sit_down()
    page = person.page

    await page.press("Tab")
    assert await page.run(FOCUSED) == "To the phones"
    await page.press("Enter")
    await tab_to(page, "/today")
    await page.press("Enter")
    start = person.key("Anna", "board/button/start")
    await page.see(start)
    await tab_to(page, await page.run(f"{start}.textContent"))
    await page.press("Enter")
    await person.sees("H7", FIRST)

    assert await page.run(f"{person.phone('Anna', '.chat')}.contains(document.activeElement)")


async def test_focus_stays_where_an_answer_was_given(sit_down):
    """A question that is edited into the next one leaves the focus on its first button."""
    person = await sit_down()
    await person.start_checks()
    await person.page.run(f"{person.option('H7', 'yes')}.focus()")

    for item in ("private-space", "alone", "headphones"):
        await person.page.press("Enter")
        await person.is_asked("H7", item)
        assert await person.page.run(f"document.activeElement === {person.option('H7', 'yes')}")


async def test_tabs_are_chosen_by_arrow_keys(sit_down):
    """The arrow keys go from one tab to the next, and only the chosen one is shown."""
    person = await sit_down()
    await person.page.run("document.querySelector('#tab-session').focus()")

    await person.page.press("ArrowRight")

    assert await person.page.run(FOCUSED) == "Record"
    await person.reads("#record", "enrolled")
    shown = "document.querySelectorAll('[role=tabpanel]:not([hidden])').length"
    assert await person.page.run(shown) == 1


async def test_killed_bot_loses_nothing(sit_down):
    """What was answered before a kill stands after it; what was tapped meanwhile arrives then."""
    person = await sit_down()
    await person.start_checks()
    await person.answer("H7")
    await person.is_asked("H7", "private-space")
    await person.click("#bot")
    await person.reads("#bot-state", "bot is off")

    await person.answer("H7")
    await person.page.see(f"{person.option('H7', 'yes')}.getAttribute('aria-busy')")
    await person.click("#bot")

    await person.is_asked("H7", "alone")
    answered = pattern("board/state/asking", "en", done="1", all="10").pattern.replace("\\", "")
    await person.reads("#pane-session .people", answered)


async def test_telegram_that_is_down_delays_and_opens_nothing(sit_down):
    """While Telegram is down a tap shows nothing; when it is back the tap is answered."""
    person = await sit_down()
    await person.start_checks()
    await person.click(".weather input[name=down]")
    await person.reads("#hint", "Telegram is down. Taps wait; nothing opens. Untick down")

    await person.answer("H7")
    await person.click(".weather input[name=down]")

    await person.is_asked("H7", "private-space")


async def test_phone_without_a_line_keeps_what_it_showed(sit_down):
    """A phone that lost the line shows the old, says why it can't tap, and catches up."""
    person = await sit_down()
    away = f"{person.phone('H7', '.away')}"
    await person.page.click(away)
    await person.page.see(f"{away}.getAttribute('aria-pressed') === 'true'")

    await person.tap("Anna", "=/today")
    await person.tap("Anna", "board/button/start")
    await person.sees("K2", FIRST)
    assert not await person.page.run(person.shows("H7", FIRST))
    await person.page.click(away)

    await person.sees("H7", FIRST)
    lock = person.phone("H7", ".card-text")
    await person.page.see(f"!{worded('H7', 'start/participant')}.test({lock}.innerText)")


async def test_answers_to_taps_are_toasts_and_alerts(sit_down, ask):
    """A refused tap is answered by a toast in a live region, a held staff act by an alert."""
    person = await sit_down()
    await person.start_checks()
    await ask("/practice/phones/1003/forge", {"message_id": 1, "data": "stop:1"})
    toast = person.phone("H7", ".toast[role=status]")
    refused = worded("H7", "refusal/not-facilitator")
    await person.page.see(f"{refused}.test({toast}.innerText)")

    await ask("/practice/phones/1001/forge", {"message_id": 1, "data": "open:1:0123456789abcdef"})
    alert = person.phone("Anna", ".alert")
    await person.page.see(f"!{alert}.hidden")
    await person.page.click(f"{alert}.querySelector('button')")

    assert await person.page.run(f"{alert}.hidden")


async def test_clock_goes_where_it_is_told(sit_down):
    """The clock moves by minutes, to the next timer, to a time and a day; never backwards."""
    person = await sit_down()
    await person.start_checks()
    await person.click("[data-minutes='1']")
    await person.reads("#hour", "17:31")
    await person.click("#timer")
    await person.sees("Anna", "board/state/asked-again")
    await person.page.run("document.querySelector('#time').focus()")
    await person.page.write("17:45")
    await person.page.press("Enter")
    await person.reads("#hour", "17:45")
    await person.page.write("2026-12-01 09:15")
    await person.page.press("Enter")
    await person.reads("#day", "Tue 1 Dec")
    await person.reads("#hour", "09:15")
    await person.page.write("2026-11-30 09:15")
    await person.page.press("Enter")
    await person.reads("#trouble", "The clock never runs backwards")


async def test_who_reads_further_up_is_left_there(sit_down):
    """A new message moves a chat to its end, but not under somebody who has scrolled up."""
    person = await sit_down(1400, 560)
    for _ in range(3):
        await person.tap("Anna", "=/today")
    chat = person.phone("Anna", ".chat")
    await person.page.see(f"{chat}.scrollHeight > {chat}.clientHeight + 100")
    await person.page.see(f"{chat}.scrollHeight - {chat}.scrollTop - {chat}.clientHeight < 2")

    await person.page.run(f"{chat}.scrollTop = 0")
    await person.tap("Bernd", "=/today")
    await person.tap("Bernd", "board/button/start")
    await person.page.see(f"!{person.phone('Anna', '.below')}.hidden")

    assert await person.page.run(f"{chat}.scrollTop") == 0


async def test_script_goes_step_by_step(sit_down):
    """A chosen script begins anew with its own people, waits, and goes one line a step."""
    person = await sit_down()
    await person.click("#tab-script")
    await person.page.run("document.querySelector('#script').value = 'silence'")
    await person.click("#choose button")
    await person.click("#sure-yes")
    await person.page.see("document.querySelectorAll('.phone').length === 8", "eight phones")
    for line in (2, 3):
        await person.click("#step")
        await person.reads("#play-state", f"Waits before line {line} of")

    await person.reads("#lines .current", "Anna taps board/button/start")
    await person.sees("Anna", "board/planned")


async def test_dark_is_dark(sit_down):
    """Who asks for dark gets light ink on a dark ground."""
    person = await sit_down(dark=True)

    ground = await person.page.run("getComputedStyle(document.body).backgroundColor")

    assert sum(int(part) for part in ground[4:-1].split(",")) < 150


async def tab_to(page, text):
    """Press Tab until the focus is on this text, as somebody without a mouse does."""
    for _ in range(40):
        if await page.run(FOCUSED) == text:
            return
        await page.press("Tab")
    raise AssertionError(f"{text} can't be reached by Tab")
