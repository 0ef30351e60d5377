import { Home } from "../domain/home.ts";
import type { ImageStore } from "../domain/image.ts";
import { ownTag, RECORD_SCHEMA } from "../domain/instance.ts";
import type { Product } from "../domain/product.ts";
import { ownVolumes, publishedPorts } from "../domain/shared-resources.ts";
import type { World } from "../host/world.ts";
import type { HopSource } from "./hop-source.ts";
import type { ImageFacts } from "./images.ts";
import type { InstanceFacts } from "./instance.ts";
import { comingDatabase } from "./move.ts";
import type { SurveyedUpdate } from "./update.ts";

/** Nobody writes into it but its own migrations, so its configuration is what the merge made. */
export function comingSource(world: World, { facts, texts, shipped, model, sizes }: SurveyedUpdate): HopSource {
  const { product, inner, images, engine } = facts;
  const instance = comingInstance(facts);
  return {
    instance,
    // With what the administrator put beside the vendor's files, which goes all of the way.
    texts: { base: shipped, own: shipped, mine: { ...shipped, ...texts } },
    model: async () => model,
    volumes: instance.record.volumes,
    beside: async () => ({ texts: {}, folders: facts.beside.folders, behind: [] }),
    databaseRuns: product.postgres !== null && inner.includes(product.postgres.service),
    page: null,
    hasTree: async () => null,
    move: next => comingDatabase(world, facts, imageOfPostgres(product, images, engine.imageStore), next),
    sizes: async () => sizes,
  };
}

/** As the step that records it will have it. */
function comingInstance(facts: SurveyedUpdate["facts"]): InstanceFacts {
  const { instance, product, layout, names, ports, active } = facts;
  const home = new Home(facts.home.home.path);
  return {
    record: {
      schema: RECORD_SCHEMA,
      name: instance.name,
      release: instance.release,
      suffix: instance.suffix,
      product,
      layout: layout.layout,
      project: instance.slug,
      dir: home.instanceDir(instance.name),
      envFiles: [...layout.envFiles],
      engine: facts.engine.id,
      pristine: home.pristine(instance.release, facts.bundle.digest),
      services: [...active],
      ports: ports.map(port => ({ ...port })),
      volumes: ownVolumes(facts.model).map(({ key, name }) => ({ key, name: names.volumes[name] ?? name })),
      networks: [],
      images: Object.fromEntries(
        facts.images.images.map(({ service, reference }) => [service, { id: ownTag(instance.slug, service), reference }]),
      ),
      origin: { how: "update", from: facts.source.record.name, operation: "" },
      createdAt: "",
      stoppedPolicies: null,
    },
    recordPath: home.record(instance.name),
    home: home.path,
    isCurrent: facts.source.isCurrent,
    hasFolder: true,
    containers: [],
    active,
    published: publishedPorts(facts.model),
    linked: [],
    takenPorts: [],
    replaced: [],
    outsiders: [],
    missingVolumes: [],
    movedImages: [],
    leftPages: [],
    anonymous: [],
  };
}

/** A release's Postgres, as the engine knows it; null while it is not loaded. */
export function imageOfPostgres({ postgres }: Product, { images, toLoad }: ImageFacts, store: ImageStore): string | null {
  const image = images.find(({ service }) => service === postgres?.service);
  if (image?.config == null || toLoad.some(({ config }) => config === image.config)) return null;
  // Another release may have taken the name meanwhile; containerd knows no image by its configuration.
  return image.from === "engine" || store === "classic" ? image.config : image.reference;
}
