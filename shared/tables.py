"""Are the tables as new as the code? Both programs ask before they call themselves ready."""

from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def pending() -> int:
    """How many migrations are still to run. Errors of the database are the asker's."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
