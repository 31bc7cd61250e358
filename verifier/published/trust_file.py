"""The trust list that this verifier hands out: a file that the council signed and an operator put here.

Whoever knows a list takes only one that follows it, so handing out another would cut everybody off. What was handed out
last is therefore remembered, and goes on being handed out until its place is taken by one that follows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING

import structlog

from chain.errors import EvidenceMalformed, InvalidInput, TrustListRefused
from chain.trust_list import TrustList
from verifier import private_files

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime
    from pathlib import Path

    from chain.registry import Identity

_LOG = structlog.get_logger(__name__)
_SOON = timedelta(days=14)
"""How long before a list expires its operator is told: a council does not sign within a day."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Which registry's list is wanted; None is not asked about."""

    registry: bytes
    registry_id: bytes | None
    chain_id: int | None


class TrustFile:
    """A trust list in a file. One that follows it may take its place while this verifier runs."""

    def __init__(
        self, path: Path, expected: Expected, *, folder: Path, identity: Callable[[], Identity | None] = lambda: None
    ) -> None:
        """Read it; raises `InvalidInput` if it is none, or another registry's.

        `folder` is where the one handed out last is remembered; `identity` tells of which registry the index is, as
        soon as that is known.
        """
        self._path = path
        self._expected = expected
        self._folder = folder
        self._identity = identity
        self._lock = Lock()
        self._told: tuple[date | None, set[str]] = None, set()
        self._seen = _read(path)
        self._good = self._first(self._seen)

    @property
    def trusted(self) -> TrustList:
        """The list as it stands now."""
        return self._current()[1]

    @property
    def data(self) -> bytes | None:
        """The file as it stands now; None if it turned out not to be that of the registry that the index is of."""
        data, listed = self._current()
        return data if self._is_ours(listed) else None

    def watch(self, now: datetime) -> None:
        """Log what its operator should do something about, once a day each."""
        with self._lock:
            if self._told[0] != now.date():
                self._told = now.date(), set()
        _, listed = self._current()
        if not self._is_ours(listed):
            self._tell("trust_list.of_another_registry", f"version {listed.version} is not of the index's registry")
        if now >= listed.expires:
            self._tell("trust_list.expired", f"version {listed.version} expired at {listed.expires.isoformat()}")
        elif now >= listed.expires - _SOON:
            self._tell("trust_list.expires_soon", f"version {listed.version} expires at {listed.expires.isoformat()}")

    def _current(self) -> tuple[bytes, TrustList]:
        """Return the list as it stands now, or the last good one if what stands there now does not follow it."""
        with self._lock:
            try:
                seen = _read(self._path)
            except InvalidInput as exc:
                self._tell("trust_list.unreadable", str(exc))
                return self._good
            if seen != self._seen:
                self._seen = seen
                try:
                    self._good = self._following(seen, self._good)
                except InvalidInput as exc:
                    _LOG.error("trust_list.refused", detail=str(exc))
            return self._good

    def _first(self, data: bytes) -> tuple[bytes, TrustList]:
        """Return what to begin with: this list, or the one handed out last if this one does not follow it."""
        listed = self._checked(data)
        path = self._remembered(listed)
        if not path.exists():
            return self._taken(data, listed)
        last = _read(path)
        try:
            known = TrustList.parse(last)
        except (EvidenceMalformed, TrustListRefused) as exc:
            raise InvalidInput(
                f"{path}: got a damaged file ({exc}), wanted the trust list handed out last; whoever removes it "
                "forgets that one, so look first at who changed it"
            ) from exc
        try:
            return self._following(data, (last, known))
        except InvalidInput as exc:
            _LOG.error("trust_list.refused", detail=str(exc))
            return last, known

    def _following(self, data: bytes, good: tuple[bytes, TrustList]) -> tuple[bytes, TrustList]:
        """Return a list that may take another's place; raises `InvalidInput`."""
        listed = self._checked(data)
        try:
            listed.require_follows(good[1])
        except TrustListRefused as exc:
            raise InvalidInput(
                f"{self._path}: {exc}; version {good[1].version} is still handed out, and remembered in "
                f"{self._remembered(listed)}"
            ) from exc
        return self._taken(data, listed)

    def _taken(self, data: bytes, listed: TrustList) -> tuple[bytes, TrustList]:
        path = self._remembered(listed)
        try:
            if not path.exists() or path.read_bytes() != data:
                private_files.write(path, data)
        except OSError as exc:
            _LOG.error("trust_list.not_remembered", path=str(path), error=exc.strerror or str(exc))
        return data, listed

    def _remembered(self, listed: TrustList) -> Path:
        return self._folder / f"trust-list-{listed.registry_id.hex()}.json"

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
        if not self._is_ours(listed):
            raise InvalidInput(f"{path}: got {_named(listed)}, wanted that of the index: {self._identity()}")
        return listed

    def _is_ours(self, listed: TrustList) -> bool:
        """Whether it is of the registry that the index is of, as far as that is known."""
        known = self._identity()
        return known is None or (
            known.registry_id,
            known.address,
            known.agencies_address,
            known.chain_id,
            known.test,
        ) == (listed.registry_id, listed.registry, listed.agencies, listed.chain_id, listed.test)

    def _tell(self, event: str, detail: str) -> None:
        """Log an error unless it was today."""
        if event not in self._told[1]:
            self._told[1].add(event)
            _LOG.error(event, detail=detail)


def _named(listed: TrustList) -> str:
    kind = "the test registry" if listed.test else "the registry"
    return (
        f"the trust list of {kind} 0x{listed.registry_id.hex()} (chain {listed.chain_id}, 0x{listed.registry.hex()}, "
        f"0x{listed.agencies.hex()})"
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise InvalidInput(
            f"{path}: {exc.strerror or exc}; wanted the trust list that YINXIN_TRUST_LIST names"
        ) from exc
