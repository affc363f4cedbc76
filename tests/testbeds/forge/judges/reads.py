"""A judge, run with .venv-forge: what Buildbot's hook classes read out of deliveries, and whose signatures hold.

Standard input: {"deliveries": [{"dialect", "headers", "body" (base64), "secret"}]}. Standard output: a list with
{"change", "error", "proofs"} for each.
"""

import base64
import io
import json
import sys
from unittest.mock import Mock

from buildbot.www.hooks.github import GitHubEventHandler, GitHubHandler
from buildbot.www.hooks.gitlab import GitLabHandler
from buildbot_gitea.webhook import GiteaHandler
from gidgethub.sansio import Event
from standardwebhooks import Webhook, WebhookVerificationError
from twisted.internet import defer
from twisted.python.failure import Failure


class Offline(GitHubEventHandler):
    """Buildbot asks GitHub for a commit's message and a request's files; there is nobody to ask."""

    def _get_commit_msg(self, repo, sha):
        return defer.succeed("")

    def _get_pr_files(self, repo, number):
        return defer.succeed([])


class Request:
    """What of a request of twisted's the handlers look at."""

    def __init__(self, headers, body):
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.content, self.args = io.BytesIO(body), {}

    def getHeader(self, name):
        text = name.decode() if isinstance(name, bytes) else name
        found = self.headers.get(text.lower())
        return found.encode() if found is not None and isinstance(name, bytes) else found


def handler(dialect, secret):
    master = Mock()
    if dialect == "github":
        return GitHubHandler(master, {"secret": secret, "strict": True, "class": Offline, "pullrequest_ref": "head"})
    if dialect == "gitea":
        return GiteaHandler(master, {"secret": secret})
    # Buildbot knows GitLab's token, not its signatures.
    return GitLabHandler(master, {} if secret.startswith("whsec_") else {"secret": secret})


def read(dialect, headers, body, secret):
    result = []
    asked = defer.maybeDeferred(handler(dialect, secret).getChanges, Request(headers, body))
    asked.addBoth(result.append)
    if isinstance(result[0], Failure):
        return {"change": {}, "error": result[0].getErrorMessage()}
    changes, _ = result[0]
    if not changes:
        return {"change": {}, "error": ""}
    return {"change": shown(dialect, changes, json.loads(body)), "error": ""}


def shown(dialect, changes, document):
    """The newest change; Buildbot puts Gitea's in the other order."""
    change = changes[0 if dialect == "gitea" else -1]
    properties = change["properties"]
    number, revision, project = None, change["revision"], change["project"]
    if dialect == "github" and change["category"] == "pull":
        number = int(change["branch"].split("/")[2])
    if dialect == "gitea" and "pr_number" in properties:
        number, revision = properties["pr_number"], properties["head_sha"]
    if dialect == "gitlab":
        project = change["repository"].partition("://")[2].partition("/")[2].removesuffix(".git")
        if "target_branch" in properties:
            number = int(change["comments"].partition("#")[2].partition(":")[0])
    return {"project": project, "revision": revision, "branch": change["branch"], "number": number}


def proofs(dialect, headers, body, secret):
    found = {}
    if dialect in ("github", "gitea"):  # Gitea also signs as GitHub does
        try:
            Event.from_http({name.lower(): value for name, value in headers.items()}, body, secret=secret)
            found["gidgethub"] = True
        except Exception:
            found["gidgethub"] = False
    elif secret.startswith("whsec_"):
        try:
            Webhook(secret).verify(body, headers)
            found["standardwebhooks"] = True
        except WebhookVerificationError:
            found["standardwebhooks"] = False
    else:
        found["token"] = headers.get("X-Gitlab-Token") == secret
    return found


def main():
    answers = []
    for row in json.load(sys.stdin)["deliveries"]:
        body = base64.b64decode(row["body"])
        given = (row["dialect"], row["headers"], body, row["secret"])
        answers.append({**read(*given), "proofs": proofs(*given)})
    json.dump(answers, sys.stdout)


main()
