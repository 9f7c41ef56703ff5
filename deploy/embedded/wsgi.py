"""The api as the launcher serves it: the server's worker process ends with the server, however that ends.

Granian leaves its worker behind, still listening, when its main process is killed.
"""

import signal

from api.wsgi import application
from deploy.embedded.processes import LIBC, PR_SET_PDEATHSIG

LIBC.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))

__all__ = ["application"]
