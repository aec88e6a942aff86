"""Flows on paper in a real browser: nothing asked of anybody, nothing cut off."""

from bot.terminal.flows_preview import page

PAPER = 688
"""Pixels of CSS between the margins of A4."""
CUT_OFF = """[...document.querySelectorAll('body *')].filter((one) => {
  const box = one.getBoundingClientRect();
  return box.width && (box.left < -1 || box.right > innerWidth + 1);
}).map((one) => one.className || one.tagName)"""
SIDE = "getComputedStyle(document.querySelector('.bubble')).direction"


async def look(browser, file, direction):
    """Look at a page on a desk, on paper and on a phone; nothing stands beside it."""
    shown = await browser.open(file.as_uri())
    await shown.see("document.readyState === 'complete'")
    for width, media in ((1300, "screen"), (PAPER, "print"), (360, "screen")):
        await shown.size(width, 900)
        await shown.send("Emulation.setEmulatedMedia", media=media)
        assert await shown.run(CUT_OFF) == []
    assert await shown.run(SIDE) == direction
    assert shown.requests == [file.as_uri()]
    assert shown.complaints == []


async def test_page_is_whole(browser, tmp_path):
    """On a desk, a phone and paper nothing is cut off, and no request leaves the page."""
    file = tmp_path / "page.html"
    file.write_text(page("environment", "de"), encoding="utf-8")
    await look(browser, file, "ltr")


async def test_tapped_button_is_seen_on_paper(browser, tmp_path):
    """The tapped button is printed as it stands on the screen, and bold."""
    file = tmp_path / "page.html"
    file.write_text(page("agreements", "en"), encoding="utf-8")
    shown = await browser.open(file.as_uri(), PAPER, 900)
    await shown.send("Emulation.setEmulatedMedia", media="print")
    style = "getComputedStyle(document.querySelector('{}')).{}"
    assert await shown.see(style.format(".tapped", "printColorAdjust")) == "exact"
    assert await shown.run(style.format(".tapped", "fontWeight")) == "600"
