"""What was found, as far as a receipt or its page can say it: kept apart from the report, so that it can be put away.

Between the answer and the wish for a receipt lie minutes. Meanwhile the finding is held by whoever asked, sealed, so
that nothing has to be handed in twice and nothing is kept here.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from cryptography.fernet import Fernet, InvalidToken

from chain import strict_json
from chain.calendar import today
from chain.errors import Malformed
from verifier.answer import heading
from verifier.check import receipts
from verifier.check.receipt_check import ReceiptReport
from verifier.check.receipts import ID_BYTES, BlockNamed, Receipt
from verifier.check.report import Verdict
from verifier.wording import Language, words

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date, datetime

    from chain.registry import Identity
    from chain.strict_json import JSON
    from verifier.check.report import Item, Report
    from verifier.wording import Words

LIFETIME_S = 900
"""How long a receipt can be asked for after the answer."""
MAX_SEALED = 64 * 1024
"""Characters."""
_MAX_OPENED = 512 * 1024


class SealBroken(Malformed):
    """A sealed finding that is none of ours, was changed, or is too old."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Something that the certificate says, for the receipt's page."""

    key: str
    labels: Words
    texts: Words
    is_fact: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found; everything but the receipt itself is for its page alone, and not signed."""

    receipt: Receipt
    """Without an id of its own yet."""
    heading: Words
    shown: tuple[Shown, ...]
    """Empty where what was handed in is not known to be genuine."""

    def keeping(self, keys: Collection[str] | None) -> Finding:
        """Return it with these things shown and no others; None keeps the facts, which the paper's code has, too."""
        kept = (each for each in self.shown if (each.is_fact if keys is None else each.key in keys))
        return replace(self, shown=tuple(kept))


def of_report(
    report: Report, handed_in: bytes, *, identity: Identity | None, checkpoint: BlockNamed | None
) -> Finding | None:
    """Return what a report found; None where there is nothing to give a receipt for.

    That is where nothing could be read, where no registry is known, and where it was a receipt itself. `identity` is
    the registry's where the report names none, `handed_in` the digest of what was brought.
    """
    register = report.register
    if report.verdict is Verdict.UNREADABLE or isinstance(report, ReceiptReport):
        return None
    if register is not None:
        chain_id, registry_id, address, test = register.chain_id, register.registry_id, register.registry, register.test
    elif identity is not None:
        chain_id, registry_id, address, test = identity.chain_id, identity.registry_id, identity.address, identity.test
    else:
        return None
    known = register if register is not None and register.block_hash else None
    receipt = Receipt(
        id=bytes(ID_BYTES),
        chain_id=chain_id,
        registry_id=registry_id,
        registry=address,
        test=test,
        verdict=report.verdict,
        on=report.on,
        checked_at=report.checked_at.replace(microsecond=0),
        handed_in=handed_in,
        leaf=report.subject.leaf,
        block=None if known is None else BlockNamed(known.block_number, known.block_hash),
        known_at=None if known is None else known.block_time,
        checkpoint=checkpoint,
        registered_on=_registered_on(report),
    )
    return Finding(receipt, {language: heading(report, language) for language in Language}, tuple(_shown(report)))


def seal(finding: Finding, key: bytes, now: datetime) -> str:
    """Return the finding so that only this verifier can read it, and only for a quarter of an hour."""
    held: JSON = {
        "receipt": strict_json.serialise(finding.receipt.payload()).decode(),
        "heading": dict(finding.heading),
        "shown": [[each.key, dict(each.labels), dict(each.texts), each.is_fact] for each in finding.shown],
    }
    packed = zlib.compress(strict_json.serialise(held))
    return Fernet(key).encrypt_at_time(packed, int(now.timestamp())).decode()


def unseal(text: str, key: bytes, now: datetime) -> Finding:
    """Return a sealed finding; raises `SealBroken`."""
    if len(text) > MAX_SEALED:
        raise SealBroken(f"got {len(text)} characters, wanted at most {MAX_SEALED}")
    try:
        packed = Fernet(key).decrypt_at_time(text.encode(), LIFETIME_S, int(now.timestamp()))
    except InvalidToken as exc:
        raise SealBroken(f"got something that this verifier did not seal within {LIFETIME_S} s") from exc
    # What we sealed is ours, and so is its form.
    held = cast("Mapping[str, JSON]", strict_json.parse(zlib.decompressobj().decompress(packed, _MAX_OPENED)))
    shown = cast("list[tuple[str, Words, Words, bool]]", held["shown"])
    return Finding(
        receipts.of_payload(cast("str", held["receipt"]).encode()),
        cast("Words", held["heading"]),
        tuple(Shown(key, labels, texts, is_fact) for key, labels, texts, is_fact in shown),
    )


def _registered_on(report: Report) -> date | None:
    """Return the day for the receipt; None where the chain's clock is a day ahead of ours: no reader takes that."""
    later = report.registered_later
    if later is None or report.subject.leaf is None or later > today(report.checked_at):
        return None
    return later


def _shown(report: Report) -> list[Shown]:
    """Return what there is to choose from: the claims and facts, and of what type and agency they are."""
    subject = report.subject
    if not report.is_genuine:
        # No receipt repeats what a certificate only claims.
        return []
    shown: list[Shown] = []
    if subject.type is not None:
        shown.append(Shown("certificate_type", words("page.certificate_type"), dict(subject.type.names), is_fact=True))
    if subject.number is not None and all(item.role != "number" for item in subject.items):
        shown.append(Shown("number", words("page.number"), _same(subject.number), is_fact=True))
    shown.extend(_item(item) for item in subject.items)
    if subject.agency is not None:
        path = " › ".join(subject.agency.path)
        shown.append(Shown("agency", words("page.agency"), _same(path), is_fact=True))
    return shown


def _item(item: Item) -> Shown:
    return Shown(item.key, dict(item.labels), dict(item.texts), item.is_fact or item.role == "number")


def _same(text: str) -> Words:
    return dict.fromkeys(Language, text)
