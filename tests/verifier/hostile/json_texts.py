"""Hostile JSON: bodies of requests, and the JSON inside certificates, which a stolen key may even have signed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chain import base64url, disclosures
from tests.verifier.hostile.world import Row, World

if TYPE_CHECKING:
    from collections.abc import Callable

    from chain.strict_json import JSON

_SALT = base64url.encode(bytes(16))
_FORM = "application/x-www-form-urlencoded"


def body(
    name: str, why: str, expected: str, content: bytes | Callable[[World], bytes], kind: str = "application/json"
) -> Row:
    def made(world: World) -> bytes:
        return content if isinstance(content, bytes) else content(world)

    return Row(name, why, made, expected, way="body", content_type=kind)


def token(name: str, why: str, expected: str, made: Callable[[World], str], message: str = "") -> Row:
    return Row(name, why, made, expected, message, way="certificate")


def _code_body(world: World) -> bytes:
    return json.dumps({"code": world.code}).encode()


def _header(**members: JSON) -> Callable[[World], str]:
    """Change the header; None takes a member away."""

    def made(world: World) -> str:
        header, _, _ = world.parts
        return world.signed(header=_edited(header, **members))

    return made


def _payload(old: str, new: str) -> Callable[[World], str]:
    """Replace the first of something in the payload."""

    def made(world: World) -> str:
        _, payload, _ = world.parts
        text = payload.decode()
        assert old in text
        return world.signed(payload=text.replace(old, new, 1).encode("utf-8", "surrogatepass"))

    return made


def _edited(text: bytes, **members: JSON) -> bytes:
    content = json.loads(text) | members
    return json.dumps({name: value for name, value in content.items() if value is not None}).encode()


def _disclosing(content: bytes) -> Callable[[World], str]:
    """Sign a payload that lists this disclosure alone."""

    def made(world: World) -> str:
        _, payload, _ = world.parts
        shown = base64url.encode(content)
        subject = {"_sd": [disclosures.digest(shown)]}
        return world.signed(payload=_edited(payload, credentialSubject=subject), shown=[shown])

    return made


def _shown(change: Callable[[list[str]], list[str]]) -> Callable[[World], str]:
    """Change the disclosures of the genuine certificate."""

    def made(world: World) -> str:
        jws, *shown, _ = world.made.sd_jwt.split("~")
        return "~".join((jws, *change(shown), ""))

    return made


def _nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


JSON_TEXTS = [
    # Bodies of requests.
    body("a member twice", "parsers disagree which one counts", "400", b'{"code": "1", "code": "2"}'),
    body("NaN", "is no JSON, and breaks whoever writes it back", "400", b'{"code": NaN}'),
    body("infinity", "as above", "400", b'{"code": 1e999}'),
    body("minus infinity", "as above", "400", b'{"code": -Infinity}'),
    body("nested 100,000 deep", "ends the stack", "400", b'{"code": ' + _nested(100_000) + b"}"),
    body("5,000 digits", "takes long, or is refused with another error", "400", b'{"code": ' + b"9" * 5000 + b"}"),
    body("half a pair", "cannot be written as UTF-8", "400", b'{"code": "\\ud800"}'),
    body("a byte order mark", "some take it, some do not", "400", lambda w: b"\xef\xbb\xbf" + _code_body(w)),
    body("UTF-16", "Python's parser guesses it", "400", lambda w: _code_body(w).decode().encode("utf-16")),
    body("UTF-32", "as above", "400", lambda w: _code_body(w).decode().encode("utf-32-le")),
    body("broken UTF-8", "is replaced by careless readers", "400", b'{"code": "\xff\xfe"}'),
    body("overlong UTF-8", "hides a slash", "400", b'{"code": "\xc0\xaf"}'),
    body("something behind it", "a second document", "400", lambda w: _code_body(w) + b"{}"),
    body("a remark", "JSON5, not JSON", "400", b'{"code": "1" /* x */}'),
    body("single quotes", "as above", "400", b"{'code': '1'}"),
    body("a comma at the end", "as above", "400", b'{"code": "1",}'),
    body("nothing", "there is nothing to parse", "400", b""),
    body("a control character", "must be escaped", "400", b'{"code": "\x00"}'),
    body("two things", "which one is meant?", "422", b'{"code": "1", "short_number": "2"}'),
    body("an unknown member", "may mean something elsewhere", "422", b'{"code": "1", "on": "2026-01-01"}'),
    body("a number", "false and 1 pass for one another", "422", b'{"code": 1}'),
    body("a list", "a body is an object", "422", b'["code"]'),
    body("a prototype", "poisons objects in JavaScript", "422", b'{"__proto__": {"code": "1"}}'),
    body("more than a megabyte", "fills the memory", "413", b'{"code": "' + b"1" * 1_100_000 + b'"}'),
    body("as plain text", "a form of another site can send it", "415", _code_body, "text/plain"),
    body("as a form", "as above", "415", b"code=1", _FORM),
    # Certificates.
    token("no algorithm", "the oldest attack on signed tokens", "ALTERED", _header(alg="none"), "form.malformed"),
    token("a shared secret", "the public key as the secret", "ALTERED", _header(alg="HS256"), "form.malformed"),
    token("another curve", "the key is made to mean something else", "ALTERED", _header(alg="ES256K")),
    token("critical members", "must be understood or refused", "ALTERED", _header(crit=["b64"], b64=False)),
    token("its own key", "vouches for itself", "ALTERED", _header(jwk={"kty": "EC"})),
    token("a key's address", "makes the verifier fetch it", "ALTERED", _header(jku="https://evil.example/keys")),
    token("another type of token", "passes for a certificate", "UNSUPPORTED", _header(typ="dc+sd-jwt")),
    token("a member of the payload twice", "as in a body", "ALTERED", _payload("{", '{"codeDigest": "x", ')),
    token(
        "an integer beyond 2^53",
        "is another number in JavaScript",
        "ALTERED",
        _payload("{", '{"n": 9007199254740993, '),
    ),
    token("a fraction", "is rounded differently elsewhere", "ALTERED", _payload("{", '{"n": 0.1, ')),
    token("NaN in the payload", "is no JSON", "ALTERED", _payload("{", '{"n": NaN, ')),
    token("half a pair in the payload", "cannot be hashed alike", "ALTERED", _payload("{", '{"n": "\\udc00", ')),
    token(
        "a payload nested deep",
        "ends the stack",
        "ALTERED",
        _payload("{", '{"n": ' + "[" * 50_000 + "]" * 50_000 + ", "),
    ),
    token(
        "a mark before the payload",
        "some take it, some do not",
        "ALTERED",
        lambda w: w.signed(payload=b"\xef\xbb\xbf" + w.parts[1]),
    ),
    token("a disclosure that is NaN", "is no JSON", "ALTERED", _disclosing(b'["%s","address",NaN]' % _SALT.encode())),
    token(
        "a disclosure of four", "hides a second value", "ALTERED", _disclosing(b'["%s","a","b","c"]' % _SALT.encode())
    ),
    token(
        "a disclosure of digests",
        "hides claims in claims",
        "ALTERED",
        _disclosing(b'["%s","_sd",["x"]]' % _SALT.encode()),
    ),
    token("a disclosure of dots", "as above", "ALTERED", _disclosing(b'["%s","...","x"]' % _SALT.encode())),
    token(
        "a disclosure in full width",
        "is another key that looks alike",
        "UNSUPPORTED",
        _disclosing(f'["{_SALT}","ａddress","x"]'.encode()),
    ),
    token(
        "a disclosure twice", "one digest, two values elsewhere", "ALTERED", _shown(lambda shown: [*shown, shown[0]])
    ),
    token(
        "a disclosure with padding",
        "a second spelling",
        "UNREADABLE",
        _shown(lambda shown: [shown[0] + "=", *shown[1:]]),
    ),
    token(
        "a disclosure in plain base64", "as above", "UNREADABLE", _shown(lambda shown: ["+/" + shown[0], *shown[1:]])
    ),
    token(
        "a disclosure with a line break", "as above", "UNREADABLE", _shown(lambda shown: [shown[0] + "\n", *shown[1:]])
    ),
    token("a key binding", "a token behind the token", "UNREADABLE", lambda w: w.made.sd_jwt + "a.b.c"),
    token("without the last tilde", "cut off", "UNREADABLE", lambda w: w.made.sd_jwt[:-1]),
    token("a million tildes", "as many disclosures", "UNREADABLE", lambda w: w.made.sd_jwt + "~" * 400_000),
    token(
        "signed in JSON's own way",
        "another serialisation",
        "UNREADABLE",
        lambda w: json.dumps({"payload": w.made.sd_jwt}),
    ),
    token(
        "spaces inside", "are skipped by careless readers", "UNREADABLE", lambda w: w.made.sd_jwt.replace(".", " .", 1)
    ),
    token("what the key signed anew", "a stolen key, never anchored", "NOT_FOUND", _payload("did:web:", "did:web:x")),
]
