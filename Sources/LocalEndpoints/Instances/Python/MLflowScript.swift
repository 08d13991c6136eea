/// The scoring script for MLflow models without one.
///
/// Like Azure, Turnout serves these models with a generic script under azureml-inference-server-http, in an
/// environment built from the model's conda file. A request is `{"input_data": …, "params": {…}}`, and the answer is
/// the bare predictions (Azure, "Deploy MLflow models to online endpoints"); MLflow's code converts the values.
enum MLflowScript {
    static let name = "score.py"

    static let text = """
        import json
        import os

        import mlflow.pyfunc
        from azureml_inference_server_http.api.aml_response import AMLResponse
        from mlflow.exceptions import MlflowException
        from mlflow.utils.proto_json_utils import (
            NumpyEncoder, _get_jsonable_obj, dataframe_from_parsed_json, parse_tf_serving_input)


        def init():
            global model, schema
            folder = os.environ["AZUREML_MODEL_DIR"]
            (name,) = os.listdir(folder)
            model = mlflow.pyfunc.load_model(os.path.join(folder, name))
            schema = model.metadata.get_input_schema()


        def parse(value):
            if isinstance(value, dict) and "data" in value and value.keys() <= {"columns", "index", "data"}:
                return dataframe_from_parsed_json(value, "split", schema)
            if schema is not None and not schema.is_tensor_spec():
                if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
                    return dataframe_from_parsed_json(value, "records", schema)
                if isinstance(value, list):
                    rows = [row if isinstance(row, list) else [row] for row in value]
                    columns = schema.input_names() if schema.has_input_names() else None
                    return dataframe_from_parsed_json({"columns": columns, "data": rows}, "split", schema)
            return parse_tf_serving_input({"inputs": value}, schema)


        def refuse(words):
            return AMLResponse({"error": words}, 400, json_str=True)


        def run(text):
            try:
                body = json.loads(text)
            except ValueError as error:
                return refuse(f"The request is not JSON: {error}")
            if not isinstance(body, dict) or "input_data" not in body:
                return refuse("The request must contain a top level key named 'input_data'")
            try:
                value = parse(body["input_data"])
                params = body.get("params")
                result = model.predict(value, params=params) if params else model.predict(value)
            except MlflowException as error:
                return refuse(error.message)
            return AMLResponse(
                json.dumps(_get_jsonable_obj(result), cls=NumpyEncoder), 200, {"Content-Type": "application/json"})
        """
}
