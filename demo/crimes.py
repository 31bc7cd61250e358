"""The forgeries that need dishonest officers: batches that should never have been anchored.

Everything here is done by the agency that plan.json keeps for it, with keys from the demonstration's own keystore.
"""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec

from chain import certificate_types, keys
from chain.ethereum.governing import Governing
from chain.events import BatchAnchored
from chain.keys import PublicKey
from chain.registry import BatchToAnchor, Role
from demo import forging
from demo.loot import Genuine, Loot
from issuer.delivery.handing_out import document_of
from issuer.document.documents import Renderer
from issuer.keys import DocumentKey
from issuer.settings import Settings
from issuer.wiring import open_issuer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chain.ethereum.writer import EthereumWriter
    from demo.forging import Anchored
    from demo.loot import Forgery
    from demo.stage import Stage
    from issuer.office import Office

GANG = "forger-scjg"
"""The agency in plan.json whose officers are dishonest."""
PARENT_MANAGER = "region-scjg-manager"
SENDER = "governor"
COUNCIL = ("council-1", "council-2")
VICTIM_TYPE = "business-licence"
NOT_HELD_TYPE = "rural-collective-registration"
NEWER_VERSION = 2
EXPECTED = "expected.json"
"""Says of each forgery how it was made and which verdict it must get."""
_DEADLINE_BLOCKS = 1000
_POLL_S = 0.1


def commit(stage: Stage) -> None:
    """Make all forgeries, unless that was done before."""
    index = stage.forgeries / EXPECTED
    if index.exists():
        return
    stage.forgeries.mkdir(parents=True, exist_ok=True)
    settings = Settings()
    with open_issuer(settings) as opened:
        office, writer = opened.office, opened.writer
        loot, leaves = _loot(office, settings.verifying_host)
        forgeries = [*forging.off_chain(loot), forging.inner_node(leaves)]
        gang = _Gang(office, writer)
        forgeries += gang.crimes(loot)
    for forgery in forgeries:
        (stage.forgeries / forgery.name).write_bytes(forgery.content)
    told = {forgery.name: {"expected": forgery.expected, "story": forgery.story} for forgery in forgeries}
    index.write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


class _Gang:
    """Dishonest officers, and a parent's manager who signs without reading."""

    def __init__(self, office: Office, writer: EthereumWriter) -> None:
        self._office = office
        self._writer = writer
        keystore = office.keystore
        account = keystore.account(f"{GANG}-manager")
        self._agency = account.agency
        self._managers = [keystore.officer(account.name).signer, keystore.officer(PARENT_MANAGER).signer]
        self._preparer = keystore.officer(f"{GANG}-preparer").signer
        self._approver = keystore.officer(f"{GANG}-approver").signer
        self._sender = keystore.sender(SENDER)
        members = [keystore.council_member(name) for name in COUNCIL]
        self._governing = Governing(writer, sender=self._sender, members=members)

    def crimes(self, loot: Loot) -> Iterator[Forgery]:
        """Commit them."""
        directory = self._office.directory()
        here = directory.agency(self._agency)
        key = self._office.keystore.document_key(here.id, here.keys[0].kid)
        spoils = replace(loot, agency=here.id, agency_code=here.code, stolen=key)
        by_identifier = certificate_types.by_identifier
        yield self._done(
            forging.with_wrong_type(
                spoils,
                held=by_identifier(VICTIM_TYPE),
                not_held=by_identifier(NOT_HELD_TYPE),
                claims=_first_row(self._office, NOT_HELD_TYPE),
            )
        )
        yield self._done(forging.in_another_agencys_batch(loot, another_agency=here.id))
        yield self._with_older_version(spoils)
        yield self._with_cut_off_key(spoils)

    def _with_older_version(self, spoils: Loot) -> Forgery:
        kind = spoils.one.certificate_type
        if self._governing.type_digest(kind.number, NEWER_VERSION) is None:
            digest = sha256(b"a data file that does not exist").digest()
            self._governing.council.register_types([(kind.number, NEWER_VERSION, digest)])
        return self._done(forging.with_older_version(spoils, newer_version=NEWER_VERSION))

    def _with_cut_off_key(self, spoils: Loot) -> Forgery:
        key = _new_key()
        now = self._writer.newest().timestamp
        self._governing.add_key(self._agency, x=key.public.x, y=key.public.y, valid_from=now, by=self._managers)
        anchored = forging.with_cut_off_key(spoils, key)
        block = self._anchor(anchored.batch)
        self._governing.cut_off_key(self._agency, key.public.kid, block, by=self._managers[:1])
        return anchored.forgery

    def _done(self, anchored: Anchored) -> Forgery:
        self._anchor(anchored.batch)
        return anchored.forgery

    def _anchor(self, batch: BatchToAnchor) -> int:
        """Anchor a batch, which the contract cannot know to be a forgery, and return its block."""
        deadline = self._writer.newest().number + _DEADLINE_BLOCKS

        def signed(role: Role) -> bytes:
            signer = self._preparer if role is Role.PREPARER else self._approver
            return signer.sign_digest(self._writer.batch_digest(batch, role=role, deadline=deadline))

        transaction = self._writer.sign_anchor(
            batch,
            deadline=deadline,
            preparer=signed(Role.PREPARER),
            approvers=[signed(Role.APPROVER)],
            sender=self._sender,
            nonce=self._writer.next_nonce(self._sender.address),
        )
        self._writer.send(transaction)
        while (receipt := self._writer.receipt(transaction.hash)) is None:
            time.sleep(_POLL_S)
        if not any(isinstance(record.event, BatchAnchored) for record in receipt.records):
            raise SystemExit(f"The registry did not anchor a batch that a forgery needs: {receipt}")
        return receipt.block_number


def _loot(office: Office, host: str) -> tuple[Loot, tuple[bytes, ...]]:
    """Return what the forger starts from, and the leaves of a genuine batch."""
    renderer = Renderer()
    directory = office.directory()
    kind = office.type(VICTIM_TYPE)
    with office.store.reading() as work:
        # The last ones of the batch; nothing became of them.
        victims = [
            each
            for each in work.all_certificates(certificate_type=VICTIM_TYPE)
            if each.last_day is None and work.successor(each.id) is None and not work.status_changes(each.id)
        ][-2:]
        batch = work.batch(victims[0].batch_id)
        leaves = tuple(each.leaf or b"" for each in work.certificates(batch.id or 0))
        genuine: list[Genuine] = []
        for victim in victims:
            document = document_of(office, work, directory, batch, victim)
            pdf = renderer.render(document)
            genuine.append(Genuine(kind, document.sd_jwt, document.code_url, pdf, document))
    agency = directory.agency(batch.agency)
    other = next(each for each in directory.agencies.values() if each.keys and each.id != agency.id)
    one, two = genuine
    return (
        Loot(
            identity=office.registry.identity(),
            host=host,
            one=one,
            other=two,
            agency=agency.id,
            agency_code=agency.code,
            stolen=office.keystore.document_key(agency.id, batch.kid or b""),
            another_key=office.keystore.document_key(other.id, other.keys[0].kid),
            unlisted=_new_key(),
            entropy=secrets.token_bytes,
            renderer=renderer,
        ),
        leaves,
    )


def _first_row(office: Office, identifier: str) -> dict[str, object]:
    with office.store.reading() as work:
        return dict(office.records.claims(work, work.all_certificates(certificate_type=identifier)[0]))


def _new_key() -> DocumentKey:
    private = ec.generate_private_key(ec.SECP256R1())
    return DocumentKey(PublicKey.of(private), keys.signer(private))
