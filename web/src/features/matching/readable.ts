// A rule of the form: what was typed can be read, or the field says which line cannot.
import type { FormRule } from "antd";
import { useT } from "../../sdk/i18n";
import { DraftFault } from "./draft";

export function useReadable() {
  const t = useT();
  return (read: (text: string) => unknown): FormRule => ({
    validator: async (_, value: string | undefined) => {
      try {
        read(value ?? "");
      } catch (fault) {
        if (!(fault instanceof DraftFault)) throw fault;
        throw new Error(fault.line === null ? t("matching.badJson") : t("matching.badLine", { line: fault.line }), { cause: fault });
      }
    },
  });
}
