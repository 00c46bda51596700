// Writing a connector: its source by kind, its target, its schedule; tried out before it is saved.
import { useMutation } from "@tanstack/react-query";
import { Alert, App, Button, Checkbox, Form, Input, InputNumber, Modal, Select, Switch } from "antd";
import { api } from "../../sdk/api";
import { text, useT } from "../../sdk/i18n";
import { client } from "../../sdk/query";
import { FailureView } from "../../sdk/States";
import type { Connector } from "../../sdk/types";
import { bodyOf, type Draft, draftOf, EMPTY, type Kind, KINDS, portOf } from "./draft";
import { PagesFields } from "./PagesFields";
import { KafkaFields, MqttFields, NatsFields } from "./StreamFields";

export function ConnectorForm({ connector, onClose }: { connector: Connector | null; onClose: () => void }) {
  const t = useT();
  const { message } = App.useApp();
  const [form] = Form.useForm<Draft>();
  const kind = Form.useWatch("kind", form) ?? connector?.settings.kind ?? "folder";
  const every = Form.useWatch("every", form) ?? "never";
  const mapping = Form.useWatch("mapping", form) ?? "auto";
  const save = useMutation({
    mutationFn: (draft: Draft) =>
      connector
        ? api.changeConnector(connector.id, { revision: connector.revision, connector: bodyOf(draft, connector), from_the_beginning: draft.beginning ?? false })
        : api.createConnector(bodyOf(draft, null)),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["connectors"] });
      void message.success(t("connectors.saved"));
      onClose();
    },
  });
  const test = useMutation({
    mutationFn: (draft: Draft) => {
      const { settings, secret } = bodyOf(draft, connector);
      return api.testConnector({ settings, secret, connector: connector?.id ?? null });
    },
  });
  const tryOut = async () => {
    const draft = await form.validateFields().catch(() => null);
    if (draft) test.mutate(draft);
  };
  const required = { required: true, whitespace: true, message: t("components.required") };
  return (
    <Modal
      open
      width={680}
      title={connector ? t("connectors.change") : t("connectors.create")}
      onCancel={onClose}
      footer={[
        <Button key="test" loading={test.isPending} onClick={() => void tryOut()}>{t("connectors.test")}</Button>,
        <Button key="cancel" onClick={onClose}>{t("common.cancel")}</Button>,
        <Button key="save" type="primary" loading={save.isPending} onClick={() => form.submit()}>{t("common.save")}</Button>,
      ]}
    >
      {save.isError ? <FailureView error={save.error} /> : null}
      {test.isError ? <FailureView error={test.error} /> : null}
      {test.data ? <Alert type="success" showIcon title={text(test.data.found)} description={test.data.fields.join("、") || undefined} /> : null}
      <Form form={form} layout="vertical" onFinish={save.mutate} initialValues={connector ? draftOf(connector) : EMPTY}>
        <Form.Item name="name" label={t("common.name")} rules={[required]}><Input maxLength={100} /></Form.Item>
        <Form.Item name="kind" label={t("connectors.kind")} rules={[{ required: true }]}>
          <Select
            disabled={connector !== null}
            options={KINDS.map((value) => ({ value, label: t(`connectors.kindOf.${value}`) }))}
            onChange={(value: Draft["kind"]) => form.setFieldValue("port", portOf(value))}
          />
        </Form.Item>
        <KindFields kind={kind} />
        {kind === "folder" || kind === "pages" ? null : (
          <Form.Item name="secret" label={t("connectors.secret")} extra={t(connector?.has_secret ? "connectors.secretKept" : "connectors.secretHelp")}>
            <Input.Password maxLength={4096} autoComplete="new-password" />
          </Form.Item>
        )}
        <Form.Item name="mapping" label={t("connectors.mapping")} extra={t("connectors.mappingHelp")} rules={[required]}><Input maxLength={100} /></Form.Item>
        {mapping.trim() === "auto" ? (
          <Form.Item name="dataset" label={t("connectors.target")} extra={t("connectors.targetHelp")} rules={[required]}><Input maxLength={64} className="mono" /></Form.Item>
        ) : null}
        <Form.Item name="every" label={t("connectors.schedule")}>
          <Select options={(["never", "minutes", "day"] as const).map((value) => ({ value, label: t(`connectors.planOf.${value}`) }))} />
        </Form.Item>
        {every === "minutes" ? (
          <Form.Item name="minutes" label={t("connectors.minutes")} rules={[{ required: true }]}><InputNumber min={1} max={10080} /></Form.Item>
        ) : null}
        {every === "day" ? (
          <Form.Item name="at" label={t("connectors.at")} rules={[{ required: true, pattern: /^([01]\d|2[0-3]):[0-5]\d$/, message: t("connectors.atHelp") }]}><Input maxLength={5} /></Form.Item>
        ) : null}
        <Form.Item name="enabled" label={t("connectors.enabled")} valuePropName="checked"><Switch /></Form.Item>
        {connector ? <Form.Item name="beginning" valuePropName="checked"><Checkbox>{t("connectors.beginning")}</Checkbox></Form.Item> : null}
      </Form>
    </Modal>
  );
}

function KindFields({ kind }: { kind: Kind }) {
  switch (kind) {
    case "folder":
      return <FolderFields />;
    case "http":
      return <HttpFields />;
    case "postgres":
    case "postgres_changes":
    case "mysql":
      return <DatabaseFields kind={kind} />;
    case "mqtt":
      return <MqttFields />;
    case "nats":
      return <NatsFields />;
    case "kafka":
      return <KafkaFields />;
    case "s3":
      return <ObjectsFields />;
    case "pages":
      return <PagesFields />;
  }
}

function FolderFields() {
  const t = useT();
  const required = { required: true, whitespace: true, message: t("components.required") };
  return (
    <>
      <Form.Item name="path" label={t("connectors.path")} extra={t("connectors.pathHelp")} rules={[required]}><Input maxLength={1000} className="mono" /></Form.Item>
      <Form.Item name="pattern" label={t("connectors.pattern")} extra={t("connectors.patternHelp")}><Input maxLength={1000} className="mono" /></Form.Item>
    </>
  );
}

function HttpFields() {
  const t = useT();
  const form = Form.useFormInstance<Draft>();
  const authentication = Form.useWatch("authentication", form) ?? "none";
  const paging = Form.useWatch("paging", form) ?? "none";
  const required = { required: true, whitespace: true, message: t("components.required") };
  return (
    <>
      <Form.Item name="url" label={t("connectors.url")} extra={t("connectors.urlHelp")} rules={[required]}><Input maxLength={1000} className="mono" /></Form.Item>
      <Form.Item name="records" label={t("connectors.records")} extra={t("connectors.recordsHelp")}><Input maxLength={1000} className="mono" /></Form.Item>
      <Form.Item name="authentication" label={t("connectors.authentication")}>
        <Select options={(["none", "bearer", "basic", "header"] as const).map((value) => ({ value, label: t(`connectors.authenticationOf.${value}`) }))} />
      </Form.Item>
      {authentication === "basic" || authentication === "header" ? (
        <Form.Item name="authenticationName" label={t(authentication === "basic" ? "connectors.user" : "connectors.header")} rules={[required]}><Input maxLength={200} /></Form.Item>
      ) : null}
      <Form.Item name="paging" label={t("connectors.paging")}>
        <Select options={(["none", "page", "offset", "cursor", "link"] as const).map((value) => ({ value, label: t(`connectors.pagingOf.${value}`) }))} />
      </Form.Item>
      {paging === "page" || paging === "offset" || paging === "cursor" ? (
        <Form.Item name="pagingParameter" label={t("connectors.pagingParameter")} rules={[required]}><Input maxLength={200} className="mono" /></Form.Item>
      ) : null}
      {paging === "page" ? <Form.Item name="pagingFirst" label={t("connectors.pagingFirst")}><InputNumber min={0} /></Form.Item> : null}
      {paging === "cursor" ? <Form.Item name="pagingNext" label={t("connectors.pagingNext")} rules={[required]}><Input maxLength={1000} className="mono" /></Form.Item> : null}
      <Form.Item name="field" label={t("connectors.field")} extra={t("connectors.fieldHelp")}><Input maxLength={1000} className="mono" /></Form.Item>
      <Form.Item name="fieldParameter" label={t("connectors.fieldParameter")}><Input maxLength={200} className="mono" /></Form.Item>
      <Form.Item name="pause" label={t("connectors.pause")}><InputNumber min={0} max={60000} /></Form.Item>
    </>
  );
}

function DatabaseFields({ kind }: { kind: Draft["kind"] }) {
  const t = useT();
  const form = Form.useFormInstance<Draft>();
  const tls = Form.useWatch("tls", form) ?? "on";
  const required = { required: true, whitespace: true, message: t("components.required") };
  return (
    <>
      <Form.Item name="host" label={t("connectors.host")} extra={t("connectors.hostHelp")} rules={[required]}><Input maxLength={1000} /></Form.Item>
      <Form.Item name="port" label={t("connectors.port")} extra={t("connectors.portHelp")}><InputNumber min={1} max={65535} placeholder={kind === "mysql" ? "3306" : "5432"} /></Form.Item>
      <Form.Item name="database" label={t("connectors.database")} rules={[required]}><Input maxLength={1000} /></Form.Item>
      <Form.Item name="user" label={t("connectors.user")} rules={[required]}><Input maxLength={1000} autoComplete="off" /></Form.Item>
      <Form.Item name="tls" label={t("connectors.tls")}>
        <Select options={(["off", "on", "verify"] as const).map((value) => ({ value, label: t(`connectors.tlsOf.${value}`) }))} />
      </Form.Item>
      {tls === "verify" ? (
        <Form.Item name="authority" label={t("connectors.authority")} extra={t("connectors.authorityHelp")}><Input.TextArea rows={4} maxLength={65536} className="mono" /></Form.Item>
      ) : null}
      {kind === "mysql" ? null : <Form.Item name="schema" label={t("connectors.schema")} rules={[required]}><Input maxLength={1000} /></Form.Item>}
      <Form.Item name="table" label={t("connectors.table")} rules={[required]}><Input maxLength={1000} /></Form.Item>
      {kind === "postgres_changes" ? <ChangesFields /> : (
        <>
          <Form.Item name="cursor" label={t("connectors.cursor")} extra={t("connectors.cursorHelp")}><Input maxLength={1000} /></Form.Item>
          <Form.Item name="key" label={t("connectors.key")} extra={t("connectors.keyHelp")}><Select mode="tags" open={false} suffixIcon={null} tokenSeparators={[",", " "]} /></Form.Item>
        </>
      )}
    </>
  );
}

function ChangesFields() {
  const t = useT();
  const required = { required: true, whitespace: true, message: t("components.required") };
  return (
    <>
      <Form.Item name="slot" label={t("connectors.slot")} extra={t("connectors.slotHelp")} rules={[required, { pattern: /^[a-z0-9_]{1,63}$/, message: t("connectors.slotForm") }]}>
        <Input maxLength={63} className="mono" />
      </Form.Item>
      <Form.Item name="publication" label={t("connectors.publication")} rules={[required]}><Input maxLength={63} className="mono" /></Form.Item>
      <Form.Item name="make" valuePropName="checked" extra={t("connectors.makeHelp")}><Checkbox>{t("connectors.make")}</Checkbox></Form.Item>
      <Form.Item name="snapshot" valuePropName="checked"><Checkbox>{t("connectors.snapshot")}</Checkbox></Form.Item>
    </>
  );
}

function ObjectsFields() {
  const t = useT();
  const required = { required: true, whitespace: true, message: t("components.required") };
  return (
    <>
      <Form.Item name="endpoint" label={t("connectors.endpoint")} extra={t("connectors.endpointHelp")} rules={[required]}><Input maxLength={1000} className="mono" /></Form.Item>
      <Form.Item name="bucket" label={t("connectors.bucket")} rules={[required]}><Input maxLength={63} className="mono" /></Form.Item>
      <Form.Item name="region" label={t("connectors.region")} rules={[required]}><Input maxLength={64} className="mono" /></Form.Item>
      <Form.Item name="addressing" label={t("connectors.addressing")}>
        <Select options={(["path", "host"] as const).map((value) => ({ value, label: t(`connectors.addressingOf.${value}`) }))} />
      </Form.Item>
      <Form.Item name="accessKey" label={t("connectors.accessKey")} extra={t("connectors.accessKeyHelp")}><Input maxLength={128} className="mono" autoComplete="off" /></Form.Item>
      <Form.Item name="prefix" label={t("connectors.prefix")} extra={t("connectors.prefixHelp")}><Input maxLength={1000} className="mono" /></Form.Item>
      <Form.Item name="pattern" label={t("connectors.objectPattern")} extra={t("connectors.objectPatternHelp")}><Input maxLength={1000} className="mono" /></Form.Item>
    </>
  );
}
