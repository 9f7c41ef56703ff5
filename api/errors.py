"""Exceptions become problems here and nowhere else: one table for ours, Django's and REST framework's.

The views contain no `try`. What is in no table is a defect: 500, a fixed sentence, the details in the log.
"""

import logging
from collections.abc import Mapping

from django import http
from django.conf import settings
from django.core import exceptions as core
from django.db import InterfaceError, OperationalError
from rest_framework import exceptions as rest
from rest_framework.response import Response

from api.problems import CONTENT_TYPE, FieldError, Problem, answer, request_id
from shared import errors as ours
from shared import outage
from shared.logs import event


class MalformedJson(rest.APIException):
    """The body is not valid JSON."""

    status_code, default_code, default_detail = 400, "malformed_json", "The body is not valid JSON."


class InvalidQuery(rest.APIException):
    """A query parameter is unknown or has a wrong value."""

    status_code, default_code = 400, "invalid_query"

    def __init__(self, parameter: str, detail: str) -> None:
        super().__init__(detail)
        self.parameter = parameter


class CsrfFailed(rest.APIException):
    """The X-CSRFToken header is missing or wrong."""

    status_code, default_code = 403, "csrf_failed"
    default_detail = "The X-CSRFToken header is missing or wrong. Load the page again and repeat."


class SessionRequired(rest.APIException):
    """A person has to do this: a token cannot."""

    status_code, default_code = 403, "session_required"
    default_detail = "A token cannot do this. Sign in on the page, and do it there."


class PreconditionRequired(rest.APIException):
    """The If-Match header is missing."""

    status_code, default_code = 428, "precondition_required"
    default_detail = "Send the If-Match header with the revision you have seen."


class BodyTooLarge(rest.APIException):
    """The body is larger than we read."""

    status_code, default_code = 413, "body_too_large"

    def __init__(self, limit: int = settings.BODY_LIMIT) -> None:
        super().__init__(f"The body is larger than {limit // 1024} KiB. Send less at once.")


# The first match counts, so a kind stands before the kind it is one of.
TABLE: dict[type[Exception], tuple[int, str, str]] = {
    ours.RevisionMismatch: (412, "", ""),
    ours.AboveYourRole: (403, "", ""),
    ours.LinkGone: (410, "", ""),
    ours.NotAllowed: (409, "", ""),
    InvalidQuery: (400, "invalid_query", ""),
    MalformedJson: (400, "malformed_json", ""),
    rest.ParseError: (400, "malformed_json", "The body is not valid JSON."),
    rest.NotAuthenticated: (401, "not_authenticated", "Sign in, or send a valid token."),
    rest.AuthenticationFailed: (401, "not_authenticated", ""),
    CsrfFailed: (403, "csrf_failed", ""),
    SessionRequired: (403, "session_required", ""),
    rest.PermissionDenied: (403, "permission_denied", ""),
    core.PermissionDenied: (403, "permission_denied", "You may not do this."),
    # Somebody deleted it between its being found and its being locked.
    core.ObjectDoesNotExist: (404, "not_found", "This does not exist, or not in your workspace."),
    http.Http404: (404, "not_found", "This does not exist, or not in your workspace."),
    rest.NotFound: (404, "not_found", "This does not exist, or not in your workspace."),
    rest.MethodNotAllowed: (405, "method_not_allowed", ""),
    rest.NotAcceptable: (406, "not_acceptable", "Answers come as application/json."),
    BodyTooLarge: (413, "body_too_large", ""),
    core.RequestDataTooBig: (413, "body_too_large", str(BodyTooLarge())),
    rest.UnsupportedMediaType: (415, "unsupported_media_type", "Send the body as application/json."),
    PreconditionRequired: (428, "precondition_required", ""),
    rest.Throttled: (429, "too_many_attempts", "Too many attempts. Wait a while and try again."),
    core.DisallowedHost: (400, "invalid_host", "The Host header names a site that is not served here."),
    core.SuspiciousOperation: (400, "bad_request", "The request cannot be understood."),
    OperationalError: (503, "database_unavailable", "The database cannot be reached. Try again in a moment."),
    InterfaceError: (503, "database_unavailable", "The database cannot be reached. Try again in a moment."),
}
RETRY_AFTER = {"database_unavailable": 5, "server_busy": 10, "too_many_attempts": 60}
UNEXPECTED = (
    "Something went wrong on our side. Try again; if it stays, look for this request's id in the log."
)
# REST framework's and our own codes of one field, in the words of this API.
FIELD_CODES = {
    "blank": "required",
    "null": "required",
    "max_length": "too_long",
    "min_length": "too_short",
    "max_value": "out_of_range",
    "min_value": "out_of_range",
    "not_a_list": "wrong_type",
    "not_a_dict": "not_an_object",
    "does_not_exist": "not_found",
}


def problem_for(error: Exception) -> Problem:
    """The problem that says what happened; `internal_error` for everything nobody thought of."""
    if isinstance(error, rest.ValidationError):
        return validation(flatten(error.get_full_details()))
    if isinstance(error, ours.Invalid):
        return validation([FieldError(f"#/{error.field}" if error.field else "#", error.code, str(error))])
    for kind, (status, code, detail) in TABLE.items():
        if isinstance(error, kind):
            if code == "database_unavailable":
                outage.database.note(error)
            return plain(error, status, code or getattr(error, "code", "not_allowed"), detail or str(error))
    return Problem(500, "internal_error", UNEXPECTED)


def plain(error: Exception, status: int, code: str, detail: str) -> Problem:
    facts = error.extra if isinstance(error, ours.NotAllowed) else {}
    return Problem(status, code, detail, query_error(error), RETRY_AFTER.get(code), facts)


def query_error(error: Exception) -> list[FieldError]:
    """The parameter an InvalidQuery is about."""
    if not isinstance(error, InvalidQuery):
        return []
    return [FieldError(f"?{error.parameter}", "invalid_query", str(error))]


def validation(errors: list[FieldError]) -> Problem:
    count = "1 field needs" if len(errors) == 1 else f"{len(errors)} fields need"
    return Problem(422, "validation", f"{count} attention.", errors=errors)


def flatten(details: object, *, pointer: str = "") -> list[FieldError]:
    """REST framework's nested error details as a flat list with JSON pointers."""
    if isinstance(details, Mapping):
        if "message" in details and "code" in details:
            code = str(details["code"])
            return [FieldError(f"#{pointer}", FIELD_CODES.get(code, code), str(details["message"]))]
        pairs = [
            (pointer if key == "non_field_errors" else f"{pointer}/{key}", each)
            for key, each in details.items()
        ]
    else:
        pairs = [(pointer, each) for each in details] if isinstance(details, list) else []
        if pairs and all(isinstance(each, Mapping) and "message" not in each for _, each in pairs):
            pairs = [(f"{pointer}/{place}", each) for place, (_, each) in enumerate(pairs)]
    return [error for at, each in pairs for error in flatten(each, pointer=at)]


def handle(error: Exception, context: Mapping[str, object]) -> Response | None:
    """REST framework's EXCEPTION_HANDLER; None hands the unexpected on to Django, which logs it."""
    problem = problem_for(error)
    if problem.code == "internal_error":
        return None
    request = context["request"]
    headers = problem.headers() | challenge(error)
    body = problem.body(request_id=request_id(getattr(request, "_request", request)))  # type: ignore[arg-type]
    return Response(body, status=problem.status, headers=headers, content_type=CONTENT_TYPE)


def challenge(error: Exception) -> dict[str, str]:
    """The WWW-Authenticate header that REST framework has put on the exception."""
    header = getattr(error, "auth_header", None)
    return {"WWW-Authenticate": header} if header else {}


def csrf_failed(request: http.HttpRequest, reason: str = "") -> http.HttpResponse:
    """Django's CSRF_FAILURE_VIEW."""
    event("request.csrf_failed", text=f"CSRF check failed: {reason}", level=logging.DEBUG)
    return answer(problem_for(CsrfFailed()), request=request)


def bad_request(request: http.HttpRequest, exception: Exception) -> http.HttpResponse:
    return answer(problem_for(exception), request=request)


def permission_denied(request: http.HttpRequest, exception: Exception) -> http.HttpResponse:  # noqa: ARG001
    return answer(problem_for(core.PermissionDenied()), request=request)


def not_found(request: http.HttpRequest, exception: Exception) -> http.HttpResponse:  # noqa: ARG001
    return answer(problem_for(http.Http404()), request=request)


def internal_error(request: http.HttpRequest) -> http.HttpResponse:
    return answer(Problem(500, "internal_error", UNEXPECTED), request=request)
