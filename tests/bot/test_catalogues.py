"""Catalogues: what is missing is seen to be missing, and updating changes nothing twice."""

import shutil
from pathlib import Path

import pytest

import locales
from bot.language import catalogues
from bot.language.catalogues import CatalogueError, coverage, languages, load, main, update
from flows.definition import load_shipped
from flows.flow import Revision, make_revision
from flows.lint import FORBIDDEN_WORDS

CHECKOUT = Path(locales.__file__).parent.parent
RUSSIAN = (
    "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 &&"
    " (n%100<10 || n%100>=20) ? 1 : 2);"
)
HEAD = """# Kept as it is.
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: {plural}\\n"

"""
GERMAN = "nplurals=2; plural=(n != 1);"
TEXTS = """
[desk]
sign = "Sign"
hello = { text = "Hello {name}", note = "On top." }
count = { one = "One person", other = "{n} persons" }
"""


def put(root, locale, body, plural=GERMAN, domain="bot"):
    folder = root / locale / "LC_MESSAGES"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{domain}.po").write_text(HEAD.format(plural=plural) + body, encoding="utf-8")


def entry(context, msgid, msgstr, flag=""):
    return f'{flag}msgctxt "{context}"\nmsgid "{msgid}"\nmsgstr "{msgstr}"\n\n'


def counted(context, one, other, *forms):
    lines = "".join(f'msgstr[{index}] "{form}"\n' for index, form in enumerate(forms))
    return f'msgctxt "{context}"\nmsgid "{one}"\nmsgid_plural "{other}"\n{lines}\n'


@pytest.fixture
def checkout(tmp_path):
    """Make a small checkout: the shipped flow, a file of bot texts, no catalogues."""
    shutil.copytree(CHECKOUT / "flows" / "definitions", tmp_path / "flows" / "definitions")
    (tmp_path / "bot").mkdir()
    (tmp_path / "bot" / "texts.toml").write_text(TEXTS, encoding="utf-8")
    (tmp_path / "locales" / "de" / "LC_MESSAGES").mkdir(parents=True)
    return tmp_path


def test_source_language():
    """English needs no catalogue: a text is itself."""
    assert load("en").text("a/b", "Hello") == "Hello"
    assert [load("en").plural("a", "One", "Many", n) for n in (0, 1, 2)] == ["Many", "One", "Many"]
    assert languages()[0] == "en"


def test_root_is_looked_up_at_each_call(tmp_path, monkeypatch):
    """Another root can stand in for the shipped one, for languages that only a test has."""
    put(tmp_path, "ru", entry("a", "Open", "Открыть"), RUSSIAN)
    monkeypatch.setattr(catalogues, "_LOCALES", tmp_path)
    assert languages() == ("en", "ru")
    assert load("ru").text("a", "Open") == "Открыть"


def test_translated_by_context(tmp_path):
    """The same English in two contexts has two translations; a stale English has none."""
    put(tmp_path, "de", entry("a", "Open", "Offen") + entry("b", "Open", "Öffnen"))
    german = load("de", tmp_path)
    assert (german.text("a", "Open"), german.text("b", "Open")) == ("Offen", "Öffnen")
    assert german.text("c", "Open") is None
    assert german.text("a", "Opened") is None


@pytest.mark.parametrize(
    "body",
    [
        "",
        entry("a", "Hi {name}", ""),
        entry("a", "Hi {name}", " "),
        entry("a", "Hi {name}", "Hallo {name}", "#, fuzzy\n"),
        entry("a", "Hi {name}", "Hallo"),
        entry("a", "Hi {name}", "Hallo {nome}"),
        entry("a", "Hi {name}", "Hallo {name} {more}"),
        entry("a", "Hi {name}", "Hallo {name"),
    ],
)
def test_unusable_is_missing(tmp_path, body):
    """Missing, empty, fuzzy or with other placeholders: None, never silently English."""
    put(tmp_path, "de", body + entry("z", "Same", "Same"))
    german = load("de", tmp_path)
    assert german.text("a", "Hi {name}") is None
    assert german.text("z", "Same") == "Same"


@pytest.mark.parametrize(
    ("plural", "forms", "expected"),
    [
        (GERMAN, ("Eine", "{n} viele"), {1: "Eine", 2: "{n} viele"}),
        (GERMAN, ("{n} eine", "{n} viele"), {1: "{n} eine", 2: "{n} viele"}),
        (GERMAN, ("Eine", "viele"), {1: None, 2: None}),
        (GERMAN, ("Eine", ""), {1: None, 2: None}),
        (RUSSIAN, ("{n} a", "{n} b", "{n} c"), {1: "{n} a", 3: "{n} b", 21: "{n} a", 5: "{n} c"}),
        (RUSSIAN, ("Einmal", "{n} b", "{n} c"), {1: None, 5: None, 21: None}),
    ],
)
def test_plurals(tmp_path, plural, forms, expected):
    """Only a form that stands for 1 alone may leave out the number; else the text is missing."""
    locale = {GERMAN: "de", RUSSIAN: "ru"}[plural]
    put(tmp_path, locale, counted("a", "One", "{n} many", *forms), plural)
    catalogue = load(locale, tmp_path)
    assert {n: catalogue.plural("a", "One", "{n} many", n) for n in expected} == expected


@pytest.mark.parametrize("locale", ["xx", "", "..", "de"])
def test_unknown_language(tmp_path, locale):
    """A language without catalogues is an error, not English."""
    with pytest.raises(CatalogueError):
        load(locale, tmp_path)


def test_language_without_rules(tmp_path):
    """A language whose plurals nobody knows is an error, not English plurals."""
    put(tmp_path, "xx", entry("a", "Open", "Offen"))
    with pytest.raises(CatalogueError, match="CLDR"):
        load("xx", tmp_path)


def test_broken_catalogue(tmp_path):
    """A catalogue that can't be read is an error with its name."""
    put(tmp_path, "de", "nonsense\n")
    with pytest.raises(CatalogueError, match=r"bot\.po of de"):
        load("de", tmp_path)


def test_update_is_idempotent(checkout):
    """Updating makes templates and catalogues; again, it changes nothing."""
    made = {path.relative_to(checkout).as_posix() for path in update(checkout)}
    assert made == {
        "locales/flows.pot",
        "locales/bot.pot",
        "locales/de/LC_MESSAGES/flows.po",
        "locales/de/LC_MESSAGES/bot.po",
    }
    assert update(checkout) == ()


def test_update_keeps_what_fits(checkout):
    """Translations of unchanged texts and what the head says stay; nothing is guessed."""
    kept, changed = entry("desk/sign", "Sign", "Signieren"), entry("desk/hello", "Hi", "Hallo")
    put(checkout / "locales", "de", kept + changed + entry("old/one", "Gone", "Weg"))
    update(checkout)
    text = (checkout / "locales/de/LC_MESSAGES/bot.po").read_text(encoding="utf-8")
    german = load("de", checkout / "locales")
    assert text.startswith("# Kept as it is.\nmsgid")
    assert f'"Plural-Forms: {GERMAN}\\n"' in text
    assert german.text("desk/sign", "Sign") == "Signieren"
    assert german.text("desk/hello", "Hello {name}") is None
    assert "Weg" not in text
    assert "fuzzy" not in text
    assert "#. TRANSLATORS: On top." in text


def test_a_typo_keeps_its_translations(checkout):
    """A text whose English had a typo alone keeps its translations, where that is said."""
    for locale in ("de", "fr"):
        wrong = entry("desk/sign", "Sing", f"Sign {locale}") + entry("desk/hello", "Hi", "Hallo")
        counts = counted("desk/count", "One persen", "{n} persens", "Eine", "{n} Leute")
        put(checkout / "locales", locale, wrong + counts)
    update(checkout, ["desk/sign", "desk/count"])
    for locale in ("de", "fr"):
        found = load(locale, checkout / "locales")
        assert found.text("desk/sign", "Sign") == f"Sign {locale}"
        assert found.plural("desk/count", "One person", "{n} persons", 7) == "{n} Leute"
        assert found.text("desk/hello", "Hello {name}") is None
        text = (checkout / f"locales/{locale}/LC_MESSAGES/bot.po").read_text("utf-8")
        assert "Sing" not in text
    assert update(checkout) == ()


def test_the_checkout_is_found():
    """What is brought up to its sources are the catalogues that the program reads."""
    assert catalogues.ROOT == CHECKOUT


def test_a_typo_in_a_flow(checkout):
    """The flows' texts keep their translations in the same way."""
    key = "environment/yes"
    put(checkout / "locales", "de", entry(key, "Yess", "Ja"), domain="flows")
    update(checkout, [key])
    english = load_shipped()["environment"].texts()[key].text
    assert load("de", checkout / "locales").text(key, english) == "Ja"


@pytest.mark.parametrize(("key", "english"), [("desk/sing", "Sign"), ("desk/hello", "Hello {nam}")])
def test_what_is_no_typo(checkout, key, english):
    """A text that does not exist, or has other placeholders, is no typo: nothing is written."""
    put(checkout / "locales", "de", entry("desk/hello", english, "Hallo {nam}"))
    before = (checkout / "locales/de/LC_MESSAGES/bot.po").read_text("utf-8")
    with pytest.raises(CatalogueError, match=key):
        update(checkout, [key])
    assert (checkout / "locales/de/LC_MESSAGES/bot.po").read_text("utf-8") == before
    assert not (checkout / "locales/bot.pot").exists()


def test_heads_are_mended(checkout):
    """A head keeps what a translator filled in, and nothing that is only a tool's placeholder."""
    for name, line in (("Last-Translator", "Ada"), ("PO-Revision-Date", "YEAR-MO-DA HO:MI+ZONE")):
        put(checkout / "locales", "de", "")
        file = checkout / "locales/de/LC_MESSAGES/bot.po"
        told = f'"POT-Creation-Date: 2026-11-22 20:20+0000\\n"\n"{name}: {line}\\n"\n'
        file.write_text(file.read_text("utf-8").replace('"Plural', f'{told}"Plural'), "utf-8")
        update(checkout)
        text = file.read_text(encoding="utf-8")
        assert (f'"{name}: {line}\\n"' in text) is (line == "Ada")
        assert text.count(f'"{name}: ') == 1
        assert "POT-Creation-Date" not in text
        assert update(checkout) == ()


def test_coverage(checkout):
    """Coverage counts what can be used, by domain, of what the template has."""
    put(checkout / "locales", "de", entry("desk/sign", "Sign", "Signieren"))
    update(checkout)
    flow_texts = sum(len(flow.texts()) for flow in load_shipped().values())
    assert coverage("de", checkout / "locales") == {"flows": (0, flow_texts), "bot": (1, 3)}
    assert coverage("en", checkout / "locales") == {
        "flows": (flow_texts, flow_texts),
        "bot": (3, 3),
    }


def test_shipped_catalogues_are_up_to_date(tmp_path):
    """Running the update on the shipped files changes nothing."""
    for part in ("flows/definitions", "locales"):
        shutil.copytree(CHECKOUT / part, tmp_path / part)
    (tmp_path / "bot").mkdir()
    if (CHECKOUT / "bot" / "texts.toml").is_file():
        shutil.copy(CHECKOUT / "bot" / "texts.toml", tmp_path / "bot")
    assert update(tmp_path) == ()


@pytest.mark.parametrize("arguments", [[], ["upgrade"], ["update", "now"]])
def test_usage(arguments, capsys):
    """Anything but `update` changes nothing and says how it is used."""
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert "update" in capsys.readouterr().err


def spoken(locale, flow):
    catalogue = load(locale)
    texts = flow.texts()
    return {key: catalogue.text(key, source.text) or "" for key, source in texts.items()}


@pytest.mark.parametrize("locale", languages()[1:])
def test_shipped_flows_are_translated(locale):
    """Every shipped flow has a revision in every shipped language, short enough for a phone."""
    for flow in load_shipped().values():
        texts = spoken(locale, flow)
        assert isinstance(make_revision(flow, locale, texts), Revision)
        sources = flow.texts()
        assert [key for key in sources if len(texts[key]) > sources[key].limit] == []
        same = [key for key, source in sources.items() if texts[key] == source.text]
        assert len(same) < len(sources) / 10


def test_shipped_languages_are_marked():
    """Each shipped catalogue of the flows says that it is machine-drafted."""
    for locale in languages()[1:]:
        text = (CHECKOUT / "locales" / locale / "LC_MESSAGES" / "flows.po").read_text("utf-8")
        assert "# Machine-drafted" in text.partition("msgid")[0]


def test_german_is_neutral():
    """No German text says what the appointment is, nor a word that promises something."""
    said = " ".join(spoken("de", load_shipped()["environment"]).values()).lower().split()
    words = {word.strip(".,:?") for word in said}
    assert not words & {*FORBIDDEN_WORDS, "gewalt", "programm", "gruppe", "gericht", "familie"}
    assert not words & {"sicher", "geprüft", "genehmigt", "bestanden", "partnerin", "kinder"}
