"""The shelf: scripts that were saved from an evening or opened from a file, in one folder.

A name is made here and nowhere else; whatever is asked for, nothing outside of the folder is read
or written.
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from bot.practice.scripts import script as scripts
from bot.practice.scripts.script import Script, ScriptError

LARGEST = 200_000
"""Characters of a script that is taken in."""
ENDING = ".script"
LONGEST_TITLE = 80
_LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Shelf:
    """A folder of scripts; it is made with the first one."""

    folder: Path

    def names(self) -> tuple[str, ...]:
        """Return the names of the scripts here."""
        return tuple(sorted(file.stem for file in self.folder.glob(f"*{ENDING}")))

    def titles(self) -> dict[str, str]:
        """Return the titles of the scripts here that can be read, by name."""
        found = {}
        for name in self.names():
            try:
                found[name] = self.load(name).title
            except ScriptError:
                """Somebody has changed the file since: it is named only where it is asked for."""
                continue
        return found

    def load(self, name: str) -> Script:
        """Return a shipped script or one from here; raise `ScriptError` where there is none."""
        if name in scripts.names() or name not in self.names():
            return scripts.load(name)
        return replace(read(self.folder / f"{name}{ENDING}"), name=name)

    def put(self, title: str, text: str) -> str:
        """Put a script here under a name made from a title; return the name."""
        self.folder.mkdir(parents=True, exist_ok=True)
        name = self._free(re.sub(r"[^a-z0-9]+", "-", title.lower())[:_LONGEST_NAME].strip("-"))
        draft = self.folder / f"{name}.new"
        draft.write_text(text, "utf-8", newline="\n")
        draft.replace(self.folder / f"{name}{ENDING}")
        return name

    def _free(self, wanted: str) -> str:
        taken = {*scripts.names(), *self.names()}
        name, number = wanted or "evening-1", 2
        while name in taken:
            name, number = f"{wanted or 'evening'}-{number}", number + 1
        return name


def read(file: Path) -> Script:
    """Return the script in a file; raise `ScriptError` where it can't be read."""
    try:
        text = file.read_text("utf-8")
    except FileNotFoundError:
        raise ScriptError(f"There is no file {file}.") from None
    except (OSError, UnicodeDecodeError):
        raise ScriptError(f"The file {file} can't be read as text.") from None
    return taken_in(file.name, text)


def taken_in(name: str, text: str) -> Script:
    """Return a script from outside; raise `ScriptError` where it is too long or wrong."""
    if len(text) > LARGEST:
        raise ScriptError(f"{name} has more than {LARGEST} characters.")
    return scripts.parse(name, text)
