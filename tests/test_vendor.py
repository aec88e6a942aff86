"""The files made elsewhere: what is shipped is what was looked at."""

import re
from hashlib import sha256
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "bot" / "practice" / "page" / "vendor"
README = (FOLDER / "README.md").read_text()
WRITTEN = {
    file: digest
    for digest, file in re.findall(r"^\| `(\w{64})` \| `(\S+)` \|$", README, re.MULTILINE)
}
SHIPPED = sorted(file.name for file in FOLDER.iterdir() if file.name != "README.md")


def test_every_file_is_written_down():
    """Every file in the folder has its digest in the folder's README, and no other has."""
    assert sorted(WRITTEN) == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_file_is_the_one_written_down(name):
    """A file has the SHA-256 that the README says."""
    assert sha256((FOLDER / name).read_bytes()).hexdigest() == WRITTEN[name]


@pytest.mark.parametrize("name", [name for name in SHIPPED if name.endswith(".js")])
def test_script_has_its_package_version_licence_and_reason(name):
    """Every script is listed with its package, version and reason, and with a licence beside it."""
    row = re.search(
        rf"^\| `{re.escape(name)}` \| `\S+` \| [\d.]+ \| .*`(\S+)`\) \| \w", README, re.MULTILINE
    )
    assert row
    assert row[1] in SHIPPED
