// Fields of servers of messages.
import { Form, Input, InputNumber, Select } from "antd";
import { useT } from "../../sdk/i18n";

function ServerFields({ userHelp }: { userHelp: string }) {
  const t = useT();
  const required = { required: true, whitespace: true, message: t("components.required") };
  return (
    <>
      <Form.Item name="host" label={t("connectors.host")} extra={t("connectors.hostHelp")} rules={[required]}><Input maxLength={1000} /></Form.Item>
      <Form.Item name="port" label={t("connectors.port")} rules={[{ required: true }]}><InputNumber min={1} max={65535} /></Form.Item>
      <Form.Item name="encryption" label={t("connectors.encryption")}>
        <Select options={(["checked", "unchecked", "off"] as const).map((value) => ({ value, label: t(`connectors.encryptionOf.${value}`) }))} />
      </Form.Item>
      <Form.Item name="user" label={t("connectors.user")} extra={userHelp}><Input maxLength={1000} autoComplete="off" /></Form.Item>
    </>
  );
}

export function MqttFields() {
  const t = useT();
  const required = { required: true, whitespace: true, message: t("components.required") };
  return (
    <>
      <ServerFields userHelp={t("connectors.userMqttHelp")} />
      <Form.Item name="topic" label={t("connectors.topic")} extra={t("connectors.topicHelp")} rules={[required]}><Input maxLength={1000} className="mono" /></Form.Item>
      <Form.Item name="clientId" label={t("connectors.clientId")} extra={t("connectors.clientIdHelp")}><Input maxLength={1000} className="mono" /></Form.Item>
      <Form.Item name="listen" label={t("connectors.listen")} rules={[{ required: true }]}><InputNumber min={1} max={3600} /></Form.Item>
      <Form.Item name="sessionHours" label={t("connectors.session")} extra={t("connectors.sessionHelp")} rules={[{ required: true }]}><InputNumber min={0.02} max={100000} /></Form.Item>
    </>
  );
}

export function NatsFields() {
  const t = useT();
  const required = { required: true, whitespace: true, message: t("components.required") };
  return (
    <>
      <ServerFields userHelp={t("connectors.userNatsHelp")} />
      <Form.Item name="stream" label={t("connectors.stream")} rules={[required]}><Input maxLength={255} className="mono" /></Form.Item>
      <Form.Item name="subject" label={t("connectors.subject")} extra={t("connectors.subjectHelp")}><Input maxLength={1000} className="mono" /></Form.Item>
    </>
  );
}
