"""What this device has believed before, so that nobody can take it back to an older state.

One file for each registry: the newest trust list, and the height, hash and heads of the newest checkpoint. An old
checkpoint is as genuine as a new one, and hides what happened since; a newer one may tell another past, if those whom
the trust list names do. Only who remembers can tell.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from chain import strict_json
from chain.errors import Malformed, TrustListRefused, WentBack, YinxinError
from chain.history import Heads
from chain.trust_list import TrustList
from verifier import private_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chain.checkpoint import Believed
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
    heads: Heads = field(default_factory=Heads)
    """After that block."""

    def with_trust(self, trust: TrustList, file: bytes) -> Seen:
        """Take a trust list in place of the one known; raises `TrustListRefused` if it does not follow that one."""
        if self.trust is not None:
            trust.require_follows(self.trust)
        return replace(self, trust=trust, trust_file=file.decode())

    def with_checkpoint(self, believed: Believed) -> Seen:
        """Take a checkpoint in place of the one known; raises `WentBack` unless its history goes on from that one's."""
        checkpoint = believed.checkpoint
        number, block_hash = checkpoint.block_number, checkpoint.block_hash
        if self.block_number is not None:
            if number < self.block_number:
                raise WentBack(f"got a checkpoint of block {number}, saw one of block {self.block_number} before")
            if number == self.block_number and block_hash != self.block_hash:
                raise WentBack(f"block {number}: got the hash {block_hash.hex()}, saw {self.block_hash.hex()} before")
            self._require_passed(believed)
        return replace(self, block_number=number, block_hash=block_hash, heads=checkpoint.heads)

    def _require_passed(self, believed: Believed) -> None:
        """Raise `WentBack` unless a history has what was seen in it, up to the block of then."""
        heads = believed.history.heads(self.block_number)
        changed = [name for name in Heads.__slots__ if getattr(heads, name) != getattr(self.heads, name)]
        if changed:
            raise WentBack(
                f"got another history of {', '.join(changed)} up to block {self.block_number} than was seen before"
            )


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
            private_files.write(self._path, _text(seen))
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
        case {"format": form, "trust_list": str() as file, "checkpoint": checkpoint} if _is_number(form, FORMAT):
            seen = Seen(TrustList.parse(file.encode()), file)
        case _:
            raise ValueError("other members than format, trust_list and checkpoint")
    match checkpoint:
        case None:
            return seen
        case {"block_number": int() as number, "block_hash": block_hash, "heads": [anchors, statuses, rights]} if (
            _is_number(number) and number >= 0
        ):
            heads = Heads(*map(_hash, (anchors, statuses, rights)))
            return replace(seen, block_number=number, block_hash=_hash(block_hash), heads=heads)
        case _:
            raise ValueError("a checkpoint of other members than block_number, block_hash and heads")


def _is_number(value: JSON, wanted: int | None = None) -> bool:
    """Whether that is a whole number, the wanted one if any; in Python, true is the number 1."""
    return type(value) is int and wanted in {None, value}


def _hash(value: JSON) -> bytes:
    read = bytes.fromhex(value.removeprefix("0x")) if isinstance(value, str) else b""
    if len(read) != _HASH:
        raise ValueError(f"{len(read)} bytes of a hash, wanted {_HASH}")
    return read


def _text(seen: Seen) -> bytes:
    checkpoint: JSON = None
    if seen.block_number is not None:
        heads = seen.heads
        checkpoint = {
            "block_number": seen.block_number,
            "block_hash": _hexadecimal(seen.block_hash),
            "heads": [_hexadecimal(head) for head in (heads.anchors, heads.statuses, heads.rights)],
        }
    return strict_json.serialise({"format": FORMAT, "trust_list": seen.trust_file, "checkpoint": checkpoint})


def _hexadecimal(value: bytes) -> str:
    return f"0x{value.hex()}"
