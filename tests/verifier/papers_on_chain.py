"""Certificates of the registry that all tests share, on the real node."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from chain.calendar import hour_of
from chain.ethereum.client import EthereumRegistry
from chain.ethereum.profiles import ANVIL
from chain.registry import BatchToAnchor, StatusToChange
from chain.validity import Validity
from tests.verifier.book import TYPE, Paper, paper
from verifier.indexing.index import Index
from verifier.indexing.snapshot import Freshness
from verifier.indexing.store import Store
from verifier.wiring import read_heads

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from chain.ethereum.profiles import Profile
    from chain.events import Track
    from tests.deployed import Deployed, Office

FRESHNESS = Freshness(confirmations=ANVIL.confirmations, max_head_age_s=ANVIL.max_head_age_s)


def index_of(
    deployed: Deployed, folder: Path, *, url: str | None = None, name: str = "index.db", profile: Profile = ANVIL
) -> Index:
    """Open an index over one node, in a file."""
    node = EthereumRegistry(
        url or deployed.url, deployed.record.address, profile, expected=deployed.record.expected, timeout_s=2
    )
    return Index(
        Store(f"sqlite:///{folder / name}"),
        node,
        FRESHNESS,
        read_heads=lambda block: read_heads((node,), block),
    )


def certificate_of(deployed: Deployed, office: Office, label: str, **changes: object) -> Paper:
    """Make a certificate of that office, which is not anchored yet."""
    values: dict[str, object] = {
        "key": office.key,
        "registry_id": deployed.record.registry_id,
        "salt": label.encode(),
        "chain_id": deployed.record.chain_id,
        "agency": office.agency,
        "agency_code": office.code,
        "validity": Validity(date(2026, 1, 1), date(2028, 12, 31)),
    }
    return paper(**(values | changes))  # type: ignore[arg-type]  # Tests name the arguments.


def anchor(deployed: Deployed, office: Office, *papers: Paper) -> None:
    """Anchor certificates in one batch, and let a block follow that makes it final."""
    leaves = tuple(made.leaf for made in papers)
    deployed.anchor(office, BatchToAnchor(office.agency, TYPE.number, TYPE.version, leaves))


def set_status(deployed: Deployed, office: Office, leaf: bytes, track: Track, now: datetime, **changes: object) -> None:
    """Have two officers of the agency itself change a track from this hour on."""
    change = StatusToChange(
        agency=office.agency,
        actor=office.agency,
        leaves=(leaf,),
        held=(deployed.writer().status(office.agency, leaf),),
        track=track,
        from_hour=hour_of(now),
        until_hour=0,
        decision=b"d" * 32,
    )
    deployed.change_status([office.preparer, office.approver], replace(change, **changes))  # type: ignore[arg-type]
