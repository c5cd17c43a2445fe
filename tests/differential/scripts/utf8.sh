echo "Straße" '日本語' naïve😀
größe=1 été=2
name="ñandú" && echo "${name#ñ} — done" # ü
cat <<ENDE
Grüße an $name
ENDE
exec äpp --ö="$ü" &
