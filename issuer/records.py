"""What the database holds about a certificate, closed and opened.

A record has a key of its own (see issuer/vault.py); erasing destroys it.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chain.preparation import Prepared
from issuer.errors import Erased, NotFound
from issuer.tables.models import Certificate, DataKey
from issuer.vault import Key, Place, new_key, unwrap, wrap

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from chain.strict_json import JSON
    from issuer.tables.models import Batch
    from issuer.tables.store import Store, Work

_TABLE = "certificate"


@dataclass(frozen=True, slots=True)
class Records:
    """Opens and closes records under a master key."""

    master: Key
    entropy: Callable[[int], bytes]
    _data_keys: dict[int, Key] = field(default_factory=dict)

    def ensure_data_key(self, store: Store, agency: int, *, now: datetime) -> None:
        """Make an agency's data key the first time, stored for good before anything is encrypted under it."""
        with store.writing() as work:
            if work.data_key(agency) is None:
                wrapped = wrap(
                    new_key(self.entropy), under=self.master, place=_data_place(agency), entropy=self.entropy
                )
                work.add(DataKey(agency=agency, wrapped=wrapped, created_at=now))

    def data_key(self, work: Work, agency: int) -> Key:
        """Return an agency's data key; raises `NotFound` if nothing of the agency is here yet."""
        if agency not in self._data_keys:
            held = work.data_key(agency)
            if held is None:
                raise NotFound(f"agency {agency}: nothing of it is in this database")
            self._data_keys[agency] = unwrap(held.wrapped, under=self.master, place=_data_place(agency))
        return self._data_keys[agency]

    def put_data_key(self, work: Work, agency: int, key: Key) -> None:
        """Put another key in the place of an agency's data key, once nothing is under the old one any more."""
        held = work.data_key(agency)
        if held is None:
            raise NotFound(f"agency {agency}: nothing of it is in this database")
        held.wrapped = wrap(key, under=self.master, place=_data_place(agency), entropy=self.entropy)

    def forget_data_key(self, agency: int) -> None:
        """Look an agency's data key up again the next time."""
        self._data_keys.pop(agency, None)

    def new_certificate(
        self,
        work: Work,
        batch: Batch,
        claims: dict[str, JSON],
        *,
        holder: str,
        name: str = "",
        position: int,
        replaces_id: str | None,
        now: datetime,
    ) -> Certificate:
        """Return a new row of a batch; `holder` is the code or name by which it is to be found, `name` a second one."""
        row = self.entropy(16).hex()
        key = new_key(self.entropy)
        data_key = self.data_key(work, batch.agency)
        return Certificate(
            id=row,
            batch_id=batch.id or 0,
            position=position,
            agency=batch.agency,
            certificate_type=batch.certificate_type,
            number_index=data_key.index("number", str(claims["number"])),
            holder_index=data_key.index("holder", holder) if holder else None,
            name_index=data_key.index("name", name) if name else None,
            record_key=wrap(key, under=data_key, place=_place(row, "record_key"), entropy=self.entropy),
            claims=key.encrypt(_dumps(claims), _place(row, "claims"), entropy=self.entropy),
            replaces_id=replaces_id,
            created_at=now,
        )

    def claims(self, work: Work, certificate: Certificate) -> dict[str, JSON]:
        """Return a certificate's claims; raises `Erased`."""
        claims: dict[str, JSON] = json.loads(self._open(work, certificate, "claims", certificate.claims))
        return claims

    def put_claims(self, work: Work, certificate: Certificate, claims: dict[str, JSON]) -> None:
        """Replace a certificate's claims."""
        certificate.claims = self._close(work, certificate, "claims", _dumps(claims))

    def prepared(self, work: Work, certificate: Certificate) -> Prepared:
        """Return everything about a certificate but its signature."""
        held = json.loads(self._open(work, certificate, "prepared", certificate.prepared))
        return Prepared(
            facts_bytes=base64.b64decode(held["facts"]),
            signing_input=held["signing_input"].encode(),
            disclosures=tuple(held["disclosures"]),
        )

    def put_prepared(self, work: Work, certificate: Certificate, prepared: Prepared) -> None:
        """Store everything about a certificate but its signature: its salts exist nowhere else."""
        held = {
            "facts": base64.b64encode(prepared.facts_bytes).decode(),
            "signing_input": prepared.signing_input.decode(),
            "disclosures": prepared.disclosures,
        }
        certificate.prepared = self._close(work, certificate, "prepared", json.dumps(held).encode())

    def signed(self, work: Work, certificate: Certificate) -> tuple[str, bytes]:
        """Return the SD-JWT with all disclosures and the code's COSE."""
        return (
            self._open(work, certificate, "credential", certificate.credential).decode(),
            self._open(work, certificate, "code", certificate.code),
        )

    def put_signed(self, work: Work, certificate: Certificate, *, credential: str, code: bytes) -> None:
        """Store the SD-JWT and the code's COSE."""
        certificate.credential = self._close(work, certificate, "credential", credential.encode())
        certificate.code = self._close(work, certificate, "code", code)

    def close(self, work: Work, certificate: Certificate, column: str, value: bytes) -> bytes:
        """Encrypt something else about a certificate under its key, for a table of its own."""
        return self._close(work, certificate, column, value)

    def open(self, work: Work, certificate: Certificate, column: str, value: bytes) -> bytes:
        """Undo `close`; raises `Erased`."""
        return self._open(work, certificate, column, value)

    def close_grounds(self, work: Work, certificate: Certificate, grounds: bytes) -> bytes:
        """Encrypt the grounds of a change of status under the certificate's key."""
        return self._close(work, certificate, "grounds", grounds)

    def open_grounds(self, work: Work, certificate: Certificate, grounds: bytes) -> bytes:
        """Undo `close_grounds`."""
        return self._open(work, certificate, "grounds", grounds)

    def _key(self, work: Work, certificate: Certificate) -> Key:
        if certificate.record_key is None:
            raise Erased(f"certificate {certificate.id}: its claims were erased; only what the chain holds is left")
        data_key = self.data_key(work, certificate.agency)
        return unwrap(certificate.record_key, under=data_key, place=_place(certificate.id, "record_key"))

    def _open(self, work: Work, certificate: Certificate, column: str, value: bytes | None) -> bytes:
        key = self._key(work, certificate)
        if value is None:
            raise Erased(f"certificate {certificate.id}: it has no {column} yet")
        return key.decrypt(value, _place(certificate.id, column))

    def _close(self, work: Work, certificate: Certificate, column: str, value: bytes) -> bytes:
        return self._key(work, certificate).encrypt(value, _place(certificate.id, column), entropy=self.entropy)


def erase(certificate: Certificate) -> None:
    """Destroy a record's key and whatever could still find it. Cannot be undone; what the chain holds stays."""
    certificate.record_key = None
    certificate.claims = certificate.prepared = certificate.credential = certificate.code = certificate.reason = None
    certificate.number_index = certificate.holder_index = certificate.name_index = None


def _data_place(agency: int) -> Place:
    return Place("data_key", "wrapped", str(agency))


def _place(row: str, column: str) -> Place:
    return Place(_TABLE, column, row)


def _dumps(claims: dict[str, JSON]) -> bytes:
    return json.dumps(claims, ensure_ascii=False, separators=(",", ":")).encode()
