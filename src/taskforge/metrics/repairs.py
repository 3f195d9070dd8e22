"""What schedulers repair: jobs of silent workers, and hints that went astray."""

from typing import Final

from prometheus_client import Counter

RECOVERED: Final = Counter(
    "taskforge_jobs_recovered_total", "Jobs taken from workers that fell silent", ["reason"]
)
WORKERS_LOST: Final = Counter("taskforge_workers_lost_total", "Worker units that fell silent")
REPAIRED: Final = Counter(
    "taskforge_hints_repaired_total",
    "Jobs hinted again, by what their hint was lost to",
    ["reason"],
)
EXPIRED: Final = RECOVERED.labels("lease_expired")
REDIS_RESTARTED: Final = REPAIRED.labels("redis_restarted")
UNHINTED: Final = REPAIRED.labels("unhinted")
STRANDED: Final = REPAIRED.labels("stranded")
