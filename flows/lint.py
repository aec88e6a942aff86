"""Every fault of a flow at once, each with a stable code, its place and what to do.

Lint never mends a flow and never lets one through for being nearly right.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from itertools import chain
from types import MappingProxyType
from typing import Final

from flows.flow import (
    AGAIN,
    AGREEMENTS,
    BACK_TO_FINAL,
    BUTTON_LIMIT,
    CHANGE,
    CRITERIA,
    DOMAINS,
    NON_NEGOTIABLES,
    OBSERVE_LIMIT,
    Flow,
    Option,
    Step,
)
from flows.source import Entry, Finding, ItemShape, Source, StepShape, did_you_mean, read
from flows.unfold import unfold

__all__ = ["CODES", "FORBIDDEN_WORDS", "Finding", "lint"]

CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "F101": "The file is not TOML.",
        "F102": "A key is not known in its place.",
        "F103": "Something that every flow, step or button needs is missing or empty.",
        "F104": "A value is of the wrong kind, or not one of those that are allowed.",
        "F105": "Steps or items are not written under [[step]] or [[item]] of their own.",
        "F106": "An id is not 1 to 24 small letters, digits and hyphens, beginning with a letter.",
        "F107": "repeat_after is neither 0 nor between 60 and 3600 seconds.",
        "F201": "Two steps, options or texts have the same id.",
        "F202": "A button leads to a step that does not exist.",
        "F203": "No way leads from the start to this step.",
        "F204": "From this step no way leads to an end.",
        "F205": "A flow that ends well has not exactly one step with final = 'ready'.",
        "F301": "One of the four non-negotiables is missing.",
        "F302": "One of the four is not marked non_negotiable and observed, or another item is.",
        "F303": "The ready step can be reached without a yes to this item.",
        "F304": "A question offers no help.",
        "F305": "An item is observed and has no observe text, or has one and is not observed.",
        "F306": "An item of an orientation is marked non_negotiable or observed.",
        "F307": "An orientation has no item, so that there would be nothing to sign.",
        "F308": "A clearance lacks one of the twelve, or has it as the other part.",
        "F309": "In a clearance: no part, another step, another audience; or a part elsewhere.",
        "F401": "A message is longer than a phone can be sent.",
        "F402": "A button is too long for a phone.",
        "F403": "An observation is too long for the facilitator's screen.",
        "F404": "A text says a word that must never reach a phone.",
        "F601": "One of the three agreements is missing.",
        "F602": "The ready step can be reached without agreeing to this text.",
        "F603": "An agreement can't be refused, or refusing does not ask once more and then end.",
        "F604": "A step or button is none of those that an agreement has.",
    }
)

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
_ID = re.compile(r"[a-z][a-z0-9-]{0,23}")


def _words(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"\b({'|'.join(words)})\b", re.IGNORECASE)


_FORBIDDEN = _words(FORBIDDEN_WORDS)
_FORBIDDEN_TO_STAFF = _words(FOR_NOBODY)


def lint(text: str, filename: str) -> tuple[Finding, ...]:
    """Return all findings, by line; an empty tuple means that the flow may be used."""
    source = read(text, filename)
    if any(finding.code == "F101" for finding in source.findings):
        return source.findings
    rules = _Rules(source)
    return tuple(sorted({*source.findings, *rules.findings()}))


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
                message = f"{found!r} can't be an id."
                yield self._at(entry, "F106", message, CODES["F106"], _id_line(found))
        if self._source.id and not _ID.fullmatch(self._source.id):
            message = f"{self._source.id!r} can't be an id."
            yield self._at(None, "F106", message, CODES["F106"], _id_line(self._source.id))

    def _doubles(self) -> Iterator[Finding]:
        seen = {CHANGE} if self._source.change else set()
        for entry in self._source.entries:
            if entry.id and entry.id in seen:
                yield self._at(entry, "F201", f"{entry.id!r} is there twice.", "Rename one.")
            seen.add(entry.id)
            yield from self._doubled_options(entry)

    def _doubled_options(self, entry: Entry) -> Iterator[Finding]:
        seen = {"text"}  # the id of the step's own text ends so
        for option in entry.options:
            if option.id in seen:
                message = f"The option {option.id!r} is there twice, or is called like the text."
                yield self._at(entry, "F201", message, "Rename one.", _id_line(option.id))
            seen.add(option.id)

    def _pauses(self) -> Iterator[Finding]:
        for entry in self._source.entries:
            seconds = getattr(entry.shape, "repeat_after", 0)
            if seconds and not 60 <= seconds <= 3600:
                message = f"Repeating after {seconds} seconds is too soon or too late."
                fix = "Use 0 for never, or 60 to 3600."
                yield self._at(entry, "F107", message, fix, r"^\s*repeat_after\s*=")

    def _targets(self) -> Iterator[Finding]:
        steps = self._flow.steps
        for step, option in _buttons(self._flow):
            if option.to in steps or (option.to == BACK_TO_FINAL and step.id == CHANGE):
                continue
            message = f"The button {option.id!r} leads to {option.to!r}, which does not exist."
            fix = did_you_mean(option.to, tuple(steps))
            if not option.to:
                message, fix = "Nothing follows this item.", "Add a step with final = 'ready'."
            yield self._of(step.id, "F202", message, fix, _id_line(option.id))

    def _ways(self) -> Iterator[Finding]:
        reached = _reached(self._mended)
        for step in self._flow.steps.values():
            if step.id not in reached:
                fix = "Let a button lead here, or remove the step."
                yield self._of(step.id, "F203", "Nobody can get to this step.", fix)
            if not _ends(self._mended, step.id):
                fix = "Add an option that leads on, or mark the step as final."
                yield self._of(step.id, "F204", "Nobody can get out of this step.", fix)

    def _ends(self) -> Iterator[Finding]:
        ready = [step.id for step in self._flow.steps.values() if step.final == "ready"]
        if self._flow.kind in _ENDING and len(ready) != 1:
            message = f"One step with final = 'ready' is needed; here are {len(ready)}."
            fix = "Mark the step after the last item, and no other."
            yield self._of(ready[-1] if ready else "", "F205", message, fix)

    def _four(self) -> Iterator[Finding]:
        if self._flow.kind != "check":
            return
        items = {item.id: item for item in self._flow.items}
        for name in NON_NEGOTIABLES:
            if name not in items:
                close = get_close_matches(name, items, n=1)
                fix = f"Add an [[item]] with id = {name!r}."
                fix += f" Or is it what you call {close[0]!r}?" if close else ""
                yield self._of("", "F301", f"The non-negotiable {name!r} is missing.", fix)
        for item in self._flow.items:
            due = item.id in NON_NEGOTIABLES
            if due and not (item.non_negotiable and item.observed):
                fix = "Set non_negotiable = true and observed = true."
                yield self._of(item.id, "F302", f"{item.id!r} is one of the four.", fix)
            if not due and item.non_negotiable:
                message = f"{item.id!r} is mandatory, but not one of the four."
                yield self._of(item.id, "F302", message, "Remove non_negotiable.")

    def _orientation(self) -> Iterator[Finding]:
        if self._flow.kind != "orientation":
            return
        if not self._flow.items:
            fix = "Add an [[item]] for each thing that is gone through."
            yield self._of("", "F307", "There is nothing to sign.", fix)
        for item in self._flow.items:
            if item.non_negotiable or item.observed:
                message = f"{item.id!r} is marked as an item of a check."
                fix = "Remove non_negotiable, observed and observe: nobody is observed here."
                yield self._of(item.id, "F306", message, fix)

    def _twelve(self) -> Iterator[Finding]:
        if self._flow.kind != "clearance":
            return
        shapes = (entry.shape for entry in self._source.entries)
        parts = {shape.id: shape.part for shape in shapes if isinstance(shape, ItemShape)}
        twelve = {**dict.fromkeys(DOMAINS, "domain"), **dict.fromkeys(CRITERIA, "criterion")}
        for name, part in twelve.items():
            if name not in parts:
                fix = f"Add an [[item]] with id = {name!r} and part = {part!r}."
                yield self._of("", "F308", f"The {part} {name!r} is missing.", fix)
            elif parts[name] not in ("", part):
                yield self._of(name, "F308", f"{name!r} is a {part}.", f"Set part = {part!r}.")

    def _parts(self) -> Iterator[Finding]:
        clearance = self._flow.kind == "clearance"
        if clearance and self._flow.audience == "participant":
            fix = "Set audience = 'facilitator'."
            yield self._of("", "F309", "A clearance is for staff alone.", fix)
        for entry in self._source.entries:
            shape = entry.shape
            if isinstance(shape, StepShape) and clearance and not shape.final:
                fix = "Write it as an [[item]], or remove it."
                yield self._at(entry, "F309", "A clearance asks by items alone.", fix)
            if isinstance(shape, ItemShape) and bool(shape.part) != clearance:
                fix = "Set part = 'domain' or 'criterion' in a clearance, and nowhere else."
                yield self._at(entry, "F309", "Here is a part too few or too many.", fix)

    def _bypasses(self) -> Iterator[Finding]:
        for item in self._mended.items:
            ready = {step.id for step in self._mended.steps.values() if step.final == "ready"}
            if ready & _reached_without(self._mended, item.id):
                message = f"One can get to 'ready' without a yes to {item.id!r}."
                fix = "Let every way to the ready step go through this item."
                yield self._of(item.id, "F303", message, fix)

    def _agreements(self) -> Iterator[Finding]:
        if self._flow.kind != "agreement":
            return
        ready = {step.id for step in self._mended.steps.values() if step.final == "ready"}
        for name in AGREEMENTS:
            if name not in self._flow.steps:
                fix = f"Add a [[step]] with id = {name!r}."
                yield self._of("", "F601", f"The agreement {name!r} is missing.", fix)
            elif ready & _reached_without(self._mended, name):
                message = f"One can get to 'ready' without agreeing to {name!r}."
                fix = "Let every way to the ready step go through its 'agree'."
                yield self._of(name, "F602", message, fix)
        for step in self._mended.steps.values():
            yield from self._agreement_step(step)

    def _agreement_step(self, step: Step) -> Iterator[Finding]:
        name = step.id.removesuffix(AGAIN)
        known = {option.id for option in step.options} <= {"agree", "refuse"} and not step.rings
        if not step.final and (name not in AGREEMENTS or not known):
            fix = f"Known here: {', '.join(AGREEMENTS)}, each with agree and refuse."
            yield self._of(step.id, "F604", "An agreement has nothing like this.", fix)
        if step.final or name not in AGREEMENTS:
            return
        refuse = self._mended.option(step.id, "refuse")
        to = self._mended.steps.get(refuse.to) if refuse else None
        asked_again = step.id != name
        if to is None or (to.final != "unmet" if asked_again else to.id != name + AGAIN):
            fix = "Let 'refuse' ask once more, and then lead to a step with final = 'unmet'."
            yield self._of(step.id, "F603", f"{step.id!r} can't be refused.", fix)

    def _help(self) -> Iterator[Finding]:
        if self._flow.kind in ("agreement", "clearance"):
            return
        for entry in self._source.entries:
            shape = entry.shape
            if isinstance(shape, ItemShape) and not shape.help.strip():
                fix = 'Add help = "..." with a text that explains the question.'
                yield self._at(entry, "F304", "The help text is missing.", fix)
            if isinstance(shape, StepShape) and _asks_without_help(shape, entry):
                fix = "Add an option with id = 'help' that leads to a step with rings = true."
                yield self._at(entry, "F304", "This question has no help button.", fix)

    def _observations(self) -> Iterator[Finding]:
        for item in self._flow.items:
            if item.observed and not item.observe.strip():
                fix = 'Add observe = "..." with the text of the facilitator\'s button.'
                yield self._of(item.id, "F305", "The observe text is missing.", fix)
            if item.observe and not item.observed:
                fix = "Set observed = true, or remove observe."
                yield self._of(item.id, "F305", "Nobody will see the observe text.", fix)

    def _texts(self) -> Iterator[Finding]:
        for_staff = self._flow.kind == "clearance"
        forbidden = _FORBIDDEN_TO_STAFF if for_staff else _FORBIDDEN
        for key, source in self._flow.texts().items():
            place = self._place(key)
            if not source.text.strip():
                if not key.endswith(("/help", "/observe")) or key == f"{self._flow.id}/help":
                    yield self._text(place, "F103", f"The text {key} is missing.", "Write it.")
                continue
            if len(source.text) > source.limit:
                code = {BUTTON_LIMIT: "F402", OBSERVE_LIMIT: "F403"}.get(source.limit, "F401")
                message = f"{key} has {len(source.text)} characters."
                yield self._text(place, code, message, f"At most {source.limit} fit.")
            for word in sorted({found.lower() for found in forbidden.findall(source.text)}):
                fix = "Say it in neutral words: a stranger may read it."
                yield self._text(place, "F404", f"{key} says {word!r}.", fix)

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

    def _text(self, place: tuple[str, int], code: str, message: str, fix: str) -> Finding:
        return Finding(self._source.file, place[1], code, place[0], message, fix)

    def _of(
        self, step_id: str, code: str, message: str, fix: str, needle: str = "^$never"
    ) -> Finding:
        entry = self._entries.get(step_id.partition("/")[0])
        if step_id == CHANGE:
            entry = self._source.change or entry
        return replace(self._at(entry, code, message, fix, needle), step=step_id)

    def _at(
        self, entry: Entry | None, code: str, message: str, fix: str, needle: str = "^$never"
    ) -> Finding:
        lines = entry.lines if entry else range(1, len(self._source.lines) + 1)
        line = self._source.line_of(lines, needle)
        return Finding(self._source.file, line, code, entry.id if entry else "", message, fix)


def _id_line(found: str) -> str:
    return rf'\bid\s*=\s*["\']{re.escape(found)}["\']'


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
    return next(iter(get_close_matches(target, flow.steps, n=1)), "")


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
