"""Texts by file: what goes out comes back unchanged; what can't stand is told, never a crash."""

import os
import subprocess
import tracemalloc
import zipfile
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.pofile import read_po, write_po
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from bot.exchange import by_file, sheet
from bot.exchange.by_file import FORMATS
from bot.exchange.sheet import Row, Sheet, sheet_of
from bot.language import catalogues
from bot.language.shipped import shipped_revision
from bot.language.translations import Text
from flows.definition import load_shipped
from flows.finding import CODES
from tests.bot.test_gettext import msgfmt  # noqa: F401 -- a fixture

ENDS = ("po", "xlsx")
"""The formats that hold words row by row."""
EVERY = [(flow, locale) for flow in load_shipped() for locale in catalogues.languages()]
ASK, YES, SEEN = (
    *("environment/private-space/ask", "environment/yes"),
    "environment/private-space/observe",
)
NEW = "Sind Sie jetzt an einem Ort, an dem niemand mithört?"


def sheet_for(flow="environment", locale="de"):
    return sheet_of(shipped_revision(flow, locale), shipped_revision(flow, "en"))


def with_words(found, **words):
    """Return a sheet in which some texts say something else."""
    rows = tuple(replace(row, target=words.get(row.id, row.target)) for row in found.rows)
    return replace(found, revision="f" * sheet.SHOWN, rows=rows)


def edited_po(data, key, new):
    catalog = read_po(BytesIO(data))
    (message,) = [one for one in catalog if one.context == key]
    catalog.delete(message.id, context=key)
    if new is not None:
        message.string = new.get("target", message.string)
        message.context = new.get("id", message.context)
        message.flags |= new.get("flags", set())
        message.auto_comments = new.get("comments", message.auto_comments)
        catalog[new.get("source", message.id)] = message
        message.id = new.get("source", message.id)
    written = BytesIO()
    write_po(written, catalog)
    return written.getvalue()


def row_of(page, key):
    return next(n for n, (cell,) in enumerate(page.iter_rows(1, 999, 1, 1), 1) if cell.value == key)


def edited_xlsx(data, key, new):
    book = load_workbook(BytesIO(data))
    page = book.active
    row = row_of(page, key)
    if new is None:
        page.delete_rows(row)
        new = {}
    for name, column in (("id", 1), ("source", 2), ("target", 3), ("mark", 5)):
        if name in new:
            page.cell(row, column).value = new[name]
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def edited_toml(data, key, new):
    words = shipped_revision("environment", "de").flow.texts()[key].text
    text = data.decode()
    assert words in text
    return text.replace(words, new["target"]).encode()


EDIT = {"po": edited_po, "xlsx": edited_xlsx, "toml": edited_toml}


def brought_back(end, now, key=ASK, new=None, *, out=None):
    """Take a sheet out, edit one row as somebody does, and read it; return words and findings."""
    data = EDIT[end](FORMATS[end].write(out or now), key, new)
    returned = FORMATS[end].read(data, f"x.{end}")
    found = (*returned.findings, *by_file.findings(now, returned))
    return ({} if found else by_file.words_of(now, returned)), found


# There and back


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize(("flow", "locale"), EVERY)
def test_a_round_trip_changes_nothing(flow, locale, end):
    """Every shipped flow in every language comes back as it was taken out."""
    out = sheet_for(flow, locale)
    returned = FORMATS[end].read(FORMATS[end].write(out), f"x.{end}")
    assert (returned.findings, tuple(by_file.findings(out, returned))) == ((), ())
    assert (returned.flow, returned.locale, returned.revision) == (flow, locale, out.revision)
    assert by_file.words_of(out, returned) == {}
    assert [(row.id, row.source, row.target, row.mark) for row in returned.rows] == [
        (row.id, row.source, row.target, row.mark) for row in out.rows
    ]


WORDS = st.text(min_size=1, max_size=60).map(sheet.cleaned).filter(bool)


@pytest.mark.parametrize("end", ENDS)
@settings(max_examples=60, deadline=None)
@given(source=WORDS, target=WORDS)
def test_any_words_come_back(end, source, target):
    """Whatever stands in a text, a file carries it there and back."""
    out = Sheet("environment", "de", "0" * 12, (Row("x/a", Text((source,), ()), target, "Note"),))
    (row,) = FORMATS[end].read(FORMATS[end].write(out), f"x.{end}").rows
    assert (sheet.cleaned(row.source), sheet.cleaned(row.target)) == (source, target)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("words", ["=1+1", "10 % der Fragen", "a\nb", '"ja"', "+1", "{n}", "\\n"])
def test_awkward_words(end, words):
    """What a spreadsheet or gettext could take for something else stays what it is."""
    out = with_words(sheet_for(), **{ASK: words})
    returned = FORMATS[end].read(FORMATS[end].write(out), f"x.{end}")
    assert sheet.by_id(returned)[ASK].target == words
    assert tuple(by_file.findings(out, returned)) == ()


@pytest.mark.parametrize(("flow", "locale"), EVERY)
def test_msgfmt_has_nothing_to_say(msgfmt, tmp_path, flow, locale):  # noqa: F811 -- a fixture
    """GNU gettext takes each catalogue, without a warning."""
    file = tmp_path / "x.po"
    file.write_bytes(FORMATS["po"].write(sheet_for(flow, locale)))
    done = subprocess.run(  # noqa: S603 -- a program that is named in full
        [msgfmt, "--check", "--output-file", os.devnull, file],
        capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("options", [(), ("--no-wrap", "--sort-output"), ("--width=40",)])
def test_as_other_tools_write_it(msgfmt, options):  # noqa: F811 -- a fixture
    """What gettext's own tools have laid out anew comes back the same, marks and all."""
    out = sheet_for()
    done = subprocess.run(  # noqa: S603 -- a program that is named in full
        [Path(msgfmt).with_name("msgcat"), *options, "-"], input=PO, capture_output=True, check=True
    )
    returned = FORMATS["po"].read(done.stdout.replace(b"\n", b"\r\n"), "x.po")
    assert (returned.findings, tuple(by_file.findings(out, returned))) == ((), ())
    assert {(row.id, row.target, row.mark) for row in returned.rows} == {
        (row.id, row.target, row.mark) for row in out.rows
    }


@pytest.mark.parametrize("escaped", ["Fl\\303\\274che", "\\x41"])
def test_letters_as_numbers(escaped):
    """A way of writing that would be read wrongly is told, and not read."""
    data = PO.replace(b'msgstr "Ja"', f'msgstr "{escaped}"'.encode())
    found = FORMATS["po"].read(data, "x.po").findings
    assert {one.code for one in found} <= {"F108", "F508"}
    assert found


def test_a_percent_sign_is_no_placeholder(msgfmt, tmp_path):  # noqa: F811 -- a fixture
    """Words that look like a format of Python's are words."""
    out = with_words(sheet_for(locale="en"), **{ASK: "Are you 10 % sure?"})
    rows = tuple(
        replace(row, about=replace(row.about, sources=("Are 10 % done?",)), target="10 Prozent?")
        for row in out.rows[:1]
    )
    file = tmp_path / "x.po"
    file.write_bytes(FORMATS["po"].write(replace(out, rows=rows)))
    done = subprocess.run(  # noqa: S603 -- a program that is named in full
        [msgfmt, "--check", "--output-file", os.devnull, file], capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_what_a_translator_sees():
    """Each entry has its readable context and the comment, and the head names language and flow."""
    text = FORMATS["po"].write(sheet_for()).decode()
    for part in (
        f'msgctxt "{ASK}"',
        "#. A button that the participant taps. At most 32 characters.",
        '"Language: de\\n"',
        '"Project-Id-Version: environment ',
        '"Plural-Forms: nplurals=2;',
    ):
        assert part in text


def test_only_the_words_can_be_changed():
    """The sheet is protected but for the cells of the words; marks are hidden, the head stays."""
    out = sheet_for()
    page = load_workbook(BytesIO(FORMATS["xlsx"].write(out))).active
    assert page.protection.sheet
    assert page.freeze_panes == "A2"
    assert page.column_dimensions["E"].hidden
    assert [cell.value for cell in page[1]][:4] == ["context", "source", "target", "comment"]
    open_cells = {
        cell.coordinate for row in page.iter_rows() for cell in row if not cell.protection.locked
    }
    assert open_cells == {f"C{number}" for number in range(2, len(out.rows) + 2)}
    assert all(cell.alignment.wrap_text for row in page.iter_rows() for cell in row)
    assert {cell.data_type for row in page.iter_rows() for cell in row} == {"s"}


# What is taken


@pytest.mark.parametrize("end", ENDS)
def test_changed_words_are_found(end):
    """A changed text comes back by its id, and nothing else does."""
    assert brought_back(end, sheet_for(), new={"target": f" {NEW}\r\n"}) == ({ASK: NEW}, ())


@pytest.mark.parametrize("end", ENDS)
def test_a_colleagues_words_stay(end):
    """What a colleague has changed meanwhile stays where the file has not changed it."""
    out = sheet_for()
    now = with_words(out, **{ASK: "Hört niemand mit?"})
    assert brought_back(end, now, YES, {"target": "Ja!"}, out=out) == ({YES: "Ja!"}, ())


@pytest.mark.parametrize("end", ENDS)
def test_a_colleagues_words_are_not_overwritten(end):
    """A text that both have changed is refused; the same words twice are no quarrel."""
    out = sheet_for()
    now = with_words(out, **{ASK: "Hört niemand mit?"})
    _, (found,) = brought_back(end, now, new={"target": NEW}, out=out)
    assert (found.code, found.message) == ("F705", "lint/changed-meanwhile")
    same = {"target": "Hört niemand mit?"}
    assert brought_back(end, now, new=same, out=out) == ({}, ())


UNMARKED = {"po": {"comments": ["A message."]}, "xlsx": {"mark": None}}


@pytest.mark.parametrize("end", ENDS)
def test_a_lost_mark(end):
    """Where a tool has dropped the mark, words are taken of the same edition alone."""
    out, new = sheet_for(), {"target": NEW, **UNMARKED[end]}
    assert brought_back(end, out, new=new) == ({ASK: NEW}, ())
    other = with_words(out, **{YES: "Ja!"})
    _, (found,) = brought_back(end, other, new=new, out=out)
    assert found.code == "F705"


# What is refused

REFUSALS = [
    ("F501", "lint/untranslated", ASK, None),
    ("F502", "lint/translated-empty", ASK, {"target": " "}),
    ("F504", "lint/placeholders", ASK, {"target": "Sind Sie in {room}?"}),
    ("F504", "lint/placeholders", ASK, {"target": "Sind Sie in {room?"}),
    ("F505", "lint/too-long", YES, {"target": "J" * 33}),
    ("F506", "lint/forbidden", ASK, {"target": "Ist Ihre Partnerin da?"}),
    ("F506", "lint/forbidden", SEEN, {"target": "Ort ist sicher"}),
    ("F703", "lint/source-changed", ASK, {"source": "Where are you?"}),
]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize(("code", "message", "key", "new"), REFUSALS)
def test_refused(end, code, message, key, new):
    """Each fault is found by itself, with its code, its place and its text."""
    words, (found,) = brought_back(end, sheet_for(), key, new)
    assert (words, found.code, found.message) == ({}, code, message)
    assert dict(found.params)["text"] == key
    assert found.locale == "de"
    assert found.line > 1 or new is None


@pytest.mark.parametrize(("source", "codes"), [
    ("Are you {", []), ("Are you {a", []), ("{0.__class__}?", ["F504"]), ("Are you?", ["F504"]),
])  # fmt: skip
def test_braces_of_the_english(source, codes):
    """Placeholders are those of the English, where it has any that can be read."""
    out = sheet_for()
    rows = tuple(replace(row, about=replace(row.about, sources=(source,))) for row in out.rows)
    _, found = brought_back("po", replace(out, rows=rows[:12]), new={"target": "Sind Sie {da}?"})
    assert [one.code for one in found] == codes


@pytest.mark.parametrize("end", ENDS)
def test_an_unknown_text(end):
    """A row that is of no text is told, and the text that it lacks."""
    _, found = brought_back(end, sheet_for(), new={"id": "environment/private-space/aks"})
    assert {one.code for one in found} == {"F501", "F507"}


def test_a_fuzzy_entry():
    """What is marked as unconfirmed is not taken."""
    _, (found,) = brought_back("po", sheet_for(), new={"target": NEW, "flags": {"fuzzy"}})
    assert (found.code, dict(found.params)) == ("F503", {"text": ASK})


@pytest.mark.parametrize("value", ["=1+1", '=HYPERLINK("https://x.y")', 7, date(2026, 1, 1), True])
def test_a_cell_that_is_no_text(value):
    """A formula, a number or a date in the place of words is told and never worked out."""
    _, (found,) = brought_back("xlsx", sheet_for(), new={"target": value})
    assert (found.code, dict(found.params)) == ("F704", {"text": ASK})


def test_a_text_twice():
    """A text that stands twice is told, whatever the two say."""
    data = FORMATS["po"].write(sheet_for()).decode()
    entry = data[data.index(f'msgctxt "{ASK}"') :].partition("\n\n")[0]
    for again in (entry, entry.replace("private-", 'private-"\n"')):
        (found,) = FORMATS["po"].read(f"{data}\n{again}\n".encode(), "x.po").findings
        assert (found.code, dict(found.params)) == ("F510", {"text": ASK})
    book = load_workbook(BytesIO(FORMATS["xlsx"].write(sheet_for())))
    book.active.append([ASK, "a", "b"])
    written = BytesIO()
    book.save(written)
    (found,) = FORMATS["xlsx"].read(written.getvalue(), "x.xlsx").findings
    assert (found.code, found.line) == ("F510", book.active.max_row)


def test_all_findings_at_once():
    """Nothing stops at the first fault."""
    out = sheet_for()
    data = EDIT["xlsx"](FORMATS["xlsx"].write(out), ASK, {"target": " "})
    data = EDIT["xlsx"](data, YES, {"target": "J" * 33})
    found = tuple(by_file.findings(out, FORMATS["xlsx"].read(data, "x.xlsx")))
    assert [one.code for one in found] == ["F505", "F502"]


def test_a_language_without_lists():
    """Where nobody has listed what must not be said, nothing is taken."""
    out = replace(sheet_for(), locale="eo")
    returned = replace(FORMATS["po"].read(FORMATS["po"].write(sheet_for()), "x.po"), locale="eo")
    assert {one.code for one in by_file.findings(out, returned)} == {"F509"}


# Files that are none


def zipped(**parts):
    written = BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in parts.items():
            packed.writestr(name.replace("_", "/"), data)
    return written.getvalue()


def repacked(old, new, encoding="utf-8"):
    """Return a workbook in which something is replaced in every part, which is then encoded so."""
    written = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(FORMATS["xlsx"].write(sheet_for()))) as source,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for name in source.namelist():
            part = source.read(name)
            changed = part.replace(old, new).decode().encode(encoding)
            packed.writestr(name, changed if old in part else part)
    return written.getvalue()


def plain_book():
    book, written = Workbook(), BytesIO()
    book.active.append(["context", "source", "target", "comment"])
    book.save(written)
    return written.getvalue()


PO = FORMATS["po"].write(sheet_for())
BOMB = b'<!DOCTYPE a [<!ENTITY b "bb">]>'
NO_FILES = [
    ("po", b"", "F702"),
    ("po", b"\xff\xfe", "F108"),
    ("po", PO.decode().encode("utf-16"), "F108"),
    ("po", b"\xef\xbb\xbf" + PO, "F108"),
    ("po", PO.replace(b"Language: de", b"Language: xx"), "F702"),
    ("po", PO.replace(b"utf-8", b"latin-1"), "F108"),
    ("po", PO.replace(b"nplurals=2", b"nplurals=99999999"), "F508"),
    ("po", PO + b'\nmsgid "a', "F508"),
    ("po", bytes(sheet.MOST_BYTES + 1), "F109"),
    ("xlsx", b"", "F702"),
    ("xlsx", PO, "F702"),
    ("xlsx", bytes(sheet.MOST_BYTES + 1), "F109"),
    ("xlsx", zipped(a="b"), "F702"),
    ("xlsx", zipped(xl_x=bytes(9 * 1024 * 1024)), "F109"),
    ("xlsx", zipped(**{f"p{n}": "" for n in range(101)}), "F109"),
    ("xlsx", plain_book(), "F702"),
    (
        "xlsx",
        repacked(b"vestibule-texts environment de", b"vestibule-texts environment xx"),
        "F702",
    ),
    ("xlsx", repacked(b"<worksheet", BOMB + b"<worksheet"), "F702"),
    ("xlsx", repacked(b"<worksheet", BOMB + b"<worksheet", "utf-16"), "F702"),
]


@pytest.mark.parametrize(("end", "data", "code"), NO_FILES)
def test_what_is_no_file_of_texts(end, data, code):
    """What is broken, foreign, too big or a trap is refused, with one finding."""
    returned = FORMATS[end].read(data, f"x.{end}")
    assert [one.code for one in returned.findings] == [code]
    assert returned.rows == ()


def test_a_part_that_is_bigger_than_it_says():
    """A directory that lies about sizes has nothing unpacked beyond what there is room for."""
    data, size = zipped(xl_x=bytes(64 * 1024 * 1024)), (64 * 1024 * 1024).to_bytes(4, "little")
    assert data.count(size) == 2
    tracemalloc.start()
    returned = FORMATS["xlsx"].read(data.replace(size, (9).to_bytes(4, "little")), "x.xlsx")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert returned.findings
    assert peak < 32 * 1024 * 1024


@pytest.mark.parametrize("kind", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_another_way_of_packing(kind):
    """What no spreadsheet packs so is not unpacked."""
    written = BytesIO()
    with zipfile.ZipFile(written, "w", kind) as packed:
        packed.writestr("xl/x", bytes(9 * 1024 * 1024))
    (found,) = FORMATS["xlsx"].read(written.getvalue(), "x.xlsx").findings
    assert found.code == "F702"


def test_a_sheet_that_claims_a_million_rows():
    """A row far below is not waited for."""
    data = repacked(b'r="3"', b'r="1048576"')
    returned = FORMATS["xlsx"].read(data, "x.xlsx")
    assert len(returned.rows) <= 5000


GOOD = {end: FORMATS[end].write(sheet_for("agreements")) for end in ENDS}


@st.composite
def spoilt(draw, data):
    """Return a file in which some bytes are others, more or fewer."""
    found = bytearray(data)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(found)))
        found[at : at + draw(st.integers(0, 40))] = draw(st.binary(max_size=40))
    return bytes(found)


@st.composite
def spoilt_part(draw):
    """Return a workbook whose packing is whole, one part of which is not."""
    with zipfile.ZipFile(BytesIO(GOOD["xlsx"])) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    name = draw(st.sampled_from(sorted(parts)))
    parts[name] = draw(spoilt(parts[name]))
    written = BytesIO()
    with zipfile.ZipFile(written, "w") as packed:
        for each, data in parts.items():
            packed.writestr(each, data)
    return written.getvalue()


def is_told(end, data):
    out = sheet_for("agreements")
    returned = FORMATS[end].read(data, f"x.{end}")
    found = (*returned.findings, *by_file.findings(out, returned))
    assert all(one.code in CODES and one.line >= 1 for one in found)
    if not found:
        by_file.words_of(out, returned)


@settings(max_examples=150, deadline=None)
@given(data=spoilt(GOOD["po"]))
def test_a_spoilt_catalogue(data):
    """Whatever bytes come, there are findings or words, and never a traceback."""
    is_told("po", data)


@settings(max_examples=60, deadline=None)
@given(data=spoilt(GOOD["xlsx"]))
def test_a_spoilt_workbook(data):
    """Whatever bytes come, there are findings or words, and never a traceback."""
    is_told("xlsx", data)


@settings(max_examples=60, deadline=None)
@given(data=spoilt_part())
def test_a_spoilt_part(data):
    """Whatever stands in a part, there are findings or words, and never a traceback."""
    is_told("xlsx", data)
