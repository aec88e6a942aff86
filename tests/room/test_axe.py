"""The page under axe-core: nothing serious or critical, wide and narrow, light and dark."""

import json
from importlib.resources import files
from itertools import product
from urllib.parse import urlsplit

from tests.room.test_people import call

AXE = files("axe_core_python").joinpath("axe.min.js").read_text("utf-8")
LOOKS = tuple(product(((1400, 900), (390, 844)), ("light", "dark")))
# The drawing of the flow is another document; what it says stands in words above it.
SERIOUS = """(within) => axe.run(within, { resultTypes: ["violations"], iframes: false })
  .then(({ violations }) => violations
  .filter(({ impact }) => impact === "serious" || impact === "critical")
  .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) =>
    `${id}: ${target.join(" ")}: ${failureSummary}`)))"""
TABS = ("session", "record", "steps", "script")


async def test_evening_and_what_is_behind_it(sit_down):
    """After the first question the phones, and each of the four tabs, have nothing serious."""
    person = await sit_down()
    await person.start_checks()
    await person.answer("H7")
    await person.is_asked("H7", "private-space")

    await assert_nothing_serious(person.page, "html")
    for tab in TABS:
        await person.page.run(f"document.querySelector('#tab-{tab}').click()")
        await assert_nothing_serious(person.page, "#behind")


async def test_dialogs(sit_down, address):
    """The dialogs, the lists that unfold, and the video room's panel have nothing serious."""
    person = await sit_down()
    for opener in (".commands", ".attach"):
        await person.page.click(f"document.querySelector('#phone-1003 {opener}')")
        await assert_nothing_serious(person.page, "#phone-1003")
    for opener, dialog, closer in (("over", "sure", "sure-no"), ("add-phone", "add", "add-no")):
        await person.click(f"#{opener}")
        await person.page.see(f"document.querySelector('#{dialog}').open")
        await assert_nothing_serious(person.page, f"#{dialog}")
        await person.page.run(f"document.querySelector('#{closer}').click()")

    link = f"http://{urlsplit(address).netloc}/room/practice-axe"
    keyboard = json.dumps({"inline_keyboard": [[{"text": "In", "url": link}]]})
    await call(address, "sendMessage", {"chat_id": 1003, "text": "+", "reply_markup": keyboard})
    await person.page.run("document.querySelector('#phone-1003 .url')?.focus()")
    await person.page.click("document.querySelector('#phone-1003 .url')")
    await person.reads("#video-people", "H7")
    await assert_nothing_serious(person.page, "#video")


async def test_phones_in_trouble(sit_down, ask):
    """An alert, a blocked phone, one without a line and a refused tap have nothing serious."""
    person = await sit_down()
    await person.start_checks()
    await ask("/practice/phones/1001/forge", {"message_id": 1, "data": "open:1:0123456789abcdef"})
    await person.page.see(f"!{person.phone('Anna', '.alert')}.hidden", "an alert")
    await person.page.click(person.phone("K2", ".block"))
    await person.page.click(person.phone("H7", ".away"))
    await person.page.see("document.querySelector('.phone.blocked ~ .phone, .phone.blocked')")
    await person.page.see("document.querySelector('.phone.no-line')")

    await person.answer("H7")
    await person.page.see("document.querySelector('.toast.wrong.shown')", "a refused tap")

    await assert_nothing_serious(person.page, "#phones")


async def assert_nothing_serious(page, within):
    await page.run(f"if (!self.axe) {{ {AXE} }} true")
    for (width, height), scheme in LOOKS:
        await page.size(width, height)
        features = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}
        await page.send(
            "Emulation.setEmulatedMedia",
            features=[{"name": name, "value": value} for name, value in features.items()],
        )
        await page.see("document.getAnimations().every((one) => one.playState === 'finished')")
        found = await page.run(f"({SERIOUS})('{within}')")
        assert found == [], f"{within}, {width} wide, {scheme}"
