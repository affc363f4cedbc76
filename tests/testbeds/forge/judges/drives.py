"""A judge, run with .venv-forge: python-gitlab and PyGithub set and read statuses and comments of a forge.

Standard input: {"dialect", "url", "token", "project", "number", "commit", "set": [[state, description], ...],
"comment": [request, text] or null}. Standard output: {"statuses": [[context, state, description], ...], "refused":
[status of each refusal], "comments": [...]}, the newest status first.
"""

import json
import sys

import gitlab
from github import Auth, Github, GithubException


def of_gitlab(order):
    server = gitlab.Gitlab(order["url"], private_token=order["token"], retry_transient_errors=False)
    project = server.projects.get(order["number"], lazy=True)
    commit = project.commits.get(order["commit"], lazy=True)
    refused = []
    for state, description in order["set"]:
        try:
            commit.statuses.create({"state": state, "name": "recast", "description": description})
        except gitlab.GitlabError as problem:
            refused.append(problem.response_code)
    rows = commit.statuses.list(get_all=True)
    answer = {"refused": refused, "statuses": [[it.name, it.status, it.description] for it in rows], "comments": []}
    if order.get("comment"):
        number, text = order["comment"]
        request = project.mergerequests.get(number, lazy=True)
        if text:
            request.notes.create({"body": text})
        answer["comments"] = [note.body for note in request.notes.list(get_all=True)]
    return answer


def of_github(order):
    server = Github(base_url=order["url"], auth=Auth.Token(order["token"]), retry=None)
    repository = server.get_repo(order["project"], lazy=False)
    commit = repository.get_commit(order["commit"])
    refused = []
    for state, description in order["set"]:
        try:
            commit.create_status(state, description=description, context="recast")
        except GithubException as problem:
            refused.append(problem.status)
    rows = list(commit.get_statuses())
    answer = {"refused": refused, "statuses": [[it.context, it.state, it.description] for it in rows], "comments": []}
    if order.get("comment"):
        number, text = order["comment"]
        issue = repository.get_issue(number)
        if text:
            issue.create_comment(text)
        answer["comments"] = [comment.body for comment in issue.get_comments()]
    return answer


def main():
    order = json.load(sys.stdin)
    json.dump((of_gitlab if order["dialect"] == "gitlab" else of_github)(order), sys.stdout)


main()
