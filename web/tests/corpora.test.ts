// A definition and the form it is typed into say the same.
import { describe, expect, it } from "vitest";
import { definitionOf, DraftFault, draftOf, EMPTY, sourcesOf } from "../src/features/corpora/draft";

describe("a corpus as it is typed", () => {
  it("reads a dataset a line, with a text column and perhaps a title", () => {
    expect(sourcesOf("raw.policy: body, name\n\nraw.news：text")).toEqual([
      { dataset: "raw.policy", text: "body", title: "name" },
      { dataset: "raw.news", text: "text", title: null },
    ]);
  });

  it("points at a line that names no text column", () => {
    for (const text of ["raw.policy", "raw.a: b\nraw.b:", "raw.a: b, c, d", "raw.a: b: c"]) {
      expect(() => sourcesOf(text)).toThrow(DraftFault);
    }
    try {
      sourcesOf("raw.a: b\nraw.b:");
    } catch (fault) {
      expect((fault as DraftFault).line).toBe(2);
    }
  });

  it("comes back as it was, and keeps parameters the form does not show", () => {
    const draft = { ...EMPTY, name: "a", title: "政策", purpose: "检索", licence: "CC-BY-4.0", sources: "raw.policy: body, name", jaccard: 0.5, passageCharacters: 120, reason: "r" };
    const definition = definitionOf(draft);
    expect(definition.parameters?.duplicates?.family_jaccard_min).toBeLessThanOrEqual(0.5);
    expect(definition.parameters?.passages?.overlap).toBeLessThanOrEqual(60);
    expect(draftOf("a", definition)).toEqual({ ...draft, reason: "" });
    const tuned = { ...definition, parameters: { ...definition.parameters, documents_max: 7, splits: { ...definition.parameters?.splits, salt: 9 } } };
    const again = definitionOf(draftOf("a", tuned), tuned);
    expect(again.parameters?.documents_max).toBe(7);
    expect(again.parameters?.splits?.salt).toBe(9);
  });
});
