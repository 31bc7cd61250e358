"""Pages of long lists, each beginning where the one before ended, however long the list is.

A cursor names the last row that was shown, not how many were: what comes in meanwhile moves nothing, and no page takes
longer than the first. Cursors are opaque, and those of another list, or with other filters, are refused.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Generic, TypeVar

from chain import base64url
from verifier.audit.misasked import Misasked

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Row = TypeVar("Row")
Shown = TypeVar("Shown")
Key = int | str
"""What a row's place in a list is made of; what is binary is written as hexadecimal digits."""

PAGE_ROWS = 50
"""How many rows a page shows."""
_CHECK_BYTES = 6
_MOST = 2**63


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """A part of a list."""

    rows: tuple[Row, ...]
    next: str | None
    """The cursor of the next page; None on the last one."""


@dataclass(frozen=True, slots=True)
class Cursors:
    """The cursors of one list with its filters."""

    name: str
    """Names the list and all that it is filtered by, so that a cursor fits no other."""

    def write(self, key: Sequence[Key]) -> str:
        """Return the cursor that goes on behind a row with this key."""
        body = json.dumps(list(key), ensure_ascii=True, separators=(",", ":")).encode()
        return base64url.encode(self._check(body) + body)

    def read(self, cursor: str | None, *, kinds: Sequence[type]) -> tuple[Key, ...] | None:
        """Return the key, with parts of these kinds; None without a cursor. Raises `InvalidInput`."""
        if not cursor:
            return None
        try:
            data = base64url.decode(cursor)
            check, body = data[:_CHECK_BYTES], data[_CHECK_BYTES:]
            key = json.loads(body) if check == self._check(body) else None
        except (ValueError, RecursionError) as exc:
            raise Misasked("cursor", got=cursor[:80]) from exc
        if not isinstance(key, list) or [type(part) for part in key] != list(kinds):
            raise Misasked("cursor", got=cursor[:80])
        # No row's key has them, and no database takes them.
        is_strange = any(isinstance(part, str) and not (part.isascii() and part.isprintable()) for part in key)
        if is_strange or any(isinstance(part, int) and not -_MOST <= part < _MOST for part in key):
            raise Misasked("cursor", got=cursor[:80])
        return tuple(key)

    def read_int(self, cursor: str | None) -> int | None:
        """Return a key that is one number; raises `InvalidInput`."""
        key = self.read(cursor, kinds=(int,))
        return None if key is None else int(key[0])

    def page(
        self,
        rows: Sequence[Row],
        key: Callable[[Row], Sequence[Key]],
        shown: Callable[[Row], Shown],
        *,
        limit: int = PAGE_ROWS,
    ) -> Page[Shown]:
        """Return a page of rows, of which one more than `limit` was asked for."""
        more = len(rows) > limit
        return Page(tuple(map(shown, rows[:limit])), self.write(key(rows[limit - 1])) if more else None)

    def _check(self, body: bytes) -> bytes:
        return sha256(len(self.name).to_bytes(4) + self.name.encode() + body).digest()[:_CHECK_BYTES]
