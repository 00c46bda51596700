// Defining a corpus, or changing one that was read.
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Alert, Checkbox, Form, Input, InputNumber, Modal, Select } from "antd";
import type { ReactNode } from "react";
import { api } from "../../sdk/api";
import { useT } from "../../sdk/i18n";
import { client } from "../../sdk/query";
import { FailureView } from "../../sdk/States";
import type { CorpusDetail } from "../../sdk/types";
import { definitionOf, type Draft, DraftFault, draftOf, EMPTY } from "./draft";

const GRADES = ["general1", "general2", "general3", "general4", "important", "core"] as const;
const SIDES = ["public", "industry", "enterprise"] as const;
const LANGUAGES = ["zh", "en", "other"] as const;

export function CorpusForm({ before, onClose }: { before?: CorpusDetail; onClose: () => void }) {
  const t = useT();
  const navigate = useNavigate();
  const [form] = Form.useForm<Draft>();
  const save = useMutation({
    mutationFn: async (draft: Draft) => {
      const definition = definitionOf(draft, before?.definition);
      return before
        ? api.changeCorpus(before.card.id, { revision: before.card.revision, definition, reason: draft.reason })
        : api.defineCorpus({ name: draft.name, definition, reason: draft.reason });
    },
    onSuccess: async (corpus) => {
      await client.invalidateQueries({ queryKey: ["corpora"] });
      onClose();
      void navigate({ to: "/corpora/$id", params: { id: corpus.card.id } });
    },
  });
  const needed = { required: true, whitespace: true, message: t("components.required") };
  const field = (name: keyof Draft, label: string, input: ReactNode, required = true) => (
    <Form.Item name={name} label={label} rules={required ? [needed] : undefined}>{input}</Form.Item>
  );
  const box = (name: keyof Draft, label: string) => (
    <Form.Item name={name} valuePropName="checked" style={{ marginBottom: 8 }}><Checkbox>{label}</Checkbox></Form.Item>
  );
  const share = (name: keyof Draft, label: string, max: number) => (
    <Form.Item name={name} label={label} rules={[{ required: true, message: t("components.required") }]}>
      <InputNumber min={0} max={max} step={0.01} style={{ width: "100%" }} />
    </Form.Item>
  );
  return (
    <Modal
      open
      width={760}
      title={before ? t("corpora.change") : t("corpora.create")}
      okText={t("corpora.save")}
      cancelText={t("corpora.cancel")}
      onCancel={onClose}
      onOk={() => form.submit()}
      confirmLoading={save.isPending}
    >
      {save.isError ? <Fault error={save.error} /> : null}
      <Form form={form} layout="vertical" initialValues={before ? draftOf(before.card.name, before.definition) : EMPTY} onFinish={(draft) => save.mutate(draft)}>
        <div className="grid2">
          {field("title", t("corpora.name"), <Input maxLength={200} autoComplete="off" />)}
          {field("name", t("corpora.identifier"), <Input maxLength={40} autoComplete="off" disabled={before !== undefined} className="mono" />)}
          {field("licence", t("corpora.licence"), <Input maxLength={64} autoComplete="off" placeholder="CC-BY-4.0" />)}
          {field("languages", t("corpora.languages"), <Select mode="multiple" options={LANGUAGES.map((one) => ({ value: one, label: t(`corpora.languageOf.${one}`) }))} />, false)}
          {field("grade", t("corpora.fileGrade"), <Select options={GRADES.map((one) => ({ value: one, label: t(`grade.${one}`) }))} />, false)}
          {field("side", t("corpora.fileSide"), <Select options={SIDES.map((one) => ({ value: one, label: t(`dataSide.${one}`) }))} />, false)}
        </div>
        {field("purpose", t("corpora.purpose"), <Input.TextArea rows={2} maxLength={1000} />)}
        {field("sources", t("corpora.sources"), <Input.TextArea rows={3} maxLength={8000} className="mono" placeholder="raw.policy: body, title" />, false)}
        <div className="grid2">
          <div>
            {box("quality", t("corpora.qualityRules"))}
            {box("near", t("corpora.nearDuplicates"))}
            {box("removePersonal", t("corpora.removePersonal"))}
            {box("passages", t("corpora.cutPassages"))}
          </div>
          <div>
            {share("jaccard", t("corpora.jaccard"), 1)}
            <Form.Item name="passageCharacters" label={t("corpora.passageCharacters")} rules={[{ required: true, message: t("components.required") }]}>
              <InputNumber min={50} max={100_000} precision={0} style={{ width: "100%" }} />
            </Form.Item>
          </div>
          {share("validation", t("corpora.validation"), 0.5)}
          {share("test", t("corpora.test"), 0.5)}
        </div>
        {field("reason", t("corpora.reason"), <Input maxLength={1000} autoComplete="off" />)}
      </Form>
    </Modal>
  );
}

function Fault({ error }: { error: unknown }) {
  const t = useT();
  if (!(error instanceof DraftFault)) return <FailureView error={error} />;
  return <Alert type="error" showIcon title={t("corpora.badLine", { line: error.line })} />;
}
