"""Which addresses a connection may lead to, whatever its name resolves to.

A registered name proves nothing about where it leads: whoever answers for it could send the token
of a caller to the metadata service of a cloud, or let this service look around in private networks.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

Network = IPv4Network | IPv6Network

_NAT64: Final = IPv6Network("64:ff9b::/96")
"""IPv4 addresses as networks without IPv4 write them (RFC 6052)."""

_NOT_PUBLIC: Final = tuple(
    ip_network(one)
    for one in (
        "168.63.129.16/32",  # a cloud's own services, at an address that looks public
        "192.88.99.0/24",  # relays of 6to4
        "::/96",  # IPv4 in IPv6, by rules that are out of use
        "::ffff:0:0/96",
        "64:ff9b:1::/48",
        "2001::/32",
        "2002::/16",
        "fec0::/10",
    )
)
_NEVER: Final = tuple(
    ip_network(one)
    for one in (
        "0.0.0.0/8",
        "100.100.100.200/32",  # metadata of a cloud, as 169.254.169.254 and fd00:ec2::254
        "168.63.129.16/32",
        "169.254.0.0/16",
        "224.0.0.0/4",
        "255.255.255.255/32",
        "::/128",
        "::ffff:0:0/96",
        "fd00:ec2::/32",
        "fe80::/10",
        "ff00::/8",
    )
)
"""What nobody can register: link-local, metadata, multicast, and nothing in particular."""


@dataclass(frozen=True, slots=True)
class Reach:
    """The addresses that connections may lead to: public ones, and those in some networks."""

    public: bool = True
    networks: tuple[Network, ...] = ()

    def allows(self, address: str) -> bool:
        """Tell whether a connection may lead to an address, written as systems write them."""
        try:
            found = ip_address(address.partition("%")[0])  # a zone, as in fe80::1%eth0
        except ValueError:
            return False
        if found in _NAT64:
            found = IPv4Address(int(found) & 0xFFFFFFFF)
        return any(found in one for one in self.networks) or (self.public and _is_public(found))


PUBLIC: Final = Reach()
ANYWHERE: Final = Reach(networks=(IPv4Network("0.0.0.0/0"), IPv6Network("::/0")))
"""For a server that somebody at the keyboard has named."""
LOOPBACK: Final = Reach(public=False, networks=(IPv4Network("127.0.0.0/8"), IPv6Network("::1/128")))
"""This machine alone."""


def network_of(text: str) -> Network | str:
    """Read a network that may be registered, such as 10.20.0.0/16; a text says why it may not."""
    try:
        network = ip_network(text)
    except ValueError:
        return "must be a network such as 10.20.0.0/16 or fd12:3456::/32"
    if any(network.version == one.version and network.overlaps(one) for one in _NEVER):
        return "holds addresses that nobody may ask: link-local, metadata or multicast"
    return network


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    """Tell whether an address is for everybody, and written in the one usual way."""
    return (
        address.is_global
        and not address.is_multicast
        and not any(address in one for one in _NOT_PUBLIC)
    )
