// A dataset or a query becomes a product: what it is, in which forms, under which contract, with which promise.
import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Alert, App, Button, Checkbox, Form, Input, InputNumber, Radio, Select } from "antd";
import { useState } from "react";
import { api } from "../../sdk/api";
import { text, useT } from "../../sdk/i18n";
import { Card, PageFrame } from "../../sdk/Page";
import { client, useAsk } from "../../sdk/query";
import { Answer, FailureView } from "../../sdk/States";
import type { OfferDetail, OfferCheck } from "../../sdk/types";
import { CheckView } from "./CheckView";
import { bodyOf, draftOf, EMPTY, noteOf, type Draft } from "./draft";
import { FORMS, REDISTRIBUTIONS, USES } from "./names";
import { Parameters } from "./Parameters";

export function PublishProduct() {
  const t = useT();
  const { id } = useSearch({ from: "/shell/products/new" });
  const known = useAsk(["offers", "one", id ?? ""], () => api.offer(id ?? ""), { enabled: id !== undefined });
  return (
    <PageFrame
      title={id ? t("offers.changeTitle", { id }) : t("offers.newTitle")}
      question={t("offers.newQuestion")}
      crumb={<Link to="/products">{t("offers.title")}</Link>}
    >
      {id ? <Answer query={known} rows={12}>{(found) => <ProductForm known={found} />}</Answer> : <ProductForm known={null} />}
    </PageFrame>
  );
}

function ProductForm({ known }: { known: OfferDetail | null }) {
  const t = useT();
  const search = useSearch({ from: "/shell/products/new" });
  const navigate = useNavigate();
  const { message } = App.useApp();
  const [form] = Form.useForm<Draft>();
  const [checked, setChecked] = useState<OfferCheck | null>(null);
  const purposes = useAsk(["purposes"], api.purposes);
  const source = Form.useWatch("source", form) ?? (search.sql ? "query" : "dataset");
  const start: Draft = known?.draft ? draftOf(known.draft) : { ...EMPTY, source: search.sql ? "query" : "dataset", dataset: search.dataset, sql: search.sql };
  const check = useMutation({
    mutationFn: async () => api.checkOffer(known?.card.id ?? null, bodyOf(await form.validateFields()).definition),
    onSuccess: setChecked,
  });
  const save = useMutation({
    mutationFn: async (publish: boolean) => {
      const draft = await form.validateFields();
      const note = publish ? noteOf(draft) : null;
      if (!known) return api.createOffer(bodyOf(draft), note);
      const revised = await api.reviseOffer(known.card.id, known.revision, bodyOf(draft));
      return note ? api.publishOffer(known.card.id, revised.revision, note) : revised;
    },
    onSuccess: async (done) => {
      await client.invalidateQueries({ queryKey: ["offers"] });
      void message.success(t("offers.done"));
      void navigate({ to: "/products/$id", params: { id: done.card.id } });
    },
  });
  const failure = [save.error, check.error].find((error) => error && !("errorFields" in error));
  const required = { required: true, message: t("components.required") };
  // A group of boxes takes no `aria-required`, which `required` would set.
  const some = { validator: (_: unknown, chosen?: string[]) => (chosen?.length ? Promise.resolve() : Promise.reject(new Error(required.message))) };
  return (
    <Form form={form} layout="vertical" initialValues={start} onFinish={() => save.mutate(true)} className="stack" style={{ maxWidth: 860 }} scrollToFirstError>
      {known ? <Alert type="info" showIcon title={t("offers.draftOf")} /> : null}
      {failure ? <FailureView error={failure} /> : null}
      <Card title={t("offers.product")}>
        <Form.Item name="id" label={t("offers.id")} extra={t("offers.idHint")} rules={[required]}><Input maxLength={60} disabled={known !== null} autoComplete="off" /></Form.Item>
        <Form.Item name="titleZh" label={t("offers.nameZh")} rules={[{ ...required, whitespace: true }]}><Input maxLength={100} /></Form.Item>
        <Form.Item name="titleEn" label={t("offers.nameEn")}><Input maxLength={100} /></Form.Item>
        <Form.Item name="descriptionZh" label={t("offers.descriptionZh")}><Input.TextArea rows={2} maxLength={2000} /></Form.Item>
        <Form.Item name="descriptionEn" label={t("offers.descriptionEn")}><Input.TextArea rows={2} maxLength={2000} /></Form.Item>
      </Card>
      <Card title={t("offers.source")}>
        <Form.Item name="source" label={t("offers.source")}>
          <Radio.Group options={[{ value: "dataset", label: t("offers.sourceDataset") }, { value: "query", label: t("offers.sourceQuery") }]} />
        </Form.Item>
        {source === "dataset" ? <DatasetSource /> : <QuerySource />}
      </Card>
      <Card title={t("offers.forms")}>
        <Form.Item name="forms" label={t("offers.forms")} rules={[some]}><Checkbox.Group options={FORMS.map((one) => ({ value: one, label: t(`offers.formOf.${one}`) }))} /></Form.Item>
      </Card>
      <Card title={t("offers.contract")}>
        {purposes.isError ? <FailureView error={purposes.error} retry={() => void purposes.refetch()} /> : null}
        <Form.Item name="purposes" label={t("offers.purposes")} rules={[required]}>
          <Select mode="multiple" loading={purposes.isPending} options={purposes.data?.purposes.map((p) => ({ value: p.code, label: text(p.title) }))} />
        </Form.Item>
        <Form.Item name="permitted" label={t("offers.permitted")} rules={[required]}><Select mode="multiple" options={USES.map((use) => ({ value: use, label: t(`offers.useOf.${use}`) }))} /></Form.Item>
        <Form.Item name="forbidden" label={t("offers.forbidden")}><Select mode="multiple" options={USES.map((use) => ({ value: use, label: t(`offers.useOf.${use}`) }))} /></Form.Item>
        <Form.Item name="redistribution" label={t("offers.redistribution")}><Select options={REDISTRIBUTIONS.map((one) => ({ value: one, label: t(`offers.redistributionOf.${one}`) }))} /></Form.Item>
        <Form.Item name="periodDays" label={t("offers.period")} rules={[required]}><InputNumber min={1} max={366} precision={0} /></Form.Item>
        <Form.Item name="retentionDays" label={t("offers.retention")} rules={[required]}><InputNumber min={0} max={3650} precision={0} /></Form.Item>
        <Form.Item name="fee" label={t("offers.fee")}><Input maxLength={1000} /></Form.Item>
        <Form.Item name="feeEn" label={t("offers.feeEn")}><Input maxLength={1000} /></Form.Item>
        <Form.Item name="terms" label={t("offers.terms")}><Input.TextArea rows={2} maxLength={1000} /></Form.Item>
        <Form.Item name="termsEn" label={t("offers.termsEn")}><Input.TextArea rows={2} maxLength={1000} /></Form.Item>
      </Card>
      <Card title={t("offers.sla")}>
        <Form.Item name="freshnessHours" label={t("offers.freshness")} rules={[required]}><InputNumber min={1} max={8784} precision={0} /></Form.Item>
        <Form.Item name="availability" label={t("offers.availability")}><InputNumber min={0} max={100} /></Form.Item>
        <Form.Item name="support" label={t("offers.support")} rules={[{ ...required, whitespace: true }]}><Input maxLength={200} /></Form.Item>
      </Card>
      {checked ? <CheckView checked={checked} /> : null}
      <Card title={t("offers.note")}>
        <Form.Item name="note" label={t("offers.note")} extra={t("offers.noteHint")}><Input.TextArea rows={2} maxLength={1000} /></Form.Item>
        {known ? <Form.Item name="breaking" valuePropName="checked"><Checkbox>{t("offers.declareBreaking")}</Checkbox></Form.Item> : null}
        <div style={{ display: "flex", gap: 8, flexWrap: "wrap" }}>
          <Button onClick={() => check.mutate()} loading={check.isPending}>{t("offers.check")}</Button>
          <Button onClick={() => save.mutate(false)} loading={save.isPending}>{t("offers.saveDraft")}</Button>
          <Button type="primary" htmlType="submit" loading={save.isPending}>{t("offers.publishNow")}</Button>
        </div>
      </Card>
    </Form>
  );
}

function DatasetSource() {
  const t = useT();
  const form = Form.useFormInstance<Draft>();
  const name = Form.useWatch("dataset", form);
  const datasets = useAsk(["datasets", "all"], () => api.datasets({ page: 1, page_size: 500 }));
  const detail = useAsk(["dataset", name ?? ""], () => api.dataset(name ?? ""), { enabled: Boolean(name) });
  const columns = detail.data?.columns.map((column) => ({ value: column.name, label: `${column.name} ${text(column.title)}` }));
  const failed = [datasets, detail].find((one) => one.isError);
  return (
    <>
      {failed ? <FailureView error={failed.error} retry={() => void failed.refetch()} /> : null}
      <Form.Item name="dataset" label={t("offers.dataset")} rules={[{ required: true, message: t("components.required") }]}>
        <Select showSearch={{ optionFilterProp: "label" }} loading={datasets.isPending} options={datasets.data?.items.map((one) => ({ value: one.name, label: `${one.name} ${text(one.title)}` }))} />
      </Form.Item>
      <Form.Item name="columns" label={t("offers.columns")} extra={t("offers.columnsHint")}><Select mode="multiple" allowClear options={columns} /></Form.Item>
    </>
  );
}

function QuerySource() {
  const t = useT();
  return (
    <>
      <Form.Item name="sql" label={t("offers.sql")} extra={t("offers.sqlHint")} rules={[{ required: true, message: t("components.required") }]}>
        <Input.TextArea rows={6} className="mono" spellCheck={false} maxLength={20000} />
      </Form.Item>
      <Parameters />
    </>
  );
}
