"""Run the bench: `python -m ops.bench [ROW …] [--json FILE]`; medians of three where it says so."""

import argparse
import asyncio
import json
import platform
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from ops.bench import rows
from ops.bench.auth import auth
from ops.bench.bulk import bulk
from ops.bench.fanout import fanout
from ops.bench.fires import fires
from ops.bench.hooks import hooks
from ops.bench.limit import limit
from ops.bench.limits import limits
from ops.bench.login import login
from ops.bench.logs import logs
from ops.bench.pause import pause
from ops.bench.reads import reads
from ops.bench.rows import Figure, Row
from ops.bench.search import search
from ops.bench.sizing import sizing
from ops.bench.stack import stack
from ops.bench.telling import telling
from ops.bench.traces import traces
from ops.bench.types import types
from ops.bench.why import why

ROWS: dict[str, Row] = {
    "drain": rows.drain,
    "submit": rows.submit,
    "latency": rows.latency,
    "fanout": fanout,
    "reads": reads,
    "search": search,
    "auth": auth,
    "limit": limit,
    "limits": limits,
    "traces": traces,
    "hooks": hooks,
    "fires": fires,
    "bulk": bulk,
    "login": login,
    "types": types,
    "logs": logs,
    "why": why,
    "pause": pause,
    "telling": telling,
    "sleepers": rows.sleepers,
    "memory": rows.memory,
    "idle": rows.idle,
    "sizing": sizing,
}


def main() -> None:
    """Run the rows that were asked for, each on a fresh stack, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("row", nargs="*", choices=[[], *ROWS], help="all when left out")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    asked = parser.parse_args()
    figures: dict[str, list[Figure]] = {}
    for name in asked.row or ROWS:
        figures[name] = asyncio.run(_measure(ROWS[name]))
        for figure in figures[name]:
            Console().print(f"  {figure.what}: [b]{figure.value}[/b]", highlight=False)
    _print(figures)
    if asked.json:
        found = [figure._asdict() for each in figures.values() for figure in each]
        asked.json.write_text(json.dumps({"machine": _machine(), "figures": found}, indent=2))


async def _measure(row: Row) -> list[Figure]:
    async with stack() as one:
        return await row(one)


def _print(figures: dict[str, list[Figure]]) -> None:
    table = Table("what", "measured", "goal", "", title=_machine())
    for figure in (it for each in figures.values() for it in each):
        mark = "[green]met" if figure.met else "[red]missed"
        table.add_row(figure.what, figure.value, figure.goal, mark)
    Console(width=150).print(table)


def _machine() -> str:
    cpu = next(
        (line.split(":")[1].strip() for line in _cpuinfo() if line.startswith("model name")), "?"
    )
    memory = psutil.virtual_memory().total / 2**30
    return f"{psutil.cpu_count()} x {cpu}, {memory:.0f} GiB, Python {platform.python_version()}"


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []


if __name__ == "__main__":
    main()
