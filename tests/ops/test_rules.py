"""Prometheus' files, as its own tool sees them."""

import re
import subprocess

import pytest
import yaml

from support.prometheus import FOLDER, program

TESTS = sorted((FOLDER / "tests").glob("*.yml"))
ALERTS = {
    rule["alert"]: rule
    for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
}
CASES = [
    case
    for file in TESTS
    for test in yaml.safe_load(file.read_text())["tests"]
    for case in test["alert_rule_test"]
]


def promtool(*words):
    done = subprocess.run(  # noqa: S603 - Debian's
        [program("promtool"), *words], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["prometheus.yml", "local.yml"])
def test_prometheus_takes_the_configuration_and_its_rules(name):
    code, output = promtool("check", "config", "--lint-fatal", FOLDER / name)

    assert code == 0, output


@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.stem)
def test_rules_and_alerts_do_as_their_cases_say(file):
    code, output = promtool("test", "rules", file)

    assert code == 0, output


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_has_a_case_in_which_it_fires(name):
    assert [it for it in CASES if it["alertname"] == name and it["exp_alerts"]]


@pytest.mark.parametrize("name", ALERTS.keys() - {"TaskForgeDeadMansSwitch"})
def test_an_alert_has_a_case_in_which_it_is_quiet(name):
    assert [it for it in CASES if it["alertname"] == name and not it["exp_alerts"]]


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_how_bad_it_is_and_what_there_is_to_read(name):
    rule = ALERTS[name]

    assert re.fullmatch(r"TaskForge([A-Z][a-z]+)+", name)
    assert set(rule["labels"]) == {"severity"}
    assert rule["labels"]["severity"] in ("critical", "warning", "none")
    assert set(rule["annotations"]) == {"summary", "description", "runbook"}
    assert rule["annotations"]["runbook"] == f"ops/runbook.md#{name.lower()}"
