// What is known of one product of a chain: who makes it, what goes in, where it goes, and from which source.
import { Link } from "@tanstack/react-router";
import { Tabs } from "antd";
import type { ReactNode } from "react";
import type { GraphLink, GraphNode } from "../../sdk/components";
import { date, money, number, percent } from "../../sdk/format";
import { useT } from "../../sdk/i18n";
import { Badge } from "../../sdk/Page";
import { useComponent } from "../../sdk/query";
import { Answer, Empty } from "../../sdk/States";

export function ProductPanel({
  node,
  links,
  nodes,
  chain,
  region,
  onSelect,
}: {
  node: GraphNode;
  links: GraphLink[];
  nodes: GraphNode[];
  chain: string | undefined;
  region: string | undefined;
  onSelect: (id: string) => void;
}) {
  const t = useT();
  const names = new Map(nodes.map((n) => [n.id, n.name]));
  const upstream = links.filter((l) => l.to === node.id);
  const downstream = links.filter((l) => l.from === node.id);
  return (
    <div>
      <p style={{ display: "flex", gap: 6, flexWrap: "wrap", marginBottom: 10 }}>
        {node.stage ? <Badge>{t(`stage.${node.stage}`)}</Badge> : null}
        {node.essential ? <Badge>{t("chain.essential")}</Badge> : null}
        <Badge>{t("chain.firmsOf", { n: number(node.firms) })}</Badge>
      </p>
      <p style={{ display: "flex", gap: 16, flexWrap: "wrap" }}>
        <Link to="/candidates" search={{ chain, product: node.id, region }}>{t("chain.openCandidates")}</Link>
        <Link to="/gap" search={{ chain, region }}>{t("chain.openGap")}</Link>
      </p>
      <Tabs
        items={[
          { key: "firms", label: t("chain.firmsHere"), children: <Firms product={node.id} region={region} /> },
          {
            key: "links",
            label: `${t("chain.upstreamOf")} / ${t("chain.downstreamOf")}`,
            children: (
              <div className="stack">
                <Links title={t("chain.upstreamOf")} links={upstream} other={(l) => l.from} names={names} onSelect={onSelect} />
                <Links title={t("chain.downstreamOf")} links={downstream} other={(l) => l.to} names={names} onSelect={onSelect} />
              </div>
            ),
          },
          {
            key: "facts",
            label: t("chain.facts"),
            children: (
              <dl className="facts">
                <dt>{t("common.capital")}</dt>
                <dd>{money(node.capital_cny)}</dd>
                <dt>{t("gap.firmsElsewhere")}</dt>
                <dd>{number(node.firms_elsewhere)} {t("common.firmsUnit")}</dd>
                <dt>{t("chain.capacity")}</dt>
                <dd>{number(node.capacity_proxy, 2)}</dd>
                <dt>{t("firms.position")}</dt>
                <dd>{number(node.position, 2)}</dd>
                <dt>{t("chain.freshness")}</dt>
                <dd>{percent(node.freshness, 0)}</dd>
                <dt>{t("common.observedOn")}</dt>
                <dd>{date(node.observed_on)}</dd>
                <dt>{t("common.source")}</dt>
                <dd>{node.source}</dd>
              </dl>
            ),
          },
        ]}
      />
    </div>
  );
}

function Firms({ product, region }: { product: string; region: string | undefined }) {
  const t = useT();
  const firms = useComponent("enterprise.search", { product, region, page: 1, page_size: 20 });
  return (
    <Answer query={firms}>
      {({ result }) =>
        result.items.length === 0 ? (
          <Empty title={t("chain.noFirms")} hint={t("chain.noFirmsHint")} />
        ) : (
          <>
            <ul>
              {result.items.map((firm) => (
                <li key={firm.enterprise_id} style={{ padding: "7px 0", borderBottom: "1px solid var(--line)" }}>
                  <Link to="/firms/$id" params={{ id: firm.enterprise_id }}>{firm.name}</Link>
                  <div className="muted" style={{ fontSize: 12.5 }}>
                    {[[...new Set([firm.province, firm.city])].filter(Boolean).join(" "), firm.capital_cny ? money(firm.capital_cny) : null].filter(Boolean).join(" · ")}
                  </div>
                </li>
              ))}
            </ul>
            {result.total > result.items.length ? (
              <p style={{ marginTop: 10 }}>
                <Link to="/firms" search={{ product, region: region ?? "all" }}>{t("common.total", { n: number(result.total) })}</Link>
              </p>
            ) : null}
          </>
        )
      }
    </Answer>
  );
}

function Links({
  title,
  links,
  other,
  names,
  onSelect,
}: {
  title: ReactNode;
  links: GraphLink[];
  other: (link: GraphLink) => string;
  names: Map<string, string>;
  onSelect: (id: string) => void;
}) {
  const t = useT();
  return (
    <section>
      <h4 style={{ margin: 0 }}>{title}（{number(links.length)}）</h4>
      {links.length === 0 ? <p className="muted">{t("common.none")}</p> : null}
      <ul>
        {links.slice(0, 40).map((link) => (
          <li key={`${link.from}>${link.to}>${link.relation}`} style={{ padding: "6px 0", borderBottom: "1px solid var(--line)" }}>
            <button type="button" className="plain-button" onClick={() => onSelect(other(link))}>
              {names.get(other(link)) ?? other(link)}
            </button>
            <div className="muted" style={{ fontSize: 12.5 }}>
              {link.relation === "kind_of" ? t("chain.relation.kind_of") : t("chain.relation.input")}
              {link.essential ? ` · ${t("chain.essentialLink")}` : ""} · {t("common.confidence")} {percent(link.confidence, 0)} · {link.source}{" "}
              {date(link.observed_on)}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
