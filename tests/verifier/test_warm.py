"""Children of a process that has the decoders loaded: as confined as those that are started afresh, and as mortal."""

from __future__ import annotations

import os
import signal
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.verifier.printed import issue
from tests.verifier.test_reading import fault_of
from verifier.uploads import decoding, reading, warm
from verifier.uploads.reading import read_upload

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_S = 30.0


@cache
def document_of() -> bytes:
    """Return a certificate's document."""
    return issue()[2]


def wait_until_loaded(process: warm.Warm) -> None:
    """Wait until it takes an upload."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            with reading._memory_file() as given, reading._memory_file() as answered:  # noqa: SLF001 (as uploads come)
                process.run(given, answered, [], seconds=5)
        except warm.Cold:
            assert time.monotonic() < end, "it did not load"
            time.sleep(0.02)
        else:
            return


@pytest.fixture
def ready(monkeypatch: pytest.MonkeyPatch) -> Iterator[warm.Warm]:
    process = warm.Warm()
    monkeypatch.setattr(warm, "READY", process)
    process.start()
    wait_until_loaded(process)
    yield process
    process.stop()


@pytest.fixture
def afresh(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count the processes that are started for one upload."""
    started: list[str] = []
    run = reading._run_child  # noqa: SLF001 (the slow way)

    def counted(*arguments: object) -> bool:
        started.append("afresh")
        return run(*arguments)  # type: ignore[arg-type]  # As they came.

    monkeypatch.setattr(reading, "_run_child", counted)
    return started


def loaded(process: warm.Warm) -> int:
    """Return the number of the process that has the decoders loaded."""
    assert process._process is not None  # noqa: SLF001 (nobody else asks)
    return process._process.pid  # noqa: SLF001 (as above)


def test_it_reads_what_a_process_of_its_own_reads(ready: warm.Warm, afresh: list[str]) -> None:
    pdf = document_of()
    found = read_upload(pdf)
    assert found.certificates
    assert afresh == []
    ready.stop()
    assert read_upload(pdf) == found
    assert afresh == ["afresh"]


def test_it_has_one_thread_and_no_open_file_but_its_socket(ready: warm.Warm) -> None:
    folder = Path("/proc", str(loaded(ready)))
    assert len(list((folder / "task").iterdir())) == 1
    open_files = sorted(str(file.readlink()) for file in (folder / "fd").iterdir())
    assert [name for name in open_files if not name.startswith("/dev/null")] == [
        name for name in open_files if name.startswith("socket:")
    ]
    assert sum(name.startswith("socket:") for name in open_files) == 1


def test_a_child_that_has_no_end_is_ended_and_the_next_upload_is_read(
    ready: warm.Warm, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = loaded(ready)
    monkeypatch.setattr(reading, "WALL_CLOCK_S", 0.0)
    assert fault_of(b"%PDF-1.7") == "read.limits"
    monkeypatch.undo()
    monkeypatch.setattr(warm, "READY", ready)
    # A new one has taken the place of the process whose child did not come to a good end.
    assert loaded(ready) != before
    wait_until_loaded(ready)
    assert read_upload(document_of()).certificates


def test_when_it_dies_uploads_are_read_the_slow_way_until_there_is_another(ready: warm.Warm, afresh: list[str]) -> None:
    os.kill(loaded(ready), signal.SIGKILL)
    assert read_upload(document_of()).certificates
    assert afresh == ["afresh"]
    wait_until_loaded(ready)
    assert read_upload(document_of()).certificates
    assert afresh == ["afresh"]


def test_its_children_are_under_the_same_limits(ready: warm.Warm, tmp_path: Path) -> None:
    """Stop a child while it reads: the limits are set before it does."""
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as given, (tmp_path / "answer").open("wb") as answered:
        child = ready._fork(given.fileno(), answered.fileno(), [])  # noqa: SLF001 (so that it can be looked at)
        try:
            number = int(Path(f"/proc/self/fdinfo/{child}").read_text("utf-8").split("Pid:")[1].split()[0])
            end = time.monotonic() + PATIENCE_S
            while (limits := limits_of(number))["address space"] != decoding.MEMORY:
                assert time.monotonic() < end, limits
                time.sleep(0.01)
            assert limits["cpu time"] == decoding.CPU_S
            assert limits["file size"] == decoding.OUTPUT
            assert limits["open files"] == 64
            status = Path(f"/proc/{number}/status").read_text("utf-8")
            assert status.split("NoNewPrivs:")[1].split()[0] == "1"
            assert {str(file.readlink()) for file in Path(f"/proc/{number}/fd").iterdir()} <= {
                *(str(Path(f"/proc/self/fd/{file.fileno()}").readlink()) for file in (given, answered)),
                "/dev/null",
            }
        finally:
            signal.pidfd_send_signal(child, signal.SIGKILL)
            os.close(child)
            os.close(writer)


def limits_of(process: int) -> dict[str, int]:
    """Return a process's limits by their names, as far as they are set."""
    found = {}
    for line in Path(f"/proc/{process}/limits").read_text("utf-8").splitlines()[1:]:
        name, soft = line[:25].strip().lower().removeprefix("max "), line[26:46].strip()
        found[name] = int(soft) if soft.isdigit() else -1
    return found


def test_it_ends_when_the_service_does(ready: warm.Warm) -> None:
    process = ready._process  # noqa: SLF001 (as above)
    assert process is not None
    assert ready._control is not None  # noqa: SLF001 (as above)
    ready._control.close()  # noqa: SLF001 (as the system does when the service is killed)
    assert process.wait(PATIENCE_S) == 0


def test_the_command_line_starts_none() -> None:
    with pytest.raises(warm.Cold), reading._memory_file() as given, reading._memory_file() as answered:  # noqa: SLF001
        warm.READY.run(given, answered, [], seconds=1)
