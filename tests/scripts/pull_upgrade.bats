#!/usr/bin/env bats
# pull-images.sh when all goes well: order, what is left alone, the dump, and the line in .env.

load helper

setup() { new_server; }

@test "the first installation starts everything and tells where to sign in" {
  printf 'pending' >"$FAKE/database"
  run ./pull-images.sh v1
  same "$status" 0
  same "$(running)" v1
  said "Now: nothing. Wanted: v1."
  said "the password is in secrets/owner_password"
  said "docker logs -f cloudevy-downtime-scheduler"
  same "$(calls pg_dump)" ""
}

@test "images come first, then the databases, the migration, and the programs in their order" {
  running_server
  run ./pull-images.sh v2
  same "$status" 0
  steps=$(grep -oE '(pull --quiet [^ ]+|wait-timeout 120 .*|--no-deps -T migrate$)' "$FAKE/calls" | sed -E 's/.*(wait-timeout 120|pull --quiet reg.example.com.team.cloudevy-)//')
  same "$steps" "$(printf '%s\n' api:v2 downtime-scheduler:v2 frontend:v2 ' postgres redis' '--no-deps -T migrate' ' api' ' scheduler beat' ' frontend')"
  same "$(running)" v2
}

@test "every call of Compose means the wanted version" {
  running_server
  run ./pull-images.sh v2
  same "$(calls ' compose (up|run|exec)' | grep -v '^v2 ' || true)" ""
}

@test "the version in .env is the one that runs, and nothing else in it changes" {
  running_server
  printf '# mine\n\nCLOUDEVY_REGISTRY=reg.example.com/team\nCLOUDEVY_TAG=v1\n # end\nLAST="x y"\n' >.env
  chmod 0640 .env
  run ./pull-images.sh v2
  same "$status" 0
  same "$(cat .env)" "$(printf '# mine\n\nCLOUDEVY_REGISTRY=reg.example.com/team\nCLOUDEVY_TAG=v2\n # end\nLAST="x y"\n')"
  same "$(stat -c %a .env)" 640
}

@test "a missing line is added to .env" {
  printf 'CLOUDEVY_REGISTRY=reg.example.com/team\nX=1' >.env
  run ./pull-images.sh v1
  same "$(cat .env)" "$(printf 'CLOUDEVY_REGISTRY=reg.example.com/team\nX=1\nCLOUDEVY_TAG=v1')"
}

@test "a link in the place of .env stays a link" {
  mkdir kept && mv .env kept/settings && ln -s kept/settings .env
  run ./pull-images.sh v2
  same "$status" 0
  [[ -L .env ]]
  same "$(tag_in_env)" v2
}

@test "without an argument it is the version that .env names; the environment goes before" {
  run ./pull-images.sh
  same "$(running)" v1
  CLOUDEVY_TAG=v2 run ./pull-images.sh
  same "$(running)" v2
}

@test "a second run starts nothing anew" {
  running_server
  before=$(cat "$FAKE"/containers/*)
  run ./pull-images.sh v1
  same "$status" 0
  said "Started anew: nothing."
  same "$(cat "$FAKE"/containers/*)" "$before"
}

@test "it says what was started anew, what went before, and what can go" {
  offer v0
  ./pull-images.sh v0 >/dev/null
  ./pull-images.sh v1 >/dev/null
  run ./pull-images.sh v2
  said "Started anew: api scheduler beat frontend."
  said "Back to the version before: ./pull-images.sh v1"
  said "not used here (docker image rm NAME removes one): reg.example.com/team/cloudevy-api:v0 reg.example.com/team/cloudevy-downtime-scheduler:v0 reg.example.com/team/cloudevy-frontend:v0"
}

@test "a slash behind the registry is one too many, and harmless" {
  sed -i 's|^CLOUDEVY_REGISTRY=.*|CLOUDEVY_REGISTRY=reg.example.com/team/|' .env
  run ./pull-images.sh v2
  same "$status" 0
  same "$(running)" v2
  same "$(calls 'team//')" ""
}

@test "it runs from any folder" {
  here=$PWD
  cd /
  run "$here/pull-images.sh" v2
  same "$status" 0
  cd "$here"
  same "$(tag_in_env)" v2
}

@test "without a registry nothing is pulled" {
  sed -i 's/^CLOUDEVY_REGISTRY=.*/CLOUDEVY_REGISTRY=/' .env
  for image in api downtime-scheduler frontend; do printf 'local' >"$FAKE/images/cloudevy-$image:v2"; done
  run ./pull-images.sh v2
  same "$status" 0
  same "$(calls ' pull ')" ""
  same "$(running)" v2
}

@test "the wait is as long as asked for" {
  CLOUDEVY_WAIT_SECONDS=7 run ./pull-images.sh v1
  same "$(calls 'wait-timeout' | grep -cv 'wait-timeout 7 ' || true)" 0
}

@test "the database is saved before tables change, for its owner alone" {
  running_server
  printf 'tables pending' >"$FAKE/database"
  run ./pull-images.sh v2
  same "$status" 0
  dump=$(echo backups/before-v2-*.dump)
  same "$(cat "$dump")" PGDMP
  same "$(stat -c %a "$dump" backups | paste -sd' ')" "600 700"
  (($(line_of pg_dump) < $(line_of 'T migrate$')))
  said "Saved the database: $dump"
}

@test "the database is not saved when no table changes" {
  running_server
  run ./pull-images.sh v2
  same "$(calls pg_dump)" ""
  [[ ! -e backups ]]
}

@test "the newest five dumps are kept, and other files in their folder" {
  running_server
  printf 'tables pending' >"$FAKE/database"
  mkdir backups && touch backups/mine.dump
  for n in 1 2 3 4 5 6; do touch -d "2026-01-0$n" "backups/before-v0-$n.dump"; done
  run ./pull-images.sh v2
  same "$(cd backups && echo before-v0-* mine.dump)" "before-v0-3.dump before-v0-4.dump before-v0-5.dump before-v0-6.dump mine.dump"
}

@test "databases of somebody else's are neither started nor saved" {
  printf '%s\n' migrate api scheduler beat frontend >"$FAKE/services"
  printf 'tables pending' >"$FAKE/database"
  run ./pull-images.sh v1
  same "$status" 0
  same "$(calls 'postgres|redis|exec')" ""
  same "$(calls 'wait-timeout 120 ?$')" ""
  said "its backups are its own"
}

@test "the demo has its relay in the scheduler's network, and samples nobody waits for" {
  printf '%s\n' simulator aws samples >>"$FAKE/services"
  run ./pull-images.sh v1
  same "$status" 0
  said_last=$(calls ' compose up' | tail -n 3 | sed 's/.*wait-timeout 120 //; s/.*--no-deps //' | paste -sd,)
  same "$said_last" "simulator,aws,samples"
}

@test "a new scheduler gets a new relay, an old one keeps it" {
  printf '%s\n' simulator aws samples >>"$FAKE/services"
  running_server_demo() { ./pull-images.sh v1 >/dev/null && : >"$FAKE/calls"; }
  running_server_demo
  run ./pull-images.sh v1
  same "$(calls 'container rm')" ""
  sed -i 's/^[^ ]*/other/' "$FAKE/containers/cloudevy-downtime-scheduler"
  run ./pull-images.sh v1
  same "$(calls 'container rm' | wc -l)" 1
  same "$(cut -d' ' -f4 "$FAKE/containers/cloudevy-aws")" "container:other"
}

@test "a certificate's front is started with the other" {
  printf 'tls\n' >>"$FAKE/services"
  run ./pull-images.sh v1
  same "$(calls 'frontend tls$' | wc -l)" 1
}
