// Shapes of the node's HTTP API under /api/v1. Component parameters and results are in components.ts.

/** A text in both languages, or one the server already chose for the caller. */
export type Text = string | { zh: string; en: string };

export type Role = "administrator" | "government" | "industry_body" | "enterprise" | "component_author";
export type Side = "government" | "industry" | "enterprise" | "operation";
export type DataSide = "public" | "industry" | "enterprise";
export type Grade = "general1" | "general2" | "general3" | "general4" | "important" | "core";

export interface Party {
  account: string;
  display_name: string;
  role: Role;
  organisation?: string | null;
  region?: string | null;
}

export interface SessionState {
  party: Party;
  must_change_password?: boolean;
  expires_at?: string;
}

export interface DemoAccount {
  username: string;
  password: string;
  role: Role;
  display_name: string;
}

export interface PortalSettings {
  node_name: string;
  role: string;
  version: string;
  languages?: string[];
  demo_accounts?: DemoAccount[] | null;
}

/** RFC 9457 problem document. */
export interface Problem {
  type?: string;
  title: string;
  status: number;
  detail?: string;
  code?: string;
  hint?: string | null;
  trace_id?: string;
  pointer?: string;
}

export interface Input {
  dataset: string;
  version: number;
  grant: string;
}

export interface Provenance {
  inputs: Input[];
  component: string;
  component_version: string;
  computed_at: string;
  evidence?: number | null;
}

export interface Page<T> {
  items: T[];
  total: number;
  page: number;
  page_size: number;
}

export interface DatasetCard {
  name: string;
  title: Text;
  description?: Text | null;
  owner?: string | null;
  side: DataSide;
  zone: string;
  grade: Grade;
  restricted_by?: string | null;
  rows: number;
  bytes?: number | null;
  version?: number | null;
  updated_at?: string | null;
  source?: string | null;
  licence?: string | null;
}

export interface DatasetColumn {
  name: string;
  type?: string;
  data_type?: string;
  title?: Text | null;
  description?: Text | null;
  grade?: Grade | null;
  unit?: string | null;
  nullable?: boolean;
}

export interface DatasetVersion {
  version: number;
  created_at?: string;
  committed_at?: string;
  rows?: number | null;
  rows_added?: number | null;
  reason?: string | null;
  operation?: string | null;
  source?: string | null;
}

export interface QualityCheck {
  name?: Text;
  rule?: Text;
  ok?: boolean;
  passed?: number;
  failed?: number;
  share?: number | null;
  detail?: Text | null;
}

export interface LineageStep {
  dataset?: string;
  name?: string;
  via?: string | null;
  kind?: string | null;
}

export interface DatasetDetail {
  card: DatasetCard;
  columns: DatasetColumn[];
  versions: DatasetVersion[];
  quality?: QualityCheck[] | Record<string, unknown> | null;
  lineage_up?: (LineageStep | string)[];
  lineage_down?: (LineageStep | string)[];
}

export interface ColumnType {
  name: string;
  type: string;
}

export type Cell = string | number | boolean | null | Cell[] | { [key: string]: Cell };

export interface Rows {
  columns: ColumnType[];
  rows: Cell[][];
  total?: number | null;
  inputs?: Input[];
}

export interface SqlResult extends Rows {
  query_id: string;
  has_more: boolean;
  seconds: number;
}

export interface Mapping {
  name: string;
  title?: Text;
  description?: Text | null;
  dataset?: string | null;
  formats?: string[];
}

export interface IngestReport {
  file: string;
  mapping: string;
  dataset: string;
  rows_read: number;
  rows_landed: number;
  rows_quarantined: number;
  firms_with_product?: number | null;
  firms_with_industry?: number | null;
  version?: number | null;
  unchanged?: boolean;
  seconds: number;
  peak_memory_mb?: number | null;
  models_refreshed?: unknown[];
}

export type RunState = "queued" | "running" | "succeeded" | "failed" | "cancelled" | string;

export interface IngestRun {
  run_id?: string;
  id?: string;
  mapping?: string;
  file?: string;
  dataset?: string | null;
  state: RunState;
  progress?: { done: number; total?: number | null } | null;
  report?: IngestReport | null;
  failure?: { code?: string; detail?: Text; hint?: Text | null } | null;
  started_at?: string;
  finished_at?: string | null;
}

export interface Manifest {
  id: string;
  version: string;
  title: Text;
  summary?: Text | null;
  kind: string;
  side: Side;
  effect: "read" | "write" | string;
  reads?: string[];
  parameters?: JsonSchema;
  result?: JsonSchema;
  formula?: Text | null;
  limits?: unknown;
}

export interface JsonSchema {
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  definitions?: Record<string, JsonSchema>;
  type?: string | string[];
  title?: string;
  description?: string;
  format?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  properties?: Record<string, JsonSchema | boolean>;
  required?: string[];
  items?: JsonSchema | boolean;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  additionalProperties?: JsonSchema | boolean;
  examples?: unknown[];
}

export interface RunOutcome<T> {
  result: T;
  provenance: Provenance;
  seconds: number;
}

export interface Account {
  id: string;
  username: string;
  display_name: string;
  role: Role;
  organisation?: string | null;
  region?: string | null;
  disabled?: boolean;
  must_change_password?: boolean;
  created_at?: string;
  last_sign_in_at?: string | null;
}

export interface NewAccount {
  username: string;
  display_name: string;
  role: Role;
  organisation?: string | null;
  region?: string | null;
  password: string;
}

export interface GrantEntry {
  id: string;
  subject: unknown;
  dataset: string;
  rows?: unknown;
  masks?: Record<string, unknown>;
  purpose?: string | null;
  until?: string | null;
  basis?: Text | null;
  revoked_at?: string | null;
}

export interface EvidenceEntry {
  seq: number;
  kind: string;
  actor: string;
  subject: string;
  at?: string;
  recorded_at?: string;
  body?: unknown;
}

export interface SignedHead {
  size: number;
  root: string;
  signed_at: string;
  signature: string;
  key_id: string;
}

export interface Verification {
  entries: number;
  root: string;
  ok: boolean;
  [key: string]: unknown;
}

export interface InclusionProof {
  [key: string]: unknown;
}
