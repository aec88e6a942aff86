"""Mutants of a Python module: one small change each, found and made on its syntax tree.

A mutant's name is its place and its change, never a line or a number, so that it stays what it is
while the file around it moves. Types, docstrings and messages are not mutated.
"""

import ast
import copy
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType

Enums = Mapping[str, Mapping[str, str]]
"""The members of each enumeration that a module names, each with its value."""

OTHER_OPERATORS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
OTHER_FUNCTIONS = {"any": "all", "all": "any", "min": "max", "max": "min"}
UNWRAPPED = ("tuple", "frozenset", "dict.fromkeys")
"""Calls that a mutant leaves out, so that their argument stands alone."""
NOT_MUTATED = {"annotation", "returns", "slice", "targets", "target", "keys"}


@dataclass(frozen=True, slots=True)
class Edit:
    """One change to one field of one node: a new value, or with `at` a new or no element."""

    field: str
    new: object
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Mutant:
    """One changed module; `number` is the changed node's place in the walk over its tree."""

    name: str
    module: str
    source: str
    number: int = 0
    edit: Edit | None = None

    def tree(self) -> ast.Module:
        """Return the module's changed tree."""
        tree = ast.parse(self.source)
        if self.edit:
            _apply([node for node, _ in _walk(tree, ())][self.number], self.edit)
        return ast.fix_missing_locations(tree)

    def install(self) -> None:
        """Let the changed module stand where Python looks for the module itself."""
        package, _, name = self.module.rpartition(".")
        module = ModuleType(self.module)
        sys.modules[self.module] = module
        setattr(sys.modules[package], name, module)
        exec(compile(self.tree(), self.name, "exec"), vars(module))  # noqa: S102


def mutants(module: str, source: str, enums: Enums) -> list[Mutant]:
    """Return every mutant of a module's source, each under a name of its own."""
    tree = ast.parse(source)
    members = {**enums, **_own_enums(tree)}
    seen: Counter[str] = Counter()
    found = []
    for number, (node, scope) in enumerate(_walk(tree, ())):
        for edit in _edits(node, members):
            name = f"{module.rpartition('.')[2]}.{'.'.join(scope)}: {_described(node, edit)}"
            seen[name] += 1
            if seen[name] > 1:
                name = f"{name} #{seen[name]}"
            found.append(Mutant(name, module, source, number, edit))
    return found


def _walk(node: ast.AST, scope: tuple[str, ...]) -> Iterator[tuple[ast.AST, tuple[str, ...]]]:
    """Walk what may be mutated, in the order of the source, each node with the names around it."""
    inner = (*scope, *_names(node))
    yield node, inner
    for field, value in ast.iter_fields(node):
        if field in NOT_MUTATED and not isinstance(node, ast.comprehension | ast.For):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_docstring(child):
                yield from _walk(child, inner)


def _names(node: ast.AST) -> tuple[str, ...]:
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return (name,)
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return (name,)
        case _:
            return ()


def _is_docstring(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _own_enums(tree: ast.Module) -> dict[str, dict[str, str]]:
    return {
        node.name: {
            ast.unparse(statement.targets[0]): ast.unparse(statement.value)
            for statement in node.body
            if isinstance(statement, ast.Assign)
        }
        for node in tree.body
        if isinstance(node, ast.ClassDef)
        and any(isinstance(base, ast.Name) and base.id.endswith("Enum") for base in node.bases)
    }


def _apply(node: ast.AST, edit: Edit) -> None:
    if edit.at is None:
        setattr(node, edit.field, edit.new)
    elif edit.new is None:
        del getattr(node, edit.field)[edit.at]
    else:
        getattr(node, edit.field)[edit.at] = edit.new


def _described(node: ast.AST, edit: Edit) -> str:
    """Say what becomes what, in the source's own words."""
    before = getattr(node, edit.field)
    if edit.at is not None and isinstance(before[edit.at], ast.expr | ast.stmt | ast.match_case):
        after = _line(edit.new) if isinstance(edit.new, ast.AST) else "nothing"
        return f"{_line(before[edit.at])} -> {after}"
    changed = copy.deepcopy(node)
    _apply(changed, edit)
    return f"{_line(node)} -> {_line(changed)}"


def _line(node: ast.AST) -> str:
    first, _, rest = ast.unparse(node).strip().partition("\n")
    return f"{first} ..." if rest else first


# The changes --------------------------------------------------------------------------------------


def _edits(node: ast.AST, enums: Enums) -> Iterator[Edit]:
    """Yield what may be changed in one node itself, not in the nodes below it."""
    yield from _operators(node)
    yield from _values(node, enums)
    yield from _branches(node)
    for field in ("body", "orelse", "finalbody"):
        statements = getattr(node, field, None)
        if isinstance(statements, list):
            for at, statement in enumerate(statements):
                yield from _without(field, at, statement)


def _operators(node: ast.AST) -> Iterator[Edit]:
    match node:
        case ast.Compare(ops=operators):
            for at, operator in enumerate(operators):
                yield from (Edit("ops", other(), at) for other in OTHER_OPERATORS[type(operator)])
        case ast.BoolOp(op=operator, values=values):
            both = isinstance(operator, ast.And)
            yield Edit("op", ast.Or() if both else ast.And())
            yield from (Edit("values", ast.Constant(both), at) for at in range(len(values)))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield Edit("operand", ast.UnaryOp(ast.Not(), operand))
        case ast.BinOp(op=ast.Add()) | ast.AugAssign(op=ast.Add()):
            yield Edit("op", ast.Sub())
        case ast.BinOp(op=ast.Sub()) | ast.AugAssign(op=ast.Sub()):
            yield Edit("op", ast.Add())


def _values(node: ast.AST, enums: Enums) -> Iterator[Edit]:
    match node:
        case ast.Constant(value=value):
            yield from (Edit("value", other) for other in _other_values(value, enums))
        case ast.Attribute(value=ast.Name(id=enum), attr=member) if member in enums.get(enum, ()):
            yield Edit("attr", _next([*enums[enum]], member))
        case ast.Dict(values=values):
            yield from _other_entries(values)
        case ast.Tuple(elts=elements, ctx=ast.Load()) | ast.Set(elts=elements):
            yield from (Edit("elts", None, at) for at in range(len(elements)))
        case ast.Call(func=function, args=arguments):
            yield from _other_calls(ast.unparse(function), arguments)
        case ast.Return(value=ast.expr() as value) if not _is_none(value):
            yield Edit("value", ast.Constant(None))


def _branches(node: ast.AST) -> Iterator[Edit]:
    match node:
        case ast.If() | ast.IfExp():
            yield from (Edit("test", ast.Constant(value)) for value in (True, False))
        case ast.For():
            yield Edit("iter", ast.Tuple([], ast.Load()))
        case ast.comprehension(ifs=conditions):
            yield from (Edit("ifs", None, at) for at in range(len(conditions)))
        case ast.Match(cases=cases):
            yield from (Edit("cases", None, at) for at in range(len(cases)))


def _without(field: str, at: int, statement: ast.stmt) -> Iterator[Edit]:
    match statement:
        case ast.Expr(value=ast.Yield() | ast.YieldFrom()):
            # A generator that yields nothing is still one.
            yield Edit(field, ast.Expr(ast.YieldFrom(ast.Tuple([], ast.Load()))), at)
        case ast.Expr() if not _is_docstring(statement):
            yield Edit(field, ast.Pass(), at)
        case ast.Return(value=None) | ast.AugAssign():
            yield Edit(field, ast.Pass(), at)


def _other_values(value: object, enums: Enums) -> tuple[object, ...]:
    match value:
        case bool():
            return (not value,)
        case int():
            return (value + 1, value - 1)
        case str():
            lists = [list(members.values()) for members in enums.values()]
            others = {_next(known, value) for known in lists if value in known}
            return tuple(sorted(others)) or (f"{value}X",)
        case _:
            return ()


def _other_entries(values: list[ast.expr]) -> Iterator[Edit]:
    """Take another of a table's values for each of them."""
    known = sorted({ast.unparse(value) for value in values})
    for at, value in enumerate(values):
        if len(known) > 1:
            other = _next(known, ast.unparse(value))
            yield Edit("values", ast.parse(other, mode="eval").body, at)


def _other_calls(function: str, arguments: list[ast.expr]) -> Iterator[Edit]:
    if function in OTHER_FUNCTIONS:
        yield Edit("func", ast.Name(OTHER_FUNCTIONS[function], ast.Load()))
    if function in UNWRAPPED and len(arguments) == 1:
        same = ast.parse("lambda same: same", mode="eval").body
        yield Edit("func", same)


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _next(members: list[str], member: str) -> str:
    return members[(members.index(member) + 1) % len(members)]
