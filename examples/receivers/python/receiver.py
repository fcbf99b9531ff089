"""Receives the webhooks of Portico: verifies each, drops what it has seen,
answers, and works afterwards.

    WEBHOOK_SECRET=whsec_... PORT=3000 python3 receiver.py

It needs nothing but Python 3.9. The package `standardwebhooks` verifies the same:

    from standardwebhooks.webhooks import Webhook
    event = Webhook(secret).verify(body, dict(headers))
"""

import base64
import hashlib
import hmac
import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock

MAX_BODY_BYTES = 1024 * 1024
TOLERANCE_SECONDS = 5 * 60

SECRET = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_"))

# In a real receiver this is a table with a unique key on the id, written in the
# transaction that does the work, and kept for five days at least.
seen = set()
seen_lock = Lock()


def is_genuine(headers, body):
    """Whether the request is Portico's, and of now (Standard Webhooks)."""
    event_id = headers.get("webhook-id", "")
    sent_at = headers.get("webhook-timestamp", "")
    if not sent_at.isdecimal() or abs(time.time() - int(sent_at)) > TOLERANCE_SECONDS:
        return False
    signed = f"{event_id}.{sent_at}.".encode() + body
    digest = hmac.new(SECRET, signed, hashlib.sha256).digest()
    expected = b"v1," + base64.b64encode(digest)
    # While a secret is being rotated there are two signatures.
    given = headers.get("webhook-signature", "").encode().split(b" ")
    return any(hmac.compare_digest(expected, one) for one in given)


def handle(event):
    print(event["eventType"], event["id"], event["sequence"], flush=True)


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        length = self.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
            return self.answer(413)
        body = self.rfile.read(int(length))
        if not is_genuine(self.headers, body):
            return self.answer(401)
        event = json.loads(body)
        with seen_lock:
            is_new = event["id"] not in seen
            seen.add(event["id"])
        self.answer(204)
        if is_new:
            handle(event)

    def answer(self, status):
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    address = ("127.0.0.1", int(os.environ.get("PORT", "3000")))
    with ThreadingHTTPServer(address, Receiver) as server:
        print(f"listening on http://127.0.0.1:{server.server_port}/", flush=True)
        server.serve_forever()
