// A run form made from a component's parameter schema.
import { Button, Form, Input, InputNumber, Select, Switch } from "antd";
import { useMemo } from "react";
import { DateField } from "./DateField";
import { useLanguage, useT } from "./i18n";
import { fieldsOf, paramsOf, wordsOf, type FormField } from "./schema";
import type { JsonSchema } from "./types";

export function SchemaForm({
  schema,
  busy,
  onRun,
}: {
  schema: JsonSchema | undefined;
  busy?: boolean;
  onRun: (params: Record<string, unknown>) => void;
}) {
  const t = useT();
  const language = useLanguage();
  const fields = useMemo(() => fieldsOf(schema), [schema]);
  const initial = useMemo(
    () =>
      Object.fromEntries(
        fields
          .filter((f) => f.initial !== undefined)
          .map((f) => [f.name, f.kind === "json" ? JSON.stringify(f.initial) : f.initial]),
      ),
    [fields],
  );
  return (
    <Form layout="vertical" initialValues={initial} onFinish={(values: Record<string, unknown>) => onRun(paramsOf(fields, values))}>
      {fields.length === 0 ? <p className="muted">{t("components.noParams")}</p> : null}
      {fields.map((field) => (
        <Form.Item
          key={field.name}
          name={field.name}
          label={<Label field={field} language={language} />}
          extra={wordsOf(field, language).help}
          valuePropName={field.kind === "switch" ? "checked" : "value"}
          rules={[
            ...(field.required && field.kind !== "switch" ? [{ required: true, message: t("components.required") }] : []),
            ...(field.kind === "json"
              ? [
                  {
                    validator: (_: unknown, value: unknown) => {
                      if (typeof value !== "string" || value === "") return Promise.resolve();
                      try {
                        JSON.parse(value);
                        return Promise.resolve();
                      } catch {
                        return Promise.reject(new Error(t("components.invalidJson")));
                      }
                    },
                  },
                ]
              : []),
          ]}
        >
          {control(field, t("common.optional"), t("components.addItem"))}
        </Form.Item>
      ))}
      <Button type="primary" htmlType="submit" loading={busy}>
        {t("common.run")}
      </Button>
    </Form>
  );
}

/** A bound that assistive technology can say; smaller ones are left to the node's own check. */
function spoken(bound: number | undefined): number | undefined {
  return bound !== undefined && bound !== 0 && Math.abs(bound) < 1e-6 ? undefined : bound;
}

function Label({ field, language }: { field: FormField; language: string }) {
  const { label } = wordsOf(field, language);
  return label ? <span>{label} <span className="mono muted">{field.name}</span></span> : <span className="mono">{field.name}</span>;
}

function control(field: FormField, optional: string, add: string) {
  const placeholder = field.required ? undefined : optional;
  switch (field.kind) {
    case "number":
    case "integer":
      return (
        <InputNumber
          style={{ width: "100%" }}
          min={spoken(field.minimum)}
          max={field.maximum}
          precision={field.kind === "integer" ? 0 : undefined}
          placeholder={placeholder}
        />
      );
    case "switch":
      return <Switch />;
    case "choice":
      return <Select allowClear={!field.required} options={field.choices} placeholder={placeholder} />;
    case "tags":
      return <Select mode="tags" placeholder={add} open={false} suffixIcon={null} />;
    case "date":
      return <DateField />;
    case "json":
      return <Input.TextArea className="mono" autoSize={{ minRows: 2, maxRows: 10 }} placeholder={optional} />;
    default:
      return <Input placeholder={placeholder} />;
  }
}
