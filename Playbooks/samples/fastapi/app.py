"""A model server of one's own, written with FastAPI: `pip install fastapi uvicorn`."""
import os

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

# The second version weighs rooms otherwise; both answer in the same form.
PRICE_OF_A_ROOM = float(os.environ.get("PRICE_OF_A_ROOM", "20000"))

app = FastAPI()


class House(BaseModel):
    rooms: int
    area: float


@app.get("/health")
def health():
    return {"status": "ok"}


@app.post("/predict")
def predict(house: House):
    return {"price": PRICE_OF_A_ROOM * house.rooms + 2500 * house.area}


if __name__ == "__main__":
    # Turnout gives each instance a port of its own; in a container it is the port of inference_config.
    port = os.environ.get("PORT")
    uvicorn.run(app, host="127.0.0.1" if port else "0.0.0.0", port=int(port or 8000), access_log=False)
