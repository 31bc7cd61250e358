"""Packages of the small world, with its blocks sealed as a consortium's validators would have sealed them."""

from __future__ import annotations

import importlib.util
import io
import json
import zipfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from chain import proof, strict_json
from chain.header import Header
from chain.keys import PublicKey, low_s, signer
from chain.seals import SealScheme, block_hash
from tests import sealed
from verifier.attesting import Attester
from verifier.audit.completeness import gather
from verifier.audit.package import Means, make, zipped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from chain.checkpoint import Checkpoint
    from tests.audit.world import World
    from tests.sealed import Validator
    from verifier.audit.completeness import Complete, Subject
    from verifier.audit.handed_in import HandedIn
    from verifier.indexing.index import Index

CHECKER = Path(__file__).parents[2] / "verifier" / "audit" / "checker" / "check_evidence.py"
VALIDATORS = sealed.validators(4)
KEY = sealed.attester()
ATTESTER = Attester(PublicKey.of(KEY), signer(KEY))
_TIME = "%Y-%m-%dT%H:%M:%SZ"


def checker() -> ModuleType:
    """Load the stand-alone checker."""
    spec = importlib.util.spec_from_file_location("check_evidence", CHECKER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes packages under one way of sealing."""

    world: World
    index: Index
    scheme: SealScheme = SealScheme.QBFT

    def trust_list(self, **changes: Any) -> bytes:  # noqa: ANN401 - what the council signs, by name
        """Return the trust list that names the validators and the verifier's key."""
        record, now = self.world.deployed.record, self.world.now.astimezone(UTC)
        is_sealed = self.scheme is not SealScheme.NONE
        values: dict[str, Any] = {
            "registry_id": record.registry_id,
            "registry": record.address,
            "agencies": record.agencies_address,
            "chain_id": record.chain_id,
            "scheme": self.scheme.value,
            "sets": [(0, None, sealed.addresses(VALIDATORS))] if is_sealed else [],
            "issued": (now - timedelta(days=300)).strftime(_TIME),
            "expires": (now + timedelta(days=300)).strftime(_TIME),
            "attesters": (KEY,),
        }
        return sealed.trust_list(sealed.signed_part(**(values | changes))).encode()

    def seal(self, header: bytes, by: Sequence[Validator] = VALIDATORS[:3]) -> tuple[bytes, ...]:
        """Return a header with its seals; in Clique with made-up successors, elsewhere alone."""
        match self.scheme:
            case SealScheme.QBFT:
                return (sealed.qbft(VALIDATORS).sealed(header, by),)
            case SealScheme.IBFT2:
                return (sealed.ibft2(VALIDATORS).sealed(header, by),)
            case SealScheme.CLIQUE:
                return tuple(sealed.clique([_later(header, place) for place in range(len(by))], by))
            case SealScheme.NONE:
                return (header,)

    def sealed(
        self, complete: Complete, by: Sequence[Validator] = VALIDATORS[:3], *, is_attested: bool = True
    ) -> Complete:
        """Return the same with a checkpoint whose block is sealed."""
        cut = complete.checkpoint
        assert cut.state is not None
        headers = self.seal(cut.state.headers[0], by)
        made = replace(
            cut,
            block_hash=block_hash(Header.parse(headers[0]), self.scheme),
            state=replace(cut.state, headers=headers),
            attestations=(),
        )
        return replace(complete, checkpoint=attested(made) if is_attested else made)

    def prove(self, agency: int, root: bytes, number: int) -> bytes | None:
        """Return evidence of a batch from the node, in a block that is sealed."""
        encoded = self.world.deployed.writer().evidence(agency, root, number)
        assert encoded is not None
        evidence = proof.decode_evidence(encoded)
        return proof.encode_evidence(replace(evidence, headers=self.seal(evidence.headers[0])))

    def means(self, **changes: Any) -> Means:  # noqa: ANN401 - the fields of Means
        """Return what packages are made with."""
        return replace(Means(ATTESTER, self.trust_list(), self.prove), **changes)

    def complete(self, subject: Subject) -> Complete:
        """Return what there is about a subject, under a sealed checkpoint."""
        return self.sealed(gather(self.index, subject))

    def package(
        self,
        subject: Subject,
        *,
        documents: Sequence[HandedIn] = (),
        bend: Callable[[Complete], Complete] = lambda same: same,
        **changes: Any,  # noqa: ANN401 - the fields of Means
    ) -> bytes:
        """Return a package about a subject."""
        complete = bend(self.complete(subject))
        return make(complete, self.means(**changes), self.world.now, documents=documents)


def attested(cut: Checkpoint) -> Checkpoint:
    """Return a checkpoint that the verifier's key vouches for."""
    return cut.attested(ATTESTER.public.kid, ATTESTER.sign)


def contents_of(package: bytes) -> dict[str, bytes]:
    """Return a package's files by their names."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def signed_again(package: bytes, changes: dict[str, bytes]) -> bytes:
    """Return a package with other files that the verifier itself, gone bad, has signed."""
    contents = contents_of(package) | changes
    manifest = json.loads(contents.pop("MANIFEST.json"))
    del contents["MANIFEST.sig"]
    manifest["files"] = [
        {"path": name, "size": len(data), "sha256": sha256(data).hexdigest()} for name, data in sorted(contents.items())
    ]
    written = strict_json.serialise(manifest)
    signature = low_s(ATTESTER.sign(written)).hex().encode()
    return zipped({"MANIFEST.json": written, "MANIFEST.sig": signature, **dict(sorted(contents.items()))})


def failed(lines: Sequence[tuple[str, str, str]]) -> list[str]:
    """Return the checks that failed."""
    return [name for name, outcome, _ in lines if outcome == "FAILED"]


def outcomes(lines: Sequence[tuple[str, str, str]]) -> dict[str, str]:
    """Return what became of each check."""
    return {name: outcome for name, outcome, _ in lines}


def checked(module: ModuleType, package: bytes, folder: Path, trust: Path | None = None) -> list[tuple[str, str, str]]:
    """Run the checker's function on a package; returns its lines."""
    path = folder / "package.zip"
    path.write_bytes(package)
    lines, _ = module.check(str(path), None if trust is None else str(trust))
    return cast("list[tuple[str, str, str]]", lines)


def said(lines: list[tuple[str, str, str]], name: str) -> str:
    """Return what one check says."""
    return {check: what for check, _, what in lines}[name]


def run(module: ModuleType, package: bytes, folder: Path, *arguments: str) -> int:
    """Run the command on a package, with its own trust list as if it had been obtained elsewhere unless told."""
    (folder / "package.zip").write_bytes(package)
    (folder / "own.json").write_bytes(contents_of(package)["trust-list.json"])
    code: int = module.main([str(folder / "package.zip"), *(arguments or ("--trust-list", str(folder / "own.json")))])
    return code


def told(package: bytes) -> dict[str, object]:
    """Return what `evidence.json` says."""
    read: dict[str, object] = json.loads(contents_of(package)["evidence.json"])
    return read


def retold(package: bytes, **changes: object) -> bytes:
    """Return a package whose `evidence.json` says something else, signed."""
    return signed_again(package, {"evidence.json": strict_json.serialise(told(package) | changes)})


def day_of(moment: datetime) -> str:
    """Return a day as people type it."""
    return moment.date().isoformat()


def _later(header: bytes, after: int) -> bytes:
    items = sealed.items_of(header)
    number = int.from_bytes(items[sealed.NUMBER]) + after
    items[sealed.NUMBER] = number.to_bytes((number.bit_length() + 7) // 8)
    return sealed.with_extra(items, items[sealed.EXTRA])
