"""Good payloads, at least one for each operation; all run offline."""

from typing import Any

EXAMPLES: list[dict[str, Any]] = [
    {"dataset": "sales_q1", "operation": "aggregate", "rows": 50_000},
    {"dataset": "sales_q1", "operation": "profile", "rows": 10_000},
    {
        "dataset": "sales_q1",
        "operation": "aggregate",
        "rows": 100_000,
        "params": {
            "group_by": ["channel"],
            "metrics": [{"fn": "count", "as": "orders"}, {"fn": "p95", "column": "revenue"}],
            "having": [{"column": "orders", "op": "gt", "value": 100}],
            "order_by": [{"column": "orders", "desc": True}],
        },
    },
    {
        "dataset": "sales_q1",
        "operation": "filter",
        "params": {
            "where": [
                {"column": "region", "op": "in", "value": ["Europe", "Asia Pacific"]},
                {"column": "quantity", "op": "ge", "value": 8},
            ]
        },
    },
    {
        "dataset": {"inline": [{"city": "Oslo", "degrees": -3}, {"city": "Rome", "degrees": 11}]},
        "operation": "profile",
    },
    {
        "dataset": "customers",
        "operation": "clean",
        "params": {
            "fill": [
                {"column": "country", "value": "unknown"},
                {"column": "newsletter", "with": "mode"},
            ],
            "drop_nulls": ["email"],
            "rename": [{"column": "monthly_spend", "to": "spend_per_month"}],
        },
        "output": {"format": "csv"},
    },
    {
        "dataset": "customers",
        "operation": "deduplicate",
        "params": {"columns": ["email"], "loose": True},
    },
    {
        "dataset": "transactions",
        "operation": "outliers",
        "rows": 50_000,
        "params": {"column": "amount", "method": "mad", "k": 50},
    },
    {
        "dataset": "web_logs",
        "operation": "timeseries",
        "rows": 50_000,
        "params": {"value": "duration_ms", "fn": "p95", "every": "hour", "split_by": "server"},
    },
    {"dataset": "sensors", "operation": "correlate", "params": {"method": "spearman"}},
    {
        "dataset": "sales_q1",
        "operation": "pivot",
        "rows": 50_000,
        "params": {
            "rows": ["product"],
            "columns": "region",
            "metric": {"fn": "sum", "column": "revenue"},
        },
    },
    {
        "dataset": "web_logs",
        "operation": "sample",
        "params": {"size": 200, "stratify_by": "status"},
        "output": {"format": "ndjson"},
    },
    {
        "dataset": "customers",
        "operation": "validate",
        "params": {
            "rules": [
                {"column": "email", "rule": "regex", "pattern": "(?i)[^@ ]+@[^@ ]+[.][a-z]+"},
                {"column": "birth_year", "rule": "between", "low": 1920, "high": 2010},
                {"column": "country", "rule": "not_null"},
                {"column": "plan", "rule": "in_set", "values": ["free", "basic", "pro", "team"]},
                {"column": "customer_id", "rule": "unique"},
            ]
        },
    },
    {
        "dataset": "web_logs",
        "operation": "sql",
        "rows": 50_000,
        "params": {
            "query": "SELECT path, count(*) AS requests,"
            " round(100 * avg((status >= 500)::INTEGER), 2) AS errors_pct"
            " FROM data GROUP BY path ORDER BY errors_pct DESC"
        },
    },
    {
        "dataset": "transactions",
        "operation": "export",
        "rows": 100_000,
        "params": {"order_by": [{"column": "charged_at"}]},
        "output": {"format": "parquet", "preview_rows": 10},
    },
]
