"""Runs the binary as a person does, and says what it said when an expectation fails."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from delta_folder import digest

DONE, FAILED, USAGE, LOSS, LOST, REFUSED, UNKNOWN = range(7)  # the table of exit codes
UNPRIVILEGED = 65534  # nobody


def binary():
    path = os.environ.get("SALVOR_BIN")
    assert path and Path(path).exists(), f"SALVOR_BIN does not name the binary: {path!r}"
    return str(Path(path).resolve())


@dataclass
class Run:
    command: list
    code: int
    out: str
    err: str

    def __str__(self):
        return (f"$ {' '.join(self.command)}\n(exit {self.code})\n--- stdout\n{self.out}"
                f"\n--- stderr\n{self.err}")

    @property
    def said(self):
        return self.out + self.err

    @property
    def json(self):
        return json.loads(self.out)


def run(*arguments, expect=None, as_nobody=False, env=None, prefix=(), timeout=300, cwd=None):
    """`expect`: an exit code or a set of them; nothing means that the caller judges. Who is nobody
    starts where everybody may, as the checkout may lie in a folder that is closed to others."""
    command = [binary(), *map(str, arguments)]
    drop = ["setpriv", f"--reuid={UNPRIVILEGED}", f"--regid={UNPRIVILEGED}", "--clear-groups"]
    done = subprocess.run([*prefix, *(drop if as_nobody else []), *command], capture_output=True,
                          text=True, errors="replace", stdin=subprocess.DEVNULL, timeout=timeout,
                          cwd=cwd or ("/" if as_nobody else None),
                          env={**os.environ, "NO_COLOR": "1", **(env or {})})
    result = Run(command, done.returncode, done.stdout, done.stderr)
    if expect is not None:
        wanted = expect if isinstance(expect, (set, frozenset)) else {expect}
        assert result.code in wanted, f"exit {result.code}, expected {wanted}\n{result}"
    assert result.code >= 0 and result.code <= UNKNOWN, f"died\n{result}"
    return result


def start(*arguments, env=None):
    return subprocess.Popen([binary(), *map(str, arguments)], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env={**os.environ, "NO_COLOR": "1", **(env or {})})


def key_of(partition):
    """{"day": "2024-01-02"} as a tuple of its values, in the table's column order."""
    return tuple(partition.values())


def status(table, expect=None):
    return run("status", table, "--json", expect=expect).json


def by_health(status_json, health):
    return {key_of(p["partition"]): p for p in status_json["partitions"] if p["health"] == health}


def plan(table, case, *flags):
    """A case must come of it; its plan.json."""
    done = run("plan", table, "--case", case, *flags, expect=DONE)
    path = Path(case) / "plan.json"
    assert path.exists(), f"no case was written\n{done}"
    return json.loads(path.read_bytes())


def dispositions(made):
    return {key_of(p["partition"]): p["disposition"] for p in made["partitions"]}


def entry(made, key):
    return next(p for p in made["partitions"] if key_of(p["partition"]) == key)


def persisted(table, case, *flags):
    made = plan(table.path, case, *flags)
    run("persist", case, expect=DONE)
    return made


def restore(table, case, *flags):
    made = persisted(table, case, *flags)
    run("apply", case, "--yes", expect=DONE)
    run("verify", case, expect=DONE)
    return made


def recover(table, case, *flags):
    """The whole way, each step of which must succeed."""
    made = restore(table, case, *flags)
    run("clean", case, expect=DONE)
    return made


def refused_without_a_trace(table, *command, expect=REFUSED):
    """The command is refused, and nothing below the table's folder has changed."""
    before = digest(table.path)
    done = run(*command, expect=expect)
    assert digest(table.path) == before, f"the table's folder changed\n{done}"
    return done
