"""allauth's addresses that are open here: signing in and out, and one's own password.

Everything else allauth could do (signing up, mails, codes) has no address, hence no way in.
"""

from allauth.headless.account import views
from allauth.headless.constants import Client
from django.urls import include, path

BROWSER = Client.BROWSER
account = [
    path("auth/session", views.SessionView.as_api_view(client=BROWSER), name="current_session"),
    path("auth/login", views.LoginView.as_api_view(client=BROWSER), name="login"),
    path("auth/reauthenticate", views.ReauthenticateView.as_api_view(client=BROWSER), name="reauthenticate"),
    path(
        "account/password/change",
        views.ChangePasswordView.as_api_view(client=BROWSER),
        name="change_password",
    ),
]
urlpatterns = [path("browser/v1/", include(account))]
