import { expect, it } from "vitest";
import { refuseArguments } from "../../src/cli/commands/compose-refusals.ts";

it.each([
  "down -v",
  "down --volumes",
  "down --volumes=true",
  "down --remove-orphans -v",
  "down -vt 10",
  "down -t 10 -v",
  "down -v=true",
  "down web -v",
  "--profile all down -v",
  "--profile=all down -v",
  "--ansi never --progress plain down -v",
  "--dry-run down -v",
  "rm -v",
  "rm -fsv",
  "rm -sfv web",
  "rm --volumes",
  "up -V",
  "up -dV",
  "up --renew-anon-volumes -d",
  "-p other ps",
  "-pother ps",
  "--project-name other ps",
  "--project-name=other ps",
  "-f other.yml ps",
  "-fother.yml ps",
  "--file=other.yml ps",
  "--project-directory / ps",
  "--env-file x ps",
  "--workdir / ps",
  "-p",
])("docker compose %s is refused", line => {
  expect(() => refuseArguments(line.split(" "))).toThrow("These arguments are not passed on");
});

it.each([
  "ps",
  "down",
  "down --remove-orphans -t 10",
  "down -t10",
  "rm -fs web",
  "up -d --wait",
  "up -d web --no-deps",
  "logs -f web",
  "exec -T web rm -v x",
  "exec web ls -p -f",
  "run --rm -v /a:/b web sh",
  "config --volumes",
  "cp -f web:/a b",
  "--profile p up",
  "-v",
  "--version",
])("docker compose %s is passed on", line => {
  expect(() => refuseArguments(line.split(" "))).not.toThrow();
});
