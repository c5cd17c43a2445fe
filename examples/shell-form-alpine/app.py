"""Visits to a shop, counted in memory and written down when it closes."""

import atexit
import pathlib

from flask import Flask

app = Flask(__name__)
LEDGER = pathlib.Path("/data/visits")
visits = int(LEDGER.read_text()) if LEDGER.exists() else 0


@app.get("/")
def hello():
    global visits
    visits += 1
    return f"Hello, visitor {visits}\n"


@atexit.register
def close():
    LEDGER.write_text(str(visits))
