"""Every shipped script plays as written, over HTTP, with the real bot."""

import pytest

from bot.practice import demo
from bot.practice.scripts import script


@pytest.mark.parametrize("name", script.names())
async def test_script_goes_as_written(name):
    """The evening that the script tells is the evening that happens."""
    said: list[str] = []

    assert await demo.play(name, said.append), "\n".join(said)


async def test_unsigned_evening_lists_what_it_tried():
    """Without signatures at least twenty ways to join are tried, and every one is refused."""
    lines = script.load("evening-unsigned").lines
    tried = [line for line in lines if line.verb in ("try", "tries")]

    assert sum(len(line.who) for line in tried) >= 20


async def test_step_that_differs_fails_the_play(monkeypatch):
    """A script whose step differs from what happens ends with a failure that says where."""
    told = script.parse(
        "wrong",
        "title x\nseed evening.seed.toml\nclock 2026-11-24T17:30\nAnna sees place/open\n",
    )
    monkeypatch.setattr(script, "load", lambda _: told)
    monkeypatch.setattr(demo, "PATIENCE", 1.0)
    said: list[str] = []

    assert not await demo.play("wrong", said.append)
    assert "wrong:4: Anna sees place/open" in "\n".join(said)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("seed a\nclock b\n", "title"),
        ("title a\nclock b\n", "seed"),
        ("title a\nseed b\n", "clock"),
        ("title a\nseed b\nclock c\nAnna\n", "what does Anna do"),
        ("title a\nseed b\nclock c\ninclude nothing\n", "there is no nothing.part"),
        ('title a\nseed b\nclock c\nAnna sees "x\n', "quotation"),
    ],
)
def test_script_that_cannot_be_read_is_refused(text, reason):
    """A script with a mistake is refused with the reason."""
    with pytest.raises(script.ScriptError, match=reason):
        script.parse("wrong", text)
