"""`witness.json`: what witnesses sign, split views that are, and what is neither."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from chain import cbor
from chain.keys import PublicKey
from tests.chain.specimens import sign_with
from tests.sealed import attester, canonical
from tests.vectors.making.drafts import Draft, done, draft, having, without
from tests.vectors.making.material import material
from tests.vectors.making.parts import trust_of

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "演示审计厅"
SEEN = 1_795_350_660
_WITNESS, _STRANGER = attester("witness"), attester("stranger")

Vector = dict[str, Any]


def made() -> dict[str, Any]:
    """Return all vectors."""
    return {
        "witness": {"name": NAME, "key": PublicKey.of(_WITNESS).jwk()},
        "cosignatures": [_cosigned("under qbft", draft("", "london")), _cosigned("without seals", _unsealed())],
        "refused": _refused(),
        "trust_list": _trust_list(),
        "split_views": [_split(name, one, other, what) for name, one, other, what in _splits()],
        "refused_split_views": [_split(name, one, other, reason) for name, one, other, reason in _no_splits()],
    }


def _trust_list() -> str:
    return trust_of(material("london"), "none", attesters=(attester(),))


def _unsealed(**changed: object) -> Draft:
    """Return a checkpoint without proofs of the state, so that its attester alone says what it holds."""
    return draft("", "london", "none", **{"headers": [], "state": [], **changed})


def _statement(of: Draft, **changed: object) -> bytes:
    members: dict[str, Any] = {
        "kind": "yinxin-witness",
        "form": 1,
        "witness": NAME,
        "seen": SEEN,
        "checkpoint": of.statement,
        **changed,
    }
    return cbor.encode(list(members.values()))


def _file(statement: bytes, **changed: object) -> str:
    members = {
        "kind": "yinxin-cosignature",
        "format": 1,
        "kid": _text(PublicKey.of(_WITNESS).kid),
        "statement": _text(statement),
        "signature": _text(sign_with(_WITNESS)(statement)),
        **changed,
    }
    return canonical(members).decode()


def _cosigned(name: str, seen: Draft) -> Vector:
    statement = _statement(seen)
    number, block_hash, timestamp = seen.block
    return {
        "name": name,
        "seen": SEEN,
        "checkpoint": seen.statement.hex(),
        "statement": statement.hex(),
        "file": _file(statement),
        "block": [number, block_hash.hex(), timestamp],
        "heads": [head.hex() for head in seen.heads],
    }


def _refused() -> list[Vector]:
    seen = draft("", "london")
    statement = _statement(seen)
    malformed = {
        "of a format to come": (_file(statement, format=2), "EvidenceUnsupported"),
        "a statement of a format to come": (_file(_statement(seen, form=2)), "EvidenceUnsupported"),
        "of another kind": (_file(statement, kind="yinxin-checkpoint"), "EvidenceMalformed"),
        "with a member more": (_file(statement, url="https://example.cn"), "EvidenceMalformed"),
        "a statement of another kind": (_file(_statement(seen, kind="yinxin-checkpoint")), "EvidenceMalformed"),
        "the checkpoint's own statement": (_file(seen.statement), "EvidenceMalformed"),
        "without a name": (_file(_statement(seen, witness="")), "EvidenceMalformed"),
        "a name of two lines": (_file(_statement(seen, witness="a\nb")), "EvidenceMalformed"),
        "of another thing than a checkpoint": (_file(_statement(seen, checkpoint=b"x")), "EvidenceMalformed"),
        "with padding": (_file(statement, kid=_text(PublicKey.of(_WITNESS).kid) + "="), "EvidenceMalformed"),
        "with high s": (_file(statement, signature=_text(_high_s(statement))), "EvidenceMalformed"),
        "of another key": (_file(statement, kid=_text(PublicKey.of(_STRANGER).kid)), "EvidenceMalformed"),
        "signed by a stranger": (
            _file(statement, signature=_text(sign_with(_STRANGER)(statement))),
            "SignatureInvalid",
        ),
        "the checkpoint's signature": (
            _file(statement, signature=_text(sign_with(_WITNESS)(seen.statement))),
            "SignatureInvalid",
        ),
        "seen at another time": (
            _file(_statement(seen, seen=SEEN + 1), signature=_text(sign_with(_WITNESS)(statement))),
            "SignatureInvalid",
        ),
    }
    return [{"name": name, "file": file, "refused_as": reason} for name, (file, reason) in malformed.items()]


def _later(each: Draft, **changed: object) -> Draft:
    """Return the same history at a later block."""
    number, block_hash, timestamp = each.block
    return done("", each, having(block=[number + 7, block_hash[::-1], timestamp + 14], **changed), "")[0]


def _changed(each: Draft, change: Callable[[Draft], object]) -> Draft:
    return done("", each, change, "")[0]


def _earlier_times(each: Draft) -> None:
    each.told = [one.at(timestamp=one.timestamp - 1) for one in each.told]


def _splits() -> list[tuple[str, Draft, Draft, str]]:
    whole = _unsealed()
    hiding = {"statuses": "StatusChanged", "anchors": "BatchAnchored", "rights": "KeyCutOff"}
    found = [
        (
            f"hiding one of the {name}, later",
            whole,
            _later(_changed(whole, without(event, nth=-1, keep_heads=False))),
            name,
        )
        for name, event in hiding.items()
    ]
    number, block_hash, timestamp = whole.block
    other = _changed(whole, having(block=[number, block_hash[::-1], timestamp]))
    return [
        *found,
        ("two blocks of one height", whole, other, "block"),
        ("other times of blocks", whole, _later(_changed(whole, _earlier_times)), "times"),
    ]


def _no_splits() -> list[tuple[str, Draft, Draft, str]]:
    whole = _unsealed()
    forged = _changed(whole, without("StatusChanged", keep_heads=False))
    forged.attestations = [[PublicKey.of(_STRANGER).kid, sign_with(_STRANGER)(forged.statement)]]
    borrowed = _changed(whole, without("StatusChanged", keep_heads=False))
    borrowed.attestations = [[PublicKey.of(attester()).kid, sign_with(attester())(whole.statement)]]
    return [
        ("a history that goes on", whole, _later(whole), "NotSplit"),
        ("twice the same", whole, whole, "NotSplit"),
        ("one of them by a stranger", whole, forged, "NotAttested"),
        ("one of them with the other's signature", whole, borrowed, "NotProven"),
    ]


def _split(name: str, one: Draft, other: Draft, outcome: str) -> Vector:
    file = {
        "kind": "yinxin-split-view",
        "format": 1,
        "found": SEEN,
        "trust_list": _text(_trust_list().encode()),
        "checkpoints": [_text(one.packed()), _text(other.packed())],
    }
    return {"name": name, "file": canonical(file).decode(), "outcome": outcome}


def _high_s(statement: bytes) -> bytes:
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    signature = sign_with(_WITNESS)(statement)
    return signature[:32] + (order - int.from_bytes(signature[32:])).to_bytes(32)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
