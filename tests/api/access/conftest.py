"""A world for the tests of who may do what."""

import msgspec
import pytest
from litestar import Litestar

from taskforge.config import Settings
from tests.api.access.world import World


@pytest.fixture
def settings(settings: Settings, tmp_path) -> Settings:
    """With a store of its own, and room for all the requests of a table."""
    return msgspec.structs.replace(
        settings, rate_limit_requests=1_000_000, artifacts_dir=tmp_path / "store"
    )


@pytest.fixture
async def world(app: Litestar) -> World:
    world = World(app)
    await world.people_it()
    return world
