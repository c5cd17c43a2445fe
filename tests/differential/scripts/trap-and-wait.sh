#!/bin/bash
worker=
stop() {
  trap - TERM INT
  [ -z "$worker" ] || kill -TERM "$worker" 2>/dev/null
  wait "$worker"
  exit $((128 + 15))
}
trap stop TERM INT
trap 'echo reloading; kill -HUP $worker' HUP
collector --queue "$QUEUE" &
worker=$!
while kill -0 $worker 2>/dev/null; do
  wait $worker
done
