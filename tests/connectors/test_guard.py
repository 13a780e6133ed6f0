# ruff: noqa: S104 - nothing listens on these
from ipaddress import ip_address

import pytest

from handoff_sdk.connectors.webhook.guard import Guard, NotAllowed


def refusal(text, allow=()):
    try:
        Guard(allow).check_url(text)
    except NotAllowed as error:
        return str(error)
    return None


def is_open(address, host="receiver.example", allow=()):
    try:
        Guard(allow).check_address(ip_address(address), host)
    except NotAllowed:
        return False
    return True


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/hook",
        "http://example.com:8080/",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/x?y=z",
        "https://xn--bcher-kva.example/",
        "https://a.b.c.1password.com/",
    ],
)
def test_public_urls_are_open(url):
    assert refusal(url) is None


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001",
        "127.0.0.1.", "0", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1",
        "255.255.255.255", "1.2.3", "1.2.3.4.5", "1.2.3.256", "0x", "example.0x10", "example.1",
        "[::]", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]",
        "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2001:0:53aa:64c:0:fbff:80ff:fffe]", "[fe80::1]", "[fe80::1%25eth0]",
        "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]", "[2001:db8::1]", "[100::1]", "[5f00::1]", "[fec0::1]",
        "①②⑦.⓪.⓪.①", "127.0.0.%31",
    ],
)  # fmt: skip
def test_numbers_that_lead_inside_are_refused_in_every_notation(host):
    assert refusal(f"http://{host}/") is not None


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/", "file:///etc/passwd", "gopher://example.com", "//example.com", "example.com", "",
        "https://", "https:///x", "https://user@example.com/", "https://user:secret@example.com/",
        "https://ex ample.com/",
        "https://example.com:99999/", "https://[::1", "javascript:alert(1)", "unix:///tmp/socket",
    ],
)  # fmt: skip
def test_what_is_no_web_url_is_refused(url):
    assert refusal(url) is not None


@pytest.mark.parametrize("port", [1, 22, 25, 53, 110, 139, 389, 445, 993, 6000, 6667])
def test_ports_of_other_protocols_are_refused(port):
    assert "another protocol" in refusal(f"http://example.com:{port}/")
    assert "another protocol" in refusal(f"http://10.0.0.1:{port}/", ["10.0.0.0/8"])


@pytest.mark.parametrize("port", [80, 443, 1024, 3000, 8080, 8443, 65535])
def test_ports_of_the_web_and_free_ones_are_open(port):
    assert refusal(f"http://example.com:{port}/") is None


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::808:808", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("::ffff:10.1.2.3", False),
        ("64:ff9b::a01:203", False),
        ("fe80::1%3", False),
    ],
)
def test_an_address_is_checked_whatever_the_name(address, expected):
    assert expected == is_open(address)


@pytest.mark.parametrize(
    ("allow", "address", "host", "expected"),
    [
        (["10.0.0.0/8"], "10.1.2.3", "any.example", True),
        (["10.0.0.0/8"], "::ffff:10.1.2.3", "any.example", True),
        (["10.0.0.0/8"], "192.168.0.1", "any.example", False),
        (["127.0.0.1"], "127.0.0.1", "localhost", True),
        (["127.0.0.1"], "127.0.0.2", "localhost", False),
        (["fd00::/8"], "fd00::1", "any.example", True),
        (["169.254.0.0/16"], "169.254.1.1", "any.example", True),
        (["hooks.internal"], "10.1.2.3", "hooks.internal", True),
        (["hooks.internal"], "10.1.2.3", "HOOKS.internal.", True),
        (["hooks.internal"], "10.1.2.3", "other.internal", False),
        (["hooks.internal"], "10.1.2.3", "x.hooks.internal", False),
        (["hooks.internal"], "169.254.169.254", "hooks.internal", False),
        (["hooks.internal"], "100.100.100.200", "hooks.internal", False),
        (["hooks.internal"], "fd00:ec2::254", "hooks.internal", False),
        (["hooks.internal"], "::ffff:169.254.169.254", "hooks.internal", False),
    ],
)
def test_the_allow_list_opens_what_is_named_and_no_more(allow, address, host, expected):
    assert expected == is_open(address, host, allow)


def test_the_refusal_says_what_to_do():
    said = refusal("http://10.0.0.1/")

    assert "10.0.0.1" in said
    assert "webhooks_allow" in said
