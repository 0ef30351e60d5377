import { OperatorError } from "../../src/errors.ts";
import { cloneState, type SimState } from "./state.ts";

/** Thrown out of every call once the simulated process is dead. Nobody may act on it. */
export class Died extends Error {
  override name = "Died";
}

/**
 * What goes wrong, at one effect:
 * `crash`  the process dies before it; what is in the page cache stays
 * `torn`   the process dies half-way through it
 * `orphan` the process dies, and the command that it had started goes on to its end
 * `power`  the machine goes off before it
 * `io`     it fails, and the process lives
 * `full`   it is the first to find the disk full
 * `signal` SIGTERM arrives just before it
 */
export type FaultKind = "crash" | "torn" | "orphan" | "power" | "io" | "full" | "signal";

export interface Fault {
  readonly kind: FaultKind;
  /** Number of the effect, from 0, counted from when the fault was set. */
  readonly at: number;
}

export interface Effect {
  /** `disk.write`, `engine.start`... */
  readonly what: string;
  readonly target: string;
}

/** An effect with what a fault can do to it. */
export interface SeenEffect extends Effect {
  readonly needsSpace: boolean;
  readonly canTear: boolean;
  /** Made by a program of its own. */
  readonly byCommand: boolean;
}

interface EffectOptions {
  readonly needsSpace?: boolean;
  /** What a cut in the middle leaves. */
  readonly half?: () => void;
}

const nodeError = (code: string, { what, target }: Effect) =>
  Object.assign(new Error(`${code}: ${what.slice(5)} '${target}'`), { code });

/** The clockwork below all simulated parts: counts effects, lets faults strike at them and shows each to the watchers. */
export class Machine {
  state: SimState;
  dead = false;
  full = false;
  effects = 0;
  reads = 0;
  fault: Fault | null = null;
  /** Number of the read that fails, counted from when it was set. */
  failingRead: number | null = null;
  hasStruck = false;
  /** The operator's stop. */
  onSignal: () => void = () => {};
  /** Before each effect, with the state as a cut here would find it. */
  before: (effect: SeenEffect) => void = () => {};
  /** After each effect; throws when something must never be so. */
  watch: (effect: Effect) => void = () => {};
  private commands = 0;
  private orphaned = false;

  constructor(state: SimState) {
    this.state = state;
  }

  /** A new process on the state as it is. */
  clone(): Machine {
    return new Machine(cloneState(this.state));
  }

  strike(fault: Fault | null): void {
    this.fault = fault;
    this.effects = 0;
    this.hasStruck = false;
  }

  nextSerial(): number {
    this.state.serial += 1;
    return this.state.serial;
  }

  /** To be called by everything that only looks. */
  read(effect: Effect): void {
    this.live();
    const number = this.reads;
    this.reads += 1;
    if (number === this.failingRead) {
      this.hasStruck = true;
      throw this.failed(effect, "EIO");
    }
  }

  effect(what: string, target: string, apply: () => void, { needsSpace = false, half }: EffectOptions = {}): void {
    const effect = { what, target };
    this.live();
    this.before({ ...effect, needsSpace, canTear: half !== undefined, byCommand: this.commands > 0 });
    const number = this.effects;
    this.effects += 1;
    if (this.fault !== null && !this.dead && number === this.fault.at) {
      this.hasStruck = true;
      this.suffer(this.fault.kind, effect, half);
    }
    if (this.full && needsSpace) {
      half?.();
      throw this.failed(effect, "ENOSPC");
    }
    apply();
    this.watch(effect);
  }

  private suffer(kind: FaultKind, effect: Effect, half: (() => void) | undefined): void {
    if (kind === "signal") this.onSignal();
    else if (kind === "full") this.full = true;
    else if (kind === "io") throw this.failed(effect, "EIO");
    else {
      this.dead = true;
      this.orphaned = kind === "orphan" && this.commands > 0;
      if (kind === "torn") half?.();
      if (!this.orphaned) throw new Died(`${kind} at ${effect.what} ${effect.target}`);
    }
  }

  private live(): void {
    if (this.dead && !(this.orphaned && this.commands > 0)) throw new Died("dead");
  }

  private failed(effect: Effect, code: "EIO" | "ENOSPC"): Error {
    if (effect.what.startsWith("disk.")) return nodeError(code, effect);
    const why = code === "ENOSPC" ? "no space left on device" : "Cannot connect to the Docker daemon. Is it running?";
    return new OperatorError("COMMAND_FAILED", `\`${effect.what} ${effect.target}\` ended with code 1: ${why}`);
  }

  /** A program of its own: it may outlive the process that started it (`orphan`). */
  async command<T>(work: () => T): Promise<T> {
    this.live();
    this.commands += 1;
    let result: T;
    try {
      result = work();
    } finally {
      this.commands -= 1;
    }
    this.live();
    return result;
  }
}
