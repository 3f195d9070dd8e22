"""The manifests in ops/k8s: what Kubernetes would say of them, and whether they fit the code."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import msgspec
import pytest
import yaml
from typer.testing import CliRunner

from taskforge.api import server
from taskforge.cli.main import app
from taskforge.config import SECRETS, Settings, load
from taskforge.worker import crew, main

K8S = Path(__file__).resolve().parents[2] / "ops" / "k8s"
RELEASES = ("1.33", "1.37")
"""Of Kubernetes: the oldest that upstream cared for when this was written, and the newest."""
CUSTOM = {"ScaledObject", "PodMonitor"}
"""Their schemas come with what defines them, and not with Kubernetes."""
SPEAKS_OF = {
    "configMapRef": "ConfigMap",
    "claimName": "PersistentVolumeClaim",
    "serviceAccountName": "ServiceAccount",
    "scaleTargetRef": "Deployment",
    "service": "Service",
}
BUILDERS = (("kustomize", "build"), ("kubectl", "kustomize"))
WORKER_LEAVES = 10.0
"""Seconds that a unit takes at most to tell that it has gone, once its jobs have."""


def render(folder: Path) -> list[Any]:
    builder = next((it for it in BUILDERS if shutil.which(it[0])), None)
    if builder is None:
        pytest.skip("neither kustomize nor kubectl is here")
    done = subprocess.run(  # noqa: S603 - a tool of the machine's, on files of ours
        [*builder, str(folder)], check=True, capture_output=True, text=True
    )
    return list(yaml.safe_load_all(done.stdout))


@pytest.fixture(scope="module")
def everything() -> list[Any]:
    return render(K8S / "overlays" / "example")


@pytest.fixture(scope="module")
def pods(everything) -> dict[str, Any]:
    """What pods are made of, by the name of what makes them."""
    made = {
        it["metadata"]["name"]: it["spec"]["template"]["spec"]
        for it in everything
        if it["kind"] in ("Deployment", "Job")
    }
    assert set(made) == {
        "taskforge-api", "taskforge-worker", "taskforge-scheduler", "taskforge-migrate",
    }  # fmt: skip
    return made


@pytest.fixture(scope="module")
def config(everything) -> dict[str, str]:
    (found,) = (it["data"] for it in everything if it["kind"] == "ConfigMap")
    return found


def containers(pod: Any) -> list[Any]:
    return [*pod.get("initContainers", []), *pod["containers"]]


def named(everything: list[Any], kind: str) -> set[str]:
    return {it["metadata"]["name"] for it in everything if it["kind"] == kind}


def references(node: Any) -> Iterator[tuple[str, str]]:
    """Kind and name of everything that a manifest speaks of."""
    if isinstance(node, list):
        for item in node:
            yield from references(item)
    if isinstance(node, dict):
        for key, value in node.items():
            if kind := SPEAKS_OF.get(key):
                yield kind, value if isinstance(value, str) else value["name"]
            yield from references(value)


@pytest.mark.parametrize("release", RELEASES)
def test_kubernetes_knows_every_field(everything, release):
    for it in everything:
        if it["kind"] not in CUSTOM:
            kubernetes_validate.validate(it, release, strict=True)


def test_everything_that_is_spoken_of_is_there(everything):
    for kind, name in set(references(everything)):
        assert name in named(everything, kind), f"there is no {kind} {name}"


def test_selectors_find_the_pods_that_they_are_for(everything):
    pods = [
        it["spec"]["template"]["metadata"]["labels"]
        for it in everything
        if it["kind"] in ("Deployment", "Job")
    ]
    for it in everything:
        selector = it["spec"].get("selector") if it["kind"] != "Job" and "spec" in it else None
        if selector:
            wanted = (selector.get("matchLabels") or selector).items()
            assert any(wanted <= labels.items() for labels in pods), it["metadata"]["name"]


def test_a_pod_that_breaks_out_finds_nothing(pods):
    for name, pod in pods.items():
        assert pod["automountServiceAccountToken"] is False, name
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] > 0
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for it in containers(pod):
            assert it["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert {"requests", "limits"} == it["resources"].keys()
            assert "memory" in it["resources"]["limits"]
            assert "env" not in it  # secrets come as files, and settings from one place


def test_every_command_is_one(pods):
    for pod in pods.values():
        for it in containers(pod):
            told = CliRunner().invoke(app, [*it["args"], "--help"])
            assert told.exit_code == 0, (it["args"], told.output)


def test_probes_go_to_ports_that_are_open(pods, config):
    for pod in pods.values():
        for it in containers(pod):
            ports = {port["name"]: port["containerPort"] for port in it.get("ports", [])}
            assert ports.get("metrics", int(config["METRICS_PORT"])) == int(config["METRICS_PORT"])
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                if ports:
                    assert it[probe]["httpGet"]["port"] in ports
                    path = "/health/ready" if probe == "readinessProbe" else "/health/live"
                    assert it[probe]["httpGet"]["path"] == path


def test_production_starts_with_the_settings_and_the_secret(config, tmp_path):
    given = {
        "SECRET_KEY": "4f" * 8 + "a1b2c3d4e5f60718",
        "JWT_SECRET_KEY": "9c8b7a6d5e4f30211203f4e5d6a7b8c9",
        "PROBE_TOKEN": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "DATABASE_URL": "postgresql://taskforge:b3d9f1@db.internal/taskforge?sslmode=verify-full",
        "REDIS_URL": "rediss://:77aa10@redis.internal:6379/0",
    }
    for name, value in given.items():
        (tmp_path / name).write_text(value)
    known = {it.encode_name for it in msgspec.structs.fields(Settings)}
    known |= {f"{name}_FILE" for name in SECRETS}

    mounted = {
        name: value.replace("/run/secrets/taskforge", str(tmp_path))
        for name, value in config.items()
    }

    assert config.keys() <= known
    assert load(mounted).database_url == given["DATABASE_URL"]


def test_a_worker_has_time_to_drain(pods, config):
    drain = float(config["DRAIN_SECONDS"])
    steps = drain + crew.UNWIND_SECONDS + main.DRAMATIQ_STOP_MS / 1_000 + WORKER_LEAVES

    assert pods["taskforge-worker"]["terminationGracePeriodSeconds"] > steps


def test_the_api_leaves_its_proxies_and_then_its_clients(pods):
    pod = pods["taskforge-api"]
    (api,) = pod["containers"]
    pause = api["lifecycle"]["preStop"]["sleep"]["seconds"]

    assert pause >= 2 * api["readinessProbe"]["periodSeconds"]
    assert pod["terminationGracePeriodSeconds"] > pause + server.FINISH_SECONDS + 10


def test_the_scaler_owns_the_number_of_workers_and_is_slow_to_take_one_away(everything):
    (scaler,) = (it["spec"] for it in everything if it["kind"] == "ScaledObject")
    down = scaler["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]["scaleDown"]
    (worker,) = (
        it["spec"] for it in everything
        if it["kind"] == "Deployment" and it["metadata"]["name"] == "taskforge-worker"
    )  # fmt: skip

    assert "replicas" not in worker
    assert down["stabilizationWindowSeconds"] >= 300
    assert scaler["fallback"]["replicas"] >= scaler["minReplicaCount"] >= 1
    for trigger in scaler["triggers"]:
        assert trigger["metricType"] == "AverageValue"  # the fallback works with this alone
        assert trigger["metadata"]["ignoreNullValues"] == "false"
        assert "redis" not in trigger["metadata"]["query"]


def test_workers_are_scaled_by_figures_that_there_are(everything):
    (scaler,) = (it["spec"] for it in everything if it["kind"] == "ScaledObject")
    asked = set(re.findall(r"taskforge_\w+", " ".join(
        it["metadata"]["query"] for it in scaler["triggers"]
    )))  # fmt: skip

    assert asked
    assert asked <= set(re.findall(r"`(taskforge_\w+)`", (K8S.parent / "metrics.md").read_text()))


def test_a_changed_setting_rolls_out(pods, everything):
    (name,) = named(everything, "ConfigMap")

    assert name.startswith("taskforge-")  # with a hash of what it holds
    for pod in pods.values():
        for it in containers(pod):
            assert it["envFrom"] == [{"configMapRef": {"name": name}}]
