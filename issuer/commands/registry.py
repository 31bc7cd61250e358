"""Putting a registry on a chain, and agencies into it."""

from __future__ import annotations

import secrets
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 — typer reads annotations at run time
from typing import Annotated

import typer

from chain.ethereum import deploy as deployment
from chain.ethereum import profiles
from chain.ethereum.council import members_of
from chain.ethereum.deploy import Deployment
from chain.ethereum.governing import Governing
from chain.trust_list import TrustList
from issuer import enrolment, trusting
from issuer.commands.shared import OUT, Json, issuer, progress, read, say
from issuer.errors import NotReady
from issuer.settings import open_settings
from issuer.wiring import deployment_path, funder, in_haste, open_keystore, open_writer

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
    settings = open_settings()
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


@registry.command("trust-list")
def trust_list(
    *,
    out: Annotated[Path, typer.Option(help="The file to write.")],
    add_signature_to: Annotated[
        Path | None, typer.Option(help="Sign this list, which another member made, instead of making one.")
    ] = None,
    previous: Annotated[
        Path | None, typer.Option(help="The list whose place it takes. What is not given here is as it says.")
    ] = None,
    version: Annotated[int | None, typer.Option(min=1, help="Else one more than the list before, or 1.")] = None,
    days: Annotated[int, typer.Option(min=1, help="For how long it counts.")] = 365,
    attester: Annotated[
        list[str], typer.Option(help="A verifier that may vouch for checkpoints: its JWK or a file with it; repeat it.")
    ] = [],  # noqa: B006 — typer copies it
    attester_threshold: Annotated[
        int | None,
        typer.Option(min=0, help="How many of them must vouch where nobody seals. Else as in the list before, or 1."),
    ] = None,
    seals: Annotated[
        Path | None, typer.Option(help="JSON file of the validators by ranges of blocks, as docs/protocol.md has them.")
    ] = None,
    signer: Annotated[
        list[str], typer.Option(help="A council member's key in the keystore folder; repeat it.")
    ] = COUNCIL,
    draft: Annotated[
        bool, typer.Option("--draft", help="Write it although signatures are lacking, for other members to add theirs.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make and sign the list by which others believe this registry without asking a node.

    Registry, council and threshold are read from the chain; a list that says otherwise is not signed, and one that
    verifiers would refuse is not written.
    """
    settings = open_settings()
    scheme = profiles.by_name(settings.profile).seal_scheme
    keystore = open_keystore(settings)
    with closing(open_writer(settings)) as writer:
        identity, council = writer.identity(), trusting.Council(*members_of(writer))
    before = None if previous is None else trusting.read(previous)
    if add_signature_to is None:
        wanted = trusting.Wanted(
            version=version,
            days=days,
            attesters=tuple(map(trusting.read_attester, attester)),
            attester_threshold=attester_threshold,
            sets=() if seals is None else trusting.read_sets(seals),
            scheme=scheme,
        )
        contents, signatures = trusting.contents(wanted, identity, council, before, datetime.now(UTC)), {}
    else:
        given = trusting.read_draft(add_signature_to)
        trusting.require_ours(given, identity, council, scheme)
        contents, signatures = given.signed_bytes, dict(given.signatures)
    keys = [keystore.council_member(name) for name in signer]
    data = trusting.signed(contents, signatures, keys, council=council, previous=before)
    listed = TrustList.parse_draft(data)
    if not (draft and trusting.lacking(listed)):
        trusting.require_complete(data, before)
    trusting.write(data, out)
    shown = {"file": str(out), **trusting.shown(listed)}
    if as_json:
        say(shown)
        return
    for name, value in shown.items():
        OUT.print(f"{name:13} {value}", markup=False)


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
