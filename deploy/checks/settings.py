"""Both programs' settings in one, for the type checker, which knows one set of settings only."""

from api.settings import *  # noqa: F403
from scheduler.settings import *  # noqa: F403
