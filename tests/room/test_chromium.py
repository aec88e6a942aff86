"""The hands of the browser tests: what they aim at is what they hit."""

import pytest

# A button that jumps away before it is clicked, and one that takes its place.
JUMPS = """
document.body.innerHTML = '<button id="other">other</button><button id="aim">aim</button>';
const aim = document.getElementById("aim");
const other = document.getElementById("other");
window.clicks = [];
for (const one of [aim, other]) one.addEventListener("click", () => window.clicks.push(one.id));
"""
WHEN_LOOKED_AT = """
let looks = 0;
aim.scrollIntoView = () => {
  looks += 1;
  if (looks === 1) Promise.resolve().then(() => aim.after(other));
};
"""
WHEN_PRESSED = """
aim.addEventListener("pointerdown", () => aim.after(other), { once: true });
"""


@pytest.mark.parametrize("when", [WHEN_LOOKED_AT, WHEN_PRESSED], ids=["looked-at", "pressed"])
async def test_click_follows_what_moved_away(browser, when):
    """A button that moved before the mouse was let go is clicked, and nothing else."""
    page = await browser.open("about:blank")
    await page.run(f"(() => {{{JUMPS}{when}}})()")

    await page.click("document.querySelector('#aim')")

    assert await page.run("window.clicks.join()") == "aim"
