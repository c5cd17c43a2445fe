export A=1 B="$2" C
readonly D=(a b) E
local f="$(g)" h
declare -r -x I=j
typeset -i k=1+2
declare -A l=(["a b"]=c [d]=e)
unset A B
alias ll='ls -l'
