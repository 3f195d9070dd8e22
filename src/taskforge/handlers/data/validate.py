"""The operation `validate`: hold columns to rules, and show the rows that break them."""

from typing import Any, NamedTuple

from taskforge.handlers.base import Report
from taskforge.handlers.data.clean import SQL_TYPES
from taskforge.handlers.data.conditions import Bound, where
from taskforge.handlers.data.engine import input_faults, quote
from taskforge.handlers.data.operation import Outcome
from taskforge.handlers.data.params import ValidateParams
from taskforge.handlers.data.rules import Between, InSet, NotNull, OfType, Regex, Rule, Unique
from taskforge.handlers.data.shown import cell
from taskforge.handlers.data.table import Column, Table
from taskforge.handlers.data.terms import Condition, Op

SHOWN_VALUES = 5
SHOWN_TEXT = 100
ROW = "row"
BROKEN = "broken"


class Check(NamedTuple):
    """A rule as SQL: true for a row that breaks it."""

    rule: Rule
    column: Column
    broken: Bound


def validate(table: Table, params: ValidateParams, report: Report) -> Outcome:
    """Write the rows that break a rule to the table `result`: place, rules broken, the row itself.

    Raises:
        InvalidInput: no such column, a pattern that RE2 does not take, or a value that the
            column's type cannot hold.
    """
    checks = [_check(table, rule) for rule in params.rules]
    row, broken = table.spare(ROW), table.spare(BROKEN)
    with input_faults("The rules cannot be checked"):
        _judge(table, checks, row)
    names = ", ".join(column.sql for column in table.columns)
    labels = ", ".join(f"CASE WHEN {quote(_flag(table, n))} THEN ? END" for n in range(len(checks)))
    result = table.derive(
        "result",
        f"SELECT {quote(row)}, concat_ws('; ', {labels}) AS {quote(broken)}, {names}"
        f" FROM judged WHERE {' OR '.join(quote(_flag(table, n)) for n in range(len(checks)))}"
        f" ORDER BY {quote(row)}",
        [f"{check.column.name}: {_tag(check.rule)}" for check in checks],
    )
    rows, failed = table.count(), result.count()
    judged = Table(table.engine, "judged")
    report_of = [_told(judged, check, _flag(table, n), rows) for n, check in enumerate(checks)]
    passed = sum(not told["failed"] for told in report_of)
    facts = {
        "valid": not failed,
        "passed": passed,
        "rules": report_of,
        "failed_rows": failed,
    }
    warnings = [] if rows else ["There are no rows: every rule holds."]
    return Outcome(
        table=result, columns=result.columns, facts={"validation": facts}, warnings=warnings
    )


def _judge(table: Table, checks: list[Check], row: str) -> None:
    """Make the table `judged`: the rows, their places, and a flag for each rule."""
    flags = ", ".join(
        f"coalesce({check.broken.sql}, FALSE) AS {quote(_flag(table, n))}"
        for n, check in enumerate(checks)
    )
    values = [value for check in checks for value in check.broken.values]
    table.derive("judged", f"SELECT *, {flags} FROM {table.numbered(row)}", values)


def _flag(table: Table, number: int) -> str:
    return table.spare(f"broken_{number}")


def _check(table: Table, rule: Rule) -> Check:
    column = table.column(rule.column)
    return Check(rule, column, _broken(table, column, rule))


def _broken(table: Table, column: Column, rule: Rule) -> Bound:
    name = column.sql
    match rule:
        case NotNull():
            return Bound(f"{name} IS NULL", [])
        case Unique():
            return Bound(f"{name} IS NOT NULL AND count(*) OVER (PARTITION BY {name}) > 1", [])
        case Regex():
            with input_faults(f"The pattern for {column.name!r} is not one that RE2 takes"):
                table.rows("SELECT regexp_full_match('', ?)", [rule.pattern])
            return Bound(f"NOT regexp_full_match(CAST({name} AS VARCHAR), ?)", [rule.pattern])
        case OfType():
            read = f"TRY_CAST({name} AS {SQL_TYPES[rule.type]})"
            return Bound(f"{name} IS NOT NULL AND {read} IS NULL", [])
        case Between() | InSet():
            kept = where(table, _conditions(rule))
            return Bound(f"NOT ({kept.sql})", kept.values)


def _conditions(rule: Between | InSet) -> list[Condition]:
    if isinstance(rule, InSet):
        return [Condition(column=rule.column, op=Op.IN, value=list(rule.values))]
    ends = [(Op.GE, rule.low), (Op.LE, rule.high)]
    return [Condition(column=rule.column, op=op, value=v) for op, v in ends if v is not None]


def _told(judged: Table, check: Check, flag: str, rows: int) -> dict[str, Any]:
    failed = judged.value(f"SELECT count(*) FROM judged WHERE {quote(flag)}")
    examples: list[Any] = []
    if failed and not isinstance(check.rule, NotNull):
        examples = judged.rows(
            f"SELECT left(CAST({check.column.sql} AS VARCHAR), {SHOWN_TEXT}) FROM judged"
            f" WHERE {quote(flag)} GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT {SHOWN_VALUES}"
        )
    return {
        "column": check.column.name,
        "rule": _tag(check.rule),
        "ok": not failed,
        "failed": failed,
        "percent": round(100 * failed / rows, 4) if rows else 0.0,
        "examples": [cell(example[0]) for example in examples],
    }


def _tag(rule: Rule) -> str:
    config: Any = rule.__struct_config__
    return str(config.tag)
