// A calendar day as ISO text, chosen in the reader's language whatever the browser's own is.
import { DatePicker } from "antd";
import dayjs from "dayjs";
import "dayjs/locale/zh-cn";

export function DateField({ id, value, onChange }: { id?: string; value?: string; onChange?: (day: string | undefined) => void }) {
  return (
    <DatePicker
      id={id}
      style={{ width: "100%", minWidth: 132 }}
      value={value ? dayjs(value) : null}
      onChange={(day) => onChange?.(day ? day.format("YYYY-MM-DD") : undefined)}
    />
  );
}
