eval exec "$CMD"
eval "$(ssh-agent -s)" >/dev/null
cmd="nginx -g 'daemon off;'"
sh -c "exec $cmd"
exec -a web -- "$@" 0</dev/null
exec $(which dumb-init || true) "$@"
command exec ls
