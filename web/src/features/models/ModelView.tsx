// One model: what it is, what it reads, its tests, its query and what came of its attempts.
import { Link } from "@tanstack/react-router";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { text, useT } from "../../sdk/i18n";
import { Card } from "../../sdk/Page";
import { useAsk } from "../../sdk/query";
import { Answer, Empty } from "../../sdk/States";
import type { ModelAttempt, ModelDetail } from "../../sdk/types";

export function ModelView({ name }: { name: string }) {
  const t = useT();
  const detail = useAsk(["models", "one", name], () => api.model(name));
  return (
    <Card title={name} tools={<Link to="/models" search={(s: { select?: string }) => ({ ...s, model: undefined })}>{t("common.close")}</Link>}>
      <Answer query={detail} rows={6}>{(found) => <Detail found={found} />}</Answer>
    </Card>
  );
}

function Detail({ found }: { found: ModelDetail }) {
  const t = useT();
  const card = found.card;
  return (
    <>
      <p>{text(card.description)}</p>
      <p>
        {card.version === null || card.version === undefined ? null : (
          <Link to="/data/$name" params={{ name: card.name }}>{t("models.lineage")}</Link>
        )}
      </p>
      <dl className="facts">
        <dt>{t("models.reads")}</dt>
        <dd className="mono wrap">{[...card.inputs, ...card.optional].join(" ") || "—"}</dd>
        <dt>{t("models.readBy")}</dt>
        <dd className="mono wrap">{found.read_by.join(" ") || "—"}</dd>
        <dt>{t("models.columns")}</dt>
        <dd className="wrap">{found.columns.map((column) => `${column.name} ${text(column.title)}`).join(" · ")}</dd>
        <dt>{t("models.tests")}</dt>
        <dd>{card.tests.length === 0 ? t("models.noTests") : <ul>{card.tests.map((test) => <li key={test} className="mono wrap">{test}</li>)}</ul>}</dd>
      </dl>
      <details>
        <summary>SQL</summary>
        <pre className="code" tabIndex={0} aria-label="SQL" style={{ overflow: "auto" }}>{found.sql}</pre>
      </details>
      <h3>{t("models.history")}</h3>
      <DataTable<ModelAttempt>
        label={t("models.history")}
        rows={found.attempts}
        rowKey={(attempt) => attempt.id}
        empty={<Empty title={t("models.noHistory")} hint={t("models.noHistoryHint")} />}
        columns={[
          { key: "at", title: t("common.updated"), kind: "instant", value: (attempt) => attempt.at, head: true },
          {
            key: "state",
            title: t("models.health"),
            value: (attempt) => stateOf(attempt.state, t),
          },
          { key: "mode", title: t("models.mode"), value: (attempt) => modeOf(attempt.mode, t) },
          { key: "rows", title: t("models.rows"), kind: "count", value: (attempt) => attempt.rows },
          { key: "seconds", title: t("models.seconds"), kind: "decimal", value: (attempt) => attempt.seconds },
          {
            key: "why",
            title: t("models.why"),
            value: (attempt) => (attempt.reason ? text(attempt.reason) : null),
            render: (attempt) => <span style={{ display: "inline-block", maxWidth: 340, whiteSpace: "normal" }}>{attempt.reason ? text(attempt.reason) : "—"}</span>,
          },
          { key: "actor", title: t("models.actor"), value: (attempt) => attempt.actor, minor: true },
        ]}
      />
    </>
  );
}

const STATES = ["ran", "unchanged", "waiting", "failed", "tests_failed", "skipped"] as const;
const MODES = ["full", "incremental", "backfill"] as const;
type Words = ReturnType<typeof useT>;

/** A stored word of a newer node is shown as it is. */
function stateOf(state: string, t: Words): string {
  const known = STATES.find((word) => word === state);
  return known ? t(`models.stateOf.${known}`) : state;
}

function modeOf(mode: string, t: Words): string {
  const known = MODES.find((word) => word === mode);
  return known ? t(`models.modeOf.${known}`) : mode;
}
