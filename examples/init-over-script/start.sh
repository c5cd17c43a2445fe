#!/bin/sh
set -e

until nc -z "${BROKER_HOST:-broker}" 5672; do
    echo "waiting for the broker"
    sleep 1
done

celery --app tasks worker --loglevel info
