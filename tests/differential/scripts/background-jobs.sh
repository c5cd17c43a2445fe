nginx -g 'daemon off;' & php-fpm -F &
crond; sleep 1 &
(cd /srv && ./sync --loop) &
{ sleep 5; echo warm; } & wait -n
pids="$pids $!"
for p in $pids; do wait "$p" || status=$?; done
exit ${status:-0}
