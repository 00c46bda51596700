// What differs between two values, and a plan as it is typed.
import { describe, expect, it } from "vitest";
import { columnsOf, DraftFault, draftOf, EMPTY, keyOf, planOf } from "../src/features/matching/draft";
import { difference } from "../src/features/matching/difference";

const marked = (pieces: { text: string; shared: boolean }[]) => pieces.map((piece) => (piece.shared ? piece.text : `[${piece.text}]`)).join("");

describe("difference", () => {
  it("marks what the other value does not have", () => {
    const [left, right] = difference("永固阀门", "温州永固阀门有限公司");
    expect(marked(left)).toBe("永固阀门");
    expect(marked(right)).toBe("[温州]永固阀门[有限公司]");
  });

  it("keeps every character of both, whatever they are", () => {
    for (const [a, b] of [["", "x"], ["abc", "acb"], ["𠮷野", "吉野"], ["同", "同"], ["x".repeat(400), "y"]] as const) {
      const [left, right] = difference(a, b);
      expect(left.map((piece) => piece.text).join("")).toBe(a);
      expect(right.map((piece) => piece.text).join("")).toBe(b);
    }
  });
});

describe("draft", () => {
  it("reads keys and columns, and names the line that is none", () => {
    expect(keyOf("file_year，name, ")).toEqual(["file_year", "name"]);
    expect(columnsOf("name = 企业名称\n\nuscc=code")).toEqual({ name: "企业名称", uscc: "code" });
    expect(() => columnsOf("name=a\nuscc")).toThrow(DraftFault);
    try {
      columnsOf("name=a\nuscc");
    } catch (fault) {
      expect((fault as DraftFault).line).toBe(2);
    }
    expect(() => planOf({ ...EMPTY, golden: "{" })).toThrow(DraftFault);
  });

  it("gives back the plan it was made of, steps that the form does not show included", () => {
    const side = (dataset: string) => ({ dataset, key: ["id"], columns: { name: "name" } });
    const plan = {
      preset: "firm" as const, upper: 0.9, lower: 0.4, one_to_one: true, sample: 7, golden: null,
      steps: [{ left: side("raw.a"), right: side("raw.b") }, { left: side("raw.b"), right: null }],
    };
    expect(planOf(draftOf("企业", plan), plan)).toEqual(plan);
  });
});
