"""`receipts.json`: receipts that are believed under a trust list, and such that are not."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

from chain import base64url, keys, strict_json
from chain.trust_list import TrustList
from tests.chain.specimens import sign_with
from tests.sealed import addresses, attester, signed_part, trust_list, validators
from tests.vectors.making.material import material
from verifier.attesting import Attester
from verifier.check import receipts
from verifier.check.receipts import BlockNamed, Receipt
from verifier.check.report import Verdict

NOW = "2026-11-22T04:31:00Z"
_OWN, _OTHER = attester(), attester("stranger")
# Signatures have no randomness here, so that a second run writes the same file.
_ATTESTER = Attester(keys.PublicKey.of(_OWN), sign_with(_OWN))
_STRANGER = Attester(keys.PublicKey.of(_OTHER), sign_with(_OTHER))


def made() -> dict[str, Any]:
    """Return all vectors."""
    listed = _trust_list()
    trust = TrustList.parse(listed.encode())
    receipt = Receipt(
        id=bytes(range(16)),
        chain_id=trust.chain_id,
        registry_id=trust.registry_id,
        registry=trust.registry,
        test=trust.test,
        verdict=Verdict.VALID,
        on=date(2026, 11, 22),
        checked_at=datetime(2026, 11, 22, 4, 30, tzinfo=UTC),
        handed_in=sha256(b"what was handed in").digest(),
        leaf=sha256(b"a leaf").digest(),
        block=BlockNamed(90211, sha256(b"block 90211").digest()),
        known_at=datetime(2026, 11, 22, 4, 29, 58, tzinfo=UTC),
        checkpoint=BlockNamed(90210, sha256(b"block 90210").digest()),
        asked_by="内蒙古演示采购有限公司",
    )
    return {"trust_list": listed, "now": NOW, "receipts": _good(receipt), "refused": _refused(receipt)}


def _trust_list() -> str:
    kept = material("osaka")
    return trust_list(
        signed_part(
            registry_id=kept.registry_id,
            registry=kept.registry,
            agencies=kept.agencies,
            chain_id=kept.chain_id,
            scheme="qbft",
            sets=[(0, None, addresses(validators(4)))],
            attesters=(_OWN, attester("witness")),
        )
    )


def _good(receipt: Receipt) -> list[dict[str, Any]]:
    unknown = replace(receipt, block=None, known_at=None, checkpoint=None, leaf=None, verdict=Verdict.CANNOT_CHECK)
    several = [
        ("all members", receipt),
        ("the fewest members", replace(unknown, asked_by="")),
        ("of a day before it was registered", replace(receipt, on=date(2026, 2, 28), registered_on=date(2026, 3, 2))),
        *(
            (f"of {verdict}", replace(receipt, verdict=verdict, asked_by=""))
            for verdict in (Verdict.REVOKED, Verdict.EXPIRED)
        ),
    ]
    return [
        {"name": name, "receipt": (jws := receipts.sign(each, _ATTESTER)), "payload": each.payload(), "kid": _kid(jws)}
        for name, each in several
    ]


def _kid(jws: str) -> str:
    return str(json.loads(base64url.decode(jws.split(".", maxsplit=1)[0]))["kid"])


def _refused(receipt: Receipt) -> list[dict[str, Any]]:
    good = receipts.sign(receipt, _ATTESTER)
    header, payload, signature = good.split(".")
    forged = base64url.encode(base64url.decode(payload).replace(b'"VALID"', b'"PENDING"'))
    spaced = base64url.encode(base64url.decode(payload).replace(b",", b", "))
    return [
        {"name": name, "receipt": text, "verdict": verdict}
        for name, text, verdict in (
            ("another verdict, not signed", f"{header}.{forged}.{signature}", "ALTERED"),
            ("a stranger's key", receipts.sign(receipt, _STRANGER), "ISSUER_NOT_AUTHORISED"),
            ("another registry", receipts.sign(replace(receipt, registry_id=bytes(32)), _ATTESTER), "UNSUPPORTED"),
            ("another chain", receipts.sign(replace(receipt, chain_id=1), _ATTESTER), "UNSUPPORTED"),
            ("no test registry", receipts.sign(replace(receipt, test=not receipt.test), _ATTESTER), "UNSUPPORTED"),
            (
                "from six minutes on",
                receipts.sign(replace(receipt, checked_at=datetime(2026, 11, 22, 4, 37, tzinfo=UTC)), _ATTESTER),
                "CANNOT_CHECK",
            ),
            ("a format to come", _resigned(good, format=2), "UNSUPPORTED"),
            ("a member too many", _resigned(good, holder="x"), "UNREADABLE"),
            ("a member too few", _resigned(good, handed_in=None), "UNREADABLE"),
            ("another short number than the leaf's", _resigned(good, short_number="0000-0000-0000-00"), "UNREADABLE"),
            ("a block without its time", _resigned(good, known_at=None), "UNREADABLE"),
            ("what could not be read has none", _resigned(good, verdict="UNREADABLE"), "UNREADABLE"),
            ("a verdict that there is not", _resigned(good, verdict="FINE"), "UNREADABLE"),
            ("a name of 121 characters", _resigned(good, asked_by="印" * 121), "UNREADABLE"),
            ("a name that turns around", _resigned(good, asked_by="a\u202eb"), "UNREADABLE"),
            ("a time of another zone", _resigned(good, checked_at="2026-11-22T04:30:00Z"), "UNREADABLE"),
            ("a day that there is not", _resigned(good, on="2026-02-30"), "UNREADABLE"),
            ("registered on the day asked about", _resigned(good, registered_on="2026-11-22"), "UNREADABLE"),
            ("a day of registration that there is not", _resigned(good, registered_on="2027-02-30"), "UNREADABLE"),
            (
                "a day of registration, and no certificate",
                _resigned(good, on="2026-11-20", registered_on="2026-11-22", leaf=None, short_number=None),
                "UNREADABLE",
            ),
            ("registered after it was checked", _resigned(good, registered_on="2026-11-23"), "UNREADABLE"),
            ("spaces between members", f"{header}.{spaced}.{signature}", "UNREADABLE"),
            ("no signature", f"{header}.{payload}.", "UNREADABLE"),
            ("a high s", f"{header}.{payload}.{_high_s(signature)}", "UNREADABLE"),
        )
    ]


def _high_s(signature: str) -> str:
    data = base64url.decode(signature)
    return base64url.encode(data[:32] + (keys.ORDER - int.from_bytes(data[32:])).to_bytes(32))


def _resigned(jws: str, **changes: Any) -> str:  # noqa: ANN401 (members)
    header, payload, _ = jws.split(".")
    members = {**json.loads(base64url.decode(payload)), **changes}
    said = {name: value for name, value in members.items() if value is not None}
    signing_input = f"{header}.{base64url.encode(strict_json.serialise(said))}"
    return f"{signing_input}.{base64url.encode(_ATTESTER.sign(signing_input.encode()))}"
