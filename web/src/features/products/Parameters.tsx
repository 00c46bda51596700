// The parameters of a product's query: a line each.
import { Button, Checkbox, Form, Input, InputNumber, Select } from "antd";
import { useT } from "../../sdk/i18n";

export const KINDS = ["text", "integer", "number", "date", "boolean"] as const;

export function Parameters() {
  const t = useT();
  const required = { required: true, message: t("components.required") };
  return (
    <Form.List name="parameters">
      {(lines, { add, remove }) => (
        <>
          {lines.map(({ key, name }) => (
            <fieldset key={key} className="card" style={{ marginBottom: 12 }}>
              <legend className="muted">{t("offers.parameters")} {name + 1}</legend>
              <div style={{ display: "flex", gap: "0 12px", flexWrap: "wrap" }}>
                <Form.Item name={[name, "name"]} label={t("offers.parameterName")} rules={[required]}><Input maxLength={40} style={{ width: 150 }} /></Form.Item>
                <Form.Item name={[name, "title"]} label={t("offers.parameterTitle")} rules={[required]}><Input maxLength={100} style={{ width: 180 }} /></Form.Item>
                <Form.Item name={[name, "titleEn"]} label={t("offers.parameterTitleEn")}><Input maxLength={100} style={{ width: 180 }} /></Form.Item>
                <Form.Item name={[name, "kind"]} label={t("offers.kind")} rules={[required]}><Select style={{ width: 110 }} options={KINDS.map((kind) => ({ value: kind, label: t(`offers.kindOf.${kind}`) }))} /></Form.Item>
                <Form.Item name={[name, "default"]} label={t("offers.byDefault")}><Input maxLength={200} style={{ width: 150 }} /></Form.Item>
                <Form.Item name={[name, "allowed"]} label={t("offers.allowed")}><Select mode="tags" style={{ width: 200 }} open={false} suffixIcon={null} tokenSeparators={[",", "，", "、"]} /></Form.Item>
                <Form.Item name={[name, "least"]} label={t("offers.least")}><InputNumber style={{ width: 100 }} /></Form.Item>
                <Form.Item name={[name, "most"]} label={t("offers.most")}><InputNumber style={{ width: 100 }} /></Form.Item>
                <Form.Item name={[name, "required"]} valuePropName="checked" label=" " colon={false}><Checkbox>{t("offers.required")}</Checkbox></Form.Item>
              </div>
              <Button size="small" onClick={() => remove(name)}>{t("offers.removeParameter")}</Button>
            </fieldset>
          ))}
          <Button onClick={() => add({ kind: "text", required: false })}>{t("offers.addParameter")}</Button>
        </>
      )}
    </Form.List>
  );
}
