#!/usr/bin/env bash
# make.sh OUT [VERSION...]: writes OUT/graphistry-VERSION.tar.gz, release bundles of the product that README.md describes.
# A Docker Engine is needed, and root where no public base image can be pulled. HTTP ports in legacy bundles: HTTP_PORT and HTTPS_PORT (80 and 443 unless set).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=${1:?usage: make.sh OUT [VERSION...]}; shift
mkdir -p "$out"; out=$(cd "$out" && pwd)
releases=("$@"); [ ${#releases[@]} -gt 0 ] || releases=(v2.2.22 v2.22.2 v2.23.0 v2.23.1 v2.24.9 v2.45.11)
base=${SAMPLE_BASE:-gm/base}
compress=gzip; ! command -v pigz >/dev/null || compress=pigz

postgres_of() { # VERSION: the major of its Postgres
  case $1 in v2.2.22 | v2.22.2 | v2.23.0 | v2.23.1) echo 15 ;; v2.24.9 | v2.45.11) echo 17 ;; *) echo "make.sh: no release $1" >&2; return 2 ;; esac
}
schema_of() { case $1 in v2.2.22 | v2.22.2) echo 1 ;; v2.45.*) echo 3 ;; *) echo 2 ;; esac; }
is_first() { case $1 in v2.2.22 | v2.22.2) return 0 ;; *) return 1 ;; esac; }
is_modern() { case $1 in v2.45.*) return 0 ;; *) return 1 ;; esac; }

two_at_a_time() { # COMMAND ARGUMENT...: the command once for each argument; fails when one of them does
  local run=$1 failed=0 first second; shift
  while [ $# -gt 0 ]; do
    (set -e; "$run" "$1") & first=$!
    second=; [ $# -eq 1 ] || { (set -e; "$run" "$2") & second=$!; shift; }
    shift
    wait "$first" || failed=1
    [ -z "$second" ] || wait "$second" || failed=1
  done
  return "$failed"
}

base_image() { "$here/base.sh" "$1"; } # MAJOR

build() { # ARGUMENT...: docker build by whichever builder the engine has; the classic one first, because it always knows the engine's own images
  local why
  why=$(DOCKER_BUILDKIT=0 docker build -q "$@" 2>&1) || why=$(docker build -q "$@" 2>&1) || { echo "$why" >&2; return 1; }
}

product_images() { # VERSION MAKER: builds the images of a release as MAKER/...
  local version=$1 maker=$2 from universal nexus
  from="$base:pg$(postgres_of "$version")"
  universal=$(universal_tag "$version") nexus=$(nexus_tag "$version")
  build --build-arg BASE="$from" -t "$maker/graphistry-postgres:$universal" "$here/images/postgres"
  build --build-arg BASE="$from" --build-arg NEXUS_SCHEMA="$(schema_of "$version")" \
    --build-arg NEXUS_BROKEN="$([ "$version" != v2.23.1 ] || echo yes)" -t "$maker/graphistry-nexus:$nexus" "$here/images/nexus"
  build --build-arg BASE="$from" --build-arg RELEASE="$version" -t "$maker/caddy:$universal" "$here/images/caddy"
}
universal_tag() { if is_modern "$1"; then echo "$1-universal"; else echo "$1"; fi; } # VERSION
nexus_tag() { if is_modern "$1"; then echo "$1-12.8"; else echo "$1"; fi; } # VERSION

caddyfile() { # VERSION
  cat <<C
:80 {
  respond /caddy/health/ 200 {
    body "{\"success\": true}"
    close
  }
  reverse_proxy nginx:80$(is_first "$1" || printf ' {\n    header_up X-Release %s\n  }' "$1")
}
C
}

healthcheck() { # COMMAND
  printf 'healthcheck: { test: ["CMD-SHELL", "%s"], interval: 2s, timeout: 5s, retries: 30, start_period: 2s }' "$1"
}

legacy() { # VERSION FOLDER
  local version=$1 folder=$2 prefix=${1//./_}
  mkdir -p "$folder"/{.caddy,.pivot-db/config,etc/ssl,etc/scripts,data,docs}
  cat > "$folder/docker-compose.yml" <<YML
version: '3.5'

# Shared by every service.
x-production-options: &production_opts
  restart: unless-stopped
  env_file: [ .env ]
  networks: [ grph ]

volumes:
  # Postgres volumes are managed by Docker.
  postgres_data:
    name: ${prefix}_postgres_data
  postgres_backups:
    name: ${prefix}_postgres_backups   # dumps

networks:
  grph:
    name: grph_net

services:

  caddy:
    <<: *production_opts
    image: graphistry/caddy:\${APP_BUILD_TAG}
    ports:
      - "${HTTP_PORT:-80}:80"
      - "${HTTPS_PORT:-443}:443"
    volumes:
      - ./Caddyfile:/etc/caddy/Caddyfile
      - ./.caddy:/root/.caddy
    $(healthcheck 'wget -qO- http://localhost/caddy/health/ >/dev/null')

  nginx:
    <<: *production_opts
    image: graphistry/graphistry-nexus:\${APP_BUILD_TAG}
    environment: { PROXY_TO: "http://nexus:8000" }
    volumes:
      - ./etc/ssl:/etc/ssl/graphistry
    $(healthcheck 'wget -qO- http://localhost/healthz >/dev/null')

  nexus:
    <<: *production_opts
    image: graphistry/graphistry-nexus:\${APP_BUILD_TAG}
    depends_on: [ postgres ]
    volumes:
      - ./data:/opt/graphistry/data
      - ./.pivot-db:/opt/graphistry/apps/core/pivot/data
    $(healthcheck 'wget -qO- http://localhost:8000/ht/ >/dev/null')

  postgres:
    <<: *production_opts
    image: graphistry/graphistry-postgres:\${APP_BUILD_TAG}
    volumes:
      - postgres_data:/var/lib/postgresql/data
      - postgres_backups:/backups
    $(healthcheck 'pg_isready -U graphistry')
YML
  cat > "$folder/.env" <<ENV
# ---- Graphistry $version. Administrators: uncomment and edit as needed ----
APP_BUILD_TAG=$version
GRAPHISTRY_LOG_LEVEL=INFO
LOG_LEVEL=INFO

# Postgres
POSTGRES_HOST=postgres
POSTGRES_PORT=5432
POSTGRES_DB=graphistry
POSTGRES_USER=graphistry
POSTGRES_PASSWORD=password

# Secrets: API keys are derived from these, keep them across installs
DJANGO_SECRET_KEY=abc123xyz
STREAMGL_SECRET_KEY=abc123xyz
JWT_EXPIRATION_DELTA=$(is_first "$version" && echo 3600 || echo 7200)

# Connectors
#SPLUNK_HOST=splunk.example.com
#SPLUNK_KEY=changeme
#ES_HOST=es.example.com
PIVOT_CONFIG_FILES=/opt/graphistry/apps/core/pivot/data/config/config.json
ENV
  is_first "$version" || printf '# new in v2.23.0\nGRAPH_PLAY_TIMEOUTMS=60000\n' >> "$folder/.env"
  caddyfile "$version" > "$folder/Caddyfile"
  echo '{ }' > "$folder/.pivot-db/config/config.json"
}

modern() { # VERSION FOLDER
  local version=$1 folder=$2 prefix=${1//./_}
  mkdir -p "$folder"/etc/scripts "$folder"/docs "$folder"/data/{config,caddy/config,caddy/data,pivot-db/config,investigations/config,uploads,files,datasets,notebooks}
  cat > "$folder/docker-compose.yml" <<YML
x-production-options: &production_opts
  restart: unless-stopped
  env_file:
    - path: .env
    - path: data/config/custom.env
      required: false
    - path: data/config/cluster.env
      required: false
  networks: [ grph ]

volumes:
  postgres_data:     { name: ${prefix}_postgres_data }
  postgres_backups:  { name: ${prefix}_postgres_backups }
  local_media_mount: { name: ${prefix}_local_media_mount }

networks:
  grph: { name: grph_net }

services:
  caddy:
    <<: *production_opts
    image: graphistry/caddy:\${APP_BUILD_TAG}-universal
    labels: { autoheal: "true" }
    ports: [ "\${CADDY_HTTP_PORT:-80}:80", "\${CADDY_HTTPS_PORT:-443}:443" ]
    volumes: [ "./data/config/Caddyfile:/etc/caddy/Caddyfile", "./data/caddy/config:/config", "./data/caddy/data:/data" ]
    $(healthcheck 'wget -qO- http://localhost/caddy/health/ >/dev/null')
  nginx:
    <<: *production_opts
    image: graphistry/graphistry-nexus:\${APP_BUILD_TAG}-\${CUDA_SHORT_VERSION}
    environment: { PROXY_TO: "http://nexus:8000" }
    $(healthcheck 'wget -qO- http://localhost/healthz >/dev/null')
  nexus:
    <<: *production_opts
    image: graphistry/graphistry-nexus:\${APP_BUILD_TAG}-\${CUDA_SHORT_VERSION}
    depends_on: { postgres: { condition: service_healthy } }
    volumes: [ "\${LOCAL_DATASET_CACHE_DIR:-./data}:/opt/graphistry/data", "./data/pivot-db:/opt/graphistry/apps/core/pivot/data", "local_media_mount:/opt/graphistry/apps/core/nexus/staticfiles" ]
    $(healthcheck 'wget -qO- http://localhost:8000/ht/ >/dev/null')
  postgres:
    <<: *production_opts
    image: graphistry/graphistry-postgres:\${APP_BUILD_TAG}-universal
    labels: { autoheal: "true" }
    volumes: [ "postgres_data:/var/lib/postgresql/data", "postgres_backups:/backups" ]
    $(healthcheck 'pg_isready -U graphistry')
YML
  cat > "$folder/.env" <<ENV
# Graphistry internals for $version - do not edit, put overrides in data/config/custom.env
APP_BUILD_TAG=$version
CUDA_SHORT_VERSION=12.8
GRAPHISTRY_LOG_LEVEL=INFO
LOG_LEVEL=INFO
POSTGRES_HOST=postgres
POSTGRES_PORT=5432
POSTGRES_DB=graphistry
POSTGRES_USER=graphistry
POSTGRES_PASSWORD=password
DATABASE_URL=postgres://graphistry:password@postgres:5432/graphistry
DJANGO_SECRET_KEY=abc123xyz
JWT_EXPIRATION_DELTA=7200
UPLOAD_MAX_SIZE=1G
PIVOT_CONFIG_FILES=/opt/graphistry/apps/core/pivot/data/config/config.json
#SPLUNK_HOST=splunk.example.com
ENV
  : > "$folder/data/config/custom.env"
  printf '#ENABLE_OPEN_TELEMETRY=true\n#OTEL_COMPOSE_FILE=telemetry.yml\n' > "$folder/data/config/telemetry.env"
  printf 'ENABLE_CLUSTER_MODE=false\nNODE_TYPE=leader\nPOSTGRES_HOST=postgres\n' > "$folder/data/config/cluster.env"
  caddyfile "$version" | tee "$folder/data/config/Caddyfile" > "$folder/data/config/Caddyfile.default"
  echo '{ }' > "$folder/data/pivot-db/config/config.json"
  echo '{ }' > "$folder/data/investigations/config/config.json"
  cat > "$folder/graphistry" <<'W'
#!/bin/bash
# docker compose with the environment of data/config/*.env
cd "$(dirname "${BASH_SOURCE[0]}")"
args=(--env-file .env)
for name in custom telemetry cluster; do [ -f data/config/$name.env ] && args+=(--env-file data/config/$name.env); done
exec docker compose "${args[@]}" "$@"
W
  cat > "$folder/etc/scripts/cred-gen.sh" <<'W'
#!/bin/bash
echo "DJANGO_SECRET_KEY=\"$(head -c32 /dev/urandom | base64 | tr -d '=+/')\""
echo "GRAPHISTRY_NEXUS_ENCRYPTION_KEYS=\"$(head -c32 /dev/urandom | base64)\""
W
  chmod +x "$folder/graphistry" "$folder/etc/scripts/cred-gen.sh"
  printf 'requires: v2.24.0   # the oldest release that may be updated to this one\n' > "$folder/release.yml"
}

bundle() { # VERSION
  # Not local: the trap below runs when the subshell of this bundle ends, after the function.
  version=$1
  # The images are built under names of our own and are the vendor's only inside the bundle: an installed release may be using the
  # vendor's tags on this engine, and a manager has to load them from the bundle, as on a customer's machine.
  maker=gm-build/$$-$version
  stage=$(mktemp -d "$out/.stage.XXXXXX")
  trap 'rm -rf "$stage"; docker rmi "$maker/caddy:$(universal_tag "$version")" "$maker/graphistry-postgres:$(universal_tag "$version")" "$maker/graphistry-nexus:$(nexus_tag "$version")" >/dev/null 2>&1 || true' EXIT
  mkdir "$stage/release"
  echo "$version" > "$stage/release/VERSION"
  echo "# Graphistry $version" > "$stage/release/README.md"
  product_images "$version" "$maker"
  "$here/images/save.sh" "$stage/containers.tar" "$maker" graphistry \
    "caddy:$(universal_tag "$version")" "graphistry-nexus:$(nexus_tag "$version")" "graphistry-postgres:$(universal_tag "$version")"
  if is_modern "$version"; then
    modern "$version" "$stage/release"
    echo 12.8 > "$stage/release/CUDA_SHORT_VERSION"
    "$compress" -1 < "$stage/containers.tar" > "$stage/release/containers.tar.gz"
  else
    legacy "$version" "$stage/release"
    mv "$stage/containers.tar" "$stage/release/containers.tar"
  fi
  [ "$version" != v2.24.9 ] || printf '# Updating to v2.24.9\n\nPostgres changes from 15 to 17: a volume of an older release cannot be used as it is.\nAsk every user to save open investigations first.\n' > "$stage/release/UPGRADING.md"
  name=graphistry-$version.tar.gz
  tar -C "$stage/release" -cf - . | "$compress" -1 > "$stage/$name"
  mv "$stage/$name" "$out/$name"
  du -h "$out/$name" | awk '{print $2, $1}'
}

for version in "${releases[@]}"; do postgres_of "$version" >/dev/null; done
majors=$(for version in "${releases[@]}"; do postgres_of "$version"; done | sort -u)
two_at_a_time base_image $majors
two_at_a_time bundle "${releases[@]}"
