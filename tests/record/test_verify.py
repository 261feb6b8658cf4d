"""What was changed in the records is found, and the first broken record is named."""

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from headworks.model.site import RecordSpec
from headworks.record.chain import canonical, digest
from headworks.record.journal import JournalStore
from headworks.record.reading import Span, entries
from headworks.record.seal import KeyFileError, key_of, load_key
from headworks.record.stamp import Clock, Entry, Stamp
from headworks.record.verify import Report, verify
from record.kept import day, keep
from record.scans import WALL_S, a_site, scans


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two hours of records; tests damage copies of it."""
    folder = tmp_path_factory.mktemp("records")
    day(folder)
    return folder


@pytest.fixture
def folder(good: Path, tmp_path: Path) -> Path:
    target = tmp_path / "records"
    shutil.copytree(good, target)
    return target


def change(folder: Path, *statements: str, name: str = "journal.db") -> None:
    """Run SQL as a person with the file in hands would: the guards out of the way, then back."""
    with sqlite3.connect(folder / name) as connection:
        guards = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall()
        for guard, _ in guards:
            connection.execute(f"DROP TRIGGER {guard}")
        for statement in statements:
            connection.execute(statement)
        for _, sql in guards:
            connection.execute(sql)
    connection.close()


def bodies(folder: Path) -> dict[int, dict[str, Any]]:
    return {entry["seq"]: entry for entry in entries(folder)}


def test_good_records_are_good(good: Path) -> None:
    """Nothing is broken; everything that was kept was looked at."""
    report = verify(good)
    assert report.broken == ()
    assert report.entries == max(bodies(good)) > 20
    assert report.intervals == 8
    assert report.seals == 1
    assert report.sealed_to == report.entries
    assert report.sample_rows > 1500
    assert report.recordings >= 12
    assert report.key == load_key(good).public


def test_every_field_of_every_entry_is_guarded(folder: Path) -> None:
    """Whatever is changed in an entry, on whatever level, its number is in the finding."""
    before = folder.with_name("before.db")
    shutil.copyfile(folder / "journal.db", before)
    tried = 0
    for seq, entry in bodies(folder).items():
        entry.pop("hash")
        for changed in variants(entry):
            text = canonical(changed).replace("'", "''")
            change(folder, f"UPDATE journal SET body = '{text}' WHERE seq = {seq}")
            assert first(verify_chain(folder)).startswith(f"journal entry {seq} "), changed
            shutil.copyfile(before, folder / "journal.db")
            tried += 1
        if tried > 90:
            break
    assert tried > 90


def variants(value: Any) -> Iterator[Any]:
    """The same structure with one leaf changed, one key missing or one more."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in ("seq",):
                continue
            yield {k: v for k, v in value.items() if k != key}
            for other in variants(item):
                yield {**value, key: other}
        yield {**value, "more": 1}
    elif isinstance(value, str):
        yield value + "x"
    elif isinstance(value, bool) or value is None:
        yield 1
    elif isinstance(value, int | float):
        yield value + 1


def verify_chain(folder: Path) -> Report:
    """Only the journal: the rest is good and takes its time."""
    bare = folder.with_name("bare")
    bare.mkdir(exist_ok=True)
    shutil.copyfile(folder / "journal.db", bare / "journal.db")
    shutil.copyfile(folder / "seal.key", bare / "seal.key")
    return verify(bare)


def first(report: Report) -> str:
    return report.broken[0] if report.broken else ""


def test_a_hash_that_was_worked_out_again_is_found_at_the_next_entry(folder: Path) -> None:
    """A changed entry with a fitting hash breaks the chain at the one after it."""
    entry = bodies(folder)[5]
    previous, hash_ = bodies(folder)[4]["hash"], entry.pop("hash")
    text = canonical({**entry, "note": "nothing happened"})
    assert digest(previous, text) != hash_
    change(
        folder,
        f"UPDATE journal SET body = '{text}', hash = '{digest(previous, text)}' WHERE seq = 5",
    )
    assert first(verify(folder)).startswith("journal entry 6 ")


def forged(folder: Path, change_of: Callable[[dict[str, Any]], None]) -> None:
    """Write the whole chain again with a change: every hash fits."""
    old = list(bodies(folder).values())
    (folder / "journal.db").unlink()
    for suffix in ("-wal", "-shm"):
        (folder / f"journal.db{suffix}").unlink(missing_ok=True)
    store = JournalStore(folder / "journal.db")
    for entry in old:
        change_of(entry)
        stamp = Stamp(entry["boot"], entry["t_s"], entry["wall_s"], Clock(entry["clock"]))
        given = {k: v for k, v in entry.items() if k in Entry._fields}
        store.append([(stamp, Entry(**given))])
    store.forget()


def test_a_history_that_was_written_again_needs_the_key(folder: Path) -> None:
    """With all hashes right, the seal does not fit any more; with another key, the key not."""

    def lie(entry: dict[str, Any]) -> None:
        if entry["seq"] == 7:
            entry["note"] = "nothing happened"

    forged(folder, lie)
    assert "it seals another entry" in first(verify_chain(folder))
    noted = load_key(folder).public
    (folder / "seal.key").unlink()
    other = key_of(folder)
    assert other.public != noted
    assert "another key" in first(verify_chain(folder)) or "it seals" in first(verify_chain(folder))
    assert "another key" in first(verify(folder, key=other.public))


@pytest.mark.parametrize("field", ["site", "first", "last", "head", "key", "signature"])
def test_every_field_of_a_seal_is_guarded(folder: Path, field: str) -> None:
    """A seal with another figure is no seal, even where the chain around it was made to fit."""

    def lie(entry: dict[str, Any]) -> None:
        if entry["kind"] == "seal":
            old = entry["values"][field]
            entry["values"][field] = (
                old - 1 if isinstance(old, int) else f"{'0' if old[0] != '0' else '1'}{old[1:]}"
            )

    forged(folder, lie)
    assert "(2027-01-15" in first(verify_chain(folder))
    assert "signature" in first(verify_chain(folder)) or "seal" in first(verify_chain(folder))


def test_a_sum_that_is_wrong_is_found(folder: Path) -> None:
    """Figures of an interval that do not add up are named, with a chain that fits."""

    def lie(entry: dict[str, Any]) -> None:
        if entry["kind"] == "interval":
            entry["values"]["import"]["kwh"] += 5.0

    forged(folder, lie)
    assert any(
        "import has" in text and "ledger, interval" in text for text in verify(folder).broken
    )


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("DELETE FROM journal WHERE seq = 9", "journal entry 10 "),
        ("DELETE FROM journal WHERE seq = 1", "journal entry 2 "),
        ("DELETE FROM journal WHERE seq > 12", "had come to"),
        ("UPDATE journal SET hash = lower(hex(randomblob(32))) WHERE seq = 3", "journal entry 3 "),
        ("UPDATE journal SET seq = 1000 WHERE seq = 8", "journal entry 9 "),
        ("UPDATE journal SET body = '{}' WHERE seq = 4", "journal entry 4 "),
    ],
)
def test_missing_and_moved_entries_are_named(folder: Path, statement: str, told: str) -> None:
    """An entry that is gone, at the end too, or stands elsewhere is found."""
    change(folder, statement)
    assert told in first(verify(folder))


@pytest.mark.parametrize("trigger", ["journal_no_update", "journal_no_delete", "journal_next_only"])
def test_a_guard_that_is_gone_is_told(folder: Path, trigger: str) -> None:
    """The triggers that refuse changes are part of what is checked."""
    with sqlite3.connect(folder / "journal.db") as connection:
        connection.execute(f"DROP TRIGGER {trigger}")
    connection.close()
    assert any("triggers" in text for text in verify(folder).broken)


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE row SET data = CAST(data || x'00' AS BLOB) WHERE id % 64 = 3", "was changed"),
        ("DELETE FROM row WHERE id % 64 = 2", "was changed or belongs elsewhere"),
        ("UPDATE block SET wall_s = wall_s + 60 WHERE id = 2", "block 2"),
        ("UPDATE block SET boot = 'x' WHERE id = 2", "block 2"),
        ("UPDATE block SET clock = 'free' WHERE id = 2", "block 2"),
        ("UPDATE block SET step = step + 1 WHERE id = 2", "block 2"),
        ("UPDATE block SET t_s = t_s + 1 WHERE id = 2", "block 2"),
        ("UPDATE block SET tier = '10s' WHERE id = (SELECT min(id) FROM block)", "samples"),
        ("UPDATE names SET body = replace(body, 'a1.on', 'a9.on')", "samples"),
        ("DELETE FROM block WHERE id = 2", "belong to no block"),
    ],
)
def test_changed_samples_are_found(folder: Path, statement: str, told: str) -> None:
    """A row of samples, or what says when it was and of which channels, cannot be changed."""
    change(folder, statement, name="samples.db")
    assert any(told in text for text in verify(folder).broken)


def test_any_byte_of_a_file_that_matters_is_found(folder: Path) -> None:
    """Bytes all over the journal's pages: found, or nothing that is read has changed."""
    path = folder / "journal.db"
    data = path.read_bytes()
    before = bodies(folder)
    found = 0
    for at in range(0, len(data), max(1, len(data) // 150)):
        path.write_bytes(data[:at] + bytes([data[at] ^ 0x41]) + data[at + 1 :])
        try:
            broken = verify_chain(folder).broken
        except sqlite3.Error:
            broken = ("unreadable",)
        found += bool(broken)
        assert broken or bodies(folder) == before, at
    assert found > 30


def test_a_changed_recording_is_found(folder: Path) -> None:
    """A recording is checked line by line."""
    path = sorted((folder / "recorder").glob("*.rec"))[3]
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] + b"\0\0" + data[len(data) // 2 + 2 :])
    assert any(path.name in text for text in verify(folder).broken)


def test_a_span_is_checked_alone(folder: Path) -> None:
    """With a span, damage outside of it is not met, and damage inside is."""
    change(folder, "UPDATE journal SET hash = upper(hash) WHERE seq = 2")
    assert verify(folder, Span(WALL_S + 3600.0, WALL_S + 5400.0)).broken == ()
    assert verify(folder, Span(None, WALL_S + 3600.0)).broken != ()


def test_the_guards_refuse_changes(folder: Path) -> None:
    """No update, no delete, no replaced and no skipped entry: SQLite itself refuses."""
    connection = sqlite3.connect(folder / "journal.db")
    for statement in (
        "UPDATE journal SET body = '{}'",
        "DELETE FROM journal",
        "DELETE FROM journal WHERE seq = 1",
        "INSERT OR REPLACE INTO journal (seq, body, hash) VALUES (1, '{}', '')",
        "INSERT INTO journal (seq, body, hash) VALUES (9999, '{}', '')",
        "INSERT INTO journal (body, hash) VALUES ('{}', '')",
    ):
        with pytest.raises(sqlite3.IntegrityError, match=r"never changed|next entry"):
            connection.execute(statement)
    connection.close()


def test_no_code_changes_the_journal() -> None:
    """Nothing in the package updates or deletes entries."""
    package = Path(JournalStore.__init__.__code__.co_filename).parent
    texts = {path.name: path.read_text(encoding="utf-8") for path in package.glob("*.py")}
    assert "journal.py" in texts
    for text in texts.values():
        for words in ("UPDATE journal", "DELETE FROM journal", "REPLACE INTO journal", "DROP "):
            assert words not in text


def test_the_key_is_for_its_user_alone(tmp_path: Path) -> None:
    """0600, the same at the next start, and a damaged one is told with what to do."""
    key = key_of(tmp_path)
    path = tmp_path / "seal.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert key_of(tmp_path).public == key.public
    path.write_bytes(os.urandom(31))
    with pytest.raises(KeyFileError, match=r"31 bytes.*backup"):
        key_of(tmp_path)


def test_a_seal_a_day(tmp_path: Path) -> None:
    """Three days have a seal each and one at the end; each goes on where the last one ended."""
    keep(tmp_path, scans(74, every_s=3600.0, on=a_site(scan_s=10.0)))
    seals = [entry["values"] for entry in entries(tmp_path, kind="seal")]
    assert len(seals) == 4
    assert [s["first"] for s in seals] == [1, *(s["last"] + 1 for s in seals[:-1])]
    assert verify(tmp_path).broken == ()
    assert json.dumps(seals).count(load_key(tmp_path).public) == 4


def test_recordings_that_are_gone_are_missed(folder: Path) -> None:
    """One or all of them, from the ring or from a trip; each that ended is in the journal."""
    recorder = folder / "recorder"
    (one, *_), trip = sorted(recorder.glob("*.rec")), next(recorder.glob("trips/*/*.rec"))
    for path in (trip, one):
        held = path.with_suffix(".held")
        path.rename(held)
        assert first(verify(folder)) == f"recording {path} is gone"
        held.rename(path)
    assert verify(folder).broken == ()
    shutil.rmtree(recorder)
    assert first(verify(folder)).endswith(".rec is gone")


def test_a_recording_in_place_of_another_is_found(folder: Path) -> None:
    """It is whole in itself, but not the one that the journal knows."""
    one, two, *_ = sorted((folder / "recorder").glob("*.rec"))
    shutil.copyfile(two, one)
    assert first(verify(folder)) == f"recording {one} is not the one that the journal knows"


def test_a_ring_that_begins_anew_does_not_hide_the_old(folder: Path) -> None:
    """All were deleted, and the next run has written files of the same names."""
    keep(folder / "one", scans(300, every_s=10.0))
    shutil.rmtree(folder / "one" / "recorder")
    keep(folder / "one", scans(300, every_s=10.0))
    assert "one of this name was there before and is gone" in first(verify(folder / "one"))


def test_what_the_ring_lets_go_is_not_missed(tmp_path: Path) -> None:
    """The station itself removes the oldest, and says so in the journal."""
    site = a_site(RecordSpec(recorder_hours=0.0), scan_s=10.0)
    keep(tmp_path, scans(400, every_s=10.0, on=site), site)
    keep(tmp_path, scans(400, every_s=10.0, on=site), site)
    assert [e for e in entries(tmp_path) if e["kind"] == "recording-gone"]
    assert verify(tmp_path).broken == ()


def test_a_span_without_a_seal_claims_none(good: Path) -> None:
    """Nothing is sealed up to an entry that lies before the span."""
    report = verify(good, Span(from_s=WALL_S + 1e8))
    assert (report.entries, report.seals, report.sealed_to, report.notes) == (0, 0, 0, ())
