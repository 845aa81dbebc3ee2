"""Runs commands as whole processes and prints what they took, side by side."""

import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

SALVOR = os.environ.get("SALVOR_BIN", "build/release/salvor")
PYTHON = sys.executable


class Run:
    """Wall and processor seconds and peak memory (MiB) of one process, and what it printed."""

    def __init__(self, seconds, cpu, mebibytes, code, out):
        self.seconds, self.cpu, self.mebibytes, self.code, self.out = seconds, cpu, mebibytes, code, out


def drained(stream):
    while stream.read(1 << 20):
        pass
    return ""


def run(command, expect=(0,), keep=True, **keywords):
    started = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, **keywords)
    # Both pipes are small here but for --json, so standard output is drained first.
    out = process.stdout.read() if keep else drained(process.stdout)
    err = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in expect:
        sys.exit(f"{' '.join(map(str, command))}: exit {process.returncode}\n{out[-2000:]}{err[-2000:]}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode, out)


def salvor(*arguments, expect=(0,), keep=True):
    return run([SALVOR, *arguments], expect, keep)


def python(script, *arguments):
    """A peer, in a process of its own, so that its memory is its own too."""
    return run([PYTHON, "-c", script, *arguments])


def apart(work, *arguments):
    """Runs `work` in a process of its own: a child's peak memory starts from its parent's, so whoever
    starts the measured processes must stay small."""
    process = multiprocessing.get_context("fork").Process(target=work, args=arguments)
    process.start()
    process.join()
    if process.exitcode != 0:
        sys.exit(f"{work.__name__} failed")


def best(measure, times=3):
    """The fastest of several runs: the one that the machine disturbed least."""
    return min((measure() for _ in range(times)), key=lambda one: one.seconds)


def least_cpu(measure, times=3):
    """Likewise by processor seconds, which other work on the machine lengthens least."""
    return min((measure() for _ in range(times)), key=lambda one: one.cpu)


def fresh(place):
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    return place


def linked_copy(source, target):
    """A table of its own, without copying a byte: data files are never changed in place."""
    shutil.rmtree(target, ignore_errors=True)
    subprocess.run(["cp", "-al", str(source), str(target)], check=True)
    return target


def table(title, header, rows):
    print(f"\n## {title}\n")
    text = [[str(cell) for cell in row] for row in [header, *rows]]
    widths = [max(len(row[i]) for row in text) for i in range(len(header))]
    for number, row in enumerate(text):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |")
        if number == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")
    sys.stdout.flush()


def machine():
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 30
    return f"{len(os.sched_getaffinity(0))} cores of {model}, {memory} GiB"

