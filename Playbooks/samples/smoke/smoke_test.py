#!/usr/bin/env python3
"""A smoke test of one deployment, run by a `run` stage of a playbook.

    - name: smoke-test
      run: {command: [samples/smoke/smoke_test.py, samples/sample-request.json], deployment: green}

Turnout says in the environment what the test is about. Exit status 0 passes; any other fails the stage, with the last
lines of the output as the reason.
"""

import json
import os
import sys
import urllib.error
import urllib.request


def main() -> int:
    uri = os.environ.get("TURNOUT_SCORING_URI")
    if not uri:
        print("this backend has no scoring URI: nothing can be called")
        return 1
    deployment = os.environ["TURNOUT_DEPLOYMENT"]
    headers = {"Content-Type": "application/json", "azureml-model-deployment": deployment}
    key_file = os.environ.get("TURNOUT_KEY_FILE")
    if key_file:
        with open(key_file) as file:
            headers["Authorization"] = "Bearer " + file.read().strip()
    with open(sys.argv[1], "rb") as file:
        request = urllib.request.Request(uri, data=file.read(), headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            served, body = answer.headers["azureml-model-deployment"], answer.read()
    except urllib.error.HTTPError as error:
        print(f"{deployment} answered {error.code}: {error.read().decode(errors='replace')}")
        return 1
    if served != deployment:
        print(f"{served} answered in the place of {deployment}")
        return 1
    json.loads(body)
    print(f"{deployment} of {os.environ['TURNOUT_ENDPOINT']} answers in JSON")
    return 0


if __name__ == "__main__":
    sys.exit(main())
