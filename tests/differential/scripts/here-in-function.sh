usage() {
	cat <<-'HELP' >&2
		usage: tool [-v] FILE…
		  -v  say more
	HELP
	exit ${1:-64}
}
write_config() { cat > "$1" <<CONF
key = "$2"
CONF
}
[ $# -gt 0 ] || usage
write_config /etc/tool.conf "$KEY"
