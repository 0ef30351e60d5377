import type { PageInput } from "../domain/maintenance.ts";
import { OperatorError } from "../errors.ts";
import { defineStep } from "../plan/step.ts";
import type { Context } from "./context.ts";
import { answers, giveUp, hopeAgain, isGivenUp, ownPage, putUp, takeDown } from "./maintenance-page.ts";

const isGone = async (input: PageInput, context: Context): Promise<boolean> => (await ownPage(input, context)) === null;

const isSettled = async (input: PageInput, context: Context): Promise<boolean> =>
  (await answers(input, context)) || (await isGivenUp(input, context));

const subject = ({ project }: PageInput): string => `maintenance page of ${project}`;

/** In the place of the front, which has been stopped: who comes meanwhile is told to come back later. */
export const maintenanceUp = defineStep({
  kind: "maintenance.up",
  title: ({ ports }: PageInput) => `Put up the maintenance page on port ${ports.map(({ host }) => host).join(", ")}`,
  look: async () => null,
  async do(input, context: Context) {
    try {
      await putUp(input, context);
    } catch (error) {
      if (input.isOptional !== true || !(error instanceof OperatorError)) throw error;
      await giveUp(input, context, error.message);
      context.progress(`visitors see no maintenance page meanwhile: ${error.message}`);
    }
  },
  isDone: isSettled,
  fleeting: { subject, holds: isSettled },
  async undo(input, context) {
    await takeDown(input, context);
    if (input.isOptional === true) await hopeAgain(input, context);
  },
});

/** Frees the ports for the front. */
export const maintenanceDown = defineStep({
  kind: "maintenance.down",
  title: (_: PageInput) => "Take down the maintenance page",
  look: async (input, context: Context) => ({ wasUp: (await ownPage(input, context)) !== null }),
  do: takeDown,
  isDone: isGone,
  fleeting: { subject, holds: isGone },
  async undo(input, context, { wasUp }) {
    if (!wasUp) return;
    try {
      await putUp(input, context);
    } catch (error) {
      // The page is a courtesy: the way back to what serves must not end here.
      if (!(error instanceof OperatorError)) throw error;
      context.progress(`the maintenance page does not come up again: ${error.message}`);
    }
  },
});

type Left = {
  readonly page: PageInput;
  /** That put it up and is finished. */
  readonly operation: string;
};

/** Who put it up is told by its label. */
const asThen = (context: Context, { operation }: Left): Context => ({
  ...context,
  operation: { ...context.operation, id: operation },
});

/** Takes down the page that says where an instance has moved, because the instance is to serve here again, or goes. */
export const retirePage = defineStep({
  kind: "maintenance.retire",
  title: ({ page }: Left) => `Take down the page that stands in for ${page.instance}`,
  look: async (left, context: Context) => ({ wasUp: (await ownPage(left.page, asThen(context, left))) !== null }),
  do: (left, context) => takeDown(left.page, asThen(context, left)),
  isDone: (left, context) => isGone(left.page, asThen(context, left)),
  async undo(left, context, { wasUp }) {
    if (!wasUp || !(await isGone(left.page, asThen(context, left)))) return;
    try {
      await putUp(left.page, asThen(context, left));
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      context.remark(`The page that says where ${left.page.instance} is does not come up again: ${error.message}`);
    }
  },
});
