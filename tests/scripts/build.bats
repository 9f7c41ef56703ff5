#!/usr/bin/env bats
# build-images.sh: names, versions, platforms, and what it passes on to docker build.

load helper

setup() {
  with_fake_docker
  cd "$(mktemp -d "$BATS_TEST_TMPDIR/checkout.XXXX")" || return
  mkdir -p deploy
  cp "$ROOT"/{build,push}-images.sh .
  cp "$ROOT/deploy/image_names.sh" deploy/
  printf '[tool.x]\nversion = "9"\n[project]\nname = "cloudevy"\nversion = "0.1.0"\n[tool.y]\nversion = "8"\n' >pyproject.toml
  git init -q . && git add . && git -c user.name=x -c user.email=x@example.com commit -qm "Begin"
  commit=$(git rev-parse --short HEAD)
}

builds() { calls ' build ' | sed -E 's/^[^ ]* //'; }

@test "it tells its use and builds nothing" {
  run ./build-images.sh --help
  same "$status" 0
  said "./build-images.sh api demo"
  same "$(builds)" ""
}

@test "all four images, each from its Dockerfile, with version and commit, named after the commit" {
  run ./build-images.sh
  same "$status" 0
  words="--build-arg VERSION=0.1.0 --build-arg COMMIT=$(git rev-parse HEAD)"
  same "$(builds)" "$(
    printf '%s\n' \
      "build $words --file api/Dockerfile --tag cloudevy-api:$commit ." \
      "build $words --file scheduler/Dockerfile --tag cloudevy-downtime-scheduler:$commit ." \
      "build $words --file frontend/Dockerfile --tag cloudevy-frontend:$commit ." \
      "build $words --file deploy/demo/Dockerfile --tag cloudevy-demo:$commit ."
  )"
}

@test "only the images that are named" {
  run ./build-images.sh demo api
  same "$(builds | grep -o 'tag [^:]*' | paste -sd,)" "tag cloudevy-demo,tag cloudevy-api"
}

@test "it ends with a table of images, sizes and times" {
  run ./build-images.sh api
  [[ ${lines[-2]} =~ ^image\ +size\ +time$ ]]
  [[ ${lines[-1]} =~ ^cloudevy-api:$commit\ +123\ MB\ +[0-9]+\ s$ ]]
}

@test "an unknown image is refused, and the known ones are told" {
  run --separate-stderr ./build-images.sh api scheduler
  same "$status" 1
  said "There is no image scheduler. There are: api downtime-scheduler frontend demo"
  same "$(builds)" ""
}

@test "words for docker do not go on the command line" {
  run --separate-stderr ./build-images.sh --network=host
  same "$status" 1
  said "CLOUDEVY_BUILD_ARGS"
}

@test "more words for docker build, from the environment or .env" {
  printf 'CLOUDEVY_BUILD_ARGS="--pull --build-arg PYTHON_IMAGE=x"\n' >.env
  run ./build-images.sh api
  [[ $(builds) == "build --pull --build-arg PYTHON_IMAGE=x --build-arg VERSION="* ]]
  CLOUDEVY_BUILD_ARGS=--network=host run ./build-images.sh api
  [[ $(builds | tail -n 1) == "build --network=host --build-arg VERSION="* ]]
}

@test "registry and version come from .env, and the environment goes before" {
  printf 'CLOUDEVY_REGISTRY=reg.example.com/team/\nCLOUDEVY_TAG=v1\n' >.env
  run ./build-images.sh api
  said "reg.example.com/team/cloudevy-api:v1"
  CLOUDEVY_REGISTRY='' CLOUDEVY_TAG=v2 run ./build-images.sh api
  said "Building cloudevy-api:v2"
}

@test "an empty version is the commit's" {
  printf 'CLOUDEVY_TAG=\n' >.env
  git add .env && git -c user.name=x -c user.email=x@example.com commit -qm "Keep it"
  run ./build-images.sh api
  said "cloudevy-api:$(git rev-parse --short HEAD) "
}

@test "what no commit names is dirty: changed files and new ones" {
  printf '\n' >>pyproject.toml
  run ./build-images.sh api
  said "cloudevy-api:$commit-dirty"
  git checkout -q pyproject.toml && touch new
  run ./build-images.sh api
  said "cloudevy-api:$commit-dirty"
}

@test "without git a version must be named" {
  rm -rf .git
  export GIT_CEILING_DIRECTORIES=$BATS_TEST_TMPDIR
  run --separate-stderr ./build-images.sh api
  same "$status" 1
  said "the version must be named"
  CLOUDEVY_TAG=1.0 run ./build-images.sh api
  same "$status" 0
  [[ $(builds) == *"COMMIT=unknown"*"cloudevy-api:1.0 ." ]]
}

@test "what cannot be a version is refused" {
  CLOUDEVY_TAG='a b' run --separate-stderr ./build-images.sh api
  same "$status" 1
  said "cannot be a version"
}

@test "several platforms make one image each" {
  CLOUDEVY_PLATFORMS=linux/amd64,linux/arm64 CLOUDEVY_TAG=v1 run ./build-images.sh api
  same "$status" 0
  same "$(builds | sed -E 's/--build-arg [^ ]+ //g')" "$(
    printf '%s\n' \
      "buildx build --load --platform linux/amd64 --file api/Dockerfile --tag cloudevy-api:v1-amd64 ." \
      "buildx build --load --platform linux/arm64 --file api/Dockerfile --tag cloudevy-api:v1-arm64 ."
  )"
}

@test "one platform keeps the version's name, and a variant has its own" {
  CLOUDEVY_PLATFORMS=linux/arm64 CLOUDEVY_TAG=v1 run ./build-images.sh api
  [[ $(builds) == *"--platform linux/arm64 "*"--tag cloudevy-api:v1 ." ]]
  CLOUDEVY_PLATFORMS="linux/amd64 linux/arm/v7" CLOUDEVY_TAG=v1 run ./build-images.sh api
  [[ $(builds | tail -n 1) == *"--tag cloudevy-api:v1-arm-v7 ." ]]
}

@test "a build that fails ends it, with the reason and the name" {
  fails "* cloudevy-downtime-scheduler:*" "no such file"
  run --separate-stderr ./build-images.sh
  same "$status" 1
  said "no such file"
  said "cloudevy-downtime-scheduler:$commit cannot be built"
  same "$(builds | wc -l)" 2
}

@test "a daemon that is away is named before anything is built" {
  fails "* version --format *" "Cannot connect to the Docker daemon."
  run --separate-stderr ./build-images.sh
  same "$status" 1
  said "Docker does not answer: Cannot connect to the Docker daemon."
}

@test "it builds the checkout it stands in, from any folder" {
  here=$PWD
  cd /
  run "$here/build-images.sh" api
  same "$status" 0
}
