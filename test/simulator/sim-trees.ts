import { createHash } from "node:crypto";
import { dirname } from "node:path";
import type { Trees } from "../../src/host/world.ts";
import type { Machine } from "./machine.ts";
import type { SimDisk } from "./sim-disk.ts";
import { refused, type SimEngine } from "./sim-engine.ts";

/** Writes a copy of the node at `from` to `to`, with owner and mode. */
export function copyNode(disk: SimDisk, from: string, to: string): void {
  const node = disk.node(from);
  if (node === null) return;
  if (node.type === "folder") disk.makeFolder(to, node.mode);
  else if (node.type === "link") disk.symlink(node.target, to);
  else disk.write(to, node.bytes, node.mode);
  if (node.uid !== 0 || node.gid !== 0) disk.own(to, { uid: node.uid, gid: node.gid });
}

/** What the world can see of a node. */
function plain(disk: SimDisk, path: string): readonly (string | number)[] {
  const node = disk.node(path);
  if (node === null) return [];
  const content = node.type === "file" ? node.bytes.toString("base64") : node.type === "link" ? node.target : "";
  return [node.type, node.mode, node.uid, node.gid, content];
}

/** Whole folders, staged beside and renamed. */
export function simTrees(machine: Machine, disk: SimDisk, engine: SimEngine): Trees {
  const needs = (image: string | null) => {
    if (image !== null && engine.idOf(image) === null) throw refused(`No such image: ${image}`);
  };
  return {
    copy: (from, to, leaveOut, helperImage) =>
      machine.command(() => {
        needs(helperImage);
        if (disk.node(to) !== null) throw refused(`${to} is already there`);
        if (disk.node(from) === null) throw refused(`${from} is not there`);
        if (disk.node(dirname(to)) === null) throw refused(`${dirname(to)} is not there`);
        const part = `${to}.part`;
        const stays = leaveOut.map(path => `${from}/${path}`);
        disk.remove(part);
        for (const path of disk.walk(from)) {
          if (!stays.some(left => path === left || path.startsWith(`${left}/`)))
            copyNode(disk, path, `${part}${path.slice(from.length)}`);
        }
        disk.syncTree(part);
        disk.rename(part, to);
        disk.sync(dirname(to));
      }),
    digest: (path, helperImage) =>
      machine.command(() => {
        needs(helperImage);
        if (disk.node(path) === null) throw refused(`${path} is not there`);
        const lines = disk.walk(path).map(each => [each.slice(path.length), plain(disk, each)]);
        return createHash("sha256").update(JSON.stringify(lines)).digest("hex");
      }),
    fingerprint: (path, helperImage) =>
      machine.command(() => {
        needs(helperImage);
        const files = disk.walk(path).filter(each => disk.node(each)?.type === "file");
        const lines = files.map(each => [each, plain(disk, each)]);
        return createHash("sha256").update(JSON.stringify(lines)).digest("hex");
      }),
    // Nobody uses the product in a simulated run.
    countSince: (_path, _moment, helperImage) =>
      machine.command(() => {
        needs(helperImage);
        return 0;
      }),
    fill: (from, to, helperImage) =>
      machine.command(() => {
        needs(helperImage);
        for (const path of disk.walk(from)) {
          const target = `${to}${path.slice(from.length)}`;
          if (disk.node(target) === null) copyNode(disk, path, target);
        }
        disk.syncTree(to);
      }),
    remove: (path, helperImage) =>
      machine.command(() => {
        if (disk.node(path) === null) return;
        needs(helperImage);
        disk.remove(path);
        disk.sync(dirname(path));
      }),
  };
}
