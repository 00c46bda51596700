import { describe, expect, it } from "vitest";
import { placeOf } from "../src/sdk/found";
import type { FoundThing } from "../src/sdk/types";

const found = (kind: FoundThing["kind"], id: string, parent: string | null = null) =>
  ({ kind, id, parent, title: { zh: "营收", en: "revenue" } }) as FoundThing;

describe("where the page of a found thing is", () => {
  it("opens each kind where it is shown", () => {
    expect(placeOf(found("dataset", "raw.sale"))).toEqual({ to: "/data/$name", params: { name: "raw.sale" } });
    expect(placeOf(found("column", "raw.sale#amount", "raw.sale"))).toEqual({ to: "/data/$name", params: { name: "raw.sale" }, search: { tab: "columns" } });
    expect(placeOf(found("component", "chain.gap"))).toEqual({ to: "/components/$id", params: { id: "chain.gap" } });
    expect(placeOf(found("firm", "code:300750.SZ"))).toEqual({ to: "/firms/$id", params: { id: "code:300750.SZ" } });
    expect(placeOf(found("standard", "gbt4754", "subject.industry"))).toEqual({ to: "/data/$name", params: { name: "subject.industry" } });
    expect(placeOf(found("term", "0192"))).toEqual({ to: "/terms", search: { text: "营收" } });
  });

  it("opens a code as the firms it narrows down to", () => {
    expect(placeOf(found("code", "gbt4754#3491", "gbt4754"))).toEqual({ to: "/firms", search: { industry: "3491" } });
    expect(placeOf(found("code", "gbt2260#330100", "gbt2260"))).toEqual({ to: "/firms", search: { region: "330100" } });
  });
});
