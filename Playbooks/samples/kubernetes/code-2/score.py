"""A linear regression with its coefficients beside it: small enough to go with the code."""
import json
import os


def init():
    """Loads the model; called once for each worker, before its first request."""
    global model
    with open(os.path.join(os.path.dirname(__file__), "regression.json")) as file:
        model = json.load(file)


def run(raw_data):
    """Answers one request: `{"data": [[x0, …, x9], …]}` gives a list with a prediction for each row."""
    rows = json.loads(raw_data)["data"]
    return [round(model["intercept"] + sum(x * w for x, w in zip(row, model["coefficients"], strict=True)), 2) for row in rows]
