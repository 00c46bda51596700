// Asking for a dataset: what for, which columns and rows, until when, and the forms the law wants first.
import { useMutation } from "@tanstack/react-query";
import { App, Button, Checkbox, Form, Input, Modal, Select } from "antd";
import { useState } from "react";
import { api } from "../../sdk/api";
import { DateField } from "../../sdk/DateField";
import { text, useT } from "../../sdk/i18n";
import { client, useAsk } from "../../sdk/query";
import { FailureView } from "../../sdk/States";
import type { DatasetDetail, FormName, FormSpec, Purposes, Text } from "../../sdk/types";

interface Draft {
  purpose: string;
  reason: string;
  columns?: string[];
  rowColumn?: string;
  rowPrefix?: string;
  until: string;
  agreement?: string;
  sensitive_personal?: boolean;
  forms?: Partial<Record<FormName, Record<string, string>>>;
}

/** What is asked for: a dataset, or a data product under its contract. */
export interface Requestable {
  card: { name: string; title: Text };
  columns: { name: string; title: Text }[];
  /** Purposes the contract covers; all when left out. */
  purposes?: string[];
}

/** The button beside a dataset, and the form behind it. */
export function RequestAccess({ detail }: { detail: DatasetDetail }) {
  const t = useT();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setOpen(true)} data-testid="request-access">{t("requests.ask")}</Button>
      {open ? <RequestForm detail={detail} onClose={() => setOpen(false)} /> : null}
    </>
  );
}

/** The form by itself. */
export function RequestForm({ detail, onClose }: { detail: Requestable; onClose: () => void }) {
  const t = useT();
  const { message } = App.useApp();
  const [form] = Form.useForm<Draft>();
  const purposes = useAsk(["purposes"], api.purposes);
  const purpose = Form.useWatch("purpose", form);
  const sensitive = Form.useWatch("sensitive_personal", form);
  const offered = (purposes.data?.purposes ?? []).filter((p) => !detail.purposes || detail.purposes.includes(p.code));
  const chosen = purposes.data?.purposes.find((p) => p.code === purpose);
  const forms = neededForms(purposes.data, purpose, sensitive ?? false);
  const submit = useMutation({
    mutationFn: (draft: Draft) => api.submitRequest(bodyOf(detail.card.name, draft, forms.map((f) => f.name))),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["requests"] });
      void message.success(t("requests.submitted"));
      onClose();
    },
  });
  const required = { required: true, whitespace: true, message: t("components.required") };
  const columns = detail.columns.map((c) => ({ value: c.name, label: `${c.name} ${text(c.title)}` }));
  return (
    <Modal open title={t("requests.askFor", { dataset: text(detail.card.title) || detail.card.name })} onCancel={onClose} onOk={() => form.submit()} confirmLoading={submit.isPending} okText={t("requests.submit")} cancelText={t("common.cancel")} width={640}>
      {submit.isError ? <FailureView error={submit.error} /> : null}
      {purposes.isError ? <FailureView error={purposes.error} /> : null}
      <Form form={form} layout="vertical" onFinish={submit.mutate} initialValues={{ sensitive_personal: false }}>
        <Form.Item name="purpose" label={t("requests.purpose")} rules={[{ required: true, message: t("components.required") }]}>
          <Select loading={purposes.isPending} options={offered.map((p) => ({ value: p.code, label: text(p.title) }))} />
        </Form.Item>
        <Form.Item name="reason" label={t("requests.reason")} rules={[required]}><Input.TextArea rows={2} maxLength={500} /></Form.Item>
        <Form.Item name="columns" label={t("requests.columns")} extra={t("requests.columnsHelp")}><Select mode="multiple" allowClear options={columns} /></Form.Item>
        <Form.Item label={t("requests.rows")} extra={t("requests.rowsHelp")}>
          <div style={{ display: "flex", gap: 8, flexWrap: "wrap" }}>
            <Form.Item name="rowColumn" noStyle><Select aria-label={t("requests.rowColumn")} allowClear style={{ flex: "1 1 160px" }} options={columns} /></Form.Item>
            <Form.Item name="rowPrefix" noStyle><Input aria-label={t("requests.rowPrefix")} style={{ flex: "1 1 160px" }} /></Form.Item>
          </div>
        </Form.Item>
        <Form.Item name="until" label={t("requests.until")} rules={[{ required: true, message: t("components.required") }]}><DateField /></Form.Item>
        <Form.Item name="agreement" label={t("requests.agreement")} rules={chosen?.agreement ? [required] : []}><Input maxLength={500} /></Form.Item>
        <Form.Item name="sensitive_personal" valuePropName="checked"><Checkbox>{t("requests.sensitive")}</Checkbox></Form.Item>
        {forms.map((spec) => (
          <fieldset key={spec.name} className="card" style={{ marginBottom: 12 }}>
            <legend><b>{text(spec.title)}</b> <span className="muted">{spec.clause}</span></legend>
            {spec.fields.map((field) => (
              <Form.Item key={field.key} name={["forms", spec.name, field.key]} label={text(field.title)} rules={[required]}><Input maxLength={2000} /></Form.Item>
            ))}
          </fieldset>
        ))}
      </Form>
    </Modal>
  );
}

/** The forms a purpose needs; sensitive personal information adds two to any. */
export function neededForms(all: Purposes | undefined, purpose: string | undefined, sensitive: boolean): FormSpec[] {
  const own: FormName[] = all?.purposes.find((p) => p.code === purpose)?.forms ?? [];
  const names = new Set<FormName>(sensitive ? [...own, "impact_assessment", "separate_consent"] : own);
  return all?.forms.filter((form) => names.has(form.name)) ?? [];
}

function bodyOf(dataset: string, draft: Draft, forms: FormName[]) {
  const rows = draft.rowColumn && draft.rowPrefix ? { starts_with: { column: draft.rowColumn, prefix: draft.rowPrefix } } : { all: [] };
  return {
    dataset,
    purpose: draft.purpose,
    reason: draft.reason,
    columns: draft.columns ?? [],
    rows,
    until: `${draft.until}T15:59:59Z`,
    agreement: draft.agreement || null,
    sensitive_personal: draft.sensitive_personal ?? false,
    forms: Object.fromEntries(forms.map((name) => [name, draft.forms?.[name] ?? {}])),
  };
}
