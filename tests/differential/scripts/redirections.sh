exec 3>&1 4>>/tmp/trace 5<>/tmp/both
exec >/dev/stdout 2>/dev/stderr
run >out.log 2>&1 </dev/null &
run &>all.log
run &>>all.log
run 2>&1 >&3 | cat
exec {lock}>/run/app.lock
flock -n "$lock" || exit 0
exec 3>&- 4>&-
read -r first <<<"$LIST"
while read -r a b; do echo "$b"; done < <(list --all) >pairs 2>/dev/null
>empty
<in >out tr a-z A-Z
