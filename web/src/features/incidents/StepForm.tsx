// The words a step of an incident needs; each step names the revision that was on screen.
import { useMutation } from "@tanstack/react-query";
import { App, Form, Input, Modal, Select } from "antd";
import { api } from "../../sdk/api";
import { text, useT } from "../../sdk/i18n";
import { client, useAsk } from "../../sdk/query";
import { FailureView } from "../../sdk/States";
import type { IncidentCard, IncidentDetail } from "../../sdk/types";

export interface Step {
  step: "assign" | "contain" | "close" | "dismiss" | "reopen" | "note" | "duty" | "report";
  /** The duty that was done. */
  duty?: string;
}

interface Words {
  owner?: string;
  note?: string;
  cause?: string;
  measures?: string;
  duty?: string;
}

/** Takes a step and shows what came of it. */
export function useIncidentStep(card: IncidentCard, onDone: () => void) {
  const t = useT();
  const { message } = App.useApp();
  return useMutation({
    mutationFn: ({ step, words, duty }: { step: Step["step"]; words: Words; duty?: string }) => take(card, step, words, duty),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["incidents"] });
      void message.success(t("incidents.saved"));
      onDone();
    },
  });
}

function take(card: IncidentCard, step: Step["step"], words: Words, duty?: string): Promise<IncidentDetail> {
  const { id, revision } = card;
  const note = words.note ?? "";
  switch (step) {
    case "assign":
      return api.incidentStep(id, "assign", { revision, to: { owner: words.owner || null, note } });
    case "contain":
      return api.incidentStep(id, "contain", { revision, note });
    case "close":
      return api.incidentStep(id, "close", { revision, closure: { cause: words.cause ?? "", measures: words.measures ?? "", false_alarm: false } });
    case "dismiss":
      return api.incidentStep(id, "close", { revision, closure: { cause: words.cause ?? "", measures: "", false_alarm: true } });
    case "reopen":
      return api.incidentStep(id, "reopen", { revision, note });
    case "note":
      return api.incidentStep(id, "notes", { revision, note });
    case "duty":
      return api.incidentStep(id, "duties", { revision, duty: words.duty ?? "" });
    case "report":
      return api.incidentStep(id, "reports", { revision, duty: duty ?? "", note });
  }
}

export function StepForm({ card, step, onClose }: { card: IncidentCard; step: Step; onClose: () => void }) {
  const t = useT();
  const [form] = Form.useForm<Words>();
  const work = useIncidentStep(card, onClose);
  const rules = useAsk(["alert-rules"], api.alertRules, { enabled: step.step === "duty" });
  const required = [{ required: true, whitespace: true, message: t("components.required") }];
  const title = {
    assign: t("incidents.assign"),
    contain: t("incidents.contain"),
    close: t("incidents.close"),
    dismiss: t("incidents.dismiss"),
    reopen: t("incidents.reopen"),
    note: t("incidents.addNote"),
    duty: t("incidents.addDuty"),
    report: t("incidents.reportDuty"),
  }[step.step];
  const words = { assign: undefined, contain: t("incidents.containWords"), reopen: t("incidents.reopenWords"), note: t("incidents.note"), report: t("incidents.reportTo"), close: undefined, dismiss: undefined, duty: undefined }[step.step];
  return (
    <Modal open title={title} onCancel={onClose} onOk={() => form.submit()} confirmLoading={work.isPending} okText={title} cancelText={t("common.cancel")}>
      {work.isError ? <FailureView error={work.error} /> : null}
      <Form form={form} layout="vertical" onFinish={(given) => work.mutate({ step: step.step, words: given, duty: step.duty })}>
        {step.step === "assign" ? <Form.Item name="owner" label={t("incidents.assignTo")} rules={required}><Input autoComplete="off" maxLength={256} /></Form.Item> : null}
        {step.step === "close" || step.step === "dismiss" ? (
          <Form.Item name="cause" label={step.step === "close" ? t("incidents.cause") : t("incidents.dismissWords")} rules={required}><Input.TextArea rows={3} maxLength={4000} /></Form.Item>
        ) : null}
        {step.step === "close" ? <Form.Item name="measures" label={t("incidents.measures")} rules={required}><Input.TextArea rows={3} maxLength={4000} /></Form.Item> : null}
        {step.step === "duty" ? (
          <Form.Item name="duty" label={t("incidents.duty")} rules={[{ required: true, message: t("components.required") }]}>
            <Select loading={rules.isPending} options={rules.data?.duties.map((d) => ({ value: d.id, label: `${text(d.title)}（${d.law}）` }))} />
          </Form.Item>
        ) : null}
        {words ? <Form.Item name="note" label={words} rules={required}><Input.TextArea rows={3} maxLength={4000} /></Form.Item> : null}
      </Form>
    </Modal>
  );
}
