"""The shipped catalogues as GNU gettext and a reader see them: well formed, whole, translated."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import locales
from bot.language import catalogues

ROOT = Path(locales.__file__).parent
CATALOGUES = sorted(ROOT.glob("*/LC_MESSAGES/*.po"))
TRANSLATED = catalogues.languages()[1:]
LOUD = "\n*** THE CATALOGUES WERE NOT CHECKED: there is no msgfmt. Install GNU gettext. ***\n"


@pytest.fixture(scope="module")
def msgfmt(request):
    """Return GNU gettext's msgfmt; fail in CI where there is none, elsewhere say it loudly."""
    program = shutil.which("msgfmt")
    if program:
        return program
    if os.environ.get("CI"):
        pytest.fail(LOUD)
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        sys.stderr.write(LOUD)
    pytest.skip(LOUD)


def texts(file):
    """Return the English and the translation of every text, by its id."""
    with file.open("rb") as open_file:
        return {one.context: (one.id, one.string) for one in read_po(open_file) if one.id}


@pytest.mark.parametrize("file", CATALOGUES, ids=lambda file: "/".join(file.parts[-3::2]))
def test_msgfmt_has_nothing_to_say(msgfmt, file):
    """The check of GNU gettext finds neither an error nor anything to warn of."""
    done = subprocess.run(  # noqa: S603 -- a program that is named in full
        [msgfmt, "--check", "--output-file", os.devnull, file],
        capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_every_language_has_every_domain():
    """No language lacks one of the catalogues."""
    found = {(file.parts[-3], file.stem) for file in CATALOGUES}
    assert found == {(locale, domain) for locale in TRANSLATED for domain in catalogues.SOURCES}


@pytest.mark.parametrize("file", CATALOGUES, ids=lambda file: "/".join(file.parts[-3::2]))
def test_every_text_of_the_template_is_there(file):
    """Each catalogue has exactly the ids of its template."""
    assert set(texts(file)) == set(texts(ROOT / f"{file.stem}.pot"))


@pytest.mark.parametrize("locale", TRANSLATED)
def test_little_is_as_in_english(locale):
    """Fewer than one translation in ten is the English text itself."""
    all_texts = [
        pair
        for domain in catalogues.SOURCES
        for pair in texts(ROOT / locale / "LC_MESSAGES" / f"{domain}.po").values()
    ]
    assert 10 * sum(english == said for english, said in all_texts) < len(all_texts)
