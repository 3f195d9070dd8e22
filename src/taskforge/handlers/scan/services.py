"""What answers on a port: known services, their greetings, and what is wrong with showing them."""

import re
from typing import NamedTuple

from taskforge.handlers.scan.finding import Rule, Severity

BANNER_LIMIT = 120
"""Characters."""

_S = Severity
CLEARTEXT = Rule(
    "ports.cleartext", _S.HIGH, "exposure", "A service that sends passwords in the clear is open",
    "No service that sends passwords in the clear is open",
    "Close it and use its encrypted successor (SSH, SFTP, IMAPS).",
    ("https://cheatsheetseries.owasp.org/cheatsheets/Transport_Layer_Security_Cheat_Sheet.html",),
    319,
)  # fmt: skip
DATABASE = Rule(
    "ports.database", _S.HIGH, "exposure", "A database or cache is open",
    "No database or cache is open",
    "Let it listen on a private address, and allow only the hosts that need it.",
    ("https://cheatsheetseries.owasp.org/cheatsheets/Database_Security_Cheat_Sheet.html",), 668,
)  # fmt: skip
ADMIN = Rule(
    "ports.admin", _S.HIGH, "exposure", "A way to control the machine is open",
    "No way to control the machine is open but SSH",
    "Put it behind a VPN, or allow only the hosts that need it.",
    ("https://cheatsheetseries.owasp.org/cheatsheets/Network_Segmentation_Cheat_Sheet.html",), 284,
)  # fmt: skip
BANNER = Rule(
    "ports.banner", _S.LOW, "disclosure", "A service tells its software and version",
    "Open services keep their versions to themselves", "Shorten the greeting in its settings.",
    ("https://owasp.org/www-project-web-security-testing-guide/",), 497,
)  # fmt: skip
OPEN = Rule(
    "ports.open", _S.INFO, "exposure", "A port is open", "No port of the list is open",
    "Close what nobody needs.", ("https://owasp.org/www-project-web-security-testing-guide/",),
)  # fmt: skip
RULES = (CLEARTEXT, DATABASE, ADMIN, BANNER, OPEN)


class Service(NamedTuple):
    """What usually listens on a port."""

    name: str
    rule: Rule | None = None
    """Broken by its being open."""


SERVICES = {
    21: Service("ftp", CLEARTEXT), 22: Service("ssh"), 23: Service("telnet", CLEARTEXT),
    25: Service("smtp"), 53: Service("dns"), 80: Service("http"),
    110: Service("pop3", CLEARTEXT), 111: Service("rpcbind", ADMIN), 135: Service("msrpc", ADMIN),
    139: Service("netbios", ADMIN), 143: Service("imap", CLEARTEXT),
    389: Service("ldap", CLEARTEXT),
    443: Service("https"), 445: Service("smb", ADMIN), 465: Service("smtps"),
    512: Service("rexec", CLEARTEXT), 513: Service("rlogin", CLEARTEXT),
    514: Service("rsh", CLEARTEXT), 587: Service("submission"), 636: Service("ldaps"),
    873: Service("rsync", ADMIN), 993: Service("imaps"), 995: Service("pop3s"),
    1433: Service("mssql", DATABASE), 1521: Service("oracle", DATABASE),
    2049: Service("nfs", ADMIN), 2375: Service("docker", ADMIN), 2379: Service("etcd", DATABASE),
    3306: Service("mysql", DATABASE), 3389: Service("rdp", ADMIN),
    5432: Service("postgresql", DATABASE), 5900: Service("vnc", ADMIN),
    5984: Service("couchdb", DATABASE), 6379: Service("redis", DATABASE),
    6443: Service("kubernetes", ADMIN), 8000: Service("http"), 8080: Service("http"),
    8443: Service("https"), 9042: Service("cassandra", DATABASE),
    9200: Service("elasticsearch", DATABASE), 10250: Service("kubelet", ADMIN),
    11211: Service("memcached", DATABASE), 27017: Service("mongodb", DATABASE),
}  # fmt: skip
UNKNOWN = Service("unknown")
TLS_PORTS = frozenset({443, 465, 636, 993, 995, 6443, 8443})
HTTP_PORTS = frozenset({80, 8000, 8080})

GREETINGS = (
    (b"SSH-", Service("ssh")), (b"220 ", Service("ftp or smtp")), (b"220-", Service("ftp or smtp")),
    (b"+OK", SERVICES[110]), (b"* OK", SERVICES[143]), (b"HTTP/", Service("http")),
    (b"RFB ", SERVICES[5900]), (b"\xff\xfd", SERVICES[23]), (b"\xff\xfb", SERVICES[23]),
)  # fmt: skip


def service_of(port: int, greeting: bytes) -> Service:
    """What listens, by its greeting where that says it, else by the port's usual use."""
    usual = SERVICES.get(port, UNKNOWN)
    for start, service in GREETINGS:
        if greeting.startswith(start):
            same = usual.name in service.name or service.name == usual.name
            return usual if same else service
    return usual


def shown(greeting: bytes) -> str:
    """The first line of a greeting as printable text; of HTTP the server's name for itself."""
    text = greeting.decode("latin-1").strip()
    if text.startswith("HTTP/"):
        named = re.search(r"^server:(.*)$", text, re.IGNORECASE | re.MULTILINE)
        text = named[1].strip() if named else ""
    line = text.split("\n")[0][:BANNER_LIMIT]
    return "".join(char if char.isascii() and char.isprintable() else "·" for char in line.strip())
