// The form's flat fields, and what the node takes.
import type { FormName, NewExchangeSubscription, Schedule } from "../../sdk/types";

export interface Draft {
  peer: string;
  dataset: string;
  target: string;
  direction: "pull" | "push";
  mode: "full" | "changes";
  purpose: string;
  reason: string;
  agreement: string;
  until: string;
  columns?: string;
  rowColumn?: string;
  rowPrefix?: string;
  every: Schedule["every"];
  minutes?: number;
  at?: string;
  lagMinutes?: number;
  rate?: number;
  sensitive: boolean;
  forms?: Partial<Record<FormName, Record<string, string>>>;
}

export const EMPTY: Partial<Draft> & Pick<Draft, "direction" | "mode" | "purpose" | "every" | "minutes" | "sensitive"> = {
  direction: "pull", mode: "changes", purpose: "entrust", every: "minutes", minutes: 60, lagMinutes: 180, sensitive: false,
};

function scheduleOf(draft: Draft): Schedule {
  if (draft.every === "minutes") return { every: "minutes", minutes: draft.minutes ?? 60 };
  if (draft.every === "day") return { every: "day", at: draft.at ?? "" };
  return { every: "never" };
}

export function bodyOf(draft: Draft, forms: FormName[]): NewExchangeSubscription {
  const columns = (draft.columns ?? "").split(/[\s,，、]+/).filter((name) => name !== "");
  const rows = draft.rowColumn && draft.rowPrefix ? { starts_with: { column: draft.rowColumn, prefix: draft.rowPrefix } } : { all: [] };
  return {
    peer: draft.peer.trim(),
    dataset: draft.dataset.trim(),
    target: draft.target.trim(),
    direction: draft.direction,
    sensitive_personal: draft.sensitive,
    forms: Object.fromEntries(forms.map((name) => [name, draft.forms?.[name] ?? {}])),
    terms: {
      columns: [...new Set(columns)],
      rows,
      purpose: draft.purpose,
      reason: draft.reason,
      agreement: draft.agreement,
      until: `${draft.until}T15:59:59Z`,
      mode: draft.mode,
      schedule: scheduleOf(draft),
      lag_minutes: draft.lagMinutes ?? null,
      // People say kB; the node counts bytes.
      bytes_per_second: draft.rate ? draft.rate * 1_000 : null,
      grade: null,
    },
  };
}
