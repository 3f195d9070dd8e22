"""All traffic that a job can cause goes through one guarded client (S-30)."""

import ast

CLIENTS = {
    "aiohttp", "curl_cffi", "ftplib", "http.client", "httpcore", "httpcore2", "httpx", "httpx2",
    "niquests", "openai", "pycurl", "requests", "ssrfguard", "telnetlib", "urllib.request",
    "urllib3", "xmlrpc.client",
}  # fmt: skip
GUARDED = "outside/http/"
"""The client itself."""
EXCEPTIONS = {
    "cli/": {
        "urllib.request",
        "http.client",
    },  # the command line is a client of our own API, and no job
    "local/up.py": {"httpx"},  # asks the API process that it started whether it is ready
    # An operator's endpoints: a job names one by its key in the settings, never by its address.
    "handlers/ai/": {"openai", "httpx2"},
}
SOCKETS = {"socket.create_connection", "asyncio.open_connection", "loop.create_connection"}
HANDLERS = "handlers/"


def test_no_module_but_the_guarded_client_speaks_http(sources, root):
    guilty = {
        _name(path, root): found
        for path, text in sources.items()
        if (found := _clients(ast.parse(text)) - _allowed(_name(path, root)))
    }

    assert guilty == {}


def test_no_handler_opens_a_connection_of_its_own(sources, root):
    guilty = [
        _name(path, root)
        for path, text in sources.items()
        if _name(path, root).startswith(HANDLERS) and _connects(ast.parse(text))
    ]

    assert guilty == []


def test_the_rule_sees_each_way_to_import():
    ways = [
        "import httpx", "import httpx as h", "import httpx._client", "from httpx import get",
        "import urllib.request", "from urllib import request", "from urllib.request import urlopen",
        "import http.client as c", "from http import client", "from ssrfguard.httpx import Client",
        "import importlib\nimportlib.import_module('requests')", "__import__('aiohttp')",
    ]  # fmt: skip
    fine = ["import http", "from urllib.parse import urlsplit", "from http import HTTPStatus"]

    assert [way for way in ways if not _clients(ast.parse(way))] == []
    assert [way for way in fine if _clients(ast.parse(way))] == []
    assert _connects(ast.parse("async def f():\n    await asyncio.open_connection('x', 1)"))
    assert _connects(ast.parse("from socket import create_connection"))
    assert not _connects(ast.parse("from socket import AF_INET, socket"))


def test_every_exception_is_still_needed(sources, root):
    names = {_name(path, root): text for path, text in sources.items()}
    used = {
        place
        for place, allowed in EXCEPTIONS.items()
        for name, text in names.items()
        if name.startswith(place) and _clients(ast.parse(text), allowed) & allowed
    }

    assert {place for place in EXCEPTIONS if any(n.startswith(place) for n in names)} <= used


def _allowed(name):
    if name.startswith(GUARDED):
        return CLIENTS
    return {
        client for place, some in EXCEPTIONS.items() if name.startswith(place) for client in some
    }


def _clients(tree, wanted=CLIENTS):
    return {client for module in _imported(tree) for client in wanted if _within(module, client)}


def _within(module, client):
    return module == client or module.startswith(f"{client}.")


def _imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and _verb(node) in ("import_module", "__import__"):
            yield from (str(a.value) for a in node.args if isinstance(a, ast.Constant))


def _connects(tree):
    wanted = {name.rpartition(".")[2] for name in SOCKETS}
    calls = {_verb(node) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return bool(wanted & (calls | {name.rpartition(".")[2] for name in _imported(tree)}))


def _verb(call):
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def _name(path, root):
    return path.relative_to(root / "src" / "taskforge").as_posix()
