"""Every address of the HTTP program."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from api import health, spa
from api.accounts.views import Accounts
from api.observations.views import Observations
from api.operations.views import Operations
from api.schedules.views import Schedules
from api.servers.views import Servers
from api.session.views import Me
from api.skips.views import Skips
from api.team.joining import Join, Opened
from api.team.views import Invitations, Members
from api.tokens.views import Tokens

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("accounts", Accounts, basename="accounts")
router.register("servers", Servers, basename="servers")
router.register("operations", Operations, basename="operations")
router.register("observations", Observations, basename="observations")
router.register("schedules", Schedules, basename="schedules")
router.register("skips", Skips, basename="skips")
router.register("tokens", Tokens, basename="tokens")
router.register("team", Members, basename="team")
router.register("invitations", Invitations, basename="invitations")

urlpatterns = [
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("api/v1/auth/link", Opened.as_view(), name="link"),
    path("api/v1/auth/join", Join.as_view(), name="join"),
    path("api/v1/auth/", include("api.session.urls")),
    path("api/v1/me", Me.as_view({"get": "retrieve"}, basename="me"), name="me"),
    path("api/v1/", include(router.urls)),
    path("api/schema", SpectacularJSONAPIView.as_view(), name="schema"),
    path("api/docs", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    re_path(r"^(?!api/|healthz|readyz|metrics$).*$", spa.page),
]
handler400 = "api.errors.bad_request"
handler403 = "api.errors.permission_denied"
handler404 = "api.errors.not_found"
handler500 = "api.errors.internal_error"
