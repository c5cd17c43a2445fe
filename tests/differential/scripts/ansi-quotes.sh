IFS=$' \t\n'
printf $'%s\n' $'it\'s' $"localised $HOME"
sep=$'\x1f' nul=$'\0' bell=$'\a'
tr -d $'\r' <in >out
echo a$'\n'b"$IFS"c
