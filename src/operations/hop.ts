import type { Home } from "../domain/home.ts";
import { layoutFor } from "../domain/product.ts";
import type { UpdateFacts } from "../survey/update.ts";
import type { LayOut } from "./lay-out.ts";
import type { UpdateRequest } from "./update.ts";

/** One release further: what was found, and what is wanted. An update of one hop is the usual one. */
export interface Hop {
  readonly facts: UpdateFacts;
  readonly request: UpdateRequest;
}

/** Where one hop of an update works. */
export interface HopPlace {
  readonly home: Home;
  readonly operation: string;
  /** What this hop writes down, in the operation's folder. */
  readonly work: string;
  /** Where its dump goes. */
  readonly dump: string;
  /** The instance that the update began with. */
  readonly first: string;
  readonly createdAt: string;
  /** Whether what is left is an instance of this very operation. */
  readonly isPassing: boolean;
  /** Whether the release is one of several, and so needs a name. */
  readonly isOneOfMany: boolean;
}

/** The release of a hop as an instance of its own. */
export function layOutOf(facts: UpdateFacts, { home, operation, first, createdAt }: HopPlace): LayOut {
  const { instance, bundle } = facts;
  return {
    home: home.path,
    operation,
    instance,
    engine: { id: facts.engine.id, imageStore: facts.engine.imageStore },
    product: facts.product,
    layout: layoutFor(facts.product, instance.release),
    model: facts.model,
    before: home.staging(operation),
    names: facts.names,
    ports: facts.ports,
    binds: {},
    images: facts.images.images.map(image => ({ ...image, shipped: image.from !== "engine" })),
    active: facts.active,
    pristine: home.pristine(instance.release, bundle.digest),
    origin: { how: "update", from: first, operation },
    createdAt,
    set: {},
    generateSecrets: false,
  };
}
