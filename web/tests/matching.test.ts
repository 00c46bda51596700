// What differs between two values, and a plan as it is typed.
import { describe, expect, it } from "vitest";
import { columnsOf, DraftFault, draftOf, EMPTY, EMPTY_STEP, fieldOf, keyOf, planOf } from "../src/features/matching/draft";
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

  it("gives back the plan it was made of, every step in its place", () => {
    const side = (dataset: string) => ({ dataset, key: ["id"], columns: { name: "name" } });
    const plan = {
      preset: "firm" as const, upper: 0.9, lower: 0.4, one_to_one: true, sample: 7, golden: null,
      steps: [{ left: side("raw.a"), right: side("raw.b") }, { left: side("raw.b"), right: null }],
    };
    const draft = draftOf("企业", plan);
    expect(planOf(draft)).toEqual(plan);
    expect(planOf({ ...draft, steps: draft.steps.toReversed() }).steps).toEqual(plan.steps.toReversed());
    const third = { ...EMPTY_STEP, leftDataset: " raw.c ", leftKey: "code", rightKey: "left over" };
    expect(planOf({ ...draft, steps: [...draft.steps, third] }).steps[2]).toEqual({ left: { dataset: "raw.c", key: ["code"], columns: {} }, right: null });
  });

  it("finds the field that the node names", () => {
    expect(fieldOf("/plan/steps/1/left/key")).toEqual(["steps", 1, "leftKey"]);
    expect(fieldOf("/plan/steps/0/right/columns")).toEqual(["steps", 0, "rightColumns"]);
    expect(fieldOf("/set/plan/steps/0/left/key")).toEqual(["steps", 0, "leftKey"]);
    expect(fieldOf("/plan/steps/7/right")).toEqual(["steps", 7, "rightDataset"]);
    expect(fieldOf("/plan/golden/attributes")).toEqual(["golden"]);
    expect(fieldOf("/plan/upper")).toEqual(["upper"]);
    for (const none of [undefined, "", "/plan/steps", "/name", "/golden", "/planning/golden", "/plan/steps/0/middle"]) expect(fieldOf(none)).toBeNull();
  });
});
