"""A client of this worker's Valkey."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from taskforge.bus.client import open_client
from taskforge.config import Settings


@pytest.fixture
async def redis(settings: Settings) -> AsyncIterator[Redis]:
    client = open_client(settings)
    yield client
    await client.aclose()
