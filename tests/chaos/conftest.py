import pytest

from chaos.harness import Ground, open_chaos
from taskforge.local.servers import Servers


@pytest.fixture(scope="session")
async def ground(tmp_path_factory):
    """Durable databases, and a forgetful Redis."""
    folder = tmp_path_factory.mktemp("ground")
    databases = Servers(folder / "pg", valkey=False)
    it = Ground(databases, Servers(folder / "kv", postgres=False, throwaway=True))
    await it.start()
    yield it
    await it.stop()


@pytest.fixture
async def chaos(ground, tmp_path):
    async with open_chaos(ground, tmp_path) as it:
        yield it
