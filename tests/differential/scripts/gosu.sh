#!/usr/bin/env bash
set -eo pipefail
shopt -s nullglob

_main() {
	if [ "${1:0:1}" = '-' ]; then
		set -- engine "$@"
	fi
	if [ "$1" = 'engine' ] && ! _wants_help "$@"; then
		if [ "$(id -u)" = "0" ]; then
			_note "switching to the user 'engine'"
			exec gosu engine "$BASH_SOURCE" "$@"
		fi
		_init_if_empty "$@"
	fi
	exec "$@"
}

_wants_help() {
	local arg
	for arg; do
		case "$arg" in
			-'?'|--help|-V) return 0 ;;
		esac
	done
	return 1
}

if ! (return 0 2>/dev/null); then
	_main "$@"
fi
