"""Where a request comes from: this machine or another, our own page or a page of another site."""

from ipaddress import IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit

from starlette.requests import Request


def is_this_machine(request: Request) -> bool:
    """Say whether somebody on this machine asks, under a name of this machine.

    The name counts because a page elsewhere can make its own name point here.
    """
    return is_loopback(request.client.host if request.client else "") and is_loopback(request.url.hostname or "")


def comes_from_here(request: Request, *, by_browser: bool) -> bool:
    """Say whether a request that changes something comes from our own page, or from no page at all.

    A browser always says where it comes from, so what it holds for us counts only where that is said.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    if origin is None:
        return not by_browser
    return split(origin).netloc == request.headers.get("host")


def is_loopback(host: str) -> bool:
    """Say whether a name or an address is this machine; a name other than `localhost` might be anything."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def sender_of(request: Request) -> str:
    """Return the address that somebody asks from; of IPv6 the network, as one customer has 2^64 addresses in it."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return host
    return str(IPv6Address(int(address) >> 64 << 64)) + "/64"


def split(address: str) -> SplitResult:
    """Return the parts of an address that a header says; empty ones where it is none."""
    try:
        return urlsplit(address)
    except ValueError:
        return SplitResult("", "", "", "", "")


def path_here(text: str) -> str:
    """Return an address of ours that somebody may be sent on to, `/gaps` for any other."""
    is_ours = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable()
    return text if is_ours and urlsplit(text).netloc == "" else "/gaps"
