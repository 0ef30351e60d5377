import type { Json } from "../domain/json.ts";

/** What a step gets besides its input. `World` is everything outside the process; `plan/` does not know what is in it. */
export interface StepContext<World> {
  readonly world: World;
  /** The operation that this step belongs to; what the step creates is labelled with it, so that undo takes away nothing else. */
  readonly operation: { readonly id: string; readonly home: string };
  /** One line on how far a long step is. Never a secret. */
  readonly progress: (text: string) => void;
  /** What `undo` cannot put back, or what `do` has done and is not as it should be: a whole sentence, for the operator. */
  readonly remark: (text: string) => void;
  /** A step that only waits may end early by throwing `Interrupted`; others are not cut. */
  readonly signal: AbortSignal;
}

/**
 * One kind of change. A kind is code; a planned step is data (`{kind, input}`), so that plans and journals are plain JSON.
 *
 * `Input`: what to do, without secrets: name the env key or the file that holds one. `Before`: what `undo` needs.
 */
export interface StepKind<World, Input extends Json, Before extends Json> {
  /** Stable, because it is written into journals. */
  readonly kind: string;
  /** Imperative, one line, names the thing changed: "Load 3 images". */
  title(input: Input): string;
  /** Reads only. Its answer is journalled before `do` runs. */
  look(input: Input, context: StepContext<World>): Promise<Before>;
  /** May be run again after it was cut off half-way. */
  do(input: Input, context: StepContext<World>, before: Before): Promise<void>;
  /** Reads only. True when the world is as `do` would leave it; asked before `do` and after it. */
  isDone(input: Input, context: StepContext<World>, before: Before): Promise<boolean>;
  /**
   * For what does not outlive a restart of the machine: asked of a step that is done when a run goes on after a cut, and
   * when the answer is no, the step is done again. Of all begun steps with one `subject` (a project that is launched, then
   * stopped) only the last counts.
   */
  readonly fleeting?: {
    subject(input: Input): string;
    holds(input: Input, context: StepContext<World>, before: Before): Promise<boolean>;
  };
  /**
   * Asked of every step that is done before a run goes on after a cut, whatever took its place since: throws when what later steps rest on was
   * changed meanwhile, so that going on would lose it. Its way out is the way back; where there is none any more it is not heard.
   */
  readonly untouched?: (input: Input, context: StepContext<World>, before: Before) => Promise<void>;
  /**
   * Asked of every begun step before the first is put back: why there is no way back any more, as a part of a sentence; null while there is.
   * Once a way back was begun it is not asked again, because half of the way is no place to stop.
   */
  readonly pastReturn?: (input: Input, context: StepContext<World>, before: Before) => Promise<string | null>;
  /** What `undo` does, where the title would not say it: "Start v2.22.2 again". Null: with this input it changes nothing, and nobody is told. */
  readonly undoTitle?: (input: Input) => string | null;
  /** Puts back what `look` saw, from any half-way state, and may be run again; or says why nobody can. Null: there is nothing to put back. */
  readonly undo:
    | ((input: Input, context: StepContext<World>, before: Before) => Promise<void>)
    | { readonly never: string }
    | null;
}

export interface PlannedStep {
  readonly kind: string;
  readonly input: Json;
}

/** Whether nobody can go back past it, ever, and why. */
export const neverUndone = <World>({ undo }: AnyStepKind<World>): string | null =>
  undo !== null && typeof undo !== "function" ? undo.never : null;

/** What going back past a step does, for people; null when that is nothing. */
export function undoTitleOf<World>({ title, undo, undoTitle }: AnyStepKind<World>, input: Json): string | null {
  if (undo === null) return null;
  return undoTitle === undefined ? `put back: ${title(input)}` : undoTitle(input);
}

/** A kind whose input and before are known only to itself; the runner passes on what the plan and the journal hold. */
export type AnyStepKind<World> = StepKind<World, Json, Json>;
export type StepKinds<World> = ReadonlyMap<string, AnyStepKind<World>>;

/** Infers `Input` and `Before`, and gives the kind its maker: `setCurrent.step({...})`. */
export function defineStep<World, Input extends Json, Before extends Json>(kind: StepKind<World, Input, Before>) {
  return Object.freeze({ ...kind, step: (input: Input): PlannedStep => ({ kind: kind.kind, input }) });
}

/** The registry that the runner looks kinds up in. */
export function stepKinds<World>(...kinds: readonly { readonly kind: string }[]): StepKinds<World> {
  return new Map(kinds.map(kind => [kind.kind, kind as AnyStepKind<World>]));
}
