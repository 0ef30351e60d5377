import { expect, it } from "vitest";
import { discarded } from "../../src/host/garbage.ts";

it("what a stream leaves behind does not pile up", () => {
  // Other tests of the same process may have left some.
  const before = process.memoryUsage().arrayBuffers;
  let most = before;
  for (let piece = 0; piece < 4000; piece++) {
    const memory = new ArrayBuffer(65_536);
    most = Math.max(most, process.memoryUsage().arrayBuffers);
    discarded(memory.byteLength);
  }
  expect(most - before).toBeLessThan(12e6);
});
