#!/bin/sh
set -e

python migrate.py
exec gunicorn shop:app --bind 0.0.0.0:8000 --workers "$WORKERS"
