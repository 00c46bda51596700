// Clusters of a set, each with its golden values.
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Checkbox, Tag } from "antd";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { number } from "../../sdk/format";
import { useT } from "../../sdk/i18n";
import { Card } from "../../sdk/Page";
import { useAsk } from "../../sdk/query";
import { SearchField } from "../../sdk/SearchField";
import { Answer, Empty } from "../../sdk/States";
import type { MatchCluster } from "../../sdk/types";

const PAGE_SIZE = 20;

export function Clusters({ set }: { set: string }) {
  const t = useT();
  const search = useSearch({ from: "/shell/matching/$id" });
  const navigate = useNavigate({ from: "/matching/$id" });
  const page = search.page ?? 1;
  const query = { text: search.text, ended: search.ended, page, page_size: PAGE_SIZE };
  const clusters = useAsk(["matching", "clusters", set, query], () => api.matchClusters(set, query));
  const golden = (cluster: MatchCluster) => cluster.golden.map((value) => value.value).filter(Boolean).join(" · ");
  return (
    <Card label={t("matching.clusters")}>
      <div className="filters">
        <SearchField label={t("matching.clusterSearch")} value={search.text} onSearch={(text) => void navigate({ search: (s) => ({ ...s, text, page: undefined }) })} />
        <Checkbox checked={search.ended ?? false} onChange={(event) => void navigate({ search: (s) => ({ ...s, ended: event.target.checked || undefined, page: undefined }) })}>{t("matching.endedToo")}</Checkbox>
      </div>
      <Answer query={clusters} rows={8}>
        {(found) => (
          <DataTable<MatchCluster>
            label={t("matching.clusters")}
            file="clusters"
            rows={found.items}
            rowKey={(cluster) => cluster.id}
            paging={{ page, pageSize: PAGE_SIZE, total: found.total, onChange: (next) => void navigate({ search: (s) => ({ ...s, page: next }) }) }}
            empty={<Empty title={t("matching.noClusters")} hint={t("matching.noClustersHint")} />}
            columns={[
              {
                key: "golden",
                title: t("matching.goldenRecord"),
                head: true,
                value: golden,
                render: (cluster) => (
                  <Button type="link" className="wrap" style={{ padding: 0, whiteSpace: "normal", textAlign: "left", height: "auto" }} onClick={() => void navigate({ search: (s) => ({ ...s, cluster: cluster.id }) })}>
                    {golden(cluster) || t("matching.openCluster")}
                  </Button>
                ),
              },
              {
                key: "size",
                title: t("matching.size"),
                kind: "count",
                value: (cluster) => cluster.size,
                render: (cluster) => (cluster.ended ? <Tag>{t("matching.eventOf.end")}</Tag> : number(cluster.size)),
              },
              { key: "updated", title: t("quality.updated"), kind: "instant", value: (cluster) => cluster.updated_at },
            ]}
          />
        )}
      </Answer>
    </Card>
  );
}
