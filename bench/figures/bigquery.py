"""Figure 5: 200 of 2,000 daily partitions of a BigQuery table come back, on the test server, which counts and bills.

Three tables of the same rows lose the same days by the same two events. salvor recovers one; the runbook's two
statements another; the third is recovered one partition at a time, as a backfill tool would. Copy jobs take 2 s.
Queries take no time on this server, so the seconds of the runbook's way are those of its requests alone.
"""

import contextlib
import datetime
import json
import os
import subprocess
import time
import urllib.request

from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from .measure import fresh, salvor, table

SERVER = os.environ.get("SALVOR_BIGQUERY_SERVER", "build/release/salvor-bigquery-server")
FIRST_DAY = datetime.date(2019, 1, 1)
UPDATES, WINDOW_SECONDS, COPY_SECONDS = 50, 10, 2  # the service's quota, and what a copy job takes here
MOST_DAYS_BY_HAND = 20  # one partition at a time takes minutes: a part of them is measured
PAYLOAD = 5000  # bytes a row

ROWS = """
INSERT INTO `prod.{dataset}.events` (submission_date, clicks, payload)
SELECT day, n, REPEAT('x', {payload})
FROM UNNEST(GENERATE_DATE_ARRAY('{first}', '{last}')) AS day, UNNEST(GENERATE_ARRAY(1, {rows})) AS n
"""
LOSS = "DELETE FROM `prod.{dataset}.events` WHERE submission_date BETWEEN '{first}' AND '{last}'"
# The runbook's two statements, for these names.
RUNBOOK_COPY = """
CREATE TABLE `locked.runbook.events` AS (
  SELECT * FROM `prod.runbook.events` FOR SYSTEM_TIME AS OF TIMESTAMP '{instant}'
)
"""
RUNBOOK_INSERT = """
INSERT INTO `prod.runbook.events`
SELECT * FROM `locked.runbook.events`
WHERE submission_date NOT IN (
  SELECT DISTINCT submission_date FROM `prod.runbook.events` WHERE submission_date > '2016-01-01'
)
"""
ONE_DAY = """
SELECT * FROM `prod.backfill.events` FOR SYSTEM_TIME AS OF TIMESTAMP '{instant}'
WHERE submission_date = '{day}'
"""


class Service:
    """The server, and what it counted since the last reset."""

    def __init__(self, url):
        self.url = url
        self.client = bigquery.Client(project="prod", credentials=AnonymousCredentials(),
                                      client_options={"api_endpoint": url})

    def ask(self, method, path, body=None):
        request = urllib.request.Request(f"{self.url}/salvor-test/{path}", method=method,
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def run(self, sql, **config):
        return self.client.query(sql, job_config=bigquery.QueryJobConfig(**config)).result()

    def rows(self, dataset):
        return self.client.get_table(f"prod.{dataset}.events").num_rows


class Cost:
    def __init__(self, seconds, meters):
        self.seconds, self.billed, self.requests = seconds, meters["bytes_billed"], meters["requests"]


def measured(service, act):
    service.ask("DELETE", "meters")
    started = time.perf_counter()
    act()
    return Cost(time.perf_counter() - started, service.ask("GET", "meters"))


@contextlib.contextmanager
def serving():
    process = subprocess.Popen([SERVER, "--port", "0", "--until-stdin-closes", "--no-quotas"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Service(process.stdout.readline().strip().partition("=")[2])
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


def instant_now(service):
    millis = service.ask("GET", "clock")["now_ms"]
    return datetime.datetime.fromtimestamp(millis / 1000, datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S+00")


def build(service, dataset, days, rows):
    for project in ("prod", "locked"):
        place = bigquery.Dataset(f"{project}.{dataset}")
        place.access_entries = [bigquery.AccessEntry("OWNER", "userByEmail", "owner@example.com")]
        service.client.create_dataset(place)
    made = bigquery.Table(f"prod.{dataset}.events",
                          [bigquery.SchemaField("submission_date", "DATE"), bigquery.SchemaField("clicks", "INTEGER"),
                           bigquery.SchemaField("payload", "STRING")])
    made.time_partitioning = bigquery.TimePartitioning(field="submission_date")
    service.client.create_table(made)
    service.run(ROWS.format(dataset=dataset, payload=PAYLOAD, first=days[0], last=days[-1], rows=rows))


def damage(service, datasets, losses):
    """Both events, a day apart; the instant before the first."""
    service.ask("POST", "clock", {"advance_ms": 60_000})
    before = instant_now(service)
    for lost in losses:
        service.ask("POST", "clock", {"advance_ms": 60_000})
        for dataset in datasets:
            service.run(LOSS.format(dataset=dataset, first=lost[0], last=lost[-1]))
        service.ask("POST", "clock", {"advance_ms": 86_400_000})
    return before


def recover(service, place):
    """Every verb of salvor's."""
    config, case = place / "salvor.yaml", place / "case"
    config.write_text("review: {approvals: 0}\n")
    os.environ["BIGQUERY_EMULATOR_HOST"] = service.url
    steps = {"plan": ["plan", "bigquery:prod.salvor.events", "--case", case, "--staging", "locked.salvor"],
             "persist": ["persist", case], "apply": ["apply", case, "--yes"], "verify": ["verify", case]}
    return {name: measured(service, lambda words=words: salvor(*words, "--config", config))
            for name, words in steps.items()}


def by_the_runbook(service, before):
    copy = measured(service, lambda: service.run(RUNBOOK_COPY.format(instant=before)))
    insert = measured(service, lambda: service.run(RUNBOOK_INSERT))
    return copy, insert


def day_by_day(service, before, days):
    """Each day by itself: queried into a staging partition, then copied over the production one."""
    staging = bigquery.Table("locked.backfill.events", service.client.get_table("prod.backfill.events").schema)
    staging.time_partitioning = bigquery.TimePartitioning(field="submission_date")
    service.client.create_table(staging)
    for day in days:
        suffix = "$" + str(day).replace("-", "")
        service.run(ONE_DAY.format(instant=before, day=day), destination=f"locked.backfill.events{suffix}",
                    write_disposition="WRITE_TRUNCATE")
        service.client.copy_table(f"locked.backfill.events{suffix}", f"prod.backfill.events{suffix}",
                                  job_config=bigquery.CopyJobConfig(write_disposition="WRITE_TRUNCATE")).result()


def mebibytes(billed):
    return "0" if billed == 0 else f"{billed / (1 << 20):,.0f} MiB"


def line(way, cost, lost, wanted=""):
    return [way, f"{cost.seconds:.1f}", mebibytes(cost.billed), f"{cost.requests:,}", f"{cost.requests / lost:.1f}",
            wanted]


def report(service, lost, alone, took, runbook, daily, by_hand):
    both = Cost(took["persist"].seconds + took["apply"].seconds,
                {"bytes_billed": took["persist"].billed + took["apply"].billed,
                 "requests": took["persist"].requests + took["apply"].requests})
    rows = [line("salvor plan", took["plan"], lost), line("salvor persist", took["persist"], lost, "0 bytes"),
            line("salvor apply", took["apply"], lost, f"0 bytes; at most {1.2 * alone:.1f} s"),
            line("  persist + apply", both, lost, "at most 4 requests"), line("salvor verify", took["verify"], lost),
            line("the runbook: the old rows copied out", runbook[0], lost),
            line("the runbook: missing days inserted", runbook[1], lost),
            line(f"one partition at a time: {by_hand} of {lost}", daily, by_hand)]
    table(f"5. {lost} of 2,000 daily BigQuery partitions, copy jobs of {COPY_SECONDS} s, on the test server",
          ["way", "seconds", "billed", "requests", "per lost partition", "wanted"], rows)
    print(f"the quota of {UPDATES} updates in {WINDOW_SECONDS} s alone: {alone} s; apply took "
          f"{took['apply'].seconds / alone:.2f} times that; one partition at a time would take "
          f"{daily.seconds / by_hand * lost:,.0f} s for all")


def run(place, scale):
    fresh(place)
    lost_days = max(2, int(200 * min(scale, 1)))
    days = [FIRST_DAY + datetime.timedelta(days=n) for n in range(2000)]
    rows = max(1, int(10 * scale))
    losses = [days[100:100 + lost_days // 2], days[700:700 + lost_days - lost_days // 2]]
    lost = [day for event in losses for day in event]
    datasets = ("salvor", "runbook", "backfill")
    with serving() as service:
        for dataset in datasets:
            build(service, dataset, days, rows)
        before = damage(service, datasets, losses)
        service.ask("POST", "pace", {"copy_ms": COPY_SECONDS * 1000, "partition_updates_per_10s": UPDATES,
                                     "partition_updates_per_day": 30_000})
        took = recover(service, place)
        runbook = by_the_runbook(service, before)
        by_hand = lost[:MOST_DAYS_BY_HAND]
        daily = measured(service, lambda: day_by_day(service, before, by_hand))
        for dataset, missing in zip(datasets, (0, 0, len(lost) - len(by_hand))):
            assert service.rows(dataset) == (len(days) - missing) * rows, dataset
    alone = (len(lost) - 1) // UPDATES * WINDOW_SECONDS + COPY_SECONDS
    report(service, len(lost), alone, took, runbook, daily, len(by_hand))
