// Any component's result: as tables, as a graph where there is one, and as JSON.
import { Tabs } from "antd";
import { lazy, Suspense, useMemo } from "react";
import { usePalette } from "../shell/preferences";
import { DataTable } from "./DataTable";
import { cell } from "./format";
import { text, useT } from "./i18n";
import { examine, type FoundGraph } from "./result";
import { Waiting } from "./States";
import type { Text } from "./types";

const ChainGraph = lazy(() => import("./ChainGraph").then((m) => ({ default: m.ChainGraph })));

function plain(value: unknown): string {
  if (typeof value === "object" && value !== null && "zh" in value && "en" in value) return text(value as Text);
  if (Array.isArray(value) && value.every((v) => typeof v !== "object" || (v !== null && "zh" in v))) {
    return value.map(plain).join("；");
  }
  return cell(value);
}

export function ResultView({ result, name }: { result: unknown; name: string }) {
  const t = useT();
  const found = useMemo(() => examine(result), [result]);
  const tabs = [];
  if (found.tables.length > 0 || found.values.length > 0) {
    tabs.push({
      key: "table",
      label: t("components.asTable"),
      children: (
        <div className="stack">
          {found.values.length > 0 ? (
            <dl className="facts">
              {found.values.map(([key, value]) => (
                <div key={key} style={{ display: "contents" }}>
                  <dt className="mono">{key}</dt>
                  <dd>{plain(value)}</dd>
                </div>
              ))}
            </dl>
          ) : null}
          {found.tables.map((table) => (
            <section key={table.path}>
              <h3 className="mono">{table.path}</h3>
              <DataTable
                label={table.path}
                file={`${name}-${table.path || "result"}`}
                rows={table.rows}
                rowKey={(_, at) => at}
                pageSize={10}
                columns={table.columns.map((column) => ({
                  key: column,
                  title: column,
                  kind: table.rows.every((r) => r[column] === null || r[column] === undefined || typeof r[column] === "number")
                    ? ("index" as const)
                    : undefined,
                  value: (row: Record<string, unknown>) =>
                    typeof row[column] === "number" ? row[column] : row[column] === undefined || row[column] === null ? null : plain(row[column]),
                }))}
              />
            </section>
          ))}
        </div>
      ),
    });
  }
  if (found.graph && found.graph.nodes.length > 0) {
    tabs.push({ key: "graph", label: t("components.asGraph"), children: <GraphOf graph={found.graph} /> });
  }
  tabs.push({
    key: "json",
    label: t("components.asJson"),
    children: <pre className="formula json" tabIndex={0}>{JSON.stringify(result, null, 2)}</pre>,
  });
  return <Tabs items={tabs} />;
}

function GraphOf({ graph }: { graph: FoundGraph }) {
  const t = useT();
  const palette = usePalette();
  const nodes = useMemo(
    () =>
      graph.nodes.map((node, at) => ({
        id: String(node.id),
        name: String(node.name ?? node.id),
        x: typeof node.x === "number" ? node.x : typeof node.distance === "number" ? node.distance : at % 20,
        y: typeof node.y === "number" ? node.y : (at * 0.618) % 1,
        weight: typeof node.firms === "number" ? node.firms : 1,
        colour: palette.brand,
      })),
    [graph, palette],
  );
  return (
    <Suspense fallback={<Waiting />}>
      <ChainGraph nodes={nodes} links={graph.links} label={t("chain.graphLabel", { n: nodes.length })} />
    </Suspense>
  );
}
