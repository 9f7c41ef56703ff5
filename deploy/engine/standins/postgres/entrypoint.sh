#!/bin/sh
# What the official image does for the settings we use: makes the cluster on the first start, then is the server.
set -eu

fail() {
    printf 'Error: %s\n' "$*" >&2
    exit 1
}

secret() {
    if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then
        cat "$POSTGRES_PASSWORD_FILE"
    else
        printf '%s' "${POSTGRES_PASSWORD:-}"
    fi
}

make_cluster() {
    user=${POSTGRES_USER:-postgres}
    password=$(secret)
    [ -n "$password" ] || fail "The database has no superuser password: give POSTGRES_PASSWORD_FILE."
    mkdir -p "$PGDATA"
    chmod 700 "$PGDATA"
    # A file in the cluster's own folder would stop initdb, and /dev/shm is there in every container.
    hidden=$(mktemp -p /dev/shm)
    printf '%s' "$password" >"$hidden"
    # Whoever is in the container is trusted, as in the official image; from outside only the password counts.
    # shellcheck disable=SC2086  # several arguments in one variable, as in the official image
    initdb -D "$PGDATA" -U "$user" -E UTF8 --pwfile="$hidden" ${POSTGRES_INITDB_ARGS:-}
    rm -f "$hidden"
    printf "\nhost all all all scram-sha-256\n" >>"$PGDATA/pg_hba.conf"
    fill_cluster "$user" "$password" "${POSTGRES_DB:-$user}"
}

# Reached by its socket only, so that nobody takes the half-made server for the ready one.
fill_cluster() {
    export PGPASSWORD="$2"
    pg_ctl -D "$PGDATA" -o "-c listen_addresses='' -c unix_socket_directories=$PGHOST" -w start
    if [ "$3" != postgres ]; then
        psql -v ON_ERROR_STOP=1 -U "$1" -d postgres -v name="$3" <<'SQL'
CREATE DATABASE :"name";
SQL
    fi
    for file in /docker-entrypoint-initdb.d/*.sql; do
        [ ! -f "$file" ] || psql -v ON_ERROR_STOP=1 -U "$1" -d "$3" -f "$file"
    done
    pg_ctl -D "$PGDATA" -m fast -w stop
    unset PGPASSWORD
    echo "PostgreSQL init process complete; ready for start up."
}

case ${1:-} in
    "") set -- postgres ;;
    -*) set -- postgres "$@" ;;
esac

if [ "$1" = postgres ]; then
    if [ "$(id -u)" = 0 ]; then
        mkdir -p "$PGDATA"
        chown -R postgres:postgres "$PGDATA" "$PGHOST"
        exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
    fi
    [ -s "$PGDATA/PG_VERSION" ] || make_cluster
    shift
    set -- postgres -c "listen_addresses=*" -c "unix_socket_directories=$PGHOST" "$@"
fi
exec "$@"
