"""The line that says what to do next, where somebody is helped by phone."""

import pytest

from bot.practice.room.hints import Seen, next_step

CHECK = {"who": "K2", "person": 4, "state": "admitted", "with": "", "way_in": False,
         "joined": False, "handed_to": "Anna", "holds": []}  # fmt: skip
SESSION = {"state": "open", "starts_at": 0, "ends_at": 5400, "opens_from": 0, "link_ready": True}


def phone(number, label, role, *buttons):
    """Return somebody with one message that has these buttons, each `text data`."""
    row = [{"text": text, "callback_data": data} for text, data in buttons]
    messages = [{"message_id": 7, "keyboard": [row]}]
    view = {"started": True, "line": True, "blocked": False, "messages": messages}
    return Seen(number, label, role, view)


CLAIM, LET_IN = ("K2", "claim:1:4"), ("Get it", "let-in:1:4:1")


@pytest.mark.parametrize(("button", "data"), [(CLAIM, CLAIM[1]), (LET_IN, LET_IN[1])])
def test_way_in_of_somebody_helped_is_pointed_at(button, data):
    """Whoever signed somebody in is shown the way to their way in; nobody waits for a *Join*."""
    people = [phone(1, "Anna", "facilitator", button), phone(2, "Bernd", "facilitator", CLAIM),
              phone(4, "K2", "participant")]  # fmt: skip

    hint = next_step(people, {**SESSION, "checks": [CHECK]}, 100)

    assert (hint.phone, hint.data) == (1, data)


def test_whoever_was_helped_in_is_waited_for_no_more():
    """Once the way in was handed out, the hints go on to what can be tried."""
    people = [phone(1, "Anna", "facilitator"), phone(4, "K2", "participant")]

    hint = next_step(people, {**SESSION, "checks": [{**CHECK, "joined": True}]}, 100)

    assert hint.text.startswith("The session is open.")
