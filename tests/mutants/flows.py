"""The mutants of the gate and of the machines, and the tests that judge them: `tests/flows` alone.

The tests that know a module best come first; the others judge what these let live.
"""

import importlib
from enum import Enum
from pathlib import Path

import pytest

from flows import model
from tests.mutants.python import Enums, Mutant, mutants

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests" / "flows"
FIRST = {
    "gate": ("test_gate.py",),
    "machines": ("test_machines.py", "test_decide_checks.py", "test_decide_sessions.py"),
}
ENUMS: Enums = {
    name: {member.name: member.value for member in value}
    for name, value in vars(model).items()
    if isinstance(value, type) and issubclass(value, Enum)
}
# What the tests need and no mutant touches: imported once, before the forks.
for known in ("definition", "diagram", "digest", "effects", "events", "extract", "lint", "unfold"):
    importlib.import_module(f"flows.{known}")
for known in ("hypothesis.strategies", "transitions", "babel.messages"):
    importlib.import_module(known)


def found() -> list[Mutant]:
    return [mutant for name in FIRST for mutant in mutants_of(name)]


def mutants_of(name: str) -> list[Mutant]:
    source = (ROOT / "flows" / f"{name}.py").read_text("utf-8")
    return mutants(f"flows.{name}", source, ENUMS)


def is_killed(mutant: Mutant) -> bool:
    """Put the mutant in its module's place, and say whether a test fails."""
    try:
        mutant.install()
    except Exception:  # noqa: BLE001
        return True
    first = [TESTS / file for file in FIRST[mutant.module.rpartition(".")[2]]]
    rest = sorted(set(TESTS.glob("test_*.py")) - {*first})
    return fail(first) or fail(rest)


def fail_unchanged() -> bool:
    """Say whether a test fails without any mutant."""
    return fail(sorted(TESTS.glob("test_*.py")))


def fail(files: list[Path]) -> bool:
    code = pytest.main(
        ["-x", "-n0", "--assert=plain", "--no-header", "--no-summary", *map(str, files)]
    )
    if code in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED):
        return code is not pytest.ExitCode.OK
    raise RuntimeError(f"the tests could not be run: {code!r}")
