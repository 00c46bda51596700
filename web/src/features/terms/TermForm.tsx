// Writing a business term.
import { useMutation } from "@tanstack/react-query";
import { App, Form, Input, Modal, Select } from "antd";
import { api } from "../../sdk/api";
import { useT } from "../../sdk/i18n";
import { client } from "../../sdk/query";
import { FailureView } from "../../sdk/States";
import type { NewTerm, Term } from "../../sdk/types";

interface Draft {
  zh: string;
  en?: string;
  definitionZh: string;
  definitionEn?: string;
  synonyms?: string[];
  links?: string[];
  owner: string;
}

export function TermForm({ term, onClose }: { term: Term | null; onClose: () => void }) {
  const t = useT();
  const { message } = App.useApp();
  const [form] = Form.useForm<Draft>();
  const save = useMutation({
    mutationFn: (draft: Draft) => (term ? api.changeTerm(term.id, term.revision, bodyOf(draft)) : api.createTerm(bodyOf(draft))),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["terms"] });
      void message.success(t("terms.saved"));
      onClose();
    },
  });
  const required = { required: true, whitespace: true, message: t("components.required") };
  return (
    <Modal open title={term ? t("terms.change") : t("terms.create")} onCancel={onClose} onOk={() => form.submit()} confirmLoading={save.isPending} okText={t("common.save")} cancelText={t("common.cancel")} width={640}>
      {save.isError ? <FailureView error={save.error} /> : null}
      <Form form={form} layout="vertical" onFinish={save.mutate} initialValues={term ? draftOf(term) : {}}>
        <Form.Item name="zh" label={t("terms.nameZh")} rules={[required]}><Input maxLength={100} /></Form.Item>
        <Form.Item name="en" label={t("terms.nameEn")}><Input maxLength={100} /></Form.Item>
        <Form.Item name="definitionZh" label={t("terms.definitionZh")} rules={[required]}><Input.TextArea rows={3} maxLength={2000} /></Form.Item>
        <Form.Item name="definitionEn" label={t("terms.definitionEn")}><Input.TextArea rows={2} maxLength={2000} /></Form.Item>
        <Form.Item name="synonyms" label={t("terms.synonyms")} extra={t("terms.synonymsHelp")}><Select mode="tags" open={false} suffixIcon={null} tokenSeparators={["，", ",", "、"]} /></Form.Item>
        <Form.Item name="links" label={t("terms.links")} extra={t("terms.linksHelp")}><Select mode="tags" open={false} suffixIcon={null} tokenSeparators={[",", " "]} /></Form.Item>
        <Form.Item name="owner" label={t("data.owner")} rules={[required]}><Input maxLength={100} /></Form.Item>
      </Form>
    </Modal>
  );
}

function draftOf(term: Term): Draft {
  return {
    zh: term.name.zh,
    en: term.name.en,
    definitionZh: term.definition.zh,
    definitionEn: term.definition.en,
    synonyms: term.synonyms,
    links: term.links,
    owner: term.owner,
  };
}

function bodyOf(draft: Draft): NewTerm {
  return {
    name: { zh: draft.zh.trim(), en: draft.en?.trim() ?? "" },
    definition: { zh: draft.definitionZh.trim(), en: draft.definitionEn?.trim() ?? "" },
    synonyms: draft.synonyms ?? [],
    links: draft.links ?? [],
    owner: draft.owner.trim(),
  };
}
