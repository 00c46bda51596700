// A plan as it is typed into the form: keys with commas, one field=column a line, golden rules as JSON.
import type { MatchPlan } from "../../sdk/types";

/** Most steps of a plan, as the node has it. */
export const STEPS_MAX = 8;

export interface StepDraft {
  leftDataset: string;
  leftKey: string;
  leftColumns: string;
  rightDataset: string;
  rightKey: string;
  rightColumns: string;
}

export interface Draft {
  name: string;
  preset: MatchPlan["preset"];
  steps: StepDraft[];
  upper: number;
  lower: number;
  oneToOne: boolean;
  sample: number;
  golden: string;
  reason: string;
}

export const EMPTY_STEP: StepDraft = { leftDataset: "", leftKey: "", leftColumns: "", rightDataset: "", rightKey: "", rightColumns: "" };

export const EMPTY: Draft = {
  name: "", preset: "firm", steps: [EMPTY_STEP],
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

export function goldenOf(text: string): MatchPlan["golden"] {
  if (text.trim() === "") return null;
  try {
    return JSON.parse(text) as MatchPlan["golden"];
  } catch {
    throw new DraftFault(null);
  }
}

type Step = MatchPlan["steps"][number];

function stepOf(step: StepDraft): Step {
  const side = (dataset: string, key: string, columns: string) => ({ dataset: dataset.trim(), key: keyOf(key), columns: columnsOf(columns) });
  return {
    left: side(step.leftDataset, step.leftKey, step.leftColumns),
    right: step.rightDataset.trim() === "" ? null : side(step.rightDataset, step.rightKey, step.rightColumns),
  };
}

export function planOf(draft: Draft): MatchPlan {
  return {
    preset: draft.preset,
    steps: draft.steps.map(stepOf),
    upper: draft.upper,
    lower: draft.lower,
    one_to_one: draft.oneToOne,
    sample: draft.sample,
    golden: goldenOf(draft.golden),
  };
}

const lines = (columns: Record<string, string> | undefined) => Object.entries(columns ?? {}).map(([field, column]) => `${field}=${column}`).join("\n");

function stepDraftOf({ left, right }: Step): StepDraft {
  return {
    leftDataset: left.dataset,
    leftKey: left.key.join(","),
    leftColumns: lines(left.columns),
    rightDataset: right?.dataset ?? "",
    rightKey: right?.key.join(",") ?? "",
    rightColumns: lines(right?.columns),
  };
}

export function draftOf(name: string, plan: MatchPlan): Draft {
  return {
    name,
    preset: plan.preset,
    steps: plan.steps.map(stepDraftOf),
    upper: plan.upper ?? EMPTY.upper,
    lower: plan.lower ?? EMPTY.lower,
    oneToOne: plan.one_to_one ?? false,
    sample: plan.sample ?? EMPTY.sample,
    golden: plan.golden ? JSON.stringify(plan.golden, null, 2) : "",
    reason: "",
  };
}

const PLACE = /^\/steps\/(\d+)\/(left|right)(?:\/(dataset|key|columns))?$/;

/** The field of the form that a place in the plan was typed into; none for places the form has no field of its own for. */
export function fieldOf(pointer: string | null | undefined): (string | number)[] | null {
  // A set that is changed stands under `set` in what is sent.
  const place = pointer?.replace(/^(?:\/set)?\/plan\b/, "");
  if (place === undefined || place === pointer) return null;
  const step = PLACE.exec(place);
  if (step) {
    const part = step[3] ?? "dataset";
    return ["steps", Number(step[1]), `${step[2]}${part.charAt(0).toUpperCase()}${part.slice(1)}`];
  }
  if (place === "/upper" || place === "/sample") return [place.slice(1)];
  return place.startsWith("/golden") ? ["golden"] : null;
}
