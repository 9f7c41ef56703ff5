#!/usr/bin/env bats
# How the scripts read .env: as Compose does for plain values, and without running anything in it.

load helper

# Both copies of the function, as pull-images.sh has to stand alone.
setup() {
  forget_settings
  cd "$(mktemp -d "$BATS_TEST_TMPDIR/folder.XXXX")" || return
  for source in pull-images.sh deploy/image_names.sh; do
    sed -n '/^setting() /p; /^from_file() {/,/^}/p' "$ROOT/$source" >"${source##*/}"
  done
  same "$(cat pull-images.sh)" "$(cat image_names.sh)"
  # shellcheck source=/dev/null
  source ./pull-images.sh
}

reads() {
  printf '%b' "$1" >.env
  same "$(setting KEY)" "$2" || { printf 'from: %s\n' "$1" && return 1; }
}

@test "plain values, quotes, comments, spaces and Windows line ends" {
  reads 'KEY=value\n' value
  reads 'KEY=value' value
  reads 'KEY=\n' ''
  reads 'OTHER=1\n' ''
  reads '' ''
  reads 'KEY="two words"\n' 'two words'
  reads "KEY='two words' # said\n" 'two words'
  reads 'KEY="a # b" # c\n' 'a # b'
  reads 'KEY=value # comment\n' value
  reads 'KEY=a#b\n' 'a#b'
  reads 'KEY= # comment\n' ''
  reads 'KEY=value \t\n' value
  reads 'KEY=value\r\nX=1\r\n' value
  reads '  export KEY = value\n' value
  reads 'KEY=a=b&c/d\n' 'a=b&c/d'
}

@test "of several lines the last one counts, and only those of that name" {
  reads 'KEY=1\nMYKEY=2\nKEY=3\nKEYS=4\n#KEY=5\n' 3
}

@test "nothing in it is run" {
  # shellcheck disable=SC2016
  reads 'KEY=$(touch here)`touch there`\n' '$(touch here)`touch there`'
  [[ ! -e here && ! -e there ]]
}

@test "the environment goes before, also when it is empty there" {
  printf 'KEY=file\n' >.env
  same "$(KEY=environment setting KEY)" environment
  same "$(KEY='' setting KEY)" ''
}

@test "without .env there is nothing" {
  same "$(setting KEY)" ''
}
