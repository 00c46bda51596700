// One ticket: what its rule asks and what was found, what may be done next, and everything that happened.
import { useMutation } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Alert, App, Button, Form, Input, Modal } from "antd";
import { useState, type ReactNode } from "react";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { instant, number } from "../../sdk/format";
import { text, useT } from "../../sdk/i18n";
import { Badge, Card, PageFrame } from "../../sdk/Page";
import { client, useAsk } from "../../sdk/query";
import { Answer, FailureView } from "../../sdk/States";
import type { QualityTicket, QualityTicketDetail, QualityTicketLine } from "../../sdk/types";
import { useSeverityColour, useStateColour } from "./names";

type Step = "acknowledge" | "note" | "resolve" | "reopen";

export function TicketPage() {
  const t = useT();
  const { id } = useParams({ from: "/shell/quality/$id" });
  const found = useAsk(["quality", "ticket", id], () => api.qualityTicket(id));
  return (
    <PageFrame
      title={found.data ? text(found.data.card.title) : t("quality.title")}
      question={found.data ? text(found.data.card.says) : undefined}
      crumb={<Link to="/quality">{t("quality.back")}</Link>}
    >
      <Answer query={found} rows={10}>{(detail) => <Ticket detail={detail} />}</Answer>
    </PageFrame>
  );
}

/** Takes a step on the revision that was on screen. */
function useStep(card: QualityTicket, onDone: () => void) {
  const t = useT();
  const { message } = App.useApp();
  return useMutation({
    mutationFn: ({ step, note }: { step: Step; note: string }) => api.qualityTicketStep(card.id, step, { revision: card.revision, note }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["quality"] });
      void message.success(t("quality.stepSaved"));
      onDone();
    },
  });
}

function Ticket({ detail }: { detail: QualityTicketDetail }) {
  const t = useT();
  const [state, severity] = [useStateColour(), useSeverityColour()];
  const [step, setStep] = useState<Step>();
  const card = detail.card;
  const take = useStep(card, () => undefined);
  const facts: [string, ReactNode][] = [
    [t("quality.state"), <Badge key="s" colour={state[card.state]}>{t(`quality.stateOf.${card.state}`)}</Badge>],
    [t("quality.standing"), card.failing ? t("quality.failing") : t("quality.passing")],
    [t("quality.severity"), <Badge key="v" colour={severity[card.severity]}>{t(`quality.severityOf.${card.severity}`)}</Badge>],
    [t("quality.dataset"), <Link key="d" className="mono" to="/data/$name" params={{ name: card.dataset }} search={{ tab: "quality" }}>{card.dataset}</Link>],
    [t("quality.rule"), <span key="r" className="mono">{card.rule}</span>],
    [t("quality.owner"), card.owner],
    [t("quality.assignee"), card.assignee ?? t("quality.nobody")],
    [t("quality.failures"), number(card.failures)],
    [t("quality.opened"), instant(card.opened_at)],
    [t("quality.lastFailed"), instant(card.last_failed_at)],
    [t("quality.resolvedAt"), card.resolved_at ? instant(card.resolved_at) : null],
  ];
  const button = (to: Step, label: string, primary = false) => (
    <Button key={to} type={primary ? "primary" : "default"} onClick={() => setStep(to)}>{label}</Button>
  );
  return (
    <div className="stack">
      {take.isError ? <FailureView error={take.error} /> : null}
      {detail.may_work && card.state === "acknowledged" && card.failing ? <Alert type="info" showIcon title={t("quality.mustPass")} /> : null}
      <Card
        label={t("quality.ticket")}
        title={t("quality.ticket")}
        tools={
          detail.may_work ? (
            <>
              {card.state === "resolved" ? null : (
                <Button type={card.state === "open" ? "primary" : "default"} loading={take.isPending} onClick={() => take.mutate({ step: "acknowledge", note: "" })}>{t("quality.acknowledge")}</Button>
              )}
              {card.state === "acknowledged" ? button("resolve", t("quality.resolve"), true) : null}
              {card.state === "resolved" ? button("reopen", t("quality.reopen")) : null}
              {button("note", t("quality.addNote"))}
            </>
          ) : undefined
        }
      >
        <dl className="facts">
          {facts.filter(([, value]) => value !== null && value !== "").map(([name, value]) => [<dt key={`${name}-t`}>{name}</dt>, <dd key={name}>{value}</dd>])}
        </dl>
      </Card>
      <Timeline lines={detail.timeline} />
      {step ? <StepForm card={card} step={step} onClose={() => setStep(undefined)} /> : null}
    </div>
  );
}

function StepForm({ card, step, onClose }: { card: QualityTicket; step: Step; onClose: () => void }) {
  const t = useT();
  const [form] = Form.useForm<{ note: string }>();
  const work = useStep(card, onClose);
  const [title, words] = {
    acknowledge: [t("quality.acknowledge"), t("quality.note")],
    note: [t("quality.addNote"), t("quality.note")],
    resolve: [t("quality.resolve"), t("quality.resolveWords")],
    reopen: [t("quality.reopen"), t("quality.reopenWords")],
  }[step];
  return (
    <Modal open title={title} onCancel={onClose} onOk={() => form.submit()} confirmLoading={work.isPending} okText={title} cancelText={t("common.cancel")}>
      {work.isError ? <FailureView error={work.error} /> : null}
      <Form form={form} layout="vertical" onFinish={({ note }) => work.mutate({ step, note })}>
        <Form.Item name="note" label={words} rules={[{ required: true, whitespace: true, message: t("components.required") }]}>
          <Input.TextArea rows={3} maxLength={1000} />
        </Form.Item>
      </Form>
    </Modal>
  );
}

const STEPS = ["open", "fail_again", "pass", "acknowledge", "note", "resolve", "reopen"] as const;

function Timeline({ lines }: { lines: QualityTicketLine[] }) {
  const t = useT();
  const named = (line: QualityTicketLine) => {
    const known = STEPS.find((s) => s === line.step);
    return known ? t(`quality.stepOf.${known}`) : line.step;
  };
  const words = (line: QualityTicketLine) => {
    const found = line.detail as { checked?: number; failed?: number } | null;
    if (line.note !== "") return line.note;
    if (!found?.checked) return "";
    return t("quality.failedRows", { failed: number(found.failed), checked: number(found.checked) });
  };
  return (
    <Card title={t("quality.timeline")}>
      <DataTable<QualityTicketLine>
        label={t("quality.timeline")}
        file="timeline"
        rows={lines}
        rowKey={(l) => l.number}
        pageSize={50}
        columns={[
          { key: "at", title: t("quality.at"), kind: "instant", value: (l) => l.at },
          { key: "step", title: t("quality.step"), value: named, head: true },
          { key: "actor", title: t("quality.actor"), value: (l) => l.actor, render: (l) => <span className="wrap">{l.actor}</span> },
          { key: "words", title: t("quality.words"), value: words, render: (l) => <span style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{words(l) || "—"}</span> },
        ]}
      />
    </Card>
  );
}
