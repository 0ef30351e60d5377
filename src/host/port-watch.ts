import type { PortQuestion, PortWatch, World } from "./world.ts";

const EVERY_MS = 100;
/** From here on an answer says that the product is not there: the page's 503, a front's 502 for what is behind it. */
const DOWN_FROM_STATUS = 500;

/** Adds up times in which something was so, from when that was first asked to when it was first seen to be otherwise. */
function stretches() {
  const ended: { readonly fromMs: number; readonly forMs: number }[] = [];
  let sinceMs: number | null = null;
  return {
    ended,
    saw(isSo: boolean, askedMs: number, answeredMs: number): void {
      if (isSo) sinceMs ??= askedMs;
      else this.end(answeredMs);
    },
    end(nowMs: number): void {
      if (sinceMs !== null) ended.push({ fromMs: Math.round(sinceMs), forMs: Math.round(nowMs - sinceMs) });
      sinceMs = null;
    },
  };
}

/** Asks a port again and again, as a visitor would, until it is stopped. A question that cannot even be asked counts as no answer. */
export function watchPort(
  question: PortQuestion,
  { ports, elapsedMs, pause }: Pick<World, "ports" | "elapsedMs" | "pause">,
): PortWatch {
  const end = new AbortController();
  const begunMs = elapsedMs();
  const now = () => elapsedMs() - begunMs;
  const down = stretches();
  const silent = stretches();
  let isDown = true;
  const watch = async () => {
    while (!end.signal.aborted) {
      const askedMs = now();
      const answer = await ports.ask(question).catch(() => null);
      isDown = answer === null || answer.status >= DOWN_FROM_STATUS;
      down.saw(isDown, askedMs, now());
      silent.saw(answer === null, askedMs, now());
      await pause(Math.max(0, askedMs + EVERY_MS - now()), end.signal).catch(() => undefined);
    }
  };
  const watching = watch();
  return {
    isDown: () => isDown,
    async stop() {
      end.abort();
      await watching;
      down.end(now());
      silent.end(now());
      return { downtimeMs: down.ended.reduce((sum, { forMs }) => sum + forMs, 0), gaps: silent.ended, isDown };
    },
  };
}
