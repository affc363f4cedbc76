"""The headers with which each forge sends a delivery: event, id, proof. Written from the forges' descriptions."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from uuid import uuid4

__all__ = ["signed"]

_GITLAB = {"push": "Push Hook", "tag_push": "Tag Push Hook", "merge_request": "Merge Request Hook"}


def signed(dialect: str, event: str, body: bytes, secret: str, when_s: float | None = None) -> dict[str, str]:
    """Return the headers of a delivery. `event` is the forge's own word (`push`, `tag_push`, `pull_request`)."""
    name, key = str(uuid4()), secret.encode()
    common = {"Content-Type": "application/json", "User-Agent": f"forge-of-tests/{dialect}"}
    if dialect == "gitlab":
        found = {**common, "X-Gitlab-Event": _GITLAB.get(event, event), "X-Gitlab-Event-UUID": str(uuid4())}
        found |= {"Idempotency-Key": name, "X-Gitlab-Instance": "http://127.0.0.1"}
        if not secret.startswith("whsec_"):
            return {**found, "X-Gitlab-Token": secret}
        when = str(int(time.time() if when_s is None else when_s))
        text = f"{name}.{when}.".encode() + body
        mac = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), text, hashlib.sha256).digest()
        signature = "v1," + base64.b64encode(mac).decode()
        return {**found, "webhook-id": name, "webhook-timestamp": when, "webhook-signature": signature}
    sha256 = hmac.new(key, body, hashlib.sha256).hexdigest()
    hub = {
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": name,
        "X-Hub-Signature": f"sha1={hmac.new(key, body, hashlib.sha1).hexdigest()}",
        "X-Hub-Signature-256": f"sha256={sha256}",
    }
    if dialect == "github":
        return {**common, **hub, "X-GitHub-Hook-ID": "1"}
    gitea = {f"X-{who}-{what}": value for who in ("Gitea", "Gogs", "Forgejo") for what, value in (
        ("Event", event), ("Event-Type", event), ("Delivery", name), ("Signature", sha256))}  # fmt: skip
    return {**common, **hub, **gitea, "X-GitHub-Event-Type": event}
