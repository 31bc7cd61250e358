"""All vectors as tasks for JavaScript, each with what the vector itself says has to come of it."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from tests.browser.evidence_tasks import load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.evidence_tasks import Outcome, Task

Asked = tuple[str, "Task", "Outcome"]
"""Name, task, and what has to come of it; of what is read, only the members named there are compared."""

_KINDS = {
    "code": {"malformed": "CodeMalformed", "unsupported": "CodeUnsupported", "signature": "SignatureInvalid"},
    "certificate": {
        "malformed": "CertificateMalformed",
        "unsupported": "CertificateUnsupported",
        "altered": "CertificateAltered",
        "signature": "SignatureInvalid",
    },
}
"""What `refused_as` in the older vectors says, as the names of Python's classes."""


def asked() -> Iterator[Asked]:
    """Yield every vector."""
    for ask in (_codes, _copies, _certificates, _trees, _headers, _proofs, _trust_lists, _checkpoints):
        yield from ask()


def _refused(vector: dict[str, Any]) -> Outcome:
    return {"refused_as": vector["refused_as"]}


def _only(vector: dict[str, Any], *names: str) -> Outcome:
    return {"read": {name: vector[name] for name in names}}


def _codes() -> Iterator[Asked]:
    codes = load("codes")
    key = codes["keys"][0]
    for vector in codes["codes"]:
        task = {"work": "code", "text": vector["url"], "key": key, "registry_id": vector["registry_id"]}
        names = ("host", "leaf", "path", "payload", "short_number", "signature")
        yield f"code {vector['name']}", task, _only(vector, *names)
    for vector in codes["refused"]:
        task = {"work": "code", "text": vector["text"], "key": key, "registry_id": vector["registry_id"]}
        yield f"code {vector['name']}", task, {"refused_as": _KINDS["code"][vector["refused_as"]]}
    for vector in codes["digits"]:
        yield f"digits {vector['bytes']}", {"work": "digits", "text": vector["digits"]}, {"read": vector}
    for vector in codes["short_numbers"]:
        task = {"work": "short_number", "text": vector["short_number"]}
        yield vector["short_number"], task, {"read": {"begins": vector["leaf"][:15] + "0"}}


def _copies() -> Iterator[Asked]:
    copies = load("copies")
    common = {
        "work": "copy",
        "key": copies["keys"][0],
        "registry_id": copies["registry_id"],
        "names": copies["type_claims"],
    }
    for vector in copies["copies"]:
        names = ("claims", "leaf", "made", "expires", "opens", "payload", "purpose", "recipient", "signature")
        yield f"copy {vector['name']}", {**common, "text": vector["url"]}, _only(vector, *names)
    for vector in copies["refused"]:
        yield f"copy {vector['name']}", {**common, "text": vector["text"]}, _refused(vector)


def _certificates() -> Iterator[Asked]:
    certificates = load("certificates")
    key = certificates["keys"][0]
    for vector in certificates["certificates"]:
        read = {"claims": vector["statement"]["claims"], "leaf": vector["leaf"], "short_number": vector["short_number"]}
        task = {"work": "certificate", "text": vector["certificate"], "key": key}
        yield f"certificate {vector['name']}", task, {"read": read}
    for vector in certificates["presentations"]:
        task = {"work": "certificate", "text": vector["certificate"], "key": key}
        yield f"presentation {vector['disclose']}", task, _only(vector, "withheld")
    for vector in certificates["refused"]:
        task = {"work": "certificate", "text": vector["certificate"], "key": key}
        yield f"certificate {vector['name']}", task, {"refused_as": _KINDS["certificate"][vector["refused_as"]]}


def _trees() -> Iterator[Asked]:
    trees = load("trees")
    for vector in trees["trees"] + trees["large_trees"]:
        paths = vector["paths"] if isinstance(vector["paths"], dict) else dict(enumerate(vector["paths"]))
        for index, hashes in paths.items():
            task = {
                "work": "path",
                "leaf": sha256(int(index).to_bytes(4)).hexdigest(),
                "size": vector["size"],
                "index": int(index),
                "hashes": hashes,
            }
            yield f"leaf {index} of {vector['size']}", task, _only(vector, "root")


def _headers() -> Iterator[Asked]:
    headers = load("headers")
    for vector in headers["sealed"] + headers["refused"]:
        task = {"work": "headers"} | {name: vector[name] for name in ("scheme", "headers", "validators")}
        outcome = (
            _refused(vector)
            if "refused_as" in vector
            else _only(vector, "block_hash", "commit_hash", "signers", "final")
        )
        yield f"headers {vector['name']}", task, outcome


def _proofs() -> Iterator[Asked]:
    proofs = load("proofs")
    for vector in proofs["proofs"] + proofs["refused"]:
        task = {
            "work": "proof",
            "trust": proofs["trust_lists"][vector["trust_list"]],
            "file": vector["proof"],
            "leaf": vector["leaf"],
            "agency": vector["agency"],
        }
        outcome = _refused(vector) if "refused_as" in vector else _only(vector, "anchored", "signers")
        yield f"proof {vector['name']}", task, outcome


def _trust_lists() -> Iterator[Asked]:
    lists = load("trust_lists")
    for vector in lists["lists"] + lists["refused"]:
        task = {"work": "trust_list", "text": vector["text"], "now": vector["now"], "previous": vector["previous"]}
        yield f"trust list {vector['name']}", task, _refused(vector) if "refused_as" in vector else {"read": {}}


def _checkpoints() -> Iterator[Asked]:
    checkpoints = load("checkpoints")
    for vector in checkpoints["checkpoints"] + checkpoints["refused"]:
        statuses = vector.get("statuses", [])
        task = {
            "work": "checkpoint",
            "kind": vector["kind"],
            "trust": checkpoints["trust_lists"][vector["trust_list"]],
            "file": vector["file"],
            "leaves": [{"agency": status["agency"], "leaf": status["leaf"]} for status in statuses],
        }
        outcome = (
            _refused(vector)
            if "refused_as" in vector
            else _only(vector, "statement", "heads", "block_number", "timestamp")
        )
        if "refused_as" not in vector:
            outcome["read"]["tracks"] = [status["tracks"] for status in statuses]
        yield f"{vector['kind']} {vector['name']}", task, outcome
