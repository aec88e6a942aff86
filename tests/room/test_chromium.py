"""The hands of the browser tests: what they aim at is what they hit."""

# A button that jumps away as soon as somebody has looked where it is, and one that takes its place.
JUMPS = """
document.body.innerHTML = '<button id="other">other</button><button id="aim">aim</button>';
const aim = document.getElementById("aim");
const other = document.getElementById("other");
window.clicks = [];
for (const one of [aim, other]) one.addEventListener("click", () => window.clicks.push(one.id));
let looks = 0;
aim.scrollIntoView = () => {
  looks += 1;
  if (looks === 1) Promise.resolve().then(() => aim.after(other));
};
"""


async def test_click_follows_what_moved_away(browser):
    """A button that moved between the look and the click is clicked, and nothing else."""
    page = await browser.open("about:blank")
    await page.run(f"(() => {{{JUMPS}}})()")

    await page.click("document.querySelector('#aim')")

    assert await page.run("window.clicks.join()") == "aim"
