"""A trust list of the registry that tests share, and the verifier that hands it out."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from chain import trust_list
from chain.seals import SealScheme
from verifier.settings import Settings
from verifier.wiring import Verifier, attester_of, open_verifier

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from chain.keys import PublicKey
    from tests.deployed import Deployed


def settings_of(deployed: Deployed, folder: Path, **changes: object) -> Settings:
    """Return the settings of a verifier that keeps everything in one folder."""
    values: dict[str, object] = {
        "rpc_urls": deployed.url,
        "registry": f"0x{deployed.record.address.hex()}",
        "database_url": f"sqlite:///{folder / 'index.db'}",
        "data_dir": folder,
        "rpc_timeout_s": 2,
    }
    return Settings(**(values | changes))  # type: ignore[arg-type]  # Tests name the settings.


def verifier_of(deployed: Deployed, folder: Path, **changes: object) -> Verifier:
    """Open a verifier that keeps everything in one folder."""
    return open_verifier(settings_of(deployed, folder, **changes))


def trust_list_of(
    deployed: Deployed, *, now: datetime, attesters: Sequence[PublicKey] = (), **changes: object
) -> bytes:
    """Return a trust list that two of the three council members have signed."""
    record, members = deployed.record, deployed.members
    values: dict[str, object] = {
        "version": 1,
        "registry_id": record.registry_id,
        "registry": record.address,
        "agencies": record.agencies_address,
        "chain_id": record.chain_id,
        "test": True,
        "issued": now,
        "expires": now + timedelta(days=365),
        "threshold": 2,
        "council": [member.address for member in members],
        "sets": (trust_list.ValidatorSet(0, None, SealScheme.NONE, ()),),
        "attesters": attesters,
        "attester_threshold": min(1, len(attesters)),
    }
    contents = trust_list.contents(**(values | changes))  # type: ignore[arg-type]  # As above.
    digest = trust_list.digest(contents)
    return trust_list.assemble(contents, {member.address: member.sign_digest(digest) for member in members[:2]})


def trust_in(deployed: Deployed, folder: Path, *, now: datetime) -> trust_list.TrustList:
    """Return a trust list that names the key of the verifier in a folder."""
    public = attester_of(settings_of(deployed, folder)).public
    return trust_list.TrustList.parse(trust_list_of(deployed, now=now, attesters=[public]))
