"""A repository of a registry: resolve tags, pull and push images."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import TracebackType
from urllib.parse import quote

from recast.digests import digest_of
from recast.errors import ImageCorrupt, ImageError
from recast.images import ImageStore
from recast.images.manifest import Descriptor, ImageConfig, read_config
from recast.images.reference import check_digest
from recast.registry.copying import Copied, nearby, pull_tree, push_tree
from recast.registry.documents import ACCEPT, LARGEST_DOCUMENT, Document, read_document
from recast.registry.flow import Watch
from recast.registry.http.session import Answer, Ask, Session
from recast.registry.name import Target, parse_target
from recast.registry.platforms import check_platform, choose, host_platform, read_entries
from recast.registry.referrers import Referrers
from recast.registry.settings import Settings, settings
from recast.registry.tags import all_tags, read_json
from recast.remote.answers import Transient
from recast.remote.exchange import attempts

__all__ = ["Registry", "Resolved"]

_CONFIG_TYPES = frozenset(
    {"application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"}
)


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a tag resolves to.

    `manifest_digest` is the platform's manifest, `index_digest` that of its index or None, `media_type` the manifest's,
    `size` the bytes of its configuration and layers, `platform` `os/architecture[/variant]` (empty for an artifact that
    is not an image).
    """

    index_digest: str | None
    manifest_digest: str
    media_type: str
    size: int
    platform: str


class Registry:
    """One repository, by `[oci://]HOST/NAME[:TAG][@sha256:...]` or an image's name; use it in a `with`.

    All methods raise NotFound, PermissionDenied, NetworkError, ImageCorrupt (bytes do not match their digest) or
    ImageError. Nothing is contacted before the first method is called. `strangers` is as for `Session`.
    """

    def __init__(self, reference: str | Target, how: Settings | None = None, *, strangers: bool = False) -> None:
        self.target = parse_target(reference) if isinstance(reference, str) else reference
        self._session = Session(self.target, how or settings(), strangers=strangers)
        self._about = Referrers(self._session, self.document, self._put)

    def __enter__(self) -> Registry:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    # -- asking

    def judge(self) -> None:
        """Raise PermissionDenied if an untrusted spec may not name this registry; only its addresses are looked up."""
        self._session.judge()

    def head(self, reference: str | None = None) -> str | None:
        """Return the current digest of a tag (or digest), None if it does not exist; does not count as a pull at
        docker.io.
        """
        name = self._wanted(reference)
        ask = Ask("HEAD", self._path("manifests", name), headers={"Accept": ACCEPT}, wanted=(200, 404))
        answer = self._session.short(ask)
        if answer.status == 404:
            return None
        said = answer.headers.get("docker-content-digest", "")
        return said if re.fullmatch(r"sha256:[0-9a-f]{64}", said) else self.document(name).digest

    def document(self, reference: str) -> Document:
        """Return the manifest or index behind a tag or digest, checked against the digest."""
        ask = Ask("GET", self._path("manifests", reference), headers={"Accept": ACCEPT})
        answer = self._session.short(ask, LARGEST_DOCUMENT)
        digest = reference if reference.startswith("sha256:") else None
        return read_document(answer.content, answer.url, digest, answer.headers.get("content-type", ""))

    def get_manifest(self, digest: str) -> Document:
        """Return the manifest or index with a digest."""
        return self.document(check_digest(digest))

    def get_blob(self, digest: str, most_bytes: int = LARGEST_DOCUMENT) -> bytes:
        """Return the content of a small blob, checked."""
        answer = self._session.short(Ask("GET", self._path("blobs", check_digest(digest))), most_bytes)
        if digest_of(answer.content) != digest:
            raise ImageCorrupt(f"The blob {digest} arrived damaged", where=answer.url, next_step="Try again.")
        return answer.content

    def resolve(self, tag: str | None = None, platform: str | None = None) -> Resolved:
        """Resolve a tag (or digest; default: that of the reference, else `latest`) for a platform.

        The default platform is this machine's; an image without an index has only its own.
        """
        top = self.document(self._wanted(tag))
        if not top.is_index:
            means = self._resolved(top, None, "")
            if platform is not None and means.platform:
                check_platform(means.platform, platform, str(self.target))
            return means
        entry = choose(read_entries(top.data, top.digest), platform or host_platform(), str(self.target))
        return self._resolved(self.document(entry.descriptor.digest), top.digest, entry.platform)

    def tags(self) -> list[str]:
        """Return all tags, sorted."""
        return all_tags(self._session)

    def referrers(self, digest: str, artifact_type: str | None = None) -> list[Descriptor]:
        """Return the referrers of a manifest (those with it as `subject`): signatures, SBOMs; an empty list if there
        are none.
        """
        return [item for item, kind in self._about.of(check_digest(digest)) if artifact_type in (None, kind)]

    def image_config(self, document: Document) -> ImageConfig:
        """Return the configuration of an image by its manifest."""
        wanted = document.manifest().config
        return read_config(read_json(self.get_blob(wanted.digest), str(self.target)), wanted.digest)

    # -- copying

    def pull(self, digest: str, store: ImageStore, *, name: str | None = None, watch: Watch | None = None) -> Copied:
        """Pull everything that a digest refers to, all platforms of an index, into a store; name it `name`."""
        store.create()
        with store.using():  # so that `recast image gc` keeps what has no name yet
            copied = pull_tree(self._session, self.get_manifest, check_digest(digest), store, watch)
            if name is not None:
                store.tag(name, digest)
        return copied

    def push(
        self,
        digest: str,
        store: ImageStore,
        tag: str | None = None,
        *,
        watch: Watch | None = None,
        fresh: bool = False,
    ) -> Copied:
        """Push everything that a digest in a store refers to; move `tag` to it.

        `fresh` says that the registry probably has little of it: tiny blobs are sent without checking first.
        """

        def put(document: Document) -> None:
            top = document.digest == digest
            self._put(document, tag if tag is not None and top else document.digest)

        near = nearby(self.target, store)
        return push_tree(self._session, put, check_digest(digest), store, near, watch, fresh=fresh)

    def put_document(self, content: bytes, tag: str | None = None) -> str:
        """Store a manifest or an index whose blobs are already there, under its digest and a tag; return the digest."""
        document = read_document(content, str(self.target))
        self._put(document, tag or document.digest)
        return document.digest

    # -- inside

    def _wanted(self, reference: str | None) -> str:
        return reference or self.target.digest or self.target.tag or "latest"

    def _path(self, kind: str, name: str) -> str:
        return f"{self._session.repository}/{kind}/{quote(name, safe=':')}"

    def _resolved(self, document: Document, index: str | None, platform: str) -> Resolved:
        manifest = document.manifest()
        if not platform and manifest.config.media_type in _CONFIG_TYPES:
            platform = self.image_config(document).platform
        return Resolved(index, document.digest, document.media_type, manifest.size, platform)

    def _put(self, document: Document, name: str) -> None:
        ask = Ask(
            "PUT",
            self._path("manifests", name),
            "pull,push",
            {"Content-Type": document.media_type},
            lambda: iter([document.content]),
            len(document.content),
            (201, 200),
        )
        answer = self._accepted(ask)
        said = answer.headers.get("docker-content-digest", document.digest)
        if said != document.digest:
            raise ImageError(
                f"The registry {self.target.host} changed a manifest",
                where=answer.url,
                why=f"{document.digest} was sent, it says {said}.",
                code="registry.changed",
            )
        if document.subject is not None and "oci-subject" not in answer.headers:
            self._about.note(document, document.subject.digest)

    def _accepted(self, ask: Ask) -> Answer:
        """Return the response to a manifest. While others push the same blobs, these may briefly be unknown."""
        for attempt in attempts():
            with attempt:
                try:
                    answer = self._session.once(ask)
                except ImageError as problem:
                    if "BLOB_UNKNOWN" not in problem.why:
                        raise
                    raise Transient(
                        problem.what,
                        where=problem.where,
                        why=problem.why,
                        next_step="Push again: the registry lost a blob that it had accepted.",
                        code=problem.code,
                    ) from problem
        return answer
