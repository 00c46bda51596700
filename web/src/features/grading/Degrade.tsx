// A wish that derived data inherits less than its inputs, with the operation that makes it less telling.
import { useMutation } from "@tanstack/react-query";
import { App, Form, Input, InputNumber, Modal, Select } from "antd";
import { api } from "../../sdk/api";
import { useT } from "../../sdk/i18n";
import { client } from "../../sdk/query";
import { FailureView } from "../../sdk/States";
import type { DegradingRequest } from "../../sdk/types";
import { useGradeName } from "../data/Catalogue";

const GRADES = ["general1", "general2", "general3", "general4", "important", "core"] as const;

interface Wish {
  dataset: string;
  column?: string;
  grade: (typeof GRADES)[number];
  method: "aggregation" | "masking";
  k?: number;
  how?: string;
  reason: string;
}

export function Degrade({ onClose }: { onClose: () => void }) {
  const t = useT();
  const gradeName = useGradeName();
  const { message } = App.useApp();
  const [form] = Form.useForm<Wish>();
  const method = Form.useWatch("method", form);
  const ask = useMutation({
    mutationFn: (wish: Wish) => {
      const request: DegradingRequest = {
        dataset: wish.dataset,
        column: wish.column || null,
        grade: wish.grade,
        method: wish.method === "aggregation" ? { aggregation: { k: wish.k ?? 3 } } : { masking: { how: wish.how ?? "" } },
        reason: wish.reason,
      };
      return api.degrade(request);
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["grading"] });
      void message.success(t("grading.asked"));
      onClose();
    },
  });
  const required = { required: true, message: t("components.required") };
  return (
    <Modal open title={t("grading.degrade")} onCancel={onClose} onOk={() => form.submit()} confirmLoading={ask.isPending} okText={t("common.save")}>
      <p className="muted">{t("grading.degradeHint")}</p>
      {ask.isError ? <FailureView error={ask.error} /> : null}
      <Form form={form} layout="vertical" onFinish={ask.mutate} initialValues={{ method: "aggregation", k: 10 }}>
        <Form.Item name="dataset" label={t("grading.dataset")} rules={[required]}><Input placeholder="subject.enterprise" /></Form.Item>
        <Form.Item name="column" label={t("grading.column")} extra={t("grading.columnHelp")}><Input /></Form.Item>
        <Form.Item name="grade" label={t("grading.most")} rules={[required]}>
          <Select options={GRADES.map((g) => ({ value: g, label: gradeName(g) }))} />
        </Form.Item>
        <Form.Item name="method" label={t("grading.method")} rules={[required]}>
          <Select options={[{ value: "aggregation", label: t("grading.aggregation") }, { value: "masking", label: t("grading.masking") }]} />
        </Form.Item>
        {method === "masking" ? (
          <Form.Item name="how" label={t("grading.how")} rules={[required]}><Input maxLength={1000} /></Form.Item>
        ) : (
          <Form.Item name="k" label={t("grading.k")} rules={[required]}><InputNumber min={3} precision={0} /></Form.Item>
        )}
        <Form.Item name="reason" label={t("grading.reason")} rules={[required]}><Input.TextArea maxLength={1000} /></Form.Item>
      </Form>
    </Modal>
  );
}
