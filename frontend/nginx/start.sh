#!/bin/sh
# Starts the page's web server.
#
#   start-frontend plain     http on 8001 (default)
#   start-frontend tls       https on 8443, with /run/secrets/tls_certificate and /run/secrets/tls_key
#   start-frontend check WAY only look whether the settings are right; 1 and a sentence when not
#
# CLOUDEVY_PUBLIC_URL      the address people use; https sends visitors of plain http there
# CLOUDEVY_TRUSTED_PROXIES addresses or networks, with commas, of a proxy of your own in front of this one
# CLOUDEVY_API             where the api listens, api:8002
# LOG_FORMAT               human or json
set -eu

WORK=/tmp/cloudevy

fail() {
    printf 'The page cannot be served: %s\n' "$*" >&2
    exit 1
}

# nginx needs a resolver by address; the container's own is always the right one.
resolver() {
    found=$(awk '$1 == "nameserver" { print $2; exit }' /etc/resolv.conf)
    case $found in
        '') fail 'there is no name server in /etc/resolv.conf.' ;;
        *:*) printf '[%s]' "$found" ;;
        *) printf '%s' "$found" ;;
    esac
}

# shellcheck disable=SC2016  # the dollars are nginx's
proxies() {
    printf 'geo $realip_remote_addr $from_proxy {\n    default 0;\n'
    for each in $(printf '%s' "$TRUSTED" | tr ',' ' '); do
        printf '    %s 1;\n' "$each"
    done
    printf '}\n'
    for each in $(printf '%s' "$TRUSTED" | tr ',' ' '); do
        printf 'set_real_ip_from %s;\n' "$each"
    done
}

listen() {
    case $1 in
        plain) printf '8001' ;;
        tls) printf '8443 ssl' ;;
        *) fail "there is no way called $1; it is plain or tls." ;;
    esac
}

certificate() {
    for file in tls_certificate tls_key; do
        [ -r "/run/secrets/$file" ] ||
            fail "/run/secrets/$file cannot be read. Put the certificate and its key into secrets/tls.crt and secrets/tls.key, readable in the container (chmod 0444)."
    done
    cat <<'TLS'
    ssl_certificate /run/secrets/tls_certificate;
    ssl_certificate_key /run/secrets/tls_key;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:tls:2m;
    ssl_session_tickets off;
TLS
}

# Visitors who came without encryption go to the public address; health checks are exempt.
# shellcheck disable=SC2016  # the dollars are nginx's
move() {
    case $PUBLIC_URL in
        https://*)
            printf '    set $came "$visitor_scheme:$uri";\n'
            printf '    if ($came ~ "^http:/(?!healthz$|readyz$)") {\n        return 301 %s$request_uri;\n    }\n' "$PUBLIC_URL"
            ;;
    esac
}

site() {
    move >"$WORK/move"
    [ "$1" = plain ] || certificate >>"$WORK/move"
    sed -e "s|@LISTEN@|$(listen "$1")|" -e "s|@RESOLVER@|$(resolver)|" -e "s|@API@|$API|" -e "s|@LOG@|$LOG|" \
        -e "/@MOVE@/{r $WORK/move" -e 'd;}' /etc/cloudevy/site.conf
}

task=serve
[ "${1:-}" != check ] || { task=check && shift; }
way=${1:-plain}
API=${CLOUDEVY_API:-api:8002}
LOG=${LOG_FORMAT:-human}
TRUSTED=${CLOUDEVY_TRUSTED_PROXIES:-}
PUBLIC_URL=${CLOUDEVY_PUBLIC_URL:-}
PUBLIC_URL=${PUBLIC_URL%/}
case $LOG in human | json) ;; *) fail "LOG_FORMAT=$LOG is unknown. Write human or json." ;; esac
case $PUBLIC_URL in
    *[!A-Za-z0-9:/.\[\]_-]*) fail "CLOUDEVY_PUBLIC_URL=$PUBLIC_URL is not of the form https://host or https://host:port." ;;
esac
case $TRUSTED in
    *[!0-9A-Fa-f:./,\ ]*) fail "CLOUDEVY_TRUSTED_PROXIES=$TRUSTED must be addresses or networks such as 10.0.0.0/8, with commas between." ;;
esac
case $API in *[!A-Za-z0-9.:_-]*) fail "CLOUDEVY_API=$API is not of the form host:port." ;; esac
listen "$way" >/dev/null

umask 077
mkdir -p "$WORK"
proxies >"$WORK/proxies.conf"
site "$way" >"$WORK/site.conf"
nginx -q -t -c /etc/cloudevy/nginx.conf || fail 'its settings are not accepted (reason above).'
[ "$task" != check ] || exit 0
case $LOG in
    human) printf '🟢 Cloudevy page on %s, the api at %s.\n' "$(listen "$way")" "$API" ;;
    json) printf '{"time":"%s","event":"page.started","listen":"%s","api":"%s"}\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$(listen "$way")" "$API" ;;
esac
exec nginx -c /etc/cloudevy/nginx.conf -g 'daemon off;'
