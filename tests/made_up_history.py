"""Histories as long as one likes: every event of them is one that the contracts could have written."""

from __future__ import annotations

from hashlib import sha256
from random import Random

from chain.events import BatchAnchored, StatusChanged, Track
from chain.history import History, Step
from chain.steps import List, arguments, kind_of
from tests.vectors.making.drafts import draft

BATCH = 1_000
"""Certificates in a batch."""

_AGENCY, _LEVEL = 3, 3
_BLOCK_PERIOD_S = 5
_FIRST_BLOCK = 1_000
_BEGINNING = 1_775_000_000
"""Block and time after the last ones of the kept history."""
_BLOCKS = 3 * 365 * 86_400 // _BLOCK_PERIOD_S
_ONE_CHANGE = 1 << 240
_LOSS_BIT = 186


def made_up(batches: int, statuses: int) -> list[Step]:
    """Return so many batches and status changes, spread over three years, behind the rights of the vectors."""
    random = Random(3)
    preparer, approver, first, second = (sha256(name.encode()).digest()[:20] for name in ("p", "a", "f", "s"))
    blocks = sorted(random.sample(range(_FIRST_BLOCK, _FIRST_BLOCK + _BLOCKS), batches + statuses))
    anchors = set(random.sample(blocks, batches))
    made = list(History.parse(draft("", "osaka").packed_history).steps(List.RIGHTS))
    sequence = 0
    for block in blocks:
        at = _BEGINNING + block * _BLOCK_PERIOD_S
        if block in anchors:
            sequence += 1
            root = random.randbytes(32)
            event = BatchAnchored(_AGENCY, root, 1, 1, BATCH, sequence, preparer, (approver,))
            made.append(Step(kind_of(event), arguments(event), block, at, 0))
        else:
            changed = a_status(random, at // 3600, (first, second))
            made.append(Step(kind_of(changed), arguments(changed), block, at, 0))
    return made


def a_status(random: Random, hour: int, officers: tuple[bytes, ...]) -> StatusChanged:
    """Return the first change of a leaf's status, with what its slot holds then."""
    track = random.choices((Track.REVOKED, Track.CANCELLED, Track.SUSPENSION, Track.LOSS), (2, 4, 3, 1))[0]
    until = hour + 24 * 30 if track is Track.SUSPENSION else 0
    shift = _LOSS_BIT if track is Track.LOSS else 27 * track
    level = _LEVEL << (48 if track is Track.SUSPENSION else 24)
    held = _ONE_CHANGE | (level | until << 24 | hour) << shift
    leaf, decision = random.randbytes(32), random.randbytes(32)
    return StatusChanged(_AGENCY, leaf, track, hour, until, _AGENCY, decision, held, officers)
