"""A manifest of the small world's county, as it would sign it with its books right."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from chain import keys, slots
from chain.manifest import Batch, Manifest, Row, RowState

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

    from tests.audit.world import World

PAPER = b"%PDF, as it was archived"
"""How each made-up document begins; its leaf comes behind."""


def true_manifest(world: World) -> Manifest:
    """Return what the county would sign with its books right: from what was sent, and the contract's own slots."""
    county = world.deployed.offices[2]
    writer = world.deployed.writer()
    newest = writer.block(world.last_block)
    identity = writer.identity()
    mine = [each for each in world.batches if each.office.agency == county.agency]
    batches = []
    for sequence, anchored in enumerate(mine, start=1):
        batch = anchored.batch
        rows = tuple(
            Row(
                leaf,
                RowState.ISSUED,
                slots.read(writer.status(county.agency, leaf)),
                (sha256(PAPER + leaf).digest(),),
            )
            for leaf in batch.leaves
        )
        batches.append(Batch(anchored.root, sequence, batch.certificate_type, batch.version, rows))
    writer.close()
    return Manifest(
        registry_id=identity.registry_id,
        chain_id=identity.chain_id,
        agency=county.agency,
        block_number=newest.number,
        block_hash=newest.hash,
        block_timestamp=newest.timestamp,
        made_at=newest.timestamp + 5,
        sequences=(1, len(batches)),
        batches=tuple(batches),
    )


def signed(world: World, manifest: Manifest, key: ec.EllipticCurvePrivateKey | None = None) -> Manifest:
    """Sign for the county."""
    private = key or world.deployed.offices[2].key
    return manifest.signed(keys.PublicKey.of(private).kid, keys.signer(private))
