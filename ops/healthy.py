"""The health check of the image: asks the role in this container whether it is ready.

Exit code 0 if it is. The API answers on API_PORT (8000), worker and scheduler on METRICS_PORT
(9191); one of them runs here. Nothing of TaskForge is imported: this runs every few seconds.
"""

import http.client
import os
import sys

PORTS = {"API_PORT": 8000, "METRICS_PORT": 9191}
ANSWER_SECONDS = 4.0


def main() -> int:
    """Ask the first port that is open."""
    for port in (int(os.environ.get(name) or usual) for name, usual in PORTS.items()):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
        try:
            connection.request("GET", "/health/ready")
            answer = connection.getresponse()
        except ConnectionRefusedError:
            continue
        except OSError as error:
            print(f"port {port}: {error}")  # noqa: T201 - the engine keeps it with the result
            return 1
        print(answer.status, answer.read(2_000).decode(errors="replace"))  # noqa: T201
        return 0 if answer.status == 200 else 1
    print("no port is open")  # noqa: T201
    return 1


if __name__ == "__main__":
    sys.exit(main())
