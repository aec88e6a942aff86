"""The project's own promises: pins, reasons, documents, commands."""

import re
import tomllib
from pathlib import Path

import pytest

from bot import cli
from bot.practice.scripts import script
from flows.lint import CODES

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
README = (ROOT / "README.md").read_text()
CONSTRAINTS = (ROOT / "constraints.txt").read_text()
DIRECT = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]


def pinned():
    lines = (line for line in CONSTRAINTS.splitlines() if not line.startswith("#"))
    return {name.lower().replace("_", "-"): version for name, version in
            (line.split("==") for line in lines)}  # fmt: skip


@pytest.mark.parametrize("name", DIRECT)
def test_dependency_is_pinned_and_has_its_reason(name):
    """Every direct dependency is pinned by version and has its reason in the README."""
    assert re.fullmatch(r"[0-9.]+", pinned()[name])
    assert name in README.partition("## Dependencies")[2].partition("## Decisions")[0]


@pytest.mark.parametrize("file", ["constraints.txt", "pyproject.toml", "Makefile", ".ci/run"])
def test_no_address_of_a_registry_stands_anywhere(file):
    """What installs the project names packages and versions, never an address."""
    assert not re.search(r"https?://|index-url|find-links", (ROOT / file).read_text())


def test_ci_runs_what_the_readme_says():
    """CI calls the README's own commands."""
    commands = set(re.findall(r"^make \w+", (ROOT / ".ci/run").read_text(), re.MULTILINE))
    assert {"make check", "make test", "make demo"} <= commands
    assert all(command in README for command in commands)


@pytest.mark.parametrize("name", script.names())
def test_script_stands_in_the_readme(name):
    """Every shipped script is listed with what it shows."""
    assert f"| `{name}` |" in README


@pytest.mark.parametrize("code", CODES)
def test_finding_is_documented(code):
    """Every finding of the flow lint stands in the document with its meaning."""
    assert f"| {code} | {CODES[code]} |" in (ROOT / "docs/flows.md").read_text()


def test_command_is_documented(capsys):
    """Every command of the command line stands in the README."""
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    commands = re.search(r"COMMAND\n((?:    \w+.*\n)+)", capsys.readouterr().out)
    assert commands
    for line in commands[1].splitlines():
        assert f"vestibule {line.split()[0]}" in README


def test_names_in_the_assurance_exist():
    """Whatever the table of assurance names as enforcing or holding an invariant is there."""
    named = re.findall(r"`([\w/.]+)::(\w+)`", (ROOT / "docs/assurance.md").read_text())
    assert len(named) > 80
    for file, name in named:
        path = ROOT / ("storage/migrations" if file.endswith(".sql") else ".") / file
        text = path.read_text(encoding="utf-8")
        defined = (
            rf"^\s*(?:async )?(?:def|class) {name}\b|^{name}\b.*=|CREATE \w+(?: \w+)? {name}\b"
        )
        assert re.search(defined, text, re.MULTILINE), f"{file}::{name}"
