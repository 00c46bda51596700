import { describe, expect, it } from "vitest";
import { placeOf } from "../src/sdk/found";
import type { FoundThing } from "../src/sdk/types";

const found = (kind: FoundThing["kind"], id: string, parent: string | null = null) => ({ kind, id, parent, title: { zh: "营收", en: "revenue" } });

describe("where the page of a found thing is", () => {
  it("opens each kind where it is shown", () => {
    expect(placeOf(found("dataset", "raw.sale"))).toBe("/data/raw.sale");
    expect(placeOf(found("column", "raw.sale#amount", "raw.sale"))).toBe("/data/raw.sale?tab=columns");
    expect(placeOf(found("component", "chain.gap"))).toBe("/components/chain.gap");
    expect(placeOf(found("firm", "code:300750.SZ"))).toBe("/firms/code%3A300750.SZ");
    expect(placeOf(found("standard", "gbt4754", "subject.industry"))).toBe("/data/subject.industry");
    expect(placeOf(found("term", "0192"))).toBe("/terms?text=%E8%90%A5%E6%94%B6");
  });

  it("opens a code as the firms it narrows down to", () => {
    expect(placeOf(found("code", "gbt4754#3491", "gbt4754"))).toBe("/firms?industry=3491");
    expect(placeOf(found("code", "gbt2260#330100", "gbt2260"))).toBe("/firms?region=330100");
  });

  it("keeps a name inside its part of the address", () => {
    expect(placeOf(found("dataset", "raw.a/b?c#d"))).toBe("/data/raw.a%2Fb%3Fc%23d");
  });
});
