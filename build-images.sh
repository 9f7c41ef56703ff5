#!/usr/bin/env bash
# Build the images of Cloudevy from this checkout.
#
#   ./build-images.sh              all of them: api downtime-scheduler frontend demo
#   ./build-images.sh api demo     only some
#
# Settings, by environment or .env (the environment wins):
#   CLOUDEVY_REGISTRY     where they will be pushed, e.g. registry.example.com/platform
#   CLOUDEVY_TAG          the version (the git commit, with -dirty when something is not committed)
#   CLOUDEVY_PLATFORMS    e.g. linux/amd64,linux/arm64 makes TAG-amd64 and TAG-arm64; one platform makes TAG;
#                         empty: what this machine is
#   CLOUDEVY_BUILD_ARGS   more words for docker build, separated by spaces, e.g. --pull --network=host
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
source deploy/image_names.sh

dockerfile() {
  case $1 in
    downtime-scheduler) printf 'scheduler/Dockerfile' ;;
    demo) printf 'deploy/demo/Dockerfile' ;;
    *) printf '%s/Dockerfile' "$1" ;;
  esac
}

read_build_words() {
  local more version commit
  more=$(setting CLOUDEVY_BUILD_ARGS)
  version=$(sed -nE '/^\[project\]/,/^\[/s/^version = "(.*)"$/\1/p' pyproject.toml)
  commit=$(checkout rev-parse HEAD) || commit=unknown
  read -ra words <<<"$more"
  words+=(--build-arg "VERSION=$version" --build-arg "COMMIT=$commit")
}

build_image() {
  local platform
  if ((${#platforms[@]} == 0)); then
    build "$1" "$(reference "$1")" docker build
  fi
  for platform in "${platforms[@]}"; do
    build "$1" "$(reference_for "$1" "$platform")" docker buildx build --load --platform "$platform"
  done
}

# build IMAGE REFERENCE COMMAND...
build() {
  local name=$1 made=$2 began=$SECONDS
  shift 2
  say "Building $made"
  "$@" "${words[@]}" --file "$(dockerfile "$name")" --tag "$made" . ||
    die "$made cannot be built (reason above). Images built before it are kept; run this again to go on."
  table+=("$(printf '%-64s %8s %6s s' "$made" "$(size_of "$made")" "$((SECONDS - began))")")
}

size_of() { docker image inspect --format '{{.Size}}' "$1" | awk '{ printf "%.0f MB", $1 / 1e6 }'; }

conclude() {
  say ""
  printf '%-64s %8s %8s\n' image size time
  printf '%s\n' "${table[@]}"
}

words=() table=()
choose "$@"
read_settings
need_docker
read_build_words
for name in "${chosen[@]}"; do build_image "$name"; done
conclude
