"""How the page uses the screen that it is given: a phone, a laptop, a projector."""

WIDE = ((1280, 720), (1400, 900), (1920, 1080))
PAGE = "document.documentElement"
CUT_OFF = """[...document.querySelectorAll(".who p")]
  .filter((who) => who.scrollWidth > who.clientWidth).map((who) => who.innerText)"""
EDGE = "(side, one) => document.querySelector(one).getBoundingClientRect()[side]"


async def test_wide_screens_show_four_whole_phones(sit_down):
    """From a small projector on no phone nor its name is cut off; only chats and panes scroll."""
    person = await sit_down()
    for width, height in WIDE:
        await person.page.size(width, height)

        whole = "document.querySelector('#phones').clientWidth"
        assert await person.page.run("document.querySelector('#phones').scrollWidth") <= (
            await person.page.run(whole)
        ), width
        assert await person.page.run(f"{PAGE}.scrollWidth - innerWidth") <= 0, width
        assert await person.page.run(f"{PAGE}.scrollHeight - innerHeight") <= 0, width
        assert await person.page.run(f"({EDGE})('height', '.top')") < 76, width
        assert await person.page.run(CUT_OFF) == [], width


async def test_projector_is_read_from_the_back_of_a_room(sit_down):
    """On a projector everything is larger, and the phones fill the width up to the panel."""
    person = await sit_down(1920, 1080)

    assert await person.page.run("document.body.currentCSSZoom") > 1
    last = await person.page.run(f"({EDGE})('right', '.phone:last-child')")
    assert await person.page.run(f"({EDGE})('left', '#behind')") - last < 24


async def test_dialogs_fit_on_a_phone(sit_down):
    """A dialog on a phone is no wider than the phone, and nothing in it is cut off."""
    person = await sit_down(390, 844)
    for dialog in ("sure", "add", "invitation"):
        shown = f"document.querySelector('#{dialog}')"
        await person.page.run(f"{shown}.showModal()")

        assert await person.page.run(f"({EDGE})('right', '#{dialog}')") <= 390, dialog
        assert await person.page.run(f"{shown}.scrollWidth - {shown}.clientWidth") <= 0, dialog
        await person.page.run(f"{shown}.close()")


async def test_chat_stays_at_its_end_when_the_window_changes(sit_down):
    """Who makes the window lower still sees the newest message."""
    person = await sit_down()
    await person.start_checks()
    chat = person.phone("Anna", ".chat")
    end = f"{chat}.scrollHeight - {chat}.scrollTop - {chat}.clientHeight"

    await person.page.size(1400, 560)
    await person.page.see(f"{chat}.scrollHeight > {chat}.clientHeight + 100", "a chat that scrolls")

    await person.page.see(f"{end} < 2", "the end of the chat")
    await person.page.size(1920, 1080)
    await person.page.size(1280, 600)
    await person.page.see(f"{end} < 2", "the end of the chat, in other words to a line")


async def test_session_of_another_day_fits_beside_the_phones(sit_down):
    """A heading with a day in it goes on below: the panel never scrolls sideways."""
    person = await sit_down()
    await person.page.see("document.querySelector('.session header')", "a session")
    dated = "Wed 25 Nov, 18:00 \N{EN DASH} 19:30"
    heading = "document.querySelector('.session header p')"
    await person.page.run(f"{heading}.innerText = '{dated}'")

    pane = "document.querySelector('#pane-session')"
    for width, height in WIDE:
        await person.page.size(width, height)
        assert await person.page.run(f"{pane}.scrollWidth - {pane}.clientWidth") <= 0, width
