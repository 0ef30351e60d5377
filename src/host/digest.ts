import { Worker } from "node:worker_threads";

/** So much is handed over at once; what is smaller waits for more. */
const PIECE_BYTES = 2 ** 18;
/** Of one digest: one is filled while others are counted. */
const PIECES = 3;

/** What the thread is told: first the memory of a digest, then which of its pieces are filled; without bytes the question what it is until now. */
interface Order {
  readonly digest: number;
  readonly memory?: readonly SharedArrayBuffer[];
  readonly piece?: number;
  readonly bytes?: number;
}

/** The thread, which answers each order. It goes there as text, so it knows nothing but what it is given. */
function counting({ parentPort }: typeof import("node:worker_threads"), { createHash }: typeof import("node:crypto")): void {
  const open = new Map<number, { readonly hash: ReturnType<typeof createHash>; readonly memory: readonly SharedArrayBuffer[] }>();
  parentPort?.on("message", ({ digest, memory, piece = 0, bytes }: Order) => {
    if (memory !== undefined) open.set(digest, { hash: createHash("sha256"), memory });
    const { hash, memory: [...pieces] = [] } = open.get(digest) ?? {};
    const filled = pieces[piece];
    if (bytes !== undefined && filled !== undefined) hash?.update(new Uint8Array(filled, 0, bytes));
    parentPort.postMessage(bytes === undefined ? hash?.copy().digest("hex") : "");
  });
}

/** One for all digests of this process, and none where there are none. */
class Thread {
  readonly #worker: Worker;
  readonly #asked: { readonly resolve: (answer: string) => void; readonly reject: (error: unknown) => void }[] = [];

  constructor() {
    const text = `(${counting.toString()})(require("node:worker_threads"), require("node:crypto"))`;
    const resourceLimits = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 16 };
    this.#worker = new Worker(text, { eval: true, resourceLimits });
    this.#worker.unref();
    this.#worker.on("message", (answer: string) => {
      this.#asked.shift()?.resolve(answer);
      // A process that waits for nothing else may end.
      if (this.#asked.length === 0) this.#worker.unref();
    });
    this.#worker.on("error", error => {
      for (const { reject } of this.#asked.splice(0)) reject(error);
    });
  }

  async ask(order: Order): Promise<string> {
    this.#worker.ref();
    this.#worker.postMessage(order);
    return await new Promise((resolve, reject) => this.#asked.push({ resolve, reject }));
  }
}

let thread: Thread | null = null;
let made = 0;

/**
 * sha256 of a stream, counted in a thread of its own: of gigabytes it takes half as long as all else that is done with them. Both sides see the same memory:
 * to hand it over makes objects of which there would be thousands.
 */
export class Digest {
  readonly #number = made++;
  readonly #memory = Array.from({ length: PIECES }, () => new SharedArrayBuffer(PIECE_BYTES));
  readonly #pieces = this.#memory.map(memory => Buffer.from(memory));
  /** Of each piece: until then it is being counted. */
  readonly #counted: (Promise<unknown> | null)[] = this.#memory.map(() => null);
  #isKnown = false;
  #piece = 0;
  #bytes = 0;

  /** The bytes may be used again when this returns. */
  async update(bytes: Buffer): Promise<void> {
    for (let rest = bytes; rest.length > 0; ) {
      await this.#counted[this.#piece];
      const taken = rest.copy(this.#pieces[this.#piece] as Buffer, this.#bytes);
      this.#bytes += taken;
      rest = rest.subarray(taken);
      if (this.#bytes === PIECE_BYTES) this.#handOver();
    }
  }

  /** Of what came until now, in hexadecimal digits; more may come. */
  async hex(): Promise<string> {
    if (this.#bytes > 0) this.#handOver();
    return await this.#ask({});
  }

  #handOver(): void {
    const counted = this.#ask({ piece: this.#piece, bytes: this.#bytes });
    // It is heard of when its memory is needed, or with the answer.
    counted.catch(() => undefined);
    this.#counted[this.#piece] = counted;
    this.#piece = (this.#piece + 1) % PIECES;
    this.#bytes = 0;
  }

  #ask(order: Omit<Order, "digest">): Promise<string> {
    thread ??= new Thread();
    const memory = this.#isKnown ? {} : { memory: this.#memory };
    this.#isKnown = true;
    return thread.ask({ digest: this.#number, ...memory, ...order });
  }
}
