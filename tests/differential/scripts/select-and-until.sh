PS3='which? '
select choice in start stop 'show state'; do
  case $choice in
    start) ./up & ;;
    stop) ./down ;&
    'show state') ./state ;;&
    *) break
  esac
done
until ping -c1 "$GATEWAY" &>/dev/null; do sleep 2; done
