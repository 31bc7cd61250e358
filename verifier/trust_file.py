"""The trust list that this verifier hands out: a file that the council signed and an operator put here."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

import structlog

from chain.errors import EvidenceMalformed, InvalidInput, TrustListRefused
from chain.trust_list import TrustList

if TYPE_CHECKING:
    from pathlib import Path

_LOG = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Expected:
    """Which registry's list is wanted; None is not asked about."""

    registry: bytes
    registry_id: bytes | None
    chain_id: int | None


class TrustFile:
    """A trust list in a file. A newer one may take its place while this verifier runs."""

    def __init__(self, path: Path, expected: Expected) -> None:
        """Read it; raises `InvalidInput` if it is none, or another registry's."""
        self._path = path
        self._expected = expected
        self._lock = Lock()
        self._seen = _read(path)
        self._good = self._seen, self._checked(self._seen)

    @property
    def trusted(self) -> TrustList:
        """The list as it stands now."""
        return self._current()[1]

    @property
    def data(self) -> bytes:
        """The file as it stands now."""
        return self._current()[0]

    def _current(self) -> tuple[bytes, TrustList]:
        """Return the list as it stands now, or the last good one if what stands there now is none."""
        with self._lock:
            try:
                seen = _read(self._path)
                if seen != self._seen:
                    self._seen = seen
                    self._good = seen, self._checked(seen)
            except InvalidInput as exc:
                _LOG.error("trust_list.refused", detail=str(exc))
            return self._good

    def _checked(self, data: bytes) -> TrustList:
        expected, path = self._expected, self._path
        try:
            listed = TrustList.parse(data)
        except (EvidenceMalformed, TrustListRefused) as exc:
            raise InvalidInput(f"{path}: wanted the trust list that the council signed: {exc}") from exc
        if expected.registry_id not in {None, listed.registry_id} or expected.registry != listed.registry:
            raise InvalidInput(
                f"{path}: got the trust list of the registry 0x{listed.registry.hex()} with the id "
                f"0x{listed.registry_id.hex()}, wanted that of 0x{expected.registry.hex()}"
            )
        if expected.chain_id not in {None, listed.chain_id}:
            raise InvalidInput(f"{path}: got a trust list of chain {listed.chain_id}, wanted {expected.chain_id}")
        return listed


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise InvalidInput(
            f"{path}: {exc.strerror or exc}; wanted the trust list that YINXIN_TRUST_LIST names"
        ) from exc
