#!/usr/bin/env bash
set -Eeuo pipefail

host=${DB_HOST:-db} port=${DB_PORT:-5432}
tries=0
until (: <"/dev/tcp/$host/$port") 2>/dev/null; do
  ((tries++ < 30)) || { echo "gave up on $host:$port" >&2; exit 1; }
  sleep 1
done
[[ -n ${SKIP_MIGRATIONS:-} ]] || ./manage migrate --no-input
exec ./serve --bind "0.0.0.0:${PORT-8000}"
