import { describe, expect, it } from "vitest";
import { example } from "../src/features/products/Calling";
import { bodyOf, draftOf, EMPTY } from "../src/features/products/draft";
import { typed } from "../src/features/products/Preview";

const parameter = (name: string, kind: "text" | "number" | "boolean") => ({ name, title: { zh: name, en: name }, kind, required: false, default: null, least: null, most: null, allowed: [] });

describe("the form of a product", () => {
  it("comes back as it was filled in", () => {
    const draft = { ...EMPTY, id: "orders", titleZh: "订单", titleEn: "Orders", descriptionZh: "说明", descriptionEn: "What", dataset: "raw.order", columns: ["a"], support: "x", fee: "免费" };
    const body = bodyOf(draft);
    expect(draftOf(body as Parameters<typeof draftOf>[0])).toMatchObject({ id: "orders", titleEn: "Orders", dataset: "raw.order", columns: ["a"], fee: "免费", periodDays: 90 });
  });
  it("keeps what a file set: defaults, values that may be, and English words", () => {
    const parameters = [
      { ...parameter("least", "number"), title: { zh: "下限", en: "Least" }, default: 0.5, least: 0, most: 9 },
      { ...parameter("kind", "text"), default: "轴承", allowed: ["轴承", "齿轮"] },
      { ...parameter("only", "boolean"), default: false },
    ];
    const body = bodyOf(EMPTY);
    const source = { kind: "query" as const, sql: "SELECT 1", parameters };
    const contract = { ...body.definition.contract, fee: { zh: "免费", en: "Free" }, terms: { zh: "署名", en: "Name us" } };
    const given = { ...body, definition: { ...body.definition, source, contract } };
    expect(bodyOf(draftOf(given as Parameters<typeof draftOf>[0])).definition).toEqual(given.definition);
  });
  it("says in English what was said in Chinese only", () => {
    expect(bodyOf({ ...EMPTY, titleZh: " 订单 " }).title).toEqual({ zh: "订单", en: "订单" });
  });
});

describe("parameters typed on the page", () => {
  it("are the types the interface takes", () => {
    const all = [parameter("name", "text"), parameter("least", "number"), parameter("only", "boolean")];
    expect(typed(all, { name: "轴承", least: "1.5", only: "true" })).toBe('{"name":"轴承","least":1.5,"only":true}');
    expect(typed(all, { name: " ", least: "" })).toBeUndefined();
    expect(typed(all, { least: "many" })).toBe('{"least":"many"}');
  });
});

describe("examples of calls", () => {
  it("name the product in each form", () => {
    for (const form of ["api", "download", "subscription", "component"] as const) {
      expect(example(form, "orders", "https://brain.example", ["least_amount"]), form).toContain("orders");
    }
    expect(example("component", "orders", "https://x", ["least_amount"])).toContain("brain run product.orders --least-amount");
  });
});
