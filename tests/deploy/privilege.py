"""Takes single grants from functions that are deployed, and sees what stops working.

That a function works with its grants does not say that it needs them. Here a
sample of functions loses one statement's action at a time: the step that needs
it must fail, and must pass again when the action is back. That no function of
all has a grant that nothing uses is a test of its own, tests/it/grants.rs.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from emulator import DIFFERENCES, Failure, Stack, until


@dataclass
class Loss:
    """A function loses an action, and a step fails."""

    function: str
    action: str
    step: Callable[[], Any]


def losses(stack: Stack, key: dict[str, str]) -> list[Loss]:
    """The sample: reading, writing, listing, a page, a session, queues, mail and both schedules."""
    invited: dict[str, str] = {}

    def call(method: str, path: str, body: Any = None) -> Callable[[], Any]:
        return lambda: stack.call(method, path, body, headers=key).expect(200)

    def client() -> dict[str, str]:
        return {"givenName": "Grace", "familyName": "Hopper", "email": f"grace.{secrets.token_hex(4)}@example.net"}

    def add() -> None:
        stack.call("POST", "/v1/clients", client(), headers=key).expect(200)

    def invite() -> str:
        """A mail that comes; the link in it."""
        grace = client()
        stack.call("POST", "/v1/clients?sendInvite=true", grace, headers=key).expect(200)
        return re.search(r"/i/\S+", stack.emulator.mail_to(grace["email"], 5)["BodyText"])[0]

    def accept() -> None:
        invited["link"] = invited.get("link") or invite()
        stack.call("POST", f"{invited['link']}/accept", form={"password": secrets.token_urlsafe()}).expect(200)

    def wake(function: str) -> Callable[[], Any]:
        return lambda: stack.invoke(function, {})

    return [
        Loss("clients-create", "dynamodb:PutItem", add),
        Loss("clients-list", "dynamodb:Query", call("GET", "/v1/clients")),
        Loss("companies-list", "dynamodb:BatchGetItem", call("GET", "/v1/companies")),
        Loss("events-list", "dynamodb:Query", call("GET", "/v1/events")),
        Loss("invitations-accept", "dynamodb:PutItem", accept),
        Loss("dispatcher", "sqs:SendMessage", invite),
        Loss("mailer", "ses:SendEmail", invite),
        Loss("expirer", "dynamodb:Query", wake("expirer")),
        Loss("sweeper", "dynamodb:Query", wake("sweeper")),
    ]


def check(stack: Stack, key: dict[str, str]) -> int:
    """Goes through the sample; how many grants were taken and missed."""
    sample = losses(stack, key)
    for loss in sample:
        with without(stack, loss.function, loss.action):
            try:
                loss.step()
            except Failure:
                pass
            else:
                raise Failure(f"{loss.function} does as well without {loss.action}")
        # What was refused is made up for before the next: the sweeper finds it.
        until(f"{loss.function} with {loss.action} again", lambda: works(loss.step))
    return len(sample)


def works(step: Callable[[], Any]) -> bool:
    try:
        step()
    except Failure:
        return False
    return True


@contextmanager
def without(stack: Stack, function: str, action: str) -> Iterator[None]:
    """The function's role without this action, and with it again afterwards."""
    iam = stack.emulator.client("iam")
    described = stack.emulator.client("lambda").get_function_configuration(FunctionName=f"{stack.name}-{function}")
    role = described["Role"].rsplit("/", 1)[1]
    documents = {name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in iam.list_role_policies(RoleName=role)["PolicyNames"]}
    lost = {action} | ({DIFFERENCES[action]("")["Action"]} if action in DIFFERENCES else set())
    taken = 0
    for name, document in documents.items():
        less, count = reduced(document, lost)
        taken += count
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(less))
    if not taken:
        raise Failure(f"{function} has no {action} to lose")
    try:
        yield
    finally:
        for name, document in documents.items():
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))


def reduced(document: dict[str, Any], lost: set[str]) -> tuple[dict[str, Any], int]:
    """A policy without these actions, and how often one was there."""
    statements, count = [], 0
    for statement in document["Statement"]:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        kept = [one for one in actions if one not in lost]
        count += len(actions) - len(kept)
        if kept:
            statements.append({**statement, "Action": kept})
    if not statements:
        # IAM takes no policy that says nothing.
        statements = [{"Effect": "Deny", "Action": sorted(lost), "Resource": "*"}]
    return {**document, "Statement": statements}, count
