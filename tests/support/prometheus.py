"""A real Prometheus, as Debian ships it, watching processes of ours."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

from support.waiting import eventually

FOLDER = Path(__file__).resolve().parents[2] / "ops" / "prometheus"
START_SECONDS = 30


def program(name: str) -> str:
    """`prometheus` or `promtool`; nothing downloads one, and the suite does not run without."""
    found = shutil.which(name)
    assert found, (
        f"no {name} here: install it with `apt-get install prometheus`, and run this again"
    )
    return found


class Prometheus:
    """One that runs, seen through its HTTP API."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def get(self, path: str, **params: Any) -> Any:
        """The data of an answer.

        Raises:
            AssertionError: it refused, with what it says.
        """
        found = (await self._client.get(f"/api/v1/{path}", params=params)).json()
        assert found["status"] == "success", f"{params}: {found['error']}"
        return found["data"]

    async def values(self, expr: str) -> list[float]:
        """What an expression is worth now, for each label set; NaN is left out."""
        data = await self.get("query", query=expr)
        samples = [data["result"]] if data["resultType"] == "scalar" else [
            it["value"] for it in data["result"]
        ]  # fmt: skip
        return [value for _, word in samples if (value := float(word)) == value]


@asynccontextmanager
async def open_prometheus(
    folder: Path, port: int, targets: Mapping[str, list[str]]
) -> AsyncGenerator[Prometheus]:
    """Watch `targets` (addresses by the name of their job) with our rules, once a second.

    Args:
        folder: an empty one, for its data and its output.
        port: a free one.
        targets: as scrape_configs has them.
    """
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(_often(name, folder)) for name in ("rules.yml", "alerts.yml")],
        "scrape_configs": [
            {"job_name": job, "static_configs": [{"targets": addresses}]}
            for job, addresses in targets.items()
        ],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    line = [
        program("prometheus"), f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address=127.0.0.1:{port}",
    ]  # fmt: skip
    process = _start(line, folder / "output")
    try:
        url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as client:

            async def is_ready() -> bool:
                assert process.poll() is None, (folder / "output").read_text()[-2_000:]
                return (await client.get("/-/ready")).is_success

            await eventually(is_ready, within=START_SECONDS)
            yield Prometheus(client)
    finally:
        process.kill()
        await asyncio.to_thread(process.wait)


def _start(line: list[str], output: Path) -> subprocess.Popen[bytes]:
    with output.open("w") as sink:
        return subprocess.Popen(line, stdout=sink, stderr=sink)  # noqa: S603 - Debian's


def _often(name: str, folder: Path) -> Path:
    """A file of rules whose groups do not wait a minute for their first turn."""
    rules = yaml.safe_load((FOLDER / name).read_text())
    for group in rules["groups"]:
        group.pop("interval", None)
    copy = folder / name
    copy.write_text(yaml.safe_dump(rules))
    return copy
