"""What JavaScript is asked to do with evidence, and what Python makes of the same."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from chain import certificate as certificates
from chain import checkpoint as checkpoints
from chain import code as codes
from chain import copy as copies
from chain import digits, envelope, merkle, pack, proof, seals
from chain.base64url import decode as unjose
from chain.errors import SealsInsufficient, YinxinError
from chain.events import CertificateReplaced, Record, StatusChanged, Track
from chain.header import Header
from chain.keys import PublicKey
from chain.seals import SealScheme
from chain.steps import List
from chain.trust_list import TrustList

Task = dict[str, Any]
Outcome = dict[str, Any]

VECTORS = Path(__file__).parents[1] / "vectors"
MAX_EXACT = 2**53 - 1


@cache
def load(name: str) -> Any:  # noqa: ANN401 - JSON
    """Read a file of vectors; one that is missing is a failure."""
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def by_python(task: Task) -> Outcome:
    """Return what Python makes of a task, in the words of evidence_tasks.mjs."""
    try:
        return {"read": _WORK[task["work"]](task)}
    except YinxinError as error:
        # Which of its kinds it is, JavaScript does not tell.
        kind = SealsInsufficient if isinstance(error, SealsInsufficient) else type(error)
        return {"refused_as": kind.__name__}


def _key(jwk: dict[str, str]) -> PublicKey:
    return PublicKey(x=unjose(jwk["x"]), y=unjose(jwk["y"]))


def _plain(number: int) -> int | str:
    return number if number <= MAX_EXACT else str(number)


def _code(task: Task) -> Outcome:
    code = codes.parse(task["text"])
    codes.verify(code, _key(task["key"]), bytes.fromhex(task["registry_id"]))
    facts = code.facts
    last = facts.validity.last_day
    return {
        "facts": [
            facts.agency,
            facts.certificate_type,
            facts.version,
            facts.number,
            list(facts.facts),
            facts.validity.first_day.isoformat(),
            last and last.isoformat(),
        ],
        "host": code.host,
        "leaf": code.leaf.hex(),
        "path": code.path
        and {
            "size": code.path.size,
            "index": code.path.index,
            "hashes": [node.hex() for node in code.path.hashes],
        },
        "payload": code.payload.hex(),
        "short_number": codes.short_number(code.leaf),
        "signature": code.signature.hex(),
    }


def _copy(task: Task) -> Outcome:
    read = copies.parse(task["text"])
    copies.verify(read, _key(task["key"]), bytes.fromhex(task["registry_id"]))
    names, content = task["names"], read.content
    if read.opening is not None:
        copies.open_(read, names)
    last = content.validity.last_day
    return {
        "claims": read.claims
        and {
            names[place] if place < len(names) else str(place): list(value) if isinstance(value, tuple) else value
            for place, value in read.claims
        },
        "content": [
            content.agency,
            content.certificate_type,
            content.version,
            content.validity.first_day.isoformat(),
            last and last.isoformat(),
        ],
        "expires": content.terms.expires.isoformat(),
        "host": read.host,
        "leaf": content.leaf.hex(),
        "made": content.terms.made.isoformat(),
        "opens": read.opening is not None,
        "payload": read.payload.hex(),
        "purpose": content.terms.purpose,
        "recipient": content.terms.recipient,
        "signature": read.signature.hex(),
    }


def _certificate(task: Task) -> Outcome:
    certificate = certificates.parse(task["text"])
    certificates.verify(certificate, _key(task["key"]))
    return {
        "claims": certificate.claims,
        "leaf": certificate.leaf.hex(),
        "short_number": codes.short_number(certificate.leaf),
        "withheld": certificate.withheld,
    }


def _digits(task: Task) -> Outcome:
    data = digits.decode(task["text"])
    return {"bytes": data.hex(), "digits": digits.encode(data)}


def _short_number(task: Task) -> Outcome:
    return {"begins": codes.parse_short_number(task["text"]).hex()}


def _path(task: Task) -> Outcome:
    hashes = [bytes.fromhex(node) for node in task["hashes"]]
    root = merkle.root_from_path(bytes.fromhex(task["leaf"]), index=task["index"], size=task["size"], path=hashes)
    return {"root": root.hex()}


def _headers(task: Task) -> Outcome:
    headers = [Header.parse(bytes.fromhex(header)) for header in task["headers"]]
    scheme = SealScheme(task["scheme"])
    pinned = frozenset(bytes.fromhex(address) for address in task["validators"])
    sealing = seals.check(headers, scheme, lambda _: pinned)
    return {
        "block_hash": seals.block_hash(headers[0], scheme).hex(),
        "commit_hash": None if scheme is SealScheme.NONE else seals.commit_hash(headers[0], scheme).hex(),
        "final": bool(sealing and sealing.is_final),
        "signers": sorted(signer.hex() for signer in (sealing.signers if sealing else ())),
    }


@cache
def trusted(text: str) -> TrustList:
    """Read a trust list once."""
    return TrustList.parse(text.encode())


def _proof(task: Task) -> Outcome:
    shown = proof.verify(
        proof.Proof.parse(bytes.fromhex(task["file"])),
        leaf=bytes.fromhex(task["leaf"]),
        agency=task["agency"],
        trust=trusted(task["trust"]),
    )
    return {
        "anchored": {
            "agency": shown.agency,
            "block_hash": shown.block_hash.hex(),
            "block_number": _plain(shown.block_number),
            "certificate_type": shown.certificate_type,
            "root": shown.root.hex(),
            "sequence": shown.sequence,
            "size": shown.size,
            "timestamp": _plain(shown.timestamp),
            "version": shown.version,
        },
        "signers": len(shown.sealing.signers) if shown.sealing else None,
    }


def _trust_list(task: Task) -> Outcome:
    listed = TrustList.parse(task["text"].encode())
    if task["previous"] is not None:
        listed.require_follows(TrustList.parse(task["previous"].encode()))
    listed.require_current(datetime.fromisoformat(task["now"]))
    return {
        "seals": [
            [pinned.from_block, pinned.until_block, pinned.scheme.value, [each.hex() for each in pinned.validators]]
            for pinned in listed.sets
        ],
        "thresholds": [listed.threshold, listed.attester_threshold],
        "version": listed.version,
    }


def _checkpoint(task: Task) -> Outcome:
    file, trust = bytes.fromhex(task["file"]), trusted(task["trust"])
    believed = (
        pack.verify(pack.Pack.parse(file), trust)
        if task["kind"] == "pack"
        else checkpoints.verify(checkpoints.Checkpoint.parse(file), trust)
    )
    cut, history = believed.checkpoint, believed.history
    return {
        "block_number": _plain(cut.block_number),
        "counts": [sum(1 for _ in history.steps(which)) for which in List],
        "heads": [head.hex() for head in (cut.heads.anchors, cut.heads.statuses, cut.heads.rights)],
        "statement": cut.statement.hex(),
        "timestamp": _plain(cut.timestamp),
        "tracks": [
            [_track(record) for record in history.statuses(asked["agency"], bytes.fromhex(asked["leaf"]))]
            for asked in task["leaves"]
        ],
    }


def _track(record: Record) -> dict[str, int | str]:
    event, block = record.event, _plain(record.block_number)
    if isinstance(event, CertificateReplaced):
        return {"track": int(Track.REPLACED), "from": event.from_hour, "until": 0, "block": block}
    assert isinstance(event, StatusChanged)
    return {"track": int(event.track), "from": event.from_hour, "until": event.until_hour, "block": block}


def _kind(task: Task) -> Outcome:
    return {"kind": envelope.kind_of(bytes.fromhex(task["file"]))}


_WORK = {
    "certificate": _certificate,
    "copy": _copy,
    "checkpoint": _checkpoint,
    "code": _code,
    "digits": _digits,
    "headers": _headers,
    "kind": _kind,
    "path": _path,
    "proof": _proof,
    "short_number": _short_number,
    "trust_list": _trust_list,
}
