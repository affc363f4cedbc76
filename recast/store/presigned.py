"""Presigned requests for nodes to an object store: the store's keys are never sent to a node."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from recast.errors import CredentialsProblem, StoreError, UsageError
from recast.json_types import JsonDict, JsonObject
from recast.worker.remote.guard import may_carry_secrets
from recast.worker.remote.store import place_of

__all__ = ["MOST_POSTED_BYTES", "S3Passes"]

LIFE_S = 7 * 24 * 3600
"""How long a presigned request is valid: the maximum of version 4 signatures. Later attempts of a job get new ones."""

MOST_POSTED_BYTES = 5 << 30
"""The largest file that can be sent in one request (Amazon S3, "Uploading objects"); larger ones are returned to the
driver.
"""

_ANY_REGION = "us-east-1"


class S3Passes:
    """Presigned requests for the store at `s3://BUCKET[/FOLDER]`.

    Credentials, region and endpoint are found as Amazon's own tools find them (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL`,
    `~/.aws/credentials`, ...). Signing is local: the store is not contacted. Raises CredentialsProblem, StoreError.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._url, self._bucket = url, parts.netloc
        self._folder = parts.path.strip("/") + "/" if parts.path.strip("/") else ""
        if not self._bucket or parts.query or parts.fragment:
            raise UsageError("This is not a location in an object store", where=url, next_step="s3://BUCKET/FOLDER")
        self._client = _client(url)
        endpoint = str(self._client.meta.endpoint_url)
        if not may_carry_secrets(endpoint):
            raise UsageError(
                "Presigned requests would be sent to the object store unencrypted",
                where=endpoint,
                why="Anybody on the network path could read them, and use them for a week.",
                next_step="give the store's https:// address: AWS_ENDPOINT_URL",
            )

    def to_get(self, digests: Iterable[str]) -> dict[str, str]:
        """Return for each digest a URL that only allows reading its file."""
        return {digest: self._signed(f"{self._folder}{place_of(digest)}") for digest in digests}

    def to_name(self, places: Iterable[str]) -> JsonObject:
        """Return for each place a URL that writes it (`put`) and one that reads it (`look`), and nothing else."""
        keys = {place: f"{self._folder}{place}" for place in places}
        return {
            "put": {place: self._signed(key, "put_object") for place, key in keys.items()},
            "look": {place: self._signed(key) for place, key in keys.items()},
        }

    def to_post(self) -> JsonObject:
        """Return the `url` and the `fields` of a form that puts files of up to 5 GiB below this store's folder."""
        form: JsonDict = self._client.generate_presigned_post(
            self._bucket,
            f"{self._folder}sha256/${{filename}}",
            Conditions=[["content-length-range", 0, MOST_POSTED_BYTES]],
            ExpiresIn=LIFE_S,
        )
        return {"url": form["url"], "folder": self._folder, "fields": form["fields"]}

    def _signed(self, key: str, action: str = "get_object") -> str:
        wanted = {"Bucket": self._bucket, "Key": key}
        signed: str = self._client.generate_presigned_url(action, wanted, ExpiresIn=LIFE_S)
        return signed


def _client(url: str) -> Any:
    try:
        import botocore.session
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError as problem:
        raise StoreError(
            "An object store cannot be used without its library",
            where=url,
            why=str(problem),
            next_step="pip install 'recast-framework[s3]'",
        ) from problem
    try:
        session = botocore.session.get_session()
        region = session.get_config_variable("region") or _ANY_REGION
        # Version 4: the only one that supports a policy everywhere.
        client = session.create_client("s3", region_name=region, config=Config(signature_version="s3v4"))
        if session.get_credentials() is None:
            raise _unknown(url, "there are no credentials for it")
    except (BotoCoreError, ValueError) as problem:
        raise _unknown(url, str(problem)) from problem
    return client


def _unknown(url: str, why: str) -> CredentialsProblem:
    return CredentialsProblem(
        "The object store has no credentials for us",
        where=url,
        why=why,
        next_step="AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or ~/.aws/credentials; AWS_ENDPOINT_URL for the place",
    )
