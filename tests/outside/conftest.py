import importlib
import ssl
from pathlib import Path

import pytest
import trustme

from support.faultyweb import faulty_web


@pytest.fixture(autouse=True)
def deeds(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return importlib.import_module("deeds")


@pytest.fixture(scope="session")
def authority():
    return trustme.CA()


@pytest.fixture(scope="session")
def trust(authority):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture
async def web():
    async with faulty_web() as web:
        yield web


@pytest.fixture
async def other():
    async with faulty_web() as web:
        yield web


@pytest.fixture
async def secure(authority):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("secure.test").configure_cert(context)
    async with faulty_web(context) as web:
        yield web
