"""The page's entry for every address that is not the API's; the page itself finds out what it means.

Only where CLOUDEVY_STATIC_DIR is set: in containers nginx does this.
"""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """index.html, never cached: it names the hashed files of one build."""
    if settings.STATIC_DIR is None or "." in request.path.rsplit("/", 1)[-1]:
        raise Http404
    try:
        content = (settings.STATIC_DIR / "index.html").read_bytes()
    except FileNotFoundError as error:
        raise Http404 from error
    return HttpResponse(
        content, content_type="text/html; charset=utf-8", headers={"Cache-Control": "no-cache"}
    )
