import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import "../src/sdk/i18n";
import { fieldsOf, paramsOf, wordsOf } from "../src/sdk/schema";
import { SchemaForm } from "../src/sdk/SchemaForm";
import type { JsonSchema } from "../src/sdk/types";

// As schemars 1 writes it: optional values as "or null", documented enums as alternatives of constants.
const schema: JsonSchema = {
  type: "object",
  required: ["product"],
  properties: {
    product: { type: "string", description: "产品 · product" },
    limit: { type: "integer", minimum: 1, maximum: 200, default: 20 },
    network: { anyOf: [{ $ref: "#/$defs/Network" }, { type: "null" }] },
    region: { anyOf: [{ $ref: "#/$defs/RegionCode" }, { type: "null" }], description: "地区" },
    as_of: { type: ["string", "null"], format: "date" },
    replaceability: { type: "boolean", default: true },
    tags: { type: "array", items: { type: "string" } },
    shock: { type: ["array", "null"], items: { $ref: "#/$defs/Shock" } },
  },
  $defs: {
    Network: { oneOf: [{ const: "observed", description: "观测" }, { const: "estimated", description: "估计" }] },
    RegionCode: { type: "string" },
    Shock: { type: "object", properties: { firm: { type: "string" } } },
  },
};

describe("fields of a parameter schema", () => {
  it("follow references and look through optional values", () => {
    const kinds = Object.fromEntries(fieldsOf(schema).map((f) => [f.name, f.kind]));
    expect(kinds).toEqual({
      product: "text",
      limit: "integer",
      network: "choice",
      region: "text",
      as_of: "date",
      replaceability: "switch",
      tags: "tags",
      shock: "json",
    });
  });
  it("keep what is required, bounded and chosen from", () => {
    const fields = new Map(fieldsOf(schema).map((f) => [f.name, f]));
    expect(fields.get("product")?.required).toBe(true);
    expect(fields.get("limit")).toMatchObject({ minimum: 1, maximum: 200, initial: 20 });
    expect(fields.get("network")?.choices?.map((c) => c.value)).toEqual(["observed", "estimated"]);
    expect(fields.get("region")?.description).toBe("地区");
  });
  it("are none without a schema", () => {
    expect(fieldsOf(undefined)).toEqual([]);
  });
  it("leave empty values out and parse JSON ones", () => {
    const params = paramsOf(fieldsOf(schema), { product: "轴承", limit: undefined, tags: [], shock: '[{"firm":"a"}]', replaceability: false });
    expect(params).toEqual({ product: "轴承", shock: [{ firm: "a" }], replaceability: false });
  });
});

describe("the run form", () => {
  it("refuses to run without a required value, and says so", async () => {
    const run = vi.fn();
    render(<SchemaForm schema={schema} onRun={run} />);
    fireEvent.click(screen.getByRole("button", { name: /运 ?行/ }));
    expect(await screen.findByText("必填")).toBeTruthy();
    expect(run).not.toHaveBeenCalled();
  });
  it("runs with typed parameters and the schema's defaults", async () => {
    const run = vi.fn();
    render(<SchemaForm schema={schema} onRun={run} />);
    fireEvent.change(screen.getByLabelText(/product/), { target: { value: "轴承" } });
    fireEvent.click(screen.getByRole("button", { name: /运 ?行/ }));
    await waitFor(() => expect(run).toHaveBeenCalledWith({ product: "轴承", limit: 20, replaceability: true }));
  });
});

describe("words of a parameter", () => {
  const field = (description: string) => ({ name: "region", kind: "text" as const, title: "region", description, required: false });
  it("are the reader's half of a description in both languages", () => {
    expect(wordsOf(field("地区 · only firms inside this region"), "zh-CN")).toEqual({ label: "地区", help: undefined });
    expect(wordsOf(field("地区 · only firms inside this region"), "en")).toEqual({ label: undefined, help: "only firms inside this region" });
  });
  it("keep what follows a short head as help, and a long sentence whole", () => {
    expect(wordsOf(field("替代性：可转向同行业其他供应商 · whether"), "zh-CN")).toEqual({ label: "替代性", help: "可转向同行业其他供应商" });
    const long = "名称与统一社会信用代码与股票代码都可以";
    expect(wordsOf(field(long), "zh-CN")).toEqual({ help: long });
  });
});
