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
  colour: string;
}

export interface DrawnLink {
  from: string;
  to: string;
  strong?: boolean;
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
  return new Map(
    nodes.map((n) => [n.id, { x: ((finite(n.x) - left) / width) * aspect, y: 1 - (finite(n.y) - low) / height }]),
  );
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
      const base = many ? 1.6 : nodes.length > 300 ? 3.2 : 5;
      graph.addNode(node.id, {
        ...place,
        label: node.name,
        color: node.colour,
        size: base + Math.min(many ? 5 : 9, Math.log2(1 + node.weight) * (many ? 0.55 : 1.1)),
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
      labelSize: 13,
      labelColor: { color: palette.ink },
      labelDensity: many ? 0.5 : 0.9,
      labelGridCellSize: 120,
      labelRenderedSizeThreshold: many ? 4.2 : nodes.length > 300 ? 5 : 3,
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
        if (node === at) return { ...data, highlighted: true, zIndex: 2, forceLabel: true };
        if (graph.areNeighbors(node, at)) return { ...data, zIndex: 1, forceLabel: graph.degree(at) <= 14 };
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
