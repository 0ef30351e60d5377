import { Worker } from "node:worker_threads";

/** So much is handed over at once; what is smaller waits for more. */
const PIECE_BYTES = 2 ** 18;
/** Of one digest: one is filled while others are counted. */
const PIECES = 3;

/** What the thread is given: bytes of a digest, or the question what it is until now. */
interface Order {
  readonly digest: number;
  readonly memory: ArrayBuffer | null;
  readonly bytes: number;
}

/** What it gives back, in the order of what it was given: the memory, or the answer in hexadecimal digits. */
type Answer = ArrayBuffer | string;

/** The thread. It goes there as text, so it knows nothing but what it is given. */
function counting({ parentPort }: typeof import("node:worker_threads"), { createHash }: typeof import("node:crypto")): void {
  const hashes = new Map<number, ReturnType<typeof createHash>>();
  parentPort?.on("message", ({ digest, memory, bytes }: Order) => {
    const hash = hashes.get(digest) ?? createHash("sha256");
    hashes.set(digest, hash);
    if (memory === null) return parentPort.postMessage(hash.copy().digest("hex"));
    hash.update(new Uint8Array(memory, 0, bytes));
    parentPort.postMessage(memory, [memory]);
  });
}

/** One for all digests of this process, and none where there are none. */
class Thread {
  readonly #worker: Worker;
  readonly #asked: { readonly resolve: (answer: Answer) => void; readonly reject: (error: unknown) => void }[] = [];

  constructor() {
    const text = `(${counting.toString()})(require("node:worker_threads"), require("node:crypto"))`;
    const resourceLimits = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 16 };
    this.#worker = new Worker(text, { eval: true, resourceLimits });
    this.#worker.unref();
    this.#worker.on("message", (answer: Answer) => {
      this.#asked.shift()?.resolve(answer);
      // A process that waits for nothing else may end.
      if (this.#asked.length === 0) this.#worker.unref();
    });
    this.#worker.on("error", error => {
      for (const { reject } of this.#asked.splice(0)) reject(error);
    });
  }

  async ask(order: Order): Promise<Answer> {
    this.#worker.ref();
    this.#worker.postMessage(order, order.memory === null ? [] : [order.memory]);
    return await new Promise((resolve, reject) => this.#asked.push({ resolve, reject }));
  }
}

let thread: Thread | null = null;
let made = 0;

/** sha256 of a stream, counted in a thread of its own: of gigabytes it takes half as long as all else that is done with them. */
export class Digest {
  readonly #number = made++;
  readonly #away: Promise<Answer>[] = [];
  #memory: Buffer = Buffer.allocUnsafeSlow(PIECE_BYTES);
  #pieces = 1;
  #bytes = 0;

  /** The bytes may be used again when this returns. */
  async update(bytes: Buffer): Promise<void> {
    for (let rest = bytes; rest.length > 0; ) {
      const taken = rest.copy(this.#memory, this.#bytes);
      this.#bytes += taken;
      rest = rest.subarray(taken);
      if (this.#bytes === PIECE_BYTES) await this.#handOver();
    }
  }

  /** Of what came until now, in hexadecimal digits; more may come. */
  async hex(): Promise<string> {
    if (this.#bytes > 0) await this.#handOver();
    return String(await this.#ask(null, 0));
  }

  async #handOver(): Promise<void> {
    const counted = this.#ask(this.#memory.buffer as ArrayBuffer, this.#bytes);
    // It is heard of when its memory is needed, or with the answer.
    counted.catch(() => undefined);
    this.#away.push(counted);
    this.#bytes = 0;
    if (this.#pieces++ < PIECES) this.#memory = Buffer.allocUnsafeSlow(PIECE_BYTES);
    else this.#memory = Buffer.from((await this.#away.shift()) as ArrayBuffer);
  }

  #ask(memory: ArrayBuffer | null, bytes: number): Promise<Answer> {
    thread ??= new Thread();
    return thread.ask({ digest: this.#number, memory, bytes });
  }
}
