"""A flow on paper: every conversation that it can become, to be read through and signed by hand.

One page that asks nothing of any machine. What it shows is what a phone shows: the same texts, the
same rows of buttons. It approves nothing; whoever signs has read.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Final

from babel import Locale

from bot.language.words import Words
from bot.office.tongue import own_name
from bot.views import step as step_view
from bot.views.message import Button, Row
from flows.flow import BACK_TO_FINAL, CHANGE, Flow, Option, Revision, Step
from flows.paths import Conversation, Turn, conversations

TITLES: Final = {
    "environment": "paper/environment",
    "agreements": "paper/agreements",
    "orientation": "paper/orientation",
    "clearance": "paper/clearance",
}
_LONG: Final = 600
"""Characters from which on a message may be split between two pages, and stands whole once."""
_BEGINNING: Final = 160
_DIGITS: Final = 12
"""Of a revision's id, as they are written down by hand."""
_STYLE: Final = """
:root { color-scheme: light; --ink: #1c2733; --soft: #5a6673; --line: #c3ccd5; --bot: #eef3f7; }
* { box-sizing: border-box; }
body { margin: 2rem auto; padding: 0 1.25rem; max-width: 64rem; color: var(--ink);
  background: #fff; font: 15px/1.45 system-ui, "Noto Sans", sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.05rem; margin: 0 0 .75rem; break-after: avoid; overflow-wrap: anywhere; }
p, ul, ol { margin: 0; padding: 0; }
h1, h2, p, li, dt, dd, span, b { unicode-bidi: plaintext; }
[dir=rtl] body { text-align: right; }
.facts { display: flex; flex-wrap: wrap; gap: .2rem 1.5rem; list-style: none; color: var(--soft); }
.drafted { margin: 1rem 0; padding: .6rem .9rem; border: 2px solid var(--ink); font-weight: 600; }
.intro { margin: 1rem 0 1.5rem; max-width: 46rem; }
.all { display: grid; grid-template-columns: repeat(auto-fill, minmax(19rem, 1fr));
  gap: 1rem 2rem; align-items: start; }
section { margin: 0 0 1rem; padding-top: .6rem; border-top: 1px solid var(--line); }
.whole, .items { grid-column: 1 / -1; }
.whole .turn { max-width: 26rem; }
.turn { list-style: none; margin: 0 0 1rem; break-inside: avoid; }
.at { color: var(--soft); font-size: .8rem; }
.bubble { white-space: pre-line; overflow-wrap: anywhere; background: var(--bot);
  padding: .55rem .8rem; border-radius: .9rem; border-start-start-radius: .2rem; }
.long { break-inside: auto; }
.row { display: flex; gap: .3rem; margin-top: .3rem; }
.key { flex: 1 1 0; min-width: 0; overflow-wrap: anywhere; text-align: center;
  padding: .3rem .5rem; border: 1px solid var(--line); border-radius: .5rem; }
.tapped { color: #fff; background: var(--ink); border-color: var(--ink); font-weight: 600; }
.small { margin-top: .35rem; color: var(--soft); font-size: .8rem; list-style: none; }
.small a { color: inherit; text-decoration: none; }
.small a:hover { text-decoration: underline; }
.end { break-before: avoid; font-weight: 600; margin-bottom: 1rem; }
.items dt { font-weight: 600; margin-top: .4rem; break-after: avoid; }
.items dd { margin: 0; }
.sign { break-inside: avoid; max-width: 46rem; margin-top: 2.5rem; }
.sign div { display: flex; align-items: end; gap: .8rem; margin-top: 1.6rem; }
.sign i { flex: 1; border-bottom: 1px solid var(--ink); }
.sign i.short { flex: .5; }
@media print {
  body { margin: 0; padding: 0; max-width: none; font-size: 10.5pt; }
  .all { display: block; columns: 2; column-gap: 8mm; }
  .whole .turn { max-width: none; }
  .tapped, .bubble { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""


def page(revision: Revision, say: Words, *, drafted: bool) -> str:
    """Return the whole page as HTML, in the language of the revision."""
    flow = revision.flow
    title = say.say(TITLES.get(flow.id, "paper/other"))
    told = tuple(enumerate(conversations(flow), 1))
    sheet = _Sheet(flow, say, _places(told))
    parts = (
        *_head(revision, say, title, drafted=drafted),
        '<main class="all">',
        *(line for number, one in told for line in sheet.conversation(number, one)),
        *_items(flow, say),
        "</main>",
        *_foot(say),
    )
    direction = Locale.parse(revision.locale).text_direction
    foot = " \N{MIDDLE DOT} ".join((flow.id, revision.locale, revision.id[:_DIGITS], ""))
    return (
        f'<!doctype html>\n<html lang="{revision.locale}" dir="{direction}">\n'
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width">\n'
        f"<title>{escape(title)} ({revision.locale})</title>\n<style>{_STYLE}"
        "@page { size: A4; margin: 14mm 14mm 18mm; @bottom-center { font: 8pt sans-serif;"
        f' content: "{foot}" counter(page) " / " counter(pages); }} }}\n</style>\n'
        + "\n".join(parts)
        + "\n</html>\n"
    )


def _head(revision: Revision, say: Words, title: str, *, drafted: bool) -> Iterator[str]:
    facts = (
        say.say("paper/language", name=f"{own_name(revision.locale)} ({revision.locale})"),
        say.say("paper/edition", name=revision.id[:_DIGITS]),
        say.say("paper/count", n=len(revision.flow.texts())),
    )
    yield f"<header><h1>{escape(title)}</h1>"
    yield _list("facts", map(escape, facts))
    if drafted:
        yield f'<p class="drafted">{escape(say.say("paper/drafted"))}</p>'
    yield f'<p class="intro">{escape(say.say("paper/intro"))}</p></header>'


def _items(flow: Flow, say: Words) -> Iterator[str]:
    """Yield the names of the items, which stand nowhere else, and what staff tap about them."""
    if not flow.items or flow.audience == "facilitator":
        return
    yield f'<section class="items"><h2>{escape(say.say("paper/items"))}</h2><dl>'
    for item in flow.items:
        yield f"<dt>{escape(item.title)}</dt>"
        if item.observed:
            yield f"<dd>{escape(item.observe)}</dd>"
    yield "</dl></section>"


def _foot(say: Words) -> Iterator[str]:
    by, day, remarks = (escape(say.say(key)) for key in ("paper/by", "paper/day", "paper/remarks"))
    yield f'<footer class="sign"><h2>{escape(say.say("paper/sign"))}</h2>'
    yield f'<div>{by}<i></i>{day}<i class="short"></i></div>'
    yield f"<div>{remarks}<i></i></div><div><i></i></div><div><i></i></div></footer>"


def _places(told: Iterable[tuple[int, Conversation]]) -> Mapping[str, str]:
    """Return where each step stands for the first time, such as *1.4*."""
    return {
        turn.step: f"{number}.{place}"
        for number, one in told
        for place, turn in enumerate(one.turns, 1)
        if place > one.known
    }


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Draws conversations; `places` says where each step stands for the first time."""

    flow: Flow
    say: Words
    places: Mapping[str, str]

    def conversation(self, number: int, one: Conversation) -> Iterator[str]:
        kind = "branch" if one.known else "whole"
        yield f'<section class="{kind}"><h2>{escape(self._heading(number, one))}</h2><ol>'
        for place, turn in enumerate(one.turns, 1):
            yield from self._turn(f"{number}.{place}", turn)
        yield f'</ol><p class="end">{self._end(one)}</p></section>'

    def _heading(self, number: int, one: Conversation) -> str:
        if not one.known:
            return self.say.say("paper/whole", row=number)
        left = one.turns[one.known - 1]
        option = self.flow.option(left.step, left.tapped)
        name, item = self.places[left.step], option.text if option else ""
        return self.say.say("paper/branch", row=number, name=name, item=item)

    def _turn(self, place: str, turn: Turn) -> Iterator[str]:
        """Yield one message; where it stands for the first time, also where its buttons lead."""
        step = self.flow.steps[turn.step]
        text, first = step_view.text(self.flow, step), place == self.places[step.id]
        if not first:
            text = _beginning(text)
        size = "turn long" if len(text) > _LONG else "turn"
        yield f'<li class="{size}" id="m{place}" data-step="{step.id}"><p class="at">{place}</p>'
        yield f'<p class="bubble">{escape(text)}</p>'
        buttons = (Button(option.text, option.id) for option in step.options)
        yield from (_row(row, turn.tapped) for row in step_view.rows(self.flow, step, buttons))
        if first:
            yield _list("small", (*self._notes(step), *self._ways(step, turn)))
        yield "</li>"

    def _notes(self, step: Step) -> Iterator[str]:
        if step.rings:
            yield escape(self.say.say("paper/rings"))
        if step.id == CHANGE:
            yield escape(self.say.say("paper/resumes"))

    def _ways(self, step: Step, turn: Turn) -> Iterator[str]:
        """Yield where the buttons lead that are not tapped here."""
        for option in step.options:
            if option.id != turn.tapped:
                yield self._way(option)

    def _way(self, option: Option) -> str:
        if option.to == BACK_TO_FINAL:
            return escape(self.say.say("paper/leads-back", item=option.text))
        place = self.places[option.to]
        way = self.say.say("paper/leads", item=option.text, name=place)
        return f'<a href="#m{place}">{escape(way)}</a>'

    def _end(self, one: Conversation) -> str:
        if not one.onward:
            return escape(self.say.say("paper/ends"))
        last = one.turns[-1]
        option = self.flow.option(last.step, last.tapped)
        if one.onward == BACK_TO_FINAL and option:
            return self._way(option)
        return escape(self.say.say("paper/goes-on", name=self.places[one.onward]))


def _beginning(text: str) -> str:
    """Return what is enough of a long message to know it again."""
    if len(text) <= _LONG:
        return text
    return text[:_BEGINNING].rsplit(maxsplit=1)[0] + "\N{HORIZONTAL ELLIPSIS}"


def _row(row: Row, tapped: str) -> str:
    return f'<div class="row">{"".join(_key(button, tapped) for button in row)}</div>'


def _key(button: Button, tapped: str) -> str:
    if button.data == tapped:
        return f'<b class="key tapped">{escape(button.text)}</b>'
    return f'<span class="key">{escape(button.text)}</span>'


def _list(kind: str, lines: Iterable[str]) -> str:
    found = "".join(f"<li>{line}</li>" for line in lines)
    return f'<ul class="{kind}">{found}</ul>' if found else ""
