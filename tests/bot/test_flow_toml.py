"""A flow as one file in its own language: out, changed, and in again."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.exchange import by_file, flow_toml
from bot.language import catalogues
from bot.language.shipped import shipped_revision
from flows import drafts
from flows.definition import load_shipped
from flows.edits import Insert
from flows.flow import Revision
from flows.source import MessageShape

CHECK = shipped_revision("environment", "de")
FILE = flow_toml.exported(CHECK).decode()
SCREENING = shipped_revision("clearance", "de")
OWN = (
    '[[item]]\nid = "shift-work"\npart = "criterion"\ntitle = "Schichtarbeit"\n'
    'ask = "Arbeitet die Person nachts?"\n\n'
)


def read(data, now):
    return flow_toml.becomes(flow_toml.imported(data, "mine.toml"), now)


@pytest.mark.parametrize("locale", catalogues.languages())
@pytest.mark.parametrize("flow", load_shipped())
def test_a_round_trip_changes_nothing(flow, locale):
    """What was taken out and is brought back untouched is the same revision."""
    now = shipped_revision(flow, locale)
    assert read(flow_toml.exported(now), now) == now


def test_a_round_trip_keeps_what_was_added():
    """A message that a programme has added is in the file, and comes back."""
    shape = MessageShape("tea", "Ein Glas Wasser,\nbitte.", "Hilfe kommt.", "Weiter")
    now = drafts.reshaped(CHECK, Insert("alone", shape))
    assert read(flow_toml.exported(now), now) == now


def changed(old, new, text=FILE, now=CHECK):
    assert old in text
    return read(text.replace(old, new, 1).encode(), now)


def test_words_and_steps_are_changed():
    """Other words in the file are other words in the flow."""
    after = changed('"Allein im Raum"', '"Niemand sonst da"')
    assert isinstance(after, Revision)
    assert [*drafts.differences(CHECK, after).values()] == [("Allein im Raum", "Niemand sonst da")]


def test_a_screening_is_extended():
    """A programme's own criterion is asked with the twelve."""
    text = flow_toml.exported(SCREENING).decode()
    after = changed('[[step]]\nid = "decide"', f'{OWN}[[step]]\nid = "decide"', text, SCREENING)
    assert [item.id for item in after.flow.items][-1] == "shift-work"
    assert after.flow.option("shift-work", "applies")


def swapped(first, second):
    """Return the file with two entries in each other's place."""
    blocks = FILE.split("\n[[")
    one, other = (
        next(n for n, block in enumerate(blocks) if f'id = "{name}"\n' in block)
        for name in (first, second)
    )
    blocks[one], blocks[other] = blocks[other], blocks[one]
    return "\n[[".join(blocks)


@pytest.mark.parametrize("names", [("headphones", "own-device"), ("private-space", "alone")])
def test_a_file_keeps_the_order(names):
    """What everybody is asked keeps its order in a file, as it does in the chat."""
    found = read(swapped(*names).encode(), CHECK)
    assert [(one.code, one.step) for one in found if one.code == "F708"] == [("F708", names[1])]


def test_a_message_is_moved_by_file():
    """What is only to be read may stand elsewhere in the file, as it may in the chat."""
    shape = MessageShape("tea", "Ein Glas Wasser, bitte.", "Hilfe kommt.", "Weiter")
    now = drafts.reshaped(CHECK, Insert("alone", shape))
    there = drafts.reshaped(CHECK, Insert("camera", shape))
    text = flow_toml.exported(there).decode().replace(there.id, now.id)
    assert read(text.encode(), now) == there


LOST = FILE.replace('to = "private-space"', 'to = "x"').encode()


def test_a_file_is_linted_when_it_is_read(monkeypatch):
    """What a file is, is known before any transaction: nothing is linted when it is applied."""
    returned = by_file.FORMATS["toml"].read(LOST, "x.toml")
    monkeypatch.setattr(drafts, "lint_source", lambda _: 1 // 0)
    assert {one.code for one in flow_toml.becomes(returned.whole, CHECK)} >= {"F202"}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('language = "de"', 'language = "fr"', "F701"),
        ('id = "environment"', 'id = "orientation"', "F701"),
        (f'edition = "{CHECK.id}"\n', "", "F706"),
        (CHECK.id, CHECK.id[::-1], "F706"),
        ('id = "sober"', 'id = "sober-2"', "F707"),
        ('id = "headphones"', 'id = "headphone"', "F301"),
        ('to = "private-space"', 'to = "alone"', "F303"),
        ("Sind Sie allein", "Sind Sie sicher allein", "F506"),
        ("Kopfhörer gesehen", "Kopfhörer bestätigt sicher", "F506"),
        ("[[item]]", "[[item", "F101"),
        ("Ja, jetzt", "Ja, jetzt " * 9, "F402"),
    ],
)
def test_a_file_that_is_not_taken(old, new, code):
    """What can't be used has findings, each with its code, and changes nothing."""
    found = changed(old, new)
    assert not isinstance(found, Revision)
    assert code in {one.code for one in found}


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00", b"PK\x03\x04", b"a: 1", b"x" * 300_000])
def test_a_file_of_another_kind(data):
    """A sheet, a picture or nothing at all is told, never a traceback."""
    assert not isinstance(read(data, CHECK), Revision)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(FILE) - 1), st.text(alphabet='"=[]{}\n#\\a', max_size=4))
def test_a_file_with_a_slip_of_the_hand(place, more):
    """Whatever is typed into the file, it has findings or every item is asked."""
    found = read((FILE[:place] + more + FILE[place:]).encode(), CHECK)
    if isinstance(found, Revision):
        assert {item.id for item in CHECK.flow.items} <= {item.id for item in found.flow.items}
