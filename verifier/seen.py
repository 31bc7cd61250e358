"""What this device has believed before, so that nobody can take it back to an older state.

One file for each registry: the newest trust list, and the height and hash of the newest checkpoint. An old checkpoint
is as genuine as a new one, and hides what happened since; only who remembers can tell.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from chain import strict_json
from chain.errors import Malformed, TrustListRefused, WentBack, YinxinError
from chain.trust_list import TrustList

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chain.checkpoint import Checkpoint
    from chain.strict_json import JSON

FORMAT = 1
FOLDER_VARIABLE = "YINXIN_STATE_DIR"
_HASH = 32


class StateUnusable(YinxinError):
    """The state folder or a file in it cannot be read or written, so nobody can tell whether something went back."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was believed of one registry before."""

    trust: TrustList | None = None
    trust_file: str = ""
    """The trust list as it came."""
    block_number: int | None = None
    """The newest checkpoint's; None if there was none."""
    block_hash: bytes = b""

    def with_trust(self, trust: TrustList, file: bytes) -> Seen:
        """Take a trust list in place of the one known; raises `TrustListRefused` if it does not follow that one."""
        if self.trust is not None:
            trust.require_follows(self.trust)
        return replace(self, trust=trust, trust_file=file.decode())

    def with_checkpoint(self, checkpoint: Checkpoint) -> Seen:
        """Take a checkpoint in place of the one known; raises `WentBack`."""
        number, block_hash = checkpoint.block_number, checkpoint.block_hash
        if self.block_number is not None:
            if number < self.block_number:
                raise WentBack(f"got a checkpoint of block {number}, saw one of block {self.block_number} before")
            if number == self.block_number and block_hash != self.block_hash:
                raise WentBack(f"block {number}: got the hash {block_hash.hex()}, saw {self.block_hash.hex()} before")
        return replace(self, block_number=number, block_hash=block_hash)


class Memory:
    """What was seen of one registry, kept in its file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.seen = _read(path)

    def remember(self, seen: Seen) -> None:
        """Write what was believed now; the file is whole at any time, and its owner's only."""
        if seen == self.seen:
            return
        try:
            _write(self._path, _text(seen))
        except OSError as exc:
            raise StateUnusable(f"{self._path}: {exc.strerror or exc}; wanted to remember there what was seen") from exc
        self.seen = seen


def folder_of(chosen: Path | None, environment: Mapping[str, str]) -> Path:
    """Return the state folder: the one chosen, else by the environment, else the user's own for such things."""
    if chosen is not None:
        return chosen
    if named := environment.get(FOLDER_VARIABLE):
        return Path(named)
    if named := environment.get("XDG_STATE_HOME"):
        return Path(named) / "yinxin"
    try:
        return Path.home() / ".local" / "state" / "yinxin"
    except RuntimeError as exc:
        raise StateUnusable(f"no home folder ({exc}); name a state folder") from exc


@contextmanager
def opened(folder: Path, registry_id: bytes) -> Iterator[Memory]:
    """Open the memory of one registry for this process alone; raises `StateUnusable` if there can be none."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as exc:
        raise StateUnusable(f"{folder}: {exc.strerror or exc}; wanted a folder to remember in") from exc
    try:
        # Of two processes, the one with the older checkpoint must not have the last word.
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield Memory(folder / f"{registry_id.hex()}.json")
    finally:
        os.close(descriptor)


def _read(path: Path) -> Seen:
    """Read a file; one that is damaged is told, never begun anew: that would forget what was seen."""
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return Seen()
    except OSError as exc:
        raise StateUnusable(f"{path}: {exc.strerror or exc}; wanted to read there what was seen before") from exc
    try:
        return _parsed(strict_json.parse(text))
    except (ValueError, Malformed, TrustListRefused) as exc:
        raise StateUnusable(
            f"{path}: got a damaged file ({exc}), wanted what was seen before; "
            "whoever removes it forgets that, so look first at who changed it"
        ) from exc


def _parsed(value: JSON) -> Seen:
    match value:
        case {"format": 1, "trust_list": str() as file, "checkpoint": None}:
            return Seen(TrustList.parse(file.encode()), file)
        case {
            "format": 1,
            "trust_list": str() as file,
            "checkpoint": {"block_number": int() as number, "block_hash": str() as block_hash},
        } if number >= 0 and len(hashed := bytes.fromhex(block_hash.removeprefix("0x"))) == _HASH:
            return Seen(TrustList.parse(file.encode()), file, number, hashed)
        case _:
            raise ValueError("other members than format, trust_list and checkpoint")


def _text(seen: Seen) -> bytes:
    checkpoint: JSON = None
    if seen.block_number is not None:
        checkpoint = {"block_number": seen.block_number, "block_hash": f"0x{seen.block_hash.hex()}"}
    return strict_json.serialise({"format": FORMAT, "trust_list": seen.trust_file, "checkpoint": checkpoint})


def _write(path: Path, data: bytes) -> None:
    # Made with mode 0600.
    handle, part = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(part).replace(path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
