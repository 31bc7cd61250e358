"""Keeping what is here: copies of the database, keys, the log of actions, erasure."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 — typer reads annotations at run time
from typing import TYPE_CHECKING, Annotated

import typer

from chain import calendar
from issuer import audit_log, backups, catching_up, rotation
from issuer.audit_log import OPERATOR, Head, Occasion
from issuer.commands.shared import OUT, AgencyOption, Json, issuer, people, progress, read, say, table
from issuer.erasure import forgetting
from issuer.settings import open_settings
from issuer.tables import account_rows
from issuer.tables.store import Store
from issuer.wiring import open_keystore

if TYPE_CHECKING:
    from collections.abc import Iterator

_SOURCE = "command line"
_HASH_BYTES = 32

keys = typer.Typer(help="New keys for what the database holds, and a new password for the keystore folder.")
log = typer.Typer(help="The log of actions: who did what from where.")


@contextmanager
def _store() -> Iterator[Store]:
    """Open the database alone: no node is needed."""
    settings = open_settings()
    opened = Store(settings.database_url, locks=settings.data_dir)
    try:
        yield opened
    finally:
        opened.close()


def _occasion() -> Occasion:
    return Occasion(datetime.now(UTC), _SOURCE)


# Copies.


def backup(
    *,
    to: Annotated[Path, typer.Option(help="The new file; on another disk, please.")],
    as_json: Json = False,
) -> None:
    """Copy the database to a new file while it is in use; docs/operations.md says what else must be kept."""
    with _store() as store:
        size = backups.back_up(store, to)
        with store.reading() as work:
            head = audit_log.head(work)
    noted = f"{head.count}:{head.hash.hex()}"
    if as_json:
        say({"file": str(to), "bytes": size, "log": noted})
        return
    OUT.print(f"{to}: {size:,} bytes. Keep it with the keystore folder of the same day. Log of actions: {noted}")


def catch_up(
    *,
    accept_foreign: Annotated[
        bool,
        typer.Option("--accept-foreign", help="What is not recognised was sent by this issuer all the same: I know."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Bring a database that was restored from a backup up to what the chain holds; safe to repeat.

    Everybody is signed out, for a backup remembers sessions that were ended and passwords that were changed.
    """
    with issuer() as opened:
        sender = opened.office.keystore.sender_address(opened.settings.sender)
        found = catching_up.catch_up(
            opened.office, sender, occasion=_occasion(), who=OPERATOR, accept_foreign=accept_foreign
        )
    if as_json:
        say(
            {
                "settled": found.settled,
                "waiting": found.waiting,
                "lost": [
                    {"agency": each.agency, "block": each.block_number, "size": each.size, "root": each.root.hex()}
                    for each in found.lost
                ],
                "doubtful": found.doubtful,
                "unexplained": found.unexplained,
                "signed_out": found.signed_out,
            }
        )
    else:
        _tell(found)
    if found.unexplained:
        raise typer.Exit(1)


def _tell(found: catching_up.CaughtUp) -> None:
    for name in found.settled:
        OUT.print(f"{name} is done: it was found on the chain.")
    for name in found.waiting:
        OUT.print(f"{name} is on the chain, but not final yet; repeat this later.")
    for each in found.lost:
        OUT.print(
            f"A batch of {each.size} certificates of agency {each.agency} was anchored in block {each.block_number}, "
            "and is not in this database: they stay valid, but cannot be printed, renewed or changed here."
        )
    for number in found.doubtful:
        OUT.print(f"Batch {number} may be the same certificates as one of those: look at it before it goes on.")
    if found.unexplained:
        OUT.print(
            f"{found.unexplained} transactions of the sending account were not recognised; refused ones leave nothing "
            "to know them by. The lane stays frozen. If nobody else has the account's key: --accept-foreign."
        )
    OUT.print(f"{found.signed_out} sessions were ended.")


# Keys.


@keys.command("rotate-data")
def rotate_data(*, agency: AgencyOption, as_json: Json = False) -> None:
    """Give an agency a new data key: all that is encrypted under the old one is put under it, in one transaction.

    Stop the services first, and start them afterwards: whatever runs on may write no more. Pickup codes of holders'
    links that were handed out before open nothing any more (the links do), and what columns mean is asked again.
    """
    with issuer() as opened:
        number = opened.office.directory().find(agency).id
        with progress("rotating", None) as tick:
            done = rotation.rotate_data_key(
                opened.office, number, occasion=_occasion(), who=OPERATOR, progress=lambda _: tick()
            )
    if as_json:
        say({"agency": number, "values": done})
        return
    OUT.print(f"Agency {number} has a new data key; {done} values are under it, nothing is under the old one.")


@keys.command("rotate-master")
def rotate_master(
    *,
    new_password_file: Annotated[
        Path | None,
        typer.Option(help="Also put the whole folder under the password in this file, and name it in the settings."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Put the database under a new master key; a killed run leaves the old one or the new one, and both open.

    Stop the services first, and start them afterwards. Interrupted with a new password: repeat the same command.
    """
    settings = open_settings()
    keystore = open_keystore(settings)
    password = None if new_password_file is None else _password(new_password_file)
    others: tuple[str, ...] = ()
    with _store() as store:
        rotation.rotate_master_key(
            store,
            keystore,
            occasion=_occasion(),
            who=OPERATOR,
            entropy=secrets.token_bytes,
            password=password,
        )
    if password is not None:
        others = keystore.change_password(password)
    if as_json:
        say({"folder": str(keystore.folder), "own_passwords": others})
        return
    OUT.print(f"{keystore.folder}/master.json is a new key. Copies of the database made before need the old one.")
    if new_password_file is not None:
        OUT.print(f"All keys are under the new password: set YINXIN_KEYSTORE_PASSWORD_FILE={new_password_file}")
    for path in others:
        OUT.print(f"{path} has a password of its own, and keeps it.")


def _password(path: Path) -> str:
    text = read(path).decode("utf-8", errors="replace").rstrip("\r\n")
    if not text:
        raise typer.BadParameter(f"{path}: got nothing, wanted a password")
    return text


# The log of actions.


@log.command("show")
def show(
    *,
    agency: Annotated[int | None, typer.Option(help="Of this agency only, by its number.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="So many of the newest lines.")] = 50,
    as_json: Json = False,
) -> None:
    """Show the newest lines of the log, oldest first."""
    with _store() as store, store.reading() as work:
        lines = account_rows.newest_lines(work, agency=agency, most=limit)[::-1]
    rows = [
        {
            "line": each.id,
            "at": each.at.astimezone(calendar.SHANGHAI).isoformat(timespec="seconds"),
            "who": each.who,
            "agency": each.agency,
            "what": each.what,
            "subject": each.subject,
            "source": each.source,
            "detail": each.detail,
        }
        for each in lines
    ]
    if as_json:
        say(rows)
        return
    shown = table("LINE", "AT", "WHO", "AGENCY", "WHAT", "SUBJECT", "FROM", "DETAIL")
    for row in rows:
        shown.add_row(*("" if value is None else str(value) for value in row.values()))
    OUT.print(shown)


@log.command("head")
def head_(*, as_json: Json = False) -> None:
    """Print the log's end, to be noted down elsewhere: COUNT:HASH."""
    with _store() as store, store.reading() as work:
        head = audit_log.head(work)
    _print(head, as_json=as_json)


@log.command("verify")
def verify(
    *,
    noted: Annotated[
        str, typer.Option(metavar="COUNT:HASH", help="An end noted down before, which the log must go through.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Go through the whole log; says the first line that is wrong."""
    with _store() as store, store.reading() as work:
        head = audit_log.verify(work, noted=_noted(noted) if noted else None)
    _print(head, as_json=as_json)


def _noted(text: str) -> Head:
    count, _, digest = text.partition(":")
    try:
        head = Head(int(count), bytes.fromhex(digest))
    except ValueError:
        head = Head(-1, b"")
    if head.count < 0 or len(head.hash) != _HASH_BYTES:
        raise typer.BadParameter(f"got «{text[:80]}», wanted COUNT:HASH as `log head` prints it", param_hint="--noted")
    return head


def _print(head: Head, *, as_json: bool) -> None:
    if as_json:
        say({"count": head.count, "hash": head.hash.hex()})
        return
    OUT.print(f"{head.count}:{head.hash.hex()}")


# Erasure.


def erase_holder(
    holder: Annotated[str, typer.Argument(metavar="HOLDER", help="Credit code, resident number or name.")],
    *,
    agency: AgencyOption,
    by: Annotated[str, typer.Option(help="The first officer.")] = "",
    approved_by: Annotated[str, typer.Option(help="The second officer; both need the capability STATUS.")] = "",
    count: Annotated[int | None, typer.Option(help="How many certificates the list has: erase exactly these.")] = None,
    as_json: Json = False,
) -> None:
    """List all that an agency holds about a holder; with two officers and the count, erase it for good."""
    with issuer() as opened:
        office = opened.office
        number = office.directory().find(agency).id
        listed = forgetting.list_(office, number, holder)
        if not (by or approved_by or count is not None):
            _list(listed, as_json=as_json)
            return
        if not (by and approved_by) or count is None:
            raise typer.BadParameter("--by, --approved-by and --count are wanted together", param_hint="HOLDER")
        if count != len(listed):
            raise typer.BadParameter(f"got {count}, now there are {len(listed)}; list them again", param_hint="--count")
        first, second = people(opened, [by, approved_by])
        done = forgetting.forget(
            office, number, holder, listed=[each.id for each in listed], first=first, second=second
        )
    if as_json:
        say({"certificates": done.certificates, "drafts": done.drafts, "left": done.left})
        return
    OUT.print(f"{done.certificates} certificates and {done.drafts} drafts are erased; what the chain holds stays.")
    for each in done.left:
        OUT.print(f"To be looked at: {each}.")


def _list(listed: list[forgetting.Listed], *, as_json: bool) -> None:
    if as_json:
        say(
            [
                {
                    "id": each.id,
                    "type": each.certificate_type,
                    "version": each.version,
                    "batch": each.batch,
                    "state": each.state,
                    "first": each.erased_first,
                }
                for each in listed
            ]
        )
        return
    shown = table("ID", "TYPE", "VERSION", "BATCH", "STATE", "FIRST")
    for each in listed:
        shown.add_row(each.id, each.certificate_type, str(each.version), str(each.batch), each.state, each.erased_first)
    OUT.print(shown)
    OUT.print(f"To erase: --by OFFICER --approved-by OFFICER --count {len(listed)}")


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (backup, catch_up, erase_holder):
        app.command()(command)
    app.add_typer(keys, name="keys")
    app.add_typer(log, name="log")
