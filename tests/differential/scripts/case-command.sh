#!/bin/sh
case "$1" in
  web|worker)
    role=$1
    shift
    exec python -m "svc.$role" "$@"
    ;;
  shell) exec /bin/sh ;;
  migrate)
    python -m svc.migrate && echo done || echo failed >&2
    ;;
  -*) exec python -m svc.web "$@";;
  "") echo "usage: $0 web|worker|shell|migrate" >&2; exit 64 ;;
  *) exec "$@"
esac
