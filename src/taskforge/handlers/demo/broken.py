"""The site `broken.taskforge.test`: an ASGI application with about every header wrong.

It stands behind no address. What it does wrong is what `headers` scans of it find: weak or missing
headers, careless cookies, an origin that is reflected, mixed content, a talkative server, a private
page that caches keep, and plain HTTP that leads nowhere safer.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PAGE = b"""<!doctype html>
<html lang="en">
<head>
<title>The broken shop</title>
<link rel="stylesheet" href="/style.css">
<script src="http://broken.taskforge.test/cart.js"></script>
</head>
<body>
<h1>Your account</h1>
<img src="http://broken.taskforge.test/logo.gif" alt="A cracked teapot">
<form action="http://broken.taskforge.test/login" method="post"><input name="user"></form>
</body>
</html>
"""

HEADERS = [
    (b"content-type", b"text/html"),
    (b"server", b"Teapot/1.0.2 (Unix) PHP/5.6.40"),
    (b"x-powered-by", b"PHP/5.6.40"),
    (b"x-xss-protection", b"1; mode=block"),
    (b"strict-transport-security", b"max-age=300"),
    (b"content-security-policy", b"script-src * 'unsafe-inline' 'unsafe-eval'"),
    (b"referrer-policy", b"unsafe-url"),
    (b"cache-control", b"public, max-age=3600"),
    (b"set-cookie", b"PHPSESSID=0123456789abcdef; Path=/"),
    (b"set-cookie", b"theme=dark; Path=/; SameSite=None"),
]


async def app(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    """Answer `/` with the page and anything else with 404, over both schemes alike."""
    del receive
    found = scope["path"] == "/"
    headers = list(HEADERS)
    for name, value in scope["headers"]:
        if name == b"origin":
            headers += [
                (b"access-control-allow-origin", value),
                (b"access-control-allow-credentials", b"true"),
            ]
    await send({"type": "http.response.start", "status": 200 if found else 404, "headers": headers})
    await send({"type": "http.response.body", "body": PAGE if found else b"<h1>Nothing here</h1>"})
