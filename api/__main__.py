"""`python -m api serve`, and Django's commands with the API's settings, e.g. `migrate` or `bootstrap`."""

import os
import sys

from shared.env import BadEnvironment


def main(arguments: list[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "api.settings")
    try:
        run(arguments)
    except BadEnvironment as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def run(arguments: list[str]) -> None:
    if arguments[:1] == ["serve"]:
        from api import serve  # noqa: PLC0415  the other commands need no server

        serve.main(arguments[1:])
        return
    from django.core.management import execute_from_command_line  # noqa: PLC0415  the server needs no Django yet

    execute_from_command_line(["python -m api", *arguments])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
