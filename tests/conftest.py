"""What every test shares."""

import os

import pytest
from hypothesis import settings

from tests.room import chromium

# How long an example takes is the machine's business and never a test's.
settings.register_profile("house", deadline=None)
settings.load_profile("house")


def pytest_xdist_auto_num_workers():
    """Two workers a core: most tests wait for a bot that has nothing left to do."""
    wanted = os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS")
    return int(wanted or 2 * (os.cpu_count() or 1))


def pytest_collection_modifyitems(items):
    """Begin with what one worker does by itself, so that nobody waits for it at the end."""
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)


@pytest.fixture(scope="session")
def running_chromium(request, tmp_path_factory):
    """One Chromium for all the tests of a worker: a start takes longer than most of them."""
    with chromium.started(chromium.needed(request), tmp_path_factory.mktemp("profile")) as address:
        yield address


@pytest.fixture
async def browser(running_chromium):
    """Yield a browser in which nothing of another test is open or kept."""
    async with chromium.visited(running_chromium) as browser:
        yield browser
