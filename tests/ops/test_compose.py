"""compose.yaml, and the image that it builds."""

import json
import re
from pathlib import Path

import msgspec
import pytest
import yaml
from compose_spec import PyCompose

from taskforge.config import SECRETS, Settings
from taskforge.handlers.mail.server import server_of

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "compose.yaml").read_text()
PLACEHOLDER = re.compile(r"(?<!\$)\$\{(\w+)(:-([^}]*))?\}")
NOT_SETTINGS = {"API_PUBLISH", "CONTAINER_LOGS", "GRAFANA_PASSWORD", "GRAFANA_PUBLISH",
                "POSTGRES_PASSWORD", "PROMETHEUS_PUBLISH", "REDIS_PASSWORD", "TASKFORGE_TAG",
                "WEB_PUBLISH", "WORKER_STOP"}  # fmt: skip
"""What compose.yaml asks for besides, and explains itself."""
BY_SPEC = {"api": 8000, "web": 3000, "prometheus": 9090, "grafana": 3001}


def filled_in(text: str) -> str:
    """As on a fresh clone, where nothing is set."""
    return PLACEHOLDER.sub(lambda it: it[3], text).replace("$$", "$")


STACK = yaml.safe_load(filled_in(TEXT))
SERVICES = STACK["services"]
OURS = {name: it for name, it in SERVICES.items() if it["image"].startswith("taskforge:")}


def test_it_is_what_the_compose_specification_allows():
    PyCompose.from_json(json.dumps(STACK)).validate()


def test_the_services_of_the_contract_are_there():
    started = {name for name, it in SERVICES.items() if not it.get("profiles")}

    assert started == {
        "postgres", "redis", "migrate", "api", "api-2", "worker", "scheduler", "web", "prometheus",
        "grafana",
    }  # fmt: skip
    assert SERVICES["worker"]["deploy"]["replicas"] == 2
    assert SERVICES["worker"]["command"] == ["worker", "--threads", "4"]
    for name, port in BY_SPEC.items():
        assert SERVICES[name]["ports"][0].split(":")[1] == str(port)


def test_it_starts_on_a_fresh_clone():
    """What is not set has a default, and what is optional says so."""
    assert [it[0] for it in PLACEHOLDER.findall(TEXT) if not it[1]] == []
    for it in OURS.values():
        assert it["env_file"] == [{"path": ".env", "required": False}]


def test_every_variable_is_a_setting_or_explained():
    known = {field.encode_name for field in msgspec.structs.fields(Settings)}
    asked = {it[0] for it in PLACEHOLDER.findall(TEXT)}

    assert {name for it in OURS.values() for name in it["environment"]} <= known
    assert asked - known == NOT_SETTINGS
    head = TEXT.partition("name: taskforge")[0]
    assert [name for name in NOT_SETTINGS - {"TASKFORGE_TAG"} if name not in head] == []


def test_no_secret_of_ours_has_a_value_here():
    passed = {name for it in OURS.values() for name, value in it["environment"].items() if value}

    assert passed & SECRETS == {"DATABASE_URL", "REDIS_URL"}


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_may_do_little(name):
    it = SERVICES[name]

    assert it["read_only"] is True or it["profiles"] == ["logs"]  # theirs cannot be
    assert it["cap_drop"] == ["ALL"]
    assert it["security_opt"] == ["no-new-privileges:true"]
    assert "mem_limit" in it
    assert not {"privileged", "cap_add", "network_mode", "pid"} & it.keys()
    assert "docker.sock" not in json.dumps(it)


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_says_how_it_is(name):
    check = SERVICES[name].get("healthcheck", {})

    assert check.get("test") or name == "migrate"  # it ends


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_is_reached_from_this_machine_alone_until_somebody_says_otherwise(name):
    assert [it for it in SERVICES[name].get("ports", []) if not it.startswith("127.0.0.1:")] == []


@pytest.mark.parametrize("name", SERVICES.keys() - OURS.keys())
def test_each_foreign_image_has_an_exact_version(name):
    version = SERVICES[name]["image"].rpartition(":")[2]

    assert re.fullmatch(r"v?\d+\.\d+(\.\d+)?(-[a-z0-9.]+)?", version)


@pytest.mark.parametrize("name", OURS.keys() - {"migrate"})
def test_each_role_is_given_the_time_to_leave(name):
    grace = float(SERVICES[name]["stop_grace_period"].removesuffix("s"))

    assert grace >= (Settings().drain_seconds + 20 if name == "worker" else 15)


def test_nobody_is_root_but_who_reads_the_logs_of_the_engine():
    named = {name: it["user"] for name, it in SERVICES.items() if "user" in it}

    assert {name for name, user in named.items() if user.startswith(("0", "root"))} == {"logstash"}
    assert named.keys() >= {"postgres", "redis", "web", "mailpit"}  # whose images begin as root


def test_the_data_is_reached_by_the_roles_alone():
    inside = {name for name, it in SERVICES.items() if "data" in it.get("networks", [])}

    assert inside == OURS.keys() | {"postgres", "redis"}
    assert STACK["networks"]["data"]["internal"] is True


def test_what_is_mounted_from_here_is_here():
    mounted = re.findall(r"- (\./[^:]+):|\[\"(\./[^:]+):", TEXT)
    places = [one or other for one, other in mounted]

    assert len(places) >= 4
    assert [it for it in places if not (ROOT / it).exists()] == []


def test_what_nginx_is_to_fill_in_is_given():
    template = (ROOT / "ops" / "nginx.conf").read_text()
    given = SERVICES["web"]["environment"]

    assert set(re.findall(r"\$\{(\w+)\}", template)) - {"NGINX_LOCAL_RESOLVERS"} <= given.keys()
    assert given["NGINX_ENTRYPOINT_LOCAL_RESOLVERS"]


def test_the_image_is_built_once_and_asked_of_nobody():
    assert [name for name, it in SERVICES.items() if "build" in it] == ["migrate"]
    assert {it["pull_policy"] for it in OURS.values()} == {"never"}


def test_mailpit_is_reached_by_the_address_that_is_named():
    (url,) = re.findall(r"SMTP_URL=(\S+)", TEXT)
    server = server_of(url, production=False)

    assert (server.host, server.port) == ("mailpit", 1025)
    assert not server.starttls  # it has no certificate


def test_logstash_reads_as_root_and_is_told_to():
    """Its image turns the environment's settings into a file that a root without capabilities may
    not write, so that all of them stand in the one that is mounted."""
    settings = yaml.safe_load((ROOT / "ops" / "logs" / "logstash.yml").read_text())

    assert settings["allow_superuser"] is True
    assert SERVICES["logstash"]["environment"].keys() == {"LS_JAVA_OPTS", "ELASTICSEARCH_URL"}
    assert any("/config/logstash.yml:ro" in it for it in SERVICES["logstash"]["volumes"])


def test_the_image_has_one_base_and_no_name_for_its_user():
    dockerfile = (ROOT / "ops" / "Dockerfile").read_text()
    bases = re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)

    (foreign,) = {it for it in bases if ":" in it}
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+", foreign)
    assert f'base.name="{foreign}"' in dockerfile
    assert "USER 10001:10001" in dockerfile
    assert dockerfile.count("--require-hashes") == 2


def test_redis_keeps_what_it_has_on_a_full_memory():
    configuration = (ROOT / "ops" / "redis.conf").read_text()

    assert "\nappendonly yes\n" in configuration
    assert "\nmaxmemory-policy noeviction\n" in configuration
