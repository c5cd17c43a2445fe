#!/usr/bin/env bash
declare -A ports=([web]=80 [admin]=8080
  [metrics]=9100 # for the scraper
)
args=(--verbose --log-level "${LOG_LEVEL:-info}")
[[ ${TLS_CERT:-} ]] && args+=(--cert "$TLS_CERT" --key "${TLS_KEY:?TLS_KEY is missing}")
for name in "${!ports[@]}"; do
  args+=("--listen=$name=${ports[$name]}")
done
args[0]=--quiet
last=${args[-1]} count=${#args[@]} some=("${args[@]:1:2}")
exec gateway "${args[@]}"
