#!/usr/bin/env bash
# documented-update.sh dump|copy OLD_DIR NEW_DIR BUNDLE: the vendor's manual ("Update, Backup, and Migrate"), typed line by line by somebody careful who stops at
# the first command that says that it failed. Corrected only as far as it must be to run: the application is stopped and Postgres is not while it is
# dumped; `docker compose exec -T` instead of `docker-compose docker exec`; the dump is unzipped before it is read; the new Postgres is up first;
# APP_BUILD_TAG stays the new release's in the copied .env. It stands still before the phase that PAUSE_AT names, until it gets SIGCONT.
set -e
method=${1:?} old=${2:?} new=${3:?} bundle=${4:?}
compose() { docker compose --project-directory "$1" -f "$1/docker-compose.yml" "${@:2}"; }
slug() { basename "$1" | tr . _; }
phase() { [ "${PAUSE_AT:-}" != "$1" ] || kill -STOP $$; }

phase "prepare, lay out"
mkdir -p "$new"
tar -xzf "$bundle" -C "$new"
tag=$(cat "$new/VERSION")
docker load -q -i "$new/containers.tar"

phase "dump or copy"
if [ "$method" = dump ]; then compose "$old" stop caddy nginx nexus; else compose "$old" stop; fi
cp "$old/.env" "$old/Caddyfile" "$new/"
sed -i "s/^APP_BUILD_TAG=.*/APP_BUILD_TAG=$tag/" "$new/.env"
cp -rp "$old/.caddy" "$old/.pivot-db" "$old/data" "$new/"
cp -rp "$old/etc/ssl" "$new/etc/"
if [ "$method" = dump ]; then
  compose "$old" exec -T postgres pg_dump -U graphistry graphistry | gzip -9 > "$new/backup.sql.gz"
  compose "$old" stop
else
  volumes=$(docker info -f '{{.DockerRootDir}}')/volumes
  for name in postgres_data postgres_backups; do
    cp -rp "$volumes/$(slug "$old")_$name" "$volumes/$(slug "$new")_$name"
  done
fi

phase "restore, proof"
if [ "$method" = dump ]; then
  compose "$new" up -d --wait postgres
  zcat "$new/backup.sql.gz" | compose "$new" exec -T postgres psql -q -U graphistry graphistry > /dev/null
fi

phase "start inside"
compose "$new" up -d
