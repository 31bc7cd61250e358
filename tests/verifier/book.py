"""A registry in memory, with one agency under another, and certificates that it anchored. Everything can be bent."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec

from chain import certificate, code, merkle
from chain.calendar import first_hour
from chain.certificate import Statement
from chain.certificate_types import by_identifier
from chain.events import Track
from chain.keys import PublicKey, signer
from chain.registry import Identity
from chain.validity import Validity
from verifier.check.knowledge import NO_CUT_OFF, AgencyRecord, Batch, Head, ListedKey, Place, StatusRecord, lineage
from verifier.check.moments import moment
from verifier.check.presented import Document, Presented

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.certificate import Prepared
    from chain.code import InclusionPath
    from verifier.check.moments import Moment
    from verifier.wording import Message

NOW = datetime(2026, 11, 22, 4, 30, tzinfo=UTC)
"""Half past twelve in China."""
TODAY = moment(None, NOW)
DECISION = sha256(b"a decision, salted").digest()
REGISTRY_ID = sha256(b"the registry in memory").digest()
ADDRESS = bytes.fromhex("c0" * 20)
IDENTITY = Identity(
    chain_id=31337,
    genesis_hash=sha256(b"genesis").digest(),
    registry_id=REGISTRY_ID,
    address=ADDRESS,
    agencies_address=bytes.fromhex("a9" * 20),
    test=True,
    deployed_at_block=1,
)
PARENT, AGENCY, STRANGER = 1, 2, 3
ANCHORED_AT = 1_767_225_600
"""2026-01-01T00:00:00Z, the time of block 100."""
TYPE = by_identifier("construction-safety-licence")
CLAIMS = {
    "number": "（蒙）JZ安许证字〔2026〕000123",
    "company_name": "内蒙古演示长城建筑工程有限责任公司",
    "credit_code": "91150102MA0XXXX156",
    "address": "内蒙古自治区包头市演示区钢铁大街3号",
    "economic_type": "有限责任公司",
    "responsible_person": "巴特尔",
    "responsible_person_id": "15012118000101000X",
    "licence_scope": TYPE.claim("licence_scope").choices[0].code,
    "issue_date": "2026-01-01",
    "effective_date": "2026-01-01",
    "expiry_date": "2028-12-31",
}


def private_key(name: str) -> ec.EllipticCurvePrivateKey:
    """Return the document key of that name, always the same."""
    return ec.derive_private_key(int.from_bytes(sha256(f"verifier test {name}".encode()).digest()), ec.SECP256R1())


KEY, OTHER_KEY = private_key("key"), private_key("other key")


def kid(key: ec.EllipticCurvePrivateKey) -> bytes:
    return PublicKey.of(key).kid


def listed(key: ec.EllipticCurvePrivateKey) -> ListedKey:
    return ListedKey(
        kid=kid(key),
        public_key=PublicKey.of(key),
        listed_at_block=10,
        valid_from=ANCHORED_AT - 1000,
        valid_until=0,
        cut_off_block=NO_CUT_OFF,
    )


@dataclass
class Book:
    """What is known of the registry; change any of it."""

    identity: Identity = IDENTITY
    head: Head = field(default_factory=lambda: Head(200, int(NOW.timestamp()) - 2))
    confirmations: int = 1
    why_doubt: Message | None = None
    agencies: dict[int, AgencyRecord] = field(
        default_factory=lambda: {
            PARENT: AgencyRecord(PARENT, 0, "11150000X00000001A", "演示自治区住房和城乡建设厅"),
            AGENCY: AgencyRecord(AGENCY, PARENT, "11150100X00000027D", "演示市住房和城乡建设局"),
            STRANGER: AgencyRecord(STRANGER, 0, "11150200X00000027D", "演示他市住房和城乡建设局"),
        }
    )
    earlier_agencies: dict[int, list[AgencyRecord]] = field(default_factory=dict)
    """As they were before they were corrected."""
    hosts: list[str] = field(default_factory=list)
    """Official verifying hosts."""
    listed_keys: dict[int, list[ListedKey]] = field(default_factory=lambda: {AGENCY: [listed(KEY)]})
    batches: list[Batch] = field(default_factory=list)
    suspended: dict[int, range] = field(default_factory=dict)
    """Blocks in which an agency is suspended."""
    without_type: dict[int, range] = field(default_factory=dict)
    digests: dict[tuple[int, int], bytes] = field(default_factory=lambda: {(TYPE.number, TYPE.version): TYPE.digest})
    entries: dict[tuple[int, bytes], list[StatusRecord]] = field(default_factory=dict)
    is_checkpoint: bool = False
    times_vouched: bool = True
    dated: bool = False

    def possibly(self, batch: Batch, _dates: Sequence[int]) -> Sequence[Batch]:
        return (batch,)

    def is_dated(self, _now: datetime) -> bool:
        return self.dated

    def doubt(self, _now: datetime) -> Message | None:
        return self.why_doubt

    def agency(self, agency: int) -> AgencyRecord | None:
        return self.agencies.get(agency)

    def agency_ever(self, agency: int) -> Sequence[AgencyRecord]:
        return [*([self.agencies[agency]] if agency in self.agencies else []), *self.earlier_agencies.get(agency, ())]

    def lineage(self, agency: int) -> Sequence[AgencyRecord]:
        return lineage(agency, self.agency)

    def hosts_ever(self) -> Sequence[str]:
        return self.hosts

    def keys(self, agency: int, kid_prefix: bytes) -> Sequence[ListedKey]:
        return [key for key in self.listed_keys.get(agency, ()) if key.kid.startswith(kid_prefix)]

    def batches_with(self, leaf: bytes) -> Sequence[Batch]:
        return sorted((batch for batch in self.batches if leaf in batch.leaves), key=lambda batch: batch.place)

    def batch(self, agency: int, root: bytes) -> Batch | None:
        return next((batch for batch in self.batches if (batch.agency, batch.root) == (agency, root)), None)

    def leaves_beginning(self, prefix: bytes, bits: int) -> Sequence[bytes]:
        shift = 256 - bits
        wanted = int.from_bytes(prefix.ljust(32, b"\0")) >> shift
        leaves = {leaf for batch in self.batches for leaf in batch.leaves}
        return sorted(leaf for leaf in leaves if int.from_bytes(leaf) >> shift == wanted)

    def is_suspended(self, agency: int, place: Place) -> bool:
        return place.block in self.suspended.get(agency, range(0))

    def holds_type(self, agency: int, _certificate_type: int, place: Place) -> bool:
        return place.block not in self.without_type.get(agency, range(0))

    def type_digest(self, certificate_type: int, version: int, _place: Place) -> bytes | None:
        return self.digests.get((certificate_type, version))

    def statuses(self, agency: int, leaf: bytes) -> Sequence[StatusRecord]:
        return self.entries.get((agency, leaf), [])

    def anchor(self, *leaves: bytes, agency: int = AGENCY, block: int = 100, **changes: object) -> Batch:
        batch = Batch(
            agency=agency,
            root=merkle.root(leaves),
            certificate_type=TYPE.number,
            version=TYPE.version,
            size=len(leaves),
            sequence=1 + len(self.batches),
            leaves=leaves,
            place=Place(block, 0),
            timestamp=ANCHORED_AT + block - 100,
        )
        batch = replace(batch, **changes)  # type: ignore[arg-type]  # Tests name the fields.
        self.batches.append(batch)
        return batch

    def record(self, leaf: bytes, track: Track, *, agency: int = AGENCY, **values: object) -> None:
        """Record a status from the 1st of June 2026 on, unless said otherwise."""
        history = self.entries.setdefault((agency, leaf), [])
        entry = StatusRecord(
            track=track,
            from_hour=first_hour(date(2026, 6, 1)),
            until_hour=0,
            actor=agency,
            new_leaf=None,
            decision=None if track is Track.REPLACED else DECISION,
            place=Place(150 + len(history), 0),
            timestamp=int(datetime(2026, 6, 1, tzinfo=UTC).timestamp()),
        )
        history.append(replace(entry, **values))  # type: ignore[arg-type]  # Tests name the fields.


@dataclass(frozen=True)
class Paper:
    """A certificate with everything that can be brought of it."""

    prepared: Prepared
    sd_jwt: str
    key: ec.EllipticCurvePrivateKey
    registry_id: bytes = REGISTRY_ID

    @property
    def leaf(self) -> bytes:
        return self.prepared.leaf

    def code(self, *, path: InclusionPath | None = None, key: ec.EllipticCurvePrivateKey | None = None) -> str:
        cose = code.make(
            self.prepared.facts_bytes,
            self.prepared.signing_input_hash,
            registry_id=self.registry_id,
            sign=signer(key or self.key),
            path=path,
        )
        return code.url("verify.example.cn", cose)

    @property
    def presented(self) -> Presented:
        return Presented(certificates=(self.sd_jwt,))

    @property
    def presented_code(self) -> Presented:
        return Presented(codes=(self.code(),))

    @property
    def presented_short_number(self) -> Presented:
        return Presented(short_number=code.short_number(self.leaf))

    def presented_document(self, text: str | None = None) -> Presented:
        shown = PAGE if text is None else text
        return Presented(
            certificates=(self.sd_jwt,), codes=(self.code(),), document=Document(pages=(shown,), annotations=0)
        )


PAGE = "\n".join(
    [
        *(
            f"{TYPE.claim(key).labels['zh-CN']} {TYPE.claim(key).labels['en']}\n{TYPE.display(key, value, 'zh-CN')}"
            for key, value in CLAIMS.items()
        ),
    ]
)
"""What the page of a document says."""


def paper(
    *,
    key: ec.EllipticCurvePrivateKey = KEY,
    registry_id: bytes = REGISTRY_ID,
    validity: Validity | None = None,
    salt: bytes = b"",
    claims: dict[str, str] | None = None,
    **changes: object,
) -> Paper:
    """Make a certificate that nobody has anchored yet."""
    statement = Statement(
        certificate_type=TYPE,
        registry_id=registry_id,
        chain_id=31337,
        agency=AGENCY,
        agency_code="11150100X00000027D",
        issuer="did:web:issuer.example:agencies:2",
        kid=kid(key),
        claims=CLAIMS if claims is None else claims,
        validity=validity or Validity(date(2026, 1, 1), date(2028, 12, 31)),
    )
    statement = replace(statement, **changes)  # type: ignore[arg-type]  # Tests name the fields.
    prepared = certificate.prepare(statement, entropy=lambda size: (salt + bytes(range(256)) * 8)[:size])
    return Paper(prepared, prepared.sign(signer(key)), key, registry_id)


def anchored(**changes: object) -> tuple[Book, Paper]:
    """Make a registry that has anchored a certificate between two others."""
    made = paper(**changes)  # type: ignore[arg-type]  # Tests name the arguments.
    book = Book()
    book.anchor(sha256(b"left").digest(), made.leaf, sha256(b"right").digest())
    return book, made


def on(day: str) -> Moment:
    return moment(day, NOW)
