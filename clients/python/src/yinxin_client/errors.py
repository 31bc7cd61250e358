"""What can go wrong in asking. A bad certificate is none of it: that is a report.

VerifierError
├── NotReached             the service, or the way to it, does not answer
├── AnswerNotUnderstood    something answers, but not as a verifier does
├── Problem                the service says what is wrong with the question
│   └── Busy               … or that it is asked too much just now, and when to come again
├── BulkFailed             a bulk check did not come to its end
└── TookTooLong            waiting for a bulk check was given up
"""

from __future__ import annotations


class VerifierError(Exception):
    """Whatever went wrong; says nothing about the certificate."""


class NotReached(VerifierError):
    """There was no answer."""


class AnswerNotUnderstood(VerifierError):
    """The answer is none that a verifier gives."""


class Problem(VerifierError):
    """The service refused the question, as RFC 9457 has it."""

    def __init__(self, status: int, title: str, detail: str, request_id: str) -> None:
        super().__init__(f"{status} {title}: {detail}" + (f" (request {request_id})" if request_id else ""))
        self.status, self.title, self.detail, self.request_id = status, title, detail, request_id


class Busy(Problem):
    """The service is asked too much just now."""

    def __init__(self, status: int, title: str, detail: str, request_id: str, *, retry_after_s: float) -> None:
        super().__init__(status, title, detail, request_id)
        self.retry_after_s = retry_after_s


class BulkFailed(VerifierError):
    """A bulk check did not come to its end; hand it in again."""


class TookTooLong(VerifierError):
    """A bulk check was not over when waiting for it was."""
