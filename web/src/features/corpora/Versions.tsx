// Versions of a corpus, newest first, each with what changed in its sources since.
import { Link } from "@tanstack/react-router";
import { Tag } from "antd";
import { useState } from "react";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { instant } from "../../sdk/format";
import { useT } from "../../sdk/i18n";
import { Card } from "../../sdk/Page";
import { useAsk } from "../../sdk/query";
import { Answer, Empty } from "../../sdk/States";
import type { CorpusVersion } from "../../sdk/types";

const PAGE_SIZE = 10;

export function Versions({ corpus }: { corpus: string }) {
  const t = useT();
  const [page, setPage] = useState(1);
  const versions = useAsk(["corpora", "versions", corpus, page], () => api.corpusVersions(corpus, { page, page_size: PAGE_SIZE }));
  return (
    <Card title={t("corpora.versions")}>
      <Answer query={versions} rows={3}>
        {(found) => (
          <DataTable<CorpusVersion>
            label={t("corpora.versions")}
            file="corpus-versions"
            rows={found.items}
            rowKey={(version) => version.id}
            paging={{ page, pageSize: PAGE_SIZE, total: found.total, onChange: setPage }}
            empty={<Empty title={t("corpora.noVersions")} hint={t("corpora.noVersionsHint")} />}
            columns={[
              {
                key: "number",
                title: t("corpora.version"),
                head: true,
                value: (version) => version.number,
                render: (version) => (
                  <Link to="/corpora/$id/$number" params={{ id: corpus, number: String(version.number) }}>{t("corpora.versionNumber", { number: version.number })}</Link>
                ),
              },
              { key: "documents", title: t("corpora.documents"), kind: "count", value: (version) => version.documents },
              { key: "made", title: t("corpora.madeAt"), value: (version) => version.made_at, render: (version) => instant(version.made_at) },
              { key: "digest", title: t("corpora.digest"), value: (version) => version.digest, render: (version) => <span className="mono">{version.digest}</span>, minor: true },
              {
                key: "stale",
                title: t("corpora.standing"),
                value: (version) => (version.deleted ? "deleted" : version.stale.length > 0 ? "stale" : "current"),
                render: (version) =>
                  version.deleted ? <Tag color="error">{t("corpora.deleted")}</Tag> : version.stale.length > 0 ? <Tag color="warning">{t("corpora.stale")}</Tag> : <Tag color="success">{t("corpora.current")}</Tag>,
              },
            ]}
          />
        )}
      </Answer>
    </Card>
  );
}
