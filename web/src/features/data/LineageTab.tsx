// Where a dataset and each of its columns come from, where they go, and what a change reaches.
import { Link } from "@tanstack/react-router";
import { Alert, Button, Segmented, Switch } from "antd";
import { useMemo, useState } from "react";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { text, useT } from "../../sdk/i18n";
import { useAsk } from "../../sdk/query";
import { Answer, Empty } from "../../sdk/States";
import type { ImpactRow, LineageGraph, LineageNode } from "../../sdk/types";
import { layers, way, type Box } from "./lineage";

const DEPTHS = [1, 2, 3, 5];

export function LineageTab({ name }: { name: string }) {
  const t = useT();
  const [depth, setDepth] = useState(2);
  const [valuesOnly, setValuesOnly] = useState(false);
  const [chosen, setChosen] = useState<string | null>(null);
  const question = useAsk(["lineage", name, depth, valuesOnly], () => api.lineage({ dataset: name, depth, values_only: valuesOnly }));
  return (
    <div className="stack">
      <div className="table-tools lineage-tools" role="group" aria-label={t("data.tabLineage")}>
        <span>{t("lineage.depth")}</span>
        <Segmented
          options={DEPTHS}
          value={depth}
          onChange={(value) => setDepth(Number(value))}
          aria-label={t("lineage.depth")}
        />
        <label style={{ display: "inline-flex", flexWrap: "wrap", gap: 8, alignItems: "center" }}>
          <Switch size="small" checked={valuesOnly} onChange={setValuesOnly} aria-describedby="lineage-values" />
          {t("lineage.values")}
          <span id="lineage-values" className="muted">{t("lineage.valuesHelp")}</span>
        </label>
        {chosen ? <Button size="small" onClick={() => setChosen(null)}>{t("lineage.clear")}</Button> : null}
      </div>
      <Answer query={question} rows={8}>
        {(graph) => <LineageMap graph={graph} chosen={chosen} choose={(id) => setChosen((now) => (now === id ? null : id))} />}
      </Answer>
      <Impact name={name} column={columnOf(question.data, name, chosen)} valuesOnly={valuesOnly} />
    </div>
  );
}

/** The chosen column when it is one of the dataset itself. */
function columnOf(graph: LineageGraph | undefined, name: string, chosen: string | null): string | undefined {
  const node = graph?.nodes.find((one) => one.id === chosen);
  return node?.kind === "column" && node.owner === name ? node.name : undefined;
}

export function LineageMap({ graph, chosen, choose }: { graph: LineageGraph; chosen: string | null; choose: (id: string) => void }) {
  const t = useT();
  const arranged = useMemo(() => layers(graph), [graph]);
  const lit = useMemo(() => (chosen ? way(graph, chosen) : null), [graph, chosen]);
  const node = graph.nodes.find((one) => one.id === chosen);
  const isLit = (id: string) => !lit || id === chosen || lit.up.has(id) || lit.down.has(id);
  const relation = (id: string) => {
    const kinds = lit?.up.get(id) ?? lit?.down.get(id) ?? [];
    return kinds.filter((kind) => kind !== "contains").map((kind) => t(`lineage.relation.${kind}` as never));
  };
  const boxes = { choose, chosen, isLit, relation };
  if (arranged.up.length + arranged.down.length + arranged.uses.length === 0) {
    return <Empty title={t("lineage.nothing")} hint={t("lineage.nothingHint")} />;
  }
  const columns = (ids: Iterable<string>) => [...ids].filter((id) => id.startsWith("column:")).length;
  return (
    <div>
      {graph.truncated ? <Alert type="info" showIcon title={t("lineage.more")} style={{ marginBottom: 12 }} /> : null}
      {graph.issues.length > 0 ? (
        <Alert type="warning" showIcon title={t("lineage.issues", { n: graph.issues.length })} style={{ marginBottom: 12 }} />
      ) : null}
      <p className="muted" role="status">
        {lit && node
          ? t("lineage.selected", { name: node.name, up: columns(lit.up.keys()), down: [...lit.down.keys()].filter((id) => !id.startsWith("job:")).length })
          : t("lineage.intro")}
      </p>
      <div className="lineage-map" role="group" aria-label={t("lineage.map")}>
        <Layer title={t("lineage.up")} boxes={arranged.up} {...boxes} />
        <Layer title={t("lineage.own")} boxes={arranged.own ? [arranged.own] : []} own {...boxes} />
        <Layer title={t("lineage.down")} boxes={arranged.down} {...boxes} />
        <Layer title={t("lineage.uses")} boxes={arranged.uses} {...boxes} />
      </div>
    </div>
  );
}

interface Marks {
  chosen: string | null;
  choose: (id: string) => void;
  isLit: (id: string) => boolean;
  relation: (id: string) => string[];
}

function Layer({ title, boxes, own = false, ...marks }: { title: string; boxes: Box[]; own?: boolean } & Marks) {
  const t = useT();
  return (
    <section>
      <h3 className="muted">{title}</h3>
      {boxes.length === 0 ? <p className="muted">{t("common.none")}</p> : null}
      <ul className="lineage-boxes">
        {boxes.map((box) => (
          <li key={box.id} className={own ? "box self" : "box"} data-dim={isDim(box, marks) || undefined}>
            <Head box={box} />
            {box.columns.length > 0 ? (
              <ul className="lineage-columns">
                {box.columns.map((column) => (
                  <li key={column.id}>
                    <Chip node={column} {...marks} />
                  </li>
                ))}
              </ul>
            ) : null}
          </li>
        ))}
      </ul>
    </section>
  );
}

function isDim(box: Box, { isLit }: Marks): boolean {
  return !isLit(box.id) && !box.columns.some((column) => isLit(column.id));
}

/** Datasets of other systems carry their namespace before a `#`; others are this node's, loaded or not. */
function isForeign(dataset: string): boolean {
  return dataset.includes("#");
}

function Head({ box }: { box: Box }) {
  const t = useT();
  const title = box.title ? text(box.title) : "";
  const kind = <small className="muted">{t(`lineage.kind.${box.kind}`)}{box.hops ? ` · ${t("lineage.steps", { n: Math.abs(box.hops) })}` : ""}</small>;
  if (box.kind === "dataset" && box.known) {
    return (
      <div className="lineage-head">
        <Link to="/data/$name" params={{ name: box.name }} search={{ tab: "lineage" }}>{title || box.name}</Link>
        <span className="mono muted">{title ? box.name : null}</span>
        {kind}
      </div>
    );
  }
  if (box.kind === "component" && /^[a-z]+\.[a-z_]+$/.test(box.name)) {
    return (
      <div className="lineage-head">
        <Link to="/components/$id" params={{ id: box.name }}>{box.name}</Link>
        {kind}
      </div>
    );
  }
  return (
    <div className="lineage-head">
      <span className="mono">{box.name}</span>
      <small className="muted">{box.kind !== "dataset" ? t(`lineage.kind.${box.kind}`) : t(isForeign(box.name) ? "lineage.external" : "lineage.notLoaded")}</small>
    </div>
  );
}

function Chip({ node, chosen, choose, isLit, relation }: { node: LineageNode } & Marks) {
  const t = useT();
  const how = node.id === chosen ? [] : relation(node.id);
  return (
    <button
      type="button"
      className="lineage-chip"
      aria-pressed={node.id === chosen}
      data-dim={!isLit(node.id) || undefined}
      title={[node.title ? text(node.title) : null, node.direct ? null : t("lineage.rowsOnly")].filter(Boolean).join(" · ") || undefined}
      onClick={() => choose(node.id)}
    >
      <span className="mono">{node.name === "*" ? t("lineage.unlisted") : node.name}</span>
      {how.length > 0 ? <small>{how.join("、")}</small> : null}
    </button>
  );
}

function Impact({ name, column, valuesOnly }: { name: string; column: string | undefined; valuesOnly: boolean }) {
  const t = useT();
  const question = useAsk(["lineage-impact", name, column ?? "", valuesOnly], () =>
    api.lineageImpact({ dataset: name, column, values_only: valuesOnly }),
  );
  const what = column ? `${name}.${column}` : name;
  return (
    <section aria-label={t("lineage.impact")}>
      <h3>{t("lineage.impactOf", { name: what })}</h3>
      <Answer query={question} rows={4}>
        {(impact) => (
          <>
            {impact.truncated ? <Alert type="info" showIcon title={t("lineage.more")} style={{ marginBottom: 12 }} /> : null}
            <DataTable<ImpactRow>
              label={t("lineage.impact")}
              file={`${what}-impact`}
              rows={impact.rows.filter((row) => row.kind !== "job")}
              rowKey={(row, at) => `${row.kind}:${row.belongs_to ?? ""}:${row.name}:${at}`}
              empty={<Empty title={t("lineage.impactNone")} />}
              columns={[
                { key: "name", title: t("lineage.nameColumn"), value: (row) => row.name, head: true, render: (row) => <span className="mono wrap">{row.name}</span> },
                { key: "kind", title: t("lineage.kindColumn"), value: (row) => t(`lineage.kind.${row.kind}`) },
                { key: "belongs", title: t("lineage.belongsTo"), value: (row) => row.belongs_to, render: (row) => <span className="mono wrap">{row.belongs_to ?? "—"}</span> },
                { key: "responsible", title: t("lineage.responsible"), value: (row) => row.responsible },
                { key: "how", title: t("lineage.how"), value: (row) => t(`lineage.relation.${row.how}`) },
                { key: "effect", title: t("lineage.effect"), value: (row) => (row.direct ? t("lineage.effectValue") : t("lineage.effectRows")) },
                { key: "through", title: t("lineage.through"), value: (row) => row.through, render: (row) => <span className="mono wrap">{row.through}</span>, minor: true },
                { key: "hops", title: t("lineage.hops"), kind: "count", value: (row) => row.hops },
              ]}
            />
          </>
        )}
      </Answer>
    </section>
  );
}
