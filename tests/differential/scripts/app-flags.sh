#!/bin/sh
set -e

# Flags alone mean the default program.
if [ "${1#-}" != "$1" ]; then
	set -- shopd "$@"
fi

if [ "$1" = 'shopd' ] && [ "$(id -u)" = '0' ]; then
	mkdir -p /var/lib/shopd
	find /var/lib/shopd \! -user shop -exec chown shop '{}' +
	exec su-exec shop "$0" "$@"
fi

umask 0077
exec "$@"
