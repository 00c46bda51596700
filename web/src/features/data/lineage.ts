// The lineage answer arranged for the screen: layers of datasets with their columns, and the way of one column.
import type { LineageGraph, LineageNode } from "../../sdk/types";

/** A dataset, or a component or page, with what belongs to it. */
export interface Box {
  id: string;
  name: string;
  kind: LineageNode["kind"];
  title: LineageNode["title"];
  known: boolean;
  hops: number;
  columns: LineageNode[];
}

export interface Layers {
  up: Box[];
  own: Box | undefined;
  down: Box[];
  uses: Box[];
}

/** Datasets above and below by distance; components and pages last. Jobs are steps, not places, and are left out. */
export function layers(graph: LineageGraph): Layers {
  const start = graph.nodes[0];
  const startName = start?.kind === "column" ? start.owner : start?.name;
  const boxes = new Map<string, Box>();
  for (const node of graph.nodes) {
    if (node.kind === "job" || node.kind === "number") continue;
    const name = node.kind === "column" ? (node.owner ?? "") : node.name;
    const kind = node.kind === "column" ? "dataset" : node.kind;
    const id = `${kind}:${name}`;
    const box = boxes.get(id) ?? { id, name, kind, title: null, known: node.known, hops: node.hops, columns: [] };
    if (Math.abs(node.hops) < Math.abs(box.hops)) box.hops = node.hops;
    if (node.kind === "column") box.columns.push(node);
    else {
      box.title = node.title;
      box.known = node.known;
    }
    boxes.set(id, box);
  }
  const all = [...boxes.values()];
  const own = all.find((box) => box.kind === "dataset" && box.name === startName);
  const datasets = all.filter((box) => box.kind === "dataset" && box !== own);
  const byDistance = (a: Box, b: Box) => Math.abs(a.hops) - Math.abs(b.hops) || a.name.localeCompare(b.name);
  for (const box of all) box.columns.sort((a, b) => a.name.localeCompare(b.name));
  return {
    up: datasets.filter((box) => box.hops < 0).sort(byDistance),
    own,
    down: datasets.filter((box) => box.hops >= 0).sort(byDistance),
    uses: all.filter((box) => box.kind === "component" || box.kind === "page").sort(byDistance),
  };
}

/** Everything on the way up and down from one node, with how the next step towards it is made. */
export function way(graph: LineageGraph, from: string): { up: Map<string, string[]>; down: Map<string, string[]> } {
  return { up: reach(graph, from, true), down: reach(graph, from, false) };
}

function reach(graph: LineageGraph, from: string, upwards: boolean): Map<string, string[]> {
  const next = new Map<string, { id: string; kind: string }[]>();
  for (const edge of graph.edges) {
    const [near, far] = upwards ? [edge.to, edge.from] : [edge.from, edge.to];
    next.set(near, [...(next.get(near) ?? []), { id: far, kind: edge.kind }]);
  }
  const owner = new Map(graph.nodes.map((node) => [node.id, node.kind === "column" ? `dataset:${node.owner}` : null]));
  const found = new Map<string, string[]>();
  const waiting = [from];
  for (let at = waiting.shift(); at !== undefined; at = waiting.shift()) {
    // What decides about the rows of a dataset decides about its columns.
    const places = upwards ? [at, owner.get(at)] : [at, ...(at.startsWith("dataset:") ? columnsOf(graph, at) : [])];
    for (const place of places) {
      if (!place) continue;
      if (place !== at && place !== from && !found.has(place) && !upwards) {
        found.set(place, ["contains"]);
        waiting.push(place);
        continue;
      }
      for (const { id, kind } of next.get(place) ?? []) {
        if (id === from) continue;
        const kinds = found.get(id);
        if (kinds) {
          if (!kinds.includes(kind)) kinds.push(kind);
        } else {
          found.set(id, [kind]);
          waiting.push(id);
        }
      }
    }
  }
  return found;
}

function columnsOf(graph: LineageGraph, dataset: string): string[] {
  return graph.nodes.filter((node) => node.kind === "column" && `dataset:${node.owner}` === dataset).map((node) => node.id);
}
