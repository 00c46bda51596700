// What is out of the ordinary: incidents and drills, and the rules that raise them.
import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { App, Button, Form, Input, Modal, Select, Switch } from "antd";
import { useId, useState } from "react";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { text, useT } from "../../sdk/i18n";
import { Badge, Card, PageFrame } from "../../sdk/Page";
import { client, useAsk } from "../../sdk/query";
import { useParty } from "../../sdk/session";
import { Answer, Empty, FailureView } from "../../sdk/States";
import type { AlertRule, IncidentCard, NewIncident, Severity } from "../../sdk/types";
import { usePalette } from "../../shell/preferences";

const PAGE_SIZE = 25;
export const SEVERITIES = ["general", "serious", "major", "critical"] as const;
const STATES = ["open", "assigned", "contained", "closed"] as const;

/** One colour for each severity, on every page that shows one. */
export function useSeverityColour(): Record<Severity, string> {
  const palette = usePalette();
  return { general: palette.none, serious: palette.choke, major: palette.gap, critical: palette.gap };
}

export function IncidentsPage() {
  const t = useT();
  const colour = useSeverityColour();
  const search = useSearch({ from: "/shell/incidents" });
  const navigate = useNavigate({ from: "/incidents" });
  const [stateId, severityId, kindId, unclosedId] = [useId(), useId(), useId(), useId()];
  const works = useParty()?.role === "security_administrator";
  const [raising, setRaising] = useState<"incident" | "drill">();
  const page = search.page ?? 1;
  const unclosed = search.state === undefined && search.all !== true;
  const drill = search.kind === undefined ? undefined : search.kind === "drill";
  const found = useAsk(["incidents", search], () =>
    api.incidents({ state: search.state, severity: search.severity, unclosed, drill, page, page_size: PAGE_SIZE }),
  );
  const apply = (next: Partial<typeof search>) => void navigate({ search: (s) => ({ ...s, ...next, page: undefined }) });
  const select = { allowClear: true, style: { minWidth: 120, width: "100%" }, placeholder: t("common.all") };
  return (
    <PageFrame
      title={t("incidents.title")}
      question={t("incidents.question")}
      tools={
        works ? (
          <>
            <Button onClick={() => setRaising("drill")}>{t("incidents.beginDrill")}</Button>
            <Button type="primary" onClick={() => setRaising("incident")}>{t("incidents.report")}</Button>
          </>
        ) : undefined
      }
    >
      <div className="stack">
        <Card title={t("incidents.title")}>
          <div className="filters">
            <div className="filter">
              <label htmlFor={unclosedId}>{t("incidents.unclosed")}</label>
              <Switch id={unclosedId} checked={unclosed} onChange={(on) => apply({ all: on ? undefined : true, state: undefined })} />
            </div>
            <div className="filter">
              <label htmlFor={stateId}>{t("incidents.state")}</label>
              <Select id={stateId} {...select} value={search.state} onChange={(state?: (typeof STATES)[number]) => apply({ state })} options={STATES.map((s) => ({ value: s, label: t(`incidents.stateOf.${s}`) }))} />
            </div>
            <div className="filter">
              <label htmlFor={severityId}>{t("incidents.severity")}</label>
              <Select id={severityId} {...select} value={search.severity} onChange={(severity?: Severity) => apply({ severity })} options={SEVERITIES.map((s) => ({ value: s, label: t(`incidents.severityOf.${s}`) }))} />
            </div>
            <div className="filter">
              <label htmlFor={kindId}>{t("incidents.kind")}</label>
              <Select id={kindId} {...select} value={search.kind} onChange={(kind?: "real" | "drill") => apply({ kind })} options={[{ value: "real", label: t("incidents.real") }, { value: "drill", label: t("incidents.drill") }]} />
            </div>
          </div>
          <Answer query={found} rows={6}>
            {(list) => (
              <DataTable<IncidentCard>
                label={t("incidents.title")}
                file="incidents"
                rows={list.items}
                rowKey={(i) => i.id}
                paging={{ page, pageSize: PAGE_SIZE, total: list.total, onChange: (next) => void navigate({ search: (s) => ({ ...s, page: next }) }) }}
                empty={<Empty title={t("incidents.none")} hint={t("incidents.noneHint")} />}
                columns={[
                  {
                    key: "title",
                    title: t("incidents.name"),
                    value: (i) => text(i.title),
                    head: true,
                    render: (i) => (
                      <span className="wrap">
                        <Link to="/incidents/$id" params={{ id: i.id }}>{text(i.title)}</Link>
                        {i.drill ? <> <Badge colour={colour.general}>{t("incidents.drill")}</Badge></> : null}
                      </span>
                    ),
                  },
                  { key: "severity", title: t("incidents.severity"), value: (i) => t(`incidents.severityOf.${i.severity}`), render: (i) => <Badge colour={colour[i.severity]}>{t(`incidents.severityOf.${i.severity}`)}</Badge> },
                  { key: "state", title: t("incidents.state"), value: (i) => t(`incidents.stateOf.${i.state}`) },
                  { key: "subject", title: t("incidents.subject"), value: (i) => i.subject, render: (i) => <span className="wrap">{i.subject}</span> },
                  { key: "owner", title: t("incidents.owner"), value: (i) => i.owner ?? t("incidents.nobody"), render: (i) => <span className="wrap">{i.owner ?? t("incidents.nobody")}</span> },
                  { key: "hits", title: t("incidents.hits"), kind: "count", value: (i) => i.hits, minor: true },
                  { key: "opened", title: t("incidents.opened"), kind: "instant", value: (i) => i.opened_at },
                ]}
              />
            )}
          </Answer>
        </Card>
        <Rules />
      </div>
      {raising ? <Raise drill={raising === "drill"} onClose={() => setRaising(undefined)} /> : null}
    </PageFrame>
  );
}

function Rules() {
  const t = useT();
  const colour = useSeverityColour();
  const book = useAsk(["alert-rules"], api.alertRules);
  return (
    <Card title={t("incidents.rules")}>
      <p className="muted" style={{ marginBottom: 8 }}>{t("incidents.rulesHint")}</p>
      <Answer query={book} rows={6}>
        {(found) => (
          <DataTable<AlertRule>
            label={t("incidents.rules")}
            rows={found.rules}
            rowKey={(r) => r.id}
            columns={[
              { key: "title", title: t("incidents.rule"), value: (r) => text(r.title), head: true, render: (r) => <span className="wrap">{text(r.title)}{r.enabled === false ? <span className="muted"> {t("incidents.off")}</span> : null}</span> },
              { key: "severity", title: t("incidents.severity"), value: (r) => t(`incidents.severityOf.${r.severity}`), render: (r) => <Badge colour={colour[r.severity]}>{t(`incidents.severityOf.${r.severity}`)}</Badge> },
              { key: "window", title: t("incidents.window"), value: (r) => t("incidents.minutes", { n: String(r.window_minutes) }) },
              { key: "condition", title: t("incidents.condition"), value: (r) => JSON.stringify(r.condition), render: (r) => <span className="mono wrap">{JSON.stringify(r.condition)}</span>, minor: true },
            ]}
          />
        )}
      </Answer>
    </Card>
  );
}

function Raise({ drill, onClose }: { drill: boolean; onClose: () => void }) {
  const t = useT();
  const { message } = App.useApp();
  const navigate = useNavigate({ from: "/incidents" });
  const [form] = Form.useForm<NewIncident>();
  const raise = useMutation({
    mutationFn: (draft: NewIncident) => api.raiseIncident({ ...draft, drill }),
    onSuccess: async (made) => {
      await client.invalidateQueries({ queryKey: ["incidents"] });
      void message.success(t("incidents.raised"));
      await navigate({ to: "/incidents/$id", params: { id: made.card.id } });
    },
  });
  const required = { required: true, whitespace: true, message: t("components.required") };
  return (
    <Modal open title={drill ? t("incidents.beginDrill") : t("incidents.report")} onCancel={onClose} onOk={() => form.submit()} confirmLoading={raise.isPending} okText={t("incidents.submit")} cancelText={t("common.cancel")}>
      {raise.isError ? <FailureView error={raise.error} /> : null}
      <Form form={form} layout="vertical" onFinish={raise.mutate} initialValues={{ severity: "serious", subject: drill ? "drill" : undefined }}>
        <Form.Item name="title" label={t("incidents.name")} rules={[required]}><Input maxLength={200} /></Form.Item>
        <Form.Item name="subject" label={t("incidents.subject")} rules={[required]}><Input maxLength={200} /></Form.Item>
        <Form.Item name="severity" label={t("incidents.severity")} rules={[{ required: true }]}>
          <Select options={SEVERITIES.map((s) => ({ value: s, label: t(`incidents.severityOf.${s}`) }))} />
        </Form.Item>
        <Form.Item name="note" label={t("incidents.note")}><Input.TextArea rows={3} maxLength={4000} /></Form.Item>
      </Form>
    </Modal>
  );
}
