"""A world for the tests of who may do what."""

import msgspec
import pytest
from litestar import Litestar

from taskforge.config import Settings
from tests.api.access.world import World


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With room for all the requests of a table."""
    return msgspec.structs.replace(settings, rate_limit_requests=1_000_000)


@pytest.fixture
async def world(app: Litestar) -> World:
    """With everybody in it."""
    world = World(app)
    await world.people_it()
    return world


@pytest.fixture
async def town(app: Litestar) -> World:
    """With an admin, a viewer, and somebody else."""
    world = World(app)
    await world.people_with("viewer", "admin", "other")
    return world
