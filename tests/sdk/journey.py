"""What programs on the vendor's old Python SDK do, with its singular paths.

    PORTICO_URL=… PORTICO_API_KEY=… python journey.py

Every run has a client and a company of its own and deletes them, so it can be
repeated against the same server.
"""

import json
import os
import sys
import uuid

import copilot_platforms_sdk
from copilot_platforms_sdk.apis.tags.copilot_api import CopilotApi

run = uuid.uuid4().hex
checks = 0


def equal(actual, expected, what):
    global checks
    if actual != expected:
        raise AssertionError(f"{what}: expected {expected!r}, got {actual!r}")
    checks += 1


def text(value):
    """The SDK answers with texts of classes of its own."""
    return str(value)


def ids(page):
    return [text(one["id"]) for one in page["data"]]


def refused(request, status, code, what):
    try:
        request()
    except copilot_platforms_sdk.ApiException as error:
        equal(error.status, status, f"status of {what}")
        equal(json.loads(error.body)["code"], code, f"code of {what}")
        return
    raise AssertionError(f"{what}: expected {status}")


def journey(api):
    company = api.create_company(body={"name": f"Engines {run}"}).body
    equal(text(company["name"]), f"Engines {run}", "name of a new company")
    company_id = text(company["id"])
    equal(text(api.get_company(path_params={"id": company_id}).body["id"]), company_id, "company")

    email = f"ada.{run}@example.com"
    new = {"givenName": "Ada", "familyName": "Byron", "email": email, "companyId": company_id}
    client = api.create_client(body=new).body
    client_id = text(client["id"])
    equal(text(client["email"]), email, "address of a new client")
    equal(text(client["companyId"]), company_id, "company of a new client")
    equal(text(api.get_client(path_params={"id": client_id}).body["givenName"]), "Ada", "client")

    equal(client_id in ids(api.list_client().body), True, "clients")
    equal(company_id in ids(api.list_companies().body), True, "companies")

    api.update_client(body={"id": client_id, "familyName": "Lovelace", "givenName": "Ada", "email": email})
    changed = api.get_client(path_params={"id": client_id}).body
    equal(text(changed["familyName"]), "Lovelace", "name of a changed client")

    fields = api.get_custom_fields().body
    equal(isinstance(fields["data"], (list, tuple)), True, "custom fields")
    refused(lambda: api.create_client(body=new), 409, "email_taken", "a client with an address that is taken")
    refused(api.list_form, 501, "not_implemented", "forms")
    refused(api.list_file_channels, 501, "not_implemented", "channels of files")

    api.delete_client(path_params={"id": client_id})
    refused(lambda: api.get_client(path_params={"id": client_id}), 404, "not_found", "a deleted client")
    # Its answer was a company in 2023; today it says that one was deleted.
    api.delete_company(path_params={"id": company_id}, skip_deserialization=True)
    refused(lambda: api.get_company(path_params={"id": company_id}), 404, "not_found", "a deleted company")


def main():
    configuration = copilot_platforms_sdk.Configuration(host=os.environ["PORTICO_URL"].rstrip("/") + "/v1")
    # As a header of every request: the SDK itself leaves the key out of what deletes.
    key = {"header_name": "X-API-KEY", "header_value": os.environ["PORTICO_API_KEY"]}
    with copilot_platforms_sdk.ApiClient(configuration, **key) as client:
        journey(CopilotApi(client))
    print(f"journey: {checks} checks passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
