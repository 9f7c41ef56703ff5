#!/usr/bin/env bash
# Push images that build-images.sh made to the registry.
#
#   ./push-images.sh              all of them: api downtime-scheduler frontend demo
#   ./push-images.sh api demo     only some
#
# Settings, by environment or .env (the environment wins), as build-images.sh had them:
#   CLOUDEVY_REGISTRY      where to, e.g. registry.example.com/platform
#   CLOUDEVY_TAG           the version (the git commit)
#   CLOUDEVY_PLATFORMS     several: TAG-amd64, TAG-arm64, ... are pushed and joined under TAG
#   CLOUDEVY_ALLOW_DIRTY   1 pushes a build with uncommitted changes
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
source deploy/image_names.sh

need_registry() {
  [[ -n $registry ]] || die "Where to? Write CLOUDEVY_REGISTRY=registry.example.com/platform into .env or the environment."
}

need_clean() {
  [[ $tag != *-dirty || $(setting CLOUDEVY_ALLOW_DIRTY) == 1 ]] ||
    die "Version $tag holds changes that no commit names. Commit and build again, or say CLOUDEVY_ALLOW_DIRTY=1."
}

# All are looked for before the first is pushed, so that a registry does not get half a version.
need_images() {
  local name reference
  for name in "${chosen[@]}"; do
    for reference in $(built "$name"); do
      docker image inspect "$reference" >/dev/null 2>&1 || die "$reference is not built yet. Run ./build-images.sh first."
    done
  done
}

# The names under which build-images.sh left one image.
built() {
  local platform
  if ((${#platforms[@]} <= 1)); then
    reference "$1"
  else
    for platform in "${platforms[@]}"; do reference_for "$1" "$platform"; done
  fi
}

push_image() {
  local made
  mapfile -t made < <(built "$1")
  for reference in "${made[@]}"; do push "$reference"; done
  ((${#made[@]} <= 1)) || join "$(reference "$1")" "${made[@]}"
}

push() {
  say "Pushing $1"
  docker push "$1" || die "$1 cannot be pushed (reason above). Check docker login and the network, and run this again."
}

# join REFERENCE PART...
join() {
  say "Joining $1"
  docker buildx imagetools create --tag "$@" ||
    die "$1 cannot be joined from its parts (reason above). The parts are pushed; run this again."
}

choose "$@"
read_settings
need_registry
need_clean
need_docker
need_images
for name in "${chosen[@]}"; do push_image "$name"; done
say ""
say "Pushed version $tag: ${chosen[*]}. On the server: ./pull-images.sh $tag"
