import { OperatorError } from "../../src/errors.ts";
import type { ParcelMember, Parcels } from "../../src/host/world.ts";
import type { SimDisk } from "./sim-disk.ts";

/** An archive is one file of JSON on the simulated disk. */
export function simParcels(disk: SimDisk): Parcels {
  return {
    async write(path, members, inspect) {
      if (disk.node(path) !== null) throw new OperatorError("EXISTS", `${path} is there already.`);
      const bytes = Buffer.from(JSON.stringify(members));
      inspect(JSON.parse(bytes.toString("utf8")) as readonly ParcelMember[]);
      disk.write(path, bytes, 0o600);
      return bytes.length;
    },
  };
}
