"""`vestibule flows` at the terminal: what is written and printed, and what is refused."""

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import locales
from bot import cli, seed
from bot.graphics import renderer
from bot.language import catalogues, coverage, shipped, words
from bot.practice.installation import approve
from bot.terminal import flows_coverage
from flows import drafts
from flows.definition import load_shipped
from storage import reading, revisions
from storage.store import Store
from tests.bot.drawn import ENDS, program, size_of
from tests.honest import NOON
from tests.installation import KEY, copy_new
from tests.room import chromium

ROOT = Path(__file__).parents[2]
FLOWS = tuple(load_shipped())
LANGUAGES = catalogues.languages()
CONFIG = '[programme]\nlanguages = ["de"]\n[crisis.de]\nlines = ["112"]\n'


@pytest.fixture
def call(capsys):
    """Call the command; return its exit code, the lines that it prints, and its complaint."""

    def called(*arguments):
        code = cli.main(["flows", *map(str, arguments)])
        told = capsys.readouterr()
        return code, told.out.splitlines(), told.err

    return called


@pytest.fixture
def config(tmp_path):
    file = tmp_path / "config.toml"
    file.write_text(CONFIG)
    return file


@pytest.fixture
def half(tmp_path, monkeypatch):
    """Give the bot a German in which one text of a flow and one of its own are missing."""
    root = tmp_path / "locales"
    shutil.copytree(Path(locales.__file__).parent, root)
    for domain, key in (("flows", "environment/review/text"), ("bot", "paper/day")):
        file = root / "de" / "LC_MESSAGES" / f"{domain}.po"
        entry = rf'(msgctxt "{key}"\n(?:msgid|").*\n(?:".*\n)*)msgstr (?:".*"\n)+'
        text, count = re.subn(entry, r'\1msgstr ""\n', file.read_text("utf-8"))
        assert count == 1
        file.write_text(text, "utf-8")
    with monkeypatch.context() as patched:
        patched.setattr(catalogues, "_LOCALES", root)
        words.words.cache_clear()
        shipped.shipped_revision.cache_clear()
        yield root
    words.words.cache_clear()
    shipped.shipped_revision.cache_clear()


# preview


def test_a_page_for_each_flow_and_language(call, tmp_path):
    """Without a choice, each flow in each language is a page, in a folder that is made."""
    folder = tmp_path / "a" / "b"
    code, said, _ = call("preview", "--html", folder)
    names = {f"{flow}.{locale}.html" for flow in FLOWS for locale in LANGUAGES}
    assert (code, {file.name for file in folder.iterdir()}) == (0, names)
    assert {Path(line).name for line in said} == names


def test_chosen_pages(call, tmp_path, config):
    """Flows, languages and a programme's languages can be chosen."""
    call("preview", "--html", tmp_path / "a", "--flow", "agreements", "--language", "fr")
    assert [file.name for file in (tmp_path / "a").iterdir()] == ["agreements.fr.html"]
    call("preview", "--html", tmp_path / "b", "--config", config)
    assert {file.name for file in (tmp_path / "b").iterdir()} == {f"{f}.de.html" for f in FLOWS}


@pytest.mark.parametrize("command", [("preview", "--html"), ("diagram", "--out")])
def test_nothing_is_written_over_unasked(call, tmp_path, command):
    """Where one file is there, none is written, until that is asked for."""
    ending = {"preview": "html", "diagram": "mmd"}[command[0]]
    mine = tmp_path / f"environment.de.{ending}"
    mine.write_text("mine")
    code, said, complaint = call(*command, tmp_path, "--language", "de")
    assert (code, said, mine.read_text()) == (2, [], "mine")
    assert "--force" in complaint
    assert complaint.count("\n") == 1
    assert list(tmp_path.iterdir()) == [mine]
    assert call(*command, tmp_path, "--language", "de", "--force")[0] == 0
    assert mine.read_text() != "mine"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--flow", "enviroment"), "Did you mean environment?"),
        (("--language", "ed"), "There is no language ed."),
        (("--config", "nowhere.toml"), "nowhere.toml"),
    ],
)
def test_wrong_choice_is_one_sentence(call, tmp_path, arguments, sentence):
    """An unknown flow, language or file is one sentence, and nothing is written."""
    code, _, complaint = call("preview", "--html", tmp_path / "out", *arguments)
    assert (code, complaint.count("\n")) == (2, 1)
    assert sentence in complaint
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("place", ["file", "file/within"])
def test_folder_that_cannot_be_written(call, tmp_path, place):
    """A place that can't hold files is one sentence."""
    (tmp_path / "file").write_text("mine")
    code, _, complaint = call("preview", "--html", tmp_path / place, "--language", "en")
    assert (code, complaint.count("\n")) == (2, 1)
    assert "can't be written" in complaint


def test_half_a_language_is_not_shown(call, tmp_path, half):
    """Where texts lack, there is no page and no diagram, in no language."""
    assert half.is_dir()
    for command in (("preview", "--html"), ("diagram", "--out")):
        code, _, complaint = call(*command, tmp_path / "out", "--language", "de")
        assert code == 2
        assert "not complete" in complaint
    assert not (tmp_path / "out").exists()


# diagram


@pytest.mark.parametrize("locale", LANGUAGES)
def test_diagram_speaks_the_language(call, locale):
    """Items, messages, buttons and the box around the questions stand there in the language."""
    code, said, _ = call("diagram", "--flow", "environment", "--language", locale)
    flow = shipped.shipped_revision("environment", locale).flow
    assert (code, said[:2]) == (0, [f"%% environment.{locale}.mmd", "stateDiagram-v2"])
    labels = re.findall(r'state "(.*)" as', "\n".join(said))
    assert {item.title for item in flow.items} < set(labels)
    assert words.words(locale, "UTC").say("paper/questions") in labels
    review = flow.steps["review"].text
    (named,) = [one for one in labels if one.endswith("…") and review.startswith(one[:-1])]
    assert len(named) <= 32
    assert f": {flow.steps['review'].options[0].text}" in "\n".join(said)


def test_diagrams_as_files(call, tmp_path):
    """Each flow in each language becomes a file, which says what would be printed."""
    code, said, _ = call("diagram", "--out", tmp_path)
    names = {f"{flow}.{locale}.mmd" for flow in FLOWS for locale in LANGUAGES}
    assert (code, {file.name for file in tmp_path.iterdir()}) == (0, names)
    assert {Path(line).name for line in said} == names
    printed = call("diagram", "--flow", "clearance", "--language", "en")[1]
    assert (tmp_path / "clearance.en.mmd").read_text().splitlines() == printed[1:]


# diagram --picture


@chromium.ONE_CHROMIUM
def test_picture_as_a_file(call, request, tmp_path):
    """The picture is a file named after flow and language, and is not written over unasked."""
    chromium.needed(request)
    asked = ("diagram", "--picture", "--out", tmp_path, "--flow", "agreements", "--language", "fr")
    file = tmp_path / "agreements.fr.png"
    assert call(*asked) == (0, [str(file)], "")
    assert [*tmp_path.iterdir()] == [file]
    width, height = size_of(file.read_bytes())
    assert 500 < width < height < 3000
    file.write_text("mine")
    code, said, complaint = call(*asked)
    assert (code, said, complaint.count("\n"), file.read_text()) == (2, [], 1, "mine")
    assert "--force" in complaint


@pytest.mark.parametrize(
    ("script", "arguments", "sentence"),
    [
        (None, ("--out", "OUT"), renderer.VARIABLE),
        (ENDS, ("--out", "OUT"), "could not draw"),
        (ENDS, (), "--out"),
    ],
)
def test_no_picture_is_one_sentence(call, tmp_path, monkeypatch, script, arguments, sentence):
    """Without a renderer, with one that fails, or without a folder: one sentence, and no file."""
    found = program(tmp_path, script)[0] if script else tmp_path / "nowhere"
    monkeypatch.setenv(renderer.VARIABLE, str(found))
    named = [tmp_path / "out" if one == "OUT" else one for one in arguments]
    code, said, complaint = call("diagram", "--picture", "--language", "de", *named)
    assert (code, said, complaint.count("\n")) == (2, [], 1)
    assert sentence in complaint
    assert not (tmp_path / "out").exists()


# coverage


def test_table_has_every_flow_and_language(call):
    """A row for each flow and for the bot's own texts, in each language, within 80 columns."""
    code, said, _ = call("coverage")
    assert code == 0
    assert max(map(len, said)) <= 80
    *said, note = said
    assert note == flows_coverage.NO_DATABASE
    rows = {(line.split()[0], re.split(r"\s{2,}", line)[1]) for line in said[1:]}
    parts = (*FLOWS, coverage.OWN)
    assert rows == {(locale, part) for locale in LANGUAGES for part in parts}
    assert {line.split()[-1] for line in said[1:]} == {"100"}


def test_what_is_missing_is_counted_where_it_is(call, half, config):
    """A missing text counts in its own flow; only what is complete is a hundred per cent."""
    assert half.is_dir()
    found = {part.part: part for part in coverage.shipped("de")}
    total = len(load_shipped()["environment"].texts())
    assert found["environment"].ids("missing") == ("environment/review/text",)
    assert len(found["environment"].ids("translated")) == total - 1
    assert found[coverage.OWN].ids("missing") == ("paper/day",)
    assert found["environment"].per_cent == 100 * (total - 1) // total
    assert found["agreements"].per_cent == 100
    assert call("coverage", "--missing", "de")[1] == ["environment/review/text", "paper/day"]
    assert call("coverage", "--missing", "fr") == (0, [], "")
    own = call("coverage", "--config", config)[1][-2].split()
    assert own[-4:] == [
        str(len(words.source_texts()) - 1),
        "1",
        str(len(words.source_texts())),
        "99",
    ]


def test_broken_catalogue_is_one_sentence(call, half):
    """A catalogue that can't be read is said in one sentence by each command."""
    (half / "fr" / "LC_MESSAGES" / "flows.po").write_text("nonsense\n")
    code, _, complaint = call("coverage")
    assert (code, complaint.count("\n")) == (2, 1)
    assert "flows.po of fr" in complaint


# with a database


@pytest.fixture
async def installation(tmp_path):
    """Make an installation in which German was approved and one of its texts changed since."""
    file = tmp_path / "config.toml"
    database, keys = tmp_path / "v.sqlite3", tmp_path / "k.sqlite3"
    file.write_text(f'{CONFIG}[storage]\ndatabase = "{database}"\nkeys = "{keys}"\n')
    await copy_new(database, keys)
    store = await Store.open(database, keys, KEY)
    await store.transact(_approve_and_change)
    yield file
    await store.close()


def _approve_and_change(tx):
    seed.publish_shipped(tx, ("de",), NOON)
    approve(tx, ("de",), NOON)
    words_of = {"environment/yes": "Ja, gerne"}
    changed = drafts.laid_over(shipped.shipped_revision("environment", "de"), words_of)
    revisions.publish(tx, changed, NOON)


def test_what_is_approved(call, installation):
    """Beside the running bot it says what is approved and what has changed since, within a line."""
    before = {file: file.read_bytes() for file in installation.parent.glob("*.sqlite3")}
    code, said, _ = call("coverage", "--config", installation)
    assert (code, max(map(len, said)) <= 80) == (0, True)
    assert said[0].split()[2:6] == ["translated", "approved", "changed", "missing"]
    rows = {line.split()[1]: line.split()[-6:] for line in said[1:]}
    total = len(load_shipped()["environment"].texts())
    assert rows["environment"] == [str(total), str(total - 1), "1", "0", str(total), "100"]
    total = len(load_shipped()["orientation"].texts())
    assert rows["orientation"] == [str(total), str(total), "0", "0", str(total), "100"]
    assert {file: file.read_bytes() for file in before} == before


def test_database_of_an_earlier_version(call, installation):
    """A database that knows no approval yet is read: nothing in it is approved."""
    with closing(sqlite3.connect(installation.parent / "v.sqlite3")) as db:
        db.execute("DROP TABLE approval")
        db.commit()
    code, said, _ = call("coverage", "--config", installation)
    assert code == 0
    assert {line.split()[-5] for line in said[1:]} == {"0"}


def _count(tx):
    revision = revisions.latest(tx, "environment", "de")[0].id
    told = {
        ("private-space", "reached"): 23,
        ("private-space", "left"): 3,
        ("private-space/no", "left"): 4,
        ("private-space", "help"): 2,
    }
    for (step, what), n in told.items():
        row = "INSERT INTO step_count (revision, step, what, n) VALUES (?, ?, ?, ?)"
        tx.db.execute(row, (revision, step, what, n))


async def test_diagram_with_counts(call, installation):
    """Each step in use says how many people came, left, and asked for help; few are hidden."""
    place = installation.parent
    with closing(sqlite3.connect(place / "v.sqlite3")) as db:
        db.row_factory = sqlite3.Row
        _count(reading.Reading(db))
        db.commit()
    asked = ("diagram", "--flow", "environment", "--config", installation)
    code, said, _ = call(*asked, "--counts")
    assert (code, said[:2]) == (0, ["%% environment.de.mmd", "stateDiagram-v2"])
    labels = re.findall(r'state "(.*)<br/>(.*)" as (\w+)', "\n".join(said))
    say = words.words("de", "UTC")
    noted = {node: note for _, note, node in labels}
    own = say.say("paper/counted", all="20+", done="5+", count="1\N{EN DASH}4")
    assert noted["the_items__private_space"] == own
    assert noted["review"] == say.say("paper/counted", all="0", done="0", count="0")
    assert "Ja, gerne" in "\n".join(said)
    plain = call(*asked, "--language", "de")[1]
    assert not [line for line in plain if "<br/>" in line]


@chromium.ONE_CHROMIUM
def test_picture_of_what_is_in_use(call, request, installation):
    """What an installation has in use, and its counts, can be had as a picture."""
    chromium.needed(request)
    place = installation.parent / "pictures"
    asked = ("--flow", "environment", "--config", installation, "--counts", "--out", place)
    assert call("diagram", "--picture", *asked)[0] == 0
    (file,) = place.iterdir()
    assert (file.name, size_of(file.read_bytes())[0] > 500) == ("environment.de.png", True)


def test_diagram_without_a_database(call, config):
    """Where there is nothing to count in, that is one sentence."""
    code, said, complaint = call("diagram", "--counts", "--config", config)
    assert (code, said, complaint.count("\n")) == (2, [], 1)


# what is written about them


def test_every_option_is_documented(capsys):
    """Each option of each part stands in the document."""
    document = (ROOT / "docs" / "flows.md").read_text("utf-8")
    for part in ("preview", "diagram", "coverage", "export", "import"):
        with pytest.raises(SystemExit):
            cli.main(["flows", part, "--help"])
        options = set(re.findall(r"--[a-z]+", capsys.readouterr().out)) - {"--help"}
        section = document.partition(f"`vestibule flows {part}")[2].partition("\n`vestibule")[0]
        assert options <= set(re.findall(r"`(--[a-z]+)", section))
