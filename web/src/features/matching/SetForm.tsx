// Making a match set, or changing one that was read.
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Alert, Checkbox, Form, Input, InputNumber, Modal, Select } from "antd";
import { api } from "../../sdk/api";
import { useT } from "../../sdk/i18n";
import { client } from "../../sdk/query";
import { FailureView } from "../../sdk/States";
import type { MatchSetDetail } from "../../sdk/types";
import { type Draft, DraftFault, draftOf, EMPTY, planOf } from "./draft";

const PRESETS = ["firm", "product", "address", "person"] as const;

export function SetForm({ before, onClose }: { before?: MatchSetDetail; onClose: () => void }) {
  const t = useT();
  const navigate = useNavigate();
  const [form] = Form.useForm<Draft>();
  const save = useMutation({
    mutationFn: async (draft: Draft) => {
      const body = { name: draft.name, plan: planOf(draft, before?.plan), reason: draft.reason };
      return before ? api.changeMatchSet(before.card.id, before.card.revision, body) : api.createMatchSet(body);
    },
    onSuccess: async (set) => {
      await client.invalidateQueries({ queryKey: ["matching"] });
      onClose();
      void navigate({ to: "/matching/$id", params: { id: set.card.id } });
    },
  });
  const needed = { required: true, whitespace: true, message: t("components.required") };
  const text = (name: keyof Draft, label: string, required = true) => (
    <Form.Item name={name} label={label} rules={required ? [needed] : undefined}>
      <Input maxLength={400} autoComplete="off" />
    </Form.Item>
  );
  const area = (name: keyof Draft, label: string, rows: number) => (
    <Form.Item name={name} label={label}>
      <Input.TextArea rows={rows} maxLength={20_000} className="mono" />
    </Form.Item>
  );
  return (
    <Modal
      open
      width={760}
      title={before ? t("matching.change") : t("matching.create")}
      okText={t("matching.save")}
      cancelText={t("matching.cancel")}
      onCancel={onClose}
      onOk={() => form.submit()}
      confirmLoading={save.isPending}
    >
      {save.isError ? <Fault error={save.error} /> : null}
      <Form form={form} layout="vertical" initialValues={before ? draftOf(before.card.name, before.plan) : EMPTY} onFinish={(draft) => save.mutate(draft)}>
        <div className="grid2">
          {text("name", t("matching.name"))}
          <Form.Item name="preset" label={t("matching.preset")}>
            <Select options={PRESETS.map((preset) => ({ value: preset, label: t(`matching.presetOf.${preset}`) }))} />
          </Form.Item>
          <div>
            {text("leftDataset", t("matching.left"))}
            {text("leftKey", t("matching.key"))}
            {area("leftColumns", t("matching.columns"), 3)}
          </div>
          <div>
            {text("rightDataset", t("matching.right"), false)}
            {text("rightKey", t("matching.rightKey"), false)}
            {area("rightColumns", t("matching.rightColumns"), 3)}
          </div>
          <Form.Item name="upper" label={t("matching.upper")}>
            <InputNumber min={0.5} max={1} step={0.01} style={{ width: "100%" }} />
          </Form.Item>
          <Form.Item name="lower" label={t("matching.lower")}>
            <InputNumber min={0.01} max={1} step={0.01} style={{ width: "100%" }} />
          </Form.Item>
          <Form.Item name="sample" label={t("matching.sample")}>
            <InputNumber min={0} max={1000} precision={0} style={{ width: "100%" }} />
          </Form.Item>
          <Form.Item name="oneToOne" valuePropName="checked" label={t("matching.oneToOne")}>
            <Checkbox>{t("matching.oneToOne")}</Checkbox>
          </Form.Item>
        </div>
        {area("golden", t("matching.golden"), 4)}
        {text("reason", t("matching.reason"))}
      </Form>
    </Modal>
  );
}

function Fault({ error }: { error: unknown }) {
  const t = useT();
  if (!(error instanceof DraftFault)) return <FailureView error={error} />;
  return <Alert type="error" showIcon title={error.line === null ? t("matching.badJson") : t("matching.badLine", { line: error.line })} />;
}
