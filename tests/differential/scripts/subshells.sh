(a; (b; (c)); d) | (e)
( (a) )
( (a); (b))
$( (a); b )
x=$( (a) | (b))
(
  cd /srv || exit
  umask 022
  exec ./run
) >log 2>&1 &
