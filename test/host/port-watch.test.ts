import { expect, it } from "vitest";
import { watchPort } from "../../src/host/port-watch.ts";
import type { PortAnswer, World } from "../../src/host/world.ts";

const status = (code: number): PortAnswer => ({ status: code, retryAfter: null, server: null });

/** A world whose clock goes on only by what is asked and waited for; `at` says who answers when. */
function clockwork(at: (ms: number) => PortAnswer | null | Error, askMs = 5) {
  let now = 1000;
  let isOver: () => void = () => {};
  const world: Pick<World, "ports" | "elapsedMs" | "pause"> = {
    elapsedMs: () => now,
    async pause(ms) {
      now += ms;
      if (now >= 11_000) isOver();
      await new Promise(resolve => setImmediate(resolve));
    },
    ports: {
      taken: async () => new Set(),
      async ask({ port, tls, path }) {
        expect([port, tls, path]).toEqual([8080, false, "/"]);
        const answer = at(now - 1000);
        now += askMs;
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
  };
  /** Ten seconds of watching. */
  const watched = async () => {
    const over = new Promise<void>(resolve => {
      isOver = resolve;
    });
    const watch = watchPort({ port: 8080, tls: false, path: "/" }, world);
    await over;
    return await watch.stop();
  };
  return { watched };
}

it("a port that always answers was never down", async () => {
  const { watched } = clockwork(ms => status(ms < 5000 ? 200 : 404));
  expect(await watched()).toEqual({ downtimeMs: 0, gaps: [], isDown: false });
});

it("the page's time counts as down, and of it only the time without any answer as a gap", async () => {
  const { watched } = clockwork(ms => {
    if (ms < 2000) return status(200);
    if (ms < 2500) return null;
    if (ms < 7000) return status(503);
    return ms < 7300 ? null : status(302);
  });
  const { downtimeMs, gaps } = await watched();
  expect(downtimeMs).toBeGreaterThanOrEqual(5300);
  expect(downtimeMs).toBeLessThan(5500);
  expect(gaps.map(({ fromMs, forMs }) => [Math.round(fromMs / 200) * 200, Math.round(forMs / 200) * 200])).toEqual([
    [2000, 600],
    [7000, 400],
  ]);
});

it("a front that answers 502 for what is behind it does not serve", async () => {
  const { watched } = clockwork(ms => status(ms >= 3000 && ms < 4000 ? 502 : 200));
  const { downtimeMs, gaps } = await watched();
  expect(Math.abs(downtimeMs - 1000)).toBeLessThan(150);
  expect(gaps).toEqual([]);
});

it("an answer that does not come counts from when it was asked for", async () => {
  const { watched } = clockwork(ms => (ms >= 4000 && ms < 6000 ? null : status(200)), 90);
  expect(Math.abs((await watched()).downtimeMs - 2000)).toBeLessThan(250);
});

it("what is down when the watch ends was down until then; a question that fails is no answer", async () => {
  const { watched } = clockwork(ms => (ms < 8000 ? status(200) : new Error("EMFILE")));
  const { downtimeMs, gaps } = await watched();
  expect(Math.abs(downtimeMs - 2000)).toBeLessThan(250);
  expect(gaps).toHaveLength(1);
});
