"""Lint: every code, its place and its advice."""

from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.definition import parse
from flows.finding import Finding
from flows.flow import CRITERIA, DOMAINS, NON_NEGOTIABLES
from flows.lint import CODES, FOR_NOBODY, FORBIDDEN_WORDS, MOST_ITEMS, lint
from flows.tables import MOST_BYTES, decoded

DEFINITIONS = files("flows").joinpath("definitions")
SHIPPED, AGREEMENTS, ORIENTATION, CLEARANCE = (
    DEFINITIONS.joinpath(f"{name}.toml").read_text(encoding="utf-8")
    for name in ("environment", "agreements", "orientation", "clearance")
)
EMPTY = (
    'id = "x"\nkind = "orientation"\naudience = "participant"\n'
    '[[step]]\nid = "a"\ntext = "Hello."\nfinal = "ready"\n'
)
ORPHAN = '[[step]]\nid = "orphan"\ntext = "Hello."\nfinal = "unmet"\n'
LAST = (
    'id = "x"\nkind = "orientation"\naudience = "participant"\n'
    '[[item]]\nid = "a"\ntitle = "A"\nask = "Is it?"\nno = "No."\nhelp = "Help."\n'
)
TIMED = "repeat_after = 61"
REPEATED = '[[step]]\nid = "silent"\ntext = "Hello."\nrings = true\nrepeat_after = 60\n'
LOOP = (
    '[[step]]\nid = "there"\ntext = "Go on."\nrings = true\n'
    'options = [{ id = "on", to = "back", text = "On" }]\n'
    '[[step]]\nid = "back"\ntext = "Go back."\nrings = true\n'
    'options = [{ id = "on", to = "there", text = "Back" }]\n'
)
CLIFF = '[[step]]\nid = "cliff"\ntext = "Hello."\nrings = true\n'

MESSAGE = '[[message]]\nid = "tea"\ntext = "Hello."\nhelp = "Help."\nbutton = "Go on"\n'


def instead(old, new, times=1, shipped=SHIPPED):
    assert old in shipped
    return shipped.replace(old, new, times)


def item(name, shipped=SHIPPED):
    """Return the lines of one [[item]], as shipped."""
    start = shipped.index(f'[[item]]\nid = "{name}"')
    return shipped[start : shipped.index("\n[[", start) + 1]


def screened(old, new):
    return instead(old, new, shipped=CLEARANCE)


def agreed(old, new):
    """Return the shipped agreements with one change."""
    assert AGREEMENTS.count(old) >= 1
    return AGREEMENTS.replace(old, new, 1)


def with_more_items(count):
    """Return the shipped check with as many items more."""
    sober = item("sober")
    more = (sober.replace('id = "sober"', f'id = "own-{n}"') for n in range(count))
    return instead(sober, sober + "".join(more))


def line(text, needle):
    return text[: text.index(needle)].count("\n") + 1


INLINE = 'id = "x"\nkind = "check"\naudience = "participant"\nstep = [{ id = "a" }]\n'
LONG = "I can answer all of the questions now"


def the_item(name):
    return f'[[item]]\nid = "{name}"'


def the_step(name):
    return f'[[step]]\nid = "{name}"'


def marked(line):
    """Return the shipped orientation with one more line in an item."""
    return ORIENTATION.replace('id = "mute"\n', f'id = "mute"\n{line}\n')


PRIVATE = the_item("private-space")
FLAT = the_item("shared-home")
HOME = FLAT + '\npart = "criterion"'

# code, the broken file, what stands where it is found, the step
GOLDEN = [
    ("F101", instead('kind = "check"', 'kind = "check'), "kind =", ""),
    ("F102", instead("rings = true", "ring = true"), "ring = true", "undisturbed-help"),
    ("F102", instead("now-yes = ", "now-yess = "), "now-yess", ""),
    ("F102", instead("{ now-yes = ", "{ nowyes = "), "buttons = { nowyes", "alone"),
    ("F103", instead('kind = "check"\n', ""), "# The check", ""),
    ("F103", instead('title = "Camera on"\n', ""), the_item("camera"), "camera"),
    ("F103", instead('later", text = "Later"', 'later"'), '{ id = "later"', "undisturbed"),
    ("F104", instead("repeat_after = 180", 'repeat_after = "3"'), "repeat_after", "undisturbed"),
    ("F104", instead('final = "ready"', 'final = "done"'), 'final = "done"', "review"),
    ("F104", instead('[{ id = "change",', '["x", { id = "change",'), the_step("review"), "review"),
    ("F104", instead("rings = true", "rings = 1"), "rings = 1", "undisturbed-help"),
    ("F104", instead('buttons = { now-yes = "I am alone now" }', "buttons = 3"), "= 3", "alone"),
    ("F105", INLINE, "step = [", ""),
    ("F106", instead('"sober"', '"Sober one"'), 'id = "Sober one"', "Sober one"),
    ("F106", instead('id = "environment"', 'id = "my flow"'), 'id = "my flow"', ""),
    ("F107", instead("repeat_after = 180", "repeat_after = 5"), "repeat_after = 5", "undisturbed"),
    ("F108", "\ufeff" + SHIPPED, "# The check", ""),
    ("F108", instead("No hurry.", "No\x00hurry."), 'text = "No\x00', ""),
    ("F109", SHIPPED + "# Long." * 40_000, "# The check", ""),
    ("F109", SHIPPED + f"{the_step('s')}\n" * 101, "# The check", ""),
    ("F109", instead("options = [", f"options = [{'{}, ' * 21}"), "# The check", ""),
    ("F201", instead('id = "camera"', 'id = "alone"'), the_item("alone") + '\ntitle = "C', "alone"),
    ("F201", instead('id = "now", to', 'id = "help", to'), '{ id = "help", to = "p', "later"),
    ("F202", instead('to = "later",', 'to = "latr",'), 'to = "latr"', "undisturbed"),
    ("F202", LAST, the_item("a"), "a"),
    ("F203", SHIPPED + ORPHAN, ORPHAN, "orphan"),
    ("F204", SHIPPED + CLIFF, CLIFF, "cliff"),
    ("F205", instead('final = "unmet"', 'final = "ready"'), the_step("unmet"), "unmet"),
    ("F205", instead('final = "ready"', 'final = "unmet"'), "# The check", ""),
    ("F206", SHIPPED + REPEATED, "repeat_after = 60", "silent"),
    ("F206", instead('final = "ready"', f'final = "ready"\n{TIMED}'), TIMED, "review"),
    ("F301", instead('id = "headphones"', 'id = "headphone"'), "# The check", ""),
    ("F302", instead("observed = true\n", ""), the_item("private-space"), "private-space"),
    ("F302", instead("non_negotiable = true\n", ""), the_item("private-space"), "private-space"),
    ("F302", instead('"Sober"', '"Sober"\nnon_negotiable = true'), the_item("sober"), "sober"),
    ("F303", instead('to = "private-space"', 'to = "alone"'), PRIVATE, "private-space"),
    (
        "F304",
        instead('help = "Your contact person has been told that you need help. Any', 'note = "Any'),
        the_item("headphones"),
        "headphones",
    ),
    (
        "F304",
        instead('    { id = "help", to = "undisturbed-help" },\n', ""),
        the_step("undisturbed"),
        "undisturbed",
    ),
    (
        "F305",
        instead('observe = "Room shown, nobody else"\n', ""),
        the_item("private-space"),
        "private-space",
    ),
    ("F305", instead('"Sober"', '"Sober"\nobserve = "Seen"'), the_item("sober"), "sober"),
    ("F205", ORIENTATION.replace('final = "ready"', 'final = "unmet"'), "# The technical", ""),
    ("F303", ORIENTATION.replace('to = "place"', 'to = "camera"'), the_item("place"), "place"),
    ("F306", marked("non_negotiable = true"), the_item("mute"), "mute"),
    ("F306", marked('observed = true\nobserve = "Seen"'), the_item("mute"), "mute"),
    ("F307", EMPTY, 'id = "x"', ""),
    ("F308", screened('id = "shared-home"', 'id = "flat"'), "# The screening", ""),
    ("F308", screened(HOME, HOME.replace("criterion", "domain")), FLAT, "shared-home"),
    ("F309", screened(HOME, FLAT), FLAT, "shared-home"),
    ("F309", screened('"facilitator"', '"participant"'), "# The screening", ""),
    ("F309", CLEARANCE + CLIFF.replace("rings = true", 'final = ""'), CLIFF[:22], "cliff"),
    ("F309", instead('"Sober"', '"Sober"\npart = "domain"'), the_item("sober"), "sober"),
    ("F205", screened('final = "ready"\n', ""), "# The screening", ""),
    (
        "F310",
        instead(the_step("undisturbed"), MESSAGE + the_step("undisturbed")),
        "[[message]]",
        "tea",
    ),
    (
        "F310",
        instead('id = "later", to', 'id = "go-on", to'),
        the_step("undisturbed"),
        "undisturbed",
    ),
    ("F310", CLEARANCE + MESSAGE, "[[message]]", "tea"),
    ("F311", with_more_items(16), the_item("open-chat"), "open-chat"),
    ("F404", screened("What has working", "So safe: working"), 'ask = "So', "engagement"),
    ("F401", instead("No hurry.", "No hurry. " * 500), 'text = "No hurry', "later"),
    ("F402", instead("I can answer now", LONG), '{ id = "now"', "later"),
    ("F403", instead("Headphones seen", "Seen " * 50), 'observe = "Seen', "headphones"),
    ("F404", instead("No hurry.", "You are safe."), 'text = "You are safe', "later"),
    ("F601", agreed('id = "house-rules"', 'id = "rules"'), "# What", ""),
    (
        "F602",
        agreed('{ id = "agree", to = "house-rules" }', '{ id = "agree", to = "done" }'),
        the_step("house-rules"),
        "house-rules",
    ),
    ("F603", agreed('to = "consent-again"', 'to = "refused"'), the_step("consent"), "consent"),
    (
        "F603",
        agreed('"refuse", to = "refused"', '"refuse", to = "consent"'),
        the_step("consent-again"),
        "consent-again",
    ),
    (
        "F604",
        agreed(
            '{ id = "refuse", to = "consent-again" }',
            '{ id = "later", to = "consent-again", text = "Later" }',
        ),
        the_step("consent"),
        "consent",
    ),
]


NAMES = [f"{code}-{number}" for number, (code, *_) in enumerate(GOLDEN)]


@pytest.mark.parametrize(("code", "text", "needle", "step"), GOLDEN, ids=NAMES)
def test_every_fault_is_found_in_its_place(code, text, needle, step):
    """Each fault has its code, its line, its step and advice."""
    found = [finding for finding in lint(text, "mine.toml") if finding.code == code]
    assert (line(text, needle), step) in {(finding.line, finding.step) for finding in found}
    assert all(finding.message and finding.fix and finding.file == "mine.toml" for finding in found)


def test_every_code_is_tested():
    """No code without an example here, none undocumented."""
    elsewhere = {code for code in CODES if code[:2] in ("F5", "F7", "F8")}
    assert {code for code, *_ in GOLDEN} == set(CODES) - elsewhere
    assert all(sentence.endswith(".") for sentence in CODES.values())


@pytest.mark.parametrize("text", [SHIPPED, AGREEMENTS, ORIENTATION, CLEARANCE])
def test_shipped_flow_has_no_findings(text):
    """The shipped flows are clean."""
    assert lint(text, "shipped.toml") == ()


@pytest.mark.parametrize("name", [*DOMAINS, *CRITERIA])
def test_none_of_the_twelve_can_be_removed(name):
    """A clearance without one of the report's domains and criteria is refused."""
    text = CLEARANCE.replace(item(name, CLEARANCE), "")
    assert [finding.code for finding in lint(text, "f.toml")] == ["F308"]


def test_a_coordinator_may_add_to_the_twelve():
    """A clearance may have items beside the twelve."""
    more = '[[item]]\nid = "more"\npart = "criterion"\ntitle = "More"\nask = "Anything else."\n\n'
    assert lint(screened('[[step]]\nid = "decide"', f'{more}[[step]]\nid = "decide"'), "f") == ()


def test_staff_read_of_partners_and_nobody_of_safety():
    """What a screening asks staff may name partners and children; praise and verdicts never."""
    assert "child-contact" in CRITERIA
    for word in FOR_NOBODY:
        found = lint(screened("Who shares", f"{word.title()}? Who shares"), "f.toml")
        assert [finding.code for finding in found] == ["F404"]


@pytest.mark.parametrize("name", ["consent", "house-rules", "confidentiality"])
def test_no_agreement_can_be_walked_around(name):
    """A refusal that leads on to the ready step is found, whichever text it is below."""
    text = AGREEMENTS.replace(f'to = "{name}-again"', 'to = "done"')
    assert name in {f.step for f in lint(text, "f.toml") if f.code == "F602"}


@pytest.mark.parametrize("name", ["consent", "house-rules", "confidentiality"])
def test_no_agreement_can_be_removed(name):
    """Under another name a text is missing, and is none that an agreement has."""
    text = AGREEMENTS.replace(f'"{name}', f'"my-{name}')
    assert {f.code for f in lint(text, "f.toml")} == {"F601", "F604"}


@pytest.mark.parametrize(("wrong", "right"), [("latr", "later"), ("privat-space", "private-space")])
def test_did_you_mean(wrong, right):
    """A misspelt target is reported once, with the right one, and not as unreachable steps."""
    (finding,) = lint(instead(f'to = "{right}"', f'to = "{wrong}"'), "f.toml")
    assert (finding.code, finding.fix) == ("F202", "lint/fix/did-you-mean")
    assert dict(finding.params)["near"] == right


def test_did_you_mean_for_keys():
    """A misspelt key is reported with the right one."""
    found = lint(instead("observed = true", "obseved = true"), "f.toml")
    assert "observed" in {dict(finding.params).get("near") for finding in found}


def test_all_at_once():
    """Findings of every kind come together, sorted by line."""
    text = instead("rings = true", "ring = true").replace("No hurry.", "You passed.")
    text = text.replace(item("headphones"), "")
    found = lint(text, "f.toml")
    assert {"F102", "F404", "F301"} <= {finding.code for finding in found}
    assert list(found) == sorted(found)


@pytest.mark.parametrize("name", NON_NEGOTIABLES)
def test_none_of_the_four_can_be_removed(name):
    """A check without one of the four is refused, whatever leads where instead."""
    after = SHIPPED[SHIPPED.index(item(name)) + len(item(name)) :].split('id = "')[1].split('"')[0]
    text = SHIPPED.replace(item(name), "").replace(f'to = "{name}"', f'to = "{after}"')
    assert [finding.code for finding in lint(text, "f.toml")] == ["F301"]


@pytest.mark.parametrize("name", NON_NEGOTIABLES)
def test_none_of_the_four_can_be_walked_around(name):
    """A side door from the first question past one of the four is found."""
    text = instead('to = "private-space"', 'to = "open-chat"')
    bypassed = {finding.step for finding in lint(text, "f.toml") if finding.code == "F303"}
    assert name in bypassed


def test_a_no_does_not_lead_to_ready():
    """If 'not possible today' ended in the ready step, every item would be bypassed."""
    swapped = instead('final = "unmet"', 'final = "x"').replace(
        'final = "ready"', 'final = "unmet"'
    )
    text = swapped.replace('final = "x"', 'final = "ready"')
    bypassed = {finding.step for finding in lint(text, "f.toml") if finding.code == "F303"}
    assert set(NON_NEGOTIABLES) <= bypassed


def test_a_loop_without_a_way_out():
    """Each step of a loop that no answer leads out of is found, by the code of a dead end."""
    text = instead('to = "later",', 'to = "there",') + LOOP
    stuck = {finding.step for finding in lint(text, "f.toml") if finding.code == "F204"}
    assert stuck == {"there", "back"}


def test_a_question_without_help_or_end():
    """Whoever is asked has help or an ending: a step with neither is found."""
    asks = '[[step]]\nid = "ask"\ntext = "Is it?"\noptions = [{ id = "yes", to = "review" }]\n'
    found = {(finding.code, finding.step) for finding in lint(SHIPPED + asks, "f.toml")}
    assert ("F304", "ask") in found
    assert ("F304", "review") not in found


def test_forbidden_words_are_whole_words():
    """'Childish' and 'passing' are no forbidden words; 'Partner' is, in any case."""
    assert lint(instead("No hurry.", "No childish passing courtyard."), "f") == ()
    for word in FORBIDDEN_WORDS:
        found = lint(instead("No hurry.", f"A {word.title()}?"), "f.toml")
        assert word in {dict(finding.params).get("word") for finding in found}


DEEP = "x = " + "[" * 5000
MALFORMED = [
    ("", "F103", "lint/nothing-in-it"),
    (" \r\n\t", "F103", "lint/nothing-in-it"),
    ("\ufeff" + SHIPPED, "F108", "lint/byte-order-mark"),
    ("\x00\x01", "F108", "lint/control"),
    ("steps:\n  - id: yaml\n", "F101", "lint/yaml"),
    ("---\nid: environment\n", "F101", "lint/yaml"),
    ('id = "a"\nid = "b"\n', "F101", "lint/written-twice"),
    ("[buttons]\n[buttons]\n", "F101", "lint/written-twice"),
    ('id = "a', "F101", "lint/breaks-off"),
    ("id = = 3", "F101", "lint/no-toml"),
    ("{}", "F101", "lint/no-toml"),
    (DEEP, "F101", "lint/too-deep"),
    ("a" + ".a" * 20_000 + " = 1", "F101", "lint/too-deep"),
    ("step = 3", "F105", "lint/not-laid-out"),
    ("step = [1, 2]", "F105", "lint/not-laid-out"),
    ("change = 3", "F104", "lint/change-no-table"),
    ("id = 3\nkind = []\naudience = {}\n", "F104", "lint/wrong-value"),
    ("[[step]]\nid = 3\noptions = [1]\n", "F104", "lint/option-no-table"),
    ('[[step]]\noptions = "x"\n', "F104", "lint/wrong-value"),
    ("[[item]]\n" * 3, "F103", "lint/key-missing"),
    ('[[step]]\nid = "s"\ntext = """\n[[step]]\n"""\n', "F103", "lint/key-missing"),
    ("id = 0x" + "f" * 9000, "F104", "lint/wrong-value"),
]


@pytest.mark.parametrize(
    ("text", "code", "message"), MALFORMED, ids=[each[2] for each in MALFORMED]
)
def test_malformed_files(text, code, message):
    """Malformed files of every kind give findings with a line, never a traceback."""
    found = lint(text, "f.toml")
    assert (code, message) in {(finding.code, finding.message) for finding in found}
    assert all(1 <= finding.line <= text.count("\n") + 1 for finding in found)


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        (SHIPPED.encode("utf-16"), "F108", 1),
        (instead("No hurry.", "Keine Eile: später.").encode("latin-1"), "F108", 29),
        (b"\x7fELF\x02\x01\x01\x00", "F108", 1),
        (b"#" * (MOST_BYTES + 1), "F109", 1),
    ],
    ids=["UTF-16", "Latin-1", "binary", "huge"],
)
def test_bytes_that_are_no_text(data, code, line):
    """What is no text in UTF-8, or too long for a flow, is told before it is read."""
    found = decoded(data, "f.toml")
    assert isinstance(found, Finding)
    assert (found.code, found.line) == (code, line)


@pytest.mark.parametrize(
    "text",
    [SHIPPED.replace("\n", "\r\n"), SHIPPED.replace("    {", "\t{"), SHIPPED + "\n\n"],
    ids=["CRLF", "tabs", "empty lines"],
)
def test_what_looks_alike_is_no_fault(text):
    """Line ends of another system, tabs and empty lines change nothing."""
    assert decoded(text.encode(), "f.toml") == text
    assert lint(text, "f.toml") == ()


def test_a_finding_shows_letters_that_end():
    """What a file says can't steer a terminal, nor fill it."""
    text = instead('id = "sober"', f'id = "\\u001b[31m{"x" * 5000}"')
    for finding in lint(text, "f.toml"):
        for _, value in finding.params:
            assert str(value).isprintable()
            assert len(finding.step) <= 80


def test_headers_in_texts_are_no_headers():
    """A line that looks like a header inside of a text does not shift the lines."""
    text = instead('text = "No hurry.', 'text = """\n[[step]]\n[[item]]\nNo hurry. Be safe.')
    text = text.replace('undisturbed."\noptions', 'undisturbed."""\noptions')
    (finding,) = lint(text, "f.toml")
    assert (finding.code, finding.step) == ("F404", "later")


def test_as_many_items_as_a_preview_keeps_apart():
    """A flow may have 25 items."""
    assert lint(with_more_items(15), "mine.toml") == ()
    assert len(parse(with_more_items(15), "mine.toml").items) == MOST_ITEMS


LINES = SHIPPED.splitlines()
JUNK = ["", "]", '"', "[[step]]", "[[item]]", "x = 1", 'id = "alone"', "[change]", "{", "\x00"]


def sound(found):
    """Say whether findings are such that each can be shown."""
    return all(finding.code in CODES and finding.line >= 1 and finding.fix for finding in found)


@given(st.lists(st.integers(0, len(LINES) - 1), max_size=4), st.sampled_from(JUNK))
def test_broken_lines(places, junk):
    """Whatever lines are overwritten: findings or a sound flow, never a traceback."""
    broken = list(LINES)
    for place in places:
        broken[place] = junk
    text = "\n".join(broken)
    found = lint(text, "f.toml")
    assert sound(found)
    assert found or parse(text, "f.toml").final("ready")


@given(st.binary(max_size=100))
def test_any_bytes(data):
    """Any bytes at all have findings: nobody writes a flow by chance."""
    text = decoded(data, "f.toml")
    found = (text,) if isinstance(text, Finding) else lint(text, "f.toml")
    assert found
    assert sound(found)


@given(st.text(max_size=100))
def test_any_text(text):
    """Any text at all has findings."""
    found = lint(text, "f.toml")
    assert found
    assert sound(found)


@given(
    st.sampled_from([SHIPPED, AGREEMENTS, ORIENTATION, CLEARANCE]),
    st.lists(
        st.tuples(st.integers(0, 8000), st.integers(0, 40), st.text(max_size=6)),
        min_size=1,
        max_size=3,
    ),
)
def test_mutated_flows(text, changes):
    """A shipped flow with parts cut out and others put in has findings or can be used."""
    for start, length, put in changes:
        text = text[:start] + put + text[start + length :]
    found = lint(text, "f.toml")
    assert sound(found)
    assert found or parse(text, "f.toml").final("ready")
