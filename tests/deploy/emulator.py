"""An AWS emulator, and deploying to it.

The emulator is ministack. It runs the real binary behind an emulated HTTP API
and, with AUTH=true, lets each function do what its role allows and no more. It
proves the template and the policies; it says nothing about speed.
"""

from __future__ import annotations

import base64
import http.client
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError

REGION = "eu-central-1"
LOCALHOST = "127.0.0.1"
CODE = {"Bucket": "code", "Key": "bootstrap.zip"}
# In ministack these are the account's own keys, which may do everything.
ROOT = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}

# Where ministack asks for something else than AWS does: AWS authorizes the batch
# as sqs:SendMessage, and SendEmail on the identity. Granted besides, after the
# deployment, so that the template stays what AWS wants.
DIFFERENCES = {
    "sqs:SendMessage": lambda resource: {"Action": "sqs:SendMessageBatch", "Resource": resource},
    "ses:SendEmail": lambda resource: {"Action": "ses:SendEmail", "Resource": "*"},
}


class Failure(Exception):
    """What went wrong, in words for whoever runs this."""


def until(what: str, check: Callable[[], Any], seconds: float = 30) -> Any:
    """Asks until the answer is true, and gives it back."""
    deadline = time.monotonic() + seconds
    while not (answer := check()):
        if time.monotonic() > deadline:
            raise Failure(f"after {seconds:g} s there was still no {what}")
        time.sleep(0.1)
    return answer


@dataclass
class Answer:
    """What the API answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def expect(self, status: int) -> Answer:
        if self.status != status:
            raise Failure(f"expected {status}, got {self.status}: {self.body.decode(errors='replace')}")
        return self


@dataclass
class Emulator:
    """A running ministack."""

    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://{LOCALHOST}:{self.port}"

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=ROOT["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=ROOT["AWS_SECRET_ACCESS_KEY"],
            config=Config(retries={"total_max_attempts": 1}),
        )

    def environment(self) -> dict[str, str]:
        """What a program needs to take this for AWS, with the account's own keys."""
        return {"PATH": os.environ["PATH"], "AWS_REGION": REGION, "AWS_ENDPOINT_URL": self.url, **ROOT}

    def request(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        host: str = "localhost",
    ) -> Answer:
        connection = http.client.HTTPConnection(LOCALHOST, self.port, timeout=60)
        try:
            connection.request(method, target, body, {"Host": host, **(headers or {})})
            response = connection.getresponse()
            fields = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, fields, response.read())
        finally:
            connection.close()

    def mails(self) -> list[dict[str, Any]]:
        """Every mail that was handed to SES, oldest first."""
        accounts = self.request("GET", "/_ministack/ses/messages").expect(200).json()["messages"]
        return [mail for mails in accounts.values() for mail in mails]

    def mail_to(self, address: str, seconds: float = 60) -> dict[str, Any]:
        """The newest mail to this address, once there is one."""
        found = lambda: [mail for mail in self.mails() if address in mail["To"]]
        return until(f"mail to {address}", found, seconds)[-1]


@contextmanager
def emulator(authority: Path | None) -> Iterator[Emulator]:
    """Runs ministack on a free port; it, its functions and its files go at the end.

    The functions trust this authority, if one is given, and no other.
    """
    with socket.socket() as probe:
        probe.bind((LOCALHOST, 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="portico-deploy-") as directory:
        running = Emulator(port, Path(directory, "ministack.log"))
        # Functions inherit this environment; their roles' credentials replace ROOT.
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": directory,
            "TMPDIR": directory,
            "STATE_DIR": f"{directory}/state",
            "S3_DATA_DIR": f"{directory}/s3",
            "AUTH": "true",
            "BIND_HOST": LOCALHOST,
            "GATEWAY_PORT": str(port),
            "MINISTACK_REGION": REGION,
            "AWS_ENDPOINT_URL": running.url,
            **ROOT,
        }
        if authority:
            environment["SSL_CERT_FILE"] = str(authority)
        with running.log.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "ministack"],
                env=environment,
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            until("emulator", lambda: ready(running, process))
            yield running
        finally:
            # Its own process group: ministack and the functions that it started.
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                pass
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()


def ready(running: Emulator, process: subprocess.Popen[bytes]) -> bool:
    if process.poll() is not None:
        raise Failure(f"ministack ended at once:\n{running.log.read_text()}")
    try:
        return running.request("GET", "/_ministack/ready").status == 200
    except OSError:
        return False


def package(bootstrap: Path) -> bytes:
    """The zip that Lambda wants; without symbols, which make up most of a debug build."""
    with tempfile.TemporaryDirectory() as directory:
        binary = Path(directory, "bootstrap")
        if strip := shutil.which("strip"):
            subprocess.run([strip, "-o", binary, bootstrap], check=True)
        else:
            shutil.copyfile(bootstrap, binary)
        binary.chmod(0o755)
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
            file.write(binary, "bootstrap")
        return archive.getvalue()


@dataclass
class Stack:
    """What is deployed."""

    emulator: Emulator
    name: str
    outputs: dict[str, str] = field(default_factory=dict)
    resources: int = 0
    functions: list[str] = field(default_factory=list)

    def call(
        self,
        method: str,
        path: str,
        json_body: Any = None,
        *,
        form: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Calls the HTTP API, as a client would call its address."""
        fields = dict(headers or {})
        body = None
        if json_body is not None:
            fields.setdefault("Content-Type", "application/json")
            body = json.dumps(json_body).encode()
        elif form is not None:
            fields.setdefault("Content-Type", "application/x-www-form-urlencoded")
            body = urlencode(form).encode()
        host = f"{self.outputs['Api']}.execute-api.localhost"
        return self.emulator.request(method, path, body, fields, host)

    def invoke(self, function: str, event: Any) -> tuple[Any, str]:
        """Invokes a function by its name in the stack; its answer and the end of its log."""
        answer = self.emulator.client("lambda").invoke(
            FunctionName=f"{self.name}-{function}", Payload=json.dumps(event), LogType="Tail"
        )
        log = base64.b64decode(answer.get("LogResult", "")).decode(errors="replace")
        payload = json.load(answer["Payload"])
        if "FunctionError" in answer:
            raise Failure(f"{function} failed: {payload}\n{log}")
        return payload, log


def upload(running: Emulator, code: bytes) -> None:
    s3 = running.client("s3")
    s3.create_bucket(Bucket=CODE["Bucket"], CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(**CODE, Body=code)


def deploy(stack: Stack, template: Path, parameters: dict[str, str]) -> None:
    """Creates a stack from a template, and waits for it."""
    running, name = stack.emulator, f"{stack.name}-{template.stem}"
    cloudformation = running.client("cloudformation")
    # A template over 51 200 bytes must come from S3, in AWS as here.
    running.client("s3").put_object(Bucket=CODE["Bucket"], Key=template.name, Body=template.read_bytes())
    try:
        cloudformation.create_stack(
            StackName=name,
            TemplateURL=f"{running.url}/{CODE['Bucket']}/{template.name}",
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        )
        cloudformation.get_waiter("stack_create_complete").wait(
            StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 120}
        )
    except (ClientError, WaiterError) as error:
        raise Failure(f"{error}\n{reasons(cloudformation, name)}") from error
    make_up_for_differences(running.client("iam"))
    described = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    stack.outputs |= {o["OutputKey"]: o["OutputValue"] for o in described.get("Outputs", [])}
    made = json.loads(template.read_text())["Resources"].values()
    stack.resources += len(made)
    stack.functions += [r["Properties"]["Environment"]["Variables"]["PORTICO_FUNCTION"] for r in made if r["Type"] == "AWS::Lambda::Function"]


def make_up_for_differences(iam: Any) -> None:
    listed = lambda value: value if isinstance(value, list) else [value]
    for role in (r["RoleName"] for page in iam.get_paginator("list_roles").paginate() for r in page["Roles"]):
        wanted = [
            {"Effect": "Allow", **DIFFERENCES[action](statement["Resource"])}
            for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]
            for statement in iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]["Statement"]
            for action in listed(statement["Action"])
            if statement["Effect"] == "Allow" and action in DIFFERENCES
        ]
        if wanted:
            document = {"Version": "2012-10-17", "Statement": wanted}
            iam.put_role_policy(RoleName=role, PolicyName="ministack", PolicyDocument=json.dumps(document))


def reasons(cloudformation: Any, name: str) -> str:
    """What could not be made, and why."""
    try:
        events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    except ClientError:
        return ""
    told = (event for event in reversed(events) if event.get("ResourceStatusReason"))
    return "\n".join(f"{e['LogicalResourceId']} {e['ResourceStatus']}: {e['ResourceStatusReason']}" for e in told)
