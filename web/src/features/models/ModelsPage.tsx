// What each table is made of, whether it is up to date, and why not; running what is stale.
import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Switch } from "antd";
import { useId, useState } from "react";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { instant } from "../../sdk/format";
import { text, useT } from "../../sdk/i18n";
import { Badge, Card, PageFrame } from "../../sdk/Page";
import { client, useAsk } from "../../sdk/query";
import { SearchField } from "../../sdk/SearchField";
import { useParty } from "../../sdk/session";
import { Answer, Empty, FailureView } from "../../sdk/States";
import type { BrokenModel, ModelCard, Role } from "../../sdk/types";
import { ModelView } from "./ModelView";
import { PlanTable, RunTable } from "./Outcome";
import { useHealthColour } from "./names";

/** Roles that make models of data; the node decides in any case. */
const MAKERS: Role[] = ["system_administrator", "government", "industry_body"];

export function ModelsPage() {
  const t = useT();
  const party = useParty();
  const search = useSearch({ from: "/shell/models" });
  const navigate = useNavigate({ from: "/models" });
  const fullId = useId();
  const [full, setFull] = useState(false);
  const list = useAsk(["models", search.select], () => api.models(search.select));
  const request = { select: search.select ?? "", full_refresh: full };
  const plan = useMutation({ mutationFn: () => api.planModels(request) });
  const run = useMutation({
    mutationFn: () => api.runModels(request),
    onSettled: () => client.invalidateQueries({ queryKey: ["models"] }),
  });
  const makes = party !== undefined && MAKERS.includes(party.role);
  const busy = plan.isPending || run.isPending;
  return (
    <PageFrame title={t("models.title")} question={t("models.question")}>
      <div className="filters">
        <SearchField
          label={t("models.select")}
          value={search.select}
          hint={t("models.selectHint")}
          longest={4000}
          width={460}
          onSearch={(select) => void navigate({ search: (s) => ({ ...s, select }) })}
        />
        {makes ? (
          <>
            <div className="filter">
              <label htmlFor={fullId}>{t("models.full")}</label>
              <Switch id={fullId} checked={full} onChange={setFull} />
            </div>
            <Button loading={plan.isPending} disabled={busy} onClick={() => plan.mutate()}>{t("models.plan")}</Button>
            <Button type="primary" loading={run.isPending} disabled={busy} onClick={() => run.mutate()}>{t("models.run")}</Button>
          </>
        ) : null}
      </div>
      {plan.isError ? <FailureView error={plan.error} /> : null}
      {run.isError ? <FailureView error={run.error} /> : null}
      {run.data ? <Card title={t("models.done")}><RunTable runs={run.data.runs} /></Card> : null}
      {plan.data ? <Card title={t("models.planned")}><PlanTable steps={plan.data.steps} /></Card> : null}
      <Answer query={list} rows={10}>
        {(found) => (
          <>
            {found.broken.length > 0 ? <Broken files={found.broken} /> : null}
            {search.model ? <ModelView name={search.model} /> : null}
            <Card title={t("models.order")}><Models cards={found.models} loading={list.isFetching} /></Card>
          </>
        )}
      </Answer>
    </PageFrame>
  );
}

function Models({ cards, loading }: { cards: ModelCard[]; loading: boolean }) {
  const t = useT();
  const colour = useHealthColour();
  return (
    <DataTable<ModelCard>
      label={t("models.title")}
      file="models"
      rows={cards}
      rowKey={(card) => card.name}
      pageSize={50}
      loading={loading}
      empty={<Empty title={t("models.none")} hint={t("models.noneHint")} />}
      columns={[
        {
          key: "name",
          title: t("common.name"),
          head: true,
          value: (card) => card.name,
          render: (card) => (
            <span style={{ display: "inline-block", whiteSpace: "normal" }}>
              <Link to="/models" search={(s: { select?: string }) => ({ ...s, model: card.name })}>{text(card.title)}</Link>
              <span className="mono muted" style={{ display: "block" }}>{card.name}</span>
            </span>
          ),
        },
        {
          key: "health",
          title: t("models.health"),
          value: (card) => t(`models.healthOf.${card.health}`),
          render: (card) => (
            <>
              <Badge colour={colour[card.health]}>{t(`models.healthOf.${card.health}`)}</Badge>
              {card.age && card.age !== "fresh" ? <div className="muted">{t(`models.ageOf.${card.age}`)}</div> : null}
            </>
          ),
        },
        {
          key: "why",
          title: t("models.why"),
          value: (card) => card.reasons.map(text).join("; "),
          render: (card) => (
            <span style={{ display: "inline-block", maxWidth: 340, whiteSpace: "normal" }}>{card.reasons.map(text).join("；") || "—"}</span>
          ),
        },
        { key: "rows", title: t("models.rows"), kind: "count", value: (card) => card.rows },
        {
          key: "reads",
          title: t("models.reads"),
          value: (card) => [...card.inputs, ...card.optional].join(" "),
          render: (card) => <span className="mono" style={{ display: "inline-block", maxWidth: 260, whiteSpace: "normal" }}>{[...card.inputs, ...card.optional].join(" ")}</span>,
          minor: true,
        },
        { key: "tests", title: t("models.tests"), kind: "count", value: (card) => card.tests.length },
        { key: "place", title: t("models.place"), value: (card) => `${card.place} · ${card.file ? t("models.own") : t("models.builtIn")}`, minor: true },
        {
          key: "last",
          title: t("models.last"),
          value: (card) => card.last?.at ?? null,
          render: (card) => (card.last ? instant(card.last.at) : t("models.never")),
        },
      ]}
    />
  );
}

function Broken({ files }: { files: BrokenModel[] }) {
  const t = useT();
  return (
    <Card title={t("models.broken")}>
      <p className="muted">{t("models.brokenHint")}</p>
      <ul>
        {files.map((error) => (
          <li key={error.file} className="wrap">
            <b className="mono">{error.file}</b> {t("models.line", { line: error.line })}: {text(error.problem)}
            <div className="muted">{t("models.fix")}: {text(error.fix)}</div>
          </li>
        ))}
      </ul>
    </Card>
  );
}
