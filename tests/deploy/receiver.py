"""A receiver of webhooks that what is deployed can reach.

Deployed code sends to public addresses alone, over TLS. In a network of its own
this machine has such an address, and the certificate that proves it is from an
authority that only the emulator's functions are told to trust.
"""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme
from standardwebhooks import Webhook

# Somebody's on the internet, which that network does not lead to.
ADDRESS = "1.2.3.4"
PORT = 8443
APART = "PORTICO_TEST_IS_APART"


def go_apart() -> None:
    """Goes on in a network of its own, which ends with this process."""
    if APART not in os.environ:
        if not shutil.which("ip"):
            raise SystemExit("deploy.py needs the command ip, of iproute2")
        # Who is not root becomes it, in there.
        become = [] if os.geteuid() == 0 else ["--map-root-user"]
        command = ["unshare", "--net", *become, sys.executable, *sys.argv]
        os.execvpe(command[0], command, os.environ | {APART: "yes"})
    for arguments in (["link", "set", "lo", "up"], ["address", "add", f"{ADDRESS}/32", "dev", "lo"]):
        subprocess.run(["ip", *arguments], check=True)


@dataclass
class Receiver:
    """What came, oldest first: the headers, in lower case, and the body."""

    url: str
    authority: Path
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def verified(self, secret: str) -> list[Any]:
        """The events that came, each with a signature that somebody else's library holds for valid."""
        return [Webhook(secret).verify(body, headers) for headers, body in list(self.received)]


@contextmanager
def receiver(directory: Path) -> Iterator[Receiver]:
    """A receiver that takes everything."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(directory / "authority.pem")
    found = Receiver(f"https://{ADDRESS}:{PORT}/portico", directory / "authority.pem")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.received.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer((ADDRESS, PORT), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(ADDRESS).configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
