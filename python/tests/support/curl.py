"""`python curl.py MODULE:APP` answers curl commands (a JSON list of argument lists on standard
input) with an ASGI application, as a server would; prints the bodies as a JSON list."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from urllib.parse import urlsplit

from fastapi.testclient import TestClient


def answer(client: TestClient, arguments: list[str]) -> str:
    """The body of the response to one command."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--json", dest="body")
    parser.add_argument("-X", dest="method")
    given = parser.parse_args(arguments)
    parts = urlsplit(f"http://{given.url}")
    response = client.request(
        given.method or ("GET" if given.body is None else "POST"),
        f"{parts.path}?{parts.query}",
        content=given.body,
        headers={} if given.body is None else {"content-type": "application/json"},
    )
    return response.text


def main() -> None:
    """Answer all commands within one lifespan of the application."""
    sys.path[0] = ""  # the folder of the project, instead of this file's
    module, _, name = sys.argv[1].partition(":")
    app = getattr(importlib.import_module(module), name)
    with TestClient(app, raise_server_exceptions=False) as client:
        print(json.dumps([answer(client, arguments) for arguments in json.load(sys.stdin)]))


if __name__ == "__main__":
    main()
