"""Tickets: what they say, that names in them do nothing, and that no lost reply opens a second one."""

import html
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import cmarkgfm
import pytest

import salvor_run as salvor
from daily_lake import DailyLake
from tracker_server import TOKEN, TrackerServer, check_adf

KINDS = [("jira", 3), ("jira", 2), ("bugzilla", 3), ("github", 3)]
NASTY = ("`x` ``y`` <img src=x onerror=alert(1)> <script>alert(1)</script> @everyone #1 | [a](https://evil.example) "
         "{noformat}{color:red}*b* h1. https://evil.example \u202e\u200b")
NASTY_VALUE = "`x` <img src=x onerror=alert(1)> @everyone {noformat}\u202e"  # a folder is named after it


def run_in(folder, *arguments, expect=salvor.DONE):
    return salvor.run(*arguments, expect=expect, prefix=["env", "-C", str(folder)])


@pytest.fixture
def planned(table, case):
    table.delete(2, 3)
    salvor.plan(table.path, case)
    return table


@pytest.fixture(params=KINDS, ids=lambda p: f"{p[0]}{p[1]}")
def tracker(request, tmp_path):
    with TrackerServer(*request.param) as server:
        server.section(tmp_path)
        yield server


def digest_of(case):
    import hashlib
    return hashlib.sha256((Path(case) / "plan.json").read_bytes()).hexdigest()


def head_of(case):
    last = json.loads((Path(case) / "journal.jsonl").read_text().splitlines()[-1])
    return last["n"], last["hash"]


def test_ticket_says_what_a_reviewer_needs(planned, case):
    said = salvor.run("show", case, "--ticket", "markdown", expect=salvor.DONE).out
    for needed in [digest_of(case), planned.path, "2024-01-02 .. 2024-01-03", "DELETE", "20 rows", "deadline: ",
                   "salvor verify", "salvor undo", "APPROVALS: 0"]:
        assert needed in said, needed


def test_ticket_is_opened_and_told_of_every_step(planned, case, tracker, tmp_path):
    run_in(tmp_path, "ticket", "open", case)
    assert len(tracker.tickets) == 1 and digest_of(case)[:12] in tracker.tickets[0]["title"]
    assert digest_of(case) in tracker.tickets[0]["texts"][0]
    for command in [("persist", case), ("apply", case, "--yes"), ("verify", case), ("clean", case)]:
        run_in(tmp_path, *command)
    texts = tracker.tickets[0]["texts"]
    assert [next(w for w in ["private copy /", "restored 2", "proved", "dropped"] if w in t) for t in texts[1:]] == [
        "private copy /", "restored 2", "proved", "dropped"]
    assert "salvor-journal" in texts[-1]
    run_in(tmp_path, "ticket", "open", case)
    assert len(tracker.tickets) == 1


@pytest.mark.parametrize("fault", ["lost", "half", "gateway", "html", "deep", "evil key", "other key"])
def test_lost_or_lying_reply_opens_no_second_ticket(planned, case, tracker, tmp_path, fault):
    tracker.faults = [fault]
    done = run_in(tmp_path, "ticket", "open", case, expect={salvor.DONE, salvor.UNKNOWN})
    assert TOKEN not in done.said and "\x1b" not in done.said
    run_in(tmp_path, "ticket", "open", case)
    assert len(tracker.tickets) == 1


def test_ticket_that_is_not_listed_yet_is_waited_for(planned, case, tracker, tmp_path):
    tracker.faults, tracker.listed = ["lost"], False
    run_in(tmp_path, "ticket", "open", case, expect=salvor.UNKNOWN)
    done = run_in(tmp_path, "ticket", "open", case, expect=salvor.UNKNOWN)
    assert "does not list yet" in done.err and len(tracker.tickets) == 1


@pytest.mark.parametrize("fault", ["lost", "gateway", "unauthorized"])
def test_failing_tracker_never_stops_a_recovery(planned, case, tracker, tmp_path, fault):
    run_in(tmp_path, "ticket", "open", case)
    tracker.faults = [fault]
    done = run_in(tmp_path, "persist", case)
    assert "was not told" in done.err and TOKEN not in done.said
    assert "not told" in (case / "journal.jsonl").read_text() or '"step":"ticket"' in (
        case / "journal.jsonl").read_text()
    run_in(tmp_path, "apply", case, "--yes")
    told = "\n".join(tracker.tickets[0]["texts"][1:])
    assert told.count("private copy /") == 1 and told.count("restored 2") == 1


def test_tracker_that_is_gone_never_stops_a_recovery(planned, case, tmp_path):
    with TrackerServer("github") as server:
        server.section(tmp_path)
        run_in(tmp_path, "ticket", "open", case)
    done = run_in(tmp_path, "persist", case)
    assert "was not told" in done.err


def test_busy_or_slow_tracker_is_asked_again(planned, case, tracker, tmp_path):
    tracker.faults = ["too many", "slow"]
    run_in(tmp_path, "ticket", "open", case)
    assert len(tracker.tickets) == 1


def test_ticket_of_another_machine_is_found(planned, case, tracker, tmp_path):
    import shutil
    copy = tmp_path / "copy"
    shutil.copytree(case, copy)
    run_in(tmp_path, "ticket", "open", case)
    assert "there is a ticket" in run_in(tmp_path, "ticket", "open", copy).out
    assert len(tracker.tickets) == 1


def test_wrong_token_is_said_and_not_shown(planned, case, tracker, tmp_path):
    (tmp_path / "token").write_text("wr0ng-token")
    done = run_in(tmp_path, "ticket", "open", case, expect=salvor.FAILED)
    assert "wr0ng-token" not in done.said and "token" in done.err
    assert "wr0ng-token" not in (case / "journal.jsonl").read_text()


def test_token_may_come_from_a_program(planned, case, tmp_path):
    with TrackerServer("github") as server:
        server.section(tmp_path)
        yaml = (tmp_path / "salvor.yaml").read_text()
        (tmp_path / "salvor.yaml").write_text(yaml.replace("{file: token}", f"{{command: [printf, {TOKEN}]}}"))
        run_in(tmp_path, "ticket", "open", case)
        assert len(server.tickets) == 1


def test_redacted_ticket_and_its_comments_hold_no_partition_value(planned, case, tracker, tmp_path):
    run_in(tmp_path, "ticket", "open", case, "--redact")
    run_in(tmp_path, "persist", case)
    planned.append(2, [1])
    run_in(tmp_path, "apply", case, "--yes", expect=salvor.REFUSED)
    said = json.dumps(tracker.tickets)
    assert "2024-01-0" not in said and "apply was not done" in said


def test_without_a_tracker_the_case_is_just_worked_on(planned, case, tmp_path):
    done = run_in(tmp_path, "ticket", "open", case, expect=salvor.USAGE)
    assert "tickets" in done.err
    assert "ticket" not in run_in(tmp_path, "persist", case).err


# What the ticket keeps ----------------------------------------------------------------------------------------------


def audit(folder, case, *more, expect=salvor.DONE):
    return run_in(folder, "audit", case, "--json", *more, expect=expect)


@pytest.fixture
def told(planned, case, tracker, tmp_path):
    run_in(tmp_path, "ticket", "open", case)
    run_in(tmp_path, "persist", case)
    run_in(tmp_path, "apply", case, "--yes")
    return tracker


def key_of(tracker, number=1):
    return f"DSRE-{number}" if tracker.kind == "jira" else str(number)


def test_audit_asks_the_ticket_for_the_heads_that_it_keeps(told, case, tmp_path):
    lines = (case / "journal.jsonl").read_text().splitlines(keepends=True)
    # The journal alone says which ticket it is: then the ticket can show what is wrong, and vouches for nothing.
    by_itself = audit(tmp_path, case).json
    assert by_itself["verdict"] == "unproven" and by_itself["vouched"] == 0
    assert len(by_itself["heads"]) == 3 and all(h["holds"] and not h["vouches"] for h in by_itself["heads"])
    named = audit(tmp_path, case, "--ticket", key_of(told)).json
    # All but the lines that say that the last comment was made.
    assert named["vouched"] == len(lines) - 2 and all(h["vouches"] for h in named["heads"])
    (case / "journal.jsonl").write_text("".join(lines[:-4]))
    done = audit(tmp_path, case, expect=salvor.FAILED)
    assert done.json["verdict"] == "altered" and "cut off" in done.err
    assert not audit(tmp_path, case, "--no-ticket").json["problems"]


def test_audit_needs_no_tracker_unless_it_is_asked_for(planned, case, tmp_path):
    with TrackerServer("github") as server:
        server.section(tmp_path)
        run_in(tmp_path, "ticket", "open", case)
    done = audit(tmp_path, case)
    assert "was not asked" in done.err and done.json["verdict"] == "unproven" and TOKEN not in done.said
    audit(tmp_path, case, "--ticket", "1", expect=salvor.FAILED)
    assert "was not asked" not in audit(tmp_path, case, "--no-ticket").err
    (tmp_path / "salvor.yaml").unlink()
    assert audit(tmp_path, case).err == ""
    assert "--head" in audit(tmp_path, case, "--ticket", "1", expect=salvor.USAGE).err


def test_heads_that_a_ticket_makes_up_prove_nothing(told, case, tmp_path):
    digest = digest_of(case)
    for kept in ("bodies", "texts"):  # what it was opened with
        told.tickets[0][kept] = told.tickets[0][kept][:1]
    honest = audit(tmp_path, case, "--ticket", key_of(told)).json["vouched"]
    assert honest < len((case / "journal.jsonl").read_text().splitlines()) - 2
    if (told.kind, told.api) == ("jira", 3):
        return  # the rest is one text
    for lie in [f"plan {digest} salvor-journal 99 {'f' * 64}", f"plan {digest} salvor-journal 4 {'f' * 64}"]:
        told.tickets[0]["bodies"].append(lie)
        told.tickets[0]["texts"] = list(told.tickets[0]["bodies"])
        assert audit(tmp_path, case, "--ticket", key_of(told), expect=salvor.FAILED).json["vouched"] == honest
        told.tickets[0]["bodies"].pop()
    told.tickets[0]["bodies"].append(f"salvor-journal 99 {'f' * 64} of some other plan")
    told.tickets[0]["texts"] = list(told.tickets[0]["bodies"])
    assert audit(tmp_path, case, "--ticket", key_of(told)).json["vouched"] == honest


def test_another_ticket_vouches_for_nothing(told, case, tmp_path):
    audit(tmp_path, case, "--ticket", key_of(told, 7), expect=salvor.FAILED)
    audit(tmp_path, case, "--ticket", "../1", expect=salvor.USAGE)


# Names that would act ---------------------------------------------------------------------------------------------


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.seen, self.text, self.code = set(), [], 0

    def handle_starttag(self, tag, attributes):
        self.seen.add(tag)
        self.code += tag == "code"

    def handle_endtag(self, tag):
        self.code -= tag == "code"

    def handle_data(self, data):
        if not self.code:
            self.text.append(data)


@pytest.fixture
def nasty(tmp_path):
    """A table whose folder, partition values and writer have such names."""
    import pyarrow as pa
    from deltalake import CommitProperties, DeltaTable, write_deltalake
    plain = str(tmp_path / "plain")
    for value in [NASTY_VALUE, "plain"]:
        write_deltalake(plain, pa.table({"p": [value], "id": [1]}), mode="append", partition_by=["p"])
    DeltaTable(plain).delete("p != 'plain'",
                             commit_properties=CommitProperties(custom_metadata={"userName": NASTY}))
    folder = Path(plain).rename(tmp_path / NASTY.replace("/", "_"))
    case = tmp_path / "nasty case"
    salvor.run("plan", folder, "--case", case, expect=salvor.DONE)
    return case


@pytest.mark.parametrize("kind", ["github", "bugzilla", "markdown"])
def test_names_are_neither_markdown_nor_html(nasty, kind):
    said = salvor.run("show", nasty, "--ticket", kind, "--json", expect=salvor.DONE).json["text"]
    assert "\u202e" not in said and "\u200b" not in said and "\\u202e" in said
    rendered = cmarkgfm.github_flavored_markdown_to_html(said, options=cmarkgfm.cmark.Options.CMARK_OPT_UNSAFE)
    tags = Tags()
    tags.feed(rendered)
    assert tags.seen <= {"h3", "p", "ul", "li", "code", "pre", "strong", "blockquote"}, tags.seen
    outside = "".join(tags.text)
    assert "evil" not in outside and "@everyone" not in outside
    assert "<img src=x onerror=alert(1)>" in html.unescape(rendered)


def test_names_stay_inside_of_noformat(nasty):
    said = salvor.run("show", nasty, "--ticket", "jira", "--json", expect=salvor.DONE).json["text"]
    outside = re.sub(r"(?ms)^\{noformat\}\n.*?^\{noformat\}\n", "", said)
    assert "evil" not in outside and "@everyone" not in outside
    assert said.count("{noformat}") % 2 == 0 and "\\x7bnoformat}" in said


def test_names_are_text_in_jiras_documents(nasty, tmp_path):
    with TrackerServer("jira") as server:
        server.section(tmp_path)
        run_in(tmp_path, "ticket", "open", nasty)
        assert "<img src=x onerror=alert(1)>" in check_adf(server.tickets[0]["bodies"][0])


def test_many_partitions_fit_every_tracker(lake, case, tmp_path):
    import pyarrow as pa
    from deltalake import DeltaTable, write_deltalake
    folder = str(lake / "many")
    names = [f"{'long-name-' * 12}{n:04}" for n in range(1200)]
    write_deltalake(folder, pa.table({"p": names, "id": list(range(1200))}), partition_by=["p"])
    for n in range(0, 130):
        DeltaTable(folder).delete(f"p = '{names[2 * n]}'")
    salvor.run("plan", folder, "--case", case, expect=salvor.DONE)
    for kind, most in [("jira", 32767), ("bugzilla", 65535), ("github", 65536)]:
        said = salvor.run("show", case, "--ticket", kind, "--json", expect=salvor.DONE).json["text"]
        assert len(said) <= most and "more, in the case" in said


def test_operations_on_files_are_what_persist_and_apply_then_do(planned, case):
    from delta_folder import actions, versions
    text = salvor.run("show", case, "--ticket", "markdown", expect=salvor.DONE).out
    listed = salvor.run("show", case, "--operations", expect=salvor.DONE).out.splitlines()
    assert all(line in text for line in listed)
    links = [re.fullmatch(r"persist: link (\S+) to (\S+) \((\d+) rows, .*\)", line) for line in listed]
    fresh = [re.fullmatch(r"apply: link (\S+) to (\S+), and add it to the table's log", line) for line in listed]
    staged, added = [m for m in links if m], [m for m in fresh if m]
    assert len(staged) == len(added) == 2 and sum(int(m.group(3)) for m in staged) == 20
    salvor.run("persist", case, expect=salvor.DONE)
    assert all(Path(m.group(2)).stat().st_ino == (Path(planned.path) / m.group(1)).stat().st_ino for m in staged)
    salvor.run("apply", case, "--yes", expect=salvor.DONE)
    commit = actions(planned.path, versions(planned.path)[-1])
    assert [a["add"]["path"] for a in commit if "add" in a] == [m.group(2) for m in added]
    txn = next(a["txn"]["appId"] for a in commit if "txn" in a)
    assert listed[-1].startswith("apply: all of this in one new commit") and listed[-1].endswith(txn)


def test_files_that_a_replacement_takes_out_are_named(table, case):
    from delta_folder import actions, versions
    table.delete(2, also="id < 2005")
    salvor.plan(table.path, case, "--include", "partial")
    listed = salvor.run("show", case, "--operations", expect=salvor.DONE).out.splitlines()
    removed = [re.fullmatch(r"apply: remove (\S+) from the table's log; the file stays", line) for line in listed]
    salvor.run("persist", case, expect=salvor.DONE)
    salvor.run("apply", case, "--yes", expect=salvor.DONE)
    commit = actions(table.path, versions(table.path)[-1])
    assert [a["remove"]["path"] for a in commit if "remove" in a] == [m.group(1) for m in removed if m]
