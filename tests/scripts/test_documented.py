"""What scripts can say stands in the document about the practice room."""

import re
from pathlib import Path

import pytest

from bot.practice.room.beginning import begin_with
from bot.practice.scripts import script as scripts
from bot.practice.scripts.player import Player

DOCUMENT = (Path(__file__).parents[2] / "docs/practice-room.md").read_text("utf-8")
SECTION = DOCUMENT.partition("## Scripts\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("verb", [*Player.ROOM, *Player.ACTS])
def test_verb_is_documented(verb):
    """Every verb of a script stands in the tables of the document."""
    assert re.search(rf"^\|.*`{verb}\b(?!-)", SECTION, re.MULTILINE)


def test_verbs_of_the_room_are_known_to_the_reader():
    """What begins a line of the room is what the player can do in the room."""
    assert set(scripts.ROOM_VERBS) == set(Player.ROOM)


def test_example_can_be_played():
    """The script in the document is one that can be begun."""
    example = SECTION.split("```")[1]

    assert begin_with(scripts.parse("example", example)).title == "One person is late"
