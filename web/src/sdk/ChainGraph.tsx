// Tens of thousands of products as one picture: positions come from the node, upstream left, downstream right.
import { AimOutlined, MinusOutlined, PlusOutlined } from "@ant-design/icons";
import { Button } from "antd";
import Graph from "graphology";
import { useEffect, useRef, useState } from "react";
import Sigma from "sigma";
import { usePalette } from "../shell/preferences";
import { FONT } from "../shell/theme";
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

const LABEL_SIZE = 13;
const LABELS_MAX = 260;
const CELL = 48;
/** Up to so many nodes, crowded columns are spread; beyond, single nodes cannot be told apart anyway. */
const SPREAD_MAX = 800;
const COLUMN_MAX = 24;

/** Boxes already taken on screen, found by the cells they touch. */
class Taken {
  private readonly cells = new Map<string, [number, number, number, number][]>();

  /** Takes the box, or says that something is there already. */
  claim(left: number, top: number, right: number, bottom: number, force = false): boolean {
    const keys: string[] = [];
    for (let x = Math.floor(left / CELL); x <= Math.floor(right / CELL); x += 1) {
      for (let y = Math.floor(top / CELL); y <= Math.floor(bottom / CELL); y += 1) keys.push(`${x}:${y}`);
    }
    if (!force) {
      for (const key of keys) {
        for (const box of this.cells.get(key) ?? []) {
          if (left < box[2] && right > box[0] && top < box[3] && bottom > box[1]) return false;
        }
      }
    }
    for (const key of keys) this.cells.set(key, [...(this.cells.get(key) ?? []), [left, top, right, bottom]]);
    return true;
  }
}

/** Names for as many nodes as fit without covering a node or another name, the largest nodes first. */
function drawLabels(renderer: Sigma, ink: string): void {
  const context = renderer.getCanvases().labels?.getContext("2d");
  if (!context) return;
  const { width, height } = renderer.getDimensions();
  const visible: { x: number; y: number; size: number; label: string; forced: boolean }[] = [];
  const taken = new Taken();
  renderer.getGraph().forEachNode((node) => {
    const data = renderer.getNodeDisplayData(node);
    if (!data || data.hidden) return;
    const { x, y } = renderer.framedGraphToViewport(data);
    if (x < 0 || y < 0 || x > width || y > height) return;
    const size = renderer.scaleSize(data.size);
    if (size > 2.5) taken.claim(x - size, y - size, x + size, y + size, true);
    if (data.label && !data.highlighted) visible.push({ x, y, size, label: data.label, forced: data.forceLabel === true });
  });
  visible.sort((a, b) => Number(b.forced) - Number(a.forced) || b.size - a.size);
  context.font = `${LABEL_SIZE}px ${FONT}`;
  context.fillStyle = ink;
  let drawn = 0;
  for (const node of visible) {
    if (drawn >= LABELS_MAX) break;
    const wide = context.measureText(node.label).width;
    const gap = node.size + 3;
    const half = LABEL_SIZE / 2 + 1;
    const places: [number, number][] = [
      [node.x + gap, node.y],
      [node.x - gap - wide, node.y],
      [node.x - wide / 2, node.y + gap + half],
      [node.x - wide / 2, node.y - gap - half],
    ];
    const place = places.find(
      ([left, middle]) =>
        left > 2 && left + wide < width - 2 && taken.claim(left - 1, middle - half, left + wide + 1, middle + half),
    );
    if (!place) continue;
    context.fillText(node.label, place[0], place[1] + LABEL_SIZE * 0.36);
    drawn += 1;
  }
}

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
  const focus = useRef<{ hovered: string | null; selected: string | null }>({ hovered: null, selected: null });
  const [hovered, setHovered] = useState<string | null>(null);
  const choose = useRef(onSelect);
  choose.current = onSelect;

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const aspect = element.clientWidth / Math.max(1, element.clientHeight);
    const places = fitted(nodes, aspect);
    const graph = new Graph({ type: "directed", multi: true });
    const many = nodes.length > 2_000;
    for (const node of nodes) {
      if (graph.hasNode(node.id)) continue;
      const place = places.get(node.id) ?? { x: 0, y: 0 };
      const crowd = nodes.length > 6_000;
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
      // Sigma spreads labels by grid cell and lets them overlap; ours are placed one by one, see drawLabels.
      renderLabels: false,
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
        const at = focus.current.hovered ?? focus.current.selected;
        if (!at || !graph.hasNode(at)) return data;
        if (node === at) return { ...data, highlighted: true, zIndex: 3, forceLabel: true };
        if (graph.areNeighbors(node, at)) return { ...data, zIndex: 2, forceLabel: graph.degree(at) <= 14 };
        return { ...data, color: palette.line, label: null, zIndex: 0 };
      },
      edgeReducer: (edge, data) => {
        const at = focus.current.hovered ?? focus.current.selected;
        if (!at) return data;
        return graph.hasExtremity(edge, at)
          ? { ...data, color: palette.brand, size: Math.max(1.4, data.size as number), zIndex: 1 }
          : { ...data, hidden: many, color: palette.line };
      },
    });
    renderer.on("clickNode", ({ node }) => choose.current?.(node));
    renderer.on("enterNode", ({ node }) => {
      element.style.cursor = "pointer";
      setHovered(node);
    });
    renderer.on("leaveNode", () => {
      element.style.cursor = "default";
      setHovered(null);
    });
    renderer.on("afterRender", () => drawLabels(renderer, palette.ink));
    sigma.current = renderer;
    return () => {
      renderer.kill();
      sigma.current = null;
    };
  }, [nodes, links, palette]);

  useEffect(() => {
    focus.current = { hovered, selected: selected ?? null };
    sigma.current?.refresh({ skipIndexation: true });
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
