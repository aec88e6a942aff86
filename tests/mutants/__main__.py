"""`make mutants`: judge every mutant of the gate, the machines and the schema, and say what lived.

It ends with 1 when a mutant survives that `equivalent.toml` does not list, when a listed one is
killed or does not exist any more, and when one could not be judged.
"""

import importlib
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from tests.mutants.runner import BROKEN, KILLED, SURVIVED, Job, say, verdicts

LIST = Path(__file__).with_name("equivalent.toml")
AS_IT_IS = "as it is: "
"""How the names begin of those that are no mutants: they must survive, or nothing was judged."""

PARTS = ("flows", "storage")
"""In this order: what the second part needs imports the modules that the first one replaces."""

Reasons = Mapping[str, str]
"""Why a mutant is equivalent, by its name."""


def reasons() -> dict[str, str]:
    """Read the list of equivalent mutants; each stands in it once, under a reason."""
    found: dict[str, str] = {}
    for entry in tomllib.loads(LIST.read_text("utf-8"))["equivalent"]:
        for name in entry["mutants"]:
            if name in found:
                raise ValueError(f"listed twice: {name}")
            found[name] = entry["reason"]
    return found


def judged(part: str, wanted: str) -> dict[str, int]:
    """Judge a part of the mutants, those named `wanted`; or all of them and the part itself."""
    mutants = importlib.import_module(f"tests.mutants.{part}")
    todo: list[Job] = [
        (one.name, partial(mutants.is_killed, one)) for one in mutants.found() if wanted in one.name
    ]
    if not wanted:
        todo += [
            (f"{AS_IT_IS}{one.name}", partial(mutants.is_killed, one))
            for one in mutants.unchanged()
        ]
    if todo:
        mutants.prepare()
    return verdicts(todo, part)


def problems(found: Mapping[str, int], listed: Reasons) -> Iterator[str]:
    """Yield whatever makes the run a failure, one line each."""
    for name, verdict in found.items():
        if verdict == BROKEN:
            yield f"not judged:          {name}"
        elif verdict == SURVIVED and name not in listed and not name.startswith(AS_IT_IS):
            yield f"survived:            {name}"
        elif verdict == KILLED and name in listed:
            yield f"listed, but killed:  {name}"
        elif verdict == KILLED and name.startswith(AS_IT_IS):
            yield f"fails by itself:     {name}"
    yield from (f"listed, but unknown: {name}" for name in listed if name not in found)


def report(found: Mapping[str, int], listed: Reasons) -> Iterator[str]:
    """Yield the counts, and the equivalent mutants under their reasons."""
    verdicts = {name: verdict for name, verdict in found.items() if AS_IT_IS not in name}
    count = Counter(verdicts.values())
    yield f"{len(verdicts)} mutants, {count[KILLED]} killed, {count[SURVIVED]} survived"
    survived = [name for name, verdict in verdicts.items() if verdict == SURVIVED]
    for reason in dict.fromkeys(listed.values()):
        yield f"\nEquivalent: {reason}"
        yield from (f"  {name}" for name in survived if listed.get(name) == reason)


def main(wanted: str = "") -> int:
    """Judge the mutants whose names contain `wanted`."""
    begun = time.monotonic()
    listed = {name: reason for name, reason in reasons().items() if wanted in name}
    found: dict[str, int] = {}
    for part in PARTS:
        found |= judged(part, wanted)
    wrong = [*problems(found, listed)]
    say(*report(found, listed), f"\n{time.monotonic() - begun:.0f} seconds", *wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
