#!/usr/bin/env bats
# pull-images.sh before it touches anything: what it wants, and what it says when that is not there.

load helper

setup() { new_server; }

refuses() {
  run --separate-stderr ./pull-images.sh "${@:2}"
  same "$status" "$1"
  same "$(calls ' (pull|tag|up|run|exec) ')" ""
  same "$(tag_in_env)" v1
}

@test "it tells its use and runs nothing" {
  refuses 0 --help
  said "./pull-images.sh TAG"
  said "3 the way back failed too"
  not_said "set -e"
}

@test "an unknown option is a wrong call" {
  refuses 2 --force
  said "no option --force"
}

@test "two versions are a wrong call" {
  refuses 2 v1 v2
  said "one TAG at most"
}

@test "without Docker it says what to install" {
  mkdir bin
  for name in bash dirname flock env mktemp rm cat grep sed; do ln -s "$(command -v "$name")" "bin/$name"; done
  PATH=$PWD/bin refuses 1 v2
  said "Docker is not installed"
}

@test "without flock it says what to install" {
  mkdir bin
  for name in bash dirname env mktemp rm cat grep sed; do ln -s "$(command -v "$name")" "bin/$name"; done
  PATH=$PWD/bin refuses 1 v2
  said "install util-linux"
}

@test "a daemon that is away is named with Docker's own words" {
  fails "* version --format *" "Cannot connect to the Docker daemon."
  refuses 1 v2
  said "Docker does not answer: Cannot connect to the Docker daemon. Start it"
}

@test "no Compose at all" {
  fails "* compose version --short"
  refuses 1 v2
  said "2.20 or newer is needed; found none"
}

@test "a Compose that is too old is told with what was found" {
  for old in 2.19.1 1.29.2 2.3.4; do
    printf '%s\n' "$old" >"$FAKE/compose_version"
    refuses 1 v2
    said "2.20 or newer is needed; found $old"
  done
}

@test "every way in which Compose writes a good version is understood" {
  for good in 2.20.0 v2.26.1 2.26.1-4 2.32.4+ds1 3.0.0; do
    printf '%s\n' "$good" >"$FAKE/compose_version"
    run ./pull-images.sh v1
    same "$status" 0
  done
}

@test "without docker-compose.yml" {
  rm docker-compose.yml
  refuses 1 v2
  said "There is no docker-compose.yml in $PWD"
}

@test "without .env it names the script that makes it" {
  rm .env
  run --separate-stderr ./pull-images.sh v2
  same "$status" 1
  said ".env is missing"
  said "sh init.sh"
}

@test "without the folder of secrets it names the script that makes it" {
  rm -r secrets
  refuses 1 v2
  said "secrets/ is missing"
  said "sh init.sh"
}

@test "somebody who may not look into the secrets is told whose they are" {
  folder=$(mktemp -d)
  chmod 0755 "$folder"
  cp -r pull-images.sh docker-compose.yml .env secrets "$folder"
  chmod 0000 "$folder/secrets"
  as_nobody=()
  [[ $(id -u) != 0 ]] || as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
  run --separate-stderr "${as_nobody[@]}" "$folder/pull-images.sh" v1
  chmod 0700 "$folder/secrets"
  rm -r "$folder"
  same "$status" 1
  said "may not look into secrets/. Run this as its owner"
}

@test "each secret that Compose wants is looked for" {
  for name in "${SECRETS[@]}"; do
    mv "secrets/$name" aside
    refuses 1 v2
    said "secrets/$name is missing. Restore it from a backup"
    mv aside "secrets/$name"
  done
}

@test "a missing certificate is asked of the operator, not of init.sh" {
  printf 'tls.crt\n' >>"$FAKE/secrets"
  refuses 1 v2
  said "secrets/tls.crt is missing. Profile tls wants your certificate"
}

@test "no version named anywhere" {
  sed -i '/^CLOUDEVY_TAG/d' .env
  run --separate-stderr ./pull-images.sh
  same "$status" 1
  said "Which version?"
}

@test "what cannot be a version is refused before Docker sees it" {
  # shellcheck disable=SC2016
  for bad in 'a b' '$(touch here)' 'x;y' '../x' '.x'; do
    refuses 1 "$bad"
    said "cannot be a version"
  done
  [[ ! -e here ]]
}

@test "seconds to wait must be a number" {
  CLOUDEVY_WAIT_SECONDS=soon refuses 1 v2
  said "CLOUDEVY_WAIT_SECONDS='soon'"
}

@test "what Compose has against the files is passed on" {
  fails "* compose config --quiet" "services.api: wrong"
  refuses 1 v2
  said "services.api: wrong"
  said "do not fit together"
}

@test "a compose file of something else is refused" {
  printf 'postgres\n' >"$FAKE/services"
  refuses 1 v2
  said "names no image of Cloudevy"
}

@test "only one run at a time" {
  exec 8<.
  flock 8
  refuses 1 v2
  said "Another run is at work"
}

@test "a run that was killed leaves no lock behind" {
  blocks "v1 pull *"
  ./pull-images.sh v1 3>&- &
  until_there "$FAKE/blocked"
  kill -KILL $!
  kill -KILL -- "-$(cat "$FAKE/blocked")"
  rm "$FAKE/blocks"
  run ./pull-images.sh v1
  same "$status" 0
}
