"""The envelope of every answer: a request id, security headers, and problems where Django would send HTML.

It knows paths by their prefix only, and no view.
"""

import re
import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework import exceptions as rest

from api import errors
from api.problems import Problem, answer

API = "/api/"
DOCS = "/api/docs"
STATIC = "/api/static/"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# Swagger UI writes style attributes; the product's own page does not.
DOCS_CSP = CSP.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
FIXED_HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
OUTER_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
BY_STATUS = {
    400: Problem(400, "malformed_json", "The body is not a JSON object."),
    405: Problem(405, "method_not_allowed", "This method is not allowed here."),
}


class Envelope:
    """The outermost middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.id = given_id(request) or str(uuid.uuid4())  # type: ignore[attr-defined]
        refused = unreadable(request)
        response = answer(refused, request=request) if refused else self.get_response(request)
        response = as_problem(response, request=request)
        dress(response, request=request)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """What a view outside REST framework did not catch; None when even we do not know it."""
        problem = errors.problem_for(error)
        return None if problem.code == "internal_error" else answer(problem, request=request)


def given_id(request: HttpRequest) -> str:
    """The id a proxy in front has given, when it looks like one."""
    given = request.headers.get("X-Request-Id", "")
    return given if OUTER_ID.fullmatch(given) else ""


def unreadable(request: HttpRequest) -> Problem | None:
    """A body that is not read at all: too large, or of a length nobody says."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length and request.headers.get("Transfer-Encoding"):
        return Problem(411, "length_required", "Send the body with its Content-Length.")
    limit = settings.FILE_LIMIT if request.path in settings.FILE_PATHS else settings.BODY_LIMIT
    if length.isdigit() and int(length) > limit:
        return errors.problem_for(errors.BodyTooLarge(limit))
    return None


def as_problem(response: HttpResponseBase, *, request: HttpRequest) -> HttpResponseBase:
    """An error page of Django or of a library below us, as a problem."""
    is_html = response.headers.get("Content-Type", "").startswith("text/html")
    if response.status_code < 400 or not is_html or request.path.startswith(STATIC):
        return response
    plain = (
        errors.problem_for(rest.NotFound())
        if response.status_code == 404
        else BY_STATUS.get(response.status_code)
    )
    if plain is None:
        return response
    better = answer(plain, request=request)
    if "Allow" in response.headers:
        better.headers["Allow"] = response.headers["Allow"]
    return better


def dress(response: HttpResponseBase, *, request: HttpRequest) -> None:
    """Headers that every answer carries."""
    response.headers["X-Request-Id"] = request.id  # type: ignore[attr-defined]
    response.headers["Content-Security-Policy"] = DOCS_CSP if request.path == DOCS else CSP
    for name, value in FIXED_HEADERS.items():
        response.headers.setdefault(name, value)
    if request.path.startswith(API) and not request.path.startswith(STATIC):
        response.headers["Cache-Control"] = "no-store"
