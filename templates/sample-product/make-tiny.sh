#!/usr/bin/env bash
# make-tiny.sh OUT [VERSION]: writes OUT/tiny-VERSION.tar.gz (v1.0.0 unless named), a bundle of under 2 MB: one busybox web server with a volume and no database,
# for trying things that do not need a whole product. It serves /id, a value that its volume got when it was new.
# TINY_PORT: the port that it publishes (80 unless set).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=${1:?usage: make-tiny.sh OUT [VERSION]}; version=${2:-v1.0.0}
mkdir -p "$out"; out=$(cd "$out" && pwd)
base=${SAMPLE_BASE:-gm/base}:pg15
maker=gm-build/$$-tiny
"$here/base.sh" 15
stage=$(mktemp -d "$out/.stage.XXXXXX")
trap 'rm -rf "$stage"; docker rmi "$maker/web:$version" >/dev/null 2>&1 || true' EXIT

mkdir "$stage/image" "$stage/release"
docker run --rm --network none --entrypoint cat "$base" /bin/busybox > "$stage/image/busybox"
chmod 755 "$stage/image/busybox"
cp "$here/images/tiny/Dockerfile" "$here/images/tiny/serve.sh" "$stage/image/"
DOCKER_BUILDKIT=0 docker build -q --build-arg RELEASE="$version" -t "$maker/web:$version" "$stage/image" >/dev/null 2>&1 ||
  docker build -q --build-arg RELEASE="$version" -t "$maker/web:$version" "$stage/image" >/dev/null
"$here/images/save.sh" "$stage/release/containers.tar" "$maker" tiny "web:$version"

echo "$version" > "$stage/release/VERSION"
cat > "$stage/release/.env" <<ENV
# Tiny $version
APP_BUILD_TAG=$version
TINY_SECRET_KEY=abc123xyz
ENV
cat > "$stage/release/docker-compose.yml" <<YML
services:
  web:
    image: tiny/web:\${APP_BUILD_TAG}
    restart: unless-stopped
    env_file: [ .env ]
    ports: [ "${TINY_PORT:-80}:80" ]
    volumes: [ "state:/state" ]
    networks: [ tiny ]
    healthcheck: { test: ["CMD-SHELL", "wget -qO- http://localhost/id >/dev/null"], interval: 1s, timeout: 2s, retries: 10 }

volumes:
  state: { name: ${version//./_}_state }

networks:
  tiny: { name: tiny_net }
YML
tar -C "$stage/release" -czf "$stage/tiny.tar.gz" .
mv "$stage/tiny.tar.gz" "$out/tiny-$version.tar.gz"
du -h "$out/tiny-$version.tar.gz" | awk '{print $2, $1}'
