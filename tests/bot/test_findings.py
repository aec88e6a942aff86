"""What lint says: one golden finding a code, and a sentence for each finding in each language."""

from functools import cache

import pytest

from bot.exchange import by_file, flow_toml
from bot.language import catalogues
from bot.language.shipped import shipped_revision
from bot.language.words import source_texts, words
from bot.terminal.flows_lint import told
from flows.finding import CODES, fault, misspelt
from flows.lint import lint
from flows.tables import decoded
from tests.bot import test_by_file as files
from tests.bot import test_flow_toml as whole
from tests.bot import test_translations as catalogue
from tests.flows import test_edits as edits
from tests.flows import test_lint as flow

RENDERED = {
    "F101": (
        "mine.toml:6: F101",
        "  From column 14 on, this line can't be understood.",
        "  Look at this line and the one before it: a quote, a bracket or an = may be missing.",
    ),
    "F102": (
        "mine.toml:38: F102, step 'undisturbed-help'",
        "  'ring' is not known here.",
        "  Did you mean 'rings'?",
    ),
    "F103": (
        "mine.toml:1: F103",
        "  'kind' is missing.",
        '  Add a line kind = "...".',
    ),
    "F104": (
        "mine.toml:20: F104, step 'undisturbed'",
        "  'repeat_after' has a value that does not fit.",
        "  Write a whole number, without quotes.",
    ),
    "F105": (
        "mine.toml:4: F105",
        "  Not every 'step' is written under a line [[step]] of its own.",
        "  Begin each one with a line [[step]].",
    ),
    "F106": (
        "mine.toml:104: F106, step 'Sober one'",
        "  'Sober one' can't be an id.",
        "  Take 1 to 24 small letters, digits and hyphens, and begin with a letter.",
    ),
    "F107": (
        "mine.toml:20: F107, step 'undisturbed'",
        "  Asking again after 5 seconds is too soon or too late.",
        "  Take 0 for never, or 60 to 3600.",
    ),
    "F108": (
        "mine.toml:1: F108",
        "  The file begins with an invisible mark (BOM).",
        "  Save the file again as plain text in UTF-8, without BOM.",
    ),
    "F109": (
        "mine.toml:1: F109",
        "  The file has more than 256 KB and is not read.",
        "  Look whether it is the right file.",
    ),
    "F201": (
        "mine.toml:95: F201, step 'alone'",
        "  'alone' is there twice.",
        "  Rename one of the two.",
    ),
    "F202": (
        "mine.toml:23: F202, step 'undisturbed'",
        "  The button 'later' leads to 'latr', which does not exist.",
        "  Did you mean 'later'?",
    ),
    "F203": (
        "mine.toml:155: F203, step 'orphan'",
        "  Nobody can get to this step.",
        "  Let a button lead here, or remove the step.",
    ),
    "F204": (
        "mine.toml:155: F204, step 'cliff'",
        "  No answer leads from this step to an end: it stops here, or goes round in a loop.",
        "  Add an option that leads on, or mark the step as final.",
    ),
    "F205": (
        "mine.toml:144: F205, step 'unmet'",
        "  Exactly one step needs final = 'ready'. Found: 2.",
        "  Mark the step after the last item, and no other.",
    ),
    "F206": (
        "mine.toml:159: F206, step 'silent'",
        "  'repeat_after' stands at a step that asks nothing.",
        "  Remove 'repeat_after': only a question is asked again.",
    ),
    "F301": (
        "mine.toml:1: F301",
        "  The non-negotiable item 'headphones' is missing.",
        "  Add an [[item]] with id = 'headphones'. Or is it what you call 'headphone'?",
    ),
    "F302": (
        "mine.toml:44: F302, step 'private-space'",
        "  'private-space' is one of the four non-negotiable items and is not marked as one.",
        "  Set non_negotiable = true and observed = true.",
    ),
    "F303": (
        "mine.toml:44: F303, step 'private-space'",
        "  One can get to the 'ready' step without a yes to 'private-space'.",
        "  Let every way to the 'ready' step go through this item.",
    ),
    "F304": (
        "mine.toml:64: F304, step 'headphones'",
        "  The help text of this item is missing.",
        '  Add help = "..." with a text that explains the question.',
    ),
    "F305": (
        "mine.toml:44: F305, step 'private-space'",
        "  The text for the facilitator's button is missing.",
        '  Add observe = "..." with the text of the button.',
    ),
    "F306": (
        "mine.toml:80: F306, step 'mute'",
        "  'mute' is marked like an item of a check. This is an orientation.",
        "  Remove 'non_negotiable', 'observed' and 'observe': nobody is observed here.",
    ),
    "F307": (
        "mine.toml:1: F307",
        "  Without any item there is nothing to sign.",
        "  Add an [[item]] for each thing that is gone through.",
    ),
    "F308": (
        "mine.toml:1: F308",
        "  'shared-home' is missing. It belongs to every screening.",
        "  Add an [[item]] with id = 'shared-home' and part = 'criterion'.",
    ),
    "F309": (
        "mine.toml:52: F309, step 'shared-home'",
        "  'part' is missing here, or does not belong here.",
        "  Set part = 'domain' or 'criterion' where kind = 'clearance', and nowhere else.",
    ),
    "F310": (
        "mine.toml:16: F310, step 'tea'",
        "  A message stands before the first question.",
        "  Put it behind the first question.",
    ),
    "F311": (
        "mine.toml:272: F311, step 'open-chat'",
        "  The flow has more than 25 items.",
        "  Nobody answers that much. Leave out what is not needed.",
    ),
    "F401": (
        "mine.toml:29: F401, step 'later'",
        "  'environment/later/text' has 5054 characters.",
        "  At most 4096 characters have room here. Say it in fewer words.",
    ),
    "F402": (
        "mine.toml:31: F402, step 'later'",
        "  'environment/later/now' has 37 characters.",
        "  At most 32 characters have room here. Say it in fewer words.",
    ),
    "F403": (
        "mine.toml:72: F403, step 'headphones'",
        "  'environment/headphones/observe' has 258 characters.",
        "  At most 30 characters have room here. Say it in fewer words.",
    ),
    "F404": (
        "mine.toml:38: F404, step 'engagement'",
        "  'clearance/engagement/ask' says 'safe'.",
        "  Say what is seen or done. No text may promise, judge or praise.",
    ),
    "F501": (
        "locales/de/LC_MESSAGES/flows.po:1: F501, step 'place', language: German (de)",
        "  'x/place/help' has no translation.",
        "  Write the translation into this file.",
    ),
    "F502": (
        "locales/de/LC_MESSAGES/flows.po:12: F502, step 'place', language: German (de)",
        "  The translation of 'x/place/help' is empty.",
        "  Write the translation into this file.",
    ),
    "F503": (
        "locales/de/LC_MESSAGES/flows.po:13: F503, step 'place', language: German (de)",
        (
            "  The translation of 'x/place/help' is marked as 'fuzzy', which means unconfirmed."
            " Nobody is shown it."
        ),
        "  Read it, put it right, and remove the word 'fuzzy' above it.",
    ),
    "F504": (
        "locales/de/LC_MESSAGES/flows.po:8: F504, step 'place', language: German (de)",
        "  The translation of 'x/place/ask' has other placeholders than the English text.",
        "  Use exactly these, as they are: '{room}'.",
    ),
    "F505": (
        "locales/de/LC_MESSAGES/flows.po:16: F505, language: German (de)",
        "  'x/yes' has 33 characters.",
        "  At most 32 characters have room here. Say it in fewer words.",
    ),
    "F506": (
        "locales/de/LC_MESSAGES/flows.po:12: F506, step 'place', language: German (de)",
        "  'x/place/help' says 'partnerin'.",
        "  Say it in neutral words: a stranger may read it on the phone.",
    ),
    "F507": (
        "locales/de/LC_MESSAGES/flows.po:16: F507, language: German (de)",
        "  There is no text 'x/no'.",
        "  Remove this translation, or look whether its id is written right.",
    ),
    "F508": (
        "locales/de/LC_MESSAGES/flows.po:9: F508, language: German (de)",
        "  This can't be read as a catalogue (.po).",
        (
            "  Look at this line and the one before it, or take the file anew from your translation"
            " tool."
        ),
    ),
    "F509": (
        "locales/de/LC_MESSAGES/flows.po:1: F509, language: Esperanto (eo)",
        "  Nobody has listed yet which words must not be said in the language 'eo'.",
        "  Ask those who run the bot to add the list (bot/language/forbidden.toml).",
    ),
    "F510": (
        "locales/de/LC_MESSAGES/flows.po:15: F510, step 'place', language: German (de)",
        "  'x/place/help' is translated a second time here.",
        "  Keep one of the two translations, and remove the other.",
    ),
    "F601": (
        "mine.toml:1: F601",
        "  The agreement 'house-rules' is missing.",
        "  Add a [[step]] with id = 'house-rules'.",
    ),
    "F602": (
        "mine.toml:38: F602, step 'house-rules'",
        "  One can get to the 'ready' step without agreeing to 'house-rules'.",
        "  Let every way to the 'ready' step go through its button 'agree'.",
    ),
    "F603": (
        "mine.toml:13: F603, step 'consent'",
        "  'consent' can't be refused as it should be.",
        "  Let 'refuse' ask once more, and then lead to a step with final = 'unmet'.",
    ),
    "F604": (
        "mine.toml:13: F604, step 'consent'",
        "  An agreement has no such step or button.",
        (
            "  Known here: 'consent', 'house-rules', 'confidentiality', each with 'agree' and"
            " 'refuse'."
        ),
    ),
    "F701": (
        "environment.de.po:1: F701",
        "  The file is of environment (de). What is open is agreements (de).",
        "  Take the file out again, and write your texts into the new one.",
    ),
    "F702": (
        "environment.de.xlsx:1: F702",
        "  This is no file of texts as they are taken out here, or it is damaged.",
        "  Take the file out again, and write your texts into the new one.",
    ),
    "F703": (
        "x.xlsx:11: F703, step 'private-space', language: German (de)",
        (
            "  The English of 'environment/private-space/ask' has changed since the file was taken"
            " out."
        ),
        "  Take the file out again, and write your texts into the new one.",
    ),
    "F704": (
        "x.xlsx:11: F704, step 'private-space', language: German (de)",
        (
            "  The cell with the words of 'environment/private-space/ask' holds a formula, a number"
            " or a date."
        ),
        "  Write the words into this cell, as text.",
    ),
    "F705": (
        "x.xlsx:11: F705, step 'private-space', language: German (de)",
        "  A colleague has changed 'environment/private-space/ask' since the file was taken out.",
        "  Take the file out again, and write your texts into the new one.",
    ),
    "F706": (
        "mine.toml:1: F706",
        (
            "  Something was changed after this file was taken out, or the file does not say when"
            " it was."
        ),
        "  Take the file out again, and write your texts into the new one.",
    ),
    "F707": (
        "mine.toml:1: F707, step 'shared-home'",
        (
            "  The item 'shared-home' is not there any more. It comes with the program, and"
            " everybody is asked it."
        ),
        "  Put the [[item]] back.",
    ),
    "F708": (
        "mine.toml:1: F708, step 'own-device'",
        "  'own-device' stands elsewhere than before. What everybody is asked keeps its order.",
        "  Put it back to where it stood.",
    ),
    "F709": (
        "mine.toml:1: F709",
        f"  The picture '{'a' * 64}' is not kept here.",
        "  Remove this line, and send the picture in the chat.",
    ),
    "F801": (
        "agreement.nb.toml:1: F801, language: Norwegian Bokmål (nb)",
        "  This overlay is of the flow 'agreement', which is not there.",
        "  Did you mean 'agreements'?",
    ),
    "F802": (
        "environment.nb.toml:4: F802, step 'tea', language: Norwegian Bokmål (nb)",
        "  There is no 'headphone' here.",
        "  Did you mean 'headphones'?",
    ),
    "F803": (
        "environment.nb.toml:4: F803, step 'alone', language: Norwegian Bokmål (nb)",
        "  Everybody is asked 'alone': it can't be moved or left out.",
        "  Move or leave out only a [[message]], or an item that you have added yourselves.",
    ),
    "F804": (
        "environment.nb.toml:4: F804, step 'tea'",
        "  The reason is missing, or has more than 200 characters.",
        "  Write in one sentence why it is different in this language.",
    ),
}
"""The first finding of each code's first example, as a coordinator reads it in English."""


def of_flows():
    for code, text, *_ in flow.GOLDEN:
        yield code, lint(text, "mine.toml")


def of_catalogues():
    for code, _, text, *_ in catalogue.GOLDEN:
        yield code, catalogue.found_in(text)
    yield "F509", catalogue.found_in(catalogue.po(), "eo")


def of_files():
    for code, _, key, new in files.REFUSALS:
        yield code, files.brought_back("xlsx", files.sheet_for(), key, new)[1]
    out = files.sheet_for()
    returned = files.FORMATS["po"].read(files.PO, "environment.de.po")
    yield "F701", by_file.looked_over(None, returned, "agreements", "de").findings
    yield "F702", files.FORMATS["xlsx"].read(b"", "environment.de.xlsx").findings
    yield "F704", files.brought_back("xlsx", out, new={"target": "=1+1"})[1]
    now = files.with_words(out, **{files.ASK: "Hört niemand mit?"})
    yield "F705", files.brought_back("xlsx", now, new={"target": files.NEW}, out=out)[1]


@cache
def everything():
    """Return findings of every sentence that there is, in order."""
    found = {one for _, each in examples() for one in each}
    found |= {one for text, *_ in flow.MALFORMED for one in lint(text, "mine.toml")}
    found |= {decoded(b"\xff", "mine.toml"), *catalogue.found_in(catalogue.po(), "xx")}
    twice = fault("F201", "lint/flow-twice", "lint/fix/rename-one", name="x", other="y.toml")
    none = fault("F501", "lint/untranslated-all", "lint/fix/add-catalogue")
    return sorted(found | {twice.at("mine.toml", 1), none.at("mine.po", 1, locale="de")})


def of_overlays():
    for text, code, _ in edits.BROKEN:
        yield code, edits.found_in(text)
    orphan = misspelt("F801", "lint/overlay-of", "agreement", ("agreements",), name="agreement")
    yield "F801", (orphan.at("agreement.nb.toml", 1, locale="nb"),)


def of_whole_files():
    now = shipped_revision("clearance", "de")
    text = flow_toml.exported(now).decode()
    broken = (
        ("F701", text.replace('language = "de"', 'language = "fr"')),
        ("F706", text.replace(now.id, now.id[::-1])),
        ("F707", text.replace('id = "shared-home"', 'id = "flat"')),
    )
    for code, each in broken:
        yield code, flow_toml.becomes(flow_toml.imported(each.encode(), "mine.toml"), now)
    swapped = flow_toml.imported(whole.swapped("headphones", "own-device").encode(), "mine.toml")
    none = fault("F709", "lint/no-picture", "lint/fix/send-picture", name="a" * 64)
    yield "F709", (none.at("mine.toml", 1),)
    yield "F708", flow_toml.becomes(swapped, whole.CHECK)


@cache
def examples():
    """Return codes, and what lint finds in an example of each."""
    return (*of_flows(), *of_catalogues(), *of_files(), *of_overlays(), *of_whole_files())


AROUND = {"lint/none", "lint/count", "lint/step", "lint/language"}


def test_every_code_has_one_golden_finding():
    """No code without its golden sentence."""
    assert set(RENDERED) == set(CODES)


@pytest.mark.parametrize("code", RENDERED)
def test_golden(code):
    """The first example of each code is told like this in English."""
    found = next(found for example, found in examples() if example == code)
    first = next(one for one in found if one.code == code)
    assert told(first, words("en", "UTC")) == "\n".join(RENDERED[code])


def test_every_sentence_has_an_example():
    """Each text of lint's is part of an example, so that its parameters are tried."""
    keys = {key for one in everything() for key in (one.message, one.fix)}
    assert keys | AROUND == {key for key in source_texts() if key.startswith("lint/")}


@pytest.mark.parametrize("locale", catalogues.languages())
def test_every_finding_is_told_in_every_language(locale):
    """In each language every finding has its sentences, with all that they speak of."""
    reader, english = words(locale, "UTC"), words("en", "UTC")
    for finding in everything():
        place, message, fix = told(finding, reader).split("\n")
        assert place.startswith(f"{finding.file}:{finding.line}: {finding.code}")
        assert message.strip()
        assert fix.strip()
        for value in dict(finding.params).values():
            said = str(value) in told(finding, english)
            assert (str(value) in f"{message} {fix}") == said
