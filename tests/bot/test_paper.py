"""Flows on paper: every text and every button stands there, where a phone would show it."""

import re
from html import unescape
from html.parser import HTMLParser

import pytest

from bot.language import catalogues
from bot.language.shipped import shipped_revision
from bot.language.words import words
from bot.terminal.flows_preview import page
from bot.views import paper
from bot.views.message import SHORT
from flows.definition import load_shipped
from flows.flow import BACK_TO_FINAL

FLOWS = load_shipped()
EACH = [(flow, locale) for flow in FLOWS for locale in catalogues.languages()]


class Reader(HTMLParser):
    """Reads a page as messages: where, text, rows of (button, tapped), small print."""

    def __init__(self, text):
        super().__init__()
        self.messages, self._at = {}, {}
        self._kinds = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        kind = given.get("class") or ""
        self._kinds.append(kind)
        if kind.startswith("turn"):
            self._at = self.messages[given["id"]] = {
                "step": given["data-step"],
                "text": "",
                "rows": [],
                "small": [],
            }
        elif kind == "row":
            self._at["rows"].append([])
        elif kind.startswith("key"):
            self._at["rows"][-1].append(["", "tapped" in kind])
        elif tag == "li" and "small" in self._kinds:
            self._at["small"].append("")

    def handle_endtag(self, tag):  # noqa: ARG002 -- as HTMLParser calls it
        self._kinds.pop()

    def handle_startendtag(self, tag, attrs):
        """Nothing is inside of it."""

    def handle_data(self, data):
        if "bubble" in self._kinds:
            self._at["text"] += data
        elif any(kind.startswith("key") for kind in self._kinds):
            self._at["rows"][-1][-1][0] += data
        elif "small" in self._kinds:
            self._at["small"][-1] += data


def read(flow, locale):
    """Return the messages of a page by where they stand."""
    body = page(flow, locale).partition("<main")[2].partition("</main>")[0]
    return Reader(f"<main{body}").messages


def asked(flow, step):
    """Return what a step says on its message, its title included where staff read it."""
    titles = {item.id: item.title for item in flow.items}
    return f"{titles[step.item]}\n\n{step.text}" if flow.kind == "clearance" and step.item \
        else step.text  # fmt: skip


def where(messages):
    """Return where each step stands for the first time."""
    found = {}
    for place, one in messages.items():
        found.setdefault(one["step"], place)
    return found


@pytest.mark.parametrize(("name", "locale"), EACH)
def test_every_option_of_every_step_stands_where_it_is_offered(name, locale):
    """Each step is a message with all of its buttons, and of each it is seen where it leads."""
    flow, say = shipped_revision(name, locale).flow, words(locale, "UTC")
    messages = read(name, locale)
    places = where(messages)
    assert set(places) == set(flow.steps)
    for step in flow.steps.values():
        one = messages[places[step.id]]
        assert one["text"] == asked(flow, step)
        shown = [label for row in one["rows"] for label, _ in row]
        assert shown == [option.text for option in step.options]
        tapped = [label for row in one["rows"] for label, is_tapped in row if is_tapped]
        assert len(tapped) <= 1
        for option in step.options:
            at = "" if option.to == BACK_TO_FINAL else places[option.to].removeprefix("m")
            leads = say.say("paper/leads", item=option.text, name=at)
            back = say.say("paper/leads-back", item=option.text)
            told = one["small"].count(back if option.to == BACK_TO_FINAL else leads)
            assert told + (option.text in tapped) >= 1, (step.id, option.id)


@pytest.mark.parametrize(("name", "locale"), EACH)
def test_every_text_stands_on_the_page(name, locale):
    """Whoever reads the page through has read every text of the flow in that language."""
    said = unescape(page(name, locale))
    for key, source in shipped_revision(name, locale).flow.texts().items():
        begins, ends = (">", "\n\n") if key.endswith("/title") else ("\n\n", "<")
        whole = f"{begins}{source.text}{ends}" if name == "clearance" else f">{source.text}<"
        assert whole in said or f">{source.text}<" in said, key


@pytest.mark.parametrize("locale", catalogues.languages())
def test_buttons_stand_in_the_rows_of_the_phone(locale):
    """Short answers of the orientation stand side by side; those of a check one below the other."""
    rows = [row for one in read("orientation", locale).values() for row in one["rows"]]
    assert {len(row) for row in rows} == {1, 2}
    assert all(len(label) <= SHORT for row in rows if len(row) == 2 for label, _ in row)
    assert all(len(row) == 1 for one in read("environment", locale).values() for row in one["rows"])


def test_head_says_which_edition_and_who_drafted_it():
    """Language, edition and count stand on top; that a machine drafted it, where it is so."""
    german, english = page("environment", "de"), page("environment", "en")
    say = words("de", "UTC")
    edition = shipped_revision("environment", "de").id[:12]
    assert f">{say.say('paper/edition', name=edition)}<" in german
    assert f">{say.say('paper/language', name='Deutsch (de)')}<" in german
    count = len(FLOWS["environment"].texts())
    assert f">{say.say('paper/count', n=count)}<" in german
    assert say.say("paper/drafted") in german
    assert words("en", "UTC").say("paper/drafted") not in english


def test_foot_is_there_to_sign():
    """At the foot stand lines for name and date under the sentence, and for remarks."""
    foot = page("agreements", "fr").partition("<footer")[2]
    say = words("fr", "UTC")
    for key in ("paper/sign", "paper/by", "paper/day", "paper/remarks"):
        assert say.say(key) in unescape(foot)
    assert foot.count("<i") == 5


@pytest.mark.parametrize("name", FLOWS)
def test_page_is_one_file(name):
    """A page names no other file, runs nothing, and says which language it is in."""
    text = page(name, "de")
    assert text.startswith('<!doctype html>\n<html lang="de" dir="ltr">')
    assert not re.search(r"<(?:script|link|img|iframe|object)|\bsrc=|url\(|@import|https?:", text)
    assert set(re.findall(r'href="(.)', text)) == {"#"}
    assert set(re.findall(r'href="#([^"]+)', text)) <= set(re.findall(r' id="([^"]+)', text))


def test_long_message_stands_whole_once():
    """A long text that was read is known again by its beginning."""
    consent = shipped_revision("agreements", "en").flow.steps["consent"].text
    texts = [one["text"] for one in read("agreements", "en").values()]
    again = [text for text in texts if text.endswith("\N{HORIZONTAL ELLIPSIS}")]
    assert texts.count(consent) == 1
    assert again
    assert all(consent.startswith(text[:-1]) for text in again)


def test_every_shipped_flow_has_its_title():
    """No shipped flow is called a conversation like any other."""
    assert set(paper.TITLES) == set(FLOWS)
