"""Schemathesis over the whole description, as everybody (T-59): nothing it finds is right.

`just fuzz` runs the long test: `FUZZ_SECONDS` for each account, with sequences of calls.
"""

import asyncio
import os
import random
from zlib import crc32

import pytest

from support.explorer import explore, plan

OTHERS = ["anonymous", "viewer", "operator", "key"]
PARTS = 2
THOUSANDS = ["submitJob", "submitJobs"]
"""Each has 8,000 cases, with the payloads of all types; `just fuzz` tries them, and
`test_hostile.py` every field of them. Of the others nobody tries their examples here."""
FUZZ_SECONDS = int(os.environ.get("FUZZ_SECONDS", "120"))


async def findings_of(service, who, part, **coverage):
    """Of every case that the coverage phase, with these options, makes of these operations."""
    wanted = plan(seed=1, phases={"examples": {}, "coverage": coverage}, uncovered=THOUSANDS)
    found = await asyncio.to_thread(
        explore, service.url, wanted, credential=service.credential(who), part=part
    )
    assert found.requests > 300
    return "\n".join(found.findings)


@pytest.mark.parametrize("number", range(PARTS))
async def test_every_answer_to_an_admin_is_as_the_description_says(service, number):
    """In parts that workers may share."""
    assert not await findings_of(
        service, "admin", lambda name: crc32(name.encode()) % PARTS == number
    )


@pytest.mark.parametrize("who", OTHERS)
async def test_every_operation_answers_one_of_the_others_as_it_says(service, who):
    """With what fits the description: what does not is refused of an admin, too, if not before."""
    assert not await findings_of(
        service,
        who,
        lambda name: name not in THOUSANDS and OTHERS[crc32(name.encode()) % len(OTHERS)] == who,
        generation={"mode": "positive"},
    )


@pytest.mark.chaos
@pytest.mark.parametrize("who", OTHERS)
async def test_every_operation_answers_each_of_the_others_as_it_says(service, who):
    assert not await findings_of(service, who, lambda _: True)


@pytest.mark.chaos
@pytest.mark.parametrize("who", ["admin", *OTHERS])
async def test_minutes_of_drawn_cases_and_sequences_find_nothing(service, who):
    phases = {"examples": {}, "coverage": {}, "fuzzing": {}, "stateful": {"max-steps": 8}}
    wanted = plan(seed=random.getrandbits(32), phases=phases, examples=60, seconds=FUZZ_SECONDS)

    found = await asyncio.to_thread(
        explore, service.url, wanted, credential=service.credential(who)
    )

    about = f"seed {wanted['seed']}, {found.requests:,} requests"
    assert not found.findings, "\n".join([about, *found.findings])
