"""`python -m api <command>`: Django's commands with the API's settings, e.g. migrate or bootstrap."""

import os
import sys

from django.core.management import execute_from_command_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "api.settings")
execute_from_command_line(["python -m api", *sys.argv[1:]])
