"""A linear regression in pure Python, so that nothing but the inference server needs to be installed."""
import json
import logging
import os


def init():
    """Loads the model; called once for each worker, before its first request."""
    global model
    path = os.path.join(os.environ["AZUREML_MODEL_DIR"], "model", "regression.json")
    with open(path) as file:
        model = json.load(file)
    logging.info("init complete")


def run(raw_data):
    """Answers one request: `{"data": [[x0, …, x9], …]}` gives a list with a prediction for each row."""
    rows = json.loads(raw_data)["data"]
    return [round(predict(row), 2) for row in rows]


def predict(row):
    if len(row) != len(model["coefficients"]):
        raise ValueError(f"a row of {len(model['coefficients'])} numbers is expected, not of {len(row)}")
    return model["intercept"] + sum(x * weight for x, weight in zip(row, model["coefficients"]))
