"""Languages: what is approved of each, by whom, and a coordinator's approval of one.

Approving says that a named coordinator has read it; it judges no person, place or session. It
takes no language from anybody who has it, and what is missing can't be approved.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Final

from bot.buttons import Answer
from bot.language import catalogues, coverage
from bot.language.coverage import OWN, Coverage
from bot.office import flow_place, rights
from bot.office.flow_place import Place
from bot.office.page import NOTHING, Act, Clerk, Page, View
from bot.office.tongue import own_name
from bot.setting import Setting
from bot.views.message import Button, Message, column, pairs, tap
from flows.decide import RefusalCode
from flows.flow import Flow
from storage import approvals, people, revisions
from storage.approvals import Approval
from storage.store import Tx

_SHOWN: Final = 12
"""Digits of what was read that a button carries."""


def number_of(locale: str) -> int:
    """Return the number by which a button names a language; never 0."""
    return catalogues.languages().index(locale) + 1


def _locale(setting: Setting, number: int) -> str | None:
    """Return the language of a number; None for one that nobody here speaks."""
    known = catalogues.languages()
    locale = known[number - 1] if 0 < number <= len(known) else ""
    return locale if locale in setting.languages else None


# What there is


def _languages(view: View) -> Message:
    lines = [view.text("office/languages/title")]
    lines += [f"{own_name(one)}: {_state(view, one)}" for one in view.setting.languages]
    buttons = (
        tap(own_name(one), "go", "approval", number_of(one)) for one in view.setting.languages
    )
    back = view.go("office/button/back", "flows")
    return Message("\n".join(lines), (*pairs(*buttons), (back,)))


def _state(view: View, locale: str) -> str:
    """Say whether a language is approved, by whom, and what has changed since."""
    approval = approvals.of(view.tx, locale)
    if approval is None:
        drafted = catalogues.is_drafted(locale)
        return view.text("office/languages/drafted" if drafted else "office/languages/not-yet")
    said = _approved(view, approval)
    changed = sum(part.count("changed") for part in coverage.kept(view.tx, locale))
    return f"{said} {view.text('office/languages/changed', n=changed)}" if changed else said


def _approved(view: View, approval: Approval) -> str:
    day = view.say.day(approval.at)
    if approval.by is None:
        return view.text("office/languages/practice", day=day)
    return view.text(
        "office/languages/released", who=people.label_of(view.tx, approval.by), day=day
    )


def _language(view: View) -> Message | None:
    locale = _locale(view.setting, view.about)
    if locale is None:
        return None
    found = coverage.kept(view.tx, locale)
    lines = [f"{own_name(locale)}: {_state(view, locale)}"]
    for part in found:
        lines += ["", *_part(view, part)]
    missing = sum(part.count("missing") for part in found)
    if missing:
        lines += ["", view.text("office/languages/lacks", n=missing)]
    buttons = [] if missing else [view.go("office/languages/button/read", "approving", view.about)]
    if approvals.is_approved(view.tx, locale):
        buttons.append(view.go("office/languages/button/take-back", "approval-back", view.about))
    back = view.go("office/button/back", "languages")
    return Message("\n".join(lines), (*pairs(*_readings(view, locale)), *column(*buttons, back)))


def _part(view: View, part: Coverage) -> list[str]:
    key = "office/languages/own" if part.part == OWN else f"office/flows/name/{part.part}"
    counts = {"done": part.translated, "all": len(part.texts)}
    lines = [view.text("office/languages/part", name=view.text(key), **counts)]
    if approved := part.count("approved"):
        lines.append(view.text("office/languages/count-released", n=approved))
    if changed := part.count("changed"):
        lines.append(view.text("office/languages/count-changed", n=changed))
    if missing := part.count("missing"):
        lines.append(view.text("office/languages/count-missing", n=missing))
    return lines


def _readings(view: View, locale: str) -> list[Button]:
    """Return what leads to each flow played as a participant, or staff, would see it."""
    found = ((flow, revisions.latest(view.tx, flow, locale)) for flow in flow_place.flows())
    return [
        view.go(f"office/flows/name/{flow}", "flow-preview", _begin(flow, locale, base[0].flow))
        for flow, base in found
        if base is not None
    ]


def _begin(flow: str, locale: str, found: Flow) -> int:
    return Place(flow, locale, [*found.steps].index(found.start)).number


# Approving


def _asks_approval(view: View) -> Message | None:
    locale = _locale(view.setting, view.about)
    texts = _readable(view.tx, locale) if locale else None
    if locale is None or texts is None:
        return None
    ask = view.text("office/languages/ask", language=own_name(locale), n=len(texts))
    seen = _seen(locale, texts)
    now = view.do("office/languages/button/read-now", "approve", view.about, seen)
    back = view.go("office/button/back", "approval", view.about)
    return Message(ask, column(now, back))


def _readable(tx: Tx, locale: str) -> coverage.Digests | None:
    """Return the digests of all texts of a language; None where one is missing."""
    found = coverage.flat(coverage.parts(tx, locale))
    return found if all(found.values()) else None


def _seen(locale: str, texts: coverage.Digests) -> str:
    """Return what tells on a button which texts it was drawn for."""
    told = json.dumps([locale, sorted(texts.items())])
    return hashlib.sha256(told.encode()).hexdigest()[:_SHOWN]


def _approve(clerk: Clerk, about: int, choice: str) -> Answer:
    """Keep that somebody has read the very texts that the button was drawn for."""
    locale = _locale(clerk.setting, about)
    texts = _readable(clerk.tx, locale) if locale else None
    if locale is None or texts is None or _seen(locale, texts) != choice:
        return clerk.refuse("approve", RefusalCode.STALE)
    approvals.approve(clerk.tx, locale, texts, clerk.now, by=clerk.person.id)
    clerk.record("approve", detail=f"{_named(locale)}/{choice}")
    return clerk.go("languages", NOTHING, "office/languages/is-released")


def texts_of(clerk: Clerk, flow: str) -> Mapping[str, coverage.Digests]:
    """Return the digests of a flow in each approved language, before something is published."""
    approved = approvals.all_of(clerk.tx)
    return {locale: coverage.flow_digests(clerk.tx, flow, locale) for locale in approved}


def keep_valid(clerk: Clerk, flow: str, before: Mapping[str, coverage.Digests]) -> None:
    """Keep approved what was approved before, and is another text now for its English alone."""
    for locale, old in before.items():
        approval, now = (
            approvals.of(clerk.tx, locale),
            coverage.flow_digests(clerk.tx, flow, locale),
        )
        known = approval.texts if approval else {}
        slips = {
            key: digest
            for key, digest in now.items()
            if digest != old.get(key) and old.get(key) and known.get(key) == old[key]
        }
        if slips:
            approvals.keep_valid(clerk.tx, locale, slips, clerk.now, by=clerk.person.id)


def _named(locale: str) -> str:
    return locale.lower().replace("_", "-")


def _asks_back(view: View) -> Message | None:
    locale = _locale(view.setting, view.about)
    if locale is None or not approvals.is_approved(view.tx, locale):
        return None
    lines = (
        view.text("office/languages/ask-back", language=own_name(locale)),
        view.text("office/languages/keep", n=approvals.speakers(view.tx, locale)),
    )
    now = view.do("office/languages/button/back-now", "approval-back", view.about)
    back = view.go("office/button/back", "approval", view.about)
    return Message("\n".join(lines), column(now, back))


def _take_back(clerk: Clerk, about: int, _: str) -> Answer:
    locale = _locale(clerk.setting, about)
    if locale is None or not approvals.is_approved(clerk.tx, locale):
        return clerk.refuse("approval-back", RefusalCode.REPEATED)
    approvals.take_back(clerk.tx, locale, clerk.now, by=clerk.person.id)
    clerk.record("approval-back", detail=_named(locale))
    return clerk.go("languages", NOTHING, "office/languages/is-back")


PAGES = (
    Page("languages", rights.coordinator, _languages),
    Page("approval", rights.coordinator, _language),
    Page("approving", rights.coordinator, _asks_approval),
    Page("approval-back", rights.coordinator, _asks_back),
)
ACTS = (
    Act("approve", rights.coordinator, _approve),
    Act("approval-back", rights.coordinator, _take_back),
)
