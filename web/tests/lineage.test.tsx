import { render, screen } from "@testing-library/react";
import { createMemoryHistory, createRootRoute, createRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { describe, expect, it } from "vitest";
import { useState } from "react";
import { layers, way } from "../src/features/data/lineage";
import { LineageMap } from "../src/features/data/LineageTab";
import "../src/sdk/i18n";
import type { LineageGraph, LineageNode } from "../src/sdk/types";

function node(kind: LineageNode["kind"], name: string, hops: number, owner: string | null = null): LineageNode {
  const id = owner ? `${kind}:${owner}.${name}` : `${kind}:${name}`;
  return { id, kind, name, owner, title: null, known: !name.includes("#"), hops, direct: true };
}

const graph: LineageGraph = {
  nodes: [
    node("dataset", "subject.firm", 0),
    node("column", "name", 0, "subject.firm"),
    node("column", "code", 0, "subject.firm"),
    node("column", "title", -1, "raw.firm"),
    node("column", "status", -1, "raw.firm"),
    node("dataset", "raw.firm", -2),
    node("job", "model:subject.firm", -1),
    node("column", "label", 1, "topic.list"),
    node("component", "chain.gap", 1),
    node("number", "score", 2, "/gap"),
    node("page", "/gap", 2),
  ],
  edges: [
    { from: "column:raw.firm.title", to: "column:subject.firm.name", kind: "transformation" },
    { from: "column:raw.firm.status", to: "dataset:subject.firm", kind: "filter" },
    { from: "column:subject.firm.name", to: "column:topic.list.label", kind: "identity" },
    { from: "column:subject.firm.name", to: "component:chain.gap", kind: "input" },
    { from: "component:chain.gap", to: "page:/gap", kind: "output" },
    { from: "dataset:raw.firm", to: "job:model:subject.firm", kind: "input" },
    { from: "job:model:subject.firm", to: "dataset:subject.firm", kind: "output" },
  ],
  truncated: false,
  issues: [],
};

describe("lineage", () => {
  it("puts sources above, uses below, and leaves jobs out", () => {
    const { up, own, down, uses } = layers(graph);
    expect(up.map((box) => box.name)).toEqual(["raw.firm"]);
    expect(up[0]?.hops).toBe(-1);
    expect(own?.columns.map((column) => column.name)).toEqual(["code", "name"]);
    expect(down.map((box) => box.name)).toEqual(["topic.list"]);
    expect(uses.map((box) => box.name)).toEqual(["chain.gap", "/gap"]);
  });
  it("follows a column up and down, filters of its table included", () => {
    const { up, down } = way(graph, "column:subject.firm.name");
    expect(up.get("column:raw.firm.title")).toEqual(["transformation"]);
    expect(up.get("column:raw.firm.status")).toEqual(["filter"]);
    expect(down.get("column:topic.list.label")).toEqual(["identity"]);
    expect(down.has("page:/gap")).toBe(true);
    expect(down.has("column:subject.firm.code")).toBe(false);
  });
  it("shows that a filter reaches every column of the table", () => {
    const { down } = way(graph, "column:raw.firm.status");
    for (const id of ["column:subject.firm.code", "column:subject.firm.name", "column:topic.list.label"]) expect(down.has(id)).toBe(true);
  });
  it("lights the way of the column that is pressed", async () => {
    function Page() {
      const [chosen, setChosen] = useState<string | null>(null);
      return <LineageMap graph={graph} chosen={chosen} choose={setChosen} />;
    }
    const root = createRootRoute();
    const paths = ["/", "/data/$name", "/components/$id"];
    const routes = paths.map((path) => createRoute({ getParentRoute: () => root, path, component: path === "/" ? Page : () => null }));
    const router = createRouter({ routeTree: root.addChildren(routes), history: createMemoryHistory() });
    render(<RouterProvider router={router as never} />);
    const chip = await screen.findByRole("button", { name: /^name/ });
    chip.click();
    expect(await screen.findByRole("button", { name: /^name/, pressed: true })).toBeTruthy();
    expect(screen.getByRole("button", { name: /title/ }).textContent).toContain("加工");
    expect(screen.getByRole("button", { name: /^code/ }).dataset.dim).toBe("true");
    expect(screen.getByRole("button", { name: /status/ }).dataset.dim).toBeUndefined();
    expect(screen.getByRole("status").textContent).toContain("已选 name");
  });
});
