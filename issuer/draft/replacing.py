"""A new version of a certificate in the place of an old one: replacement (换发、变更) and renewal (延续).

The new version keeps the lineage and counts its version number up. The officers approve the pair of leaves; the old
certificate is REPLACED from the day on which the new one begins, and stays as it was until then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chain.calendar import day_of_hour
from chain.certificate_types import Kind
from chain.errors import ClaimsInvalid
from chain.events import Track
from chain.preparation import IDENTIFIER_CLAIM
from issuer import days, history, issuing
from issuer.errors import NotAllowed, NotReady
from issuer.status import statuses
from issuer.tables.models import Purpose, State

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from chain.certificate_types import CertificateType
    from chain.strict_json import JSON
    from issuer.office import Office
    from issuer.tables.models import Certificate
    from issuer.tables.store import Work


ISSUE_DATE = "issue_date"
"""The claim that tells the day of issue (发证日期), where a type has one."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What is different in the new version."""

    claims: Mapping[str, str]
    """Cells as in a spreadsheet, by claim key or label; all others stay as they were."""
    first_day: date | None = None
    """From when the old certificate is replaced; the new one's first day, or today, if None."""


def draft(office: Office, old: Certificate, changes: Changes, *, purpose: Purpose, reason: str = "") -> int:
    """Make a batch of one with the new version; returns its number. The same wish again is the same batch.

    Raises `InvalidInput` for claims or days that cannot be, `NotAllowed` with the reason if this certificate cannot be
    replaced or renewed, or not under this number; then nothing was written.
    """
    wanted_hour = days.first_hour(changes.first_day, "from") if changes.first_day else None
    with office.store.reading() as work:
        batch = work.batch(old.batch_id)
        if batch.state != State.ISSUED:
            raise NotReady(f"the old certificate's batch {batch.id} is {batch.state}; issue it first, or discard it")
        certificate_type = office.type(old.certificate_type)
        old_claims = office.records.claims(work, old)
        lost = any(held.track == Track.LOSS for held in statuses.held_now(office, old))
        if old.replaces_id is not None and not lost:
            # The same command again finds the version that it made as the newest one.
            before = office.records.claims(work, work.certificate(old.replaces_id))
            wanted = _new_claims(certificate_type, before, changes, today=office.today)
            if wanted_hour in {None, batch.from_hour} and _same(certificate_type, wanted, old_claims):
                return old.batch_id
    judged = judge(office, old, changes, purpose=purpose)
    claims, from_hour = judged.claims, judged.from_hour
    with office.store.reading() as work:
        successor = work.successor(old.id)
        if (
            successor
            and wanted_hour in {None, work.batch(successor.batch_id).from_hour}
            and _same(certificate_type, claims, office.records.claims(work, successor))
        ):
            return successor.batch_id
    require_standing(office, judged)
    with office.store.writing() as work:
        require_free(office, work, judged)
        batch_id = issuing.add_batch(
            office,
            work,
            certificate_type,
            [claims],
            agency=old.agency,
            purpose=purpose,
            replaces=old,
            from_hour=from_hour,
        )
        if reason:
            (new,) = work.certificates(batch_id)
            new.reason = office.records.close_grounds(work, new, reason.encode())
        return batch_id


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A new version that may be made, as far as the old one goes."""

    old: Certificate
    certificate_type: CertificateType
    old_claims: Mapping[str, JSON]
    claims: dict[str, JSON]
    from_hour: int
    """From when the old one is replaced."""


def judge(office: Office, old: Certificate, changes: Changes, *, purpose: Purpose) -> NewVersion:
    """Return the new version, whatever the old one's status; nothing is written.

    Raises `ClaimsInvalid`, `InvalidInput`, `NotReady`, or `NotAllowed` if this certificate cannot be replaced or
    renewed like this.
    """
    wanted_hour = days.first_hour(changes.first_day, "from") if changes.first_day else None
    certificate_type = office.type(old.certificate_type)
    with office.store.reading() as work:
        batch = work.batch(old.batch_id)
        if batch.state != State.ISSUED:
            raise NotReady(f"the old certificate's batch {batch.id} is {batch.state}; issue it first, or discard it")
        old_claims = office.records.claims(work, old)
    lost = any(held.track == Track.LOSS for held in statuses.held_now(office, old))
    claims = _new_claims(certificate_type, old_claims, changes, today=office.today)
    _require_different(certificate_type, old_claims, claims, purpose, lost=lost)
    if purpose == Purpose.RENEW:
        _require_renewable(certificate_type, old_claims, claims)
    validity = certificate_type.validity(claims, office.today)
    begins = validity.first_day if purpose == Purpose.RENEW else max(validity.first_day, office.today)
    from_hour = days.first_hour(begins, "first day") if wanted_hour is None else wanted_hour
    return NewVersion(old, certificate_type, old_claims, claims, from_hour)


def require_free(office: Office, work: Work, judged: NewVersion) -> None:
    """Refuse a certificate that has a new version already, and a number that is somebody else's."""
    old, certificate_type, claims = judged.old, judged.certificate_type, judged.claims
    if (successor := work.successor(old.id)) is not None:
        begun = day_of_hour(work.batch(successor.batch_id).from_hour)
        raise NotReady(
            f"a new version from {begun} was drafted already, in batch {successor.batch_id}; approve and seal it, "
            "or discard it"
        )
    require_number(office, work, old, certificate_type, claims)


def require_version(
    office: Office,
    old: Certificate,
    certificate_type: CertificateType,
    claims: Mapping[str, JSON],
    *,
    purpose: Purpose,
) -> None:
    """Refuse claims that could not have been drafted as a new version; raises `NotAllowed`."""
    with office.store.reading() as work:
        old_claims = office.records.claims(work, old)
    lost = any(held.track == Track.LOSS for held in statuses.held_now(office, old))
    _require_different(certificate_type, old_claims, claims, purpose, lost=lost)
    if purpose == Purpose.RENEW:
        _require_renewable(certificate_type, old_claims, claims)


def give_up_unsigned(office: Office, batch_id: int) -> None:
    """Discard a new version that nobody signed yet, so that a command that failed leaves nothing half-done."""
    with office.store.writing() as work:
        batch = work.batch(batch_id)
        if batch.state == State.DRAFT:
            work.discard(batch)
            batch.state = State.DISCARDED
            history.note(work, "discarded", at=office.now(), batch_id=batch_id, detail="preparing it failed")


def require_number(
    office: Office, work: Work, old: Certificate, certificate_type: CertificateType, claims: Mapping[str, JSON]
) -> None:
    """Refuse a number that another licence of the agency has, or ever had: papers under it are about somebody else.

    The old version's own number stays as it was, even if somebody else got it, too.
    """
    number = str(claims[certificate_type.number_claim])
    if number == str(office.records.claims(work, old)[certificate_type.number_claim]):
        return
    own = work.first_version(old)
    index = office.records.data_key(work, old.agency).index("number", number)
    for other in work.certificates_numbered(old.agency, index):
        if other.certificate_type == old.certificate_type and work.first_version(other) != own:
            raise NotAllowed(
                f"{certificate_type.number_claim}: got {number}, which was given out to another certificate "
                f"(batch {other.batch_id}); wanted the number of this one, or one that was never given out"
            )


def _new_claims(
    certificate_type: CertificateType, old_claims: Mapping[str, JSON], changes: Changes, *, today: date
) -> dict[str, JSON]:
    """Lay the changed cells over the old claims, and have the type judge the whole."""
    cells: dict[str, str] = {}
    names: dict[str, str] = {}
    for claim in certificate_type.columns:
        names |= dict.fromkeys((claim.key, *claim.labels.values()), claim.key)
        if claim.key in old_claims and claim.derived is None:
            cells[claim.key] = _cell(old_claims[claim.key])
        if claim.kind is Kind.CERTIFICATE_IDENTIFIER and IDENTIFIER_CLAIM in old_claims:
            # The version that this one takes the place of (关联证照标识).
            cells[claim.key] = str(old_claims[IDENTIFIER_CLAIM])
    if ISSUE_DATE in cells:
        # A day of issue that is still to come stays; both are written year first.
        cells[ISSUE_DATE] = max(cells[ISSUE_DATE], today.isoformat())
    for name, cell in changes.claims.items():
        if name not in names:
            raise NotAllowed(f"claim: got «{name}», wanted one of {', '.join(dict.fromkeys(names.values()))}")
        cells[names[name]] = cell
    claims, faults = certificate_type.from_row(cells)
    if faults:
        raise ClaimsInvalid(faults)
    return claims


def _cell(value: JSON) -> str:
    return "、".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _require_different(
    certificate_type: CertificateType,
    old: Mapping[str, JSON],
    new: Mapping[str, JSON],
    purpose: Purpose,
    *,
    lost: bool,
) -> None:
    """Refuse a new version that says the same, unless it is for one that was lost (补发)."""
    if not _same(certificate_type, old, new):
        return
    if purpose == Purpose.RENEW:
        raise NotAllowed("a renewal needs new days: give --valid-from and --valid-until, or a file")
    if not lost:
        raise NotAllowed(
            "nothing is different in the new version: say what changed with --set or a file, or, if the old one was "
            "lost, record that first (`status NUMBER lost`)"
        )


def _require_renewable(certificate_type: CertificateType, old: Mapping[str, JSON], new: Mapping[str, JSON]) -> None:
    rule, name, number = certificate_type.renewal, certificate_type.names["zh-CN"], certificate_type.number_claim
    if rule is None:
        raise NotAllowed(f"{name} is not renewed (延续); use `replace` if something changed")
    if rule.keeps_number and new[number] != old[number]:
        raise NotAllowed(f"a renewed {name} keeps its number {old[number]}")
    if not rule.keeps_number and new[number] == old[number]:
        raise NotAllowed(f"a renewed {name} gets a new number; give it with --set {number}=…")


def _same(certificate_type: CertificateType, one: Mapping[str, JSON], other: Mapping[str, JSON]) -> bool:
    """Whether two versions say the same, apart from what each gets by being made."""
    made = {ISSUE_DATE} | {claim.key for claim in certificate_type.claims if claim.kind is Kind.CERTIFICATE_IDENTIFIER}
    return all(one.get(key) == other.get(key) for key in (one.keys() | other.keys()) - made)


def require_standing(office: Office, judged: NewVersion) -> None:
    """Refuse a certificate that is final, or suspended: its new version would not be. Asks the registry."""
    hour = int(office.now().timestamp()) // 3600
    for held in statuses.held_now(office, judged.old):
        words = judged.certificate_type.status_words[held.track]["zh-CN"]
        if held.track.is_final:
            raise NotAllowed(
                f"this certificate is {held.track.name} ({words}), which is final; "
                "it can be neither replaced nor renewed"
            )
        if held.track == Track.SUSPENSION and not held.is_past(hour):
            raise NotAllowed(f"this certificate is SUSPENDED ({words}); resume it first, for a new one would not be")
