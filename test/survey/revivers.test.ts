import { describe, expect, it } from "vitest";
import { acknowledgements, REVIVERS } from "../../src/domain/instructions.ts";
import { surveyRevivers } from "../../src/survey/revivers.ts";

const INSTANCE = { name: "v2.22.2", dir: "/opt/graphistry/releases/v2.22.2", project: "v2_22_2" };

/** A machine with these files; `null` cannot be read. */
function machine(texts: Readonly<Record<string, string | null>>) {
  const paths = Object.keys(texts);
  const below = (folder: string) =>
    paths.filter(path => path.startsWith(`${folder}/`)).map(path => path.slice(folder.length + 1));
  return {
    read: async (path: string) => {
      if (texts[path] === null) throw new Error("EACCES");
      return texts[path] ?? null;
    },
    list: async (folder: string) => [...new Set(below(folder).map(path => path.split("/")[0] ?? ""))].sort(),
    isFolder: async (path: string) => below(path).length > 0,
  };
}

type Container = Parameters<typeof surveyRevivers>[2][number];
const container = (name: string, state: Container["state"] = "running", service: string | null = null): Container => ({
  name,
  state,
  service,
});

const found = async (texts: Readonly<Record<string, string | null>>, containers: readonly Container[] = []) =>
  (await surveyRevivers(machine(texts), INSTANCE, containers)).map(({ release, text }) => [
    release,
    text.split(": this could")[0],
  ]);

describe("F16 what could start an old release again from outside", () => {
  it("is found in units, in tables of cron and among containers, by line and without its text", async () => {
    expect(
      await found(
        {
          "/etc/systemd/system/graphistry.service":
            "[Service]\nEnvironment=PASSWORD=canary\nWorkingDirectory=/opt/graphistry/releases/v2.22.2\nExecStart=docker compose -p v2_22_2 up\n",
          "/etc/cron.d/graphistry": "@reboot root cd /opt/graphistry/releases/v2.22.2/ && ./start\n",
          "/var/spool/cron/crontabs/root": "0 3 * * * docker start v2_22_2-nexus-1 v2_22_2\n",
          "/etc/rc.local": "docker compose --project-directory '/opt/graphistry/releases/v2.22.2' up -d",
        },
        [container("watchtower"), container("tools-heal-1", "running", "autoheal")],
      ),
    ).toEqual([
      [
        REVIVERS,
        "/etc/rc.local, line 1; /etc/systemd/system/graphistry.service, line 3, 4; /etc/cron.d/graphistry, line 1; /var/spool/cron/crontabs/root, line 1; the container watchtower; the container tools-heal-1",
      ],
    ]);
  });

  it("is not what only resembles it: comments, other releases, `current`, stopped containers, folders", async () => {
    expect(
      await found(
        {
          "/etc/systemd/system/graphistry.service":
            "# /opt/graphistry/releases/v2.22.2\n;docker compose -p v2_22_2\nWorkingDirectory=/opt/graphistry/current\n",
          "/etc/systemd/system/docker.service.d/x.conf": "/opt/graphistry/releases/v2.22.2",
          "/etc/cron.d/other":
            "* * * * * root ls /opt/graphistry/releases/v2.22.20 /mnt/opt/graphistry/releases/v2.22.2-old; docker ps v2_22_20\n",
          "/etc/crontab": null,
        },
        [container("watchtower", "exited"), container("web")],
      ),
    ).toEqual([]);
  });

  it("has to be read, and no word for a release stands for it", async () => {
    const revivers = { release: REVIVERS, text: "a" };
    const both = [revivers, { release: "v2.23.0", text: "b" }];
    expect(acknowledgements(both, ["v2.23.0"])).toEqual([revivers]);
    expect(acknowledgements(both, [REVIVERS]).map(({ release }) => release)).toEqual(["v2.23.0"]);
    expect(acknowledgements(both, ["v2.23.0", REVIVERS])).toEqual([]);
    expect(acknowledgements([revivers], [""])).toEqual([revivers]);
  });
});
