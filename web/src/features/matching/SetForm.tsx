// Making a match set, or changing one that was read.
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Checkbox, Form, Input, InputNumber, Modal, Select } from "antd";
import { api, Refusal } from "../../sdk/api";
import { useT } from "../../sdk/i18n";
import { client } from "../../sdk/query";
import { FailureView } from "../../sdk/States";
import type { MatchSetDetail } from "../../sdk/types";
import { type Draft, draftOf, EMPTY, fieldOf, goldenOf, planOf } from "./draft";
import { useReadable } from "./readable";
import { Steps } from "./Steps";

const PRESETS = ["firm", "product", "address", "person"] as const;

export function SetForm({ before, onClose }: { before?: MatchSetDetail; onClose: () => void }) {
  const t = useT();
  const navigate = useNavigate();
  const [form] = Form.useForm<Draft>();
  const save = useMutation({
    mutationFn: async (draft: Draft) => {
      const body = { name: draft.name, plan: planOf(draft), reason: draft.reason };
      return before ? api.changeMatchSet(before.card.id, before.card.revision, body) : api.createMatchSet(body);
    },
    onSuccess: async (set) => {
      await client.invalidateQueries({ queryKey: ["matching"] });
      onClose();
      void navigate({ to: "/matching/$id", params: { id: set.card.id } });
    },
    onError: (error) => {
      const name = error instanceof Refusal ? fieldOf(error.problem.pointer) : null;
      if (!name) return;
      // The place is a path into the draft; its type is not known to the compiler.
      form.setFields([{ name: name as ["name"], errors: [error.message] }]);
      form.scrollToField(name, { focus: true });
    },
  });
  const needed = { required: true, whitespace: true, message: t("components.required") };
  const readable = useReadable();
  const text = (name: keyof Draft, label: string) => (
    <Form.Item name={name} label={label} rules={[needed]}>
      <Input maxLength={400} autoComplete="off" />
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
      <Form form={form} layout="vertical" scrollToFirstError={{ focus: true }} initialValues={before ? draftOf(before.card.name, before.plan) : EMPTY} onFinish={(draft) => save.mutate(draft)}>
        <div className="grid2">
          {text("name", t("matching.name"))}
          <Form.Item name="preset" label={t("matching.preset")}>
            <Select options={PRESETS.map((preset) => ({ value: preset, label: t(`matching.presetOf.${preset}`) }))} />
          </Form.Item>
        </div>
        <Steps />
        <div className="grid2">
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
        <Form.Item name="golden" label={t("matching.golden")} rules={[readable(goldenOf)]} validateTrigger="onBlur">
          <Input.TextArea rows={4} maxLength={20_000} className="mono" />
        </Form.Item>
        {text("reason", t("matching.reason"))}
      </Form>
      {/* Beside the button that was pressed: the form is longer than the screen. */}
      {save.isError ? <FailureView error={save.error} /> : null}
    </Modal>
  );
}
