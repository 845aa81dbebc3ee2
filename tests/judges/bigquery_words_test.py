"""What a person reads of a BigQuery table: BigQuery's own words in every verb, and the exact commands on its tickets."""

import datetime
import re

import pytest
import salvor_run as salvor
from bigquery_server import BigQueryServer
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

NAME = "prod.ds.events"
TABLE = "bigquery:" + NAME
FIRST = datetime.date(2021, 5, 1)
NOT_ITS_WORDS = re.compile(r"\bfiles?\b|\blinked\b|\bdisk\b|\bfolders?\b|\bin version\b|\bversion \d", re.I)
DAYS, LOST = 240, 220


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """240 days, 220 of which are lost in one event."""
    folder = tmp_path_factory.mktemp("words")
    with BigQueryServer("--no-quotas") as server:
        client = server.client("prod")
        client.create_dataset("prod.ds")
        staging = bigquery.Dataset("locked.staging")
        staging.access_entries = [bigquery.AccessEntry("OWNER", "userByEmail", "owner@example.com")]
        client.create_dataset(staging)
        table = bigquery.Table(NAME, [bigquery.SchemaField("day", "DATE"), bigquery.SchemaField("x", "STRING")])
        table.time_partitioning = bigquery.TimePartitioning(field="day")
        client.create_table(table)
        rows = [{"day": str(FIRST + datetime.timedelta(n)), "x": "a"} for n in range(DAYS)]
        client.load_table_from_json(rows, NAME).result()
        server.advance(3_600_000)
        client.query(f"DELETE FROM `{NAME}` WHERE day < DATE '{FIRST + datetime.timedelta(LOST)}'").result()
        server.advance(60_000)
        (folder / "salvor.yaml").write_text("review: {approvals: 0}\n")

        def say(*arguments, expect=salvor.DONE, host=server.url):
            return salvor.run(*arguments, expect=expect, prefix=["env", "-C", str(folder)],
                              env={"BIGQUERY_EMULATOR_HOST": host})
        say.host = server.url
        yield say


@pytest.fixture(scope="module")
def said(scene):
    """Every verb in turn: command -> what it said. Tickets are asked for before anything runs."""
    verbs = [("status", TABLE), ("history", TABLE), ("plan", TABLE, "--case", "inc", "--staging", "locked.staging"),
             ("show", "inc"), ("show", "inc", "--operations"), ("show", "inc", "--ticket", "markdown"),
             ("show", "inc", "--ticket", "jira"), ("persist", "inc"), ("apply", "inc", "--yes"),
             ("apply", "inc", "--yes"), ("apply", "inc", "--yes", "--json"), ("persist", "inc", "--json"),
             ("verify", "inc"), ("audit", "inc"), ("undo", "inc", "--yes"), ("undo", "inc", "--yes"),
             ("clean", "inc", "--abandon", "--yes"), ("show", "inc", "--sql"), ("audit", "inc"), ("status", TABLE)]
    answers = []
    for verb in verbs:
        expect = salvor.LOSS if verb[0] == "status" else salvor.DONE
        answers.append((verb, scene(*verb, expect=expect)))
    return answers


def one(said, *verb):
    return next(answer for asked, answer in said if asked == verb)


def test_no_verb_speaks_of_files_or_disks(said):
    for verb, answer in said:
        if "--json" in verb or "--ticket" in verb or "--operations" in verb:
            continue
        text = re.sub(r"SALVOR.*", "", answer.said)
        assert not NOT_ITS_WORDS.search(text), f"{NOT_ITS_WORDS.search(text).group(0)!r} in\n{answer}"


def test_status_and_history_say_what_their_numbers_are(said):
    for verb in ("status", "history"):
        text = one(said, verb, TABLE).out
        assert "milliseconds since 1970" in text
    status = one(said, "status", TABLE).out
    assert "judged by partitions, counts and metadata" in status and "IN TIME TRAVEL" in status


def test_persist_and_apply_say_clones_jobs_and_their_ids(said):
    assert "1 private copy," in one(said, "persist", "inc").out
    applied = one(said, "apply", "inc", "--yes").out
    assert "restored 220 partitions" in applied and "220 copy jobs, no bytes billed" in applied
    ids = re.search(r"ids of the jobs: (salvor-apply-[0-9a-f]{32})-", applied).group(1)
    document = one(said, "apply", "inc", "--yes", "--json").json
    assert document["already"] and document["job_ids_begin_with"] == ids
    assert one(said, "persist", "inc", "--json").json["clones"] == 1
    assert f"{ids}-20210501-1" in one(said, "show", "inc", "--operations").out


def test_operations_are_every_command_word_for_word(said):
    text = one(said, "show", "inc", "--operations").out
    assert text.count("CREATE TABLE `locked`.`staging`.`salvor_") == 1 and "FOR SYSTEM_TIME AS OF TIMESTAMP" in text
    copied = re.findall(r" cp -n 'locked:staging\.salvor_\w+\$(\d{8})' 'prod:ds\.events\$(\d{8})'", text)
    assert [a for a, b in copied] == [b for a, b in copied]
    assert copied == [(d, d) for d in ((FIRST + datetime.timedelta(n)).strftime("%Y%m%d") for n in range(LOST))]


def test_ticket_has_the_commands_and_says_where_the_whole_stands(said):
    for kind, most in [("markdown", 65_000), ("jira", 32_000)]:
        text = one(said, "show", "inc", "--ticket", kind).out
        assert "CREATE TABLE `locked`" in text and "--job_id=salvor-apply-" in text and "cp -n" in text
        if kind == "jira":
            assert re.search(r"… and [\d,]+ more, in the case", text), text[-2000:]
        else:
            assert text.count(" cp -n ") == LOST
        assert "222 commands, word for word" in text and "salvor show inc --operations" in text
        assert len(text) < most + 500
    text = re.sub(r"```.*?```", "", one(said, "show", "inc", "--ticket", "markdown").out, flags=re.S)
    prose = re.sub(r"`[^`]*`", "", text)
    assert not re.search(r"\bfiles?\b|\blinked\b|\bdisk\b|one change of the table", prose), prose
    assert "one copy job for each whole partition" in prose and "CREATE TABLE CLONE" in prose


def test_redacted_ticket_has_no_command(scene, said):
    text = scene("show", "inc", "--ticket", "markdown", "--redact").out
    assert "2021" not in re.sub(r"salvor_\w+|[0-9a-f]{12,}|\d{4}-\d\d-\d\dT", "", text).split("### What will run")[1]
    assert "CREATE TABLE `" not in text and "--operations" in text


def test_ticket_without_the_service_says_why_there_are_no_commands(scene, said):
    done = scene("show", "inc", "--ticket", "markdown", host="http://127.0.0.1:9")
    assert "cannot be listed here and now" in done.out and "127.0.0.1:9" in done.out


def test_reasons_and_deeds_say_instants_and_events(said):
    assert re.search(r"emptied by event \d{13} \(DELETE by", one(said, "plan", TABLE, "--case", "inc", "--staging",
                                                                 "locked.staging").out)
    deeds = [answer for asked, answer in said if asked == ("audit", "inc")][-1].out
    assert re.search(r"restored 220 partitions at 20\d\d-", deeds) and re.search(r"took it back at 20\d\d-", deeds), deeds
    assert re.search(r"proved 220 partitions at 20\d\d-", deeds) and "1970-" not in deeds, deeds


def test_what_moved_is_named_as_bigquery_has_it(scene, said):
    client = bigquery.Client(project="prod", credentials=AnonymousCredentials(),
                             client_options={"api_endpoint": scene.host})
    scene("plan", TABLE, "--case", "moved", "--staging", "locked.staging")
    scene("persist", "moved")
    client.query(f"ALTER TABLE `{NAME}` SET OPTIONS (require_partition_filter = TRUE)").result()
    refused = scene("apply", "moved", "--yes", expect=salvor.REFUSED)
    client.query(f"ALTER TABLE `{NAME}` SET OPTIONS (require_partition_filter = FALSE)").result()
    assert "require_partition_filter" in refused.err and "protocol" not in refused.err
    assert re.search(r"moved between 20\d\d-\S+ and 20\d\d-", refused.err), refused.err
