"""File -> Flow: what is returned has no findings; anything else is refused with all of them."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from flows.finding import Finding
from flows.flow import Flow
from flows.lint import lint
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
    shipped = files("flows").joinpath("definitions")
    found = {}
    for file in sorted(shipped.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            flow = parse(file.read_text(encoding="utf-8"), file.name)
            found[flow.id] = flow
    return MappingProxyType(found)
