"""Where webhooks may go: the public Internet, and what the configuration allows of one's own network.

A URL is somebody's text, and what its name resolves to somebody's choice at every look-up. So what counts is the
address that is connected to, in whatever notation, family or wrapping it comes. Nothing here asks the DNS.

- Refused: private, shared, loopback, link-local, multicast, reserved and documentation ranges, and the services that
  clouds offer to their own machines, which answer whoever asks.
- An allowed network opens its addresses. An allowed name opens private and loopback ones that it resolves to.
- Ports below 1024 other than 80 and 443 speak no HTTP that a webhook is for; nor do those that browsers refuse.

Source: IANA IPv4 and IPv6 Special-Purpose Address Registries; RFC 6052 (NAT64), 3056, 4380; Fetch standard, bad ports;
WHATWG URL, IPv4 parser.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Final, TypeAlias

from yarl import URL

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Guard", "NotAllowed"]

_Address: TypeAlias = IPv4Address | IPv6Address

_OWN: Final = tuple(
    ip_network(text)
    for text in ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
)
"""What one's own network may consist of; an allowed name opens it."""

_NEVER_BY_NAME: Final = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "100.100.100.200/32",  # Alibaba Cloud's metadata
        "168.63.129.16/32",  # Azure's host
        "169.254.0.0/16",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
        "fd00:ec2::254/128",  # AWS's metadata
        "fd20:ce::254/128",  # Google's metadata
    )
)
_PUBLIC_V6: Final = IPv6Network("2000::/3")
_NAT64: Final = IPv6Network("64:ff9b::/96")

_WEB_PORTS: Final = frozenset({80, 443})
_FIRST_FREE_PORT: Final = 1024
_BAD_PORTS: Final = frozenset(
    {1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, *range(6665, 6670), 6679, 6697, 10080}
)
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")


class NotAllowed(Exception):
    """Nothing is posted to this URL or address; the text says why."""


class Guard:
    """Says where webhooks may go.

    Args:
        allow: Networks, addresses and names in lower case that are one's own.
    """

    def __init__(self, allow: Iterable[str] = ()) -> None:
        networks: list[IPv4Network | IPv6Network] = []
        names: set[str] = set()
        for text in allow:
            try:
                networks.append(ip_network(text))
            except ValueError:
                names.add(text)
        self._networks = tuple(networks)
        self._names = frozenset(names)

    def check_url(self, text: str) -> URL:
        """The URL that ``text`` writes.

        Raises:
            NotAllowed: Nothing is ever posted there.
        """
        try:
            url = URL(text)
            host, port = url.raw_host, url.port
        except ValueError as error:
            raise NotAllowed(f"{text!r} is not a URL: {error}.") from None
        if url.scheme not in {"http", "https"} or not host or port is None:
            raise NotAllowed("A webhook's URL begins with https:// or http:// and a host.")
        if url.raw_user is not None or url.raw_password is not None:
            raise NotAllowed("A webhook's URL holds no user and no password.")
        if port in _BAD_PORTS or (port < _FIRST_FREE_PORT and port not in _WEB_PORTS):
            raise NotAllowed(f"Nothing is posted to port {port}: it is another protocol's.")
        written = _written_address(host)
        if written is not None:
            self.check_address(written, host)
        return url

    def check_address(self, address: _Address, host: str) -> None:
        """Make sure that ``address``, to which ``host`` led, may be connected to.

        Raises:
            NotAllowed: It may not.
        """
        real = _unwrapped(address)
        if any(real in network or address in network for network in self._networks):
            return
        if any(real in network for network in _NEVER_BY_NAME):
            allowed = False
        elif any(real in network for network in _OWN):
            allowed = host.lower().rstrip(".") in self._names
        else:
            allowed = isinstance(real, IPv4Address) or real in _PUBLIC_V6
        if not allowed:
            led = "" if str(address) == host.strip("[]") else f", to which {host} leads"
            raise NotAllowed(
                f"Nothing is posted to {address}{led}: it is not an address of the public Internet. "
                "If it is yours, name it in webhooks_allow."
            )


def _written_address(host: str) -> _Address | None:
    """The address that a host writes, or ``None`` for a name.

    Raises:
        NotAllowed: It is a number in a notation that programs read differently, or no host at all.
    """
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        last = host.rstrip(".").rpartition(".")[2]
        if not _NAME.fullmatch(host) or not last or _NUMBER.fullmatch(last):
            raise NotAllowed(f"{host!r} is no name, and no address as one writes it: four numbers, or IPv6.") from None
        return None


def _unwrapped(address: _Address) -> _Address:
    """The IPv4 address inside an IPv6 one that stands for it on the way."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address
