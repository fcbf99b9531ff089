#!/usr/bin/env python3
"""How long functions take to start, and what memory they keep, under a runtime API of Lambda's form.

    cargo build --release -p portico-bootstrap --bin bootstrap
    cargo build --release --manifest-path tests/init/hello/Cargo.toml
    npm --prefix tests/init/node ci
    python3 tests/init/measure.py --bootstrap target/release/bootstrap

Every function is started in turn, again and again, so that whatever else the
machine does meets them all alike. The start ends when the function asks for its
first event. The event asks the table for one item; table and runtime API are on
loopback, without TLS, and answer at once. What Lambda itself does before it
starts the process is not in here, nor is its smaller share of a processor.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).parent
EVENT = HERE.parents[1] / "events" / "clients-get.json"


class Server(ThreadingHTTPServer):
    """A server to which it is no news that a function that was killed hangs up."""

    def handle_error(self, *_: Any) -> None:
        pass


class Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body leave together: apart, the second waits for the first's receipt.
    wbufsize = 1 << 16

    def log_message(self, *_: Any) -> None:
        pass

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))


class Table(Quiet):
    """A DynamoDB in which nothing is found."""

    def do_POST(self) -> None:
        self.body()
        self.answer(200, b"{}", Content_Type="application/x-amz-json-1.0")


class Runtime(Quiet):
    """Lambda's side: one event, and then none."""

    def do_GET(self) -> None:
        run = self.server.run
        if run.started is None:
            run.started = time.perf_counter()
            # The quickest ask before we know their process.
            run.spawned.wait()
            run.memory_at_start = resident(run.process.pid)
            self.answer(
                200,
                EVENT.read_bytes(),
                Lambda_Runtime_Aws_Request_Id="1",
                Lambda_Runtime_Deadline_Ms="9999999999999",
                Lambda_Runtime_Invoked_Function_Arn="arn:aws:lambda:local:000000000000:function:measured",
                Content_Type="application/json",
            )
        else:
            run.done.wait()

    def do_POST(self) -> None:
        run = self.server.run
        run.answer = self.body()
        run.answered = time.perf_counter()
        run.memory = resident(run.process.pid)
        self.answer(202, b"{}")
        run.done.set()


class Run:
    """One start of a function."""

    def __init__(self, command: list[str], table: str) -> None:
        self.started: float | None = None
        self.spawned = threading.Event()
        self.done = threading.Event()
        server = Server(("127.0.0.1", 0), Runtime)
        server.run = self
        threading.Thread(target=server.serve_forever, daemon=True).start()
        environment = {
            "PATH": os.environ["PATH"],
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}",
            "AWS_LAMBDA_FUNCTION_NAME": "measured",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_REGION": "local",
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_ENDPOINT_URL": table,
            "PORTICO_FUNCTION": "clients-get",
            "PORTICO_TABLE": "portico",
            "PORTICO_BASE_URL": "https://portico.example",
            "PORTICO_MAIL_FROM": "portico@example.com",
            "PORTICO_ROOT_KEY": "01" * 32,
            "PORTICO_LOG": "error",
        }
        begun = time.perf_counter()
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        self.spawned.set()
        try:
            if not self.done.wait(30):
                raise SystemExit(f"{command[0]} did not answer in 30 s")
        finally:
            self.process.kill()
            self.process.wait()
            server.shutdown()
            server.server_close()
        self.init = (self.started - begun) * 1_000
        self.first = (self.answered - self.started) * 1_000


def resident(pid: int) -> float:
    """MB that the process keeps in memory."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1_024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bootstrap", type=Path, action="append", required=True, help="a release build; may be given several times, to compare builds")
    parser.add_argument("--hello", type=Path, default=HERE / "hello/target/release/hello")
    parser.add_argument("--runs", type=int, default=20)
    arguments = parser.parse_args()
    commands = {str(path): [str(path.resolve())] for path in arguments.bootstrap}
    commands["hello-world in Rust"] = [str(arguments.hello.resolve())]
    commands["Node with the AWS SDK v3"] = ["node", str(HERE / "node/index.mjs")]
    table = Server(("127.0.0.1", 0), Table)
    threading.Thread(target=table.serve_forever, daemon=True).start()
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(arguments.runs):
        for name, command in commands.items():
            runs[name].append(Run(command, f"http://127.0.0.1:{table.server_port}"))
    print(f"p50 of {arguments.runs} starts\n")
    print("| function | size, MB | start, ms | first event, ms | memory at start, MB | after one event, MB |")
    print("|---|---|---|---|---|---|")
    for name, done in runs.items():
        size = Path(commands[name][0]).stat().st_size / 1e6 if len(commands[name]) == 1 else None
        middle = lambda what: median(getattr(run, what) for run in done)
        figures = [middle(what) for what in ("init", "first", "memory_at_start", "memory")]
        print(f"| {name} | {f'{size:.1f}' if size else '–'} | " + " | ".join(f"{figure:.1f}" for figure in figures) + " |")
        print(f"{name} answered {json.loads(done[0].answer)['statusCode']}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
