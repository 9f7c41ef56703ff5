#!/usr/bin/env bats
# push-images.sh: only what is built and committed, to a registry that is named, joined when there are several platforms.
# shellcheck disable=SC2030,SC2031

load helper

setup() {
  with_fake_docker
  cd "$(mktemp -d "$BATS_TEST_TMPDIR/checkout.XXXX")" || return
  mkdir -p deploy
  cp "$ROOT"/{build,push}-images.sh .
  cp "$ROOT/deploy/image_names.sh" deploy/
  printf '[project]\nversion = "0.1.0"\n' >pyproject.toml
  printf 'CLOUDEVY_REGISTRY=reg.example.com/team\nCLOUDEVY_TAG=v1\n' >.env
}

pushes() { calls ' (push|buildx imagetools) ' | sed -E 's/^[^ ]* //; s|reg.example.com/team/||g'; }

refuses() {
  run --separate-stderr ./push-images.sh "$@"
  same "$status" 1
  same "$(pushes)" ""
}

@test "it tells its use and pushes nothing" {
  run ./push-images.sh --help
  same "$status" 0
  said "CLOUDEVY_ALLOW_DIRTY"
  same "$(pushes)" ""
}

@test "without a registry it says how to name one" {
  CLOUDEVY_REGISTRY='' refuses
  said "Write CLOUDEVY_REGISTRY=registry.example.com/platform"
}

@test "what was not built is missed before the first push" {
  ./build-images.sh api >/dev/null
  refuses
  said "reg.example.com/team/cloudevy-downtime-scheduler:v1 is not built yet. Run ./build-images.sh first."
}

@test "all four are pushed, and the next command is told" {
  ./build-images.sh >/dev/null
  run ./push-images.sh
  same "$status" 0
  same "$(pushes | paste -sd,)" "push cloudevy-api:v1,push cloudevy-downtime-scheduler:v1,push cloudevy-frontend:v1,push cloudevy-demo:v1"
  said "./pull-images.sh v1"
}

@test "only the images that are named" {
  ./build-images.sh api >/dev/null
  run ./push-images.sh api
  same "$(pushes)" "push cloudevy-api:v1"
}

@test "an unknown image is refused" {
  refuses worker
  said "There is no image worker"
}

@test "uncommitted work is not pushed, unless it is wanted" {
  export CLOUDEVY_TAG=1a2b3c4-dirty
  ./build-images.sh api >/dev/null
  refuses api
  said "holds changes that no commit names"
  CLOUDEVY_ALLOW_DIRTY=1 run ./push-images.sh api
  same "$status" 0
  same "$(pushes)" "push cloudevy-api:1a2b3c4-dirty"
}

@test "several platforms are pushed one by one and joined" {
  export CLOUDEVY_PLATFORMS=linux/amd64,linux/arm64
  ./build-images.sh api >/dev/null
  run ./push-images.sh api
  same "$status" 0
  same "$(pushes)" "$(
    printf '%s\n' "push cloudevy-api:v1-amd64" "push cloudevy-api:v1-arm64" \
      "buildx imagetools create --tag cloudevy-api:v1 cloudevy-api:v1-amd64 cloudevy-api:v1-arm64"
  )"
}

@test "one of several platforms that is not built is missed" {
  CLOUDEVY_TAG=v1-amd64 ./build-images.sh api >/dev/null
  CLOUDEVY_PLATFORMS=linux/amd64,linux/arm64 refuses api
  said "cloudevy-api:v1-arm64 is not built yet"
}

@test "a push that fails ends it, with the reason and what to look at" {
  ./build-images.sh api demo >/dev/null
  fails "* push *api*" "denied: requested access"
  run --separate-stderr ./push-images.sh api demo
  same "$status" 1
  said "denied: requested access"
  said "cloudevy-api:v1 cannot be pushed"
  same "$(pushes | wc -l)" 1
}

@test "parts that cannot be joined end it" {
  export CLOUDEVY_PLATFORMS=linux/amd64,linux/arm64
  ./build-images.sh api >/dev/null
  fails "* buildx imagetools *" "no such manifest"
  run --separate-stderr ./push-images.sh api
  same "$status" 1
  said "cloudevy-api:v1 cannot be joined"
}
