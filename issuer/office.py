"""What the use cases work with: database, registry, keys, time and entropy. Put together in issuer/wiring.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from chain import calendar, code
from chain.errors import CodeMalformed, InvalidInput
from issuer import directory
from issuer.errors import Ambiguous, NotFound
from issuer.tables.models import State

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import date, datetime

    from chain.certificate_types import CertificateType
    from chain.registry import RegistryWriter
    from issuer.directory import Directory
    from issuer.keys import Keystore
    from issuer.records import Records
    from issuer.tables.models import Certificate
    from issuer.tables.store import Store, Work


ANCHORED = (State.IN_BLOCK, State.FINAL, State.ISSUED)
"""States of a batch whose certificates are on the chain."""


@dataclass(frozen=True, slots=True)
class Office:
    """One issuer's surroundings."""

    store: Store
    registry: RegistryWriter
    keystore: Keystore
    records: Records
    types: Sequence[CertificateType]
    now: Callable[[], datetime]
    """The present moment, aware."""
    entropy: Callable[[int], bytes]
    issuer_did: str
    verifying_host: str
    approval_blocks: int
    """For how many blocks officers' signatures count."""
    confirmations: int
    """How many blocks must follow a block until it is final."""
    undo: timedelta = timedelta(0)
    """For how long an approved batch can be recalled before it is queued."""

    @property
    def today(self) -> date:
        """The calendar day in Asia/Shanghai."""
        return calendar.today(self.now())

    def directory(self) -> Directory:
        """Return who is who on the chain now."""
        return directory.read(self.registry, self.store)

    def type(self, identifier: str) -> CertificateType:
        """Return the newest version of a type; raises `NotFound`, naming those there are."""
        found = [entry for entry in self.types if entry.identifier == identifier]
        if not found:
            known = ", ".join(sorted({entry.identifier for entry in self.types}))
            raise NotFound(f"certificate type: got «{identifier}», wanted one of: {known}")
        return max(found, key=lambda entry: entry.version)

    def type_of(self, number: int, version: int) -> CertificateType:
        """Return the very version of a type that a batch was made with; raises `NotFound`."""
        for entry in self.types:
            if (entry.number, entry.version) == (number, version):
                return entry
        raise NotFound(f"certificate type: got number {number} version {version}, whose data file is not here")

    def agency_did(self, agency: int) -> str:
        """Return the did:web under which this service publishes an agency's keys."""
        return f"{self.issuer_did}:agencies:{agency}"

    def find_all(
        self,
        work: Work,
        number: str,
        *,
        agency: int | None = None,
        certificate_type: str = "",
        short_number: str = "",
        within: Collection[int] | None = None,
    ) -> list[Certificate]:
        """Return all versions with a certificate number, newest first; raises `NotFound` or `Ambiguous`.

        A number that was given out again has versions of several licences; a short number, which stands on each of
        their documents, picks the licence. `within` are the agencies in sight, all if None.
        """
        found: dict[tuple[int, str], list[Certificate]] = {}
        for candidate in work.agencies_with_data():
            if agency not in {None, candidate} or (within is not None and candidate not in within):
                continue
            key = self.records.data_key(work, candidate)
            for certificate in work.certificates_numbered(candidate, key.index("number", number)):
                if certificate_type in {"", certificate.certificate_type}:
                    found.setdefault((candidate, certificate.certificate_type), []).append(certificate)
        match list(found):
            case []:
                raise NotFound(f"certificate number: got «{number}», wanted one that was imported here")
            case [only]:
                return _of_one_licence(work, found[only], short_number) if short_number else found[only]
            case several:
                which = " and ".join(f"agency {each} as {kind}" for each, kind in several)
                raise Ambiguous(
                    f"certificate number: «{number}» was given out by {which}; say which: --agency NUMBER --type TYPE"
                )

    def find(
        self,
        work: Work,
        number: str,
        *,
        agency: int | None = None,
        certificate_type: str = "",
        short_number: str = "",
        version: int | None = None,
        within: Collection[int] | None = None,
    ) -> Certificate:
        """Return a version of the certificate with a number: the newest one that is anchored, if none is asked for.

        Raises `Ambiguous` if the number was given out again, for nobody can know which of the two is meant.
        """
        versions = self.find_all(
            work,
            number,
            agency=agency,
            certificate_type=certificate_type,
            short_number=short_number,
            within=within,
        )
        anchored = [each for each in versions if work.batch(each.batch_id).state in ANCHORED]
        newest = {work.first_version(each): each for each in reversed(anchored)}
        if len(newest) > 1:
            which = " and ".join(
                f"{code.short_number(each.leaf or b'')} (batch {each.batch_id}, valid from {each.first_day})"
                for each in reversed(newest.values())
            )
            raise Ambiguous(
                f"certificate number: «{number}» was given out to {len(newest)} certificates one after the other: "
                f"{which}; say which by a document's short number: --short-number, or over HTTP ?short_number="
            )
        if version is None:
            return (anchored or versions)[0]
        for each in versions:
            if each.version == version:
                return each
        known = ", ".join(str(each.version) for each in versions)
        raise NotFound(f"version: got {version} of «{number}», wanted one of {known}")


def _of_one_licence(work: Work, versions: Sequence[Certificate], short_number: str) -> list[Certificate]:
    """Return the versions of the licence to which the document with a short number belongs; raises `NotFound`."""
    try:
        wanted = code.parse_short_number(short_number)
    except CodeMalformed as exc:
        raise InvalidInput(f"short number: {exc}") from exc
    named = {
        work.first_version(each)
        for each in versions
        if each.leaf is not None and code.parse_short_number(code.short_number(each.leaf)) == wanted
    }
    if not named:
        known = ", ".join(code.short_number(each.leaf) for each in versions if each.leaf)
        raise NotFound(f"short number: got {short_number}, wanted one of this number's documents: {known}")
    return [each for each in versions if work.first_version(each) in named]
