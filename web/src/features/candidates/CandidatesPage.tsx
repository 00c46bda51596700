// Who can fill a gap, and why.
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { DataTable } from "../../sdk/DataTable";
import { index, number } from "../../sdk/format";
import { text, useT } from "../../sdk/i18n";
import { Badge, Card, Meter, PageFrame } from "../../sdk/Page";
import { ProductPicker, RegionSelect, useRegion, useRegionName } from "../../sdk/Pickers";
import { ProvenanceFooter } from "../../sdk/Provenance";
import { useComponent } from "../../sdk/query";
import { Answer, Empty } from "../../sdk/States";

const KINDS = ["capability", "neighbour", "region", "size"] as const;

export function CandidatesPage() {
  const t = useT();
  const search = useSearch({ from: "/shell/candidates" });
  const navigate = useNavigate({ from: "/candidates" });
  // The region that lacks the product; firms that make it there already are no candidates.
  const region = useRegion(search.region);
  const product = search.product;
  const regionName = useRegionName();
  const answer = useComponent(
    "chain.candidates",
    { product: product ?? "", region, limit: 50 },
    { enabled: product !== undefined },
  );
  const kindName = (kind: string) => {
    const known = KINDS.find((k) => k === kind);
    return known ? t(`candidates.kind.${known}`) : kind;
  };
  return (
    <PageFrame title={product ? `${t("candidates.title")}：${product}` : t("candidates.title")} question={t("candidates.question")}>
      <div className="filters">
        <ProductPicker
          label={t("candidates.product")}
          value={product}
          onChange={(next) => void navigate({ search: (s) => ({ ...s, product: next }) })}
        />
        <RegionSelect label={t("candidates.needRegion")} value={region} onChange={(code) => void navigate({ search: (s) => ({ ...s, region: code }) })} />
      </div>
      {product === undefined ? (
        <Card>
          <Empty title={t("candidates.need")} hint={t("candidates.needHint")}>
            <Link to="/gap" search={{ chain: search.chain }}>{t("nav.gap")}</Link>
          </Empty>
        </Card>
      ) : (
        <Answer query={answer} rows={10}>
          {({ result, provenance, seconds }) => {
            const best = Math.max(...result.candidates.map((c) => c.score), 1e-9);
            const ranked = new Map(result.candidates.map((c, at) => [c.enterprise_id, at + 1]));
            return (
              <Card label={t("candidates.title")}>
                <DataTable
                  file={`candidates-${product}`}
                  label={t("candidates.title")}
                  rows={result.candidates}
                  rowKey={(c) => c.enterprise_id}
                  empty={<Empty title={t("candidates.none")} hint={t("candidates.noneHint")} />}
                  columns={[
                    { key: "rank", title: t("candidates.rank"), kind: "count", value: (c) => ranked.get(c.enterprise_id) ?? null, width: 70 },
                    {
                      key: "name",
                      title: t("common.firm"),
                      head: true,
                      value: (c) => c.name,
                      render: (c) => <Link to="/firms/$id" params={{ id: c.enterprise_id }}>{c.name}</Link>,
                    },
                    { key: "where", title: t("candidates.location"), value: (c) => regionName(c.region_code) || null },
                    {
                      key: "score",
                      title: t("common.score"),
                      kind: "index",
                      value: (c) => c.score,
                      render: (c) => <Meter value={c.score / best} shown={index(c.score)} />,
                    },
                    {
                      key: "reasons",
                      title: t("candidates.reasons"),
                      sortable: false,
                      value: (c) => c.reasons.map((r) => `${kindName(r.kind)}：${text(r.text)}`).join("；"),
                      render: (c) => (
                        <ul style={{ whiteSpace: "normal", maxWidth: 460, textAlign: "left" }}>
                          {c.reasons.map((r) => (
                            <li key={`${r.kind}${text(r.text)}`} style={{ padding: "1px 0" }}>
                              <Badge>{kindName(r.kind)}</Badge> {text(r.text)}
                              {r.weight !== null && r.weight !== undefined ? <span className="muted"> {number(r.weight, 2)}</span> : null}
                            </li>
                          ))}
                        </ul>
                      ),
                    },
                    { key: "capital", title: t("common.capital"), kind: "money", value: (c) => c.capital_cny ?? null },
                    {
                      key: "products",
                      title: t("common.products"),
                      sortable: false,
                      minor: true,
                      value: (c) => (c.products ?? []).join("、"),
                      render: (c) => <span style={{ display: "inline-block", maxWidth: 220, whiteSpace: "normal" }}>{(c.products ?? []).slice(0, 6).join("、")}</span>,
                    },
                  ]}
                />
                {result.formula ? <p className="formula" style={{ marginTop: 12 }}>{text(result.formula)}</p> : null}
                <ProvenanceFooter provenance={provenance} seconds={seconds} />
              </Card>
            );
          }}
        </Answer>
      )}
    </PageFrame>
  );
}
