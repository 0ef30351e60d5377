import { expect, it } from "vitest";
import { namedEnvFiles } from "../../src/domain/compose-env-files.ts";

it("every way to name an env file is understood; what lies elsewhere is left alone", () => {
  const text = `x: &more
  env_file: [ shared.env ]
services:
  a: { env_file: a.env }
  b: { env_file: [ ./a.env, conf/b.env, { path: c.env, required: false } ] }
  c: { <<: *more }
  d: { env_file: [ ../out.env, /etc/out.env, "\${NAME}.env" ] }
  e: { image: x }
`;
  const names = ["a.env", "conf/b.env", "c.env", "shared.env"];
  expect(namedEnvFiles({ path: "docker-compose.yml", text })).toEqual(names);
  expect(namedEnvFiles({ path: "sub/compose.yml", text: "services: { a: { env_file: a.env } }" })).toEqual(["sub/a.env"]);
});
