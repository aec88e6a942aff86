"""What stands once above a page: the key of a text, perhaps with numbers and findings.

It is kept in one line beside the page; words are made of it when the page is drawn.
"""

import json
from collections.abc import Sequence
from typing import Any, Final

from bot.office.page import View
from bot.terminal.flows_lint import told as told_finding
from flows.finding import Finding

MOST: Final = 10
"""So many findings are told; how many more there are follows."""
_ROOM: Final = 3000
"""Characters that they may have, so that the page below has room."""


def kept(key: str, number: int, findings: Sequence[Finding] = ()) -> str:
    """Return a notice with a number, and the first of the findings if there are any."""
    shown = [_plain(one) for one in findings[:MOST]]
    return f"{key} {json.dumps({'n': number, 'findings': shown})}"


def told(view: View, notice: str) -> str:
    """Return a notice in the viewer's language."""
    key, _, more = notice.partition(" ")
    if not more:
        return view.text(key)
    found = json.loads(more)
    parts, number = [view.text(key, n=found["n"])], found["n"]
    for one in found["findings"]:
        part = told_finding(_finding(one), view.say)
        if sum(map(len, parts)) + len(part) > _ROOM:
            break
        parts.append(part)
    if found["findings"] and (left := number - len(parts) + 1):
        parts.append(view.text("office/flows/more-changes", n=left))
    return "\n\n".join(parts)


def _plain(one: Finding) -> list[object]:
    place = (one.file, one.line, one.code, one.step, one.locale)
    return [*place, one.message, one.fix, dict(one.params)]


def _finding(plain: list[Any]) -> Finding:
    file, line, code, step, locale, message, fix, params = plain
    return Finding(file, line, code, step, locale, message, fix, tuple(params.items()))
