"""The fault run of `python -m benchmarks handover`, small: whatever fails, no case is lost and none doubled."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.handover import under_fire
from tests.servers.postgres import PostgresServer


@pytest.mark.parametrize(("database", "cases", "processes"), [("postgresql", 40, 2), ("sqlite", 20, 1)])
async def test_nothing_is_lost_or_doubled_while_everything_fails(
    tmp_path: Path, database: str, cases: int, processes: int
) -> None:
    if database == "postgresql":
        # Of its own, since it is stopped and started under way.
        with PostgresServer() as postgres:
            outcome = await under_fire(tmp_path, cases, processes, postgres=postgres)
    else:
        outcome = await under_fire(tmp_path, cases, processes)
    assert (outcome.cases, outcome.lost, outcome.doubled, outcome.waiting) == (cases, 0, 0, 0)
    assert (outcome.wrong, outcome.failed, outcome.replies_lost) == ([], 0, 0)
    assert outcome.kills
    assert outcome.faults.total() > cases / 4, "everything failed, as it should"
