import { render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import "../src/sdk/i18n";
import { examine } from "../src/sdk/result";
import { ResultView } from "../src/sdk/ResultView";

const result = {
  title: "新能源汽车",
  nodes: [
    { id: "a", name: "碳酸锂", firms: 3 },
    { id: "b", name: "电池", firms: 0, capital_cny: null },
  ],
  links: [{ from: "a", to: "b" }],
  summary: { products: 2, note: { zh: "说明", en: "note" } },
};

describe("a component's result", () => {
  it("is taken apart into tables, single values and a graph", () => {
    const found = examine(result);
    expect(found.tables.map((t) => t.path)).toEqual(["nodes", "links"]);
    expect(found.tables[0]?.columns).toEqual(["id", "name", "firms", "capital_cny"]);
    expect(Object.fromEntries(found.values)).toMatchObject({ title: "新能源汽车", "summary.products": 2 });
    expect(found.graph?.links).toEqual([{ from: "a", to: "b" }]);
  });
  it("without links has no graph", () => {
    expect(examine({ nodes: result.nodes }).graph).toBeNull();
    expect(examine(null)).toEqual({ tables: [], values: [], graph: null });
  });
  it("is shown with its rows, its bilingual texts in the reader's language, and the graph offered", () => {
    render(<ResultView result={result} name="x" />);
    expect(screen.getByText("碳酸锂")).toBeTruthy();
    expect(screen.getByText("说明")).toBeTruthy();
    expect(screen.getByRole("tab", { name: "图" })).toBeTruthy();
    expect(screen.queryByText("[object Object]")).toBeNull();
  });
});
