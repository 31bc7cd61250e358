"""A real registry's history: complete where nothing is hidden, and caught where anything is."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import pytest

from chain import checkpoint, history, steps
from chain.checkpoint import Checkpoint
from chain.errors import HistoryIncomplete, NotAttested
from chain.events import AgencySuspended, BatchAnchored, CertificateReplaced, KeyCutOff, StatusChanged, Track
from chain.header import Header
from chain.history import Heads, History, Step
from chain.keys import PublicKey, signer
from chain.registry import StatusToChange
from chain.steps import List
from chain.trust_list import TrustList
from tests import sealed
from tests.deployed import anchor, batch_of, change_status, make_deployed, root_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from chain.ethereum.network import Anvil
    from chain.events import Event, Record
    from chain.registry import BatchToAnchor
    from tests.deployed import Deployed, Office

VALIDATORS = sealed.validators(4)


@dataclass(frozen=True, slots=True)
class Story:
    """What happened, and the checkpoint after it."""

    records: tuple[Record, ...]
    steps: tuple[Step, ...]
    batch: BatchToAnchor
    checkpoint: Checkpoint
    trust: TrustList

    def told(self, others: list[Step]) -> checkpoint.Believed:
        """Verify the same checkpoint with another history."""
        return checkpoint.verify(replace(self.checkpoint, history=history.encode(others)), self.trust)

    def of(self, event: Event) -> int:
        """Return the place of an event's step."""
        return self.steps.index(Step.of(next(record for record in self.records if record.event == event)))


@pytest.fixture(scope="module")
def story(anvil: Anvil) -> Story:
    """Anchor, revoke, replace, cut a key off and suspend; then cut a checkpoint, sealed as QBFT's validators would."""
    return tell(make_deployed(anvil, levels=2, registry_id=b"\x1e" * 32))


def tell(deployed: Deployed) -> Story:
    top, office = deployed.offices
    writer, governing = deployed.writer(), deployed.governing()
    batch = batch_of(office, "told")
    anchor(writer, deployed.sender, office, batch)
    for leaf, track in ((batch.leaves[0], Track.REVOKED), (batch.leaves[1], Track.LOSS)):
        change_status(
            writer, deployed.sender, [office.preparer, office.approver], change(deployed, office, leaf, track)
        )
    renewed = replace(batch_of(office, "renewed", 1), replaces=(batch.leaves[2],), from_hour=490_000)
    anchor(writer, deployed.sender, office, renewed)
    governing.cut_off_key(office.agency, office.public_key.kid, writer.newest().number, by=office.managers[:1])
    governing.suspend_agency(office.agency, by=top.managers[:1])

    newest = writer.newest()
    records = tuple(writer.records(0, newest.number))
    taken = tuple(map(Step.of, records))
    proof = writer.state_proof(newest.number)
    assert proof is not None
    how = sealed.qbft(VALIDATORS)
    header = how.sealed(proof.headers[0], VALIDATORS[:3])
    identity = writer.identity()
    made = Checkpoint(
        registry_id=identity.registry_id,
        chain_id=identity.chain_id,
        registry=identity.address,
        agencies=identity.agencies_address,
        block_number=newest.number,
        block_hash=how.block_hash(sealed.items_of(header)),
        timestamp=Header.parse(header).timestamp,
        heads=Heads(*(writer.head(which, block=newest.number) for which in List)),
        state=replace(proof, headers=(header,)),
        history=history.encode(taken),
    )
    trust = trust_of(made, "qbft", [(0, None, sealed.addresses(VALIDATORS))])
    return Story(records, taken, batch, made, trust)


def change(deployed: Deployed, office: Office, leaf: bytes, track: Track) -> StatusToChange:
    held = deployed.writer().status(office.agency, leaf)
    return StatusToChange(office.agency, office.agency, (leaf,), (held,), track, 490_000, 0, b"d" * 32)


def trust_of(made: Checkpoint, scheme: str, sets: list[tuple[int, int | None, list[bytes]]]) -> TrustList:
    part = sealed.signed_part(
        registry_id=made.registry_id,
        registry=made.registry,
        agencies=made.agencies,
        chain_id=made.chain_id,
        scheme=scheme,
        sets=sets,
        attesters=[sealed.attester()],
    )
    return TrustList.parse(sealed.trust_list(part).encode())


def test_the_replayed_heads_are_the_chains(story: Story) -> None:
    read = History.parse(story.checkpoint.history)
    assert read.heads() == story.checkpoint.heads
    heads = Heads()
    for record in story.records:
        heads = heads.after(record.event, record.block_number)
    assert heads == story.checkpoint.heads


def test_records_come_back_but_for_the_hashes_and_leaves(story: Story) -> None:
    read = History.parse(story.checkpoint.history)
    records = sorted(
        (record for which in List for record in read.records(which)),
        key=lambda record: (record.block_number, record.log_index),
    )
    left_out = {"block_hash": b"", "transaction_hash": b"", "leaves": (), "transaction": None}
    assert records == [replace(record, **left_out) for record in story.records]


def test_a_checkpoint_with_the_chains_own_proofs_is_believed(story: Story) -> None:
    believed = checkpoint.verify(Checkpoint.parse(story.checkpoint.encode()), story.trust)
    assert believed.sealing is not None
    agency = story.batch.agency
    assert [record.event for record in believed.history.batches(agency, root_of(story.batch))] == [
        record.event
        for record in story.records
        if isinstance(record.event, BatchAnchored) and record.event.root == root_of(story.batch)
    ]
    revoked, lost, replaced = (believed.history.statuses(agency, leaf) for leaf in story.batch.leaves)
    assert [type(record.event) for record in (*revoked, *lost, *replaced)] == [
        StatusChanged,
        StatusChanged,
        CertificateReplaced,
    ]


def test_the_development_chain_itself_seals_nothing(story: Story) -> None:
    none = trust_of(story.checkpoint, "none", [])
    bare = replace(story.checkpoint, state=None)
    with pytest.raises(NotAttested):
        checkpoint.verify(bare, none)
    key = sealed.attester()
    vouched = bare.attested(PublicKey.of(key).kid, signer(key))
    assert checkpoint.verify(vouched, none).attesters == (PublicKey.of(key).kid,)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (StatusChanged, "statuses"),
        (CertificateReplaced, "statuses"),
        (KeyCutOff, "rights"),
        (AgencySuspended, "rights"),
        (BatchAnchored, "anchors"),
    ],
)
def test_hiding_one_event_is_caught(story: Story, kind: type[Event], name: str) -> None:
    hidden = next(record.event for record in story.records if isinstance(record.event, kind))
    place = story.of(hidden)
    with pytest.raises(HistoryIncomplete, match=rf"the heads of {name}:"):
        story.told([*story.steps[:place], *story.steps[place + 1 :]])


@pytest.mark.parametrize("which", List)
def test_dropping_the_last_event_of_a_list_is_caught(story: Story, which: List) -> None:
    last = max(place for place, taken in enumerate(story.steps) if steps.list_of(taken.kind) is which)
    with pytest.raises(HistoryIncomplete, match=which.name.lower()):
        story.told([*story.steps[:last], *story.steps[last + 1 :]])


def test_swapping_two_is_caught(story: Story) -> None:
    first, second = (place for place, taken in enumerate(story.steps) if taken.kind == steps.STATUS_CHANGED)
    swapped = list(story.steps)
    swapped[first] = replace(story.steps[first], arguments=story.steps[second].arguments)
    swapped[second] = replace(story.steps[second], arguments=story.steps[first].arguments)
    with pytest.raises(HistoryIncomplete, match="statuses"):
        story.told(swapped)


@pytest.mark.parametrize("field", [field.name for field in fields(StatusChanged)])
def test_changing_one_argument_is_caught(story: Story, field: str) -> None:
    event = next(record.event for record in story.records if isinstance(record.event, StatusChanged))
    others: dict[str, Callable[[StatusChanged], StatusChanged]] = {
        "agency": lambda it: replace(it, agency=it.agency + 1),
        "leaf": lambda it: replace(it, leaf=bytes(32)),
        "track": lambda it: replace(it, track=Track.LOSS),
        "from_hour": lambda it: replace(it, from_hour=it.from_hour + 1),
        "until_hour": lambda it: replace(it, until_hour=1),
        "actor": lambda it: replace(it, actor=0),
        "decision": lambda it: replace(it, decision=bytes(32)),
        "held": lambda it: replace(it, held=it.held ^ 1),
        "officers": lambda it: replace(it, officers=it.officers[::-1]),
    }
    place = story.of(event)
    told = list(story.steps)
    told[place] = replace(told[place], arguments=steps.arguments(others[field](event)))
    with pytest.raises(HistoryIncomplete, match="statuses"):
        story.told(told)


def test_moving_an_event_to_another_block_is_caught(story: Story) -> None:
    told = list(story.steps)
    told[-1] = replace(told[-1], block_number=told[-1].block_number + 1)
    with pytest.raises(HistoryIncomplete, match="rights"):
        story.told(told)


def test_adding_an_event_is_caught(story: Story) -> None:
    again = replace(story.steps[-1], log_index=story.steps[-1].log_index + 1)
    with pytest.raises(HistoryIncomplete, match="rights"):
        story.told([*story.steps, again])
