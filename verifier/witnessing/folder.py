"""What a witness keeps: its key, what it co-signed, the newest checkpoints, split views and alarms.

A co-signature is on the disk for good before anybody sees it, and its checkpoint before that. So whatever is killed
whenever, a witness comes back with the last one that it gave out.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING

import structlog

from chain import strict_json
from chain.checkpoint import Checkpoint
from chain.errors import Malformed, SignatureInvalid
from verifier import private_files
from verifier.attesting import make_attester
from verifier.indexing.leading import Leader
from verifier.witnessing.cosignature import Cosignature
from verifier.witnessing.errors import FolderUnusable
from verifier.witnessing.split_folder import SplitFolder, sync

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from chain.strict_json import JSON
    from verifier.attesting import Attester

KEPT = 64
"""How many checkpoints are kept whole; their co-signatures all are."""
MOST_ALARMS = 1_000
"""Of each kind: so that no kind, however often it comes, keeps another from being written down."""
NOT_BELIEVED = "not_believed"
"""The kind of alarm about what a verifier shows and nobody believes."""
SPLIT_VIEW = "split_view"
WENT_BACK = "went_back"
"""About a verifier that shows less than it did."""
ALARMS = (NOT_BELIEVED, SPLIT_VIEW, WENT_BACK)
"""All kinds."""
_CHANGING = frozenset({"detail", "block_number"})
_LOG = structlog.get_logger(__name__)
_BLOCK = re.compile(r"[0-9]{1,20}")


class Folder:
    """A witness's folder. One process has it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.key: Attester = make_attester(path)
        self.splits = SplitFolder(path / "split-views")
        for each in (self._cosignatures, self._checkpoints, self._alarms, self.splits.path):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)

    @property
    def _cosignatures(self) -> Path:
        return self._path / "cosignatures"

    @property
    def _checkpoints(self) -> Path:
        return self._path / "checkpoints"

    @property
    def _alarms(self) -> Path:
        return self._path / "alarms"

    def newest(self) -> tuple[Cosignature, Checkpoint] | None:
        """Return what was co-signed last, with its checkpoint; None if nothing was yet.

        Raises:
            FolderUnusable: One of the two is missing or damaged. A witness that began anew would have forgotten what
                it saw, and go along with another history.
        """
        numbers = self.numbers()
        if not numbers:
            return None
        cosignature = self.cosignature(numbers[-1])
        checkpoint = self.checkpoint(numbers[-1])
        if cosignature is None or checkpoint is None or checkpoint.statement != cosignature.statement.checkpoint:
            raise FolderUnusable(
                f"{self._path}: got a damaged checkpoint of block {numbers[-1]}, wanted the one that was co-signed "
                "last; look first at who changed it"
            )
        return cosignature, checkpoint

    def numbers(self) -> list[int]:
        """Return the blocks of all that was co-signed, ascending."""
        found = (path.stem for path in self._cosignatures.glob("*.json"))
        return sorted(int(stem) for stem in found if _BLOCK.fullmatch(stem))

    def cosignature(self, number: int) -> Cosignature | None:
        """Return what was co-signed of a block; raises `FolderUnusable` if it is damaged."""
        path = self._cosignatures / f"{number}.json"
        try:
            read = Cosignature.parse(path.read_bytes())
            read.verify(self.key.public)
        except FileNotFoundError:
            return None
        except (OSError, Malformed, SignatureInvalid) as exc:
            raise FolderUnusable(f"{path}: got a damaged file ({exc}), wanted what was co-signed") from exc
        return read

    def checkpoint(self, number: int) -> Checkpoint | None:
        """Return the checkpoint of a block if it is among those kept whole; raises `FolderUnusable` if damaged."""
        path = self._checkpoints / f"{number}.checkpoint"
        try:
            return Checkpoint.parse(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, Malformed) as exc:
            raise FolderUnusable(f"{path}: got a damaged file ({exc}), wanted what was co-signed") from exc

    def keep(self, cosignature: Cosignature, checkpoint: Checkpoint) -> None:
        """Keep what is about to be given out; raises `FolderUnusable` if it cannot be kept for good."""
        number = checkpoint.block_number
        try:
            # Of one that was not co-signed after all, a later one takes the place.
            private_files.write(self._checkpoints / f"{number}.checkpoint", checkpoint.encode())
            sync(self._checkpoints)
            private_files.write_new(self._cosignatures / f"{number}.json", cosignature.encode())
            sync(self._cosignatures)
        except OSError as exc:
            raise FolderUnusable(f"{self._path}: {exc.strerror or exc}; wanted to keep what is co-signed") from exc
        for older in self.numbers()[:-KEPT]:
            (self._checkpoints / f"{older}.checkpoint").unlink(missing_ok=True)

    def seen_from(self, source: str) -> int | None:
        """Return the highest block of which a verifier showed a checkpoint; None if it showed none yet."""
        path = self._source(source)
        try:
            read = strict_json.parse(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as exc:
            raise FolderUnusable(f"{path}: got a damaged file ({exc}), wanted what a verifier showed") from exc
        match read:
            case {"source": str(), "block_number": int() as number}:
                return number
            case _:
                raise FolderUnusable(f"{path}: got another form, wanted source and block_number")

    def saw_from(self, source: str, number: int) -> None:
        """Remember the highest block of which a verifier showed a checkpoint; raises `FolderUnusable`."""
        if (self.seen_from(source) or -1) >= number:
            return
        try:
            private_files.write(self._source(source), strict_json.serialise({"source": source, "block_number": number}))
        except OSError as exc:
            raise FolderUnusable(f"{self._path}: {exc.strerror or exc}; wanted to remember a verifier's block") from exc

    def raise_alarm(self, alarm: dict[str, JSON], *, found: int) -> bool:
        """Keep an alarm for good; returns whether it is new. The same one again is none. Raises `FolderUnusable`.

        What a verifier shows that is not believed is one alarm for each kind of fault, however often it comes and
        whatever the numbers in it, until that verifier has shown something newer that was believed.
        """
        kind = alarm.get("kind")
        same = dict(alarm)
        if kind == NOT_BELIEVED:
            same = {name: value for name, value in alarm.items() if name not in _CHANGING}
            same["believed"] = self.seen_from(str(alarm.get("source")))
        digest = sha256(strict_json.serialise(same)).digest()[:8].hex()
        if len(list(self._alarms.glob(f"*-{digest}.json"))) > 0:
            return False
        if sum(isinstance(each, dict) and each.get("kind") == kind for each in self.alarms()) >= MOST_ALARMS:
            _LOG.error("witness.alarm_not_kept", kept=MOST_ALARMS, **alarm)
            return False
        try:
            private_files.write_new(
                self._alarms / f"{found:012}-{digest}.json", strict_json.serialise({"found": found, **alarm})
            )
            sync(self._alarms)
        except OSError as exc:
            raise FolderUnusable(f"{self._path}: {exc.strerror or exc}; wanted to keep an alarm") from exc
        return True

    def alarms(self) -> list[JSON]:
        """Return all alarms, the oldest first."""
        return [strict_json.parse(path.read_bytes()) for path in sorted(self._alarms.glob("*.json"))]

    def _source(self, source: str) -> Path:
        return self._path / f"source-{sha256(source.encode()).digest()[:8].hex()}.json"


@contextmanager
def opened(path: Path) -> Iterator[Folder]:
    """Open a folder for this process alone; raises `FolderUnusable` if another one has it."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        leader = Leader(path / "lock")
        is_ours = leader.leads()
    except OSError as exc:
        raise FolderUnusable(f"{path}: {exc.strerror or exc}; wanted a folder for a witness") from exc
    if not is_ours:
        raise FolderUnusable(f"{path}: another process is the witness of this folder; wanted it to have ended")
    try:
        yield Folder(path)
    finally:
        leader.step_down()
