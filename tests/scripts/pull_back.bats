#!/usr/bin/env bats
# pull-images.sh when something goes wrong: the old version serves on or again, .env names it, and the reason is told.

load helper

setup() { running_server; }

ends() {
  run --separate-stderr ./pull-images.sh "${@:2}"
  same "$status" "$1"
}

still_v1() {
  same "$(running)" v1
  same "$(tag_in_env)" v1
  for name in api downtime-scheduler frontend; do same "$(image_of "cloudevy-$name")" "id-$name-v1"; done
}

untouched() { same "$(calls 'compose up .*(api|scheduler|frontend)')" ""; }

@test "a version that is not in the registry changes nothing" {
  ends 1 v3
  said "cloudevy-api:v3 cannot be pulled"
  said "Nothing was restarted: version v1 was not touched, and .env names it."
  untouched
  still_v1
}

@test "a version written into .env that cannot be pulled is taken out again" {
  sed -i 's/^CLOUDEVY_TAG=.*/CLOUDEVY_TAG=v3/' .env
  ends 1
  still_v1
}

@test "an image that is not on the machine is missed before anything changes" {
  sed -i 's/^CLOUDEVY_REGISTRY=.*/CLOUDEVY_REGISTRY=/' .env
  ends 1 v3
  said "cloudevy-api:v3 is not on this machine"
  untouched
}

@test "a setting that a program refuses is told before anything is restarted" {
  for part in api scheduler frontend; do
    rm -f "$FAKE/fails"
    fails "v2 compose run * $part *" "CLOUDEVY_THIS='lots' is not a whole number."
    ends 1 v2
    said "CLOUDEVY_THIS='lots' is not a whole number."
    said "Version v2's $part refuses the settings (reason above). Correct .env or secrets/ and run this again."
    said "Nothing was restarted"
    untouched
    still_v1
    same "$(calls 'pg_dump|T migrate$')" ""
  done
}

@test "the settings of https are only asked for where it is served" {
  ends 0 v2
  same "$(calls 'compose run .* tls')" ""
  printf '%s\n' tls >>"$FAKE/services"
  ends 0 v2
  same "$(calls 'compose run .* tls' | sed 's/.* -T //')" "--entrypoint start-frontend tls check tls"
}

@test "databases that do not come stop the upgrade" {
  fails "v2 compose up * postgres redis" "container cloudevy-postgres-1 is unhealthy"
  ends 1 v2
  said "cloudevy-postgres-1 is unhealthy"
  said "The databases did not become healthy"
  untouched
  still_v1
}

@test "a database that does not answer stops the upgrade" {
  fails "* psql *" "connection refused"
  ends 1 v2
  said "connection refused"
  said "docker compose logs postgres"
  untouched
  still_v1
}

@test "an error in looking for migrations is not taken for pending ones" {
  fails "* migrate --check *" "InconsistentMigrationHistory"
  ends 1 v2
  said "InconsistentMigrationHistory"
  said "cannot read which migrations are pending"
  same "$(calls pg_dump)" ""
  untouched
  still_v1
}

@test "a database that cannot be saved is not migrated" {
  printf 'tables pending' >"$FAKE/database"
  fails "* pg_dump *" "no space left on device"
  ends 1 v2
  said "no space left on device"
  said "so it is not migrated"
  same "$(calls 'T migrate$')" ""
  same "$(ls backups)" ""
  still_v1
}

@test "a migration that fails leaves the old version serving, with the reason" {
  fails "v2 compose run --rm --no-deps -T migrate" "relation exists already"
  ends 1 v2
  said "relation exists already"
  said "The migration to v2 failed"
  said "Nothing was restarted: version v1"
  untouched
  still_v1
}

@test "each part that does not become healthy brings all parts back" {
  for part in api beat frontend; do
    rm -f "$FAKE/fails"
    fails "v2 compose up * $part" "application not healthy"
    printf 'restarting, unhealthy' >"$FAKE/state"
    ends 1 v2
    said "application not healthy"
    said "is restarting, unhealthy. Its last lines:"
    said "the last line of cloudevy-$part"
    said "Version v2 did not become healthy within 120 s."
    said "Version v1 serves again; the way back took "
    still_v1
  done
}

@test "a version written into .env that does not come to run is taken out again" {
  sed -i 's/^CLOUDEVY_TAG=.*/CLOUDEVY_TAG=v2/' .env
  fails "v2 compose up * api"
  ends 1
  still_v1
}

@test "a part that is well is not blamed for its neighbour" {
  fails "v2 compose up * beat" "dependency failed to start"
  ends 1 v2
  said "dependency failed to start"
  not_said "Its last lines"
}

@test "only the last twenty lines of a log are told" {
  fails "v2 compose up * api"
  printf 'exited' >"$FAKE/state"
  ends 1 v2
  same "$(calls 'logs --tail' | cut -d' ' -f2-)" "logs --tail 20 cloudevy-api"
}

@test "the way back has the order of the way there" {
  fails "v2 compose up * frontend"
  ends 1 v2
  same "$(calls '^v1 compose up' | sed 's/.*wait-timeout 120 //' | paste -sd,)" "api,scheduler beat,frontend"
}

@test "a dump of before the migration is named after the way back" {
  printf 'tables pending' >"$FAKE/database"
  fails "v2 compose up * api"
  ends 1 v2
  said "The database before the migration: backups/before-v2-"
}

@test "a tag that moved means the old image again" {
  for name in api downtime-scheduler frontend; do printf 'newer' >"$FAKE/remote/reg.example.com%team%cloudevy-$name:v1"; done
  fails_once "v1 compose up * beat" "not healthy"
  ends 1 v1
  still_v1
}

@test "a pull that breaks off gives moved tags back, too" {
  printf 'newer' >"$FAKE/remote/reg.example.com%team%cloudevy-api:v1"
  fails "v1 pull * *frontend:v1" "connection reset"
  ends 1 v1
  same "$(cat "$FAKE/images/reg.example.com%team%cloudevy-api:v1")" id-api-v1
  still_v1
}

@test "after a change of registry the old version goes by the new registry's name" {
  sed -i 's/^CLOUDEVY_REGISTRY=.*/CLOUDEVY_REGISTRY=new.example.com/' .env
  for name in api downtime-scheduler frontend; do printf 'x' >"$FAKE/remote/new.example.com%cloudevy-$name:v2"; done
  fails "v2 compose up * api"
  ends 1 v2
  still_v1
  same "$(cut -d' ' -f3 "$FAKE/containers/cloudevy-api")" new.example.com/cloudevy-api:v1
}

@test "a run cut off half-way does not forget which version was whole" {
  docker tag id-api-v2 reg.example.com/team/cloudevy-api:v2
  CLOUDEVY_TAG=v2 docker compose up -d api
  fails "v2 compose up * beat"
  ends 1 v2
  said "Now: v1. Wanted: v2."
  still_v1
}

@test "a way back that fails is told with what to do next" {
  fails "* compose up * api" "no memory"
  ends 3 v2
  said "Going back to v1 failed too"
  said "./pull-images.sh v1"
}

@test "an old image that cannot be named again is a failed way back" {
  fails "v2 compose up * api"
  fails "v2 tag *"
  ends 3 v2
  said "cannot get its name reg.example.com/team/cloudevy-"
}

@test "the first installation has no way back, and its logs stay" {
  new_server
  fails "v1 compose up * api" "not healthy"
  ends 1 v1
  said "There is no version to go back to"
  same "$(calls 'container rm|compose (down|rm|stop)')" ""
}

@test "the first installation that cannot be pulled started nothing" {
  new_server
  ends 1 v3
  said "No program of Cloudevy was started"
  same "$(tag_in_env)" v1
}

@test "after a first installation that failed compose still knows which version it is about" {
  new_server
  sed -i 's/^CLOUDEVY_TAG=.*/CLOUDEVY_TAG=/' .env
  ends 1 v3
  same "$(tag_in_env)" v3
}

@test "interrupted while parts restart it goes back" {
  for signal in TERM:143 HUP:143 INT:130; do
    rm -f "$FAKE/blocked"
    blocks "v2 compose up * beat"
    env --default-signal=INT,HUP ./pull-images.sh v2 >out 2>&1 3>&- &
    pid=$!
    until_there "$FAKE/blocked"
    kill "-${signal%:*}" "$pid"
    code=0
    wait "$pid" || code=$?
    same "$code" "${signal#*:}"
    grep -q "Version v1 serves again" out || { cat out && false; }
    rm "$FAKE/blocks"
    [[ ! -e $FAKE/nobody_ended_it ]]
    still_v1
  done
}

@test "interrupted while it pulls it touches nothing" {
  blocks "v2 pull *"
  ./pull-images.sh v2 >out 2>&1 3>&- &
  pid=$!
  until_there "$FAKE/blocked"
  kill -TERM "$pid"
  code=0
  wait "$pid" || code=$?
  same "$code" 143
  grep -q "Nothing was restarted" out
  untouched
  still_v1
}

@test "no file of its own stays behind" {
  export TMPDIR=$PWD/tmp
  mkdir tmp
  fails "v2 compose up * api"
  ends 1 v2
  same "$(ls -A tmp)" ""
  same "$(find . -maxdepth 1 | sort | paste -sd' ')" ". ./.env ./docker-compose.yml ./pull-images.sh ./secrets ./tmp"
}
