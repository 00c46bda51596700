import { describe, expect, it } from "vitest";
import { en } from "../src/locales/en";
import { zh } from "../src/locales/zh-CN";

function leaves(value: unknown, path = ""): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  return Object.entries(value as object).flatMap(([key, inner]) => leaves(inner, path === "" ? key : `${path}.${key}`));
}

const chinese = new Map(leaves(zh));
const english = new Map(leaves(en));

describe("the two languages", () => {
  it("have the same keys", () => {
    expect([...english.keys()].sort()).toEqual([...chinese.keys()].sort());
  });
  it("leave no text empty", () => {
    for (const [key, value] of [...chinese, ...english]) expect(value.trim(), key).not.toBe("");
  });
  it("take the same placeholders", () => {
    const holes = (value: string | undefined) => [...(value ?? "").matchAll(/\{\{(\w+)\}\}/g)].map((m) => m[1]).sort();
    for (const [key, value] of chinese) expect(holes(english.get(key)), key).toEqual(holes(value));
  });
  it("do not mix: English holds no Chinese but the name of the other language", () => {
    for (const [key, value] of english) {
      if (key !== "bar.toChinese") expect(value, key).not.toMatch(/[\u4e00-\u9fff]/);
    }
  });
});
