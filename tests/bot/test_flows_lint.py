"""`vestibule flows lint`: what it reads, in which language it speaks, and how it ends."""

import shutil

import pytest

from bot import cli
from bot.exchange import flow_files
from bot.terminal.flows_lint import language
from flows.finding import CODES
from tests.bot.test_catalogues import CHECKOUT

DEFINITIONS = CHECKOUT / "flows" / "definitions"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Make a coordinator's folder: the shipped flows and the German catalogues."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "flows"
    shutil.copytree(DEFINITIONS, folder)
    shutil.copytree(CHECKOUT / "locales" / "de", folder / "locales" / "de")
    return folder


@pytest.fixture
def lint(capsys):
    """Run the command; return its exit code, what it printed, and what it complained of."""

    def run(*arguments):
        code = cli.main(["flows", "lint", *map(str, arguments)])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def change(file, old, new):
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_shipped_flows_have_no_findings(lint, tmp_path, monkeypatch):
    """Without a folder the shipped flows and catalogues are read, from wherever it is started."""
    monkeypatch.chdir(tmp_path)
    assert lint() == (0, "No findings.\n", "")
    assert {name.rpartition("/")[2] for name in flow_files.shipped().flows} == {
        file.name for file in DEFINITIONS.glob("*.toml")
    }


def test_a_folder_without_faults(lint, folder):
    """A folder with flows and catalogues is read in the place of the shipped ones."""
    assert lint(folder) == (0, "No findings.\n", "")


def test_a_folder_without_catalogues(lint, folder):
    """Flows that nobody has translated yet have no findings for that."""
    shutil.rmtree(folder / "locales")
    assert lint(folder) == (0, "No findings.\n", "")


def test_everything_at_once(lint, folder):
    """Findings of flows and translations come together, each in its place, sorted, counted."""
    change(folder / "environment.toml", 'to = "later"', 'to = "latr"')
    change(folder / "locales/de/LC_MESSAGES/flows.po", 'msgstr "Später"', 'msgstr "Genehmigt"')
    code, out, err = lint(folder)
    flow, translation = folder / "environment.toml", folder / "locales/de/LC_MESSAGES/flows.po"
    line = translation.read_text("utf-8").split('msgstr "Genehmigt"')[0].count("\n")
    key = "environment/undisturbed/later"
    assert (code, err) == (1, "")
    blocks = out.split("\n\n")
    assert blocks[0].splitlines() == [
        f"{flow}:23: F202, step 'undisturbed'",
        "  The button 'later' leads to 'latr', which does not exist.",
        "  Did you mean 'later'?",
    ]
    assert blocks[-2].splitlines()[1:] == [
        f"  '{key}' says 'genehmigt'.",
        "  Say it in neutral words: a stranger may read it on the phone.",
    ]
    assert blocks[-2].startswith(f"{translation}:{line}: F506, step ")
    assert blocks[-1] == f"{len(blocks) - 1} findings.\n"


OVERLAY = (
    'overlay = "environment"\nlanguage = "nb"\n[[insert]]\nid = "tea"\nbefore = "headphones"\n'
    'reason = "Asked for."\ntext = "Ha et glass vann."\nhelp = "Vent litt."\nbutton = "Videre"\n'
)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("glass", "glass", ""),
        ('"headphones"', '"headphone"', "F802"),
        ('overlay = "environment"', 'overlay = "environmint"', "F801"),
        ("glass vann", "trygg kveld", "F506"),
        ('language = "nb"', 'language = "eo"', "F509"),
    ],
)
def test_an_overlay_in_the_folder(lint, folder, old, new, code):
    """An overlay is laid over the flow of its folder; its words are those of its language."""
    (folder / "environment.nb.toml").write_text(OVERLAY.replace(old, new), encoding="utf-8")
    ended, out, _ = lint(folder)
    assert ended == (1 if code else 0)
    assert (f": {code}" in out) == bool(code)


def test_one_finding(lint, folder):
    """One finding is counted as one."""
    change(folder / "environment.toml", "repeat_after = 180", "repeat_after = 5")
    assert lint(folder)[1].endswith("\n\n1 finding.\n")


def test_the_language_that_is_asked_for(lint, folder):
    """The sentences are in the language that was asked for; ids and keys stay as they are."""
    assert lint(folder, "--language", "fr") == (0, "Aucun constat.\n", "")
    change(folder / "environment.toml", 'to = "later"', 'to = "latr"')
    code, out, _ = lint(folder, "--language", "de")
    assert code == 1
    assert "Meinten Sie 'later'?" in out


def test_the_language_of_the_configuration(lint, folder):
    """Without a wish the configuration's first language is spoken; without that, English."""
    assert language("", folder / "none.toml") == "en"
    text = (CHECKOUT / "config.example.toml").read_text("utf-8")
    assert 'languages = ["en", "de"]' in text
    config = folder.parent / "config.toml"
    config.write_text(text.replace('["en", "de"]', '["de", "en"]'), encoding="utf-8")
    assert lint(folder) == (0, "Keine Befunde.\n", "")
    assert lint(folder, "--config", config, "--language", "en") == (0, "No findings.\n", "")


@pytest.mark.parametrize("arguments", [["--language", "tlh"], ["nowhere"], ["empty"], ["file"]])
def test_bad_usage(lint, tmp_path, monkeypatch, arguments):
    """What can't be read, or spoken, is one sentence and exit code 2."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("id = 1")
    code, out, err = lint(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("vestibule: There is no ")
    assert err.count("\n") == 1


def test_a_broken_configuration(lint, tmp_path):
    """A configuration that can't be read is one sentence and exit code 2."""
    broken = tmp_path / "config.toml"
    broken.write_text("= 1")
    code, out, err = lint("--config", broken)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1


def test_what_may_not_be_read(lint, folder):
    """A file that the system refuses is one sentence and exit code 2."""
    (folder / "environment.toml").unlink()
    (folder / "environment.toml").symlink_to("/proc/self/mem")
    assert lint(folder)[0] == 2


def test_a_flow_that_stands_in_two_files(lint, folder):
    """Two files with the same flow are told, at the second one."""
    shutil.copy(folder / "environment.toml", folder / "zz.toml")
    code, out, _ = lint(folder)
    assert code == 1
    assert f"{folder / 'zz.toml'}:1: F201\n  The flow 'environment' also stands in" in out


def test_flows_without_an_id(lint, folder):
    """Files that say no id are not taken for the same flow."""
    for name in ("one.toml", "two.toml"):
        (folder / name).write_text("")
    code, out, _ = lint(folder)
    assert (code, out.count("F103"), "F201" in out) == (1, 2, False)


def test_a_catalogue_that_is_not_there(lint, folder):
    """A language with the bot's catalogue alone lacks all texts of the flows, told once."""
    (folder / "locales/de/LC_MESSAGES/flows.po").unlink()
    code, out, _ = lint(folder)
    assert code == 1
    assert "F501, language: German (de)\n  There is no catalogue here" in out
    assert out.endswith("\n1 finding.\n")


def test_an_unreadable_flow_makes_no_orphans(lint, folder):
    """While a flow can't be read, its translations are not called superfluous."""
    (folder / "environment.toml").write_bytes(b"\xff\xfe")
    code, out, _ = lint(folder)
    assert (code, "F108" in out, "F507" in out) == (1, True, False)


def test_a_flow_less_makes_orphans(lint, folder):
    """Translations of a flow that is not in the folder are found."""
    (folder / "clearance.toml").unlink()
    assert "F507" in lint(folder)[1]


@pytest.mark.parametrize(
    "name", ["a\nb.toml", "a\x1b[31m.toml", b"a\xff.toml".decode("utf-8", "surrogateescape")]
)
def test_names_of_files(lint, folder, name):
    """Whatever a file is called, its findings are lines of letters."""
    (folder / name).write_bytes(b"")
    code, out, _ = lint(folder)
    assert code == 1
    assert all(char.isprintable() or char == "\n" for char in out)
    assert out.count("\n") == 5


def test_help_names_the_parts(capsys):
    """The group says which parts it has."""
    with pytest.raises(SystemExit):
        cli.main(["flows", "--help"])
    assert "lint" in capsys.readouterr().out


def test_codes_are_stable():
    """A code is a letter and three digits, and they stand in their order."""
    assert list(CODES) == sorted(CODES)
