import { parse } from "yaml";
import { z } from "zod";
import { OperatorError } from "../errors.ts";
import { type Product, productSchema } from "./product.ts";

/** A description of a product as its file has it. @throws OperatorError BAD_PRODUCT */
export function parseProduct(text: string, name: string): Product {
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 20, uniqueKeys: true });
  } catch (cause) {
    throw new OperatorError("BAD_PRODUCT", `The product description ${name} is not valid YAML.`, { cause });
  }
  const parsed = productSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new OperatorError("BAD_PRODUCT", `The product description ${name} cannot be used: ${z.prettifyError(parsed.error)}`, {
    cause: parsed.error,
  });
}
