// Web pages: where to begin, how far to go, how slowly, under whose name and by which right.
import { Form, Input, InputNumber, Select } from "antd";
import { useT } from "../../sdk/i18n";

export function PagesFields() {
  const t = useT();
  const required = { required: true, whitespace: true, message: t("components.required") };
  return (
    <>
      <Form.Item name="start" label={t("connectors.start")} extra={t("connectors.startHelp")}><Select mode="tags" open={false} suffixIcon={null} tokenSeparators={[" "]} className="mono" /></Form.Item>
      <Form.Item name="sitemap" label={t("connectors.sitemap")}><Input maxLength={1000} className="mono" /></Form.Item>
      <Form.Item name="within" label={t("connectors.within")} rules={[required]}><Input maxLength={1000} className="mono" /></Form.Item>
      <Form.Item name="pathPattern" label={t("connectors.pathPattern")} extra={t("connectors.pathPatternHelp")}><Input maxLength={1000} className="mono" /></Form.Item>
      <Form.Item name="depth" label={t("connectors.depth")} rules={[{ required: true }]}><InputNumber min={0} max={3} /></Form.Item>
      <Form.Item name="pagesMax" label={t("connectors.pagesMax")} rules={[{ required: true }]}><InputNumber min={1} max={10000} /></Form.Item>
      <Form.Item name="refreshDays" label={t("connectors.refreshDays")} rules={[{ required: true }]}><InputNumber min={1} max={365} /></Form.Item>
      <Form.Item name="delay" label={t("connectors.delay")} extra={t("connectors.delayHelp")} rules={[{ required: true }]}><InputNumber min={0} max={600000} /></Form.Item>
      <Form.Item name="agent" label={t("connectors.agent")} extra={t("connectors.agentHelp")} rules={[required]}><Input maxLength={40} className="mono" /></Form.Item>
      <Form.Item name="contact" label={t("connectors.contact")} extra={t("connectors.contactHelp")} rules={[required]}><Input maxLength={200} /></Form.Item>
      <Form.Item name="licence" label={t("connectors.licence")} extra={t("connectors.licenceHelp")} rules={[required]}><Input.TextArea maxLength={500} autoSize /></Form.Item>
    </>
  );
}
