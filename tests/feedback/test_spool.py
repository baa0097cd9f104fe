"""The spool: what was kept outlives the process, is read once, and costs no answer."""

from __future__ import annotations

import fcntl
import os
import stat
from pathlib import Path
from unittest.mock import patch

import pytest

from cds_service.feedback import spool as module
from cds_service.feedback.spool import Spool


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Name a folder that is not there yet."""
    return tmp_path / "var" / "spool"


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*"))


def abandon(spool: Spool) -> None:
    """Let go of the locks without a word, as the death of a process does."""
    assert spool._current is not None
    os.close(spool._current.handle)


def left(folder: Path) -> list[list[bytes]]:
    return list(Spool(folder).orphans())


def test_what_a_dead_process_kept_is_read_once(folder: Path) -> None:
    dead = Spool(folder)
    dead.keep(b"one")
    dead.keep(b"two")
    assert left(folder) == []  # it lives
    abandon(dead)
    assert left(folder) == [[b"one", b"two"]]
    assert files(folder) == []


def test_what_nobody_has_finished_reading_stays(folder: Path) -> None:
    dead = Spool(folder)
    dead.keep(b"one")
    abandon(dead)
    reading = Spool(folder).orphans()
    assert next(reading) == [b"one"]
    assert left(folder) == []  # it is being read
    reading.close()
    assert left(folder) == [[b"one"]]


def test_a_file_whose_lines_are_all_written_is_emptied_and_goes_at_the_end(folder: Path) -> None:
    spool = Spool(folder)
    one, two = spool.keep(b"one"), spool.keep(b"two")
    assert one is two
    assert one is not None
    spool.done(one)
    (path,) = files(folder)
    assert path.read_bytes() == b"one\ntwo\n"
    spool.done(one)
    assert path.read_bytes() == b""
    spool.close()
    assert files(folder) == []


def test_what_is_not_written_at_the_end_stays_for_the_next_process(folder: Path) -> None:
    spool = Spool(folder)
    spool.keep(b"one")
    spool.close()
    spool.close()
    assert left(folder) == [[b"one"]]


def test_a_line_without_room_in_the_queue_is_read_from_its_file(folder: Path) -> None:
    spool = Spool(folder)
    first = spool.keep(b"one")
    second = spool.keep(b"two")
    assert first is not None
    assert second is not None
    spool.leave(second)
    assert left(folder) == []  # the first line is on its way to the database
    third = spool.keep(b"three")
    assert third is not second
    spool.done(first)
    assert spool.has_left
    assert left(folder) == [[b"one", b"two"]]


def test_the_only_line_may_be_left_too(folder: Path) -> None:
    spool = Spool(folder)
    segment = spool.keep(b"one")
    assert segment is not None
    spool.leave(segment)
    assert left(folder) == [[b"one"]]


def test_a_long_file_is_followed_by_another(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST", 8)
    spool = Spool(folder)
    first, _ = spool.keep(b"12345678"), spool.keep(b"more")
    assert first is not None
    assert len(files(folder)) == 2
    spool.done(first)
    assert [path.read_bytes() for path in files(folder)] == [b"more\n"]


def test_a_folder_that_is_full_takes_no_more(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST", 8)
    monkeypatch.setattr(module, "MOST", 16)
    spool = Spool(folder)
    kept = [spool.keep(b"12345678") for _ in range(3)]
    assert [bool(one) for one in kept] == [True, True, False]
    assert spool.failing
    assert kept[0] is not None
    spool.done(kept[0])
    assert spool.keep(b"again")
    assert not spool.failing


def test_half_a_line_ends_its_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full may take a part of it."""
    spool = Spool(folder)
    first = spool.keep(b"first")
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, line: write(handle, line[:3]))
    assert spool.keep(b"second") is None
    assert spool.failing
    monkeypatch.undo()
    assert spool.keep(b"third") is not first
    assert first is not None
    spool.done(first)
    assert left(folder) == [[b"first", b"sec"]]


def test_half_a_line_alone_ends_its_file_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool(folder)
    monkeypatch.setattr(os, "write", lambda *_: 0)
    assert spool.keep(b"second") is None
    assert left(folder) == [[]]


def test_nobody_else_may_read_it(folder: Path) -> None:
    Spool(folder).keep(b"one")
    (path,) = files(folder)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_without_a_folder_nothing_is_kept() -> None:
    spool = Spool(None)
    assert spool.keep(b"one") is None
    assert not spool.failing
    assert list(spool.orphans()) == []


def test_a_folder_that_cannot_be_made_is_told_and_stops_nothing(folder: Path) -> None:
    folder.parent.write_text("in the way", encoding="utf-8")
    spool = Spool(folder)
    assert spool.keep(b"one") is None
    assert spool.failing
    assert list(spool.orphans()) == []


def test_a_file_that_goes_away_or_cannot_be_read_stops_nothing(folder: Path) -> None:
    dead = Spool(folder)
    dead.keep(b"one")
    abandon(dead)
    with patch.object(Path, "read_bytes", side_effect=OSError):
        assert left(folder) == []
    (folder / "gone.jsonl").symlink_to(folder / "nothing")
    assert left(folder) == [[b"one"]]
    Spool(folder).keep(b"two")


def test_what_is_no_file_of_ours_is_not_read_and_told(
    folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading it could wait for ever, fill the memory, or bring in another one's words."""
    folder.mkdir(parents=True)
    os.mkfifo(folder / "pipe.jsonl")
    (folder / "folder.jsonl").mkdir()
    (folder / "link.jsonl").symlink_to("/dev/zero")
    monkeypatch.setattr(module, "LARGEST", 8)
    (folder / "huge.jsonl").write_bytes(bytes(17))
    assert left(folder) == []
    assert caplog.text.count("spool file not read") == 4
    assert len(files(folder)) == 4


def test_a_file_that_may_not_be_removed_is_emptied(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = Spool(folder)
    dead.keep(b"one")
    abandon(dead)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", denied)
        assert left(folder) == [[b"one"]]
    assert left(folder) == [[]]


def test_where_there_are_no_locks_nothing_is_left_open_or_lying(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(folder)
    open_files = len(list(Path("/proc/self/fd").iterdir()))
    monkeypatch.setattr(fcntl, "flock", denied)
    assert [spool.keep(b"one") for _ in range(3)] == [None] * 3
    assert files(folder) == []
    (folder / "dead.jsonl").write_bytes(b"two\n")
    assert left(folder) == []
    assert len(list(Path("/proc/self/fd").iterdir())) == open_files


def test_a_file_that_somebody_tidied_away_is_followed_by_another(folder: Path) -> None:
    spool = Spool(folder)
    first = spool.keep(b"one")
    files(folder)[0].unlink()
    assert spool.keep(b"two") is not first
    abandon(spool)
    assert left(folder) == [[b"two"]]


def denied(*_: object, **__: object) -> None:
    raise PermissionError
