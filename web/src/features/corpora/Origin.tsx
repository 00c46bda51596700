// What a version was made of: datasets with their versions and grants, files with their hashes.
import { Link } from "@tanstack/react-router";
import { DataTable } from "../../sdk/DataTable";
import { useT } from "../../sdk/i18n";
import { Card } from "../../sdk/Page";
import type { CorpusInput, CorpusVersionDetail } from "../../sdk/types";

const nameOf = (input: CorpusInput) => (input.kind === "dataset" ? `${input.dataset}@${input.version}` : input.name);
const sayOf = (input: CorpusInput) => (input.kind === "dataset" ? input.columns.join(", ") : `SHA-256 ${input.sha256}`);

export function Origin({ detail }: { detail: CorpusVersionDetail }) {
  const t = useT();
  const { card } = detail;
  return (
    <div className="stack">
      <Card title={t("corpora.tabOrigin")}>
        <DataTable<CorpusInput>
          label={t("corpora.tabOrigin")}
          file="corpus-inputs"
          rows={detail.inputs}
          rowKey={nameOf}
          columns={[
            {
              key: "name",
              title: t("corpora.source"),
              head: true,
              value: nameOf,
              render: (input) =>
                input.kind === "dataset" ? (
                  <Link to="/data/$name" params={{ name: input.dataset }} search={{ version: input.version }} className="mono wrap">{nameOf(input)}</Link>
                ) : (
                  <span className="wrap">{input.name}</span>
                ),
            },
            { key: "what", title: t("corpora.what"), value: sayOf, render: (input) => <span className="mono wrap">{sayOf(input)}</span> },
            { key: "grant", title: t("corpora.grant"), value: (input) => (input.kind === "dataset" ? input.grant : "—"), minor: true },
            { key: "rows", title: t("corpora.rows"), kind: "count", value: (input) => (input.kind === "dataset" ? input.rows : null) },
          ]}
        />
      </Card>
      <Card title={t("corpora.where")}>
        <p>
          <Link to="/data/$name" params={{ name: card.dataset }} className="mono wrap">{card.dataset}</Link>
          {card.dataset_version == null ? null : ` @${card.dataset_version}`}
        </p>
        <p className="mono wrap">{t("corpora.builtBy", { program: detail.program, digest: card.digest })}</p>
      </Card>
    </div>
  );
}
