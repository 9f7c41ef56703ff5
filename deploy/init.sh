#!/bin/sh
# Make the secrets of one installation, and .env from .env.example. Run it in the folder that holds docker-compose.yml:
#
#   sh init.sh            on a server
#   deploy/init.sh        in a checkout
#   sh init.sh --demo     the same, with a new .env for a simulated EC2 instead of AWS
#
# Run it as often as you like: what is there is never overwritten, what is missing is made to fit it. Wants openssl.
# Keep a copy of secrets/ elsewhere: without vault_private_keys nobody can open the stored credentials again.
set -eu
umask 077
LC_ALL=C
export LC_ALL
S=secrets

say() { printf '%s\n' "$*"; }
die() {
    printf 'init.sh: %s\n' "$*" >&2
    exit 1
}

# keep NAME COMMAND...: the file NAME with what the command prints, unless it is there. A killed run leaves only NAME.new.
keep() {
    name=$1
    shift
    if [ -e "$S/$name" ]; then
        [ -s "$S/$name" ] || die "$S/$name is empty. Put its value back, or remove it and run this again."
        say "  there  $S/$name"
        return
    fi
    rm -f "$S/$name.new"
    { "$@" >"$S/$name.new" && [ -s "$S/$name.new" ]; } ||
        die "$S/$name cannot be made. Look whether openssl works and the disk has room, and run this again."
    finish "$name" 0444
}

# Containers that are not root read the files; the folder keeps other people of this machine out.
finish() {
    chmod "$2" "$S/$1.new"
    mv "$S/$1.new" "$S/$1"
    say "  made   $S/$1"
}

random_hex() { openssl rand -hex 24; }
random_text() { openssl rand -base64 96 | tr -dc 'A-Za-z0-9' | cut -c "1-$1"; }
content() { cat "$S/$1"; }

# password_in FILE HOST: the password in an address of ours, for when only the file beside it was lost.
password_in() { sed -n "s|^[a-z]*://[^:]*:\([^@]*\)@$2:.*|\1|p" "$S/$1" 2>/dev/null || true; }

password() {
    known=$(password_in "$1" "$2")
    if [ -n "$known" ]; then say "$known"; else random_hex; fi
}

database_url() { say "postgres://cloudevy:$(content postgres_password)@postgres:5432/cloudevy"; }
broker_url() { say "redis://cloudevy:$(content redis_password)@redis:6379/0"; }

redis_conf() {
    cat <<END
# The doorbell between the programs: nothing is stored, and the one user has no command that could harm the server.
bind * -::*
protected-mode yes
save ""
appendonly no
maxmemory-policy noeviction
user default off
user cloudevy on >$(content redis_password) ~* &* +@all -@admin -@dangerous +info
END
}

base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }

# PKCS #8 wraps the 32 bytes of an X25519 key in 16 that are always the same, and SubjectPublicKeyInfo in 12 (RFC 8410).
private_keys() {
    line=k1:$(openssl genpkey -algorithm X25519 -outform DER | tail -c 32 | base64url)
    [ ${#line} -eq 46 ] || return 0
    say "$line"
}

# The key that seals is the first line's; further lines only open what older keys sealed.
public_key() {
    id=$(content vault_private_keys | head -n 1 | cut -d: -f1)
    line=$id:$(private_der | openssl pkey -inform DER -pubout -outform DER | tail -c 32 | base64url)
    [ ${#line} -eq $((${#id} + 44)) ] || return 0
    say "$line"
}

private_der() {
    printf '\060\056\002\001\000\060\005\006\003\053\145\156\004\042\004\040'
    content vault_private_keys | head -n 1 | cut -d: -f2 | tr -d '=\r\n' | tr -- '-_' '+/' | sed 's/$/=/' | openssl base64 -d -A
}

# keep_empty NAME CONTENT: empty until CLOUDEVY_AWS_ACCESS_KEY_ID is used; then it holds the key's secret.
keep_empty() {
    [ ! -e "$S/$1" ] || { say "  there  $S/$1" && return; }
    printf '%s' "$2" >"$S/$1.new"
    finish "$1" 0644
}

demo_lines() {
    say COMPOSE_PROFILES=demo
    say CLOUDEVY_AWS_ENDPOINT_URL=http://127.0.0.1:8004
    say CLOUDEVY_DEMO=1
    say CLOUDEVY_AWS_ACCESS_KEY_ID=AKIASIMULATOR0000009
}

# The key with which the simulated cloud lets roles be assumed (simulator/fleets/demo.json); it opens nothing real.
DEMO_SECRET=SimulatorSecretOfTheService/NotReal/////

# with_lines: what comes in, with the lines of the demo in place of those of the same name.
with_lines() {
    awk -F= -v lines="$(demo_lines | tr '\n' ' ')" '
        BEGIN { n = split(lines, each, " "); for (i = 1; i <= n; i++) { split(each[i], pair, "="); wanted[pair[1]] = each[i] } }
        $1 in wanted { $0 = wanted[$1] } { print }'
}

keep_settings() {
    if [ -e .env ]; then
        say "  there  .env"
        [ -z "$demo" ] || grep -q '^COMPOSE_PROFILES=.*demo' .env ||
            die "The secrets are made, but the .env that is here is not for the demo. Write these lines into it: $(demo_lines | tr '\n' ' ')"
        return
    fi
    [ -f .env.example ] ||
        die "The secrets are made, but there is no .env and no .env.example to make it from. Copy .env.example here and run this again."
    if [ -n "$demo" ]; then with_lines <.env.example >.env.new; else cp .env.example .env.new; fi
    mv .env.new .env
    say "  made   .env (change what is yours)"
}

case ${1:-} in
    '') demo='' ;;
    --demo) demo=yes ;;
    *)
        sed -n '2,/^set /{/^set /d; s/^# \{0,1\}//; p}' "$0"
        [ "$1" = --help ] || [ "$1" = -h ] || exit 2
        exit 0
        ;;
esac
[ -f docker-compose.yml ] || die "There is no docker-compose.yml in $PWD. Go to the folder that holds it and run this there."
command -v openssl >/dev/null || die "openssl is missing. Install it (on Debian: apt-get install openssl) and run this again."
[ -d "$S" ] || mkdir "$S" || die "The folder $PWD/$S cannot be made. Run this as somebody who may write here."
chmod 0700 "$S"

keep postgres_password password database_url postgres
keep database_url database_url
keep redis_password password broker_url redis
keep broker_url broker_url
keep redis.conf redis_conf
keep secret_key random_text 64
keep vault_private_keys private_keys
keep vault_public_key public_key
keep owner_password random_text 24
keep_empty aws_secret_access_key "${demo:+$DEMO_SECRET}"
keep_settings

say ""
say "The owner's password for the first sign-in: cat $S/owner_password"
