exec java \
  -Xmx"${HEAP:-512m}" \
  -Dlog.dir=/var/log\
  $JAVA_OPTS \
  -jar /app/app\
.jar \
  "$@" \

echo "one \
two" 'three \
four'
[ -n "$A" ] \
  && echo a \
  || echo b
