"""What every judge's test may ask for."""

import os
import random

import pytest

from daily_lake import DailyLake


@pytest.fixture(scope="session")
def session_seed():
    return int(os.environ.get("SALVOR_SEED") or random.SystemRandom().randrange(10**9))


@pytest.fixture
def seed(session_seed):
    """Printed with every failure; SALVOR_SEED runs the same tables again."""
    print(f"SALVOR_SEED={session_seed}")
    return session_seed


@pytest.fixture
def lake(tmp_path):
    folder = tmp_path / "lake"
    folder.mkdir()
    return folder


@pytest.fixture
def case(tmp_path):
    return tmp_path / "case"


@pytest.fixture
def table(lake):
    """Five days of ten rows."""
    return DailyLake(lake / "t")
