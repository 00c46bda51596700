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
  type: string;
  title?: Text | null;
  grade?: Grade | null;
  unit?: string | null;
  nullable?: boolean;
}

export interface DatasetVersion {
  version: number;
  rows: number;
  bytes?: number;
  committed_at: string;
  run_id?: string | null;
}

export interface Quality {
  version: number;
  columns: { name: string; filled: number | null }[];
  quarantined: number;
  valid_share: number | null;
}

/** `to` is computed from `from`; `depth` counts steps from the dataset asked for. */
export interface LineageStep {
  depth: number;
  from: string;
  to: string;
}

export interface DatasetDetail {
  card: DatasetCard;
  columns: DatasetColumn[];
  versions: DatasetVersion[];
  quality?: Quality | null;
  lineage_up?: LineageStep[];
  lineage_down?: LineageStep[];
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
  has_more?: boolean;
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
  datasets?: string[];
  files?: string[];
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
  models_refreshed?: string[];
  tables?: { dataset: string; quarantine: string; rows_landed: number; rows_quarantined: number; reasons?: Record<string, number> }[];
}

export type RunState = "queued" | "running" | "succeeded" | "failed" | "cancelled";

export interface IngestRun {
  run_id: string;
  mapping: string;
  file: string;
  dataset?: string | null;
  state: RunState;
  progress?: { done: number; total?: number | null } | null;
  report?: IngestReport | null;
  failure?: { code?: string; detail?: Text; hint?: Text | null } | null;
  rows_landed?: number;
  rows_quarantined?: number;
  created_at?: string | null;
  started_at?: string | null;
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
  audience?: Role[];
  /** Whether the caller may run it; only in lists. */
  offered?: boolean;
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
  time: string;
  hash?: string;
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
  heads?: number;
  first_bad?: { seq: number; problem: string; detail: Text } | null;
}

export interface InclusionProof {
  [key: string]: unknown;
}
