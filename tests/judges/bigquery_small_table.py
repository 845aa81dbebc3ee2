"""A small BigQuery table of any kind on the test server, with a loss in it, and what its recovery was said to cost."""

import re

import salvor_run
from google.cloud import bigquery

NAME = "prod.ds.t"
TABLE = f"bigquery:{NAME}"
MIB = 1 << 20
DAY = "PARTITION BY d"
LOST = "k = 2"  # rows of the partitions that are lost, in every kind of table


class SmallTable:
    """A table of one kind in which the rows with k = 2 are a partition of their own (k = 1: another one)."""

    def __init__(self, server, folder):
        self.server, self.folder, self.client = server, folder, server.client("prod")
        self.client.create_dataset("prod.ds")
        staging = bigquery.Dataset("locked.staging")
        staging.access_entries = [bigquery.AccessEntry("OWNER", "userByEmail", "owner@example.com")]
        self.client.create_dataset(staging)

    def run(self, sql):
        self.server.advance(10)
        job = self.client.query(sql)
        job.result()
        self.server.advance(10)
        return job

    def make(self, layout="", options="", partition="DATE '2024-01-0{k}'", column="d", filter="d"):
        """Three rows for each k, one of them twice."""
        columns = "k INT64, x STRING" + ("" if column in ("", "_PARTITIONTIME", "k") else f", {column} DATE")
        self.run(f"CREATE TABLE `{NAME}` ({columns}) {layout} {options}")
        own = column not in ("", "k")
        for k in (1, 2):
            day = partition.format(k=k)
            values = ", ".join(f"({k}, '{x}'{', ' + day if own else ''})" for x in ("a", "a", "b"))
            self.run(f"INSERT INTO `{NAME}` (k, x{', ' + column if own else ''}) VALUES {values}")
        self.always = f"({filter} IS NULL OR {filter} IS NOT NULL) AND " if filter else ""

    def lose(self, which=LOST):
        self.server.advance(60_000)
        self.run(f"DELETE FROM `{NAME}` WHERE {self.always}{which}")
        self.server.advance(60_000)

    def restored(self, *flags):
        salvor_run.run("plan", TABLE, "--case", "inc", "--staging", "locked.staging", *flags, expect=0)
        salvor_run.run("persist", "inc", expect=0)
        return salvor_run.run("apply", "inc", "--yes", expect=0)

    def swap_a_row(self):
        """As many rows as before, but another one."""
        job = self.run(f"UPDATE `{NAME}` SET x = 'z' WHERE {self.always}{LOST} AND x = 'b'")
        assert job.num_dml_affected_rows == 1

    def billed(self, *command, expect=0):
        before = self.server.meters()["bytes_billed"]
        done = salvor_run.run(*command, expect=expect)
        return done, self.server.meters()["bytes_billed"] - before


def told(text):
    """The bytes that were said before, together."""
    units = {"B": 1, "KiB": 1024, "MiB": MIB, "GiB": 1024 * MIB}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"about ([\d.]+) (\w*B) billed", text))
