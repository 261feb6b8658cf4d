"""Accounts, passwords, lock-out, sessions, origins and the certificate, each by itself."""

import getpass
import io
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from headworks import paths
from headworks.cli.main import main
from headworks.faces.people import lockout
from headworks.faces.people.accounts import AccountFile, Accounts, AccountsError, User, checked_name
from headworks.faces.people.lockout import LockOut
from headworks.faces.people.roles import Role
from headworks.faces.people.secrets_of import WeakPasswordError, fits, hashed, new_token, nobody
from headworks.faces.web import sessions
from headworks.faces.web.certificate import CertificateError, own_certificate
from headworks.faces.web.origins import host_ok, origin_ok
from headworks.faces.web.sessions import Sessions


def test_no_account_ships(tmp_path: Path) -> None:
    """Without a file nobody may sign in, and reading makes none."""
    assert AccountFile(tmp_path / "users.json").read() == Accounts()
    assert list(tmp_path.iterdir()) == []


def test_the_file_is_for_its_owner_alone_and_holds_no_password(tmp_path: Path) -> None:
    """Mode 0600, and only an argon2id hash of what was typed."""
    file = AccountFile(tmp_path / "users.json")
    file.write(Accounts({"ayesha": User("ayesha", Role.ADMIN, hashed("correct horse"))}))
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    text = file.path.read_text()
    assert "correct horse" not in text
    assert "$argon2id$" in text
    assert AccountFile(file.path).read().users["ayesha"].role is Role.ADMIN
    assert [entry.name for entry in tmp_path.iterdir()] == ["users.json"]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", pytest.param("[" * 100_000, id="nested"), '{"users": []}', '{"users": [{"name": 1}], "tokens": []}',
             '{"users": [{"name": "x", "role": "king", "secret": ""}], "tokens": []}'],
)  # fmt: skip
def test_a_damaged_file_is_an_error_with_a_way_out(text: str, tmp_path: Path) -> None:
    """Damage lets nobody in, and says what to do."""
    path = tmp_path / "users.json"
    path.write_text(text)
    with pytest.raises(AccountsError, match="restore it, or move it away"):
        AccountFile(path).read()


@pytest.mark.parametrize("name", ["", " a", "a\n", "\x1b[2J", "x" * 65, "a\u202eb"])
def test_a_name_that_could_steer_a_screen_is_refused(name: str) -> None:
    """Names stand in logs, terminals and on lock-outs."""
    with pytest.raises(AccountsError):
        checked_name(name)


def test_only_the_right_password_fits() -> None:
    """argon2 decides; a hash of nobody fits nothing, and rubbish is no hash."""
    secret = hashed("correct horse")
    assert fits(secret, "correct horse")
    assert not fits(secret, "correct hors")
    assert not fits(nobody(), "")
    assert not fits("rubbish", "rubbish")
    assert len({new_token() for _ in range(100)}) == 100


@pytest.mark.parametrize("password", ["short", "", "aaaaaaaaaaaa", "x" * 257])
def test_a_password_that_is_easily_guessed_is_refused(password: str) -> None:
    """Too short, too long, or the same letter again and again."""
    with pytest.raises(WeakPasswordError):
        hashed(password)


def test_lock_out_grows_and_is_forgotten() -> None:
    """Five free tries, then a wait that doubles up to a quarter of an hour; others are not hit."""
    lock, now_s, waits = LockOut(), 0.0, []
    for _ in range(14):
        now_s += lock.wait_s("ayesha", "10.0.0.9", now_s)
        lock.failed("ayesha", "10.0.0.9", now_s)
        waits.append(lock.wait_s("ayesha", "10.0.0.9", now_s))
    assert waits[:6] == [0.0, 0.0, 0.0, 0.0, 30.0, 60.0]
    assert waits == sorted(waits)
    assert waits[-1] == lockout.LONGEST_WAIT_S
    assert lock.wait_s("ayesha", "10.0.0.1", now_s) == 0.0
    assert lock.wait_s("bilal", "10.0.0.9", now_s) == 0.0
    now_s += lockout.FORGET_S + 1.0
    lock.failed("ayesha", "10.0.0.9", now_s)
    assert lock.wait_s("ayesha", "10.0.0.9", now_s) == 0.0


def test_many_names_from_one_address_and_many_addresses_at_one_name_wait_too() -> None:
    """Neither spreading over names nor over addresses goes round the lock-out."""
    lock = LockOut()
    for number in range(lockout.FREE["address"]):
        lock.failed(f"name {number}", "10.0.0.9", 0.0)
    assert lock.wait_s("fresh", "10.0.0.9", 0.0) > 0.0
    for number in range(lockout.FREE["name"]):
        lock.failed("ayesha", f"10.0.1.{number}", 0.0)
    assert lock.wait_s("ayesha", "10.0.2.1", 0.0) > 0.0


def test_the_memory_of_guesses_is_bounded() -> None:
    """A flood of names leaves a bounded number of counts."""
    lock = LockOut()
    for number in range(lockout.MOST * 2):
        lock.failed(f"name {number}", f"address {number}", 0.0)
    assert len(lock._counts) <= lockout.MOST


def test_a_flood_of_names_does_not_wipe_out_a_count() -> None:
    """Whoever guesses at one name cannot make room for more guesses with names that nobody has."""
    lock = LockOut()
    for number in range(lockout.FREE["name"]):
        lock.failed("ayesha", f"10.0.1.{number}", 0.0)
    for number in range(lockout.MOST):
        lock.failed(f"name {number}", f"fe80::{number:x}", 1.0)
    assert lock.wait_s("ayesha", "10.0.2.1", 1.0) > 0.0


def test_a_stranger_locks_nobody_out_of_a_place_where_they_have_signed_in() -> None:
    """A name that many addresses guess at waits elsewhere, not where its owner was before."""
    lock = LockOut()
    lock.passed("ayesha", "10.0.0.5")
    for number in range(lockout.FREE["name"]):
        lock.failed("ayesha", f"10.0.1.{number}", 0.0)
    assert lock.wait_s("ayesha", "10.0.0.6", 0.0) > 0.0
    assert lock.wait_s("ayesha", "10.0.0.5", 0.0) == 0.0
    for _ in range(lockout.FREE["pair"]):
        lock.failed("ayesha", "10.0.0.5", 0.0)
    assert lock.wait_s("ayesha", "10.0.0.5", 0.0) > 0.0
    for number in range(lockout.MOST_KNOWN * 2):
        lock.passed("ayesha", f"10.0.3.{number}")
    assert len(lock._known) == lockout.MOST_KNOWN


def test_sessions_end_by_themselves_and_are_few() -> None:
    """After a shift without a request, after a day in any case, and the oldest of too many."""
    held = Sessions()
    key, _ = held.open("ayesha", "s", 0.0)
    assert held.get(key, sessions.IDLE_S) is not None
    assert held.get(key, 2 * sessions.IDLE_S + 1.0) is None
    key, _ = held.open("ayesha", "s", 0.0)
    at_s = 0.0
    while at_s < sessions.LONGEST_S:
        assert held.get(key, at_s) is not None
        at_s += sessions.IDLE_S / 2
    assert held.get(key, sessions.LONGEST_S + 1.0) is None
    first, _ = held.open("bilal", "s", 0.0)
    for _ in range(sessions.MOST_OF_ONE):
        held.open("bilal", "s", 0.0)
    assert held.get(first, 1.0) is None
    for number in range(sessions.MOST + 10):
        held.open(f"n{number}", "s", 0.0)
    assert len(held._held) == sessions.MOST


@pytest.mark.parametrize(
    ("host", "right"),
    [
        *(("localhost", True), ("localhost:8080", True), ("LOCALHOST", True), ("127.0.0.1", True)),
        *(("[::1]:8443", True), ("10.0.0.5:8443", True), ("pi.local", True), ("pi.local.", True)),
        *(("10.0.0.6", False), ("evil.example", False), ("localhost.evil.example", False)),
        *(("", False), ("a b", False), ("localhost:99999999", False), ("localhost@evil", False)),
        *(("localhost/evil", False), ("[::2]", False), ("pi.local:x", False), ("1", False)),
    ],
)
def test_hosts(host: str, right: bool) -> None:
    """Only names of this machine, and the very address at which it was reached."""
    names = frozenset({"localhost", "127.0.0.1", "::1", "pi.local"})
    assert host_ok(host, names, "10.0.0.5") is right


def test_an_address_is_that_of_ipv4_through_a_server_of_ipv6() -> None:
    """A server at [::] hears IPv4 too, and is told that address in the way of IPv6."""
    assert host_ok("10.0.0.5:8443", frozenset(), "::ffff:10.0.0.5")
    assert not host_ok("10.0.0.6:8443", frozenset(), "::ffff:10.0.0.5")
    assert not host_ok("evil.example", frozenset(), "::ffff:10.0.0.5")


@pytest.mark.parametrize(
    ("origin", "right"),
    [
        ("https://pi.local:8443", True),
        *(("http://pi.local:8443", False), ("https://pi.local", False), ("null", False)),
        *(("https://pi.local:8443/", False), ("https://pi.local:8443.evil", False), ("", False)),
        *(("https://x@pi.local:8443", False), ("https://[", False)),
    ],
)
def test_origins(origin: str, right: bool) -> None:
    """Scheme, host and port are the page's own, and nothing stands beside them."""
    assert origin_ok(origin, "https", "pi.local:8443") is right


def test_the_certificate_is_made_once_and_its_key_is_secret(tmp_path: Path) -> None:
    """The fingerprint that people have compared never changes by itself."""
    first = own_certificate(tmp_path, ["pi.local", "10.0.0.5"])
    assert "is new" in first.notes[0]
    assert own_certificate(tmp_path, ["other"]) == first._replace(notes=())
    assert stat.S_IMODE(first.key.stat().st_mode) == 0o600
    made = x509.load_pem_x509_certificate(first.cert.read_bytes())
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["pi.local"]
    assert len(first.fingerprint.split(":")) == 32
    first.cert.write_text("rubbish")
    with pytest.raises(CertificateError, match="damaged; remove it"):
        own_certificate(tmp_path, [])


@pytest.mark.parametrize("what", ["rubbish", "another", "locked", "missing"])
def test_a_key_that_does_not_serve_is_told_and_left(tmp_path: Path, what: str) -> None:
    """A page that cannot begin TLS says which file and what to do, and neither replaces somebody's
    key nor makes another certificate that nobody has compared."""
    first = own_certificate(tmp_path / "page", [])
    other = own_certificate(tmp_path / "other", [])
    kept = first.cert.read_bytes()
    if what == "missing":
        first.key.unlink()
    elif what == "locked":
        secret = serialization.load_pem_private_key(first.key.read_bytes(), None)
        locked = serialization.BestAvailableEncryption(b"abcd")
        form = serialization.PrivateFormat.PKCS8
        first.key.write_bytes(secret.private_bytes(serialization.Encoding.PEM, form, locked))
    else:
        first.key.write_text("rubbish" if what == "rubbish" else other.key.read_text())
    with pytest.raises(CertificateError, match=r"web-key\.pem is .*another fingerprint"):
        own_certificate(tmp_path / "page", [])
    assert first.cert.read_bytes() == kept
    if what in ("rubbish", "locked"):  # likewise where the certificate is gone
        first.cert.unlink()
        there = first.key.read_bytes()
        with pytest.raises(CertificateError, match=r"web-key\.pem is"):
            own_certificate(tmp_path / "page", [])
        assert first.key.read_bytes() == there


def test_a_certificate_is_made_for_the_key_that_is_there(tmp_path: Path) -> None:
    """A first start that was cut off between the two files goes on with the key that it has."""
    first = own_certificate(tmp_path, [])
    key = first.key.read_bytes()
    first.cert.unlink()
    again = own_certificate(tmp_path, [])
    assert again.key.read_bytes() == key
    assert again.fingerprint != first.fingerprint
    assert "is new" in again.notes[0]


def test_dates_of_a_certificate_are_told(tmp_path: Path) -> None:
    """An expired certificate, or one that a wrong clock finds too young, serves and is told."""
    own_certificate(tmp_path, [])
    for year, word in ((1970, "clock of this machine"), (2030, ""), (2060, "has expired")):
        now = datetime(year, 1, 1, tzinfo=UTC)
        notes = own_certificate(tmp_path, [], now).notes
        assert word in " ".join(notes)
        assert bool(notes) is bool(word)


def without(modules: str, *words: str) -> subprocess.CompletedProcess[str]:
    """A `headworks` command where these packages are not installed."""
    code = f"import sys; sys.modules |= dict.fromkeys({modules!r}.split())"
    code += f"; from headworks.cli.main import main; sys.exit(main({[*words]!r}))"
    return subprocess.run(
        [sys.executable, "-c", code],
        input="correct horse\n", text=True, capture_output=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("module", ["hypercorn", "cryptography"])
def test_without_the_extra_it_is_said_in_a_line(module: str) -> None:
    """A station without the page's packages says what to install."""
    done = without(module, "web")
    assert done.returncode != 0
    assert "is not installed; run: pip install 'headworks[web]'" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("words", [["add", "x", "--password-stdin"], ["token", "x"]])
def test_who_may_act_is_kept_without_the_page(tmp_path: Path, words: list[str]) -> None:
    """A token for MQTT, or a person, takes none of the page's packages."""
    page = "starlette hypercorn prometheus_client"
    done = without(page, "user", *words, "--state", str(tmp_path))
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    assert "x" in AccountFile(tmp_path / "users.json").read()[words[0] == "token"]


@pytest.mark.parametrize("face", ["web", "console", "mqtt"])
def test_a_service_reads_the_people_and_cannot_write_them(face: str) -> None:
    """Each unit names the folder that commands take, and mounts it read-only."""
    unit = (UNITS / f"headworks-{face}.service").read_text(encoding="utf-8").splitlines()
    people = str(paths.SERVICE_PEOPLE)
    assert f"StateDirectory=headworks-{face} {paths.SERVICE_PEOPLE.name}" in unit
    assert f"ReadOnlyPaths={people}" in unit
    assert any(f"HEADWORKS_PEOPLE={people} " in line for line in unit)


def test_everybody_is_in_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That of the services, for the page, the console and MQTT; but one's own where it is used."""
    shared, own = tmp_path / "shared", tmp_path / "own"
    for name in ("HEADWORKS_STATE", "STATE_DIRECTORY", "HEADWORKS_PEOPLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(own))
    monkeypatch.setattr(paths, "SERVICE_PEOPLE", shared)
    assert paths.people_dir() == own / "headworks"
    shared.mkdir()
    assert paths.people_dir() == shared
    (own / "headworks").mkdir(parents=True)
    (own / "headworks" / "pins.json").write_text("{}")
    assert paths.people_dir() == own / "headworks"
    monkeypatch.setenv("STATE_DIRECTORY", f"{tmp_path}/web:{shared}")
    monkeypatch.setenv("HEADWORKS_PEOPLE", str(shared))
    assert (paths.state_dir(), paths.people_dir()) == (tmp_path / "web", shared)
    monkeypatch.delenv("HEADWORKS_PEOPLE")
    monkeypatch.setenv("HEADWORKS_STATE", str(own))
    assert paths.people_dir() == own


UNITS = Path(__file__).parents[2] / "host" / "systemd"
Ran = tuple[int, str, str]  # exit code, output, errors


@pytest.fixture
def user(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Ran]:
    """Runs `headworks user` on a folder of its own."""

    def run(*words: str, text: str = "") -> Ran:
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))
        code = main(["user", *words, "--state", str(tmp_path)])
        return code, *capsys.readouterr()

    return run


def test_user_commands(user: Callable[..., Ran], tmp_path: Path) -> None:
    """Add, list, a token that is shown once, remove; every mistake is one line."""
    assert "nobody may act yet" in user("list")[2]
    added = user("add", "ayesha", "--role", "operator", "--password-stdin", text="correct horse\n")
    kept = f"kept in {tmp_path}/users.json"
    assert added == (0, f"ayesha may sign in as operator; {kept}\n", "")
    secret = user("token", "grafana")[1].strip()
    assert secret.startswith("hw_")
    assert secret not in (tmp_path / "users.json").read_text()
    assert user("list")[1] == "ayesha\toperator\tuser\ngrafana\tviewer\ttoken\n"
    for words, cause in (
        (("add", "x", "--role", "king", "--password-stdin"), "there are viewer, technician"),
        (("add", "x", "--password-stdin"), "10 to 256 characters"),
        (("token", "ayesha"), "is there already"),
        (("remove", "nobody"), "there is ayesha, grafana"),
    ):
        code, _, said = user(*words, text="short\n")
        assert code == 1
        assert cause in said
        assert said.count("\n") == 1
    assert user("remove", "grafana")[0] == 0
    assert user("list")[1] == "ayesha\toperator\tuser\n"


@pytest.mark.parametrize(
    ("words", "bad"), [(("add", "ayesha"), "short"), (("pin", "ayesha"), "123456")]
)
def test_what_will_not_do_is_said_before_it_is_typed_again(
    words: tuple[str, ...], bad: str, user: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A weak password or PIN is asked for once, and nothing is kept."""
    asked: list[str] = []
    monkeypatch.setattr(getpass, "getpass", lambda what: asked.append(what) or bad)
    code, _, said = user(*words, "--role", "operator")
    assert (code, said.count("\n"), len(asked)) == (1, 1, 1)
    assert "ayesha" not in user("list")[1]


@pytest.mark.parametrize("what", ["add", "pin"])
def test_without_a_terminal_a_pipe_is_not_asked_like_a_person(what: str, tmp_path: Path) -> None:
    """No warning of Python's and no echo: one line says how to give it."""
    words = ["user", what, "ayesha", "--role", "operator", "--state", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "headworks", *words], input="correct horse\n" * 2, text=True,
        capture_output=True, start_new_session=True, check=False,
    )  # fmt: skip
    option = "--password-stdin" if what == "add" else "--pin-stdin"
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert f"add {option}" in done.stderr


@pytest.mark.parametrize("words", [("add", "ayesha"), ("pin", "ayesha")])
def test_who_is_removed_while_somebody_types_stays_removed(
    words: tuple[str, str], user: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A password takes its time to type; what others changed meanwhile is not undone by it."""
    secret = "corrrect horse\n" if words[0] == "add" else "274913\n"
    options = (f"--{'password' if words[0] == 'add' else 'pin'}-stdin", "--role", "operator")
    assert user(words[0], "eve", *options, text=secret)[0] == 0

    def typed(_: str) -> str:
        if "eve" in user("list")[1]:
            assert user("remove", "eve")[0] == 0
        return secret.strip()

    monkeypatch.setattr(getpass, "getpass", typed)
    assert user(*words, "--role", "operator")[0] == 0
    assert "ayesha" in user("list")[1]
    assert "eve" not in user("list")[1]
