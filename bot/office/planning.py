"""Planning a group's sessions by taps: one page with what is usual, a button for each change.

Nothing is planned before *Plan* is tapped, and a plan that something stands against is not carried
out: the page says why. Days and times are those of the plan's own time zone.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from bot import buttons
from bot.buttons import Answer, Unreadable
from bot.office import changing, choosing, draft, notice, rights
from bot.office.choosing import in_zone
from bot.office.draft import Draft
from bot.office.groups import LENGTHS, act, button_text, living, page
from bot.office.page import Act, Clerk, Page, View
from bot.views.message import Button, Message, column, pairs, tap
from flows.decide import RefusalCode
from flows.series import MOST, Rhythm
from flows.wall_clock import Day, Wall, days_after, read
from storage import ahead
from storage.ahead import Ahead
from storage.groups import Group
from storage.people import Person
from storage.store import Tx

_RHYTHMS: Final = {
    Rhythm.ONCE: "office/plan/button/once",
    Rhythm.WEEKLY: "office/plan/button/weekly",
    Rhythm.TWICE: "office/plan/button/twice",
}
_PAGES: Final = 100
"""A page of days carries the group's number and its own, which is below this."""
_SHOWN: Final = 40
"""Sessions of a group that are listed; a page can't hold endlessly many."""
_IN, _OUT = "\N{BALLOT BOX WITH CHECK}", "\N{BALLOT BOX}"
_DAYS_A_WEEK, _MINUTES_A_DAY = 7, 1440
_FURTHEST: Final = choosing.A_PAGE * choosing.PAGES_AT_MOST
_LAST_DIGITS: Final = 3


def of_group_page(tx: Tx, person: Person, number: int) -> bool:
    """Allow a facilitator of the group whose page of days this is."""
    return rights.of_group(tx, person, number // _PAGES)


# The sessions that are planned


def _sessions(view: View, group: Group) -> Message:
    found = ahead.of_group(view.tx, group.id, view.now)
    key = "office/sessions/title" if found else "office/sessions/none"
    lines = [view.text(key, name=group.name), *(row(view, one) for one in found[:_SHOWN])]
    if len(found) > _SHOWN:
        lines.append(view.text("home/appointments/more", n=len(found) - _SHOWN))
    shown = (_to_session(view, one) for one in found[:_SHOWN] if _leads(view, one))
    plan = view.go("office/sessions/button/plan", "plan", group.id)
    back = view.go("office/button/back", "group", group.id)
    return Message("\n".join(lines), (*pairs(*shown), *column(plan, back)))


def row(view: View, one: Ahead) -> str:
    """Return day and time of a session, by its own clocks."""
    zone = one.zone or view.setting.zone
    wall = read(one.starts_at, zone)
    say = in_zone(view, zone)
    day, time = say.short_date(wall.day, year=True), say.span(one.starts_at, one.ends_at)
    return view.text("office/sessions/row", day=day, time=time)


def _to_session(view: View, one: Ahead) -> Button:
    zone = one.zone or view.setting.zone
    wall = read(one.starts_at, zone)
    return tap(
        f"{view.say.short_date(wall.day)} {view.say.clock(wall.minute)}", "go", "session", one.id
    )


def _leads(view: View, one: Ahead) -> bool:
    return rights.of_session(view.tx, view.viewer, one.id)


# The page of the plan


def _plan(view: View, group: Group) -> Message:
    plan = _draft(view, group)
    found = plan.occurrences
    lines = [
        view.text("office/plan/title", name=group.name),
        "",
        *_chosen(view, plan),
        "",
        view.text("office/plan/dates", n=len(found)),
        *(_date(view, one.wall) for one in found),
    ]
    wrong = draft.problem(view.tx, group, plan, view.now, view.setting)
    if plan.is_bounded:
        lines += ["", view.text("office/plan/bounded", n=MOST)]
    if wrong:
        lines += ["", choosing.told(view, wrong)]
    stamp = draft.digest(view.tx, group, plan)
    now = view.do("office/plan/button/plan", "sessions-planned", group.id, stamp, n=len(found))
    back = view.go("office/button/back", "sessions", group.id)
    settings = pairs(*_settings(view, group, plan))
    return Message("\n".join(lines), (*(() if wrong else ((now,),)), *settings, (back,)))


def _chosen(view: View, plan: Draft) -> list[str]:
    say = view.say
    lines = [
        view.text("office/plan/rhythm", state=view.text(_RHYTHMS[Rhythm(plan.rhythm)])),
        view.text(
            "office/plan/first", day=say.full_date(plan.first_day), time=say.clock(plan.minute)
        ),
    ]
    if plan.rhythm == Rhythm.TWICE:
        second = say.weekday_name(plan.second_weekday)
        lines.append(
            view.text("office/plan/second", day=second, time=say.clock(plan.second_minute))
        )
    lines.append(view.text("office/plan/minutes", n=plan.minutes))
    lines.append(view.text("office/plan/zone", name=say.city(plan.zone)))
    if left_out := sorted(plan.days_left_out & set(plan.days)):
        names = say.listing([say.short_date(day) for day in left_out])
        lines.append(view.text("office/plan/left-out", names=names))
    return lines


def _date(view: View, wall: Wall) -> str:
    day, time = view.say.short_date(wall.day, year=True), view.say.clock(wall.minute)
    return view.text("office/sessions/row", day=day, time=time)


def _settings(view: View, group: Group, plan: Draft) -> tuple[Button, ...]:
    twice = plan.rhythm == Rhythm.TWICE
    several = plan.rhythm != Rhythm.ONCE
    second = (
        view.go("office/plan/button/second", "plan-second", group.id),
        view.go("office/plan/button/second-time", "plan-second-time", group.id),
    )
    end = (
        view.go("office/plan/button/last", "plan-last", group.id),
        view.go("office/plan/button/left-out", "plan-left-out", group.id),
    )
    return (
        view.go("office/plan/button/rhythm", "plan-rhythm", group.id),
        view.go("office/plan/button/first", "plan-first", group.id * _PAGES),
        view.go("office/plan/button/time", "plan-time", group.id),
        *(second if twice else ()),
        view.go("office/plan/button/minutes", "plan-minutes", group.id),
        view.go("office/plan/button/zone", "plan-zone", group.id),
        *(end if several else ()),
    )


def _draft(view: View, group: Group) -> Draft:
    return draft.of(view.tx, view.viewer, group, view.now, view.setting)


def _back(view: View, group: Group) -> Button:
    return view.go("office/button/back", "plan", group.id)


# What each button asks


def _asks_rhythm(view: View, group: Group) -> Message:
    choices = (view.do(key, "plan-rhythm", group.id, one) for one, key in _RHYTHMS.items())
    return Message(view.text("office/plan/ask-rhythm"), column(*choices, _back(view, group)))


def _asks_first(view: View) -> Message | None:
    """Ask for the first day, a fortnight a page."""
    number, shown = divmod(view.about, _PAGES)
    group = living(view.tx, number)
    if group is None or shown >= choosing.PAGES_AT_MOST:
        return None
    today = read(view.now, _draft(view, group).zone).day
    choices = (
        tap(view.say.short_date(day), "do", "plan-first", group.id, day.isoformat())
        for day in choosing.days_from(today, shown)
    )
    turn = choosing.pages(view, "plan-first", shown, view.about + 1, view.about - 1)
    rows = (*choosing.grid(choices, 2), *turn, (_back(view, group),))
    return Message(view.text("office/plan/ask-first"), rows)


def _asks_time(view: View, group: Group) -> Message:
    return _asks_clock(view, group, "plan-time")


def _asks_second_time(view: View, group: Group) -> Message:
    return _asks_clock(view, group, "plan-second-time")


def _asks_clock(view: View, group: Group, act: str) -> Message:
    choices = (
        tap(view.say.clock(minute), "do", act, group.id, minute) for minute in choosing.TIMES
    )
    rows = (*choosing.grid(choices, 4), (_back(view, group),))
    return Message(view.text("office/plan/ask-time"), rows)


def _asks_second(view: View, group: Group) -> Message:
    choices = (
        tap(view.say.weekday_name(weekday), "do", "plan-second", group.id, weekday)
        for weekday in range(_DAYS_A_WEEK)
    )
    return Message(view.text("office/plan/ask-second"), (*pairs(*choices), (_back(view, group),)))


def _asks_minutes(view: View, group: Group) -> Message:
    choices = (
        view.do("office/group/button/length", "plan-minutes", group.id, minutes, n=minutes)
        for minutes in sorted({group.minutes, *LENGTHS[group.kind]})
    )
    return Message(view.text("office/plan/ask-minutes"), column(*choices, _back(view, group)))


def _asks_zone(view: View, group: Group) -> Message:
    choices = (
        tap(button_text(view.say.city(zone)), "do", "plan-zone", group.id, zone)
        for zone in draft.zones(view.setting)
    )
    return Message(view.text("office/plan/ask-zone"), (*pairs(*choices), (_back(view, group),)))


def _asks_last(view: View, group: Group) -> Message:
    choices = (
        view.do("office/plan/button/count", "plan-last", group.id, count, n=count)
        for count in draft.COUNTS
    )
    text = view.text("office/plan/ask-last")
    return Message(text, (*choosing.grid(choices, 2), (_back(view, group),)))


def _asks_left_out(view: View, group: Group) -> Message:
    plan = _draft(view, group)
    choices = (
        tap(
            f"{_OUT if day in plan.days_left_out else _IN} {view.say.short_date(day)}",
            *("do", "plan-left-out", group.id),
            day.isoformat(),
        )
        for day in plan.days
    )
    text = view.text("office/plan/ask-left-out")
    return Message(text, (*choosing.grid(choices, 2), (_back(view, group),)))


# What each tap changes

Change = Callable[[Draft, Group, str, Clerk], Draft | None]
"""Returns the changed draft; None for what was never offered."""


def _with_rhythm(plan: Draft, _: Group, choice: str, __: Clerk) -> Draft | None:
    return replace(plan, rhythm=choice) if choice in set(Rhythm) else None


def _with_first(plan: Draft, _: Group, choice: str, clerk: Clerk) -> Draft | None:
    """Take another first day; what was left out of the plan before means nothing any more."""
    day = _day(choice)
    today = read(clerk.now, plan.zone).day
    if day is None or not today <= day <= days_after(today, _FURTHEST):
        return None
    return replace(plan, first=day.isoformat(), left_out="")


def _with_time(plan: Draft, _: Group, choice: str, __: Clerk) -> Draft | None:
    minute = buttons.number(choice)
    return replace(plan, minute=minute) if minute < _MINUTES_A_DAY else None


def _with_second_time(plan: Draft, _: Group, choice: str, __: Clerk) -> Draft | None:
    minute = buttons.number(choice)
    return replace(plan, second_minute=minute) if minute < _MINUTES_A_DAY else None


def _with_second(plan: Draft, _: Group, choice: str, __: Clerk) -> Draft | None:
    weekday = buttons.number(choice)
    return replace(plan, second_weekday=weekday) if weekday < _DAYS_A_WEEK else None


def _with_minutes(plan: Draft, group: Group, choice: str, _: Clerk) -> Draft | None:
    minutes = buttons.number(choice)
    offered = (group.minutes, *LENGTHS[group.kind])
    return replace(plan, minutes=minutes) if minutes in offered else None


def _with_zone(plan: Draft, _: Group, choice: str, clerk: Clerk) -> Draft | None:
    return replace(plan, zone=choice) if choice in draft.zones(clerk.setting) else None


def _with_last(plan: Draft, _: Group, choice: str, __: Clerk) -> Draft | None:
    """Take the number of meetings, or the last day itself."""
    if not choice.isdigit() or len(choice) > _LAST_DIGITS:
        day = _day(choice)
        return replace(plan, last=day.isoformat()) if day else None
    count = buttons.number(choice)
    return replace(plan, last="", count=count) if 0 < count <= MOST else None


def _without_day(plan: Draft, _: Group, choice: str, __: Clerk) -> Draft | None:
    day = _day(choice)
    if day is None or day not in plan.days:
        return None
    return plan.leaving_out(plan.days_left_out ^ {day})


def _day(choice: str) -> Day | None:
    try:
        return Day.fromisoformat(choice)
    except ValueError:
        return None


def _setting(name: str, changed: Change, to: str = "plan") -> Act:
    """Return the act that changes one thing of a draft, and turns to the plan or stays."""

    def do(clerk: Clerk, group: Group, choice: str) -> Answer:
        if not _change(clerk, group, changed, choice):
            raise Unreadable
        return clerk.go(to, group.id)

    return act(name, do)


def _change(clerk: Clerk, group: Group, changed: Change, choice: str) -> bool:
    before = draft.of(clerk.tx, clerk.person, group, clerk.now, clerk.setting)
    after = changed(before, group, choice, clerk)
    if after is not None:
        draft.keep(clerk.tx, clerk.person, group, after)
    return after is not None


# Lines


def _take_line(
    page: str, read_line: Callable[[str, str], str | None], changed: Change, wrong: str
) -> Callable[[Clerk, int, str], Answer]:
    """Return what takes a typed line where a button could have been tapped."""

    def take(clerk: Clerk, about: int, line: str) -> Answer:
        group, choice = living(clerk.tx, about), read_line(line, clerk.person.locale)
        if group is None:
            return clerk.refuse(page, RefusalCode.STALE)
        if choice is None or not _change(clerk, group, changed, choice):
            return clerk.go(page, about, wrong)
        return clerk.go("plan", about)

    return take


def _time_line(line: str, _: str) -> str | None:
    minute = choosing.time_in(line)
    return None if minute is None else str(minute)


def _last_line(line: str, locale: str) -> str | None:
    if line.isascii() and line.isdigit():
        return line
    day = choosing.day_in(line, locale)
    return day.isoformat() if day else None


# Planning


def _plan_now(clerk: Clerk, group: Group, choice: str) -> Answer:
    """Plan what was shown, once: a button of another plan, or of one carried out, is outdated."""
    plan = draft.of(clerk.tx, clerk.person, group, clerk.now, clerk.setting)
    if choice != draft.digest(clerk.tx, group, plan):
        return clerk.refuse("sessions-planned", RefusalCode.STALE)
    if wrong := draft.problem(clerk.tx, group, plan, clerk.now, clerk.setting):
        clerk.record("sessions-planned", wrong.code, detail=str(group.id))
        return clerk.go("plan", group.id)
    count = changing.plan(clerk, group, plan)
    clerk.record("sessions-planned", detail=f"{group.id}/{count}")
    return clerk.go("sessions", group.id, notice.kept("office/plan/done", count))


def _with_line(asked: Page, take: Callable[[Clerk, int, str], Answer]) -> Page:
    return replace(asked, take=take)


PAGES = (
    page("sessions", _sessions),
    page("plan", _plan),
    page("plan-rhythm", _asks_rhythm),
    Page("plan-first", of_group_page, _asks_first),
    _with_line(
        page("plan-time", _asks_time),
        _take_line("plan-time", _time_line, _with_time, "office/plan/no-time"),
    ),
    page("plan-second", _asks_second),
    _with_line(
        page("plan-second-time", _asks_second_time),
        _take_line("plan-second-time", _time_line, _with_second_time, "office/plan/no-time"),
    ),
    page("plan-minutes", _asks_minutes),
    page("plan-zone", _asks_zone),
    _with_line(
        page("plan-last", _asks_last),
        _take_line("plan-last", _last_line, _with_last, "office/plan/no-last"),
    ),
    page("plan-left-out", _asks_left_out),
)
ACTS = (
    _setting("plan-rhythm", _with_rhythm),
    _setting("plan-first", _with_first),
    _setting("plan-time", _with_time),
    _setting("plan-second", _with_second),
    _setting("plan-second-time", _with_second_time),
    _setting("plan-minutes", _with_minutes),
    _setting("plan-zone", _with_zone),
    _setting("plan-last", _with_last),
    _setting("plan-left-out", _without_day, "plan-left-out"),
    act("sessions-planned", _plan_now),
)
