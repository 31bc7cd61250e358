"""Trust lists, checkpoints and proofs of a real registry on anvil, whose blocks test keys have sealed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from chain import history, merkle, proof
from chain.checkpoint import Checkpoint
from chain.code import InclusionPath
from chain.ethereum import runs
from chain.ethereum.proving import Prover
from chain.header import Header
from chain.history import Heads, Step
from chain.keys import PublicKey, signer
from chain.proof import Proof
from chain.registry import BatchToAnchor
from chain.seals import SealScheme, block_hash
from chain.trust_list import TrustList
from tests import sealed
from tests.verifier.book import TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chain.ethereum.signers import KeySigner
    from chain.events import Record
    from tests.deployed import Deployed, Office
    from tests.sealed import Validator
    from tests.verifier.book import Paper

VALIDATORS = sealed.validators(4)
STRANGERS = sealed.validators(4, "stranger")
ATTESTER = sealed.attester()
ALL_BUT_ONE = VALIDATORS[:3]
"""As many as must have sealed."""
_TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Chain:
    """A registry on anvil, and how its blocks are sealed afterwards."""

    deployed: Deployed
    scheme: SealScheme = SealScheme.QBFT

    @property
    def now(self) -> datetime:
        """The newest block's time: tests must not depend on how fast blocks come."""
        return datetime.fromtimestamp(self.deployed.writer().newest().timestamp, UTC)

    def trust_file(
        self,
        *,
        by: Sequence[KeySigner] = sealed.COUNCIL[:3],
        **changes: Any,  # noqa: ANN401 - what the council signs, by name
    ) -> bytes:
        """Return a trust list of this registry and these validators, signed by these of the council."""
        record, writer = self.deployed.record, self.deployed.writer()
        first = datetime.fromtimestamp(writer.block(1).timestamp, UTC)
        is_sealed = self.scheme is not SealScheme.NONE
        values: dict[str, Any] = {
            "registry_id": record.registry_id,
            "registry": record.address,
            "agencies": writer.identity().agencies_address,
            "chain_id": record.chain_id,
            "scheme": self.scheme.value,
            "sets": [(0, None, sealed.addresses(VALIDATORS))] if is_sealed else [],
            "issued": (first - timedelta(days=30)).strftime(_TIME),
            "expires": (first + timedelta(days=300)).strftime(_TIME),
            "attesters": (ATTESTER,),
        }
        return sealed.trust_list(sealed.signed_part(**(values | changes)), by).encode()

    def trust(self, **changes: Any) -> TrustList:  # noqa: ANN401 - as above
        """Return the same, read."""
        return TrustList.parse(self.trust_file(**changes))

    def seal(self, header: bytes, by: Sequence[Validator] = ALL_BUT_ONE) -> tuple[bytes, ...]:
        """Return a header as the validators seal it, in Clique with made up successors; as it is where nobody does."""
        match self.scheme:
            case SealScheme.NONE:
                return (header,)
            case SealScheme.CLIQUE:
                return tuple(sealed.clique([numbered(header, place) for place in range(len(by))], by))
            case SealScheme.QBFT:
                return (sealed.qbft(VALIDATORS).sealed(header, by),)
            case SealScheme.IBFT2:
                return (sealed.ibft2(VALIDATORS).sealed(header, by),)

    def records(self) -> list[Record]:
        """Return everything the registry recorded."""
        writer = self.deployed.writer()
        return list(writer.records(0, writer.newest().number))

    def checkpoint(
        self,
        *,
        by: Sequence[Validator] = ALL_BUT_ONE,
        bend: Callable[[list[Record]], list[Record]] = list,
        earlier: timedelta = timedelta(),
        attested: bool = True,
    ) -> Checkpoint:
        """Cut a checkpoint of the newest block; `bend` changes what it tells of the history, `earlier` all times."""
        writer = self.deployed.writer()
        newest, identity = writer.newest(), writer.identity()
        shift = int(earlier.total_seconds())
        records = [
            replace(record, block_timestamp=record.block_timestamp - shift)
            for record in bend(list(writer.records(0, newest.number)))
        ]
        state = writer.state_proof(newest.number)
        assert state is not None
        headers = self.seal(moved(state.headers[0], newest.timestamp - shift), by)
        cut = Checkpoint(
            registry_id=identity.registry_id,
            chain_id=identity.chain_id,
            registry=identity.address,
            agencies=identity.agencies_address,
            block_number=newest.number,
            block_hash=block_hash(Header.parse(headers[0]), self.scheme),
            timestamp=newest.timestamp - shift,
            heads=heads_of(list(writer.records(0, newest.number))),
            state=replace(state, headers=headers),
            history=history.encode(map(Step.of, records)),
        )
        return cut.attested(PublicKey.of(ATTESTER).kid, signer(ATTESTER)) if attested else cut

    def anchor(self, office: Office, *papers: Paper) -> None:
        """Anchor certificates in one batch."""
        leaves = tuple(made.leaf for made in papers)
        self.deployed.anchor(office, BatchToAnchor(office.agency, TYPE.number, TYPE.version, leaves))

    def proof(self, office: Office, made: Paper, *others: Paper, by: Sequence[Validator] = ALL_BUT_ONE) -> Proof:
        """Return the proof of a certificate that was anchored together with others, the first of them."""
        leaves = tuple(each.leaf for each in (made, *others))
        root, writer = merkle.root(leaves), self.deployed.writer()
        number = writer.batch_block(office.agency, root)
        assert number is not None
        encoded = writer.evidence(office.agency, root, number)
        assert encoded is not None
        evidence = proof.decode_evidence(encoded)
        headers = self.seal(evidence.headers[0], by)
        return Proof(self.deployed.record.registry_id, path_of(made, *others), replace(evidence, headers=headers))


def path_of(made: Paper, *others: Paper) -> InclusionPath:
    """Return the way from a certificate to the root of its batch, in which it is the first."""
    leaves = tuple(each.leaf for each in (made, *others))
    return InclusionPath(len(leaves), 0, merkle.inclusion_path(leaves, 0))


def heads_of(records: Sequence[Record]) -> Heads:
    """Return the heads that a whole history makes."""
    heads = Heads()
    for record in records:
        heads = heads.after(record.event, record.block_number)
    return heads


def moved(header: bytes, timestamp: int) -> bytes:
    """Return a header of another time."""
    items = sealed.items_of(header)
    items[sealed.TIMESTAMP] = timestamp.to_bytes((timestamp.bit_length() + 7) // 8)
    return sealed.with_extra(items, items[sealed.EXTRA])


def numbered(header: bytes, after: int) -> bytes:
    """Return a header of so many blocks later."""
    items = sealed.items_of(header)
    number = int.from_bytes(items[sealed.NUMBER]) + after
    items[sealed.NUMBER] = number.to_bytes((number.bit_length() + 7) // 8)
    return sealed.with_extra(items, items[sealed.EXTRA])


def header_with(shown: Proof, *, number: int) -> Proof:
    """Return a proof whose header tells another height."""
    items = sealed.items_of(shown.evidence.headers[0])
    items[sealed.NUMBER] = number.to_bytes((number.bit_length() + 7) // 8)
    header = sealed.with_extra(items, items[sealed.EXTRA])
    return replace(shown, evidence=replace(shown.evidence, headers=(header,)))


def slot_proof(chain: Chain, shown: Proof, leaf: bytes) -> Proof:
    """Return a proof that shows the batch's slot in place of its receipt."""
    path, writer = shown.path, chain.deployed.writer()
    root = merkle.root_from_path(leaf, index=path.index, size=path.size, path=path.hashes)
    agency = chain.deployed.offices[1].agency
    number = Header.parse(shown.evidence.headers[0]).number
    by_slot = Prover(writer.node, chain.deployed.record.address)._by_state(  # noqa: SLF001 - else chosen by size
        runs.of_block(writer.node, number), agency, root
    )
    return replace(shown, evidence=replace(by_slot, headers=shown.evidence.headers))
