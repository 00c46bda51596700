// Fields of servers of messages.
import { Form, Input, InputNumber, Select } from "antd";
import { useT } from "../../sdk/i18n";
import type { Draft } from "./draft";

/** host:port, a host of IPv6 in brackets; without the tcp:// of egress.allow. */
const BROKER = /^(\[\S+\]|[^\s:/[\]]+):\d{1,5}$/;
const BROKERS_MAX = 10;

function ServerFields({ userHelp }: { userHelp: string }) {
  const t = useT();
  const required = { required: true, whitespace: true, message: t("components.required") };
  return (
    <>
      <Form.Item name="host" label={t("connectors.host")} extra={t("connectors.hostHelp")} rules={[required]}><Input maxLength={1000} /></Form.Item>
      <Form.Item name="port" label={t("connectors.port")} rules={[{ required: true }]}><InputNumber min={1} max={65535} /></Form.Item>
      <AccessFields userHelp={userHelp} />
    </>
  );
}

function AccessFields({ userHelp }: { userHelp: string }) {
  const t = useT();
  return (
    <>
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
      <ServerFields userHelp={t("connectors.userAnonymousHelp")} />
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

export function KafkaFields() {
  const t = useT();
  const user = Form.useWatch("user", Form.useFormInstance<Draft>());
  const required = { required: true, whitespace: true, message: t("components.required") };
  const brokers = {
    validator: (_: unknown, value: string[] = []) =>
      value.length <= BROKERS_MAX && value.every((broker) => BROKER.test(broker)) ? Promise.resolve() : Promise.reject(new Error(t("connectors.brokersForm"))),
  };
  return (
    <>
      <Form.Item name="brokers" label={t("connectors.brokers")} extra={t("connectors.brokersHelp")} rules={[{ required: true, message: t("components.required") }, brokers]}>
        <Select mode="tags" open={false} suffixIcon={null} tokenSeparators={[",", " "]} className="mono" />
      </Form.Item>
      <AccessFields userHelp={t("connectors.userAnonymousHelp")} />
      {user?.trim() ? (
        <Form.Item name="mechanism" label={t("connectors.mechanism")}>
          <Select options={(["scram_sha_512", "scram_sha_256", "plain"] as const).map((value) => ({ value, label: t(`connectors.mechanismOf.${value}`) }))} />
        </Form.Item>
      ) : null}
      <Form.Item name="topic" label={t("connectors.kafkaTopic")} rules={[required]}><Input maxLength={249} className="mono" /></Form.Item>
      <Form.Item name="origin" label={t("connectors.origin")} extra={t("connectors.originHelp")}>
        <Select options={(["earliest", "latest"] as const).map((value) => ({ value, label: t(`connectors.originOf.${value}`) }))} />
      </Form.Item>
    </>
  );
}
