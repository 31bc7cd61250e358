"""An issuer to test with: a registry in memory, agencies enrolled in it, keys in a folder. Fictional throughout."""

from __future__ import annotations

import copy
import csv
import io
import json
import secrets
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from chain.certificate_types import by_identifier, shipped
from chain.ethereum import signers
from issuer.enrolment import Enrolment, read_plan
from issuer.keys import Keystore
from issuer.office import Office
from issuer.records import Records
from issuer.sending.sealing import Lane
from issuer.tables.store import Store
from tests.deployed import credit_code
from tests.fake_governing import FakeGoverning
from tests.fakes import FakeRegistry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from issuer.enrolment import Plan
    from issuer.keys import Officer
    from issuer.vault import Key

PASSWORD = "a password for tests"  # noqa: S105 — it opens nothing but these tests' keys
HOST = "verify.example.gov.cn"
PATIENCE = 12
"""Polls after which a test's lane gives up."""


def plan() -> Plan:
    """An agency, one below it, and one beside them."""
    types = [each.identifier for each in shipped()]

    def entry(key: str, parent: str | None, serial: int, held: list[str]) -> dict[str, object]:
        return {
            "key": key,
            "parent": parent,
            "code": credit_code(serial),
            "name": f"演示机关{serial}",
            "types": held,
            "managers": [f"{key}-manager"],
            "officers": {f"{key}-preparer": ["PREPARE", "STATUS"], f"{key}-approver": ["APPROVE", "STATUS"]},
        }

    agencies = [entry("top", None, 1, types), entry("low", "top", 2, types), entry("other", None, 3, types[:1])]
    return read_plan(_json({"council": ["council-1"], "types": types, "agencies": agencies}))


@dataclass(slots=True)
class World:
    """An issuer and the registry behind it."""

    office: Office
    registry: FakeRegistry
    folder: Path
    url: str = ""
    """The database's address; empty for SQLite in the folder."""
    passed: list[str] = field(default_factory=list)
    """The crash points that were passed."""

    def officer(self, name: str) -> Officer:
        """Open an officer's key."""
        return self.office.keystore.officer(name)

    def lane(self, *, at: Callable[[str], None] | None = None, accept_foreign: bool = False) -> Lane:
        """Open the lane of the sending account; waiting mines a block."""
        left = [PATIENCE]

        def wait() -> bool:
            left[0] -= 1
            if self.registry.automine:
                self.registry.mine()
            return left[0] > 0

        sender = self.office.keystore.sender("issuer")
        return Lane(self.office, sender, wait=wait, at=at or self.passed.append, accept_foreign=accept_foreign)


def make_world(folder: Path, url: str = "") -> World:
    """Make a registry in memory, enrol the plan's agencies, and an issuer for them."""
    registry = FakeRegistry()
    keystore = make_keystore(folder / "keystore")
    master = keystore.master_key(secrets.token_bytes)
    office = make_office(folder, registry, keystore, master, url)
    Enrolment(office, FakeGoverning(registry), plan(), say=lambda _: None).run()
    keystore.new_sender("issuer")
    return World(office, registry, folder, url)


def copy_world(made: World, folder: Path, url: str = "") -> World:
    """Return an issuer with a history of its own from here on; much faster than making one.

    With a `url` the database is one that was copied already.
    """
    shutil.copytree(made.folder, folder, dirs_exist_ok=True)
    registry = copy.deepcopy(made.registry)
    office = make_office(folder, registry, make_keystore(folder / "keystore"), made.office.records.master, url)
    return World(office, registry, folder, url)


def make_keystore(folder: Path) -> Keystore:
    """Make a folder for keys that open in milliseconds."""

    def create(path: Path, password: str, labels: Mapping[str, str | int]) -> None:
        signer = signers.KeySigner.generate()
        signers.store(signer, path, password, scrypt_n=2, labels=labels)

    def reseal(path: Path, old: str, new: str) -> None:
        signers.reseal(path, old, new, scrypt_n=2)

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "password").write_text(f"{PASSWORD}\n", encoding="utf-8")
    return Keystore(folder, password_file=folder / "password", unlock=signers.load, create=create, reseal=reseal)


def make_office(folder: Path, registry: FakeRegistry, keystore: Keystore, master: Key, url: str = "") -> Office:
    """Open an office on a folder; the same folder again is the same office after a restart."""
    return Office(
        store=Store(url or f"sqlite:///{folder}/issuer.db", locks=folder / "locks"),
        registry=registry,
        keystore=keystore,
        records=Records(master, secrets.token_bytes),
        types=shipped(),
        now=lambda: datetime.fromtimestamp(registry.now, UTC),
        entropy=secrets.token_bytes,
        issuer_did="did:web:issuer.example.gov.cn",
        verifying_host=HOST,
        approval_blocks=1000,
        confirmations=1,
    )


def table(identifier: str, *rows: Mapping[str, str], separator: str = ",", encoding: str = "utf-8") -> bytes:
    """Return a spreadsheet of a type's example with these cells changed in each row; it cites only what it must."""
    columns = by_identifier(identifier).columns
    example = {
        claim.key: "" if claim.cites and not claim.required else claim.example
        for claim in columns
        if claim.derived is None
    }
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(example), delimiter=separator)
    writer.writeheader()
    writer.writerows({**example, **row} for row in rows)
    return text.getvalue().encode(encoding)


def permits(*serials: int, **cells: str) -> bytes:
    """Return food operation permits with these serial numbers."""
    return table("food-operation-permit", *({"number": permit_number(serial), **cells} for serial in serials))


def permit_number(serial: int) -> str:
    """Return a well-formed permit number."""
    example = next(claim.example for claim in by_identifier("food-operation-permit").claims if claim.key == "number")
    return f"{example[:-7]}{serial:06}{_check_digit(example[2:-7] + f'{serial:06}')}"


def _check_digit(digits: str) -> int:
    product = 10
    for digit in digits:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
