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
EVERY_CASE = ("examples", "coverage")
FUZZ_SECONDS = int(os.environ.get("FUZZ_SECONDS", "120"))


async def findings_of(service, who, part, *phases):
    """Of every case that these phases make of these operations."""
    wanted = plan(seed=1, phases={name: {} for name in phases}, uncovered=THOUSANDS)
    found = await asyncio.to_thread(
        explore, service.url, wanted, credential=service.credential(who), part=part
    )
    assert found.requests > (300 if "coverage" in phases else 30)
    return "\n".join(found.findings)


@pytest.mark.parametrize("number", range(PARTS))
async def test_every_answer_to_an_admin_is_as_the_description_says(service, number):
    """In parts that workers may share."""
    assert not await findings_of(
        service, "admin", lambda name: crc32(name.encode()) % PARTS == number, *EVERY_CASE
    )


@pytest.mark.parametrize("who", OTHERS)
async def test_every_operation_answers_one_of_the_others_as_it_says(service, who):
    """With the description's examples: what `just fuzz` asks besides, an admin is asked here."""
    mine = OTHERS.index(who)
    assert not await findings_of(
        service,
        who,
        lambda name: name not in THOUSANDS and crc32(name.encode()) % len(OTHERS) == mine,
        "examples",
    )


@pytest.mark.chaos
@pytest.mark.parametrize("who", OTHERS)
async def test_every_operation_answers_each_of_the_others_as_it_says(service, who):
    assert not await findings_of(service, who, lambda _: True, *EVERY_CASE)


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
