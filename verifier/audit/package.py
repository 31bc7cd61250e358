"""One file with everything that an expert needs to check what the registry says, and with the program that checks it.

A ZIP file without compression, whose bytes follow from its contents alone: the checker makes it again and compares. All
of it but the signature of the manifest is the same whenever the same is asked at the same time.
"""

from __future__ import annotations

import io
import platform
import zipfile
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from typing import TYPE_CHECKING, TypeAlias

from chain import certificate_types, merkle, proof, strict_json
from chain.checkpoint import verify
from chain.code import InclusionPath
from chain.errors import EvidenceRefused, Malformed, RegistryError, YinxinError
from chain.keys import low_s
from chain.proof import Proof
from chain.trust_list import TrustList
from verifier.audit import package_report, times
from verifier.audit.completeness import OneCertificate
from verifier.audit.misasked import Misasked
from verifier.audit.tabulating import batch_of
from verifier.check.moments import time_of
from verifier.wording import Language

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from chain.events import Record
    from chain.strict_json import JSON
    from verifier.attesting import Attester
    from verifier.audit.completeness import Complete
    from verifier.audit.handed_in import HandedIn

Prove: TypeAlias = "Callable[[int, bytes, int], bytes | None]"
"""Asks a node for evidence that an agency's batch, by its root, was anchored in a block; None where there is none."""

KIND, MANIFEST_KIND, FORMAT = "yinxin-evidence", "yinxin-evidence-manifest", 1
MOST_BYTES = 1 << 31
"""More than that does not go into one file."""
MOST_PROOFS = 200
"""For so many batches, the earliest, a node is asked for a proof; the checkpoint proves all of them anyway."""
CHECKER, README = "check_evidence.py", "README.md"
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)
"""The first that a ZIP file can name."""
_MODE = 0o100644 << 16
_UNIX = 3
_LIBRARIES = ("yinxin", "cryptography", "cbor2", "typst")


class NotBelieved(YinxinError):
    """A package that its own trust list would not make believed is not handed out; says what is missing."""


@dataclass(frozen=True, slots=True)
class Means:
    """What a package is made with."""

    attester: Attester
    """This verifier's key, which signs the manifest."""
    trust_list: bytes
    """The file of the trust list, which names that key."""
    prove: Prove | None = None
    """None where no node shall be asked."""
    typesetter: package_report.Typesetter | None = None
    """None for a package without a report for people."""


def make(complete: Complete, means: Means, made_at: datetime, *, documents: Sequence[HandedIn] = ()) -> bytes:
    """Return the package's file.

    Raises:
        NotBelieved: The trust list does not make the checkpoint believed, or does not name this verifier's key.
        InvalidInput: A document whose certificate is not among those that the package is about; or too many bytes.
        PageUnprintable: The report cannot be made.
    """
    _require_believed(complete, means)
    contents = _with_documents(complete, documents)
    listed: list[JSON] = [_described(place, each) for place, each in enumerate(documents, start=1)]
    proofs = _proofs(complete, means.prove)
    contents |= {name: data for name, data, _ in proofs}
    for table in complete.tables:
        contents[f"tables/{table.name}.json"] = table.as_json()
        contents[f"tables/{table.name}.csv"] = table.as_csv()
    contents |= _type_files(complete)
    contents["checkpoint.bin"] = complete.checkpoint.encode()
    contents["trust-list.json"] = means.trust_list
    for name in (CHECKER, README):
        contents[name] = files("verifier").joinpath("audit", "checker", name).read_bytes()
    contents["evidence.json"] = strict_json.serialise(
        _evidence(complete, made_at) | {"documents": listed, "proofs": [shown for _, _, shown in proofs]}
    )
    if means.typesetter is not None:
        for language in Language:
            pdf = means.typesetter.report(complete, made_at, documents=documents, language=language)
            contents[f"report.{language}.pdf"] = pdf
    return _signed(contents, means.attester)


def name_of(complete: Complete, *, has_findings: bool = False) -> str:
    """Return what the file is called where it is saved; so that nobody overlooks what was found of documents."""
    subject = complete.subject.as_json()
    agency = f"-agency-{subject['agency']}" if "agency" in subject else ""
    findings = "-findings" if has_findings else ""
    return f"yinxin-evidence{agency}-block-{complete.checkpoint.block_number}{findings}.zip"


def _require_believed(complete: Complete, means: Means) -> None:
    """Refuse before anything is made what the checker would refuse."""
    try:
        trust = TrustList.parse(means.trust_list)
        verify(complete.checkpoint, trust)
    except (EvidenceRefused, Malformed) as exc:
        raise NotBelieved(f"the trust list does not make the checkpoint believed: {exc}") from exc
    if time_of(complete.checkpoint.timestamp) >= trust.expires:
        raise NotBelieved(
            f"the trust list expired at {trust.expires.isoformat()}, wanted one that holds at the checkpoint, "
            f"{times.utc(complete.checkpoint.timestamp)}"
        )
    if means.attester.public not in trust.attesters:
        raise NotBelieved(
            f"version {trust.version} of the trust list names {len(trust.attesters)} attesters, wanted this verifier's "
            "key among them (`yinxin-verifier key`): it signs the package"
        )


def _with_documents(complete: Complete, documents: Sequence[HandedIn]) -> dict[str, bytes]:
    # The leaves that share a batch with the one that was asked for are in the tables, but not what it is about.
    subject = complete.subject
    everything = {leaf for listed in complete.leaves.values() for leaf in listed}
    known = {subject.leaf} if isinstance(subject, OneCertificate) else everything
    contents: dict[str, bytes] = {}
    for place, each in enumerate(documents, start=1):
        if each.leaf is not None and each.leaf not in known:
            raise Misasked("document", place=place, leaf=f"0x{each.leaf.hex()}", count=len(known))
        name = _document(place)
        contents[f"{name}.{each.ending}"] = each.data
        if each.certificate is not None:
            contents[f"{name}.sd-jwt"] = each.certificate.encode()
    return contents


def _document(place: int) -> str:
    return f"documents/{place:04}"


def _described(place: int, document: HandedIn) -> JSON:
    name = _document(place)
    has_one = document.leaf is not None
    return {
        "file": f"{name}.{document.ending}",
        "certificate": f"{name}.sd-jwt" if has_one else None,
        "leaf": f"0x{document.leaf.hex()}" if document.leaf is not None else None,
        # The maker's word: nobody compares a page's typeset text again without the verifier's own program.
        "verdict": document.paper.report.verdict.value if document.paper is not None else None,
    }


def _evidence(complete: Complete, made_at: datetime) -> dict[str, JSON]:
    checkpoint = complete.checkpoint
    return {
        "kind": KIND,
        "format": FORMAT,
        "made_at": times.utc(int(made_at.timestamp())),
        "subject": complete.subject.as_json(),
        "status_hour": complete.status_hour,
        "is_over": complete.is_over,
        "registry": {
            "chain_id": checkpoint.chain_id,
            "registry_id": f"0x{checkpoint.registry_id.hex()}",
            "registry": f"0x{checkpoint.registry.hex()}",
            "agencies": f"0x{checkpoint.agencies.hex()}",
            "test": complete.test,
        },
        "checkpoint": {
            "block": checkpoint.block_number,
            "hash": f"0x{checkpoint.block_hash.hex()}",
            "time": times.utc(checkpoint.timestamp),
            "anchors": f"0x{checkpoint.heads.anchors.hex()}",
            "statuses": f"0x{checkpoint.heads.statuses.hex()}",
            "rights": f"0x{checkpoint.heads.rights.hex()}",
        },
        "software": {"python": platform.python_version()} | {name: version(name) for name in _LIBRARIES},
    }


def _proofs(complete: Complete, prove: Prove | None) -> list[tuple[str, bytes, JSON]]:
    """Return a proof of each batch that a node can prove: its file's name, the file, and what is said of it."""
    found: list[tuple[str, bytes, JSON]] = []
    for place, record in enumerate(complete.batches[:MOST_PROOFS] if prove is not None else (), start=1):
        made = None if prove is None else _proof(complete, record, prove)
        if made is None:
            continue
        batch, leaf = batch_of(record), _leaf_to_prove(complete, record)
        name = f"proofs/{place:04}.bin"
        shown: JSON = {
            "file": name,
            "agency": batch.agency,
            "root": f"0x{batch.root.hex()}",
            "leaf": f"0x{leaf.hex()}",
        }
        found.append((name, made, shown))
    return found


def _proof(complete: Complete, record: Record, prove: Prove) -> bytes | None:
    """Return the proof of one certificate of a batch; None where no node can make one, or not any more."""
    batch = batch_of(record)
    try:
        encoded = prove(batch.agency, batch.root, record.block_number)
    except RegistryError:
        return None
    if encoded is None:
        return None
    leaves = complete.leaves[batch.agency, batch.root]
    index = leaves.index(_leaf_to_prove(complete, record))
    path = InclusionPath(len(leaves), index, merkle.inclusion_path(leaves, index))
    return Proof(complete.checkpoint.registry_id, path, proof.decode_evidence(encoded)).encode()


def _leaf_to_prove(complete: Complete, record: Record) -> bytes:
    if isinstance(complete.subject, OneCertificate):
        return complete.subject.leaf
    return complete.leaves[batch_of(record).agency, batch_of(record).root][0]


def _type_files(complete: Complete) -> dict[str, bytes]:
    """Return the data files of the types that the tables name, as far as this software has them."""
    table = complete.table("types")
    place = table.columns.index("digest")
    wanted = {row[place] for row in table.rows}
    digests = ((sha256(file).hexdigest(), file) for file in certificate_types.shipped_files())
    return {f"types/{digest}.json": file for digest, file in digests if f"0x{digest}" in wanted}


def _signed(contents: dict[str, bytes], attester: Attester) -> bytes:
    """Return the ZIP file of all contents, with a manifest of them and its signature in front."""
    listed: list[JSON] = [
        {"path": name, "size": len(data), "sha256": sha256(data).hexdigest()} for name, data in sorted(contents.items())
    ]
    manifest = strict_json.serialise(
        {"kind": MANIFEST_KIND, "format": FORMAT, "files": listed, "signed_by": attester.public.jwk()}
    )
    signature = low_s(attester.sign(manifest)).hex().encode()
    whole = {"MANIFEST.json": manifest, "MANIFEST.sig": signature} | dict(sorted(contents.items()))
    if (size := sum(map(len, whole.values()))) > MOST_BYTES:
        raise Misasked("package", got=size, most=MOST_BYTES)
    return zipped(whole)


def zipped(contents: dict[str, bytes]) -> bytes:
    """Return a ZIP file of these files, in their order, whose bytes follow from them alone."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED, allowZip64=False) as archive:
        for name, data in contents.items():
            entry = zipfile.ZipInfo(name, _FIRST_DAY)
            entry.create_system, entry.external_attr = _UNIX, _MODE
            archive.writestr(entry, data)
    return out.getvalue()
