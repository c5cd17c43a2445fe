"""The stock of a shop."""

from fastapi import FastAPI

app = FastAPI()
stock = {"tea": 12, "coffee": 7}


@app.get("/stock/{item}")
def level(item: str) -> dict[str, int]:
    return {item: stock.get(item, 0)}
