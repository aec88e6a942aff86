"""File -> Flow: what is returned has no findings; anything else is refused with all of them."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from flows.finding import Finding
from flows.flow import Flow
from flows.lint import lint
from flows.overlay import Overlay, is_overlay
from flows.overlay import read as read_overlay
from flows.source import read
from flows.unfold import unfold


class FlowError(ValueError):
    """This flow has findings and can't be used."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("\n".join([self.__doc__ or "", *map(str, findings)]))
        self.findings = findings


def parse(text: str, filename: str) -> Flow:
    """Return the flow that the text defines; FlowError where lint finds anything."""
    findings = lint(text, filename)
    if findings:
        raise FlowError(findings)
    return unfold(read(text, filename))


@cache
def load_shipped() -> Mapping[str, Flow]:
    """Return the flows that come with the package, by their ids; they are read once."""
    found = {}
    for name, text in _shipped().items():
        if not is_overlay(text):
            flow = parse(text, name)
            found[flow.id] = flow
    return MappingProxyType(found)


@cache
def shipped_overlays() -> Mapping[tuple[str, str], Overlay]:
    """Return what comes with the package for one language alone, by flow and language."""
    read = (read_overlay(text, name) for name, text in _shipped().items() if is_overlay(text))
    return MappingProxyType({(one.flow, one.language): one for one in read})


def _shipped() -> Mapping[str, str]:
    folder = files("flows").joinpath("definitions")
    ordered = sorted(folder.iterdir(), key=lambda file: file.name)
    return {
        file.name: file.read_text(encoding="utf-8")
        for file in ordered
        if file.name.endswith(".toml")
    }
