// From a JSON Schema (as schemars writes it) to the fields of a form, and back to parameters.
import type { JsonSchema } from "./types";

export type FieldKind = "text" | "number" | "integer" | "switch" | "choice" | "tags" | "date" | "json";

export interface Choice {
  value: string;
  label: string;
}

export interface FormField {
  name: string;
  kind: FieldKind;
  title: string;
  description?: string;
  required: boolean;
  initial?: unknown;
  minimum?: number;
  maximum?: number;
  choices?: Choice[];
}

/** Follows `$ref` inside the document and removes the "or null" of an optional value. */
export function resolve(schema: JsonSchema | boolean | undefined, root: JsonSchema, depth = 0): JsonSchema {
  if (schema === undefined || typeof schema === "boolean" || depth > 8) return {};
  if (schema.$ref) {
    const name = schema.$ref.split("/").at(-1) ?? "";
    const target = root.$defs?.[name] ?? root.definitions?.[name];
    const { $ref: _, ...beside } = schema;
    return { ...resolve(target, root, depth + 1), ...beside };
  }
  const options = schema.anyOf ?? schema.oneOf;
  if (options) {
    const real = options.filter((o) => o.type !== "null" && o.const !== null);
    if (real.length === 1 && real.length < options.length) {
      const { anyOf: _a, oneOf: _o, ...beside } = schema;
      return { ...resolve(real[0], root, depth + 1), ...beside };
    }
  }
  if (schema.allOf?.length === 1) {
    const { allOf: _, ...beside } = schema;
    return { ...resolve(schema.allOf[0], root, depth + 1), ...beside };
  }
  return schema;
}

function typeOf(schema: JsonSchema): string | undefined {
  if (Array.isArray(schema.type)) return schema.type.find((t) => t !== "null");
  return schema.type;
}

/** Named alternatives: an `enum`, or the `oneOf` of constants that documented Rust enums become. */
function choicesOf(schema: JsonSchema): Choice[] | undefined {
  const values = schema.enum?.filter((v) => v !== null);
  if (values && values.every((v) => typeof v === "string")) return values.map((v) => ({ value: v, label: v }));
  const options = schema.oneOf ?? schema.anyOf;
  if (!options) return undefined;
  const choices: Choice[] = [];
  for (const option of options) {
    if (typeof option.const === "string") {
      choices.push({ value: option.const, label: option.description ? `${option.const} — ${option.description}` : option.const });
    } else if (option.enum?.every((v) => typeof v === "string")) {
      choices.push(...option.enum.map((v) => ({ value: String(v), label: String(v) })));
    } else if (option.type !== "null") return undefined;
  }
  return choices.length > 0 ? choices : undefined;
}

function kindOf(schema: JsonSchema, root: JsonSchema): FieldKind {
  switch (typeOf(schema)) {
    case "string":
      return schema.format === "date" ? "date" : "text";
    case "integer":
      return "integer";
    case "number":
      return "number";
    case "boolean":
      return "switch";
    case "array":
      return typeOf(resolve(schema.items, root)) === "string" ? "tags" : "json";
    default:
      return "json";
  }
}

/** The fields of an object schema, in its order. */
export function fieldsOf(root: JsonSchema | undefined): FormField[] {
  if (!root) return [];
  const object = resolve(root, root);
  const required = new Set(object.required ?? []);
  return Object.entries(object.properties ?? {}).map(([name, raw]) => {
    const schema = resolve(raw, root);
    const choices = choicesOf(schema);
    return {
      name,
      kind: choices ? "choice" : kindOf(schema, root),
      title: schema.title ?? name,
      description: schema.description,
      required: required.has(name),
      initial: schema.default === null ? undefined : schema.default,
      minimum: schema.minimum,
      maximum: schema.maximum,
      choices,
    };
  });
}

const SHORT = 12;

/** The half of "中文 · English" the reader wants; a short Chinese head becomes the label, the rest stays as help. */
export function wordsOf(field: FormField, language: string): { label?: string; help?: string } {
  const title = field.title === field.name ? undefined : field.title;
  const [zh = "", ...rest] = (field.description ?? "").split(" · ");
  const own = language === "en" && rest.length > 0 ? rest.join(" · ") : zh;
  if (title || language === "en") return { label: title, help: own || undefined };
  const at = own.search(/[：；，。]/);
  const head = at < 0 ? own : own.slice(0, at);
  if (head === "" || head.length > SHORT) return { help: own || undefined };
  return { label: head, help: at < 0 ? undefined : own.slice(at + 1) || undefined };
}

/** What the form holds as parameters: empty fields are left out, JSON fields parsed. Throws on invalid JSON. */
export function paramsOf(fields: FormField[], values: Record<string, unknown>): Record<string, unknown> {
  const params: Record<string, unknown> = {};
  for (const field of fields) {
    const value = values[field.name];
    if (value === undefined || value === null || value === "") continue;
    if (field.kind === "tags" && Array.isArray(value) && value.length === 0) continue;
    params[field.name] = field.kind === "json" && typeof value === "string" ? JSON.parse(value) : value;
  }
  return params;
}
