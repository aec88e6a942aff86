"""The renderer: a real Chromium, without a network, in a folder of its own that goes with it."""

import asyncio
import json
import os
import tempfile
from pathlib import Path

import pytest

from bot.graphics import diagrams, renderer
from bot.language import shipped
from tests.bot.drawn import ENDS, HANGS, lines_of, program, size_of
from tests.room import chromium

LONG = "Donaudampfschifffahrtsgesellschaft" * 6
RIGHT_TO_LEFT = "هل أنت وحدك الآن في الغرفة"
WRITTEN = f'stateDiagram-v2\n  state "{RIGHT_TO_LEFT}" as a\n  state "{LONG}" as b\n  a --> b: לא\n'
TALL = "stateDiagram-v2\n" + "".join(f"  s{n} --> s{n + 1}: yes\n" for n in range(120))
LABELS = """[...document.querySelectorAll("#flow .label")]
  .map((label) => label.textContent.replace(/\\s+/g, " ").trim())"""


@pytest.fixture
def folders(monkeypatch):
    """Have temporary folders made in one that the test can look into.

    Its name is short, as that of a temporary folder is: Chromium makes sockets in there.
    """
    with tempfile.TemporaryDirectory(prefix="v-") as place:
        monkeypatch.setattr(tempfile, "tempdir", place)
        yield Path(place)


@pytest.fixture
def flow():
    return shipped.shipped_revision("environment", "de")


@chromium.ONE_CHROMIUM
async def test_pictures(request, folders, flow, monkeypatch):
    """Each diagram is a PNG with something on it, as large as it is, and nothing is left behind.

    Neither letters from right to left nor one long word break it; the tallest fits Telegram.
    """
    monkeypatch.setattr(renderer, "SECONDS", 120.0)
    found = await renderer.pictures(
        chromium.needed(request),
        {"flow": diagrams.drawn(flow), "written": WRITTEN, "tall": TALL},
    )
    sizes = {name: size_of(picture) for name, picture in found.items()}
    width, height = sizes["flow"]
    assert 500 < width < 2000 < height < 4000
    assert 300 < sizes["written"][0] < 1000
    assert 300 < sizes["written"][1] < 1000
    assert 9_000 < sum(sizes["tall"]) <= 10_000
    assert min(map(lines_of, found.values())) > 100
    assert list(folders.iterdir()) == []


@chromium.ONE_CHROMIUM
async def test_the_page(browser, tmp_path, flow):
    """The page draws every label, asks for its own files alone, and may ask nobody else."""
    renderer._lay_out(tmp_path)
    page = await browser.open((tmp_path / "picture.html").as_uri())
    await page.see("typeof draw === 'function' && document.readyState === 'complete'")
    for text in (diagrams.drawn(flow), WRITTEN):
        size = await page.run(f"draw({json.dumps(text)})")
        assert size["width"] > 100 < size["height"]
        labels = set(await page.run(LABELS))
        titles = {item.title for item in flow.flow.items} if text != WRITTEN else {RIGHT_TO_LEFT}
        assert titles <= labels
    assert page.complaints == []
    own = {file.as_uri() for file in tmp_path.iterdir()}
    assert set(page.requests) <= own | {"about:blank"}
    assert await page.run("fetch('http://127.0.0.1:9/').catch(() => 'refused')") == "refused"
    assert "Content Security Policy" in page.complaints[0]


async def test_a_hanging_renderer_is_ended(tmp_path, folders, monkeypatch):
    """What never answers is ended when its time is over, and its folder is gone."""
    monkeypatch.setattr(renderer, "SECONDS", 3.0)
    hangs, told = program(tmp_path, HANGS)
    with pytest.raises(renderer.NotDrawn):
        await renderer.picture(hangs, WRITTEN)
    with pytest.raises(ProcessLookupError):
        os.kill(int(told.read_text()), 0)
    assert list(folders.iterdir()) == []


async def test_whoever_asked_is_gone(tmp_path, folders):
    """A drawing that is given up in between ends its renderer, too."""
    hangs, told = program(tmp_path, HANGS)
    drawing = asyncio.create_task(renderer.picture(hangs, WRITTEN))
    async with asyncio.timeout(renderer.SECONDS):
        while not (told.exists() and told.read_text()):
            await asyncio.to_thread(list, folders.iterdir())
    drawing.cancel()
    await asyncio.wait([drawing])
    with pytest.raises(ProcessLookupError):
        os.kill(int(told.read_text()), 0)
    assert list(folders.iterdir()) == []


async def test_secrets_stay_here(tmp_path, folders, monkeypatch):
    """A renderer that ends at once draws nothing, and was told nothing of our environment."""
    monkeypatch.setenv("VESTIBULE_TOKEN", "123:quokka")
    ends, told = program(tmp_path, ENDS)
    with pytest.raises(renderer.NotDrawn):
        await renderer.picture(ends, WRITTEN)
    names = {line.partition("=")[0] for line in told.read_text().splitlines()}
    assert {"HOME", "TMPDIR"} <= names
    assert names <= {"HOME", "TMPDIR", *renderer._PASSED_ON, "PWD", "OLDPWD", "SHLVL", "_"}
    assert list(folders.iterdir()) == []


def test_which_renderer(tmp_path, monkeypatch):
    """It is the one that the variable names, else one on the path; a wrong name finds none."""
    own, _ = program(tmp_path, ENDS)
    monkeypatch.delenv(renderer.VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    assert renderer.find() is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert renderer.find() == own
    monkeypatch.setenv(renderer.VARIABLE, str(tmp_path / "nowhere"))
    assert renderer.find() is None
    monkeypatch.setenv(renderer.VARIABLE, own)
    monkeypatch.setenv("PATH", "")
    assert renderer.find() == own
