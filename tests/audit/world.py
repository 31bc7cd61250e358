"""A small world to audit: half a year of six agencies on five levels, on a development chain of its own.

Everything that a registry can hold happens once: batches of all types, officers that come and go, a key cut off and
another listed, an agency suspended and resumed, a type withdrawn, every track of a status set and some lifted, a
certificate replaced, the council changed, a proposal that was executed and one that is open. It is the same every time,
down to the blocks' hashes, and an honest auditor finds nothing wrong with it.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from chain import merkle
from chain.calendar import SHANGHAI, hour_of
from chain.certificate_types import by_identifier, shipped
from chain.ethereum.network import Anvil
from chain.events import Capability, Track
from chain.keys import PublicKey
from chain.registry import BatchToAnchor
from tests.audit import offices
from tests.deployed import NAMES, Deployed, Office, document_key, leaves_of, signer
from tests.verifier.book import TYPE
from tests.verifier.papers_on_chain import certificate_of
from tests.verifier.trust import settings_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from chain.ethereum.signers import KeySigner
    from tests.audit.pen import Pen
    from tests.verifier.book import Paper
    from verifier.settings import Settings

BEGINNING = datetime(2026, 1, 5, 9, tzinfo=SHANGHAI)
"""A Monday; the genesis block is of this moment."""
SECOND_COUNTY = "演示二县"
SECOND_COUNTY_TYPES = (1, 2, 3, 5)
RENEWABLE = by_identifier("construction-safety-licence").number
HOST = "verify.example.cn"
PAPERS = 10
"""How many real certificates there are; all other leaves are only numbers."""


@dataclass(frozen=True, slots=True)
class Anchored:
    """A batch with its place on the chain."""

    office: Office
    batch: BatchToAnchor
    transaction_hash: bytes
    block_number: int

    @property
    def root(self) -> bytes:
        """What all its leaves lie under."""
        return merkle.root(self.batch.leaves)


@dataclass(frozen=True, slots=True)
class World:
    """What was made, and what tests want to point at. Nobody writes to a world that is shared."""

    anvil: Anvil
    deployed: Deployed
    """Its offices are the five, from the top level down, each the parent of the next."""
    second_county: Office
    """A sibling of the third."""
    batches: tuple[Anchored, ...]
    """In the order in which they were anchored."""
    papers: tuple[Paper, ...]
    """Real certificates of the county (`deployed.offices[2]`), which make up the first batch."""
    statuses: dict[str, bytes]
    """Leaves of the county by what happened to them: `revoked`, `suspended`, `lifted_by_council` and so on."""
    blocks: dict[str, int]
    """In which block something happened: `key_cut_off`, `agency_suspended`, `officer_removed` and so on."""
    open_proposal: int
    last_block: int
    now: datetime
    """The newest block's time."""

    @property
    def offices(self) -> tuple[Office, ...]:
        """All six."""
        return (*self.deployed.offices, self.second_county)

    @property
    def certificates(self) -> int:
        """How many leaves there are."""
        return sum(len(anchored.batch.leaves) for anchored in self.batches)

    def settings(self, folder: Path, **changes: object) -> Settings:
        """Return the settings of a verifier of this registry that keeps everything in one folder."""
        return settings_of(self.deployed, folder, **changes)


@contextmanager
def running(*options: str) -> Iterator[Anvil]:
    """Run a chain that begins at `BEGINNING`, whenever that is done."""
    with Anvil.start(options=("--timestamp", str(int(BEGINNING.timestamp())), *options)) as anvil:
        yield anvil


def at(day: int, hour: int = 10, minute: int = 0) -> datetime:
    """Return a time so many days after the beginning, in China."""
    return BEGINNING.replace(hour=hour, minute=minute) + timedelta(days=day)


def make(anvil: Anvil) -> World:
    """Write the history onto a chain that `running` started."""
    making = _Making(offices.begun(anvil, shipped(), at=at(0, 9, 30)))
    _register(making)
    papers = _first_months(making)
    _change_statuses(making)
    _change_rights(making)
    _last_months(making)
    pen = making.pen
    pen.decide("setVerifyingHost", HOST, True, at=at(170))  # noqa: FBT003 - the contract's own argument
    making.blocks["host_listed"] = pen.block
    open_proposal = pen.propose("setVerifyingHost", HOST, False)  # noqa: FBT003 - as above
    making.mine(171, what="proposal_open")
    making.mine(172)
    pen.finish()
    return World(
        anvil=anvil,
        deployed=making.deployed,
        second_county=making.second_county,
        batches=tuple(making.batches),
        papers=papers,
        statuses=making.statuses,
        blocks=making.blocks,
        open_proposal=open_proposal,
        last_block=pen.block,
        now=pen.now.astimezone(UTC),
    )


@dataclass
class _Making:
    """A world as it grows."""

    pen: Pen
    five: list[Office] = field(default_factory=list)
    batches: list[Anchored] = field(default_factory=list)
    statuses: dict[str, bytes] = field(default_factory=dict)
    blocks: dict[str, int] = field(default_factory=dict)
    second_county: Office = field(init=False)

    @property
    def deployed(self) -> Deployed:
        pen = self.pen
        return Deployed(pen.anvil.url, pen.record, tuple(pen.members[:3]), signer("sender"), tuple(self.five))

    def mine(self, day: int, hour: int = 10, minute: int = 0, *, what: str = "") -> int:
        """Make a block of all that waits, and remember what happened in it."""
        number = self.pen.mine(at(day, hour, minute))
        if what:
            self.blocks[what] = number
        return number

    def anchor(self, office: Office, batch: BatchToAnchor, *more: KeySigner, day: int, hour: int = 10) -> None:
        """Anchor a batch in a block of its own."""
        sent = self.pen.anchor(batch, preparer=office.preparer, approvers=[office.approver, *more])
        self.batches.append(Anchored(office, batch, sent, self.mine(day, hour)))

    def issue(self, office: Office, certificate_type: int, count: int, *more: KeySigner, day: int) -> None:
        """Anchor a batch of leaves that are only numbers, at an hour of work."""
        label = f"{office.name} {certificate_type} {day}"
        batch = BatchToAnchor(office.agency, certificate_type, 1, leaves_of(label, count))
        self.anchor(office, batch, *more, day=day, hour=9 + day % 8)

    def status(
        self,
        name: str,
        leaf: bytes,
        track: Track,
        *,
        day: int,
        days: int = 0,
        by: Office | None = None,
        alone: bool = False,
        lift: bool = False,
    ) -> None:
        """Have the county, or one above it, change a status of one of the county's certificates from then on."""
        county, moment = self.five[2], at(day, 15)
        actor = by or county
        change = self.pen.change_of(
            county.agency,
            (leaf,),
            track,
            actor=actor.agency,
            decision=leaves_of(f"decision {name}", 1)[0],
            from_hour=0 if lift else hour_of(moment),
            until_hour=hour_of(moment) + 24 * days if days else 0,
        )
        self.pen.change_status(change, by=[actor.approver] if alone else [actor.preparer, actor.approver])
        self.mine(day, 15, what=name)
        self.statuses[name] = leaf


def _register(making: _Making) -> None:
    pen, types = making.pen, tuple(kind.number for kind in shipped())
    making.five.append(offices.top_office(pen, NAMES[0], 1, types, at=at(0, 11)))
    for level, name in enumerate(NAMES[1:], start=2):
        making.five.append(offices.office(pen, making.five[-1], name, level, types))
    making.mine(0, 13, what="registered")
    making.second_county = offices.office(pen, making.five[1], SECOND_COUNTY, 6, SECOND_COUNTY_TYPES)
    making.mine(1, what="second_county_registered")


def _first_months(making: _Making) -> tuple[Paper, ...]:
    """Issue all types; nothing else happens yet."""
    region, city, county, town, village = making.five
    papers = tuple(certificate_of(making.deployed, county, f"paper {number}") for number in range(PAPERS))
    leaves = tuple(paper.leaf for paper in papers)
    making.anchor(county, BatchToAnchor(county.agency, TYPE.number, TYPE.version, leaves), day=2)
    for day, office, certificate_type, count in (
        (3, region, 7, 4),
        (4, city, 1, 30),
        (7, county, 2, 25),
        (8, county, RENEWABLE, 40),
        (9, town, 8, 12),
        (10, village, 8, 6),
        (11, making.second_county, 1, 20),
        (14, making.second_county, 5, 16),
        (15, city, 6, 17),
        (16, county, 4, 23),
    ):
        making.issue(office, certificate_type, count, day=day)
    return papers


def _change_statuses(making: _Making) -> None:
    """Set every track once, lift some, and replace a certificate."""
    region, city, county, *_ = making.five
    leaf = iter(making.batches[4].batch.leaves)
    papers = making.batches[0].batch.leaves
    making.status("revoked", papers[1], Track.REVOKED, day=20)
    making.status("suspended", papers[2], Track.SUSPENSION, day=21, days=300)
    making.status("rescinded", next(leaf), Track.RESCINDED, day=22)
    making.status("withdrawn", next(leaf), Track.WITHDRAWN, day=23)
    making.status("cancelled", next(leaf), Track.CANCELLED, day=24)
    making.status("lost", next(leaf), Track.LOSS, day=25)
    making.status("renewal_pending", next(leaf), Track.RENEWAL_PENDING, day=28, days=30)
    making.status("suspended_alone", next(leaf), Track.SUSPENSION, day=29, days=1, alone=True)
    suspended, lost, wronged, graver = next(leaf), next(leaf), next(leaf), next(leaf)
    making.status("suspended_for_a_while", suspended, Track.SUSPENSION, day=30, days=60)
    making.status("suspension_lifted", suspended, Track.SUSPENSION, day=35, lift=True)
    making.status("lost_for_a_while", lost, Track.LOSS, day=36)
    making.status("found_again", lost, Track.LOSS, day=37, lift=True)
    making.status("wronged", wronged, Track.REVOKED, day=38)
    making.pen.lift_as_council(
        county.agency, wronged, Track.REVOKED, decision=leaves_of("decision of the court", 1)[0], at=at(42)
    )
    making.statuses["lifted_by_council"], making.blocks["lifted_by_council"] = wronged, making.pen.block
    making.status("cancelled_first", graver, Track.CANCELLED, day=43)
    making.status("then_revoked_from_above", graver, Track.REVOKED, day=44, by=city)
    making.status("suspended_from_the_top", next(leaf), Track.SUSPENSION, day=45, days=200, by=region)
    batch = BatchToAnchor(
        county.agency,
        TYPE.number,
        TYPE.version,
        leaves_of("replacing", 1),
        replaces=(papers[3],),
        from_hour=hour_of(at(50)),
    )
    making.anchor(county, batch, day=49)
    making.statuses["replaced"], making.statuses["replacing"] = papers[3], batch.leaves[0]


def _change_rights(making: _Making) -> None:
    """Let people, keys, types, policies and the council change, with issuance in between."""
    pen, (_, city, county, town, village) = making.pen, making.five
    second, clerk = making.second_county, signer("a clerk for a while")
    pen.set_officer(county.agency, clerk.address, Capability.APPROVE, by=county.managers)
    making.mine(55, what="officer_added")
    pen.consent(county.agency, "demandApprovals", county.agency, 2, by=city.managers[:1])
    making.mine(56, what="approvals_demanded")
    making.issue(county, 2, 15, clerk, day=57)
    pen.consent(county.agency, "demandApprovals", county.agency, 0, by=city.managers)
    making.mine(58, what="approvals_lowered")
    pen.set_officer(county.agency, clerk.address, Capability.STATUS, by=county.managers)
    making.mine(59, what="officer_moved")
    pen.set_officer(county.agency, clerk.address, Capability(0), by=county.managers[:1])
    making.mine(62, what="officer_removed")
    another = PublicKey.of(document_key("演示镇 second key"))
    pen.add_key(town.agency, another, valid_from=int(at(63).timestamp()), by=town.managers)
    making.mine(63, what="key_added")
    making.issue(town, 8, 9, day=64)
    pen.consent(town.agency, "cutOffKey", town.agency, town.public_key.kid, pen.block + 1, by=town.managers[:1])
    making.mine(65, what="key_cut_off")
    making.issue(town, 8, 11, day=66)
    pen.consent(village.agency, "suspendAgency", village.agency, by=town.managers[:1])
    making.mine(70, what="agency_suspended")
    making.issue(second, 2, 14, day=72)
    pen.consent(village.agency, "resumeAgency", village.agency, by=town.managers)
    making.mine(77, what="agency_resumed")
    making.issue(village, 8, 7, day=78)
    pen.consent(second.agency, "withdrawType", second.agency, 5, by=city.managers[:1])
    making.mine(80, what="type_withdrawn")
    pen.decide("addMember", signer("member 3").address, 3, at=at(84))
    pen.threshold, making.blocks["member_added"] = 3, pen.block
    pen.decide("correctAgency", second.agency, second.code.encode(), f"{SECOND_COUNTY}（更名）", at=at(85))
    making.blocks["agency_corrected"] = pen.block


def _last_months(making: _Making) -> None:
    """Go on issuing, so that what changed has consequences."""
    _, city, county, town, _ = making.five
    for day, office, certificate_type, count in (
        (91, county, RENEWABLE, 12),
        (98, city, 1, 8),
        (105, making.second_county, 3, 9),
        (120, county, 2, 13),
        (142, town, 8, 10),
        (164, county, 4, 5),
    ):
        making.issue(office, certificate_type, count, day=day)
