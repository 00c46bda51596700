// A run form made from a component's parameter schema.
import { Button, Form, Input, InputNumber, Select, Switch } from "antd";
import { useMemo } from "react";
import { useT } from "./i18n";
import { fieldsOf, paramsOf, type FormField } from "./schema";
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
          label={field.title === field.name ? <span className="mono">{field.name}</span> : `${field.title}（${field.name}）`}
          extra={field.description}
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

function control(field: FormField, optional: string, add: string) {
  const placeholder = field.required ? undefined : optional;
  switch (field.kind) {
    case "number":
    case "integer":
      return (
        <InputNumber
          style={{ width: "100%" }}
          min={field.minimum}
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
      return <Input type="date" />;
    case "json":
      return <Input.TextArea className="mono" autoSize={{ minRows: 2, maxRows: 10 }} placeholder={optional} />;
    default:
      return <Input placeholder={placeholder} />;
  }
}
