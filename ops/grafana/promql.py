"""Pieces of PromQL that many panels share."""

OURS = 'job=~"taskforge.*"'
"""What prometheus.yml calls our processes: other exporters have `process_…` metrics, too."""
BAD = 'outcome=~"failed|dead_letter"'
ENDED = 'outcome!="cancelled"'


def rate(metric: str, where: str = "") -> str:
    """How fast each series of a counter grows, per second."""
    return f"rate({metric}{_braces(where)}[$__rate_interval])"


def latest(metric: str, where: str = "") -> str:
    """A cluster gauge; a minute back, because it may change the scheduler that exports it."""
    return f"last_over_time({metric}{_braces(where)}[1m])"


def quantile(q: float, metric: str, where: str = "", by: str = "") -> str:
    """Of a histogram, for each value of the labels `by`."""
    labels = f"{by}, le" if by else "le"
    return f"histogram_quantile({q}, sum by ({labels}) ({rate(metric + '_bucket', where)}))"


def quantiles(metric: str, where: str = "") -> dict[str, str]:
    """Three of them, by legend."""
    return {f"p{q:.0%}".rstrip("%"): quantile(q, metric, where) for q in (0.5, 0.95, 0.99)}


def _braces(where: str) -> str:
    return f"{{{where}}}" if where else ""
