"""What schemathesis asks about: things that are there.

An id that a generator makes up names nothing, so whatever has one in its path
would only ever be answered with 404. Of four requests to an operation, one is
made one that can be done, two are about things that are there, whatever else
the generator has put into them, and one is left as it came.

The other tenant is shown the ids of the first one: none of its requests about
them may be done. What became of all is counted for the test.
"""

import atexit
import base64
import collections
import itertools
import json
import os

import requests
import schemathesis

URL = os.environ["PORTICO_URL"]
# Who makes things that the caller may do something with, and whoever has those
# that it may not know of.
MAKER = os.environ.get("PORTICO_MAKER_KEY")
STRANGER = os.environ.get("PORTICO_STRANGER_KEY")
# One thing of each kind that requests do not use up, by whom it belongs to.
THINGS = json.loads(os.environ.get("PORTICO_THINGS", "{}"))
RECEIVER = os.environ.get("PORTICO_RECEIVER")
REPORT = os.environ.get("PORTICO_REPORT")

# These would take away the key that the requests are made with, unless they are
# about something else.
SUICIDAL = {"api-keys-update", "api-keys-revoke", "internal-users-update", "internal-users-remove"}

# What does not happen here. Endpoints that want everything would keep the server
# busy with telling each of them of every request.
QUIET = ["limit.reached"]

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABpfZFQAAAAABJRU5ErkJggg=="
)

numbers = itertools.count(1)
asked = collections.Counter()
answers = collections.defaultdict(collections.Counter)
leaks = []
# The id of a stranger's thing that a request is about, by the request.
strange = {}
kept = {}
session = requests.Session()


def ask(key, method, path, body=None):
    answer = session.request(method, URL + path, json=body, headers={"X-API-KEY": key})
    return answer.json() if answer.ok else {}


if MAKER:
    there = THINGS["maker"]["webhook-endpoints"]
    ask(MAKER, "PATCH", f"/v1/webhook-endpoints/{there}", {"eventTypes": QUIET})


def client(key, **more):
    number = next(numbers)
    body = {"name": f"Client {number}", "email": f"made{number}@example.com", **more}
    return ask(key, "POST", "/v1/clients", body).get("id")


def archived(key):
    made = client(key)
    ask(key, "DELETE", f"/v1/clients/{made}")
    return made


def company(key):
    return ask(key, "POST", "/v1/companies", {"name": f"Company {next(numbers)}"}).get("id")


def invitation(key):
    body = {"clientId": client(key), "send": False}
    return ask(key, "POST", "/v1/invitations", body).get("id")


def field(key):
    number = next(numbers)
    fields = [{"entityType": "client", "name": f"Field {number}", "type": "text"}]
    made = ask(key, "POST", "/v1/custom-fields", {"customFields": fields})
    return made["customFields"][0]["id"] if made else None


def role(key):
    body = {"name": f"Role {next(numbers)}", "permissions": []}
    return ask(key, "POST", "/v1/roles", body).get("id")


def api_key(key):
    body = {"name": f"Key {next(numbers)}", "permissions": []}
    return ask(key, "POST", "/v1/api-keys", body).get("id")


def user(key):
    number = next(numbers)
    body = {"name": f"User {number}", "email": f"user{number}@example.com", "role": "staff"}
    return ask(key, "POST", "/v1/internal-users", body).get("id")


def invited_user(key):
    made = user(key)
    ask(key, "POST", f"/v1/internal-users/{made}/invitation", {})
    return made


def endpoint(key):
    body = {"url": RECEIVER, "eventTypes": QUIET}
    return ask(key, "POST", "/v1/webhook-endpoints", body).get("id")


def service(key):
    return ask(key, "POST", "/v1/services", {"name": f"Service {next(numbers)}"}).get("id")


def request(key):
    body = {"clientId": client(key), "serviceId": thing("", "services", key), "title": "A plan"}
    return ask(key, "POST", "/v1/requests", body).get("id")


def new_invoice():
    line = {"description": "Hours", "amount": 5000, "quantity": 1.5}
    return {"clientId": client(MAKER), "lineItems": [line], "daysUntilDue": 14}


def invoice(key):
    body = {**new_invoice(), "clientId": client(key)}
    return ask(key, "POST", "/v1/invoices", body).get("id")


# What an operation is about, where one thing does for all of its kind.
KINDS = {
    "clients": client,
    "companies": company,
    "invitations": invitation,
    "custom-fields": field,
    "roles": role,
    "api-keys": api_key,
    "internal-users": user,
    "webhook-endpoints": endpoint,
    "services": service,
    "requests": request,
    "invoices": invoice,
}

# Where it has to be another one each time: it is used up, or has to be in a
# certain state.
FRESH = {
    "clients-restore": archived,
    "clients-merge": client,
    "clients-purge": client,
    "clients-archive": client,
    "companies-delete": company,
    "invitations-resend": invitation,
    "invitations-cancel": invitation,
    "invitations-link": invitation,
    "custom-fields-delete": field,
    "services-delete": service,
    "requests-update": request,
    "invoices-update": invoice,
    "invoices-void": invoice,
    "invoices-pay": invoice,
    "roles-delete": role,
    "api-keys-revoke": api_key,
    "internal-users-invite": user,
    "internal-users-link": invited_user,
    "internal-users-withdraw": invited_user,
    "internal-users-remove": user,
    "webhook-endpoints-delete": endpoint,
}


def thing(operation, kind, key):
    """The id of something that this operation can be about."""
    whose = "stranger" if key == STRANGER else "maker"
    given = THINGS[whose].get(kind)
    if operation in FRESH:
        made = FRESH[operation](key)
        # There is room for so many fields and roles only.
        return made or kept.get((kind, key)) or given
    if kind not in KINDS:
        return given
    if not kept.get((kind, key)):
        kept[kind, key] = KINDS[kind](key) or given
    return kept[kind, key]


def new_client():
    number = next(numbers)
    return {"name": f"Client {number}", "email": f"good{number}@example.com"}


# Bodies that are fine. An operation that is not here takes none, or an empty one.
BODIES = {
    "clients-create": new_client,
    "clients-batch": lambda: {"clients": [new_client()]},
    "clients-update": lambda: {"position": "Analyst"},
    "clients-replace": lambda: {"givenName": "Ada", "familyName": "King"},
    "clients-merge": lambda: {"into": client(MAKER)},
    "companies-create": lambda: {"name": f"Company {next(numbers)}"},
    "companies-batch": lambda: {"companies": [{"name": f"Company {next(numbers)}"}]},
    "companies-update": lambda: {"description": "Looms"},
    "companies-join": lambda: {"clientIds": [client(MAKER)]},
    "invitations-create": lambda: {"clientId": client(MAKER)},
    "invitations-bulk": lambda: {"clientIds": [client(MAKER)]},
    "custom-fields-create": lambda: {
        "customFields": [{"entityType": "company", "name": f"Field {next(numbers)}", "type": "text"}]
    },
    "custom-fields-update": lambda: {"order": 0},
    "services-create": lambda: {"name": f"Service {next(numbers)}"},
    "services-update": lambda: {"description": "What we do for you"},
    "requests-create": lambda: {
        "clientId": client(MAKER),
        "serviceId": thing("", "services", MAKER),
        "title": "A plan",
    },
    "requests-update": lambda: {"status": "inProgress"},
    "invoices-create": new_invoice,
    "invoices-update": lambda: {"memo": "Thank you"},
    "invoices-pay": lambda: {"amount": 1, "paymentMethod": "other"},
    "webhook-endpoints-create": lambda: {"url": RECEIVER, "eventTypes": QUIET},
    "webhook-endpoints-update": lambda: {"description": "Ours"},
    "webhook-endpoints-recover": lambda: {"since": THINGS["since"]},
    "internal-users-create": lambda: {
        "name": "Paul Minor",
        "email": f"paul{next(numbers)}@example.com",
        "role": "staff",
    },
    "internal-users-update": lambda: {"givenName": "Paula"},
    "roles-create": lambda: {"name": f"Role {next(numbers)}", "permissions": []},
    "roles-update": lambda: {"permissions": ["view_clients"]},
    "api-keys-create": lambda: {"name": "ERP", "permissions": []},
    "api-keys-update": lambda: {"name": "CRM"},
    "audit-log-create": lambda: {
        "eventType": "reportSent",
        "actorType": "internalUser",
        "actorId": THINGS["maker"]["internal-users"],
        "eventDescription": "The monthly report was sent",
    },
    "workspaces-update": lambda: {"brandName": "Engines"},
}


def aim(case, key, operation):
    """Puts the ids of things that are there into the path."""
    parameters = case.path_parameters
    kind = case.operation.path.split("/")[2]
    if "clientId" in parameters:
        parameters["id"] = company(key)
        parameters["clientId"] = client(key, companyIds=[parameters["id"]])
    elif "id" in parameters:
        parameters["id"] = thing(operation, kind, key)
    if "event" in parameters:
        parameters["event"] = "task.created"


def make_good(case, operation):
    """Makes a request that can be done."""
    aim(case, MAKER, operation)
    case.query = {}
    for name in ("If-Match", "If-None-Match", "Idempotency-Key"):
        case.headers.pop(name, None)
    if operation in ("clients-set-avatar", "companies-set-icon"):
        case.body, case.media_type = PNG, "image/png"
    elif case.operation.body:
        case.body, case.media_type = BODIES.get(operation, dict)(), "application/json"


@schemathesis.hook
def before_call(context, case, kwargs):
    # What a client can ask in the portal names nothing.
    if not MAKER:
        return
    operation = case.operation.definition.raw["operationId"]
    turn = asked[operation] % 4
    asked[operation] += 1
    if turn == 0:
        make_good(case, operation)
    elif case.path_parameters and (turn != 3 or operation in SUICIDAL):
        key = STRANGER if STRANGER and operation not in SUICIDAL else MAKER
        aim(case, key, operation)
        if key == STRANGER and "id" in case.path_parameters:
            strange[id(case)] = case.path_parameters["id"]
    # Without companies much of the rest could not be done.
    if operation == "workspaces-update" and isinstance(case.body, dict) and "companies" in case.body:
        case.body["companies"] = "optional"


@schemathesis.hook
def after_call(context, case, response):
    operation = case.operation.definition.raw["operationId"]
    answers[operation][response.status_code] += 1
    about = strange.pop(id(case), None)
    if about and response.status_code < 300:
        leaks.append(f"{operation} {about}")


@atexit.register
def report():
    if not REPORT:
        return
    with open(REPORT, "w") as file:
        json.dump({"answers": answers, "leaks": leaks}, file)
