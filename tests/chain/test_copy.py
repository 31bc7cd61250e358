"""Limited copies, byte by byte."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from hashlib import sha256

import pytest

from chain import base64url, cbor, certificate, copy, digits, disclosures
from chain.certificate import prepare
from chain.copy import (
    Content,
    LimitedCopy,
    Opening,
    Terms,
    excerpt,
    looks_like_one,
    make,
    open_,
    parse,
    read,
    url,
    verify,
)
from chain.copy_content import encode_claims
from chain.errors import (
    CertificateAltered,
    CertificateMalformed,
    CertificateUnsupported,
    CodeMalformed,
    CodeUnsupported,
    InvalidInput,
    SignatureInvalid,
)
from chain.keys import ORDER
from chain.validity import Validity
from tests.chain.specimens import (
    FACTS,
    KEY,
    OTHER_KEY,
    OTHER_PRIVATE_KEY,
    REGISTRY_ID,
    SPECIMEN_TYPE,
    STATEMENT,
    entropy_of,
    sign,
    sign_with,
)

HOST = "verify.example.cn"
NAMES = [claim.key for claim in SPECIMEN_TYPE.claims]
PREPARED = prepare(STATEMENT, entropy=entropy_of(b"copies"))
CERTIFICATE = certificate.parse(PREPARED.sign(sign))
CHOSEN = ("number", "company_name", "scopes")
CLAIMS, OPENING = excerpt(CERTIFICATE.signing_input, CERTIFICATE.disclosures, NAMES, CHOSEN)
TERMS = Terms("办理银行授信业务", "中国演示银行呼和浩特分行", date(2026, 11, 22), date(2026, 12, 22))
CONTENT = Content(
    agency=3,
    certificate_type=3,
    version=1,
    kid8=KEY.kid[:8],
    leaf=CERTIFICATE.leaf,
    validity=STATEMENT.validity,
    claims_digest=sha256(encode_claims(CLAIMS)).digest(),
    terms=TERMS,
    salt=bytes(range(16)),
)
COPY = make(CONTENT, CLAIMS, OPENING, registry_id=REGISTRY_ID, sign=sign)
PLACE = "label -65538"


def changed(**changes: object) -> Content:
    return replace(CONTENT, **changes)  # type: ignore[arg-type]  # Tests name the fields.


def signed(content: Content = CONTENT, claims: copy.Claims = CLAIMS, opening: Opening = OPENING) -> LimitedCopy:
    return make(content, claims, opening, registry_id=REGISTRY_ID, sign=sign)


def with_members(unprotected: dict[int, cbor.CBOR]) -> bytes:
    return cbor.encode([cbor.encode({1: -7}), unprotected, COPY.payload, COPY.signature])


def with_claims(claims: cbor.CBOR) -> bytes:
    """Sign whatever claims, for they are held to their digest first."""
    written = cbor.encode(claims)
    payload = changed(claims_digest=sha256(written).digest()).encode()
    signature = sign(copy.to_be_signed(payload, REGISTRY_ID))
    return cbor.encode([cbor.encode({1: -7}), {-65538: [written]}, payload, signature])


def with_payload(members: list[cbor.CBOR]) -> bytes:
    return replace(COPY.short(), payload=cbor.encode(members)).encode()


def members() -> list[cbor.CBOR]:
    found = cbor.decode(COPY.payload)
    assert isinstance(found, list)
    return found


class TestForms:
    def test_a_copy_is_read_as_it_was_made_in_each_form(self) -> None:
        for form in (COPY, COPY.closed(), COPY.short()):
            found = parse(url(HOST, form.encode()))
            verify(found, KEY, REGISTRY_ID)
            assert found == replace(form, host=HOST)
            assert read(form.encode()) == form
        assert (COPY.closed().opening, COPY.short().claims) == (None, None)

    def test_bare_digits_are_as_good_as_the_address(self) -> None:
        assert parse(f" {digits.encode(COPY.encode())}\n") == COPY

    def test_one_signature_serves_all_forms(self) -> None:
        assert COPY.signature == COPY.short().signature
        assert COPY.payload == COPY.closed().payload

    def test_it_carries_only_what_was_chosen(self) -> None:
        assert [NAMES[place] for place, _ in CLAIMS] == list(CHOSEN)
        assert "阿拉坦乌拉".encode() not in COPY.encode()

    def test_an_open_ended_certificate_has_copies(self) -> None:
        made = signed(changed(validity=Validity(date(2026, 1, 31), None)))
        assert made.content.validity.last_day is None

    @pytest.mark.parametrize("host", ["localhost:8002", "127.0.0.1"])
    def test_http_is_for_this_machine_alone(self, host: str) -> None:
        assert parse(url(host, COPY.encode())).host == host
        with pytest.raises(CodeMalformed, match="wanted https"):
            parse(url(HOST, COPY.encode()).replace("https", "http"))

    @pytest.mark.parametrize("text", ["", "https://verify.example.cn/v#123", "a copy"])
    def test_other_text_is_no_copy(self, text: str) -> None:
        with pytest.raises(CodeMalformed, match="/c#"):
            parse(text)

    def test_a_host_that_is_none_is_refused(self) -> None:
        with pytest.raises(InvalidInput, match="verifying host"):
            url("no host", COPY.encode())

    def test_too_much_is_not_looked_at(self) -> None:
        with pytest.raises(CodeMalformed, match="digits"):
            parse("1" * (copy.MAX_FILE + 1))
        with pytest.raises(CodeMalformed, match="bytes"):
            read(bytes(copy.MAX_FILE + 1))

    def test_a_copy_is_told_from_a_code(self) -> None:
        from chain import code  # noqa: PLC0415

        cose = code.make(FACTS.encode(), bytes(32), registry_id=REGISTRY_ID, sign=sign)
        assert looks_like_one(COPY.encode())
        assert not looks_like_one(cose)
        assert not looks_like_one(b"\xff")
        assert not looks_like_one(cbor.encode([1]))
        assert not looks_like_one(cbor.encode([b"", {}, b"\xff", b""]))
        with pytest.raises(CodeMalformed):
            read(cose)
        with pytest.raises(CodeMalformed):
            code.parse(digits.encode(COPY.encode()))


class TestSignature:
    def test_a_copy_counts_in_one_registry_only(self) -> None:
        with pytest.raises(SignatureInvalid):
            verify(COPY, KEY, sha256(b"elsewhere").digest())

    def test_another_key_did_not_make_it(self) -> None:
        with pytest.raises(SignatureInvalid, match="tried the key"):
            verify(COPY, OTHER_KEY, REGISTRY_ID)
        stolen = make(CONTENT, CLAIMS, OPENING, registry_id=REGISTRY_ID, sign=sign_with(OTHER_PRIVATE_KEY))
        with pytest.raises(SignatureInvalid, match="did not make"):
            verify(stolen, KEY, REGISTRY_ID)

    def test_a_codes_signature_is_no_copys(self) -> None:
        from chain import code  # noqa: PLC0415

        forged = replace(COPY, signature=sign(code.to_be_signed(COPY.payload, REGISTRY_ID)))
        with pytest.raises(SignatureInvalid):
            verify(forged, KEY, REGISTRY_ID)

    def test_a_high_s_is_made_low_and_not_read(self) -> None:
        def high(message: bytes) -> bytes:
            signature = sign(message)
            return signature[:32] + (ORDER - int.from_bytes(signature[32:])).to_bytes(32)

        assert make(CONTENT, CLAIMS, OPENING, registry_id=REGISTRY_ID, sign=high) == COPY
        with pytest.raises(CodeMalformed, match="high s"):
            read(replace(COPY, signature=high(copy.to_be_signed(COPY.payload, REGISTRY_ID))).encode())

    def test_the_registrys_id_has_32_bytes(self) -> None:
        with pytest.raises(InvalidInput, match="31 bytes"):
            make(CONTENT, CLAIMS, OPENING, registry_id=bytes(31), sign=sign)

    def test_what_could_not_be_read_is_not_made(self) -> None:
        with pytest.raises(InvalidInput, match="no copy may carry"):
            signed(claims=((0, ""),), opening=Opening(b"a.b", (bytes(16),)))


class TestContent:
    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"agency": 0}, "agency"),
            ({"certificate_type": 2**32}, "certificate type"),
            ({"version": 0}, "type version"),
            ({"kid8": bytes(7)}, "kid8"),
            ({"leaf": bytes(31)}, "leaf"),
            ({"salt": bytes(15)}, "salt"),
            ({"terms": replace(TERMS, purpose="")}, "purpose"),
            ({"terms": replace(TERMS, recipient="长" * 51)}, "recipient"),
            ({"terms": replace(TERMS, expires=date(2026, 11, 21))}, "days"),
            ({"terms": replace(TERMS, expires=date(2027, 5, 22))}, "days"),
            ({"terms": replace(TERMS, purpose="a\u202eb")}, "U\\+202E"),
            ({"terms": replace(TERMS, recipient="a ")}, "space"),
            ({"terms": Terms("a", "b", date(1899, 12, 31), date(1899, 12, 31))}, "1899"),
            ({"validity": Validity(date(2026, 1, 2), date(2026, 1, 1))}, "validity"),
        ],
    )
    def test_limits_hold_for_writing_and_for_reading(self, changes: dict[str, object], said: str) -> None:
        with pytest.raises(InvalidInput, match=said):
            signed(changed(**changes))

    def test_a_read_limit_is_malformed(self) -> None:
        for place, value in ((1, 0), (9, ""), (12, 10**9), (13, bytes(15)), (8, bytes(31))):
            with pytest.raises(CodeMalformed):
                read(with_payload([*members()[:place], value, *members()[place + 1 :]]))
        with pytest.raises(CodeMalformed, match="calendar"):
            read(with_payload([*members()[:11], 2**40, *members()[12:]]))

    def test_a_later_format_is_unsupported_and_other_cbor_malformed(self) -> None:
        with pytest.raises(CodeUnsupported, match="format 2"):
            read(with_payload([2, *members()[1:]]))
        for payload in ([1], members()[:-1], [*members(), 1], [0, *members()[1:]]):
            with pytest.raises(CodeMalformed, match="14 members"):
                read(with_payload(payload))
        with pytest.raises(CodeMalformed, match="copy"):
            read(replace(COPY, payload=b"\xff").encode())

    def test_other_cose_is_malformed(self) -> None:
        whole = cbor.decode(COPY.encode())
        assert isinstance(whole, list)
        for cose in ([*whole[:3]], [cbor.encode({1: -8}), *whole[1:]], [*whole[:3], bytes(64)], b"x"):
            with pytest.raises(CodeMalformed):
                read(cbor.encode(cose))
        with pytest.raises(CodeMalformed):
            read(b"\xff")


class TestClaims:
    def test_the_claims_are_those_whose_digest_was_signed(self) -> None:
        other = replace(COPY.closed(), claims=((0, "假"),))
        with pytest.raises(CodeMalformed, match="whose digest was signed"):
            read(other.encode())

    @pytest.mark.parametrize(
        "claims",
        [
            [],
            "x",
            [[0, ""]],
            [[0, "a\x00"]],
            [[0]],
            [[-1, "a"]],
            [[256, "a"]],
            [[256, None]],
            [[0, []]],
            [[0, ["a", 1]]],
            [[0, ["a", ""]]],
            [[0, 5]],
            [[1, "a"], [0, "b"]],
            [[0, "a"], [0, "b"]],
            [[place, "a"] for place in range(65)],
        ],
    )
    def test_claims_have_one_form(self, claims: cbor.CBOR) -> None:
        with pytest.raises(CodeMalformed, match="claims"):
            read(with_claims(claims))

    def test_texts_several_texts_and_absence_are_claims(self) -> None:
        read_back = read(with_claims([[0, "多行\n文字"], [1, ["甲", "乙"]], [5, None]]))
        assert read_back.claims == ((0, "多行\n文字"), (1, ("甲", "乙")), (5, None))

    def test_bytes_that_are_no_claims_are_malformed(self) -> None:
        payload = changed(claims_digest=sha256(b"\xff").digest()).encode()
        cose = cbor.encode([cbor.encode({1: -7}), {-65538: [b"\xff"]}, payload, COPY.signature])
        with pytest.raises(CodeMalformed, match="claims"):
            read(cose)

    @pytest.mark.parametrize(
        "unprotected",
        [
            {-65537: [b""]},
            {-65538: []},
            {-65538: [encode_claims(CLAIMS), b"x"]},
            {-65538: [encode_claims(CLAIMS), b"x", "y"]},
        ],
    )
    def test_nothing_else_rides_along(self, unprotected: dict[int, cbor.CBOR]) -> None:
        with pytest.raises(CodeMalformed, match="unprotected"):
            read(with_members(unprotected))

    @pytest.mark.parametrize("salts", [[], [bytes(16)] * 2, [bytes(15)] * 3, [bytes(65)] * 3, ["x"] * 3])
    def test_there_is_one_salt_for_each_claim(self, salts: list[cbor.CBOR]) -> None:
        with pytest.raises(CodeMalformed, match="salts"):
            read(with_members({-65538: [encode_claims(CLAIMS), b"a.b", salts]}))

    def test_a_signing_input_longer_than_any_is_refused(self) -> None:
        with pytest.raises(CodeMalformed, match="opening"):
            read(with_members({-65538: [encode_claims(CLAIMS), bytes(128 * 1024 + 1), [bytes(16)] * 3]}))


class TestOpening:
    def test_it_leads_from_the_claims_to_the_leaf(self) -> None:
        opened = open_(COPY, NAMES)
        assert opened.kid == KEY.kid
        assert opened.credential == CERTIFICATE.credential

    def test_it_holds_no_signature_of_the_certificate(self) -> None:
        assert CERTIFICATE.signature not in COPY.encode()
        assert base64url.encode(CERTIFICATE.signature).encode() not in COPY.encode()

    def test_without_one_there_is_nothing_to_follow(self) -> None:
        for form in (COPY.closed(), COPY.short()):
            with pytest.raises(InvalidInput, match="without an opening"):
                open_(form, NAMES)

    def test_a_claim_that_the_certificate_does_not_state_is_altered(self) -> None:
        forged = signed(claims=((0, CLAIMS[0][1]), (2, "假公司"), CLAIMS[2]))
        verify(forged, KEY, REGISTRY_ID)
        with pytest.raises(CertificateAltered, match="company_name"):
            open_(forged, NAMES)

    def test_another_salt_or_name_is_altered(self) -> None:
        with pytest.raises(CertificateAltered):
            open_(replace(COPY, opening=replace(OPENING, salts=(bytes(16), *OPENING.salts[1:]))), NAMES)
        with pytest.raises(CertificateAltered):
            open_(COPY, ["name", *NAMES[1:]])
        with pytest.raises(CertificateAltered, match="of a type of 5"):
            open_(COPY, NAMES[:5])

    def test_another_certificates_opening_is_altered(self) -> None:
        other = certificate.parse(prepare(STATEMENT, entropy=entropy_of(b"other")).sign(sign))
        _, opening = excerpt(other.signing_input, other.disclosures, NAMES, CHOSEN)
        with pytest.raises(CertificateAltered, match="another certificate"):
            open_(signed(opening=opening), NAMES)

    @pytest.mark.parametrize(
        "changes",
        [{"agency": 4}, {"certificate_type": 4}, {"version": 2}, {"validity": Validity(date(2026, 1, 31), None)}],
    )
    def test_what_the_copy_names_is_the_certificates(self, changes: dict[str, object]) -> None:
        with pytest.raises(CertificateAltered, match="names another"):
            open_(signed(changed(**changes)), NAMES)

    @pytest.mark.parametrize("signing_input", [b"", b"a", b"a.b", b"\xff.b"])
    def test_one_that_is_none_is_malformed(self, signing_input: bytes) -> None:
        with pytest.raises(CertificateMalformed):
            open_(replace(COPY, opening=replace(OPENING, signing_input=signing_input)), NAMES)

    def test_a_token_of_another_kind_is_unsupported(self) -> None:
        header = base64url.encode(b'{"alg":"ES256","kid":"x","typ":"JWT"}').encode()
        with pytest.raises(CertificateUnsupported):
            open_(replace(COPY, opening=replace(OPENING, signing_input=header + b".e30")), NAMES)


class TestExcerpt:
    def test_what_is_stated_to_be_absent_comes_along(self) -> None:
        absent = disclosures.parse(disclosures.make(bytes(16), "responsible_person", None))
        claims, _ = excerpt(b"a.b", (*CERTIFICATE.disclosures[:1], absent), NAMES, ("number",))
        assert claims[-1] == (4, None)

    @pytest.mark.parametrize("chosen", ["nothing", "responsible_person"])
    def test_what_the_certificate_does_not_have_cannot_be_chosen(self, chosen: str) -> None:
        absent = disclosures.parse(disclosures.make(bytes(16), "responsible_person", None))
        with pytest.raises(InvalidInput, match=chosen):
            excerpt(b"a.b", (absent,), NAMES, (chosen,))

    @pytest.mark.parametrize("value", [5, [], ["a", 1], {"a": "b"}])
    def test_a_value_that_is_no_text_cannot_be_carried(self, value: object) -> None:
        odd = disclosures.parse(disclosures.make(bytes(16), "number", value))  # type: ignore[arg-type]
        with pytest.raises(InvalidInput, match="text or texts"):
            excerpt(b"a.b", (odd,), NAMES, ("number",))

    @pytest.mark.parametrize(
        "written", ['["%s", "number", "1"]', '["%s","number","\\u0031"]'], ids=["spaces", "escapes"]
    )
    def test_a_disclosure_that_other_software_wrote_is_refused(self, written: str) -> None:
        text = base64url.encode((written % base64url.encode(bytes(16))).encode())
        with pytest.raises(InvalidInput, match="other software"):
            excerpt(b"a.b", (disclosures.parse(text),), NAMES, ("number",))
