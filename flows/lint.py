"""Every fault of a flow at once, each with a stable code, its place and what to do.

Lint never mends a flow and never lets one through for being nearly right.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import chain
from typing import Final

from flows.finding import CODES, Fault, Finding, fault, misspelt, nearest
from flows.flow import (
    AGAIN,
    AGREEMENTS,
    BACK_TO_FINAL,
    BUTTON_LIMIT,
    CHANGE,
    CRITERIA,
    DOMAINS,
    GO_ON,
    NON_NEGOTIABLES,
    OBSERVE_LIMIT,
    Flow,
    Option,
    SourceText,
    Step,
)
from flows.source import Entry, ItemShape, MessageShape, Source, StepShape, read
from flows.unfold import unfold

__all__ = ["CODES", "FORBIDDEN_WORDS", "Finding", "lint", "lint_source"]

FOR_NOBODY: Final = (
    *("safe", "safely", "safety", "unsafe", "secure", "approved", "approval"),
    *("compliant", "compliance", "passed", "failed", "certified", "certificate", "verified"),
    *("congratulations", "well done", "great job", "excellent", "proud"),
)
"""What is said to nobody, not to staff either."""
FORBIDDEN_WORDS: Final = (
    *FOR_NOBODY,
    *("violence", "violent", "abuse", "abusive", "abuser", "perpetrator", "perpetrators"),
    *("victim", "victims", "survivor", "survivors", "offender", "offenders", "offence"),
    *("partner", "partners", "wife", "husband", "girlfriend", "boyfriend", "spouse", "ex"),
    *("child", "children", "kids", "family", "mother", "father"),
    *("court", "judge", "police", "probation", "program", "programme", "treatment", "therapy"),
)

_ENDING: Final = ("check", "orientation", "agreement", "clearance")
"""Flows with one good end: what is signed, agreed to, or decided on."""
_WITH_MESSAGES: Final = ("check", "orientation")
MOST_ITEMS: Final = 25
"""So many answers fit into the button of a preview."""
_NOWHERE: Final = "^$never"
_REPEAT_LINE: Final = r"^\s*repeat_after\s*="
_ID = re.compile(r"[a-z][a-z0-9-]{0,23}")


def _words(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"\b({'|'.join(words)})\b", re.IGNORECASE)


_FORBIDDEN = _words(FORBIDDEN_WORDS)
_FORBIDDEN_TO_STAFF = _words(FOR_NOBODY)


def lint(text: str, filename: str) -> tuple[Finding, ...]:
    """Return all findings, by line; an empty tuple means that the flow may be used."""
    return lint_source(read(text, filename))


def lint_source(source: Source) -> tuple[Finding, ...]:
    """Return all findings of a flow that was read, or put together."""
    if source.unreadable:
        return source.findings
    return tuple(sorted({*source.findings, *_Rules(source).findings()}))


class _Rules:
    """The rules, over one file and the flow that it unfolds into."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._flow = unfold(source)
        self._mended = _mended(self._flow)
        self._entries = {entry.id: entry for entry in reversed(source.entries)}

    def findings(self) -> Iterator[Finding]:
        return chain(
            self._ids(),
            self._doubles(),
            self._pauses(),
            self._targets(),
            self._ways(),
            self._ends(),
            self._four(),
            self._orientation(),
            self._twelve(),
            self._parts(),
            self._many(),
            self._messages(),
            self._bypasses(),
            self._help(),
            self._observations(),
            self._texts(),
            self._agreements(),
        )

    def _ids(self) -> Iterator[Finding]:
        options = [(option.id, entry) for entry in self._source.entries for option in entry.options]
        for found, entry in [*((entry.id, entry) for entry in self._source.entries), *options]:
            if found and not _ID.fullmatch(found):
                yield self._at(entry, _no_id(found), _id_line(found))
        if self._source.id and not _ID.fullmatch(self._source.id):
            yield self._at(None, _no_id(self._source.id), _id_line(self._source.id))

    def _doubles(self) -> Iterator[Finding]:
        seen = {CHANGE} if self._source.change else set()
        for entry in self._source.entries:
            if entry.id and entry.id in seen:
                twice = fault("F201", "lint/id-twice", "lint/fix/rename-one", name=entry.id)
                yield self._at(entry, twice)
            seen.add(entry.id)
            yield from self._doubled_options(entry)

    def _doubled_options(self, entry: Entry) -> Iterator[Finding]:
        seen = {"text"}  # the id of the step's own text ends so
        for option in entry.options:
            if option.id in seen:
                twice = fault("F201", "lint/option-twice", "lint/fix/rename-one", name=option.id)
                yield self._at(entry, twice, _id_line(option.id))
            seen.add(option.id)

    def _pauses(self) -> Iterator[Finding]:
        for entry in self._source.entries:
            seconds = getattr(entry.shape, "repeat_after", 0)
            if seconds and not 60 <= seconds <= 3600:
                wrong = fault("F107", "lint/pause", "lint/fix/pause", seconds=str(seconds))
                yield self._at(entry, wrong, _REPEAT_LINE)
            if seconds and isinstance(entry.shape, StepShape) and _asks_nothing(entry.shape):
                wrong = fault("F206", "lint/repeats-no-question", "lint/fix/no-repeat")
                yield self._at(entry, wrong, _REPEAT_LINE)

    def _targets(self) -> Iterator[Finding]:
        steps = self._flow.steps
        for step, option in _buttons(self._flow):
            if option.to in steps or (option.to == BACK_TO_FINAL and step.id == CHANGE):
                continue
            wrong = fault("F202", "lint/nothing-follows", "lint/fix/add-ready")
            if option.to:
                wrong = misspelt(
                    *("F202", "lint/leads-nowhere", option.to, tuple(steps)),
                    name=option.id,
                    to=option.to,
                )
            yield self._of(step.id, wrong, _id_line(option.id))

    def _ways(self) -> Iterator[Finding]:
        reached = _reached(self._mended)
        for step in self._flow.steps.values():
            if step.id not in reached:
                yield self._of(step.id, fault("F203", "lint/unreached", "lint/fix/unreached"))
            if not _ends(self._mended, step.id):
                yield self._of(step.id, fault("F204", "lint/no-way-out", "lint/fix/no-way-out"))

    def _ends(self) -> Iterator[Finding]:
        ready = [step.id for step in self._flow.steps.values() if step.final == "ready"]
        if self._flow.kind in _ENDING and len(ready) != 1:
            wrong = fault("F205", "lint/one-ready", "lint/fix/one-ready", count=len(ready))
            yield self._of(ready[-1] if ready else "", wrong)

    def _four(self) -> Iterator[Finding]:
        if self._flow.kind != "check":
            return
        items = {item.id: item for item in self._flow.items}
        for name in NON_NEGOTIABLES:
            if name not in items:
                yield self._of("", _one_of_four_missing(name, tuple(items)))
        for item in self._flow.items:
            due = item.id in NON_NEGOTIABLES
            if due and not (item.non_negotiable and item.observed):
                wrong = fault("F302", "lint/four-unmarked", "lint/fix/mark-four", name=item.id)
                yield self._of(item.id, wrong)
            if not due and item.non_negotiable:
                wrong = fault("F302", "lint/not-of-the-four", "lint/fix/unmark", name=item.id)
                yield self._of(item.id, wrong)

    def _orientation(self) -> Iterator[Finding]:
        if self._flow.kind != "orientation":
            return
        if not self._flow.items:
            yield self._of("", fault("F307", "lint/nothing-to-sign", "lint/fix/add-items"))
        for item in self._flow.items:
            if item.non_negotiable or item.observed:
                wrong = fault(
                    "F306", "lint/marked-as-in-check", "lint/fix/unmark-all", name=item.id
                )
                yield self._of(item.id, wrong)

    def _twelve(self) -> Iterator[Finding]:
        if self._flow.kind != "clearance":
            return
        shapes = (entry.shape for entry in self._source.entries)
        parts = {shape.id: shape.part for shape in shapes if isinstance(shape, ItemShape)}
        twelve = {**dict.fromkeys(DOMAINS, "domain"), **dict.fromkeys(CRITERIA, "criterion")}
        for name, part in twelve.items():
            if name not in parts:
                fix = "lint/fix/add-of-twelve"
                yield self._of("", fault("F308", "lint/twelve", fix, name=name, part=part))
            elif parts[name] not in ("", part):
                fix = "lint/fix/set-part"
                yield self._of(name, fault("F308", "lint/other-part", fix, name=name, part=part))

    def _parts(self) -> Iterator[Finding]:
        clearance = self._flow.kind == "clearance"
        if clearance and self._flow.audience == "participant":
            yield self._of("", fault("F309", "lint/staff-alone", "lint/fix/audience"))
        for entry in self._source.entries:
            shape = entry.shape
            if isinstance(shape, StepShape) and clearance and not shape.final:
                yield self._at(entry, fault("F309", "lint/items-alone", "lint/fix/as-item"))
            if isinstance(shape, ItemShape) and bool(shape.part) != clearance:
                yield self._at(entry, fault("F309", "lint/part-elsewhere", "lint/fix/part"))

    def _many(self) -> Iterator[Finding]:
        # The points of a screening are answered by neither yes nor no: a preview keeps none.
        if self._flow.kind != "clearance" and len(self._flow.items) > MOST_ITEMS:
            item = self._flow.items[MOST_ITEMS]
            wrong = fault("F311", "lint/too-many-items", "lint/fix/too-many", limit=MOST_ITEMS)
            yield self._of(item.id, wrong)

    def _messages(self) -> Iterator[Finding]:
        for number, entry in enumerate(self._source.entries):
            if any(option.id == GO_ON for option in entry.options):
                yield self._at(entry, fault("F310", "lint/go-on", "lint/fix/as-message"))
            if not isinstance(entry.shape, MessageShape):
                continue
            if self._flow.kind not in _WITH_MESSAGES:
                yield self._at(
                    entry, fault("F310", "lint/message-elsewhere", "lint/fix/no-message")
                )
            elif number == 0:
                yield self._at(entry, fault("F310", "lint/message-first", "lint/fix/move-message"))

    def _bypasses(self) -> Iterator[Finding]:
        for item in self._mended.items:
            ready = {step.id for step in self._mended.steps.values() if step.final == "ready"}
            if ready & _reached_without(self._mended, item.id):
                wrong = fault("F303", "lint/bypass", "lint/fix/through-item", name=item.id)
                yield self._of(item.id, wrong)

    def _agreements(self) -> Iterator[Finding]:
        if self._flow.kind != "agreement":
            return
        ready = {step.id for step in self._mended.steps.values() if step.final == "ready"}
        for name in AGREEMENTS:
            if name not in self._flow.steps:
                yield self._of("", fault("F601", "lint/agreement", "lint/fix/add-step", name=name))
            elif ready & _reached_without(self._mended, name):
                wrong = fault("F602", "lint/not-agreed", "lint/fix/through-agree", name=name)
                yield self._of(name, wrong)
        for step in self._mended.steps.values():
            yield from self._agreement_step(step)

    def _agreement_step(self, step: Step) -> Iterator[Finding]:
        name = step.id.removesuffix(AGAIN)
        known = {option.id for option in step.options} <= {"agree", "refuse"} and not step.rings
        if not step.final and (name not in AGREEMENTS or not known):
            wrong = fault("F604", "lint/not-in-agreement", "lint/fix/agreements", AGREEMENTS)
            yield self._of(step.id, wrong)
        if step.final or name not in AGREEMENTS:
            return
        refuse = self._mended.option(step.id, "refuse")
        to = self._mended.steps.get(refuse.to) if refuse else None
        asked_again = step.id != name
        if to is None or (to.final != "unmet" if asked_again else to.id != name + AGAIN):
            wrong = fault("F603", "lint/no-refusing", "lint/fix/refuse", name=step.id)
            yield self._of(step.id, wrong)

    def _help(self) -> Iterator[Finding]:
        if self._flow.kind in ("agreement", "clearance"):
            return
        for entry in self._source.entries:
            shape = entry.shape
            if isinstance(shape, ItemShape | MessageShape) and not shape.help.strip():
                yield self._at(entry, fault("F304", "lint/no-help-text", "lint/fix/help-text"))
            if isinstance(shape, StepShape) and _asks_without_help(shape, entry):
                yield self._at(entry, fault("F304", "lint/no-help-button", "lint/fix/help-button"))

    def _observations(self) -> Iterator[Finding]:
        for item in self._flow.items:
            if item.observed and not item.observe.strip():
                yield self._of(item.id, fault("F305", "lint/no-observe", "lint/fix/add-observe"))
            if item.observe and not item.observed:
                yield self._of(item.id, fault("F305", "lint/unobserved", "lint/fix/observed"))

    def _texts(self) -> Iterator[Finding]:
        for key, source in self._flow.texts().items():
            step, line = self._place(key)
            for wrong in self._wrong_text(key, source):
                yield wrong.at(self._source.file, line, step)

    def _wrong_text(self, key: str, source: SourceText) -> Iterator[Fault]:
        if not source.text.strip():
            told_elsewhere = key.count("/") == 2 and key.endswith(("/help", "/observe"))
            if not told_elsewhere or self._is_option(key):
                yield fault("F103", "lint/text-missing", "lint/fix/write", text=key)
            return
        length = len(source.text)
        if length > source.limit:
            code = {BUTTON_LIMIT: "F402", OBSERVE_LIMIT: "F403"}.get(source.limit, "F401")
            yield fault(
                *(code, "lint/too-long", "lint/fix/shorten"),
                text=key,
                length=length,
                limit=source.limit,
            )
        if self._source.language not in ("", "en"):
            return  # The words of another language stand with its lists.
        for_staff = self._flow.kind == "clearance"
        forbidden = _FORBIDDEN_TO_STAFF if for_staff else _FORBIDDEN
        fix = "lint/fix/no-verdict" if for_staff else "lint/fix/neutral"
        for word in sorted({found.lower() for found in forbidden.findall(source.text)}):
            yield fault("F404", "lint/forbidden", fix, text=key, word=word)

    def _is_option(self, key: str) -> bool:
        return any(option.key == key for _, option in _buttons(self._flow))

    def _place(self, key: str) -> tuple[str, int]:
        """Return the step and the line of a text, found by the parts of its id."""
        step, _, part = key.removeprefix(f"{self._flow.id}/").partition("/")
        name = part.removeprefix("button/")
        needles = (rf"^\s*{re.escape(name)}\s*=", _id_line(name), rf"\b{re.escape(name)}\s*=")
        if step in self._entries:
            return step, self._source.line_of(self._entries[step].lines, *needles)
        if step == CHANGE and self._source.change:
            return step, self._source.line_of(self._source.change.lines, *needles)
        everywhere = range(1, len(self._source.lines) + 1)
        return "", self._source.line_of(everywhere, rf"^\s*{re.escape(step)}\s*=")

    def _of(self, step_id: str, wrong: Fault, needle: str = _NOWHERE) -> Finding:
        entry = self._entries.get(step_id.partition("/")[0])
        if step_id == CHANGE:
            entry = self._source.change or entry
        return self._at(entry, wrong, needle, step_id)

    def _at(
        self, entry: Entry | None, wrong: Fault, needle: str = _NOWHERE, step: str | None = None
    ) -> Finding:
        lines = entry.lines if entry else range(1, len(self._source.lines) + 1)
        line = self._source.line_of(lines, needle)
        if step is None:
            step = entry.id if entry else ""
        return wrong.at(self._source.file, line, step)


def _no_id(name: str) -> Fault:
    return fault("F106", "lint/no-id", "lint/fix/id", name=name)


def _one_of_four_missing(name: str, items: tuple[str, ...]) -> Fault:
    close = nearest(name, items)
    if close:
        return fault("F301", "lint/four-missing", "lint/fix/rename-item", name=name, near=close)
    return fault("F301", "lint/four-missing", "lint/fix/add-item", name=name)


def _id_line(found: str) -> str:
    return rf'\bid\s*=\s*["\']{re.escape(found)}["\']'


def _asks_nothing(shape: StepShape) -> bool:
    return bool(shape.final) or not shape.options


def _asks_without_help(shape: StepShape, entry: Entry) -> bool:
    if shape.final or shape.rings:
        return False
    return "help" not in {option.id for option in entry.options}


def _buttons(flow: Flow) -> Iterator[tuple[Step, Option]]:
    for step in flow.steps.values():
        for option in step.options:
            yield step, option


def _mended(flow: Flow) -> Flow:
    """Follow near misses, so that one misspelt target isn't reported once a step behind it."""
    return replace(flow, steps={step.id: _aimed(step, flow) for step in flow.steps.values()})


def _aimed(step: Step, flow: Flow) -> Step:
    options = tuple(replace(option, to=_aim(option.to, flow)) for option in step.options)
    return replace(step, options=options)


def _aim(target: str, flow: Flow) -> str:
    if target in flow.steps or target == BACK_TO_FINAL:
        return target
    return _meant(target, tuple(flow.steps))


@lru_cache(maxsize=256)
def _meant(target: str, known: tuple[str, ...]) -> str:
    return nearest(target, known)


def _walk(flow: Flow, start: str, leave_out: str = "") -> set[str]:
    """Return the steps that can be reached; a yes to the item left out leads nowhere."""
    reached: set[str] = set()
    ahead = [start]
    while ahead:
        step = flow.steps.get(ahead.pop())
        if step is None or step.id in reached:
            continue
        reached.add(step.id)
        if leave_out and step.id == CHANGE:
            continue
        ahead += [option.to for option in step.options if not _is_yes(option, leave_out)]
    return reached


def _is_yes(option: Option, item_id: str) -> bool:
    """Say whether this settles the item: a yes, or whatever is tapped in a screening."""
    return bool(item_id) and option.marks == item_id and option.value not in ("no", "help")


def _reached(flow: Flow) -> set[str]:
    return _walk(flow, flow.start)


def _reached_without(flow: Flow, item_id: str) -> set[str]:
    """Walk without a yes to the item. `CHANGE` is a wall: `Flow.resume` asks what is still open."""
    return _walk(flow, flow.start, item_id)


def _ends(flow: Flow, step_id: str) -> bool:
    reached = [flow.steps[found] for found in _walk(flow, step_id)]
    return any(
        step.final or any(option.to == BACK_TO_FINAL for option in step.options) for step in reached
    )
