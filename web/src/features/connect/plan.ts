// A schedule in words.
import type { useT } from "../../sdk/i18n";
import type { Schedule } from "../../sdk/types";

export function planOf(t: ReturnType<typeof useT>, schedule: Schedule): string {
  switch (schedule.every) {
    case "minutes":
      return t("connectors.everyMinutes", { n: schedule.minutes });
    case "day":
      return t("connectors.everyDay", { at: schedule.at });
    default:
      return t("connectors.never");
  }
}
