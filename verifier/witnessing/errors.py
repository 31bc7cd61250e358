"""What can go wrong between verifiers and witnesses.

The tree:

    YinxinError
    ├── EvidenceRefused
    │   └── NotSplit             a split view that shows no two histories
    ├── FolderUnusable           a witness cannot tell what it has seen, so it vouches for nothing
    └── Unanswered               the other side is silent, or answers something else than is agreed
"""

from __future__ import annotations

from chain.errors import EvidenceRefused, YinxinError


class NotSplit(EvidenceRefused):
    """Two checkpoints that somebody calls a split view, and that one history can have."""


class FolderUnusable(YinxinError):
    """A witness's folder that cannot be read or written, is damaged, or is another process's."""


class Unanswered(YinxinError):
    """A verifier or witness that is silent, or answers something else than is agreed: says nothing about histories."""
