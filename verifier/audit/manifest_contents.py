"""What a manifest lists and what the index holds up to the manifest's block, batch by batch and leaf by leaf."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlmodel import col, select

from chain import slots
from chain.calendar import time_of_hour
from chain.manifest import RowState, leaves_of
from verifier.audit.finding import Finding, Grade
from verifier.indexing.models import BatchRow, LeafRow, StatusRow, block_of, place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chain.manifest import Batch, Manifest, Row
    from chain.slots import Held
    from verifier.register import Tables

MOST_LEAVES_NAMED = 200
"""Findings about single leaves of one kind; how many more there are is one finding."""
_LATE_S = 3_600
"""What was anchored so long before the manifest's block, the issuer should have taken in."""
_ADDRESS = 20


@dataclass(frozen=True, slots=True)
class Chain:
    """What the index holds of the agency up to the manifest's block."""

    batches: dict[bytes, BatchRow]
    """By root."""
    leaves: dict[bytes, tuple[bytes, ...]]
    """By root, in their order; none where they could not be read."""
    statuses: dict[bytes, tuple[int, tuple[Held, ...]]]
    """By leaf: the block of the last change, and all tracks after it."""

    @classmethod
    def read(cls, tables: Tables, manifest: Manifest) -> Chain:
        """Ask the index, in the chain's order."""
        end = place(manifest.block_number + 1)
        mine = BatchRow.agency == manifest.agency
        rows = tables.session.exec(
            select(BatchRow).where(mine, col(BatchRow.begins) < end).order_by(col(BatchRow.begins))
        )
        batches = {row.root: row for row in rows}
        by_place: dict[int, list[bytes]] = {row.begins: [] for row in batches.values()}
        leaves = tables.session.exec(
            select(LeafRow.batch, LeafRow.leaf)
            .join(BatchRow, col(BatchRow.begins) == col(LeafRow.batch))
            .where(mine, col(LeafRow.batch) < end)
            .order_by(col(LeafRow.batch), col(LeafRow.position))
        )
        for batch, leaf in leaves:
            by_place[batch].append(leaf)
        statuses: dict[bytes, tuple[int, tuple[Held, ...]]] = {}
        changes = tables.session.exec(
            select(StatusRow.begins, StatusRow.leaf, StatusRow.held)
            .where(StatusRow.agency == manifest.agency, col(StatusRow.begins) < end)
            .order_by(col(StatusRow.begins))
        )
        for begins, leaf, held in changes:
            statuses[leaf] = block_of(begins), slots.read(int.from_bytes(held))
        found = {root: tuple(by_place[row.begins]) for root, row in batches.items()}
        return cls(batches, found, statuses)


def batches(manifest: Manifest, chain: Chain) -> tuple[tuple[int, int], list[Finding]]:
    """Compare the batches, both ways; returns how many (batches, certificates) agree, and what does not."""
    listed = {batch.root: batch for batch in manifest.batches}
    found: list[Finding] = []
    batches = certificates = 0
    for root, row in chain.batches.items():
        if root not in listed:
            found.append(_missing(manifest, row))
    for batch in manifest.batches:
        anchored = chain.batches.get(batch.root)
        if anchored is None:
            found += _unanchored(manifest, batch)
            continue
        differing = [*_about(manifest, batch, anchored), *_leaves(manifest, batch, anchored, chain.leaves[batch.root])]
        found += differing
        if not differing:
            batches, certificates = batches + 1, certificates + len(batch.rows)
    return (batches, certificates), found


def _missing(manifest: Manifest, row: BatchRow) -> Finding:
    officers = [row.preparer, *(row.approvers[at : at + _ADDRESS] for at in range(0, len(row.approvers), _ADDRESS))]
    return finding(
        manifest,
        Grade.ALARM,
        "manifest_batch_missing",
        block=block_of(row.begins),
        sequence=row.sequence,
        size=row.size,
        root=f"0x{row.root.hex()}",
        at=block_of(row.begins),
        transaction=f"0x{row.transaction_hash.hex()}",
        officers=", ".join(f"0x{officer.hex()}" for officer in officers),
    )


def _unanchored(manifest: Manifest, batch: Batch) -> Iterator[Finding]:
    is_said = any(row.state is not RowState.APPROVED for row in batch.rows)
    root, size = f"0x{batch.root.hex()}", len(batch.rows)
    if is_said or batch.sequence:
        yield finding(manifest, Grade.ALARM, "manifest_batch_unknown", root=root, size=size)
    else:
        yield finding(manifest, Grade.REMARK, "manifest_waiting", root=root, size=size)


def _about(manifest: Manifest, batch: Batch, row: BatchRow) -> Iterator[Finding]:
    at = block_of(row.begins)
    if any(each.state is RowState.APPROVED for each in batch.rows):
        is_late = manifest.block_timestamp - row.timestamp > _LATE_S
        grade = Grade.FAULT if is_late else Grade.REMARK
        yield finding(manifest, grade, "manifest_behind", block=at, root=f"0x{batch.root.hex()}", at=at)
    for what, got, wanted in (
        ("sequence", batch.sequence, row.sequence),
        ("type", batch.certificate_type, row.certificate_type),
        ("version", batch.version, row.version),
        ("size", len(batch.rows), row.size),
    ):
        if got != wanted:
            yield finding(
                manifest,
                Grade.ALARM,
                f"manifest_{what}_differs",
                block=at,
                root=f"0x{batch.root.hex()}",
                got=got,
                wanted=wanted,
            )


def _leaves(manifest: Manifest, batch: Batch, row: BatchRow, held: Sequence[bytes]) -> Iterator[Finding]:
    at = block_of(row.begins)
    if not held:
        yield finding(manifest, Grade.FAULT, "manifest_leaves_unread", block=at, root=f"0x{batch.root.hex()}")
        return
    listed = [each.leaf for each in batch.rows]
    for code, some, others in (
        ("manifest_leaf_missing", held, set(listed)),
        ("manifest_leaf_unknown", listed, set(held)),
    ):
        lacking = [leaf for leaf in some if leaf not in others]
        for leaf in lacking[:MOST_LEAVES_NAMED]:
            yield finding(manifest, Grade.ALARM, code, block=at, leaf=leaf, root=f"0x{batch.root.hex()}")
        if len(lacking) > MOST_LEAVES_NAMED:
            yield _more(manifest, len(lacking) - MOST_LEAVES_NAMED)


def states(manifest: Manifest, chain: Chain) -> Iterator[Finding]:
    """Yield where the issuer says something else of a leaf's status than the chain."""
    listed = leaves_of(manifest)
    differing = [
        (leaf, row)
        for leaf, (_, row) in listed.items()
        if row.tracks != (chain.statuses[leaf][1] if leaf in chain.statuses else ())
    ]
    for leaf, row in differing[:MOST_LEAVES_NAMED]:
        yield _state(manifest, leaf, row, chain)
    if len(differing) > MOST_LEAVES_NAMED:
        yield _more(manifest, len(differing) - MOST_LEAVES_NAMED)
    anchored = {leaf for leaves in chain.leaves.values() for leaf in leaves}
    for leaf, (block, held) in chain.statuses.items():
        # Leaves of a batch that the manifest does not list are told with their batch.
        if leaf not in listed and leaf not in anchored:
            yield finding(
                manifest, Grade.FAULT, "manifest_status_unlisted", block=block, leaf=leaf, wanted=_written(held)
            )


def _state(manifest: Manifest, leaf: bytes, row: Row, chain: Chain) -> Finding:
    block, held = chain.statuses.get(leaf, (None, ()))
    return finding(
        manifest,
        Grade.ALARM,
        "manifest_state_differs",
        block=block,
        leaf=leaf,
        got=_written(row.tracks),
        wanted=_written(held),
    )


def _written(tracks: Sequence[Held]) -> str:
    """Write tracks by the registry's own names, with their hours in China's time."""
    return ", ".join(f"{held.track.name} {_hours(held)}" for held in tracks) or "–"


def _hours(held: Held) -> str:
    begins, ends = (_moment(hour) if hour else "" for hour in (held.from_hour, held.until_hour))
    return f"{begins}–{ends}" if ends else begins


def _moment(hour: int) -> str:
    return time_of_hour(hour).isoformat(timespec="minutes")


def _more(manifest: Manifest, count: int) -> Finding:
    return finding(manifest, Grade.ALARM, "manifest_more", count=count)


def finding(
    manifest: Manifest,
    grade: Grade,
    code: str,
    *,
    block: int | None = None,
    leaf: bytes | None = None,
    **arguments: str | int,
) -> Finding:
    """Return a finding about the manifest's agency."""
    return Finding(grade, code, block=block, agency=manifest.agency, leaf=leaf, arguments=arguments)
