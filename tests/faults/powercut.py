"""What a power cut leaves of a folder, worked out from the record of everything done to its files.

Only what was synced is sure to be there. What was written and not synced is there, is not there, or
is there in parts, sector by sector; a name that was not synced with its folder may be missing.
"""

import ctypes
import os
import random
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = Path(__file__).with_suffix(".c")
SECTOR = 512
"""Bytes that a disk writes whole or not at all."""
LOUD = "\n*** THE POWER CUTS WERE NOT PROVED: no C compiler was found (cc). Install one. ***\n"
_HEAD = struct.Struct("=c7xQqQ")


class NoCompiler(RuntimeError):
    """There is no C compiler."""


def build(folder: Path) -> Path:
    """Compile the library that writes the record; raise `NoCompiler` where nothing can."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise NoCompiler
    library = folder / "powercut.so"
    flags = ("-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror")
    subprocess.run([compiler, *flags, "-o", library, SOURCE, "-ldl", "-lpthread"], check=True)  # noqa: S603 -- our own source
    return library


def run(library: Path, folder: Path, *arguments: str) -> list["Op"]:
    """Run a worker on a folder; return all that it did to the files there, in order."""
    trace = folder.with_name(f"{folder.name}.trace")
    # A test run may be measured or traced itself; the worker needs nothing of that.
    settings = {
        "LD_PRELOAD": str(library),
        "POWERCUT_ROOT": str(folder),
        "POWERCUT_TRACE": str(trace),
    }
    subprocess.run(  # noqa: S603 -- our own module
        [sys.executable, "-m", "tests.faults.worker", str(folder), *arguments],
        check=True,
        cwd=ROOT,
        env=os.environ | settings,
        timeout=300,
    )
    return list(_read(trace.read_bytes()))


def fail(kinds: str, first: int, count: int, error: int) -> None:
    """In a worker: let operations fail, from the `first` of these kinds (w, t, s) on."""
    library = ctypes.CDLL(None)
    library.powercut_reset()
    library.powercut_fail(kinds.encode(), ctypes.c_long(first), ctypes.c_long(count), error)


def operations() -> int:
    """In a worker: return how many operations of the failing kinds there were since."""
    return int(ctypes.CDLL(None).powercut_count())


@dataclass(frozen=True, slots=True)
class Op:
    """One operation; `file` is its number on disk, `body` what was written or the names."""

    kind: str
    file: int
    at: int
    body: bytes

    @property
    def names(self) -> list[str]:
        return self.body.decode().split("\0")


def _read(record: bytes) -> Iterator[Op]:
    at = 0
    while at < len(record):
        kind, file, where, size = _HEAD.unpack_from(record, at)
        at += _HEAD.size
        yield Op(kind.decode(), file, where, record[at : at + size])
        at += size


class Luck(StrEnum):
    """What becomes of that which was not synced."""

    NOTHING = "nothing of it is there"
    ALL = "all of it is there"
    SOME = "some sectors and some names are there"


@dataclass(slots=True)
class _File:
    sure: bytearray = field(default_factory=bytearray)
    unsure: list[Op] = field(default_factory=list)


class Disk:
    """The folder as the operations so far have made it."""

    def __init__(self) -> None:
        self._files: list[_File] = []
        self._numbers: dict[int, int] = {}
        self._names: dict[str, int] = {}
        self._unsure: list[tuple[Op, int]] = []

    def do(self, op: Op) -> None:
        """Take one more operation in."""
        match op.kind:
            case "c":
                self._files.append(_File())
                self._numbers[op.file] = len(self._files) - 1
                self._unsure.append((op, len(self._files) - 1))
            case "r" | "l" | "u":
                self._unsure.append((op, 0))
            case "d":
                for change, file in self._unsure:
                    _rename(self._names, change, file)
                self._unsure.clear()
            case "s":
                synced = self._files[self._numbers[op.file]]
                for change in synced.unsure:
                    _write(synced.sure, change)
                synced.unsure.clear()
            case _:
                self._files[self._numbers[op.file]].unsure.append(op)

    def left(self, luck: Luck, pick: random.Random) -> dict[str, bytes]:
        """Return the files by name, as they may lie there after a cut at this moment."""
        names = dict(self._names)
        for change, file in self._unsure[: _share(len(self._unsure), luck, pick)]:
            _rename(names, change, file)
        return {name: self._content(self._files[file], luck, pick) for name, file in names.items()}

    def _content(self, file: _File, luck: Luck, pick: random.Random) -> bytes:
        found = bytearray(file.sure)
        for change in file.unsure:
            for part in _parts(change):
                if luck is Luck.ALL or (luck is Luck.SOME and pick.random() < 0.5):
                    _write(found, part)
        return bytes(found)


def _share(number: int, luck: Luck, pick: random.Random) -> int:
    """Return how many of the names' changes are there: a journal keeps their order."""
    return {Luck.NOTHING: 0, Luck.ALL: number, Luck.SOME: pick.randint(0, number)}[luck]


def _parts(change: Op) -> Iterator[Op]:
    """Cut a write where a disk may cut it."""
    if change.kind != "w":
        yield change
        return
    at, rest = change.at, change.body
    while rest:
        size = SECTOR - at % SECTOR
        yield Op("w", change.file, at, rest[:size])
        at, rest = at + size, rest[size:]


def _write(content: bytearray, change: Op) -> None:
    end = change.at + len(change.body)
    if len(content) < end:
        content.extend(bytes(end - len(content)))
    if change.kind == "t":
        del content[change.at :]
    content[change.at : end] = change.body


def _rename(names: dict[str, int], change: Op, file: int) -> None:
    first, *second = change.names
    match change.kind:
        case "c":
            names[first] = file
        case "u":
            names.pop(first, None)
        case "r":
            names[second[0]] = names.pop(first)
        case _:
            names[second[0]] = names[first]


def cuts(ops: Sequence[Op]) -> Iterator[tuple[int, Disk]]:
    """Yield the disk before the first operation and after each, with how many there were."""
    disk = Disk()
    yield 0, disk
    for number, op in enumerate(ops, 1):
        disk.do(op)
        yield number, disk
