#!/usr/bin/env python3
"""Deploys the templates to an AWS emulator and has a business invite a client.

It goes on in a network of its own (Linux, with the commands unshare and ip), so that
what is deployed can reach a receiver of webhooks.

    python3 -m venv venv && venv/bin/pip install -r tests/deploy/requirements.txt
    cargo build --workspace --bins
    venv/bin/python tests/deploy/deploy.py --binaries target/debug
"""

from __future__ import annotations

import argparse
import json
import re
import secrets
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import privilege
from emulator import CODE, Emulator, Failure, Stack, deploy, emulator, package, until, upload
from receiver import Receiver, go_apart, receiver


STAGE = "prod"
TEMPLATES = Path(__file__).parents[2] / "infra" / "aws"


def workspace(stack: Stack, portico: Path) -> str:
    """Makes a workspace with the operator's command; answers with its admin's key."""
    command = [portico, "admin", "create", "--table", stack.outputs["Table"], "--name", "Acme",
               "--admin-email", "admin@example.com", "--no-examples"]
    made = subprocess.run(command, env=stack.emulator.environment(), capture_output=True, text=True, check=False)
    if made.returncode:
        raise Failure(f"admin create failed: {made.stderr}")
    return json.loads(made.stdout)["apiKey"]


def journey(stack: Stack, portico: Path, listener: Receiver | None) -> dict[str, str]:
    """What a deployed Portico must be able to do: one business invites one client. The key of its admin."""
    stack.call("GET", "/healthz").expect(200)
    stack.call("GET", "/v1/clients").expect(401)
    key = {"X-API-KEY": workspace(stack, portico)}
    url = listener.url if listener else "https://hooks.example.com/portico"
    endpoint = {"url": url, "eventTypes": ["*"]}
    hook = stack.call("POST", "/v1/webhook-endpoints", endpoint, headers=key).expect(201).json()
    company = stack.call("POST", "/v1/companies", {"name": "Lovelace"}, headers=key).expect(200).json()
    ada = {"givenName": "Ada", "familyName": "Lovelace", "email": "ada@example.net", "companyId": company["id"]}
    client = stack.call("POST", "/v1/clients?sendInvite=true", ada, headers=key).expect(200).json()

    # Table -> stream -> dispatcher -> queue -> mailer -> SES.
    text = stack.emulator.mail_to(ada["email"])["BodyText"]
    link = re.search(r"/i/\S+", text)[0]
    stack.call("GET", link).expect(200)
    # ministack hands no cookies to functions, so this is how an app signs in, and not a browser.
    accepted = stack.call("POST", f"{link}/accept", {"password": secrets.token_urlsafe()}).expect(200).json()
    token = accepted["session"]["accessToken"]
    stack.call("GET", "/portal/me", headers={"Authorization": f"Bearer {token}"}).expect(200)
    found = stack.call("GET", f"/v1/clients/{client['id']}", headers=key).expect(200).json()
    if found["status"] != "active":
        raise Failure(f"the client is {found['status']}")

    # Table -> stream -> dispatcher -> queue -> deliverer -> the receiver, and what that answered.
    if listener:
        told = lambda: {event["eventType"] for event in listener.verified(hook["secret"])}
        until("webhook of the client's activation", lambda: told() >= {"company.created", "client.created", "client.activated"})
    path = f"/v1/webhook-endpoints/{hook['id']}/deliveries"
    until("attempted delivery", lambda: attempts(stack.call("GET", path, headers=key).expect(200).json()))
    for function in ("expirer", "sweeper"):
        stack.invoke(function, {})
    return key


def diagnose(portico: Path, stage: str, environment: dict[str, str]) -> dict[str, str]:
    """What the doctor says of each thing: `ok`, `wrong` or `unseen`."""
    done = subprocess.run([portico, "doctor", "--stage", stage], env=environment, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line and not line.startswith(" ")]
    parts = [re.split(r"\s{2,}", line) for line in lines]
    found = {about: state for state, about, *_ in parts}
    if (done.returncode == 0) != (set(found.values()) == {"ok"}):
        raise Failure(f"the doctor ended with {done.returncode}: {done.stdout}{done.stderr}")
    return found


def doctor(stack: Stack, portico: Path) -> None:
    """The operator's look at what is deployed, at what is not, and with a role that may not look."""
    stacks = [f"{stack.name}-{template.stem}" for template in TEMPLATES.glob("*.json")]
    seen = ["region", "clock", "concurrency", "mail sandbox", "mail sending", "mail identity", "DKIM"]
    environment = stack.emulator.environment()
    well = diagnose(portico, STAGE, environment)
    # In the emulator nobody publishes the records of DKIM.
    expected = dict.fromkeys([*seen, *stacks, "sender"], "ok") | {"DKIM": "wrong"}
    if well != expected:
        raise Failure(f"the doctor found {well}")
    nowhere = diagnose(portico, "staging", environment)
    missing = [name.replace(f"-{STAGE}-", "-staging-") for name in stacks]
    if any(nowhere[name] != "wrong" for name in missing):
        raise Failure(f"the doctor found {nowhere}")
    iam = stack.emulator.client("iam")
    iam.create_user(UserName="visitor")
    key = iam.create_access_key(UserName="visitor")["AccessKey"]
    visitor = environment | {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    refused = diagnose(portico, STAGE, visitor)
    # The emulator lets everybody ask for the concurrency.
    if any(refused[name] != "unseen" for name in ["mail", *stacks]):
        raise Failure(f"the doctor found {refused}")


def restore(stack: Stack, portico: Path, key: dict[str, str]) -> int:
    """Fills a second installation from a backup of the first; answers how many items it has."""
    running, table = stack.emulator, stack.outputs["Table"]
    dynamodb, secrets_manager = running.client("dynamodb"), running.client("secretsmanager")
    backup = dynamodb.create_backup(TableName=table, BackupName="yesterday")["BackupDetails"]["BackupArn"]
    restored = f"{table}-restored"
    dynamodb.restore_table_from_backup(TargetTableName=restored, BackupArn=backup)

    second = Stack(running, "portico-second")
    deploy_core(second)
    root_key = secrets_manager.get_secret_value(SecretId=f"{stack.name}-root-key")["SecretString"]
    secrets_manager.put_secret_value(SecretId=f"{second.name}-root-key", SecretString=root_key)
    command = [portico, "admin", "restore", "--from", restored, "--to"]
    run = lambda *target: subprocess.run([*command, *target], env=running.environment(), capture_output=True, text=True, check=False)
    if not run(table).returncode:
        raise Failure("what is in use was overwritten")
    done = run(second.outputs["Table"])
    if done.returncode:
        raise Failure(f"admin restore failed: {done.stderr}")
    contents = lambda name: sorted(json.dumps(item, sort_keys=True) for page in dynamodb.get_paginator("scan").paginate(TableName=name) for item in page["Items"])
    items = contents(restored)
    if contents(second.outputs["Table"]) != items or json.loads(done.stdout) != {"items": len(items)}:
        raise Failure("the second installation has other items than the backup")

    deploy_functions(second, TEMPLATES / "functions-book.json")
    found = second.call("GET", "/v1/clients?search=ada", headers=key).expect(200).json()["data"]
    if [client["status"] for client in found] != ["active"]:
        raise Failure(f"in the second installation there is {found}")
    return len(items)


def install(running: Emulator, bootstrap: Path) -> Stack:
    """Deploys the core stack and the stacks of functions, in this order."""
    upload(running, package(bootstrap))
    stack = Stack(running, f"portico-{STAGE}")
    deploy_core(stack)
    for template in sorted(TEMPLATES.glob("functions-*.json")):
        deploy_functions(stack, template)
    return stack


def deploy_core(stack: Stack) -> None:
    deploy(stack, TEMPLATES / "core.json", {"Stage": stage(stack), "MailIdentity": "portico.example"})


def deploy_functions(stack: Stack, template: Path) -> None:
    parameters = {"Stage": stage(stack), "ArtifactBucket": CODE["Bucket"], "ArtifactKey": CODE["Key"]}
    parameters |= {"Architecture": "x86_64", "MailFrom": "no-reply@portico.example"}
    deploy(stack, template, parameters)


def stage(stack: Stack) -> str:
    return stack.name.removeprefix("portico-")


def attempts(page: dict[str, Any]) -> list[Any]:
    return [delivery for delivery in page["data"] if delivery["attempts"]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binaries", type=Path, required=True, help="where bootstrap and portico are, built for this machine")
    parser.add_argument("--keep", action="store_true", help="leave it running until Ctrl-C")
    arguments = parser.parse_args()
    with ExitStack() as running_things:
        listener = None
        if not arguments.keep:
            # Whoever is to reach it from elsewhere must find it in the machine's own network.
            go_apart()
            directory = running_things.enter_context(tempfile.TemporaryDirectory(prefix="portico-receiver-"))
            listener = running_things.enter_context(receiver(Path(directory)))
        running = running_things.enter_context(emulator(listener.authority if listener else None))
        try:
            stack = install(running, arguments.binaries / "bootstrap")
            print(f"deployed {stack.resources} resources, {len(stack.functions)} functions")
            key = journey(stack, arguments.binaries / "portico", listener)
            print(f"the journey is complete; {len(listener.received) if listener else 0} webhooks came")
            print(f"{restore(stack, arguments.binaries / 'portico', key)} items came back from a backup into a second installation")
            doctor(stack, arguments.binaries / "portico")
            print("the doctor tells what is well, what is missing and what it may not see")
            print(f"{privilege.check(stack, key)} grants were taken away, and each was missed")
            if arguments.keep:
                environment = running.environment() | {"PORTICO_TABLE": stack.outputs["Table"], "PORTICO_API_KEY": key["X-API-KEY"]}
                del environment["PATH"]
                print(f"its log is {running.log}; to reach it:\n")
                print("export " + " ".join(f"{name}={value}" for name, value in environment.items()), flush=True)
                signal.pause()
        except KeyboardInterrupt:
            pass
        except Exception as error:
            print(f"failed: {error}\n\nthe end of ministack's log:", file=sys.stderr)
            print("\n".join(running.log.read_text(errors="replace").splitlines()[-40:]), file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
