"""An image registry on loopback, for push and pull in tests: Debian's own. Knows no image and no engine."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from deploy.embedded import processes
from deploy.embedded.ports import LOOPBACK, free
from deploy.engine import packages

CONFIGURATION = """\
version: 0.1
log: {{level: warn}}
storage: {{filesystem: {{rootdirectory: {folder}/images}}, delete: {{enabled: true}}}}
http: {{addr: {address}}}
"""


@contextmanager
def running() -> Iterator[str]:
    """Its address, 127.0.0.1:PORT, which engines trust unencrypted. Empty at first, gone at the end."""
    packages.install({"docker-registry": "docker-registry"})
    with tempfile.TemporaryDirectory(prefix="cvy-registry-") as folder:
        port = free()
        program = registry(Path(folder), address=f"{LOOPBACK}:{port}")
        with Path(folder, "log").open("wb") as log:
            child = processes.spawn(program, output=log)
        try:
            processes.wait_until(lambda: answers(port), child, name="The image registry")
            yield f"{LOOPBACK}:{port}"
        finally:
            processes.stop(child, program)


def registry(folder: Path, *, address: str) -> processes.Program:
    file = folder / "config.yml"
    file.write_text(CONFIGURATION.format(folder=folder, address=address))
    command = ("docker-registry", "serve", str(file))
    return processes.Program(name="registry", command=command, environment=os.environ, folder=folder)


def answers(port: int) -> bool:
    link = HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        link.request("GET", "/v2/")
        return link.getresponse().status == 200
    except OSError:
        return False
    finally:
        link.close()
