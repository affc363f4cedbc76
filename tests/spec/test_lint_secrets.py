"""Secrets are found wherever they stand, and never shown; what only stands for a secret is left alone."""

from __future__ import annotations

import json

import pytest
from spec_parts import STEPS, single, stages

from recast.cli.app import run
from recast.secret_text import in_line, in_pair

B = "Zq9xB7mK2pLw"
"""A part of a secret; put together here, so that no scanner takes this file for a leak."""

SECRETS = [
    ("env: {EOS_PASSWORD: %s}", B),
    ("env: {aws: %s}", "AKIA" + "IOSFODNN7EXAMPLE"),
    ("workdir: ghp_%s", B * 3),
    ("envscript: 'glpat-%s'", B * 2),
    ("workdir: 'https://jdoe:%s@example.org/x'", B),
    ("resources: [{voms: {api_key: %s}}]", B),
]

SCRIPTS = [
    f"export RUCIO_TOKEN={B}",
    f"curl -u jdoe:{B} https://example.org",
    f"curl -H 'Authorization: Bearer {B}' https://example.org",
    f"echo {B} | kinit jdoe",
    f"kinit jdoe <<< {B}",
    f"xrdfs --password {B} ls",
    f"git clone https://oauth2:{B}@example.org/x.git",
    f"# the password: {B}",
    f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.{B}",
    "-----BEGIN RSA PRIVATE KEY-----",
]

HARMLESS = [
    "export RUCIO_TOKEN=$TOKEN",
    "export TOKEN={token}",
    "export TOKEN=${{TOKEN}}",
    "export TOKEN=$(cat token.txt)",
    "password_file=/run/secrets/x",
    "curl https://example.org:8080/x",
    "root://eosuser.cern.ch//eos/user/x",
    "echo hello | tee out.txt",
    "fit --max-tokens 100 --token-type bearer",
    "n_tokens=12",
    "def read(token: str) -> None:",
    "tokens = read_tokens(path)",
    "-----BEGIN CERTIFICATE-----",
]


@pytest.mark.parametrize("line", SCRIPTS)
def test_secrets_in_a_line(line):
    assert list(in_line(line))


@pytest.mark.parametrize("line", HARMLESS)
def test_what_only_stands_for_a_secret(line):
    assert not list(in_line(line)), [secret.kind for secret in in_line(line)]


@pytest.mark.parametrize(
    ("name", "value"), [("token", "{token}"), ("password", ""), ("secret_file", B), ("tokens", "5")]
)
def test_pairs_that_are_no_secrets(name, value):
    assert not list(in_pair(name, value))


def lint(specs, monkeypatch, capsys, form):
    monkeypatch.chdir(specs.folder)
    run(["spec", "lint", "workflow.yml", "-o", form])
    said = capsys.readouterr()
    return said.out + said.err


def in_environment(text):
    body = "step: {process: null, publisher: {publisher_type: constant-pub, publish: {}}, "
    return single("{}", body + f"environment: {{environment_type: docker-encapsulated, image: a, {text}}}}}")


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv", "sarif"])
@pytest.mark.parametrize(("text", "secret"), SECRETS)
def test_a_secret_in_an_environment_is_found_and_not_shown(specs, monkeypatch, capsys, text, secret, form):
    specs.write("workflow.yml", stages(in_environment(text % secret)))
    said = lint(specs, monkeypatch, capsys, form)
    assert "spec.secret" in said
    assert secret not in said


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_secret_in_a_script_is_found_at_its_line(specs, monkeypatch, capsys, script):
    steps = STEPS.replace("string-interpolated-cmd", "interpolated-script-cmd")
    specs.write("steps.yml", steps.replace("cmd: echo {text} > {out}", f"script: |\n      set -e\n      {script}"))
    specs.write("workflow.yml", stages(single("{text: a, out: b}")))
    found = json.loads(lint(specs, monkeypatch, capsys, "json"))["files"][0]["errors"]
    secrets = [finding for finding in found if finding["code"] == "spec.secret"]
    assert {(finding["file"], finding["line"]) for finding in secrets} == {("steps.yml", 6)}
    assert B not in json.dumps(found)


def test_secrets_in_other_messages_are_blotted_out(specs, monkeypatch, capsys):
    specs.write(
        "workflow.yml", f"stages:\n- name: a\n  dependencies: [init]\n  scheduler: {{db_password: {B}}}\n  {B}: 1\n"
    )
    said = lint(specs, monkeypatch, capsys, "json")
    assert "spec.unknown-key" in said
    assert "***" in said
    assert B not in said


def test_secrets_in_a_file_that_is_no_yaml(specs, monkeypatch, capsys):
    specs.write("workflow.yml", f"stages: [\npassword: {B}\n")
    said = lint(specs, monkeypatch, capsys, "json")
    assert '"spec.secret": 1' in said
    assert B not in said


def test_a_parameter_in_a_list_and_a_key_in_a_block(specs, monkeypatch, capsys):
    key = "-----BEGIN OPENSSH PRIVATE KEY-----\n    b3BlbnNzaC1rZXktdjEAAAAA\n    -----END OPENSSH PRIVATE KEY-----"
    text = stages(
        single(
            f"\n  - key: db_password\n    value: {B}\n  - key: text\n    value: |\n    PEM\n  - {{key: out, value: b}}"
        )
    )
    specs.write("workflow.yml", text.replace("    PEM", "      " + key.replace("\n    ", "\n        ")))
    found = json.loads(lint(specs, monkeypatch, capsys, "json"))
    secrets = [finding["key"] for finding in found["files"][0]["errors"] if finding["code"] == "spec.secret"]
    assert secrets == ["/stages/0/scheduler/parameters/0/value", "/stages/0/scheduler/parameters/1/value"]
    assert "b3BlbnN" not in json.dumps(found)
