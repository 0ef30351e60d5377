import type { Readable } from "node:stream";
import { text as readAll } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { OperatorError } from "../../src/errors.ts";
import { createCaddy } from "../../src/host/caddy.ts";
import type { Helper } from "../../src/host/helper-container.ts";

const job = {
  image: "sha256:c",
  text: ":80 { respond ü }\n",
  file: "/etc/caddy/Caddyfile",
  mounts: [
    { type: "bind", source: "/srv/i/ssl", target: "/data/ssl" },
    { type: "volume", source: "v1_certs", target: "/certs" },
  ],
  environment: { SITE: "example.com" },
} as const;

/** A helper that prints this, and what it was asked. */
function helping(answer: string | Error) {
  const asked: { helper: Helper; input: string }[] = [];
  const feed = async (helper: Helper, source: Readable) => {
    asked.push({ helper, input: await readAll(source) });
    if (typeof answer === "string") return answer;
    throw answer;
  };
  return { asked, caddy: createCaddy({ feed }) };
}

describe("a Caddyfile is checked by the instance's own Caddy", () => {
  it("hands the text over standard input, and everything else read-only", async () => {
    const { asked, caddy } = helping("valid\n\n");
    expect(await caddy.check(job)).toEqual({ verdict: "valid", say: "" });
    const [{ helper, input } = { helper: null, input: "" }] = asked;
    expect(input).toBe(job.text);
    expect(helper).toMatchObject({
      image: "sha256:c",
      // Bytes, not characters.
      args: ["19", "/etc/caddy/Caddyfile"],
      volumes: [{ name: "v1_certs", at: "/certs", writable: false }],
      folders: [{ path: "/srv/i/ssl", at: "/data/ssl", writable: false }],
      env: { SITE: "example.com" },
    });
    expect(JSON.stringify(helper)).not.toContain("respond");
    expect(helper).not.toHaveProperty("joins");
  });

  it.each([
    [
      'invalid\n{"level":"info","msg":"using adapter"}\nError: adapting config using caddyfile: /tmp/checked/Caddyfile:1: unrecognized directive: nonsense\n',
      { verdict: "invalid", say: "adapting config using caddyfile: Caddyfile:1: unrecognized directive: nonsense" },
    ],
    [
      "refused\nError: loading http app module: provision dns: API token '' appears invalid\n",
      { verdict: "refused", say: "loading http app module: provision dns: API token '' appears invalid" },
    ],
    ["none\n", { verdict: "unknown", say: "there is no caddy program in its image" }],
    [
      "unsure\nError: loading: mkdir /var/log/x: read-only file system\n",
      { verdict: "syntax", say: "loading: mkdir /var/log/x: read-only file system" },
    ],
    // A word that nobody knows is no consent.
    ["", { verdict: "invalid", say: "" }],
  ])("%j", async (printed, expected) => {
    expect(await helping(printed).caddy.check(job)).toEqual(expected);
  });

  it("tells an image without a shell from one that cannot be asked", async () => {
    const none = new OperatorError("COMMAND_FAILED", 'Checking failed: exec: "sh": executable file not found in $PATH');
    expect((await helping(none).caddy.check(job)).verdict).toBe("unknown");
    const down = new OperatorError("COMMAND_FAILED", "Cannot connect to the Docker daemon");
    await expect(helping(down).caddy.check(job)).rejects.toBe(down);
  });
});
