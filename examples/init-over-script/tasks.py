"""Mails that a shop sends."""

import os
import time

from celery import Celery

app = Celery("tasks", broker=f"amqp://{os.environ.get('BROKER_HOST', 'broker')}")


@app.task(acks_late=True)
def confirm(order):
    time.sleep(2)
    print(f"confirmed order {order}")
