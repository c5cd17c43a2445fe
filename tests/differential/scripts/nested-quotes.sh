echo "outer $(echo "inner $(echo "innermost '$x'") \"q\"") done"
echo "a'b" 'c"d' "e\"f" g\'h \"i "`echo "j k"`"
msg="it's ${name:-"no one's"} turn"
echo "${msg//\'/\"}" "${msg/#it/IT}" "${msg%turn}"
eval "set -- $(printf '%q ' "$@")"
su app -s /bin/sh -c "exec \"\$0\" \"\$@\"" -- "$@"
sh -c 'echo "$1"' _ 'x'"'"'y'
