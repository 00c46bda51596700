// Tens of thousands of products as one picture: positions come from the node, upstream left, downstream right.
import { AimOutlined, MinusOutlined, PlusOutlined } from "@ant-design/icons";
import { Button } from "antd";
import Graph from "graphology";
import { useEffect, useRef, useState } from "react";
import Sigma from "sigma";
import { NodeCircleProgram, NodePointProgram } from "sigma/rendering";
import { usePalette } from "../shell/preferences";
import { FONT } from "../shell/theme";
import { GraphLabels, LABEL_SIZE } from "./graphLabels";
import { useT } from "./i18n";

export interface DrawnNode {
  id: string;
  name: string;
  x: number;
  y: number;
  /** Size measure, for example the number of firms. */
  weight: number;
  /** Drawn larger and above the rest, so that it is seen among thousands. */
  alert?: boolean;
  colour: string;
}

export interface DrawnLink {
  from: string;
  to: string;
  strong?: boolean;
}

/** Up to so many nodes, crowded columns are spread; beyond, single nodes cannot be told apart anyway. */
const SPREAD_MAX = 800;
const COLUMN_MAX = 24;
/** From so many nodes on, pointing at one changes it and its neighbours only, and names come when the picture rests. */
const MANY = 2_000;
/** From so many nodes on, a node is a dot: one vertex and not three. */
const CROWD = 6_000;

/** Spreads positions over the box, whatever the scale and the shape in which they came. */
function fitted(nodes: DrawnNode[], aspect: number): Map<string, { x: number; y: number }> {
  const finite = (v: number) => (Number.isFinite(v) ? v : 0);
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const node of nodes) {
    left = Math.min(left, finite(node.x));
    right = Math.max(right, finite(node.x));
    low = Math.min(low, finite(node.y));
    high = Math.max(high, finite(node.y));
  }
  const width = right - left || 1;
  const height = high - low || 1;
  const places = new Map(
    nodes.map((n) => [n.id, { x: ((finite(n.x) - left) / width) * aspect, y: 1 - (finite(n.y) - low) / height }]),
  );
  if (nodes.length <= SPREAD_MAX) spread([...places.values()], aspect);
  return places;
}

/** Nodes at one distance share a column; where they would cover each other the column becomes several, side by side. */
function spread(places: { x: number; y: number }[], aspect: number): void {
  const sorted = [...places].sort((a, b) => a.x - b.x);
  const last = sorted.at(-1)?.x ?? 0;
  for (let start = 0; start < sorted.length; ) {
    const at = sorted[start]?.x ?? 0;
    let end = start;
    while (end < sorted.length && (sorted[end]?.x ?? 0) - at < aspect * 0.004) end += 1;
    const column = sorted.slice(start, end).sort((a, b) => b.y - a.y);
    start = end;
    const files = Math.ceil(column.length / COLUMN_MAX);
    if (files < 2) continue;
    // The last column has no room on its right.
    const shift = at > last - aspect * 0.02 ? 1 - files : (1 - files) / 2;
    column.forEach((place, row) => {
      place.x = at + (shift + (row % files)) * aspect * 0.05;
      place.y = 1 - (row + 0.5) / column.length;
    });
  }
}

export function ChainGraph({
  nodes,
  links,
  selected,
  onSelect,
  label,
  stages,
  height,
}: {
  nodes: DrawnNode[];
  links: DrawnLink[];
  selected?: string | null;
  onSelect?: (id: string) => void;
  label: string;
  stages?: boolean;
  height?: number;
}) {
  const t = useT();
  const palette = usePalette();
  const box = useRef<HTMLDivElement>(null);
  const sigma = useRef<Sigma | null>(null);
  const labels = useRef<GraphLabels | null>(null);
  /** The node in the light, and the one that everything else steps back from. */
  const focus = useRef<{ lit: string | null; alone: string | null }>({ lit: null, alone: null });
  const [hovered, setHovered] = useState<string | null>(null);
  const choose = useRef(onSelect);
  choose.current = onSelect;

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const aspect = element.clientWidth / Math.max(1, element.clientHeight);
    const places = fitted(nodes, aspect);
    const graph = new Graph({ type: "directed", multi: true });
    const [many, crowd] = [nodes.length > MANY, nodes.length > CROWD];
    focus.current = { lit: null, alone: null };
    for (const node of nodes) {
      if (graph.hasNode(node.id)) continue;
      const place = places.get(node.id) ?? { x: 0, y: 0 };
      const base = (crowd ? 0.9 : many ? 1.5 : nodes.length > 300 ? 3.2 : 5) + (node.alert ? (many ? 1.2 : 1) : 0);
      graph.addNode(node.id, {
        ...place,
        label: node.name,
        color: node.colour,
        size: base + Math.min(9, Math.log2(1 + node.weight) * (crowd ? 0.18 : many ? 0.45 : 1.1)),
        zIndex: node.alert ? 1 : 0,
      });
    }
    for (const link of links) {
      if (!graph.hasNode(link.from) || !graph.hasNode(link.to)) continue;
      graph.addDirectedEdge(link.from, link.to, {
        color: palette.edge,
        size: many ? 0.4 : link.strong ? 1.6 : 0.8,
        type: many ? "line" : "arrow",
      });
    }
    const renderer = new Sigma(graph, element, {
      allowInvalidContainer: true,
      labelFont: FONT,
      labelSize: LABEL_SIZE,
      labelColor: { color: palette.ink },
      // Sigma spreads labels by grid cell and lets them overlap; ours are placed one by one, see graphLabels.ts.
      renderLabels: false,
      defaultNodeType: crowd ? "point" : "circle",
      nodeProgramClasses: { circle: NodeCircleProgram, point: NodePointProgram },
      hideEdgesOnMove: many,
      zIndex: true,
      stagePadding: 46,
      minCameraRatio: 0.01,
      maxCameraRatio: 2,
      defaultDrawNodeHover: (context, data) => {
        if (!data.label) return;
        context.font = `600 13px ${FONT}`;
        const width = context.measureText(data.label).width + 16;
        const left = data.x + data.size + 4;
        context.fillStyle = palette.raised;
        context.strokeStyle = palette.brand;
        context.lineWidth = 1;
        context.beginPath();
        context.roundRect(left, data.y - 13, width, 26, 6);
        context.fill();
        context.stroke();
        context.fillStyle = palette.ink;
        context.fillText(data.label, left + 8, data.y + 4.5);
        context.beginPath();
        context.arc(data.x, data.y, data.size + 2.5, 0, Math.PI * 2);
        context.strokeStyle = palette.brand;
        context.lineWidth = 2;
        context.stroke();
      },
      nodeReducer: (node, data) => {
        const { lit, alone } = focus.current;
        if (node === lit) return { ...data, highlighted: true, zIndex: 3, forceLabel: true };
        if (lit && graph.areNeighbors(node, lit)) return { ...data, zIndex: 2, forceLabel: graph.degree(lit) <= 14 };
        const apart = alone && node !== alone && !graph.areNeighbors(node, alone);
        return apart ? { ...data, color: palette.line, label: null, zIndex: 0 } : data;
      },
      edgeReducer: (edge, data) => {
        const { lit, alone } = focus.current;
        const ofOne = (lit && graph.hasExtremity(edge, lit)) || (alone && graph.hasExtremity(edge, alone));
        if (ofOne) return { ...data, color: palette.brand, size: Math.max(1.4, data.size as number), zIndex: 1 };
        return alone ? { ...data, hidden: many, color: palette.line } : data;
      },
    });
    const names = new GraphLabels(renderer, palette.ink, many);
    labels.current = names;
    renderer.on("clickNode", ({ node }) => choose.current?.(node));
    renderer.on("enterNode", ({ node }) => {
      element.style.cursor = "pointer";
      setHovered(node);
    });
    renderer.on("leaveNode", () => {
      element.style.cursor = "default";
      setHovered(null);
    });
    sigma.current = renderer;
    return () => {
      names.stop();
      renderer.kill();
      sigma.current = null;
      labels.current = null;
    };
  }, [nodes, links, palette]);

  useEffect(() => {
    const renderer = sigma.current;
    if (!renderer) return;
    const graph = renderer.getGraph();
    const known = (node: string | null | undefined) => (node && graph.hasNode(node) ? node : null);
    const before = focus.current;
    const lit = known(hovered ?? selected);
    const alone = nodes.length > MANY ? known(selected) : lit;
    focus.current = { lit, alone };
    if (before.lit === lit && before.alone === alone) return;
    if (before.alone !== alone) {
      labels.current?.forget();
      renderer.refresh({ skipIndexation: true });
      return;
    }
    // Thousands of nodes stay as they are: what the pointer left and what it met changes.
    const [changed, lines] = [new Set<string>(), new Set<string>()];
    for (const node of [before.lit, lit]) {
      if (!node || !graph.hasNode(node)) continue;
      changed.add(node);
      graph.forEachNeighbor(node, (neighbour) => changed.add(neighbour));
      graph.forEachEdge(node, (edge) => lines.add(edge));
    }
    renderer.refresh({ partialGraph: { nodes: [...changed], edges: [...lines] }, skipIndexation: true, schedule: true });
  }, [hovered, selected, nodes, links, palette]);

  useEffect(() => {
    const renderer = sigma.current;
    if (!renderer || !selected || !renderer.getGraph().hasNode(selected)) return;
    const place = renderer.getNodeDisplayData(selected);
    if (!place) return;
    const ratio = Math.min(renderer.getCamera().ratio, nodes.length > 300 ? 0.45 : 0.8);
    void renderer.getCamera().animate({ x: place.x, y: place.y, ratio }, { duration: 350 });
  }, [selected, nodes]);

  const zoom = (factor: number) => {
    const camera = sigma.current?.getCamera();
    if (camera) void camera.animate({ ratio: camera.ratio * factor }, { duration: 200 });
  };

  return (
    <div className="graph">
      {stages ? (
        <div className="graph-stages" aria-hidden="true">
          <span>{t("stage.upstream")}</span>
          <span>{t("stage.midstream")}</span>
          <span>{t("stage.downstream")}</span>
        </div>
      ) : null}
      <div ref={box} className="graph-canvas" style={height ? { height, minHeight: 0 } : undefined} role="img" aria-label={label} data-nodes={nodes.length} />
      <div className="graph-buttons">
        <Button aria-label={t("chain.zoomIn")} title={t("chain.zoomIn")} icon={<PlusOutlined />} onClick={() => zoom(0.66)} />
        <Button aria-label={t("chain.zoomOut")} title={t("chain.zoomOut")} icon={<MinusOutlined />} onClick={() => zoom(1.5)} />
        <Button
          aria-label={t("chain.fit")}
          title={t("chain.fit")}
          icon={<AimOutlined />}
          onClick={() => void sigma.current?.getCamera().animatedReset({ duration: 300 })}
        />
      </div>
    </div>
  );
}
