// Asking another node for data: which dataset, what for, how often, and the forms the law wants first.
import { useMutation } from "@tanstack/react-query";
import { App, Checkbox, Form, Input, InputNumber, Modal, Select } from "antd";
import { api } from "../../sdk/api";
import { DateField } from "../../sdk/DateField";
import { text, useT } from "../../sdk/i18n";
import { client, useAsk } from "../../sdk/query";
import { FailureView } from "../../sdk/States";
import { neededForms } from "../requests/RequestAccess";
import { bodyOf, type Draft, EMPTY } from "./draft";

/** Purposes that let data go to another node. */
const MOVING = ["entrust", "share"];

export function SubscribeForm({ onClose }: { onClose: () => void }) {
  const t = useT();
  const { message } = App.useApp();
  const [form] = Form.useForm<Draft>();
  const purposes = useAsk(["purposes"], api.purposes);
  const purpose = Form.useWatch("purpose", form) ?? EMPTY.purpose;
  const sensitive = Form.useWatch("sensitive", form) ?? false;
  const every = Form.useWatch("every", form) ?? EMPTY.every;
  const forms = neededForms(purposes.data, purpose, sensitive);
  const save = useMutation({
    mutationFn: (draft: Draft) => api.subscribe(bodyOf(draft, forms.map((one) => one.name))),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["exchange"] });
      void message.success(t("exchange.sent"));
      onClose();
    },
  });
  const required = { required: true, whitespace: true, message: t("components.required") };
  const chosen = { required: true, message: t("components.required") };
  return (
    <Modal open width={680} title={t("exchange.subscribe")} onCancel={onClose} onOk={() => form.submit()} confirmLoading={save.isPending} okText={t("exchange.subscribe")} cancelText={t("common.cancel")}>
      {save.isError ? <FailureView error={save.error} /> : null}
      {purposes.isError ? <FailureView error={purposes.error} /> : null}
      <Form form={form} layout="vertical" onFinish={save.mutate} initialValues={EMPTY}>
        <Form.Item name="peer" label={t("exchange.peer")} extra={t("exchange.peerHelp")} rules={[required]}><Input maxLength={100} className="mono" /></Form.Item>
        <Form.Item name="dataset" label={t("exchange.dataset")} rules={[required]}><Input maxLength={200} className="mono" /></Form.Item>
        <Form.Item name="target" label={t("exchange.target")} extra={t("exchange.targetHelp")} rules={[required, { pattern: /^raw\.[a-z][a-z0-9_]{0,59}$/, message: t("exchange.targetHelp") }]}><Input maxLength={64} className="mono" /></Form.Item>
        <Form.Item name="direction" label={t("exchange.direction")}>
          <Select options={(["pull", "push"] as const).map((value) => ({ value, label: t(`exchange.directionOf.${value}`) }))} />
        </Form.Item>
        <Form.Item name="mode" label={t("exchange.mode")}>
          <Select options={(["changes", "full"] as const).map((value) => ({ value, label: t(`exchange.modeOf.${value}`) }))} />
        </Form.Item>
        <Form.Item name="purpose" label={t("exchange.purpose")} rules={[chosen]}>
          <Select loading={purposes.isPending} options={purposes.data?.purposes.filter((one) => MOVING.includes(one.code)).map((one) => ({ value: one.code, label: text(one.title) }))} />
        </Form.Item>
        <Form.Item name="reason" label={t("exchange.reason")} rules={[required]}><Input.TextArea rows={2} maxLength={500} /></Form.Item>
        <Form.Item name="agreement" label={t("exchange.agreement")} rules={[required]}><Input maxLength={500} /></Form.Item>
        <Form.Item name="until" label={t("exchange.until")} rules={[chosen]}><DateField /></Form.Item>
        <Form.Item name="columns" label={t("exchange.columns")} extra={t("exchange.columnsHelp")}><Input.TextArea rows={2} maxLength={20_000} className="mono" /></Form.Item>
        <Form.Item name="rowColumn" label={t("exchange.rowColumn")}><Input maxLength={200} className="mono" /></Form.Item>
        <Form.Item name="rowPrefix" label={t("exchange.rowPrefix")}><Input maxLength={200} className="mono" /></Form.Item>
        <Form.Item name="every" label={t("exchange.schedule")}>
          <Select options={(["never", "minutes", "day"] as const).map((value) => ({ value, label: t(`exchange.planOf.${value}`) }))} />
        </Form.Item>
        {every === "minutes" ? <Form.Item name="minutes" label={t("exchange.minutes")} rules={[chosen]}><InputNumber min={1} max={10080} /></Form.Item> : null}
        {every === "day" ? (
          <Form.Item name="at" label={t("exchange.at")} rules={[{ required: true, pattern: /^([01]\d|2[0-3]):[0-5]\d$/, message: t("exchange.atHelp") }]}><Input maxLength={5} /></Form.Item>
        ) : null}
        <Form.Item name="lagMinutes" label={t("exchange.lagMinutes")} extra={t("exchange.lagHelp")}><InputNumber min={1} max={527_040} /></Form.Item>
        <Form.Item name="rate" label={t("exchange.rate")}><InputNumber min={2} max={10_000_000} /></Form.Item>
        <Form.Item name="sensitive" valuePropName="checked"><Checkbox>{t("exchange.sensitive")}</Checkbox></Form.Item>
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
