"""The page by keys and ears: what is read out, where the focus goes, what is never announced."""

from tests.room.conftest import worded

SAID = "document.querySelector('#said').innerText"
FOCUS = """(() => {
  const one = document.activeElement;
  const part = one.closest("header.top, .line, .shelf, #phones, #behind")
    ?? (one === document.body ? null : one);
  return part && [part.id || part.className, getComputedStyle(one).outlineStyle];
})()"""


async def test_phone_with_the_focus_is_read_out_and_no_other(sit_down, ask):
    """What is asked next on the phone that somebody is at is read out; other phones are quiet."""
    person = await sit_down()
    await person.start_checks()
    await person.page.run(f"{person.option('H7', 'yes')}.focus()")

    await tap(person, ask, "K2", 1004)
    await person.page.press("Enter")

    asked = worded("H7", "environment/private-space/ask")
    await person.page.see(f"{asked}.test({SAID})", "the next question, read out")
    assert await person.page.run("document.querySelector('#said :last-child').lang") == "en"
    await person.is_asked("K2", "private-space")
    other = worded("K2", "environment/private-space/ask")
    assert not await person.page.run(f"{other}.test({SAID})")


async def test_of_a_board_only_the_changed_row_is_read_out(sit_down, ask):
    """Who is at the board hears whose row changed, not the whole board again."""
    person = await sit_down()
    await person.start_checks()
    await person.sees("Anna", "board/checking-none")
    await person.page.run("document.querySelector('#said').replaceChildren()")
    await person.page.run(f"{person.key('Anna', 'board/button/why')}.focus()")

    await tap(person, ask, "H7", 1003)
    await person.is_asked("H7", "private-space")
    await tap(person, ask, "H7", 1003)

    await person.page.see(f"{SAID}.includes('H7: ')", "H7's row, read out")
    assert not await person.page.run(f"{worded('Anna', 'board/checking-none')}.test({SAID})")


async def test_alert_keeps_the_focus_and_gives_it_back(sit_down, ask):
    """An alert takes the focus, lets no key under it, and Escape leads back to the button."""
    person = await sit_down()
    await person.start_checks()
    page, button = person.page, person.key("Anna", "board/button/why")
    await page.run(f"(self.pressed = {button}).focus()")

    await ask("/practice/phones/1001/forge", {"message_id": 1, "data": "open:1:0123456789abcdef"})
    alert = person.phone("Anna", ".alert")
    await page.see(f"{alert}.contains(document.activeElement)", "the focus in the alert")
    await page.press("Tab", shift=True)
    assert not await page.run(f"{person.phone('Anna', '.chat')}.contains(document.activeElement)")
    await page.press("Tab")
    await page.press("Escape")

    assert await page.run(f"{alert}.hidden && document.activeElement === self.pressed")


async def test_dialog_begins_at_what_changes_nothing_and_returns_the_focus(sit_down):
    """Starting over is asked with the focus on keeping; after Escape the focus is where it was."""
    person = await sit_down()
    await person.page.run("document.querySelector('#over').focus()")

    await person.page.press("Enter")
    await person.page.see("document.activeElement.id === 'sure-no'")
    await person.page.press("Escape")

    await person.page.see("document.activeElement.id === 'over'")


async def test_tab_goes_through_the_page_in_its_order(sit_down):
    """Tab leads from the head by the phones to the panel, and every stop has a ring."""
    person = await sit_down()
    parts = []
    await person.page.press("Tab")
    while found := await person.page.run(FOCUS):
        part, ring = found
        assert ring != "none", part
        if part not in parts[-1:]:
            parts.append(part)
        await person.page.press("Tab")

    assert parts == ["skip", "top", "line", "shelf", "phones", "behind"]


async def test_clock_is_not_announced(sit_down):
    """What speaks by itself is the next step, the bot, the phone one is at, and no clock."""
    person = await sit_down()
    nodes = (await person.page.send("Accessibility.getFullAXTree"))["nodes"]

    live = [
        node for node in nodes if any(one["name"] == "live" for one in node.get("properties", ()))
    ]

    assert {node["role"]["value"] for node in live} <= {"status", "generic"}
    assert not await person.page.run(
        "!!document.querySelector('#now').closest('[aria-live], [role]')"
    )


async def tap(person, ask, name, number):
    """Answer yes on a phone without going there."""
    button = person.option(name, "yes")
    await person.page.see(button)
    data = await person.page.run(f"{button}.dataset.data")
    message = await person.page.run(f"Number({button}.closest('li').dataset.message)")
    await ask(f"/practice/phones/{number}/tap", {"message_id": message, "data": data})
