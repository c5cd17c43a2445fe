coproc WORKER { while read -r line; do echo "got $line"; done; }
coproc bc -l
echo hi >&"${WORKER[1]}"
read -r answer <&"${WORKER[0]}"
kill "$WORKER_PID"
diff <(sort a) <(sort b | uniq) > >(tee diff.log) 2> >(cat >&2)
tee >(gzip >a.gz) <a >/dev/null
