import pytest

from chaos.harness import Ground, open_chaos


@pytest.fixture(scope="session")
async def ground(tmp_path_factory):
    it = Ground(tmp_path_factory.mktemp("ground"))
    await it.start()
    yield it
    await it.stop()


@pytest.fixture
async def chaos(ground, tmp_path):
    async with open_chaos(ground, tmp_path) as it:
        yield it
