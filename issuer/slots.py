"""What a leaf's status slot on the chain says, as use cases here ask it."""

from __future__ import annotations

from chain.slots import Held, read, track_of

__all__ = ["Held", "read", "track_of"]
