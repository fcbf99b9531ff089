#!/usr/bin/env python3
"""What an installation costs a month, from the calls that its routes make.

    python3 tests/deploy/cost.py              # print the tables of docs/deploy.md
    python3 tests/deploy/cost.py --write      # put them there
    python3 tests/deploy/cost.py --check      # fail if they are not what stands there

The calls of each route are measured by tests/it/costs.rs and committed. How
many index entries an item has is counted in the items of a real table,
tests/it/earlier. Alarms and queues are counted in the template. What is assumed
stands below, each with a name.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SNAPSHOT = ROOT / "tests/it/snapshots/it__costs__every_route_costs_what_it_is_known_to_cost.snap"
ITEMS = max((ROOT / "tests/it/earlier").glob("*.json"))
CORE = ROOT / "infra/aws/core.json"
WORKERS = ROOT / "infra/aws/functions-workers.json"
PAGE = ROOT / "docs/deploy.md"
BEGIN, END = "<!-- made by tests/deploy/cost.py -->", "<!-- end -->"

# List prices of us-east-1 in US$, as of 2025.
PRICES = {
    "DynamoDB write units": (0.625, 1e6),
    "DynamoDB read units": (0.125, 1e6),
    "API Gateway requests": (1.00, 1e6),
    "Lambda requests": (0.20, 1e6),
    "Lambda GB-s (arm64)": (13.33, 1e6),
    "SQS requests": (0.40, 1e6),
    "SES mails": (100.0, 1e6),
    "scheduler invocations": (1.00, 1e6),
    "logs, GB": (0.50, 1),
    "alarms": (0.10, 1),
    "secrets": (0.40, 1),
}
MINUTES = 30 * 24 * 60
# One client from its company to its acceptance, and the events that it makes.
STORY = ["companies-create", "clients-create", "invitations-create", "mailer", "invitations-show", "invitations-accept"]
EVENTS = 7
# A page of a hundred clients of 1 KB, read from an index.
PAGE_UNITS = 13
LISTS_AMONG_READS = 1 / 5
# An event that is dispatched to one endpoint and delivered at once.
DELIVERY_READS, DELIVERY_WRITES = 3, 14
# Sweeper and expirer ask for each kind of work once a minute.
QUERIES_A_MINUTE = 20
# Seconds, of 256 MB unless said: a route, accepting (1 GB), a delivery, a sweep.
ROUTE, ACCEPT, DELIVERY, SWEEP = 0.1, 0.5, 1.0, 0.1
# Lambda asks an empty queue with five pollers, each every 20 s.
POLLS_A_MINUTE = 5 * 3
LOG_GB = 1e-6


@dataclass
class Size:
    name: str
    clients: int
    reads: int


SIZES = [Size("small", 100, 10_000), Size("medium", 2_000, 300_000), Size("large", 50_000, 10_000_000)]


def index_entries() -> float:
    """How many index entries an item has, on the average."""
    items = json.loads(ITEMS.read_text())["items"]
    keys = ["gsi1pk", "gsi2pk", "gsi3pk", "gsi4pk", "duepk"]
    return sum(1 for item in items for key in keys if "S" in item.get(key, {})) / len(items)


def units(calls: str, entries: float) -> tuple[float, float]:
    """The read and write units of a route: an item of a transaction is written twice."""
    reads = writes = 0.0
    for call in calls.split():
        name, _, items = call.partition("×")
        match name:
            case "GetItem":
                reads += 1
            case "Query":
                reads += PAGE_UNITS
            case "TransactWriteItems":
                writes += int(items) * (2 + entries)
            case "PutItem" | "UpdateItem" | "DeleteItem":
                writes += 1 + entries
            case "BatchGetItem":
                # Letting a caller in reads the key, its owner and the workspace.
                reads += 3
            case "SendEmail" | "SendMessageBatch":
                reads += 0
            case other:
                raise SystemExit(f"cost.py: what does {other} cost?")
    return reads, writes


def measured() -> dict[str, str]:
    lines = SNAPSHOT.read_text().split("---")[-1].strip().splitlines()
    return dict(line.split(": ", 1) for line in lines)


def monthly(size: Size, routes: dict[str, str], entries: float) -> dict[str, float]:
    template = json.loads(CORE.read_text())["Resources"].values()
    count = lambda kind: sum(1 for resource in template if resource["Type"] == kind)
    workers = json.loads(WORKERS.read_text())["Resources"].values()
    sources = [one["Properties"] for one in workers if one["Type"] == "AWS::Lambda::EventSourceMapping"]
    # A stream says where to begin.
    queues = sum(1 for one in sources if "StartingPosition" not in one)
    story = [units(routes[name], entries) for name in STORY]
    events = size.clients * EVENTS
    one, page = units(routes["clients-get"], entries)[0], units(routes["clients-list"], entries)[0]
    read = one * (1 - LISTS_AMONG_READS) + page * LISTS_AMONG_READS
    requests = size.clients * (len(STORY) - 1) + size.reads
    invocations = requests + size.clients + 2 * events + 2 * MINUTES
    gb_seconds = 0.25 * (ROUTE * (requests + size.clients + events) + DELIVERY * events + SWEEP * 2 * MINUTES)
    return {
        "DynamoDB write units": size.clients * sum(writes for _, writes in story) + events * DELIVERY_WRITES,
        "DynamoDB read units": size.clients * sum(reads for reads, _ in story)
        + events * DELIVERY_READS + size.reads * read + MINUTES * QUERIES_A_MINUTE / 2,
        "API Gateway requests": requests,
        "Lambda requests": invocations,
        "Lambda GB-s (arm64)": gb_seconds + size.clients * ACCEPT,
        "SQS requests": queues * POLLS_A_MINUTE * MINUTES + 3 * events,
        "SES mails": size.clients,
        "scheduler invocations": 2 * MINUTES,
        "logs, GB": invocations * LOG_GB,
        "alarms": count("AWS::CloudWatch::Alarm"),
        "secrets": count("AWS::SecretsManager::Secret"),
    }


def short(figure: float) -> str:
    for unit, word in ((1e6, " M"), (1e3, " k")):
        if figure >= unit:
            return f"{figure / unit:.3g}{word}"
    return f"{figure:.2g}" if figure < 1 else f"{figure:.3g}"


def tables() -> str:
    routes, entries = measured(), index_entries()
    lines = ["| route | calls | read units | write units |", "|---|---|---|---|"]
    for name in dict.fromkeys([*STORY, "clients-get", "clients-list"]):
        reads, writes = units(routes[name], entries)
        calls = re.sub(r"(\S+)( \1)+", lambda same: f"{len(same[0].split())} {same[1]}", routes[name])
        lines.append(f"| `{name}` | {calls} | {reads:g} | {writes:.0f} |")
    lines += ["", "| a month | " + " | ".join(size.name for size in SIZES) + " | unit price, US$ |"]
    lines.append("|---|" + "---|" * (len(SIZES) + 1))
    all_sizes = [monthly(size, routes, entries) for size in SIZES]
    for name, (price, per) in PRICES.items():
        figures = " | ".join(short(one[name]) for one in all_sizes)
        lines.append(f"| {name} | {figures} | {price:g}{' / M' if per > 1 else ''} |")
    totals = [sum(one[name] * price / per for name, (price, per) in PRICES.items()) for one in all_sizes]
    lines.append("| **together, US$** | " + " | ".join(f"**{total:.2f}**" for total in totals) + " | |")
    return "\n".join(lines)


def main() -> int:
    made = tables()
    page = PAGE.read_text()
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    new = f"{before}{BEGIN}\n\n{made}\n\n{END}{after}"
    if "--write" in sys.argv:
        PAGE.write_text(new)
    elif "--check" in sys.argv:
        if new != page:
            print("docs/deploy.md: the costs are not these any more; run: python3 tests/deploy/cost.py --write", file=sys.stderr)
            return 1
    else:
        print(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
