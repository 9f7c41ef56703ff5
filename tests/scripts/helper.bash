# Loaded by every file of tests: folders to work in, and words for what docker was asked and what became of it.
# shellcheck shell=bash disable=SC2154

bats_require_minimum_version 1.5.0
ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
SECRETS=(postgres_password database_url redis_password broker_url redis.conf secret_key vault_private_keys vault_public_key owner_password aws_secret_access_key)

# Nothing of the machine's own settings gets in.
forget_settings() {
  local name
  for name in $(compgen -e | grep -E '^(CLOUDEVY|COMPOSE|DOCKER)_'); do unset "$name"; done
}

with_fake_docker() {
  forget_settings
  export FAKE=$BATS_TEST_TMPDIR/fake
  rm -rf "$FAKE"
  mkdir -p "$FAKE/images" "$FAKE/remote" "$FAKE/containers"
  printf '2.26.1\n' >"$FAKE/compose_version"
  printf 'tables' >"$FAKE/database"
  : >"$FAKE/calls"
  export PATH=$BATS_TEST_DIRNAME/fake:$PATH
}

# A folder as pull-images.sh has it on a server; nothing runs yet, and the registry has v1 and v2.
new_server() {
  with_fake_docker
  cd "$(mktemp -d "$BATS_TEST_TMPDIR/server.XXXX")" || return
  cp "$ROOT/pull-images.sh" "$ROOT/docker-compose.yml" .
  printf '# mine\nCLOUDEVY_REGISTRY=reg.example.com/team\nCLOUDEVY_TAG=v1 # the version\nOTHER=1\n' >.env
  mkdir secrets
  for name in "${SECRETS[@]}"; do printf 'x\n' >"secrets/$name"; done
  printf '%s\n' "${SECRETS[@]}" >"$FAKE/secrets"
  printf '%s\n' postgres redis migrate api scheduler beat frontend >"$FAKE/services"
  offer v1 v2
}

# offer TAG...: the registry has these.
offer() {
  local tag image
  for tag in "$@"; do
    for image in api downtime-scheduler frontend demo; do
      printf 'id-%s-%s' "$image" "$tag" >"$FAKE/remote/reg.example.com%team%cloudevy-$image:$tag"
    done
  done
}

# A server on which v1 runs.
running_server() {
  new_server
  ./pull-images.sh v1 >/dev/null
  : >"$FAKE/calls"
}

fails() { printf '%s|%s\n' "$1" "${2:-it is broken}" >>"$FAKE/fails"; }
# The call that fits does not end by itself; its process group is in $FAKE/blocked.
blocks() { printf '%s|\n' "$1" >>"$FAKE/blocks"; }
fails_once() { printf '%s|%s\n' "$1" "$2" >>"$FAKE/fails_once"; }

# Which calls fit a pattern.
calls() { grep -E -- "$1" "$FAKE/calls" || true; }
line_of() { grep -nE -- "$1" "$FAKE/calls" | head -n 1 | cut -d: -f1; }
image_of() { cut -d' ' -f2 "$FAKE/containers/$1"; }
tag_in_env() { sed -n 's/^CLOUDEVY_TAG=\([^ ]*\).*/\1/p' .env; }
running() { for file in "$FAKE"/containers/cloudevy-{api,downtime-scheduler,beat,frontend}; do cut -d' ' -f3 "$file" | sed 's/.*://'; done | sort -u | paste -sd' '; }

said() { [[ $output$'\n'${stderr:-} == *"$1"* ]] || { printf 'Not said: %s\n--- but\n%s\n%s\n' "$1" "$output" "${stderr:-}" && return 1; }; }
not_said() { [[ $output$'\n'${stderr:-} != *"$1"* ]] || { printf 'Said: %s\n' "$1" && return 1; }; }
same() { [[ $1 == "$2" ]] || { printf 'wanted: %s\n   got: %s\n' "$2" "$1" && return 1; }; }
# Waits up to 10 s.
until_there() { for _ in {1..200}; do [[ ! -e $1 ]] || return 0; sleep 0.05; done && return 1; }
