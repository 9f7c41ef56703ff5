#!/usr/bin/env bats
# deploy/init.sh: every secret once, fitting each other and the programs that read them, and never overwritten.
# shellcheck disable=SC2016

load helper

setup() {
  forget_settings
  cd "$(mktemp -d "$BATS_TEST_TMPDIR/server.XXXX")" || return
  cp "$ROOT/docker-compose.yml" "$ROOT/.env.example" .
  cp "$ROOT/deploy/init.sh" .
}

content() { cat "secrets/$1"; }
sums() { sha256sum secrets/* .env; }
modes() { stat -c '%a %n' secrets secrets/* .env; }

@test "it makes every file that docker-compose.yml names, but for the certificate" {
  sh init.sh
  grep -oE '\./secrets/[^}]+' docker-compose.yml | grep -v '/tls' >wanted
  same "$(wc -l <wanted)" "${#SECRETS[@]}"
  while read -r path; do
    [[ -f $path ]] || { printf 'no %s\n' "$path" && return 1; }
  done <wanted
}

@test "readable for containers, and for nobody else of the machine" {
  umask 0
  sh init.sh
  same "$(stat -c %a secrets .env | paste -sd' ')" "700 600"
  same "$(stat -c %a secrets/* | sort -u | paste -sd' ')" "444 644"
  same "$(stat -c %a secrets/aws_secret_access_key)" 644
}

@test "a folder that others may look into is closed" {
  mkdir -m 0755 secrets
  sh init.sh
  same "$(stat -c %a secrets)" 700
}

@test "a strict umask takes nothing away from containers" {
  umask 077
  sh init.sh
  same "$(stat -c %a secrets/secret_key)" 444
}

@test "it tells what it made and where the owner's password is, and no secret" {
  run sh init.sh
  same "$status" 0
  said "  made   secrets/vault_private_keys"
  said "  made   .env"
  said "cat secrets/owner_password"
  for name in secrets/*; do [[ ! -s $name ]] || not_said "$(cat "$name")"; done
}

@test "a second run changes nothing and says so" {
  sh init.sh
  before=$(sums && modes)
  run sh init.sh
  same "$status" 0
  same "$(sums && modes)" "$before"
  not_said "made"
  said "  there  secrets/secret_key"
  said "  there  .env"
}

@test "any single file that is lost comes back, and the others stay" {
  sh init.sh
  for name in "${SECRETS[@]}"; do
    others=$(sha256sum secrets/* | grep -v "/$name$")
    rm -f "secrets/$name"
    sh init.sh
    [[ -e secrets/$name ]]
    same "$(sha256sum secrets/* | grep -v "/$name$")" "$others"
  done
}

@test "what can be known from the other files comes back as it was" {
  sh init.sh
  for name in postgres_password database_url redis_password broker_url redis.conf vault_public_key; do
    before=$(content "$name")
    rm -f "secrets/$name"
    sh init.sh
    same "$(content "$name")" "$before"
  done
}

@test "the address of a database of one's own does not give its password away" {
  mkdir secrets
  printf 'postgres://me:theirs@db.example.com:5432/x\n' >secrets/database_url
  sh init.sh
  same "$(content database_url)" "postgres://me:theirs@db.example.com:5432/x"
  [[ $(content postgres_password) =~ ^[0-9a-f]{48}$ ]]
}

@test "two installations share nothing" {
  sh init.sh
  mv secrets first
  sh init.sh
  for name in postgres_password redis_password secret_key vault_private_keys vault_public_key owner_password; do
    [[ $(cat "first/$name") != "$(content "$name")" ]]
  done
}

@test "passwords are long enough and fit into an address" {
  sh init.sh
  [[ $(content postgres_password) =~ ^[0-9a-f]{48}$ ]]
  [[ $(content redis_password) =~ ^[0-9a-f]{48}$ ]]
  [[ $(content secret_key) =~ ^[A-Za-z0-9]{64}$ ]]
  [[ $(content owner_password) =~ ^[A-Za-z0-9]{24}$ ]]
  same "$(content database_url)" "postgres://cloudevy:$(content postgres_password)@postgres:5432/cloudevy"
  same "$(content broker_url)" "redis://cloudevy:$(content redis_password)@redis:6379/0"
  grep -q "^user cloudevy on >$(content redis_password) " secrets/redis.conf
  grep -qx "user default off" secrets/redis.conf
}

@test "the vault of the product seals with the one key and opens with the other, whatever bytes they have" {
  for n in 1 2 3 4 5 6 7 8; do
    rm -rf secrets
    sh init.sh >/dev/null
    mv secrets "secrets$n"
  done
  here=$PWD
  cd "$ROOT"
  python - "$here" <<'END'
import sys
from pathlib import Path

from shared import vault

for folder in sorted(Path(sys.argv[1]).glob("secrets?")):
    key = vault.parse_public((folder / "vault_public_key").read_text())
    ring = vault.parse_ring((folder / "vault_private_keys").read_text())
    sealed = vault.seal("plain", key=key, uid="u", field="f")
    assert vault.unseal(sealed, ring=ring, uid="u", field="f") == "plain", folder
END
}

@test "the public key is made for the first of several private ones, by the program's own form too" {
  mkdir secrets
  here=$PWD
  (cd "$ROOT" && python -c "from shared import vault; print(*vault.generate('new'), *vault.generate('k1'), sep='\n')") >pairs
  sed -n '2p;4p' pairs >secrets/vault_private_keys
  sh "$here/init.sh"
  same "$(content vault_public_key)" "$(sed -n 1p pairs)"
}

@test "a run that was killed half-way is finished by the next" {
  mkdir secrets
  printf 'half' >secrets/secret_key.new
  chmod 0400 secrets/secret_key.new
  sh init.sh
  [[ $(content secret_key) =~ ^[A-Za-z0-9]{64}$ ]]
  same "$(find . -name '*.new')" ""
}

@test "a killed run leaves no half file under a real name" {
  mkdir bin
  printf '#!/bin/sh\n[ $1 != genpkey ] || kill -KILL "$(cat pid)"\nexec %s "$@"\n' "$(command -v openssl)" >bin/openssl
  chmod +x bin/openssl
  PATH=$PWD/bin:$PATH run sh -c 'echo $$ >pid; exec sh init.sh'
  same "$status" 137
  [[ ! -e secrets/vault_private_keys && ! -e .env ]]
  before=$(content secret_key)
  sh init.sh
  same "$(content secret_key)" "$before"
  [[ $(content vault_private_keys) =~ ^k1:[A-Za-z0-9_-]{43}$ ]]
}

@test "an openssl that cannot do it is told, and leaves no file" {
  mkdir bin
  printf '#!/bin/sh\necho unknown algorithm >&2; exit 1\n' >bin/openssl
  chmod +x bin/openssl
  PATH=$PWD/bin:$PATH run --separate-stderr sh init.sh
  same "$status" 1
  said "secrets/postgres_password cannot be made. Look whether openssl works"
  [[ ! -e secrets/postgres_password ]]
}

@test "a half-broken openssl makes no short key" {
  mkdir bin
  printf '#!/bin/sh\n[ "$1" != genpkey ] || exit 1\nexec %s "$@"\n' "$(command -v openssl)" >bin/openssl
  chmod +x bin/openssl
  PATH=$PWD/bin:$PATH run --separate-stderr sh init.sh
  same "$status" 1
  said "secrets/vault_private_keys cannot be made"
  [[ ! -e secrets/vault_private_keys ]]
}

@test "without openssl it says what to install" {
  mkdir bin
  for name in mktemp rm cat grep; do ln -s "$(command -v "$name")" "bin/$name"; done
  PATH=$PWD/bin run --separate-stderr /bin/sh init.sh
  same "$status" 1
  said "openssl is missing"
}

@test "an empty secret is neither used nor overwritten" {
  sh init.sh
  rm -f secrets/secret_key
  : >secrets/secret_key
  run --separate-stderr sh init.sh
  same "$status" 1
  said "secrets/secret_key is empty"
  [[ ! -s secrets/secret_key ]]
}

@test "in another folder it refuses" {
  rm docker-compose.yml
  run --separate-stderr sh init.sh
  same "$status" 1
  said "There is no docker-compose.yml in $PWD"
  [[ ! -e secrets ]]
}

@test "from a checkout it works on the folder one stands in" {
  run "$ROOT/deploy/init.sh"
  same "$status" 0
  [[ -f secrets/secret_key && -f .env ]]
}

@test "an .env that is there stays" {
  printf 'MINE=1\n' >.env
  run sh init.sh
  same "$(cat .env)" MINE=1
}

@test "without an example for .env it says so, after the secrets" {
  rm .env.example
  run --separate-stderr sh init.sh
  same "$status" 1
  said "Copy .env.example here"
  [[ -s secrets/secret_key ]]
}

@test "for the demo the new .env names profile and stand-in, and nothing else differs" {
  run sh init.sh --demo
  same "$status" 0
  same "$(diff .env.example .env | grep '^>')" "$(printf '> %s\n' COMPOSE_PROFILES=demo CLOUDEVY_AWS_ACCESS_KEY_ID=AKIASIMULATOR0000009 CLOUDEVY_AWS_ENDPOINT_URL=http://127.0.0.1:8004 CLOUDEVY_DEMO=1)"
  run sh init.sh --demo
  same "$status" 0
}

@test "for the demo an .env that is there is not changed, and the lines are told" {
  printf 'COMPOSE_PROFILES=tls\n' >.env
  run --separate-stderr sh init.sh --demo
  same "$status" 1
  said "COMPOSE_PROFILES=demo CLOUDEVY_AWS_ENDPOINT_URL=http://127.0.0.1:8004 CLOUDEVY_DEMO=1"
  same "$(cat .env)" COMPOSE_PROFILES=tls
}

@test "it tells its use; an unknown word is a wrong call" {
  run sh init.sh --help
  same "$status" 0
  said "sh init.sh --demo"
  run sh init.sh demo
  same "$status" 2
  [[ ! -e secrets ]]
}
