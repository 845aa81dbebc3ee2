#!/usr/bin/env python3
"""As much of `bq` as salvor's statements for a person's own hands need, run by Google's client: `cp -n` and `query`."""

import argparse
import os
import sys

from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery


def reference(text):
    project, _, rest = text.partition(":")
    dataset, _, table = rest.partition(".")
    return bigquery.DatasetReference(project, dataset).table(table)


def main():
    bq = argparse.ArgumentParser(allow_abbrev=False)
    bq.add_argument("--project_id", required=True)
    bq.add_argument("--location", required=True)
    bq.add_argument("--job_id")
    verbs = bq.add_subparsers(dest="verb", required=True)
    query = verbs.add_parser("query", allow_abbrev=False)
    query.add_argument("--nouse_legacy_sql", action="store_true", required=True)
    copy = verbs.add_parser("cp", allow_abbrev=False)
    copy.add_argument("-n", action="store_true", required=True)
    copy.add_argument("--destination_kms_key")
    copy.add_argument("source")
    copy.add_argument("destination")
    asked = bq.parse_args()
    client = bigquery.Client(project=asked.project_id, location=asked.location, credentials=AnonymousCredentials(),
                             client_options={"api_endpoint": os.environ["BIGQUERY_EMULATOR_HOST"]})
    if asked.verb == "cp":
        config = bigquery.CopyJobConfig(write_disposition="WRITE_EMPTY")
        if asked.destination_kms_key:
            config.destination_encryption_configuration = bigquery.EncryptionConfiguration(asked.destination_kms_key)
        client.copy_table(reference(asked.source), reference(asked.destination), job_id=asked.job_id,
                          job_config=config).result()
        return
    for row in client.query(sys.stdin.read(), job_id=asked.job_id).result():
        print(*row.values(), sep="\t")


if __name__ == "__main__":
    try:
        main()
    except Exception as error:
        sys.exit(f"bq: {error}")
