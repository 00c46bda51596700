// Protection level 3 row by row: how far each is met, where, by which test, and how this node stands.
import { Alert, Segmented } from "antd";
import { getRouteApi } from "@tanstack/react-router";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { number } from "../../sdk/format";
import { useLanguage, useT } from "../../sdk/i18n";
import { Badge, Card, Figure, PageFrame } from "../../sdk/Page";
import { useAsk } from "../../sdk/query";
import { useParty } from "../../sdk/session";
import { Answer, Empty } from "../../sdk/States";
import type { ComplianceFact, ComplianceReport, Control } from "../../sdk/types";
import { ADMINISTRATORS } from "../../shell/Navigation";
import { usePalette } from "../../shell/preferences";

const STATES = ["met", "partly", "deployment", "open"] as const;
const TONES = { met: "good", partly: "warn", deployment: undefined, open: "bad" } as const;
const route = getRouteApi("/shell/compliance");

export function CompliancePage() {
  const t = useT();
  const party = useParty();
  return (
    <PageFrame title={t("compliance.title")} question={t("compliance.question")}>
      {party && !ADMINISTRATORS.includes(party.role) ? <Alert type="warning" showIcon title={t("compliance.only")} /> : <Report />}
    </PageFrame>
  );
}

function Report() {
  const t = useT();
  const report = useAsk(["compliance"], api.compliance);
  return (
    <Answer query={report} rows={8}>
      {(found) => (
        <div className="stack">
          <p className="muted">{t("compliance.disclaimer")}</p>
          <States report={found} />
          <Facts facts={found.facts} />
          <Matrix controls={found.controls} />
        </div>
      )}
    </Answer>
  );
}

function States({ report }: { report: ComplianceReport }) {
  const t = useT();
  const navigate = route.useNavigate();
  return (
    <section className="figures" aria-label={t("compliance.states")}>
      {STATES.map((state) => (
        <Figure
          key={state}
          label={t(`compliance.stateOf.${state}`)}
          value={number(report.counts[state])}
          unit={t("compliance.rows")}
          tone={TONES[state]}
          onClick={() => void navigate({ search: { state } })}
        />
      ))}
    </section>
  );
}

function Facts({ facts }: { facts: ComplianceFact[] }) {
  const t = useT();
  const zh = useLanguage() === "zh-CN";
  const palette = usePalette();
  const word = (ok: boolean | null | undefined) =>
    t(ok === true ? "compliance.asWanted" : ok === false ? "compliance.notAsWanted" : "compliance.informs");
  const colour = (ok: boolean | null | undefined) => (ok === true ? palette.ok : ok === false ? palette.gap : palette.none);
  return (
    <Card title={t("compliance.facts")}>
      <DataTable<ComplianceFact>
        label={t("compliance.facts")}
        file="compliance-facts"
        rows={facts}
        rowKey={(f) => f.key}
        columns={[
          { key: "fact", title: t("compliance.fact"), value: (f) => (zh ? f.title.zh : f.title.en), head: true },
          { key: "state", title: t("compliance.state"), value: (f) => word(f.ok), render: (f) => <Badge colour={colour(f.ok)}>{word(f.ok)}</Badge> },
          { key: "value", title: t("compliance.value"), value: (f) => f.value, render: (f) => <span className="wrap">{f.value}</span> },
        ]}
      />
    </Card>
  );
}

function Matrix({ controls }: { controls: Control[] }) {
  const t = useT();
  const zh = useLanguage() === "zh-CN";
  const palette = usePalette();
  const navigate = route.useNavigate();
  const wanted = STATES.find((state) => state === route.useSearch().state);
  const colour = { met: palette.ok, partly: palette.choke, deployment: palette.none, open: palette.gap };
  const say = (text: Control["title"] | null | undefined) => (text ? (zh ? text.zh : text.en) : null);
  return (
    <Card
      title={t("compliance.matrix")}
      tools={
        <Segmented
          aria-label={t("compliance.state")}
          value={wanted ?? "all"}
          onChange={(state) => void navigate({ search: state === "all" ? {} : { state } })}
          options={[{ value: "all", label: t("compliance.all") }, ...STATES.map((s) => ({ value: s as string, label: t(`compliance.stateOf.${s}`) }))]}
        />
      }
    >
      <DataTable<Control>
        label={t("compliance.matrix")}
        file="level-3"
        rows={wanted ? controls.filter((c) => c.state === wanted) : controls}
        rowKey={(c) => c.row}
        empty={<Empty title={t("compliance.none")} hint={t("compliance.noneHint")} />}
        columns={[
          { key: "row", title: t("compliance.row"), kind: "count", value: (c) => c.row },
          { key: "control", title: t("compliance.control"), value: (c) => say(c.title), head: true },
          {
            key: "state",
            title: t("compliance.state"),
            value: (c) => t(`compliance.stateOf.${c.state}`),
            render: (c) => <Badge colour={colour[c.state]}>{t(`compliance.stateOf.${c.state}`)}</Badge>,
          },
          { key: "clauses", title: t("compliance.clauses"), value: (c) => c.clauses.join(", ") },
          { key: "asks", title: t("compliance.asks"), value: (c) => say(c.asks), minor: true },
          { key: "places", title: t("compliance.places"), value: (c) => (c.places ?? []).join("\n"), render: (c) => <List items={c.places ?? []} /> },
          { key: "tests", title: t("compliance.tests"), value: (c) => (c.tests ?? []).join("\n"), render: (c) => <List items={c.tests ?? []} />, minor: true },
          { key: "organisation", title: t("compliance.organisation"), value: (c) => say(c.organisation) },
          { key: "missing", title: t("compliance.missing"), value: (c) => say(c.missing) },
        ]}
      />
    </Card>
  );
}

function List({ items }: { items: string[] }) {
  return (
    <>
      {items.map((item) => (
        <div key={item} className="mono wrap" style={{ fontSize: 12 }}>{item}</div>
      ))}
    </>
  );
}
