"""`python -m api serve`, and Django's commands with the API's settings, e.g. `migrate` or `bootstrap`."""

import os
import sys


def main(arguments: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "api.settings")
    if arguments[:1] == ["serve"]:
        from api import serve  # noqa: PLC0415  the other commands need no server

        serve.main(arguments[1:])
        return
    from django.core.management import execute_from_command_line  # noqa: PLC0415  the server needs no Django yet

    execute_from_command_line(["python -m api", *arguments])


# The server's workers import this file once more, under another name.
if __name__ == "__main__":
    main(sys.argv[1:])
