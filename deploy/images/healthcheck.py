"""`healthcheck.py URL`: exit code 0 when the address answers 2xx within 3 s; else 1, and why is printed.

Stands alone in the images, for HEALTHCHECK: they have no curl. It knows no program of ours.
"""

import sys
import urllib.error
import urllib.request
from http.client import HTTPException

SECONDS = 3.0
MOST_SHOWN = 2000


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or not arguments[0].startswith(("http://", "https://")):
        print("usage: healthcheck.py URL")
        return 2
    fault = examine(arguments[0])
    if fault:
        print(fault)
    return 1 if fault else 0


def examine(url: str) -> str:
    """What is wrong there, or an empty string. Asks directly: a proxy of this machine is not for us."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=SECONDS):
            return ""
    except urllib.error.HTTPError as error:
        with error:
            return f"{url} answered {error.code}: {error.read(MOST_SHOWN).decode(errors='replace')}"
    except (OSError, HTTPException) as error:
        return f"{url} does not answer: {error}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
