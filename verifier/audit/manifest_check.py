"""An agency's signed manifest held against the chain: what is in one of them only, and what they say differently.

Asked is only the index, and only of what it holds up to the manifest's block, so that the answer stays the same however
often it is asked. What the index cannot tell yet is NOT RUN, which is no agreement.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from sqlmodel import col, select

from chain.errors import SignatureInvalid
from chain.keys import PublicKey
from chain.manifest import Manifest, leaves_of
from verifier.audit import handed_in
from verifier.audit.finding import Finding, Grade
from verifier.audit.manifest_contents import Chain, batches, finding, states
from verifier.check.moments import time_of
from verifier.indexing.models import AgencyRow, BlockRow, KeyRow, place
from verifier.wording import message

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from verifier.indexing.models import RegistryRow
    from verifier.register import Tables
    from verifier.wording import Message


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of it."""

    manifest: Manifest
    not_run: Message | None
    """Why nothing can be said; None if it was run."""
    findings: tuple[Finding, ...] = ()
    batches: int = 0
    certificates: int = 0
    """So many of the manifest's were found on the chain as they stand there."""
    is_block_known: bool = False
    """Whether the index holds the manifest's block, so that its hash was compared."""
    documents: tuple[bytes, ...] = field(default=())
    """Leaves whose documents, as handed in, are those that the manifest lists."""

    @property
    def agrees(self) -> bool:
        """Whether it was run, and nothing was found but remarks."""
        return self.not_run is None and all(each.grade is Grade.REMARK for each in self.findings)


def check(tables: Tables, manifest: Manifest, documents: Sequence[bytes] = ()) -> Checked:
    """Hold a manifest, and documents handed in beside it, against what the index holds up to the manifest's block."""
    row = tables.row
    if (row.registry_id, row.chain_id) != (manifest.registry_id, manifest.chain_id):
        return Checked(
            manifest,
            None,
            (
                finding(
                    manifest,
                    Grade.ALARM,
                    "manifest_other_registry",
                    got=f"0x{manifest.registry_id.hex()}",
                    wanted=f"0x{row.registry_id.hex()}",
                ),
            ),
        )
    if row.is_mismatch or row.head_number < manifest.block_number:
        return Checked(manifest, _not_run(row, manifest))
    when = _time_of(tables, manifest.block_number)
    if when is None:
        return Checked(manifest, message("audit.manifest.unplaced", block=manifest.block_number))
    found = [*_block(tables, manifest), *_time(manifest, when), *_signature(tables, manifest, when)]
    chain = Chain.read(tables, manifest)
    agreeing, differences = batches(manifest, chain)
    found += differences
    found += states(manifest, chain)
    matching, others = _documents(manifest, documents)
    return Checked(
        manifest,
        None,
        (*found, *others),
        batches=agreeing[0],
        certificates=agreeing[1],
        is_block_known=_hash_of(tables, manifest.block_number) is not None,
        documents=tuple(matching),
    )


def _not_run(row: RegistryRow, manifest: Manifest) -> Message:
    if row.is_mismatch:
        return message("audit.manifest.mismatch")
    return message("audit.manifest.behind", head=row.head_number, block=manifest.block_number)


# Block and signature.


def _hash_of(tables: Tables, number: int) -> bytes | None:
    if number == tables.row.head_number:
        return tables.row.head_hash
    row = tables.session.get(BlockRow, number)
    return None if row is None else row.hash


def _block(tables: Tables, manifest: Manifest) -> Iterator[Finding]:
    known = _hash_of(tables, manifest.block_number)
    if known is not None and known != manifest.block_hash:
        yield finding(
            manifest,
            Grade.ALARM,
            "manifest_other_block",
            block=manifest.block_number,
            number=manifest.block_number,
            got=f"0x{manifest.block_hash.hex()}",
            wanted=f"0x{known.hex()}",
        )


def _time_of(tables: Tables, number: int) -> tuple[int, int] | None:
    """Return the earliest and the latest time that a block can have, by the index; None if it has none before it.

    They are one where the block is in the index. The manifest's own word would have any key count.
    """
    if number == tables.row.head_number:
        return tables.row.head_timestamp, tables.row.head_timestamp
    if (row := tables.session.get(BlockRow, number)) is not None:
        return row.timestamp, row.timestamp
    times = select(BlockRow.timestamp)
    before = times.where(col(BlockRow.number) < number).order_by(col(BlockRow.number).desc()).limit(1)
    after = times.where(col(BlockRow.number) > number).order_by(col(BlockRow.number)).limit(1)
    earliest, latest = tables.session.exec(before).first(), tables.session.exec(after).first()
    if earliest is None:
        return None
    return earliest, tables.row.head_timestamp if latest is None else latest


def _time(manifest: Manifest, when: tuple[int, int]) -> Iterator[Finding]:
    earliest, latest = when
    if not earliest <= manifest.block_timestamp <= latest:
        first, last, got = (time_of(each).isoformat() for each in (earliest, latest, manifest.block_timestamp))
        yield finding(
            manifest,
            Grade.ALARM,
            "manifest_other_time",
            block=manifest.block_number,
            number=manifest.block_number,
            got=got,
            wanted=first if first == last else f"{first} – {last}",
        )


def _signature(tables: Tables, manifest: Manifest, when: tuple[int, int]) -> Iterator[Finding]:
    end = place(manifest.block_number + 1)
    agency = select(AgencyRow).where(AgencyRow.agency == manifest.agency, col(AgencyRow.begins) < end)
    if tables.session.exec(agency.limit(1)).first() is None:
        yield finding(manifest, Grade.ALARM, "manifest_agency_unknown", number=manifest.agency)
        return
    key = tables.session.exec(
        select(KeyRow)
        .where(KeyRow.agency == manifest.agency, KeyRow.kid == manifest.kid, col(KeyRow.begins) < end)
        .order_by(col(KeyRow.begins).desc())
        .limit(1)
    ).first()
    if key is None:
        yield finding(
            manifest, Grade.ALARM, "manifest_key_not_agencys", kid=f"0x{manifest.kid.hex()}", number=manifest.agency
        )
        return
    at = min(max(manifest.block_timestamp, when[0]), when[1])
    is_over = key.valid_until and key.valid_until <= at
    is_cut = key.cut_off_block is not None and key.cut_off_block <= manifest.block_number
    if is_over or is_cut or at < key.valid_from:
        yield finding(
            manifest,
            Grade.FAULT,
            "manifest_key_not_counting",
            kid=f"0x{manifest.kid.hex()}",
            block=manifest.block_number,
            number=manifest.block_number,
        )
    try:
        manifest.verify(PublicKey(key.x, key.y))
    except SignatureInvalid:
        yield finding(manifest, Grade.ALARM, "manifest_signature_wrong", kid=f"0x{manifest.kid.hex()}")


# Documents.


def _documents(manifest: Manifest, documents: Sequence[bytes]) -> tuple[list[bytes], list[Finding]]:
    """Compare documents that were handed in; returns the leaves of those that are the listed ones, and the others."""
    by_digest = {digest: leaf for leaf, (_, row) in leaves_of(manifest).items() for digest in row.documents}
    matching: list[bytes] = []
    others: list[Finding] = []
    for number, data in enumerate(documents, start=1):
        digest = sha256(data).digest()
        if digest in by_digest:
            matching.append(by_digest[digest])
        else:
            others.append(_document(manifest, number, data, digest))
    return matching, others


def _document(manifest: Manifest, number: int, data: bytes, digest: bytes) -> Finding:
    (read,) = handed_in.read([data])
    listed = leaves_of(manifest)
    if read.leaf is None or read.leaf not in listed:
        return finding(
            manifest, Grade.FAULT, "manifest_document_unlisted", leaf=read.leaf, number=number, got=f"0x{digest.hex()}"
        )
    wanted = listed[read.leaf][1].documents
    return finding(
        manifest,
        Grade.ALARM,
        "manifest_document_differs",
        leaf=read.leaf,
        number=number,
        got=f"0x{digest.hex()}",
        wanted=", ".join(f"0x{each.hex()}" for each in wanted) or "–",
    )
