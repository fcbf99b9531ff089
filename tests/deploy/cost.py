#!/usr/bin/env python3
"""What an installation costs a month, from the calls that its routes make.

    python3 tests/deploy/cost.py              # print the tables of docs/deploy.md
    python3 tests/deploy/cost.py --write      # put them there
    python3 tests/deploy/cost.py --check      # fail if they are not what stands there

What each function costs is measured by tests/it/costs.rs and committed in
docs/costs.md. Alarms and queues are counted in the template. What is assumed
stands below, each with a name.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
COSTS = ROOT / "docs/costs.md"
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
# These ask for work once a minute.
SCHEDULED = ["sweeper", "expirer", "caretaker"]
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


@dataclass
class Cost:
    calls: str
    reads: float
    writes: float


def measured() -> dict[str, Cost]:
    """The rows of docs/costs.md; of a worker the one of the story, which comes last."""
    costs = {}
    for line in COSTS.read_text().splitlines():
        if line.startswith("| `"):
            name, calls, _, _, reads, writes = (cell.strip() for cell in line.strip("| ").split(" | "))
            costs[name.strip("`")] = Cost(calls, float(reads), float(writes))
    return costs


def webhooks() -> int:
    """How many webhooks the workers of the story sent."""
    return int(re.search(r"That is for (\d+) webhooks and one mail", COSTS.read_text())[1])


def monthly(size: Size, routes: dict[str, Cost]) -> dict[str, float]:
    template = json.loads(CORE.read_text())["Resources"].values()
    count = lambda kind: sum(1 for resource in template if resource["Type"] == kind)
    workers = json.loads(WORKERS.read_text())["Resources"].values()
    sources = [one["Properties"] for one in workers if one["Type"] == "AWS::Lambda::EventSourceMapping"]
    # A stream says where to begin.
    queues = sum(1 for one in sources if "StartingPosition" not in one)
    story = [routes[name] for name in STORY]
    delivering = [routes[name] for name in ("dispatcher", "deliverer")]
    events = size.clients * EVENTS
    # The page that was measured has two clients.
    one, page = routes["clients-get"].reads, 1 + PAGE_UNITS
    read = one * (1 - LISTS_AMONG_READS) + page * LISTS_AMONG_READS
    requests = size.clients * (len(STORY) - 1) + size.reads
    invocations = requests + size.clients + 2 * events + len(SCHEDULED) * MINUTES
    gb_seconds = 0.25 * (ROUTE * (requests + size.clients + events) + DELIVERY * events + SWEEP * len(SCHEDULED) * MINUTES)
    return {
        "DynamoDB write units": size.clients * sum(cost.writes for cost in story)
        + events * sum(cost.writes for cost in delivering) / webhooks(),
        "DynamoDB read units": size.clients * sum(cost.reads for cost in story)
        + events * sum(cost.reads for cost in delivering) / webhooks()
        + size.reads * read + MINUTES * sum(routes[name].reads for name in SCHEDULED),
        "API Gateway requests": requests,
        "Lambda requests": invocations,
        "Lambda GB-s (arm64)": gb_seconds + size.clients * ACCEPT,
        "SQS requests": queues * POLLS_A_MINUTE * MINUTES + 3 * events,
        "SES mails": size.clients,
        "scheduler invocations": len(SCHEDULED) * MINUTES,
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
    routes = measured()
    lines = ["| function | calls | read units | write units |", "|---|---|---|---|"]
    for name in dict.fromkeys([*STORY, "dispatcher", "deliverer", "clients-get", "clients-list"]):
        cost = routes[name]
        lines.append(f"| `{name}` | {cost.calls} | {cost.reads:g} | {cost.writes:g} |")
    lines += ["", "| a month | " + " | ".join(size.name for size in SIZES) + " | unit price, US$ |"]
    lines.append("|---|" + "---|" * (len(SIZES) + 1))
    all_sizes = [monthly(size, routes) for size in SIZES]
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
