"""Orders, kept in a database."""

import os
import sqlite3


def app(environ, start_response):
    with sqlite3.connect(os.environ["DATABASE"]) as database:
        (orders,) = database.execute("SELECT count(*) FROM orders").fetchone()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{orders} orders\n".encode()]
