#!/bin/bash

sign_off() {
    echo "leaving the load balancer"
    rm -f /tmp/in-service
    pkill uvicorn
}
trap sign_off SIGTERM SIGINT

touch /tmp/in-service
uvicorn api:app --host 0.0.0.0 --port 8000
