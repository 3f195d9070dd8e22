"""The rules of `dns` scans: mail policies, certificate authorities, signatures."""

from taskforge.handlers.scan.finding import Rule, Severity

_S = Severity
SPF_MISSING = Rule(
    "dns.spf_missing", _S.MEDIUM, "mail", "No SPF record", "An SPF record is there",
    "Publish a TXT record such as `v=spf1 mx -all`; a name that sends no mail: `v=spf1 -all`.",
    ("https://www.rfc-editor.org/rfc/rfc7208",), 290,
)  # fmt: skip
SPF_SEVERAL = Rule(
    "dns.spf_several", _S.MEDIUM, "mail", "More than one SPF record", "There is one SPF record",
    "Merge them into one: receivers treat several as an error.",
    ("https://www.rfc-editor.org/rfc/rfc7208#section-4.5",), 290,
)  # fmt: skip
SPF_OPEN = Rule(
    "dns.spf_open", _S.HIGH, "mail", "The SPF record allows every sender",
    "The SPF record ends with a refusal", "End the record with `-all` (or `~all`).",
    ("https://www.rfc-editor.org/rfc/rfc7208#section-5.1",), 290,
)  # fmt: skip
SPF_LOOKUPS = Rule(
    "dns.spf_lookups", _S.MEDIUM, "mail", "The SPF record asks for too many lookups",
    "The SPF record itself asks for at most ten lookups",
    "Bring `include`, `a`, `mx`, `ptr`, `exists` and `redirect` down to ten in all.",
    ("https://www.rfc-editor.org/rfc/rfc7208#section-4.6.4",),
)  # fmt: skip
DMARC_MISSING = Rule(
    "dns.dmarc_missing", _S.MEDIUM, "mail", "No DMARC record", "A DMARC record is there",
    "Publish `v=DMARC1; p=quarantine; rua=mailto:…` as a TXT record at `_dmarc`.",
    ("https://www.rfc-editor.org/rfc/rfc7489",), 290,
)  # fmt: skip
DMARC_WATCHES = Rule(
    "dns.dmarc_none", _S.LOW, "mail", "DMARC only watches (p=none)", "DMARC refuses forged mail",
    "Move to `p=quarantine`, then `p=reject`, once the reports are clean.",
    ("https://www.rfc-editor.org/rfc/rfc7489#section-6.3",), 290,
)  # fmt: skip
DMARC_SILENT = Rule(
    "dns.dmarc_reports", _S.INFO, "mail", "DMARC asks for no reports", "DMARC asks for reports",
    "Add `rua=mailto:…`.", ("https://www.rfc-editor.org/rfc/rfc7489#section-7",),
)  # fmt: skip
MX_DANGLING = Rule(
    "dns.mx_dangling", _S.MEDIUM, "mail", "A mail server's name has no address",
    "Every mail server's name has an address",
    "Remove the MX record, or give its name an address before somebody else does.",
    ("https://www.rfc-editor.org/rfc/rfc5321#section-5.1",), 350,
)  # fmt: skip
CAA_MISSING = Rule(
    "dns.caa_missing", _S.LOW, "certificates", "Every authority may issue certificates (no CAA)",
    "CAA names who may issue certificates",
    "Publish a CAA record such as `0 issue \"ca.example\"`.",
    ("https://www.rfc-editor.org/rfc/rfc8659",), 295,
)  # fmt: skip
DNSSEC_MISSING = Rule(
    "dns.dnssec_missing", _S.LOW, "signatures", "The zone is not signed (DNSSEC)",
    "The zone is signed and chained (DNSSEC)",
    "Sign the zone and hand the DS record to the registrar.",
    ("https://www.rfc-editor.org/rfc/rfc9364",), 345,
)  # fmt: skip
DNSSEC_UNCHAINED = Rule(
    "dns.dnssec_unchained", _S.MEDIUM, "signatures",
    "The zone is signed, and its parent says nothing",
    "The parent vouches for the zone's keys, or it has none",
    "Hand the DS record to the registrar; without it nobody checks the signatures.",
    ("https://www.rfc-editor.org/rfc/rfc9364",), 345,
)  # fmt: skip
NS_SINGLE = Rule(
    "dns.ns_single", _S.LOW, "availability", "The zone has one name server",
    "The zone has two name servers or more", "Add a second one, in another network.",
    ("https://www.rfc-editor.org/rfc/rfc2182",),
)  # fmt: skip
