#!/bin/sh
# As the official image: scripts of /docker-entrypoint.d first, in order, then the command.
set -eu
case ${1:-} in
    nginx | nginx-debug)
        for script in /docker-entrypoint.d/*.sh; do
            [ ! -x "$script" ] || "$script"
        done
        ;;
esac
exec "$@"
