"""Makes the API a Django app, so that its management commands are found."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "api"
