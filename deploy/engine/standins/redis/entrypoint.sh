#!/bin/sh
# What the official image does: options or a configuration file mean the server, and root becomes the user redis.
set -eu
case ${1:-} in
    -* | *.conf) set -- redis-server "$@" ;;
esac
if [ "${1:-}" = redis-server ]; then
    if [ "$(id -u)" = 0 ]; then
        chown redis:redis .
        exec setpriv --reuid=redis --regid=redis --clear-groups "$0" "$@"
    fi
    # The official image is built without protected mode: a container without a published port is its own fence.
    case " $* " in
        *.conf\ *) ;;
        *) set -- "$@" --protected-mode no ;;
    esac
fi
exec "$@"
