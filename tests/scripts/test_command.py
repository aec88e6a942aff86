"""`vestibule demo --script`: a name or a file, and what goes wrong with either."""

import pytest

from bot import cli

GOOD = "title Short\nseed room.seed.toml\nclock 2026-11-24T17:30\nAnna types /today\n"


def test_script_from_the_disk_is_played(tmp_path, capsys):
    """A file is played like a shipped script, and says so at its end."""
    file = tmp_path / "short.script"
    file.write_text(f"{GOOD}Anna sees board/planned\n")

    assert cli.main(["demo", "--script", str(file)]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[:2] == ["Short", "    4 Anna types /today"]
    assert printed[-1] == "short.script: every step went as written."


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (f"{GOOD}Anna dances\n".encode(), "bad.script:5: nobody knows how to do 'dances'."),
        (b"title \xff", "can't be read as text."),
        (b"# " * 200_000, "has more than 200000 characters."),
        (None, "There is no file"),
    ],
)
def test_bad_file_is_one_sentence(content, reason, tmp_path, capsys):
    """A file that can't be played is one sentence with its place, and exit code 2."""
    file = tmp_path / "bad.script"
    if content is not None:
        file.write_bytes(content)

    assert cli.main(["demo", "--script", str(file)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert reason in told.err
    assert told.err.count("\n") == 1
