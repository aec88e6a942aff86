"""The configuration file: what is accepted, and what is said about the rest."""

import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from bot import config
from bot.config import Config, Limits, load, read_token
from bot.errors import UserError
from flows.model import Rules

ROOT = Path(__file__).parents[2]
EXAMPLE = (ROOT / "config.example.toml").read_text(encoding="utf-8")
TOKEN = "123456789:" + "Ab3_-" * 7
CRISIS = '\n[crisis.en]\nlines = ["112"]\n[crisis.de]\nlines = ["112"]\n'


def _leaves(shape, prefix=""):
    """Yield the dotted names of all settings of a struct."""
    for field in msgspec.structs.fields(shape):
        name = f"{prefix}{field.name}"
        if field.type == dict[str, config.Crisis]:
            for language in ("en", "de"):
                yield from _leaves(config.Crisis, f"{name}.{language}.")
        elif isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            yield from _leaves(field.type, f"{name}.")
        else:
            yield name


def _written(table, prefix=""):
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _written(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


SETTINGS = sorted(_leaves(Config))


@pytest.fixture
def said(tmp_path):
    """Load a text as a configuration and return the one sentence that refuses it."""

    def say(text):
        path = tmp_path / "config.toml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(UserError) as caught:
            load(path)
        sentence = str(caught.value)
        assert "\n" not in sentence
        assert sentence[0] != " "
        assert sentence.endswith((".", "?"))
        return sentence

    return say


def _line_of(setting):
    """Return the line of the example that sets a dotted name."""
    section, _, name = setting.rpartition(".")
    start = EXAMPLE.index(f"\n[{section}]\n")
    return re.compile(rf"^{name} = .*$", re.MULTILINE).search(EXAMPLE, start)


def _changed(setting, value):
    line = _line_of(setting)
    name = setting.rpartition(".")[2]
    return f"{EXAMPLE[: line.start()]}{name} = {value}{EXAMPLE[line.end() :]}"


def test_every_setting_is_documented():
    """The example holds every setting, and nothing that is none."""
    assert sorted(_written(tomllib.loads(EXAMPLE))) == SETTINGS


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting_has_a_comment(setting):
    """Above every setting of the example stands what it is."""
    before = EXAMPLE[: _line_of(setting).start()].rstrip("\n").splitlines()
    assert before[-1].startswith("# ")


def test_example_is_the_default(tmp_path):
    """The example loads, and says what holds where a setting is left out."""
    short = tmp_path / "short.toml"
    short.write_text(CRISIS, encoding="utf-8")
    full = tmp_path / "full.toml"
    full.write_text(EXAMPLE, encoding="utf-8")
    left_out, written = load(short), load(full)
    assert msgspec.structs.replace(left_out, crisis=written.crisis) == written
    assert not any(crisis.confirmed for crisis in written.crisis.values())


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("value", ["{ a = 1 }", "2027-06-30", "[[]]", "1.5", "true", '"\\u0001"'])
def test_wrong_type(setting, value, said):
    """A value of a wrong type is refused in one sentence that names the setting."""
    if setting.endswith(("confirmed", "second_factor")) and value == "true":
        value = "1"
    assert f": {setting} must be " in said(_changed(setting, value))


@pytest.mark.parametrize(
    ("setting", "least", "most"),
    [
        ("telegram.messages_per_second", 1, 30),
        ("telegram.burst_per_chat", 1, 20),
        ("limits.checks_before", 0, 1440),
        ("limits.open_before", 0, 60),
        ("limits.late", 0, 60),
        ("limits.sign_off", 1, 120),
        ("limits.signers", 1, 2),
        ("limits.credential", 1, 60),
        ("limits.rejoin", 1, 30),
        ("limits.grace", 0, 120),
        ("limits.cap", 1, 8),
        ("limits.orientation_days", 1, 730),
    ],
)
def test_bounds(setting, least, most, said, tmp_path):
    """Every number has bounds: they are accepted, one beyond them is refused with both named."""
    for value in (least, most):
        path = tmp_path / "good.toml"
        path.write_text(_changed(setting, value), encoding="utf-8")
        section, name = setting.split(".")
        assert getattr(getattr(load(path), section), name) == value
    for value in (least - 1, most + 1):
        expected = f"{setting} must be a whole number from {least} to {most}."
        assert said(_changed(setting, value)).endswith(expected)


def test_bounds_are_the_schemas():
    """The limits' bounds are the ones that the schema checks."""
    files = sorted((ROOT / "storage/migrations").glob("*.sql"))
    schema = "\n".join(file.read_text(encoding="utf-8") for file in files)
    assert "second_factor INTEGER NOT NULL CHECK (second_factor IN (0, 1))" in schema
    for field in msgspec.structs.fields(Limits):
        if field.type is bool or field.name.endswith(
            ("_days", "_weeks", "readers")
        ):  # of no session
            continue
        if field.name == "check_room":  # no number
            continue
        found = re.search(rf"\b{field.name} INTEGER[^,;]*BETWEEN (\d+) AND (\d+)", schema)
        unit = 1 if field.name in ("cap", "signers") else 60
        least, most = (int(bound) / unit for bound in found.groups())
        kind = msgspec.inspect.type_info(field.type)
        assert (kind.ge, kind.le) == (least, most), field.name


def test_limits_are_the_rules():
    """Left alone, the limits are the gate's own rules; minutes become seconds."""
    assert Limits().rules == Rules()
    assert Limits(rejoin=30).rules.rejoin == 1800
    assert Limits(second_factor=True).rules.second_factor
    assert Limits(check_room="link").rules.check_room


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("messages_per_second", "mesages_per_second", "Did you mean messages_per_second?"),
        ("[storage]", "[storag]", "no setting storag. Did you mean storage?"),
        ("confirmed = false", "conifrmed = false", "crisis.en.conifrmed. Did you mean confirmed?"),
        ("late = 15", "zzzzz = 15", "no setting limits.zzzzz. Please correct or remove it."),
        ("[limits]", "[limits", "is not valid TOML: Expected ']'"),
        ('["en", "de"]', '["en", "tlh"]', "languages must be a list of languages that have texts"),
        ('["en", "de"]', '["en", "en"]', "each language once"),
        ('["en", "de"]', "[]", "a list in brackets, not empty, each a text in quotes."),
        ("[crisis.de]", "[crisis.fr]", "crisis.de.lines must be given"),
        ("[logging]", '[crisis.fr]\nlines = ["x"]\n[logging]', "crisis.fr must be removed"),
        ('"112: Notruf"', '" "', "crisis.de.lines must be a list of contacts"),
        ('"112: Notruf"', '"a\\nb"', "crisis.de.lines must be a list of contacts"),
        ('lines = ["112: emergency"', 'linse = ["1"', "crisis.en.linse. Did you mean lines?"),
        ("Europe/Berlin", "Europe/Berln", 'IANA name, such as "Europe/Berlin" (Did you mean'),
        ("Europe/Berlin", "../etc", "programme.time_zone must be a time zone by its IANA name"),
        ("Europe/Berlin", "Europe", "programme.time_zone must be a time zone by its IANA name"),
        ('"vestibule-keys.sqlite3"', '"./vestibule.sqlite3"', "another file than storage.database"),
        ('"vestibule.key"', '"vestibule.sqlite3"', "storage.master_key_file must be another file"),
        ("link_hosts = []", 'link_hosts = ["https://x.org"]', "without https://"),
        ("link_hosts = []", 'link_hosts = ["x.org/a"]', "rooms.link_hosts must be"),
        ('level = "INFO"', 'level = "info"', 'logging.level must be one of "DEBUG"'),
    ],
)
def test_wrong_settings(old, new, expected, said):
    """Each mistake is told with its setting, and with the nearest name where there is one."""
    assert expected in said(EXAMPLE.replace(old, new, 1))


@pytest.mark.parametrize(
    "address",
    [
        "https://api.telegram.org/bot",
        "http://127.0.0.1:8081/bot",
        "http://localhost/bot",
        "http://[::1]:8081/bot",
        "https://bots.example.org:8443/api/bot",
    ],
)
def test_addresses(address, tmp_path):
    """Any https address, and http on this machine itself, can be the Bot API."""
    path = tmp_path / "config.toml"
    path.write_text(_changed("telegram.base_url", f'"{address}"'), encoding="utf-8")
    assert load(path).telegram.base_url == address


@pytest.mark.parametrize(
    "address",
    [
        "http://api.telegram.org/bot",
        "http://127.0.0.1.example.org/bot",
        "http://localhost.example.org/bot",
        "https://api.telegram.org",
        "https://api.telegram.org/bot/",
        "https:///bot",
        "https://u:p@example.org/bot",
        "https://example.org/?a=/bot",
        "https://example.org/#/bot",
        "https://example.org:99999/bot",
        "https://[::1/bot",
        "ftp://example.org/bot",
        "https://example.org/{token}/bot",
        "",
    ],
)
def test_wrong_addresses(address, said):
    """The token is sent to no address that is not encrypted or not a Bot API's."""
    sentence = said(_changed("telegram.base_url", f'"{address}"'))
    assert "telegram.base_url must be an address that begins with https://" in sentence


def test_files_are_relative_to_the_configuration(tmp_path, monkeypatch):
    """Names of files are resolved against the configuration's folder; absolute ones stay."""
    (tmp_path / "here").mkdir()
    text = _changed("storage.keys", '"/var/keys"')
    (tmp_path / "here" / "config.toml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    found = load(Path("here/config.toml"))
    monkeypatch.chdir("/")
    assert found.storage.database == tmp_path / "here/vestibule.sqlite3"
    assert found.telegram.token_file == tmp_path / "here/token.txt"
    assert found.storage.keys == Path("/var/keys")


def test_files_that_cannot_be_read(tmp_path):
    """A file that is missing, a folder or not UTF-8 is told in one sentence."""
    with pytest.raises(UserError, match=r"no file .*none.toml. Please copy config.example.toml"):
        load(tmp_path / "none.toml")
    with pytest.raises(UserError, match=r"cannot be read \(Is a directory\)"):
        load(tmp_path)
    (tmp_path / "latin.toml").write_bytes("# ä".encode("latin-1"))
    with pytest.raises(UserError, match="not a text in UTF-8"):
        load(tmp_path / "latin.toml")


def test_byte_order_mark(tmp_path):
    """A file that some editors begin with a byte order mark loads."""
    (tmp_path / "c.toml").write_text(EXAMPLE, encoding="utf-8-sig")
    assert load(tmp_path / "c.toml").limits == Limits()


@pytest.fixture
def example(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(EXAMPLE, encoding="utf-8")
    return load(path)


def test_token_from_file(example, tmp_path):
    """The token is read from its file, without the line's end."""
    (tmp_path / "token.txt").write_text(f"{TOKEN}\n", encoding="utf-8")
    assert read_token(example, {}) == TOKEN
    assert read_token(example, {"VESTIBULE_TOKEN": " "}) == TOKEN


def test_token_from_environment(example, tmp_path):
    """The environment comes before the file, which then need not be right."""
    (tmp_path / "token.txt").write_text("nonsense", encoding="utf-8")
    assert read_token(example, {"VESTIBULE_TOKEN": TOKEN}) == TOKEN


def test_no_token(example):
    """Without a token, both places for one are named."""
    with pytest.raises(UserError, match=r"set VESTIBULE_TOKEN, or .*token.txt"):
        read_token(example, {})


@pytest.mark.parametrize(
    "wrong",
    [TOKEN[:-10], TOKEN.replace(":", ""), f"bot{TOKEN}", f"{TOKEN} {TOKEN}", f'"{TOKEN}"', "", "é"],
)
def test_wrong_token(wrong, example, tmp_path):
    """A token that can't be one is refused without being shown."""
    (tmp_path / "token.txt").write_text(wrong, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        read_token(example, {})
    assert "token.txt" in str(caught.value)
    assert TOKEN[10:24] not in str(caught.value)
    if wrong:
        with pytest.raises(UserError, match="VESTIBULE_TOKEN") as caught:
            read_token(example, {"VESTIBULE_TOKEN": wrong})
        assert TOKEN[10:24] not in str(caught.value)


@pytest.mark.parametrize("wrong", [TOKEN, f"bot{TOKEN}", TOKEN[:-12]])
def test_token_in_the_configuration(wrong, said):
    """A token in the place of its file's name is not shown."""
    sentence = said(_changed("telegram.token_file", f'"{wrong}"'))
    assert "must be the name of a file with the token" in sentence
    assert TOKEN[10:20] not in sentence
    assert TOKEN not in said(f'[telegram]\ntoken = "{TOKEN}"')


def test_no_token_in_the_configuration_object(example, tmp_path):
    """What prints the configuration can't print the token."""
    (tmp_path / "token.txt").write_text(TOKEN, encoding="utf-8")
    read_token(example, {})
    assert TOKEN not in repr(example)
