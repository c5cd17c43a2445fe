#!/bin/bash
set -m
redis-server --daemonize no &
gunicorn app:app --bind :8000 &
wait -n
code=$?
kill $(jobs -p) 2>/dev/null || :
exit "$code"
