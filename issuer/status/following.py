"""What the registry says of our certificates' statuses, read off its events block by block.

So a list of thousands shows what counts without asking the chain for each; and what others did (an agency above with a
service of its own, the council, somebody who sent the officers' signatures) shows like our own. Only blocks that are
final are taken in; a chain that is another one, or was restored from older data, is read from its beginning again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain.events import CertificateReplaced, StatusChanged
from issuer import slots
from issuer.tables import status_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chain.events import Record
    from issuer.office import Office


def catch_up(office: Office) -> int:
    """Take in what happened since the last time; returns the block up to which it is known.

    Raises `RegistryUnavailable`; then what was known stays, and may be old.
    """
    identity, newest = office.registry.identity(), office.registry.newest()
    last = max(newest.number - office.confirmations, identity.deployed_at_block)
    if last > newest.number:
        return newest.number
    with office.store.reading() as work:
        followed = status_rows.followed(work)
    anew = followed is not None and (
        followed.block_number > newest.number
        or office.registry.block(followed.block_number).hash != followed.block_hash
    )
    first = identity.deployed_at_block if followed is None or anew else followed.block_number + 1
    if first > last:
        return last
    slots_now = _latest(office.registry.records(first, last))
    block = office.registry.block(last)
    with office.store.writing() as work:
        if anew:
            status_rows.clear(work)
        for (agency, leaf), slot in slots_now.items():
            certificate_id = status_rows.certificate_with(work, agency, leaf)
            if certificate_id is not None:
                status_rows.put(work, certificate_id, slots.read(slot))
        status_rows.put_followed(work, block.number, block.hash)
    return last


def _latest(records: Iterable[Record]) -> dict[tuple[int, bytes], int]:
    """Return what each slot held after its last change."""
    found: dict[tuple[int, bytes], int] = {}
    for record in records:
        match record.event:
            case StatusChanged(agency=agency, leaf=leaf, held=held):
                found[agency, leaf] = held
            case CertificateReplaced(agency=agency, old_leaf=leaf, held=held):
                found[agency, leaf] = held
            case _:
                pass
    return found
