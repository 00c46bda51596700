// A plan as it is typed into the form: keys with commas, one field=column a line, golden rules as JSON.
import type { MatchPlan } from "../../sdk/types";

export interface Draft {
  name: string;
  preset: MatchPlan["preset"];
  leftDataset: string;
  leftKey: string;
  leftColumns: string;
  rightDataset: string;
  rightKey: string;
  rightColumns: string;
  upper: number;
  lower: number;
  oneToOne: boolean;
  sample: number;
  golden: string;
  reason: string;
}

export const EMPTY: Draft = {
  name: "", preset: "firm", leftDataset: "", leftKey: "", leftColumns: "", rightDataset: "", rightKey: "", rightColumns: "",
  upper: 0.95, lower: 0.5, oneToOne: false, sample: 50, golden: "", reason: "",
};

/** What cannot be read: a line that is no field=column, or rules that are no JSON. */
export class DraftFault extends Error {
  readonly line: number | null;

  constructor(line: number | null) {
    super(line === null ? "json" : `line ${line}`);
    this.line = line;
  }
}

export function columnsOf(text: string): Record<string, string> {
  const columns: Record<string, string> = {};
  for (const [at, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const [field, column, ...rest] = line.split("=").map((part) => part.trim());
    if (!field || !column || rest.length > 0) throw new DraftFault(at + 1);
    columns[field] = column;
  }
  return columns;
}

export function keyOf(text: string): string[] {
  return text.split(/[,，]/).map((part) => part.trim()).filter((part) => part !== "");
}

function goldenOf(text: string): MatchPlan["golden"] {
  if (text.trim() === "") return null;
  try {
    return JSON.parse(text) as MatchPlan["golden"];
  } catch {
    throw new DraftFault(null);
  }
}

/** The plan of a draft. Steps behind the first, which the form does not show, stay as they were. */
export function planOf(draft: Draft, before?: MatchPlan): MatchPlan {
  const side = (dataset: string, key: string, columns: string) => ({ dataset: dataset.trim(), key: keyOf(key), columns: columnsOf(columns) });
  const right = draft.rightDataset.trim() === "" ? null : side(draft.rightDataset, draft.rightKey, draft.rightColumns);
  return {
    preset: draft.preset,
    steps: [{ left: side(draft.leftDataset, draft.leftKey, draft.leftColumns), right }, ...(before?.steps.slice(1) ?? [])],
    upper: draft.upper,
    lower: draft.lower,
    one_to_one: draft.oneToOne,
    sample: draft.sample,
    golden: goldenOf(draft.golden),
  };
}

const lines = (columns: Record<string, string> | undefined) => Object.entries(columns ?? {}).map(([field, column]) => `${field}=${column}`).join("\n");

export function draftOf(name: string, plan: MatchPlan): Draft {
  const [first] = plan.steps;
  return {
    name,
    preset: plan.preset,
    leftDataset: first?.left.dataset ?? "",
    leftKey: first?.left.key.join(",") ?? "",
    leftColumns: lines(first?.left.columns),
    rightDataset: first?.right?.dataset ?? "",
    rightKey: first?.right?.key.join(",") ?? "",
    rightColumns: lines(first?.right?.columns),
    upper: plan.upper ?? EMPTY.upper,
    lower: plan.lower ?? EMPTY.lower,
    oneToOne: plan.one_to_one ?? false,
    sample: plan.sample ?? EMPTY.sample,
    golden: plan.golden ? JSON.stringify(plan.golden, null, 2) : "",
    reason: "",
  };
}
