"""Mutants of a schema: what one statement of a migration no longer says, or says otherwise.

No parser of SQL: words, numbers, signs and brackets are enough to find a trigger's refusals, the
conditions that AND and OR join at one depth, and what a column insists on.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

TOKEN = re.compile(
    r"""(?P<blank>\s+|--[^\n]*)
      | (?P<text>[xX]?'(?:[^']|'')*')
      | (?P<word>(?:[A-Za-z_]\w*\.)?(?:"[^"]*"|[A-Za-z_]\w*))
      | (?P<number>\d+)
      | (?P<sign><=|>=|<>|\|\||[-+*/<>=(),;])""",
    re.VERBOSE,
)
OPENING, CLOSING = {"(", "CASE", "BEGIN"}, {")", "END"}
CLAUSES = {"SELECT", "FROM", "WHERE", "ON", "JOIN", "LEFT", "WHEN", "THEN", "ELSE", "ORDER",
           "LIMIT", "UNION", "BEGIN", "AS", ",", ";"}  # fmt: skip
CONDITIONS = {"WHERE", "ON", "WHEN"}
NEIGHBOURS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "+": "-", "-": "+"}
COUNTS_NOTHING = {"LIMIT", "SELECT"}
"""Clauses whose numbers say nothing: `SELECT 1`, `LIMIT 1`."""
NAME_LENGTH, AROUND = 56, 30
NEEDS_CONTEXT = re.compile(r"[^A-Z]{1,6}|IS NOT|DESC|LEFT")
"""Signs, numbers and short words, which say nothing alone."""


@dataclass(frozen=True, slots=True)
class Token:
    """One word or sign, and where it stands in its statement."""

    text: str
    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Group:
    """What stands between an opening and its closing, both included."""

    items: tuple["Token | Group", ...]

    @property
    def text(self) -> str:
        return self.items[0].text

    @property
    def inner(self) -> tuple["Token | Group", ...]:
        return self.items[1:-1]

    @property
    def start(self) -> int:
        return self.items[0].start

    @property
    def end(self) -> int:
        return self.items[-1].end


Item = Token | Group


@dataclass(frozen=True, slots=True)
class Statement:
    """One CREATE statement, as the database keeps it."""

    kind: str
    name: str
    sql: str

    @property
    def items(self) -> tuple[Item, ...]:
        return grouped(tokens(self.sql))


@dataclass(frozen=True, slots=True)
class Mutant:
    """One object of the schema with another statement, or, with none, without it."""

    name: str
    kind: str
    object: str
    sql: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """One stretch of a statement, and what stands there instead."""

    start: int
    end: int
    new: str


def tokens(sql: str) -> list[Token]:
    found, at = [], 0
    while at < len(sql):
        matched = TOKEN.match(sql, at)
        if matched is None:
            raise ValueError(f"unknown sign: {sql[at : at + 20]!r}")
        at = matched.end()
        if matched.lastgroup != "blank":
            found.append(Token(matched[0], str(matched.lastgroup), matched.start(), at))
    return found


def grouped(flat: Sequence[Token]) -> tuple[Item, ...]:
    stack: list[list[Item]] = [[]]
    for token in flat:
        if token.text in OPENING:
            stack.append([])
        stack[-1].append(token)
        if token.text in CLOSING:
            group = Group(tuple(stack.pop()))
            stack[-1].append(group)
    (whole,) = stack
    return tuple(whole)


def mutants(schema: Sequence[Statement]) -> list[Mutant]:
    """Return every mutant of these statements, each under a name of its own."""
    seen: Counter[str] = Counter()
    found = []
    for statement in schema:
        for name, sql in _mutants_of(statement):
            seen[name] += 1
            unique = f"{name} #{seen[name]}" if seen[name] > 1 else name
            found.append(Mutant(unique, statement.kind, statement.name, sql))
    return found


def _mutants_of(statement: Statement) -> Iterator[tuple[str, str | None]]:
    if statement.kind == "TRIGGER" or statement.sql.startswith("CREATE UNIQUE"):
        yield f"{statement.name} -> nothing", None
    for scope, change in _changes(statement):
        made = statement.sql[: change.start] + change.new + statement.sql[change.end :]
        yield f"{scope}{_described(statement.sql, change)}", made


def _described(sql: str, change: Change) -> str:
    """Say what becomes what; with what stands around it where that alone says little."""
    before, after = _line(sql[change.start : change.end]), _line(change.new)
    if before.startswith("SELECT RAISE"):
        return " -> nothing"
    if not NEEDS_CONTEXT.fullmatch(before):
        return f": {_short(before)} -> {_short(after)}"
    left = _line(sql[: change.start])[-AROUND:].partition(" ")[2].rpartition("; ")[2]
    right = _line(sql[change.end :])[:AROUND].rpartition(" ")[0].partition(";")[0]
    return f": {left} [{before} -> {after or 'nothing'}] {right}".rstrip()


def _line(sql: str) -> str:
    return " ".join(re.sub(r"--[^\n]*", "", sql).split())


def _short(line: str) -> str:
    """Leave the middle of a long line out."""
    half = NAME_LENGTH // 2
    line = line or "nothing"
    return line if len(line) <= NAME_LENGTH else f"{line[:half]} ... {line[-half:]}"


def _changes(statement: Statement) -> Iterator[tuple[str, Change]]:
    match statement.kind:
        case "TABLE":
            yield from _table(statement)
        case "TRIGGER":
            yield from _trigger(statement)
        case "VIEW":
            yield from ((statement.name, change) for change in _conditions(statement.items))
        case "INDEX" if statement.items[1].text == "UNIQUE":
            yield from (
                (statement.name, change) for change in _conditions(_from("WHERE", statement.items))
            )


# Tables -------------------------------------------------------------------------------------------


def _table(statement: Statement) -> Iterator[tuple[str, Change]]:
    body = next(item for item in statement.items if isinstance(item, Group))
    strict = next(item for item in statement.items if item.text == "STRICT")
    for part in _parts(body.inner, ","):
        scope = f"{statement.name}.{part[0].text}".replace('"', "")
        for change in _column(part):
            yield scope, change
    rest = statement.sql[strict.end :].lstrip(", ")
    yield statement.name, Change(strict.start, len(statement.sql), rest)


def _column(part: Sequence[Item]) -> Iterator[Change]:
    for item, following in pairwise(part):
        if (item.text, following.text) == ("NOT", "NULL"):
            yield Change(item.start, following.end, "")
        if item.text == "CHECK" and isinstance(following, Group):
            # A CHECK that says nothing, so that no comma is left over.
            yield Change(following.start, following.end, "(1)")
            yield from _joined(following.inner)
            yield from _conditions(following.inner)
    yield from (Change(item.start, item.end, "") for item in part if item.text == "UNIQUE")


# Triggers -----------------------------------------------------------------------------------------


def _trigger(statement: Statement) -> Iterator[tuple[str, Change]]:
    yield from (
        (statement.name, change) for change in _conditions(_from("WHEN", statement.items)[:-1])
    )
    body = next(
        item for item in statement.items if isinstance(item, Group) and item.text == "BEGIN"
    )
    refusals = [refusal for refusal in _parts(body.inner, ";") if refusal]
    for refusal in refusals:
        scope = f"{statement.name}[{_message(refusal)}]"
        if len(refusals) > 1:
            yield scope, Change(refusal[0].start, refusal[-1].end + 1, "")
        for change in _conditions(refusal):
            yield scope, change


def _message(part: Sequence[Item]) -> str:
    """Return what a refusal says; of a statement that changes something, what it changes."""
    raised = next((item for item in part if isinstance(item, Group)), None)
    if part[0].text != "SELECT" or raised is None:
        return " ".join(item.text for item in part[:2])
    return raised.inner[-1].text.strip("'")


# Conditions ---------------------------------------------------------------------------------------


def _conditions(items: Sequence[Item]) -> Iterator[Change]:
    """Yield the changes to every condition in a stretch of SQL, and in the brackets inside it."""
    for clause, part in _clauses(items):
        if clause in CONDITIONS:
            yield from _joined(part, alone=True)
        if clause not in COUNTS_NOTHING:
            yield from _signs(part)
    yield from _halves(items)
    for before, item in pairwise((None, *items)):
        if isinstance(item, Group) and not (before and before.text == "RAISE"):
            yield from _bracketed(before.text if before else "", item)


def _bracketed(before: str, group: Group) -> Iterator[Change]:
    if group.text == "CASE":
        yield from _cases(group)
        return
    if group.inner[0].text != "SELECT":
        if before == "IN":
            yield from _listed(group)
            return
        if before == "coalesce":
            (default,) = _parts(group.inner, ",")[1:]
            yield _replaced(default, "NULL")
        yield from _joined(group.inner)
    yield from _conditions(group.inner)


def _clauses(items: Sequence[Item]) -> Iterator[tuple[str, list[Item]]]:
    clause = ""
    part: list[Item] = []
    for item in items:
        if item.text in CLAUSES:
            yield clause, part
            clause, part = item.text, []
        else:
            part.append(item)
    yield clause, part


def _joined(items: Sequence[Item], *, alone: bool = False) -> Iterator[Change]:
    """Leave out each condition that AND or OR joins to others; with `alone`, a single one too."""
    either = _parts(items, "OR")
    for part in either:
        both = _operands(part)
        if len(either) > 1:
            yield _replaced(part, "0")
        if len(both) > 1:
            yield from (_replaced(operand, "1") for operand in both)
        if len(both) == len(either) == 1 and alone:
            yield _replaced(part, "1")


def _operands(items: Sequence[Item]) -> list[list[Item]]:
    """Split at AND, but not at the one that belongs to a BETWEEN."""
    found: list[list[Item]] = [[]]
    between = False
    for item in items:
        if item.text == "AND" and not between:
            found.append([])
            continue
        between = item.text == "BETWEEN" or (between and item.text != "AND")
        found[-1].append(item)
    return found


def _signs(items: Sequence[Item]) -> Iterator[Change]:
    for operand in (one for part in _parts(items, "OR") for one in _operands(part)):
        for at, item in enumerate(operand):
            if isinstance(item, Token):
                yield from _sign(item, operand[at + 1 :])


def _sign(item: Token, following: Sequence[Item]) -> Iterator[Change]:
    match item.text, [one.text for one in following[:2]]:
        case "BETWEEN", _:
            lower, upper = _parts(following, "AND")
            yield Change(item.start, upper[-1].end, f"<= {_text(upper)}")
            yield Change(item.start, upper[-1].end, f">= {_text(lower)}")
        case "<>", ["1", "+"]:
            yield Change(item.start, item.end, "<")
            yield Change(item.start, item.end, ">")
        case "IS", ["NOT", other] if other != "NULL":
            yield Change(item.start, following[0].end, "<>")
        case "min" | "max", _:
            yield Change(item.start, item.end, "max" if item.text == "min" else "min")
        case "DESC", _:
            yield Change(item.start, item.end, "")
        case sign, _ if sign in NEIGHBOURS:
            yield Change(item.start, item.end, NEIGHBOURS[sign])
    if item.kind == "number":
        yield Change(item.start, item.end, str(int(item.text) + 1))
        yield Change(item.start, item.end, str(int(item.text) - 1))


def _listed(group: Group) -> Iterator[Change]:
    """Leave out each of the words in a list."""
    parts = _parts(group.inner, ",")
    for at, part in enumerate(parts):
        start = parts[at - 1][-1].end if at else part[0].start
        end = part[-1].end if at or len(parts) == 1 else parts[1][0].start
        yield Change(start, end, "")


def _cases(group: Group) -> Iterator[Change]:
    """Let a CASE always be what it is in one case."""
    for before, item in pairwise(group.inner):
        if before.text in ("THEN", "ELSE"):
            yield Change(group.start, group.end, item.text)


def _halves(items: Sequence[Item]) -> Iterator[Change]:
    """Leave out each half of a UNION ALL, and what a LEFT JOIN keeps."""
    for item, following in pairwise(items):
        if item.text == "UNION":
            begin = next(one.end for one in items if one.text == "AS")
            yield Change(begin, following.end, "")
            yield Change(item.start, items[-1].end, "")
        if item.text == "LEFT":
            yield Change(item.start, item.end, "")


def _replaced(items: Sequence[Item], new: str) -> Change:
    return Change(items[0].start, items[-1].end, new)


def _from(clause: str, items: Sequence[Item]) -> Sequence[Item]:
    at = next((at for at, item in enumerate(items) if item.text == clause), len(items))
    return items[at:]


def _text(items: Sequence[Item]) -> str:
    return " ".join(item.text for item in items)


def _parts(items: Sequence[Item], separator: str) -> list[list[Item]]:
    found: list[list[Item]] = [[]]
    for item in items:
        if item.text == separator:
            found.append([])
        else:
            found[-1].append(item)
    return found
