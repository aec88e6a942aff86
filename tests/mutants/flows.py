"""The mutants of the gate and of the machines, and the tests that judge them: `tests/flows` alone.

The tests that know a module best come first; the others judge what these let live.
"""

import importlib
import sys
from enum import Enum
from pathlib import Path

import pytest

from flows import model
from tests.mutants.python import Enums, Mutant, mutants

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests" / "flows"
FIRST = {
    "gate": ("test_gate.py", "test_check_room.py"),
    "machines": ("test_machines.py", "test_decide_checks.py", "test_decide_sessions.py"),
}
ENUMS: Enums = {
    name: {member.name: member.value for member in value}
    for name, value in vars(model).items()
    if isinstance(value, type) and issubclass(value, Enum)
}
UNTOUCHED = (
    *(f"flows.{name}" for name in ("definition", "diagram", "digest", "extract", "lint", "unfold")),
    "babel.messages",
    "hypothesis.strategies",
    "transitions",
)
"""What the tests need and no mutant touches."""


def prepare() -> None:
    """Import once, before the first mutant, what no mutant touches."""
    for name in UNTOUCHED:
        importlib.import_module(name)


def found() -> list[Mutant]:
    return [mutant for name in FIRST for mutant in mutants(f"flows.{name}", source(name), ENUMS)]


def unchanged() -> list[Mutant]:
    return [Mutant(f"flows.{name}", f"flows.{name}", source(name)) for name in FIRST]


def source(name: str) -> str:
    return (ROOT / "flows" / f"{name}.py").read_text("utf-8")


def is_killed(mutant: Mutant) -> bool:
    """Put the mutant in its module's place, and say whether a test fails."""
    if mutant.module in sys.modules:
        raise RuntimeError(f"{mutant.module} is imported already: nothing could be judged")
    try:
        mutant.install()
    except Exception:  # noqa: BLE001 -- a module that can't be imported is noticed by any test
        return True
    first = [TESTS / file for file in FIRST[mutant.module.rpartition(".")[2]]]
    rest = sorted(set(TESTS.glob("test_*.py")) - {*first})
    return fail(first) or fail(rest)


def fail(files: list[Path]) -> bool:
    code = pytest.main(
        ["-x", "-n0", "--assert=plain", "--no-header", "--no-summary", *map(str, files)]
    )
    if code in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED):
        return code is not pytest.ExitCode.OK
    raise RuntimeError(f"the tests could not be run: {code!r}")
