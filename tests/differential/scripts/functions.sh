#!/bin/bash
function say { printf '%s %s\n' "$(date +%T)" "$*"; }
function die() { say "$@" >&2; exit 1; }
need () (
  command -v "$1" >/dev/null 2>&1
) >/dev/null
main() {
  local -a missing=()
  local tool
  for tool in jq curl "${EXTRA_TOOLS[@]}"; do
    need "$tool" || missing+=("$tool")
  done
  (( ${#missing[@]} == 0 )) || die "missing: ${missing[*]}"
  say starting "$@"
  exec "$@"
}
main "$@"
