"""One short evening for all proofs that break something in it, and the record of a disk."""

import os
import sys

import pytest

from tests.faults import office as house
from tests.faults import powercut


@pytest.fixture(scope="session")
def library(request, tmp_path_factory):
    """Return the library that records what happens to files; without a compiler, say so loudly."""
    try:
        return powercut.build(tmp_path_factory.mktemp("powercut"))
    except powercut.NoCompiler:
        unproved(request)


def unproved(request):
    """Fail in CI; elsewhere say it loudly, once, past every capture."""
    if os.environ.get("CI"):
        pytest.fail(powercut.LOUD)
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        sys.stderr.write(powercut.LOUD)
    pytest.skip(powercut.LOUD)


@pytest.fixture
async def founded(tmp_path):
    """Return a folder with the installation in which the evening begins."""
    folder = tmp_path / "founded"
    folder.mkdir()
    await house.found(folder)
    return folder


@pytest.fixture
async def scenes(founded, tmp_path):
    """Return the evening as it goes where nothing fails."""
    return await house.rehearse(house.copied(founded, tmp_path / "rehearsed"))


@pytest.fixture
async def office(founded, tmp_path):
    """Return the process that is going to be ended again and again."""
    office = await house.Office.open(house.copied(founded, tmp_path / "office"))
    yield office
    await office.close()
