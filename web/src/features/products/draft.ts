// Between the form of a product and what the node takes.
import type { NewOffer, OfferDetail, PublishNote } from "../../sdk/types";

type Contract = NewOffer["definition"]["contract"];
type Given = NonNullable<OfferDetail["draft"]>;
type Source = NewOffer["definition"]["source"];
type Bound = NonNullable<Extract<Source, { kind: "query" }>["parameters"]>[number];
/** A parameter as the form has it: a value left out is written as text, whatever its kind. */
type Parameter = { name: string; title: string; titleEn?: string; kind: Bound["kind"]; required?: boolean; default?: string; allowed?: string[]; least?: number | null; most?: number | null };

export interface Draft {
  id?: string;
  titleZh?: string;
  titleEn?: string;
  descriptionZh?: string;
  descriptionEn?: string;
  source: "dataset" | "query";
  dataset?: string;
  columns?: string[];
  sql?: string;
  parameters?: Parameter[];
  forms: NewOffer["definition"]["forms"];
  purposes: string[];
  permitted: Contract["permitted"];
  forbidden?: Contract["permitted"];
  redistribution: Contract["redistribution"];
  periodDays: number;
  retentionDays: number;
  fee?: string;
  feeEn?: string;
  terms?: string;
  termsEn?: string;
  freshnessHours: number;
  availability?: number | null;
  support?: string;
  note?: string;
  breaking?: boolean;
}

/** A start that most owners leave as it is: analysis for a quarter, nothing passed on. */
export const EMPTY: Draft = {
  source: "dataset",
  forms: ["api", "download"],
  purposes: ["view", "analysis"],
  permitted: ["read", "aggregate"],
  forbidden: ["distribute", "sell"],
  redistribution: "none",
  periodDays: 90,
  retentionDays: 90,
  freshnessHours: 168,
  availability: 99,
};

/** Both languages; English that was left out is the Chinese. */
const both = (zh: string | undefined, en?: string) => {
  const first = zh?.trim() ?? "";
  return { zh: first, en: en?.trim() || first };
};
const optional = (zh: string | undefined, en?: string) => (zh?.trim() ? both(zh, en) : null);

/** A value typed for a parameter, as the node takes it; what is no number stays text, and the node says so. */
export function valueOf(kind: Bound["kind"], text: string | undefined): Bound["default"] {
  const written = text?.trim() ?? "";
  if (written === "") return null;
  if (kind === "boolean") return written === "true" ? true : written === "false" ? false : written;
  const number = Number(written);
  return (kind === "integer" || kind === "number") && Number.isFinite(number) ? number : written;
}

const boundOf = (given: Parameter): Bound => ({
  name: given.name,
  title: both(given.title, given.titleEn),
  kind: given.kind,
  required: given.required ?? false,
  default: valueOf(given.kind, given.default),
  allowed: given.allowed ?? [],
  least: given.least ?? null,
  most: given.most ?? null,
});

const parameterOf = (bound: Bound): Parameter => ({
  name: bound.name,
  title: bound.title.zh,
  titleEn: bound.title.en,
  kind: bound.kind,
  required: bound.required,
  default: bound.default === null || bound.default === undefined ? undefined : String(bound.default),
  allowed: bound.allowed,
  least: bound.least,
  most: bound.most,
});

export function bodyOf(draft: Draft): NewOffer {
  const source =
    draft.source === "query"
      ? { kind: "query" as const, sql: draft.sql ?? "", parameters: (draft.parameters ?? []).map(boundOf) }
      : { kind: "dataset" as const, dataset: draft.dataset ?? "", columns: draft.columns ?? [] };
  return {
    id: draft.id?.trim() ?? "",
    title: both(draft.titleZh, draft.titleEn),
    description: both(draft.descriptionZh, draft.descriptionEn),
    definition: {
      source,
      forms: draft.forms,
      contract: {
        purposes: draft.purposes,
        permitted: draft.permitted,
        forbidden: draft.forbidden ?? [],
        period_days: draft.periodDays,
        redistribution: draft.redistribution,
        retention_days: draft.retentionDays,
        fee: optional(draft.fee, draft.feeEn),
        terms: optional(draft.terms, draft.termsEn),
      },
      sla: { freshness_hours: draft.freshnessHours, availability_percent: draft.availability ?? null, support: draft.support?.trim() ?? "" },
    },
  };
}

export function noteOf(draft: Draft): PublishNote {
  return { note: draft.note?.trim() ?? "", breaking: draft.breaking ?? false };
}

export function draftOf(given: Given): Draft {
  const { definition } = given;
  const { source, contract, sla } = definition;
  const query = source.kind === "query";
  return {
    id: given.id,
    titleZh: given.title.zh,
    titleEn: given.title.en,
    descriptionZh: given.description.zh,
    descriptionEn: given.description.en,
    source: source.kind,
    dataset: query ? undefined : source.dataset,
    columns: query ? undefined : source.columns,
    sql: query ? source.sql : undefined,
    parameters: query ? source.parameters?.map(parameterOf) : undefined,
    forms: definition.forms,
    purposes: contract.purposes,
    permitted: contract.permitted,
    forbidden: contract.forbidden,
    redistribution: contract.redistribution,
    periodDays: contract.period_days,
    retentionDays: contract.retention_days,
    fee: contract.fee?.zh,
    feeEn: contract.fee?.en,
    terms: contract.terms?.zh,
    termsEn: contract.terms?.en,
    freshnessHours: sla.freshness_hours,
    availability: sla.availability_percent,
    support: sla.support,
  };
}
