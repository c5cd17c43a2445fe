#!/bin/bash
exec 2> >(while IFS= read -r l; do printf '%(%F)T %s\n' -1 "$l"; done >&2)
printf -v start '%(%s)T' -1
{
  until mysqladmin ping -h"${DB_HOST}" --silent; do
    (( $(date +%s) - start > 60 )) && exit 1
    sleep .5
  done
} </dev/null
read -rd '' banner <<'EOB' || true
  ready
EOB
exec "${@:-bash}"
