"""Small hostile contracts, assembled by hand, so that no compiler is needed to try them."""

from __future__ import annotations

RETURNED = "3d600060003e60{after:02x}573d6000fd5b3d6000f3"
"""Return what a call returned, revert with what it reverted with; `after` is where its JUMPDEST stands."""
_JUMPDEST = 13


def _passed_on(code: str) -> bytes:
    return bytes.fromhex(code + RETURNED.format(after=len(code) // 2 + _JUMPDEST))


FORWARDER = _passed_on("602036038060206000376000600082600060006000355af1")
"""Calls the address in the first word of its calldata with the rest of it."""


def caller(to: str, data: bytes) -> bytes:
    """Return a contract that makes one call whatever it is called with."""
    size = len(data)

    def code(offset: int) -> bytes:
        return _passed_on(f"61{size:04x}61{offset:04x}6000396000600061{size:04x}6000600073{to[2:]}5af1")

    return code(len(code(0))) + data
