"""The one wire between pytest-django and the embedded database of deploy/embedded/pytest_plugin.py."""

import pytest

from deploy.embedded.postgres import Postgres


@pytest.fixture(scope="session")
def django_db_modify_db_settings(postgres: Postgres) -> None:
    """pytest-django asks for this right before it makes the test database."""
