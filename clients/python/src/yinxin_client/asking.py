"""How questions are put and answers read, whoever carries them; all that is done here is to read files."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import httpx2

from yinxin_client.errors import AnswerNotUnderstood, Busy, NotReached, Problem, VerifierError
from yinxin_client.members import JSON, Told
from yinxin_client.models import Report, report_from

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

Brought: TypeAlias = "Path | bytes | str"
"""A file, its bytes, or a text: a code, an SD-JWT, a receipt or a short number. A text is never a file's name."""

ATTEMPTS = 3
"""How often a question is put at most."""
LONGEST_WAIT_S = 60.0
GONE = 404
_BUSY = frozenset({429, 503})
_PASSING = frozenset({502, 504})
"""What a proxy says when the service behind it does not answer: it may have worked or not."""
_LANGUAGES = ("en", "zh-CN")
FILE_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "json": "application/json",
}
"""As what the verdicts of a bulk check come."""
_CODE = re.compile(r"[a-z][a-z0-9+.-]*:\S+|[0-9]{40,}", re.IGNORECASE)


class ReceiptKind(StrEnum):
    """As what a receipt comes."""

    PDF = "application/pdf"
    JWS = "application/jose"


@dataclass(frozen=True, slots=True)
class Request:
    """A question on its way."""

    method: str
    path: str
    params: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    json: JSON = None
    files: tuple[tuple[str, tuple[str, bytes]], ...] = ()
    fields: dict[str, str] = field(default_factory=dict)
    """Beside files."""
    is_safe: bool = True
    """Whether it may be put again where no answer came: asking changes nothing, starting something does."""

    def carried(self) -> dict[str, Any]:
        """Return it as the library takes it."""
        body: dict[str, Any] = {"files": list(self.files), "data": self.fields} if self.files else {}
        if self.json is not None:
            body = {"json": self.json}
        return {"params": self.params, "headers": self.headers, **body}


def to_check(what: Brought, on: date | None) -> Request:
    """Ask about one certificate."""
    if isinstance(what, str):
        return Request("POST", "/api/v1/verify", _day(on), json=_member(what))
    return Request("POST", "/api/v1/verify", _day(on), files=(("file", _file(what)),))


def to_start_bulk(what: Iterable[Brought] | Brought, on: date | None) -> Request:
    """Hand in many: all of them texts, or all of them files."""
    things = [what] if isinstance(what, Path | bytes | str) else list(what)
    texts = [each for each in things if isinstance(each, str)]
    if texts and len(texts) != len(things):
        raise ValueError("got texts and files, wanted one kind: put the texts into a file, one on each line")
    if texts:
        return Request("POST", "/api/v1/bulk", _day(on), json={"items": texts}, is_safe=False)
    files = tuple(("file", _file(each)) for each in things if not isinstance(each, str))
    if not files:
        raise ValueError("got nothing, wanted at least one text or file")
    return Request("POST", "/api/v1/bulk", _day(on), files=files, is_safe=False)


def to_receipt(what: Brought, on: date | None, asked_by: str | None, kind: ReceiptKind) -> Request:
    """Ask about one certificate, and for a signed receipt of the answer."""
    headers, said = {"Accept": kind.value}, {} if asked_by is None else {"asked_by": asked_by}
    if isinstance(what, str):
        return Request("POST", "/api/v1/receipts", _day(on), headers, json=_member(what) | said, is_safe=False)
    files = (("file", _file(what)),)
    return Request("POST", "/api/v1/receipts", _day(on), headers, files=files, fields=said, is_safe=False)


def report_in(answer: httpx2.Response) -> Report:
    """Read the one report of an answer; raises `VerifierError`."""
    reports = Told(json_in(answer)).parts("reports")
    if len(reports) != 1:
        raise AnswerNotUnderstood(f"got {len(reports)} reports, wanted one")
    return report_from(reports[0].members)


def json_in(answer: httpx2.Response) -> JSON:
    """Return an answer's JSON; raises `AnswerNotUnderstood`."""
    try:
        value: JSON = answer.json()
    except (ValueError, RecursionError) as exc:
        raise AnswerNotUnderstood(f"got no JSON from {answer.url.host}, wanted a verifier's answer") from exc
    return value


def file_in(answer: httpx2.Response, media_type: str) -> bytes:
    """Return an answer's file; raises `AnswerNotUnderstood` for another kind: a sign-in page is no receipt."""
    got = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if got != media_type:
        raise AnswerNotUnderstood(f"got {got or 'no content type'} from {answer.url.host}, wanted {media_type}")
    return answer.content


def garbled(exc: httpx2.DecodingError) -> AnswerNotUnderstood:
    """Return what to raise for an answer that cannot be unpacked."""
    return AnswerNotUnderstood(f"got an answer that cannot be unpacked ({exc}), wanted a verifier's")


def known_language(language: str) -> str:
    """Return a language that the service speaks; raises `ValueError` for any other."""
    if language not in _LANGUAGES:
        raise ValueError(f"language: got {language!r}, wanted {' or '.join(_LANGUAGES)}")
    return language


def problem_in(answer: httpx2.Response) -> Problem:
    """Return what an answer says is wrong."""
    status, title, detail, request_id = answer.status_code, answer.reason_phrase, "", ""
    try:
        said = answer.json()
    except (ValueError, RecursionError):
        said = None
    if isinstance(said, dict):
        title, detail = str(said.get("title", title)), str(said.get("detail", ""))
        request_id = str(said.get("request_id", ""))
    if status in _BUSY:
        return Busy(status, title, detail, request_id, retry_after_s=_retry_after(answer))
    return Problem(status, title, detail, request_id)


def fault_of(answer: httpx2.Response | httpx2.TransportError) -> VerifierError:
    """Return what to raise for an answer that is none."""
    if isinstance(answer, httpx2.Response):
        return problem_in(answer)
    fault = NotReached(f"got no answer ({type(answer).__name__}: {answer}), wanted a verifier's")
    fault.__cause__ = answer
    return fault


def wait_before_another(
    request: Request, answer: httpx2.Response | httpx2.TransportError, attempt: int
) -> float | None:
    """Return how long to wait before putting a question again; None if it must not be, or is enough.

    One that starts something is put again only where it cannot have been taken: the service said so, or there was no
    connection.
    """
    if attempt >= ATTEMPTS:
        return None
    grows = 0.5 * 2 ** (attempt - 1)
    if isinstance(answer, httpx2.TransportError):
        never_left = isinstance(answer, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout)
        return grows if request.is_safe or never_left else None
    if answer.status_code in _BUSY:
        wait = _retry_after(answer)
        return wait if wait <= LONGEST_WAIT_S else None
    return grows if request.is_safe and answer.status_code in _PASSING else None


def _retry_after(answer: httpx2.Response) -> float:
    try:
        return max(0.0, float(answer.headers.get("retry-after", "1")))
    except ValueError:
        return 1.0


def _day(on: date | None) -> dict[str, str]:
    return {} if on is None else {"on": on.isoformat()}


def _member(text: str) -> dict[str, JSON]:
    text = text.strip()
    if text.startswith("eyJ"):
        # An SD-JWT has a tilde behind each of its parts; what has none is a receipt, which is taken as a code is.
        return {"certificate" if "~" in text else "code": text}
    return {"code" if _CODE.fullmatch(text) else "short_number": text}


def _file(what: Path | bytes) -> tuple[str, bytes]:
    return (what.name, what.read_bytes()) if isinstance(what, Path) else ("file", what)
