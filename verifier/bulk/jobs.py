"""Bulk checks on the disk, so that any process of the service can tell of them, and nobody can read them afterwards.

A job is a folder. Its name and the key that everything in it is encrypted with are both derived from the job's id
(HKDF-SHA256, RFC 5869), which is 256 random bits and stands in the job's URL only: whoever has the folder has neither
names nor verdicts. What is in clear is when it may be swept away and when its process was last alive.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from chain import base64url
from verifier import private_files
from verifier.bulk.lines import Line, line_from

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

KEPT_S = 3600
"""How long after its end a job is kept at most."""
KEPT_AFTER_DOWNLOAD_S = 600
"""How long after the first download: long enough to repeat one that broke off, and to take the other kinds of file."""
ALIVE_S = 60
"""How long a job may be silent before its process is given up."""
_ID_BYTES = 32
_NONCE = 12
_STATE, _INPUT, _LINES = "state", "input-", "lines-"
_UNTIL, _ALIVE, _CANCELLED = "until", "alive", "cancelled"


class State(StrEnum):
    """How far a job is."""

    WAITING = "WAITING"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    """Its process ended, or something unforeseen happened; nothing of it can be had."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self in {State.DONE, State.FAILED}


@dataclass(frozen=True, slots=True)
class Progress:
    """What can be told of a job while it runs, and afterwards."""

    state: State
    done: int
    total: int
    verdicts: dict[str, int]
    created_at: int
    """Seconds since 1970, as all times here."""
    finished_at: int | None = None


class JobUnknown(Exception):
    """There is no such job, or no longer."""


@dataclass(frozen=True, slots=True)
class Job:
    """One job's folder, and the key to it."""

    id: str
    folder: Path
    _key: bytes

    def begin(self, now: datetime, *, count: int = 0) -> Progress:
        """Make the folder; `count` says how many things are brought."""
        self.folder.mkdir(mode=0o700, parents=True)
        progress = Progress(State.WAITING, 0, count, {}, int(now.timestamp()))
        self._touch(_ALIVE, now.timestamp())
        self._touch(_UNTIL, now.timestamp() + KEPT_S)
        self.write(progress)
        return progress

    def write(self, progress: Progress) -> None:
        """Keep how far it is; raises `JobUnknown` if it was swept away."""
        self._put(_STATE, json.dumps(asdict(progress)).encode())

    def add(self, lines: Sequence[Line], place: int) -> None:
        """Keep some lines; `place` numbers what is added, in order. Raises `JobUnknown` as `write` does."""
        data = json.dumps([line.as_json() for line in lines], ensure_ascii=False)
        self._put(f"{_LINES}{place:06}", data.encode("utf-8", "surrogatepass"))

    def keep(self, place: int, name: str, what: bytes | str) -> None:
        """Keep something that was brought until it is its turn: what waits is not held in memory."""
        kind, data = (b"t", what.encode("utf-8", "replace")) if isinstance(what, str) else (b"b", what)
        named = name.encode("utf-8", "replace")
        self._put(f"{_INPUT}{place:06}", kind + len(named).to_bytes(4) + named + data)

    def take(self, place: int) -> tuple[str, bytes | str]:
        """Return the name and content of something that was brought, and forget it; raises `JobUnknown`."""
        kept = self._get(f"{_INPUT}{place:06}")
        (self.folder / f"{_INPUT}{place:06}").unlink(missing_ok=True)
        begins = 5 + int.from_bytes(kept[1:5])
        name, data = kept[5:begins].decode(), kept[begins:]
        return name, data.decode() if kept[:1] == b"t" else data

    def fail(self, now: datetime) -> None:
        """Say that nothing more will come, and forget everything else."""
        progress = replace(self.progress(now), state=State.FAILED, finished_at=int(now.timestamp()))
        for kept in (_INPUT, _LINES):
            for path in self.folder.glob(f"{kept}*"):
                path.unlink(missing_ok=True)
        self.write(progress)

    def still_alive(self, now: datetime) -> None:
        """Say that its process goes on with it, and put off the sweeping; raises `JobUnknown` as `write` does."""
        if self.is_cancelled:
            raise JobUnknown
        self._touch(_ALIVE, now.timestamp())
        self._touch(_UNTIL, now.timestamp() + KEPT_S)

    def was_taken(self, now: datetime) -> None:
        """Say that it was downloaded: it is kept a little while longer, never longer than it would have been."""
        sooner = min(self.expires_at(), int(now.timestamp()) + KEPT_AFTER_DOWNLOAD_S)
        self._touch(_UNTIL, sooner)

    def expires_at(self) -> int:
        """Return when it will be swept away, at the latest; raises `JobUnknown`."""
        return _time_of(self.folder / _UNTIL)

    def progress(self, now: datetime) -> Progress:
        """Return how far it is; raises `JobUnknown`."""
        if self.is_cancelled or self.expires_at() <= now.timestamp():
            raise JobUnknown
        found = cast("dict[str, object]", json.loads(self._get(_STATE)))
        progress = Progress(**(found | {"state": State(str(found["state"]))}))  # type: ignore[arg-type]  # We wrote it.
        if not progress.state.is_over and _time_of(self.folder / _ALIVE) + ALIVE_S < now.timestamp():
            return replace(progress, state=State.FAILED)
        return progress

    def lines(self) -> list[Line]:
        """Return all its lines; raises `JobUnknown`."""
        names = sorted(path.name for path in self.folder.glob(f"{_LINES}*"))
        return [line_from(each) for name in names for each in json.loads(self._get(name))]

    @property
    def is_cancelled(self) -> bool:
        """Whether somebody cancelled it, or swept it away."""
        # Who was just writing when its folder went may have made another one, where nothing but that is.
        return not (self.folder / _UNTIL).exists() or (self.folder / _CANCELLED).exists()

    def cancel(self) -> None:
        """Have nobody go on with it, and delete it; nothing happens to one that is gone already."""
        if self.folder.exists():
            (self.folder / _CANCELLED).touch(mode=0o600)
        self.delete()

    def delete(self) -> None:
        """Delete everything of it; to everybody else it is gone at once, though there may be much to delete."""
        going = self.folder.with_name(f"{self.folder.name}.{secrets.token_hex(4)}")
        # Somebody else may have been quicker.
        with suppress(OSError):
            self.folder.rename(going)
        shutil.rmtree(going, ignore_errors=True)

    def _put(self, name: str, data: bytes) -> None:
        nonce = secrets.token_bytes(_NONCE)
        sealed = nonce + AESGCM(self._key).encrypt(nonce, data, name.encode())
        if self.is_cancelled:
            raise JobUnknown
        try:
            private_files.write(self.folder / name, sealed)
        except FileNotFoundError as exc:
            raise JobUnknown from exc

    def _get(self, name: str) -> bytes:
        try:
            sealed = (self.folder / name).read_bytes()
            return AESGCM(self._key).decrypt(sealed[:_NONCE], sealed[_NONCE:], name.encode())
        except (OSError, InvalidTag, ValueError) as exc:
            raise JobUnknown from exc

    def _touch(self, name: str, time: float) -> None:
        path = self.folder / name
        try:
            path.touch(mode=0o600)
            os.utime(path, (time, time))
        except OSError as exc:
            raise JobUnknown from exc


@dataclass(frozen=True, slots=True)
class Jobs:
    """All jobs of a service."""

    folder: Path

    def make(self) -> Job:
        """Return a new job, which is not on the disk yet."""
        return self._job(secrets.token_bytes(_ID_BYTES))

    def find(self, job_id: str) -> Job:
        """Return the job of that id; raises `JobUnknown` if there is none."""
        try:
            raw = base64url.decode(job_id)
        except ValueError as exc:
            raise JobUnknown from exc
        if len(raw) != _ID_BYTES:
            raise JobUnknown
        job = self._job(raw)
        if job.is_cancelled:
            raise JobUnknown
        return job

    def sweep(self, now: datetime) -> None:
        """Delete what nobody may have any longer, and what a process left behind half made."""
        if not self.folder.is_dir():
            return
        for folder in self.folder.iterdir():
            # Whoever cancels it, or another process that sweeps, may have deleted it meanwhile.
            with suppress(JobUnknown):
                if _ends(folder) <= now.timestamp():
                    shutil.rmtree(folder, ignore_errors=True)

    def _job(self, raw: bytes) -> Job:
        name, key = (
            HKDF(algorithm=SHA256(), length=length, salt=None, info=info).derive(raw)
            for length, info in ((16, b"yinxin bulk folder"), (32, b"yinxin bulk key"))
        )
        return Job(base64url.encode(raw), self.folder / name.hex(), key)


def _ends(folder: Path) -> int:
    """Return until when a job is kept; raises `JobUnknown` if nothing is left of it."""
    try:
        return _time_of(folder / _UNTIL)
    except JobUnknown:
        # Just being made, or half deleted.
        return _time_of(folder) + ALIVE_S


def _time_of(path: Path) -> int:
    try:
        return int(path.stat().st_mtime)
    except OSError as exc:
        raise JobUnknown from exc
