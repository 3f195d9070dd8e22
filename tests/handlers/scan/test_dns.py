import pytest

from taskforge.core.failures import NotConfigured, TargetError
from taskforge.handlers.scan.dns_scan import dmarc_flaws, spf_flaws

APEX = "shop.taskforge.test."
SIGNED = {
    "SOA": ["ns. host. 1 2 3 4 5"],
    "NS": ["ns1.taskforge.test.", "ns2.taskforge.test."],
    "MX": ["10 mail.shop.taskforge.test."],
    "TXT": ['"v=spf1 mx -all"', '"other text"'],
    "CAA": ['0 issue "ca.taskforge.test"'],
    "DNSKEY": ["257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0d xCjjnopKl+GqJxpVXckHAeF+ KkxLbxIL"],
    "DS": ["12345 13 2 " + "ab" * 32],
}


async def test_the_demo_host_is_answered_by_the_bundled_zone(scans, rules):
    result = await scans("dns")

    assert result["backend"] == "bundled zone"
    assert rules(result)["dns.spf_open"] == "high"
    assert rules(result)["dns.mx_dangling"] == "medium"


async def test_a_well_kept_zone_breaks_no_rule(scans, dns_server):
    dns_server.table |= {
        APEX: SIGNED,
        f"mail.{APEX}": {"A": ["192.0.2.1"]},
        f"_dmarc.{APEX}": {"TXT": ['"v=DMARC1; p=reject; rua=mailto:a@shop.taskforge.test"']},
    }

    result = await scans("dns", "shop.taskforge.test")

    assert result["findings"] == []
    assert result["grade"] == "A+"
    assert result["facts"]["dnssec"] == {"signed": True, "chained": True}


async def test_a_bare_zone_breaks_most_rules(scans, rules, dns_server):
    dns_server.table[APEX] = {"SOA": ["ns. host. 1 2 3 4 5"], "NS": ["ns1.taskforge.test."]}

    result = await scans("dns", "shop.taskforge.test")

    assert rules(result) == {
        "dns.dmarc_missing": "medium", "dns.spf_missing": "low", "dns.caa_missing": "low",
        "dns.dnssec_missing": "low", "dns.ns_single": "low",
    }  # fmt: skip


async def test_a_name_inside_a_zone_is_judged_with_the_zones_policies(scans, rules, dns_server):
    dns_server.table |= {
        APEX: {key: value for key, value in SIGNED.items() if key != "DS"},
        f"www.{APEX}": {"A": ["192.0.2.2"]},
        f"mail.{APEX}": {"AAAA": ["2001:db8::1"]},
        "_dmarc.taskforge.test.": {"TXT": ['"v=DMARC1; p=quarantine; rua=mailto:a@b.test"']},
    }

    result = await scans("dns", "www.shop.taskforge.test")

    assert rules(result) == {"dns.dnssec_unchained": "medium"}
    assert result["facts"]["mail_domain"] == "shop.taskforge.test"


async def test_a_name_that_does_not_exist_fails_the_job(scans, dns_server):
    with pytest.raises(TargetError, match="does not know the name"):
        await scans("dns", "gone.taskforge.test")


async def test_questions_go_to_the_configured_resolver_only(scans, dns_server):
    dns_server.table[APEX] = SIGNED

    await scans("dns", "shop.taskforge.test")

    assert {name for name, _ in dns_server.asked} >= {APEX, f"_dmarc.{APEX}"}


async def test_a_malformed_resolver_setting_says_so(scans):
    scans.ctx.settings["SCAN_NAMESERVERS"] = "not-an-address"

    with pytest.raises(NotConfigured, match="SCAN_NAMESERVERS"):
        await scans("dns", "shop.taskforge.test")


@pytest.mark.parametrize(
    ("records", "broken"),
    [
        (["v=spf1 -all"], []),
        (["v=spf1 ~all"], []),
        (["v=spf1 redirect=other.test"], []),
        (["v=spf1 +all"], ["dns.spf_open"]),
        (["v=spf1 ?all"], ["dns.spf_open"]),
        (["v=spf1 mx"], ["dns.spf_open"]),
        (["v=spf1 -all", "v=spf1 mx -all"], ["dns.spf_several"]),
        (["v=spf1 " + "include:a.test " * 11 + "-all"], ["dns.spf_lookups"]),
        (["v=spf1 ip4:192.0.2.1 a mx ptr -all"], []),
    ],
)
def test_an_spf_record_is_judged(records, broken):
    assert [rule.id for rule, _ in spf_flaws(records)] == broken


@pytest.mark.parametrize(
    ("record", "broken"),
    [
        ("v=DMARC1; p=reject; rua=mailto:a@b.test", []),
        ("v=DMARC1;p=NONE;rua=mailto:a@b.test", ["dns.dmarc_none"]),
        ("v=DMARC1", ["dns.dmarc_none", "dns.dmarc_reports"]),
        ("v=DMARC1; p=quarantine", ["dns.dmarc_reports"]),
    ],
)
def test_a_dmarc_record_is_judged(record, broken):
    assert [rule.id for rule in dmarc_flaws(record)] == broken
