"""Schemathesis over the whole description, as everybody (T-59): nothing it finds is right.

`just fuzz` runs the long test: `FUZZ_SECONDS` for each account, with sequences of calls.
"""

import asyncio
import os
import random
from zlib import crc32

import pytest

from support.explorer import explore, plan

WHO = ["anonymous", "viewer", "operator", "admin", "key"]
PARTS = 2
THOUSANDS = ["submitJob", "submitJobs"]
"""Each has 8,000 cases, with the payloads of all types; `just fuzz` tries them, and
`test_hostile.py` every field of them."""
FUZZ_SECONDS = int(os.environ.get("FUZZ_SECONDS", "120"))


@pytest.mark.parametrize("number", range(PARTS))
@pytest.mark.parametrize("who", WHO)
async def test_every_answer_is_as_the_description_says(service, who, number):
    """Every case that its coverage phase makes, in parts that workers may share."""
    wanted = plan(seed=1, phases={"examples": {}, "coverage": {}}, uncovered=THOUSANDS)
    found = await asyncio.to_thread(
        explore,
        service.url,
        wanted,
        credential=service.credential(who),
        part=lambda name: crc32(name.encode()) % PARTS == number,
    )
    assert found.requests > 300
    assert not found.findings, "\n".join(found.findings)


@pytest.mark.chaos
@pytest.mark.parametrize("who", WHO)
async def test_minutes_of_drawn_cases_and_sequences_find_nothing(service, who):
    phases = {"examples": {}, "coverage": {}, "fuzzing": {}, "stateful": {"max-steps": 8}}
    wanted = plan(seed=random.getrandbits(32), phases=phases, examples=60, seconds=FUZZ_SECONDS)

    found = await asyncio.to_thread(
        explore, service.url, wanted, credential=service.credential(who)
    )

    about = f"seed {wanted['seed']}, {found.requests:,} requests"
    assert not found.findings, "\n".join([about, *found.findings])
