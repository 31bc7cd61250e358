"""Putting a registry on a chain, and agencies into it."""

from __future__ import annotations

import secrets
from pathlib import Path  # noqa: TC003 — typer reads annotations at run time
from typing import Annotated

import typer

from chain.ethereum import deploy as deployment
from chain.ethereum import profiles
from chain.ethereum.deploy import Deployment
from chain.ethereum.governing import Governing
from issuer import enrolment
from issuer.commands.shared import OUT, Json, issuer, progress, read, say
from issuer.errors import NotReady
from issuer.settings import Settings
from issuer.wiring import deployment_path, funder, in_haste, open_keystore

DEPLOYER = "deployer"
COUNCIL = ["council-1", "council-2", "council-3"]

registry = typer.Typer(help="Put a registry on a chain.", no_args_is_help=True)


@registry.command()
def deploy(
    *,
    member: Annotated[
        list[str], typer.Option(help="A council member's key in the keystore folder; repeat it.")
    ] = COUNCIL,
    threshold: Annotated[int, typer.Option(help="How many members decide.")] = 2,
    production: Annotated[
        bool, typer.Option("--production", help="Not a test registry. Cannot be changed later.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Deploy the contracts, or find those that were deployed from here; keys are made as needed.

    What was deployed is written down in the data folder, and `YINXIN_REGISTRY` may then be left out.
    """
    settings = Settings()
    profile = profiles.by_name(settings.profile)
    keystore = open_keystore(settings)
    fund = funder(settings, profile)
    members = [keystore.new_council_member(name) for name in member]
    keystore.new_sender(settings.sender)
    deployer = keystore.new_sender(DEPLOYER)
    for account in (*members, *keystore.senders()):
        fund(account.address)
    known = Deployment.read(deployment_path(settings))
    if known is None and settings.registry:
        raise NotReady(
            f"YINXIN_REGISTRY names {settings.registry} already, which was not deployed from {settings.data_dir}; "
            "leave it out to deploy another registry"
        )
    registry_id = known.registry_id if known else secrets.token_bytes(32)
    if settings.registry_id:
        registry_id = bytes.fromhex(settings.registry_id.removeprefix("0x"))
    made = deployment.deploy(
        settings.nodes[0],
        keystore.sender(deployer.name),
        registry_id=registry_id,
        test=not production,
        members=[account.address for account in members],
        threshold=threshold,
        profile=profile,
        known=known,
    )
    made.write(deployment_path(settings))
    if as_json:
        say(
            {
                "registry": f"0x{made.address.hex()}",
                "agencies": f"0x{made.agencies_address.hex()}",
                "registry_id": made.registry_id.hex(),
                "chain_id": made.chain_id,
                "block": made.block_number,
                "test": made.test,
                "new": known is None,
            }
        )
        return
    words = "deployed" if known is None else "is there"
    OUT.print(f"Registry {words}: YINXIN_REGISTRY=0x{made.address.hex()} YINXIN_REGISTRY_ID={made.registry_id.hex()}")


def enrol(
    plan: Annotated[Path, typer.Argument(metavar="PLAN.json", help="See the text above for its form.")],
    *,
    as_json: Json = False,
) -> None:
    """Bring agencies, officers and document keys onto the chain as a plan says; keys are made as needed.

    Safe to repeat.

    The plan: {"council": [names of members' keys], "sender": name of the paying key, "types": [certificate types],
    "verifying_hosts": [DNS names], "agencies": [{"key", "parent": another entry's key or null, "code": credit code,
    "name", "types": [...], "managers": [names of keys], "officers": {name: ["PREPARE", "APPROVE", "STATUS"]},
    "document_keys": 1, "approvals": 1}, ...]}. A parent stands before its children.
    """
    wanted = enrolment.read_plan(read(plan))
    with issuer() as opened:
        settings, keystore = opened.settings, opened.office.keystore
        profile = profiles.by_name(settings.profile)
        fund = funder(settings, profile)
        fund(keystore.new_sender(wanted.sender).address)
        fund(keystore.new_sender(settings.sender).address)
        members = [keystore.council_member(name) for name in wanted.council]
        for signer in members:
            fund(signer.address)
        governing = Governing(opened.writer, sender=keystore.sender(wanted.sender), members=members)
        said: list[str] = []
        with progress("enrolling agencies", None) as tick, in_haste(settings, profile):

            def note(line: str) -> None:
                said.append(line)
                tick()

            ids = enrolment.Enrolment(opened.office, governing, wanted, say=note).run()
    if as_json:
        say({"agencies": ids, "changes": said})
        return
    for line in said:
        OUT.print(line, markup=False)
    OUT.print(f"{len(ids)} agencies are enrolled; {len(said)} changes were made.")


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(registry, name="registry")
    app.command()(enrol)
