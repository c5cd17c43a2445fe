: ${DATA:=/data} "${MODE:?set MODE}" ${OPTIONAL:+given}
file=${path##*/} dir=${path%/*} ext=${file##*.} stem=${file%%.*}
upper=${name^^} lower=${name,,} first=${name^} len=${#name}
sub=${name:2:3} tail=${name: -4} from=${@:2} quoted=${name@Q}
clean=${name//[^a-z0-9]/-} one=${name/foo/bar} gone=${name//x}
ref=${!name} keys=${!map[@]} pre=${!PREFIX_*} n=${#} all=$# last=${!#}
nested=${A:-${B:-$(default "${C-}")}}
echo "${opts[@]+"${opts[@]}"}" "${x:-'literal'}" "${y#'*'}"
