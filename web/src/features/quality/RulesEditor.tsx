// The rules as their owner writes them; what is in force is a version with a reason.
import { useMutation } from "@tanstack/react-query";
import { App, Form, Input, Modal } from "antd";
import { api } from "../../sdk/api";
import { useT } from "../../sdk/i18n";
import { client } from "../../sdk/query";
import { FailureView } from "../../sdk/States";
import type { QualityCard } from "../../sdk/types";

/** Puts rules in force and shows what came of it. */
export function useChangeRules(card: QualityCard, onDone: () => void) {
  const t = useT();
  const { message } = App.useApp();
  return useMutation({
    mutationFn: (given: { toml: string; reason: string }) =>
      api.changeQualityRules(card.dataset, { ...given, seen: card.rules_version }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["quality"] });
      void message.success(t("quality.saved"));
      onDone();
    },
  });
}

const SAMPLE = `[[rule]]
id = "code-complete"
severity = "error"
at_least = 0.995
check = { kind = "complete", column = "code" }
`;

export function RulesEditor({ card, onClose }: { card: QualityCard; onClose: () => void }) {
  const t = useT();
  const [form] = Form.useForm<{ toml: string; reason: string }>();
  const change = useChangeRules(card, onClose);
  const required = [{ required: true, whitespace: true, message: t("components.required") }];
  return (
    <Modal open title={t("quality.edit")} width={840} onCancel={onClose} onOk={() => form.submit()} confirmLoading={change.isPending} okText={t("quality.save")} cancelText={t("common.cancel")}>
      {change.isError ? <FailureView error={change.error} /> : null}
      <Form form={form} layout="vertical" initialValues={{ toml: card.toml || SAMPLE, reason: "" }} onFinish={(given) => change.mutate(given)}>
        <Form.Item name="toml" label={t("quality.toml")} extra={t("quality.tomlHint")}>
          <Input.TextArea className="mono" rows={18} spellCheck={false} />
        </Form.Item>
        <Form.Item name="reason" label={t("quality.reason")} rules={required}><Input maxLength={1000} /></Form.Item>
      </Form>
    </Modal>
  );
}
