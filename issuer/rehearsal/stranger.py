"""Asks the public verifying service as a stranger would: over HTTP, with nothing but what stands on the paper."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Self

import httpx2

from chain import code
from issuer.errors import VerifierAway

_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Heard:
    """What the verifying service says of a certificate."""

    verdict: str
    registry_id: str
    """In hex; empty where the report names none."""


class Stranger:
    """Somebody who knows the verifying host from the paper alone."""

    def __init__(self, host: str, *, timeout_s: float = 20.0) -> None:
        """`host` as the code's URL names it, with its port if it has one."""
        self.host = host
        self._client = httpx2.Client(base_url=code.origin(host), timeout=timeout_s, follow_redirects=False)

    def doubt(self) -> str | None:
        """Return why the service can check nothing now, None if it can; raises `VerifierAway`."""
        answer = self._ask("GET", "/readyz")
        if answer.status_code == HTTPStatus.OK:
            return None
        return str(_members(answer).get("why", answer.status_code))

    def verdict(self, document: bytes) -> Heard:
        """Bring a document; raises `VerifierAway`."""
        files = {"file": ("document.pdf", document, "application/pdf")}
        answer = self._ask("POST", "/api/v1/verify", files=files)
        reports = _members(answer).get("reports")
        if answer.status_code != HTTPStatus.OK or not isinstance(reports, list) or not reports:
            raise VerifierAway(f"http {answer.status_code} from {self.host}, wanted a report")
        report = reports[0] if isinstance(reports[0], dict) else {}
        return Heard(str(report.get("verdict", "")), str(report.get("registry_id", "")))

    def __enter__(self) -> Self:
        """Be ready to ask."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the connection."""
        self._client.close()

    def _ask(
        self, method: str, path: str, *, files: dict[str, tuple[str, bytes, str]] | None = None
    ) -> httpx2.Response:
        try:
            answer = self._client.request(method, path, files=files)
        except httpx2.HTTPError as exc:
            raise VerifierAway(f"{self.host} does not answer: {type(exc).__name__}") from exc
        if len(answer.content) > _LARGEST:
            raise VerifierAway(f"{self.host} answered with {len(answer.content)} bytes, wanted a report")
        return answer


def _members(answer: httpx2.Response) -> dict[str, object]:
    try:
        said = json.loads(answer.content)
    except ValueError as exc:
        raise VerifierAway(f"http {answer.status_code} without JSON") from exc
    return said if isinstance(said, dict) else {}
