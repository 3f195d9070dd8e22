"""What everybody knows opens nothing in production."""

import msgspec

from taskforge.api.app import create_app
from taskforge.config import Settings
from taskforge.core.demo import DEMO_PASSWORDS
from taskforge.flows import accounts
from tests.api.conftest import http_client, living


async def test_production_takes_no_demo_password(settings: Settings):
    production = msgspec.structs.replace(settings, environment="production")
    async with living(create_app(production)) as app, http_client(app) as client:
        await accounts.ensure_demo_users(app.state["deps"])
        for role, password in DEMO_PASSWORDS.items():
            answer = await client.post(
                "/api/v1/auth/login", json={"username": role.value, "password": password}
            )
            assert (answer.status_code, answer.json()["code"]) == (401, "bad_credentials")
