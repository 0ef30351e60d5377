import { contract } from "./contract.ts";
import { Machine } from "./machine.ts";
import { createSimWorld } from "./sim-world.ts";
import { emptyState } from "./state.ts";

contract("the simulated host", async () => {
  const machine = new Machine(emptyState());
  const folder = "/srv/contract";
  const { world, engine, disk } = createSimWorld(machine, folder);
  disk.makeFolder(folder, 0o700);
  return {
    world,
    folder,
    prefix: "contract",
    port: 18_080,
    makeImage: async (tag, program) => {
      const known = engine.idOf(tag);
      if (known !== null) return known;
      const id = `sha256:${String(machine.nextSerial()).padStart(64, "0")}`;
      engine.addImage({ id, layers: [id], program: program === "postgres" ? { postgres: "15" } : program, volumes: [] });
      engine.tag(id, tag);
      return id;
    },
    fill: async (volume, files) => engine.fill(volume, { ...engine.contentOf(volume), ...files }, "test.fill"),
    cleanUp: async () => {},
  };
});
