// One incident: where it stands, what may be done next, the clocks of the law, and everything that happened.
import { Link, useParams } from "@tanstack/react-router";
import { Button } from "antd";
import { useState, type ReactNode } from "react";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { instant, number } from "../../sdk/format";
import { text, useT } from "../../sdk/i18n";
import { Badge, Card, PageFrame } from "../../sdk/Page";
import { useAsk } from "../../sdk/query";
import { useParty } from "../../sdk/session";
import { Answer, Empty, FailureView } from "../../sdk/States";
import type { IncidentDetail, IncidentDuty, TimelineEntry } from "../../sdk/types";
import { usePalette } from "../../shell/preferences";
import { useSeverityColour } from "./IncidentsPage";
import { StepForm, useIncidentStep, type Step } from "./StepForm";

export function IncidentPage() {
  const t = useT();
  const { id } = useParams({ from: "/shell/incidents/$id" });
  const found = useAsk(["incidents", id], () => api.incident(id));
  return (
    <PageFrame
      title={found.data ? text(found.data.card.title) : t("incidents.title")}
      crumb={<Link to="/incidents">{t("incidents.back")}</Link>}
    >
      <Answer query={found} rows={10}>{(detail) => <Incident detail={detail} />}</Answer>
    </PageFrame>
  );
}

function Incident({ detail }: { detail: IncidentDetail }) {
  const t = useT();
  const colour = useSeverityColour();
  const works = useParty()?.role === "security_administrator";
  const [step, setStep] = useState<Step>();
  const take = useIncidentStep(detail.card, () => undefined);
  const card = detail.card;
  const facts: [string, ReactNode][] = [
    [t("incidents.state"), t(`incidents.stateOf.${card.state}`)],
    [t("incidents.severity"), <Badge key="s" colour={colour[card.severity]}>{t(`incidents.severityOf.${card.severity}`)}</Badge>],
    [t("incidents.kind"), card.drill ? t("incidents.drill") : t("incidents.real")],
    [t("incidents.subject"), <span key="w" className="wrap">{card.subject}</span>],
    [t("incidents.rule"), card.rule],
    [t("incidents.owner"), card.owner ?? t("incidents.nobody")],
    [t("incidents.hits"), card.rule ? number(card.hits) : null],
    [t("incidents.opened"), instant(card.opened_at)],
    [t("incidents.lastHit"), card.rule ? instant(card.last_hit_at) : null],
    [t("incidents.closedAt"), card.closed_at ? instant(card.closed_at) : null],
    [t("incidents.cause"), card.cause],
    [t("incidents.measures"), card.measures],
    [t("incidents.falseAlarm"), card.false_alarm ? t("incidents.falseAlarm") : null],
  ];
  return (
    <div className="stack">
      {take.isError ? <FailureView error={take.error} /> : null}
      <Card
        label={t("incidents.title")}
        title={t("incidents.title")}
        tools={works ? <Actions detail={detail} onStep={setStep} onTake={() => take.mutate({ step: "assign", words: {} })} /> : undefined}
      >
        <dl className="facts">
          {facts.filter(([, value]) => value !== null && value !== undefined && value !== "").map(([name, value]) => [<dt key={`${name}-t`}>{name}</dt>, <dd key={name}>{value}</dd>])}
        </dl>
      </Card>
      <Duties detail={detail} works={works} onStep={setStep} />
      <Timeline lines={detail.timeline} />
      <References detail={detail} />
      {step ? <StepForm card={card} step={step} onClose={() => setStep(undefined)} /> : null}
    </div>
  );
}

/** What may be done next; the node decides in any case. */
function Actions({ detail, onStep, onTake }: { detail: IncidentDetail; onStep: (step: Step) => void; onTake: () => void }) {
  const t = useT();
  const state = detail.card.state;
  const button = (step: Step["step"], label: string, primary = false) => (
    <Button key={step} type={primary ? "primary" : "default"} onClick={() => onStep({ step })}>{label}</Button>
  );
  return (
    <>
      {state === "open" ? <Button type="primary" onClick={onTake}>{t("incidents.assignMe")}</Button> : null}
      {state === "closed" ? null : button("assign", t("incidents.assign"))}
      {state === "assigned" ? button("contain", t("incidents.contain"), true) : null}
      {state === "contained" ? button("close", t("incidents.close"), true) : null}
      {state === "open" || state === "assigned" ? button("dismiss", t("incidents.dismiss")) : null}
      {state === "closed" ? button("reopen", t("incidents.reopen")) : null}
      {button("note", t("incidents.addNote"))}
    </>
  );
}

function Duties({ detail, works, onStep }: { detail: IncidentDetail; works: boolean; onStep: (step: Step) => void }) {
  const t = useT();
  const palette = usePalette();
  const stands = (duty: IncidentDuty) =>
    duty.done_at ? t("incidents.done") : duty.overdue ? t("incidents.overdue") : t("incidents.running");
  return (
    <Card title={t("incidents.duties")} tools={works ? <Button onClick={() => onStep({ step: "duty" })}>{t("incidents.addDuty")}</Button> : undefined}>
      <p className="muted" style={{ marginBottom: 8 }}>{t("incidents.dutiesHint")}</p>
      <DataTable<IncidentDuty>
        label={t("incidents.duties")}
        rows={detail.duties}
        rowKey={(d) => d.duty}
        empty={<Empty title={t("incidents.noDuties")} />}
        columns={[
          { key: "title", title: t("incidents.duty"), value: (d) => text(d.title), head: true, render: (d) => <span className="wrap">{text(d.title)}</span> },
          { key: "law", title: t("incidents.law"), value: (d) => d.law, render: (d) => <span className="wrap">{d.law}</span> },
          { key: "due", title: t("incidents.due"), kind: "instant", value: (d) => d.due_at },
          { key: "stands", title: t("incidents.state"), value: stands, render: (d) => <Badge colour={d.done_at ? palette.ok : d.overdue ? palette.gap : palette.choke}>{stands(d)}</Badge> },
          {
            key: "actions",
            title: t("common.actions"),
            sortable: false,
            value: () => null,
            render: (d) => (works && !d.done_at ? <Button size="small" onClick={() => onStep({ step: "report", duty: d.duty })}>{t("incidents.reportDuty")}</Button> : null),
          },
        ]}
      />
    </Card>
  );
}

function Timeline({ lines }: { lines: TimelineEntry[] }) {
  const t = useT();
  return (
    <Card title={t("incidents.timeline")}>
      <DataTable<TimelineEntry>
        label={t("incidents.timeline")}
        file="timeline"
        rows={lines}
        rowKey={(l) => l.number}
        pageSize={50}
        columns={[
          { key: "at", title: t("incidents.at"), kind: "instant", value: (l) => l.at },
          { key: "step", title: t("incidents.step"), value: (l) => t(`incidents.stepOf.${l.step as "open"}`), head: true },
          { key: "actor", title: t("incidents.actor"), value: (l) => l.actor, render: (l) => <span className="wrap">{l.actor}</span> },
          { key: "words", title: t("incidents.words"), value: (l) => l.note || measure(l), render: (l) => <span style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{l.note || measure(l)}</span> },
        ]}
      />
    </Card>
  );
}

/** What a rule counted, where nobody wrote anything. */
function measure(line: TimelineEntry): string {
  const detail = line.detail as { measure?: string; owner?: string; duty?: string } | null;
  return detail?.measure ?? detail?.owner ?? detail?.duty ?? "";
}

function References({ detail }: { detail: IncidentDetail }) {
  const t = useT();
  const auditor = useParty()?.role === "auditor";
  return (
    <Card title={t("incidents.references")}>
      <p className="muted" style={{ marginBottom: 8 }}>{detail.references.length === 0 ? t("incidents.noReferences") : t("incidents.referencesHint")}</p>
      <p className="wrap">
        {detail.references.map((reference) => {
          const name = `${reference.log === "audit" ? t("nav.audit") : t("nav.evidence")} #${reference.seq}`;
          const key = `${reference.log}-${reference.seq}`;
          if (!auditor) return <span key={key} style={{ marginRight: 12 }}>{name}</span>;
          return reference.log === "audit" ? (
            <Link key={key} to="/audit" search={{ seq: reference.seq }} style={{ marginRight: 12 }}>{name}</Link>
          ) : (
            <Link key={key} to="/evidence" search={{ seq: reference.seq }} style={{ marginRight: 12 }}>{name}</Link>
          );
        })}
      </p>
    </Card>
  );
}
