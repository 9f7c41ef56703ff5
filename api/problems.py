"""A problem as RFC 9457 wants it (https://www.rfc-editor.org/rfc/rfc9457), and as an HTTP answer.

`title` is constant per `code`; `detail` is for people and may change; clients branch on `code` and on
`errors[].code` alone. It knows no exception: `errors` decides what becomes which problem.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from django.http import HttpRequest, HttpResponse

CONTENT_TYPE = "application/problem+json"
TITLES = {
    "malformed_json": "The body is not valid JSON",
    "bad_request": "The request cannot be understood",
    "invalid_query": "The query is not valid",
    "invalid_host": "This host is not served here",
    "not_authenticated": "Nobody is signed in",
    "csrf_failed": "The request could not be tied to this site",
    "permission_denied": "This is not allowed",
    "not_found": "There is nothing here",
    "method_not_allowed": "The method is not allowed here",
    "not_acceptable": "The answer cannot be given in that format",
    "server_busy": "The server is busy",
    "server_gone": "The server is gone",
    "wrong_state": "The server's state does not allow this",
    "unsupported_instance": "EC2 never allows this here",
    "not_stuck": "The server does not hang",
    "not_hibernatable": "The server cannot hibernate",
    "protected": "The server is protected",
    "not_cancellable": "The operation cannot be cancelled",
    "not_retryable": "The operation cannot be retried",
    "account_in_use": "The account is in use",
    "idempotency_conflict": "The idempotency key was used before",
    "not_allowed": "This cannot be done now",
    "session_required": "A person has to do this",
    "above_your_role": "Your role does not reach that far",
    "last_owner": "A workspace needs an owner",
    "already_member": "They work here already",
    "link_gone": "The link does not work any more",
    "quota_exceeded": "There are as many as there may be",
    "confirmation_required": "Several servers would stop at once",
    "revision_mismatch": "Somebody else saved first",
    "length_required": "The length of the body is missing",
    "body_too_large": "The body is too large",
    "unsupported_media_type": "The body has an unsupported format",
    "validation": "The request is not valid",
    "precondition_required": "A precondition is missing",
    "too_many_attempts": "Too many attempts",
    "internal_error": "Something went wrong on our side",
    "database_unavailable": "The database cannot be reached",
}


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one value: `pointer` is a JSON pointer in fragment form, or `?name` for a query."""

    pointer: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Problem:
    status: int
    code: str
    detail: str
    errors: Sequence[FieldError] = ()
    retry_after: int | None = None
    facts: Mapping[str, object] = field(default_factory=dict)

    def body(self, *, request_id: str) -> dict[str, object]:
        return {
            "type": f"urn:cloudevy:problem:{self.code}",
            "title": TITLES.get(self.code, TITLES["not_allowed"]),
            "status": self.status,
            "detail": self.detail,
            "instance": f"/requests/{request_id}",
            "code": self.code,
            "errors": [asdict(error) for error in self.errors],
            **self.facts,
        }

    def headers(self) -> dict[str, str]:
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}


def answer(problem: Problem, *, request: HttpRequest) -> HttpResponse:
    """The problem as an answer outside REST framework's reach."""
    body = json.dumps(problem.body(request_id=request_id(request)))
    return HttpResponse(body, status=problem.status, content_type=CONTENT_TYPE, headers=problem.headers())


def request_id(request: HttpRequest) -> str:
    """The id under which this request is found in the log."""
    return getattr(request, "id", "unknown")
