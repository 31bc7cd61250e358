"""Deploying once, and finding it ever after."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chain.errors import InvalidInput, RegistryMismatch, RegistryRefused
from chain.ethereum.deploy import Deployment, deploy
from chain.ethereum.network import Anvil
from chain.ethereum.profiles import ANVIL, BESU_QBFT, Profile
from tests.deployed import REGISTRY_ID, Deployed, signer

if TYPE_CHECKING:
    from pathlib import Path


def again(
    deployment: Deployed,
    *,
    url: str | None = None,
    known: Deployment | None = None,
    registry_id: bytes = REGISTRY_ID,
    test: bool = True,
    profile: Profile = ANVIL,
) -> Deployment:
    """Deploy where something is deployed already."""
    return deploy(
        url or deployment.url,
        deployment.sender,
        registry_id=registry_id,
        test=test,
        members=[signer("member 0").address],
        threshold=1,
        profile=profile,
        known=known or deployment.record,
    )


def test_a_second_run_finds_what_is_there_and_sends_nothing(deployment: Deployed) -> None:
    writer = deployment.writer()
    before = writer.newest().number
    assert again(deployment) == deployment.record
    assert writer.newest().number == before


def test_another_chain_is_refused(deployment: Deployed) -> None:
    with (
        Anvil.start(chain_id=20233) as other,
        pytest.raises(RegistryMismatch, match="serves chain 20233, wanted chain 31337"),
    ):
        again(deployment, url=other.url)


def test_a_chain_begun_anew_is_refused(deployment: Deployed) -> None:
    """The chain id is the same, the genesis is not; say, because the chain's state was removed."""
    with (
        Anvil.start(options=("--timestamp", "1700000000")) as other,
        pytest.raises(RegistryMismatch, match="got genesis block"),
    ):
        again(deployment, url=other.url)


def test_another_registry_id_than_known_is_refused(deployment: Deployed) -> None:
    with pytest.raises(RegistryMismatch, match=f"0x{REGISTRY_ID.hex()} .*wanted 0x{'77' * 32}"):
        again(deployment, registry_id=b"\x77" * 32)


def test_another_registry_id_than_on_the_chain_is_refused(deployment: Deployed) -> None:
    lying = replace(deployment.record, registry_id=b"\x77" * 32)
    with pytest.raises(RegistryMismatch, match="got registry id"):
        again(deployment, known=lying, registry_id=b"\x77" * 32)


def test_other_code_is_refused(deployment: Deployed) -> None:
    with pytest.raises(RegistryMismatch, match="is not that of our Certificates"):
        again(deployment, known=replace(deployment.record, address=deployment.record.agencies_address))
    with pytest.raises(RegistryMismatch, match="there is no contract"):
        again(deployment, known=replace(deployment.record, address=b"\x77" * 20))


def test_other_agencies_than_recorded_are_refused(deployment: Deployed) -> None:
    with pytest.raises(RegistryMismatch, match="got Agencies"):
        again(deployment, known=replace(deployment.record, agencies_address=b"\x77" * 20))


def test_another_profile_is_refused(deployment: Deployed) -> None:
    with pytest.raises(RegistryMismatch, match="profile besu-qbft"):
        again(deployment, profile=BESU_QBFT)


def test_a_real_registry_does_not_go_on_a_chain_for_tests(deployment: Deployed) -> None:
    with pytest.raises(InvalidInput, match="only a registry for tests"):
        deploy(
            deployment.url,
            deployment.sender,
            registry_id=REGISTRY_ID,
            test=False,
            members=[signer("member 0").address],
            threshold=1,
            profile=ANVIL,
        )


def test_a_constructor_that_refuses_is_said(deployment: Deployed) -> None:
    with pytest.raises(RegistryRefused, match="ThresholdOutOfRange"):
        deploy(
            deployment.url,
            deployment.sender,
            registry_id=REGISTRY_ID,
            test=True,
            members=[signer("member 0").address],
            threshold=2,
            profile=ANVIL,
        )


def test_the_record_survives_its_file(deployment: Deployed, tmp_path: Path) -> None:
    path = tmp_path / "var" / "deployment.json"
    assert Deployment.read(path) is None
    deployment.record.write(path)
    assert Deployment.read(path) == deployment.record


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"chain_id": "x"}', '{"chain_id": 1, "genesis_hash": "0x12"}'])
def test_a_damaged_record_is_said(tmp_path: Path, content: str) -> None:
    path = tmp_path / "deployment.json"
    path.write_text(content)
    with pytest.raises(InvalidInput, match=r"deployment\.json is not the record"):
        Deployment.read(path)
