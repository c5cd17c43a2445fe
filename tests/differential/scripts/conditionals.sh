if [[ $1 == -* || $1 == @(serve|run) ]]; then set -- app "$@"; fi
[[ -f /run/secrets/token && ! -v TOKEN ]] && TOKEN=$(</run/secrets/token)
if [[ $url =~ ^([a-z]+)://([^:/]+)(:([0-9]+))?$ ]]; then
  scheme=${BASH_REMATCH[1]}
fi
[[ ( -d a || -d b ) && ! ( -e c ) ]]
[[ $a -nt $b ]]; [[ "$x" < "$y" ]]; [[ -z $z ]]
while [[ $(curl -so /dev/null -w '%{http_code}' localhost) != 200 ]]; do sleep 1; done
[[ $v =~ [[:space:]]*(a b|c) ]] || true
[[ x == "y z"* ]]
[[ -h a ]] && [[ ! -L b ]]
