"""What a registry has under a tag, by the distribution API: https://distribution.github.io/distribution/spec/api/."""

import base64
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from http.client import HTTPMessage

TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
TIMEOUT = 30


class RegistryError(Exception):
    """The registry cannot be asked, or does not answer as one."""


def digest(image: str, user: str = "", password: str = "") -> str | None:
    """The digest that a tag like `127.0.0.1:5000/shop/joker:0123` stands for now; None where there is no such tag."""
    host, _, rest = image.partition("/")
    repository, _, tag = rest.rpartition(":")
    local = re.match(r"(localhost|127\.0\.0\.1|\[::1])(:|$)", host)
    url = f"{'http' if local else 'https'}://{host}/v2/{repository}/manifests/{tag}"
    basic = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode() if password else ""
    try:
        try:
            headers = head(url, "")
        except urllib.error.HTTPError as error:
            if error.code != 401:
                raise
            error.close()
            headers = head(url, authorization(error.headers.get("WWW-Authenticate", ""), basic, host, repository))
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 404:
            return None
        raise RegistryError(f"{image}: the registry answers {error.code} {error.reason}") from None
    except (OSError, ValueError) as error:
        raise RegistryError(f"{image}: the registry does not answer: {error}") from None
    found = headers.get("Docker-Content-Digest", "")
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", found):
        raise RegistryError(f"{image}: the registry names no digest")
    return str(found)


def head(url: str, allowed: str) -> HTTPMessage:
    request = urllib.request.Request(url, method="HEAD", headers={"Accept": ", ".join(TYPES)})  # noqa: S310
    if allowed:
        request.add_unredirected_header("Authorization", allowed)
    with urllib.request.urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310
        headers: HTTPMessage = response.headers
        return headers


def authorization(challenge: str, basic: str, host: str, repository: str) -> str:
    """What a registry wants to see after it said 401: the password itself, or a token bought with it."""
    scheme, _, rest = challenge.partition(" ")
    if scheme.lower() != "bearer":
        return basic
    asked = dict(re.findall(r'(\w+)="([^"]*)"', rest))
    realm = asked.get("realm", "")
    if not realm.startswith("https://") and not host.startswith(("localhost", "127.0.0.1", "[::1]")):
        raise ValueError(f"it wants the password sent to {realm}, which is not https")
    query = urllib.parse.urlencode(
        {"service": asked.get("service", ""), "scope": asked.get("scope") or f"repository:{repository}:pull"}
    )
    request = urllib.request.Request(f"{realm}?{query}")  # noqa: S310
    if basic:
        request.add_unredirected_header("Authorization", basic)
    with urllib.request.urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310
        answer = json.load(response)
    return f"Bearer {answer.get('token') or answer.get('access_token', '')}"
