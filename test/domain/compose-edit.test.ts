import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { editCompose } from "../../src/domain/compose-edit.ts";
import type { ComposeModel } from "../../src/domain/compose-model.ts";
import type { Isolation } from "../../src/domain/isolation.ts";
import { isolationNames } from "../../src/domain/shared-resources.ts";

const fixtures = join(import.meta.dirname, "../fixtures/compose");
const nothing: Isolation = { project: "new", volumes: {}, networks: {}, containers: {}, ports: [], images: {}, binds: {} };
const id = `sha256:${"a".repeat(64)}`;

/** Edits one file; the model is what Compose makes of it. */
function edit(text: string, model: Partial<ComposeModel>, isolation: Partial<Isolation>, path = "docker-compose.yml") {
  const whole: ComposeModel = { name: "old", services: {}, ...model };
  const { sources, env } = editCompose([{ path, text }], whole, { ...nothing, ...isolation });
  return { text: sources[0]?.text ?? "", env };
}

/** The lines that differ, old and new. */
function changes(before: string, after: string): string {
  const [old, now] = [before.split("\n"), after.split("\n")];
  expect(now.length).toBe(old.length);
  return old.flatMap((line, index) => (line === now[index] ? [] : [`- ${line}`, `+ ${now[index]}`])).join("\n");
}

describe("the product's own files", () => {
  const ports: Isolation["ports"] = [
    { service: "caddy", container: 80, protocol: "tcp", host: 8080 },
    { service: "caddy", container: 443, protocol: "tcp", host: 8443 },
  ];
  const run = (layout: string, slug: string) => {
    const text = readFileSync(join(fixtures, layout, "docker-compose.yml"), "utf8");
    const model = JSON.parse(readFileSync(join(fixtures, layout, "model.json"), "utf8")) as ComposeModel;
    const edited = edit(text, model, {
      project: slug,
      ...isolationNames(model, slug, model.name),
      ports,
      images: { caddy: "sha256:0123" },
    });
    return { ...edited, changes: changes(text, edited.text) };
  };

  it("F42 of the legacy layout exactly the lines with names, ports and images change", () => {
    const { changes, env } = run("legacy", "v2_22_2_training");
    expect(changes).toMatchInlineSnapshot(`
      "-     name: v2_22_2_postgres_data
      +     name: v2_22_2_training_postgres_data
      -     name: v2_22_2_postgres_backups   # dumps
      +     name: v2_22_2_training_postgres_backups   # dumps
      -     name: grph_net
      +     name: v2_22_2_training_grph
      -     image: graphistry/caddy:\${APP_BUILD_TAG}
      +     image: sha256:0123
      -       - "80:80"
      +       - "8080:80"
      -       - "443:443"
      +       - "8443:443""
    `);
    expect(env).toEqual({});
  });

  it("F42 of the modern layout exactly the lines with names and images change; ports go to .env", () => {
    const { changes, env } = run("modern", "v2_45_11_training");
    expect(changes).toMatchInlineSnapshot(`
      "-   postgres_data:     { name: v2_45_11_postgres_data }
      +   postgres_data:     { name: v2_45_11_training_postgres_data }
      -   postgres_backups:  { name: v2_45_11_postgres_backups }
      +   postgres_backups:  { name: v2_45_11_training_postgres_backups }
      -   local_media_mount: { name: v2_45_11_local_media_mount }
      +   local_media_mount: { name: v2_45_11_training_local_media_mount }
      -   grph: { name: grph_net }
      +   grph: { name: v2_45_11_training_grph }
      -     image: graphistry/caddy:\${APP_BUILD_TAG}-universal
      +     image: sha256:0123"
    `);
    expect(env).toEqual({ CADDY_HTTP_PORT: "8080", CADDY_HTTPS_PORT: "8443" });
  });
});

describe("volumes and networks", () => {
  it("F42 a name that comes through an anchor is changed once, at the anchor", () => {
    const text = "x-v: &v\n  name: shared # c\nvolumes:\n  a: *v\n  b: { <<: *v }\n";
    const volumes = { a: { name: "shared" }, b: { name: "shared" } };
    expect(edit(text, { volumes }, { volumes: { shared: "new_a" } }).text).toBe(text.replace("shared", "new_a"));
  });

  it("F42 one mapping without a name that would need two gets a key of its own for each", () => {
    const text = "volumes:\n  a: &m\n    driver: local\n  b: *m\n";
    const volumes = { a: { name: "old_a" }, b: { name: "old_b" } };
    expect(edit(text, { volumes }, { volumes: { old_a: "x_a", old_b: "x_b" } }).text).toBe(
      "volumes:\n  a: &m\n    name: x_a\n    driver: local\n  b: {<<: *m, name: x_b}\n",
    );
  });

  it("F42 what else uses the anchor of a name keeps the old text", () => {
    const text = "services:\n  s: { labels: { v: *n } }\n".replace("*n", "old_name");
    const whole = `volumes:\n  a: { name: &n old_name }\n  b: { name: c, labels: { of: *n } }\n${text}`;
    const volumes = { a: { name: "old_name" }, b: { name: "c" } };
    expect(edit(whole, { volumes }, { volumes: { old_name: "new_a" } }).text).toBe(
      whole.replace("&n old_name", "&n new_a").replace("*n", "old_name"),
    );
  });

  it("F43 external volumes and networks are never touched", () => {
    const text = "volumes:\n  a: { external: true, name: theirs }\nnetworks:\n  n:\n    external: true\n    name: theirs\n";
    const model = { volumes: { a: { name: "theirs", external: true } }, networks: { n: { name: "theirs", external: true } } };
    expect(edit(text, model, { volumes: { theirs: "x" }, networks: { theirs: "y" } }).text).toBe(text);
  });

  it("F45 without a name nothing is written where Compose's own default is the wanted name", () => {
    const text = "volumes:\n  a:\n  b: {}\n";
    const volumes = { a: { name: "old_a" }, b: { name: "old_b" } };
    expect(edit(text, { volumes }, { volumes: { old_a: "new_a", old_b: "new_b" } }).text).toBe(text);
  });

  it.each([
    ["volumes:\n  a:\n", "volumes:\n  a:\n    name: x\n"],
    ["volumes:\n  a:   # c\n  z:\n", "volumes:\n  a:   # c\n    name: x\n  z:\n"],
    ["volumes:\r\n    a:\r\n    z:\r\n", "volumes:\r\n    a:\r\n        name: x\r\n    z:\r\n"],
    ["volumes:\n  a:", "volumes:\n  a:\n    name: x"],
    ["volumes:\n  a: ~ # c\n", "volumes:\n  a: {name: x} # c\n"],
    ["volumes:\n  a: {}\n", "volumes:\n  a: {name: x}\n"],
    ["volumes:\n  a: { driver: local }\n", "volumes:\n  a: { name: x, driver: local }\n"],
    ["volumes: {a, z: }\n", "volumes: {a: {name: x}, z: }\n"],
    ["volumes: {a: , z: }\n", "volumes: {a: {name: x}, z: }\n"],
    [
      "volumes:\n  a:\n\n      # deep\n      driver: local\n",
      "volumes:\n  a:\n      name: x\n\n      # deep\n      driver: local\n",
    ],
    ['{"volumes": {"a": null}}', '{"volumes": {"a": {name: x}}}'],
  ])("F45 the name is inserted into %j", (before, after) => {
    expect(edit(before, { volumes: { a: { name: "old_a" } } }, { volumes: { old_a: "x" } }).text).toBe(after);
  });

  it.each([
    ["name: ${V:-x}_d # c", "name: nn # c"],
    ['name: "${V}_d"', 'name: "nn"'],
    ["name: 'old'  ", "name: 'nn'  "],
    ["name:    old   # c", "name:    nn   # c"],
    ["name: >-\n      folded\n    driver: local", "name: nn\n    driver: local"],
    ["name: &a !!str old", "name: &a !!str nn"],
  ])("F47 the scalar in %j is replaced as a whole", (before, after) => {
    const text = (line: string) => `volumes:\n  a:\n    ${line}\n`;
    expect(edit(text(before), { volumes: { a: { name: "resolved" } } }, { volumes: { resolved: "nn" } }).text).toBe(text(after));
  });

  it("names that YAML would read as something else are quoted", () => {
    const text = "volumes:\n  a:\n    name: old\n";
    const to = (name: string) => edit(text, { volumes: { a: { name: "old" } } }, { volumes: { old: name } }).text;
    for (const name of ["1.0", "no", "0x1f", "2026-11-20", "1e3", "null", "1_000"]) expect(to(name)).toContain(`name: "${name}"`);
    expect(to("v1_a.b-c")).toContain("name: v1_a.b-c");
  });

  it.each(["a b", "$(id)", "../x", "", "a\nb", "${X}", "-x"])("F52 refuses the name %j", name => {
    expect(() => edit("volumes: { a: { name: old } }", { volumes: { a: { name: "old" } } }, { volumes: { old: name } })).toThrow(
      /no name/,
    );
  });

  it("a new name that is another's old one is not taken for it when the edit is repeated", () => {
    const text = "volumes:\n  aa: { name: new_data }\n  data: { name: foo }\n";
    const volumes = { new_data: "new_aa", foo: "new_data" };
    const once = edit(text, { volumes: { aa: { name: "new_data" }, data: { name: "foo" } } }, { project: "new", volumes });
    expect(once.text).toBe("volumes:\n  aa: { name: new_aa }\n  data: { name: new_data }\n");
    const model = { volumes: { aa: { name: "new_aa" }, data: { name: "new_data" } } };
    expect(edit(once.text, model, { project: "new", volumes }).text).toBe(once.text);
  });
});

describe("container names", () => {
  const model = (networks: Record<string, null | { aliases?: string[] }>) => ({
    services: { s: { image: "x", container_name: "old", networks } },
  });
  const containers = { old: "new_old" };
  const service = (...lines: string[]) => `services:\n  s:\n    container_name: old\n${lines.map(line => `${line}\n`).join("")}`;

  it.each([
    [["    networks: [ one ]"], ["    networks: { one: {aliases: [old]} }"]],
    [
      ["    networks:", "      - one # c", "      # d", "      - 'two'"],
      ["    networks:", "      one: {aliases: [old]} # c", "      # d", "      'two': {aliases: [old]}"],
    ],
    [
      ["    networks:", "    - one"],
      ["    networks:", "      one: {aliases: [old]}"],
    ],
    [
      ["    networks:", "      one: # c", "      two: {}"],
      ["    networks:", "      one: # c", "        aliases: [old]", "      two: {aliases: [old]}"],
    ],
    [
      ["    networks:", "      one: { aliases: [ a ] }"],
      ["    networks:", "      one: { aliases: [ old, a ] }"],
    ],
    [
      ["    networks:", "      one:", "        aliases:", "          - a # c"],
      ["    networks:", "      one:", "        aliases:", "          - old", "          - a # c"],
    ],
  ])("F36 the old name becomes an alias in %j", (before, after) => {
    const networks = Object.fromEntries(
      ["one", "two"].filter(name => new RegExp(`\\b${name}\\b`).test(before.join())).map(name => [name, null]),
    );
    expect(edit(service(...before), model(networks), { containers }).text).toBe(service(...after).replace("old\n", "new_old\n"));
  });

  it("F36 a service without networks gets the alias on the default one", () => {
    expect(edit(service("    image: x"), model({ default: null }), { containers }).text).toBe(
      "services:\n  s:\n    networks: {default: {aliases: [old]}}\n    container_name: new_old\n    image: x\n",
    );
  });

  it("F36 an alias that was cut off after the renaming is made up for", () => {
    const text = "services:\n  s:\n    container_name: new_old\n    networks: [ one ]\n";
    const cut = { services: { s: { image: "x", container_name: "new_old", networks: { one: null } } } };
    expect(edit(text, cut, { containers }).text).toBe(text.replace("[ one ]", "{ one: {aliases: [old]} }"));
  });

  it("F36 no alias where a container has no network of its own", () => {
    const services = { s: { image: "x", container_name: "old", network_mode: "host" } };
    expect(edit(service("    network_mode: host"), { services }, { containers }).text).toBe(
      "services:\n  s:\n    container_name: new_old\n    network_mode: host\n",
    );
  });

  it("F36 a service that merges the renamed one keeps its own networks", () => {
    const text = "services:\n  a: &a\n    container_name: old\n    networks: [ net ]\n  b:\n    <<: *a\n    container_name: b\n";
    const services = {
      a: { image: "x", container_name: "old", networks: { net: null } },
      b: { image: "x", container_name: "b", networks: { net: null } },
    };
    expect(edit(text, { services }, { containers }).text).toBe(
      "services:\n  a: &a\n    container_name: new_old\n    networks: { net: {aliases: [old]} }\n  b:\n    networks: {net: null}\n    <<: *a\n    container_name: b\n",
    );
  });

  it("F36 references to a renamed container follow it", () => {
    const text =
      "services:\n  s: { network_mode: 'container:old', pid: container:old, volumes_from: [ 'container:old:ro', other ], external_links: [ old, 'old:o' ] }\n";
    const services = {
      s: {
        network_mode: "container:old",
        pid: "container:old",
        volumes_from: ["container:old:ro", "other"],
        external_links: ["old", "old:o"],
      },
    };
    expect(edit(text, { services }, { containers }).text).toMatchInlineSnapshot(`
      "services:
        s: { network_mode: 'container:new_old', pid: "container:new_old", volumes_from: [ 'container:new_old:ro', other ], external_links: [ "new_old:old", 'new_old:o' ] }
      "
    `);
  });
});

describe("ports", () => {
  const publish = (
    item: string,
    port: { target: number; published?: string; protocol?: string; host_ip?: string },
    host = 8080,
    flow = false,
  ) => {
    const text = flow ? `services:\n  s: { ports: [ ${item} ] }\n` : `services:\n  s:\n    ports:\n      - ${item}\n`;
    const setting = { service: "s", container: port.target, protocol: (port.protocol ?? "tcp") as "tcp" | "udp", host };
    const edited = edit(text, { services: { s: { ports: [{ protocol: "tcp", ...port }] } } }, { ports: [setting] });
    return { ...edited, item: flow ? edited.text.slice(28, -5) : edited.text.slice(34, -1) };
  };

  it.each([
    ["80:80", "8080:80"],
    ['"80:80" # c', '"8080:80" # c'],
    ["'80:80/tcp'", "'8080:80/tcp'"],
    ['"0.0.0.0:80:80"', '"0.0.0.0:8080:80"'],
    ['"${BIND:-1.2.3.4}:80:80"', '"${BIND:-1.2.3.4}:8080:80"'],
    ["{ target: 80, published: 80 }", "{ target: 80, published: 8080 }"],
    ["{ target: 80, published: '80' } # c", "{ target: 80, published: '8080' } # c"],
  ])("%s becomes %s", (before, after) => {
    const address = before.includes("0.0.0.0") ? { host_ip: "0.0.0.0" } : {};
    expect(publish(before, { target: 80, published: "80", ...address }).item).toBe(after);
  });

  it("an address of IPv6 and udp stay", () => {
    expect(publish("'[::1]:53:53/udp'", { target: 53, published: "53", protocol: "udp", host_ip: "::1" }, 54).item).toBe(
      "'[::1]:54:53/udp'",
    );
  });

  it("a port that the engine chose gets a place for its number", () => {
    expect(publish("80", { target: 80 }).item).toBe('"8080:80"');
    expect(publish("'127.0.0.1::80'", { target: 80, host_ip: "127.0.0.1" }).item).toBe("'127.0.0.1:8080:80'");
    expect(publish("80", { target: 80 }, 8080, true).text).toBe('services:\n  s: { ports: [ "8080:80" ] }\n');
  });

  it.each(["${P}", "$P", "${P:-80}", "${P-80}", "${P:?set it}"])("%s stays and is set in .env", variable => {
    const { item, env } = publish(`"${variable}:80"`, { target: 80, published: "80" });
    expect([item, env]).toEqual([`"${variable}:80"`, { P: "8080" }]);
  });

  it.each(["${P:+80}", "8${P}", "${P:-${Q}}"])("%s is replaced by the number", variable => {
    const { item, env } = publish(`"${variable}:80"`, { target: 80, published: "80" });
    expect([item, env]).toEqual(['"8080:80"', {}]);
  });

  it("a variable that is used for something else too is replaced by the number", () => {
    const text = "services:\n  s:\n    environment: { URL: 'http://x:${P:-80}' }\n    ports: [ '${P:-80}:80' ]\n";
    const services = { s: { ports: [{ target: 80, published: "80" }] } };
    const { text: after, env } = edit(
      text,
      { services },
      { ports: [{ service: "s", container: 80, protocol: "tcp", host: 81 }] },
    );
    expect([after, env]).toEqual([text.replace("'${P:-80}:80'", "'81:80'"), {}]);
  });

  it("a range is moved, or taken apart where its ports part", () => {
    const text = "services:\n  s:\n    ports:\n      - '80-81:80-81' # c\n";
    const services = { s: { ports: [80, 81].map(target => ({ target, published: String(target) })) } };
    const to = (...hosts: number[]) =>
      edit(
        text,
        { services },
        { ports: hosts.map((host, index) => ({ service: "s", container: 80 + index, protocol: "tcp", host })) },
      ).text;
    expect(to(90, 91)).toBe(text.replace("80-81:", "90-91:"));
    expect(to(90, 95)).toBe('services:\n  s:\n    ports:\n      - "90:80"\n      - "95:81" # c\n');
  });

  it("of a range for one container port one is left, as Compose publishes one", () => {
    const { item } = publish('"14300-14310:99"', { target: 99, published: "14300-14310" }, 14300);
    expect(item).toBe('"14300:99"');
  });

  it("refuses a setting that fits no port, or more than one", () => {
    const text = "services:\n  s:\n    ports: [ '80:80', '81:80' ]\n";
    const services = {
      s: {
        ports: [
          { target: 80, published: "80" },
          { target: 80, published: "81" },
        ],
      },
    };
    const to = (container: number) => () =>
      edit(text, { services }, { ports: [{ service: "s", container, protocol: "tcp", host: 90 }] });
    expect(to(443)).toThrow(/publishes no such port/);
    expect(to(80)).toThrow(/published as 80 and 81/);
  });
});

describe("images", () => {
  it("an image is pinned where it is written, also through an anchor", () => {
    const text = "x-a: &a { image: 'app:${TAG}' } # c\nservices:\n  one: *a\n  two: { <<: *a }\n";
    const services = { one: { image: "app:1" }, two: { image: "app:1" } };
    expect(edit(text, { services }, { images: { one: id, two: id } }).text).toBe(text.replace("app:${TAG}", id));
  });

  it("services that share an anchor and need different images get a key of their own", () => {
    const text = "x-a: &a { image: app }\nservices:\n  one: *a\n  two:\n    <<: *a\n";
    const services = { one: { image: "app" }, two: { image: "app" } };
    expect(edit(text, { services }, { images: { one: id, two: `${id}2` } }).text).toBe(
      `x-a: &a { image: app }\nservices:\n  one: {<<: *a, image: "${id}"}\n  two:\n    image: "${id}2"\n    <<: *a\n`,
    );
  });

  it("what is only built gets an image beside its build", () => {
    const text = "services:\n  s:\n    build: .\n";
    expect(edit(text, { services: { s: {} } }, { images: { s: id } }).text).toBe(
      `services:\n  s:\n    image: "${id}"\n    build: .\n`,
    );
  });
});

describe("several files", () => {
  it("F49 every file that says a name is changed", () => {
    const model: ComposeModel = { name: "old", services: {}, volumes: { a: { name: "second" } } };
    const sources = [
      { path: "compose.yaml", text: "volumes: { a: { name: first } }\n" },
      { path: "compose.override.yaml", text: "volumes:\n  a:\n    name: second\n" },
    ];
    expect(editCompose(sources, model, { ...nothing, volumes: { second: "new_a" } }).sources.map(({ text }) => text)).toEqual([
      "volumes: { a: { name: new_a } }\n",
      "volumes:\n  a:\n    name: new_a\n",
    ]);
  });

  it("F49 what !reset takes away stays taken away", () => {
    const text = "volumes:\n  a: { name: !reset null, driver: local }\n";
    expect(edit(text, { volumes: { a: { name: "old_a" } } }, { volumes: { old_a: "new_a" } }).text).toBe(text);
  });
});
