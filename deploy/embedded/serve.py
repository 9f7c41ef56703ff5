"""The api as the launcher serves it: as everywhere, but its worker process ends with it, see `wsgi`."""

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "api.settings")

if __name__ == "__main__":
    from api import serve

    serve.main(sys.argv[1:], application="deploy.embedded.wsgi:application")
