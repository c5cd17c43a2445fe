#!/bin/sh
n=${RETRIES:-10}
while [ "$n" -gt 0 ]; do
  if nc -z db 5432; then break; fi
  n=$((n-1)); sleep 1
done
[ $n -gt 0 ] || exit 1
i=1
while :
do
  poll "$i" & pid=$!
  wait $pid
  i=`expr $i + 1`
done
