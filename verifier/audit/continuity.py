"""Whether the chain still has what was checked before: it never goes backwards, and no block is ever rewritten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifier.audit.rules import found, written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.registry import Identity
    from verifier.audit.finding import Finding
    from verifier.audit.remembering import Mark, Remembered
    from verifier.audit.sources import ChainSource


def is_continued(source: ChainSource, identity: Identity, remembered: Remembered) -> list[Finding]:
    """Hold the blocks at which earlier stretches ended against the node's chain; returns nothing if all is as it was.

    Only blocks that were final are remembered, so an ordinary reorganisation never touches them.
    """
    known = remembered.registry()
    if known is None:
        return []
    if known != (identity.chain_id, identity.registry_id, identity.genesis_hash):
        return [
            found("another_registry", before=written(known[1]), registry=written(identity.registry_id), chain=known[0])
        ]
    findings: list[Finding] = []
    deployed_at = remembered.deployed_at()
    if deployed_at is not None and deployed_at != identity.deployed_at_block:
        findings.append(found("deployment_moved", block=identity.deployed_at_block, before=deployed_at))
    mark = remembered.head()
    if mark is None:
        return findings
    newest = source.newest().number
    if newest < mark.number:
        findings.append(found("gone_backwards", block=mark.number, newest=newest))
        below = [each for each in remembered.marks() if each.number <= newest]
        return findings + (_rewritten(source, below) if below else [])
    return findings + _rewritten(source, remembered.marks())


def _rewritten(source: ChainSource, marks: Sequence[Mark]) -> list[Finding]:
    """Say which of these blocks, the newest first, is another one now, and since which one at the latest."""
    changed: Mark | None = None
    is_now = b""
    same = -1
    for mark in marks:
        (header,) = source.headers(mark.number, mark.number)
        now = header.made_hash or header.told_hash
        if now == mark.hash:
            same = mark.number
            break
        changed, is_now = mark, now
    if changed is None:
        return []
    return [
        found("rewritten_block", block=changed.number, before=written(changed.hash), now=written(is_now), same=same)
    ]
