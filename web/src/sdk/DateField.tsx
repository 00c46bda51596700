// A calendar day as ISO text, chosen in the reader's language whatever the browser's own is.
import { DatePicker, type DatePickerProps } from "antd";
import dayjs from "dayjs";
import "dayjs/locale/zh-cn";

// The buttons that say the year and the month are named by what they say, not "choose a year": a voice user says what is
// written (WCAG 2.5.3).
const named = { lang: { yearSelect: "", monthSelect: "" } } as NonNullable<DatePickerProps["locale"]>;

export function DateField({ id, value, onChange }: { id?: string; value?: string; onChange?: (day: string | undefined) => void }) {
  return (
    <DatePicker
      id={id}
      locale={named}
      style={{ width: "100%", minWidth: 132 }}
      value={value ? dayjs(value) : null}
      onChange={(day) => onChange?.(day ? day.format("YYYY-MM-DD") : undefined)}
    />
  );
}
